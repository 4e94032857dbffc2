//! The B+tree: its description, options and the operations on it.

use crate::layout::KeyLayout;
use alloc::vec::Vec;
use pages::{PageId, PageStore, RelationId, Result, RowId, StorageError};

/// What entries carry, and how a tree behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BTreeOptions {
    /// Target fullness of leaves in percent at a build and at ascending inserts: 10 ..= 100; PostgreSQL's default is 90.
    pub leaf_fillfactor: u8,
    /// Whether entries carry payload bytes after the key.
    pub payload: Payload,
    /// When a page that lost entries is merged into a neighbour.
    pub merge: MergePolicy,
}

impl Default for BTreeOptions {
    fn default() -> Self {
        Self {
            leaf_fillfactor: 90,
            payload: Payload::None,
            merge: MergePolicy::WhenEmpty,
        }
    }
}

/// Whether entries carry payload bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Key and row id only.
    None,
    /// INCLUDE columns, or the row itself in a clustered table.
    Bytes,
}

/// When pages are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergePolicy {
    /// A page leaves the tree only when it is empty (PostgreSQL).
    WhenEmpty,
    /// A page less than half full is merged into a neighbour that has room (InnoDB).
    WhenHalfEmpty,
}

/// A description of a tree. It has no state of its own: clone it freely, keep it in a catalog. All that changes is in the store,
/// and goes back with a rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BTree {
    pub(crate) relation: RelationId,
    pub(crate) options: BTreeOptions,
}

/// Result of [`BTree::insert_unique`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueInsert {
    /// The entry was added.
    Inserted,
    /// An equal key belongs to this live row; nothing was changed.
    Conflict(RowId),
}

/// Counts of a tree. All O(1) to get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeCounts {
    /// Entries: one for each row, also when a list shares a key.
    pub entries: u64,
    /// Pages of the file, meta page and freed pages included: PostgreSQL's relpages.
    pub pages: u32,
    /// Leaf pages.
    pub leaf_pages: u32,
    /// Internal pages.
    pub internal_pages: u32,
    /// Level of the root: 0 when it is a leaf, and when the tree is empty. PostgreSQL's tree_height.
    pub height: u32,
}

/// What changed in trees since the store's tree was described: page splits and so on. Take differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeWork {
    /// Page splits.
    pub splits: u64,
    /// Pages merged away or deleted.
    pub merges: u64,
    /// Pages whose duplicates were gathered into lists.
    pub deduplications: u64,
}

impl BTree {
    /// Creates an empty tree: its meta page.
    pub fn create(store: &mut PageStore, options: BTreeOptions) -> Result<Self> {
        Ok(Self {
            relation: store.create_relation()?,
            options,
        })
    }
    /// Frees all pages.
    pub fn drop_tree(&self, store: &mut PageStore) -> Result<()> {
        store.drop_relation(self.relation)
    }
    /// Removes all entries: the tree is as after `create`.
    pub fn clear(&self, store: &mut PageStore) -> Result<()> {
        store.truncate(self.relation, 1)
    }
    /// The relation in the store, for traces.
    pub fn relation(&self) -> RelationId {
        self.relation
    }
    /// The options.
    pub fn options(&self) -> &BTreeOptions {
        &self.options
    }
    /// Counts.
    pub fn counts(&self, _store: &PageStore) -> TreeCounts {
        TreeCounts::default()
    }
    /// Splits, merges and deduplications since creation.
    pub fn work(&self, _store: &PageStore) -> TreeWork {
        TreeWork::default()
    }
    /// The root; `None` while the tree is empty.
    pub fn root(&self, _store: &PageStore) -> Option<PageId> {
        None
    }
    /// Adds an entry. Entries are ordered by key, then row id.
    pub fn insert<L: KeyLayout + ?Sized>(
        &self,
        _store: &mut PageStore,
        _layout: &L,
        _key: &[u8],
        _row: RowId,
        _payload: &[u8],
    ) -> Result<()> {
        Err(StorageError::NoSuchSavepoint)
    }
    /// Adds an entry unless an equal key has a row for which `is_live` is true. NULLs: call [`Self::insert`] when a key has one.
    pub fn insert_unique<L: KeyLayout + ?Sized>(
        &self,
        _store: &mut PageStore,
        _layout: &L,
        _key: &[u8],
        _row: RowId,
        _payload: &[u8],
        _is_live: &mut dyn FnMut(&PageStore, RowId) -> Result<bool>,
    ) -> Result<UniqueInsert> {
        Err(StorageError::NoSuchSavepoint)
    }
    /// Removes the entry of this key and row; `false` when there is none.
    pub fn remove<L: KeyLayout + ?Sized>(
        &self,
        _store: &mut PageStore,
        _layout: &L,
        _key: &[u8],
        _row: RowId,
    ) -> Result<bool> {
        Ok(false)
    }
    /// VACUUM's pass over the index: removes the entries of all rows for which `is_dead` is true. Visits up to `leaves` leaf pages from `from`
    /// (`None`: the first); returns where to go on.
    pub fn remove_rows<L: KeyLayout + ?Sized>(
        &self,
        _store: &mut PageStore,
        _layout: &L,
        _from: Option<PageId>,
        _leaves: u32,
        _is_dead: &mut dyn FnMut(RowId) -> bool,
    ) -> Result<Option<PageId>> {
        Ok(None)
    }
    /// Replaces the payload of an entry; `false` when there is none.
    pub fn set_payload<L: KeyLayout + ?Sized>(
        &self,
        _store: &mut PageStore,
        _layout: &L,
        _key: &[u8],
        _row: RowId,
        _payload: &[u8],
    ) -> Result<bool> {
        Ok(false)
    }
    /// The first row with exactly this key.
    pub fn get(&self, _store: &PageStore, _key: &[u8]) -> Result<Option<RowId>> {
        Ok(None)
    }
    /// All rows with exactly this key, appended to `rows` in order.
    pub fn get_all(&self, _store: &PageStore, _key: &[u8], _rows: &mut Vec<RowId>) -> Result<()> {
        Ok(())
    }
}
