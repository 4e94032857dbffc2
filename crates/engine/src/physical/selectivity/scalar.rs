//! Values as numbers, to see how far a constant lies between two histogram bounds.
//!
//! Method: PostgreSQL 15 `selfuncs.c`, `convert_to_scalar` and its helpers, for texts in byte order (collation "C").

use crate::value::{Interval, Value};

const MICROS_PER_DAY: f64 = 86_400_000_000.0;
/// Texts are compared by this many bytes after their common beginning (`convert_one_string_to_scalar`).
const TEXT_DIGITS: usize = 12;

/// How far `value` lies between `low` and `high`, 0 ..= 1; one half when that cannot be told.
pub(super) fn position_between(value: &Value, low: &Value, high: &Value) -> f64 {
    let numbers = match (value, low, high) {
        (Value::Text(value), Value::Text(low), Value::Text(high)) => {
            Some(texts(value.as_bytes(), low.as_bytes(), high.as_bytes()))
        }
        _ => number(value)
            .zip(number(low))
            .zip(number(high))
            .map(|((value, low), high)| (value, low, high)),
    };
    let Some((value, low, high)) = numbers else {
        return 0.5;
    };
    if high <= low {
        0.5
    } else if value <= low {
        0.0
    } else if value >= high {
        1.0
    } else {
        let fraction = (value - low) / (high - low);
        if fraction.is_nan() || !(0.0..=1.0).contains(&fraction) {
            0.5
        } else {
            fraction
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an approximation is asked for")]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Date(days) => Some(f64::from(*days) * MICROS_PER_DAY),
        Value::Interval(Interval {
            months,
            days,
            micros,
        }) => Some(
            *micros as f64
                + f64::from(*days) * MICROS_PER_DAY
                + f64::from(*months) * (365.25 / 12.0 * MICROS_PER_DAY),
        ),
        other => other.as_f64(),
    }
}

/// Three texts as fractions of a number whose digits are bytes, after their common beginning.
fn texts(value: &[u8], low: &[u8], high: &[u8]) -> (f64, f64, f64) {
    let first = high.first().copied().unwrap_or(0);
    let (mut least, mut most) = (first, first);
    for &byte in low.iter().chain(high) {
        least = least.min(byte);
        most = most.max(byte);
    }
    for (from, to) in [(b'A', b'Z'), (b'a', b'z'), (b'0', b'9')] {
        if least <= to && most >= from {
            least = least.min(from);
            most = most.max(to);
        }
    }
    if most - least < 9 {
        (least, most) = (b' ', 127);
    }
    let common = low
        .iter()
        .zip(high)
        .zip(value)
        .take_while(|((low, high), value)| low == high && low == value)
        .count();
    let digits = |text: &[u8]| fraction(text.get(common..).unwrap_or_default(), least, most);
    (digits(value), digits(low), digits(high))
}

fn fraction(text: &[u8], least: u8, most: u8) -> f64 {
    let base = f64::from(most) - f64::from(least) + 1.0;
    let mut sum = 0.0;
    let mut denominator = base;
    for &byte in text.iter().take(TEXT_DIGITS) {
        let digit = if byte < least {
            -1.0
        } else if byte > most {
            f64::from(most) - f64::from(least) + 1.0
        } else {
            f64::from(byte - least)
        };
        sum += digit / denominator;
        denominator *= base;
    }
    sum
}
