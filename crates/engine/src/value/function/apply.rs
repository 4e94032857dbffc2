//! What the operators compute, one value at a time.

use super::{division_by_zero, pattern};
use crate::{
    error::{Error, ErrorCode},
    logical::Operator,
    value::{
        DataType, Interval, Numeric, Value,
        cast::out_of_range,
        compare::MICROS_PER_DAY,
        datetime::{
            add_interval_to_timestamp, add_intervals, divide_interval, multiply_interval,
            negate_interval, subtract_timestamps,
        },
    },
};
use alloc::string::String;

/// Applies an operator to one or two values of the types that [`resolve_operator`](super::resolve_operator) gave; `result` is its
/// result type. All operators are strict: a NULL gives NULL. Errors are PostgreSQL's (22003, 22012, …).
pub fn eval_operator(op: Operator, args: &[Value], result: DataType) -> Result<Value, Error> {
    if args.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    match args {
        [value] => prefix(op, value),
        [left, right] => infix(op, left, right, result),
        _ => Err(mismatch(op)),
    }
}

fn mismatch(op: Operator) -> Error {
    Error::new(
        ErrorCode::InternalError,
        alloc::format!("operator {op:?} was given types it does not take"),
    )
}

fn infix(op: Operator, left: &Value, right: &Value, result: DataType) -> Result<Value, Error> {
    if let (Some(a), Some(b)) = (left.as_i64(), right.as_i64()) {
        return narrow(integers(op, a, b, result)?, result);
    }
    match (left, right) {
        (Value::Numeric(a), Value::Numeric(b)) => match op {
            Operator::Add => a.add(*b),
            Operator::Subtract => a.sub(*b),
            Operator::Multiply => a.mul(*b),
            Operator::Divide => a.div(*b),
            Operator::Modulo => a.rem(*b),
            Operator::Power => a.power(*b),
            _ => Err(mismatch(op)),
        }
        .map(Value::Numeric),
        (Value::Float4(_) | Value::Float8(_), Value::Float4(_) | Value::Float8(_)) => {
            floats(op, left, right, result)
        }
        (Value::Text(a), Value::Text(b)) => texts(op, a, b),
        _ => times(op, left, right),
    }
}

/// A whole number as the narrow type it has to be. 22003.
fn narrow(value: i64, result: DataType) -> Result<Value, Error> {
    match result {
        DataType::Int2 => i16::try_from(value)
            .map(Value::Int2)
            .map_err(|_| out_of_range("smallint")),
        DataType::Int4 => i32::try_from(value)
            .map(Value::Int4)
            .map_err(|_| out_of_range("integer")),
        _ => Ok(Value::Int8(value)),
    }
}

fn integers(op: Operator, a: i64, b: i64, result: DataType) -> Result<i64, Error> {
    let bits: u32 = match result {
        DataType::Int2 => 16,
        DataType::Int4 => 32,
        _ => 64,
    };
    // A shift count is taken modulo the width of an integer or a bigint, as the processors under PostgreSQL do.
    let count = u32::try_from(b & i64::from(bits.max(32) - 1)).unwrap_or(0);
    let value = match op {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide if b == 0 => return Err(division_by_zero()),
        Operator::Divide => a.checked_div(b),
        Operator::Modulo if b == 0 => return Err(division_by_zero()),
        Operator::Modulo => Some(a.checked_rem(b).unwrap_or(0)),
        Operator::BitAnd => Some(a & b),
        Operator::BitOr => Some(a | b),
        Operator::BitXor => Some(a ^ b),
        Operator::ShiftLeft => Some(sign_extend(a << count, bits)),
        Operator::ShiftRight => Some(a >> count),
        _ => return Err(mismatch(op)),
    };
    value.ok_or_else(|| out_of_range("bigint"))
}

/// The low bits as a number of that width.
const fn sign_extend(value: i64, bits: u32) -> i64 {
    value << (64 - bits) >> (64 - bits)
}

/// 22003 in PostgreSQL's words for floats.
pub(super) fn float_overflow() -> Error {
    Error::new(
        ErrorCode::NumericValueOutOfRange,
        "value out of range: overflow",
    )
}

/// 22003 in PostgreSQL's words for floats.
pub(super) fn float_underflow() -> Error {
    Error::new(
        ErrorCode::NumericValueOutOfRange,
        "value out of range: underflow",
    )
}

/// One operation on doubles with PostgreSQL's checks: a finite input gives a finite output, and no product vanishes.
pub fn float_arithmetic(op: Operator, a: f64, b: f64) -> Result<f64, Error> {
    let value = match op {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide if b == 0.0 && !a.is_nan() => return Err(division_by_zero()),
        Operator::Divide => a / b,
        Operator::Power => return super::numbers::power(a, b),
        _ => return Err(mismatch(op)),
    };
    if value.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(float_overflow());
    }
    let vanishes = match op {
        Operator::Multiply => a != 0.0 && b != 0.0,
        Operator::Divide => a != 0.0 && b.is_finite(),
        _ => false,
    };
    if value == 0.0 && vanishes {
        return Err(float_underflow());
    }
    Ok(value)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "reals are computed as doubles and narrowed, with overflow tested"
)]
fn floats(op: Operator, left: &Value, right: &Value, result: DataType) -> Result<Value, Error> {
    let (Some(a), Some(b)) = (left.as_f64(), right.as_f64()) else {
        return Err(mismatch(op));
    };
    let value = float_arithmetic(op, a, b)?;
    if result != DataType::Float4 {
        return Ok(Value::Float8(value));
    }
    let narrow = value as f32;
    if narrow.is_infinite() && value.is_finite() {
        Err(float_overflow())
    } else if narrow == 0.0 && value != 0.0 {
        Err(float_underflow())
    } else {
        Ok(Value::Float4(narrow))
    }
}

fn texts(op: Operator, a: &str, b: &str) -> Result<Value, Error> {
    let matched =
        |case, negated: bool| pattern::like(a, b, case).map(|yes| Value::Bool(yes != negated));
    let regex = |case, negated: bool| {
        pattern::Regex::new(b, case).map(|regex| Value::Bool(regex.is_match(a) != negated))
    };
    match op {
        Operator::Concat => {
            let mut joined = String::with_capacity(a.len() + b.len());
            joined.push_str(a);
            joined.push_str(b);
            Ok(Value::text(joined))
        }
        Operator::Like => matched(pattern::Case::Sensitive, false),
        Operator::NotLike => matched(pattern::Case::Sensitive, true),
        Operator::ILike => matched(pattern::Case::Insensitive, false),
        Operator::NotILike => matched(pattern::Case::Insensitive, true),
        Operator::RegexMatch => regex(pattern::Case::Sensitive, false),
        Operator::NotRegexMatch => regex(pattern::Case::Sensitive, true),
        Operator::RegexIMatch => regex(pattern::Case::Insensitive, false),
        Operator::NotRegexIMatch => regex(pattern::Case::Insensitive, true),
        _ => Err(mismatch(op)),
    }
}

fn times(op: Operator, left: &Value, right: &Value) -> Result<Value, Error> {
    let timestamp = |days: i32| {
        i64::from(days).checked_mul(MICROS_PER_DAY).ok_or_else(|| {
            Error::new(
                ErrorCode::DatetimeFieldOverflow,
                "date out of range for timestamp",
            )
        })
    };
    let shift = |days: i32, by: Option<i64>| {
        by.and_then(|by| i64::from(days).checked_add(by))
            .and_then(|days| i32::try_from(days).ok())
            .map(Value::Date)
            .ok_or_else(|| Error::new(ErrorCode::DatetimeFieldOverflow, "date out of range"))
    };
    let add = |micros: i64, interval: Interval| {
        add_interval_to_timestamp(micros, interval).map(Value::Timestamp)
    };
    match (op, left, right) {
        (Operator::Add, Value::Date(days), other) | (Operator::Add, other, Value::Date(days))
            if other.as_i64().is_some() =>
        {
            shift(*days, other.as_i64())
        }
        (Operator::Subtract, Value::Date(days), other) if other.as_i64().is_some() => {
            shift(*days, other.as_i64().and_then(i64::checked_neg))
        }
        (Operator::Subtract, Value::Date(a), Value::Date(b)) => a
            .checked_sub(*b)
            .map(Value::Int4)
            .ok_or_else(|| out_of_range("integer")),
        (Operator::Add, Value::Date(days), Value::Interval(interval))
        | (Operator::Add, Value::Interval(interval), Value::Date(days)) => {
            add(timestamp(*days)?, *interval)
        }
        (Operator::Subtract, Value::Date(days), Value::Interval(interval)) => {
            add(timestamp(*days)?, negate_interval(*interval)?)
        }
        (Operator::Add, Value::Timestamp(micros), Value::Interval(interval))
        | (Operator::Add, Value::Interval(interval), Value::Timestamp(micros)) => {
            add(*micros, *interval)
        }
        (Operator::Subtract, Value::Timestamp(micros), Value::Interval(interval)) => {
            add(*micros, negate_interval(*interval)?)
        }
        (Operator::Subtract, Value::Timestamp(a), Value::Timestamp(b)) => {
            subtract_timestamps(*a, *b).map(Value::Interval)
        }
        (Operator::Add, Value::Interval(a), Value::Interval(b)) => {
            add_intervals(*a, *b).map(Value::Interval)
        }
        (Operator::Subtract, Value::Interval(a), Value::Interval(b)) => {
            add_intervals(*a, negate_interval(*b)?).map(Value::Interval)
        }
        (Operator::Multiply, Value::Interval(interval), number)
        | (Operator::Multiply, number, Value::Interval(interval)) => {
            let factor = number.as_f64().ok_or_else(|| mismatch(op))?;
            multiply_interval(*interval, factor).map(Value::Interval)
        }
        (Operator::Divide, Value::Interval(interval), number) => {
            let divisor = number.as_f64().ok_or_else(|| mismatch(op))?;
            divide_interval(*interval, divisor).map(Value::Interval)
        }
        _ => Err(mismatch(op)),
    }
}

fn prefix(op: Operator, value: &Value) -> Result<Value, Error> {
    match (op, value) {
        (Operator::Plus, _) => Ok(value.clone()),
        (Operator::Negate, Value::Int2(a)) => a
            .checked_neg()
            .map(Value::Int2)
            .ok_or_else(|| out_of_range("smallint")),
        (Operator::Negate, Value::Int4(a)) => a
            .checked_neg()
            .map(Value::Int4)
            .ok_or_else(|| out_of_range("integer")),
        (Operator::Negate, Value::Int8(a)) => a
            .checked_neg()
            .map(Value::Int8)
            .ok_or_else(|| out_of_range("bigint")),
        (Operator::Negate, Value::Float4(a)) => Ok(Value::Float4(-a)),
        (Operator::Negate, Value::Float8(a)) => Ok(Value::Float8(-a)),
        (Operator::Negate, Value::Numeric(a)) => Ok(Value::Numeric(a.negate())),
        (Operator::Negate, Value::Interval(a)) => negate_interval(*a).map(Value::Interval),
        (Operator::Absolute, _) => absolute(value),
        (Operator::BitNot, Value::Int2(a)) => Ok(Value::Int2(!a)),
        (Operator::BitNot, Value::Int4(a)) => Ok(Value::Int4(!a)),
        (Operator::BitNot, Value::Int8(a)) => Ok(Value::Int8(!a)),
        _ => Err(mismatch(op)),
    }
}

/// |x| of any number.
pub(super) fn absolute(value: &Value) -> Result<Value, Error> {
    match value {
        Value::Int2(a) => a
            .checked_abs()
            .map(Value::Int2)
            .ok_or_else(|| out_of_range("smallint")),
        Value::Int4(a) => a
            .checked_abs()
            .map(Value::Int4)
            .ok_or_else(|| out_of_range("integer")),
        Value::Int8(a) => a
            .checked_abs()
            .map(Value::Int8)
            .ok_or_else(|| out_of_range("bigint")),
        Value::Float4(a) => Ok(Value::Float4(libm::fabsf(*a))),
        Value::Float8(a) => Ok(Value::Float8(libm::fabs(*a))),
        Value::Numeric(a) => Ok(Value::Numeric(Numeric::abs(*a))),
        _ => Err(mismatch(Operator::Absolute)),
    }
}
