//! The page store: fixed-size pages by number, in a bounded amount of memory.
//!
//! Why a store of its own below heap and tree: both must live under one memory ceiling, one buffer pool and one undo
//! log. Pages lie in chunks of about a mebibyte that are allocated once and reused for ever, because in WebAssembly
//! fresh zeroed memory is slow and memory is never given back. All pages are in memory; what a disk would have been
//! asked for is counted by the [buffer pool](crate::buffer).
//!
//! It knows no page formats. Relations are in [`relation`](crate::relation), undo is in [`savepoint`](crate::savepoint).

use crate::buffer::{BufferCounts, BufferPool, Eviction};
use crate::error::{Result, StorageError};
use crate::ids::{BlockNumber, PageId, PageKind, PageSize, RelationId};
use crate::relation::Relation;
use crate::trace::{Access, AccessKind, Trace};
use crate::undo::{Record, UndoLog};
use crate::writer::PageWriter;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

/// What a store is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// Bytes in a page.
    pub page_size: PageSize,
    /// Ceiling for pages and undo together, in bytes.
    pub memory_limit_bytes: u64,
    /// Capacity of the buffer pool in pages; at least 1 is taken.
    pub buffer_pages: u32,
    /// How the pool picks its victims.
    pub eviction: Eviction,
}

impl Default for StoreOptions {
    /// 8 KiB pages, 1 GiB of memory, and PostgreSQL's default pool of 128 MB.
    fn default() -> Self {
        Self {
            page_size: PageSize::DEFAULT,
            memory_limit_bytes: 1 << 30,
            buffer_pages: 16384,
            eviction: Eviction::ClockSweep,
        }
    }
}

/// What the store knows of a page besides its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageEntry {
    pub relation: u32,
    pub block: u32,
    pub note: u32,
    pub kind: PageKind,
    /// When the whole page was last kept for undo.
    pub stamp: u64,
    /// Bytes kept piecemeal since the savepoint that started at `pieces_since`.
    pub pieces: u32,
    pub pieces_since: u64,
}

/// Whose page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageOwner {
    /// The relation.
    pub relation: RelationId,
    /// The position in it.
    pub block: BlockNumber,
    /// What it holds.
    pub kind: PageKind,
}

const CHUNK_BYTES: usize = 1 << 20;

/// See the file's header.
#[derive(Debug)]
pub struct PageStore {
    pub(crate) page_bytes: usize,
    /// Pages in a chunk, as a power of two.
    chunk_shift: u32,
    chunks: Vec<Vec<u8>>,
    pub(crate) entries: Vec<PageEntry>,
    pub(crate) free: Vec<PageId>,
    /// Freed under a savepoint: their bytes may still be needed.
    pub(crate) pending_free: Vec<PageId>,
    pub(crate) relations: Vec<Option<Relation>>,
    pub(crate) pool: BufferPool,
    tracing: Cell<bool>,
    trace: RefCell<Trace>,
    pub(crate) undo: UndoLog,
    pub(crate) limit_bytes: u64,
    pub(crate) transaction: u32,
}

impl PageStore {
    /// An empty store. Takes no memory for pages until the first is allocated.
    pub fn new(options: StoreOptions) -> Self {
        let page_bytes = options.page_size.bytes();
        Self {
            page_bytes,
            chunk_shift: (CHUNK_BYTES / page_bytes).trailing_zeros(),
            chunks: Vec::new(),
            entries: Vec::new(),
            free: Vec::new(),
            pending_free: Vec::new(),
            relations: Vec::new(),
            pool: BufferPool::new(options.buffer_pages),
            tracing: Cell::new(false),
            trace: RefCell::new(Trace::default()),
            undo: UndoLog::default(),
            limit_bytes: options.memory_limit_bytes,
            transaction: 1,
        }
    }

    /// Bytes in a page.
    #[inline]
    pub fn page_bytes(&self) -> usize {
        self.page_bytes
    }

    /// Memory taken for pages, used or not, and for undo.
    pub fn memory_bytes(&self) -> u64 {
        (self.chunks.len() * CHUNK_BYTES + self.undo.memory_bytes()) as u64
    }

    /// The memory ceiling in bytes.
    pub fn memory_limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// Sets the memory ceiling. What is in use beyond it stays.
    pub fn set_memory_limit_bytes(&mut self, bytes: u64) {
        self.limit_bytes = bytes;
    }

    /// Pages in use.
    pub fn allocated_pages(&self) -> u32 {
        let known = self.entries.len().saturating_sub(1);
        (known - self.free.len() - self.pending_free.len()) as u32
    }

    /// The current transaction's number: it grows with every outermost savepoint, and with [`Self::next_transaction`].
    /// A heap prunes only what an earlier transaction left dead.
    pub fn transaction(&self) -> u32 {
        self.transaction
    }

    /// Starts a transaction that needs no undo.
    pub fn next_transaction(&mut self) {
        self.transaction = self.transaction.wrapping_add(1);
    }

    /// Reads a page: counted, traced.
    ///
    /// # Errors
    /// The page is not allocated.
    #[inline]
    pub fn read(&self, page: PageId) -> Result<&[u8]> {
        // A page in the pool exists, so the usual case looks at one byte about it and at no more.
        if !self.tracing.get() && self.pool.hit(page.index()) {
            return self.bytes(page);
        }
        self.read_slow(page)
    }

    #[cold]
    fn read_slow(&self, page: PageId) -> Result<&[u8]> {
        let bytes = self.peek(page)?;
        let access = self
            .pool
            .touch(page.index(), || self.is_next_of_relation(page));
        if self.tracing.get() {
            self.note_access(page, access);
        }
        Ok(bytes)
    }

    /// Whether the page lies behind the one that was last read of its relation; it is the last from now on.
    fn is_next_of_relation(&self, page: PageId) -> bool {
        let Some(entry) = self.entries.get(page.index()) else {
            return false;
        };
        let relation = self.relations.get(entry.relation as usize);
        relation.and_then(Option::as_ref).is_some_and(|relation| {
            relation.read_ahead.replace(entry.block + 1) == entry.block && entry.block > 0
        })
    }

    /// Bytes of pages that were overwritten since the store was made.
    #[inline]
    pub fn written_bytes(&self) -> u64 {
        self.undo.written_bytes
    }

    #[inline]
    fn bytes(&self, page: PageId) -> Result<&[u8]> {
        let index = page.index();
        let at = (index & ((1 << self.chunk_shift) - 1)) * self.page_bytes;
        self.chunks
            .get(index >> self.chunk_shift)
            .and_then(|chunk| chunk.get(at..at + self.page_bytes))
            .ok_or(StorageError::NoSuchPage(page))
    }

    /// Reads a page without counting: for drawing and checking, and for a page that the caller has just read.
    ///
    /// # Errors
    /// The page is not allocated.
    #[inline]
    pub fn peek(&self, page: PageId) -> Result<&[u8]> {
        match self.entries.get(page.index()) {
            Some(entry) if entry.kind != PageKind::Free => self.bytes(page),
            _ => Err(StorageError::NoSuchPage(page)),
        }
    }

    /// The bytes of a page that the caller has just read, not counted and not looked up again.
    ///
    /// # Errors
    /// There is no such page.
    #[inline]
    pub fn pinned(&self, page: PageId) -> Result<&[u8]> {
        self.bytes(page)
    }

    /// Opens a page for writing: counted as an access, and marked dirty.
    ///
    /// # Errors
    /// The page is not allocated.
    #[inline]
    pub fn write(&mut self, page: PageId) -> Result<PageWriter<'_>> {
        self.read(page)?;
        self.write_pinned(page)
    }

    /// Opens for writing a page that the caller has read just before: marked dirty, not counted as another access.
    ///
    /// # Errors
    /// The page is not allocated.
    #[inline]
    pub fn write_pinned(&mut self, page: PageId) -> Result<PageWriter<'_>> {
        let index = page.index();
        if self.pool.dirty(index) && self.tracing.get() {
            self.note_access(page, AccessKind::Dirtied);
        }
        if !self.undo.granted() {
            return Err(self.out_of_memory());
        }
        let limit_bytes = self.limit_bytes;
        let room = limit_bytes.saturating_sub((self.chunks.len() * CHUNK_BYTES) as u64);
        let entry = match self.entries.get_mut(index) {
            Some(entry) if entry.kind != PageKind::Free => entry,
            _ => return Err(StorageError::NoSuchPage(page)),
        };
        let at = (index & ((1 << self.chunk_shift) - 1)) * self.page_bytes;
        let bytes = self
            .chunks
            .get_mut(index >> self.chunk_shift)
            .and_then(|chunk| chunk.get_mut(at..at + self.page_bytes))
            .ok_or(StorageError::NoSuchPage(page))?;
        Ok(PageWriter::new(
            page,
            bytes,
            entry,
            &mut self.undo,
            limit_bytes,
            room,
        ))
    }

    /// Whose page it is; `None` for a free page.
    pub fn owner(&self, page: PageId) -> Option<PageOwner> {
        let entry = self.entries.get(page.index())?;
        (entry.kind != PageKind::Free).then_some(PageOwner {
            relation: RelationId(entry.relation),
            block: BlockNumber(entry.block),
            kind: entry.kind,
        })
    }

    /// The owner's note on a page: 32 bits outside the page, as PostgreSQL's free space and visibility maps are.
    #[inline]
    pub fn note(&self, page: PageId) -> u32 {
        self.entries.get(page.index()).map_or(0, |entry| entry.note)
    }

    /// Changes the owner's note.
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn set_note(&mut self, page: PageId, note: u32) -> Result<()> {
        let old = self.note(page);
        if old != note {
            self.undo_room(1)?;
            self.keep(Record::Note { page, old });
            if let Some(entry) = self.entries.get_mut(page.index()) {
                entry.note = note;
            }
        }
        Ok(())
    }

    /// Makes sure that the next `pages` allocations cannot fail.
    ///
    /// # Errors
    /// The memory ceiling.
    pub fn reserve_pages(&mut self, pages: usize) -> Result<()> {
        while self.free.len() < pages {
            self.add_chunk()?;
        }
        Ok(())
    }

    /// Counters of the buffer pool since the store was made.
    #[inline]
    pub fn buffer_counts(&self) -> BufferCounts {
        self.pool.counts()
    }

    /// Capacity of the buffer pool in pages.
    pub fn buffer_pages(&self) -> u32 {
        self.pool.capacity()
    }

    /// Empties the buffer pool and gives it another capacity, in pages; the next reads all miss.
    pub fn restart_buffer(&self, pages: u32) {
        self.pool.restart(pages);
    }

    /// Writes out all dirty pages, as a checkpoint does: the next change of a page counts as dirtying it.
    pub fn checkpoint(&self) {
        self.pool.checkpoint();
    }

    /// Whether the page is in the buffer pool.
    pub fn is_resident(&self, page: PageId) -> bool {
        self.pool.is_resident(page.index())
    }

    /// Starts a new trace that keeps the first `limit` accesses.
    pub fn start_trace(&self, limit: usize) {
        *self.trace.borrow_mut() = Trace::with_limit(limit);
        self.tracing.set(true);
    }

    /// Whether a trace is being taken.
    pub fn is_tracing(&self) -> bool {
        self.tracing.get()
    }

    /// Ends the trace and hands it over.
    pub fn take_trace(&self) -> Trace {
        self.tracing.set(false);
        self.trace.take()
    }

    /// Notes what was done to a page, if a trace is being taken. A page that is freed is noted by itself.
    #[inline]
    pub fn trace_event(&self, page: PageId, event: AccessKind) {
        if self.tracing.get() {
            self.note_access(page, event);
        }
    }

    #[cold]
    fn note_access(&self, page: PageId, access: AccessKind) {
        if let Some(owner) = self.owner(page) {
            self.trace.borrow_mut().push(Access {
                page,
                relation: owner.relation,
                block: owner.block,
                kind: owner.kind,
                access,
            });
        }
    }

    pub(crate) fn out_of_memory(&self) -> StorageError {
        StorageError::OutOfMemory {
            limit_bytes: self.limit_bytes,
        }
    }

    /// Makes room for `records` further records, so that [`Self::keep`] cannot fail.
    pub(crate) fn undo_room(&mut self, records: usize) -> Result<()> {
        if self.undo.active()
            && (!self.undo.granted() || self.undo.records.try_reserve(records).is_err())
        {
            return Err(self.out_of_memory());
        }
        Ok(())
    }

    /// Appends to the undo log, if a savepoint is open; [`Self::undo_room`] has made room.
    pub(crate) fn keep(&mut self, record: Record) {
        if self.undo.active() {
            self.undo.records.push(record);
        }
    }

    /// Hands out a zeroed page. The caller has called [`Self::undo_room`] for one more record than its own.
    pub(crate) fn allocate(
        &mut self,
        relation: RelationId,
        block: BlockNumber,
        kind: PageKind,
    ) -> Result<PageId> {
        if !self.undo.granted() {
            return Err(self.out_of_memory());
        }
        self.reserve_pages(1)?;
        self.undo_room(4)?;
        let page = self.free.pop().ok_or_else(|| self.out_of_memory())?;
        self.keep(Record::Allocated { page });
        let stamp = self.undo.now();
        if let Some(entry) = self.entries.get_mut(page.index()) {
            *entry = PageEntry {
                relation: relation.0,
                block: block.0,
                note: 0,
                kind,
                stamp,
                pieces: 0,
                pieces_since: 0,
            };
        }
        if let Some(bytes) = self.page_mut(page) {
            bytes.fill(0);
        }
        self.pool.allocated(page.index());
        if self.tracing.get() {
            self.note_access(page, AccessKind::Allocated);
        }
        Ok(page)
    }

    /// Takes a page back. Under a savepoint its bytes stay until the outermost one is released.
    pub(crate) fn free_page(&mut self, page: PageId) -> Result<()> {
        self.undo_room(3)?;
        let entry = match self.entries.get(page.index()) {
            Some(entry) if entry.kind != PageKind::Free => *entry,
            _ => return Err(StorageError::NoSuchPage(page)),
        };
        let list = if self.undo.active() {
            &mut self.pending_free
        } else {
            &mut self.free
        };
        if list.try_reserve(1).is_err() {
            return Err(self.out_of_memory());
        }
        list.push(page);
        self.trace_event(page, AccessKind::Freed);
        if self.undo.active() {
            let entry = Box::new(entry);
            self.keep(Record::Freed { page, entry });
        }
        self.pool.forget(page.index());
        if let Some(place) = self.entries.get_mut(page.index()) {
            *place = PageEntry::default();
        }
        Ok(())
    }

    /// The bytes, without undo and without counting.
    pub(crate) fn page_mut(&mut self, page: PageId) -> Option<&mut [u8]> {
        let at = (page.index() & ((1 << self.chunk_shift) - 1)) * self.page_bytes;
        let chunk = self.chunks.get_mut(page.index() >> self.chunk_shift)?;
        chunk.get_mut(at..at + self.page_bytes)
    }

    fn add_chunk(&mut self) -> Result<()> {
        let after = self.memory_bytes() + CHUNK_BYTES as u64;
        if after > self.limit_bytes {
            return Err(self.out_of_memory());
        }
        let pages = 1usize << self.chunk_shift;
        let first = self.chunks.len() * pages;
        if u32::try_from(first + pages).is_err() {
            return Err(StorageError::TooManyPages);
        }
        let mut chunk: Vec<u8> = Vec::new();
        let room = chunk.try_reserve_exact(CHUNK_BYTES).is_ok()
            && self.chunks.try_reserve(1).is_ok()
            && self.entries.try_reserve(pages).is_ok()
            && self.free.try_reserve(pages).is_ok()
            && self.pool.reserve(first + pages);
        if !room {
            return Err(self.out_of_memory());
        }
        chunk.resize(CHUNK_BYTES, 0);
        self.chunks.push(chunk);
        self.entries.resize(first + pages, PageEntry::default());
        // Lowest number on top: page numbers then follow the order of allocation. Page 0 is never handed out.
        let numbers = (first..first + pages).rev();
        self.free.splice(
            0..0,
            numbers.filter_map(|number| PageId::new(number as u32)),
        );
        Ok(())
    }
}
