//! Sort keys as bytes that compare as the values do, without the framing that stored index keys need.
//!
//! Why beside `value::key`: a sort's keys are never read back and live for one statement, so one integer takes a prefix of eight
//! bytes and no memory besides.

use super::columns::{self, out_of_memory, text_at};
use crate::{
    Error,
    value::{Column, ColumnData, Numeric},
};
use alloc::{rc::Rc, vec::Vec};

/// Direction of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SortKeySpec {
    pub descending: bool,
    pub nulls_first: bool,
}

/// Encodes the keys of `rows` rows. `put` gets each row's number and prefix; if the result is `false`, prefixes do not say it
/// all and the full keys were appended to `bytes`, with their ends in `ends`.
///
/// # Errors
/// Out of memory.
pub(crate) fn encode_keys(
    keys: &[(Rc<Column>, SortKeySpec)],
    rows: usize,
    ends: &mut Vec<u32>,
    bytes: &mut Vec<u8>,
    put: &mut dyn FnMut(usize, u64),
) -> Result<bool, Error> {
    if let [(column, spec)] = keys
        && let ColumnData::Int4(values) = &column.data
    {
        // 33 bits are enough for an integer and its NULL.
        for (row, &value) in values.iter().enumerate().take(rows) {
            let number = u64::from((value as u32) ^ 0x8000_0000);
            put(
                row,
                with_null(number, 32, columns::is_null(column, row), *spec),
            );
        }
        return Ok(true);
    }
    if keys
        .iter()
        .all(|(column, _)| narrow_bits(&column.data).is_some())
        && keys
            .iter()
            .map(|(column, _)| narrow_bits(&column.data).unwrap_or(64) + 1)
            .sum::<u32>()
            <= 64
    {
        for row in 0..rows {
            let mut prefix = 0u64;
            for (column, spec) in keys {
                let bits = narrow_bits(&column.data).unwrap_or(0);
                let number = narrow(&column.data, row);
                let part = with_null(number, bits, columns::is_null(column, row), *spec);
                prefix = (prefix << (bits + 1)) | part;
            }
            put(row, prefix);
        }
        return Ok(true);
    }
    for row in 0..rows {
        let start = bytes.len();
        for (column, spec) in keys {
            encode(column, row, *spec, bytes)?;
        }
        let key = bytes.get(start..).unwrap_or(&[]);
        let mut first = [0u8; 8];
        for (to, from) in first.iter_mut().zip(key) {
            *to = *from;
        }
        put(row, u64::from_be_bytes(first));
        ends.try_reserve(1).map_err(|_| out_of_memory())?;
        ends.push(u32::try_from(bytes.len()).map_err(|_| out_of_memory())?);
    }
    Ok(false)
}

fn narrow_bits(data: &ColumnData) -> Option<u32> {
    match data {
        ColumnData::Bool(_) => Some(1),
        ColumnData::Int2(_) => Some(16),
        ColumnData::Int4(_) | ColumnData::Date(_) => Some(32),
        _ => None,
    }
}

fn narrow(data: &ColumnData, row: usize) -> u64 {
    match data {
        ColumnData::Bool(v) => v.get(row).map_or(0, |&x| u64::from(x)),
        ColumnData::Int2(v) => v.get(row).map_or(0, |&x| u64::from((x as u16) ^ 0x8000)),
        ColumnData::Int4(v) | ColumnData::Date(v) => v
            .get(row)
            .map_or(0, |&x| u64::from((x as u32) ^ 0x8000_0000)),
        _ => 0,
    }
}

/// A number of `bits` bits, turned round if descending, with a bit on top that puts NULL where it belongs.
fn with_null(number: u64, bits: u32, null: bool, spec: SortKeySpec) -> u64 {
    let mask = (1u64 << bits) - 1;
    if null {
        return if spec.nulls_first { 0 } else { 1 << bits };
    }
    let number = if spec.descending {
        !number & mask
    } else {
        number
    };
    if spec.nulls_first {
        number | (1 << bits)
    } else {
        number
    }
}

/// A float's bits, ordered as PostgreSQL orders floats: NaN above all, -0 equal to 0.
fn float_order(value: f64) -> u64 {
    let bits = if value.is_nan() {
        return u64::MAX;
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    };
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | (1 << 63)
    }
}

/// Appends the order-preserving bytes of one value.
pub(crate) fn encode(
    column: &Column,
    row: usize,
    spec: SortKeySpec,
    to: &mut Vec<u8>,
) -> Result<(), Error> {
    to.try_reserve(32).map_err(|_| out_of_memory())?;
    if columns::is_null(column, row) {
        to.push(if spec.nulls_first { 0 } else { 2 });
        return Ok(());
    }
    to.push(1);
    let start = to.len();
    let flip = 1u64 << 63;
    match &column.data {
        ColumnData::Bool(v) => to.push(v.get(row).map_or(0, |&x| u8::from(x))),
        ColumnData::Int2(v) => {
            let x = v.get(row).copied().unwrap_or(0);
            to.extend_from_slice(&((x as u16) ^ 0x8000).to_be_bytes());
        }
        ColumnData::Int4(v) | ColumnData::Date(v) => {
            let x = v.get(row).copied().unwrap_or(0);
            to.extend_from_slice(&((x as u32) ^ 0x8000_0000).to_be_bytes());
        }
        ColumnData::Int8(v) | ColumnData::Timestamp(v) => {
            let x = v.get(row).copied().unwrap_or(0);
            to.extend_from_slice(&((x as u64) ^ flip).to_be_bytes());
        }
        ColumnData::Float4(v) => {
            let x = v.get(row).copied().unwrap_or(0.0);
            to.extend_from_slice(&float_order(f64::from(x)).to_be_bytes());
        }
        ColumnData::Float8(v) => {
            let x = v.get(row).copied().unwrap_or(0.0);
            to.extend_from_slice(&float_order(x).to_be_bytes());
        }
        ColumnData::Numeric(v) => {
            let zero = Numeric {
                mantissa: 0,
                scale: 0,
            };
            encode_numeric(v.get(row).copied().unwrap_or(zero), to);
        }
        ColumnData::Interval(v) => {
            let micros =
                crate::value::compare::interval_micros(v.get(row).copied().unwrap_or_default());
            to.extend_from_slice(&((micros as u128) ^ (1 << 127)).to_be_bytes());
        }
        ColumnData::Uuid(v) => to.extend_from_slice(&v.get(row).copied().unwrap_or([0; 16])),
        ColumnData::Text(texts) => {
            let text = text_at(texts, row);
            to.try_reserve(text.len() + 2)
                .map_err(|_| out_of_memory())?;
            // PostgreSQL's text holds no zero byte, so a zero ends the text below every longer one.
            to.extend_from_slice(text);
            to.push(0);
        }
    }
    if spec.descending {
        for byte in to.iter_mut().skip(start) {
            *byte = !*byte;
        }
    }
    Ok(())
}

/// Sign and magnitude: a byte for the sign, the number of digits before the point, then the digits in pairs (each plus one, so that
/// nought ends them).
fn encode_numeric(number: Numeric, to: &mut Vec<u8>) {
    if number.mantissa == 0 {
        to.push(128);
        return;
    }
    let mut digits = [0u8; 40];
    let mut magnitude = number.mantissa.unsigned_abs();
    let mut count = 0usize;
    // Least significant first.
    while magnitude > 0 {
        if let Some(place) = digits.get_mut(count) {
            *place = (magnitude % 10) as u8;
        }
        magnitude /= 10;
        count += 1;
    }
    // Digits before the point: from -16383 to 40.
    let exponent = count as i32 - i32::from(number.scale);
    let negative = number.mantissa < 0;
    let sign = if negative { 0 } else { 255 };
    let ordered = ((exponent + 0x4000) as u16).to_be_bytes();
    let turn = |byte: u8| if negative { !byte } else { byte };
    to.push(sign);
    to.extend(ordered.iter().map(|&byte| turn(byte)));
    let significant = digits.get(..count).unwrap_or(&[]);
    let zeros = significant.iter().take_while(|&&digit| digit == 0).count();
    let mut digits = significant.iter().skip(zeros).rev();
    while let Some(first) = digits.next() {
        to.push(turn(10 * first + digits.next().copied().unwrap_or(0) + 1));
    }
    to.push(turn(0));
}
