//! WindowAgg: window functions over rows that come sorted by partition and order.
//!
//! Rows go out as they came in, with one column more for each call, as soon as what their calls look at is read (`reach.rs`): a LIMIT
//! above, or a run condition that fails, leaves the rest of the input unread, as in PostgreSQL. A partition's rows are kept until it is
//! done, because a frame may begin at its start. Rows are worked off one after the other, so the operator can pause anywhere. An
//! aggregate whose frame only grows takes each row in once; one whose start moves is computed anew for each frame.
//!
//! Source of the semantics: PostgreSQL 15 `nodeWindowAgg.c`, `windowfuncs.c`.

mod call;
mod frame;
mod reach;

use super::{
    columns::{self, RowStore},
    operator::{Budget, ExecContext, Node, Operator, Step, pause_if_spent, step_wanting},
    row_keys::RowKeys,
    scalar::{Filter, Scalar},
};
use crate::{
    Error,
    physical::NodeId,
    value::{Batch, Column},
};
use alloc::{rc::Rc, vec::Vec};
pub(crate) use call::WindowFunctionCall;
pub(crate) use frame::{Bound, Frame};
pub(crate) use reach::Reach;

/// Rows worked off between two looks at the budget.
const STRIDE: usize = 256;

/// Where a partition and a group of peers begin and end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// First row of the partition.
    pub from: usize,
    /// Row behind it; behind the rows read so far, if it goes on there.
    pub to: usize,
    /// First row of the peers.
    pub peers: usize,
    /// Row behind them; behind the rows read so far, if they go on there.
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
    /// How far behind a row its calls look.
    pub reach: Reach,
    /// Over the calls' columns alone: behind the first row of a partition that fails no row passes.
    pub run_condition: Filter,
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
    /// Whether the frame's distances are known.
    prepared: bool,
    /// The input has no more rows.
    ended: bool,
    /// No row behind those done passes the run condition.
    stopped: bool,
    /// The partition and peers of the row in work.
    place: Place,
    /// Up to where the partition's end was looked for, and whether it was found there; the same of the peers.
    partition_end: Edge,
    peers_end: Edge,
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
        let grown = state.rows.append(&batch)? + rows * BYTES_BESIDE;
        state.taken += grown;
        cx.memory.take(grown)?;
        let metrics = cx.metrics(self.id);
        metrics.peak_bytes = metrics.peak_bytes.max(state.taken as u64);
        Ok(())
    }

    /// Works off some rows of those that can be; returns how many.
    fn work(&mut self) -> Result<usize, Error> {
        let state = &mut self.state;
        let from = state.done;
        let end = (from + STRIDE).min(state.begins.len());
        while state.done < end {
            let row = state.done;
            let place = &mut state.place;
            let (partition, peers) = state.begins.get(row).copied().unwrap_or_default();
            if partition && state.partition_end.from != Some(row) {
                *place = Place {
                    from: row,
                    ..Place::default()
                };
                state.partition_end = Edge::behind(row);
                for call in &mut self.calls {
                    call.begin();
                }
            }
            if peers && state.peers_end.from != Some(row) {
                if row > place.from {
                    place.groups_before += 1;
                }
                place.peers = row;
                state.peers_end = Edge::behind(row);
            }
            let ended = state.ended;
            let whole = state.partition_end.seek(&state.begins, |begins| begins.0);
            place.to = state.partition_end.at;
            let all_peers = state.peers_end.seek(&state.begins, |begins| begins.1);
            place.peers_end = state.peers_end.at;
            let reach = self.reach;
            let known = row.saturating_add(reach.rows) < state.begins.len()
                && (all_peers || !reach.peers)
                && !reach.partition;
            if !(known || whole || ended) {
                break;
            }
            let order_key = state.rows.columns.last();
            let frame = self.frame.of_row(row, place, &state.begins, order_key);
            for call in &mut self.calls {
                call.row(row, place, frame.clone(), &state.rows)?;
            }
            state.done += 1;
        }
        Ok(state.done - from)
    }

    /// Without partitions the first row that fails the run condition is the last one looked at.
    fn stop_early(&mut self, worked: usize, cx: &ExecContext<'_>) -> Result<(), Error> {
        if self.run_condition.is_empty() || !self.partition.is_empty() {
            return Ok(());
        }
        let state = &mut self.state;
        let from = state.done - worked;
        let mut batch = made(&self.calls, from, state.done)?;
        self.run_condition.apply(&mut batch, cx)?;
        if let Some(selection) = &batch.selection {
            let passed = (0..).zip(selection).take_while(|(at, row)| at == *row);
            state.done = from + passed.count();
            state.stopped = true;
        }
        Ok(())
    }

    fn emit(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Batch, Error> {
        let rows = self.batch_rows(budget);
        let state = &mut self.state;
        let from = state.emitted;
        let to = state.done.min(from + rows);
        state.emitted = to;
        let mut batch = state.rows.range(from, to)?;
        batch.columns.truncate(self.width);
        let mut calls = made(&self.calls, from, to)?;
        if !self.partition.is_empty() {
            self.run_condition.apply(&mut calls, cx)?;
        }
        batch.columns.append(&mut calls.columns);
        batch.selection = calls.selection;
        budget.spend(to - from);
        self.forget(cx)?;
        Ok(batch)
    }

    /// Forgets the rows before the partition in work that went out, once they are most of what is kept.
    fn forget(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let state = &mut self.state;
        let gone = state.emitted.min(state.place.from);
        if gone == 0 || gone * 2 < state.begins.len() {
            return Ok(());
        }
        let rest = state.rows.range(gone, state.begins.len())?;
        cx.memory.give_back(state.taken);
        state.taken = 0;
        state.rows.clear();
        state.taken = state.rows.append(&rest)? + rest.rows * BYTES_BESIDE;
        cx.memory.take(state.taken)?;
        state.begins.drain(..gone);
        state.done -= gone;
        state.emitted -= gone;
        let place = &mut state.place;
        for row in [
            &mut place.from,
            &mut place.to,
            &mut place.peers,
            &mut place.peers_end,
        ] {
            *row -= gone;
        }
        state.partition_end.forget(gone);
        state.peers_end.forget(gone);
        for call in &mut self.calls {
            call.forget(gone)?;
        }
        Ok(())
    }

    /// Rows for the next batch: one by one where some may be left out and only a few can be used.
    fn batch_rows(&self, budget: &Budget) -> usize {
        if budget.is_limited() && !self.run_condition.is_empty() {
            1
        } else {
            budget.batch_rows()
        }
    }

    /// Rows to ask the input for: as many as can be used, and one by one where each may be the last.
    fn wanted(&self, budget: &Budget) -> usize {
        if !self.run_condition.is_empty() && self.partition.is_empty() {
            1
        } else if budget.is_limited() {
            // Rows that wait for what is behind them need no more than one further row.
            let read = self.state.begins.len() - self.state.emitted;
            self.batch_rows(budget).saturating_sub(read).max(1)
        } else {
            usize::MAX
        }
    }
}

/// Bytes kept of a row beside its columns.
const BYTES_BESIDE: usize = core::mem::size_of::<(bool, bool)>();

/// The calls' values for some rows.
fn made(calls: &[WindowFunctionCall], from: usize, to: usize) -> Result<Batch, Error> {
    let rows: Vec<u32> = (from..to).map(|row| row as u32).collect();
    let mut columns = Vec::with_capacity(calls.len());
    for call in calls {
        columns.push(Rc::new(columns::gather(&call.made, &rows)?));
    }
    Ok(Batch::new(columns, rows.len()))
}

/// The search for the row behind a partition or a group of peers, which goes on as rows are read.
#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    /// The first row.
    from: Option<usize>,
    /// The row behind, or behind those looked at.
    at: usize,
}

impl Edge {
    fn behind(row: usize) -> Self {
        Self {
            from: Some(row),
            at: row + 1,
        }
    }

    /// The rows before the first are numbered no more.
    fn forget(&mut self, rows: usize) {
        self.from = self.from.map(|from| from - rows);
        self.at -= rows;
    }

    /// Looks on; whether it is found.
    fn seek(&mut self, begins: &[(bool, bool)], what: impl Fn(&(bool, bool)) -> bool) -> bool {
        let rest = begins.get(self.at..).unwrap_or(&[]);
        let found = rest.iter().position(what);
        self.at += found.unwrap_or(rest.len());
        found.is_some()
    }
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
            let waiting = self.state.done - self.state.emitted;
            let finished = self.state.stopped
                || self.state.ended && self.state.done == self.state.begins.len();
            if waiting >= self.batch_rows(budget) || (finished && waiting > 0) {
                let batch = self.emit(cx, budget)?;
                if batch.selected() > 0 {
                    return Ok(Step::Batch(batch));
                }
                continue;
            }
            if finished {
                return Ok(Step::Done);
            }
            let worked = self.work()?;
            if worked > 0 {
                self.stop_early(worked, cx)?;
                budget.spend(worked);
                continue;
            }
            let wanted = self.wanted(budget);
            match step_wanting(&mut self.input, wanted, cx, budget)? {
                Step::Batch(batch) => {
                    if !core::mem::replace(&mut self.state.prepared, true) {
                        self.frame.prepare(cx)?;
                    }
                    budget.spend(batch.selected());
                    self.load(batch, cx)?;
                }
                Step::Pause => return Ok(Step::Pause),
                Step::Done => {
                    if !self.state.prepared {
                        self.frame.prepare(cx)?;
                    }
                    self.state.ended = true;
                }
            }
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
