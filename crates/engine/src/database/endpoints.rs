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
use core::cell::RefCell;

/// Heap rows looked at before giving up.
const MOST_ROWS: usize = 100;

/// Reads through the trees, each end once: while it lives, nothing changes in them.
pub(super) struct TreeEndpoints<'a> {
    storage: &'a Storage,
    known: RefCell<Vec<(IndexId, bool, Option<Value>)>>,
}

impl<'a> TreeEndpoints<'a> {
    /// Of the indexes as they are now.
    pub fn new(storage: &'a Storage) -> Self {
        Self {
            storage,
            known: RefCell::default(),
        }
    }

    fn read(&self, index: IndexId, largest: bool) -> Option<Value> {
        let index = self.storage.index(index).ok()?;
        let table = self.storage.table(index.def.table).ok()?;
        let first = index.def.columns.first()?;
        // A key part begins with 1 when it is no NULL.
        let values = Bound::Included(Vec::from([1]));
        let store = &self.storage.store;
        let mut cursor = if largest == first.descending {
            Cursor::new(&index.tree, values, Bound::Unbounded, Direction::Forward)
        } else {
            Cursor::new(&index.tree, Bound::Unbounded, values, Direction::Backward)
        };
        for _ in 0..MOST_ROWS {
            let entry = cursor.next(store).ok()??;
            let (row, key, payload) = (entry.row, entry.key, entry.payload);
            if key.first() != Some(&1) {
                return None;
            }
            if table.cluster.is_some() || table.heap.is_live(store, row).ok()? {
                let mut columns = [Some(Column::new(first.data_type))];
                index.decode(key, payload, &mut columns).ok()?;
                let [column] = columns;
                return column.map(|column| column.get(0));
            }
        }
        None
    }
}

impl IndexEndpoints for TreeEndpoints<'_> {
    fn endpoint(&self, index: IndexId, largest: bool) -> Option<Value> {
        let mut known = self.known.borrow_mut();
        let found = known
            .iter()
            .find(|(of, end, _)| (*of, *end) == (index, largest));
        if let Some((_, _, value)) = found {
            return value.clone();
        }
        let value = self.read(index, largest);
        known.push((index, largest, value.clone()));
        value
    }
}
