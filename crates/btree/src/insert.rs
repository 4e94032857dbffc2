//! Inserting an entry.
//!
//! Why the order of attempts matters: PostgreSQL first uses free space, then gathers duplicates into lists, and splits only when that
//! did not help; page counts of an index grown by inserts follow from it. Splits are in [`split`](crate::split).

use crate::layout::KeyLayout;
use crate::leaf::{
    LeafCell, LeafItem, key_bytes, leaf_bytes, length_bytes, length_code, list_bytes,
    plain_cell_bytes, row_of, write_leaf, write_plain_cell,
};
use crate::node::{
    AT_CELLS, AT_CHARGE, AT_COUNT, HEAD_MARK, HEADER, LINE_POINTER, Node, NodeHeader, Usable,
    u16_at,
};
use crate::search::{Path, Target};
use crate::tree::{BTree, CHANGES, DEDUPLICATIONS, ENTRIES, RIGHTMOST};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::cmp::Ordering;
use pages::{PageId, PageStore, PageWriter, Result, RowId, StorageError};

/// What to insert, and the bytes that PostgreSQL takes for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewEntry<'a> {
    pub key: &'a [u8],
    pub row: RowId,
    pub payload: &'a [u8],
    pub tuple_bytes: usize,
}

impl<'a> NewEntry<'a> {
    pub fn new(layout: &dyn KeyLayout, key: &'a [u8], row: RowId, payload: &'a [u8]) -> Self {
        Self {
            key,
            row,
            payload,
            tuple_bytes: key_bytes(layout, key, payload),
        }
    }

    /// Bytes of the entry's cell.
    #[inline]
    pub fn cell_bytes(&self, has_payload: bool) -> usize {
        if !has_payload {
            return plain_cell_bytes(self.key);
        }
        let lengths = length_bytes(self.key.len()) + length_bytes(self.payload.len());
        lengths + self.key.len() + 6 + self.payload.len()
    }

    /// Writes the entry's cell to bytes of its length.
    #[inline]
    pub fn write_cell(&self, has_payload: bool, cell: &mut [u8]) {
        if !has_payload {
            write_plain_cell(cell, self.key, self.row);
            return;
        }
        let (key_len, payload_len) = (self.key.len(), self.payload.len());
        let (key_code, payload_code) = (length_code(key_len), length_code(payload_len));
        let parts: [&[u8]; 5] = [
            key_code.get(..length_bytes(key_len)).unwrap_or(&[]),
            payload_code.get(..length_bytes(payload_len)).unwrap_or(&[]),
            self.key,
            &self.row.to_bytes(),
            self.payload,
        ];
        write_parts(cell, &parts);
    }

    /// The entry, unless it takes more than a third of a page.
    ///
    /// # Errors
    /// It does.
    #[inline]
    pub fn checked(self, usable: Usable, has_payload: bool) -> Result<Self> {
        let cell_bytes = self.cell_bytes(has_payload);
        if usable.is_too_large(self.tuple_bytes, cell_bytes) {
            return Err(StorageError::EntryTooLarge {
                entry_bytes: self.tuple_bytes.max(self.key.len() + self.payload.len()),
                limit_bytes: usable.max_tuple(),
            });
        }
        Ok(self)
    }
}

impl BTree {
    pub(crate) fn insert_entry(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        key: &[u8],
        row: RowId,
        payload: &[u8],
        place: Place,
    ) -> Result<()> {
        let usable = self.usable(store);
        let entry = NewEntry::new(layout, key, row, payload).checked(usable, self.has_payload())?;
        if self.root(store).is_none() {
            self.make_root(store)?;
        }
        let mut path = Path::default();
        let mut rightmost = None;
        let (leaf, slot) = match place {
            Place::BeyondAll => {
                rightmost = PageId::new(store.state(self.relation)?[RIGHTMOST] as u32);
                self.place_in(store, &entry, rightmost, &mut path)?
            }
            Place::Unknown => {
                rightmost = self.rightmost_if_beyond(store, &entry)?;
                self.place_in(store, &entry, rightmost, &mut path)?
            }
            Place::Behind {
                leaf,
                slot,
                path: known,
            } => {
                let node = Node::open(store.peek(leaf)?, leaf)?;
                let slot = before_later_rows(&node, slot, &entry)?;
                // Counted as another descent, or as a look at the rightmost leaf.
                if slot == node.count && node.right().is_none() {
                    rightmost = Some(leaf);
                } else {
                    path = known;
                    for page in path.pages() {
                        store.read(page)?;
                    }
                }
                store.read(leaf)?;
                (leaf, slot)
            }
        };
        let state = store.state_mut(self.relation)?;
        state[ENTRIES] += 1;
        state[CHANGES] += 1;
        if self.put_in_slot(store, layout, leaf, slot, &entry)? {
            return Ok(());
        }
        if rightmost.is_some() {
            self.descend_for(store, &entry, &mut path)?;
        }
        self.make_room(store, layout, leaf, &entry, &mut path)
    }

    /// The leaf and the slot for an entry that belongs at the end of the rightmost leaf, if that is given, else wherever it belongs.
    fn place_in(
        &self,
        store: &PageStore,
        entry: &NewEntry<'_>,
        rightmost: Option<PageId>,
        path: &mut Path,
    ) -> Result<(PageId, usize)> {
        match rightmost {
            Some(leaf) => Ok((leaf, Node::open(store.read(leaf)?, leaf)?.count)),
            None => self.descend_for(store, entry, path),
        }
    }

    /// Where the entry belongs: the leaf and the slot.
    fn descend_for(
        &self,
        store: &PageStore,
        entry: &NewEntry<'_>,
        path: &mut Path,
    ) -> Result<(PageId, usize)> {
        let target = Target::Entry(entry.key, entry.row);
        let found = self.locate(store, target, Some(path))?;
        let found = found.ok_or(StorageError::NoSuchRelation(self.relation))?;
        Ok((found.node.page, found.slot))
    }

    /// The rightmost leaf, when the entry belongs behind everything in it: keys that ascend need no descent.
    fn rightmost_if_beyond(
        &self,
        store: &PageStore,
        entry: &NewEntry<'_>,
    ) -> Result<Option<PageId>> {
        let last = self.rightmost_leaf(store)?;
        let is_beyond = |(_, last): &(Node<'_>, LeafCell<'_>)| {
            last.compare(entry.key, entry.row) == Ordering::Less
        };
        Ok(last.filter(is_beyond).map(|(leaf, _)| leaf.page))
    }

    /// Inserts where there is room; `false` when there is none. An entry that exists already is left alone.
    fn put_in_leaf(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        leaf: PageId,
        entry: &NewEntry<'_>,
    ) -> Result<bool> {
        let node = Node::open(store.peek(leaf)?, leaf)?;
        let slot = node.leaf_position(Target::Entry(entry.key, entry.row))?;
        self.put_in_slot(store, layout, leaf, slot, entry)
    }

    /// As [`Self::put_in_leaf`], where the slot that the entry is before or at is known.
    fn put_in_slot(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        leaf: PageId,
        slot: usize,
        entry: &NewEntry<'_>,
    ) -> Result<bool> {
        let node = Node::open(store.peek(leaf)?, leaf)?;
        if slot < node.count && node.leaf_key(slot)? == entry.key {
            let cell = node.leaf_cell(slot)?;
            if cell.first() <= entry.row {
                return self.put_in_list(store, layout, leaf, slot, entry);
            }
        }
        let has_payload = self.has_payload();
        let size = entry.cell_bytes(has_payload);
        if !self.has_room(store, &node, entry, size) {
            return Ok(false);
        }
        if node.gap() < size + 2 {
            self.compact_leaf(store, layout, leaf)?;
        }
        let charge = entry.tuple_bytes + LINE_POINTER;
        let fill = |cell: &mut [u8]| entry.write_cell(has_payload, cell);
        put_cell(store, leaf, slot, size, &fill, charge)?;
        Ok(true)
    }

    /// Whether a leaf can take an entry in a cell of `size` bytes, if need be once its garbage is gone.
    fn has_room(
        &self,
        store: &PageStore,
        leaf: &Node<'_>,
        entry: &NewEntry<'_>,
        size: usize,
    ) -> bool {
        leaf.charge() + entry.tuple_bytes + LINE_POINTER <= self.usable(store).charge()
            && leaf.gap() + leaf.garbage() >= size + 2
    }

    /// The row falls within the list of slot `slot`: the list takes it and gives up its last row, which then is the new entry.
    fn put_in_list(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        leaf: PageId,
        slot: usize,
        entry: &NewEntry<'_>,
    ) -> Result<bool> {
        let node = Node::open(store.peek(leaf)?, leaf)?;
        let cell = node.leaf_cell(slot)?;
        let at = (0..cell.row_count())
            .find(|&i| row_of(cell.rows, i) >= entry.row)
            .unwrap_or(0);
        if row_of(cell.rows, at) == entry.row {
            let state = store.state_mut(self.relation)?;
            state[ENTRIES] -= 1;
            return Ok(true);
        }
        // Room first: the exchange itself changes no sizes, but must not happen twice.
        let moved = NewEntry {
            row: cell.last(),
            ..*entry
        };
        if !self.has_room(store, &node, &moved, moved.cell_bytes(false)) {
            return Ok(false);
        }
        let start = node.cell_at(slot)?
            + 4
            + (u16_at(node.bytes, node.cell_at(slot)?) & !HEAD_MARK) as usize;
        let end = start + cell.rows.len();
        let mut writer = store.write_pinned(leaf)?;
        let rows = writer.range(start + 6 * at..end)?;
        let keep = rows.len() - 6;
        rows.copy_within(..keep, 6);
        if let Some(place) = rows.get_mut(..6) {
            place.copy_from_slice(&entry.row.to_bytes());
        }
        self.put_in_leaf(store, layout, leaf, &moved)
    }

    /// Writes the leaf of which `old` is a copy again, with other items.
    pub(crate) fn rewrite_leaf(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        old: &Node<'_>,
        items: &[LeafItem<'_>],
    ) -> Result<()> {
        let high = old.high()?;
        write_leaf(
            store.write_pinned(old.page)?.whole()?,
            layout,
            &NodeHeader::of(old),
            items,
            high.as_ref(),
        );
        Ok(())
    }

    /// Writes the leaf again without gaps.
    pub(crate) fn compact_leaf(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        leaf: PageId,
    ) -> Result<()> {
        let old = self.snapshot(store, leaf)?;
        let node = Node::open(&old, leaf)?;
        let items = node.leaf_items()?;
        self.rewrite_leaf(store, layout, &node, &items)?;
        Ok(())
    }

    /// The page is full: gathers duplicates if that makes room, else splits.
    fn make_room(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        leaf: PageId,
        entry: &NewEntry<'_>,
        path: &mut Path,
    ) -> Result<()> {
        let usable = self.usable(store);
        let old = self.snapshot(store, leaf)?;
        let node = Node::open(&old, leaf)?;
        let items = node.leaf_items()?;
        let same = |pair: &[LeafItem<'_>]| matches!(pair, [a, b] if a.key == b.key);
        if layout.deduplicate() && !self.has_payload() && items.windows(2).any(same) {
            let merged = gather(layout, &items, usable, &entry_item(entry))?;
            if merged.len() < items.len() {
                self.rewrite_leaf(store, layout, &node, &merged)?;
                store.state_mut(self.relation)?[DEDUPLICATIONS] += 1;
                if self.put_in_leaf(store, layout, leaf, entry)? {
                    return Ok(());
                }
                let old = self.snapshot(store, leaf)?;
                let node = Node::open(&old, leaf)?;
                let items = node.leaf_items()?;
                return self.split_for(store, layout, &node, items, entry, path);
            }
        }
        self.split_for(store, layout, &node, items, entry, path)
    }

    /// Splits a full leaf, whose items these are, so that the entry is in one of the halves.
    fn split_for<'a>(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        node: &Node<'a>,
        items: Vec<LeafItem<'a>>,
        entry: &NewEntry<'a>,
        path: &mut Path,
    ) -> Result<()> {
        let mut items = items;
        let at = place_item(node, &mut items, entry)?;
        self.split_leaf(store, layout, node, items, at, path)
    }
}

/// Writes parts one after another, to bytes of their length.
pub(crate) fn write_parts(cell: &mut [u8], parts: &[&[u8]]) {
    let mut rest = cell;
    for part in parts {
        let (place, after) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = after;
    }
}

/// Writes a cell of `size` bytes into the free space in the middle of a page, which has room for it, as slot `slot`.
pub(crate) fn put_cell(
    store: &mut PageStore,
    page: PageId,
    slot: usize,
    size: usize,
    fill: &dyn Fn(&mut [u8]),
    charge: usize,
) -> Result<()> {
    let mut writer = store.write_pinned(page)?;
    let (count, cells, charged) = {
        let bytes = writer.bytes();
        (
            u16_at(bytes, AT_COUNT) as usize,
            u16_at(bytes, AT_CELLS) as usize,
            u16_at(bytes, AT_CHARGE),
        )
    };
    // A page whose counts were sound has the room by now.
    let Some(at) = cells
        .checked_sub(size)
        .filter(|&at| at >= HEADER + 2 * (count + 1))
    else {
        return Err(StorageError::Damaged {
            page,
            offset: AT_CELLS as u32,
            what: "room for a cell",
        });
    };
    fill(writer.range(at..cells)?);
    let slots = writer.range(HEADER + 2 * slot..HEADER + 2 * (count + 1))?;
    slots.copy_within(..2 * (count - slot), 2);
    if let Some(place) = slots.get_mut(..2) {
        place.copy_from_slice(&(at as u16).to_le_bytes());
    }
    put_counts(&mut writer, count + 1, at, charged as usize + charge)
}

/// Notes what has been added to a page: the count, where the cells begin, and the charge stand side by side.
pub(crate) fn put_counts(
    writer: &mut PageWriter<'_>,
    count: usize,
    cells: usize,
    charge: usize,
) -> Result<()> {
    let [a, b] = (count as u16).to_le_bytes();
    let [c, d] = (cells as u16).to_le_bytes();
    let [e, f] = (charge as u16).to_le_bytes();
    writer.put_array(AT_COUNT, [a, b, c, d, e, f])
}

/// What the caller knows of where an entry goes.
#[derive(Debug)]
pub(crate) enum Place {
    /// Behind all that the tree has.
    BeyondAll,
    /// In this leaf, to which `path` leads: behind its keys before `slot`, of which those of the same key may have later rows.
    Behind {
        leaf: PageId,
        slot: usize,
        path: Path,
    },
    Unknown,
}

/// The slot for an entry that belongs before `slot` or before cells of its own key in front of that.
fn before_later_rows(node: &Node<'_>, slot: usize, entry: &NewEntry<'_>) -> Result<usize> {
    let mut slot = slot;
    while let Some(before) = slot.checked_sub(1) {
        let cell = node.leaf_cell(before)?;
        if cell.key != entry.key || cell.last() < entry.row {
            break;
        }
        slot = before;
    }
    Ok(slot)
}

fn entry_item<'a>(entry: &NewEntry<'a>) -> LeafItem<'a> {
    LeafItem {
        key: entry.key,
        rows: Cow::Owned(entry.row.to_bytes().to_vec()),
        payload: entry.payload,
    }
}

/// Adds the entry to the decoded items and returns its index; inside a list it is exchanged for the list's last row.
fn place_item<'a>(
    node: &Node<'a>,
    items: &mut Vec<LeafItem<'a>>,
    entry: &NewEntry<'a>,
) -> Result<usize> {
    let mut at = node.leaf_position(Target::Entry(entry.key, entry.row))?;
    let mut new = entry_item(entry);
    if let Some(item) = items.get_mut(at)
        && item.key == entry.key
        && row_of(&item.rows, 0) < entry.row
    {
        let rows = item.rows.to_mut();
        let mut ids: Vec<RowId> = rows.chunks_exact(6).map(|row| row_of(row, 0)).collect();
        ids.insert(ids.partition_point(|id| *id < entry.row), entry.row);
        let last = ids.pop().unwrap_or(entry.row);
        rows.clear();
        ids.iter()
            .for_each(|id| rows.extend_from_slice(&id.to_bytes()));
        new.rows = Cow::Owned(last.to_bytes().to_vec());
        at += 1;
    }
    items.insert(at, new);
    Ok(at)
}

/// Gathers neighbouring items of equal key into lists. A page of one single value keeps room at its end for further
/// splits of that value, as PostgreSQL's `nbtdedup.c` does: after five full lists one smaller, the rest stays as it is.
fn gather<'a>(
    layout: &dyn KeyLayout,
    items: &[LeafItem<'a>],
    usable: Usable,
    new: &LeafItem<'_>,
) -> Result<Vec<LeafItem<'a>>> {
    let single_value = items.first().is_some_and(|item| item.key == new.key)
        && items.last().is_some_and(|item| item.key == new.key);
    let mut limit = usable.max_list();
    let mut full_lists = 0;
    let mut merged: Vec<LeafItem<'a>> = Vec::with_capacity(items.len());
    let mut base_bytes = 0;
    // Items that went into the last list: PostgreSQL counts a list as full when the next row did not fit.
    for item in items {
        if let Some(last) = merged.last_mut()
            && last.key == item.key
            && full_lists < 6
        {
            let rows = (last.rows.len() + item.rows.len()) / 6;
            if list_bytes(base_bytes, rows) <= limit {
                last.rows.to_mut().extend_from_slice(&item.rows);
                continue;
            }
            full_lists += usize::from(single_value);
            if full_lists == 5 {
                let left = usable.charge() * (100 - 96) / 100;
                limit = limit.saturating_sub(left).max(base_bytes);
            }
        }
        base_bytes = key_bytes(layout, item.key, &[]);
        merged.push(item.clone());
    }
    Ok(merged)
}

/// Whether the items fit a page by their bytes.
pub(crate) fn fits_bytes(
    items: &[LeafItem<'_>],
    high: Option<&crate::node::Pivot<'_>>,
    has_payload: bool,
    page_bytes: usize,
) -> bool {
    leaf_bytes(items, high, has_payload) <= page_bytes
}
