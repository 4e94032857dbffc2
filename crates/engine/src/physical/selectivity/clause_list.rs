//! Several conditions: AND with range pairs, OR.
//!
//! Conditions are taken to be independent, except that a lower and an upper bound on one expression are one range.
//! Method: PostgreSQL 15 `clausesel.c`, `clauselist_selectivity_ext`, `clauselist_selectivity_or`, `addRangeClause`.

use super::{
    Scope, VariableSource,
    boolean::null_test,
    clamp_fraction, clause_selectivity,
    extended::covered,
    operand::{is_variable, relation_count},
};
use crate::{
    logical::{CompareOp, Expr, ExprKind},
    physical::cost_params::{CROSSED_RANGE, DEFAULT_INEQUALITY, DEFAULT_RANGE, TINY_RANGE},
};
use alloc::vec::Vec;

/// Fraction of rows that satisfy all of `clauses`; two bounds on one expression are taken together. O(clauses²) in the bounds.
#[must_use]
pub fn clauselist_selectivity<'e>(
    source: &dyn VariableSource,
    clauses: impl IntoIterator<Item = &'e Expr>,
    scope: &Scope<'_>,
) -> f64 {
    all_of(source, &mut clauses.into_iter(), scope)
}

struct Range<'e> {
    variable: &'e Expr,
    lower: Option<f64>,
    upper: Option<f64>,
}

pub(super) fn all_of(
    source: &dyn VariableSource,
    clauses: &mut dyn Iterator<Item = &Expr>,
    scope: &Scope<'_>,
) -> f64 {
    if !source.has_extended() || matches!(scope, Scope::Join(_)) {
        return independent(source, clauses, scope);
    }
    let all: Vec<&Expr> = clauses.collect();
    let (share, left) = covered(source, &all, scope);
    clamp_fraction(share * independent(source, &mut left.into_iter(), scope))
}

/// The same without extended statistics.
pub(super) fn independent<'e>(
    source: &dyn VariableSource,
    clauses: &mut dyn Iterator<Item = &'e Expr>,
    scope: &Scope<'_>,
) -> f64 {
    let mut product = 1.0;
    let mut ranges: Vec<Range<'e>> = Vec::new();
    let mut forced_before = 0_u32;
    for clause in clauses {
        if let Scope::Restriction(_) = scope
            && let Some((which, given)) = source.forced(clause)
        {
            // All conditions on the column together have the given selectivity.
            let bit = 1 << (which % 32);
            if forced_before & bit == 0 {
                forced_before |= bit;
                product *= given;
            }
            continue;
        }
        let one = clause_selectivity(source, clause, scope);
        match range_bound(source, clause) {
            Some((variable, is_lower)) => add_bound(&mut ranges, variable, is_lower, one),
            None => product *= one,
        }
    }
    for range in &ranges {
        product *= match (range.lower, range.upper) {
            (Some(lower), Some(upper)) => {
                if lower == DEFAULT_INEQUALITY || upper == DEFAULT_INEQUALITY {
                    DEFAULT_RANGE
                } else {
                    let both =
                        upper + lower - 1.0 + null_test(source, range.variable, false, scope);
                    if both > 0.0 {
                        both
                    } else if both < CROSSED_RANGE {
                        DEFAULT_RANGE
                    } else {
                        TINY_RANGE
                    }
                }
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => 1.0,
        };
    }
    clamp_fraction(product)
}

/// The variable of an inequality with a constant or parameter, and whether it is bounded from below.
fn range_bound<'e>(source: &dyn VariableSource, clause: &'e Expr) -> Option<(&'e Expr, bool)> {
    let ExprKind::Compare(op, left, right) = &clause.kind else {
        return None;
    };
    let less = match op {
        CompareOp::Lt | CompareOp::Le => true,
        CompareOp::Gt | CompareOp::Ge => false,
        CompareOp::Eq | CompareOp::Ne => return None,
    };
    if relation_count(source, clause) != 1 {
        return None;
    }
    if !is_variable(source, right, None) {
        Some((left, !less))
    } else if !is_variable(source, left, None) {
        Some((right, less))
    } else {
        None
    }
}

fn add_bound<'e>(ranges: &mut Vec<Range<'e>>, variable: &'e Expr, is_lower: bool, one: f64) {
    let at = ranges
        .iter()
        .position(|range| range.variable == variable)
        .unwrap_or_else(|| {
            ranges.push(Range {
                variable,
                lower: None,
                upper: None,
            });
            ranges.len() - 1
        });
    let range = &mut ranges[at];
    let bound = if is_lower {
        &mut range.lower
    } else {
        &mut range.upper
    };
    // Of two bounds on the same side the stricter decides.
    *bound = Some(bound.map_or(one, |held| held.min(one)));
}

/// Fraction of rows that satisfy any of `clauses`.
pub(super) fn any_of(source: &dyn VariableSource, clauses: &[Expr], scope: &Scope<'_>) -> f64 {
    clauses.iter().fold(0.0, |sum, clause| {
        let one = clause_selectivity(source, clause, scope);
        sum + one - sum * one
    })
}
