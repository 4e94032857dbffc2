//! One index's keys: how its columns become a key and a payload, and what PostgreSQL would take for them.

use super::key::{self, Part, split_part};
use crate::{
    Error, ErrorCode,
    catalog::IndexDef,
    value::{Column, ColumnData, DataType},
};
use alloc::{rc::Rc, vec::Vec};
use btree::{KeyLayout, KeyPrefix};

/// One key part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPart {
    /// Its type.
    pub data_type: DataType,
    /// DESC
    pub descending: bool,
    /// NULLS FIRST
    pub nulls_first: bool,
}

/// See the file's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFormat {
    parts: Vec<KeyPart>,
    include: Vec<DataType>,
    /// PostgreSQL's bytes of an entry without NULLs, if they do not vary.
    fixed: Option<usize>,
    /// Whether no part can be NULL.
    never_null: bool,
    has_payload: bool,
    deduplicate: bool,
}

const fn align(offset: usize, to: usize) -> usize {
    offset.div_ceil(to) * to
}

impl KeyFormat {
    /// The format of an index over a table of these columns; `not_null`: whether each key part is never NULL.
    pub fn new(def: &IndexDef, include: Vec<DataType>, never_null: bool) -> Self {
        let parts: Vec<KeyPart> = def
            .columns
            .iter()
            .map(|column| KeyPart {
                data_type: column.data_type,
                descending: column.descending,
                nulls_first: column.nulls_first,
            })
            .collect();
        let mut fixed = Some(8);
        for data_type in parts
            .iter()
            .map(|part| part.data_type)
            .chain(include.iter().copied())
        {
            fixed = match (fixed, data_type.fixed_len()) {
                (Some(offset), Some(length)) => Some(align(offset, data_type.alignment()) + length),
                _ => None,
            };
        }
        let lossy = parts.iter().any(|part| key::is_lossy(part.data_type));
        let same_image = parts.iter().all(|part| {
            !matches!(
                part.data_type,
                DataType::Numeric(_) | DataType::Float4 | DataType::Float8 | DataType::Interval
            )
        });
        Self {
            deduplicate: include.is_empty() && same_image,
            has_payload: lossy || !include.is_empty(),
            fixed: fixed.map(|bytes| align(bytes, 8)),
            never_null,
            parts,
            include,
        }
    }

    /// The key parts.
    #[must_use]
    pub fn parts(&self) -> &[KeyPart] {
        &self.parts
    }

    /// Whether entries carry a payload.
    #[must_use]
    pub fn has_payload(&self) -> bool {
        self.has_payload
    }

    /// Appends the key of a row; `columns` are the key parts' values.
    #[inline]
    pub fn write_key(&self, columns: &[Rc<Column>], row: usize, out: &mut Vec<u8>) {
        for (part, column) in self.parts.iter().zip(columns) {
            let null = column.is_null(row);
            key::write_part(
                &column.data,
                row,
                null,
                part.descending,
                part.nulls_first,
                out,
            );
        }
    }

    /// Appends the payload of a row; `columns` are the key parts' values, then those of INCLUDE.
    #[inline]
    pub fn write_payload(&self, columns: &[Rc<Column>], row: usize, out: &mut Vec<u8>) {
        if !self.has_payload {
            return;
        }
        for (part, column) in self.parts.iter().zip(columns) {
            if key::is_lossy(part.data_type) && !column.is_null(row) {
                key::write_extra(&column.data, row, out);
            }
        }
        for column in columns.iter().skip(self.parts.len()) {
            if column.is_null(row) {
                out.push(0);
                continue;
            }
            out.push(1);
            let length_at = out.len();
            if column.data.data_type().fixed_len().is_none() {
                out.extend_from_slice(&[0; 2]);
            }
            let from = out.len();
            column.data.write_row(row, out);
            if from > length_at {
                let length = u16::try_from(out.len() - from).unwrap_or(u16::MAX);
                if let Some(place) = out.get_mut(length_at..from) {
                    place.copy_from_slice(&length.to_le_bytes());
                }
            }
        }
    }

    /// Types of the columns that an entry holds: key parts, then INCLUDE.
    pub fn types(&self) -> impl Iterator<Item = DataType> + '_ {
        let parts = self.parts.iter().map(|part| part.data_type);
        parts.chain(self.include.iter().copied())
    }

    /// Appends an entry's values to the columns that are wanted (`None`: not); one place for each of [`Self::types`].
    ///
    /// # Errors
    /// The entry is damaged (XX002).
    pub fn read(
        &self,
        mut key: &[u8],
        mut payload: &[u8],
        to: &mut [Option<Column>],
    ) -> Result<(), Error> {
        let mut places = to.iter_mut();
        for part in &self.parts {
            let (found, rest) =
                split_part(key, part.data_type, part.descending).ok_or_else(damaged)?;
            key = rest;
            let place = places.next().ok_or_else(damaged)?;
            match (found, place) {
                (Part::Null, Some(column)) => column.push_null(),
                (Part::Null, None) => {}
                (Part::Value(value), Some(column)) => {
                    if !key::read_part(value, part.descending, &mut payload, &mut column.data) {
                        return Err(damaged());
                    }
                    if !column.nulls.0.is_empty() {
                        column.nulls.0.push(false);
                    }
                }
                (Part::Value(_), None) => {
                    let skip = extra_len(part.data_type);
                    payload = payload.get(skip..).ok_or_else(damaged)?;
                }
            }
        }
        for (&data_type, place) in self.include.iter().zip(places) {
            let value = split_included(&mut payload, data_type).ok_or_else(damaged)?;
            match (value, place) {
                (None, Some(column)) => column.push_null(),
                (Some(value), Some(column)) => {
                    if !column.data.push_le(value) {
                        return Err(damaged());
                    }
                    if !column.nulls.0.is_empty() {
                        column.nulls.0.push(false);
                    }
                }
                (_, None) => {}
            }
        }
        Ok(())
    }
}

/// Bytes in the payload that belong to a key part.
const fn extra_len(data_type: DataType) -> usize {
    match data_type {
        DataType::Numeric(_) => 2,
        DataType::Interval => 16,
        _ => 0,
    }
}

fn split_included<'a>(payload: &mut &'a [u8], data_type: DataType) -> Option<Option<&'a [u8]>> {
    let (&marker, mut rest) = payload.split_first()?;
    if marker == 0 {
        *payload = rest;
        return Some(None);
    }
    let length = match data_type.fixed_len() {
        Some(length) => length,
        None => {
            let (length, after) = rest.split_first_chunk::<2>()?;
            rest = after;
            usize::from(u16::from_le_bytes(*length))
        }
    };
    let (value, rest) = rest.split_at_checked(length)?;
    *payload = rest;
    Some(Some(value))
}

#[cold]
fn damaged() -> Error {
    Error::new(
        ErrorCode::IndexCorrupted,
        "an index entry does not have its columns' form",
    )
}

/// Offset behind a text of `length` bytes or a number of that many, in PostgreSQL's row.
const fn after_varlena(offset: usize, length: usize) -> usize {
    if length < 127 {
        offset + length + 1
    } else {
        align(offset, 4) + length + 4
    }
}

fn included_len(value: &[u8], data_type: DataType) -> usize {
    if !matches!(data_type, DataType::Numeric(_)) {
        return value.len();
    }
    let mut read = ColumnData::Numeric(Vec::new());
    match (read.push_le(value), &read) {
        (true, ColumnData::Numeric(numbers)) => numbers
            .first()
            .map_or(0, |n| 2 + 2 * n.stored_groups() as usize),
        _ => 0,
    }
}

impl KeyLayout for KeyFormat {
    fn tuple_bytes(&self, key: &[u8], payload: &[u8]) -> usize {
        let (mut rest, mut offset, mut any_null) = (key, 0usize, false);
        let mut extra = 0;
        for part in &self.parts {
            let Some((found, after)) = split_part(rest, part.data_type, part.descending) else {
                break;
            };
            rest = after;
            let Part::Value(value) = found else {
                any_null = true;
                continue;
            };
            extra += extra_len(part.data_type);
            offset = match part.data_type.fixed_len() {
                Some(length) => align(offset, part.data_type.alignment()) + length,
                None => {
                    let mut length = key::varying_len(value, part.data_type, part.descending);
                    if matches!(part.data_type, DataType::Numeric(_)) {
                        length = 2 + 2 * length;
                    } else if let DataType::Char(width) = part.data_type {
                        let flip: u8 = if part.descending { 0xff } else { 0 };
                        // Every byte that does not go on with a character begins one.
                        let begins = value.iter().filter(|&&b| (b ^ flip) & 0xc0 != 0x80).count();
                        length += (width as usize).saturating_sub(begins.saturating_sub(1));
                    }
                    after_varlena(offset, length)
                }
            };
        }
        if !payload.is_empty() && !self.include.is_empty() {
            let mut rest = payload.get(extra..).unwrap_or(&[]);
            for &data_type in &self.include {
                match split_included(&mut rest, data_type) {
                    Some(Some(value)) => {
                        offset = match data_type.fixed_len() {
                            Some(length) => align(offset, data_type.alignment()) + length,
                            None => after_varlena(offset, included_len(value, data_type)),
                        };
                    }
                    Some(None) => any_null = true,
                    None => break,
                }
            }
        }
        align(if any_null { 16 } else { 8 } + offset, 8)
    }

    fn fixed_tuple_bytes(&self) -> Option<usize> {
        if self.never_null { self.fixed } else { None }
    }

    fn separator(&self, left: &[u8], right: &[u8]) -> Option<KeyPrefix> {
        let (mut bytes, mut columns) = (0, 0);
        for part in &self.parts {
            let length = key::part_len(right.get(bytes..)?, part.data_type, part.descending)?;
            columns += 1;
            let end = bytes + length;
            if left.get(bytes..end) != right.get(bytes..end) {
                return Some(KeyPrefix {
                    bytes: end,
                    columns,
                });
            }
            bytes = end;
        }
        None
    }

    fn columns(&self) -> usize {
        self.parts.len()
    }

    fn deduplicate(&self) -> bool {
        self.deduplicate
    }
}
