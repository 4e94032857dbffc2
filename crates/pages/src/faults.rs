//! Failures on purpose, and a picture of everything that a store holds: what tests of atomicity are made of.
//!
//! Why in the store and behind the feature `faults`: only here can a test make the hundredth page write of a statement fail, and
//! compare every page, note, block list and counter before and after. Programs are built without it.

use crate::ids::PageKind;
use crate::relation::RelationState;
use crate::store::PageStore;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::Cell;

/// When the next failure comes. Every page write, page allocation and piece of undo asks once.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Questions until the failure; 0 = none planned.
    left: Cell<u64>,
    fired: Cell<bool>,
}

impl Faults {
    /// Whether this one may succeed.
    pub fn granted(&self) -> bool {
        match self.left.get() {
            0 => true,
            1 => {
                self.left.set(0);
                self.fired.set(true);
                false
            }
            left => {
                self.left.set(left - 1);
                true
            }
        }
    }
}

/// A page with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageImage {
    /// Relation, block and note.
    pub owner: (u32, u32, u32),
    /// What it holds.
    pub kind: PageKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A relation: pages by block, free blocks, counters.
pub type RelationImage = (Vec<Option<u32>>, Vec<u32>, RelationState);

/// Everything that a rollback must bring back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreImage {
    /// Pages in use by number.
    pub pages: BTreeMap<u32, PageImage>,
    /// Relations by number; `None` where one was dropped.
    pub relations: Vec<Option<RelationImage>>,
    /// Savepoints that are open.
    pub savepoints: usize,
}

impl PageStore {
    /// Makes the `nth` page write, page allocation or piece of undo from now on fail as if memory had run out; 0: none does.
    pub fn fail_at(&self, nth: u64) {
        self.undo.faults.left.set(nth);
        self.undo.faults.fired.set(false);
    }

    /// Whether the failure that was planned has come.
    pub fn has_failed(&self) -> bool {
        self.undo.faults.fired.get()
    }

    /// A copy of everything. O(bytes).
    pub fn image(&self) -> StoreImage {
        let pages = self.entries.iter().enumerate().filter_map(|(at, entry)| {
            let page = crate::PageId::new(u32::try_from(at).ok()?)?;
            let image = PageImage {
                owner: (entry.relation, entry.block, entry.note),
                kind: entry.kind,
                bytes: self.peek(page).ok()?.to_vec(),
            };
            Some((page.get(), image))
        });
        let relations = self.relations.iter().map(|relation| {
            relation.as_ref().map(|relation| {
                let blocks = relation
                    .blocks
                    .iter()
                    .map(|block| block.map(crate::PageId::get));
                let free = relation.free.iter().map(|block| block.0);
                (blocks.collect(), free.collect(), relation.state)
            })
        });
        StoreImage {
            pages: pages.collect(),
            relations: relations.collect(),
            savepoints: self.savepoint_depth(),
        }
    }

    /// Pages that are neither in use nor on a free list, or on a list and in use: none, unless the store lost count.
    pub fn lost_pages(&self) -> Vec<u32> {
        let mut listed = alloc::vec![0u8; self.entries.len()];
        for page in self.free.iter().chain(&self.pending_free) {
            if let Some(count) = listed.get_mut(page.index()) {
                *count += 1;
            }
        }
        let pages = self.entries.iter().zip(&listed).enumerate().skip(1);
        pages
            .filter(|(_, (entry, count))| (entry.kind == PageKind::Free) != (**count == 1))
            .map(|(at, _)| at as u32)
            .collect()
    }
}
