//! Sort keys as bytes that compare as the values do, without the framing that stored index keys need.
//!
//! Why beside `value::key`: a sort's keys are never read back and live for one statement, so one integer takes a prefix of eight
//! bytes and no memory besides. Sorts, merge joins and merging appends all compare through here.

use super::columns::{self, out_of_memory};
use crate::{
    Error,
    value::{Column, ColumnData, Numeric, ValueRef},
};
use alloc::{rc::Rc, vec::Vec};
use core::cmp::Ordering;
use pages::short;

/// Direction of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SortKeySpec {
    pub descending: bool,
    pub nulls_first: bool,
}

/// The keys of rows: a number for each whose order is theirs and, where that does not say it all, all bytes of the key.
///
/// No key's bytes are the beginning of another's. Keys of columns of the same types and directions compare with each other,
/// wherever they are kept.
#[derive(Debug, Default)]
pub(crate) struct OrderKeys {
    /// The first eight bytes as a number.
    pub prefixes: Vec<u64>,
    /// Where each row's bytes end, when keys are longer than a prefix.
    pub ends: Vec<u32>,
    pub bytes: Vec<u8>,
    /// Whether keys are longer than a prefix.
    pub long: bool,
}

impl OrderKeys {
    /// Appends the keys of `rows` rows of `columns`, which have no selection.
    ///
    /// # Errors
    /// Out of memory.
    pub fn append(
        &mut self,
        columns: &[(Rc<Column>, SortKeySpec)],
        rows: usize,
    ) -> Result<(), Error> {
        self.prefixes
            .try_reserve(rows)
            .map_err(|_| out_of_memory())?;
        if !narrow_keys(columns, rows, &mut self.prefixes) {
            self.long = true;
            self.wide_keys(columns, rows)?;
        }
        Ok(())
    }

    fn wide_keys(
        &mut self,
        columns: &[(Rc<Column>, SortKeySpec)],
        rows: usize,
    ) -> Result<(), Error> {
        self.ends.try_reserve(rows).map_err(|_| out_of_memory())?;
        let mut start = self.bytes.len();
        let (prefixes, ends) = (&mut self.prefixes, &mut self.ends);
        if let [(column, spec)] = columns
            && encode_plain(column, rows, *spec, &mut self.bytes, |bytes, end| {
                prefixes.push(eight_bytes(bytes.get(start..).unwrap_or(&[])));
                ends.push(end);
                start = bytes.len();
            })?
        {
            return Ok(());
        }
        for row in 0..rows {
            let start = self.bytes.len();
            for (column, spec) in columns {
                encode(column, row, *spec, &mut self.bytes)?;
            }
            let key = self.bytes.get(start..).unwrap_or(&[]);
            self.prefixes.push(eight_bytes(key));
            self.ends
                .push(u32::try_from(self.bytes.len()).map_err(|_| out_of_memory())?);
        }
        Ok(())
    }

    /// All bytes of a row's key; none if the prefix says it all.
    #[inline]
    pub fn key(&self, row: usize) -> &[u8] {
        let from = match row.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0) as usize,
            None => 0,
        };
        let to = self.ends.get(row).copied().unwrap_or(0) as usize;
        self.bytes.get(from..to).unwrap_or(&[])
    }

    /// The first bytes of a row's key as a number.
    #[inline]
    pub fn prefix(&self, row: usize) -> u64 {
        self.prefixes.get(row).copied().unwrap_or(0)
    }

    /// How row `row` compares with row `other_row` of other keys.
    #[inline]
    pub fn compare(&self, row: usize, other: &Self, other_row: usize) -> Ordering {
        match self.prefix(row).cmp(&other.prefix(other_row)) {
            Ordering::Equal if self.long => self.key(row).cmp(other.key(other_row)),
            ordering => ordering,
        }
    }

    /// Appends one row's key of other keys.
    ///
    /// # Errors
    /// Out of memory.
    pub fn push(&mut self, from: &Self, row: usize) -> Result<(), Error> {
        self.long = from.long;
        self.prefixes.push(from.prefix(row));
        if from.long {
            let key = from.key(row);
            self.bytes
                .try_reserve(key.len())
                .map_err(|_| out_of_memory())?;
            self.bytes.extend_from_slice(key);
            self.ends
                .push(u32::try_from(self.bytes.len()).map_err(|_| out_of_memory())?);
        }
        Ok(())
    }

    /// Forgets the first `rows` rows.
    pub fn drop_first(&mut self, rows: usize) {
        if rows == 0 {
            return;
        }
        self.prefixes.drain(..rows.min(self.prefixes.len()));
        if self.long {
            let cut = self.ends.get(rows - 1).copied().unwrap_or(0);
            self.ends.drain(..rows.min(self.ends.len()));
            for end in &mut self.ends {
                *end -= cut;
            }
            self.bytes.drain(..cut as usize);
        }
    }

    /// Bytes of memory in use.
    pub fn memory(&self) -> usize {
        self.prefixes.len() * 8 + self.ends.len() * 4 + self.bytes.len()
    }

    /// Forgets all rows, keeps the memory.
    pub fn clear(&mut self) {
        self.prefixes.clear();
        self.ends.clear();
        self.bytes.clear();
    }
}

/// The first eight bytes as a number that orders alike; what is missing counts as nought.
#[inline]
pub(crate) fn eight_bytes(key: &[u8]) -> u64 {
    if let Some(first) = key.first_chunk::<8>() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0u8; 8];
    for (to, from) in first.iter_mut().zip(key) {
        *to = *from;
    }
    u64::from_be_bytes(first)
}

/// Appends keys that fit a prefix with their NULL bits; `false` if they do not.
fn narrow_keys(columns: &[(Rc<Column>, SortKeySpec)], rows: usize, to: &mut Vec<u64>) -> bool {
    let bits: Option<u32> = columns
        .iter()
        .map(|(column, _)| narrow_bits(&column.data).map(|bits| bits + 1))
        .sum();
    if bits.is_none_or(|bits| bits > 64) {
        return false;
    }
    let start = to.len();
    to.resize(start + rows, 0);
    let Some(made) = to.get_mut(start..) else {
        return true;
    };
    for (column, spec) in columns {
        let bits = narrow_bits(&column.data).unwrap_or(0);
        macro_rules! put {
            ($values:expr, $x:ident => $number:expr) => {
                for (at, (prefix, &$x)) in made.iter_mut().zip($values.iter()).enumerate() {
                    let number: u64 = $number;
                    let part = with_null(number, bits, columns::is_null(column, at), *spec);
                    *prefix = (*prefix << (bits + 1)) | part;
                }
            };
        }
        match &column.data {
            ColumnData::Bool(v) => put!(v, x => u64::from(x)),
            ColumnData::Int2(v) => put!(v, x => u64::from((x as u16) ^ 0x8000)),
            ColumnData::Int4(v) | ColumnData::Date(v) => {
                put!(v, x => u64::from((x as u32) ^ 0x8000_0000));
            }
            _ => {}
        }
    }
    true
}

/// Appends the first bytes of long keys, as the prefix has them, from their first column alone; which bits of the prefix these are.
pub(crate) fn first_bytes(
    (column, spec): &(Rc<Column>, SortKeySpec),
    rows: usize,
    to: &mut Vec<u64>,
) -> Option<u64> {
    let null = if spec.nulls_first { 0 } else { 2 << 56 };
    let flip = if spec.descending { u64::MAX >> 8 } else { 0 };
    let (mask, number): (u64, &dyn Fn(usize) -> u64) = match &column.data {
        ColumnData::Int4(v) | ColumnData::Date(v) => (u64::MAX << 24, &|row| {
            let value = v.get(row).copied().unwrap_or(0);
            u64::from((value as u32) ^ 0x8000_0000) << 24
        }),
        ColumnData::Int8(v) | ColumnData::Timestamp(v) => (u64::MAX, &|row| {
            ((v.get(row).copied().unwrap_or(0) as u64) ^ (1 << 63)) >> 8
        }),
        ColumnData::Float8(v) => (u64::MAX, &|row| {
            float_order(v.get(row).copied().unwrap_or(0.0)) >> 8
        }),
        _ => return None,
    };
    to.extend((0..rows).map(|row| {
        if columns::is_null(column, row) {
            null
        } else {
            (1 << 56 | (number(row) ^ flip)) & mask
        }
    }));
    Some(mask)
}

fn narrow_bits(data: &ColumnData) -> Option<u32> {
    match data {
        ColumnData::Bool(_) => Some(1),
        ColumnData::Int2(_) => Some(16),
        ColumnData::Int4(_) | ColumnData::Date(_) => Some(32),
        _ => None,
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

/// Stands before the bytes of a value; NULL is one byte, below or above it.
const VALUE: u8 = 1;

fn int4_bytes(value: i32) -> [u8; 4] {
    ((value as u32) ^ 0x8000_0000).to_be_bytes()
}

/// PostgreSQL's text holds no zero byte, so a zero ends the text below every longer one.
fn put_text(text: &[u8], to: &mut Vec<u8>) {
    short::extend(to, text);
    to.push(0);
}

/// As [`encode`] for the first `rows` rows of a column, one after another, in a loop of their own: ascending integers, dates or texts
/// without NULLs. `ended` is called after each with all bytes so far and their number. `false`: not such a column, nothing was done.
///
/// # Errors
/// Out of memory.
pub(crate) fn encode_plain(
    column: &Column,
    rows: usize,
    spec: SortKeySpec,
    to: &mut Vec<u8>,
    mut ended: impl FnMut(&[u8], u32),
) -> Result<bool, Error> {
    if spec.descending || !column.nulls.0.is_empty() {
        return Ok(false);
    }
    let more = match &column.data {
        ColumnData::Int4(_) | ColumnData::Date(_) => 5 * rows,
        ColumnData::Text(texts) => texts.bytes.len() + 2 * rows,
        _ => return Ok(false),
    };
    to.try_reserve(more).map_err(|_| out_of_memory())?;
    u32::try_from(to.len() + more).map_err(|_| out_of_memory())?;
    match &column.data {
        ColumnData::Int4(values) | ColumnData::Date(values) => {
            for &value in values.iter().take(rows) {
                let [a, b, c, d] = int4_bytes(value);
                to.extend_from_slice(&[VALUE, a, b, c, d]);
                ended(to, to.len() as u32);
            }
        }
        ColumnData::Text(texts) => {
            for text in texts.iter().take(rows) {
                to.push(VALUE);
                put_text(text, to);
                ended(to, to.len() as u32);
            }
        }
        _ => {}
    }
    Ok(true)
}

/// Appends the order-preserving bytes of one value.
pub(crate) fn encode(
    column: &Column,
    row: usize,
    spec: SortKeySpec,
    to: &mut Vec<u8>,
) -> Result<(), Error> {
    encode_value(column.value_ref(row), spec, to)
}

/// The same for a value by itself; `None` is NULL.
#[inline]
pub(crate) fn encode_value(
    value: Option<ValueRef<'_>>,
    spec: SortKeySpec,
    to: &mut Vec<u8>,
) -> Result<(), Error> {
    to.try_reserve(32).map_err(|_| out_of_memory())?;
    let Some(value) = value else {
        to.push(if spec.nulls_first { 0 } else { 2 });
        return Ok(());
    };
    to.push(VALUE);
    let start = to.len();
    match value {
        ValueRef::Bool(x) => to.push(u8::from(x)),
        ValueRef::Int2(x) => to.extend_from_slice(&((x as u16) ^ 0x8000).to_be_bytes()),
        ValueRef::Int4(x) | ValueRef::Date(x) => to.extend_from_slice(&int4_bytes(x)),
        ValueRef::Int8(x) | ValueRef::Timestamp(x) => {
            to.extend_from_slice(&((x as u64) ^ (1 << 63)).to_be_bytes());
        }
        ValueRef::Float4(x) => {
            to.extend_from_slice(&float_order(f64::from(x)).to_be_bytes());
        }
        ValueRef::Float8(x) => to.extend_from_slice(&float_order(x).to_be_bytes()),
        ValueRef::Numeric(x) => encode_numeric(x, to),
        ValueRef::Interval(x) => {
            let micros = crate::value::compare::interval_micros(x);
            to.extend_from_slice(&((micros as u128) ^ (1 << 127)).to_be_bytes());
        }
        ValueRef::Uuid(x) => to.extend_from_slice(&x),
        ValueRef::Text(text) => {
            to.try_reserve(text.len() + 2)
                .map_err(|_| out_of_memory())?;
            put_text(text, to);
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
