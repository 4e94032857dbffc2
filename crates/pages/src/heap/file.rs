//! The heap file: all operations on a table's rows.
//!
//! Why updates never overwrite: PostgreSQL writes a new version, and that is what makes an update of an indexed column dear and
//! leaves dead rows for VACUUM. There is one session, so a version is either live or dead; what a statement or transaction did
//! is taken back by the store's undo log, not by visibility rules.

use super::append::{OneRow, Source, append_to_page};
use super::format::{
    self, AT_DEAD, AT_LIVE, AT_PRUNE, Bit, Geometry, SlotState, charged_room, set_bit, u16_at,
    u32_at,
};
use super::layout::{
    ColumnSlice, HeapCounts, HotOutcome, IndexedColumns, RowLayout, RowRef, RowRun, Updated,
};
use super::page::{HeapPage, RowView};
use super::plan::{Needs, PagePlan, SpareSlots};
use super::space::{ALL_VISIBLE, DEAD, LIVE};
use super::write::write_row;
use crate::error::{Result, StorageError};
use crate::ids::{BlockNumber, PageId, RelationId, RowId, SlotId};
use crate::store::PageStore;
use alloc::vec::Vec;
use core::ops::Range;

/// A description of a heap table's storage. It has no state of its own: clone it freely, keep it in a catalog. All that
/// changes is in the store, and goes back with a rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapFile {
    relation: RelationId,
    layout: RowLayout,
    fillfactor: u8,
}

impl HeapFile {
    /// Creates an empty heap (no pages). `fillfactor` is a percentage, clamped to 10 ..= 100, as in PostgreSQL.
    ///
    /// # Errors
    /// Out of memory.
    pub fn create(store: &mut PageStore, layout: RowLayout, fillfactor: u8) -> Result<Self> {
        Ok(Self {
            relation: store.create_relation()?,
            layout,
            fillfactor: fillfactor.clamp(10, 100),
        })
    }

    /// Frees all pages. The description must not be used again (unless this is rolled back).
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn drop_file(&self, store: &mut PageStore) -> Result<()> {
        store.drop_relation(self.relation)
    }

    /// The relation in the store, for traces.
    #[inline]
    pub fn relation(&self) -> RelationId {
        self.relation
    }

    /// The columns.
    pub fn layout(&self) -> &RowLayout {
        &self.layout
    }

    /// Target fullness in percent.
    pub fn fillfactor(&self) -> u8 {
        self.fillfactor
    }

    /// Counts. O(1).
    pub fn counts(&self, store: &PageStore) -> HeapCounts {
        let Ok(state) = store.state(self.relation) else {
            return HeapCounts::default();
        };
        HeapCounts {
            live_rows: state[LIVE],
            dead_rows: state[DEAD],
            pages: self.pages(store),
            all_visible_pages: state[ALL_VISIBLE] as u32,
        }
    }

    /// Pages. O(1).
    pub fn pages(&self, store: &PageStore) -> u32 {
        store.block_count(self.relation)
    }

    /// The store's page at `block`.
    pub fn page_id(&self, store: &PageStore, block: BlockNumber) -> Option<PageId> {
        store.page_at(self.relation, block)
    }

    /// Stores one row.
    ///
    /// # Errors
    /// The row is larger than a page; out of memory. Under a savepoint roll back, without one nothing has changed.
    pub fn insert(&self, store: &mut PageStore, row: &RowRef<'_>) -> Result<RowId> {
        let row_len = self.check_row(store, row)?;
        let (block, page) = self.page_for(store, row_len)?;
        store.read(page)?;
        self.place(store, row, block, page, SlotState::Live)
    }

    /// Writes a row into `page`, or into a new page when the bytes do not suffice.
    fn place(
        &self,
        store: &mut PageStore,
        row: &RowRef<'_>,
        block: BlockNumber,
        page: PageId,
        state: SlotState,
    ) -> Result<RowId> {
        let before = self.needs_before(store, block, page)?;
        let mut at = (block, page);
        let mut slot = write_row(store, &self.layout, page, row, state, before.as_ref())?;
        if slot.is_none() {
            at = self.add_page(store)?;
            slot = write_row(store, &self.layout, at.1, row, state, None)?;
        }
        let slot = slot.ok_or(StorageError::RowTooLarge {
            row_bytes: row.columns.iter().flatten().map(|value| value.len()).sum(),
            limit_bytes: self.row_limit(store),
        })?;
        self.clear_all_visible(store, at.1)?;
        store.state_mut(self.relation)?[LIVE] += 1;
        Ok(RowId { block: at.0, slot })
    }

    /// For a page without rows: what those of the page before it needed.
    fn needs_before(
        &self,
        store: &PageStore,
        block: BlockNumber,
        page: PageId,
    ) -> Result<Option<Needs>> {
        if u16_at(store.peek(page)?, super::format::AT_SLOTS) != 0 || block.0 == 0 {
            return Ok(None);
        }
        let Some(before) = store.page_at(self.relation, BlockNumber(block.0 - 1)) else {
            return Ok(None);
        };
        let open = HeapPage::open(&self.layout, store.peek(before)?, before)?;
        Ok(Some(Needs::of_page(&open, &self.layout)))
    }

    /// PostgreSQL's largest row.
    fn row_limit(&self, store: &PageStore) -> usize {
        store.page_bytes() - 32
    }

    fn check_row(&self, store: &PageStore, row: &RowRef<'_>) -> Result<usize> {
        let row_bytes = row.row_len as usize;
        let limit_bytes = self.row_limit(store);
        if row_bytes > limit_bytes {
            return Err(StorageError::RowTooLarge {
                row_bytes,
                limit_bytes,
            });
        }
        Ok(row_bytes)
    }

    pub(crate) fn format_empty(
        &self,
        store: &mut PageStore,
        block: BlockNumber,
        page: PageId,
    ) -> Result<()> {
        let none = Needs::none(&self.layout);
        let plan = PagePlan::new(
            &self.layout,
            store.page_bytes(),
            &none,
            &none,
            SpareSlots::None,
        );
        let plan = plan.ok_or(StorageError::RowTooLarge {
            row_bytes: 2 * self.layout.columns.len(),
            limit_bytes: self.row_limit(store),
        })?;
        plan.format(store.write_pinned(page)?.whole()?, block.0);
        Ok(())
    }

    /// Stores rows `rows` of the columns, in order, and returns where they went. `row_lens[i]` is PostgreSQL's length of row `i`
    /// (indexed as the columns are). Pausable by passing part of the rows each time.
    ///
    /// # Errors
    /// As [`Self::insert`]; also when columns and layout do not agree.
    pub fn append(
        &self,
        store: &mut PageStore,
        columns: &[ColumnSlice<'_>],
        row_lens: &[u16],
        rows: Range<usize>,
    ) -> Result<Vec<RowRun>> {
        let source = Source { columns, row_lens };
        // A row by itself goes into the page as it is laid out; laying the page out anew would copy the page for each.
        if rows.len() == 1
            && let Some(one) = OneRow::of(&source, &self.layout, rows.start)
        {
            let row = RowRef {
                columns: &one.columns(),
                row_len: row_lens.get(rows.start).copied().unwrap_or(u16::MAX),
            };
            let first = self.insert(store, &row)?;
            return Ok(Vec::from([RowRun { first, rows: 1 }]));
        }
        let mut runs = Vec::new();
        let mut next = rows.start;
        while next < rows.end {
            let len = row_lens.get(next).copied().unwrap_or(u16::MAX);
            let row = RowRef {
                columns: &[],
                row_len: len,
            };
            let row_len = self.check_row(store, &row)?;
            let (block, page) = self.page_for(store, row_len)?;
            let run = self.append_run(store, &source, next..rows.end, block, page)?;
            next += run.rows as usize;
            runs.push(run);
        }
        Ok(runs)
    }

    fn append_run(
        &self,
        store: &mut PageStore,
        source: &Source<'_>,
        rows: Range<usize>,
        block: BlockNumber,
        page: PageId,
    ) -> Result<RowRun> {
        let mut at = (block, page);
        for attempt in 0..2 {
            let open = HeapPage::open(&self.layout, store.read(at.1)?, at.1)?;
            let first = open.slots();
            let room = charged_room(open.bytes()).saturating_sub(self.reserve_bytes(store));
            let count = source.rows_within(rows.clone(), room).max(1);
            let spare = if count < rows.len() {
                SpareSlots::None
            } else {
                SpareSlots::Guessed
            };
            let written = append_to_page(
                store,
                &self.layout,
                at.1,
                source,
                rows.start..rows.start + count,
                spare,
            )?;
            if written > 0 {
                self.clear_all_visible(store, at.1)?;
                store.state_mut(self.relation)?[LIVE] += written as u64;
                return Ok(RowRun {
                    first: RowId {
                        block: at.0,
                        slot: SlotId(first as u16),
                    },
                    rows: written as u16,
                });
            }
            if attempt == 0 {
                at = self.add_page(store)?;
            }
        }
        let mut one = Needs::none(&self.layout);
        one.add_rows(source.columns, source.row_lens, rows.start..rows.start + 1);
        Err(StorageError::RowTooLarge {
            row_bytes: one.columns.iter().map(|column| column.variable_bytes).sum(),
            limit_bytes: self.row_limit(store),
        })
    }

    /// Reads one page of a scan (counted). Blocks run from 0 to [`Self::pages`].
    ///
    /// # Errors
    /// No such block; the page is damaged.
    #[inline]
    pub fn page<'a>(&'a self, store: &'a PageStore, block: BlockNumber) -> Result<HeapPage<'a>> {
        let page = self.must_page(store, block)?;
        HeapPage::open(&self.layout, store.read(page)?, page)
    }

    /// As [`Self::page`], with the directory checked only for the columns `which`: what a scan that reads few of many columns saves.
    /// Of a `pinned` page, one that was just read, no access is counted.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn page_for_columns<'a>(
        &'a self,
        store: &'a PageStore,
        block: BlockNumber,
        which: impl Iterator<Item = usize>,
        pinned: bool,
    ) -> Result<HeapPage<'a>> {
        let page = self.must_page(store, block)?;
        let bytes = if pinned {
            store.peek(page)?
        } else {
            store.read(page)?
        };
        let open = HeapPage::open_unchecked_directory(&self.layout, bytes, page)?;
        for column in which {
            open.check_column(column, page)?;
        }
        Ok(open)
    }

    /// Touches the pages of rows that will be read next, counting nothing: pages far apart are each a miss of the processor's caches, and
    /// misses overlap only when nothing else is done between them. Of a million rows in a browser's engine, 20 far apart with a text take a
    /// third less time so; a single row none.
    pub fn touch(&self, store: &PageStore, rows: &[RowId]) {
        self.touch_with(store, rows, |bytes, slot| {
            let state = format::HEADER + 2 * self.layout.columns.len() + 2 * slot;
            u16_at(bytes, 0) ^ u16_at(bytes, state)
        });
    }

    /// The same for the rows' values of a column, or where those of varying length end; the pages have been touched.
    pub fn touch_column(&self, store: &PageStore, rows: &[RowId], column: usize) {
        let kind = self.layout.columns.get(column);
        let width = kind.and_then(|kind| kind.width()).unwrap_or(2);
        self.touch_with(store, rows, |bytes, slot| {
            let values = format::area_at(u16_at(bytes, format::HEADER + 2 * column));
            u16_at(bytes, values + width * slot)
        });
    }

    #[inline]
    fn touch_with(&self, store: &PageStore, rows: &[RowId], look: impl Fn(&[u8], usize) -> u16) {
        let mut seen = 0;
        for row in rows {
            let page = store.page_at(self.relation, row.block);
            if let Some(bytes) = page.and_then(|page| store.pinned(page).ok()) {
                seen ^= look(bytes, row.slot.0 as usize);
            }
        }
        core::hint::black_box(seen);
    }

    /// As [`Self::page`], not counted: for a page that was just read, and for drawing.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn peek<'a>(&'a self, store: &'a PageStore, block: BlockNumber) -> Result<HeapPage<'a>> {
        let page = self.must_page(store, block)?;
        HeapPage::open(&self.layout, store.peek(page)?, page)
    }

    pub(crate) fn must_page(&self, store: &PageStore, block: BlockNumber) -> Result<PageId> {
        let row = RowId {
            block,
            slot: SlotId(0),
        };
        store
            .page_at(self.relation, block)
            .ok_or(StorageError::NoSuchRow(row))
    }

    /// The version at exactly this address; `None` when it is dead or was never there. Counted as one access.
    ///
    /// # Errors
    /// The page is damaged.
    pub fn fetch<'a>(&'a self, store: &'a PageStore, row: RowId) -> Result<Option<RowView<'a>>> {
        if store.page_at(self.relation, row.block).is_none() {
            return Ok(None);
        }
        let page = self.page(store, row.block)?;
        let live = page
            .slot_state(row.slot.0 as usize)
            .is_some_and(|(state, _)| state.is_live());
        Ok(live.then_some(RowView { page, row_id: row }))
    }

    /// The visible version of the row that an index entry points at, following its HOT chain within the page;
    /// `None` when the row is dead. Counted as one access.
    ///
    /// # Errors
    /// The page is damaged.
    #[inline]
    pub fn fetch_indexed<'a>(
        &'a self,
        store: &'a PageStore,
        row: RowId,
    ) -> Result<Option<RowView<'a>>> {
        if store.page_at(self.relation, row.block).is_none() {
            return Ok(None);
        }
        let page = self.page(store, row.block)?;
        Ok(page.follow(row.slot).map(|slot| RowView {
            page,
            row_id: RowId {
                block: row.block,
                slot,
            },
        }))
    }

    /// Whether the index entry's row has a visible version (for unique checks).
    ///
    /// # Errors
    /// The page is damaged.
    pub fn is_live(&self, store: &PageStore, row: RowId) -> Result<bool> {
        Ok(self.fetch_indexed(store, row)?.is_some())
    }

    /// Writes a new version of a visible row; the old one becomes invisible. Index entries of a HOT row stay valid; otherwise
    /// add the new address to every index and leave the old entries for vacuum. A scan that goes on after an update meets
    /// the new version too: collect the addresses first.
    ///
    /// # Errors
    /// No such row; otherwise as [`Self::insert`].
    pub fn update(
        &self,
        store: &mut PageStore,
        old: RowId,
        row: &RowRef<'_>,
        indexed: IndexedColumns,
    ) -> Result<Updated> {
        let row_len = self.check_row(store, row)?;
        let page = store
            .page_at(self.relation, old.block)
            .ok_or(StorageError::NoSuchRow(old))?;
        self.require_live(store, old, page)?;
        let needed = row_len + super::format::LINE_POINTER;
        if charged_room(store.peek(page)?) < needed {
            self.prune_if_useful(store, old.block)?;
        }
        if charged_room(store.peek(page)?) >= needed {
            let (state, hot) = match indexed {
                IndexedColumns::Unchanged => (SlotState::LiveHeapOnly, HotOutcome::Hot),
                IndexedColumns::Changed => (SlotState::Live, HotOutcome::IndexedColumnChanged),
            };
            if let Some(slot) = write_row(store, &self.layout, page, row, state, None)? {
                let link = (hot == HotOutcome::Hot).then_some(slot);
                self.mark_dead(store, old, page, link)?;
                store.state_mut(self.relation)?[LIVE] += 1;
                self.clear_all_visible(store, page)?;
                return Ok(Updated {
                    row_id: RowId {
                        block: old.block,
                        slot,
                    },
                    hot,
                });
            }
        }
        let (block, target) = self.page_for(store, row_len)?;
        store.read(target)?;
        // The map may offer the very page that has just refused.
        let (block, target) = if target == page {
            self.add_page(store)?
        } else {
            (block, target)
        };
        let row_id = self.place(store, row, block, target, SlotState::Live)?;
        self.mark_dead(store, old, page, None)?;
        let hot = match indexed {
            IndexedColumns::Unchanged => HotOutcome::NoRoom,
            IndexedColumns::Changed => HotOutcome::IndexedColumnChanged,
        };
        Ok(Updated { row_id, hot })
    }

    /// Makes a visible row invisible. Its index entries stay for vacuum.
    ///
    /// # Errors
    /// No such row; out of memory for the undo log.
    pub fn delete(&self, store: &mut PageStore, row: RowId) -> Result<()> {
        let page = store
            .page_at(self.relation, row.block)
            .ok_or(StorageError::NoSuchRow(row))?;
        self.require_live(store, row, page)?;
        self.mark_dead(store, row, page, None)
    }

    /// Reads the page (counted) and sees that the row is there.
    fn require_live(&self, store: &PageStore, row: RowId, page: PageId) -> Result<()> {
        let open = HeapPage::open_unchecked_directory(&self.layout, store.read(page)?, page)?;
        match open.slot_state(row.slot.0 as usize) {
            Some((state, _)) if state.is_live() => Ok(()),
            _ => Err(StorageError::NoSuchRow(row)),
        }
    }

    fn mark_dead(
        &self,
        store: &mut PageStore,
        row: RowId,
        page: PageId,
        next: Option<SlotId>,
    ) -> Result<()> {
        let transaction = store.transaction();
        let mut writer = store.write_pinned(page)?;
        let geometry = Geometry::of(writer.bytes(), &self.layout);
        let slot = row.slot.0 as usize;
        let at = geometry.states_at + 2 * slot;
        let dead = match SlotState::decode(u16_at(writer.bytes(), at)) {
            Some((SlotState::LiveHeapOnly, _)) => SlotState::DeadHeapOnly,
            _ => SlotState::Dead,
        };
        let link = next.map_or(super::format::NO_LINK, |slot| slot.0);
        writer.put_u16(at, dead.encode(link))?;
        let at = geometry.visible_at + slot / 8;
        set_bit(writer.range(at..at + 1)?, slot % 8, Bit::Zero);
        let live = u16_at(writer.bytes(), AT_LIVE).saturating_sub(1);
        writer.put_u16(AT_LIVE, live)?;
        let dead = u16_at(writer.bytes(), AT_DEAD).saturating_add(1);
        writer.put_u16(AT_DEAD, dead)?;
        if u32_at(writer.bytes(), AT_PRUNE) != transaction {
            writer.put(AT_PRUNE, &transaction.to_le_bytes())?;
        }
        self.clear_all_visible(store, page)?;
        let state = store.state_mut(self.relation)?;
        state[LIVE] = state[LIVE].saturating_sub(1);
        state[DEAD] += 1;
        Ok(())
    }

    /// Whether all rows of the page are visible, by the map: an index-only scan then need not read the page. Not counted. O(1).
    #[inline]
    pub fn is_all_visible(&self, store: &PageStore, block: BlockNumber) -> bool {
        let page = store.page_at(self.relation, block);
        page.is_some_and(|page| Self::page_is_all_visible(store, page))
    }

    /// TRUNCATE: removes all rows and pages.
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn truncate(&self, store: &mut PageStore) -> Result<()> {
        store.truncate(self.relation, 0)?;
        *store.state_mut(self.relation)? = Default::default();
        Ok(())
    }
}
