//! Descent from the root, and lower bounds in a page.
//!
//! Why positions are gaps: a scan in either direction starts between two entries, so one search serves both.

use crate::node::{Node, Pivot, compare_prefix};
use crate::tree::{BTree, HEIGHT, ROOT};
use alloc::vec::Vec;
use core::cmp::Ordering;
use pages::{PageId, PageStore, Result, RowId, StorageError};

/// Where to look.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'k> {
    /// Before everything.
    First,
    /// After everything.
    Last,
    /// Before the first key that is not less than this prefix.
    Before(&'k [u8]),
    /// After all keys that begin with this prefix, and all that are less.
    After(&'k [u8]),
    /// At an entry, or where it would be.
    Entry(&'k [u8], RowId),
}

impl Target<'_> {
    /// Order of a separator: `Greater` when the target is left of it.
    #[inline]
    fn order(&self, pivot: &Pivot<'_>) -> Ordering {
        match *self {
            Self::First => Ordering::Greater,
            Self::Last => Ordering::Less,
            Self::Before(key) => pivot.compare(key, None),
            Self::After(key) => compare_prefix(pivot.key, key),
            Self::Entry(key, row) => pivot.compare(key, Some(row)),
        }
    }
}

/// One step of a descent: an internal page and the slot taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub page: PageId,
    pub slot: usize,
}

impl BTree {
    /// Reads pages from the root to the leaf for `target`; `None` for an empty tree. Notes the way in `path` if given.
    /// O(height × log fanout); ends because levels must fall.
    pub(crate) fn descend(
        &self,
        store: &PageStore,
        target: Target<'_>,
        mut path: Option<&mut Vec<Step>>,
    ) -> Result<Option<PageId>> {
        let state = store.state(self.relation)?;
        let Some(mut page) = PageId::new(state[ROOT] as u32) else {
            return Ok(None);
        };
        let mut level = state[HEIGHT] as u16;
        loop {
            let node = Node::open(store.read(page)?, page)?;
            if node.level() != level || node.is_leaf() != (level == 0) {
                return Err(node.damaged(crate::node::AT_LEVEL, "level one below the parent's"));
            }
            if level == 0 {
                return Ok(Some(page));
            }
            let slot = node.last_child_by(|pivot| target.order(pivot))?;
            if let Some(path) = path.as_deref_mut() {
                path.push(Step { page, slot });
            }
            page = node.child(slot)?;
            level -= 1;
        }
    }
}

impl<'a> Node<'a> {
    /// The first leaf slot for which `is_before` is false; slots for which it is true come first.
    #[inline]
    pub fn partition(
        &self,
        mut is_before: impl FnMut(&Self, usize) -> Result<bool>,
    ) -> Result<usize> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = (low + high) / 2;
            if is_before(self, middle)? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The slot of a leaf that `target` is before or at.
    pub fn leaf_position(&self, target: Target<'_>) -> Result<usize> {
        match target {
            Target::First => Ok(0),
            Target::Last => Ok(self.count),
            Target::Before(key) => self.partition(|node, i| Ok(node.leaf_key(i)? < key)),
            Target::After(key) => self.partition(|node, i| {
                Ok(compare_prefix(node.leaf_key(i)?, key) != Ordering::Greater)
            }),
            Target::Entry(key, row) => self.partition(|node, i| match node.leaf_key(i)?.cmp(key) {
                Ordering::Less => Ok(true),
                Ordering::Greater => Ok(false),
                Ordering::Equal => Ok(node.leaf_cell(i)?.last() < row),
            }),
        }
    }
}

/// Opens a leaf that a link led to.
pub(crate) fn open_leaf<'s>(store: &'s PageStore, page: PageId) -> Result<Node<'s>> {
    let node = Node::open(store.read(page)?, page)?;
    if node.is_leaf() {
        Ok(node)
    } else {
        Err(StorageError::Damaged {
            page,
            offset: 0,
            what: "leaf page",
        })
    }
}
