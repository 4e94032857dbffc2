//! Turning a plan's expressions into expressions over positions.
//!
//! Plan nodes speak of range-table columns everywhere. Here a sub-expression that an input offers becomes that input's column,
//! and what no input offers becomes a parameter that an enclosing nested loop, sub-plan or statement has set
//! (PostgreSQL does this in `setrefs.c`).

use super::operator::Slot;
use crate::collections::SortedMap;
use crate::{
    Error, ErrorCode,
    logical::{ColumnRef, Expr, ExprKind, ParamId, RelId, SubPlanId, map_children},
};
use alloc::{boxed::Box, vec::Vec};

/// The range-table number of positional columns.
pub(crate) const INPUT: RelId = RelId(u32::MAX - 1);

/// Parameters that are in reach, and where they are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    outer: Vec<(Expr, Slot)>,
    init_plans: SortedMap<SubPlanId, Slot>,
    next: u16,
}

impl Scope {
    /// A scope with `$1 … $params` only.
    pub fn new(params: usize) -> Result<Self, Error> {
        Ok(Self {
            next: u16::try_from(params).map_err(|_| too_many())?,
            ..Self::default()
        })
    }

    /// Where the value of `expr` will be; a new place if it has none.
    pub fn add(&mut self, expr: &Expr) -> Result<Slot, Error> {
        let slot = self.fresh()?;
        self.outer.push((expr.clone(), slot));
        Ok(slot)
    }

    /// Forgets the parameters that were added since `mark` ([`Self::mark`]).
    pub fn leave(&mut self, mark: usize) {
        self.outer.truncate(mark);
    }

    /// How many parameters of nested loops and sub-plans are in reach.
    pub fn mark(&self) -> usize {
        self.outer.len()
    }

    /// Where the result of an init plan is kept.
    pub fn init_plan(&mut self, plan: SubPlanId) -> Result<Slot, Error> {
        if let Some(slot) = self.init_plans.get(&plan) {
            return Ok(*slot);
        }
        let slot = self.fresh()?;
        self.init_plans.insert(plan, slot);
        Ok(slot)
    }

    fn fresh(&mut self) -> Result<Slot, Error> {
        let slot = Slot(self.next);
        self.next = self.next.checked_add(1).ok_or_else(too_many)?;
        Ok(slot)
    }

    /// The innermost parameter that holds `expr`.
    pub fn find(&self, expr: &Expr) -> Option<Slot> {
        let found = self.outer.iter().rev().find(|(known, _)| known == expr);
        found.map(|(_, slot)| *slot)
    }

    /// Slots in use.
    pub fn slots(&self) -> usize {
        self.next as usize
    }
}

fn too_many() -> Error {
    Error::new(
        ErrorCode::StatementTooComplex,
        "the plan needs too many parameters",
    )
}

/// A column of the input.
pub(crate) fn input_column(at: usize, data_type: crate::value::DataType) -> Expr {
    Expr {
        kind: ExprKind::Column(ColumnRef {
            rel: INPUT,
            column: u16::try_from(at).unwrap_or(u16::MAX - 1),
        }),
        data_type,
        origin: crate::logical::Origin::default(),
    }
}

/// Where an input offers `expr`. An aggregate is the same whatever type the plan gives its call.
pub(crate) fn position(inputs: &[Expr], expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Param(_) | ExprKind::InitPlan(_) => None,
        ExprKind::Column(_) | ExprKind::Aggregate(_) => {
            inputs.iter().position(|known| known.kind == expr.kind)
        }
        _ => inputs.iter().position(|known| known == expr),
    }
}

/// The expression over positions of `inputs` and over parameters.
///
/// # Errors
/// Something that neither an input nor a parameter offers: a plan that contradicts itself (XX000).
pub(crate) fn bind(expr: &Expr, inputs: &[Expr], scope: &mut Scope) -> Result<Expr, Error> {
    let mut failed = None;
    let bound = rewrite(expr.clone(), inputs, scope, &mut failed);
    match failed {
        Some(error) => Err(*error),
        None => Ok(bound),
    }
}

fn rewrite(
    expr: Expr,
    inputs: &[Expr],
    scope: &mut Scope,
    failed: &mut Option<Box<Error>>,
) -> Expr {
    if let Some(at) = position(inputs, &expr) {
        return Expr {
            origin: expr.origin,
            ..input_column(at, expr.data_type)
        };
    }
    if let ExprKind::InitPlan(plan) = &expr.kind {
        match scope.init_plan(*plan) {
            Ok(slot) => return parameter(slot, &expr),
            Err(error) => *failed = Some(Box::new(error)),
        }
        return expr;
    }
    if !matches!(expr.kind, ExprKind::Const(_) | ExprKind::Param(_))
        && let Some(slot) = scope.find(&expr)
    {
        return parameter(slot, &expr);
    }
    match &expr.kind {
        ExprKind::Column(column) => {
            let what = alloc::format!(
                "column {} of relation {} is offered by no input of the plan",
                column.column,
                column.rel.0
            );
            *failed = Some(Box::new(
                Error::new(ErrorCode::InternalError, what).at(expr.origin.0),
            ));
            expr
        }
        ExprKind::Aggregate(_) | ExprKind::Window(_) | ExprKind::SubLink(_) => {
            *failed = Some(Box::new(
                Error::new(
                    ErrorCode::InternalError,
                    "an aggregate or sub-query was left where rows are computed",
                )
                .at(expr.origin.0),
            ));
            expr
        }
        ExprKind::SubPlan { .. } => {
            *failed = Some(Box::new(Error::unsupported(
                "a sub-query at this place",
                expr.origin.0,
            )));
            expr
        }
        _ => map_children(expr, &mut |part| rewrite(part, inputs, scope, failed)),
    }
}

fn parameter(slot: Slot, expr: &Expr) -> Expr {
    Expr {
        kind: ExprKind::Param(ParamId(slot.0 + 1)),
        data_type: expr.data_type,
        origin: expr.origin,
    }
}

/// Marks in `used` which inputs `expr` reads.
pub(crate) fn mark_used(expr: &Expr, inputs: &[Expr], used: &mut [bool]) {
    if let Some(at) = position(inputs, expr) {
        if let Some(place) = used.get_mut(at) {
            *place = true;
        }
        return;
    }
    crate::logical::for_each_child(expr, &mut |part| mark_used(part, inputs, used));
}
