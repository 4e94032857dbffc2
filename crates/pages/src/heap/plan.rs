//! Choosing the layout of a heap page, and packing its rows into it.
//!
//! Why a guess is needed: a page's columns lie one after another, so each must know its size before the rows are there. The guess
//! comes from the rows that the page has and, for those to come, from the page before. When it was wrong the page is packed
//! again, with the bytes divided as its rows now suggest; a page is packed about twice before it is full.

use super::format::{
    AT_BLOCK, AT_CAPACITY, AT_COLUMNS, AT_DEAD, AT_KIND, AT_LIVE, AT_PRUNE, AT_SLOTS,
    AT_TUPLE_BYTES, AT_UNUSED, Bit, CHARGED_HEADER, Geometry, HEADER, KIND_HEAP, LINE_POINTER,
    Storage, bit, even, set_bit, u16_at,
};
use super::layout::{ColumnKind, ColumnSlice, ColumnValues, RowLayout, RowRef};
use super::page::{ColumnView, HeapPage};
use alloc::vec::Vec;
use core::ops::Range;

/// What some rows need, column by column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    pub slots: usize,
    pub tuple_bytes: usize,
    pub columns: Vec<ColumnNeeds>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ColumnNeeds {
    pub any_null: bool,
    pub any_value: bool,
    pub variable_bytes: usize,
}

impl Needs {
    pub fn none(layout: &RowLayout) -> Self {
        Self {
            slots: 0,
            tuple_bytes: 0,
            columns: alloc::vec![ColumnNeeds::default(); layout.columns.len()],
        }
    }

    /// What the rows of a page need, dead ones included.
    pub fn of_page(page: &HeapPage<'_>, layout: &RowLayout) -> Self {
        let mut needs = Self::none(layout);
        needs.slots = page.slots();
        let stored: Vec<usize> = (0..page.slots())
            .filter(|&slot| {
                page.slot_state(slot)
                    .is_some_and(|(state, _)| state.has_row())
            })
            .collect();
        needs.tuple_bytes = u16_at(page.bytes(), AT_TUPLE_BYTES) as usize;
        for (c, column) in needs.columns.iter_mut().enumerate() {
            let view = page.column(c);
            match view {
                ColumnView::AllNull => column.any_null = !stored.is_empty(),
                ColumnView::Fixed { nulls: None, .. } => column.any_value = !stored.is_empty(),
                _ => {
                    for &slot in &stored {
                        match view.value(slot) {
                            None => column.any_null = true,
                            Some(value) => {
                                column.any_value = true;
                                if matches!(view, ColumnView::Variable { .. }) {
                                    column.variable_bytes += value.len();
                                }
                            }
                        }
                    }
                }
            }
        }
        needs
    }

    /// Adds one row.
    pub fn add_row(&mut self, row: &RowRef<'_>, layout: &RowLayout) {
        self.slots += 1;
        self.tuple_bytes += row.row_len as usize;
        for ((column, kind), value) in self
            .columns
            .iter_mut()
            .zip(&layout.columns)
            .zip(row.columns)
        {
            match value {
                None => column.any_null = true,
                Some(value) => {
                    column.any_value = true;
                    if *kind == ColumnKind::Variable {
                        column.variable_bytes += value.len();
                    }
                }
            }
        }
    }

    /// Adds rows `rows` of a bulk append.
    pub fn add_rows(&mut self, columns: &[ColumnSlice<'_>], row_lens: &[u16], rows: Range<usize>) {
        self.slots += rows.len();
        let lens = row_lens.get(rows.clone()).unwrap_or(&[]);
        self.tuple_bytes += lens.iter().map(|&len| len as usize).sum::<usize>();
        for (needs, column) in self.columns.iter_mut().zip(columns) {
            match column.nulls {
                None => needs.any_value = true,
                Some(nulls) => {
                    let count = rows.clone().filter(|&row| bit(nulls, row)).count();
                    needs.any_null |= count > 0;
                    needs.any_value |= count < rows.len();
                }
            }
            if let ColumnValues::Variable { offsets, .. } = column.values {
                let from = offsets.get(rows.start).copied().unwrap_or(0);
                let to = offsets.get(rows.end).copied().unwrap_or(from);
                needs.variable_bytes += to.saturating_sub(from) as usize;
            }
        }
    }
}

/// A page layout.
#[derive(Clone, Debug)]
pub(crate) struct PagePlan {
    pub geometry: Geometry,
    storage: Vec<Storage>,
    /// Where each column's values start; then the page's end.
    starts: Vec<usize>,
}

impl PagePlan {
    /// A layout that holds `needs` and divides the rest as `expected` (rows seen elsewhere) suggests. `None` when `needs` do
    /// not fit the page.
    pub fn new(
        layout: &RowLayout,
        page_bytes: usize,
        needs: &Needs,
        expected: &Needs,
        spare: SpareSlots,
    ) -> Option<Self> {
        let storage: Vec<Storage> = needs
            .columns
            .iter()
            .zip(&expected.columns)
            .map(|(need, hope)| {
                match (
                    need.any_value || hope.any_value,
                    need.any_null || hope.any_null,
                ) {
                    (false, _) => Storage::Absent,
                    (true, true) => Storage::Nullable,
                    (true, false) => Storage::Plain,
                }
            })
            .collect();
        let variable: usize = needs
            .columns
            .iter()
            .map(|column| column.variable_bytes)
            .sum();
        let capacity = Self::capacity(layout, page_bytes, needs, expected, &storage, spare);
        let Some(capacity) = capacity else {
            // Perhaps only the hope for other columns is too much.
            if expected.slots > 0 {
                return Self::new(layout, page_bytes, needs, &Needs::none(layout), spare);
            }
            return None;
        };
        let geometry = Geometry::new(layout.columns.len(), capacity);
        let mut left = page_bytes - (fixed_bytes(layout, &storage, capacity) + variable);
        let weights: Vec<usize> = layout
            .columns
            .iter()
            .zip(&storage)
            .zip(needs.columns.iter().zip(&expected.columns))
            .map(|((kind, storage), (need, hope))| {
                if *kind != ColumnKind::Variable || *storage == Storage::Absent {
                    return 0;
                }
                let seen = (needs.slots + expected.slots).max(1);
                // In sixteenths of a byte a row, and one byte more for those that are empty so far.
                16 * (need.variable_bytes + hope.variable_bytes) / seen + 16
            })
            .collect();
        let mut weight_left: usize = weights.iter().sum();
        let mut starts = Vec::with_capacity(layout.columns.len() + 1);
        let mut at = geometry.areas_at;
        for (((kind, storage), need), weight) in layout
            .columns
            .iter()
            .zip(&storage)
            .zip(&needs.columns)
            .zip(weights)
        {
            if *storage == Storage::Nullable {
                at += geometry.bitmap_bytes();
            }
            starts.push(at);
            if *storage == Storage::Absent {
                continue;
            }
            at += match kind.width() {
                Some(width) => even(width * capacity),
                None => {
                    let share = (left * weight).checked_div(weight_left).unwrap_or(0);
                    let share = share & !1;
                    left -= share;
                    weight_left -= weight;
                    even(2 * capacity + need.variable_bytes) + share
                }
            };
        }
        (at <= page_bytes).then_some(Self {
            geometry,
            storage,
            starts,
        })
    }

    /// How many slots to have: those needed, and as many more as the charge would still admit and the bytes allow.
    fn capacity(
        layout: &RowLayout,
        page_bytes: usize,
        needs: &Needs,
        expected: &Needs,
        storage: &[Storage],
        spare: SpareSlots,
    ) -> Option<usize> {
        let variable: usize = needs
            .columns
            .iter()
            .map(|column| column.variable_bytes)
            .sum();
        let hoped: usize = expected
            .columns
            .iter()
            .map(|column| column.variable_bytes)
            .sum();
        let minimum = needs.slots;
        if fixed_bytes(layout, storage, minimum) + variable > page_bytes {
            return None;
        }
        if spare == SpareSlots::None {
            return Some(minimum);
        }
        let seen = (needs.slots + expected.slots).max(1);
        let average = (needs.tuple_bytes + expected.tuple_bytes) / seen + LINE_POINTER;
        let charged = CHARGED_HEADER + needs.tuple_bytes + LINE_POINTER * needs.slots;
        let mut more = page_bytes.saturating_sub(charged) / average.max(LINE_POINTER + 1);
        while more > 0 {
            let coming = (variable + hoped) * more / seen;
            if fixed_bytes(layout, storage, minimum + more) + variable + coming <= page_bytes {
                break;
            }
            more = more * 15 / 16;
        }
        Some(minimum + more)
    }

    /// Writes an empty page of this layout.
    pub fn format(&self, bytes: &mut [u8], block: u32) {
        bytes.fill(0);
        if let Some(kind) = bytes.get_mut(AT_KIND) {
            *kind = KIND_HEAP;
        }
        put(bytes, AT_CAPACITY, self.geometry.capacity as u16);
        put(bytes, AT_COLUMNS, self.storage.len() as u16);
        if let Some(place) = bytes.get_mut(AT_BLOCK..AT_BLOCK + 4) {
            place.copy_from_slice(&block.to_le_bytes());
        }
        for (c, (storage, &at)) in self.storage.iter().zip(&self.starts).enumerate() {
            put(bytes, HEADER + 2 * c, storage.entry(at));
        }
    }

    /// Writes the rows of `old` into the page that [`Self::format`] has prepared: same slots, same states.
    pub fn pack(&self, layout: &RowLayout, bytes: &mut [u8], old: &HeapPage<'_>) {
        let source = old.bytes();
        let before = Geometry::of(source, layout);
        let slots = old.slots();
        for at in [
            AT_SLOTS,
            AT_LIVE,
            AT_TUPLE_BYTES,
            AT_DEAD,
            AT_PRUNE,
            AT_PRUNE + 2,
            AT_UNUSED,
        ] {
            put(bytes, at, u16_at(source, at));
        }
        copy(
            bytes,
            self.geometry.states_at,
            source,
            before.states_at,
            2 * slots,
        );
        copy(
            bytes,
            self.geometry.lens_at,
            source,
            before.lens_at,
            2 * slots,
        );
        copy(
            bytes,
            self.geometry.visible_at,
            source,
            before.visible_at,
            slots.div_ceil(8),
        );
        for (c, kind) in layout.columns.iter().enumerate() {
            let (Some(&storage), Some(&at)) = (self.storage.get(c), self.starts.get(c)) else {
                continue;
            };
            if storage == Storage::Absent {
                continue;
            }
            let view = old.column(c);
            if storage == Storage::Nullable {
                let start = at - self.geometry.bitmap_bytes();
                for slot in 0..slots {
                    if view.value(slot).is_none()
                        && let Some(bitmap) = bytes.get_mut(start..at)
                    {
                        set_bit(bitmap, slot, Bit::One);
                    }
                }
            }
            match (kind.width(), view) {
                (Some(width), ColumnView::Fixed { values, .. }) => {
                    copy(bytes, at, values, 0, width * slots)
                }
                (None, _) => self.pack_variable(bytes, at, old, view),
                _ => {}
            }
        }
    }

    fn pack_variable(&self, bytes: &mut [u8], at: usize, old: &HeapPage<'_>, view: ColumnView<'_>) {
        let data = at + 2 * self.geometry.capacity;
        let mut end = 0;
        for slot in 0..old.slots() {
            let stored = old
                .slot_state(slot)
                .is_some_and(|(state, _)| state.has_row());
            if stored && let Some(value) = view.value(slot) {
                copy(bytes, data + end, value, 0, value.len());
                end += value.len();
            }
            put(bytes, at + 2 * slot, end as u16);
        }
    }
}

/// Whether a layout has slots for rows to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpareSlots {
    /// As many as the charge admits.
    Guessed,
    /// None: the page is full by the charge.
    None,
}

/// Bytes of everything but the values of variable columns.
fn fixed_bytes(layout: &RowLayout, storage: &[Storage], capacity: usize) -> usize {
    let geometry = Geometry::new(layout.columns.len(), capacity);
    let mut total = geometry.areas_at;
    for (kind, storage) in layout.columns.iter().zip(storage) {
        total += match storage {
            Storage::Absent => 0,
            Storage::Plain => area_bytes(*kind, capacity),
            Storage::Nullable => area_bytes(*kind, capacity) + geometry.bitmap_bytes(),
        };
    }
    total
}

fn area_bytes(kind: ColumnKind, capacity: usize) -> usize {
    match kind.width() {
        Some(width) => even(width * capacity),
        // One byte of padding for the values.
        None => 2 * capacity + 1,
    }
}

pub(crate) fn put(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(place) = bytes.get_mut(at..at + 2) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}

pub(crate) fn copy(to: &mut [u8], to_at: usize, from: &[u8], from_at: usize, len: usize) {
    if let (Some(to), Some(from)) = (
        to.get_mut(to_at..to_at + len),
        from.get(from_at..from_at + len),
    ) {
        to.copy_from_slice(from);
    }
}
