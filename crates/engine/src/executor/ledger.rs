//! The write ledger: what a statement wrote, table and each index apart.
//!
//! Everything is the difference of the store's and the trees' own counters before and after a piece of work.

use crate::collections::SortedMap;
use crate::{
    catalog::{IndexId, TableId},
    database::Index,
};
use alloc::vec::Vec;
use btree::TreeWork;
use pages::{BufferCounts, PageStore, heap::HotOutcome};

/// What was written to an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexWrites {
    /// Entries added.
    pub entries_added: u64,
    /// Entries removed.
    pub entries_removed: u64,
    /// Clean pages that became dirty.
    pub pages_dirtied: u64,
    /// Pages added.
    pub pages_allocated: u64,
    /// Page splits.
    pub splits: u64,
    /// Pages merged away.
    pub merges: u64,
    /// Pages whose duplicates were gathered.
    pub deduplications: u64,
    /// Bytes of pages overwritten.
    pub bytes_written: u64,
}

/// What a statement wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteLedger {
    /// The table changed; known when the statement is done.
    pub table: Option<TableId>,
    /// Row versions written or made invisible; under VACUUM those that were collected.
    pub rows: u64,
    /// Heap pages that became dirty.
    pub heap_pages_dirtied: u64,
    /// Heap pages added.
    pub heap_pages_allocated: u64,
    /// Bytes of heap pages overwritten.
    pub heap_bytes_written: u64,
    /// Updates that needed no index entry.
    pub hot_updates: u64,
    /// Updates that did, since an indexed column changed.
    pub updates_of_indexed_columns: u64,
    /// Updates that did, since the page was full.
    pub updates_without_room: u64,
    /// By index.
    pub indexes: SortedMap<IndexId, IndexWrites>,
}

/// Counters before a piece of work.
pub(crate) struct Before {
    counts: BufferCounts,
    work: TreeWork,
    bytes: u64,
}

impl Before {
    pub fn heap(store: &PageStore) -> Self {
        Self {
            counts: store.buffer_counts(),
            work: TreeWork::default(),
            bytes: store.written_bytes(),
        }
    }

    pub fn index(store: &PageStore, index: &Index) -> Self {
        Self {
            counts: store.buffer_counts(),
            work: index.tree.work(store),
            bytes: store.written_bytes(),
        }
    }
}

impl WriteLedger {
    pub(crate) fn heap(&mut self, before: &Before, store: &PageStore, rows: u64) {
        let counts = store.buffer_counts() - before.counts;
        self.rows += rows;
        self.heap_pages_dirtied += counts.dirtied;
        self.heap_pages_allocated += counts.allocated;
        self.heap_bytes_written += store.written_bytes() - before.bytes;
    }

    pub(crate) fn updated(&mut self, outcome: HotOutcome) {
        match outcome {
            HotOutcome::Hot => self.hot_updates += 1,
            HotOutcome::IndexedColumnChanged => self.updates_of_indexed_columns += 1,
            HotOutcome::NoRoom => self.updates_without_room += 1,
        }
    }

    pub(crate) fn index(
        &mut self,
        before: &Before,
        store: &PageStore,
        index: &Index,
        added: u64,
        removed: u64,
    ) {
        let counts = store.buffer_counts() - before.counts;
        let work = index.tree.work(store);
        let writes = self.indexes.or_insert(index.def.id, Default::default());
        writes.entries_added += added;
        writes.entries_removed += removed;
        writes.pages_dirtied += counts.dirtied;
        writes.pages_allocated += counts.allocated;
        writes.splits += work.splits - before.work.splits;
        writes.merges += work.merges - before.work.merges;
        writes.deduplications += work.deduplications - before.work.deduplications;
        writes.bytes_written += store.written_bytes() - before.bytes;
    }

    /// Notes the table, and its indexes that were left alone.
    pub(crate) fn complete(&mut self, table: TableId, indexes: impl Iterator<Item = IndexId>) {
        self.table = Some(table);
        for index in indexes {
            self.indexes.or_insert(index, IndexWrites::default());
        }
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The indexes written to, with what.
    #[must_use]
    pub fn by_index(&self) -> Vec<(IndexId, IndexWrites)> {
        self.indexes
            .iter()
            .map(|(id, writes)| (*id, *writes))
            .collect()
    }
}
