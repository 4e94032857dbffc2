//! One condition: which formula applies.
//!
//! Method: PostgreSQL 15 `clausesel.c`, `clause_selectivity_ext`.

use super::{
    Scope, VariableSource,
    boolean::{boolean_test, boolean_variable, null_test},
    clamp_fraction,
    clause_list::{all_of, any_of},
    equality::{Equality, equality},
    in_list::in_list,
    inequality::inequality,
    join::{join_equality, join_inequality},
    operand::{only_rel, relation_count, restriction},
    pattern::{is_pattern, pattern_match},
};
use crate::{
    logical::{CompareOp, Expr, ExprKind},
    physical::cost_params::DEFAULT_BOOLEAN,
    value::Value,
};

/// Fraction of rows that satisfy `expr`, 0 ..= 1. In a join scope: fraction of pairs (INNER, LEFT, FULL) or of outer rows
/// that find a match (SEMI, ANTI). O(nodes · common values); cannot fail; unknown kinds of condition count as one half.
#[must_use]
pub fn clause_selectivity(source: &dyn VariableSource, expr: &Expr, scope: &Scope<'_>) -> f64 {
    clamp_fraction(match &expr.kind {
        ExprKind::Const(Value::Bool(true)) => 1.0,
        ExprKind::Const(_) => 0.0,
        ExprKind::Param(_) | ExprKind::InitPlan(_) => DEFAULT_BOOLEAN,
        ExprKind::Not(arg) => 1.0 - clause_selectivity(source, arg, scope),
        ExprKind::And(args) => all_of(source, &mut args.iter(), scope),
        ExprKind::Or(args) => any_of(source, args, scope),
        ExprKind::Compare(op, left, right) => comparison(source, *op, left, right, scope),
        // By its first column alone, as `rowcomparesel` has it.
        ExprKind::RowCompare { op, left, right } => match (left.first(), right.first()) {
            (Some(left), Some(right)) => comparison(source, *op, left, right, scope),
            _ => DEFAULT_BOOLEAN,
        },
        ExprKind::IsDistinct {
            left,
            right,
            negated,
        } => {
            let equal = comparison(source, CompareOp::Eq, left, right, scope);
            if *negated { equal } else { 1.0 - equal }
        }
        ExprKind::Operator(operator, args) if is_pattern(*operator) => {
            let is_join = is_join_clause(source, expr, scope);
            pattern_match(source, *operator, args, scope, is_join)
        }
        ExprKind::InList {
            arg,
            op,
            quantifier,
            list,
        } => in_list(source, arg, *op, *quantifier, list, scope),
        ExprKind::IsNull { arg, negated } => null_test(source, arg, *negated, scope),
        ExprKind::BoolTest(test, arg) => boolean_test(source, *test, arg, scope),
        _ => boolean_variable(source, expr, scope),
    })
}

/// Selectivity of `left op right`.
pub(super) fn comparison(
    source: &dyn VariableSource,
    op: CompareOp,
    left: &Expr,
    right: &Expr,
    scope: &Scope<'_>,
) -> f64 {
    if let Scope::Join(sides) = scope
        && relation_count_of_both(source, left, right) > 1
    {
        return match op {
            CompareOp::Eq => join_equality(source, left, right, sides),
            CompareOp::Ne => join_inequality(source, left, right, sides),
            _ => crate::physical::cost_params::DEFAULT_INEQUALITY,
        };
    }
    let sides = restriction(source, left, right, only_rel(scope));
    match op {
        CompareOp::Eq => equality(sides.as_ref(), Equality::Equal),
        CompareOp::Ne => equality(sides.as_ref(), Equality::NotEqual),
        _ => inequality(source, sides.as_ref(), op),
    }
}

fn relation_count_of_both(source: &dyn VariableSource, left: &Expr, right: &Expr) -> usize {
    let mut first = None;
    let mut count = 0;
    let mut look = |part: &Expr| {
        if let ExprKind::Column(column) = &part.kind
            && source.is_local(column.rel)
            && first != Some(column.rel)
        {
            first = first.or(Some(column.rel));
            count += 1;
        }
        count > 1
    };
    crate::logical::expr_any(left, &mut look);
    crate::logical::expr_any(right, &mut look);
    count
}

fn is_join_clause(source: &dyn VariableSource, expr: &Expr, scope: &Scope<'_>) -> bool {
    matches!(scope, Scope::Join(_)) && relation_count(source, expr) > 1
}
