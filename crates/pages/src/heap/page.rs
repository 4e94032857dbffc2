//! Reading a heap page.
//!
//! Why views and no row objects: a scan works on a whole column of a page at once; a lookup takes the one or two values
//! that it needs. Opening a page checks that its directory lies within it, so that nothing here can panic.

use super::format::{
    self, AT_BLOCK, AT_CAPACITY, AT_COLUMNS, AT_KIND, AT_LIVE, AT_SLOTS, Area, Geometry, KIND_HEAP,
    SlotState, Storage, area, bit, u16_at, u32_at,
};
use super::layout::RowLayout;
use crate::error::{Result, StorageError};
use crate::ids::{BlockNumber, PageId, RowId, SlotId};

/// A heap page, open for reading.
#[derive(Clone, Copy, Debug)]
pub struct HeapPage<'a> {
    layout: &'a RowLayout,
    bytes: &'a [u8],
    pub(crate) geometry: Geometry,
    slots: usize,
}

/// One column of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnView<'a> {
    /// Every value is NULL.
    AllNull,
    /// `values` holds `slots × width` little-endian bytes.
    Fixed {
        /// Bytes of a value.
        width: usize,
        /// The values, invisible ones and NULLs (any bytes) included.
        values: &'a [u8],
        /// Bit `i` (lowest first) is set when slot `i` is NULL; `None` when none is.
        nulls: Option<&'a [u8]>,
    },
    /// Value `i` is `bytes[ends[i - 1]..ends[i]]`, where `ends[-1]` is 0.
    Variable {
        /// `slots` little-endian `u16`: where each value ends.
        ends: &'a [u8],
        /// The values, one after another, invisible ones included.
        bytes: &'a [u8],
        /// As in `Fixed`.
        nulls: Option<&'a [u8]>,
    },
}

/// One visible row.
#[derive(Clone, Copy, Debug)]
pub struct RowView<'a> {
    pub(crate) page: HeapPage<'a>,
    pub(crate) row_id: RowId,
}

impl<'a> HeapPage<'a> {
    /// Opens the bytes of a page. O(columns).
    ///
    /// # Errors
    /// The header or the directory is damaged.
    pub fn open(layout: &'a RowLayout, bytes: &'a [u8], page: PageId) -> Result<Self> {
        let open = Self::open_unchecked_directory(layout, bytes, page)?;
        for column in 0..layout.columns.len() {
            open.check_column(column, page)?;
        }
        Ok(open)
    }

    /// As [`Self::open`], with the directory unchecked: for a scan, which asks [`Self::check_column`] about the few columns that it
    /// reads.
    ///
    /// # Errors
    /// The header is damaged.
    pub fn open_unchecked_directory(
        layout: &'a RowLayout,
        bytes: &'a [u8],
        page: PageId,
    ) -> Result<Self> {
        let damaged = |offset: usize, what| StorageError::Damaged {
            page,
            offset: offset as u32,
            what,
        };
        let columns = layout.columns.len();
        if bytes.get(AT_KIND) != Some(&KIND_HEAP) {
            return Err(damaged(AT_KIND, "heap page"));
        }
        if u16_at(bytes, AT_COLUMNS) as usize != columns {
            return Err(damaged(AT_COLUMNS, "number of columns"));
        }
        let slots = u16_at(bytes, AT_SLOTS) as usize;
        let geometry = Geometry::of(bytes, layout);
        if slots > geometry.capacity {
            return Err(damaged(AT_SLOTS, "slots within the capacity"));
        }
        if u16_at(bytes, AT_LIVE) as usize > slots {
            return Err(damaged(AT_LIVE, "live rows within the slots"));
        }
        if geometry.areas_at > bytes.len() {
            return Err(damaged(AT_CAPACITY, "capacity within the page"));
        }
        Ok(Self {
            layout,
            bytes,
            geometry,
            slots,
        })
    }

    /// Checks that a column lies between the page's own words and the column behind it.
    ///
    /// # Errors
    /// Its entry in the directory is damaged.
    #[inline]
    pub fn check_column(&self, column: usize, page: PageId) -> Result<()> {
        match self.sound_area(column) {
            Some(_) => Ok(()),
            None => Err(Self::damaged_column(column, page)),
        }
    }

    /// Where a column is, if that is between the page's own words and the column behind it.
    #[inline(always)]
    pub(crate) fn sound_area(&self, column: usize) -> Option<Area> {
        let columns = &self.layout.columns;
        let kind = columns.get(column)?;
        let found = area(self.bytes, &self.geometry, columns.len(), column)?;
        let values = kind.width().unwrap_or(2) * self.geometry.capacity;
        let (bitmap, needed) = match found.storage {
            Storage::Absent => (0, 0),
            Storage::Plain => (0, values),
            Storage::Nullable => (self.geometry.bitmap_bytes(), values),
        };
        let is_within = found.at >= self.geometry.areas_at + bitmap
            && found.at + needed <= found.limit
            && found.limit <= self.bytes.len();
        is_within.then_some(found)
    }

    #[cold]
    pub(crate) fn damaged_column(column: usize, page: PageId) -> StorageError {
        StorageError::Damaged {
            page,
            offset: (format::HEADER + 2 * column) as u32,
            what: "column area within the page",
        }
    }

    /// Slots of the page: every column view has this many values.
    #[inline]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The page's position in its table.
    pub fn block(&self) -> BlockNumber {
        BlockNumber(u32_at(self.bytes, AT_BLOCK))
    }

    /// Rows that a scan returns.
    #[inline]
    pub fn live_rows(&self) -> usize {
        u16_at(self.bytes, AT_LIVE) as usize
    }

    /// Whether every slot is visible. O(1).
    #[inline]
    pub fn all_slots_visible(&self) -> bool {
        self.slots == self.live_rows()
    }

    /// Bit `i` (lowest first) is set when slot `i` is visible. The bits from [`Self::slots`] on are zero.
    pub fn visible(&self) -> &'a [u8] {
        let at = self.geometry.visible_at;
        self.bytes
            .get(at..at + self.slots.div_ceil(8))
            .unwrap_or(&[])
    }

    /// The values of column `column` for all slots; `AllNull` for a column that the layout does not have. O(1).
    #[inline]
    pub fn column(&self, column: usize) -> ColumnView<'a> {
        self.try_column(column).unwrap_or(ColumnView::AllNull)
    }

    fn try_column(&self, column: usize) -> Option<ColumnView<'a>> {
        let columns = self.layout.columns.len();
        let kind = self.layout.columns.get(column)?;
        let found = area(self.bytes, &self.geometry, columns, column)?;
        let nulls = match found.storage {
            Storage::Absent => return None,
            Storage::Plain => None,
            Storage::Nullable => {
                let start = found.at.checked_sub(self.geometry.bitmap_bytes())?;
                Some(self.bytes.get(start..start + self.slots.div_ceil(8))?)
            }
        };
        Some(match kind.width() {
            Some(width) => ColumnView::Fixed {
                width,
                values: self.bytes.get(found.at..found.at + width * self.slots)?,
                nulls,
            },
            None => ColumnView::Variable {
                ends: self.bytes.get(found.at..found.at + 2 * self.slots)?,
                bytes: self
                    .bytes
                    .get(found.at + 2 * self.geometry.capacity..found.limit)?,
                nulls,
            },
        })
    }

    /// One value; `None` for NULL.
    #[inline]
    pub fn value(&self, column: usize, slot: SlotId) -> Option<&'a [u8]> {
        self.column(column).value(slot.0 as usize)
    }

    /// What the slot is, and the slot that it links to.
    pub(crate) fn slot_state(&self, slot: usize) -> Option<(SlotState, u16)> {
        if slot >= self.slots {
            return None;
        }
        SlotState::decode(u16_at(self.bytes, self.geometry.states_at + 2 * slot))
    }

    /// Where index entries for the page's visible rows point, with the visible version: not always the same slot after a HOT update.
    pub fn indexed_rows(&self) -> impl Iterator<Item = (SlotId, SlotId)> + '_ {
        (0..self.slots()).filter_map(|slot| {
            let (state, _) = self.slot_state(slot)?;
            let root = matches!(
                state,
                SlotState::Live | SlotState::Dead | SlotState::Redirect
            );
            let slot = SlotId(slot as u16);
            root.then(|| self.follow(slot))?.map(|live| (slot, live))
        })
    }

    /// The visible version that an index entry for `slot` means. Ends after as many steps as there are slots.
    pub(crate) fn follow(&self, slot: SlotId) -> Option<SlotId> {
        let mut at = slot.0;
        for _ in 0..=self.slots {
            let (state, link) = self.slot_state(at as usize)?;
            match state {
                SlotState::Live | SlotState::LiveHeapOnly => return Some(SlotId(at)),
                SlotState::Redirect | SlotState::Dead | SlotState::DeadHeapOnly => at = link,
                SlotState::Unused | SlotState::Stub => return None,
            }
        }
        None
    }

    /// The visible version of the row that an index entry for `slot` means. Counts nothing: the page is open.
    #[inline]
    pub fn row(&self, slot: SlotId) -> Option<RowView<'a>> {
        Some(RowView {
            page: *self,
            row_id: RowId {
                block: self.block(),
                slot: self.follow(slot)?,
            },
        })
    }

    /// PostgreSQL's length of the row in `slot`.
    pub fn row_len(&self, slot: SlotId) -> u16 {
        u16_at(self.bytes, self.geometry.lens_at + 2 * slot.0 as usize)
    }

    /// The raw page, for drawing.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'a> ColumnView<'a> {
    /// The value of slot `i`; `None` for NULL.
    #[inline]
    pub fn value(&self, i: usize) -> Option<&'a [u8]> {
        match *self {
            Self::AllNull => None,
            Self::Fixed {
                width,
                values,
                nulls,
            } => {
                if nulls.is_some_and(|nulls| bit(nulls, i)) {
                    return None;
                }
                values.get(i * width..(i + 1) * width)
            }
            Self::Variable { ends, bytes, nulls } => {
                if nulls.is_some_and(|nulls| bit(nulls, i)) {
                    return None;
                }
                let start = if i == 0 { 0 } else { u16_at(ends, 2 * i - 2) };
                bytes.get(start as usize..u16_at(ends, 2 * i) as usize)
            }
        }
    }
}

impl<'a> RowView<'a> {
    /// Address of this version.
    pub fn row_id(&self) -> RowId {
        self.row_id
    }

    /// One value; `None` for NULL.
    #[inline]
    pub fn value(&self, column: usize) -> Option<&'a [u8]> {
        self.page.value(column, self.row_id.slot)
    }

    /// The page that the row is in.
    pub fn page(&self) -> HeapPage<'a> {
        self.page
    }
}
