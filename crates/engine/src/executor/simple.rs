//! The operators that need no file of their own: one row, a list of rows, a WITH query's rows, inputs one after another, a limit.

use super::{
    columns,
    operator::{
        Budget, ExecContext, Node, Operator, Step, next_batch, pause_if_spent, step_wanting,
    },
    scalar::{Filter, Scalar},
    with_query,
};
use crate::{
    Error, ErrorCode,
    value::{Batch, DataType, Value},
};
use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// One row without columns, or the input's rows, if a condition holds.
pub(crate) struct ResultRow {
    pub input: Option<Node>,
    pub one_time_filter: Filter,
    pub tested: Option<bool>,
    pub given: bool,
}

impl Operator for ResultRow {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        let holds = match self.tested {
            Some(holds) => holds,
            None => {
                let holds = self.one_time_filter.holds(cx)?;
                self.tested = Some(holds);
                holds
            }
        };
        if !holds {
            return Ok(Step::Done);
        }
        if let Some(input) = &mut self.input {
            return input.step(cx, budget);
        }
        if core::mem::replace(&mut self.given, true) {
            return Ok(Step::Done);
        }
        budget.spend(1);
        Ok(Step::Batch(Batch::new(Vec::new(), 1)))
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.tested = None;
        self.given = false;
        if let Some(input) = &mut self.input {
            input.rescan(cx);
        }
    }
}

/// Rows written out: VALUES.
pub(crate) struct ValuesScan {
    pub rows: Vec<Vec<Scalar>>,
    pub types: Vec<DataType>,
    pub next: usize,
}

impl Operator for ValuesScan {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        let mut made: Vec<_> = self.types.iter().map(|&t| columns::empty(t)).collect();
        let mut rows = 0;
        while let Some(row) = self.rows.get(self.next)
            && rows < budget.batch_rows()
        {
            if rows > 0 && budget.is_spent() {
                break;
            }
            for (scalar, column) in row.iter().zip(&mut made) {
                columns::push(column, &scalar.value(cx)?)?;
            }
            rows += 1;
            self.next += 1;
            budget.spend(1);
        }
        if rows == 0 {
            return Ok(Step::Done);
        }
        Ok(Step::Batch(Batch::made(made, rows)))
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.next = 0;
    }
}

/// How far somebody has read rows that are kept in dense batches.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub batch: usize,
    row: usize,
}

impl Place {
    /// The next rows, no more than can be used; `None` behind the last batch.
    pub fn next(&mut self, kept: &[Rc<Batch>], budget: &mut Budget) -> Option<Batch> {
        let batch = kept.get(self.batch)?;
        Some(self.part(batch, budget))
    }

    /// The next rows of the batch at hand.
    fn part(&mut self, batch: &Batch, budget: &mut Budget) -> Batch {
        let mut batch = batch.clone();
        let from = self.row;
        let to = batch.rows.min(from.saturating_add(budget.want()));
        budget.spend(to - from);
        if to < batch.rows {
            self.row = to;
        } else {
            (self.batch, self.row) = (self.batch + 1, 0);
        }
        if to - from < batch.rows {
            batch.selection = Some((from..to).map(|row| row as u32).collect());
        }
        batch
    }
}

/// The rows of a WITH query.
pub(crate) struct CteScan {
    pub query: usize,
    pub at: Place,
}

impl Operator for CteScan {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        pause_if_spent!(budget);
        with_query::read(cx, budget, self.query, &mut self.at)
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.at = Place::default();
    }
}

/// The rows that the last round of a recursive query added.
pub(crate) struct WorkTableScan {
    pub table: usize,
    pub at: Place,
}

impl Operator for WorkTableScan {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        let batch = self.at.next(cx.with.working(self.table), budget);
        Ok(batch.map_or(Step::Done, Step::Batch))
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.at = Place::default();
    }
}

/// All rows of the first input, then of the second, and so on.
pub(crate) struct Append {
    pub inputs: Vec<Node>,
    pub at: usize,
    /// Whether a last column says from which input a row is, as a set operation above wants to know.
    pub numbered: bool,
}

impl Operator for Append {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        while let Some(input) = self.inputs.get_mut(self.at) {
            let batch = next_batch!(input, cx, budget, {
                self.at += 1;
                continue;
            });
            let mut batch = batch;
            if self.numbered {
                let number = Value::Int4(self.at as i32);
                let column = columns::constant(&number, DataType::Int4, batch.rows)?;
                batch.columns.push(Rc::new(column));
            }
            return Ok(Step::Batch(batch));
        }
        Ok(Step::Done)
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.at = 0;
        for input in &mut self.inputs {
            input.rescan(cx);
        }
    }
}

/// LIMIT and OFFSET.
pub(crate) struct Limit {
    pub input: Node,
    pub limit: Option<Scalar>,
    pub offset: Option<Scalar>,
    pub state: Option<LimitState>,
}

/// Rows still to skip and to give.
pub(crate) struct LimitState {
    skip: u64,
    left: Option<u64>,
}

impl Limit {
    fn open(&self, cx: &ExecContext<'_>) -> Result<LimitState, Error> {
        let number = |scalar: &Option<Scalar>, code, what| -> Result<Option<u64>, Error> {
            let Some(scalar) = scalar else {
                return Ok(None);
            };
            match scalar.value(cx)? {
                Value::Null => Ok(None),
                value => match value.as_i64().map(u64::try_from) {
                    Some(Ok(number)) => Ok(Some(number)),
                    _ => Err(Error::new(
                        code,
                        alloc::format!("{what} must not be negative"),
                    )),
                },
            }
        };
        let skip = number(
            &self.offset,
            ErrorCode::InvalidRowCountInResultOffsetClause,
            "OFFSET",
        )?;
        let left = number(
            &self.limit,
            ErrorCode::InvalidRowCountInLimitClause,
            "LIMIT",
        )?;
        Ok(LimitState {
            skip: skip.unwrap_or(0),
            left,
        })
    }
}

impl Operator for Limit {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        if self.state.is_none() {
            self.state = Some(self.open(cx)?);
        }
        let Some(state) = &mut self.state else {
            return Ok(Step::Done);
        };
        loop {
            if state.left == Some(0) {
                return Ok(Step::Done);
            }
            let used = u64::try_from(budget.want()).unwrap_or(u64::MAX);
            let used = state.left.map_or(used, |left| left.min(used));
            let needed = used.saturating_add(state.skip);
            let needed = usize::try_from(needed).unwrap_or(usize::MAX);
            let mut batch = match step_wanting(&mut self.input, needed, cx, budget)? {
                Step::Batch(batch) => batch,
                other => return Ok(other),
            };
            let have = batch.selected() as u64;
            if state.skip >= have {
                state.skip -= have;
                let rows = usize::try_from(state.skip).unwrap_or(usize::MAX);
                state.skip -= self.input.skip(rows, cx) as u64;
                pause_if_spent!(budget);
                continue;
            }
            let from = state.skip as usize;
            state.skip = 0;
            let mut to = have as usize;
            if let Some(left) = &mut state.left {
                to = to.min(from.saturating_add(usize::try_from(*left).unwrap_or(usize::MAX)));
                *left -= (to - from) as u64;
            }
            if from > 0 || to < have as usize {
                let rows = columns::selected_rows(&batch);
                batch.selection = Some(rows.get(from..to).unwrap_or(&[]).to_vec());
            }
            return Ok(Step::Batch(batch));
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.state = None;
        self.input.rescan(cx);
    }
}

/// Rows kept for the next loop.
pub(crate) struct Materialize {
    pub input: Node,
    pub kept: Vec<Rc<Batch>>,
    pub at: Place,
    pub ended: bool,
    pub bytes: usize,
    /// Whether the input gives other rows at each loop.
    pub depends: bool,
}

impl Operator for Materialize {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        pause_if_spent!(budget);
        if let Some(batch) = self.at.next(&self.kept, budget) {
            return Ok(Step::Batch(batch));
        }
        if self.ended {
            return Ok(Step::Done);
        }
        let batch = next_batch!(self.input, cx, budget, {
            self.ended = true;
            return Ok(Step::Done);
        });
        let batch = columns::dense(batch)?;
        let bytes: usize = batch.columns.iter().map(|c| columns::bytes(c)).sum();
        cx.memory.take(bytes)?;
        self.bytes += bytes;
        self.kept.push(Rc::new(batch.clone()));
        self.at.batch += 1;
        Ok(Step::Batch(batch))
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.at = Place::default();
        if self.depends {
            cx.memory.give_back(self.bytes);
            self.bytes = 0;
            self.kept.clear();
            self.ended = false;
            self.input.rescan(cx);
        }
    }
}

/// A node that passes its input on: Hash, SubqueryScan, LockRows.
pub(crate) struct Pass {
    pub input: Box<dyn Operator>,
}

impl Operator for Pass {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        self.input.step(cx, budget)
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.input.rescan(cx);
    }
}

/// A catalog view: its rows were made before the statement began.
pub(crate) struct SystemScan {
    pub view: &'static str,
    pub at: Place,
}

impl Operator for SystemScan {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        let rows = cx.storage.system_views.get(self.view);
        let rows = rows.filter(|rows| self.at.batch == 0 && rows.rows > 0);
        let batch = rows.map(|rows| self.at.part(rows, budget));
        Ok(batch.map_or(Step::Done, Step::Batch))
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.at = Place::default();
    }
}
