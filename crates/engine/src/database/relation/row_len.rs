//! How many bytes PostgreSQL takes for a row: what decides how many rows a heap page holds.
//!
//! Header of 23 bytes, a bitmap if the row has a NULL, rounded up to 8; then the columns, each aligned; the whole rounded up to 8.
//! Source: PostgreSQL `heaptuple.c`, `heap_compute_data_size`.

use crate::{
    executor::columns,
    value::{Column, ColumnData, DataType},
};
use alloc::{rc::Rc, vec::Vec};

const fn align(offset: usize, to: usize) -> usize {
    offset.div_ceil(to) * to
}

/// Offset after a text of `length` bytes that starts at `offset` or later: short ones have a header of one byte and no alignment.
const fn after_varlena(offset: usize, length: usize) -> usize {
    if length < 127 {
        offset + length + 1
    } else {
        align(offset, 4) + length + 4
    }
}

/// The lengths of rows `0..rows`, without line pointers; lengths beyond 16 bits are cut to the largest, which no page holds.
pub(crate) fn row_lengths(columns: &[Rc<Column>], types: &[DataType], rows: usize) -> Vec<u16> {
    let any_null = columns.iter().any(|column| !column.nulls.0.is_empty());
    let with_bitmap = align(23 + columns.len().div_ceil(8), 8);
    let mut offsets: Vec<usize> = if any_null {
        (0..rows)
            .map(|row| {
                if columns.iter().any(|column| columns::is_null(column, row)) {
                    with_bitmap
                } else {
                    24
                }
            })
            .collect()
    } else if let Some(fixed) = fixed_length(types) {
        return alloc::vec![u16::try_from(fixed).unwrap_or(u16::MAX); rows];
    } else {
        alloc::vec![24; rows]
    };
    for (column, &data_type) in columns.iter().zip(types) {
        let alignment = data_type.alignment();
        for (row, offset) in offsets.iter_mut().enumerate() {
            if columns::is_null(column, row) {
                continue;
            }
            *offset = match (&column.data, data_type.fixed_len()) {
                (_, Some(length)) => align(*offset, alignment) + length,
                (ColumnData::Text(texts), None) => {
                    let mut length = columns::text_at(texts, row).len();
                    if let DataType::Char(width) = data_type {
                        let chars = core::str::from_utf8(columns::text_at(texts, row))
                            .map_or(length, |text| text.chars().count());
                        length += (width as usize).saturating_sub(chars);
                    }
                    after_varlena(*offset, length)
                }
                (ColumnData::Numeric(values), None) => {
                    let groups = values.get(row).map_or(0, |value| value.stored_groups());
                    after_varlena(*offset, 2 + 2 * groups as usize)
                }
                _ => *offset,
            };
        }
    }
    offsets
        .into_iter()
        .map(|offset| u16::try_from(align(offset, 8)).unwrap_or(u16::MAX))
        .collect()
}

/// The length of every row without NULLs, if all types are of fixed width.
fn fixed_length(types: &[DataType]) -> Option<usize> {
    let mut offset = 24;
    for data_type in types {
        offset = align(offset, data_type.alignment()) + data_type.fixed_len()?;
    }
    Some(align(offset, 8))
}
