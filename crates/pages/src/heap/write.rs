//! Putting one row into a heap page.
//!
//! Why apart from [`append`](super::append): a single insert changes a few dozen bytes and keeps only those for undo; a bulk append
//! writes whole pages. A row that does not fit the page's present layout has the page packed again first.

use super::format::{
    AT_BLOCK, AT_LIVE, AT_SLOTS, AT_TUPLE_BYTES, AT_UNUSED, Bit, Geometry, NO_LINK, SlotState,
    Storage, area_start, set_bit, u16_at, u32_at,
};
use super::layout::{ColumnKind, RowLayout, RowRef};
use super::page::HeapPage;
use super::plan::{Needs, PagePlan, SpareSlots};
use crate::error::{Result, StorageError};
use crate::ids::{PageId, SlotId};
use crate::store::PageStore;
use crate::writer::PageWriter;
use alloc::vec::Vec;

/// Stores `row` in `page`, as `state`, and returns its slot; `None` when the page has not the bytes. The caller has checked the charge,
/// has read the page, and sees to counters outside the page.
pub(crate) fn write_row(
    store: &mut PageStore,
    layout: &RowLayout,
    page: PageId,
    row: &RowRef<'_>,
    state: SlotState,
    expected: Option<&Needs>,
) -> Result<Option<SlotId>> {
    let open = HeapPage::open_unchecked_directory(layout, store.peek(page)?, page)?;
    let slot = free_slot(&open);
    if !fits(&open, layout, row, slot, page)? && !repack(store, layout, page, row, expected)? {
        return Ok(None);
    }
    let mut writer = store.write_pinned(page)?;
    put_row(&mut writer, layout, row, state, slot)?;
    Ok(Some(SlotId(slot as u16)))
}

/// The slot that the next row takes: a reusable one, as PostgreSQL does, else a new one.
fn free_slot(page: &HeapPage<'_>) -> usize {
    if u16_at(page.bytes(), AT_UNUSED) > 0 {
        let unused = |slot: &usize| matches!(page.slot_state(*slot), Some((SlotState::Unused, _)));
        if let Some(slot) = (0..page.slots()).find(unused) {
            return slot;
        }
    }
    page.slots()
}

/// Whether the row goes into the page as it is laid out. Checks the directory, up to the first column that has no room.
fn fits(
    page: &HeapPage<'_>,
    layout: &RowLayout,
    row: &RowRef<'_>,
    slot: usize,
    id: PageId,
) -> Result<bool> {
    let capacity = page.geometry.capacity;
    if slot >= capacity {
        return Ok(false);
    }
    let slots = page.slots();
    for (c, (kind, value)) in layout.columns.iter().zip(row.columns).enumerate() {
        let Some(found) = page.sound_area(c) else {
            return Err(HeapPage::damaged_column(c, id));
        };
        let has_room = match (found.storage, value, kind.width()) {
            (Storage::Absent | Storage::Nullable, None, _) => true,
            (Storage::Plain, None, _) | (Storage::Absent, Some(_), _) => false,
            (_, Some(_), Some(_)) => true,
            (_, Some(value), None) => {
                let used = end_of(page.bytes(), found.at, slots);
                found.at + 2 * capacity + used + value.len() <= found.limit
            }
        };
        if !has_room {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where the values of the first `slots` slots end.
fn end_of(bytes: &[u8], ends_at: usize, slots: usize) -> usize {
    if slots == 0 {
        0
    } else {
        u16_at(bytes, ends_at + 2 * slots - 2) as usize
    }
}

/// Packs the page anew so that `row` fits; `false` when it cannot.
fn repack(
    store: &mut PageStore,
    layout: &RowLayout,
    page: PageId,
    row: &RowRef<'_>,
    expected: Option<&Needs>,
) -> Result<bool> {
    let old = snapshot(store, page)?;
    let open = HeapPage::open(layout, &old, page)?;
    let mut needs = Needs::of_page(&open, layout);
    needs.add_row(row, layout);
    let none = Needs::none(layout);
    let expected = expected.unwrap_or(&none);
    let Some(plan) = PagePlan::new(layout, old.len(), &needs, expected, SpareSlots::Guessed) else {
        return Ok(false);
    };
    let block = u32_at(&old, AT_BLOCK);
    let mut writer = store.write_pinned(page)?;
    let bytes = writer.whole()?;
    plan.format(bytes, block);
    plan.pack(layout, bytes, &open);
    Ok(true)
}

/// A copy of the page.
pub(crate) fn snapshot(store: &PageStore, page: PageId) -> Result<Vec<u8>> {
    let bytes = store.peek(page)?;
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len())
        .map_err(|_| store.out_of_memory())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

fn put_row(
    writer: &mut PageWriter<'_>,
    layout: &RowLayout,
    row: &RowRef<'_>,
    state: SlotState,
    slot: usize,
) -> Result<()> {
    let geometry = Geometry::of(writer.bytes(), layout);
    let slots = u16_at(writer.bytes(), AT_SLOTS) as usize;
    for (c, (kind, &value)) in layout.columns.iter().zip(row.columns).enumerate() {
        let Some((storage, at)) = area_start(writer.bytes(), c) else {
            return Err(damaged(writer, c, "column directory"));
        };
        match storage {
            Storage::Absent => continue,
            Storage::Plain => {}
            Storage::Nullable => {
                let at = at.saturating_sub(geometry.bitmap_bytes());
                let null = if value.is_none() { Bit::One } else { Bit::Zero };
                put_bit(writer, at, slot, null)?;
            }
        }
        match (kind, value) {
            (ColumnKind::Variable, value) => {
                put_variable(writer, &geometry, at, slots, slot, value.unwrap_or(&[]))?;
            }
            (_, None) => {}
            (ColumnKind::Fixed1, Some(value)) => put_fixed::<1>(writer, c, at, slot, value)?,
            (ColumnKind::Fixed2, Some(value)) => put_fixed::<2>(writer, c, at, slot, value)?,
            (ColumnKind::Fixed4, Some(value)) => put_fixed::<4>(writer, c, at, slot, value)?,
            (ColumnKind::Fixed8, Some(value)) => put_fixed::<8>(writer, c, at, slot, value)?,
            (ColumnKind::Fixed16, Some(value)) => put_fixed::<16>(writer, c, at, slot, value)?,
        }
    }
    writer.put_u16(geometry.states_at + 2 * slot, state.encode(NO_LINK))?;
    writer.put_u16(geometry.lens_at + 2 * slot, row.row_len)?;
    put_bit(writer, geometry.visible_at, slot, Bit::One)?;
    let live = u16_at(writer.bytes(), AT_LIVE).saturating_add(1);
    let tuple_bytes = u16_at(writer.bytes(), AT_TUPLE_BYTES).saturating_add(row.row_len);
    let [c, d] = live.to_le_bytes();
    let [e, f] = tuple_bytes.to_le_bytes();
    // The three counters lie side by side.
    if slot == slots {
        let [a, b] = (slots as u16 + 1).to_le_bytes();
        return writer.put_array(AT_SLOTS, [a, b, c, d, e, f]);
    }
    let unused = u16_at(writer.bytes(), AT_UNUSED).saturating_sub(1);
    writer.put_u16(AT_UNUSED, unused)?;
    writer.put_array(AT_LIVE, [c, d, e, f])
}

#[cold]
fn damaged(writer: &PageWriter<'_>, column: usize, what: &'static str) -> StorageError {
    StorageError::Damaged {
        page: writer.page(),
        offset: column as u32,
        what,
    }
}

/// Sets bit `slot` of the bits at `at`.
#[inline]
fn put_bit(writer: &mut PageWriter<'_>, at: usize, slot: usize, bit: Bit) -> Result<()> {
    let at = at + slot / 8;
    let mut byte = [writer.bytes().get(at).copied().unwrap_or(0)];
    set_bit(&mut byte, slot % 8, bit);
    writer.put_array(at, byte)
}

/// Writes the value of slot `slot` in the values at `at`.
#[inline]
fn put_fixed<const N: usize>(
    writer: &mut PageWriter<'_>,
    column: usize,
    at: usize,
    slot: usize,
    value: &[u8],
) -> Result<()> {
    match value.first_chunk::<N>() {
        Some(value) => writer.put_array(at + N * slot, *value),
        None => Err(damaged(writer, column, "value as wide as its column")),
    }
}

/// Values lie in slot order, so a value for a reused slot moves those behind it.
fn put_variable(
    writer: &mut PageWriter<'_>,
    geometry: &Geometry,
    at: usize,
    slots: usize,
    slot: usize,
    value: &[u8],
) -> Result<()> {
    let data = at + 2 * geometry.capacity;
    let start = end_of(writer.bytes(), at, slot);
    if slot >= slots {
        if !value.is_empty() {
            writer.put(data + start, value)?;
        }
        return writer.put_u16(at + 2 * slot, (start + value.len()) as u16);
    }
    if value.is_empty() {
        return Ok(());
    }
    let end = end_of(writer.bytes(), at, slots).max(start);
    let moved = writer.range(data + start..data + end + value.len())?;
    moved.copy_within(..end - start, value.len());
    if let Some(place) = moved.get_mut(..value.len()) {
        place.copy_from_slice(value);
    }
    for end in writer
        .range(at + 2 * slot..at + 2 * slots)?
        .chunks_exact_mut(2)
    {
        let moved = u16_at(end, 0).saturating_add(value.len() as u16);
        end.copy_from_slice(&moved.to_le_bytes());
    }
    Ok(())
}
