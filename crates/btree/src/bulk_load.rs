//! Building a tree bottom-up from sorted entries.
//!
//! Why: it fills pages to the fill factor and writes each once. Page boundaries are PostgreSQL's (`nbtsort.c`): a page is finished by
//! the first item that finds it fuller than the fill factor; the last item then moves to the next page, and what separates it from its
//! predecessor becomes the finished page's high key. So one item a level is always held back.

use crate::insert::NewEntry;
use crate::internal::{FIRST_ITEM_BYTES, InternalItem, push_item};
use crate::layout::KeyLayout;
use crate::leaf::{LeafItem, list_bytes, pivot_bytes, row_of, separator};
use crate::node::{
    AT_RIGHT, BuilderState, KIND_INTERNAL, LINE_POINTER, NodeBuilder, NodeHeader, Pivot,
};
use crate::tree::{BTree, CHANGES, ENTRIES, HEIGHT, INTERNALS, LEAVES, RIGHTMOST, ROOT};
use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;
use pages::{PageId, PageKind, PageStore, Result, RowId, short};

/// Fill factor of internal pages, in percent.
const INTERNAL_FILLFACTOR: u8 = 70;

/// Bytes of a row in a list.
const ROW_BYTES: usize = 6;

/// A build in progress. The tree must be empty; it stays empty for readers until [`BulkLoader::finish`]. Add entries in slices of any size.
#[derive(Debug)]
pub struct BulkLoader {
    tree: BTree,
    /// Rows of equal keys gather here.
    pending: Item,
    pending_key_bytes: usize,
    /// Rows that its list may have.
    pending_rows_most: usize,
    /// The item that is not in the page yet.
    held: Item,
    held_bytes: usize,
    /// What the held item would lose if it became a high key: its row list.
    held_extra: usize,
    /// Key of the last item in the page.
    previous: Vec<u8>,
    page: Option<Building>,
    /// Separator below the current page; empty for the first.
    low: OwnedPivot,
    levels: Vec<Level>,
    entries: u64,
    leaves: u64,
}

#[derive(Debug, Default)]
struct Item {
    key: Vec<u8>,
    rows: Vec<u8>,
    payload: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct OwnedPivot {
    key: Vec<u8>,
    row: Option<RowId>,
}

impl OwnedPivot {
    fn as_pivot(&self) -> Pivot<'_> {
        Pivot {
            key: &self.key,
            row: self.row,
        }
    }
}

/// A page in the making.
#[derive(Debug)]
struct Building {
    page: PageId,
    bytes: Vec<u8>,
    state: BuilderState,
}

/// An internal level.
#[derive(Debug)]
struct Level {
    page: Building,
    held: Option<(OwnedPivot, PageId)>,
    /// Charge of the items in the page and of the held one.
    charge: usize,
    low: OwnedPivot,
    pages: u64,
}

impl BulkLoader {
    /// Starts a build.
    pub fn new(tree: &BTree) -> Self {
        Self {
            tree: tree.clone(),
            pending: Item::default(),
            pending_key_bytes: 0,
            pending_rows_most: 0,
            held: Item::default(),
            held_bytes: 0,
            held_extra: 0,
            previous: Vec::new(),
            page: None,
            low: OwnedPivot::default(),
            levels: Vec::new(),
            entries: 0,
            leaves: 0,
        }
    }

    /// Adds the next entry: not less than the one before, by key and then row id.
    ///
    /// # Errors
    /// The entry is larger than a third of a page; out of memory.
    #[inline]
    pub fn add(
        &mut self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        key: &[u8],
        row: RowId,
        payload: &[u8],
    ) -> Result<()> {
        if self.rows_left() > 0 && self.pending.key == key {
            self.entries += 1;
            self.pending.rows.extend_from_slice(&row.to_bytes());
            return Ok(());
        }
        self.entries += 1;
        self.flush_pending(store, layout)?;
        let usable = self.tree.usable(store);
        let entry = NewEntry::new(layout, key, row, payload);
        let bytes = entry.checked(usable, self.tree.has_payload())?.tuple_bytes;
        self.pending_key_bytes = bytes;
        self.pending_rows_most = 1;
        if layout.deduplicate() && !self.tree.has_payload() {
            let room = (usable.max_list_at_build() & !7).saturating_sub(bytes);
            self.pending_rows_most = (room / ROW_BYTES).max(1);
        }
        short::extend(&mut self.pending.key, key);
        short::extend(&mut self.pending.payload, payload);
        self.pending.rows.extend_from_slice(&row.to_bytes());
        Ok(())
    }

    /// Adds rows with the key of the last entry, ascending, while they find room beside it; how many did. The next one needs its key again.
    pub fn add_rows(&mut self, rows: impl Iterator<Item = RowId>) -> usize {
        let before = self.pending.rows.len();
        for row in rows.take(self.rows_left()) {
            self.pending.rows.extend_from_slice(&row.to_bytes());
        }
        let added = (self.pending.rows.len() - before) / ROW_BYTES;
        self.entries += added as u64;
        added
    }

    /// Rows that may still join the last entry.
    fn rows_left(&self) -> usize {
        match self.pending.rows.len() / ROW_BYTES {
            0 => 0,
            rows => self.pending_rows_most.saturating_sub(rows),
        }
    }

    fn flush_pending(&mut self, store: &mut PageStore, layout: &dyn KeyLayout) -> Result<()> {
        if self.pending.rows.is_empty() {
            return Ok(());
        }
        let bytes = list_bytes(self.pending_key_bytes, self.pending.rows.len() / 6);
        let extra = bytes - self.pending_key_bytes;
        self.place(store, layout, bytes)?;
        core::mem::swap(&mut self.held, &mut self.pending);
        self.held_bytes = bytes;
        self.held_extra = extra;
        self.pending.key.clear();
        self.pending.rows.clear();
        self.pending.payload.clear();
        Ok(())
    }

    /// Makes the held item part of a page, so that the next one can be held.
    fn place(
        &mut self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        next_bytes: usize,
    ) -> Result<()> {
        let usable = self.tree.usable(store);
        let Some(page) = &self.page else {
            self.page = Some(self.new_leaf(store, None)?);
            return Ok(());
        };
        // As PostgreSQL: the high key's line pointer and one more are set aside.
        let used = page.state.charge + self.held_bytes + LINE_POINTER;
        let free = (usable.charge() - 2 * LINE_POINTER).saturating_sub(used);
        let full = usable.target_free(self.tree.options.leaf_fillfactor);
        let has_two = page.state.count >= 1;
        let cell = self.held.key.len() * 2 + self.held.rows.len() + self.held.payload.len() + 24;
        let next_cell =
            self.pending.key.len() * 2 + self.pending.rows.len() + self.pending.payload.len() + 24;
        let no_bytes = page.state.room() < cell + next_cell;
        if has_two && (free < next_bytes + 8 || free + self.held_extra < full || no_bytes) {
            self.finish_leaf(store, layout)?;
        }
        self.push_held(layout);
        Ok(())
    }

    fn push_held(&mut self, _layout: &dyn KeyLayout) {
        let Some(page) = &mut self.page else { return };
        let mut builder = NodeBuilder::resume(&mut page.bytes, page.state);
        let item = LeafItem {
            key: &self.held.key,
            rows: Cow::Borrowed(&self.held.rows),
            payload: &self.held.payload,
        };
        item.push_to(
            &mut builder,
            self.tree.has_payload(),
            self.held_bytes + LINE_POINTER,
        );
        page.state = builder.state();
        core::mem::swap(&mut self.previous, &mut self.held.key);
    }

    /// Ends the current leaf before the held item.
    fn finish_leaf(&mut self, store: &mut PageStore, layout: &dyn KeyLayout) -> Result<()> {
        let Some(mut page) = self.page.take() else {
            return Ok(());
        };
        let next = self.new_leaf(store, Some(page.page))?;
        let (pivot, _) = separator(
            layout,
            &self.previous,
            &self.held.key,
            row_of(&self.held.rows, 0),
        );
        let high = OwnedPivot {
            key: pivot.key.to_vec(),
            row: pivot.row,
        };
        page.write(store, layout, Some(&high.as_pivot()), Some(next.page))?;
        let low = core::mem::replace(&mut self.low, high);
        let done = page.page;
        self.page = Some(next);
        self.add_to_level(store, layout, 0, low, done)
    }

    fn new_leaf(&mut self, store: &mut PageStore, left: Option<PageId>) -> Result<Building> {
        let (block, page) = store.extend(self.tree.relation, PageKind::Leaf)?;
        self.leaves += 1;
        let header = NodeHeader {
            left,
            ..self.tree.leaf_header(block)
        };
        Building::new(store, page, &header)
    }

    /// Adds a finished page to the internal level above it.
    fn add_to_level(
        &mut self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        level: usize,
        pivot: OwnedPivot,
        child: PageId,
    ) -> Result<()> {
        let usable = self.tree.usable(store);
        if self.levels.len() <= level {
            let page = self.new_internal(store, level, None)?;
            self.levels.push(Level {
                page,
                held: None,
                charge: 0,
                low: OwnedPivot::default(),
                pages: 1,
            });
        }
        let Some(at) = self.levels.get_mut(level) else {
            return Ok(());
        };
        let pivot_charge = pivot_bytes(layout, &pivot.as_pivot()) + LINE_POINTER;
        let Some((held, held_child)) = at.held.take() else {
            at.charge += FIRST_ITEM_BYTES + LINE_POINTER;
            at.held = Some((pivot, child));
            return Ok(());
        };
        let free = (usable.charge() - 2 * LINE_POINTER).saturating_sub(at.charge);
        let full = usable.target_free(INTERNAL_FILLFACTOR);
        let no_bytes = at.page.state.room() < 2 * held.key.len() + pivot.key.len() + 64;
        if at.page.state.count >= 1
            && (free + LINE_POINTER < pivot_charge || free < full || no_bytes)
        {
            let left = at.page.page;
            let mut next = self.new_internal(store, level, Some(left))?;
            let Some(at) = self.levels.get_mut(level) else {
                return Ok(());
            };
            core::mem::swap(&mut at.page, &mut next);
            let mut done = next;
            done.write(store, layout, Some(&held.as_pivot()), Some(at.page.page))?;
            at.pages += 1;
            let low = core::mem::replace(&mut at.low, held.clone());
            at.page.push_child(layout, &held, held_child);
            at.charge = FIRST_ITEM_BYTES + LINE_POINTER + pivot_charge;
            at.held = Some((pivot, child));
            return self.add_to_level(store, layout, level + 1, low, done.page);
        }
        at.page.push_child(layout, &held, held_child);
        at.charge += pivot_charge;
        at.held = Some((pivot, child));
        Ok(())
    }

    fn new_internal(
        &self,
        store: &mut PageStore,
        level: usize,
        left: Option<PageId>,
    ) -> Result<Building> {
        let (block, page) = store.extend(self.tree.relation, PageKind::Internal)?;
        let header = NodeHeader {
            kind: KIND_INTERNAL,
            flags: 0,
            level: level as u16 + 1,
            left,
            right: None,
            block: block.0,
        };
        Building::new(store, page, &header)
    }

    /// Writes what is left and makes the tree visible.
    ///
    /// # Errors
    /// Out of memory.
    pub fn finish(mut self, store: &mut PageStore, layout: &dyn KeyLayout) -> Result<()> {
        self.flush_pending(store, layout)?;
        let Some(_) = self.page else { return Ok(()) };
        // The held item is the last of the tree; room for it was seen to when it came.
        self.push_held(layout);
        let Some(mut leaf) = self.page.take() else {
            return Ok(());
        };
        leaf.write(store, layout, None, None)?;
        let rightmost = leaf.page;
        let mut root = leaf.page;
        let mut low = core::mem::take(&mut self.low);
        let mut level = 0;
        while level < self.levels.len() {
            self.add_to_level(store, layout, level, low, root)?;
            let Some(at) = self.levels.get_mut(level) else {
                break;
            };
            if let Some((held, child)) = at.held.take() {
                at.page.push_child(layout, &held, child);
            }
            at.page.write(store, layout, None, None)?;
            root = at.page.page;
            low = core::mem::take(&mut at.low);
            level += 1;
        }
        let state = store.state_mut(self.tree.relation)?;
        state[ROOT] = u64::from(root.get());
        state[RIGHTMOST] = u64::from(rightmost.get());
        state[HEIGHT] = level as u64;
        state[ENTRIES] = self.entries;
        state[LEAVES] = self.leaves;
        state[INTERNALS] = self.levels.iter().map(|level| level.pages).sum();
        state[CHANGES] += 1;
        self.tree.write_meta(store)
    }
}

impl Building {
    fn new(store: &PageStore, page: PageId, header: &NodeHeader) -> Result<Self> {
        let mut bytes = vec![0; store.page_bytes()];
        let state = NodeBuilder::new(&mut bytes, header).state();
        Ok(Self { page, bytes, state })
    }

    fn push_child(&mut self, layout: &dyn KeyLayout, pivot: &OwnedPivot, child: PageId) {
        let mut builder = NodeBuilder::resume(&mut self.bytes, self.state);
        let first = builder.count;
        push_item(
            &mut builder,
            layout,
            first,
            &InternalItem {
                pivot: pivot.as_pivot(),
                child,
            },
        );
        self.state = builder.state();
    }

    fn write(
        &mut self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        high: Option<&Pivot<'_>>,
        right: Option<PageId>,
    ) -> Result<()> {
        let mut builder = NodeBuilder::resume(&mut self.bytes, self.state);
        if let Some(high) = high {
            builder.set_high(high, pivot_bytes(layout, high) + LINE_POINTER);
        }
        builder.finish();
        if let Some(place) = self.bytes.get_mut(AT_RIGHT..AT_RIGHT + 4) {
            place.copy_from_slice(&right.map_or(0, PageId::get).to_le_bytes());
        }
        store
            .write_pinned(self.page)?
            .whole()?
            .copy_from_slice(&self.bytes);
        Ok(())
    }
}
