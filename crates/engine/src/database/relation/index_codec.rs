//! An index's entries as bytes: keys that sort as the values do, INCLUDE columns after them, and back.
//!
//! Why columns can be told apart in a key: separators are cut between columns only, index-only scans read columns back, and
//! PostgreSQL's tuple size is computed from the key alone. What a key does not say is kept beside it: how many digits a numeric
//! without a declared scale shows behind its point, and the months and days of an interval, which sorts by its length.

use super::{
    clustered::ByteList,
    key_column::{KeyColumn, damaged, key_width},
};
use crate::{
    Error,
    catalog::{IndexColumn, IndexKey, TableDef},
    executor::{
        columns,
        sort_keys::{SortKeySpec, encode, encode_plain},
    },
    value::{
        Column, ColumnData, DataType, Value,
        geometry::{index_tuple_bytes, place_payload},
    },
};
use alloc::{rc::Rc, vec::Vec};
use btree::{KeyLayout, KeyPrefix};

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

/// Begins a value of varying length that is too long for one byte of length.
const LONG: u8 = 255;

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
            from = self.part_end(key, from, at)?;
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
        let column = self.keys.get(at).ok_or_else(damaged)?;
        column.end_in(key, from).ok_or_else(damaged)
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
            let end = self.part_end(key, from, at)?;
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
        let part = self.keys.get(at).ok_or_else(damaged)?;
        let end = part.end_in(key, from).ok_or_else(damaged)?;
        let bytes = key.get(from..end).ok_or_else(damaged)?;
        if part.data_type == DataType::Interval && bytes.first() == Some(&1) {
            return Ok((end, None));
        }
        let mut value = columns::empty(part.data_type);
        part.decode(bytes, part.scale, &mut value)?;
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
        let column = self.keys.get(at).ok_or_else(damaged)?;
        let mut from = 0;
        let kept = self.kept.iter().find_map(|&(key, length)| {
            from += length;
            payload.get(from - length..from).filter(|_| key == at)
        });
        match (kept, column.scale) {
            (Some(&[scale]), _) => column.decode(bytes, Some(u16::from(scale)), to),
            (Some(value), _) if bytes.first() == Some(&1) => {
                if !to.data.push_le(value) {
                    return Err(damaged());
                }
                if !to.nulls.0.is_empty() {
                    to.nulls.0.push(false);
                }
                Ok(())
            }
            (_, scale) => column.decode(bytes, scale, to),
        }
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
                column.end_in(key, from)
            };
            let Some(end) = end else {
                break;
            };
            if key.get(from) == Some(&1) {
                offset = column.place(key.get(from + 1..end).unwrap_or(&[]), offset);
            } else {
                nulls = true;
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
        for (at, column) in self.keys.iter().enumerate() {
            let end = column.end_in(right, from)?;
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
