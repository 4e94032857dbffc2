//! Where things are in a heap page.
//!
//! Why apart: reading, writing, packing and drawing must agree on every offset, so each is said once, here.
//!
//! ```text
//! 0        24            states_at    lens_at      visible_at     areas
//! | header | directory   | u16 x cap  | u16 x cap  | bit x cap    | column 0 | column 1 | … |
//! ```
//! The directory has a `u16` for each column: the upper two bits say how it is stored ([`Storage`]), the lower
//! fourteen where its values start, halved (areas start at even offsets). A column with NULLs has its null bitmap just
//! before its values. A fixed column has `cap` values; a variable one has `cap` ends (`u16`), then the bytes.
//!
//! Capacity. What PostgreSQL charges for a row (its length and a 4-byte line pointer, within the page less 24 bytes) decides
//! whether a row still goes in; [`charged_room`] is that formula. The bytes that we take are fewer: PostgreSQL spends
//! 28 bytes a row on header and line pointer, and pads; we spend 4 bytes for state and length, an eighth for visibility, an
//! eighth for each column with NULLs, and 2 instead of 1 or 4 for each variable value. So a page that is full by the charge
//! has about 20 bytes a row to spare, in which the guesses of [`plan`](super::plan) may be wrong. Only tables of many
//! half-empty fixed columns, or of more than twenty short texts, can run out of bytes before they run out of charge: a
//! NULL takes nothing in PostgreSQL and its column's width here, unless the whole page's column is NULL.

use super::layout::RowLayout;

pub(crate) const HEADER: usize = 24;
pub(crate) const KIND_HEAP: u8 = 1;

pub(crate) const AT_KIND: usize = 0;
pub(crate) const AT_CAPACITY: usize = 2;
pub(crate) const AT_SLOTS: usize = 4;
pub(crate) const AT_LIVE: usize = 6;
pub(crate) const AT_TUPLE_BYTES: usize = 8;
pub(crate) const AT_DEAD: usize = 10;
/// Transaction that last left something dead here; 0 when nothing is.
pub(crate) const AT_PRUNE: usize = 12;
pub(crate) const AT_COLUMNS: usize = 16;
pub(crate) const AT_UNUSED: usize = 18;
pub(crate) const AT_BLOCK: usize = 20;

/// PostgreSQL's page header and line pointer.
pub(crate) const CHARGED_HEADER: usize = 24;
pub(crate) const LINE_POINTER: usize = 4;

/// Reads a `u16`; 0 beyond the end.
#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    match bytes.get(at..at + 2) {
        Some(&[a, b]) => u16::from_le_bytes([a, b]),
        _ => 0,
    }
}

#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => 0,
    }
}

#[inline]
pub(crate) fn bit(bytes: &[u8], at: usize) -> bool {
    bytes
        .get(at / 8)
        .is_some_and(|byte| byte >> (at % 8) & 1 == 1)
}

#[inline]
pub(crate) fn set_bit(bytes: &mut [u8], at: usize, on: Bit) {
    if let Some(byte) = bytes.get_mut(at / 8) {
        match on {
            Bit::One => *byte |= 1 << (at % 8),
            Bit::Zero => *byte &= !(1 << (at % 8)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bit {
    Zero,
    One,
}

/// How a column is stored in one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// No NULL in this page: no bitmap.
    Plain,
    /// With a null bitmap.
    Nullable,
    /// All NULL: nothing is stored.
    Absent,
}

impl Storage {
    pub fn from_bits(entry: u16) -> Option<Self> {
        match entry >> 14 {
            0 => Some(Self::Plain),
            1 => Some(Self::Nullable),
            2 => Some(Self::Absent),
            _ => None,
        }
    }

    pub fn entry(self, at: usize) -> u16 {
        let bits = match self {
            Self::Plain => 0,
            Self::Nullable => 1,
            Self::Absent => 2,
        };
        (at / 2).min(0x3FFF) as u16 | bits << 14
    }
}

/// What a slot is: the upper three bits of its state word. The lower thirteen link to another slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotState {
    /// Free for reuse.
    Unused,
    /// A visible row that index entries may point at.
    Live,
    /// A visible row that is reached through a HOT chain only.
    LiveHeapOnly,
    /// An invisible version still in place; links to the next version of a HOT chain.
    Dead,
    /// The same, heap-only.
    DeadHeapOnly,
    /// The version is gone; links to the slot that takes its place.
    Redirect,
    /// The version is gone; index entries may still point here.
    Stub,
}

pub(crate) const NO_LINK: u16 = 0x1FFF;

impl SlotState {
    #[inline]
    pub fn decode(word: u16) -> Option<(Self, u16)> {
        let state = match word >> 13 {
            0 => Self::Unused,
            1 => Self::Live,
            2 => Self::LiveHeapOnly,
            3 => Self::Dead,
            4 => Self::DeadHeapOnly,
            5 => Self::Redirect,
            6 => Self::Stub,
            _ => return None,
        };
        Some((state, word & NO_LINK))
    }

    pub fn encode(self, link: u16) -> u16 {
        let bits: u16 = match self {
            Self::Unused => 0,
            Self::Live => 1,
            Self::LiveHeapOnly => 2,
            Self::Dead => 3,
            Self::DeadHeapOnly => 4,
            Self::Redirect => 5,
            Self::Stub => 6,
        };
        bits << 13 | (link & NO_LINK)
    }

    pub fn is_live(self) -> bool {
        matches!(self, Self::Live | Self::LiveHeapOnly)
    }

    /// Whether values are stored in the slot.
    pub fn has_row(self) -> bool {
        matches!(
            self,
            Self::Live | Self::LiveHeapOnly | Self::Dead | Self::DeadHeapOnly
        )
    }
}

/// Offsets that follow from the number of columns and the slot capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub capacity: usize,
    pub states_at: usize,
    pub lens_at: usize,
    pub visible_at: usize,
    pub areas_at: usize,
}

impl Geometry {
    pub fn new(columns: usize, capacity: usize) -> Self {
        let states_at = HEADER + 2 * columns;
        let lens_at = states_at + 2 * capacity;
        let visible_at = lens_at + 2 * capacity;
        let areas_at = even(visible_at + capacity.div_ceil(8));
        Self {
            capacity,
            states_at,
            lens_at,
            visible_at,
            areas_at,
        }
    }

    pub fn of(bytes: &[u8], layout: &RowLayout) -> Self {
        Self::new(layout.columns.len(), u16_at(bytes, AT_CAPACITY) as usize)
    }

    /// Bytes of a null bitmap, padded.
    pub fn bitmap_bytes(&self) -> usize {
        even(self.capacity.div_ceil(8))
    }
}

pub(crate) fn even(n: usize) -> usize {
    (n + 1) & !1
}

/// Where a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    pub storage: Storage,
    /// Start of the values, or of the ends.
    pub at: usize,
    /// End of the area: where the next one starts.
    pub limit: usize,
}

/// Where the area of a directory's entry starts.
#[inline]
pub(crate) fn area_at(entry: u16) -> usize {
    (entry & 0x3FFF) as usize * 2
}

/// How column `column` is stored, and where its values start; `None` when the directory has no such entry.
#[inline]
pub(crate) fn area_start(bytes: &[u8], column: usize) -> Option<(Storage, usize)> {
    let entry = u16_at(bytes, HEADER + 2 * column);
    Some((Storage::from_bits(entry)?, area_at(entry)))
}

/// The area of column `column`; `None` when the directory has no such entry or is damaged.
#[inline]
pub(crate) fn area(
    bytes: &[u8],
    geometry: &Geometry,
    columns: usize,
    column: usize,
) -> Option<Area> {
    if column >= columns {
        return None;
    }
    let (storage, at) = area_start(bytes, column)?;
    let limit = if column + 1 < columns {
        let next = u16_at(bytes, HEADER + 2 * (column + 1));
        let start = area_at(next);
        match Storage::from_bits(next)? {
            Storage::Nullable => start.checked_sub(geometry.bitmap_bytes())?,
            Storage::Plain | Storage::Absent => start,
        }
    } else {
        bytes.len()
    };
    Some(Area { storage, at, limit })
}

/// Bytes that PostgreSQL would still have for a row and its line pointer.
pub(crate) fn charged_room(bytes: &[u8]) -> usize {
    let used = CHARGED_HEADER
        + LINE_POINTER * u16_at(bytes, AT_SLOTS) as usize
        + u16_at(bytes, AT_TUPLE_BYTES) as usize;
    bytes.len().saturating_sub(used)
}
