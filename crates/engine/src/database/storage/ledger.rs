//! What a statement wrote: the price of each index in pages, splits and bytes.
//!
//! Why kept apart from the buffer pool's counters: people ask what *this index* cost them, and the pool knows pages only.

use crate::catalog::{IndexId, TableId};
use alloc::collections::BTreeMap;

/// What was written to one table's heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableWrites {
    /// Rows added.
    pub inserted: u64,
    /// Rows given a new version.
    pub updated: u64,
    /// Of those, versions in the same page that needed no index entry (HOT).
    pub hot: u64,
    /// Updates that were not HOT because an indexed column changed.
    pub not_hot_indexed: u64,
    /// Updates that were not HOT because the page was full.
    pub not_hot_full: u64,
    /// Rows removed.
    pub deleted: u64,
    /// Pages changed that were clean before.
    pub pages_dirtied: u64,
    /// Pages added.
    pub pages_added: u64,
    /// Bytes of row versions, as PostgreSQL counts them.
    pub bytes: u64,
}

/// What was written to one index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexWrites {
    /// Entries added.
    pub added: u64,
    /// Entries removed.
    pub removed: u64,
    /// Pages changed that were clean before.
    pub pages_dirtied: u64,
    /// Page splits.
    pub splits: u64,
    /// Pages merged away.
    pub merges: u64,
    /// Bytes of entries added: key, address, payload.
    pub bytes: u64,
}

/// What was written, by table and by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteLedger {
    /// By table.
    pub tables: BTreeMap<TableId, TableWrites>,
    /// By index.
    pub indexes: BTreeMap<IndexId, IndexWrites>,
}

impl WriteLedger {
    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.indexes.is_empty()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        if !self.is_empty() {
            self.tables.clear();
            self.indexes.clear();
        }
    }
}
