//! Grouping by keys that all come from the hashed side of the join below.
//!
//! Why: many joined rows share one row of the hashed side, and with it their group. So the join gives out only that row's number in
//! place of its keys; they are gathered, hashed and compared once for each of its rows, and from then on the row's number says the
//! group. Groups are numbered in order of arrival all the same.

use crate::{
    Error, ErrorCode,
    executor::{
        columns::{self, RowStore, out_of_memory},
        row_keys::{KeySet, RowKeys},
    },
    value::{Batch, Column, ColumnData},
};
use alloc::{rc::Rc, vec::Vec};
use core::cell::RefCell;
use pages::loops;

/// The key columns of the hashed side: the join puts them in when it has read that side, the grouping reads them.
#[derive(Default)]
pub(crate) struct SharedKeys(RefCell<Vec<Rc<Column>>>);

impl SharedKeys {
    /// Takes the place of what was shared before.
    pub fn share(&self, columns: Vec<Rc<Column>>) {
        self.0.replace(columns);
    }
}

/// The groups of the hashed side's rows, as far as they are known.
pub(crate) struct GroupsByRow {
    keys: Rc<SharedKeys>,
    /// Group of each row plus one; 0 while it is not known.
    known: Vec<u32>,
}

impl GroupsByRow {
    pub fn new(keys: Rc<SharedKeys>) -> Self {
        Self {
            keys,
            known: Vec::new(),
        }
    }

    /// Appends the group of each of `rows` to `numbers`, and keys not met before to `groups` and `kept`; returns by how many bytes
    /// all that grew.
    ///
    /// # Errors
    /// Out of memory.
    pub fn find(
        &mut self,
        rows: &Column,
        row_keys: &mut RowKeys,
        (groups, kept): (&mut KeySet, &mut RowStore),
        numbers: &mut Vec<u32>,
    ) -> Result<usize, Error> {
        let ColumnData::Int4(rows) = &rows.data else {
            return Err(Error::new(
                ErrorCode::InternalError,
                "the join below does not give numbers of rows",
            ));
        };
        let keys = self.keys.0.borrow();
        let mut grown = 0;
        let sides = keys.first().map_or(0, |key| key.len());
        if self.known.len() < sides {
            grown += 4 * (sides - self.known.len());
            self.known
                .try_reserve_exact(sides - self.known.len())
                .map_err(|_| out_of_memory())?;
            self.known.resize(sides, 0);
        }
        let mut unknown = Vec::new();
        loops::known_groups(&self.known, rows, numbers, &mut unknown);
        if unknown.is_empty() {
            return Ok(grown);
        }
        let at = |&place: &u32| rows.get(place as usize).map_or(0, |&row| row as u32);
        let new_rows: Vec<u32> = unknown.iter().map(at).collect();
        let mut gathered = Vec::with_capacity(keys.len());
        for key in &*keys {
            gathered.push(Rc::new(columns::gather(key, &new_rows)?));
        }
        row_keys.compute(gathered.iter(), new_rows.len())?;
        let (mut found, mut fresh) = (Vec::new(), Vec::new());
        grown += groups.insert_all(row_keys, new_rows.len(), &mut found, &mut fresh)?;
        for ((&place, &row), &group) in unknown.iter().zip(&new_rows).zip(&found) {
            if let Some(number) = numbers.get_mut(place as usize) {
                *number = group;
            }
            if let Some(known) = self.known.get_mut(row as usize) {
                *known = group + 1;
            }
        }
        if !fresh.is_empty() {
            grown += kept.append(&Batch {
                columns: gathered,
                rows: new_rows.len(),
                selection: Some(fresh),
            })?;
        }
        Ok(grown)
    }

    /// Forgets all groups.
    pub fn clear(&mut self) {
        self.known.clear();
    }
}
