//! What a tree needs that holds rows in its leaves: an entry by its key, inserting unless the key is there, leaves by number.
//!
//! Why apart: secondary structures ask for row addresses; here the payload is what is wanted, and a key has one entry.

use crate::cursor::Entry;
use crate::insert::Place;
use crate::layout::KeyLayout;
use crate::leaf::row_of;
use crate::node::{Node, compare_prefix};
use crate::search::{Located, Target, open_leaf};
use crate::tree::BTree;
use alloc::vec::Vec;
use core::cmp::Ordering;
use pages::{PageId, PageStore, Result, RowId};

impl BTree {
    /// The first entry with exactly this key. O(height × log fanout); every page on the way is counted as read.
    ///
    /// # Errors
    /// A damaged page.
    pub fn entry<'s>(&self, store: &'s PageStore, key: &[u8]) -> Result<Option<Entry<'s>>> {
        let target = Target::Before(key);
        let Some(Located { mut node, mut slot }) = self.locate(store, target, None)? else {
            return Ok(None);
        };
        let mut pages_left = store.block_count(self.relation());
        while slot >= node.count {
            let beyond = node
                .high()?
                .is_none_or(|high| compare_prefix(high.key, key) == Ordering::Greater);
            let (false, Some(right), Some(left)) =
                (beyond, node.right(), pages_left.checked_sub(1))
            else {
                return Ok(None);
            };
            pages_left = left;
            node = open_leaf(store, right)?;
            slot = 0;
        }
        let cell = node.leaf_cell(slot)?;
        Ok((cell.key == key).then(|| Entry {
            key: cell.key,
            row: row_of(cell.rows, 0),
            payload: cell.payload,
        }))
    }

    /// Adds an entry unless one with its key is there; `false` then.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub fn insert_new(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        key: &[u8],
        payload: &[u8],
    ) -> Result<bool> {
        let mut place = Place::BeyondAll;
        if !self.is_beyond_all(store, key)? {
            if self.entry(store, key)?.is_some() {
                return Ok(false);
            }
            place = Place::Unknown;
        }
        self.insert_entry(store, layout, key, RowId::default(), payload, place)?;
        Ok(true)
    }

    /// All leaves in key order. O(pages above the leaves); nothing is counted as read.
    ///
    /// # Errors
    /// A damaged page.
    pub fn leaf_pages(&self, store: &PageStore) -> Result<Vec<PageId>> {
        let mut leaves = Vec::new();
        let mut next = self.root(store);
        let mut pages_left = store.block_count(self.relation());
        while let (Some(page), Some(left)) = (next, pages_left.checked_sub(1)) {
            pages_left = left;
            let node = Node::open(store.peek(page)?, page)?;
            match node.level() {
                0 => {
                    leaves.push(page);
                    next = None;
                }
                1 => {
                    for slot in 0..node.count {
                        leaves.push(node.child(slot)?);
                    }
                    next = node.right();
                }
                _ => next = Some(node.child(0)?),
            }
        }
        Ok(leaves)
    }

    /// Reads a leaf and returns how many entries it has.
    ///
    /// # Errors
    /// No such page, or not a sound leaf.
    pub fn leaf_len(&self, store: &PageStore, leaf: PageId) -> Result<usize> {
        Ok(open_leaf(store, leaf)?.count)
    }

    /// Entry `slot` of a leaf that was read just now; the access is not counted again.
    ///
    /// # Errors
    /// No such page, or a damaged one.
    pub fn leaf_entry<'s>(
        &self,
        store: &'s PageStore,
        leaf: PageId,
        slot: usize,
    ) -> Result<Option<Entry<'s>>> {
        let node = Node::open(store.peek(leaf)?, leaf)?;
        if !node.is_leaf() || slot >= node.count {
            return Ok(None);
        }
        let cell = node.leaf_cell(slot)?;
        Ok(Some(Entry {
            key: cell.key,
            row: row_of(cell.rows, 0),
            payload: cell.payload,
        }))
    }
}
