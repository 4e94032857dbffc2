//! Incremental Sort: rows that come sorted by the first keys are sorted group by group.
//!
//! Why: under a LIMIT the first groups are enough, and each sort is small. As PostgreSQL's `nodeIncrementalSort.c` does, tiny groups
//! are gathered until there are 32 rows and sorted together by all keys ("full-sort groups"); where a group turns out to be
//! longer than 64 rows, its rows are sorted by the remaining keys only ("pre-sorted groups").

use super::sorter::Sorter;
use crate::{
    Error,
    executor::{
        columns,
        metrics::SortGroups,
        operator::{Budget, ExecContext, Node, Operator, Step, pause_if_spent, step_wanting},
        scalar::Scalar,
        sort_keys::{OrderKeys, SortKeySpec},
    },
    physical::NodeId,
    value::Batch,
};
use alloc::vec::Vec;

/// Rows gathered before groups are looked at.
const MIN_GROUP: usize = 32;
/// Rows with which a group is taken for a long one.
const MAX_FULL_GROUP: usize = 64;

/// Sort keys bound to the input's columns.
pub(crate) type Keys = Vec<(Scalar, SortKeySpec)>;

/// The IncrementalSort node.
pub(crate) struct IncrementalSort {
    id: NodeId,
    input: Node,
    /// The keys by which the input is sorted.
    presorted: Keys,
    full: Sorter,
    prefix: Sorter,
    bound: Option<usize>,
    /// Rows of the bound that closed groups have covered.
    covered: usize,
    state: State,
    /// Input rows not taken into a group yet.
    source: Option<Rows>,
    /// Rows of a full-sort group on their way into pre-sorted groups.
    moved: Option<Rows>,
    /// The first keys of the present group, one row.
    pivot: OrderKeys,
    /// Rows in the present group.
    rows: usize,
    ended: bool,
}

#[derive(Clone, Copy)]
enum State {
    LoadFull,
    EmitFull,
    Move,
    LoadPrefix,
    SortPrefix,
    EmitPrefix,
}

/// A batch with the first keys of its rows; rows before `at` are used up.
struct Rows {
    batch: Batch,
    keys: OrderKeys,
    at: usize,
}

impl Rows {
    fn is_used_up(&self) -> bool {
        self.at >= self.batch.rows
    }

    /// Rows from `from` to `at` as a batch.
    fn since(&self, from: usize) -> Result<Batch, Error> {
        let rows = (from as u32..self.at as u32).collect();
        columns::dense(Batch {
            columns: self.batch.columns.clone(),
            rows: self.batch.rows,
            selection: Some(rows),
        })
    }

    fn continues(&self, pivot: &OrderKeys) -> bool {
        self.keys.compare(self.at, pivot, 0).is_eq()
    }
}

impl IncrementalSort {
    /// A sort of `input`, sorted by `presorted` already, by `keys`, which begin with those, `rest` being the others.
    pub fn new(
        id: NodeId,
        input: Node,
        presorted: Keys,
        (keys, rest): (Keys, Keys),
        bound: Option<u64>,
    ) -> Self {
        Self {
            id,
            input,
            presorted,
            full: Sorter::new(keys),
            prefix: Sorter::new(rest),
            bound: bound.and_then(|rows| usize::try_from(rows).ok()),
            covered: 0,
            state: State::LoadFull,
            source: None,
            moved: None,
            pivot: OrderKeys::default(),
            rows: 0,
            ended: false,
        }
    }

    fn keyed(&self, batch: Batch, cx: &ExecContext<'_>) -> Result<Rows, Error> {
        let mut columns = Vec::with_capacity(self.presorted.len());
        for (scalar, spec) in &self.presorted {
            columns.push((scalar.evaluate(&batch, cx)?, *spec));
        }
        let mut keys = OrderKeys::default();
        keys.append(&columns, batch.rows)?;
        Ok(Rows { batch, keys, at: 0 })
    }

    /// Rows of the bound that are still to come.
    fn bound_left(&self) -> Option<usize> {
        self.bound.map(|bound| bound - self.covered.min(bound))
    }

    /// Makes sure that there are input rows; `Some` if there are none now.
    fn fetch(
        &mut self,
        want: usize,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Step>, Error> {
        if self.source.as_ref().is_some_and(|rows| !rows.is_used_up()) {
            return Ok(None);
        }
        self.source = None;
        if self.ended {
            return Ok(Some(Step::Done));
        }
        let want = if budget.is_limited() {
            want
        } else {
            usize::MAX
        };
        match step_wanting(&mut self.input, want, cx, budget)? {
            Step::Batch(batch) => {
                budget.spend(batch.selected());
                self.source = Some(self.keyed(columns::dense(batch)?, cx)?);
                Ok(None)
            }
            Step::Pause => Ok(Some(Step::Pause)),
            Step::Done => {
                self.ended = true;
                Ok(Some(Step::Done))
            }
        }
    }

    /// Takes rows into a full-sort group; whether it is complete.
    fn load_full(&mut self, cx: &mut ExecContext<'_>) -> Result<bool, Error> {
        let minimum = self
            .bound_left()
            .map_or(MIN_GROUP, |left| left.clamp(1, MIN_GROUP));
        let Some(source) = &mut self.source else {
            return Ok(true);
        };
        let from = source.at;
        while !source.is_used_up()
            && self.rows <= MAX_FULL_GROUP
            && (self.rows < minimum || source.continues(&self.pivot))
        {
            self.rows += 1;
            if self.rows == minimum {
                self.pivot.clear();
                self.pivot.push(&source.keys, source.at)?;
            }
            source.at += 1;
        }
        let taken = source.since(from)?;
        let complete = self.rows > MAX_FULL_GROUP || !source.is_used_up();
        self.full.push(&taken, cx)?;
        Ok(complete)
    }

    /// Sorts a full-sort group and says what happens to its rows.
    fn close_full(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        self.full.finish(cx)?;
        while !self.full.sort(&mut Budget::unlimited()) {}
        note(&mut cx.metrics(self.id).full_sort_groups, &self.full);
        if self.rows <= MAX_FULL_GROUP {
            self.covered += self.rows;
            self.state = State::EmitFull;
            return Ok(());
        }
        self.moved = match self.full.give(usize::MAX)? {
            Some(batch) => Some(self.keyed(batch, cx)?),
            None => None,
        };
        self.full.clear(cx);
        self.state = State::Move;
        Ok(())
    }

    /// Moves the rows of one group into the sort by the remaining keys.
    fn move_group(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        self.prefix.set_bound(self.bound_left());
        self.state = State::LoadPrefix;
        let Some(moved) = &mut self.moved else {
            return Ok(());
        };
        let from = moved.at;
        self.pivot.clear();
        self.pivot.push(&moved.keys, from)?;
        while !moved.is_used_up() && moved.continues(&self.pivot) {
            moved.at += 1;
        }
        self.rows = moved.at - from;
        let taken = moved.since(from)?;
        let used_up = moved.is_used_up();
        self.prefix.push(&taken, cx)?;
        if used_up {
            self.moved = None;
        } else {
            self.close_prefix(cx)?;
        }
        Ok(())
    }

    /// Takes further rows of the same group; whether it is complete.
    fn load_prefix(&mut self, cx: &mut ExecContext<'_>) -> Result<bool, Error> {
        let Some(source) = &mut self.source else {
            return Ok(true);
        };
        let from = source.at;
        while !source.is_used_up() && source.continues(&self.pivot) {
            source.at += 1;
        }
        self.rows += source.at - from;
        let complete = !source.is_used_up();
        let taken = source.since(from)?;
        if taken.rows > 0 {
            self.prefix.push(&taken, cx)?;
        }
        Ok(complete)
    }

    fn close_prefix(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        self.prefix.finish(cx)?;
        self.state = State::SortPrefix;
        Ok(())
    }
}

fn note(groups: &mut SortGroups, sorter: &Sorter) {
    groups.count += 1;
    groups.total_bytes += sorter.bytes();
    groups.peak_bytes = groups.peak_bytes.max(sorter.bytes());
    let name = sorter.method().name();
    if !groups.methods.contains(&name) {
        groups.methods.push(name);
    }
}

impl Operator for IncrementalSort {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            match self.state {
                State::LoadFull => {
                    if self.rows == 0
                        && let Some(left) = self.bound_left()
                    {
                        self.full.set_bound((left < MIN_GROUP).then_some(left));
                    }
                    let want = MIN_GROUP.saturating_sub(self.rows).max(1);
                    let want = self
                        .bound_left()
                        .map_or(want, |left| want.min(left.saturating_sub(self.rows).max(1)));
                    let complete = match self.fetch(want, cx, budget)? {
                        Some(Step::Pause) => return Ok(Step::Pause),
                        Some(_) if self.rows == 0 => return Ok(Step::Done),
                        Some(_) => true,
                        None => self.load_full(cx)?,
                    };
                    if complete {
                        self.close_full(cx)?;
                    }
                }
                State::EmitFull => {
                    if let Some(batch) = self.full.give(budget.batch_rows())? {
                        budget.spend(batch.rows);
                        return Ok(Step::Batch(batch));
                    }
                    self.full.clear(cx);
                    self.rows = 0;
                    self.state = State::LoadFull;
                }
                State::Move => self.move_group(cx)?,
                State::LoadPrefix => {
                    let complete = match self.fetch(1, cx, budget)? {
                        Some(Step::Pause) => return Ok(Step::Pause),
                        Some(_) => true,
                        None => self.load_prefix(cx)?,
                    };
                    if complete {
                        self.close_prefix(cx)?;
                    }
                }
                State::SortPrefix => {
                    if self.prefix.sort(budget) {
                        note(&mut cx.metrics(self.id).presorted_groups, &self.prefix);
                        self.covered += self.rows;
                        self.state = State::EmitPrefix;
                    }
                }
                State::EmitPrefix => {
                    if let Some(batch) = self.prefix.give(budget.batch_rows())? {
                        budget.spend(batch.rows);
                        return Ok(Step::Batch(batch));
                    }
                    self.prefix.clear(cx);
                    self.rows = 0;
                    self.state = if self.moved.is_some() {
                        State::Move
                    } else {
                        State::LoadFull
                    };
                }
            }
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.full.clear(cx);
        self.prefix.clear(cx);
        self.covered = 0;
        self.state = State::LoadFull;
        self.source = None;
        self.moved = None;
        self.rows = 0;
        self.ended = false;
        self.input.rescan(cx);
    }
}
