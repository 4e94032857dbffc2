//! Grouping and aggregating, with everything in memory.
//!
//! One operator for all three strategies: they differ only in how a row finds its group. Groups come out in the order in which
//! they came in, so no result depends on a hash.

mod accumulator;
mod by_row;
mod choose;
mod collected;
mod extreme;
mod moments;

use super::{
    columns::{self, RowStore},
    operator::{Budget, ExecContext, Node, Operator, Step, next_of_all, pause_if_spent},
    row_keys::{KeySet, RowKeys},
    scalar::{Filter, Scalar},
};
use crate::{
    Error,
    physical::{AggregateStrategy, NodeId},
    value::{Batch, Column},
};
pub(crate) use accumulator::{Accumulator, Groups};
use alloc::{boxed::Box, rc::Rc, vec::Vec};
pub(crate) use by_row::{GroupsByRow, SharedKeys};
pub(crate) use choose::{choose, result_type};

/// One aggregate of the node.
pub(crate) struct Call {
    pub accumulator: Box<dyn Accumulator>,
    /// Arguments, then the keys of ORDER BY.
    pub args: Vec<Scalar>,
    pub filter: Option<Filter>,
    /// DISTINCT: values seen, with their group.
    pub distinct: Option<KeySet>,
}

/// The Aggregate node.
pub(crate) struct Aggregate {
    id: NodeId,
    input: Node,
    strategy: AggregateStrategy,
    keys: Vec<Scalar>,
    /// Columns that depend on the keys, taken from each group's first row.
    extra: Vec<Scalar>,
    calls: Vec<Call>,
    row_keys: RowKeys,
    groups: KeySet,
    group_keys: RowStore,
    /// Hashed: if in place of the first key comes the number of the row that has all keys.
    by_row: Option<GroupsByRow>,
    count: usize,
    /// Sorted: the keys of the last row, as a batch of one.
    last: Option<Vec<Rc<Column>>>,
    emitted: usize,
    ended: bool,
    taken: usize,
}

impl Aggregate {
    pub fn new(
        id: NodeId,
        input: Node,
        strategy: AggregateStrategy,
        keys: Vec<Scalar>,
        extra: Vec<Scalar>,
        calls: Vec<Call>,
    ) -> Self {
        Self {
            id,
            input,
            strategy,
            keys,
            extra,
            calls,
            row_keys: RowKeys::default(),
            groups: KeySet::default(),
            group_keys: RowStore::default(),
            by_row: None,
            count: 0,
            last: None,
            emitted: 0,
            ended: false,
            taken: 0,
        }
    }

    /// The input gives numbers of the rows with these keys in place of the first key. There are no columns but keys and calls.
    pub fn by_row(mut self, keys: Option<Rc<SharedKeys>>) -> Self {
        self.by_row = keys.map(GroupsByRow::new);
        self
    }

    fn take(&mut self, batch: Batch, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let batch = columns::dense(batch)?;
        let mut keys = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            keys.push(key.evaluate(&batch, cx)?);
        }
        let mut grown = 0;
        let mut numbers = Vec::new();
        let plain = self.strategy == AggregateStrategy::Plain || keys.is_empty();
        if plain {
            self.count = 1;
        } else if let Some(by_row) = &mut self.by_row
            && let Some(rows) = keys.first()
        {
            numbers.reserve(batch.rows);
            let kept = (&mut self.groups, &mut self.group_keys);
            grown += by_row.find(rows, &mut self.row_keys, kept, &mut numbers)?;
            self.count = self.groups.len();
        } else {
            numbers.reserve(batch.rows);
            self.row_keys.compute(keys.iter(), batch.rows)?;
            let mut new_rows: Vec<u32> = Vec::new();
            if self.strategy == AggregateStrategy::Hashed {
                grown += self.groups.insert_all(
                    &self.row_keys,
                    batch.rows,
                    &mut numbers,
                    &mut new_rows,
                )?;
                self.count = self.groups.len();
            } else {
                let mut same = self.continues(&keys)?;
                for row in 0..batch.rows {
                    if row > 0 {
                        same = self.row_keys.same(row - 1, row);
                    }
                    if !same {
                        self.count += 1;
                        new_rows.push(row as u32);
                    }
                    numbers.push((self.count - 1) as u32);
                }
                let last = [(batch.rows - 1) as u32];
                let mut kept = Vec::with_capacity(keys.len());
                for key in &keys {
                    kept.push(Rc::new(columns::gather(key, &last)?));
                }
                self.last = Some(kept);
            }
            if !new_rows.is_empty() {
                let mut kept = keys;
                for column in &self.extra {
                    kept.push(column.evaluate(&batch, cx)?);
                }
                grown += self.group_keys.append(&Batch {
                    columns: kept,
                    rows: batch.rows,
                    selection: Some(new_rows),
                })?;
            }
        }
        let groups = if plain {
            Groups::One
        } else {
            Groups::Each(&numbers)
        };
        for call in &mut self.calls {
            grown += call.accumulator.grow(self.count)?;
            grown += call.update(groups, &batch, cx)?;
        }
        self.taken += grown;
        cx.memory.take(grown)?;
        let metrics = cx.metrics(self.id);
        metrics.peak_bytes = metrics.peak_bytes.max(self.taken as u64);
        Ok(())
    }

    /// Sorted: whether the first row of a batch belongs to the last group.
    fn continues(&mut self, keys: &[Rc<Column>]) -> Result<bool, Error> {
        let Some(last) = &self.last else {
            return Ok(false);
        };
        let mut both = Vec::with_capacity(keys.len());
        for (before, now) in last.iter().zip(keys) {
            let mut pair = Column::clone(before);
            columns::append(&mut pair, now, Some(&[0]))?;
            both.push(Rc::new(pair));
        }
        let mut pair = RowKeys::default();
        pair.compute(both.iter(), 2)?;
        Ok(pair.same(0, 1))
    }

    fn emit(&mut self, to: usize, budget: &mut Budget) -> Result<Step, Error> {
        let from = self.emitted;
        let to = to.min(from + budget.batch_rows());
        self.emitted = to;
        let mut batch = if self.keys.is_empty() {
            Batch {
                columns: Vec::new(),
                rows: to - from,
                selection: None,
            }
        } else {
            self.group_keys.range(from, to)?
        };
        for call in &mut self.calls {
            batch
                .columns
                .push(Rc::new(call.accumulator.finish(from, to)?));
        }
        budget.spend(to - from);
        Ok(Step::Batch(batch))
    }
}

impl Call {
    fn update(
        &mut self,
        groups: Groups<'_>,
        batch: &Batch,
        cx: &ExecContext<'_>,
    ) -> Result<usize, Error> {
        let mut narrowed = None;
        if let Some(filter) = &self.filter {
            let mut passing = batch.clone();
            filter.apply(&mut passing, cx)?;
            if let Some(rows) = passing.selection {
                let numbers: Vec<u32> = rows
                    .iter()
                    .map(|&row| groups.of(row as usize) as u32)
                    .collect();
                let passing = columns::dense(Batch {
                    columns: batch.columns.clone(),
                    rows: batch.rows,
                    selection: Some(rows),
                })?;
                narrowed = Some((passing, numbers));
            }
        }
        let (batch, groups) = match &narrowed {
            Some((batch, numbers)) => (batch, Groups::Each(numbers)),
            None => (batch, groups),
        };
        let mut args = Vec::with_capacity(self.args.len());
        for arg in &self.args {
            args.push(arg.evaluate(batch, cx)?);
        }
        let Some(seen) = &mut self.distinct else {
            return self.accumulator.update(groups, &args, batch.rows);
        };
        let mut grown = 0;
        let mut numbers = Vec::with_capacity(batch.rows);
        for row in 0..batch.rows {
            numbers.push(groups.of(row) as i32);
        }
        let mut with_group = alloc::vec![Rc::new(Column {
            data: crate::value::ColumnData::Int4(numbers),
            nulls: crate::value::NullMask::default(),
        })];
        with_group.extend(args.iter().cloned());
        let mut keys = RowKeys::default();
        keys.compute(with_group.iter(), batch.rows)?;
        let mut new_rows = Vec::new();
        let mut new_groups = Vec::new();
        for row in 0..batch.rows {
            let (_, more) = seen.insert(&keys, row)?;
            if more > 0 {
                grown += more;
                new_rows.push(row as u32);
                new_groups.push(groups.of(row) as u32);
            }
        }
        let mut fresh = Vec::with_capacity(args.len());
        for arg in &args {
            fresh.push(Rc::new(columns::gather(arg, &new_rows)?));
        }
        grown += self
            .accumulator
            .update(Groups::Each(&new_groups), &fresh, new_rows.len())?;
        Ok(grown)
    }
}

impl Operator for Aggregate {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            if self.ended {
                if self.emitted >= self.count {
                    return Ok(Step::Done);
                }
                return self.emit(self.count, budget);
            }
            if self.strategy == AggregateStrategy::Sorted && self.emitted + 1 < self.count {
                // All groups but the last are complete.
                return self.emit(self.count - 1, budget);
            }
            let rows = match self.strategy {
                AggregateStrategy::Sorted => budget.want_groups(self.emitted < self.count),
                _ => usize::MAX,
            };
            let batch = next_of_all!(self.input, rows, cx, budget, {
                self.ended = true;
                if self.keys.is_empty() && self.count == 0 {
                    self.count = 1;
                    for call in &mut self.calls {
                        call.accumulator.grow(1)?;
                    }
                }
                continue;
            });
            budget.spend(batch.selected());
            self.take(batch, cx)?;
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.groups.clear();
        self.group_keys.clear();
        if let Some(by_row) = &mut self.by_row {
            by_row.clear();
        }
        self.count = 0;
        self.last = None;
        self.emitted = 0;
        self.ended = false;
        cx.memory.give_back(self.taken);
        self.taken = 0;
        for call in &mut self.calls {
            call.accumulator.clear();
            if let Some(seen) = &mut call.distinct {
                seen.clear();
            }
        }
        self.input.rescan(cx);
    }
}
