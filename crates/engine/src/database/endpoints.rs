//! The ends of an index as they are now: what the planner asks when a histogram may be out of date.
//!
//! Method: PostgreSQL `selfuncs.c`, `get_actual_variable_range`, which gives up after a hundred heap pages of dead rows.

use super::relation::Storage;
use crate::{
    catalog::IndexId,
    stats::IndexEndpoints,
    value::{Column, Value},
};
use alloc::vec::Vec;
use btree::{Bound, Cursor, Direction};

/// Heap rows looked at before giving up.
const MOST_ROWS: usize = 100;

/// Reads through the trees.
pub(super) struct TreeEndpoints<'a>(pub &'a Storage);

impl IndexEndpoints for TreeEndpoints<'_> {
    fn endpoint(&self, index: IndexId, largest: bool) -> Option<Value> {
        let index = self.0.index(index).ok()?;
        let table = self.0.table(index.def.table).ok()?;
        let first = index.def.columns.first()?;
        // A key part begins with 1 when it is no NULL.
        let values = || Bound::Included(Vec::from([1]));
        let direction = if largest == first.descending {
            Direction::Forward
        } else {
            Direction::Backward
        };
        let mut cursor = Cursor::new(&index.tree, values(), values(), direction);
        for _ in 0..MOST_ROWS {
            let entry = cursor.next(&self.0.store).ok()??;
            let (row, key, payload) = (entry.row, entry.key, entry.payload);
            if table.cluster.is_some() || table.heap.is_live(&self.0.store, row).ok()? {
                let mut columns = Vec::from([Some(Column::new(first.data_type))]);
                index.decode(key, payload, &mut columns).ok()?;
                return columns.into_iter().next()?.map(|column| column.get(0));
            }
        }
        None
    }
}
