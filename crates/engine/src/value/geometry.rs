//! How many bytes PostgreSQL would take: of a heap row, an index tuple, a single value.
//!
//! Why: pages hold as many rows here as there, so that page counts, heights and costs agree. Nothing here is the length of *our*
//! encoding. Source of the rules: PostgreSQL `htup_details.h`, `heaptuple.c` (`heap_compute_data_size`), `numeric.c`.

use super::{Column, ColumnData, DataType, Numeric, Value};
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
fn numeric_payload(value: Numeric) -> usize {
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

/// Where a value ends that is put at `offset` at the earliest; NULL takes nothing.
#[must_use]
pub fn place(offset: usize, value: &Value, data_type: DataType) -> usize {
    match value {
        Value::Null => offset,
        Value::Text(text) => place_payload(offset, text_payload(text.as_bytes(), data_type)),
        Value::Numeric(value) => place_payload(offset, numeric_payload(*value)),
        _ => offset.next_multiple_of(data_type.alignment()) + data_type.fixed_len().unwrap_or(0),
    }
}

/// Stored bytes of one value with its own header, without alignment: what ANALYZE averages. NULL: 0.
#[must_use]
pub fn stored_width(value: &Value, data_type: DataType) -> usize {
    match value {
        Value::Null => 0,
        Value::Text(text) => place_payload(0, text_payload(text.as_bytes(), data_type)),
        Value::Numeric(value) => place_payload(0, numeric_payload(*value)),
        _ => data_type.fixed_len().unwrap_or(0),
    }
}

/// Header of a heap row, rounded up to 8: 24, or more with a bitmap of many columns.
#[must_use]
pub const fn row_header(columns: usize, has_null: bool) -> usize {
    max_align(ROW_HEADER + if has_null { columns.div_ceil(8) } else { 0 })
}

/// Bytes of a heap row, rounded up to 8, without its 4-byte line pointer.
#[must_use]
pub fn row_len(values: &[Value], types: &[DataType]) -> usize {
    let has_null = values.iter().any(Value::is_null);
    let header = row_header(values.len(), has_null);
    let data = values
        .iter()
        .zip(types)
        .fold(0, |offset, (value, data_type)| {
            place(offset, value, *data_type)
        });
    max_align(header + data)
}

/// [`row_len`] of every row of a batch. Column by column: no value is built.
#[must_use]
pub fn row_lens(columns: &[Rc<Column>], types: &[DataType]) -> Vec<u16> {
    let rows = columns.first().map_or(0, |column| column.len());
    let any_null = columns.iter().any(|column| column.nulls.any());
    if !any_null
        && types
            .iter()
            .all(|data_type| data_type.fixed_len().is_some())
    {
        let data = types.iter().fold(0_usize, |offset, data_type| {
            offset.next_multiple_of(data_type.alignment()) + data_type.fixed_len().unwrap_or(0)
        });
        return vec![narrow(max_align(row_header(columns.len(), false) + data)); rows];
    }
    let mut ends = vec![0_usize; rows];
    for (column, data_type) in columns.iter().zip(types) {
        place_column(column, *data_type, &mut ends);
    }
    (0..rows)
        .map(|row| {
            let has_null = any_null && columns.iter().any(|column| column.is_null(row));
            narrow(max_align(row_header(columns.len(), has_null) + ends[row]))
        })
        .collect()
}

/// Rows that do not fit 64 KiB do not fit a page either.
fn narrow(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

fn place_column(column: &Column, data_type: DataType, ends: &mut [usize]) {
    let nulls = &column.nulls;
    match &column.data {
        ColumnData::Text(text) => {
            for (row, (end, bytes)) in ends.iter_mut().zip(text.iter()).enumerate() {
                if !nulls.is_null(row) {
                    *end = place_payload(*end, text_payload(bytes, data_type));
                }
            }
        }
        ColumnData::Numeric(values) => {
            for (row, (end, value)) in ends.iter_mut().zip(values).enumerate() {
                if !nulls.is_null(row) {
                    *end = place_payload(*end, numeric_payload(*value));
                }
            }
        }
        _ => {
            let (align, length) = (data_type.alignment(), data_type.fixed_len().unwrap_or(0));
            for (row, end) in ends.iter_mut().enumerate() {
                if !nulls.is_null(row) {
                    *end = end.next_multiple_of(align) + length;
                }
            }
        }
    }
}

/// Bytes of an index tuple with this much data, without its line pointer: 8, a null bitmap's 8 if some column is NULL, the data.
#[must_use]
pub const fn index_tuple_bytes(data: usize, has_null: bool) -> usize {
    max_align(8 + if has_null { 8 } else { 0 } + data)
}

#[cfg(test)]
mod tests {
    use super::{row_len, row_lens, stored_width};
    use crate::value::{Column, DataType, Numeric, Value};
    use alloc::{rc::Rc, vec, vec::Vec};

    #[test]
    fn rows_are_as_long_as_in_postgresql() {
        let int = Value::Int4(1);
        assert_eq!(row_len(core::slice::from_ref(&int), &[DataType::Int4]), 32);
        assert_eq!(
            row_len(
                &[int.clone(), Value::Int8(1)],
                &[DataType::Int4, DataType::Int8]
            ),
            40
        );
        assert_eq!(
            row_len(
                &[int, Value::text("hello")],
                &[DataType::Int4, DataType::Text]
            ),
            40
        );
        let nine = vec![Value::Null; 9];
        assert_eq!(row_len(&nine, &[DataType::Int4; 9]), 32);
        assert_eq!(row_len(&nine[..8], &[DataType::Int4; 8]), 24);
    }

    #[test]
    fn numerics_take_two_bytes_for_each_four_digits() {
        let width = |mantissa, scale| {
            stored_width(
                &Value::Numeric(Numeric::new(mantissa, scale)),
                DataType::Numeric(None),
            )
        };
        assert_eq!(width(1250, 2), 7);
        assert_eq!(width(10_000, 2), 5);
        assert_eq!(width(0, 0), 3);
        assert_eq!(
            stored_width(&Value::text("x".repeat(127)), DataType::Text),
            131
        );
        assert_eq!(stored_width(&Value::text("ab"), DataType::Char(10)), 11);
    }

    #[test]
    fn a_batch_is_measured_like_its_rows() {
        let types = [
            DataType::Bool,
            DataType::Text,
            DataType::Int8,
            DataType::Numeric(None),
        ];
        let rows: Vec<Vec<Value>> = vec![
            vec![
                Value::Bool(true),
                Value::text("abc"),
                Value::Int8(1),
                Value::Numeric(Numeric::new(5, 1)),
            ],
            vec![
                Value::Null,
                Value::text("x".repeat(200)),
                Value::Int8(1),
                Value::Null,
            ],
        ];
        let columns: Vec<Rc<Column>> = (0..4)
            .map(|at| {
                Rc::new(Column::from_values(
                    types[at],
                    rows.iter().map(|row| &row[at]),
                ))
            })
            .collect();
        let expected: Vec<u16> = rows
            .iter()
            .map(|row| u16::try_from(row_len(row, &types)).unwrap())
            .collect();
        assert_eq!(row_lens(&columns, &types), expected);
    }
}
