//! Descent from the root, and lower bounds in a page.
//!
//! Why positions are gaps: a scan in either direction starts between two entries, so one search serves both.

use crate::node::{Node, Pivot, compare, compare_prefix};
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
    fn key(&self) -> Option<&[u8]> {
        match *self {
            Self::First | Self::Last => None,
            Self::Before(key) | Self::After(key) | Self::Entry(key, _) => Some(key),
        }
    }

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

/// Keys between which a leaf's keys are.
type Ends<'k> = Option<(&'k [u8], &'k [u8])>;

/// One step of a descent: an internal page and the slot taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub page: PageId,
    pub slot: usize,
}

/// The internal pages of a descent, the root first. The levels that most trees have take no memory of their own.
#[derive(Debug, Default)]
pub(crate) struct Path {
    near: [Option<Step>; 4],
    deep: Vec<Step>,
    len: usize,
}

impl Path {
    /// How many.
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub fn push(&mut self, step: Step) {
        match self.near.get_mut(self.len) {
            Some(place) => *place = Some(step),
            None => self.deep.push(step),
        }
        self.len += 1;
    }

    /// The pages, the root first.
    pub fn pages(&self) -> impl Iterator<Item = PageId> {
        let near = self.near.iter().flatten();
        near.chain(&self.deep).map(|step| step.page)
    }

    /// Takes the lowest.
    pub fn pop(&mut self) -> Option<Step> {
        self.len = self.len.checked_sub(1)?;
        match self.near.get_mut(self.len) {
            Some(place) => place.take(),
            None => self.deep.pop(),
        }
    }
}

/// Where a target is: the leaf and the slot that it is before or at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located<'s> {
    pub node: Node<'s>,
    pub slot: usize,
}

impl BTree {
    /// Reads pages from the root to the leaf for `target`; `None` for an empty tree. Notes the way in `path` if given.
    /// O(height × log fanout); ends because levels must fall.
    pub(crate) fn descend(
        &self,
        store: &PageStore,
        target: Target<'_>,
        path: Option<&mut Path>,
    ) -> Result<Option<PageId>> {
        Ok(self
            .leaf_for(store, target, path)?
            .map(|(leaf, _)| leaf.page))
    }

    /// As [`Self::descend`], and the place in the leaf.
    pub(crate) fn locate<'s>(
        &self,
        store: &'s PageStore,
        target: Target<'_>,
        path: Option<&mut Path>,
    ) -> Result<Option<Located<'s>>> {
        let Some((node, ends)) = self.leaf_for(store, target, path)? else {
            return Ok(None);
        };
        let slot = node.position_between(target, ends)?;
        Ok(Some(Located { node, slot }))
    }

    /// The leaf for `target`, and the separators on both of its sides, if its parent has both.
    fn leaf_for<'s>(
        &self,
        store: &'s PageStore,
        target: Target<'_>,
        mut path: Option<&mut Path>,
    ) -> Result<Option<(Node<'s>, Ends<'s>)>> {
        let state = store.state(self.relation)?;
        let Some(mut page) = PageId::new(state[ROOT] as u32) else {
            return Ok(None);
        };
        let mut level = state[HEIGHT] as u16;
        let mut ends = None;
        loop {
            let node = Node::open(store.read(page)?, page)?;
            if node.level() != level || node.is_leaf() != (level == 0) {
                return Err(node.damaged(crate::node::AT_LEVEL, "level one below the parent's"));
            }
            if level == 0 {
                return Ok(Some((node, ends)));
            }
            let guess = match target.key() {
                Some(key) if node.count > 16 => {
                    let (low, high) = (node.pivot(1)?.key, node.pivot(node.count - 1)?.key);
                    interpolate(low, high, key, node.count - 2).map(|at| at + 1)
                }
                _ => None,
            };
            let slot = node.last_child_by(guess, |pivot| target.order(pivot))?;
            if let Some(path) = path.as_deref_mut() {
                path.push(Step { page, slot });
            }
            page = node.child(slot)?;
            level -= 1;
            ends = if level == 0 && slot > 0 && slot + 1 < node.count {
                Some((node.pivot(slot)?.key, node.pivot(slot + 1)?.key))
            } else {
                None
            };
        }
    }
}

impl<'a> Node<'a> {
    /// The first leaf slot for which `is_before` is false; slots for which it is true come first. Where `key` would be if keys were
    /// evenly spread between `ends` is tried first: each probe of a cold page is a cache miss, and dense keys then need three instead
    /// of nine. The page's own first and last key serve where its parent's separators are not known.
    #[inline]
    fn partition(
        &self,
        key: &[u8],
        ends: Ends<'_>,
        mut is_before: impl FnMut(&Self, usize) -> Result<bool>,
    ) -> Result<usize> {
        let (mut low, mut high) = (0, self.count);
        let guess = match ends {
            _ if self.count <= 16 => None,
            Some((low, high)) => interpolate(low, high, key, self.count - 1),
            None => interpolate(
                self.leaf_key(0)?,
                self.leaf_key(self.count - 1)?,
                key,
                self.count - 1,
            ),
        };
        if let Some(guess) = guess {
            let from = guess.saturating_sub(NEAR);
            let to = (guess + NEAR).min(self.count - 1);
            if !is_before(self, from)? {
                high = from;
            } else if is_before(self, to)? {
                low = to + 1;
            } else {
                (low, high) = (from + 1, to);
            }
        }
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
        self.position_between(target, None)
    }

    fn position_between(&self, target: Target<'_>, ends: Ends<'_>) -> Result<usize> {
        match target {
            Target::First => Ok(0),
            Target::Last => Ok(self.count),
            Target::Before(key) => self.partition(key, ends, |node, i| {
                Ok(compare(node.leaf_key(i)?, key) == Ordering::Less)
            }),
            Target::After(key) => self.partition(key, ends, |node, i| {
                Ok(compare_prefix(node.leaf_key(i)?, key) != Ordering::Greater)
            }),
            Target::Entry(key, row) => {
                self.partition(key, ends, |node, i| match compare(node.leaf_key(i)?, key) {
                    Ordering::Less => Ok(true),
                    Ordering::Greater => Ok(false),
                    Ordering::Equal => Ok(node.leaf_cell(i)?.last() < row),
                })
            }
        }
    }
}

/// How far from the interpolated slot the search looks before it halves.
pub(crate) const NEAR: usize = 3;

/// Where in 0 ..= `last` the key would be between `low` and `high`, were keys evenly spread; `None` when they do not say.
fn interpolate(low: &[u8], high: &[u8], key: &[u8], last: usize) -> Option<usize> {
    let shared = low.iter().zip(high).take_while(|(a, b)| a == b).count();
    if key.get(..shared)? != low.get(..shared)? {
        return None;
    }
    let number = |bytes: &[u8]| {
        let mut raw = [0; 8];
        let rest = bytes.get(shared..).unwrap_or(&[]);
        let len = rest.len().min(8);
        if let (Some(to), Some(from)) = (raw.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(from);
        }
        u64::from_be_bytes(raw)
    };
    let (low, high, key) = (number(low), number(high), number(key));
    let span = high.checked_sub(low).filter(|span| *span > 0)?;
    let part = key.saturating_sub(low).min(span);
    Some(((part as f64 / span as f64) * last as f64) as usize)
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
