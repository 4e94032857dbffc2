//! What every plan node counts while it runs. EXPLAIN ANALYZE prints it; the page draws it.

use alloc::{string::String, vec::Vec};

/// Look-ups of a Memoize node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoizeCounts {
    /// Keys whose rows were there.
    pub hits: u64,
    /// Keys whose rows had to be made.
    pub misses: u64,
    /// Keys whose rows had to go for others.
    pub evictions: u64,
    /// Keys with too many rows to be kept.
    pub overflows: u64,
}

/// Groups that an incremental sort sorted in one way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortGroups {
    /// How many.
    pub count: u64,
    /// By which methods, in order of first use.
    pub methods: Vec<&'static str>,
    /// Bytes of memory, added up.
    pub total_bytes: u64,
    /// Bytes of memory of the largest.
    pub peak_bytes: u64,
}

/// Measured figures of one node. Rows are totals over all loops.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeMetrics {
    /// Times it was started.
    pub loops: u64,
    /// Rows it passed up, over all loops.
    pub rows: u64,
    /// Rows removed by `filter`.
    pub rows_removed_by_filter: u64,
    /// Rows removed by a join's own condition.
    pub rows_removed_by_join_filter: u64,
    /// Rows removed by a recheck: always none, since our bitmaps are exact. EXPLAIN shows it as PostgreSQL does.
    pub rows_removed_by_recheck: u64,
    /// Pages found in the buffer pool, children included.
    pub buffers_hit: u64,
    /// Pages fetched from the store, children included.
    pub buffers_read: u64,
    /// Of those, pages behind the one that was last read of the same relation, children included.
    pub buffers_read_sequential: u64,
    /// Pages dirtied, children included.
    pub buffers_dirtied: u64,
    /// Pages written out by eviction, children included.
    pub buffers_written: u64,
    /// Pages that left the pool to make room, children included.
    pub buffers_evicted: u64,
    /// Index-only scan: rows that had to be fetched from the heap.
    pub heap_fetches: u64,
    /// INSERT … ON CONFLICT: rows whose key was there.
    pub conflicting_rows: u64,
    /// Index scans that skip: searches from the root.
    pub index_searches: u64,
    /// Bitmap heap scan: pages with exact and with lossy bits.
    pub exact_heap_blocks: u64,
    /// Lossy pages.
    pub lossy_heap_blocks: u64,
    /// Sort: "quicksort", "radix sort" or "top-N heapsort", whichever was done. All three stay in memory.
    pub sort_method: Option<&'static str>,
    /// Sort, hash, materialise: bytes used at the peak.
    pub peak_bytes: u64,
    /// Hash: chains of the table. There is always one batch, since tables stay in memory.
    pub hash_buckets: u64,
    /// Memoize: what became of its look-ups.
    pub memoize: Option<MemoizeCounts>,
    /// Incremental sort: groups sorted by all keys.
    pub full_sort_groups: SortGroups,
    /// Incremental sort: groups sorted by the keys that the input was not sorted by.
    pub presorted_groups: SortGroups,
    /// Nanoseconds, children included; 0 when the host gives no clock.
    pub elapsed_ns: u64,
    /// Nanoseconds from each start until the first rows were passed up (or none were found), over all loops.
    pub startup_ns: u64,
    /// Further facts as key and value.
    pub notes: Vec<(&'static str, String)>,
}
