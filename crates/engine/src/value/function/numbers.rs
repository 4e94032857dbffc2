//! Functions of numbers.

use super::apply;
use crate::{
    error::{Error, ErrorCode},
    logical::{Function, Operator},
    value::{DataType, Numeric, Value, cast::out_of_range},
};
use alloc::string::ToString;

type Answer = Option<Result<Value, Error>>;

/// `None` if the function is not one of numbers.
#[allow(clippy::too_many_lines, reason = "one line a function")]
pub(super) fn call(function: Function, args: &[Value], result: DataType) -> Answer {
    let numeric = |value: Result<Numeric, Error>| Some(value.map(Value::Numeric));
    let float = |value: f64| Some(Ok(Value::Float8(value)));
    Some(match (function, args) {
        (Function::Abs, [value]) => apply::absolute(value),
        (Function::Sign, [Value::Numeric(a)]) => {
            Ok(Value::Numeric(Numeric::new(a.mantissa.signum(), 0)))
        }
        (Function::Sign, [Value::Float8(a)]) => Ok(Value::Float8(if *a > 0.0 {
            1.0
        } else if *a < 0.0 {
            -1.0
        } else {
            *a
        })),
        (Function::Ceil, [Value::Numeric(a)]) => return numeric(a.ceil()),
        (Function::Floor, [Value::Numeric(a)]) => return numeric(a.floor()),
        (Function::Round, [Value::Numeric(a)]) => return numeric(a.round(0)),
        (Function::Trunc, [Value::Numeric(a)]) => return numeric(a.trunc(0)),
        (Function::Round, [Value::Numeric(a), Value::Int4(places)]) => {
            return numeric(a.round(*places));
        }
        (Function::Trunc, [Value::Numeric(a), Value::Int4(places)]) => {
            return numeric(a.trunc(*places));
        }
        (Function::Ceil, [Value::Float8(a)]) => return float(libm::ceil(*a)),
        (Function::Floor, [Value::Float8(a)]) => return float(libm::floor(*a)),
        (Function::Round, [Value::Float8(a)]) => return float(libm::rint(*a)),
        (Function::Trunc, [Value::Float8(a)]) => return float(libm::trunc(*a)),
        (Function::Sqrt, [Value::Numeric(a)]) => return numeric(a.sqrt()),
        (Function::Sqrt, [Value::Float8(a)]) if *a < 0.0 => Err(Error::new(
            ErrorCode::InvalidArgumentForPowerFunction,
            "cannot take square root of a negative number",
        )),
        (Function::Sqrt, [Value::Float8(a)]) => return float(libm::sqrt(*a)),
        (Function::Cbrt, [Value::Float8(a)]) => return float(libm::cbrt(*a)),
        (Function::Exp, [Value::Numeric(a)]) => return numeric(a.exp()),
        (Function::Exp, [Value::Float8(a)]) => checked(libm::exp(*a), *a),
        (Function::Ln, [Value::Numeric(a)]) => return numeric(a.ln()),
        (Function::Log, [Value::Numeric(a)]) => return numeric(a.log10()),
        (Function::Log, [Value::Numeric(base), Value::Numeric(a)]) => {
            return numeric(a.ln().and_then(|top| top.div(base.ln()?)));
        }
        (Function::Ln, [Value::Float8(a)]) => logarithm(*a, libm::log),
        (Function::Log, [Value::Float8(a)]) => logarithm(*a, libm::log10),
        (Function::Power, [Value::Numeric(a), Value::Numeric(b)]) => return numeric(a.power(*b)),
        (Function::Power, [Value::Float8(a), Value::Float8(b)]) => power(*a, *b).map(Value::Float8),
        (Function::Mod, [_, _]) => apply::eval_operator(Operator::Modulo, args, result),
        (Function::Div, [Value::Numeric(a), Value::Numeric(b)]) => {
            return numeric(a.rem(*b).and_then(|rest| a.sub(rest)?.div(*b)?.trunc(0)));
        }
        (Function::Gcd | Function::Lcm, [a, b]) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => common_divisor(function, a, b, result),
            _ => return None,
        },
        (Function::Pi, []) => return float(core::f64::consts::PI),
        (Function::Degrees, [Value::Float8(a)]) => return float(a.to_degrees()),
        (Function::Radians, [Value::Float8(a)]) => return float(a.to_radians()),
        (Function::Sin, [Value::Float8(a)]) => return float(libm::sin(*a)),
        (Function::Cos, [Value::Float8(a)]) => return float(libm::cos(*a)),
        (Function::Tan, [Value::Float8(a)]) => return float(libm::tan(*a)),
        (Function::Asin | Function::Acos, [Value::Float8(a)])
            if !(-1.0..=1.0).contains(a) && !a.is_nan() =>
        {
            Err(Error::new(
                ErrorCode::NumericValueOutOfRange,
                "input is out of range",
            ))
        }
        (Function::Asin, [Value::Float8(a)]) => return float(libm::asin(*a)),
        (Function::Acos, [Value::Float8(a)]) => return float(libm::acos(*a)),
        (Function::Atan, [Value::Float8(a)]) => return float(libm::atan(*a)),
        (Function::Atan2, [Value::Float8(a), Value::Float8(b)]) => {
            return float(libm::atan2(*a, *b));
        }
        (Function::Factorial, [Value::Int8(n)]) => return numeric(factorial(*n)),
        (Function::Scale, [Value::Numeric(a)]) => Ok(Value::Int4(i32::from(a.scale))),
        (Function::WidthBucket, [operand, low, high, Value::Int4(count)]) => {
            match (operand.as_f64(), low.as_f64(), high.as_f64()) {
                (Some(operand), Some(low), Some(high)) => width_bucket(operand, low, high, *count),
                _ => return None,
            }
        }
        (Function::ToHex, [Value::Int4(a)]) => Ok(Value::text(alloc::format!("{a:x}"))),
        (Function::ToHex, [Value::Int8(a)]) => Ok(Value::text(alloc::format!("{a:x}"))),
        (Function::Hashint4, [Value::Int4(a)]) => Ok(Value::Int4(
            (crate::value::hash::mix(u64::from(a.cast_unsigned())) as u32).cast_signed(),
        )),
        (Function::NumNulls, args) => count(args.iter().filter(|arg| arg.is_null()).count()),
        (Function::NumNonnulls, args) => count(args.iter().filter(|arg| !arg.is_null()).count()),
        (Function::PgSizePretty, [Value::Int8(bytes)]) => Ok(Value::text(pretty(*bytes))),
        (Function::PgSizePretty, [Value::Numeric(bytes)]) => {
            Ok(Value::text(pretty(bytes.to_i64().unwrap_or(i64::MAX))))
        }
        _ => return None,
    })
}

fn count(number: usize) -> Result<Value, Error> {
    i32::try_from(number)
        .map(Value::Int4)
        .map_err(|_| out_of_range("integer"))
}

/// A function's value that must be finite for a finite argument.
fn checked(value: f64, argument: f64) -> Result<Value, Error> {
    if value.is_infinite() && argument.is_finite() {
        Err(apply::float_overflow())
    } else if value == 0.0 && argument.is_finite() {
        Err(apply::float_underflow())
    } else {
        Ok(Value::Float8(value))
    }
}

fn logarithm(value: f64, log: fn(f64) -> f64) -> Result<Value, Error> {
    let what = if value == 0.0 {
        "zero"
    } else if value < 0.0 {
        "a negative number"
    } else {
        return Ok(Value::Float8(log(value)));
    };
    Err(Error::new(
        ErrorCode::InvalidArgumentForLogarithm,
        alloc::format!("cannot take logarithm of {what}"),
    ))
}

/// `a ^ b` of doubles. 2201F where mathematics has no answer, 22003 beyond the range.
pub(super) fn power(a: f64, b: f64) -> Result<f64, Error> {
    let undefined = |why: &str| {
        Err(Error::new(
            ErrorCode::InvalidArgumentForPowerFunction,
            why.to_string(),
        ))
    };
    if a == 0.0 && b < 0.0 {
        return undefined("zero raised to a negative power is undefined");
    }
    if a < 0.0 && b.is_finite() && libm::floor(b) != b {
        return undefined(
            "a negative number raised to a non-integer power yields a complex result",
        );
    }
    let value = libm::pow(a, b);
    if value.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(apply::float_overflow());
    }
    if value == 0.0 && a != 0.0 && a.is_finite() && b.is_finite() {
        return Err(apply::float_underflow());
    }
    Ok(value)
}

fn common_divisor(function: Function, a: i64, b: i64, result: DataType) -> Result<Value, Error> {
    let (mut x, mut y) = (a.unsigned_abs(), b.unsigned_abs());
    while y != 0 {
        (x, y) = (y, x % y);
    }
    let value = if function == Function::Gcd {
        u128::from(x)
    } else if a == 0 || b == 0 {
        0
    } else {
        u128::from(a.unsigned_abs() / x) * u128::from(b.unsigned_abs())
    };
    match result {
        DataType::Int4 => i32::try_from(value)
            .map(Value::Int4)
            .map_err(|_| out_of_range("integer")),
        _ => i64::try_from(value)
            .map(Value::Int8)
            .map_err(|_| out_of_range("bigint")),
    }
}

fn factorial(n: i64) -> Result<Numeric, Error> {
    if n < 0 {
        return Err(Error::new(
            ErrorCode::NumericValueOutOfRange,
            "factorial of a negative number is undefined",
        ));
    }
    (2..=n.min(100)).try_fold(Numeric::from_i64(1), |product, next| {
        product.mul(Numeric::from_i64(next))
    })
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the bucket number is between 0 and the count"
)]
fn width_bucket(operand: f64, low: f64, high: f64, count: i32) -> Result<Value, Error> {
    let bad = |why: &str| {
        Err(Error::new(
            ErrorCode::InvalidParameterValue,
            why.to_string(),
        ))
    };
    if count <= 0 {
        return bad("count must be greater than zero");
    }
    if low == high || (high - low) == 0.0 {
        return bad("lower bound cannot equal upper bound");
    }
    let part = (operand - low) / (high - low);
    Ok(Value::Int4(if part < 0.0 {
        0
    } else if part >= 1.0 {
        count
            .checked_add(1)
            .ok_or_else(|| out_of_range("integer"))?
    } else {
        libm::floor(part * f64::from(count)) as i32 + 1
    }))
}

/// `12 kB`: the largest unit in which the number is at least 10, rounded.
fn pretty(bytes: i64) -> alloc::string::String {
    let mut size = bytes;
    for (at, unit) in ["bytes", "kB", "MB", "GB", "TB", "PB"]
        .into_iter()
        .enumerate()
    {
        let limit = if at == 0 { 10 * 1024 } else { 20 * 1024 - 1 };
        // From the second unit on `size` counts halves, so that the last division rounds.
        if size.saturating_abs() < limit || unit == "PB" {
            let shown = if at == 0 {
                size
            } else {
                (size + size.signum()) / 2
            };
            return alloc::format!("{shown} {unit}");
        }
        size = if at == 0 { size >> 9 } else { size >> 10 };
    }
    bytes.to_string()
}
