//! The B+tree: its description, options and the operations on it.
//!
//! Why it has no state: root, height and counts are in the store's relation, so that a rollback restores them with the pages. What each
//! operation does is in a file of its own. Entries are ordered by key, then row id, so that every entry has one place, also among a
//! million equal keys (PostgreSQL since 12).

use crate::insert::Place;
use crate::layout::KeyLayout;
use crate::leaf::{LeafCell, row_of};
use crate::node::{
    AT_FLAGS, AT_LEVEL, AT_RIGHT, FLAG_PAYLOAD, KIND_LEAF, KIND_META, Node, NodeHeader, Usable,
    compare_prefix,
};
use crate::search::{Path, Target, open_leaf};
use alloc::vec::Vec;
use core::cmp::Ordering;
use pages::{BlockNumber, PageId, PageKind, PageStore, RelationId, Result, RowId};

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
    /// INCLUDE columns, or the row itself in a clustered table. Such a tree has no row lists.
    Bytes,
}

/// When pages are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergePolicy {
    /// A page leaves the tree only when it is empty (PostgreSQL).
    WhenEmpty,
    /// A page less than half full is merged with a neighbour when both fit (InnoDB).
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

/// What happened to a tree since it was created. Take differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeWork {
    /// Page splits.
    pub splits: u64,
    /// Pages merged away.
    pub merges: u64,
    /// Pages whose duplicates were gathered into lists.
    pub deduplications: u64,
}

// Words of the relation's state.
pub(crate) const ROOT: usize = 0;
pub(crate) const HEIGHT: usize = 1;
pub(crate) const RIGHTMOST: usize = 2;
pub(crate) const ENTRIES: usize = 3;
pub(crate) const LEAVES: usize = 4;
pub(crate) const INTERNALS: usize = 5;
pub(crate) const SPLITS: usize = 6;
pub(crate) const MERGES: usize = 7;
pub(crate) const DEDUPLICATIONS: usize = 8;
/// Grows with every change, so that a cursor notices.
pub(crate) const CHANGES: usize = 9;

impl BTree {
    /// Creates an empty tree: its meta page.
    ///
    /// # Errors
    /// Out of memory.
    pub fn create(store: &mut PageStore, options: BTreeOptions) -> Result<Self> {
        let options = BTreeOptions {
            leaf_fillfactor: options.leaf_fillfactor.clamp(10, 100),
            ..options
        };
        let tree = Self {
            relation: store.create_relation()?,
            options,
        };
        store.extend(tree.relation, PageKind::Meta)?;
        tree.write_meta(store)?;
        Ok(tree)
    }

    /// Frees all pages.
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn drop_tree(&self, store: &mut PageStore) -> Result<()> {
        store.drop_relation(self.relation)
    }

    /// Removes all entries: the tree is as after [`Self::create`].
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn clear(&self, store: &mut PageStore) -> Result<()> {
        store.truncate(self.relation, 1)?;
        let state = store.state_mut(self.relation)?;
        for word in [ROOT, HEIGHT, RIGHTMOST, ENTRIES, LEAVES, INTERNALS] {
            state[word] = 0;
        }
        state[CHANGES] += 1;
        self.write_meta(store)
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
    pub fn counts(&self, store: &PageStore) -> TreeCounts {
        let Ok(state) = store.state(self.relation) else {
            return TreeCounts::default();
        };
        TreeCounts {
            entries: state[ENTRIES],
            pages: store.block_count(self.relation),
            leaf_pages: state[LEAVES] as u32,
            internal_pages: state[INTERNALS] as u32,
            height: state[HEIGHT] as u32,
        }
    }

    /// Splits, merges and deduplications since creation.
    pub fn work(&self, store: &PageStore) -> TreeWork {
        let Ok(state) = store.state(self.relation) else {
            return TreeWork::default();
        };
        TreeWork {
            splits: state[SPLITS],
            merges: state[MERGES],
            deduplications: state[DEDUPLICATIONS],
        }
    }

    /// The root; `None` while the tree is empty.
    pub fn root(&self, store: &PageStore) -> Option<PageId> {
        PageId::new(store.state(self.relation).ok()?[ROOT] as u32)
    }

    /// Adds an entry. Entries are ordered by key, then row id; one that exists already is left alone. O(height × log fanout), and
    /// O(page) when a page splits.
    ///
    /// # Errors
    /// The entry is larger than a third of a page; out of memory; a damaged page. Under a savepoint roll back.
    pub fn insert(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        key: &[u8],
        row: RowId,
        payload: &[u8],
    ) -> Result<()> {
        self.insert_entry(store, layout, key, row, payload, Place::Unknown)
    }

    /// Adds an entry unless an equal key has a row for which `is_live` is true. NULLs: call [`Self::insert`] when a key has one.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub fn insert_unique(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        key: &[u8],
        row: RowId,
        payload: &[u8],
        is_live: &mut dyn FnMut(&PageStore, RowId) -> Result<bool>,
    ) -> Result<UniqueInsert> {
        let mut place = Place::BeyondAll;
        if !self.is_beyond_all(store, key)? {
            let mut path = Path::default();
            let mut holder = None;
            let end = self.for_each_row(store, key, Some(&mut path), &mut |found| {
                if found != row && is_live(store, found)? {
                    holder = Some(found);
                    return Ok(Go::Stop);
                }
                Ok(Go::On)
            })?;
            if let Some(holder) = holder {
                return Ok(UniqueInsert::Conflict(holder));
            }
            place = end.map_or(Place::Unknown, |(leaf, slot)| Place::Behind {
                leaf,
                slot,
                path,
            });
        }
        self.insert_entry(store, layout, key, row, payload, place)?;
        Ok(UniqueInsert::Inserted)
    }

    /// Whether the key is greater than all in the tree, by a look at the rightmost leaf: ascending keys need no search.
    pub(crate) fn is_beyond_all(&self, store: &PageStore, key: &[u8]) -> Result<bool> {
        if store.state(self.relation)?[RIGHTMOST] == 0 {
            return Ok(true);
        }
        let last = self.rightmost_leaf(store)?;
        Ok(last.is_some_and(|(_, last)| last.key < key))
    }

    /// The rightmost leaf and its last cell, if it has one. Not counted.
    pub(crate) fn rightmost_leaf<'s>(
        &self,
        store: &'s PageStore,
    ) -> Result<Option<(Node<'s>, LeafCell<'s>)>> {
        let Some(leaf) = PageId::new(store.state(self.relation)?[RIGHTMOST] as u32) else {
            return Ok(None);
        };
        let node = Node::open(store.peek(leaf)?, leaf)?;
        match node.count.checked_sub(1) {
            Some(last) if node.is_leaf() && node.right().is_none() => {
                Ok(Some((node, node.leaf_cell(last)?)))
            }
            _ => Ok(None),
        }
    }

    /// The first row with exactly this key.
    ///
    /// # Errors
    /// A damaged page.
    pub fn get(&self, store: &PageStore, key: &[u8]) -> Result<Option<RowId>> {
        let mut found = None;
        self.for_each_row(store, key, None, &mut |row| {
            found = Some(row);
            Ok(Go::Stop)
        })?;
        Ok(found)
    }

    /// All rows with exactly this key, appended to `rows` in order.
    ///
    /// # Errors
    /// A damaged page.
    pub fn get_all(&self, store: &PageStore, key: &[u8], rows: &mut Vec<RowId>) -> Result<()> {
        self.for_each_row(store, key, None, &mut |row| {
            rows.push(row);
            Ok(Go::On)
        })?;
        Ok(())
    }

    /// Visits the rows of a key. Returns where they end, if all of them would be in the leaf to which `path` leads.
    fn for_each_row(
        &self,
        store: &PageStore,
        key: &[u8],
        path: Option<&mut Path>,
        visit: &mut dyn FnMut(RowId) -> Result<Go>,
    ) -> Result<Option<(PageId, usize)>> {
        let Some(first) = self.locate(store, Target::Before(key), path)? else {
            return Ok(None);
        };
        let mut node = open_leaf(store, first.node.page)?;
        let mut slot = first.slot;
        let end =
            |node: Node<'_>, slot| Some((node.page, slot)).filter(|_| node.page == first.node.page);
        let mut pages_left = store.block_count(self.relation);
        loop {
            while slot < node.count {
                let cell = node.leaf_cell(slot)?;
                if cell.key != key {
                    return Ok(end(node, slot));
                }
                for i in 0..cell.row_count() {
                    if visit(row_of(cell.rows, i))? == Go::Stop {
                        return Ok(None);
                    }
                }
                slot += 1;
            }
            // The next leaf cannot hold the key when the high key is beyond it.
            if node
                .high()?
                .is_none_or(|high| compare_prefix(high.key, key) == Ordering::Greater)
            {
                return Ok(end(node, slot));
            }
            let (Some(right), Some(left)) = (node.right(), pages_left.checked_sub(1)) else {
                return Ok(None);
            };
            pages_left = left;
            node = open_leaf(store, right)?;
            slot = 0;
        }
    }

    pub(crate) fn has_payload(&self) -> bool {
        self.options.payload == Payload::Bytes
    }

    pub(crate) fn usable(&self, store: &PageStore) -> Usable {
        Usable {
            page: store.page_bytes(),
        }
    }

    pub(crate) fn flags(&self) -> u8 {
        if self.has_payload() { FLAG_PAYLOAD } else { 0 }
    }

    pub(crate) fn leaf_header(&self, block: BlockNumber) -> NodeHeader {
        NodeHeader {
            kind: KIND_LEAF,
            flags: self.flags(),
            level: 0,
            left: None,
            right: None,
            block: block.0,
        }
    }

    /// Makes the first leaf.
    pub(crate) fn make_root(&self, store: &mut PageStore) -> Result<()> {
        let (block, page) = store.extend(self.relation, PageKind::Leaf)?;
        let header = self.leaf_header(block);
        crate::node::NodeBuilder::new(store.write_pinned(page)?.whole()?, &header).finish();
        let state = store.state_mut(self.relation)?;
        state[ROOT] = u64::from(page.get());
        state[RIGHTMOST] = u64::from(page.get());
        state[HEIGHT] = 0;
        state[LEAVES] = 1;
        self.write_meta(store)
    }

    /// The meta page says where the root is and how high the tree is: level at 2, root at 16.
    pub(crate) fn write_meta(&self, store: &mut PageStore) -> Result<()> {
        let state = *store.state(self.relation)?;
        let Some(page) = store.page_at(self.relation, BlockNumber(0)) else {
            return Ok(());
        };
        let flags = self.flags();
        let mut writer = store.write(page)?;
        writer.put(0, &[KIND_META])?;
        writer.put(AT_FLAGS, &[flags])?;
        writer.put(AT_LEVEL, &(state[HEIGHT] as u16).to_le_bytes())?;
        writer.put(AT_RIGHT, &(state[ROOT] as u32).to_le_bytes())
    }

    /// A copy of a page.
    pub(crate) fn snapshot(&self, store: &PageStore, page: PageId) -> Result<Vec<u8>> {
        let bytes = store.peek(page)?;
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len())
            .map_err(|_| pages::StorageError::OutOfMemory {
                limit_bytes: store.memory_limit_bytes(),
            })?;
        copy.extend_from_slice(bytes);
        Ok(copy)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Go {
    On,
    Stop,
}
