//! Casts: which exist, when they may be made silently, and what they do.
//!
//! Source of the rules: PostgreSQL's catalogue `pg_cast`, and its input/output conversions from and to text.

use super::{DataType, Numeric, TypeClass, Value, compare::MICROS_PER_DAY, text};
use crate::{
    error::{Error, ErrorCode},
    logical::CastContext,
};
use alloc::format;

/// The most silent context in which a cast may happen: `Implicit` = anywhere, `Assignment` = storing into a column or written,
/// `Explicit` = only written. `None` = there is no such cast.
#[must_use]
pub fn cast_allowed(from: DataType, to: DataType) -> Option<CastContext> {
    use CastContext::{Assignment, Explicit, Implicit};
    if from.same_base(to) || from == DataType::Unknown {
        return Some(Implicit);
    }
    if to == DataType::Unknown {
        return None;
    }
    match (from.class(), to.class()) {
        (TypeClass::Text, TypeClass::Text) => Some(Implicit),
        (_, TypeClass::Text) => Some(Assignment),
        (TypeClass::Text, _) => Some(Explicit),
        _ => match (number_rank(from), number_rank(to)) {
            (Some(from), Some(to)) => Some(if from < to { Implicit } else { Assignment }),
            _ => match (from, to) {
                (DataType::Date, DataType::Timestamp) => Some(Implicit),
                (DataType::Timestamp, DataType::Date) => Some(Assignment),
                (DataType::Bool, DataType::Int4) | (DataType::Int4, DataType::Bool) => {
                    Some(Explicit)
                }
                _ => None,
            },
        },
    }
}

/// Position in the order in which numbers widen.
const fn number_rank(data_type: DataType) -> Option<u8> {
    Some(match data_type {
        DataType::Int2 => 0,
        DataType::Int4 => 1,
        DataType::Int8 => 2,
        DataType::Numeric(_) => 3,
        DataType::Float4 => 4,
        DataType::Float8 => 5,
        _ => return None,
    })
}

/// Whether a value cast implicitly from one to the other is always the same bits: such a cast does not keep an index from being used.
#[must_use]
pub fn is_relabel(from: DataType, to: DataType) -> bool {
    matches!(
        (from, to),
        (
            DataType::Varchar(_) | DataType::Text,
            DataType::Text | DataType::Varchar(None)
        )
    )
}

/// Converts a value to a type. `from` matters where a value does not tell (`char(n)` does not). NULL stays NULL.
///
/// Errors: 22P02, 22003, 22001 and whatever reading the text says; 42846 if there is no such cast.
pub fn cast_value(
    value: &Value,
    from: DataType,
    to: DataType,
    context: CastContext,
) -> Result<Value, Error> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let converted = match to {
        DataType::Unknown => value.clone(),
        DataType::Text | DataType::Varchar(_) | DataType::Char(_) => match value {
            Value::Text(_) => value.clone(),
            // The word, where output has one letter.
            Value::Bool(value) => Value::text(if *value { "true" } else { "false" }),
            other => Value::text(text::to_text(other, from)),
        },
        _ => match value {
            Value::Text(source) => text::parse_text(source, to)?,
            _ => convert(value, to).unwrap_or_else(|| Err(no_cast(from, to)))?,
        },
    };
    fit(converted, to, context)
}

/// 42846.
fn no_cast(from: DataType, to: DataType) -> Error {
    Error::new(
        ErrorCode::CannotCoerce,
        format!("cannot cast type {} to {}", from.name(), to.name()),
    )
}

/// Conversion between types that are not text; `None` if there is none.
fn convert(value: &Value, to: DataType) -> Option<Result<Value, Error>> {
    if value.class() != to.class() && !value_is_number(value) {
        return match (value, to) {
            (Value::Bool(value), DataType::Int4) => Some(Ok(Value::Int4(i32::from(*value)))),
            _ => None,
        };
    }
    Some(match to {
        DataType::Bool => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::Int4(value) => Ok(Value::Bool(*value != 0)),
            _ => return None,
        },
        DataType::Int2 => to_integer(value)?.and_then(|value| {
            i16::try_from(value)
                .map(Value::Int2)
                .map_err(|_| out_of_range("smallint"))
        }),
        DataType::Int4 => to_integer(value)?.and_then(|value| {
            i32::try_from(value)
                .map(Value::Int4)
                .map_err(|_| out_of_range("integer"))
        }),
        DataType::Int8 => to_integer(value)?.map(Value::Int8),
        DataType::Float4 => to_float4(value)?.map(Value::Float4),
        DataType::Float8 => Ok(Value::Float8(value.as_f64()?)),
        DataType::Numeric(_) => match value {
            Value::Numeric(value) => Ok(Value::Numeric(*value)),
            Value::Float4(value) => Numeric::from_f32(*value).map(Value::Numeric),
            Value::Float8(value) => Numeric::from_f64(*value).map(Value::Numeric),
            other => Ok(Value::Numeric(Numeric::from_i64(other.as_i64()?))),
        },
        DataType::Date => match value {
            Value::Date(_) => Ok(value.clone()),
            Value::Timestamp(i64::MAX) => Ok(Value::Date(i32::MAX)),
            Value::Timestamp(i64::MIN) => Ok(Value::Date(i32::MIN)),
            Value::Timestamp(micros) => i32::try_from(micros.div_euclid(MICROS_PER_DAY))
                .map(Value::Date)
                .map_err(|_| out_of_range("date")),
            _ => return None,
        },
        DataType::Timestamp => match value {
            Value::Timestamp(_) => Ok(value.clone()),
            Value::Date(i32::MAX) => Ok(Value::Timestamp(i64::MAX)),
            Value::Date(i32::MIN) => Ok(Value::Timestamp(i64::MIN)),
            Value::Date(days) => i64::from(*days)
                .checked_mul(MICROS_PER_DAY)
                .map(Value::Timestamp)
                .ok_or_else(|| {
                    Error::new(
                        ErrorCode::DatetimeFieldOverflow,
                        "date out of range for timestamp",
                    )
                }),
            _ => return None,
        },
        _ => Ok(value.clone()),
    })
}

const fn value_is_number(value: &Value) -> bool {
    matches!(
        value.class(),
        TypeClass::Integer | TypeClass::Float | TypeClass::Numeric
    )
}

/// 22003 `integer out of range`.
#[must_use]
pub fn out_of_range(type_name: &str) -> Error {
    Error::new(
        ErrorCode::NumericValueOutOfRange,
        format!("{type_name} out of range"),
    )
}

/// Rounded to a whole number: floats half to even, numerics half away from zero, as in PostgreSQL.
fn to_integer(value: &Value) -> Option<Result<i64, Error>> {
    let out = || out_of_range("bigint");
    Some(match value {
        Value::Float4(value) => float_to_i64(f64::from(*value)).ok_or_else(out),
        Value::Float8(value) => float_to_i64(*value).ok_or_else(out),
        Value::Numeric(value) => value.to_i64().ok_or_else(out),
        other => Ok(other.as_i64()?),
    })
}

/// `rint`, then a range check; `None` for NaN.
#[must_use]
pub fn float_to_i64(value: f64) -> Option<i64> {
    let rounded = libm::rint(value);
    #[allow(clippy::cast_possible_truncation, reason = "the range is tested")]
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0)
        .contains(&rounded)
        .then_some(rounded as i64)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "narrowing to real is what is asked for; overflow is tested"
)]
fn to_float4(value: &Value) -> Option<Result<f32, Error>> {
    if let Value::Float4(value) = value {
        return Some(Ok(*value));
    }
    let wide = value.as_f64()?;
    let narrow = wide as f32;
    Some(if narrow.is_infinite() && !wide.is_infinite() {
        Err(Error::new(
            ErrorCode::NumericValueOutOfRange,
            "value out of range: overflow",
        ))
    } else if narrow == 0.0 && wide != 0.0 {
        Err(Error::new(
            ErrorCode::NumericValueOutOfRange,
            "value out of range: underflow",
        ))
    } else {
        Ok(narrow)
    })
}

/// Applies the type's length or precision to a value of that type: written casts cut texts, assignments refuse them (22001) unless
/// only blanks are lost.
pub fn fit(value: Value, data_type: DataType, context: CastContext) -> Result<Value, Error> {
    match (value, data_type) {
        (Value::Numeric(value), DataType::Numeric(Some((precision, scale)))) => {
            value.with_typmod(precision, scale).map(Value::Numeric)
        }
        (Value::Text(text), DataType::Varchar(Some(limit))) => {
            match cut(&text, limit, "character varying", context)? {
                Some(kept) => Ok(Value::text(kept)),
                None => Ok(Value::Text(text)),
            }
        }
        (Value::Text(text), DataType::Char(limit)) => {
            let limit = if limit == 0 { u32::MAX } else { limit };
            let kept = cut(text.trim_end_matches(' '), limit, "character", context)?;
            Ok(Value::text(
                kept.unwrap_or_else(|| text.trim_end_matches(' '))
                    .trim_end_matches(' '),
            ))
        }
        (value, _) => Ok(value),
    }
}

/// The first `limit` letters if the text is longer; `None` if it fits.
fn cut<'a>(
    text: &'a str,
    limit: u32,
    type_name: &str,
    context: CastContext,
) -> Result<Option<&'a str>, Error> {
    if text.len() <= limit as usize {
        return Ok(None);
    }
    let Some((at, _)) = text.char_indices().nth(limit as usize) else {
        return Ok(None);
    };
    let (kept, lost) = text.split_at(at);
    if matches!(context, CastContext::Assignment) && lost.bytes().any(|byte| byte != b' ') {
        return Err(Error::new(
            ErrorCode::StringDataRightTruncation,
            format!("value too long for type {type_name}({limit})"),
        ));
    }
    Ok(Some(kept))
}
