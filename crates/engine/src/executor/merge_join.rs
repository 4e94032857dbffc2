//! Merge join: two inputs in the order of their join keys are walked side by side.
//!
//! Where several inner rows have one key, PostgreSQL marks the first and goes back to it for each outer row with that key
//! (`nodeMergejoin.c`). Here the inner rows from that mark on are kept until the outer key moves on, and the walk goes back within
//! them: the same rows are compared in the same order, and no more is kept than the rows of one key and a batch. A Materialize
//! node planned below for that purpose is this buffer, and counts the rows that are walked again.

mod side;

use super::{
    columns::{self, NO_ROW, RowStore},
    join_rows::JoinColumns,
    operator::{
        BATCH_ROWS, Budget, ExecContext, Node, Operator, Step, pause_if_spent, step_wanting,
    },
    scalar::{Filter, Scalar},
    sort_keys::SortKeySpec,
};
use crate::{Error, logical::JoinKind, physical::NodeId, value::Batch};
use alloc::{rc::Rc, vec::Vec};
use core::{cmp::Ordering, ops::Range};
use side::Side;

/// What a merge join is made from.
pub(crate) struct MergeJoinParts {
    pub id: NodeId,
    /// The Materialize node that stands for the buffer of inner rows.
    pub buffer_id: Option<NodeId>,
    pub join: JoinKind,
    pub outer_keys: Vec<(Scalar, SortKeySpec)>,
    pub inner_keys: Vec<(Scalar, SortKeySpec)>,
    /// Further conditions of the join.
    pub on: Filter,
    pub columns: JoinColumns,
    pub inner_unique: bool,
}

/// The MergeJoin node.
pub(crate) struct MergeJoin {
    parts: MergeJoinParts,
    outer: Side,
    inner: Side,
    /// The outer batch, without selection.
    batch: Option<Batch>,
    /// Which of its rows found a partner; used if there are further conditions.
    outer_matched: Vec<bool>,
    /// Inner rows: the open group, and what was read behind it.
    window: RowStore,
    window_bytes: usize,
    /// Which of them found a partner; used if they are to come out without one.
    inner_matched: Vec<bool>,
    /// The inner rows that have the key of its first row; `None` until an outer row has that key.
    group: Option<Range<usize>>,
    /// Whether all rows of the group are there.
    complete: bool,
    /// How far the present outer row has come in the group.
    walked: usize,
    /// Pairs not given yet. Where conditions are still to be tested, a row with a missing side stands behind its candidates
    /// and counts if none of them holds.
    left: Vec<u32>,
    right: Vec<u32>,
}

impl MergeJoin {
    pub fn new(parts: MergeJoinParts, outer: Node, inner: Node) -> Self {
        Self {
            parts,
            outer: Side::new(outer),
            inner: Side::new(inner),
            batch: None,
            outer_matched: Vec::new(),
            window: RowStore::default(),
            window_bytes: 0,
            inner_matched: Vec::new(),
            group: None,
            complete: false,
            walked: 0,
            left: Vec::new(),
            right: Vec::new(),
        }
    }

    /// Whether outer rows without partner come out.
    fn fills_inner(&self) -> bool {
        matches!(
            self.parts.join,
            JoinKind::Left | JoinKind::Full | JoinKind::Anti
        )
    }

    /// Whether inner rows without partner come out.
    fn fills_outer(&self) -> bool {
        matches!(self.parts.join, JoinKind::Right | JoinKind::Full)
    }

    /// Whether the first partner is enough.
    fn single(&self) -> bool {
        matches!(self.parts.join, JoinKind::Semi | JoinKind::Anti) || self.parts.inner_unique
    }

    /// Whether a group needs only its first row.
    fn first_is_enough(&self) -> bool {
        self.single() && self.parts.on.is_empty() && !self.fills_outer()
    }

    fn next_outer(
        &mut self,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Step>, Error> {
        match step_wanting(&mut self.outer.node, budget.want_each(), cx, budget)? {
            Step::Pause => return Ok(Some(Step::Pause)),
            Step::Done => {
                self.outer.ended = true;
                self.batch = None;
            }
            Step::Batch(batch) => {
                let batch = columns::dense(batch)?;
                budget.spend(batch.rows);
                self.outer.clear();
                self.outer.append(&batch, &self.parts.outer_keys, cx)?;
                self.outer_matched.clear();
                if !self.parts.on.is_empty() {
                    self.outer_matched.resize(batch.rows, false);
                }
                self.batch = Some(batch);
            }
        }
        Ok(None)
    }

    fn next_inner(
        &mut self,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Step>, Error> {
        match step_wanting(&mut self.inner.node, budget.want_each(), cx, budget)? {
            Step::Pause => return Ok(Some(Step::Pause)),
            Step::Done => self.inner.ended = true,
            Step::Batch(batch) => {
                self.trim(cx)?;
                let batch = columns::dense(batch)?;
                budget.spend(batch.rows);
                self.inner.append(&batch, &self.parts.inner_keys, cx)?;
                let grown = self.window.append(&batch)?;
                self.window_bytes += grown;
                cx.memory.take(grown)?;
                if self.fills_outer() {
                    self.inner_matched.resize(self.inner.rows, false);
                }
                let bytes = (self.window_bytes + self.inner.keys.memory()) as u64;
                let metrics = cx.metrics(self.parts.buffer_id.unwrap_or(self.parts.id));
                metrics.peak_bytes = metrics.peak_bytes.max(bytes);
            }
        }
        Ok(None)
    }

    /// Forgets the inner rows that nobody needs any more, if they are many. No pair may be left.
    fn trim(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let needed = self.group.as_ref().map_or(self.inner.at, |g| g.start);
        if !self.left.is_empty() || needed < BATCH_ROWS.min(self.inner.rows) || needed == 0 {
            return Ok(());
        }
        let rest = self.window.range(needed, self.inner.rows)?;
        self.window.clear();
        cx.memory.give_back(self.window_bytes);
        self.window_bytes = self.window.append(&rest)?;
        cx.memory.take(self.window_bytes)?;
        self.inner.drop_first(needed);
        self.inner_matched
            .drain(..needed.min(self.inner_matched.len()));
        if let Some(group) = &mut self.group {
            group.start -= needed;
            group.end -= needed;
            self.walked = self.walked.saturating_sub(needed);
        }
        Ok(())
    }

    fn pair(&mut self, outer: u32, inner: u32) {
        self.left.push(outer);
        self.right.push(inner);
    }

    /// The inner row at hand has no partner.
    fn inner_alone(&mut self, row: usize) {
        if self.fills_outer() {
            self.pair(NO_ROW, row as u32);
        }
    }

    /// The outer row is done with: without a partner, or with its candidates noted.
    fn close_outer(&mut self, alone: bool) {
        if self.fills_inner() && (alone || !self.parts.on.is_empty()) {
            self.pair(self.outer.at as u32, NO_ROW);
        }
        self.outer.at += 1;
    }

    /// The outer key has moved on: rows of the group that found nobody come out if such rows do.
    fn close_group(&mut self) {
        let Some(group) = self.group.take() else {
            return;
        };
        self.inner.at = group.end;
        if self.fills_outer() {
            for row in group {
                let matched = self.inner_matched.get(row).copied().unwrap_or(false);
                if !matched {
                    self.pair(NO_ROW, row as u32);
                }
            }
        }
    }

    /// Extends the group by the rows there; `true` when its end is known.
    fn extend(&mut self) -> bool {
        let Some(group) = &mut self.group else {
            return true;
        };
        if self.complete {
            return true;
        }
        while group.end < self.inner.rows {
            let same = self
                .inner
                .keys
                .compare(group.start, &self.inner.keys, group.end);
            if same.is_ne() {
                self.complete = true;
                return true;
            }
            group.end += 1;
        }
        self.complete = self.inner.ended;
        self.complete
    }

    /// Pairs the present outer row with its group, up to `limit` pairs; whether it is through.
    fn walk(&mut self, group: &Range<usize>, limit: usize) -> bool {
        let outer = self.outer.at as u32;
        if self.parts.on.is_empty() {
            match self.parts.join {
                JoinKind::Anti => return true,
                _ if self.first_is_enough() => {
                    self.pair(outer, group.start as u32);
                    return true;
                }
                _ => {}
            }
        }
        let from = self.walked.max(group.start);
        let to = group.end.min(from + limit.max(1));
        for inner in from..to {
            self.pair(outer, inner as u32);
        }
        if self.parts.on.is_empty() && self.fills_outer() {
            for matched in self.inner_matched.iter_mut().take(to).skip(from) {
                *matched = true;
            }
        }
        self.walked = to;
        to == group.end
    }

    /// The pairs so far as a batch, after their conditions; `None` if nothing is left of them.
    fn flush(&mut self, cx: &mut ExecContext<'_>) -> Result<Option<Batch>, Error> {
        let (mut left, mut right) = (
            core::mem::take(&mut self.left),
            core::mem::take(&mut self.right),
        );
        if left.is_empty() {
            return Ok(None);
        }
        if !self.parts.on.is_empty() {
            (left, right) = self.test(left, right, cx)?;
        }
        if left.is_empty() {
            return Ok(None);
        }
        self.gather(&left, &right).map(Some)
    }

    fn gather(&self, left: &[u32], right: &[u32]) -> Result<Batch, Error> {
        let outer: &[Rc<_>] = self.batch.as_ref().map_or(&[], |batch| &batch.columns);
        self.parts
            .columns
            .gather(outer, &self.window.columns, left, right)
    }

    /// Tests the join's further conditions, and keeps the pairs for which they hold and the rows that found nobody.
    fn test(
        &mut self,
        left: Vec<u32>,
        right: Vec<u32>,
        cx: &mut ExecContext<'_>,
    ) -> Result<(Vec<u32>, Vec<u32>), Error> {
        let mut candidates = (Vec::new(), Vec::new());
        for (&outer, &inner) in left.iter().zip(&right) {
            if outer != NO_ROW && inner != NO_ROW {
                candidates.0.push(outer);
                candidates.1.push(inner);
            }
        }
        let mut holds = alloc::vec![false; candidates.0.len()];
        if !holds.is_empty() {
            let mut batch = self.gather(&candidates.0, &candidates.1)?;
            self.parts.on.apply(&mut batch, cx)?;
            for row in columns::selected_rows(&batch) {
                if let Some(place) = holds.get_mut(row as usize) {
                    *place = true;
                }
            }
        }
        let mut holds = holds.into_iter();
        let mut kept = (Vec::new(), Vec::new());
        let mut removed = 0;
        for (outer, inner) in left.into_iter().zip(right) {
            let passes = if inner == NO_ROW {
                !self.is_matched(outer)
            } else if outer == NO_ROW {
                let matched = self.inner_matched.get(inner as usize);
                !matched.copied().unwrap_or(false)
            } else {
                let passes = holds.next().unwrap_or(false);
                if self.single() && self.is_matched(outer) {
                    // It was not looked for: the first partner was enough.
                    continue;
                }
                removed += u64::from(!passes);
                if passes {
                    if let Some(matched) = self.outer_matched.get_mut(outer as usize) {
                        *matched = true;
                    }
                    if let Some(matched) = self.inner_matched.get_mut(inner as usize) {
                        *matched = true;
                    }
                }
                passes && self.parts.join != JoinKind::Anti
            };
            if passes {
                kept.0.push(outer);
                kept.1.push(inner);
            }
        }
        cx.metrics(self.parts.id).rows_removed_by_join_filter += removed;
        Ok(kept)
    }

    fn is_matched(&self, outer: u32) -> bool {
        self.outer_matched
            .get(outer as usize)
            .copied()
            .unwrap_or(false)
    }

    /// Whether nothing more can come out.
    fn is_over(&self) -> bool {
        if self.outer.ended {
            return !self.fills_outer();
        }
        if self.fills_inner() {
            return false;
        }
        // The open group may still have partners.
        let no_inner = self.group.is_none() && self.inner.at >= self.inner.rows && self.inner.ended;
        no_inner || (self.batch.is_some() && !self.fills_outer() && self.outer_is_null_to_the_end())
    }

    fn outer_is_null_to_the_end(&self) -> bool {
        self.outer.at < self.outer.rows && self.outer.only_nulls_left(&self.parts.outer_keys)
    }

    /// One step of the walk: something is paired, passed over or read; `Some` = paused or ended.
    fn advance(
        &mut self,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Step>, Error> {
        if self.is_over() {
            return Ok(Some(Step::Done));
        }
        if !self.outer.ended && self.outer.at >= self.outer.rows {
            return match self.flush(cx)? {
                Some(batch) => Ok(Some(Step::Batch(batch))),
                None => self.next_outer(cx, budget),
            };
        }
        if self.outer.ended {
            self.close_group();
        }
        budget.spend(1);
        if self.group.is_some() {
            return self.meet_group(cx, budget);
        }
        if !self.outer.ended && self.outer.is_null(self.outer.at) {
            self.close_outer(true);
            return Ok(None);
        }
        if self.inner.at >= self.inner.rows {
            if self.inner.ended {
                if self.outer.ended {
                    return Ok(Some(Step::Done));
                }
                self.close_outer(true);
                return Ok(None);
            }
            return self.more_inner(cx, budget);
        }
        let row = self.inner.at;
        if !self.fills_outer() && self.inner.only_nulls_left(&self.parts.inner_keys) {
            self.inner.ended = true;
            self.inner.at = self.inner.rows;
            return Ok(None);
        }
        if self.outer.ended || self.inner.is_null(row) {
            self.inner_alone(row);
            self.inner.at += 1;
            return Ok(None);
        }
        match self
            .outer
            .keys
            .compare(self.outer.at, &self.inner.keys, row)
        {
            Ordering::Less => self.close_outer(true),
            Ordering::Greater => {
                self.inner_alone(row);
                self.inner.at += 1;
            }
            Ordering::Equal => {
                self.group = Some(row..row + 1);
                // Where one partner is enough, the rest of the group is passed over later.
                self.complete = self.first_is_enough() || self.parts.inner_unique;
                self.walked = row;
                self.inner.at = row + 1;
            }
        }
        Ok(None)
    }

    /// The outer row meets the open group.
    fn meet_group(
        &mut self,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Step>, Error> {
        let start = self.group.as_ref().map_or(0, |group| group.start);
        let same = !self.outer.is_null(self.outer.at)
            && self
                .outer
                .keys
                .compare(self.outer.at, &self.inner.keys, start)
                .is_eq();
        let complete = self.extend();
        if !same {
            if complete {
                self.close_group();
                return Ok(None);
            }
            return self.more_inner(cx, budget);
        }
        let Some(group) = self.group.clone() else {
            return Ok(None);
        };
        let found = self.single() && self.is_matched(self.outer.at as u32);
        let before = self.left.len();
        let limit = self.batch_rows(budget).saturating_sub(before);
        let through = found || self.walk(&group, limit);
        budget.spend(self.left.len() - before);
        if found || through && complete {
            self.close_outer(false);
            self.again(&group, cx);
            self.walked = group.start;
        } else if through && self.left.len() < self.batch_rows(budget) {
            return self.more_inner(cx, budget);
        }
        Ok(None)
    }

    /// Pairs for the next batch: one where few rows can be used and its condition decides whether the group is read on.
    fn batch_rows(&self, budget: &Budget) -> usize {
        if self.single() && !self.parts.on.is_empty() && budget.is_limited() {
            1
        } else {
            budget.batch_rows()
        }
    }

    /// Counts the rows that are walked again for the next outer row, where a Materialize node keeps them.
    fn again(&self, group: &Range<usize>, cx: &mut ExecContext<'_>) {
        let Some(id) = self.parts.buffer_id else {
            return;
        };
        let next = self.outer.at;
        let same = next < self.outer.rows
            && self
                .outer
                .keys
                .compare(next, &self.inner.keys, group.start)
                .is_eq();
        if same {
            cx.metrics(id).rows += group.len() as u64;
        }
    }

    /// Reads inner rows, after giving out pairs if old inner rows pile up.
    fn more_inner(
        &mut self,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Step>, Error> {
        if !self.inner.ended
            && self.inner.rows > 4 * BATCH_ROWS
            && let Some(batch) = self.flush(cx)?
        {
            return Ok(Some(Step::Batch(batch)));
        }
        self.next_inner(cx, budget)
    }
}

impl Operator for MergeJoin {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            if self.left.len() >= self.batch_rows(budget)
                && let Some(batch) = self.flush(cx)?
            {
                return Ok(Step::Batch(batch));
            }
            pause_if_spent!(budget);
            match self.advance(cx, budget)? {
                None => {}
                Some(Step::Done) => {
                    return Ok(match self.flush(cx)? {
                        Some(batch) => Step::Batch(batch),
                        None => Step::Done,
                    });
                }
                Some(step) => return Ok(step),
            }
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.batch = None;
        self.window.clear();
        cx.memory.give_back(self.window_bytes);
        self.window_bytes = 0;
        self.inner_matched.clear();
        self.group = None;
        self.left.clear();
        self.right.clear();
        for side in [&mut self.outer, &mut self.inner] {
            side.clear();
            side.node.rescan(cx);
        }
    }
}
