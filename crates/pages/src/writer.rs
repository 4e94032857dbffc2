//! Writing to a page so that it can be taken back.
//!
//! Why a type of its own: the undo log must see every byte before it is overwritten, and the compiler should see to
//! that. A writer hands out mutable bytes only for a range that it has kept.

use crate::error::{Result, StorageError};
use crate::ids::PageId;
use crate::short;
use crate::store::PageEntry;
use crate::undo::{Record, UndoLog};
use core::ops::Range;

/// A page open for writing. Changes go through [`Self::range`] or [`Self::whole`].
#[derive(Debug)]
pub struct PageWriter<'a> {
    page: PageId,
    bytes: &'a mut [u8],
    entry: &'a mut PageEntry,
    undo: &'a mut UndoLog,
    keeping: bool,
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
        if self.keeping {
            self.keep_range(range.clone())?;
        }
        self.undo.written_bytes += range.len() as u64;
        let (page, at) = (self.page, range.start);
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
        if let [low, high] = self.range(at..at + 2)? {
            [*low, *high] = value.to_le_bytes();
        }
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

    fn keep_range(&mut self, range: Range<usize>) -> Result<()> {
        let Some(old) = self.bytes.get(range.clone()) else {
            return Ok(());
        };
        // What the savepoint around this one has whole goes from the log when this one ends; what it has not stays.
        let since = if self.entry.stamp < self.undo.outer_start {
            self.undo.outer_start
        } else {
            self.undo.start
        };
        if self.entry.pieces_since != since {
            self.entry.pieces_since = since;
            self.entry.pieces = 0;
        }
        // A record costs memory besides its bytes; half a page of pieces is dearer than the page.
        self.entry.pieces += old.len() as u32 + 24;
        if self.entry.pieces as usize > self.bytes.len() / 2 {
            return self.keep_whole();
        }
        let record = Record::Bytes {
            page: self.page,
            at: range.start as u16,
            len: old.len() as u16,
        };
        if !self.undo.push_bytes(record, old) {
            return Err(self.out_of_memory());
        }
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
