//! Range scans in both directions.
//!
//! Why positions are gaps between entries, kept as page and slot: a scan that is paused must not hold a borrow of the store. It reads
//! each leaf once and follows sibling links; it never looks at the same internal page twice unless the tree changed.

use crate::leaf::row_of;
use crate::node::{Node, compare_prefix};
use crate::search::{Located, Target, open_leaf};
use crate::tree::{BTree, CHANGES};
use alloc::vec::Vec;
use core::cmp::Ordering;
use pages::{PageId, PageStore, Result, RowId};

/// One end of a range of keys. Bounds are compared as byte prefixes: an inclusive bound also covers all keys that begin with it,
/// an exclusive one covers none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// No limit.
    #[default]
    Unbounded,
    /// Keys from, or up to, this prefix, with it.
    Included(Vec<u8>),
    /// Keys from, or up to, this prefix, without it.
    Excluded(Vec<u8>),
}

/// Order of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Ascending.
    #[default]
    Forward,
    /// Descending.
    Backward,
}

/// One entry, borrowed from its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The row.
    pub row: RowId,
    /// The payload.
    pub payload: &'a [u8],
}

/// Entries copied out of leaves, column by column; reuse it to save allocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryBatch {
    /// The rows.
    pub rows: Vec<RowId>,
    /// Where key `i` ends in `key_bytes`; it starts where the one before ends.
    pub key_ends: Vec<u32>,
    /// The keys, one after another.
    pub key_bytes: Vec<u8>,
    /// Where payload `i` ends.
    pub payload_ends: Vec<u32>,
    /// The payloads, one after another.
    pub payload_bytes: Vec<u8>,
}

/// What a batch should contain besides row ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BatchParts {
    /// Row ids only.
    #[default]
    Rows,
    /// Keys and payloads too.
    KeysAndPayloads,
}

/// A position in a scan. It owns its bounds and borrows nothing between calls, so that a paused operator can keep it;
/// a tree that changed in between is searched again for the last entry returned.
#[derive(Clone, Debug)]
pub struct Cursor {
    tree: BTree,
    lower: Bound,
    upper: Bound,
    direction: Direction,
    place: Place,
    /// The tree's change counter when `place` was taken.
    changes: u64,
    /// The last entry returned.
    last_key: Vec<u8>,
    last_row: Option<RowId>,
    /// The leaf read last.
    near: Option<PageId>,
}

/// A gap between two entries.
#[derive(Clone, Copy, Debug)]
enum Place {
    NotStarted,
    /// Before row `row` of slot `slot`.
    Gap {
        leaf: PageId,
        slot: usize,
        row: usize,
    },
    Ended,
}

impl Cursor {
    /// A scan of all entries between the bounds. Reads nothing yet.
    pub fn new(tree: &BTree, lower: Bound, upper: Bound, direction: Direction) -> Self {
        Self {
            tree: tree.clone(),
            lower,
            upper,
            direction,
            place: Place::NotStarted,
            changes: 0,
            last_key: Vec::new(),
            last_row: None,
            near: None,
        }
    }

    /// Makes this another scan of the same tree, in the same direction, with the memory of this one.
    pub fn begin(&mut self, lower: Bound, upper: Bound) {
        (self.lower, self.upper) = (lower, upper);
        self.place = Place::NotStarted;
        self.last_row = None;
        self.near = None;
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// A damaged page.
    pub fn next<'s>(&mut self, store: &'s PageStore) -> Result<Option<Entry<'s>>> {
        let mut found = None;
        self.advance(store, 1, &mut |key, rows, payload| {
            found = Some(Entry {
                key,
                row: row_of(rows, 0),
                payload,
            });
        })?;
        Ok(found)
    }

    /// Appends up to `limit` entries to `batch`; returns how many. 0 only at the end. A page is counted as read once, however many
    /// batches it takes.
    ///
    /// # Errors
    /// A damaged page.
    pub fn next_batch(
        &mut self,
        store: &PageStore,
        limit: usize,
        parts: BatchParts,
        batch: &mut EntryBatch,
    ) -> Result<usize> {
        let direction = self.direction;
        self.advance(store, limit, &mut |key, rows, payload| {
            let count = rows.len() / 6;
            for i in 0..count {
                let i = if direction == Direction::Forward {
                    i
                } else {
                    count - 1 - i
                };
                batch.rows.push(row_of(rows, i));
                if parts == BatchParts::KeysAndPayloads {
                    batch.key_bytes.extend_from_slice(key);
                    batch.key_ends.push(batch.key_bytes.len() as u32);
                    batch.payload_bytes.extend_from_slice(payload);
                    batch.payload_ends.push(batch.payload_bytes.len() as u32);
                }
            }
        })
    }

    /// Goes on between other bounds, in the same direction: for skip scans. No entry between them may lie behind one that was returned.
    /// Returns whether the tree will be searched from its root for it: within the leaf where the scan stands that is not needed.
    ///
    /// # Errors
    /// A damaged page.
    pub fn go_on(&mut self, store: &PageStore, lower: Bound, upper: Bound) -> Result<bool> {
        (self.lower, self.upper) = (lower, upper);
        self.last_row = None;
        self.place = Place::NotStarted;
        if let Some(leaf) = self.near
            && self.changes == self.tree.changes(store)?
        {
            let node = Node::open(store.peek(leaf)?, leaf)?;
            let slot = node.leaf_position(self.start())?;
            // At either end of the leaf the place may be in another one.
            if slot > 0 && slot < node.count {
                self.place = Place::Gap { leaf, slot, row: 0 };
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Hands runs of rows of one key to `take`, up to `limit` rows in all.
    fn advance<'s>(
        &mut self,
        store: &'s PageStore,
        limit: usize,
        take: &mut dyn FnMut(&'s [u8], &'s [u8], &'s [u8]),
    ) -> Result<usize> {
        let changes = self.tree.changes(store)?;
        let (mut node, mut slot, mut row) = match self.place {
            Place::Ended => return Ok(0),
            Place::Gap { leaf, slot, row } if changes == self.changes => {
                (Node::open(store.peek(leaf)?, leaf)?, slot, row)
            }
            Place::NotStarted | Place::Gap { .. } => match self.find_place(store)? {
                Some(place) => place,
                None => {
                    self.place = Place::Ended;
                    return Ok(0);
                }
            },
        };
        self.changes = changes;
        let mut taken = 0;
        let mut last: Option<(&[u8], RowId)> = None;
        let mut pages_left = store.block_count(self.tree.relation);
        let ended = loop {
            let leaf = node.page;
            let step = match self.direction {
                Direction::Forward => {
                    self.forward(&node, (slot, row), limit - taken, take, &mut last)?
                }
                Direction::Backward => {
                    self.backward(&node, (slot, row), limit - taken, take, &mut last)?
                }
            };
            taken += step.rows;
            (slot, row) = step.gap;
            if step.end == PageEnd::BeyondBound {
                break true;
            }
            if taken >= limit {
                break false;
            }
            let neighbour = match self.direction {
                Direction::Forward => node.right(),
                Direction::Backward => node.left(),
            };
            let (Some(next), Some(left)) = (neighbour, pages_left.checked_sub(1)) else {
                break true;
            };
            pages_left = left;
            let opened = open_leaf(store, next)?;
            let back = match self.direction {
                Direction::Forward => opened.left(),
                Direction::Backward => opened.right(),
            };
            if back != Some(leaf) {
                return Err(opened.damaged(crate::node::AT_LEFT, "sibling links that agree"));
            }
            node = opened;
            slot = if self.direction == Direction::Forward {
                0
            } else {
                node.count
            };
            row = 0;
        };
        if let (Some((key, row)), false) = (last, ended) {
            self.last_key.clear();
            self.last_key.extend_from_slice(key);
            self.last_row = Some(row);
        }
        self.near = Some(node.page);
        self.place = if ended {
            Place::Ended
        } else {
            Place::Gap {
                leaf: node.page,
                slot,
                row,
            }
        };
        Ok(taken)
    }

    /// Where the range between the bounds begins, in scan order.
    fn start(&self) -> Target<'_> {
        match self.direction {
            Direction::Forward => match &self.lower {
                Bound::Unbounded => Target::First,
                Bound::Included(key) => Target::Before(key),
                Bound::Excluded(key) => Target::After(key),
            },
            Direction::Backward => match &self.upper {
                Bound::Unbounded => Target::Last,
                Bound::Included(key) => Target::After(key),
                Bound::Excluded(key) => Target::Before(key),
            },
        }
    }

    /// Where the scan starts, or goes on after the tree has changed: a leaf, a slot and a row of it.
    fn find_place<'s>(&self, store: &'s PageStore) -> Result<Option<(Node<'s>, usize, usize)>> {
        let target = match self.last_row {
            Some(row) => Target::Entry(&self.last_key, row),
            None => self.start(),
        };
        let Some(Located { node, slot }) = self.tree.locate(store, target, None)? else {
            return Ok(None);
        };
        let Some(last) = self.last_row else {
            return Ok(Some((node, slot, 0)));
        };
        if slot >= node.count {
            return Ok(Some((node, slot, 0)));
        }
        let cell = node.leaf_cell(slot)?;
        if cell.key != self.last_key {
            return Ok(Some((node, slot, 0)));
        }
        let passed = (0..cell.row_count()).take_while(|&i| match self.direction {
            Direction::Forward => row_of(cell.rows, i) <= last,
            Direction::Backward => row_of(cell.rows, i) < last,
        });
        Ok(Some((node, slot, passed.count())))
    }

    /// Whether the next key of the page is within the end bound. Only after a few does it look at the page's last key, which lies far
    /// from them: then none of the rest needs a comparison.
    fn is_inside(&self, inside: &mut Inside, node: &Node<'_>, key: &[u8]) -> Result<bool> {
        if inside.whole_page {
            return Ok(true);
        }
        inside.compared += 1;
        if inside.compared == FEW_KEYS {
            inside.whole_page = self.whole_page_inside(node)?;
        }
        Ok(inside.whole_page || self.within(key))
    }

    /// Whether every entry of the page, in scan order from here, is within the end bound: then none needs a comparison.
    fn whole_page_inside(&self, node: &Node<'_>) -> Result<bool> {
        if node.count == 0 {
            return Ok(true);
        }
        match self.direction {
            Direction::Forward => Ok(self.within(node.leaf_key(node.count - 1)?)),
            Direction::Backward => Ok(self.within(node.leaf_key(0)?)),
        }
    }

    /// Whether the key is within the bound at which the scan ends.
    fn within(&self, key: &[u8]) -> bool {
        match (self.direction, &self.lower, &self.upper) {
            (Direction::Forward, _, Bound::Included(prefix)) => {
                compare_prefix(key, prefix) != Ordering::Greater
            }
            (Direction::Forward, _, Bound::Excluded(prefix)) => {
                compare_prefix(key, prefix) == Ordering::Less
            }
            (Direction::Backward, Bound::Included(prefix), _) => key >= prefix.as_slice(),
            (Direction::Backward, Bound::Excluded(prefix), _) => {
                compare_prefix(key, prefix) == Ordering::Greater
            }
            _ => true,
        }
    }

    fn forward<'s>(
        &self,
        node: &Node<'s>,
        gap: (usize, usize),
        limit: usize,
        take: &mut dyn FnMut(&'s [u8], &'s [u8], &'s [u8]),
        last: &mut Option<(&'s [u8], RowId)>,
    ) -> Result<PageStep> {
        let (mut slot, mut row) = gap;
        let mut rows = 0;
        let mut inside = Inside::default();
        while slot < node.count && rows < limit {
            let cell = node.leaf_cell(slot)?;
            if !self.is_inside(&mut inside, node, cell.key)? {
                return Ok(PageStep {
                    rows,
                    gap: (slot, row),
                    end: PageEnd::BeyondBound,
                });
            }
            let count = (cell.row_count().saturating_sub(row)).min(limit - rows);
            if count > 0 {
                take(
                    cell.key,
                    cell.rows.get(6 * row..6 * (row + count)).unwrap_or(&[]),
                    cell.payload,
                );
                rows += count;
                *last = Some((cell.key, row_of(cell.rows, row + count - 1)));
            }
            row += count;
            if row >= cell.row_count() {
                slot += 1;
                row = 0;
            }
        }
        Ok(PageStep {
            rows,
            gap: (slot, row),
            end: PageEnd::Reached,
        })
    }

    fn backward<'s>(
        &self,
        node: &Node<'s>,
        gap: (usize, usize),
        limit: usize,
        take: &mut dyn FnMut(&'s [u8], &'s [u8], &'s [u8]),
        last: &mut Option<(&'s [u8], RowId)>,
    ) -> Result<PageStep> {
        let (mut slot, mut row) = gap;
        let mut rows = 0;
        let mut inside = Inside::default();
        while (slot > 0 || row > 0) && rows < limit {
            if row == 0 {
                slot -= 1;
                row = node.leaf_cell(slot)?.row_count();
            }
            let cell = node.leaf_cell(slot)?;
            if !self.is_inside(&mut inside, node, cell.key)? {
                return Ok(PageStep {
                    rows,
                    gap: (slot, row),
                    end: PageEnd::BeyondBound,
                });
            }
            let count = row.min(limit - rows);
            row -= count;
            take(
                cell.key,
                cell.rows.get(6 * row..6 * (row + count)).unwrap_or(&[]),
                cell.payload,
            );
            rows += count;
            *last = Some((cell.key, row_of(cell.rows, row)));
        }
        Ok(PageStep {
            rows,
            gap: (slot, row),
            end: PageEnd::Reached,
        })
    }
}

/// What is known of a page's keys and the bound at which a scan ends.
#[derive(Clone, Copy, Debug, Default)]
struct Inside {
    /// Keys compared one by one.
    compared: usize,
    whole_page: bool,
}

/// So many keys are compared one by one.
const FEW_KEYS: usize = 4;

/// What a page gave.
struct PageStep {
    rows: usize,
    gap: (usize, usize),
    end: PageEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageEnd {
    Reached,
    BeyondBound,
}

impl BTree {
    fn changes(&self, store: &PageStore) -> Result<u64> {
        Ok(store.state(self.relation)?[CHANGES])
    }
}

impl EntryBatch {
    /// Removes all entries, keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.key_ends.clear();
        self.key_bytes.clear();
        self.payload_ends.clear();
        self.payload_bytes.clear();
    }
    /// Key `i`.
    pub fn key(&self, i: usize) -> Option<&[u8]> {
        part(&self.key_ends, &self.key_bytes, i)
    }
    /// Payload `i`.
    pub fn payload(&self, i: usize) -> Option<&[u8]> {
        part(&self.payload_ends, &self.payload_bytes, i)
    }
}

fn part<'a>(ends: &[u32], bytes: &'a [u8], i: usize) -> Option<&'a [u8]> {
    let end = *ends.get(i)? as usize;
    let start = if i == 0 {
        0
    } else {
        *ends.get(i - 1)? as usize
    };
    bytes.get(start..end)
}
