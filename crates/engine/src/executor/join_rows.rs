//! The columns of joined rows, gathered from both sides: what hash joins and merge joins give out.
//!
//! Why apart: only columns that somebody above reads are copied, and a side without a partner becomes NULLs; both are the same
//! whichever way partners were found.

use super::columns::{self, NO_ROW};
use crate::{
    Error,
    value::{Batch, Column, ColumnData, DataType, NullMask, Value},
};
use alloc::{rc::Rc, vec::Vec};

/// Types of both sides' columns, and which of them somebody reads.
pub(crate) struct JoinColumns {
    pub outer_used: Vec<bool>,
    pub inner_used: Vec<bool>,
    pub outer_types: Vec<DataType>,
    pub inner_types: Vec<DataType>,
    /// An inner column in whose place the number of the inner row is given out. Every joined row has one then.
    pub inner_row: Option<usize>,
}

impl JoinColumns {
    /// The rows of pairs (`outer[n]`, `inner[n]`), [`NO_ROW`] standing for a missing side. Columns that nobody reads stay empty.
    ///
    /// # Errors
    /// Out of memory.
    pub fn gather(
        &self,
        outer_columns: &[Rc<Column>],
        inner_columns: &[Column],
        outer: &[u32],
        inner: &[u32],
    ) -> Result<Batch, Error> {
        let mut made = Vec::with_capacity(self.outer_types.len() + self.inner_types.len());
        // Where every outer row has one partner, its columns are the joined rows' as they are.
        let in_order = (0_u32..).zip(outer).all(|(at, &row)| at == row);
        let sides = self.outer_used.iter().zip(&self.outer_types);
        for (at, (&used, &data_type)) in sides.enumerate() {
            let column = outer_columns.get(at);
            made.push(match column {
                Some(column) if used && in_order && column.len() == outer.len() => {
                    Rc::clone(column)
                }
                _ => Rc::new(side(
                    column.map(|column| &**column),
                    used,
                    data_type,
                    outer,
                )?),
            });
        }
        let sides = self.inner_used.iter().zip(&self.inner_types);
        for (at, (&used, &data_type)) in sides.enumerate() {
            made.push(Rc::new(if self.inner_row == Some(at) {
                Column {
                    data: ColumnData::Int4(inner.iter().map(|&row| row as i32).collect()),
                    nulls: NullMask::default(),
                }
            } else {
                side(inner_columns.get(at), used, data_type, inner)?
            }));
        }
        Ok(Batch {
            columns: made,
            rows: outer.len(),
            selection: None,
        })
    }
}

fn side(
    column: Option<&Column>,
    used: bool,
    data_type: DataType,
    rows: &[u32],
) -> Result<Column, Error> {
    match column {
        _ if !used => Ok(columns::empty(data_type)),
        Some(column) if rows.contains(&NO_ROW) => columns::gather_or_null(column, rows),
        Some(column) => columns::gather(column, rows),
        None => columns::constant(&Value::Null, data_type, rows.len()),
    }
}
