//! Boolean columns and expressions, IS NULL, IS TRUE.
//!
//! Method: PostgreSQL 15 `selfuncs.c`, `boolvarsel`, `nulltestsel`, `booltestsel`.

use super::{
    Scope, VariableSource, clamp_fraction, clause_selectivity,
    equality::{Equality, equals_value},
    operand::{is_variable, only_rel},
    strip_relabel,
};
use crate::{
    logical::{BoolTest, Expr, ExprKind},
    physical::cost_params::{
        DEFAULT_BOOLEAN, DEFAULT_FUNCTION, DEFAULT_IS_NOT_NULL, DEFAULT_IS_NULL,
    },
    value::Value,
};

/// A boolean column or expression as a condition (`boolvarsel`).
pub(super) fn boolean_variable(source: &dyn VariableSource, expr: &Expr, scope: &Scope<'_>) -> f64 {
    if is_variable(source, expr, only_rel(scope)) {
        let variable = source.examine(strip_relabel(expr));
        if variable.stats.is_some() {
            return equals_value(&variable, &Value::Bool(true), Equality::Equal);
        }
    }
    if matches!(expr.kind, ExprKind::Function(..)) {
        DEFAULT_FUNCTION
    } else {
        DEFAULT_BOOLEAN
    }
}

/// IS NULL and, `negated`, IS NOT NULL (`nulltestsel`).
pub(super) fn null_test(
    source: &dyn VariableSource,
    arg: &Expr,
    negated: bool,
    scope: &Scope<'_>,
) -> f64 {
    let stats = if is_variable(source, arg, only_rel(scope)) {
        source.examine(strip_relabel(arg)).stats
    } else {
        None
    };
    match stats {
        Some(stats) => {
            let nulls = f64::from(stats.null_fraction);
            clamp_fraction(if negated { 1.0 - nulls } else { nulls })
        }
        None if negated => DEFAULT_IS_NOT_NULL,
        None => DEFAULT_IS_NULL,
    }
}

/// IS TRUE and so on (`booltestsel`).
pub(super) fn boolean_test(
    source: &dyn VariableSource,
    test: BoolTest,
    arg: &Expr,
    scope: &Scope<'_>,
) -> f64 {
    let stats = if is_variable(source, arg, only_rel(scope)) {
        source.examine(strip_relabel(arg)).stats
    } else {
        None
    };
    let Some(stats) = stats else {
        return clamp_fraction(match test {
            BoolTest::Unknown => DEFAULT_IS_NULL,
            BoolTest::NotUnknown => DEFAULT_IS_NOT_NULL,
            BoolTest::True | BoolTest::NotFalse => clause_selectivity(source, arg, scope),
            BoolTest::False | BoolTest::NotTrue => 1.0 - clause_selectivity(source, arg, scope),
        });
    };
    let unknown = f64::from(stats.null_fraction);
    let (is_true, is_false) = match stats.most_common.first() {
        Some((Value::Bool(value), frequency)) => {
            let frequency = f64::from(*frequency);
            let is_true = if *value {
                frequency
            } else {
                1.0 - frequency - unknown
            };
            (is_true, 1.0 - is_true - unknown)
        }
        _ => ((1.0 - unknown) / 2.0, (1.0 - unknown) / 2.0),
    };
    clamp_fraction(match test {
        BoolTest::Unknown => unknown,
        BoolTest::NotUnknown => 1.0 - unknown,
        BoolTest::True => is_true,
        BoolTest::NotTrue => 1.0 - is_true,
        BoolTest::False => is_false,
        BoolTest::NotFalse => 1.0 - is_false,
    })
}
