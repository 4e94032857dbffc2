//! Keys back to values: for index-only scans, and to show a page's entries.

use super::{KeyColumn, KeySchema, NOT_NULL, encode::plain, number};
use crate::value::{DataType, Interval, Numeric, Value, compare::MICROS_PER_DAY};
use alloc::vec::Vec;

impl KeySchema {
    /// The key's values, then those of the INCLUDE columns. A cut key (a separator) gives the columns it has. `None` if the bytes are
    /// no key of this schema.
    #[must_use]
    pub fn decode(&self, key: &[u8], payload: &[u8]) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(self.columns.len() + self.included.len());
        let (mut key, mut payload) = (key, payload);
        for column in &self.columns {
            if key.is_empty() {
                break;
            }
            let (value, length) = decode_value(*column, key)?;
            key = key.get(length..)?;
            let (value, length) = decode_rest(column.data_type, value, payload);
            payload = payload.get(length..)?;
            values.push(value);
        }
        for &data_type in &self.included {
            if payload.is_empty() {
                break;
            }
            let (value, length) = decode_value(plain(data_type), payload)?;
            payload = payload.get(length..)?;
            let (value, length) = decode_rest(data_type, value, payload);
            payload = payload.get(length..)?;
            values.push(value);
        }
        Some(values)
    }
}

fn take<const N: usize>(bytes: &[u8], inversion: u8) -> Option<[u8; N]> {
    Some(bytes.first_chunk::<N>()?.map(|byte| byte ^ inversion))
}

/// The first column's value and the bytes it took, its NULL byte included.
fn decode_value(how: KeyColumn, key: &[u8]) -> Option<(Value, usize)> {
    let (&mark, bytes) = key.split_first()?;
    if mark != NOT_NULL {
        return Some((Value::Null, 1));
    }
    let inversion = how.inversion();
    let int4 =
        || take::<4>(bytes, inversion).map(|b| (u32::from_be_bytes(b) ^ 1 << 31).cast_signed());
    let int8 =
        || take::<8>(bytes, inversion).map(|b| (u64::from_be_bytes(b) ^ 1 << 63).cast_signed());
    let (value, length) = match how.data_type {
        DataType::Bool => (Value::Bool(bytes.first()? ^ inversion != 0), 1),
        DataType::Int2 => (Value::Int2(i16::try_from(int4()?).ok()?), 4),
        DataType::Int4 => (Value::Int4(int4()?), 4),
        DataType::Date => (Value::Date(int4()?), 4),
        DataType::Int8 => (Value::Int8(int8()?), 8),
        DataType::Timestamp => (Value::Timestamp(int8()?), 8),
        DataType::Float4 => {
            let bits = u32::from_be_bytes(take(bytes, inversion)?);
            (
                Value::Float4(f32::from_bits(if bits >> 31 == 1 {
                    bits ^ 1 << 31
                } else {
                    !bits
                })),
                4,
            )
        }
        DataType::Float8 => {
            let bits = u64::from_be_bytes(take(bytes, inversion)?);
            (
                Value::Float8(f64::from_bits(if bits >> 63 == 1 {
                    bits ^ 1 << 63
                } else {
                    !bits
                })),
                8,
            )
        }
        DataType::Numeric(modifier) => {
            let decoded = number::decode(bytes, inversion)?;
            let value = match modifier {
                Some((_, scale)) => with_scale(decoded.value, scale),
                None => decoded.value,
            };
            (Value::Numeric(value), decoded.length)
        }
        DataType::Interval => {
            let micros = (u128::from_be_bytes(take(bytes, inversion)?) ^ 1 << 127).cast_signed();
            let days = i32::try_from(micros / i128::from(MICROS_PER_DAY)).ok()?;
            let rest = i64::try_from(micros % i128::from(MICROS_PER_DAY)).ok()?;
            (
                Value::Interval(Interval {
                    months: 0,
                    days,
                    micros: rest,
                }),
                16,
            )
        }
        DataType::Uuid => (Value::Uuid(take(bytes, inversion)?), 16),
        DataType::Unknown | DataType::Text | DataType::Varchar(_) | DataType::Char(_) => {
            let length = text_length(bytes, inversion)?;
            let mut text = Vec::with_capacity(length);
            let mut escaped = false;
            for byte in bytes.get(..length - 1)?.iter().map(|byte| byte ^ inversion) {
                if escaped {
                    text.push(byte.checked_sub(1)?);
                    escaped = false;
                } else if byte == 1 {
                    escaped = true;
                } else {
                    text.push(byte);
                }
            }
            (
                Value::text(alloc::string::String::from_utf8(text).ok()?),
                length,
            )
        }
    };
    Some((value, length + 1))
}

/// Bytes of an encoded text with its terminator.
pub(super) fn text_length(bytes: &[u8], inversion: u8) -> Option<usize> {
    bytes
        .iter()
        .position(|byte| *byte == inversion)
        .map(|at| at + 1)
}

fn with_scale(value: Numeric, scale: u16) -> Numeric {
    value.round(i32::from(scale)).unwrap_or(value)
}

/// Adds what the payload tells, and how many bytes of it that took.
fn decode_rest(data_type: DataType, value: Value, payload: &[u8]) -> (Value, usize) {
    match (data_type, &value) {
        (DataType::Numeric(None), Value::Numeric(number)) => match payload.first_chunk::<2>() {
            Some(scale) => (
                Value::Numeric(with_scale(*number, u16::from_be_bytes(*scale))),
                2,
            ),
            None => (value, 0),
        },
        (DataType::Interval, Value::Interval(interval)) => match payload.first_chunk::<8>() {
            Some(&[a, b, c, d, e, f, g, h]) => {
                let (months, days) = (
                    i32::from_be_bytes([a, b, c, d]),
                    i32::from_be_bytes([e, f, g, h]),
                );
                let length = crate::value::compare::interval_micros(*interval);
                let rest = length
                    - (i128::from(months) * 30 + i128::from(days)) * i128::from(MICROS_PER_DAY);
                let micros = i64::try_from(rest).unwrap_or(0);
                (
                    Value::Interval(Interval {
                        months,
                        days,
                        micros,
                    }),
                    8,
                )
            }
            None => (value, 0),
        },
        _ => (value, 0),
    }
}
