//! One row out of columns, as the heap takes it: each value's bytes.
//!
//! Why apart: a row stored by itself is what single inserts and updates spend their time on, so it asks for memory once.

use crate::{executor::columns, value::Column};
use alloc::{rc::Rc, vec::Vec};
use pages::heap::RowRef;

/// Rows of so many columns are handed over without memory of their own.
const FEW_COLUMNS: usize = 16;

/// Hands one row of the columns to `act`, as the heap takes it.
pub(super) fn with_row<T>(
    columns: &[Rc<Column>],
    row: usize,
    row_len: u16,
    act: impl FnOnce(&RowRef<'_>) -> T,
) -> T {
    let mut bytes = Vec::with_capacity(128);
    let mut few_ends = [0_usize; FEW_COLUMNS];
    let mut many_ends = Vec::new();
    let ends = match few_ends.get_mut(..columns.len()) {
        Some(ends) => ends,
        None => {
            many_ends.resize(columns.len(), 0_usize);
            many_ends.as_mut_slice()
        }
    };
    for (column, end) in columns.iter().zip(&mut *ends) {
        if !columns::is_null(column, row) {
            column.data.write_row(row, &mut bytes);
        }
        *end = bytes.len();
    }
    let mut few_parts = [None; FEW_COLUMNS];
    let mut many_parts = Vec::new();
    let parts = match few_parts.get_mut(..columns.len()) {
        Some(parts) => parts,
        None => {
            many_parts.resize(columns.len(), None);
            many_parts.as_mut_slice()
        }
    };
    let mut from = 0;
    for ((column, &end), part) in columns.iter().zip(&*ends).zip(&mut *parts) {
        if !columns::is_null(column, row) {
            *part = bytes.get(from..end);
        }
        from = end;
    }
    act(&RowRef {
        columns: parts,
        row_len,
    })
}
