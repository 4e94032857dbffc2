//! Writing to a page so that it can be taken back.
//!
//! Why a type of its own: the undo log must see every byte before it is overwritten, and the compiler should see to
//! that. A writer hands out mutable bytes only for a range that it has kept.

use crate::error::{Result, StorageError};
use crate::ids::PageId;
use crate::short;
use crate::store::PageEntry;
use crate::undo::{PIECE_BYTES, Record, UndoLog};
use core::ops::Range;

/// A page open for writing. Changes go through [`Self::range`] or [`Self::whole`].
#[derive(Debug)]
pub struct PageWriter<'a> {
    page: PageId,
    bytes: &'a mut [u8],
    entry: &'a mut PageEntry,
    undo: &'a mut UndoLog,
    keeping: bool,
    /// Bytes of the page's pieces above which it is kept whole; 0 until the log's last record is this writer's.
    most_pieces: u32,
    limit_bytes: u64,
    room: u64,
}

impl<'a> PageWriter<'a> {
    #[inline]
    pub(crate) fn new(
        page: PageId,
        bytes: &'a mut [u8],
        entry: &'a mut PageEntry,
        undo: &'a mut UndoLog,
        limit_bytes: u64,
        room: u64,
    ) -> Self {
        let keeping = undo.must_keep(entry.stamp);
        Self {
            page,
            bytes,
            entry,
            undo,
            keeping,
            most_pieces: 0,
            limit_bytes,
            room,
        }
    }

    /// The page's number.
    pub fn page(&self) -> PageId {
        self.page
    }

    /// The page's bytes, to read.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.bytes
    }

    /// The bytes of `range`, to change. Keep ranges small: under a savepoint the old bytes are copied.
    ///
    /// # Errors
    /// `range` is not within the page (reported as damage, since ranges come from page bytes);
    /// out of memory for the undo log, before anything has changed.
    #[inline(never)]
    pub fn range(&mut self, range: Range<usize>) -> Result<&mut [u8]> {
        let (page, at) = (self.page, range.start);
        let Some(old) = self.bytes.get(range.clone()) else {
            return Err(beyond(page, at));
        };
        if self.keeping {
            self.entry.pieces += (old.len() + PIECE_BYTES) as u32;
            if self.entry.pieces > self.most_pieces {
                self.keep_first(range.clone())?;
            } else if !self.undo.push_piece(at, old) {
                return Err(self.out_of_memory());
            }
        }
        self.undo.written_bytes += range.len() as u64;
        match self.bytes.get_mut(range) {
            Some(bytes) => Ok(bytes),
            None => Err(beyond(page, at)),
        }
    }

    /// The whole page, to change.
    ///
    /// # Errors
    /// Out of memory for the undo log, before anything has changed.
    pub fn whole(&mut self) -> Result<&mut [u8]> {
        if self.keeping {
            self.keep_whole()?;
        }
        self.undo.written_bytes += self.bytes.len() as u64;
        Ok(self.bytes)
    }

    /// Overwrites two bytes with a little-endian number.
    ///
    /// # Errors
    /// As [`Self::range`].
    #[inline]
    pub fn put_u16(&mut self, at: usize, value: u16) -> Result<()> {
        self.put_array(at, value.to_le_bytes())
    }

    /// Overwrites the bytes at `at`, as [`Self::put`] does, where their number is known to the compiler.
    ///
    /// # Errors
    /// As [`Self::range`].
    #[inline]
    pub fn put_array<const N: usize>(&mut self, at: usize, value: [u8; N]) -> Result<()> {
        let place = self.bytes.get_mut(at..at + N);
        let Some(place) = place.and_then(<[u8]>::first_chunk_mut::<N>) else {
            return Err(beyond(self.page, at));
        };
        if self.keeping {
            let pieces = self.entry.pieces + (N + PIECE_BYTES) as u32;
            if pieces > self.most_pieces {
                return self.put(at, &value);
            }
            self.entry.pieces = pieces;
            if !self.undo.push_array(at, place) {
                return Err(self.out_of_memory());
            }
        }
        self.undo.written_bytes += N as u64;
        *place = value;
        Ok(())
    }

    /// Overwrites the bytes at `at`.
    ///
    /// # Errors
    /// As [`Self::range`].
    #[inline(never)]
    pub fn put(&mut self, at: usize, value: &[u8]) -> Result<()> {
        short::copy(self.range(at..at + value.len())?, value);
        Ok(())
    }

    /// Keeps a piece, that is counted already, in a record that has none yet; the whole page when its pieces would be too many.
    #[inline(never)]
    fn keep_first(&mut self, range: Range<usize>) -> Result<()> {
        let size = (range.len() + PIECE_BYTES) as u32;
        // What the savepoint around this one has whole goes from the log when this one ends; what it has not stays.
        let since = if self.entry.stamp < self.undo.outer_start {
            self.undo.outer_start
        } else {
            self.undo.start
        };
        if self.entry.pieces_since != since {
            self.entry.pieces_since = since;
            self.entry.pieces = size;
        }
        // A record costs memory besides its bytes; half a page of pieces is dearer than the page.
        self.entry.pieces += size_of::<Record>() as u32;
        if self.entry.pieces as usize > self.bytes.len() / 2 {
            return self.keep_whole();
        }
        let old = self.bytes.get(range.clone()).unwrap_or(&[]);
        if !self.undo.start_pieces(self.page) || !self.undo.push_piece(range.start, old) {
            return Err(self.out_of_memory());
        }
        self.most_pieces = (self.bytes.len() / 2) as u32;
        Ok(())
    }

    #[cold]
    fn keep_whole(&mut self) -> Result<()> {
        let fits = self.undo.memory_bytes() as u64 <= self.room;
        let record = Record::Image {
            page: self.page,
            stamp: self.entry.stamp,
        };
        if !fits || !self.undo.push_bytes(record, self.bytes) {
            return Err(self.out_of_memory());
        }
        self.entry.stamp = self.undo.now();
        self.keeping = false;
        Ok(())
    }

    fn out_of_memory(&self) -> StorageError {
        StorageError::OutOfMemory {
            limit_bytes: self.limit_bytes,
        }
    }
}

#[cold]
fn beyond(page: PageId, at: usize) -> StorageError {
    StorageError::Damaged {
        page,
        offset: at as u32,
        what: "range within the page",
    }
}
