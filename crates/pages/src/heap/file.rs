//! The heap file: all operations on a table's rows.

use super::layout::{ColumnSlice, HeapCounts, IndexedColumns, RowLayout, RowRef, RowRun, Updated};
use super::page::{HeapPage, RowView};
use crate::error::{Result, StorageError};
use crate::ids::{BlockNumber, RelationId, RowId};
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

/// How far a vacuum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VacuumProgress {
    /// The block to go on with; `None` when all were seen.
    pub next: Option<BlockNumber>,
}

impl HeapFile {
    /// Creates an empty heap (no pages). `fillfactor` is a percentage, 10 ..= 100, as in PostgreSQL.
    pub fn create(store: &mut PageStore, layout: RowLayout, fillfactor: u8) -> Result<Self> {
        Ok(Self {
            relation: store.create_relation()?,
            layout,
            fillfactor,
        })
    }
    /// Frees all pages. The description must not be used again (unless this is rolled back).
    pub fn drop_file(&self, store: &mut PageStore) -> Result<()> {
        store.drop_relation(self.relation)
    }
    /// The relation in the store, for traces.
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
    pub fn counts(&self, _store: &PageStore) -> HeapCounts {
        HeapCounts::default()
    }
    /// Pages. O(1).
    pub fn pages(&self, store: &PageStore) -> u32 {
        store.block_count(self.relation)
    }
    /// Stores one row.
    pub fn insert(&self, _store: &mut PageStore, _row: &RowRef<'_>) -> Result<RowId> {
        Err(StorageError::NoSuchSavepoint)
    }
    /// Stores rows `rows` of the columns, in order, and returns where they went. `row_lens[i]` is PostgreSQL's length of row `i`
    /// (indexed as the columns are). Pausable by passing part of the rows each time.
    pub fn append(
        &self,
        _store: &mut PageStore,
        _columns: &[ColumnSlice<'_>],
        _row_lens: &[u16],
        _rows: Range<usize>,
    ) -> Result<Vec<RowRun>> {
        Err(StorageError::NoSuchSavepoint)
    }
    /// Reads one page of a scan (counted). Blocks run from 0 to [`Self::pages`].
    pub fn page<'a>(&'a self, _store: &'a PageStore, _block: BlockNumber) -> Result<HeapPage<'a>> {
        Err(StorageError::NoSuchSavepoint)
    }
    /// As [`Self::page`], not counted: for a page that was just read, and for drawing.
    pub fn peek<'a>(&'a self, _store: &'a PageStore, _block: BlockNumber) -> Result<HeapPage<'a>> {
        Err(StorageError::NoSuchSavepoint)
    }
    /// The version at exactly this address; `None` when it is dead or was never there. Counted as one access.
    pub fn fetch<'a>(&'a self, _store: &'a PageStore, _row: RowId) -> Result<Option<RowView<'a>>> {
        Ok(None)
    }
    /// The visible version of the row that an index entry points at, following its HOT chain within the page;
    /// `None` when the row is dead. Counted as one access.
    pub fn fetch_indexed<'a>(
        &'a self,
        _store: &'a PageStore,
        _row: RowId,
    ) -> Result<Option<RowView<'a>>> {
        Ok(None)
    }
    /// Whether the index entry's row has a visible version (for unique checks).
    pub fn is_live(&self, _store: &PageStore, _row: RowId) -> Result<bool> {
        Ok(false)
    }
    /// Writes a new version of a visible row; the old one becomes invisible. Index entries of a HOT row stay valid; otherwise
    /// add the new address to every index and leave the old entries for vacuum. A scan that goes on after an update meets
    /// the new version too: collect the addresses first.
    pub fn update(
        &self,
        _store: &mut PageStore,
        _old: RowId,
        _row: &RowRef<'_>,
        _indexed: IndexedColumns,
    ) -> Result<Updated> {
        Err(StorageError::NoSuchSavepoint)
    }
    /// Makes a visible row invisible. Its index entries stay for vacuum.
    pub fn delete(&self, _store: &mut PageStore, _row: RowId) -> Result<()> {
        Err(StorageError::NoSuchSavepoint)
    }
    /// PostgreSQL's opportunistic pruning on access: frees dead HOT versions when the page is nearly full. `true` when it did something.
    pub fn prune_if_useful(&self, _store: &mut PageStore, _block: BlockNumber) -> Result<bool> {
        Ok(false)
    }
    /// First half of VACUUM: prunes up to `pages` pages from `from`, adds to `dead` (ascending) the addresses whose index entries
    /// must be removed before [`Self::vacuum_free`].
    pub fn vacuum_prune(
        &self,
        _store: &mut PageStore,
        _from: BlockNumber,
        _pages: u32,
        _dead: &mut Vec<RowId>,
    ) -> Result<VacuumProgress> {
        Ok(VacuumProgress { next: None })
    }
    /// Second half: makes the addresses reusable; no index entry points at them any more. `dead` as [`Self::vacuum_prune`] gave it (or a part of it).
    pub fn vacuum_free(&self, _store: &mut PageStore, _dead: &[RowId]) -> Result<()> {
        Ok(())
    }
    /// Last step: cuts off empty pages at the end, as VACUUM does. Returns how many.
    pub fn vacuum_truncate(&self, _store: &mut PageStore) -> Result<u32> {
        Ok(0)
    }
    /// Whether all rows of the page are visible, by the map: an index-only scan then need not read the page. Not counted. O(1).
    pub fn is_all_visible(&self, _store: &PageStore, _block: BlockNumber) -> bool {
        false
    }
    /// TRUNCATE: removes all rows and pages.
    pub fn truncate(&self, store: &mut PageStore) -> Result<()> {
        store.truncate(self.relation, 0)
    }
}
