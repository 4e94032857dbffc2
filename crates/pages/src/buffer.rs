//! The buffer pool: which pages would be in memory, had the database a disk.
//!
//! Why a model and not a cache: all pages of a Pagewalk database are in memory anyway, but how many would have
//! to be read depends on the size of the pool, and that is what people come to see. So the pool keeps, for every
//! page, whether it is resident, and counts; it holds no bytes.
//!
//! Method: clock sweep with a usage count of up to five, as PostgreSQL's `freelist.c` does. A hit costs one load,
//! one compare and two stores; exact LRU would cost a list splice on each. For LRU see
//! [`stack_distance`](crate::stack_distance), which gives all pool sizes at once.

use crate::trace::AccessKind;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ops::{AddAssign, Sub};

/// Counters of the pool. A cheap copy: take one before and one after a piece of work and subtract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferCounts {
    /// Accesses that found their page in the pool.
    pub hit: u64,
    /// Accesses that did not.
    pub read: u64,
    /// Of those, accesses to the page behind the one that was last read of the same relation: a disk would not have to seek.
    pub read_sequential: u64,
    /// Pages changed that were clean before.
    pub dirtied: u64,
    /// Dirty pages written out: at eviction or by a checkpoint.
    pub written: u64,
    /// Pages that left the pool to make room.
    pub evicted: u64,
    /// Pages added to a relation.
    pub allocated: u64,
}

impl Sub for BufferCounts {
    type Output = Self;
    fn sub(self, earlier: Self) -> Self {
        Self {
            hit: self.hit - earlier.hit,
            read: self.read - earlier.read,
            read_sequential: self.read_sequential - earlier.read_sequential,
            dirtied: self.dirtied - earlier.dirtied,
            written: self.written - earlier.written,
            evicted: self.evicted - earlier.evicted,
            allocated: self.allocated - earlier.allocated,
        }
    }
}

impl AddAssign for BufferCounts {
    fn add_assign(&mut self, more: Self) {
        self.hit += more.hit;
        self.read += more.read;
        self.read_sequential += more.read_sequential;
        self.dirtied += more.dirtied;
        self.written += more.written;
        self.evicted += more.evicted;
        self.allocated += more.allocated;
    }
}

/// How the pool picks the page to evict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eviction {
    /// A hand goes round and takes the first page whose usage count has fallen to zero.
    #[default]
    ClockSweep,
}

const RESIDENT: u8 = 0x80;
const DIRTY: u8 = 0x40;
const USAGE: u8 = 0x07;
const MAX_USAGE: u8 = 5;

#[derive(Debug, Default)]
struct Frames {
    /// Page numbers in the pool; 0 marks an empty frame.
    pages: Vec<u32>,
    /// Frames whose page was freed.
    empty: Vec<u32>,
}

/// See the file's header. All methods take `&self`: reading a page must not need the store for itself alone.
#[derive(Debug)]
pub(crate) struct BufferPool {
    capacity: Cell<u32>,
    /// One byte a page of the store: resident, dirty, usage count.
    state: Vec<Cell<u8>>,
    /// Which frame a resident page is in.
    frame_of: Vec<Cell<u32>>,
    frames: RefCell<Frames>,
    hand: Cell<u32>,
    hit: Cell<u64>,
    rest: Cell<BufferCounts>,
}

impl BufferPool {
    pub fn new(capacity: u32) -> Self {
        Self {
            capacity: Cell::new(capacity.max(1)),
            state: Vec::new(),
            frame_of: Vec::new(),
            frames: RefCell::new(Frames::default()),
            hand: Cell::new(0),
            hit: Cell::new(0),
            rest: Cell::new(BufferCounts::default()),
        }
    }

    pub fn capacity(&self) -> u32 {
        self.capacity.get()
    }

    pub fn counts(&self) -> BufferCounts {
        BufferCounts {
            hit: self.hit.get(),
            ..self.rest.get()
        }
    }

    /// Makes room to know about one more page; `false` when memory is short.
    pub fn reserve(&mut self, pages: usize) -> bool {
        if self.state.len() < pages {
            let more = pages - self.state.len();
            if self.state.try_reserve(more).is_err() || self.frame_of.try_reserve(more).is_err() {
                return false;
            }
            self.state.resize(pages, Cell::new(0));
            self.frame_of.resize(pages, Cell::new(0));
        }
        true
    }

    /// Counts a hit if the page is in the pool. A page in the pool exists.
    #[inline]
    pub fn hit(&self, index: usize) -> bool {
        let Some(cell) = self.state.get(index) else {
            return false;
        };
        let state = cell.get();
        if state & RESIDENT == 0 {
            return false;
        }
        if state & USAGE < MAX_USAGE {
            cell.set(state + 1);
        }
        self.hit.set(self.hit.get() + 1);
        true
    }

    /// Counts an access to page `index`. The caller knows that the page exists; `follows` says whether it lies behind the page that
    /// was last read of its relation, and is asked only if it is not in the pool.
    pub fn touch(&self, index: usize, follows: impl FnOnce() -> bool) -> AccessKind {
        if self.hit(index) {
            return AccessKind::Hit;
        }
        let follows = follows();
        self.count(|c| {
            c.read += 1;
            c.read_sequential += u64::from(follows);
        });
        self.admit(index, RESIDENT | 1);
        AccessKind::Read
    }

    /// Marks page `index` dirty, and says whether it was clean.
    #[inline]
    pub fn dirty(&self, index: usize) -> bool {
        let Some(cell) = self.state.get(index) else {
            return false;
        };
        let state = cell.get();
        if state & (DIRTY | RESIDENT) == DIRTY | RESIDENT {
            return false;
        }
        self.count(|c| c.dirtied += 1);
        if state & RESIDENT != 0 {
            cell.set(state | DIRTY);
        } else {
            self.admit(index, RESIDENT | DIRTY | 1);
        }
        true
    }

    /// A page that has just been added to its relation: in the pool and dirty, never read.
    pub fn allocated(&self, index: usize) {
        self.count(|c| {
            c.allocated += 1;
            c.dirtied += 1;
        });
        self.admit(index, RESIDENT | DIRTY | 1);
    }

    /// Forgets a page that was freed; its frame is empty, nothing is written.
    pub fn forget(&self, index: usize) {
        if let Some(cell) = self.state.get(index)
            && cell.replace(0) & RESIDENT != 0
        {
            let mut frames = self.frames.borrow_mut();
            let frame = self.frame_of.get(index).map_or(0, Cell::get);
            if let Some(page) = frames.pages.get_mut(frame as usize) {
                *page = 0;
                // Without memory for the list the frame stays unused: the pool is one page smaller.
                if frames.empty.try_reserve(1).is_ok() {
                    frames.empty.push(frame);
                }
            }
        }
    }

    /// Writes out all dirty pages; they stay in the pool, clean.
    pub fn checkpoint(&self) {
        let mut written = 0;
        for &page in self.frames.borrow().pages.iter() {
            if let Some(cell) = self.state.get(page as usize)
                && cell.get() & DIRTY != 0
            {
                cell.set(cell.get() & !DIRTY);
                written += 1;
            }
        }
        self.count(|c| c.written += written);
    }

    /// Starts again, empty, with another capacity in pages.
    pub fn restart(&self, capacity: u32) {
        self.checkpoint();
        for &page in self.frames.borrow().pages.iter() {
            if let Some(cell) = self.state.get(page as usize) {
                cell.set(0);
            }
        }
        *self.frames.borrow_mut() = Frames::default();
        self.hand.set(0);
        self.capacity.set(capacity.max(1));
    }

    pub fn is_resident(&self, index: usize) -> bool {
        self.state
            .get(index)
            .is_some_and(|cell| cell.get() & RESIDENT != 0)
    }

    fn count(&self, change: impl FnOnce(&mut BufferCounts)) {
        let mut counts = self.rest.get();
        change(&mut counts);
        self.rest.set(counts);
    }

    fn admit(&self, index: usize, state: u8) {
        let (Some(cell), Some(frame_of)) = (self.state.get(index), self.frame_of.get(index)) else {
            return;
        };
        let frames = &mut *self.frames.borrow_mut();
        let Some(frame) = self.empty_frame(frames) else {
            return;
        };
        if let Some(page) = frames.pages.get_mut(frame as usize) {
            *page = index as u32;
            frame_of.set(frame);
            cell.set(state);
        }
    }

    /// A frame to put a page in; `None` only without memory to note one (the page is then not kept).
    fn empty_frame(&self, frames: &mut Frames) -> Option<u32> {
        if let Some(frame) = frames.empty.pop() {
            return Some(frame);
        }
        if frames.pages.len() < self.capacity.get() as usize {
            frames.pages.try_reserve(1).ok()?;
            frames.pages.push(0);
            return Some(frames.pages.len() as u32 - 1);
        }
        loop {
            let hand = self.hand.get() as usize % frames.pages.len().max(1);
            self.hand.set(hand as u32 + 1);
            let victim = self.state.get(*frames.pages.get(hand)? as usize)?;
            let found = victim.get();
            if found & USAGE != 0 {
                victim.set(found - 1);
                continue;
            }
            victim.set(0);
            self.count(|c| {
                c.evicted += 1;
                c.written += u64::from(found & DIRTY != 0);
            });
            return Some(hand as u32);
        }
    }
}
