//! Removing entries, and merging the page that has become empty or half empty.
//!
//! Why merging is a policy: PostgreSQL takes a page out of the tree only when it is empty, so that is the default and keeps page counts
//! comparable; InnoDB, the model for clustered tables, merges at half. A merge moves the right page's entries to the left one
//! (either may be empty), so there is one kind of merge only. Nobody borrows from a neighbour: it would save a page now and
//! then for two more page writes every time (Graefe, "Modern B-Tree Techniques", 2011).

use crate::internal::{InternalItem, internal_bytes, item_charge, write_internal};
use crate::layout::KeyLayout;
use crate::leaf::{LeafItem, leaf_bytes, length_bytes, pivot_bytes, row_of, write_leaf};
use crate::node::{
    AT_CHARGE, AT_COUNT, AT_GARBAGE, AT_LEFT, HEADER, LINE_POINTER, Node, NodeHeader, u16_at,
};
use crate::search::{Located, Path, Target};
use crate::tree::{
    BTree, CHANGES, ENTRIES, HEIGHT, INTERNALS, LEAVES, MERGES, MergePolicy, RIGHTMOST, ROOT,
};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use pages::{AccessKind, BlockNumber, PageId, PageStore, Result, RowId};

impl BTree {
    /// Removes the entry of this key and row; `false` when there is none.
    ///
    /// # Errors
    /// A damaged page; out of memory for the undo log.
    pub fn remove(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        key: &[u8],
        row: RowId,
    ) -> Result<bool> {
        let mut path = Path::default();
        let target = Target::Entry(key, row);
        let Some(Located { node, slot }) = self.locate(store, target, Some(&mut path))? else {
            return Ok(false);
        };
        let leaf = node.page;
        if slot >= node.count {
            return Ok(false);
        }
        let cell = node.leaf_cell(slot)?;
        let rows = cell.row_count();
        let Some(at) = (0..rows)
            .find(|&i| row_of(cell.rows, i) == row)
            .filter(|_| cell.key == key)
        else {
            return Ok(false);
        };
        if rows == 1 {
            self.remove_slot(store, layout, leaf, slot)?;
        } else {
            self.remove_from_list(store, layout, leaf, slot, at)?;
        }
        let state = store.state_mut(self.relation)?;
        state[ENTRIES] = state[ENTRIES].saturating_sub(1);
        state[CHANGES] += 1;
        self.rebalance(store, layout, leaf, path)?;
        Ok(true)
    }

    fn remove_slot(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        leaf: PageId,
        slot: usize,
    ) -> Result<()> {
        let node = Node::open(store.peek(leaf)?, leaf)?;
        let item = node.leaf_cell(slot)?.item();
        let size = item.cell_bytes(self.has_payload());
        let charge = item.tuple_bytes(layout) + LINE_POINTER;
        let count = node.count;
        let mut writer = store.write_pinned(leaf)?;
        writer
            .range(HEADER + 2 * slot..HEADER + 2 * count)?
            .copy_within(2.., 0);
        let left = u16_at(writer.bytes(), AT_CHARGE).saturating_sub(charge as u16);
        let garbage = u16_at(writer.bytes(), AT_GARBAGE).saturating_add(size as u16);
        writer.put_u16(AT_COUNT, count as u16 - 1)?;
        writer.put_u16(AT_CHARGE, left)?;
        writer.put_u16(AT_GARBAGE, garbage)
    }

    fn remove_from_list(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        leaf: PageId,
        slot: usize,
        at: usize,
    ) -> Result<()> {
        let old = self.snapshot(store, leaf)?;
        let node = Node::open(&old, leaf)?;
        let mut items = node.leaf_items()?;
        if let Some(item) = items.get_mut(slot) {
            item.rows.to_mut().drain(6 * at..6 * at + 6);
        }
        self.rewrite_leaf(store, layout, &node, &items)?;
        Ok(())
    }

    /// VACUUM's pass over the index: removes the entries of all rows for which `is_dead` is true. Visits about `leaves` leaf pages from
    /// `from` (`None`: the first); returns where to go on, `None` at the end.
    ///
    /// # Errors
    /// A damaged page; out of memory for the undo log.
    pub fn remove_rows(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        from: Option<PageId>,
        leaves: u32,
        is_dead: &mut dyn FnMut(RowId) -> bool,
    ) -> Result<Option<PageId>> {
        let mut next = match from {
            Some(page) => Some(page),
            None => self.descend(store, Target::First, None)?,
        };
        for _ in 0..leaves {
            let Some(leaf) = next else { return Ok(None) };
            let before = crate::search::open_leaf(store, leaf)?.right();
            self.clean_leaf(store, layout, leaf, is_dead)?;
            let kept = store.owner(leaf).is_some();
            let right = if kept {
                Node::open(store.peek(leaf)?, leaf)?.right()
            } else {
                before
            };
            // A page that took over its right neighbour is looked at again.
            next = if right == before { before } else { Some(leaf) };
        }
        Ok(next)
    }

    fn clean_leaf(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        leaf: PageId,
        is_dead: &mut dyn FnMut(RowId) -> bool,
    ) -> Result<()> {
        let old = self.snapshot(store, leaf)?;
        let node = Node::open(&old, leaf)?;
        let mut removed = 0;
        let mut items: Vec<LeafItem<'_>> = Vec::with_capacity(node.count);
        for i in 0..node.count {
            let mut item = node.leaf_cell(i)?.item();
            let rows = item.rows.len();
            if item.rows.chunks_exact(6).any(|row| is_dead(row_of(row, 0))) {
                let kept = item
                    .rows
                    .chunks_exact(6)
                    .filter(|row| !is_dead(row_of(row, 0)));
                item.rows = Cow::Owned(kept.flatten().copied().collect());
            }
            removed += (rows - item.rows.len()) / 6;
            if !item.rows.is_empty() {
                items.push(item);
            }
        }
        if removed == 0 && node.count > 0 {
            return Ok(());
        }
        if removed > 0 {
            self.rewrite_leaf(store, layout, &node, &items)?;
            let state = store.state_mut(self.relation)?;
            state[ENTRIES] = state[ENTRIES].saturating_sub(removed as u64);
            state[CHANGES] += 1;
        }
        if node.count == 0 {
            return Ok(());
        }
        let first = node.leaf_cell(0)?;
        let mut path = Path::default();
        if self.descend(
            store,
            Target::Entry(first.key, first.first()),
            Some(&mut path),
        )? == Some(leaf)
        {
            self.rebalance(store, layout, leaf, path)?;
        }
        Ok(())
    }

    /// Replaces the payload of an entry; `false` when there is none.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub fn set_payload(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        key: &[u8],
        row: RowId,
        payload: &[u8],
    ) -> Result<bool> {
        let target = Target::Entry(key, row);
        let Some(Located { node, slot }) = self.locate(store, target, None)? else {
            return Ok(false);
        };
        let leaf = node.page;
        if slot >= node.count {
            return Ok(false);
        }
        let cell = node.leaf_cell(slot)?;
        if cell.key != key || cell.first() != row {
            return Ok(false);
        }
        if self.has_payload()
            && cell.payload.len() == payload.len()
            && cell.item().tuple_bytes(layout) == crate::leaf::key_bytes(layout, key, payload)
        {
            let lengths = length_bytes(key.len()) + length_bytes(payload.len());
            let at = node.cell_at(slot)? + lengths + key.len() + 6;
            store.write_pinned(leaf)?.put(at, payload)?;
            store.state_mut(self.relation)?[CHANGES] += 1;
            return Ok(true);
        }
        self.remove(store, layout, key, row)?;
        self.insert(store, layout, key, row, payload)?;
        Ok(true)
    }

    /// Merges `page`, and then its parents, where the policy asks for it.
    fn rebalance(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        page: PageId,
        mut path: Path,
    ) -> Result<()> {
        let mut page = page;
        while let Some(step) = path.pop() {
            let node = Node::open(store.peek(page)?, page)?;
            if !self.wants_merge(store, &node) {
                return Ok(());
            }
            let parent = Node::open(store.peek(step.page)?, step.page)?;
            let count = parent.count;
            let merged = (step.slot + 1 < count
                && self.try_merge(store, layout, step.page, step.slot)?)
                || (step.slot > 0 && self.try_merge(store, layout, step.page, step.slot - 1)?);
            if !merged {
                return Ok(());
            }
            page = step.page;
        }
        self.lower_root(store)
    }

    fn wants_merge(&self, store: &PageStore, node: &Node<'_>) -> bool {
        let half = self.usable(store).charge() / 2;
        match self.options.merge {
            MergePolicy::WhenHalfEmpty if node.charge() < half => true,
            _ if node.is_leaf() => node.count == 0,
            _ => node.count <= 1,
        }
    }

    /// Merges the children in slots `at` and `at + 1` of `parent`; `false` when they do not fit one page.
    fn try_merge(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        parent: PageId,
        at: usize,
    ) -> Result<bool> {
        let parent_old = self.snapshot(store, parent)?;
        let parent_node = Node::open(&parent_old, parent)?;
        let mut parent_items = parent_node.internal_items()?;
        let (Some(left), Some(right)) = (
            parent_items.get(at).copied(),
            parent_items.get(at + 1).copied(),
        ) else {
            return Ok(false);
        };
        store.read(left.child)?;
        store.read(right.child)?;
        let left_old = self.snapshot(store, left.child)?;
        let right_old = self.snapshot(store, right.child)?;
        let left_node = Node::open(&left_old, left.child)?;
        let right_node = Node::open(&right_old, right.child)?;
        let high = right_node.high()?;
        let high_charge = high.map_or(0, |high| pivot_bytes(layout, &high) + LINE_POINTER);
        let empty = left_node.count == 0 || right_node.count == 0;
        let space = self.usable(store).charge();
        // Some room must be left, or the next insert would split the page again.
        let limit = if empty || self.options.merge == MergePolicy::WhenEmpty {
            space
        } else {
            space * 9 / 10
        };
        let header = NodeHeader {
            right: right_node.right(),
            ..NodeHeader::of(&left_node)
        };
        if left_node.is_leaf() {
            let mut items = left_node.leaf_items()?;
            items.extend(right_node.leaf_items()?);
            let charge: usize = items
                .iter()
                .map(|item| item.tuple_bytes(layout) + LINE_POINTER)
                .sum();
            let bytes = leaf_bytes(&items, high.as_ref(), self.has_payload());
            if charge + high_charge > limit || bytes > store.page_bytes() {
                return Ok(false);
            }
            write_leaf(
                store.write_pinned(left.child)?.whole()?,
                layout,
                &header,
                &items,
                high.as_ref(),
            );
        } else {
            let mut items = left_node.internal_items()?;
            for (i, item) in right_node.internal_items()?.into_iter().enumerate() {
                let pivot = if i == 0 { right.pivot } else { item.pivot };
                items.push(InternalItem { pivot, ..item });
            }
            let charge: usize = items
                .iter()
                .enumerate()
                .map(|(i, item)| item_charge(layout, i, &item.pivot))
                .sum();
            if charge + high_charge > limit
                || internal_bytes(&items, high.as_ref()) > store.page_bytes()
            {
                return Ok(false);
            }
            write_internal(
                store.write_pinned(left.child)?.whole()?,
                layout,
                &header,
                &items,
                high.as_ref(),
            );
        }
        if let Some(page) = right_node.right() {
            store
                .write(page)?
                .put(AT_LEFT, &left.child.get().to_le_bytes())?;
        }
        parent_items.remove(at + 1);
        let parent_high = parent_node.high()?;
        write_internal(
            store.write_pinned(parent)?.whole()?,
            layout,
            &NodeHeader::of(&parent_node),
            &parent_items,
            parent_high.as_ref(),
        );
        store.trace_event(left.child, AccessKind::Merged);
        store.free_block(self.relation, BlockNumber(Self::block_of(&right_old)))?;
        let state = store.state_mut(self.relation)?;
        state[MERGES] += 1;
        if left_node.is_leaf() {
            state[LEAVES] -= 1;
            if right_node.right().is_none() {
                state[RIGHTMOST] = u64::from(left.child.get());
            }
        } else {
            state[INTERNALS] -= 1;
        }
        Ok(true)
    }

    /// A root with one child gives way to it.
    fn lower_root(&self, store: &mut PageStore) -> Result<()> {
        while let Some(root) = self.root(store) {
            let node = Node::open(store.peek(root)?, root)?;
            if node.is_leaf() || node.count != 1 {
                return Ok(());
            }
            let child = node.child(0)?;
            let block = Self::block_of(node.bytes);
            store.free_block(self.relation, BlockNumber(block))?;
            let state = store.state_mut(self.relation)?;
            state[ROOT] = u64::from(child.get());
            state[HEIGHT] = state[HEIGHT].saturating_sub(1);
            state[INTERNALS] -= 1;
            self.write_meta(store)?;
        }
        Ok(())
    }
}
