//! Pruning and VACUUM: taking back the space of dead row versions.
//!
//! Why two steps with the indexes in between: a dead row's address may be reused only when no index entry points at it. So the
//! first step frees the version and leaves a stub, the caller removes the index entries, the second step frees the stub. A
//! dead version in the middle of a HOT chain has no index entry and is freed at once; where the chain began, a redirect stays.
//! Source of the method: PostgreSQL `pruneheap.c`, `vacuumlazy.c`.

use super::file::HeapFile;
use super::format::{
    AT_BLOCK, AT_DEAD, AT_PRUNE, AT_SLOTS, AT_TUPLE_BYTES, AT_UNUSED, Geometry, LINE_POINTER,
    NO_LINK, SlotState, charged_room, u16_at, u32_at,
};
use super::page::HeapPage;
use super::plan::{Needs, PagePlan, SpareSlots, put};
use super::space::DEAD;
use super::write::snapshot;
use crate::error::{Result, StorageError};
use crate::ids::{BlockNumber, PageId, RowId, SlotId};
use crate::store::PageStore;
use alloc::vec::Vec;

/// How far a vacuum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VacuumProgress {
    /// The block to go on with; `None` when all were seen.
    pub next: Option<BlockNumber>,
}

/// Empty pages at the end are cut off when there are this many, or a sixteenth of the file.
const TRUNCATE_MINIMUM_PAGES: u32 = 1000;
const TRUNCATE_FRACTION: u32 = 16;

impl HeapFile {
    /// PostgreSQL's opportunistic pruning on access: frees dead versions of a page that is nearly full, if an earlier transaction
    /// left them. Returns whether it did something. A scan may call it for every page it reads.
    ///
    /// # Errors
    /// The page is damaged; out of memory.
    pub fn prune_if_useful(&self, store: &mut PageStore, block: BlockNumber) -> Result<bool> {
        let page = self.must_page(store, block)?;
        let bytes = store.peek(page)?;
        let dead_since = u32_at(bytes, AT_PRUNE);
        if dead_since == 0 || dead_since == store.transaction() {
            return Ok(false);
        }
        let enough = self.reserve_bytes(store).max(bytes.len() / 10);
        if charged_room(bytes).saturating_sub(LINE_POINTER) >= enough {
            return Ok(false);
        }
        self.prune(store, page)
    }

    /// First half of VACUUM: prunes up to `pages` pages from `from`, adds to `dead` (ascending) the addresses whose index entries
    /// must be removed before [`Self::vacuum_free`].
    ///
    /// # Errors
    /// A page is damaged; out of memory.
    pub fn vacuum_prune(
        &self,
        store: &mut PageStore,
        from: BlockNumber,
        pages: u32,
        dead: &mut Vec<RowId>,
    ) -> Result<VacuumProgress> {
        let end = self.pages(store);
        let stop = end.min(from.0.saturating_add(pages));
        for block in from.0..stop {
            let block = BlockNumber(block);
            let page = self.must_page(store, block)?;
            store.read(page)?;
            self.prune(store, page)?;
            let open = HeapPage::open(self.layout(), store.peek(page)?, page)?;
            let before = dead.len();
            for slot in 0..open.slots() {
                if matches!(open.slot_state(slot), Some((SlotState::Stub, _))) {
                    dead.push(RowId {
                        block,
                        slot: SlotId(slot as u16),
                    });
                }
            }
            if dead.len() == before {
                self.settle(store, page)?;
            }
        }
        Ok(VacuumProgress {
            next: (stop < end).then_some(BlockNumber(stop)),
        })
    }

    /// Second half: makes the addresses reusable; no index entry points at them any more. `dead` as [`Self::vacuum_prune`] gave it
    /// (or whole pages of it).
    ///
    /// # Errors
    /// A page is damaged; out of memory.
    pub fn vacuum_free(&self, store: &mut PageStore, dead: &[RowId]) -> Result<()> {
        for rows in dead.chunk_by(|a, b| a.block == b.block) {
            let Some(first) = rows.first() else { continue };
            let page = self.must_page(store, first.block)?;
            let mut writer = store.write(page)?;
            let geometry = Geometry::of(writer.bytes(), self.layout());
            let mut freed = 0;
            for row in rows {
                let at = geometry.states_at + 2 * row.slot.0 as usize;
                if matches!(
                    SlotState::decode(u16_at(writer.bytes(), at)),
                    Some((SlotState::Stub, _))
                ) {
                    writer.put_u16(at, SlotState::Unused.encode(NO_LINK))?;
                    freed += 1;
                }
            }
            let mut slots = u16_at(writer.bytes(), AT_SLOTS);
            let mut unused = u16_at(writer.bytes(), AT_UNUSED).saturating_add(freed);
            // Line pointers at the end are given back, as PostgreSQL 14 and later do.
            while slots > 0 {
                let word = u16_at(
                    writer.bytes(),
                    geometry.states_at + 2 * (slots as usize - 1),
                );
                if !matches!(SlotState::decode(word), Some((SlotState::Unused, _))) {
                    break;
                }
                slots -= 1;
                unused = unused.saturating_sub(1);
            }
            writer.put_u16(AT_SLOTS, slots)?;
            writer.put_u16(AT_UNUSED, unused)?;
            let dead = u16_at(writer.bytes(), AT_DEAD).saturating_sub(freed);
            writer.put_u16(AT_DEAD, dead)?;
            let state = store.state_mut(self.relation())?;
            state[DEAD] = state[DEAD].saturating_sub(u64::from(freed));
            self.settle(store, page)?;
        }
        Ok(())
    }

    /// Last step: cuts off empty pages at the end when it is worth it, as VACUUM does. Returns how many.
    ///
    /// # Errors
    /// A page is damaged; out of memory for the undo log.
    pub fn vacuum_truncate(&self, store: &mut PageStore) -> Result<u32> {
        let pages = self.pages(store);
        let mut keep = pages;
        while keep > 0 {
            let page = self.must_page(store, BlockNumber(keep - 1))?;
            let bytes = store.peek(page)?;
            if u16_at(bytes, AT_SLOTS) != u16_at(bytes, AT_UNUSED) {
                break;
            }
            keep -= 1;
        }
        let empty = pages - keep;
        if empty == 0 || (empty < TRUNCATE_MINIMUM_PAGES && empty < pages / TRUNCATE_FRACTION) {
            return Ok(0);
        }
        for block in keep..pages {
            let page = self.must_page(store, BlockNumber(block))?;
            self.clear_all_visible(store, page)?;
        }
        store.truncate(self.relation(), keep)?;
        self.reset_target(store)?;
        Ok(empty)
    }

    /// After vacuum looked at a page: notes its free space, and that all its rows are visible if so.
    fn settle(&self, store: &mut PageStore, page: PageId) -> Result<()> {
        let bytes = store.peek(page)?;
        let room = charged_room(bytes).saturating_sub(LINE_POINTER);
        let clean = u16_at(bytes, AT_DEAD) == 0;
        self.record_space(store, page, room)?;
        if clean {
            self.set_all_visible(store, page)
        } else {
            Ok(())
        }
    }

    /// Frees the dead versions of a page and packs it. Returns whether there were any.
    fn prune(&self, store: &mut PageStore, page: PageId) -> Result<bool> {
        if u32_at(store.peek(page)?, AT_PRUNE) == 0 {
            return Ok(false);
        }
        let mut old = snapshot(store, page)?;
        let states = {
            let open = HeapPage::open(self.layout(), &old, page)?;
            pruned_states(&open)
        };
        let geometry = Geometry::of(&old, self.layout());
        let dead_before = u16_at(&old, AT_DEAD);
        let mut tuple_bytes: u16 = 0;
        let mut unused: u16 = 0;
        let mut stubs: u16 = 0;
        for (slot, &(state, link)) in states.iter().enumerate() {
            put(&mut old, geometry.states_at + 2 * slot, state.encode(link));
            let len_at = geometry.lens_at + 2 * slot;
            if state.has_row() {
                tuple_bytes = tuple_bytes.saturating_add(u16_at(&old, len_at));
            } else {
                put(&mut old, len_at, 0);
            }
            unused += u16::from(state == SlotState::Unused);
            stubs += u16::from(state == SlotState::Stub);
        }
        put(&mut old, AT_TUPLE_BYTES, tuple_bytes);
        put(&mut old, AT_UNUSED, unused);
        put(&mut old, AT_DEAD, stubs);
        put(&mut old, AT_PRUNE, 0);
        put(&mut old, AT_PRUNE + 2, 0);
        let open = HeapPage::open(self.layout(), &old, page)?;
        let needs = Needs::of_page(&open, self.layout());
        let none = Needs::none(self.layout());
        let plan = PagePlan::new(self.layout(), old.len(), &needs, &none, SpareSlots::Guessed);
        let plan = plan.ok_or(StorageError::Damaged {
            page,
            offset: 0,
            what: "fewer rows need fewer bytes",
        })?;
        let block = u32_at(&old, AT_BLOCK);
        let mut writer = store.write_pinned(page)?;
        let bytes = writer.whole()?;
        plan.format(bytes, block);
        plan.pack(self.layout(), bytes, &open);
        let state = store.state_mut(self.relation())?;
        state[DEAD] = state[DEAD].saturating_sub(u64::from(dead_before.saturating_sub(stubs)));
        Ok(true)
    }
}

/// What each slot becomes when the dead versions go.
fn pruned_states(page: &HeapPage<'_>) -> Vec<(SlotState, u16)> {
    let slots = page.slots();
    (0..slots)
        .map(|slot| {
            let (state, link) = page
                .slot_state(slot)
                .unwrap_or((SlotState::Unused, NO_LINK));
            match state {
                SlotState::Dead | SlotState::Redirect => match page.follow(SlotId(slot as u16)) {
                    Some(live) => (SlotState::Redirect, live.0),
                    None => (SlotState::Stub, NO_LINK),
                },
                SlotState::DeadHeapOnly => (SlotState::Unused, NO_LINK),
                SlotState::Unused | SlotState::Live | SlotState::LiveHeapOnly | SlotState::Stub => {
                    (state, link)
                }
            }
        })
        .collect()
}
