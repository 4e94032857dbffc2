//! What every plan node counts while it runs. EXPLAIN ANALYZE prints it; the page draws it.

use alloc::{string::String, vec::Vec};

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
    /// Pages dirtied, children included.
    pub buffers_dirtied: u64,
    /// Pages written out by eviction, children included.
    pub buffers_written: u64,
    /// Index-only scan: rows that had to be fetched from the heap.
    pub heap_fetches: u64,
    /// Bitmap heap scan: pages with exact and with lossy bits.
    pub exact_heap_blocks: u64,
    /// Lossy pages.
    pub lossy_heap_blocks: u64,
    /// Sort: "quicksort", "top-N heapsort", "external merge".
    pub sort_method: Option<&'static str>,
    /// Sort, hash, materialise: bytes used at the peak.
    pub peak_bytes: u64,
    /// Hash: buckets and batches.
    pub hash_buckets: u64,
    /// Hash batches (as PostgreSQL would have split it; ours stays in memory).
    pub hash_batches: u64,
    /// Memoize: hits, misses, evictions.
    pub memoize: Option<(u64, u64, u64)>,
    /// Incremental sort: groups sorted.
    pub sort_groups: u64,
    /// Nanoseconds, children included; 0 when the host gives no clock.
    pub elapsed_ns: u64,
    /// Nanoseconds until the first row was passed up.
    pub startup_ns: u64,
    /// Further facts as key and value.
    pub notes: Vec<(&'static str, String)>,
}
