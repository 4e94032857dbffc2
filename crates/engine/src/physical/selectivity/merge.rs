//! Which parts of two sorted inputs a merge join reads.
//!
//! Method: PostgreSQL 15 `selfuncs.c`, `mergejoinscansel`, `get_variable_range`.

use super::{Variable, VariableSource, clamp_fraction, inequality::compared_with, strip_relabel};
use crate::{
    logical::{CompareOp, Expr},
    physical::cost_params::DEFAULT_INEQUALITY,
    value::{Value, compare::compare_in_loop},
};

/// Common values stand for the whole table when they leave no more than this (`get_variable_range`).
const WHOLE_TABLE: f64 = 0.99999;

/// Parts of both sides of a merge join, without regard to which is outer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScanFractions {
    /// Left rows before the first match.
    pub left_start: f64,
    /// Left rows up to the last match.
    pub left_end: f64,
    /// Right rows before the first match.
    pub right_start: f64,
    /// Right rows up to the last match.
    pub right_end: f64,
}

impl Default for ScanFractions {
    fn default() -> Self {
        Self {
            left_start: 0.0,
            left_end: 1.0,
            right_start: 0.0,
            right_end: 1.0,
        }
    }
}

/// Which parts of two inputs sorted by `left` and `right` a merge join on `left = right` reads.
#[must_use]
pub fn merge_scan_fractions(
    source: &dyn VariableSource,
    left: &Expr,
    right: &Expr,
    descending: bool,
    nulls_first: bool,
) -> ScanFractions {
    let left = source.examine(strip_relabel(left));
    let right = source.examine(strip_relabel(right));
    let (Some(left_range), Some(right_range)) = (range(&left), range(&right)) else {
        return ScanFractions::default();
    };
    let (before, up_to) = if descending {
        (CompareOp::Gt, CompareOp::Ge)
    } else {
        (CompareOp::Lt, CompareOp::Le)
    };
    let ends = |(low, high): (Value, Value)| if descending { (high, low) } else { (low, high) };
    let (left_first, left_last) = ends(left_range);
    let (right_first, right_last) = ends(right_range);
    let part = |variable: &Variable, op, value: &Value, default: f64| {
        let fraction = compared_with(source, variable, op, value);
        if fraction == DEFAULT_INEQUALITY {
            default
        } else {
            fraction
        }
    };
    let mut scan = ScanFractions {
        left_end: part(&left, up_to, &right_last, 1.0),
        right_end: part(&right, up_to, &left_last, 1.0),
        left_start: part(&left, before, &right_first, 0.0),
        right_start: part(&right, before, &left_first, 0.0),
    };
    // One side is exhausted first: only the other can end early. Likewise at the start.
    if scan.left_end > scan.right_end {
        scan.left_end = 1.0;
    } else if scan.left_end < scan.right_end {
        scan.right_end = 1.0;
    } else {
        (scan.left_end, scan.right_end) = (1.0, 1.0);
    }
    if scan.left_start < scan.right_start {
        scan.left_start = 0.0;
    } else if scan.left_start > scan.right_start {
        scan.right_start = 0.0;
    } else {
        (scan.left_start, scan.right_start) = (0.0, 0.0);
    }
    if nulls_first {
        let (left_nulls, right_nulls) = (left.null_fraction(), right.null_fraction());
        scan.left_start = clamp_fraction(scan.left_start + left_nulls);
        scan.left_end = clamp_fraction(scan.left_end + left_nulls);
        scan.right_start = clamp_fraction(scan.right_start + right_nulls);
        scan.right_end = clamp_fraction(scan.right_end + right_nulls);
    }
    if scan.left_start >= scan.left_end {
        (scan.left_start, scan.left_end) = (0.0, 1.0);
    }
    if scan.right_start >= scan.right_end {
        (scan.right_start, scan.right_end) = (0.0, 1.0);
    }
    scan
}

/// Smallest and largest value that statistics know, common values included.
fn range(variable: &Variable) -> Option<(Value, Value)> {
    let stats = variable.stats.as_ref()?;
    let mut found = match (stats.histogram.first(), stats.histogram.last()) {
        (Some(low), Some(high)) => Some((low, high)),
        _ => None,
    };
    if found.is_none() {
        let common: f64 = stats
            .most_common
            .iter()
            .map(|entry| f64::from(entry.1))
            .sum();
        if common + f64::from(stats.null_fraction) <= WHOLE_TABLE {
            return None;
        }
    }
    for (value, _) in &stats.most_common {
        found = Some(found.map_or((value, value), |(low, high)| {
            (
                if compare_in_loop(value, low).is_lt() {
                    value
                } else {
                    low
                },
                if compare_in_loop(value, high).is_gt() {
                    value
                } else {
                    high
                },
            )
        }));
    }
    found.map(|(low, high)| (low.clone(), high.clone()))
}
