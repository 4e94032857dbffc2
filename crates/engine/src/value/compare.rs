//! How values order and when they are equal: SQL's answer, not Rust's.
//!
//! Why here and not as `Ord` on [`Value`]: `Value`'s own equality is identity (1.0 and 1.00 differ), which plans and
//! tests need. Text compares by bytes (collation "C"); NaN is above all other floats, as in PostgreSQL.

use super::{Interval, Numeric, Value};
use crate::logical::CompareOp;
use core::cmp::Ordering;

/// Microseconds of a day.
pub const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Orders two values of one [`TypeClass`](super::TypeClass) (numbers of different classes compare too); NULL is above
/// everything and equal to NULL, as ORDER BY has it. Values that cannot be compared order by class.
#[must_use]
pub fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Int4(x), Value::Int4(y)) | (Value::Date(x), Value::Date(y)) => x.cmp(y),
        (Value::Int8(x), Value::Int8(y)) | (Value::Timestamp(x), Value::Timestamp(y)) => x.cmp(y),
        (Value::Int2(x), Value::Int2(y)) => x.cmp(y),
        (Value::Text(x), Value::Text(y)) => x.as_bytes().cmp(y.as_bytes()),
        (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
        (Value::Float8(x), Value::Float8(y)) => compare_f64(*x, *y),
        (Value::Numeric(x), Value::Numeric(y)) => x.compare(*y),
        (Value::Interval(x), Value::Interval(y)) => compare_intervals(*x, *y),
        (Value::Uuid(x), Value::Uuid(y)) => x.cmp(y),
        (Value::Date(x), Value::Timestamp(y)) => date_as_micros(*x).cmp(&i128::from(*y)),
        (Value::Timestamp(x), Value::Date(y)) => i128::from(*x).cmp(&date_as_micros(*y)),
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        _ => compare_numbers(a, b).unwrap_or_else(|| rank(a).cmp(&rank(b))),
    }
}

/// As [`compare`], with integers and dates compared on the spot: for loops over statistics.
#[inline]
#[must_use]
pub(crate) fn compare_in_loop(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Int4(x), Value::Int4(y)) | (Value::Date(x), Value::Date(y)) => x.cmp(y),
        _ => compare(a, b),
    }
}

/// As SQL compares: `None` if either is NULL.
#[must_use]
pub fn compare_sql(a: &Value, b: &Value) -> Option<Ordering> {
    if a.is_null() || b.is_null() {
        None
    } else {
        Some(compare(a, b))
    }
}

/// Whether two values are one value to DISTINCT, GROUP BY and IS NOT DISTINCT FROM: NULL is the same as NULL.
#[must_use]
pub fn is_same(a: &Value, b: &Value) -> bool {
    compare(a, b) == Ordering::Equal
}

/// Whether an operator holds for an ordering.
#[must_use]
pub const fn holds(op: CompareOp, ordering: Ordering) -> bool {
    match op {
        CompareOp::Eq => ordering.is_eq(),
        CompareOp::Ne => ordering.is_ne(),
        CompareOp::Lt => ordering.is_lt(),
        CompareOp::Le => ordering.is_le(),
        CompareOp::Gt => ordering.is_gt(),
        CompareOp::Ge => ordering.is_ge(),
    }
}

/// Floats with NaN equal to itself and above all others; -0 equals 0.
#[must_use]
pub fn compare_f64(x: f64, y: f64) -> Ordering {
    x.partial_cmp(&y)
        .unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()))
}

/// Intervals by their length with 30-day months and 24-hour days.
#[must_use]
pub fn compare_intervals(x: Interval, y: Interval) -> Ordering {
    interval_micros(x).cmp(&interval_micros(y))
}

/// Length of an interval in microseconds with 30-day months, as comparing and hashing take it.
#[must_use]
pub fn interval_micros(value: Interval) -> i128 {
    (i128::from(value.months) * 30 + i128::from(value.days)) * i128::from(MICROS_PER_DAY)
        + i128::from(value.micros)
}

/// A date's midnight on the scale of timestamps; infinities stay beyond every finite timestamp's reach.
fn date_as_micros(days: i32) -> i128 {
    match days {
        i32::MAX => i128::from(i64::MAX),
        i32::MIN => i128::from(i64::MIN),
        days => i128::from(days) * i128::from(MICROS_PER_DAY),
    }
}

/// Numbers of two types: floats win over numerics, numerics over integers, as in PostgreSQL's implicit casts.
fn compare_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Some(x), Some(y)) = (a.as_i64(), b.as_i64()) {
        return Some(x.cmp(&y));
    }
    let float = |value: &Value| matches!(value, Value::Float4(_) | Value::Float8(_));
    let number = |value: &Value| {
        float(value) || value.as_i64().is_some() || matches!(value, Value::Numeric(_))
    };
    if !number(a) || !number(b) {
        return None;
    }
    if float(a) || float(b) {
        return Some(compare_f64(a.as_f64()?, b.as_f64()?));
    }
    Some(as_numeric(a)?.compare(as_numeric(b)?))
}

fn as_numeric(value: &Value) -> Option<Numeric> {
    match value {
        Value::Numeric(value) => Some(*value),
        other => other.as_i64().map(Numeric::from_i64),
    }
}

const fn rank(value: &Value) -> u8 {
    value.class() as u8
}
