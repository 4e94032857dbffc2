//! Sub-queries that stayed sub-queries: run once (init plans), once into a hash table, or for each row.
//!
//! Why an operator and not a function call inside expressions: a sub-plan must be able to pause. So a node whose expressions hold
//! sub-plans gets this operator under it, which adds one column for each, and its expressions read those columns.

use super::{
    columns,
    operator::{Budget, ExecContext, Node, Operator, Slot, Step, next_batch},
    row_keys::{KeySet, RowKeys},
    scalar::Scalar,
};
use crate::{
    Error, ErrorCode,
    logical::{CompareOp, Quantifier},
    value::{Batch, Column, DataType, Value, compare::holds, compare_sql},
};
use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// A sub-plan that is run at most once for its value.
pub(crate) struct InitPlan {
    pub node: Node,
    pub slot: Slot,
    /// EXISTS: whether there is a row.
    pub exists: bool,
    /// Type of the value.
    pub data_type: DataType,
    pub found: Option<Value>,
    /// Whether it gives another value when it is run again.
    pub depends: bool,
}

impl InitPlan {
    /// Goes on running; `true` when the value is in its slot.
    ///
    /// # Errors
    /// As the plan's operators; 21000 for a second row.
    pub fn run(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<bool, Error> {
        loop {
            match self.node.step(cx, budget)? {
                Step::Pause => return Ok(false),
                Step::Batch(batch) if self.exists => {
                    let _ = batch;
                    cx.set_slot(self.slot, Value::Bool(true));
                    return Ok(true);
                }
                Step::Batch(batch) => {
                    if self.found.is_some() || batch.selected() > 1 {
                        return Err(more_than_one_row());
                    }
                    self.found = Some(first_value(&batch, self.data_type));
                }
                Step::Done => {
                    let value = match self.found.take() {
                        Some(value) => value,
                        None if self.exists => Value::Bool(false),
                        None => Value::Null,
                    };
                    cx.set_slot(self.slot, value);
                    return Ok(true);
                }
            }
        }
    }
}

fn more_than_one_row() -> Error {
    Error::new(
        ErrorCode::CardinalityViolation,
        "more than one row returned by a subquery used as an expression",
    )
}

fn first_row(batch: &Batch) -> usize {
    match &batch.selection {
        Some(rows) => rows.first().copied().unwrap_or(0) as usize,
        None => 0,
    }
}

fn first_value(batch: &Batch, data_type: DataType) -> Value {
    batch.columns.first().map_or(Value::Null, |column| {
        columns::value(column, first_row(batch), data_type)
    })
}

/// What is done with a sub-plan's rows for each outer row.
pub(crate) enum Use {
    /// The first column of the only row.
    Scalar,
    /// Whether there is a row.
    Exists,
    /// `left op ANY/ALL`.
    Quantified {
        op: CompareOp,
        quantifier: Quantifier,
        left_types: Vec<DataType>,
    },
    /// `= ANY` with all rows in a hash table.
    Hashed {
        /// For EXISTS, which is never NULL.
        exists: bool,
        left_types: Vec<DataType>,
        table: Option<Box<HashedRows>>,
    },
}

/// Rows of an uncorrelated sub-plan.
pub(crate) struct HashedRows {
    keys: RowKeys,
    set: KeySet,
    /// Some row has a NULL in it.
    nulls: bool,
    rows: usize,
    /// With several columns, the rows: those that a NULL leaves open may differ in another column.
    kept: Vec<Batch>,
}

/// One sub-plan of a node's expressions.
pub(crate) struct SubPlanColumn {
    pub node: Node,
    pub usage: Use,
    /// Left sides, over the input.
    pub left: Vec<Scalar>,
    /// Parameters to set for each row: from the input, into a slot; with the type.
    pub params: Vec<(Scalar, Slot, DataType)>,
    /// Type of the column made.
    pub data_type: DataType,
    /// Type of the sub-plan's first column (and of the others, for row comparisons).
    pub column_types: Vec<DataType>,
    /// Nothing of it changes between rows: run once.
    pub constant: bool,
    pub known: Option<Value>,
    pub started: bool,
    pub state: RowState,
}

/// How far the sub-plan is for the present row.
#[derive(Default)]
pub(crate) struct RowState {
    found: Option<Value>,
    null_seen: bool,
}

/// Adds the columns.
pub(crate) struct SubPlanColumns {
    input: Box<dyn Operator>,
    plans: Vec<SubPlanColumn>,
    pending: Option<Pending>,
}

struct Pending {
    batch: Batch,
    /// Values of params and left sides for each plan.
    params: Vec<Vec<Rc<Column>>>,
    left: Vec<Vec<Rc<Column>>>,
    made: Vec<Column>,
    plan: usize,
    row: usize,
}

impl SubPlanColumns {
    /// `input`'s columns, then one for each of `plans`.
    pub fn new(input: Box<dyn Operator>, plans: Vec<SubPlanColumn>) -> Self {
        Self {
            input,
            plans,
            pending: None,
        }
    }

    fn open(&mut self, batch: Batch, cx: &ExecContext<'_>) -> Result<Pending, Error> {
        let batch = columns::dense(batch)?;
        let mut params = Vec::new();
        let mut left = Vec::new();
        let mut made = Vec::new();
        for plan in &self.plans {
            let mut values = Vec::new();
            for (scalar, _, _) in &plan.params {
                values.push(scalar.evaluate(&batch, cx)?);
            }
            params.push(values);
            let mut values = Vec::new();
            for scalar in &plan.left {
                values.push(scalar.evaluate(&batch, cx)?);
            }
            left.push(values);
            made.push(columns::empty(plan.data_type));
        }
        Ok(Pending {
            batch,
            params,
            left,
            made,
            plan: 0,
            row: 0,
        })
    }
}

impl Operator for SubPlanColumns {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        let mut pending = match self.pending.take() {
            Some(pending) => pending,
            None => {
                let batch = next_batch!(self.input, cx, budget, return Ok(Step::Done));
                self.open(batch, cx)?
            }
        };
        while let Some(plan) = self.plans.get_mut(pending.plan) {
            let (params, left) = match (
                pending.params.get(pending.plan),
                pending.left.get(pending.plan),
            ) {
                (Some(params), Some(left)) => (params, left),
                _ => break,
            };
            if !plan.prepare(cx, budget)? {
                self.pending = Some(pending);
                return Ok(Step::Pause);
            }
            while pending.row < pending.batch.rows {
                let Some(value) = plan.row(params, left, pending.row, cx, budget)? else {
                    self.pending = Some(pending);
                    return Ok(Step::Pause);
                };
                if let Some(column) = pending.made.get_mut(pending.plan) {
                    columns::push(column, &value)?;
                }
                pending.row += 1;
                budget.spend(1);
            }
            pending.row = 0;
            pending.plan += 1;
        }
        let mut batch = pending.batch;
        batch.columns.extend(pending.made.into_iter().map(Rc::new));
        Ok(Step::Batch(batch))
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.pending = None;
        for plan in &mut self.plans {
            plan.started = false;
        }
        self.input.rescan(cx);
    }
}

impl SubPlanColumn {
    /// Fills the hash table, where there is one; `false` = paused.
    fn prepare(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<bool, Error> {
        let Use::Hashed { table, exists, .. } = &mut self.usage else {
            return Ok(true);
        };
        let keeps = self.left.len() > 1 && !*exists;
        if self.known.is_some() {
            return Ok(true);
        }
        let rows = table.get_or_insert_with(|| {
            Box::new(HashedRows {
                keys: RowKeys::default(),
                set: KeySet::default(),
                nulls: false,
                rows: 0,
                kept: Vec::new(),
            })
        });
        loop {
            if budget.is_spent() {
                return Ok(false);
            }
            match self.node.step(cx, budget)? {
                Step::Pause => return Ok(false),
                Step::Done => {
                    self.known = Some(Value::Null);
                    return Ok(true);
                }
                Step::Batch(batch) => {
                    let batch = columns::dense(batch)?;
                    budget.spend(batch.rows);
                    rows.keys.compute(
                        batch.columns.iter().take(self.column_types.len()),
                        batch.rows,
                    )?;
                    for row in 0..batch.rows {
                        rows.rows += 1;
                        if rows.keys.has_null(row) {
                            rows.nulls = true;
                        } else {
                            cx.memory.take(rows.set.insert(&rows.keys, row)?.1)?;
                        }
                    }
                    if keeps {
                        let columns = batch.columns.iter();
                        cx.memory
                            .take(columns.map(|column| columns::bytes(column)).sum())?;
                        rows.kept.push(batch);
                    }
                }
            }
        }
    }

    /// The value for one outer row; `None` = paused.
    fn row(
        &mut self,
        params: &[Rc<Column>],
        left: &[Rc<Column>],
        row: usize,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Value>, Error> {
        if let Use::Hashed {
            exists,
            left_types,
            table,
        } = &mut self.usage
        {
            let Some(rows) = table else {
                return Ok(Some(Value::Null));
            };
            let found = probe(rows, left, row)?;
            return Ok(Some(if !found.is_null() {
                found
            } else if *exists {
                Value::Bool(false)
            } else {
                let left = LeftRow {
                    columns: left,
                    types: left_types,
                    row,
                };
                budget.spend(rows.kept.iter().map(|batch| batch.rows).sum());
                match partial_match(rows, &left, &self.column_types) {
                    true => Value::Null,
                    false => Value::Bool(false),
                }
            }));
        }
        if self.constant
            && left.is_empty()
            && let Some(value) = &self.known
        {
            return Ok(Some(value.clone()));
        }
        if !self.started {
            for ((_, slot, data_type), column) in self.params.iter().zip(params) {
                cx.set_slot(*slot, columns::value(column, row, *data_type));
            }
            self.node.rescan(cx);
            self.started = true;
            self.state = RowState::default();
        }
        loop {
            let step = self.node.step(cx, budget)?;
            let answer = match (&self.usage, step) {
                (_, Step::Pause) => return Ok(None),
                (Use::Exists, Step::Batch(_)) => Some(Value::Bool(true)),
                (Use::Exists, Step::Done) => Some(Value::Bool(false)),
                (Use::Quantified { .. }, Step::Batch(batch)) => self.quantify(&batch, left, row),
                (Use::Quantified { quantifier, .. }, Step::Done) => Some(if self.state.null_seen {
                    Value::Null
                } else {
                    Value::Bool(*quantifier == Quantifier::All)
                }),
                (_, Step::Batch(batch)) => {
                    if self.state.found.is_some() || batch.selected() > 1 {
                        return Err(more_than_one_row());
                    }
                    self.state.found = Some(first_value(&batch, self.data_type));
                    None
                }
                (_, Step::Done) => Some(self.state.found.take().unwrap_or(Value::Null)),
            };
            if let Some(answer) = answer {
                self.started = false;
                if self.constant {
                    self.known = Some(answer.clone());
                }
                return Ok(Some(answer));
            }
        }
    }

    /// Compares one batch of the sub-plan; `Some` when the answer is known.
    fn quantify(&mut self, batch: &Batch, left: &[Rc<Column>], row: usize) -> Option<Value> {
        let Use::Quantified {
            op,
            quantifier,
            left_types,
        } = &self.usage
        else {
            return None;
        };
        let left = LeftRow {
            columns: left,
            types: left_types,
            row,
        };
        for inner in columns::selected_rows(batch) {
            let all = left.compare(*op, batch, &self.column_types, inner as usize);
            match (all, quantifier) {
                (None, _) => self.state.null_seen = true,
                (Some(true), Quantifier::Any) => return Some(Value::Bool(true)),
                (Some(false), Quantifier::All) => return Some(Value::Bool(false)),
                _ => {}
            }
        }
        None
    }
}

/// The left side of one outer row.
struct LeftRow<'r> {
    columns: &'r [Rc<Column>],
    types: &'r [DataType],
    row: usize,
}

impl LeftRow<'_> {
    /// Compares it with one row of the sub-plan; `None` if a NULL leaves that open.
    fn compare(
        &self,
        op: CompareOp,
        batch: &Batch,
        types: &[DataType],
        inner: usize,
    ) -> Option<bool> {
        // Row comparisons are = or <> only: equal in all columns, or different in one.
        let several = self.columns.len() > 1;
        let each = if several { CompareOp::Eq } else { op };
        let mut all = Some(true);
        for ((column, data_type), (other, other_type)) in self
            .columns
            .iter()
            .zip(self.types)
            .zip(batch.columns.iter().zip(types))
        {
            let a = columns::value(column, self.row, *data_type);
            let b = columns::value(other, inner, *other_type);
            match compare_sql(&a, &b) {
                None if all == Some(true) => all = None,
                Some(ordering) if !holds(each, ordering) => all = Some(false),
                _ => {}
            }
        }
        if several && op == CompareOp::Ne {
            all.map(|equal| !equal)
        } else {
            all
        }
    }
}

/// Whether some row would be the left one, were it not for a NULL; with one column every comparison with NULL is such.
///
/// Source: PostgreSQL 15 `nodeSubplan.c`, `findPartialMatch`.
fn partial_match(rows: &HashedRows, left: &LeftRow<'_>, types: &[DataType]) -> bool {
    left.columns.len() == 1
        || rows.kept.iter().any(|batch| {
            (0..batch.rows).any(|inner| left.compare(CompareOp::Eq, batch, types, inner).is_none())
        })
}

/// Whether the hash table has the row; NULL if a NULL in either leaves that open.
fn probe(rows: &mut HashedRows, left: &[Rc<Column>], row: usize) -> Result<Value, Error> {
    if rows.rows == 0 {
        return Ok(Value::Bool(false));
    }
    let mut one = Vec::with_capacity(left.len());
    let at = [u32::try_from(row).unwrap_or(columns::NO_ROW)];
    for column in left {
        one.push(Rc::new(columns::gather(column, &at)?));
    }
    rows.keys.compute(one.iter(), 1)?;
    if rows.keys.has_null(0) {
        return Ok(Value::Null);
    }
    Ok(if rows.set.find(&rows.keys, 0).is_some() {
        Value::Bool(true)
    } else if rows.nulls {
        Value::Null
    } else {
        Value::Bool(false)
    })
}
