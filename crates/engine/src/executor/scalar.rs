//! A bound expression, ready to be computed for a batch.
//!
//! Why between operators and [`expression`](super::expression): most projections only pass columns on, and must then copy nothing.

use super::{
    bind::{INPUT, Scope, bind},
    expression::{Compiled, Source},
    operator::ExecContext,
};
use crate::{
    Error,
    logical::{Expr, ExprKind},
    value::{Batch, Column, DataType, Value},
};
use alloc::{borrow::Cow, boxed::Box, rc::Rc, vec::Vec};
use core::cell::RefCell;

/// An expression over the columns of a batch and the parameters.
pub(crate) enum Scalar {
    /// A column of the input as it is.
    Input(usize),
    /// Something to compute.
    Compiled(Box<RefCell<Compiled>>, DataType),
}

impl Scalar {
    /// Binds and compiles `expr` over `inputs`.
    pub fn new(expr: &Expr, inputs: &[Expr], scope: &mut Scope) -> Result<Self, Error> {
        let bound = bind(expr, inputs, scope)?;
        if let ExprKind::Column(column) = &bound.kind
            && column.rel == INPUT
        {
            return Ok(Self::Input(column.column as usize));
        }
        Ok(Self::Compiled(
            Box::new(RefCell::new(compile(&bound)?)),
            expr.data_type,
        ))
    }

    /// As [`Self::new`] for each of `exprs`.
    pub fn all<'e>(
        exprs: impl IntoIterator<Item = &'e Expr>,
        inputs: &[Expr],
        scope: &mut Scope,
    ) -> Result<Vec<Self>, Error> {
        exprs
            .into_iter()
            .map(|expr| Self::new(expr, inputs, scope))
            .collect()
    }

    /// The values for all rows of a batch without selection.
    ///
    /// # Errors
    /// What the expression answers.
    pub fn evaluate(&self, batch: &Batch, cx: &ExecContext<'_>) -> Result<Rc<Column>, Error> {
        self.evaluate_with(batch, cx.slots)
    }

    /// As [`Self::evaluate`], with the parameters' values.
    ///
    /// # Errors
    /// What the expression answers.
    pub fn evaluate_with(&self, batch: &Batch, slots: &[Value]) -> Result<Rc<Column>, Error> {
        match self {
            Self::Input(at) => batch.columns.get(*at).cloned().ok_or_else(missing),
            Self::Compiled(compiled, _) => compiled.borrow_mut().evaluate(batch, slots),
        }
    }

    /// The value of an expression that reads no column.
    ///
    /// # Errors
    /// What the expression answers.
    pub fn value(&self, cx: &ExecContext<'_>) -> Result<Value, Error> {
        Ok(self.peek(cx)?.into_owned())
    }

    /// The same; a parameter that has the expression's type is not copied.
    ///
    /// # Errors
    /// What the expression answers.
    pub fn peek<'v>(&self, cx: &'v ExecContext<'_>) -> Result<Cow<'v, Value>, Error> {
        match self {
            Self::Input(_) => Err(missing()),
            Self::Compiled(compiled, data_type) => {
                let mut compiled = compiled.borrow_mut();
                if let Some(value) = compiled.as_param().and_then(|at| cx.slots.get(at))
                    && value.is_of(*data_type)
                {
                    return Ok(Cow::Borrowed(value));
                }
                compiled.evaluate_once(cx.slots).map(Cow::Owned)
            }
        }
    }
}

/// Positions and parameters as `bind` wrote them. A cell is needed since compiled expressions keep scratch memory.
fn compile(bound: &Expr) -> Result<Compiled, Error> {
    Compiled::compile(bound, &|expr: &Expr| match &expr.kind {
        ExprKind::Column(column) if column.rel == INPUT => {
            Some(Source::Column(usize::from(column.column)))
        }
        ExprKind::Param(param) => Some(Source::Param(usize::from(param.0) - 1)),
        _ => None,
    })
}

fn missing() -> Error {
    Error::new(
        crate::ErrorCode::InternalError,
        "a column is missing in a batch",
    )
}

/// Conditions that must all hold.
pub(crate) struct Filter(Vec<RefCell<Compiled>>);

impl Filter {
    /// Binds and compiles.
    pub fn new<'e>(
        exprs: impl IntoIterator<Item = &'e Expr>,
        inputs: &[Expr],
        scope: &mut Scope,
    ) -> Result<Self, Error> {
        let conditions = exprs
            .into_iter()
            .map(|expr| Ok(RefCell::new(compile(&bind(expr, inputs, scope)?)?)));
        Ok(Self(conditions.collect::<Result<_, Error>>()?))
    }

    /// Whether there is nothing to test.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Narrows the batch's selection to the rows for which all conditions are true.
    ///
    /// # Errors
    /// What a condition answers.
    pub fn apply(&self, batch: &mut Batch, cx: &ExecContext<'_>) -> Result<(), Error> {
        self.apply_with(batch, cx.slots)
    }

    /// As [`Self::apply`], with the parameters' values.
    ///
    /// # Errors
    /// What a condition answers.
    pub fn apply_with(&self, batch: &mut Batch, slots: &[Value]) -> Result<(), Error> {
        for condition in &self.0 {
            if batch.selected() == 0 {
                break;
            }
            batch.selection = condition.borrow_mut().filter(batch, slots)?;
        }
        if batch
            .selection
            .as_ref()
            .is_some_and(|rows| rows.len() == batch.rows)
        {
            batch.selection = None;
        }
        Ok(())
    }

    /// Whether all conditions are true; they read no column.
    ///
    /// # Errors
    /// What a condition answers.
    pub fn holds(&self, cx: &ExecContext<'_>) -> Result<bool, Error> {
        let mut one = Batch {
            columns: Vec::new(),
            rows: 1,
            selection: None,
        };
        self.apply(&mut one, cx)?;
        Ok(one.selected() == 1)
    }
}
