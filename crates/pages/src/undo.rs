//! The undo log: what a savepoint needs to give everything back, byte for byte.
//!
//! Why before-images and not inverse operations: the inverse of a page split is another tree; the old bytes are the
//! old tree. A small change keeps only the bytes it overwrites (a single insert into a table with five indexes would
//! otherwise copy six pages), all pieces that one writer overwrites in one record; a page that changes a lot is kept whole, once; a page
//! that is new needs nothing.
//! The log knows no page formats. [`savepoint`](crate::savepoint) replays it.

use crate::ids::{BlockNumber, PageId, RelationId};
use crate::relation::{Relation, RelationState};
use crate::short;
use crate::store::PageEntry;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Bytes of a relation's state in the log.
pub(crate) const STATE_BYTES: usize = size_of::<RelationState>();

/// Bytes of a piece's own words: where in the page it was and how long it is, behind its old bytes.
pub(crate) const PIECE_BYTES: usize = 4;

/// One change, as what is needed to take it back. Bytes are at the end of [`UndoLog::bytes`].
#[derive(Debug)]
pub(crate) enum Record {
    /// Pieces of `page` were overwritten, by one writer; they take `len` bytes of the log.
    Pieces { page: PageId, len: u32 },
    /// The whole page may have been overwritten; it was last kept whole at `stamp`.
    Image { page: PageId, stamp: u64 },
    /// The page was handed out.
    Allocated { page: PageId },
    /// The page was given back. Boxed, since the commonest record should be small.
    Freed { page: PageId, entry: Box<PageEntry> },
    /// The page's note was another.
    Note { page: PageId, old: u32 },
    /// The relation's state words were others; they are in the bytes. They were last kept at `stamp`.
    State { relation: RelationId, stamp: u64 },
    /// A block was added at the end of the relation.
    BlockPushed { relation: RelationId },
    /// The last block was cut off.
    BlockPopped {
        relation: RelationId,
        old: Option<PageId>,
    },
    /// A block had another page, or none.
    BlockSet {
        relation: RelationId,
        block: BlockNumber,
        old: Option<PageId>,
    },
    /// A block number was put on the relation's free list.
    FreeBlockPushed { relation: RelationId },
    /// A block number was taken from it.
    FreeBlockPopped {
        relation: RelationId,
        block: BlockNumber,
    },
    /// The relation was created.
    Created { relation: RelationId },
    /// The relation was dropped.
    Dropped {
        relation: RelationId,
        old: Box<Relation>,
    },
}

/// An open savepoint: where the log was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub id: u64,
    pub records: usize,
    pub bytes: usize,
    /// Pages and relations stamped at or after this are already kept whole.
    pub start: u64,
}

/// Bytes that come and go at the end. What lies behind the end is kept for the next, so that growing by a few bytes is a
/// comparison.
#[derive(Debug, Default)]
pub(crate) struct ByteStack {
    bytes: Vec<u8>,
    used: usize,
}

impl ByteStack {
    /// Bytes in use.
    pub fn len(&self) -> usize {
        self.used
    }

    /// The next `more` bytes, to be overwritten; `None` without memory.
    #[inline]
    pub fn grow(&mut self, more: usize) -> Option<&mut [u8]> {
        let end = self.used + more;
        if end > self.bytes.len() && !self.reserve(end) {
            return None;
        }
        let from = core::mem::replace(&mut self.used, end);
        self.bytes.get_mut(from..end)
    }

    #[cold]
    fn reserve(&mut self, end: usize) -> bool {
        let room = self.bytes.try_reserve(end - self.bytes.len()).is_ok();
        if room {
            self.bytes.resize(self.bytes.capacity(), 0);
        }
        room
    }

    /// The last `count` bytes.
    pub fn last(&self, count: usize) -> &[u8] {
        let from = self.used.saturating_sub(count);
        self.bytes.get(from..self.used).unwrap_or(&[])
    }

    /// Cuts it to `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.used = self.used.min(len);
    }

    /// Moves `len` bytes to the front.
    pub fn move_down(&mut self, from: usize, to: usize, len: usize) {
        if from != to {
            self.bytes.copy_within(from..from + len, to);
        }
    }

    /// Gives memory beyond `bytes` back.
    pub fn shrink_to(&mut self, bytes: usize) {
        self.bytes.truncate(bytes.max(self.used));
        self.bytes.shrink_to_fit();
    }
}

/// See the file's header.
#[derive(Debug, Default)]
pub(crate) struct UndoLog {
    pub records: Vec<Record>,
    pub bytes: ByteStack,
    pub marks: Vec<Mark>,
    /// Start of the innermost savepoint; `u64::MAX` would mean "log nothing", so 0 stamps are always older.
    pub start: u64,
    /// Start of the savepoint around it; its own when there is none.
    pub outer_start: u64,
    pub clock: u64,
    /// Bytes of pages handed out for writing, ever.
    pub written_bytes: u64,
    #[cfg(feature = "faults")]
    pub faults: crate::faults::Faults,
}

impl UndoLog {
    /// Whether what needs memory may go on: always, but in tests that let it fail.
    #[cfg(not(feature = "faults"))]
    #[inline]
    pub fn granted(&self) -> bool {
        true
    }

    /// Whether what needs memory may go on, or a failure was planned for it.
    #[cfg(feature = "faults")]
    pub fn granted(&self) -> bool {
        self.faults.granted()
    }

    /// Whether changes are being kept at all.
    #[inline]
    pub fn active(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Whether something stamped `stamp` still has to be kept before it changes.
    #[inline]
    pub fn must_keep(&self, stamp: u64) -> bool {
        self.active() && stamp < self.start
    }

    /// The stamp for something kept now.
    #[inline]
    pub fn now(&self) -> u64 {
        self.clock
    }

    /// Works out the starts anew after savepoints came or went.
    pub fn savepoints_changed(&mut self) {
        if let Some(mark) = self.marks.last() {
            self.start = mark.start;
            let outer = self.marks.len().checked_sub(2);
            let outer = outer.and_then(|at| self.marks.get(at));
            self.outer_start = outer.map_or(mark.start, |mark| mark.start);
        }
    }

    /// Bytes that belong to a record.
    pub fn bytes_of(record: &Record, page_bytes: usize) -> usize {
        match record {
            Record::Pieces { len, .. } => *len as usize,
            Record::Image { .. } => page_bytes,
            Record::State { .. } => STATE_BYTES,
            _ => 0,
        }
    }

    /// Bytes of memory in use.
    pub fn memory_bytes(&self) -> usize {
        self.bytes.bytes.capacity() + self.records.capacity() * size_of::<Record>()
    }

    /// Appends the state words of a relation.
    #[must_use]
    pub fn push_state(&mut self, relation: RelationId, stamp: u64, state: &RelationState) -> bool {
        let words = state.map(u64::to_le_bytes);
        self.push_bytes(Record::State { relation, stamp }, words.as_flattened())
    }

    /// Appends a record that has bytes.
    #[inline]
    #[must_use]
    pub fn push_bytes(&mut self, record: Record, old: &[u8]) -> bool {
        if !self.granted() || self.records.try_reserve(1).is_err() {
            return false;
        }
        let Some(place) = self.bytes.grow(old.len()) else {
            return false;
        };
        place.copy_from_slice(old);
        self.records.push(record);
        true
    }

    /// Starts a record of pieces.
    #[must_use]
    pub fn start_pieces(&mut self, page: PageId) -> bool {
        let room = self.records.try_reserve(1).is_ok();
        if room {
            self.records.push(Record::Pieces { page, len: 0 });
        }
        room
    }

    /// Adds a piece to the last record, which is one of pieces; `false` without memory.
    #[inline]
    #[must_use]
    pub fn push_piece(&mut self, at: usize, old: &[u8]) -> bool {
        match self.grow_piece(at, old.len()) {
            Some(place) => short::copy(place, old),
            None => return false,
        }
        true
    }

    /// As [`Self::push_piece`], where the number of bytes is known to the compiler.
    #[inline]
    #[must_use]
    pub fn push_array<const N: usize>(&mut self, at: usize, old: &[u8; N]) -> bool {
        match self.grow_piece(at, N) {
            Some(place) => place.copy_from_slice(old),
            None => return false,
        }
        true
    }

    /// Room for the old bytes of a piece, with its words behind it.
    #[inline]
    fn grow_piece(&mut self, at: usize, len: usize) -> Option<&mut [u8]> {
        let size = len + PIECE_BYTES;
        if !self.granted() {
            return None;
        }
        let (place, words) = self
            .bytes
            .grow(size)?
            .split_last_chunk_mut::<PIECE_BYTES>()?;
        if let Some(Record::Pieces { len, .. }) = self.records.last_mut() {
            *len += size as u32;
        }
        *words = (at as u32 | (len as u32) << 16).to_le_bytes();
        Some(place)
    }
}

#[cfg(test)]
mod tests;
