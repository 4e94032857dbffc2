//! Sort: takes in all rows, sorts them, gives them out; Incremental Sort and Merge Append beside it.

mod incremental;
mod merge_append;
mod sorter;

use super::{
    columns,
    operator::{Budget, ExecContext, Node, Operator, Step, next_of_all, pause_if_spent},
    scalar::Scalar,
    sort_keys::SortKeySpec,
};
use crate::{Error, physical::NodeId};
use alloc::vec::Vec;
pub(crate) use incremental::IncrementalSort;
pub(crate) use merge_append::MergeAppend;
use sorter::Sorter;

/// The Sort node.
pub(crate) struct Sort {
    id: NodeId,
    input: Node,
    sorter: Sorter,
    state: State,
}

enum State {
    Load,
    Sort,
    Emit,
}

impl Sort {
    /// A sort of `input` by `keys`, of which only the first `bound` rows are asked for.
    pub fn new(
        id: NodeId,
        input: Node,
        keys: Vec<(Scalar, SortKeySpec)>,
        bound: Option<u64>,
    ) -> Self {
        let mut sorter = Sorter::new(keys);
        sorter.set_bound(bound.and_then(|rows| usize::try_from(rows).ok()));
        Self {
            id,
            input,
            sorter,
            state: State::Load,
        }
    }

    /// Notes what was done and how much memory it took.
    fn note(&self, cx: &mut ExecContext<'_>) {
        let metrics = cx.metrics(self.id);
        metrics.sort_method = Some(self.sorter.method().name());
        metrics.peak_bytes = metrics.peak_bytes.max(self.sorter.bytes());
    }
}

impl Operator for Sort {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            match self.state {
                State::Load => {
                    let batch = next_of_all!(self.input, cx, budget, {
                        self.sorter.finish(cx)?;
                        self.note(cx);
                        self.state = State::Sort;
                        continue;
                    });
                    budget.spend(batch.selected());
                    let batch = columns::dense(batch)?;
                    self.sorter.push(&batch, cx)?;
                }
                State::Sort => {
                    if self.sorter.sort(budget) {
                        self.state = State::Emit;
                    }
                }
                State::Emit => {
                    let Some(batch) = self.sorter.give(budget.batch_rows())? else {
                        return Ok(Step::Done);
                    };
                    budget.spend(batch.rows);
                    return Ok(Step::Batch(batch));
                }
            }
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.state = State::Load;
        self.sorter.clear(cx);
        self.input.rescan(cx);
    }

    fn skip(&mut self, rows: usize) -> usize {
        match self.state {
            State::Emit => self.sorter.skip(rows),
            _ => 0,
        }
    }
}
