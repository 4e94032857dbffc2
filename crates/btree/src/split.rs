//! Splitting the page that has no room, and telling the parent.
//!
//! Why a file of its own: a split is the one change that writes three pages, so their order is argued here and nowhere else. All pages
//! it may need are reserved before the first write, so that lack of memory cannot leave half a split behind. The left page keeps
//! its number; the right one is new.

use crate::insert::{put_cell, write_parts};
use crate::internal::{InternalItem, internal_bytes, item_charge, write_internal};
use crate::layout::KeyLayout;
use crate::leaf::{LeafItem, pivot_bytes, row_of, separator, write_leaf};
use crate::node::{
    AT_LEFT, HEAD_MARK, HEADER, KIND_INTERNAL, LINE_POINTER, Node, NodeHeader, Pivot, u32_at,
};
use crate::search::{Path, Step};
use crate::split_point::{Aim, Candidates, FirstSaves, SplitPoint, best, legal, near};
use crate::tree::{BTree, HEIGHT, INTERNALS, LEAVES, RIGHTMOST, ROOT, SPLITS};
use alloc::vec::Vec;
use pages::{AccessKind, PageId, PageKind, PageStore, Result, RowId};

/// A page of one value is left this full when it splits.
const SINGLE_VALUE_PERCENT: usize = 96;
/// Internal pages on the right edge are left this full.
const INTERNAL_PERCENT: usize = 70;
/// Ascending runs inside the tree are recognised for tuples up to this size: two 8-byte columns.
const MAX_RUN_TUPLE: usize = 24;

/// A separator on its way to the parent.
struct Risen {
    key: Vec<u8>,
    row: Option<RowId>,
    right: PageId,
}

impl BTree {
    /// Splits a leaf whose items, the new one at `new_at` included, are `items`.
    pub(crate) fn split_leaf(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        node: &Node<'_>,
        items: Vec<LeafItem<'_>>,
        new_at: usize,
        path: &mut Path,
    ) -> Result<()> {
        let has_payload = self.has_payload();
        store.reserve_pages(path.len() + 2)?;
        let high = node.high()?;
        let first_right = self.leaf_split_point(store, layout, &items, new_at, high.as_ref());
        let (left_items, right_items) = items.split_at(first_right);
        let (Some(last_left), Some(first)) = (left_items.last(), right_items.first()) else {
            return Err(node.damaged(HEADER, "leaf that can be split"));
        };
        debug_assert!(crate::insert::fits_bytes(
            right_items,
            high.as_ref(),
            has_payload,
            store.page_bytes()
        ));
        let (pivot, _) = separator(layout, last_left.key, first.key, row_of(&first.rows, 0));
        let (block, right) = store.extend(self.relation, PageKind::Leaf)?;
        let header = NodeHeader::of(node);
        let right_header = NodeHeader {
            left: Some(node.page),
            block: block.0,
            ..header
        };
        write_leaf(
            store.write_pinned(right)?.whole()?,
            layout,
            &right_header,
            right_items,
            high.as_ref(),
        );
        let left_header = NodeHeader {
            right: Some(right),
            ..header
        };
        write_leaf(
            store.write_pinned(node.page)?.whole()?,
            layout,
            &left_header,
            left_items,
            Some(&pivot),
        );
        self.link_back(store, node.right(), right)?;
        store.trace_event(node.page, AccessKind::Split);
        let state = store.state_mut(self.relation)?;
        state[LEAVES] += 1;
        state[SPLITS] += 1;
        if node.right().is_none() {
            state[RIGHTMOST] = u64::from(right.get());
        }
        let risen = Risen {
            key: pivot.key.to_vec(),
            row: pivot.row,
            right,
        };
        self.insert_pivot(store, layout, node.page, risen, path)
    }

    fn link_back(
        &self,
        store: &mut PageStore,
        neighbour: Option<PageId>,
        left: PageId,
    ) -> Result<()> {
        if let Some(page) = neighbour {
            store.write(page)?.put(AT_LEFT, &left.get().to_le_bytes())?;
        }
        Ok(())
    }

    fn leaf_split_point(
        &self,
        store: &PageStore,
        layout: &dyn KeyLayout,
        items: &[LeafItem<'_>],
        new_at: usize,
        high: Option<&Pivot<'_>>,
    ) -> usize {
        let has_payload = self.has_payload();
        let charges: Vec<usize> = items
            .iter()
            .map(|item| item.tuple_bytes(layout) + LINE_POINTER)
            .collect();
        // A high key has no list, but may need a row id.
        let as_high: Vec<usize> = items
            .iter()
            .zip(&charges)
            .map(|(item, charge)| {
                if item.rows.len() > 6 {
                    crate::leaf::key_bytes(layout, item.key, &[]) + LINE_POINTER + 8
                } else {
                    charge + 8
                }
            })
            .collect();
        let bytes: Vec<usize> = items
            .iter()
            .map(|item| item.cell_bytes(has_payload) + 2)
            .collect();
        let candidates = Candidates {
            charges: &charges,
            as_high: &as_high,
            space: self.usable(store).charge(),
            high: high.map_or(0, |high| pivot_bytes(layout, high) + LINE_POINTER),
            first_saves: FirstSaves::Nothing,
            bytes: &bytes,
            page_bytes: store.page_bytes() - HEADER - high.map_or(0, |high| high.key.len() + 8),
        };
        let percent = usize::from(self.options.leaf_fillfactor);
        let aim = if high.is_none() {
            Aim::FillLeft(percent)
        } else {
            match ascending_run(layout, items, &charges, new_at) {
                Run::None => Aim::Even,
                Run::AtEnd => Aim::FillLeft(percent),
                Run::Inside if new_at * 100 > percent * items.len() => Aim::FillLeft(percent),
                Run::Inside => {
                    let points = legal(&candidates, Aim::Even);
                    if let Some(point) = points.iter().find(|point| point.first_right == new_at + 1)
                    {
                        return point.first_right;
                    }
                    Aim::Even
                }
            }
        };
        let points = legal(&candidates, aim);
        let total: usize = charges.iter().sum();
        choose_leaf_point(layout, items, &candidates, points, total, high)
            .unwrap_or(items.len() / 2)
    }

    /// Inserts a separator above `left`, splitting internal pages as far up as needed.
    fn insert_pivot(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        left: PageId,
        risen: Risen,
        path: &mut Path,
    ) -> Result<()> {
        let (mut left, mut risen) = (left, risen);
        while let Some(step) = path.pop() {
            store.read(step.page)?;
            if self.put_pivot(store, layout, step, &risen)? {
                return Ok(());
            }
            let old = self.snapshot(store, step.page)?;
            let node = Node::open(&old, step.page)?;
            let mut items = node.internal_items()?;
            let pivot = Pivot {
                key: &risen.key,
                row: risen.row,
            };
            items.insert(
                (step.slot + 1).min(items.len()),
                InternalItem {
                    pivot,
                    child: risen.right,
                },
            );
            let high = node.high()?;
            let charge = node.charge() + pivot_bytes(layout, &pivot) + LINE_POINTER;
            if charge <= self.usable(store).charge()
                && internal_bytes(&items, high.as_ref()) <= store.page_bytes()
            {
                write_internal(
                    store.write_pinned(node.page)?.whole()?,
                    layout,
                    &NodeHeader::of(&node),
                    &items,
                    high.as_ref(),
                );
                return Ok(());
            }
            let next = self.split_internal(store, layout, &node, &items, high.as_ref())?;
            left = step.page;
            risen = next;
        }
        self.grow_root(store, layout, left, &risen)
    }

    /// Adds a separator behind the slot of `step`; `false` when the free space in the middle of the page does not suffice.
    fn put_pivot(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        step: Step,
        risen: &Risen,
    ) -> Result<bool> {
        let node = Node::open(store.peek(step.page)?, step.page)?;
        let pivot = Pivot {
            key: &risen.key,
            row: risen.row,
        };
        let row = pivot.row.map(RowId::to_bytes);
        let row = row.as_ref().map_or(&[][..], |row| &row[..]);
        let size = 6 + pivot.key.len() + row.len();
        let charge = pivot_bytes(layout, &pivot) + LINE_POINTER;
        if node.count == 0
            || node.gap() < size + 2
            || node.charge() + charge > self.usable(store).charge()
        {
            return Ok(false);
        }
        let slot = (step.slot + 1).min(node.count);
        let mark = if row.is_empty() { 0 } else { HEAD_MARK };
        let head = (pivot.key.len() as u16 | mark).to_le_bytes();
        let child = risen.right.get().to_le_bytes();
        let parts: [&[u8]; 4] = [&head, &child, pivot.key, row];
        let fill = |cell: &mut [u8]| write_parts(cell, &parts);
        put_cell(store, step.page, slot, size, &fill, charge)?;
        Ok(true)
    }

    fn split_internal(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        node: &Node<'_>,
        items: &[InternalItem<'_>],
        high: Option<&Pivot<'_>>,
    ) -> Result<Risen> {
        let charges: Vec<usize> = items
            .iter()
            .enumerate()
            .map(|(i, item)| item_charge(layout, i, &item.pivot))
            .collect();
        let bytes: Vec<usize> = items.iter().map(|item| 14 + item.pivot.key.len()).collect();
        let candidates = Candidates {
            charges: &charges,
            as_high: &charges,
            space: self.usable(store).charge(),
            high: high.map_or(0, |high| pivot_bytes(layout, high) + LINE_POINTER),
            first_saves: FirstSaves::AllBut(crate::internal::FIRST_ITEM_BYTES + LINE_POINTER),
            bytes: &bytes,
            page_bytes: store.page_bytes() - HEADER - high.map_or(0, |high| high.key.len() + 8),
        };
        let aim = if high.is_none() {
            Aim::FillLeft(INTERNAL_PERCENT)
        } else {
            Aim::Even
        };
        let points = legal(&candidates, aim);
        // Among points about as good the smallest separator wins.
        let best = near(&points, charges.iter().sum(), 75)
            .min_by_key(|point| (charges.get(point.first_right).copied(), point.rank()));
        let first_right = best.map_or(items.len() / 2, |point| point.first_right);
        let (left_items, right_items) = items.split_at(first_right);
        let Some(first) = right_items.first() else {
            return Err(node.damaged(HEADER, "internal page that can be split"));
        };
        let (block, right) = store.extend(self.relation, PageKind::Internal)?;
        let header = NodeHeader::of(node);
        let right_header = NodeHeader {
            left: Some(node.page),
            block: block.0,
            ..header
        };
        write_internal(
            store.write_pinned(right)?.whole()?,
            layout,
            &right_header,
            right_items,
            high,
        );
        let left_header = NodeHeader {
            right: Some(right),
            ..header
        };
        write_internal(
            store.write_pinned(node.page)?.whole()?,
            layout,
            &left_header,
            left_items,
            Some(&first.pivot),
        );
        self.link_back(store, node.right(), right)?;
        let state = store.state_mut(self.relation)?;
        state[INTERNALS] += 1;
        state[SPLITS] += 1;
        store.trace_event(node.page, AccessKind::Split);
        Ok(Risen {
            key: first.pivot.key.to_vec(),
            row: first.pivot.row,
            right,
        })
    }

    fn grow_root(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        left: PageId,
        risen: &Risen,
    ) -> Result<()> {
        let (block, root) = store.extend(self.relation, PageKind::Internal)?;
        let level = store.state(self.relation)?[HEIGHT] + 1;
        let header = NodeHeader {
            kind: KIND_INTERNAL,
            flags: 0,
            level: level as u16,
            left: None,
            right: None,
            block: block.0,
        };
        let none = Pivot {
            key: &[],
            row: None,
        };
        let pivot = Pivot {
            key: &risen.key,
            row: risen.row,
        };
        let items = [
            InternalItem {
                pivot: none,
                child: left,
            },
            InternalItem {
                pivot,
                child: risen.right,
            },
        ];
        write_internal(
            store.write_pinned(root)?.whole()?,
            layout,
            &header,
            &items,
            None,
        );
        let state = store.state_mut(self.relation)?;
        state[INTERNALS] += 1;
        state[ROOT] = u64::from(root.get());
        state[HEIGHT] = level;
        self.write_meta(store)
    }

    /// The block number in a page's header.
    pub(crate) fn block_of(bytes: &[u8]) -> u32 {
        u32_at(bytes, crate::node::AT_BLOCK)
    }
}

/// Whether the new item continues an ascending run within a page.
enum Run {
    None,
    /// It is the last item.
    AtEnd,
    /// Others follow it.
    Inside,
}

/// PostgreSQL's test for runs, which it makes for keys of several columns only: items of equal size, the new one sharing its
/// leading column with its predecessor, and rows that arrived one after the other.
fn ascending_run(
    layout: &dyn KeyLayout,
    items: &[LeafItem<'_>],
    charges: &[usize],
    new_at: usize,
) -> Run {
    let Some(new) = items.get(new_at) else {
        return Run::None;
    };
    let Some(before) = new_at.checked_sub(1).and_then(|at| items.get(at)) else {
        return Run::None;
    };
    let size = charges.get(new_at).copied().unwrap_or(0);
    if layout.columns() == 1
        || size > MAX_RUN_TUPLE + LINE_POINTER
        || charges.iter().any(|&charge| charge != size)
    {
        return Run::None;
    }
    let (_, kept) = separator(layout, before.key, new.key, RowId::default());
    if kept <= 1 || kept > layout.columns() {
        return Run::None;
    }
    if new_at + 1 == items.len() {
        return Run::AtEnd;
    }
    let (a, b) = (row_of(&before.rows, 0), row_of(&new.rows, 0));
    let adjacent = (a.block == b.block && a.slot.0 + 1 == b.slot.0)
        || (a.block.0 + 1 == b.block.0 && b.slot.0 == 0);
    if adjacent { Run::Inside } else { Run::None }
}

/// Among points about as good as the best, the one whose separator keeps the fewest columns; other strategies when all
/// near points lie between equal keys.
fn choose_leaf_point(
    layout: &dyn KeyLayout,
    items: &[LeafItem<'_>],
    candidates: &Candidates<'_>,
    points: Vec<SplitPoint>,
    total: usize,
    high: Option<&Pivot<'_>>,
) -> Option<usize> {
    let columns = layout.columns();
    let kept = |first_right: usize| -> usize {
        match (
            items.get(first_right.wrapping_sub(1)),
            items.get(first_right),
        ) {
            (Some(left), Some(right)) => separator(layout, left.key, right.key, RowId::default()).1,
            _ => columns + 1,
        }
    };
    let shortness = |point: &&SplitPoint| (kept(point.first_right), point.rank());
    let shortest = near(&points, total, 50).min_by_key(shortness)?.first_right;
    if kept(shortest) <= columns {
        return Some(shortest);
    }
    // Only duplicates near the best point: a boundary between values anywhere in the page is better.
    let (first, last) = (items.first()?, items.last()?);
    if first.key != last.key {
        return points
            .iter()
            .min_by_key(shortness)
            .map(|point| point.first_right);
    }
    // One value in the whole page: leave it nearly full if nothing greater can follow into it.
    if high.is_none_or(|high| high.key != last.key) {
        let points = legal(candidates, Aim::FillLeft(SINGLE_VALUE_PERCENT));
        return best(&points).map(|point| point.first_right);
    }
    best(&points).map(|point| point.first_right)
}
