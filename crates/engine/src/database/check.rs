//! Proving that what is stored is whole: the invariants of every tree, and that heap and indexes tell of the same rows.
//!
//! It reads everything and counts nothing. It does not look into values: a wrong value in its right place is not noticed.

use super::{
    relation::{Index, Table},
    state::Database,
};
use crate::{Error, ErrorCode, error::storage_error};
use alloc::format;
use pages::BlockNumber;

impl Database {
    /// Checks all tables and indexes. O(data).
    ///
    /// # Errors
    /// XX001 or XX002 with the first contradiction.
    pub fn check(&self) -> Result<(), Error> {
        for id in self.catalog.tables.keys() {
            let table = self.storage.table(*id)?;
            let rows = self.count_rows(table)?;
            let counted = table.counts(&self.storage.store).live_rows;
            if rows != counted {
                return Err(Error::new(
                    ErrorCode::DataCorrupted,
                    format!(
                        "table \"{}\" has {rows} rows where its counter says {counted}",
                        table.def.name
                    ),
                ));
            }
            for index in self.storage.indexes_of(*id) {
                self.check_index(table, index, rows)?;
            }
        }
        Ok(())
    }

    fn count_rows(&self, table: &Table) -> Result<u64, Error> {
        if table.cluster.is_some() {
            // The primary key's tree is the table; its own check counts its entries.
            return Ok(table.counts(&self.storage.store).live_rows);
        }
        let mut rows = 0;
        for block in 0..table.heap.pages(&self.storage.store) {
            let page = table.heap.peek(&self.storage.store, BlockNumber(block));
            rows += page.map_err(storage_error)?.live_rows() as u64;
        }
        Ok(rows)
    }

    fn check_index(&self, table: &Table, index: &Index, rows: u64) -> Result<(), Error> {
        let store = &self.storage.store;
        index
            .tree
            .check(store, &*index.codec)
            .map_err(storage_error)?;
        let entries = index.tree.counts(store).entries;
        let wrong = |what| {
            Error::new(
                ErrorCode::IndexCorrupted,
                format!("index \"{}\" {what}", index.def.name),
            )
        };
        // Entries of dead versions stay until VACUUM, so there may be more than rows, never fewer.
        if index.def.predicate.is_empty() && entries < rows {
            return Err(wrong(format!("has {entries} entries for {rows} rows")));
        }
        let root = self.catalog.indexes.get(&index.def.id);
        if root.is_none_or(|def| def.table != table.def.id) {
            return Err(wrong("is not in the catalog".into()));
        }
        Ok(())
    }
}
