//! PostgreSQL's text form of each type (`xxx_out` functions): what psql, COPY and casts to text show.

use crate::value::{DataType, Value, datetime};
use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt::Write;

/// The text of a value; empty for NULL, which the caller shows in its own way.
#[must_use]
pub fn to_text(value: &Value, data_type: DataType) -> String {
    let mut out = String::new();
    write_text(value, data_type, &mut out);
    out
}

/// Appends the text of a value. The type matters for `char(n)` only, whose blanks come back here.
pub fn write_text(value: &Value, data_type: DataType, out: &mut String) {
    // Writing to a String cannot fail.
    match value {
        Value::Null => {}
        Value::Bool(value) => out.push(if *value { 't' } else { 'f' }),
        Value::Int2(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Int4(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Int8(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Float4(value) => out.push_str(&float4_text(*value)),
        Value::Float8(value) => out.push_str(&float8_text(*value)),
        Value::Numeric(value) => value.write(out),
        Value::Text(value) => {
            out.push_str(value);
            if let DataType::Char(length) = data_type {
                let blanks = (length as usize).saturating_sub(value.chars().count());
                out.extend(core::iter::repeat_n(' ', blanks));
            }
        }
        Value::Date(days) => datetime::write_date(*days, out),
        Value::Timestamp(micros) => datetime::write_timestamp(*micros, out),
        Value::Interval(value) => datetime::write_interval(*value, out),
        Value::Uuid(bytes) => {
            for (at, byte) in bytes.iter().enumerate() {
                if matches!(at, 4 | 6 | 8 | 10) {
                    out.push('-');
                }
                let _ = write!(out, "{byte:02x}");
            }
        }
    }
}

/// The shortest digits that read back as the same double: `0.1`, `1e+20`, `NaN`, `Infinity`.
#[must_use]
pub fn float8_text(value: f64) -> String {
    if value.is_finite() {
        shortest(&format!("{value:e}"), 15)
    } else {
        special(value)
    }
}

/// The shortest digits that read back as the same real.
#[must_use]
pub fn float4_text(value: f32) -> String {
    if value.is_finite() {
        shortest(&format!("{value:e}"), 6)
    } else {
        special(f64::from(value))
    }
}

fn special(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_string()
    } else if value > 0.0 {
        "Infinity".to_string()
    } else {
        "-Infinity".to_string()
    }
}

/// Rust's shortest `1.5e-7` in PostgreSQL's dress: plain between 1e-4 and 10^digits, else an exponent of two digits at least.
fn shortest(scientific: &str, digits: i32) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |rest| ("-", rest));
    if !(-4..digits).contains(&exponent) {
        let mark = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{mark}{:02}", exponent.unsigned_abs());
    }
    let plain: String = mantissa.chars().filter(|&letter| letter != '.').collect();
    if exponent < 0 {
        let zeros = "0".repeat((exponent.unsigned_abs() - 1) as usize);
        return format!("{sign}0.{zeros}{plain}");
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    if plain.len() <= whole {
        return format!("{sign}{plain}{}", "0".repeat(whole - plain.len()));
    }
    let (before, after) = plain.split_at(whole);
    format!("{sign}{before}.{after}")
}
