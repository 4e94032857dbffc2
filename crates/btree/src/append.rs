//! Adding entries in ascending order behind all that the tree has, as many at a time as the last leaf takes.
//!
//! Why: a sequence of keys needs one look at the last leaf and one change of its header for all entries that it takes. The leaf's
//! cells are what adding one entry after the other makes of them, and each entry counts as one access to the leaf; when the leaf is
//! full, the next entry goes the usual way ([`insert`](crate::insert)).

use crate::insert::{NewEntry, put_counts};
use crate::layout::KeyLayout;
use crate::leaf::{plain_cell_bytes, write_plain_cell};
use crate::node::{AT_CELLS, HEADER, LINE_POINTER, u16_at};
use crate::tree::{BTree, CHANGES, ENTRIES};
use core::cmp::Ordering;
use pages::{PageStore, Result, RowId};

/// Entries to add, in the order in which they come.
#[derive(Clone, Copy, Debug)]
pub struct EntryList<'a> {
    /// The keys, one after another.
    pub bytes: &'a [u8],
    /// Where each key ends in `bytes`.
    pub ends: &'a [u32],
    /// The row of each key.
    pub rows: &'a [RowId],
}

impl<'a> EntryList<'a> {
    fn key(&self, at: usize) -> Option<&'a [u8]> {
        let from = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(from as usize..*self.ends.get(at)? as usize)
    }

    fn entry(&self, at: usize, layout: &dyn KeyLayout) -> Option<NewEntry<'a>> {
        Some(NewEntry::new(
            layout,
            self.key(at)?,
            *self.rows.get(at)?,
            &[],
        ))
    }
}

impl BTree {
    /// Adds entries from `from` on for as long as each lies behind all before it and behind all that the tree has (`distinct`: by its
    /// key alone) and the last leaf has room; returns how many. With 0 the entry at `from` is one for [`Self::insert`]. O(entries).
    ///
    /// # Errors
    /// Out of memory; a damaged page. Under a savepoint roll back.
    pub fn append(
        &self,
        store: &mut PageStore,
        layout: &dyn KeyLayout,
        list: EntryList<'_>,
        from: usize,
        distinct: bool,
    ) -> Result<usize> {
        let Some((node, last)) = self.rightmost_leaf(store)? else {
            return Ok(0);
        };
        if self.has_payload() {
            return Ok(0);
        }
        let leaf = node.page;
        let usable = self.usable(store);
        let (mut last_key, mut last_row) = (last.key, last.last());
        let (mut gap, mut charge) = (node.gap(), node.charge());
        let count = node.count;
        let mut added = 0;
        while let Some(entry) = list.entry(from + added, layout) {
            let is_behind = match last_key.cmp(entry.key) {
                Ordering::Less => true,
                Ordering::Equal => !distinct && last_row < entry.row,
                Ordering::Greater => false,
            };
            let size = entry.cell_bytes(false);
            let fits = size + 2 <= gap
                && charge + entry.tuple_bytes + LINE_POINTER <= usable.charge()
                && !usable.is_too_large(entry.tuple_bytes, size);
            if !is_behind || !fits {
                break;
            }
            gap -= size + 2;
            charge += entry.tuple_bytes + LINE_POINTER;
            (last_key, last_row) = (entry.key, entry.row);
            added += 1;
        }
        if added == 0 {
            return Ok(0);
        }
        let cells = u16_at(node.bytes, AT_CELLS) as usize;
        store.read(leaf)?;
        let mut writer = store.write_pinned(leaf)?;
        let slots_at = HEADER + 2 * count;
        let first = slots_at + 2 * added + gap;
        // Cells grow downwards, slots upwards.
        let mut at = cells;
        let slots = (from..from + added).filter_map(|entry| {
            at -= plain_cell_bytes(list.key(entry)?);
            Some(at as u16)
        });
        let places = writer.range(slots_at..slots_at + 2 * added)?;
        for (place, slot) in places.as_chunks_mut::<2>().0.iter_mut().zip(slots) {
            *place = slot.to_le_bytes();
        }
        let mut rest = writer.range(first..cells)?;
        for entry in from..from + added {
            let (Some(key), Some(row)) = (list.key(entry), list.rows.get(entry)) else {
                break;
            };
            let (before, cell) = rest.split_at_mut(rest.len() - plain_cell_bytes(key));
            write_plain_cell(cell, key, *row);
            rest = before;
        }
        put_counts(&mut writer, count + added, first, charge)?;
        for _ in 1..added {
            store.read(leaf)?;
        }
        let state = store.state_mut(self.relation())?;
        state[ENTRIES] += added as u64;
        state[CHANGES] += added as u64;
        Ok(added)
    }
}
