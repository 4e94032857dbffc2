//! Which page the next row goes to: the free space map and the insertion target.
//!
//! Why as PostgreSQL does it: page counts after deletes depend on it. A page's free space is known to others only after VACUUM
//! looked at it, or after a row did not fit. The map is a byte a page, in the page's note outside the page
//! (PostgreSQL keeps it in a file of its own), beside the all-visible bit. Source of the method: `hio.c`, `freespace.c`.

use super::file::HeapFile;
use super::format::{AT_SLOTS, LINE_POINTER, charged_room, u16_at};
use crate::error::Result;
use crate::ids::{BlockNumber, PageId, PageKind};
use crate::store::PageStore;

/// Words of the relation's state.
pub(crate) const LIVE: usize = 0;
pub(crate) const DEAD: usize = 1;
/// Block to insert into, plus one; 0 is none.
const TARGET: usize = 2;
pub(crate) const ALL_VISIBLE: usize = 3;
/// No page is known to have this category of free space or more.
const MAP_BOUND: usize = 4;

const NOTE_VISIBLE: u32 = 1 << 31;
const NOTE_SPACE: u32 = 0xFF;

impl HeapFile {
    /// The page for a row of `row_len` bytes, by the charge: the current target, a page of the map, the last page, or a new one.
    pub(crate) fn page_for(
        &self,
        store: &mut PageStore,
        row_len: usize,
    ) -> Result<(BlockNumber, PageId)> {
        let needed = row_len + LINE_POINTER + self.reserve_bytes(store);
        let pages = store.block_count(self.relation());
        let state = store.state(self.relation())?;
        let mut target = match state[TARGET] {
            0 => pages.checked_sub(1),
            block => Some(block as u32 - 1),
        };
        while let Some(block) = target {
            let block = BlockNumber(block);
            let Some(page) = store.page_at(self.relation(), block) else {
                break;
            };
            let bytes = store.peek(page)?;
            if charged_room(bytes) >= needed || u16_at(bytes, AT_SLOTS) == 0 {
                self.set_target(store, block)?;
                return Ok((block, page));
            }
            let room = charged_room(bytes);
            if store.note(page) & NOTE_SPACE != 0 {
                self.record_space(store, page, room)?;
            }
            target = self.search_map(store, needed)?;
        }
        self.add_page(store)
    }

    /// Adds an empty page and makes it the target.
    pub(crate) fn add_page(&self, store: &mut PageStore) -> Result<(BlockNumber, PageId)> {
        let (block, page) = store.extend(self.relation(), PageKind::Heap)?;
        self.format_empty(store, block, page)?;
        self.set_target(store, block)?;
        Ok((block, page))
    }

    fn set_target(&self, store: &mut PageStore, block: BlockNumber) -> Result<()> {
        let word = u64::from(block.0) + 1;
        if store.state(self.relation())?[TARGET] != word {
            store.state_mut(self.relation())?[TARGET] = word;
        }
        Ok(())
    }

    /// Forgets the insertion target and where free space was, after the file was cut.
    pub(crate) fn reset_target(&self, store: &mut PageStore) -> Result<()> {
        store.state_mut(self.relation())?[TARGET] = 0;
        Ok(())
    }

    /// Bytes of a page that inserts leave free for updates.
    pub(crate) fn reserve_bytes(&self, store: &PageStore) -> usize {
        store.page_bytes() * (100 - usize::from(self.fillfactor())) / 100
    }

    /// Notes how much room a page has, in 256 categories, rounded down.
    pub(crate) fn record_space(
        &self,
        store: &mut PageStore,
        page: PageId,
        room: usize,
    ) -> Result<()> {
        let category = (room * 256 / store.page_bytes()).min(255) as u32;
        let note = store.note(page);
        store.set_note(page, note & !NOTE_SPACE | category)?;
        if store.state(self.relation())?[MAP_BOUND] <= u64::from(category) && category > 0 {
            store.state_mut(self.relation())?[MAP_BOUND] = u64::from(category) + 1;
        }
        Ok(())
    }

    /// The first page that is known to have `needed` bytes. O(1) while no page has; else O(pages).
    fn search_map(&self, store: &mut PageStore, needed: usize) -> Result<Option<u32>> {
        let category = (needed * 256).div_ceil(store.page_bytes()) as u32;
        if store.state(self.relation())?[MAP_BOUND] <= u64::from(category) {
            return Ok(None);
        }
        let found = (0..store.block_count(self.relation())).find(|&block| {
            let page = store.page_at(self.relation(), BlockNumber(block));
            page.is_some_and(|page| store.note(page) & NOTE_SPACE >= category)
        });
        if found.is_none() {
            store.state_mut(self.relation())?[MAP_BOUND] = u64::from(category);
        }
        Ok(found)
    }

    /// Whether the map says that all rows of the page are visible.
    pub(crate) fn page_is_all_visible(store: &PageStore, page: PageId) -> bool {
        store.note(page) & NOTE_VISIBLE != 0
    }

    /// Sets the page's all-visible bit.
    pub(crate) fn set_all_visible(&self, store: &mut PageStore, page: PageId) -> Result<()> {
        if !Self::page_is_all_visible(store, page) {
            let note = store.note(page);
            store.set_note(page, note | NOTE_VISIBLE)?;
            store.state_mut(self.relation())?[ALL_VISIBLE] += 1;
        }
        Ok(())
    }

    /// Clears the page's all-visible bit, as every change of its rows does.
    #[inline]
    pub(crate) fn clear_all_visible(&self, store: &mut PageStore, page: PageId) -> Result<()> {
        if Self::page_is_all_visible(store, page) {
            let note = store.note(page);
            store.set_note(page, note & !NOTE_VISIBLE)?;
            let state = store.state_mut(self.relation())?;
            state[ALL_VISIBLE] = state[ALL_VISIBLE].saturating_sub(1);
        }
        Ok(())
    }
}
