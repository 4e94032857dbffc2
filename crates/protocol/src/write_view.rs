//! What a change wrote, table and each index apart: the write ledger.

use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// What an INSERT, UPDATE, DELETE or VACUUM wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WriteLedgerView {
    /// The table.
    pub table: String,
    /// Row versions written or made invisible; under VACUUM those that were collected.
    pub rows: f64,
    /// Clean table pages that became dirty.
    pub pages_dirtied: f64,
    /// Pages added to the table.
    pub pages_added: f64,
    /// Bytes of table pages overwritten.
    pub bytes_written: f64,
    /// Updates that needed no index entry (heap-only tuples).
    pub hot_updates: f64,
    /// Updates that did, since an indexed column changed.
    pub updates_of_indexed_columns: f64,
    /// Updates that did, since the row's page had no room.
    pub updates_without_room: f64,
    /// Each index of the table, those left alone included.
    pub indexes: Vec<IndexWritesView>,
}

/// What was written to an index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexWritesView {
    /// Number in the catalog.
    pub id: u32,
    /// Name.
    pub name: String,
    /// Entries added.
    pub entries_added: f64,
    /// Entries removed.
    pub entries_removed: f64,
    /// Clean pages that became dirty.
    pub pages_dirtied: f64,
    /// Pages added.
    pub pages_added: f64,
    /// Page splits.
    pub splits: f64,
    /// Pages merged away.
    pub merges: f64,
    /// Pages whose duplicates were gathered.
    pub deduplications: f64,
    /// Bytes of pages overwritten.
    pub bytes_written: f64,
}
