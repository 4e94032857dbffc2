//! `variable < value` and its kin, from common values and histogram.
//!
//! Method: PostgreSQL 15 `selfuncs.c`, `scalarineqsel`, `ineq_histogram_selectivity`, `mcv_selectivity`,
//! `get_actual_variable_range`.

use super::{
    Variable, VariableSource, clamp_fraction,
    equality::count,
    operand::{Other, Restriction},
    scalar::position_between,
};
use crate::{
    logical::CompareOp,
    physical::cost_params::{DEFAULT_INEQUALITY, HISTOGRAM_CUTOFF},
    value::{
        Value, compare,
        compare::{compare_in_loop, holds},
    },
};
use alloc::borrow::Cow;

/// Selectivity of an inequality as written: `op` is that of the clause, variable on either side.
pub(super) fn inequality(
    source: &dyn VariableSource,
    restriction: Option<&Restriction<'_>>,
    op: CompareOp,
) -> f64 {
    let Some(restriction) = restriction else {
        return DEFAULT_INEQUALITY;
    };
    let Other::Known(value) = restriction.other else {
        return DEFAULT_INEQUALITY;
    };
    if value.is_null() {
        return 0.0;
    }
    let op = if restriction.variable_on_left {
        op
    } else {
        commuted(op)
    };
    compared_with(source, &restriction.variable, op, value)
}

/// `variable op value` (`scalarineqsel`).
pub(super) fn compared_with(
    source: &dyn VariableSource,
    variable: &Variable,
    op: CompareOp,
    value: &Value,
) -> f64 {
    let Some(stats) = &variable.stats else {
        return DEFAULT_INEQUALITY;
    };
    let (common, all_common) =
        common_values(variable, |held| holds(op, compare_in_loop(held, value)));
    let rest = 1.0 - f64::from(stats.null_fraction) - all_common;
    let in_histogram = histogram_fraction(source, variable, op, value).unwrap_or(0.5);
    clamp_fraction(rest * in_histogram + common)
}

/// Frequencies of the common values that satisfy `test`, and of all (`mcv_selectivity`).
pub(super) fn common_values(variable: &Variable, test: impl Fn(&Value) -> bool) -> (f64, f64) {
    let (mut matching, mut all) = (0.0, 0.0);
    if let Some(stats) = &variable.stats {
        for (value, frequency) in &stats.most_common {
            let frequency = f64::from(*frequency);
            if test(value) {
                matching += frequency;
            }
            all += frequency;
        }
    }
    (matching, all)
}

/// Fraction of the histogram's rows that satisfy `op value`; `None` without a histogram (`ineq_histogram_selectivity`).
pub(super) fn histogram_fraction(
    source: &dyn VariableSource,
    variable: &Variable,
    op: CompareOp,
    value: &Value,
) -> Option<f64> {
    let stats = variable.stats.as_ref()?;
    let bounds = &stats.histogram;
    let length = bounds.len();
    if length < 2 {
        return None;
    }
    let greater = matches!(op, CompareOp::Gt | CompareOp::Ge);
    let or_equal = matches!(op, CompareOp::Le | CompareOp::Ge);
    // The ends may have moved since ANALYZE: when the search touches one, it is read from an index.
    let mut first = Cow::Borrowed(&bounds[0]);
    let mut last = Cow::Borrowed(&bounds[length - 1]);
    let actual = |largest| {
        let index = variable.endpoints?.index;
        source.index_ends().endpoint(index, largest)
    };
    let mut end_is_known = false;
    if length == 2
        && let (Some(low), Some(high)) = (actual(false), actual(true))
    {
        (first, last) = (Cow::Owned(low), Cow::Owned(high));
        end_is_known = true;
    }
    let (mut low, mut high) = (0, length);
    while low < high {
        let probe = usize::midpoint(low, high);
        if length > 2 && probe == 0 {
            end_is_known = actual(false)
                .map(|value| first = Cow::Owned(value))
                .is_some();
        } else if length > 2 && probe == length - 1 {
            end_is_known = actual(true).map(|value| last = Cow::Owned(value)).is_some();
        }
        let bound = bound_at(bounds, probe, &first, &last);
        if holds(op, compare(bound, value)) != greater {
            low = probe + 1;
        } else {
            high = probe;
        }
    }
    let fraction = if low == 0 {
        0.0
    } else if low >= length {
        1.0
    } else {
        let one_value = if low == 1 || greater == or_equal {
            let others = variable.distinct().count - count(stats.most_common.len());
            if others > 1.0 { 1.0 / others } else { 0.0 }
        } else {
            0.0
        };
        let in_bin = position_between(
            value,
            bound_at(bounds, low - 1, &first, &last),
            bound_at(bounds, low, &first, &last),
        );
        let mut fraction = (count(low - 1) + in_bin) / count(length - 1);
        if low == 1 {
            fraction += one_value * (1.0 - in_bin);
        }
        if greater == or_equal {
            fraction -= one_value;
        }
        fraction
    };
    let fraction = if greater { 1.0 - fraction } else { fraction };
    Some(if end_is_known {
        clamp_fraction(fraction)
    } else {
        let cutoff = HISTOGRAM_CUTOFF / count(length - 1);
        fraction.clamp(cutoff, 1.0 - cutoff)
    })
}

fn bound_at<'v>(bounds: &'v [Value], at: usize, first: &'v Value, last: &'v Value) -> &'v Value {
    if at == 0 {
        first
    } else if at + 1 >= bounds.len() {
        last
    } else {
        &bounds[at]
    }
}

/// The operator with its sides exchanged.
pub(super) const fn commuted(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Eq,
        CompareOp::Ne => CompareOp::Ne,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
    }
}
