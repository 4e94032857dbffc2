//! Values to keys: one row, or whole columns for an index build.

use super::{KeyColumn, KeySchema, NOT_NULL, number};
use crate::value::{Column, ColumnData, DataType, Value, compare::interval_micros};
use alloc::{rc::Rc, vec::Vec};

/// Many keys in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodedKeys {
    /// All keys end to end.
    pub bytes: Vec<u8>,
    /// Where each starts, and where the last ends.
    pub offsets: Vec<u32>,
}

impl EncodedKeys {
    /// Keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One key; empty beyond the end.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> &[u8] {
        match self.offsets.get(row..row + 2) {
            Some(&[start, end]) => self.bytes.get(start as usize..end as usize).unwrap_or(&[]),
            _ => &[],
        }
    }
}

impl KeySchema {
    /// Appends the key of a row; with fewer values than columns, the prefix that all keys with these values share.
    pub fn encode(&self, values: &[Value], out: &mut Vec<u8>) {
        for (column, value) in self.columns.iter().zip(values) {
            encode_value(*column, value, out);
        }
    }

    /// Appends what the key leaves out, and the INCLUDE columns' values. Empty for most indexes.
    pub fn encode_payload(&self, key: &[Value], included: &[Value], out: &mut Vec<u8>) {
        for (column, value) in self.columns.iter().zip(key) {
            encode_rest(column.data_type, value, out);
        }
        for (&data_type, value) in self.included.iter().zip(included) {
            encode_value(plain(data_type), value, out);
            encode_rest(data_type, value, out);
        }
    }

    /// Whether every payload is empty.
    #[must_use]
    pub fn has_no_payload(&self) -> bool {
        self.included.is_empty()
            && !self.columns.iter().any(|column| {
                matches!(
                    column.data_type,
                    DataType::Numeric(None) | DataType::Interval
                )
            })
    }

    /// The keys of all rows of a batch (`columns` in key order, of one length). O(bytes); no value is built for fixed types and text.
    #[must_use]
    pub fn encode_columns(&self, columns: &[Rc<Column>]) -> EncodedKeys {
        let rows = columns.first().map_or(0, |column| column.len());
        let mut keys = EncodedKeys {
            bytes: Vec::with_capacity(rows * 9 * columns.len().max(1)),
            offsets: Vec::with_capacity(rows + 1),
        };
        keys.offsets.push(0);
        for row in 0..rows {
            for (how, column) in self.columns.iter().zip(columns) {
                encode_at(*how, column, row, &mut keys.bytes);
            }
            let end = u32::try_from(keys.bytes.len()).expect("a batch's keys stay below 4 GiB");
            keys.offsets.push(end);
        }
        keys
    }
}

/// A column in plain ascending order.
pub(super) const fn plain(data_type: DataType) -> KeyColumn {
    KeyColumn {
        data_type,
        descending: false,
        nulls_first: false,
        not_null: false,
    }
}

#[inline]
fn put<const N: usize>(bytes: [u8; N], inversion: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&bytes.map(|byte| byte ^ inversion));
}

#[inline]
const fn flip32(value: i32) -> [u8; 4] {
    (value.cast_unsigned() ^ 1 << 31).to_be_bytes()
}

#[inline]
const fn flip64(value: i64) -> [u8; 8] {
    (value.cast_unsigned() ^ 1 << 63).to_be_bytes()
}

fn float_bits(value: f64) -> [u8; 8] {
    let bits = if value.is_nan() {
        0x7ff8 << 48
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    };
    (if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    })
    .to_be_bytes()
}

fn float4_bits(value: f32) -> [u8; 4] {
    let bits = if value.is_nan() {
        0x7fc0 << 16
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    };
    (if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    })
    .to_be_bytes()
}

fn encode_text(bytes: &[u8], inversion: u8, out: &mut Vec<u8>) {
    // Control characters are rare: copy the run before each.
    if inversion == 0 && !bytes.iter().any(|byte| *byte <= 1) {
        out.extend_from_slice(bytes);
        out.push(0);
        return;
    }
    for &byte in bytes {
        if byte <= 1 {
            out.extend_from_slice(&[1 ^ inversion, (byte + 1) ^ inversion]);
        } else {
            out.push(byte ^ inversion);
        }
    }
    out.push(inversion);
}

/// One column of one row.
pub(super) fn encode_value(how: KeyColumn, value: &Value, out: &mut Vec<u8>) {
    let inversion = how.inversion();
    if value.is_null() {
        out.push(how.null_byte());
        return;
    }
    out.push(NOT_NULL);
    match (value, how.data_type) {
        // The key's type decides the width, so that a bigint constant finds its integer key.
        (_, DataType::Int2 | DataType::Int4 | DataType::Int8) => {
            let whole = value.as_i64().unwrap_or(0);
            match how.data_type {
                DataType::Int8 => put(flip64(whole), inversion, out),
                // Out of range: beyond every key on that side.
                _ => put(
                    flip32(i32::try_from(whole).unwrap_or(if whole < 0 {
                        i32::MIN
                    } else {
                        i32::MAX
                    })),
                    inversion,
                    out,
                ),
            }
        }
        (Value::Bool(value), _) => out.push(u8::from(*value) ^ inversion),
        (Value::Date(value), _) => put(flip32(*value), inversion, out),
        (Value::Timestamp(value), _) => put(flip64(*value), inversion, out),
        (Value::Float4(value), DataType::Float4) => put(float4_bits(*value), inversion, out),
        (Value::Float4(value), _) => put(float_bits(f64::from(*value)), inversion, out),
        (Value::Float8(value), _) => put(float_bits(*value), inversion, out),
        (Value::Numeric(value), _) => {
            let start = out.len();
            number::encode(*value, out);
            invert(out, start, inversion);
        }
        (Value::Text(value), _) => encode_text(value.as_bytes(), inversion, out),
        (Value::Interval(value), _) => {
            let length = interval_micros(*value).cast_unsigned() ^ 1 << 127;
            put(length.to_be_bytes(), inversion, out);
        }
        (Value::Uuid(value), _) => put(*value, inversion, out),
        // Integers were taken by type; a whole number under another type is a numeric.
        (other, _) => {
            let start = out.len();
            number::encode(
                crate::value::Numeric::from_i64(other.as_i64().unwrap_or(0)),
                out,
            );
            invert(out, start, inversion);
        }
    }
}

fn invert(out: &mut [u8], start: usize, inversion: u8) {
    if inversion != 0 {
        for byte in &mut out[start..] {
            *byte ^= inversion;
        }
    }
}

/// One column of one row, read from a column.
#[inline]
fn encode_at(how: KeyColumn, column: &Column, row: usize, out: &mut Vec<u8>) {
    let inversion = how.inversion();
    if column.is_null(row) {
        out.push(how.null_byte());
        return;
    }
    match &column.data {
        ColumnData::Int4(values) if how.data_type == DataType::Int4 => {
            out.push(NOT_NULL);
            put(flip32(values[row]), inversion, out);
        }
        ColumnData::Date(values) => {
            out.push(NOT_NULL);
            put(flip32(values[row]), inversion, out);
        }
        ColumnData::Int8(values) if how.data_type == DataType::Int8 => {
            out.push(NOT_NULL);
            put(flip64(values[row]), inversion, out);
        }
        ColumnData::Timestamp(values) => {
            out.push(NOT_NULL);
            put(flip64(values[row]), inversion, out);
        }
        ColumnData::Text(text) => {
            out.push(NOT_NULL);
            encode_text(text.bytes_at(row), inversion, out);
        }
        _ => encode_value(how, &column.get(row), out),
    }
}

/// What a value's key does not tell.
fn encode_rest(data_type: DataType, value: &Value, out: &mut Vec<u8>) {
    match (data_type, value) {
        (DataType::Numeric(None), Value::Numeric(value)) => {
            out.extend_from_slice(&value.scale.to_be_bytes())
        }
        (DataType::Interval, Value::Interval(value)) => {
            out.extend_from_slice(&value.months.to_be_bytes());
            out.extend_from_slice(&value.days.to_be_bytes());
        }
        _ => {}
    }
}
