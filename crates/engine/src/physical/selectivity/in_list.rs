//! `variable op ANY/ALL (list)`: IN and NOT IN.
//!
//! Method: PostgreSQL 15 `selfuncs.c`, `scalararraysel`.

use super::{Scope, VariableSource, clamp_fraction, clause::comparison};
use crate::logical::{CompareOp, Expr, Quantifier};

/// Selectivity of `arg op ANY/ALL (list)`.
///
/// Equalities exclude each other, so IN adds their selectivities as long as the sum is a fraction; NOT IN likewise takes away.
pub(super) fn in_list(
    source: &dyn VariableSource,
    arg: &Expr,
    op: CompareOp,
    quantifier: Quantifier,
    list: &[Expr],
    scope: &Scope<'_>,
) -> f64 {
    let any = quantifier == Quantifier::Any;
    let mut independent = if any { 0.0 } else { 1.0 };
    let mut disjoint = independent;
    for item in list {
        let one = comparison(source, op, arg, item, scope);
        if any {
            independent = independent + one - independent * one;
            disjoint += one;
        } else {
            independent *= one;
            disjoint += one - 1.0;
        }
    }
    let excludes = op == if any { CompareOp::Eq } else { CompareOp::Ne };
    clamp_fraction(if excludes && (0.0..=1.0).contains(&disjoint) {
        disjoint
    } else {
        independent
    })
}
