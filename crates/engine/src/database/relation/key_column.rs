//! One key column of an index: how wide its values are in a key, where they end, and the values that they were.
//!
//! Why apart from the [entries](super::index_codec): a column knows its bytes alone, an entry which columns it has and what is kept
//! beside them. How values become bytes is [said once](crate::executor::sort_keys), for sorting and for indexes.

use crate::{
    Error, ErrorCode,
    executor::{columns, sort_keys::SortKeySpec},
    value::{Column, ColumnData, DataType, Numeric, Value, geometry::place_payload},
};
use alloc::vec::Vec;

/// One key column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyColumn {
    pub data_type: DataType,
    pub spec: SortKeySpec,
    /// Digits behind the point of every value, if it is a numeric column with a scale.
    pub(super) scale: Option<u16>,
}

impl KeyColumn {
    /// Bytes that the payload keeps of each value.
    pub(super) const fn kept_bytes(&self) -> usize {
        match self.data_type {
            DataType::Numeric(_) if self.scale.is_none() => 1,
            DataType::Interval => 16,
            _ => 0,
        }
    }

    /// Where the column's value ends that starts at `from` in a key; `None` when the key does not have its columns' form.
    pub(super) fn end_in(&self, key: &[u8], from: usize) -> Option<usize> {
        let tag = *key.get(from)?;
        let start = from + 1;
        if tag != 1 {
            return Some(start);
        }
        let turn = |byte: u8| {
            if self.spec.descending { !byte } else { byte }
        };
        if let Some(width) = key_width(self.data_type) {
            return Some(start + width).filter(|&end| end <= key.len());
        }
        let end = match self.data_type {
            DataType::Numeric(_) => match turn(*key.get(start)?) {
                128 => start + 1,
                sign => {
                    let stop = if sign == 0 { 255 } else { 0 };
                    let digits = key.get(start + 3..)?;
                    start + 4 + digits.iter().position(|&byte| turn(byte) == stop)?
                }
            },
            _ => start + 1 + key.get(start..)?.iter().position(|&byte| turn(byte) == 0)?,
        };
        (end <= key.len()).then_some(end)
    }

    /// Where the value of these bytes, NULL's mark left off, ends in PostgreSQL's tuple if what is before it ends at `offset`.
    pub(super) fn place(&self, bytes: &[u8], offset: usize) -> usize {
        if let Some(length) = self.data_type.fixed_len() {
            return offset.next_multiple_of(self.data_type.alignment()) + length;
        }
        let length = match self.data_type {
            DataType::Numeric(_) => 2 + 2 * numeric_groups(bytes, self.spec.descending),
            _ => bytes.len().saturating_sub(1),
        };
        place_payload(offset, length)
    }

    /// The fewest digits behind the point that show a numeric of these bytes whole.
    fn shown_scale(&self, bytes: &[u8]) -> u16 {
        match (self.data_type, bytes.split_first()) {
            (DataType::Numeric(_), Some((&1, rest))) => {
                let digits = numeric_digits(rest, self.spec.descending);
                digits.map_or(0, |(before, all)| u16::try_from(all - before).unwrap_or(0))
            }
            _ => 0,
        }
    }

    /// Appends the value of these bytes; `scale` is that of a numeric, if it is known.
    ///
    /// # Errors
    /// Bytes that are no value; out of memory.
    pub(super) fn decode(
        &self,
        bytes: &[u8],
        scale: Option<u16>,
        to: &mut Column,
    ) -> Result<(), Error> {
        let (&tag, rest) = bytes.split_first().ok_or_else(damaged)?;
        if tag != 1 {
            return columns::push(to, &Value::Null);
        }
        let mut turned = [0u8; 16];
        let flip = if self.spec.descending { 0xFF } else { 0 };
        for (to, &from) in turned.iter_mut().zip(rest) {
            *to = from ^ flip;
        }
        let [a, b, c, d, e, f, g, h, ..] = turned;
        let sign = 1u64 << 63;
        let eight = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let float = || {
            let bits = if eight >> 63 == 1 {
                eight & !sign
            } else {
                !eight
            };
            if eight == u64::MAX {
                f64::NAN
            } else {
                f64::from_bits(bits)
            }
        };
        match &mut to.data {
            ColumnData::Bool(v) => v.push(a != 0),
            ColumnData::Int2(v) => v.push((u16::from_be_bytes([a, b]) ^ 0x8000) as i16),
            ColumnData::Int4(v) | ColumnData::Date(v) => {
                v.push((u32::from_be_bytes([a, b, c, d]) ^ 0x8000_0000) as i32);
            }
            ColumnData::Int8(v) | ColumnData::Timestamp(v) => v.push((eight ^ sign) as i64),
            ColumnData::Float4(v) => v.push(float() as f32),
            ColumnData::Float8(v) => v.push(float()),
            ColumnData::Uuid(v) => v.push(turned),
            // An interval comes from what is kept of it.
            ColumnData::Interval(_) => return Err(damaged()),
            ColumnData::Text(texts) => {
                let text: Vec<u8> = rest
                    .iter()
                    .take(rest.len().saturating_sub(1))
                    .map(|byte| byte ^ flip)
                    .collect();
                columns::push_text(texts, &text)?;
            }
            ColumnData::Numeric(v) => {
                let plain: Vec<u8> = rest.iter().map(|byte| byte ^ flip).collect();
                v.push(
                    {
                        let scale = scale.unwrap_or_else(|| self.shown_scale(bytes));
                        decode_numeric(&plain, scale)
                    }
                    .ok_or_else(damaged)?,
                );
            }
        }
        if !to.nulls.0.is_empty() {
            to.nulls.0.push(false);
        }
        Ok(())
    }
}

/// Bytes of a type's values in a key, behind the mark for NULL, if all have as many.
pub(super) const fn key_width(data_type: DataType) -> Option<usize> {
    Some(match data_type {
        DataType::Bool => 1,
        DataType::Int2 => 2,
        DataType::Int4 | DataType::Date => 4,
        DataType::Int8 | DataType::Timestamp | DataType::Float4 | DataType::Float8 => 8,
        DataType::Interval | DataType::Uuid => 16,
        _ => return None,
    })
}

pub(crate) fn damaged() -> Error {
    Error::new(
        ErrorCode::IndexCorrupted,
        "an index key does not have its columns' form",
    )
}

/// Of a numeric's bytes (behind the mark for NULL): digits before the point and digits in all; `None` for nought.
fn numeric_digits(bytes: &[u8], descending: bool) -> Option<(i32, i32)> {
    let turned = |at: usize| {
        let byte = bytes.get(at).copied().unwrap_or(0);
        if descending { !byte } else { byte }
    };
    let sign = turned(0);
    if sign == 128 {
        return None;
    }
    let plain = |at: usize| if sign == 0 { !turned(at) } else { turned(at) };
    let before = i32::from(u16::from_be_bytes([plain(1), plain(2)])) - 0x4000;
    let last_pair = plain(bytes.len().checked_sub(2)?).wrapping_sub(1);
    let digits = 2 * (bytes.len() as i32 - 4) - i32::from(last_pair.is_multiple_of(10));
    Some((before, digits))
}

/// Groups of four digits, cut at the decimal point.
fn numeric_groups(bytes: &[u8], descending: bool) -> usize {
    let Some((before, digits)) = numeric_digits(bytes, descending) else {
        return 0;
    };
    let first = before.div_euclid(4) + i32::from(before.rem_euclid(4) != 0);
    let last = (before - digits).div_euclid(4);
    usize::try_from(first - last).unwrap_or(0)
}

/// A numeric from its sign, exponent and pairs of digits, already turned to ascending order.
fn decode_numeric(bytes: &[u8], scale: u16) -> Option<Numeric> {
    let (&sign, rest) = bytes.split_first()?;
    if sign == 128 {
        return Some(Numeric::new(0, scale));
    }
    let turn = |byte: u8| if sign == 0 { !byte } else { byte };
    let (exponent, pairs) = rest.split_first_chunk::<2>()?;
    let exponent = i32::from(u16::from_be_bytes(exponent.map(turn))) - 0x4000;
    let mut places = exponent + i32::from(scale);
    let mut mantissa: i128 = 0;
    for pair in pairs
        .iter()
        .map(|&byte| turn(byte))
        .take_while(|&byte| byte > 0)
    {
        for digit in [(pair - 1) / 10, (pair - 1) % 10] {
            // Behind the scale there are only the noughts that fill the last pair.
            if places > 0 {
                mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit))?;
            }
            places -= 1;
        }
    }
    mantissa = mantissa.checked_mul(10_i128.checked_pow(u32::try_from(places).unwrap_or(0))?)?;
    Some(Numeric::new(
        if sign == 0 { -mantissa } else { mantissa },
        scale,
    ))
}
