//! Values of one column in order, each with its position: what statistics are counted from.
//!
//! Why not a sort of `Value`s: a million generic comparisons take ten times as long. Values of fixed length become
//! numbers that order alike; numbers and texts are sorted by their digits ([`radix`](pages::order::radix),
//! [`strings`](pages::order::strings)). It knows nothing of statistics.

use crate::value::{
    Column, ColumnData, DataType, Interval, Numeric, TextData, Value, compare::interval_micros,
};
use alloc::{boxed::Box, vec, vec::Vec};
use core::cmp::Ordering;
use pages::order::{
    SortEntry,
    radix::{code_of, packed, row_of, sort_packed},
    sort_entries, sorted_positions,
    strings::{SortedRows, Strings, sort_strings},
};

/// The non-null values of a column, in physical order.
#[derive(Clone, Debug)]
pub(super) enum Values {
    /// Whole numbers, dates, times, booleans and floats as numbers that order alike.
    Codes(Vec<u64>),
    /// Texts.
    Text(TextData),
    /// Decimals.
    Numeric(Vec<Numeric>),
    /// Intervals.
    Interval(Vec<Interval>),
    /// UUIDs.
    Uuid(Vec<[u8; 16]>),
}

impl Values {
    pub(super) fn new(data_type: DataType) -> Self {
        match data_type {
            DataType::Text | DataType::Varchar(_) | DataType::Char(_) | DataType::Unknown => {
                Self::Text(TextData {
                    offsets: vec![0],
                    bytes: Vec::new(),
                })
            }
            DataType::Numeric(_) => Self::Numeric(Vec::new()),
            DataType::Interval => Self::Interval(Vec::new()),
            DataType::Uuid => Self::Uuid(Vec::new()),
            _ => Self::Codes(Vec::new()),
        }
    }

    /// Adds the rows of `column` for which `keep` answers yes. A column of another type adds nothing.
    pub(super) fn extend(&mut self, column: &Column, keep: impl Fn(usize) -> bool) {
        match (self, &column.data) {
            (Self::Codes(codes), data) => extend_codes(codes, data, keep),
            (Self::Text(texts), ColumnData::Text(data)) => {
                for (row, pair) in data.offsets.windows(2).enumerate() {
                    if keep(row) {
                        let bytes = data.bytes.get(pair[0] as usize..pair[1] as usize);
                        texts.bytes.extend_from_slice(bytes.unwrap_or_default());
                        texts
                            .offsets
                            .push(u32::try_from(texts.bytes.len()).unwrap_or(u32::MAX));
                    }
                }
            }
            (Self::Numeric(numbers), ColumnData::Numeric(data)) => copy(numbers, data, keep),
            (Self::Interval(intervals), ColumnData::Interval(data)) => copy(intervals, data, keep),
            (Self::Uuid(uuids), ColumnData::Uuid(data)) => copy(uuids, data, keep),
            _ => {}
        }
    }

    /// The value at a position.
    pub(super) fn get(&self, at: usize, data_type: DataType) -> Value {
        match self {
            Self::Codes(codes) => codes
                .get(at)
                .map_or(Value::Null, |&code| decode(code, data_type)),
            Self::Text(texts) => {
                let text = core::str::from_utf8(text_at(texts, at)).unwrap_or_default();
                Value::Text(Box::from(text))
            }
            Self::Numeric(numbers) => numbers.get(at).map_or(Value::Null, |&n| Value::Numeric(n)),
            Self::Interval(intervals) => intervals
                .get(at)
                .map_or(Value::Null, |&i| Value::Interval(i)),
            Self::Uuid(uuids) => uuids.get(at).map_or(Value::Null, |&u| Value::Uuid(u)),
        }
    }

    /// Positions in value order, equal values in physical order; and for each whether it is the last of its value.
    /// O(n) for numbers and most texts, otherwise O(n log n).
    pub(super) fn sorted(&self) -> SortedRows {
        match self {
            Self::Codes(codes) => sort_codes(codes),
            Self::Text(texts) => sort_strings(Strings {
                bytes: &texts.bytes,
                offsets: &texts.offsets,
            }),
            Self::Numeric(numbers) => sort_numbers(numbers),
            Self::Interval(intervals) => sort_with(intervals, |a, b| {
                interval_micros(*a).cmp(&interval_micros(*b))
            }),
            Self::Uuid(uuids) => sort_with(uuids, Ord::cmp),
        }
    }
}

fn copy<T: Copy>(into: &mut Vec<T>, data: &[T], keep: impl Fn(usize) -> bool) {
    into.extend(
        data.iter()
            .enumerate()
            .filter(|(row, _)| keep(*row))
            .map(|(_, value)| *value),
    );
}

const SIGN: u64 = 1 << 63;

const fn code_of_int(value: i64) -> u64 {
    value.cast_unsigned() ^ SIGN
}

/// Floats as numbers that order alike: the sign decides whether all bits or only the sign are turned.
fn code_of_float(value: f64) -> u64 {
    let value = if value == 0.0 { 0.0 } else { value };
    let value = if value.is_nan() { f64::NAN } else { value };
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn extend_codes(codes: &mut Vec<u64>, data: &ColumnData, keep: impl Fn(usize) -> bool) {
    fn add<T: Copy>(
        codes: &mut Vec<u64>,
        data: &[T],
        keep: impl Fn(usize) -> bool,
        code: impl Fn(T) -> u64,
    ) {
        codes.reserve(data.len());
        for (row, value) in data.iter().enumerate() {
            if keep(row) {
                codes.push(code(*value));
            }
        }
    }
    match data {
        ColumnData::Bool(data) => add(codes, data, keep, |v| code_of_int(i64::from(v))),
        ColumnData::Int2(data) => add(codes, data, keep, |v| code_of_int(i64::from(v))),
        ColumnData::Int4(data) | ColumnData::Date(data) => {
            add(codes, data, keep, |v| code_of_int(i64::from(v)));
        }
        ColumnData::Int8(data) | ColumnData::Timestamp(data) => {
            add(codes, data, keep, code_of_int);
        }
        ColumnData::Float4(data) => add(codes, data, keep, |v| code_of_float(f64::from(v))),
        ColumnData::Float8(data) => add(codes, data, keep, code_of_float),
        ColumnData::Numeric(_)
        | ColumnData::Text(_)
        | ColumnData::Interval(_)
        | ColumnData::Uuid(_) => {}
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the code was made from a value of that type"
)]
fn decode(code: u64, data_type: DataType) -> Value {
    let int = (code ^ SIGN).cast_signed();
    let float = || f64::from_bits(if code & SIGN == 0 { !code } else { code ^ SIGN });
    match data_type {
        DataType::Bool => Value::Bool(int != 0),
        DataType::Int2 => Value::Int2(int as i16),
        DataType::Int4 => Value::Int4(int as i32),
        DataType::Date => Value::Date(int as i32),
        DataType::Int8 => Value::Int8(int),
        DataType::Timestamp => Value::Timestamp(int),
        DataType::Float4 => Value::Float4(float() as f32),
        DataType::Float8 => Value::Float8(float()),
        _ => Value::Null,
    }
}

fn text_at(texts: &TextData, at: usize) -> &[u8] {
    let bounds = texts.offsets.get(at).zip(texts.offsets.get(at + 1));
    bounds
        .and_then(|(&from, &to)| texts.bytes.get(from as usize..to as usize))
        .unwrap_or_default()
}

/// Sorts by the first 32 bits in use; numbers that these do not tell apart are compared.
fn sort_codes(codes: &[u64]) -> SortedRows {
    let least = codes.iter().copied().min().unwrap_or(0);
    let most = codes.iter().copied().max().unwrap_or(0);
    let bits = u64::BITS - (most - least).leading_zeros();
    let shift = bits.saturating_sub(32);
    #[expect(clippy::cast_possible_truncation, reason = "32 bits are left")]
    let head = |code: u64| ((code - least) >> shift) as u32;
    let mut entries: Vec<u64> = codes
        .iter()
        .zip(0_u32..)
        .map(|(&code, row)| packed(head(code), row))
        .collect();
    sort_packed(&mut entries, &mut Vec::new(), bits - shift);
    let mut sorted = SortedRows {
        rows: entries.iter().map(|&entry| row_of(entry)).collect(),
        ends: ends_of(entries.len(), |a, b| {
            code_of(entries[a]) == code_of(entries[b])
        }),
    };
    if shift > 0 {
        sort_rests(codes, &mut sorted);
    }
    sorted
}

/// Sorts within the groups of rows whose numbers begin alike.
fn sort_rests(codes: &[u64], sorted: &mut SortedRows) {
    let mut entries: Vec<SortEntry> = Vec::new();
    let mut start = 0;
    while let Some(length) = sorted.ends[start..].iter().position(|&end| end) {
        let group = start..=start + length;
        start += length + 1;
        if length == 0 {
            continue;
        }
        let rows = &mut sorted.rows[group.clone()];
        entries.clear();
        entries.extend(rows.iter().map(|&row| SortEntry {
            prefix: codes[row as usize],
            row,
        }));
        sort_entries(&mut entries, None);
        for (row, entry) in rows.iter_mut().zip(&entries) {
            *row = entry.row;
        }
        for (end, pair) in sorted.ends[group].iter_mut().zip(entries.windows(2)) {
            *end = pair[0].prefix != pair[1].prefix;
        }
    }
}

/// Decimals at one scale are whole numbers; if those are too large, they are compared one by one.
fn sort_numbers(numbers: &[Numeric]) -> SortedRows {
    let scale = numbers.iter().map(|number| number.scale).max().unwrap_or(0);
    let codes: Option<Vec<u64>> = numbers
        .iter()
        .map(|number| {
            let factor = 10_i128.checked_pow(u32::from(scale - number.scale))?;
            let whole = number.mantissa.checked_mul(factor)?;
            i64::try_from(whole).ok().map(code_of_int)
        })
        .collect();
    codes.map_or_else(
        || sort_with(numbers, |a, b| a.compare(*b)),
        |codes| sort_codes(&codes),
    )
}

fn sort_with<T>(values: &[T], order: impl Fn(&T, &T) -> Ordering) -> SortedRows {
    let compare = |a: u32, b: u32| order(&values[a as usize], &values[b as usize]);
    let rows = sorted_positions(values.len(), &compare);
    let ends = ends_of(values.len(), |a, b| compare(rows[a], rows[b]).is_eq());
    SortedRows { rows, ends }
}

/// Whether each place in the order is the last of its value; `same` compares two neighbouring places.
fn ends_of(length: usize, same: impl Fn(usize, usize) -> bool) -> Vec<bool> {
    (0..length)
        .map(|at| at + 1 >= length || !same(at, at + 1))
        .collect()
}
