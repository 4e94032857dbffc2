//! An index's entries as bytes: keys that sort as the values do, INCLUDE columns after them, and back.
//!
//! Why columns can be told apart in a key: separators are cut between columns only, index-only scans read columns back, and
//! PostgreSQL's tuple size is computed from the key alone. What a key does not say is kept beside it: how many digits a numeric
//! without a declared scale shows behind its point, and the months and days of an interval, which sorts by its length.

use super::clustered::ByteList;
use crate::{
    Error, ErrorCode,
    catalog::{IndexColumn, IndexKey, TableDef},
    executor::{
        columns,
        sort_keys::{SortKeySpec, encode, encode_plain},
    },
    value::{
        Column, ColumnData, DataType, Numeric, Value,
        geometry::{index_tuple_bytes, place_payload},
    },
};
use alloc::{rc::Rc, vec::Vec};
use btree::{KeyLayout, KeyPrefix};

/// One key column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyColumn {
    pub data_type: DataType,
    pub spec: SortKeySpec,
    /// Digits behind the point of every value, if it is a numeric column with a scale.
    scale: Option<u16>,
}

impl KeyColumn {
    /// Bytes that the payload keeps of each value.
    const fn kept_bytes(&self) -> usize {
        match self.data_type {
            DataType::Numeric(_) if self.scale.is_none() => 1,
            DataType::Interval => 16,
            _ => 0,
        }
    }
}

/// How an index's entries are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexCodec {
    pub keys: Vec<KeyColumn>,
    pub include: Vec<DataType>,
    /// Key columns whose values the key does not give back, with the bytes that the payload keeps of each.
    kept: Vec<(usize, usize)>,
    /// Those bytes in all.
    kept_bytes: usize,
    deduplicate: bool,
    /// Bytes of a key without NULLs and of its tuple, if all key columns are of fixed length and there are no others.
    whole: Option<(usize, usize)>,
    /// Whether no key has a NULL.
    never_null: bool,
}

/// Bytes of a type's values in a key, behind the mark for NULL, if all have as many.
const fn key_width(data_type: DataType) -> Option<usize> {
    Some(match data_type {
        DataType::Bool => 1,
        DataType::Int2 => 2,
        DataType::Int4 | DataType::Date => 4,
        DataType::Int8 | DataType::Timestamp | DataType::Float4 | DataType::Float8 => 8,
        DataType::Interval | DataType::Uuid => 16,
        _ => return None,
    })
}

/// Begins a value of varying length that is too long for one byte of length.
const LONG: u8 = 255;

pub(crate) fn damaged() -> Error {
    Error::new(
        ErrorCode::IndexCorrupted,
        "an index key does not have its columns' form",
    )
}

impl IndexCodec {
    /// For an index with these key columns and INCLUDE columns.
    pub fn new(parts: Vec<&IndexColumn>, include: &[u16], table: &TableDef) -> Self {
        let keys: Vec<KeyColumn> = parts
            .iter()
            .map(|column| KeyColumn {
                data_type: column.data_type,
                // Expressions promise a type, not a scale.
                scale: match (&column.key, column.data_type) {
                    (IndexKey::Column(_), DataType::Numeric(Some((_, scale)))) => Some(scale),
                    _ => None,
                },
                spec: SortKeySpec {
                    descending: column.descending,
                    nulls_first: column.nulls_first,
                },
            })
            .collect();
        let include = include.iter().map(|&at| {
            table
                .columns
                .get(at as usize)
                .map_or(DataType::Unknown, |column| column.data_type)
        });
        let include: Vec<DataType> = include.collect();
        let kept = keys.iter().map(KeyColumn::kept_bytes).enumerate();
        let kept: Vec<(usize, usize)> = kept.filter(|&(_, bytes)| bytes > 0).collect();
        let plain = |data_type: DataType| {
            !matches!(
                data_type,
                DataType::Numeric(_) | DataType::Float4 | DataType::Float8 | DataType::Interval
            )
        };
        let deduplicate = include.is_empty() && keys.iter().all(|key| plain(key.data_type));
        let mut codec = Self {
            keys,
            include,
            kept_bytes: kept.iter().map(|(_, bytes)| bytes).sum(),
            kept,
            deduplicate,
            whole: None,
            never_null: parts.iter().all(|part| match part.key {
                IndexKey::Column(at) => table.columns.get(at as usize).is_some_and(|c| c.not_null),
                IndexKey::Expression(_) => false,
            }),
        };
        codec.whole = codec.whole_bytes();
        codec
    }

    /// The bytes of an entry's first `columns` key columns, and the rest.
    pub fn split<'k>(&self, key: &'k [u8], columns: usize) -> Result<(&'k [u8], &'k [u8]), Error> {
        let mut from = 0;
        for at in 0..columns {
            from = self.column_end(key, from, at).ok_or_else(damaged)?;
        }
        key.split_at_checked(from).ok_or_else(damaged)
    }

    fn whole_bytes(&self) -> Option<(usize, usize)> {
        let (mut length, mut offset) = (0, 0_usize);
        for key in &self.keys {
            let width = key.data_type.fixed_len()?;
            offset = offset.next_multiple_of(key.data_type.alignment()) + width;
            length += 1 + key_width(key.data_type)?;
        }
        let alone = self.include.is_empty();
        alone.then(|| (length, index_tuple_bytes(offset, false)))
    }

    /// Whether entries have a payload.
    pub fn has_payload(&self) -> bool {
        !self.include.is_empty() || !self.kept.is_empty()
    }

    /// Appends the keys of rows of columns without selection.
    pub fn keys(
        &self,
        columns: &[Rc<Column>],
        rows: usize,
        to: &mut ByteList,
    ) -> Result<(), Error> {
        to.ends
            .try_reserve(rows)
            .map_err(|_| columns::out_of_memory())?;
        if let ([key], [column]) = (&*self.keys, columns)
            && encode_plain(column, rows, key.spec, &mut to.bytes, |_, end| {
                to.ends.push(end);
            })?
        {
            return Ok(());
        }
        for row in 0..rows {
            self.key(columns, row, &mut to.bytes)?;
            to.end()?;
        }
        Ok(())
    }

    /// Appends the key of a row.
    pub fn key(&self, columns: &[Rc<Column>], row: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        for (key, column) in self.keys.iter().zip(columns) {
            encode(column, row, key.spec, out)?;
        }
        Ok(())
    }

    /// Appends the bytes of one key column's value.
    pub fn key_value(&self, at: usize, value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
        self.key_value_in(&mut None, at, value, out)
    }

    /// As [`Self::key_value`]; `one` is memory for further values of this column.
    pub fn key_value_in(
        &self,
        one: &mut Option<Column>,
        at: usize,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let Some(key) = self.keys.get(at) else {
            return Ok(());
        };
        let one = one.get_or_insert_with(|| columns::empty(key.data_type));
        one.clear();
        columns::push(one, value)?;
        encode(one, 0, key.spec, out)
    }

    /// Appends the payload of a row: what is kept of key columns (a numeric's scale, an interval), then INCLUDE columns. Those have a byte that is 0 for
    /// NULL; with values of varying length it is the length plus one, or 255 and the length in two bytes.
    pub fn payload(
        &self,
        keys: &[Rc<Column>],
        include: &[Rc<Column>],
        row: usize,
        out: &mut Vec<u8>,
    ) {
        for column in self.kept.iter().filter_map(|&(at, _)| keys.get(at)) {
            match &column.data {
                ColumnData::Numeric(values) => {
                    out.push(values.get(row).map_or(0, |value| value.scale as u8));
                }
                data => data.write_row(row, out),
            }
        }
        for column in include {
            if columns::is_null(column, row) {
                out.push(0);
                continue;
            }
            let at = out.len();
            out.push(1);
            column.data.write_row(row, out);
            if column.data.data_type().fixed_len().is_some() {
                continue;
            }
            let length = out.len() - at - 1;
            match u8::try_from(length + 1) {
                Ok(short) if short < LONG => {
                    if let Some(place) = out.get_mut(at) {
                        *place = short;
                    }
                }
                _ => {
                    let [low, high] = (length as u16).to_le_bytes();
                    out.splice(at..=at, [LONG, low, high]);
                }
            }
        }
    }

    /// The end of key column `at`, which starts at `from`.
    ///
    /// # Errors
    /// The key does not have its columns' form.
    pub fn part_end(&self, key: &[u8], from: usize, at: usize) -> Result<usize, Error> {
        self.column_end(key, from, at).ok_or_else(damaged)
    }

    /// The same as an option.
    pub(super) fn column_end(&self, key: &[u8], from: usize, at: usize) -> Option<usize> {
        let column = self.keys.get(at)?;
        let tag = *key.get(from)?;
        let start = from + 1;
        if tag != 1 {
            return Some(start);
        }
        let turn = |byte: u8| {
            if column.spec.descending { !byte } else { byte }
        };
        if let Some(width) = key_width(column.data_type) {
            return Some(start + width).filter(|&end| end <= key.len());
        }
        let end = match column.data_type {
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

    /// Appends key column values and INCLUDE values to `to`: first the keys, then the includes; `None` = not wanted.
    pub fn decode(
        &self,
        key: &[u8],
        payload: &[u8],
        to: &mut [Option<Column>],
    ) -> Result<(), Error> {
        let mut from = 0;
        for at in 0..self.keys.len() {
            let end = self.column_end(key, from, at).ok_or_else(damaged)?;
            if let Some(Some(made)) = to.get_mut(at) {
                let bytes = key.get(from..end).ok_or_else(damaged)?;
                self.decode_column(at, bytes, payload, made)?;
            }
            from = end;
        }
        let mut rest = payload.get(self.kept_bytes..).ok_or_else(damaged)?;
        for (at, &data_type) in self.include.iter().enumerate() {
            let (value, after) = split_value(rest, data_type).ok_or_else(damaged)?;
            rest = after;
            let Some(Some(made)) = to.get_mut(self.keys.len() + at) else {
                continue;
            };
            match value {
                None => columns::push(made, &Value::Null)?,
                Some(bytes) => {
                    if !made.data.push_le(bytes) {
                        return Err(damaged());
                    }
                    if !made.nulls.0.is_empty() {
                        made.nulls.0.push(false);
                    }
                }
            }
        }
        Ok(())
    }

    /// Key column `at`, which starts at `from`: where it ends, and its value, unless the key alone does not give it back.
    pub fn key_part(
        &self,
        key: &[u8],
        from: usize,
        at: usize,
    ) -> Result<(usize, Option<Column>), Error> {
        let end = self.column_end(key, from, at).ok_or_else(damaged)?;
        let part = self.keys.get(at).ok_or_else(damaged)?;
        let bytes = key.get(from..end).ok_or_else(damaged)?;
        if part.data_type == DataType::Interval && bytes.first() == Some(&1) {
            return Ok((end, None));
        }
        let mut value = columns::empty(part.data_type);
        let scale = part.scale.unwrap_or_else(|| shown_scale(bytes, part));
        decode_value(bytes, *part, scale, &mut value)?;
        Ok((end, Some(value)))
    }

    /// Appends the value of key column `at`, whose bytes these are.
    pub(super) fn decode_column(
        &self,
        at: usize,
        bytes: &[u8],
        payload: &[u8],
        to: &mut Column,
    ) -> Result<(), Error> {
        let column = *self.keys.get(at).ok_or_else(damaged)?;
        let mut from = 0;
        let kept = self.kept.iter().find_map(|&(key, length)| {
            from += length;
            payload.get(from - length..from).filter(|_| key == at)
        });
        match (kept, column.scale) {
            (Some(&[scale]), _) => decode_value(bytes, column, u16::from(scale), to),
            (Some(value), _) if bytes.first() == Some(&1) => {
                if !to.data.push_le(value) {
                    return Err(damaged());
                }
                if !to.nulls.0.is_empty() {
                    to.nulls.0.push(false);
                }
                Ok(())
            }
            (_, scale) => decode_value(bytes, column, scale.unwrap_or(0), to),
        }
    }
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

/// The fewest digits behind the point that show a numeric whole.
fn shown_scale(bytes: &[u8], column: &KeyColumn) -> u16 {
    match (column.data_type, bytes.split_first()) {
        (DataType::Numeric(_), Some((&1, rest))) => {
            let digits = numeric_digits(rest, column.spec.descending);
            digits.map_or(0, |(before, all)| u16::try_from(all - before).unwrap_or(0))
        }
        _ => 0,
    }
}

/// The first value of a payload, `None` for NULL, and what follows it.
fn split_value(payload: &[u8], data_type: DataType) -> Option<(Option<&[u8]>, &[u8])> {
    let (&tag, rest) = payload.split_first()?;
    if tag == 0 {
        return Some((None, rest));
    }
    let (length, rest) = match data_type.fixed_len() {
        Some(length) => (length, rest),
        None if tag == LONG => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        None => (usize::from(tag) - 1, rest),
    };
    let (bytes, rest) = rest.split_at_checked(length)?;
    Some((Some(bytes), rest))
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

fn decode_value(bytes: &[u8], column: KeyColumn, scale: u16, to: &mut Column) -> Result<(), Error> {
    let (&tag, rest) = bytes.split_first().ok_or_else(damaged)?;
    if tag != 1 {
        return columns::push(to, &Value::Null);
    }
    let mut turned = [0u8; 16];
    let flip = if column.spec.descending { 0xFF } else { 0 };
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
            v.push(decode_numeric(&plain, scale).ok_or_else(damaged)?);
        }
    }
    if !to.nulls.0.is_empty() {
        to.nulls.0.push(false);
    }
    Ok(())
}

impl KeyLayout for IndexCodec {
    fn tuple_bytes(&self, key: &[u8], payload: &[u8]) -> usize {
        // A NULL is one byte, so a key as long as one without NULLs has none.
        if let Some((length, bytes)) = self.whole
            && key.len() == length
        {
            return bytes;
        }
        let mut offset = 0usize;
        let mut nulls = false;
        let mut from = 0;
        for (at, column) in self.keys.iter().enumerate() {
            // Behind the last column is nothing: no look for its end.
            let end = if at + 1 == self.keys.len() && from < key.len() {
                Some(key.len())
            } else {
                self.column_end(key, from, at)
            };
            let Some(end) = end else {
                break;
            };
            if key.get(from) != Some(&1) {
                nulls = true;
            } else if let Some(length) = column.data_type.fixed_len() {
                offset = offset.next_multiple_of(column.data_type.alignment()) + length;
            } else {
                let length = match column.data_type {
                    DataType::Numeric(_) => {
                        let bytes = key.get(from + 1..end).unwrap_or(&[]);
                        2 + 2 * numeric_groups(bytes, column.spec.descending)
                    }
                    _ => end - from - 2,
                };
                offset = place_payload(offset, length);
            }
            from = end;
        }
        let mut rest = payload.get(self.kept_bytes..).unwrap_or(&[]);
        for &data_type in &self.include {
            let Some((value, after)) = split_value(rest, data_type) else {
                break;
            };
            rest = after;
            let Some(value) = value else {
                nulls = true;
                continue;
            };
            offset = if data_type.fixed_len().is_some() {
                offset.next_multiple_of(data_type.alignment()) + value.len()
            } else {
                place_payload(offset, value.len())
            };
        }
        index_tuple_bytes(offset, nulls)
    }

    fn fixed_tuple_bytes(&self) -> Option<usize> {
        let (_, bytes) = self.whole.filter(|_| self.never_null)?;
        Some(bytes)
    }

    fn separator(&self, left: &[u8], right: &[u8]) -> Option<KeyPrefix> {
        let mut from = 0;
        for at in 0..self.keys.len() {
            let end = self.column_end(right, from, at)?;
            if left.get(from..end) != right.get(from..end) {
                return Some(KeyPrefix {
                    bytes: end,
                    columns: at + 1,
                });
            }
            from = end;
        }
        None
    }

    fn columns(&self) -> usize {
        self.keys.len()
    }

    fn deduplicate(&self) -> bool {
        self.deduplicate
    }
}
