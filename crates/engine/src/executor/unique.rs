//! Dropping rows that equal the row before (Unique, Group), and set operations by counting.

use super::{
    columns::{self, RowStore},
    operator::{
        Budget, ExecContext, Node, Operator, Step, next_batch, next_of_all, pause_if_spent,
    },
    row_keys::{KeySet, RowKeys},
    scalar::Scalar,
};
use crate::{
    Error,
    logical::SetOperator,
    value::{Batch, Column},
};
use alloc::{rc::Rc, vec::Vec};

/// Keeps the first of rows that are equal in the keys and adjacent.
pub(crate) struct Unique {
    pub input: Node,
    pub keys: Vec<Scalar>,
    pub last: Option<Vec<Rc<Column>>>,
}

impl Operator for Unique {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            let batch = columns::dense(next_batch!(self.input, cx, budget, return Ok(Step::Done)))?;
            let mut keys = Vec::with_capacity(self.keys.len());
            for key in &self.keys {
                keys.push(key.evaluate(&batch, cx)?);
            }
            // The last row of the batch before goes in front, so that every row has one to compare with.
            let mut with_last = Vec::with_capacity(keys.len());
            let offset = usize::from(self.last.is_some());
            for (at, key) in keys.iter().enumerate() {
                match self.last.as_ref().and_then(|last| last.get(at)) {
                    Some(last) => {
                        let mut both = Column::clone(last);
                        columns::append(&mut both, key, None)?;
                        with_last.push(Rc::new(both));
                    }
                    None => with_last.push(Rc::clone(key)),
                }
            }
            let mut row_keys = RowKeys::default();
            row_keys.compute(with_last.iter(), batch.rows + offset)?;
            let kept: Vec<u32> = (0..batch.rows)
                .filter(|&row| {
                    let at = row + offset;
                    at == 0 || !row_keys.same(at - 1, at)
                })
                .map(|row| row as u32)
                .collect();
            let end = [(batch.rows - 1) as u32];
            let mut last = Vec::with_capacity(keys.len());
            for key in &keys {
                last.push(Rc::new(columns::gather(key, &end)?));
            }
            self.last = Some(last);
            if !kept.is_empty() {
                return Ok(Step::Batch(Batch {
                    columns: batch.columns,
                    rows: batch.rows,
                    selection: Some(kept),
                }));
            }
            pause_if_spent!(budget);
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.last = None;
        self.input.rescan(cx);
    }
}

/// INTERSECT and EXCEPT: rows of both inputs are counted, then each row comes out as often as the operation says.
///
/// Children: either the two inputs, or one Append of them whose last column is the number of the input.
pub(crate) struct SetOp {
    pub inputs: Vec<Node>,
    pub op: SetOperator,
    pub all: bool,
    pub width: usize,
    /// Whether equal rows of the one input are adjacent.
    pub sorted: bool,
    pub state: SetOpState,
}

/// Counts so far.
#[derive(Default)]
pub(crate) struct SetOpState {
    input: usize,
    set: KeySet,
    rows: RowStore,
    counts: Vec<(u64, u64)>,
    ended: bool,
    next: usize,
    repeat: u64,
    taken: usize,
}

impl SetOp {
    fn take(&mut self, batch: Batch, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let batch = columns::dense(batch)?;
        let sides = match batch.columns.get(self.width).map(|flag| &flag.data) {
            Some(crate::value::ColumnData::Int4(sides)) if self.inputs.len() == 1 => {
                Some(sides.clone())
            }
            _ => None,
        };
        let columns: Vec<Rc<Column>> = batch.columns.iter().take(self.width).cloned().collect();
        let mut keys = RowKeys::default();
        keys.compute(columns.iter(), batch.rows)?;
        let mut fresh = Vec::new();
        let mut grown = 0;
        for row in 0..batch.rows {
            let (number, more) = self.state.set.insert(&keys, row)?;
            if more > 0 {
                grown += more + 16;
                fresh.push(row as u32);
                self.state.counts.push((0, 0));
            }
            let right = match &sides {
                Some(sides) => sides.get(row) == Some(&1),
                None => self.state.input == 1,
            };
            if let Some(counts) = self.state.counts.get_mut(number as usize) {
                if right {
                    counts.1 += 1;
                } else {
                    counts.0 += 1;
                }
            }
        }
        grown += self.state.rows.append(&Batch {
            columns,
            rows: batch.rows,
            selection: Some(fresh),
        })?;
        self.state.taken += grown;
        cx.memory.take(grown)
    }

    fn times(&self, (left, right): (u64, u64)) -> u64 {
        match (self.op, self.all) {
            (SetOperator::Intersect, true) => left.min(right),
            (SetOperator::Intersect, false) => u64::from(left > 0 && right > 0),
            (SetOperator::Except, true) => left.saturating_sub(right),
            (SetOperator::Except, false) => u64::from(left > 0 && right == 0),
            (SetOperator::Union, true) => left + right,
            (SetOperator::Union, false) => 1,
        }
    }
}

impl Operator for SetOp {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            let complete = match (self.state.ended, self.sorted) {
                (true, _) => self.state.counts.len(),
                (false, true) => self.state.counts.len().saturating_sub(1),
                (false, false) => 0,
            };
            let mut rows = Vec::new();
            let limit = budget.batch_rows();
            while let Some(&counts) = self.state.counts.get(self.state.next)
                && self.state.next < complete
                && rows.len() < limit
            {
                let times = self.times(counts);
                if self.state.repeat < times {
                    rows.push(self.state.next as u32);
                    self.state.repeat += 1;
                } else {
                    self.state.next += 1;
                    self.state.repeat = 0;
                }
            }
            if !rows.is_empty() {
                budget.spend(rows.len());
                return Ok(Step::Batch(self.state.rows.batch(&rows)?));
            }
            if self.state.ended {
                return Ok(Step::Done);
            }
            let wanted = match (self.sorted, self.all) {
                (true, false) => budget.want_groups(!self.state.counts.is_empty()),
                (true, true) => budget.want_each(),
                (false, _) => usize::MAX,
            };
            let Some(input) = self.inputs.get_mut(self.state.input) else {
                self.state.ended = true;
                continue;
            };
            let batch = next_of_all!(*input, wanted, cx, budget, {
                self.state.input += 1;
                continue;
            });
            budget.spend(batch.selected());
            self.take(batch, cx)?;
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        cx.memory.give_back(self.state.taken);
        self.state = SetOpState::default();
        for input in &mut self.inputs {
            input.rescan(cx);
        }
    }
}
