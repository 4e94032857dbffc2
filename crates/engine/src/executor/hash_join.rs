//! Hash join: the inner side goes into a table by its keys, each outer row looks its partners up.
//!
//! The table holds row numbers chained by hash, in order of arrival; the rows stay in typed columns and are gathered only for the
//! pairs found, and only the columns that somebody reads. The table is never split into batches: everything stays in memory.

mod direct;

use self::direct::{Direct, is_whole};
use super::{
    aggregate::SharedKeys,
    columns::{self, NO_ROW, RowStore, out_of_memory},
    join_rows::JoinColumns,
    operator::{
        Budget, ExecContext, Node, Operator, Step, next_of_all, pause_if_spent, step_wanting,
    },
    row_keys::{KeyStore, RowKeys},
    scalar::{Filter, Scalar},
};
use crate::{
    Error,
    logical::JoinKind,
    physical::NodeId,
    value::{Batch, Column},
};
use alloc::{rc::Rc, vec::Vec};

/// Chains of the smallest table, as many as PostgreSQL's has.
const MIN_BUCKETS: usize = 1024;

/// Rows by the hash of their keys.
#[derive(Default)]
struct Table {
    rows: RowStore,
    hashes: Vec<u32>,
    keys: KeyStore,
    /// Rows whose key has a NULL: they match nothing.
    nulls: Vec<bool>,
    /// First row of each chain, plus one; 0 = none.
    heads: Vec<u32>,
    next: Vec<u32>,
}

impl Table {
    fn append(&mut self, batch: &Batch, keys: &RowKeys) -> Result<usize, Error> {
        let mut grown = self.rows.append(batch)?;
        for row in 0..batch.rows {
            self.hashes.try_reserve(1).map_err(|_| out_of_memory())?;
            self.hashes.push(keys.hash(row));
            self.nulls.push(keys.has_null(row));
            grown += self.keys.push(keys.key(row))?;
        }
        // Hash, NULL, chain.
        Ok(grown + batch.rows * 9)
    }

    /// Makes room for the chains.
    fn open(&mut self) -> Result<usize, Error> {
        let buckets = self.rows.rows.next_power_of_two().max(MIN_BUCKETS);
        self.heads
            .try_reserve(buckets)
            .and_then(|()| self.next.try_reserve(self.rows.rows))
            .map_err(|_| out_of_memory())?;
        self.heads.resize(buckets, 0);
        self.next.resize(self.rows.rows, 0);
        Ok(buckets * 4)
    }

    /// Links rows `from..to`, from the last to the first, so that chains run in order of arrival.
    fn link(&mut self, from: usize, to: usize) {
        let mask = self.heads.len() - 1;
        for row in (from..to).rev() {
            if self.nulls.get(row).copied().unwrap_or(true) {
                continue;
            }
            let hash = self.hashes.get(row).copied().unwrap_or(0) as usize;
            if let (Some(head), Some(next)) =
                (self.heads.get_mut(hash & mask), self.next.get_mut(row))
            {
                *next = *head;
                *head = row as u32 + 1;
            }
        }
    }

    /// The partners of rows from `from` on, whose keys are these words, where each has one at most: appended as pairs.
    fn only_pairs(
        &self,
        words: &[u64],
        hashes: &[u32],
        from: usize,
        (left, right): (&mut Vec<u32>, &mut Vec<u32>),
    ) {
        let mask = self.heads.len().wrapping_sub(1);
        // First all chains' heads: no look-up waits for another then.
        let head = |&hash: &u32| self.heads.get(hash as usize & mask).copied().unwrap_or(0);
        let heads: Vec<u32> = hashes.iter().map(head).collect();
        for ((row, &word), mut link) in (from as u32..).zip(words).zip(heads) {
            while let Some(at) = link.checked_sub(1) {
                if self.keys.word(at as usize) == Some(word) {
                    left.push(row);
                    right.push(at);
                    break;
                }
                link = self.next.get(at as usize).copied().unwrap_or(0);
            }
        }
    }

    #[inline]
    fn first(&self, keys: &RowKeys, row: usize) -> Option<u32> {
        if keys.has_null(row) {
            return None;
        }
        let mask = self.heads.len().wrapping_sub(1);
        let head = *self.heads.get(keys.hash(row) as usize & mask)?;
        self.find(head, keys, row)
    }

    #[inline]
    fn following(&self, found: u32, keys: &RowKeys, row: usize) -> Option<u32> {
        self.find(*self.next.get(found as usize)?, keys, row)
    }

    #[inline]
    fn find(&self, mut link: u32, keys: &RowKeys, row: usize) -> Option<u32> {
        let (key, hash) = (keys.key(row), keys.hash(row));
        while let Some(at) = link.checked_sub(1) {
            let place = at as usize;
            let same = self.keys.is(place, key, hash, &self.hashes);
            if same {
                return Some(at);
            }
            link = self.next.get(place).copied().unwrap_or(0);
        }
        None
    }
}

/// What a hash join is made from.
pub(crate) struct HashJoinParts {
    pub id: NodeId,
    /// The Hash node, whose counters get the table's figures.
    pub hash_id: NodeId,
    pub join: JoinKind,
    pub outer_keys: Vec<Scalar>,
    pub inner_keys: Vec<Scalar>,
    pub on: Filter,
    pub columns: JoinColumns,
    pub inner_unique: bool,
    /// Whether the inner side gives other rows at each loop.
    pub inner_depends: bool,
    /// Inner columns that the grouping above reads by the row's number, and nobody else.
    pub shared: Option<(Rc<SharedKeys>, Vec<usize>)>,
}

/// The HashJoin node.
pub(crate) struct HashJoin {
    parts: HashJoinParts,
    outer: Node,
    inner: Node,
    table: Table,
    /// Where partners are found without the table.
    direct: Option<Direct>,
    /// Whether all keys of the inner side are whole numbers.
    whole: bool,
    phase: Phase,
    keys: RowKeys,
    /// Inner rows that found a partner (RIGHT, FULL).
    inner_matched: Vec<bool>,
    taken: usize,
}

enum Phase {
    Build,
    /// Rows up to here are still to be linked.
    Link(usize),
    Probe(Option<Probe>),
    /// Inner rows without partner, from here on.
    Rest(usize),
    Done,
}

struct Probe {
    batch: Batch,
    /// The keys, if their partners are found directly: then they have no hashes.
    direct: Option<Rc<Column>>,
    row: usize,
    /// The inner row found last for `row`.
    found: Option<u32>,
    matched: Vec<bool>,
    /// All pairs are done; rows without partner come next.
    swept: bool,
}

impl HashJoin {
    pub fn new(parts: HashJoinParts, outer: Node, inner: Node) -> Self {
        Self {
            parts,
            outer,
            inner,
            table: Table::default(),
            direct: None,
            whole: true,
            phase: Phase::Build,
            keys: RowKeys::default(),
            inner_matched: Vec::new(),
            taken: 0,
        }
    }

    fn build(&mut self, batch: Batch, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let batch = columns::dense(batch)?;
        let mut keys = Vec::with_capacity(self.parts.inner_keys.len());
        for key in &self.parts.inner_keys {
            keys.push(key.evaluate(&batch, cx)?);
        }
        self.whole &= matches!(&*keys, [key] if is_whole(key));
        self.keys.compute(keys.iter(), batch.rows)?;
        let grown = self.table.append(&batch, &self.keys)?;
        self.taken += grown;
        cx.memory.take(grown)
    }

    fn built(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let mut grown = self.table.open()?;
        if self.whole && self.one_of_each() {
            self.direct = Direct::of(&self.table.keys, &self.table.nulls)?;
            grown += self.direct.as_ref().map_or(0, Direct::bytes);
        }
        self.taken += grown;
        cx.memory.take(grown)?;
        if matches!(self.parts.join, JoinKind::Right | JoinKind::Full) {
            self.inner_matched = alloc::vec![false; self.table.rows.rows];
        }
        if let Some((shared, places)) = &self.parts.shared {
            let mut taken: Vec<Rc<Column>> = Vec::with_capacity(places.len());
            for (key, &at) in places.iter().enumerate() {
                let same = places.iter().take(key).position(|&before| before == at);
                if let Some(column) = same.and_then(|before| taken.get(before)) {
                    taken.push(Rc::clone(column));
                } else if let Some(column) = self.table.rows.columns.get_mut(at) {
                    let empty = columns::empty_like(column);
                    taken.push(Rc::new(core::mem::replace(column, empty)));
                }
            }
            shared.share(taken);
        }
        let metrics = cx.metrics(self.parts.hash_id);
        metrics.hash_buckets = self.table.heads.len() as u64;
        metrics.peak_bytes = metrics.peak_bytes.max(self.taken as u64);
        Ok(())
    }

    /// Whether only pairs are asked for, at most one of each outer row, with no condition of the join's own.
    fn one_of_each(&self) -> bool {
        let parts = &self.parts;
        parts.on.is_empty()
            && (parts.join == JoinKind::Semi
                || (parts.join == JoinKind::Inner && parts.inner_unique))
    }

    /// Finds up to `limit` pairs; rows without partner are among them where they can be told at once.
    fn pairs(&mut self, limit: usize) -> (Vec<u32>, Vec<u32>) {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let one_of_each = self.one_of_each();
        let Phase::Probe(Some(probe)) = &mut self.phase else {
            return (left, right);
        };
        let at_once = self.parts.on.is_empty();
        let keeps = matches!(self.parts.join, JoinKind::Left | JoinKind::Full);
        let one =
            matches!(self.parts.join, JoinKind::Semi | JoinKind::Anti) || self.parts.inner_unique;
        let marks = !self.inner_matched.is_empty();
        let to = probe.batch.rows.min(probe.row.saturating_add(limit));
        if let (Some(direct), Some(keys)) = (&self.direct, &probe.direct) {
            direct.pairs(keys, (probe.row, to), (&mut left, &mut right));
            probe.row = to;
            return (left, right);
        }
        if one_of_each
            && probe.found.is_none()
            && let Some((words, hashes)) = self.keys.words()
        {
            let rows = probe.row..to;
            if let (Some(words), Some(hashes)) = (words.get(rows.clone()), hashes.get(rows)) {
                left.reserve(words.len());
                right.reserve(words.len());
                let pairs = (&mut left, &mut right);
                self.table.only_pairs(words, hashes, probe.row, pairs);
                probe.row = to;
                return (left, right);
            }
        }
        while probe.row < probe.batch.rows && left.len() < limit {
            let row = probe.row;
            let found = match probe.found {
                None => self.table.first(&self.keys, row),
                Some(found) => self.table.following(found, &self.keys, row),
            };
            match found {
                Some(inner) => {
                    if at_once && self.parts.join == JoinKind::Anti {
                        probe.row += 1;
                        continue;
                    }
                    left.push(row as u32);
                    right.push(inner);
                    if at_once {
                        if marks && let Some(matched) = self.inner_matched.get_mut(inner as usize) {
                            *matched = true;
                        }
                        if one {
                            probe.row += 1;
                            probe.found = None;
                            continue;
                        }
                    }
                    probe.found = Some(inner);
                }
                None => {
                    let first = probe.found.take().is_none();
                    if at_once && first && (keeps || self.parts.join == JoinKind::Anti) {
                        left.push(row as u32);
                        right.push(NO_ROW);
                    }
                    probe.row += 1;
                }
            }
        }
        (left, right)
    }

    /// The columns of pairs.
    fn gather(&self, outer: Option<&Batch>, left: &[u32], right: &[u32]) -> Result<Batch, Error> {
        let outer: &[Rc<_>] = outer.map_or(&[], |batch| &batch.columns);
        let inner = &self.table.rows.columns;
        self.parts.columns.gather(outer, inner, left, right)
    }

    /// Tests the join's own condition on pairs, and notes who found a partner.
    fn test(
        &mut self,
        left: Vec<u32>,
        right: Vec<u32>,
        cx: &mut ExecContext<'_>,
    ) -> Result<(Vec<u32>, Vec<u32>), Error> {
        let Phase::Probe(Some(probe)) = &self.phase else {
            return Ok((left, right));
        };
        let mut batch = self.gather(Some(&probe.batch), &left, &right)?;
        self.parts.on.apply(&mut batch, cx)?;
        cx.metrics(self.parts.id).rows_removed_by_join_filter +=
            (batch.rows - batch.selected()) as u64;
        let Phase::Probe(Some(probe)) = &mut self.phase else {
            return Ok((left, right));
        };
        let (mut kept_left, mut kept_right) = (Vec::new(), Vec::new());
        for pair in columns::selected_rows(&batch) {
            let (Some(&outer), Some(&inner)) = (left.get(pair as usize), right.get(pair as usize))
            else {
                continue;
            };
            let Some(matched) = probe.matched.get_mut(outer as usize) else {
                continue;
            };
            let first = !core::mem::replace(matched, true);
            if let Some(matched) = self.inner_matched.get_mut(inner as usize) {
                *matched = true;
            }
            if self.parts.join == JoinKind::Anti || (self.parts.join == JoinKind::Semi && !first) {
                continue;
            }
            kept_left.push(outer);
            kept_right.push(inner);
        }
        Ok((kept_left, kept_right))
    }

    /// With a condition of the join's own: outer rows that found nothing, once their batch is through.
    fn unmatched(&mut self) -> (Vec<u32>, Vec<u32>) {
        let Phase::Probe(Some(probe)) = &mut self.phase else {
            return (Vec::new(), Vec::new());
        };
        probe.swept = true;
        let keeps = matches!(
            self.parts.join,
            JoinKind::Left | JoinKind::Full | JoinKind::Anti
        );
        if !keeps || self.parts.on.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let rows: Vec<u32> = (0..probe.batch.rows as u32)
            .filter(|&row| !probe.matched.get(row as usize).copied().unwrap_or(false))
            .collect();
        let none = alloc::vec![NO_ROW; rows.len()];
        (rows, none)
    }

    /// Opens the next outer batch; `None` = paused or ended (then the phase has changed).
    fn next_outer(
        &mut self,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Step>, Error> {
        match step_wanting(&mut self.outer, budget.want_each(), cx, budget)? {
            Step::Pause => Ok(Some(Step::Pause)),
            Step::Done => {
                self.phase = if self.inner_matched.is_empty() {
                    Phase::Done
                } else {
                    Phase::Rest(0)
                };
                Ok(None)
            }
            Step::Batch(batch) => {
                let batch = columns::dense(batch)?;
                budget.spend(batch.rows);
                let mut keys = Vec::with_capacity(self.parts.outer_keys.len());
                for key in &self.parts.outer_keys {
                    keys.push(key.evaluate(&batch, cx)?);
                }
                let direct = match (&self.direct, &*keys) {
                    (Some(_), [key]) if is_whole(key) && key.nulls.0.is_empty() => {
                        Some(Rc::clone(key))
                    }
                    _ => {
                        self.keys.compute(keys.iter(), batch.rows)?;
                        None
                    }
                };
                let matched = if self.parts.on.is_empty() {
                    Vec::new()
                } else {
                    alloc::vec![false; batch.rows]
                };
                self.phase = Phase::Probe(Some(Probe {
                    batch,
                    direct,
                    row: 0,
                    found: None,
                    matched,
                    swept: false,
                }));
                Ok(None)
            }
        }
    }
}

impl Operator for HashJoin {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            match &mut self.phase {
                Phase::Build => {
                    let batch = next_of_all!(self.inner, cx, budget, {
                        self.built(cx)?;
                        self.phase = Phase::Link(self.table.rows.rows);
                        continue;
                    });
                    budget.spend(batch.selected());
                    self.build(batch, cx)?;
                }
                Phase::Link(to) => {
                    let to = *to;
                    let from = to.saturating_sub(budget.left().min(64 * 1024));
                    self.table.link(from, to);
                    budget.spend(to - from);
                    self.phase = if from == 0 {
                        Phase::Probe(None)
                    } else {
                        Phase::Link(from)
                    };
                }
                Phase::Probe(None) => {
                    let useless = self.table.rows.rows == 0
                        && matches!(
                            self.parts.join,
                            JoinKind::Inner | JoinKind::Semi | JoinKind::Right
                        );
                    if useless {
                        self.phase = Phase::Done;
                    } else if let Some(step) = self.next_outer(cx, budget)? {
                        return Ok(step);
                    }
                }
                Phase::Probe(Some(probe)) => {
                    let (left, right) = if probe.row < probe.batch.rows {
                        let (left, right) = self.pairs(budget.batch_rows());
                        if self.parts.on.is_empty() {
                            (left, right)
                        } else {
                            self.test(left, right, cx)?
                        }
                    } else if probe.swept {
                        self.phase = Phase::Probe(None);
                        continue;
                    } else {
                        self.unmatched()
                    };
                    if left.is_empty() {
                        continue;
                    }
                    budget.spend(left.len());
                    if let Phase::Probe(Some(probe)) = &self.phase {
                        return Ok(Step::Batch(self.gather(
                            Some(&probe.batch),
                            &left,
                            &right,
                        )?));
                    }
                }
                Phase::Rest(from) => {
                    let from = *from;
                    let to = (from + budget.batch_rows()).min(self.inner_matched.len());
                    self.phase = if to == self.inner_matched.len() {
                        Phase::Done
                    } else {
                        Phase::Rest(to)
                    };
                    let right: Vec<u32> = (from..to)
                        .filter(|&row| !self.inner_matched.get(row).copied().unwrap_or(true))
                        .map(|row| row as u32)
                        .collect();
                    budget.spend(to - from);
                    if !right.is_empty() {
                        let left = alloc::vec![NO_ROW; right.len()];
                        return Ok(Step::Batch(self.gather(None, &left, &right)?));
                    }
                }
                Phase::Done => return Ok(Step::Done),
            }
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.inner_matched.fill(false);
        if self.parts.inner_depends
            || !matches!(self.phase, Phase::Probe(_) | Phase::Rest(_) | Phase::Done)
        {
            self.table = Table::default();
            self.direct = None;
            self.whole = true;
            cx.memory.give_back(self.taken);
            self.taken = 0;
            self.inner.rescan(cx);
            self.phase = Phase::Build;
        } else {
            self.phase = Phase::Probe(None);
        }
        self.outer.rescan(cx);
    }
}
