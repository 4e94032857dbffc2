//! What the tree must be told about its keys.
//!
//! Why a trait: the tree compares bytes and knows no types, but where PostgreSQL puts page boundaries depends on the
//! bytes that *its* index tuples take, and a separator may only be cut between key columns. The layer that makes the
//! keys knows both.

/// A prefix of a key that is made of whole columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPrefix {
    /// Its length in bytes.
    pub bytes: usize,
    /// Its columns.
    pub columns: usize,
}

/// See the file's header.
pub trait KeyLayout {
    /// Bytes that PostgreSQL's index tuple takes for this key and its payload (INCLUDE columns), without the 4-byte line
    /// pointer: 8, plus the aligned data, rounded up to 8 (plus 8 when a column is NULL). Also called with prefixes
    /// that [`Self::separator`] returned, and an empty payload.
    fn tuple_bytes(&self, key: &[u8], payload: &[u8]) -> usize;

    /// The result of [`Self::tuple_bytes`] when it is the same for every full key.
    fn fixed_tuple_bytes(&self) -> Option<usize> {
        None
    }

    /// The shortest prefix of `right`, made of whole columns, that is greater than `left`; `left < right` as bytes or equal.
    /// `None` when all columns are equal.
    fn separator(&self, left: &[u8], right: &[u8]) -> Option<KeyPrefix>;

    /// Key columns of a full key.
    fn columns(&self) -> usize {
        1
    }

    /// Whether equal keys share one entry with a list of rows. PostgreSQL: not with INCLUDE columns, not for
    /// types whose equal values may look different (numeric, float).
    fn deduplicate(&self) -> bool;
}
