//! Nested loop join: for each outer row the inner side is run again, with that row's columns as parameters.
//!
//! One outer row at a time, since the inner side's rows depend on it; the inner rows of many outer rows are gathered into one batch.

use super::{
    columns,
    operator::{Budget, ExecContext, Node, Operator, Slot, Step, pause_if_spent, step_wanting},
    scalar::{Filter, Scalar},
};
use crate::{
    Error,
    logical::JoinKind,
    physical::NodeId,
    value::{Batch, Column, DataType},
};
use alloc::{rc::Rc, vec::Vec};

/// The NestedLoop node.
pub(crate) struct NestedLoop {
    pub id: NodeId,
    pub outer: Node,
    pub inner: Node,
    pub join: JoinKind,
    pub on: Filter,
    /// At most one inner row matches.
    pub inner_unique: bool,
    /// Outer columns that the inner side reads.
    pub params: Vec<(Scalar, Slot, DataType)>,
    /// Types of the inner side's columns, for rows without a match.
    pub inner_types: Vec<DataType>,
    pub state: LoopState,
}

/// Where the loops are.
#[derive(Default)]
pub(crate) struct LoopState {
    outer: Option<Batch>,
    row: usize,
    params: Vec<Rc<Column>>,
    /// The inner side runs for the present outer row.
    running: bool,
    matched: bool,
    /// Pairs not yet given: outer rows, and the inner columns gathered for them.
    pairs: Vec<u32>,
    inner: Vec<Column>,
    done: bool,
}

impl NestedLoop {
    fn inner_columns(&self) -> Vec<Column> {
        self.inner_types
            .iter()
            .map(|&t| columns::empty(t))
            .collect()
    }

    /// The pairs so far as a batch.
    fn flush(&mut self) -> Result<Option<Batch>, Error> {
        let Some(outer) = &self.state.outer else {
            return Ok(None);
        };
        if self.state.pairs.is_empty() {
            return Ok(None);
        }
        let fresh = self.inner_columns();
        let pairs = core::mem::take(&mut self.state.pairs);
        let inner = core::mem::replace(&mut self.state.inner, fresh);
        let mut made = Vec::with_capacity(outer.columns.len() + inner.len());
        for column in &outer.columns {
            made.push(Rc::new(columns::gather(column, &pairs)?));
        }
        made.extend(inner.into_iter().map(Rc::new));
        Ok(Some(Batch {
            columns: made,
            rows: pairs.len(),
            selection: None,
        }))
    }

    /// Takes the inner rows that match the present outer row; whether that row is done with.
    fn take(&mut self, batch: Batch, cx: &mut ExecContext<'_>) -> Result<bool, Error> {
        let Some(outer) = &self.state.outer else {
            return Ok(true);
        };
        let mut batch = batch;
        if !self.on.is_empty() {
            // The condition sees both sides: the outer row is repeated.
            let dense = columns::dense(batch)?;
            let mut both = Vec::with_capacity(outer.columns.len() + dense.columns.len());
            let row = alloc::vec![self.state.row as u32; dense.rows];
            for column in &outer.columns {
                both.push(Rc::new(columns::gather(column, &row)?));
            }
            both.extend(dense.columns.iter().cloned());
            let mut pair = Batch {
                columns: both,
                rows: dense.rows,
                selection: None,
            };
            self.on.apply(&mut pair, cx)?;
            cx.metrics(self.id).rows_removed_by_join_filter +=
                (dense.rows - pair.selected()) as u64;
            batch = Batch {
                columns: dense.columns,
                rows: dense.rows,
                selection: pair.selection,
            };
        }
        let found = batch.selected();
        if found == 0 {
            return Ok(false);
        }
        self.state.matched = true;
        match self.join {
            JoinKind::Anti => return Ok(true),
            JoinKind::Semi => {
                let first = [columns::selected_rows(&batch).first().copied().unwrap_or(0)];
                self.pair(&batch, Some(&first), 1)?;
                return Ok(true);
            }
            _ => {
                let selection = batch.selection.clone();
                self.pair(&batch, selection.as_deref(), found)?;
            }
        }
        Ok(self.inner_unique)
    }

    fn pair(&mut self, batch: &Batch, rows: Option<&[u32]>, found: usize) -> Result<(), Error> {
        for (to, from) in self.state.inner.iter_mut().zip(&batch.columns) {
            columns::append(to, from, rows)?;
        }
        let row = self.state.row as u32;
        self.state.pairs.resize(self.state.pairs.len() + found, row);
        Ok(())
    }

    /// An outer row that found nothing, where such rows are kept.
    fn close_row(&mut self) -> Result<(), Error> {
        if !self.state.matched && matches!(self.join, JoinKind::Left | JoinKind::Anti) {
            for column in &mut self.state.inner {
                columns::push(column, &crate::value::Value::Null)?;
            }
            self.state.pairs.push(self.state.row as u32);
        }
        self.state.running = false;
        self.state.matched = false;
        self.state.row += 1;
        Ok(())
    }
}

impl Operator for NestedLoop {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        debug_assert!(!matches!(self.join, JoinKind::Right | JoinKind::Full));
        let limited = budget.is_limited();
        loop {
            let Some(outer_rows) = self.state.outer.as_ref().map(|outer| outer.rows) else {
                if self.state.done {
                    return Ok(Step::Done);
                }
                pause_if_spent!(budget);
                match step_wanting(&mut self.outer, budget.want_each(), cx, budget)? {
                    Step::Batch(batch) => {
                        let batch = columns::dense(batch)?;
                        self.state.params.clear();
                        for (scalar, _, _) in &self.params {
                            let column = scalar.evaluate(&batch, cx)?;
                            self.state.params.push(column);
                        }
                        self.state.inner = self.inner_columns();
                        self.state.outer = Some(batch);
                        self.state.row = 0;
                    }
                    Step::Pause => return Ok(Step::Pause),
                    Step::Done => self.state.done = true,
                }
                continue;
            };
            if self.state.pairs.len() >= budget.batch_rows()
                && let Some(batch) = self.flush()?
            {
                return Ok(Step::Batch(batch));
            }
            if self.state.row >= outer_rows {
                let made = self.flush()?;
                self.state.outer = None;
                if let Some(batch) = made {
                    return Ok(Step::Batch(batch));
                }
                continue;
            }
            pause_if_spent!(budget);
            if !self.state.running {
                for ((_, slot, data_type), column) in self.params.iter().zip(&self.state.params) {
                    let value = columns::value(column, self.state.row, *data_type);
                    cx.set_slot(*slot, value);
                }
                self.inner.rescan(cx);
                self.state.running = true;
                budget.spend(1);
            }
            let single = self.inner_unique || matches!(self.join, JoinKind::Semi | JoinKind::Anti);
            let want = match (single, self.on.is_empty()) {
                (true, true) => 1,
                (true, false) => budget.want_each(),
                (false, _) if limited => budget.want() - self.state.pairs.len(),
                (false, _) => usize::MAX,
            };
            match step_wanting(&mut self.inner, want, cx, budget)? {
                Step::Pause => return Ok(Step::Pause),
                Step::Done => self.close_row()?,
                Step::Batch(batch) => {
                    budget.spend(batch.selected());
                    if self.take(batch, cx)? {
                        self.close_row()?;
                    }
                }
            }
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.state = LoopState::default();
        self.outer.rescan(cx);
    }
}
