//! How many bytes PostgreSQL would take: of a heap row, an index tuple, a single value.
//!
//! Why: pages hold as many rows here as there, so that page counts, heights and costs agree. Nothing here is the length of *our*
//! encoding. Source of the rules: PostgreSQL `htup_details.h`, `heaptuple.c` (`heap_compute_data_size`), `numeric.c`.

use super::{Column, ColumnData, DataType, Numeric, Value, ValueRef};
use alloc::{rc::Rc, vec, vec::Vec};

/// Rounds up to a multiple of 8 (`MAXALIGN`).
#[must_use]
pub const fn max_align(bytes: usize) -> usize {
    bytes.next_multiple_of(8)
}

/// Longest payload that gets a one-byte header and no alignment.
const SHORT: usize = 126;
/// Bytes of a row's header before the null bitmap.
const ROW_HEADER: usize = 23;

/// Where a field ends that starts at `offset` at the earliest: a varying one of `payload` bytes.
pub(crate) const fn place_payload(offset: usize, payload: usize) -> usize {
    if payload <= SHORT {
        offset + payload + 1
    } else {
        offset.next_multiple_of(4) + payload + 4
    }
}

/// Payload bytes of a numeric: 2 for sign, weight and scale, and 2 for each group of four digits.
pub(crate) fn numeric_payload(value: Numeric) -> usize {
    2 + 2 * value.stored_groups() as usize
}

/// Payload bytes of a text; `char(n)` is filled up with blanks.
fn text_payload(bytes: &[u8], data_type: DataType) -> usize {
    match data_type {
        DataType::Char(length) if length > 0 => {
            let letters = bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
            bytes.len() + (length as usize).saturating_sub(letters)
        }
        _ => bytes.len(),
    }
}

/// Bytes of a stored value with its own header, without alignment: what `avg_width` is the mean of. NULL: 0.
/// ```
/// use engine::value::{Numeric, Value, geometry::stored_width};
/// assert_eq!(stored_width(&Value::text("abc")), 4);
/// assert_eq!(stored_width(&Value::Numeric(Numeric { mantissa: 1250, scale: 2 })), 7);
/// ```
#[must_use]
pub fn stored_width(value: &Value) -> usize {
    let found = value.as_value_ref();
    found.map_or(0, |found| place_value(0, found, value.data_type()))
}

/// Header of a heap row, rounded up to 8: 24, or more with a bitmap of many columns.
#[must_use]
pub const fn row_header(columns: usize, has_null: bool) -> usize {
    max_align(ROW_HEADER + if has_null { columns.div_ceil(8) } else { 0 })
}

/// Bytes of rows `0 .. rows` of a heap, each rounded up to 8, without their 4-byte line pointers; lengths beyond 16 bits are cut to
/// the largest, which no page holds. Column by column: no value is built.
#[must_use]
pub fn row_lens(columns: &[Rc<Column>], types: &[DataType], rows: usize) -> Vec<u16> {
    let any_null = columns.iter().any(|column| column.nulls.any());
    if !any_null
        && types
            .iter()
            .all(|data_type| data_type.fixed_len().is_some())
    {
        let data = types
            .iter()
            .fold(0, |end, &data_type| place_fixed(end, data_type));
        return vec![narrow(max_align(row_header(columns.len(), false) + data)); rows];
    }
    let mut ends = vec![0_usize; rows];
    for (column, data_type) in columns.iter().zip(types) {
        place_column(column, *data_type, &mut ends);
    }
    ends.iter()
        .enumerate()
        .map(|(row, end)| {
            let has_null = any_null && columns.iter().any(|column| column.is_null(row));
            stored_row(columns.len(), has_null, *end)
        })
        .collect()
}

/// The bytes of one row as [`row_lens`] has them, value by value.
#[derive(Default)]
pub(crate) struct RowLength {
    end: usize,
    has_null: bool,
}

impl RowLength {
    /// The next column's value; `None` is NULL.
    #[inline]
    pub fn add(&mut self, value: Option<ValueRef<'_>>, data_type: DataType) {
        match value {
            Some(value) => self.end = place_value(self.end, value, data_type),
            None => self.has_null = true,
        }
    }

    /// The row's bytes, of so many columns.
    pub fn bytes(&self, columns: usize) -> u16 {
        stored_row(columns, self.has_null, self.end)
    }
}

/// Where the field of a value ends that starts at `offset` at the earliest.
fn place_value(offset: usize, value: ValueRef<'_>, data_type: DataType) -> usize {
    match value {
        ValueRef::Text(text) => place_payload(offset, text_payload(text, data_type)),
        ValueRef::Numeric(number) => place_payload(offset, numeric_payload(number)),
        _ => place_fixed(offset, data_type),
    }
}

/// The same for a value of fixed length.
fn place_fixed(offset: usize, data_type: DataType) -> usize {
    offset.next_multiple_of(data_type.alignment()) + data_type.fixed_len().unwrap_or(0)
}

/// A row whose fields end at `end`, with its header.
fn stored_row(columns: usize, has_null: bool, end: usize) -> u16 {
    narrow(max_align(row_header(columns, has_null) + end))
}

fn narrow(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

/// Moves the ends of rows behind this column's field.
fn place_column(column: &Column, data_type: DataType, ends: &mut [usize]) {
    let rows = (0..).zip(ends);
    let rows = rows.filter(|(row, _)| !column.nulls.is_null(*row));
    match &column.data {
        ColumnData::Text(text) => {
            for (row, end) in rows {
                *end = place_payload(*end, text_payload(text.bytes_at(row), data_type));
            }
        }
        ColumnData::Numeric(values) => {
            for (row, end) in rows {
                let payload = values.get(row).map_or(0, |value| numeric_payload(*value));
                *end = place_payload(*end, payload);
            }
        }
        _ => rows.for_each(|(_, end)| *end = place_fixed(*end, data_type)),
    }
}

/// Bytes of an index tuple with this much data, without its line pointer: 8, a null bitmap's 8 if some column is NULL, the data.
#[must_use]
pub const fn index_tuple_bytes(data: usize, has_null: bool) -> usize {
    max_align(8 + if has_null { 8 } else { 0 } + data)
}

#[cfg(test)]
mod tests {
    use super::{numeric_payload, place_payload, row_lens};
    use crate::value::{Column, DataType, Numeric, Value};
    use alloc::{rc::Rc, vec, vec::Vec};

    fn row_len(values: &[Value], types: &[DataType]) -> u16 {
        let column = |(value, data_type): (&Value, &DataType)| {
            Rc::new(Column::from_values(*data_type, core::iter::once(value)))
        };
        let columns: Vec<Rc<Column>> = values.iter().zip(types).map(column).collect();
        row_lens(&columns, types, 1)[0]
    }

    #[test]
    fn rows_are_as_long_as_in_postgresql() {
        let int = Value::Int4(1);
        assert_eq!(row_len(core::slice::from_ref(&int), &[DataType::Int4]), 32);
        let two = [DataType::Int4, DataType::Int8];
        assert_eq!(row_len(&[int.clone(), Value::Int8(1)], &two), 40);
        let two = [DataType::Int4, DataType::Text];
        assert_eq!(row_len(&[int, Value::text("hello")], &two), 40);
        let nine = vec![Value::Null; 9];
        assert_eq!(row_len(&nine, &[DataType::Int4; 9]), 32);
        assert_eq!(row_len(&nine[..8], &[DataType::Int4; 8]), 24);
        let padded = row_len(&[Value::text("ab")], &[DataType::Char(40)]);
        assert_eq!(
            padded,
            row_len(&[Value::text("x".repeat(40))], &[DataType::Text])
        );
        let long = row_len(
            &[Value::Bool(true), Value::text("x".repeat(200))],
            &[DataType::Bool, DataType::Text],
        );
        assert_eq!(long, 24 + 4 + 204);
    }

    #[test]
    fn numerics_take_two_bytes_for_each_four_digits() {
        let width =
            |mantissa, scale| place_payload(0, numeric_payload(Numeric::new(mantissa, scale)));
        assert_eq!(width(1250, 2), 7);
        assert_eq!(width(10_000, 2), 5);
        assert_eq!(width(0, 0), 3);
        assert_eq!(place_payload(0, 127), 131);
    }
}
