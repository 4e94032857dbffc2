//! WindowAgg: window functions over rows that come sorted by partition and order.
//!
//! Why all rows are kept: a frame may reach to the end of its partition, and the rows go out as they came in, with one column
//! more for each call. Rows are worked off one after the other, so the operator can pause anywhere. An aggregate whose frame
//! only grows takes each row in once; one whose start moves is computed anew for each frame.
//!
//! Source of the semantics: PostgreSQL 15 `nodeWindowAgg.c`, `windowfuncs.c`.

mod call;
mod frame;

use super::{
    columns::{self, RowStore},
    operator::{Budget, ExecContext, Node, Operator, Step, next_of_all, pause_if_spent},
    row_keys::RowKeys,
    scalar::Scalar,
};
use crate::{
    Error,
    physical::NodeId,
    value::{Batch, Column},
};
use alloc::{rc::Rc, vec::Vec};
pub(crate) use call::WindowFunctionCall;
pub(crate) use frame::{Bound, Frame};

/// Rows worked off between two looks at the budget.
const STRIDE: usize = 256;

/// Where a partition and a group of peers begin and end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// First row of the partition.
    pub from: usize,
    /// Row behind it.
    pub to: usize,
    /// First row of the peers.
    pub peers: usize,
    /// Row behind them.
    pub peers_end: usize,
    /// Groups of peers before, in the partition.
    pub groups_before: usize,
}

/// The WindowAgg node.
pub(crate) struct WindowAgg {
    pub id: NodeId,
    pub input: Node,
    /// Columns of the input.
    pub width: usize,
    pub partition: Vec<Scalar>,
    pub order: Vec<Scalar>,
    pub frame: Frame,
    pub calls: Vec<WindowFunctionCall>,
    pub state: WindowState,
}

/// What was read and worked out so far.
#[derive(Default)]
pub(crate) struct WindowState {
    rows: RowStore,
    /// For each row: whether it begins a partition, whether it begins a group of peers.
    begins: Vec<(bool, bool)>,
    last_partition: Option<Vec<Rc<Column>>>,
    last_order: Option<Vec<Rc<Column>>>,
    ended: bool,
    /// The partition and peers of the row in work.
    place: Place,
    /// Rows worked off.
    done: usize,
    emitted: usize,
    taken: usize,
}

impl WindowAgg {
    fn load(&mut self, batch: Batch, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let mut batch = columns::dense(batch)?;
        let rows = batch.rows;
        let evaluate = |scalars: &[Scalar]| -> Result<Vec<Rc<Column>>, Error> {
            scalars.iter().map(|key| key.evaluate(&batch, cx)).collect()
        };
        let (partition, order) = (evaluate(&self.partition)?, evaluate(&self.order)?);
        let mut more = Vec::new();
        for call in &self.calls {
            more.extend(evaluate(&call.args)?);
            more.extend(evaluate(call.filter.as_slice())?);
        }
        // A frame by values looks at the first key again.
        more.extend(order.first().cloned());
        let state = &mut self.state;
        let first = state.begins.is_empty();
        let same_partition = same_as_before(&mut state.last_partition, &partition, rows)?;
        let same_order = same_as_before(&mut state.last_order, &order, rows)?;
        for (row, (partition, order)) in same_partition.into_iter().zip(same_order).enumerate() {
            let new_partition = !partition || (first && row == 0);
            state.begins.push((new_partition, new_partition || !order));
        }
        batch.columns.extend(more);
        let grown = state.rows.append(&batch)? + rows * core::mem::size_of::<(bool, bool)>();
        state.taken += grown;
        cx.memory.take(grown)?;
        let metrics = cx.metrics(self.id);
        metrics.peak_bytes = metrics.peak_bytes.max(state.taken as u64);
        Ok(())
    }

    /// Works off some rows of what was read.
    fn work(&mut self) -> Result<usize, Error> {
        let state = &mut self.state;
        let end = (state.done + STRIDE).min(state.begins.len());
        let from = state.done;
        while state.done < end {
            let row = state.done;
            let place = &mut state.place;
            if state.begins.get(row).is_some_and(|begins| begins.0) {
                let to = behind(&state.begins, row, |begins| begins.0);
                *place = Place {
                    from: row,
                    to,
                    ..Place::default()
                };
                for call in &mut self.calls {
                    call.begin();
                }
            }
            if state.begins.get(row).is_some_and(|begins| begins.1) {
                place.groups_before = if row == place.from {
                    0
                } else {
                    place.groups_before + 1
                };
                place.peers = row;
                place.peers_end = behind(&state.begins, row, |begins| begins.1).min(place.to);
            }
            let order_key = state.rows.columns.last();
            let frame = self.frame.of_row(row, place, &state.begins, order_key);
            for call in &mut self.calls {
                call.row(row, place, frame.clone(), &state.rows)?;
            }
            state.done += 1;
        }
        Ok(end - from)
    }

    fn emit(&mut self, budget: &mut Budget) -> Result<Step, Error> {
        let state = &mut self.state;
        let from = state.emitted;
        let to = state.done.min(from + budget.batch_rows());
        state.emitted = to;
        let mut batch = state.rows.range(from, to)?;
        batch.columns.truncate(self.width);
        let rows: Vec<u32> = (from..to).map(|row| row as u32).collect();
        for call in &self.calls {
            batch
                .columns
                .push(Rc::new(columns::gather(&call.made, &rows)?));
        }
        budget.spend(to - from);
        Ok(Step::Batch(batch))
    }
}

/// The first row behind `row` that begins something, or the end.
fn behind(begins: &[(bool, bool)], row: usize, what: impl Fn(&(bool, bool)) -> bool) -> usize {
    let rest = begins.get(row + 1..).unwrap_or(&[]);
    rest.iter()
        .position(what)
        .map_or(begins.len(), |at| row + 1 + at)
}

/// For each row whether it agrees in `keys` with the row before; the last row is kept for the next batch.
fn same_as_before(
    last: &mut Option<Vec<Rc<Column>>>,
    keys: &[Rc<Column>],
    rows: usize,
) -> Result<Vec<bool>, Error> {
    if keys.is_empty() || rows == 0 {
        return Ok(alloc::vec![true; rows]);
    }
    let mut same = Vec::with_capacity(rows);
    let mut row_keys = RowKeys::default();
    row_keys.compute(keys.iter(), rows)?;
    same.push(match last {
        Some(last) => {
            let mut both = Vec::with_capacity(keys.len());
            for (before, now) in last.iter().zip(keys) {
                let mut pair = Column::clone(before);
                columns::append(&mut pair, now, Some(&[0]))?;
                both.push(Rc::new(pair));
            }
            let mut pair = RowKeys::default();
            pair.compute(both.iter(), 2)?;
            pair.same(0, 1)
        }
        None => false,
    });
    same.extend((1..rows).map(|row| row_keys.same(row - 1, row)));
    let end = [(rows - 1) as u32];
    let mut kept = Vec::with_capacity(keys.len());
    for key in keys {
        kept.push(Rc::new(columns::gather(key, &end)?));
    }
    *last = Some(kept);
    Ok(same)
}

impl Operator for WindowAgg {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            if !self.state.ended {
                let batch = next_of_all!(self.input, cx, budget, {
                    self.state.ended = true;
                    self.frame.prepare(cx)?;
                    continue;
                });
                budget.spend(batch.selected());
                self.load(batch, cx)?;
                continue;
            }
            let waiting = self.state.done - self.state.emitted;
            let all_done = self.state.done == self.state.begins.len();
            if waiting >= budget.batch_rows() || (all_done && waiting > 0) {
                return self.emit(budget);
            }
            if all_done {
                return Ok(Step::Done);
            }
            let rows = self.work()?;
            budget.spend(rows);
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        cx.memory.give_back(self.state.taken);
        self.state = WindowState::default();
        for call in &mut self.calls {
            call.clear();
        }
        self.input.rescan(cx);
    }
}
