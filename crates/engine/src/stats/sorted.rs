//! Values of one column in order, each with its position: what statistics are counted from.
//!
//! Why not a sort of `Value`s: a million generic comparisons take ten times as long. Every value becomes a number of 32 bits that orders
//! like it, and those are sorted [in pieces](pages::order::pieces), so that the work can be paused and takes eight bytes a row beside the
//! values. Values of up to four bytes are nothing but their number. It knows nothing of statistics.

use crate::value::{
    Column, ColumnData, DataType, Interval, Numeric, TextData, Value, compare::interval_micros,
};
use alloc::{boxed::Box, vec::Vec};
use core::cmp::Ordering;
use pages::order::{
    pieces::{Keys, Pieces},
    radix::{code_of, row_of},
    sorted_positions,
    strings::Strings,
};

/// Whether a row counts; all do if there is no such question.
pub(super) type Keep<'k> = Option<&'k dyn Fn(usize) -> bool>;

/// The non-null values of a column, in physical order.
#[derive(Clone, Debug)]
enum Values {
    /// Whole numbers, dates and floats of up to four bytes: what is in the buckets says it all.
    Small,
    /// Those of eight bytes, as numbers that order alike.
    Wide,
    /// Texts, and UUIDs as texts of 16 bytes.
    Text(TextData),
    /// Decimals.
    Numeric(Vec<Numeric>),
    /// Intervals.
    Interval(Vec<Interval>),
}

/// See the file's header.
#[derive(Clone, Debug)]
pub(super) struct Sorting {
    data_type: DataType,
    values: Values,
    /// Numbers that order like the values, where those are neither small nor texts.
    keys: Vec<u64>,
    codes: Vec<u32>,
    pieces: Pieces,
}

impl Sorting {
    /// No values yet.
    pub(super) fn new(data_type: DataType) -> Self {
        let values = match data_type {
            DataType::Text
            | DataType::Varchar(_)
            | DataType::Char(_)
            | DataType::Unknown
            | DataType::Uuid => Values::Text(TextData::default()),
            DataType::Numeric(_) => Values::Numeric(Vec::new()),
            DataType::Interval => Values::Interval(Vec::new()),
            DataType::Int8 | DataType::Timestamp | DataType::Float8 => Values::Wide,
            _ => Values::Small,
        };
        Self {
            data_type,
            values,
            keys: Vec::new(),
            codes: Vec::new(),
            pieces: Pieces::default(),
        }
    }

    /// Adds the rows of `column` for which `keep` answers yes. A column of another type adds nothing. `share` is the part of all
    /// rows that have been seen with these: memory is taken for as many more as that lets expect.
    pub(super) fn extend(&mut self, column: &Column, share: f64, keep: Keep<'_>) {
        let rows = column.len();
        match (&mut self.values, &column.data) {
            (Values::Small, data) => {
                self.codes.clear();
                let codes = &mut self.codes;
                match data {
                    ColumnData::Bool(data) => add(codes, data, keep, |v| code_of_int(v.into())),
                    ColumnData::Int2(data) => add(codes, data, keep, |v| code_of_int(v.into())),
                    ColumnData::Int4(data) | ColumnData::Date(data) => {
                        add(codes, data, keep, code_of_int);
                    }
                    ColumnData::Float4(data) => add(codes, data, keep, code_of_real),
                    _ => {}
                }
                self.pieces.extend(&self.codes);
            }
            (Values::Wide, ColumnData::Int8(data) | ColumnData::Timestamp(data)) => {
                make_room(&mut self.keys, rows, share);
                add(&mut self.keys, data, keep, key_of_int);
            }
            (Values::Wide, ColumnData::Float8(data)) => {
                make_room(&mut self.keys, rows, share);
                add(&mut self.keys, data, keep, key_of_float);
            }
            (Values::Text(texts), ColumnData::Text(data)) => {
                make_room(&mut texts.bytes, data.bytes.len(), share);
                make_room(&mut texts.offsets, rows, share);
                if keep.is_none() {
                    let before = texts.bytes.len() as u32;
                    texts.bytes.extend_from_slice(&data.bytes);
                    let ends = data.offsets.iter().skip(1);
                    texts.offsets.extend(ends.map(|end| before + end));
                    return;
                }
                for row in (0..rows).filter(|&row| keep.is_none_or(|keep| keep(row))) {
                    texts.bytes.extend_from_slice(data.bytes_at(row));
                    texts.offsets.push(texts.bytes.len() as u32);
                }
            }
            (Values::Text(texts), ColumnData::Uuid(data)) => {
                make_room(&mut texts.bytes, 16 * rows, share);
                make_room(&mut texts.offsets, rows, share);
                let bytes = &mut texts.bytes;
                add(&mut texts.offsets, data, keep, |uuid| {
                    bytes.extend_from_slice(&uuid);
                    bytes.len() as u32
                });
            }
            (Values::Numeric(numbers), ColumnData::Numeric(data)) => {
                make_room(numbers, rows, share);
                add(numbers, data, keep, |number| number);
            }
            (Values::Interval(intervals), ColumnData::Interval(data)) => {
                make_room(intervals, rows, share);
                add(intervals, data, keep, |interval| interval);
            }
            _ => {}
        }
    }

    /// Works towards the order, for about a hundred thousand rows; `false` when there is nothing left to do. O(n) for numbers and most
    /// texts, otherwise O(n log n).
    pub(super) fn step(&mut self) -> bool {
        match &self.values {
            Values::Numeric(numbers) if self.keys.len() < numbers.len() => {
                self.keys = keys_of_numbers(numbers);
                true
            }
            Values::Interval(intervals) if self.keys.len() < intervals.len() => {
                self.keys = keys_of_intervals(intervals);
                true
            }
            values => self.pieces.step(keys(values, &self.keys)),
        }
    }

    /// Values in all.
    pub(super) const fn rows(&self) -> usize {
        self.pieces.rows()
    }

    /// The pieces that the order consists of.
    pub(super) const fn pieces(&self) -> usize {
        self.pieces.count()
    }

    /// Passes the values of one piece in order, equal ones in physical order: entries whose codes tell apart what is in the piece, and
    /// whose rows are positions.
    pub(super) fn visit(&mut self, piece: usize, each: &mut dyn FnMut(&[u64])) {
        let keys = keys(&self.values, &self.keys);
        self.pieces.visit(piece, keys, each);
    }

    /// The value of an entry.
    pub(super) fn value(&self, entry: u64) -> Value {
        let at = row_of(entry) as usize;
        match &self.values {
            Values::Small => small_value(code_of(entry) + self.pieces.least(), self.data_type),
            Values::Wide => {
                let key = self.keys.get(at);
                key.map_or(Value::Null, |&key| wide_value(key, self.data_type))
            }
            Values::Text(texts) => {
                let bytes = texts.bytes_at(at);
                if self.data_type == DataType::Uuid {
                    return Value::Uuid(bytes.first_chunk().copied().unwrap_or_default());
                }
                Value::Text(Box::from(core::str::from_utf8(bytes).unwrap_or_default()))
            }
            Values::Numeric(numbers) => numbers.get(at).map_or(Value::Null, |&n| Value::Numeric(n)),
            Values::Interval(intervals) => intervals
                .get(at)
                .map_or(Value::Null, |&i| Value::Interval(i)),
        }
    }
}

/// What values are sorted by.
fn keys<'k>(values: &'k Values, numbers: &'k [u64]) -> Keys<'k> {
    match values {
        Values::Text(texts) => Keys::Strings(Strings {
            bytes: &texts.bytes,
            offsets: &texts.offsets,
        }),
        _ => Keys::Numbers(numbers),
    }
}

/// Takes memory for `more` items, and if there is none left for as many as are to be expected in all: growing by doubling would take
/// half as much again.
fn make_room<T>(list: &mut Vec<T>, more: usize, share: f64) {
    let needed = list.len() + more;
    if needed > list.capacity() {
        let all = libm::ceil(needed as f64 / share * 1.03) as usize;
        list.reserve_exact(all.max(needed) - list.len());
    }
}

/// Appends what the values that are kept come to.
fn add<T: Copy, N>(to: &mut Vec<N>, data: &[T], keep: Keep<'_>, mut number: impl FnMut(T) -> N) {
    match keep {
        None => to.extend(data.iter().map(|&value| number(value))),
        Some(keep) => {
            let kept = data.iter().enumerate().filter(|(row, _)| keep(*row));
            to.extend(kept.map(|(_, &value)| number(value)));
        }
    }
}

const SIGN: u64 = 1 << 63;
const SMALL_SIGN: u32 = 1 << 31;

const fn code_of_int(value: i32) -> u32 {
    value.cast_unsigned() ^ SMALL_SIGN
}

const fn key_of_int(value: i64) -> u64 {
    value.cast_unsigned() ^ SIGN
}

/// Floats as numbers that order alike: the sign decides whether all bits or only the sign are turned.
const fn key_of_float(value: f64) -> u64 {
    let value = if value == 0.0 { 0.0 } else { value };
    let value = if value.is_nan() { f64::NAN } else { value };
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

/// The value that [`key_of_float`] made a key of.
const fn float_of_key(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN })
}

/// As [`key_of_float`].
const fn code_of_real(value: f32) -> u32 {
    let value = if value == 0.0 { 0.0 } else { value };
    let value = if value.is_nan() { f32::NAN } else { value };
    let bits = value.to_bits();
    if bits & SMALL_SIGN == 0 {
        bits | SMALL_SIGN
    } else {
        !bits
    }
}

/// As [`float_of_key`].
const fn real_of_code(code: u32) -> f32 {
    f32::from_bits(if code & SMALL_SIGN == 0 {
        !code
    } else {
        code ^ SMALL_SIGN
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the code was made from a value of that type"
)]
const fn small_value(code: u32, data_type: DataType) -> Value {
    let int = (code ^ SMALL_SIGN).cast_signed();
    match data_type {
        DataType::Bool => Value::Bool(int != 0),
        DataType::Int2 => Value::Int2(int as i16),
        DataType::Int4 => Value::Int4(int),
        DataType::Date => Value::Date(int),
        DataType::Float4 => Value::Float4(real_of_code(code)),
        _ => Value::Null,
    }
}

const fn wide_value(key: u64, data_type: DataType) -> Value {
    let int = (key ^ SIGN).cast_signed();
    match data_type {
        DataType::Int8 => Value::Int8(int),
        DataType::Timestamp => Value::Timestamp(int),
        DataType::Float8 => Value::Float8(float_of_key(key)),
        _ => Value::Null,
    }
}

/// Decimals at one scale are whole numbers; if those are too large, they are compared one by one.
fn keys_of_numbers(numbers: &[Numeric]) -> Vec<u64> {
    let scale = numbers.iter().map(|number| number.scale).max().unwrap_or(0);
    let whole = |number: &Numeric| {
        let factor = 10_i128.checked_pow(u32::from(scale - number.scale))?;
        number.mantissa.checked_mul(factor)
    };
    keys_of(numbers.len(), &|at| whole(numbers.get(at)?), &|a, b| {
        numbers[a as usize].compare(numbers[b as usize])
    })
}

fn keys_of_intervals(intervals: &[Interval]) -> Vec<u64> {
    let micros = |at: usize| intervals.get(at).copied().map(interval_micros);
    keys_of(intervals.len(), &micros, &|a, b| {
        micros(a as usize).cmp(&micros(b as usize))
    })
}

/// The whole numbers of values as keys; if one is too large, each value's rank by comparison.
fn keys_of(
    rows: usize,
    whole: &dyn Fn(usize) -> Option<i128>,
    compare: &dyn Fn(u32, u32) -> Ordering,
) -> Vec<u64> {
    let key = |at| i64::try_from(whole(at)?).ok().map(key_of_int);
    let mut keys = Vec::with_capacity(rows);
    keys.extend((0..rows).map_while(key));
    if keys.len() < rows {
        keys.clear();
        keys.resize(rows, 0);
        let order = sorted_positions(rows, compare);
        let equal = order.chunk_by(|&a, &b| compare(a, b).is_eq());
        for (rank, equal) in (0..).zip(equal) {
            for &row in equal {
                keys[row as usize] = rank;
            }
        }
    }
    keys
}
