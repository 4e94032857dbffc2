//! The pages that the last measured statement touched, in order, and how many of them each size of cache would have missed.

use crate::Bytes;
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// Page accesses as columns, one entry an access.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceView {
    /// Tables and indexes that were touched.
    pub relations: Vec<TraceRelationView>,
    /// Accesses here.
    pub accesses: u32,
    /// Accesses that came after the list was full.
    pub omitted: f64,
    /// Page number in the store, u32 little-endian.
    pub pages: Bytes,
    /// Position in `relations`, u32 little-endian.
    pub relation_of: Bytes,
    /// Position of the page in its table or index, u32 little-endian.
    pub blocks: Bytes,
    /// What the page holds, a byte each: 0 rows, 1 the tree's first page, 2 leaf, 3 level above the leaves.
    pub kinds: Bytes,
    /// How it was found or what was done to it, a byte each: 0 in the buffer pool, 1 read, 2 made dirty, 3 newly added, 4 split in two,
    /// 5 took in its right neighbour, 6 freed.
    pub found: Bytes,
    /// Different pages.
    pub distinct_pages: f64,
    /// Misses under LRU by size of the cache, from one page to all; modelled from the accesses here.
    pub miss_curve: Vec<MissPointView>,
}

/// A table or an index in a trace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TraceRelationView {
    /// Name.
    pub name: String,
    /// An index, not a table.
    pub index: bool,
    /// Its number in the catalog.
    pub id: u32,
    /// Pages it has.
    pub pages: f64,
}

/// A point of the miss curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MissPointView {
    /// Pages that the cache holds.
    pub cache_pages: f64,
    /// Accesses that would have had to read.
    pub misses: f64,
}
