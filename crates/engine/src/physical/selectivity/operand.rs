//! Sides of an operator: which is the variable, and what the other one is known to be.
//!
//! Method: PostgreSQL 15 `selfuncs.c`, `get_restriction_variable`.

use super::{Scope, Variable, VariableSource, strip_relabel};
use crate::{
    logical::{Expr, ExprKind, RelId, expr_any},
    value::Value,
};

/// The other side of an operator.
pub(super) enum Other<'e> {
    /// A constant.
    Known(&'e Value),
    /// A value that only a run will tell.
    Unknown,
}

/// A variable compared with something that is none.
pub(super) struct Restriction<'e> {
    pub(super) variable: Variable,
    pub(super) other: Other<'e>,
    pub(super) variable_on_left: bool,
}

/// The relation whose columns alone are variables, if the scope names one.
pub(super) const fn only_rel(scope: &Scope<'_>) -> Option<RelId> {
    match scope {
        Scope::Restriction(rel) => *rel,
        Scope::Join(_) => None,
    }
}

/// Whether columns that are variables in this scope occur in `expr`.
pub(super) fn is_variable(source: &dyn VariableSource, expr: &Expr, rel: Option<RelId>) -> bool {
    expr_any(expr, &mut |part| match &part.kind {
        ExprKind::Column(column) => match rel {
            Some(rel) => column.rel == rel,
            None => source.is_local(column.rel),
        },
        ExprKind::SubPlan { plan, .. } => source.is_read_by(*plan, rel),
        _ => false,
    })
}

/// Takes `left op right` apart; `None` if both sides or neither hold variables.
pub(super) fn restriction<'e>(
    source: &dyn VariableSource,
    left: &'e Expr,
    right: &'e Expr,
    rel: Option<RelId>,
) -> Option<Restriction<'e>> {
    let variable_on_left = match (
        is_variable(source, left, rel),
        is_variable(source, right, rel),
    ) {
        (true, false) => true,
        (false, true) => false,
        _ => return None,
    };
    let (variable, other) = if variable_on_left {
        (left, right)
    } else {
        (right, left)
    };
    Some(Restriction {
        variable: source.examine(strip_relabel(variable)),
        other: match &strip_relabel(other).kind {
            ExprKind::Const(value) => Other::Known(value),
            _ => Other::Unknown,
        },
        variable_on_left,
    })
}

/// How many relations of this level `expr` speaks of, counted up to two.
pub(super) fn relation_count(source: &dyn VariableSource, expr: &Expr) -> usize {
    let mut first = None;
    let mut count = 0;
    expr_any(expr, &mut |part| {
        if let ExprKind::Column(column) = &part.kind
            && source.is_local(column.rel)
            && first != Some(column.rel)
        {
            first = first.or(Some(column.rel));
            count += 1;
        }
        count > 1
    });
    count
}
