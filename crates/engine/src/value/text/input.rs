//! Reading a value from text (`xxx_in` functions), with PostgreSQL's messages and codes.

use crate::{
    error::{Error, ErrorCode},
    value::{DataType, Numeric, Value, cast::fit, datetime},
};
use alloc::format;

/// Reads a value; the type's length applies as at an assignment (22001, 22003).
pub fn parse_text(text: &str, data_type: DataType) -> Result<Value, Error> {
    let trimmed =
        text.trim_matches(|letter: char| letter.is_ascii_whitespace() || letter == '\x0b');
    let value = match data_type {
        DataType::Unknown | DataType::Text => return Ok(Value::text(text)),
        DataType::Varchar(_) | DataType::Char(_) => Value::text(text),
        DataType::Bool => {
            Value::Bool(parse_bool(trimmed).ok_or_else(|| invalid_syntax(text, data_type))?)
        }
        DataType::Int2 => Value::Int2(parse_integer(text, trimmed, data_type)?),
        DataType::Int4 => Value::Int4(parse_integer(text, trimmed, data_type)?),
        DataType::Int8 => Value::Int8(parse_integer(text, trimmed, data_type)?),
        DataType::Float4 => Value::Float4(parse_float4(text, trimmed)?),
        DataType::Float8 => Value::Float8(parse_float8(text, trimmed)?),
        DataType::Numeric(_) => Value::Numeric(
            Numeric::parse(trimmed).unwrap_or_else(|| Err(invalid_syntax(text, data_type)))?,
        ),
        DataType::Date => Value::Date(datetime::parse_date(text)?),
        DataType::Timestamp => Value::Timestamp(datetime::parse_timestamp(text)?),
        DataType::Interval => Value::Interval(datetime::parse_interval(text)?),
        DataType::Uuid => {
            Value::Uuid(parse_uuid(trimmed).ok_or_else(|| invalid_syntax(text, data_type))?)
        }
    };
    fit(value, data_type, crate::logical::CastContext::Assignment)
}

/// 22P02 `invalid input syntax for type integer: "x"`.
#[must_use]
pub fn invalid_syntax(text: &str, data_type: DataType) -> Error {
    Error::new(
        ErrorCode::InvalidTextRepresentation,
        format!(
            "invalid input syntax for type {}: \"{text}\"",
            data_type.name()
        ),
    )
}

fn out_of_range(text: &str, type_name: &str) -> Error {
    Error::new(
        ErrorCode::NumericValueOutOfRange,
        format!("value \"{text}\" is out of range for type {type_name}"),
    )
}

/// Prefixes of true, false, yes, no, on, off, and 1, 0; any case.
fn parse_bool(text: &str) -> Option<bool> {
    let is = |word: &str, at_least: usize| {
        text.len() >= at_least
            && word
                .get(..text.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(text))
    };
    if text == "1" || is("true", 1) || is("yes", 1) || is("on", 2) {
        Some(true)
    } else if text == "0" || is("false", 1) || is("no", 1) || is("off", 2) {
        Some(false)
    } else {
        None
    }
}

fn parse_integer<T: TryFrom<i64>>(
    text: &str,
    trimmed: &str,
    data_type: DataType,
) -> Result<T, Error> {
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid_syntax(text, data_type));
    }
    trimmed
        .parse::<i64>()
        .ok()
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| out_of_range(text, data_type.name()))
}

/// What both float types read: decimal notation, NaN and the infinities.
fn is_float(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    ["nan", "infinity", "inf"]
        .iter()
        .any(|word| rest.eq_ignore_ascii_case(word))
        || (rest.bytes().any(|byte| byte.is_ascii_digit())
            && rest
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')))
}

fn parse_float8(text: &str, trimmed: &str) -> Result<f64, Error> {
    let value: f64 = Some(trimmed)
        .filter(|text| is_float(text))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| invalid_syntax(text, DataType::Float8))?;
    let digits = || significand_is_zero(trimmed);
    if (value.is_infinite() && trimmed.bytes().any(|byte| byte.is_ascii_digit()))
        || (value == 0.0 && !digits())
    {
        return Err(quoted_out_of_range(text, "double precision"));
    }
    Ok(value)
}

fn parse_float4(text: &str, trimmed: &str) -> Result<f32, Error> {
    let value: f32 = Some(trimmed)
        .filter(|text| is_float(text))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| invalid_syntax(text, DataType::Float4))?;
    if (value.is_infinite() && trimmed.bytes().any(|byte| byte.is_ascii_digit()))
        || (value == 0.0 && !significand_is_zero(trimmed))
    {
        return Err(quoted_out_of_range(text, "real"));
    }
    Ok(value)
}

fn quoted_out_of_range(text: &str, type_name: &str) -> Error {
    Error::new(
        ErrorCode::NumericValueOutOfRange,
        format!("\"{text}\" is out of range for type {type_name}"),
    )
}

fn significand_is_zero(text: &str) -> bool {
    text.bytes()
        .take_while(|byte| !matches!(byte, b'e' | b'E'))
        .all(|byte| !matches!(byte, b'1'..=b'9'))
}

/// 32 hexadecimal digits, hyphens after any group of four, braces allowed.
fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let text = match text.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}')?,
        None => text,
    };
    let mut value = [0_u8; 16];
    let mut digits = 0_usize;
    let mut after_hyphen = true;
    for letter in text.chars() {
        if letter == '-' {
            if after_hyphen || !digits.is_multiple_of(4) {
                return None;
            }
            after_hyphen = true;
            continue;
        }
        after_hyphen = false;
        let digit = u8::try_from(letter.to_digit(16)?).ok()?;
        let byte = value.get_mut(digits / 2)?;
        *byte = *byte << 4 | digit;
        digits += 1;
    }
    (digits == 32 && !after_hyphen).then_some(value)
}
