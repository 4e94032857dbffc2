//! What the tree asks of its keys: PostgreSQL's tuple sizes, separators, whether equal keys share an entry.

use super::{KeyColumn, KeySchema, NOT_NULL, decode::text_length, encode::plain, number};
use crate::value::{
    DataType, TypeClass,
    geometry::{index_tuple_bytes, place_payload},
};
use btree::{KeyLayout, KeyPrefix};

/// Length of the first column's encoding, its NULL byte included, and the payload bytes of a varying type.
fn measure(how: KeyColumn, key: &[u8]) -> Option<(usize, Width)> {
    let (&mark, bytes) = key.split_first()?;
    if mark != NOT_NULL {
        return Some((1, Width::Null));
    }
    let inversion = how.inversion();
    Some(match how.data_type.class() {
        TypeClass::Text | TypeClass::Unknown => {
            let length = text_length(bytes, inversion)?;
            let text = bytes.get(..length - 1)?;
            let escapes = text.iter().filter(|byte| **byte ^ inversion == 1).count();
            // An escaped 1 is the pair 1 2, an escaped 0 the pair 1 1, which counts twice.
            let doubled = text
                .windows(2)
                .filter(|pair| pair[0] ^ inversion == 1 && pair[1] ^ inversion == 1)
                .count();
            let mut payload = length - 1 - (escapes - doubled);
            if let DataType::Char(letters) = how.data_type {
                let have = text
                    .iter()
                    .filter(|byte| (**byte ^ inversion) & 0xc0 != 0x80)
                    .count();
                payload += (letters as usize).saturating_sub(have);
            }
            (length + 1, Width::Varying(payload))
        }
        TypeClass::Numeric => {
            let decoded = number::decode(bytes, inversion)?;
            (decoded.length + 1, Width::Varying(2 + 2 * decoded.groups))
        }
        _ => {
            let stored = match how.data_type {
                DataType::Int2 => 4,
                other => other.fixed_len().unwrap_or(0),
            };
            (stored + 1, Width::Fixed)
        }
    })
}

/// How a column counts in a tuple.
#[derive(Clone, Copy)]
enum Width {
    Null,
    Fixed,
    Varying(usize),
}

fn advance(offset: usize, data_type: DataType, width: Width) -> usize {
    match width {
        Width::Null => offset,
        Width::Fixed => {
            offset.next_multiple_of(data_type.alignment()) + data_type.fixed_len().unwrap_or(0)
        }
        Width::Varying(payload) => place_payload(offset, payload),
    }
}

/// Bytes of what `encode_payload` adds for a value that is not NULL.
const fn rest_length(data_type: DataType) -> usize {
    match data_type {
        DataType::Numeric(None) => 2,
        DataType::Interval => 8,
        _ => 0,
    }
}

impl KeyLayout for KeySchema {
    fn tuple_bytes(&self, key: &[u8], payload: &[u8]) -> usize {
        let (mut key, mut payload) = (key, payload);
        let (mut offset, mut has_null) = (0, false);
        for column in &self.columns {
            let Some((length, width)) = measure(*column, key) else {
                break;
            };
            key = key.get(length..).unwrap_or(&[]);
            let is_null = matches!(width, Width::Null);
            has_null |= is_null;
            if !is_null {
                payload = payload.get(rest_length(column.data_type)..).unwrap_or(&[]);
            }
            offset = advance(offset, column.data_type, width);
        }
        for &data_type in &self.included {
            let Some((length, width)) = measure(plain(data_type), payload) else {
                break;
            };
            let is_null = matches!(width, Width::Null);
            has_null |= is_null;
            let rest = if is_null { 0 } else { rest_length(data_type) };
            payload = payload.get(length + rest..).unwrap_or(&[]);
            offset = advance(offset, data_type, width);
        }
        index_tuple_bytes(offset, has_null)
    }

    fn fixed_tuple_bytes(&self) -> Option<usize> {
        if !self.included.is_empty() {
            return None;
        }
        let mut offset = 0;
        for column in &self.columns {
            column.data_type.fixed_len()?;
            offset = advance(offset, column.data_type, Width::Fixed);
        }
        let full = index_tuple_bytes(offset, false);
        let nullable = self.columns.iter().any(|column| !column.not_null);
        // A single short column takes 16 bytes either way.
        let same_with_null = self.columns.len() == 1 && index_tuple_bytes(0, true) == full;
        (!nullable || same_with_null).then_some(full)
    }

    fn separator(&self, left: &[u8], right: &[u8]) -> Option<KeyPrefix> {
        let mut at = 0;
        for (number, column) in self.columns.iter().enumerate() {
            let (length, _) = measure(*column, right.get(at..)?)?;
            let end = at + length;
            if left.get(at..end) != right.get(at..end) {
                return Some(KeyPrefix {
                    bytes: end,
                    columns: number + 1,
                });
            }
            at = end;
        }
        None
    }

    fn columns(&self) -> usize {
        self.columns.len()
    }

    fn deduplicate(&self) -> bool {
        self.included.is_empty()
            && !self.columns.iter().any(|column| {
                matches!(
                    column.data_type.class(),
                    TypeClass::Numeric | TypeClass::Float | TypeClass::Interval
                )
            })
    }
}
