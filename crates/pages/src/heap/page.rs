//! Reading a heap page.

use super::layout::RowLayout;
use crate::ids::{RowId, SlotId};

/// A heap page, open for reading. `slots` counts rows that ever had an address here and were not cut off since.
#[derive(Clone, Copy, Debug)]
pub struct HeapPage<'a> {
    pub(crate) layout: &'a RowLayout,
    pub(crate) bytes: &'a [u8],
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
        /// The values, one after another.
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
    /// Slots of the page: every column view has this many values.
    pub fn slots(&self) -> usize {
        let _ = (self.layout, self.bytes);
        0
    }
    /// Rows that a scan returns.
    pub fn live_rows(&self) -> usize {
        0
    }
    /// Whether every slot is visible. O(1).
    pub fn all_slots_visible(&self) -> bool {
        self.slots() == self.live_rows()
    }
    /// Bit `i` (lowest first) is set when slot `i` is visible.
    pub fn visible(&self) -> &'a [u8] {
        &[]
    }
    /// The values of column `column` for all slots; `AllNull` for a column that the layout does not have. O(1).
    pub fn column(&self, _column: usize) -> ColumnView<'a> {
        ColumnView::AllNull
    }
    /// One value; `None` for NULL.
    pub fn value(&self, _column: usize, _slot: SlotId) -> Option<&'a [u8]> {
        None
    }
}

impl<'a> RowView<'a> {
    /// Address of this version.
    pub fn row_id(&self) -> RowId {
        self.row_id
    }
    /// One value; `None` for NULL.
    pub fn value(&self, column: usize) -> Option<&'a [u8]> {
        self.page.value(column, self.row_id.slot)
    }
    /// The page that the row is in.
    pub fn page(&self) -> HeapPage<'a> {
        self.page
    }
}
