//! What a heap knows of its rows: how wide each column is, and nothing else.
//!
//! Why no types: a page stores bytes. Whether four of them are an integer or a date is the business of the layer above,
//! which also computes how many bytes PostgreSQL would take for a row ([`RowRef::row_len`]).

use alloc::vec::Vec;

/// Width of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// One byte (boolean).
    Fixed1,
    /// Two bytes.
    Fixed2,
    /// Four bytes.
    Fixed4,
    /// Eight bytes.
    Fixed8,
    /// Sixteen bytes.
    Fixed16,
    /// Any number of bytes.
    Variable,
}

impl ColumnKind {
    /// Bytes of a value; `None` for a variable column.
    pub const fn width(self) -> Option<usize> {
        match self {
            Self::Fixed1 => Some(1),
            Self::Fixed2 => Some(2),
            Self::Fixed4 => Some(4),
            Self::Fixed8 => Some(8),
            Self::Fixed16 => Some(16),
            Self::Variable => None,
        }
    }
}

/// The columns of a table, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowLayout {
    /// Width of each column.
    pub columns: Vec<ColumnKind>,
}

/// One row to store. Values are in the byte form that scans hand out again: fixed ones little-endian, of exactly the column's width.
#[derive(Clone, Copy, Debug)]
pub struct RowRef<'a> {
    /// A value for each column; `None` is NULL.
    pub columns: &'a [Option<&'a [u8]>],
    /// Bytes that PostgreSQL takes for the row: header and data, aligned, without the line pointer.
    pub row_len: u16,
}

/// Values of one column for many rows.
#[derive(Clone, Copy, Debug)]
pub enum ColumnValues<'a> {
    /// One byte each.
    Fixed1(&'a [u8]),
    /// Two bytes each.
    Fixed2(&'a [i16]),
    /// Four bytes each.
    Fixed4(&'a [i32]),
    /// Eight bytes each.
    Fixed8(&'a [i64]),
    /// Eight bytes each, by their bits.
    Float8(&'a [f64]),
    /// Four bytes each, by their bits.
    Float4(&'a [f32]),
    /// Sixteen bytes each.
    Fixed16(&'a [[u8; 16]]),
    /// Value `i` is `bytes[offsets[i]..offsets[i + 1]]`; there is one offset more than rows.
    Variable {
        /// Where each value starts; the last is where the last value ends.
        offsets: &'a [u32],
        /// The values, one after another.
        bytes: &'a [u8],
    },
}

/// Values of one column for many rows, with their NULLs.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSlice<'a> {
    /// The values; at a NULL any value stands (for a variable column preferably an empty one).
    pub values: ColumnValues<'a>,
    /// Bit `i` (lowest first) is set when row `i` is NULL; `None` when no row is.
    pub nulls: Option<&'a [u8]>,
}

/// Rows that a bulk append put one after another into one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRun {
    /// Address of the first row.
    pub first: crate::ids::RowId,
    /// How many rows: they have consecutive slots.
    pub rows: u16,
}

/// Whether an update changes a column that an index uses (its key, its expression or its predicate).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexedColumns {
    /// None changes: the new version may be heap-only (HOT).
    Unchanged,
    /// Some change: every index needs a new entry.
    Changed,
}

/// Why an update was heap-only, or was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HotOutcome {
    /// The new version is in the same page and needs no index entry.
    Hot,
    /// An indexed column changed.
    IndexedColumnChanged,
    /// The page had no room for the new version.
    NoRoom,
}

/// What an update did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updated {
    /// The new version.
    pub row_id: crate::ids::RowId,
    /// Whether indexes need an entry for it, and why.
    pub hot: HotOutcome,
}

/// Counts of a heap file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapCounts {
    /// Rows that a scan returns.
    pub live_rows: u64,
    /// Dead versions that still take space (line pointers of pruned rows included).
    pub dead_rows: u64,
    /// Pages of the file.
    pub pages: u32,
    /// Pages whose rows are all visible.
    pub all_visible_pages: u32,
}
