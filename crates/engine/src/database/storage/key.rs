//! Index keys as bytes that sort as SQL sorts, and back.
//!
//! Why bytes: the tree compares with one `memcmp` whatever the types. Each key part is a marker (is it NULL, and where NULLs go)
//! and the value's bytes, inverted for DESC. Every part ends where it says itself, so that parts can be told apart again.
//! What a key cannot carry (the scale of a number, the fields of an interval) goes into the entry's payload.

use crate::value::{ColumnData, DataType, Interval, Numeric, compare};
use alloc::vec::Vec;

/// Marker of a value that is there.
const VALUE: u8 = 1;
/// Markers of NULL, before and after all values.
const NULL_FIRST: u8 = 0;
const NULL_LAST: u8 = 2;

/// What the marker of NULL is.
pub(crate) const fn null_marker(nulls_first: bool) -> u8 {
    if nulls_first { NULL_FIRST } else { NULL_LAST }
}

/// Appends a key part.
#[inline]
pub(crate) fn write_part(
    data: &ColumnData,
    row: usize,
    null: bool,
    descending: bool,
    nulls_first: bool,
    out: &mut Vec<u8>,
) {
    if null {
        out.push(null_marker(nulls_first));
        return;
    }
    out.push(VALUE);
    let from = out.len();
    match data {
        ColumnData::Bool(v) => out.push(u8::from(v[row])),
        ColumnData::Int2(v) => {
            out.extend_from_slice(&((v[row] as u16) ^ 0x8000).to_be_bytes());
        }
        ColumnData::Int4(v) | ColumnData::Date(v) => {
            out.extend_from_slice(&((v[row] as u32) ^ 0x8000_0000).to_be_bytes());
        }
        ColumnData::Int8(v) | ColumnData::Timestamp(v) => {
            out.extend_from_slice(&((v[row] as u64) ^ (1 << 63)).to_be_bytes());
        }
        ColumnData::Float4(v) => {
            let bits = v[row].to_bits();
            let bits = if v[row].is_nan() {
                u32::MAX
            } else if v[row] == 0.0 {
                1 << 31
            } else if bits >> 31 == 1 {
                !bits
            } else {
                bits | 1 << 31
            };
            out.extend_from_slice(&bits.to_be_bytes());
        }
        ColumnData::Float8(v) => {
            let bits = v[row].to_bits();
            let bits = if v[row].is_nan() {
                u64::MAX
            } else if v[row] == 0.0 {
                1 << 63
            } else if bits >> 63 == 1 {
                !bits
            } else {
                bits | 1 << 63
            };
            out.extend_from_slice(&bits.to_be_bytes());
        }
        ColumnData::Uuid(v) => out.extend_from_slice(&v[row]),
        ColumnData::Interval(v) => {
            let micros = compare::interval_micros(v[row]) as u128 ^ (1 << 127);
            out.extend_from_slice(&micros.to_be_bytes());
        }
        ColumnData::Text(v) => write_text(v.bytes_at(row), out),
        ColumnData::Numeric(v) => write_numeric(v[row], out),
    }
    if descending && let Some(written) = out.get_mut(from..) {
        for byte in written {
            *byte = !*byte;
        }
    }
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    if text.iter().all(|&byte| byte > 1) {
        out.extend_from_slice(text);
    } else {
        for &byte in text {
            match byte {
                0 | 1 => out.extend_from_slice(&[1, byte + 1]),
                _ => out.push(byte),
            }
        }
    }
    out.push(0);
}

/// Sign; exponent; digits by twos, plus one each; 0. All but the sign inverted below zero.
fn write_numeric(value: Numeric, out: &mut Vec<u8>) {
    if value.mantissa == 0 {
        out.extend_from_slice(&[0x80, 0]);
        return;
    }
    let mut digits = [0u8; 40];
    let mut count = 0;
    let mut rest = value.mantissa.unsigned_abs();
    while rest > 0 {
        digits[count] = (rest % 10) as u8;
        rest /= 10;
        count += 1;
    }
    let exponent = count as i32 - i32::from(value.scale);
    let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
    let negative = value.mantissa < 0;
    out.push(if negative { 0x40 } else { 0xc0 });
    let from = out.len();
    out.extend_from_slice(&((exponent + 0x4_0000) as u32).to_be_bytes()[1..]);
    let mut at = count;
    while at > zeros {
        let high = digits[at - 1];
        let low = if at >= 2 { digits[at - 2] } else { 0 };
        out.push(high * 10 + low + 1);
        at = at.saturating_sub(2);
    }
    out.push(0);
    if negative && let Some(written) = out.get_mut(from..) {
        for byte in written {
            *byte = !*byte;
        }
    }
}

/// Bytes of the part that `key` begins with, its marker included; `None` if it is cut off.
#[inline]
pub(crate) fn part_len(key: &[u8], data_type: DataType, descending: bool) -> Option<usize> {
    if *key.first()? != VALUE {
        return Some(1);
    }
    if let Some(length) = data_type.fixed_len() {
        return (key.len() > length).then_some(1 + length);
    }
    let end = if descending { 0xff } else { 0 };
    if matches!(data_type, DataType::Numeric(_)) {
        let flip = if descending { 0xff } else { 0 };
        let sign = *key.get(1)? ^ flip;
        if sign == 0x80 {
            return (key.len() > 2).then_some(3);
        }
        // Exponent bytes may look like an end.
        let end = if sign == 0x40 { !end } else { end };
        let tail = key.get(5..)?.iter().position(|&byte| byte == end)?;
        return Some(5 + tail + 1);
    }
    let tail = key.get(1..)?.iter().position(|&byte| byte == end)?;
    Some(1 + tail + 1)
}

/// What a part says.
pub(crate) enum Part<'a> {
    /// NULL
    Null,
    /// The bytes behind the marker.
    Value(&'a [u8]),
}

/// Splits the first part off.
pub(crate) fn split_part<'a>(
    key: &'a [u8],
    data_type: DataType,
    descending: bool,
) -> Option<(Part<'a>, &'a [u8])> {
    let length = part_len(key, data_type, descending)?;
    let (part, rest) = key.split_at_checked(length)?;
    let (&marker, value) = part.split_first()?;
    let part = if marker == VALUE {
        Part::Value(value)
    } else {
        Part::Null
    };
    Some((part, rest))
}

/// Characters or groups of digits of a value of varying length, which is what PostgreSQL's length of it depends on:
/// bytes of a text (without its end), groups of four digits of a number.
pub(crate) fn varying_len(value: &[u8], data_type: DataType, descending: bool) -> usize {
    if matches!(data_type, DataType::Numeric(_)) {
        return read_numeric(value, descending, 0).map_or(0, |n| n.stored_groups() as usize);
    }
    let escape = if descending { 0xfe } else { 1 };
    value.len().saturating_sub(1 + count_escapes(value, escape))
}

fn count_escapes(value: &[u8], escape: u8) -> usize {
    let mut count = 0;
    let mut bytes = value.iter();
    while let Some(&byte) = bytes.next() {
        if byte == escape {
            count += 1;
            bytes.next();
        }
    }
    count
}

/// Appends the value to a column. `false` if the bytes are not of that type.
pub(crate) fn read_part(
    value: &[u8],
    descending: bool,
    extra: &mut &[u8],
    to: &mut ColumnData,
) -> bool {
    let flip: u8 = if descending { 0xff } else { 0 };
    macro_rules! fixed {
        ($v:expr, $n:literal, $read:expr) => {{
            let Some(bytes) = value.first_chunk::<$n>() else {
                return false;
            };
            let bytes = bytes.map(|byte| byte ^ flip);
            $v.push($read(bytes));
        }};
    }
    match to {
        ColumnData::Bool(v) => fixed!(v, 1, |b: [u8; 1]| b[0] != 0),
        ColumnData::Int2(v) => fixed!(v, 2, |b| (u16::from_be_bytes(b) ^ 0x8000) as i16),
        ColumnData::Int4(v) | ColumnData::Date(v) => {
            fixed!(v, 4, |b| (u32::from_be_bytes(b) ^ 0x8000_0000) as i32);
        }
        ColumnData::Int8(v) | ColumnData::Timestamp(v) => {
            fixed!(v, 8, |b| (u64::from_be_bytes(b) ^ (1 << 63)) as i64);
        }
        ColumnData::Float4(v) => fixed!(v, 4, |b| {
            let bits = u32::from_be_bytes(b);
            f32::from_bits(if bits == u32::MAX {
                f32::NAN.to_bits()
            } else if bits >> 31 == 1 {
                bits ^ 1 << 31
            } else {
                !bits
            })
        }),
        ColumnData::Float8(v) => fixed!(v, 8, |b| {
            let bits = u64::from_be_bytes(b);
            f64::from_bits(if bits == u64::MAX {
                f64::NAN.to_bits()
            } else if bits >> 63 == 1 {
                bits ^ 1 << 63
            } else {
                !bits
            })
        }),
        ColumnData::Uuid(v) => fixed!(v, 16, |b| b),
        ColumnData::Text(v) => {
            let body = value.get(..value.len().saturating_sub(1)).unwrap_or(&[]);
            if flip == 0 && !body.contains(&1) {
                if core::str::from_utf8(body).is_err() {
                    return false;
                }
                v.push_bytes(body);
                return true;
            }
            let mut text = Vec::with_capacity(body.len());
            let mut bytes = body.iter().map(|&byte| byte ^ flip);
            while let Some(byte) = bytes.next() {
                text.push(if byte == 1 {
                    bytes.next().unwrap_or(1).wrapping_sub(1)
                } else {
                    byte
                });
            }
            if core::str::from_utf8(&text).is_err() {
                return false;
            }
            v.push_bytes(&text);
        }
        ColumnData::Numeric(v) => {
            let Some((scale, rest)) = extra.split_first_chunk::<2>() else {
                return false;
            };
            *extra = rest;
            let Some(number) = read_numeric(value, descending, u16::from_le_bytes(*scale)) else {
                return false;
            };
            v.push(number);
        }
        ColumnData::Interval(v) => {
            let Some((bytes, rest)) = extra.split_first_chunk::<16>() else {
                return false;
            };
            *extra = rest;
            let mut data = ColumnData::Interval(Vec::<Interval>::new());
            if !data.push_le(bytes) {
                return false;
            }
            if let ColumnData::Interval(mut read) = data {
                v.append(&mut read);
            }
        }
    }
    true
}

fn read_numeric(value: &[u8], descending: bool, scale: u16) -> Option<Numeric> {
    let flip: u8 = if descending { 0xff } else { 0 };
    let sign = value.first()? ^ flip;
    if sign == 0x80 {
        return Some(Numeric { mantissa: 0, scale });
    }
    let negative = sign == 0x40;
    let flip = if negative { !flip } else { flip };
    let [a, b, c] = value.get(1..4)?.first_chunk::<3>()?.map(|byte| byte ^ flip);
    let exponent = u32::from_be_bytes([0, a, b, c]) as i32 - 0x4_0000;
    let digits = value.get(4..value.len().checked_sub(1)?)?;
    let mut mantissa: i128 = 0;
    let mut shown = 0i32;
    for &byte in digits {
        let pair = (byte ^ flip).checked_sub(1)?;
        mantissa = mantissa.checked_mul(100)?.checked_add(i128::from(pair))?;
        shown += 2;
    }
    // The value is 0.digits · 10^exponent; bring the mantissa to `scale` digits behind the point.
    let mut behind = shown - exponent;
    while behind > i32::from(scale) && mantissa % 10 == 0 {
        mantissa /= 10;
        behind -= 1;
    }
    while behind < i32::from(scale) {
        mantissa = mantissa.checked_mul(10)?;
        behind += 1;
    }
    let scale = u16::try_from(behind).ok()?;
    Some(Numeric {
        mantissa: if negative { -mantissa } else { mantissa },
        scale,
    })
}

/// Bytes that the payload carries for a key part beside the key.
pub(crate) const fn is_lossy(data_type: DataType) -> bool {
    matches!(data_type, DataType::Numeric(_) | DataType::Interval)
}

/// Appends what the key of a lossy part does not say.
pub(crate) fn write_extra(data: &ColumnData, row: usize, out: &mut Vec<u8>) {
    match data {
        ColumnData::Numeric(v) => out.extend_from_slice(&v[row].scale.to_le_bytes()),
        ColumnData::Interval(_) => data.write_row(row, out),
        _ => {}
    }
}
