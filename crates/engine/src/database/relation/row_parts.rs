//! One row's values, as the heap takes them: each value's bytes.
//!
//! Why apart: a row stored by itself is what single inserts and updates spend their time on, so it asks for no memory that is not
//! there already.

use crate::value::{DataType, ValueRef, geometry::RowLength};
use alloc::vec::Vec;
use pages::heap::RowRef;

/// The values of a row, by column; `None` is NULL.
pub(crate) type RowValues<'r, 'v> = &'r dyn Fn(usize) -> Option<ValueRef<'v>>;

/// Rows of so many columns are handed over without memory of their own.
const FEW_COLUMNS: usize = 16;

/// Hands a row of columns of these types to `act`, as the heap takes it. `bytes` is memory to use.
pub(super) fn with_row<T>(
    value: RowValues<'_, '_>,
    types: &[DataType],
    bytes: &mut Vec<u8>,
    act: impl FnOnce(&RowRef<'_>) -> T,
) -> T {
    let columns = types.len();
    let mut length = RowLength::default();
    bytes.clear();
    let mut few_ends = [None; FEW_COLUMNS];
    let mut many_ends = Vec::new();
    let ends = match few_ends.get_mut(..columns) {
        Some(ends) => ends,
        None => {
            many_ends.resize(columns, None);
            many_ends.as_mut_slice()
        }
    };
    for (at, (end, &data_type)) in ends.iter_mut().zip(types).enumerate() {
        let value = value(at);
        length.add(value, data_type);
        *end = value.map(|value| {
            value.write_le(bytes);
            bytes.len()
        });
    }
    let mut few_parts = [None; FEW_COLUMNS];
    let mut many_parts = Vec::new();
    let parts = match few_parts.get_mut(..columns) {
        Some(parts) => parts,
        None => {
            many_parts.resize(columns, None);
            many_parts.as_mut_slice()
        }
    };
    let mut from = 0;
    for (end, part) in ends.iter().zip(&mut *parts) {
        if let Some(end) = *end {
            *part = bytes.get(from..end);
            from = end;
        }
    }
    act(&RowRef {
        columns: parts,
        row_len: length.bytes(columns),
    })
}
