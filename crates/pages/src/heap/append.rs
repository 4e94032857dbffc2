//! Bulk append: column slices in, whole pages out.
//!
//! Why: a load of a million rows through [`write_row`](super::write) would spend its time on deciding where the next value
//! goes. Here the rows of a page are counted by their charge, the page is laid out exactly, and each column is copied by one loop.

use super::format::{
    AT_BLOCK, AT_LIVE, AT_SLOTS, AT_TUPLE_BYTES, Bit, Geometry, LINE_POINTER, NO_LINK, SlotState,
    Storage, area, bit, set_bit, u16_at, u32_at,
};
use super::layout::{ColumnSlice, ColumnValues, RowLayout};
use super::page::HeapPage;
use super::plan::{Needs, PagePlan, SpareSlots, put};
use super::write::snapshot;
use crate::error::{Result, StorageError};
use crate::ids::PageId;
use crate::store::PageStore;
use alloc::vec::Vec;
use core::ops::Range;

/// Rows to append.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub columns: &'a [ColumnSlice<'a>],
    pub row_lens: &'a [u16],
}

impl Source<'_> {
    /// How many rows from `rows.start` the charge admits into `room` bytes.
    pub fn rows_within(&self, rows: Range<usize>, room: usize) -> usize {
        let mut left = room;
        let lens = self.row_lens.get(rows).unwrap_or(&[]);
        lens.iter()
            .take_while(|&&len| {
                let charge = len as usize + LINE_POINTER;
                let fits = charge <= left;
                left = left.saturating_sub(charge);
                fits
            })
            .count()
    }
}

/// The values of one row in the byte form of [`RowRef`](super::RowRef), one after another.
pub(crate) struct OneRow {
    bytes: Vec<u8>,
    /// Where each value ends, and whether it is one.
    ends: Vec<(usize, bool)>,
}

impl OneRow {
    /// Copies row `row` out of the columns; `None` when columns and layout do not agree.
    pub fn of(source: &Source<'_>, layout: &RowLayout, row: usize) -> Option<Self> {
        let mut one = Self {
            bytes: Vec::with_capacity(64),
            ends: Vec::with_capacity(layout.columns.len()),
        };
        if source.columns.len() != layout.columns.len() {
            return None;
        }
        for (kind, column) in layout.columns.iter().zip(source.columns) {
            let is_value = !column.nulls.is_some_and(|nulls| bit(nulls, row));
            if is_value {
                match (kind.width(), column.values) {
                    (None, ColumnValues::Variable { offsets, bytes }) => {
                        let from = *offsets.get(row)? as usize;
                        let to = *offsets.get(row + 1)? as usize;
                        one.bytes.extend_from_slice(bytes.get(from..to)?);
                    }
                    (Some(width), values) => {
                        let at = one.bytes.len();
                        one.bytes.resize(at + width, 0);
                        copy_fixed(one.bytes.get_mut(at..)?, width, values, row..row + 1)?;
                    }
                    (None, _) => return None,
                }
            }
            one.ends.push((one.bytes.len(), is_value));
        }
        Some(one)
    }

    /// The values; `None` is NULL.
    pub fn columns(&self) -> Vec<Option<&[u8]>> {
        let mut from = 0;
        let value = |&(end, is_value): &(usize, bool)| {
            let value = self.bytes.get(from..end);
            from = end;
            value.filter(|_| is_value)
        };
        self.ends.iter().map(value).collect()
    }
}

/// Appends as many of `rows` to the page as its bytes allow and returns how many; the caller has checked the charge.
pub(crate) fn append_to_page(
    store: &mut PageStore,
    layout: &RowLayout,
    page: PageId,
    source: &Source<'_>,
    rows: Range<usize>,
    spare: SpareSlots,
) -> Result<usize> {
    let old = snapshot(store, page)?;
    let open = HeapPage::open(layout, &old, page)?;
    let before = if open.slots() == 0 {
        Needs::none(layout)
    } else {
        Needs::of_page(&open, layout)
    };
    let none = Needs::none(layout);
    let mut count = rows.len();
    let plan = loop {
        let mut needs = before.clone();
        needs.add_rows(
            source.columns,
            source.row_lens,
            rows.start..rows.start + count,
        );
        if let Some(plan) = PagePlan::new(layout, old.len(), &needs, &none, spare) {
            break plan;
        }
        count = count * 15 / 16;
        if count == 0 {
            return Ok(0);
        }
    };
    let rows = rows.start..rows.start + count;
    let block = u32_at(&old, AT_BLOCK);
    let mut writer = store.write_pinned(page)?;
    let bytes = writer.whole()?;
    plan.format(bytes, block);
    if open.slots() > 0 {
        plan.pack(layout, bytes, &open);
    }
    write_rows(layout, bytes, page, source, rows)?;
    Ok(count)
}

fn write_rows(
    layout: &RowLayout,
    bytes: &mut [u8],
    page: PageId,
    source: &Source<'_>,
    rows: Range<usize>,
) -> Result<()> {
    let geometry = Geometry::of(bytes, layout);
    let first = u16_at(bytes, AT_SLOTS) as usize;
    for (c, (kind, column)) in layout.columns.iter().zip(source.columns).enumerate() {
        let damaged = StorageError::Damaged {
            page,
            offset: c as u32,
            what: "as many values as rows, as wide as their column",
        };
        let found = area(bytes, &geometry, layout.columns.len(), c).ok_or(damaged)?;
        match (found.storage, column.nulls) {
            (Storage::Absent, _) => continue,
            (Storage::Nullable, Some(nulls)) => {
                let at = found.at - geometry.bitmap_bytes();
                if let Some(bitmap) = bytes.get_mut(at..found.at) {
                    for (i, row) in rows.clone().enumerate() {
                        if bit(nulls, row) {
                            set_bit(bitmap, first + i, Bit::One);
                        }
                    }
                }
            }
            _ => {}
        }
        match (kind.width(), column.values) {
            (
                None,
                ColumnValues::Variable {
                    offsets,
                    bytes: values,
                },
            ) => {
                let offsets = offsets.get(rows.start..rows.end + 1).ok_or(damaged)?;
                append_variable(bytes, &geometry, found.at, first, offsets, values)
                    .ok_or(damaged)?;
            }
            (Some(width), values) => {
                let at = found.at + width * first;
                let target = bytes.get_mut(at..at + width * rows.len()).ok_or(damaged)?;
                copy_fixed(target, width, values, rows.clone()).ok_or(damaged)?;
            }
            (None, _) => return Err(damaged),
        }
    }
    let lens = source.row_lens.get(rows.clone()).unwrap_or(&[]);
    let mut tuple_bytes = u16_at(bytes, AT_TUPLE_BYTES);
    for (i, &len) in lens.iter().enumerate() {
        put(
            bytes,
            geometry.states_at + 2 * (first + i),
            SlotState::Live.encode(NO_LINK),
        );
        put(bytes, geometry.lens_at + 2 * (first + i), len);
        tuple_bytes = tuple_bytes.saturating_add(len);
    }
    if let Some(visible) = bytes.get_mut(geometry.visible_at..geometry.areas_at) {
        for slot in first..first + rows.len() {
            set_bit(visible, slot, Bit::One);
        }
    }
    let live = u16_at(bytes, AT_LIVE).saturating_add(rows.len() as u16);
    put(bytes, AT_LIVE, live);
    put(bytes, AT_SLOTS, (first + rows.len()) as u16);
    put(bytes, AT_TUPLE_BYTES, tuple_bytes);
    Ok(())
}

fn append_variable(
    bytes: &mut [u8],
    geometry: &Geometry,
    at: usize,
    first: usize,
    offsets: &[u32],
    values: &[u8],
) -> Option<()> {
    let data = at + 2 * geometry.capacity;
    let start = if first == 0 {
        0
    } else {
        u16_at(bytes, at + 2 * first - 2) as usize
    };
    let from = *offsets.first()? as usize;
    let to = *offsets.last()? as usize;
    let ends = bytes.get_mut(at + 2 * first..at + 2 * (first + offsets.len() - 1))?;
    for (end, &offset) in ends.chunks_exact_mut(2).zip(offsets.get(1..)?) {
        let end_at = start + (offset as usize).checked_sub(from)?;
        end.copy_from_slice(&(end_at as u16).to_le_bytes());
    }
    let target = bytes.get_mut(data + start..data + start + (to.checked_sub(from)?))?;
    target.copy_from_slice(values.get(from..to)?);
    Some(())
}

fn copy_fixed(
    target: &mut [u8],
    width: usize,
    values: ColumnValues<'_>,
    rows: Range<usize>,
) -> Option<()> {
    /// One loop a type, so that each becomes a plain copy.
    macro_rules! copy_numbers {
        ($values:expr, $width:literal) => {{
            if width != $width {
                return None;
            }
            for (place, value) in target.chunks_exact_mut($width).zip($values.get(rows)?) {
                place.copy_from_slice(&value.to_le_bytes());
            }
        }};
    }
    match values {
        ColumnValues::Fixed1(values) if width == 1 => target.copy_from_slice(values.get(rows)?),
        ColumnValues::Fixed2(values) => copy_numbers!(values, 2),
        ColumnValues::Fixed4(values) => copy_numbers!(values, 4),
        ColumnValues::Fixed8(values) => copy_numbers!(values, 8),
        ColumnValues::Float4(values) => copy_numbers!(values, 4),
        ColumnValues::Float8(values) => copy_numbers!(values, 8),
        ColumnValues::Fixed16(values) if width == 16 => {
            target.copy_from_slice(values.get(rows)?.as_flattened());
        }
        _ => return None,
    }
    Some(())
}
