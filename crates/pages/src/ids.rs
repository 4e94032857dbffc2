//! Names of pages, rows and relations.
//!
//! Why newtypes: a page of the store, a block of a table and a slot of a page are all small numbers, and a
//! call that swaps two of them would read the wrong row without any error. Nothing here touches bytes.

use core::fmt;
use core::num::NonZeroU32;

/// Number of a page in one store. Page 0 is reserved, so no heap or tree page has id 0, and
/// `Option<PageId>` costs no extra bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(NonZeroU32);

impl PageId {
    /// The page with this number; `None` for 0.
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    pub(crate) const fn index(self) -> usize {
        self.0.get() as usize
    }
}

impl fmt::Display for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Position of a page within its relation, from 0: PostgreSQL's block number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockNumber(pub u32);

/// Position of a row within its page, from 0. PostgreSQL counts its line pointers from 1; only the
/// text form of [`RowId`] does so here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u16);

/// Address of a row version: block, then slot. Ordered as PostgreSQL orders `ctid`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    /// Page within the table.
    pub block: BlockNumber,
    /// Row within the page.
    pub slot: SlotId,
}

impl RowId {
    /// Bytes of a row id in a page.
    pub const BYTES: usize = 6;

    /// The row at `slot` of `block`.
    pub const fn new(block: u32, slot: u16) -> Self {
        Self {
            block: BlockNumber(block),
            slot: SlotId(slot),
        }
    }

    /// Block in the upper 48 bits, slot in the lower 16: one number that orders alike.
    pub const fn to_u64(self) -> u64 {
        ((self.block.0 as u64) << 16) | self.slot.0 as u64
    }

    /// The inverse of [`Self::to_u64`]; bits above 48 are dropped.
    pub const fn from_u64(packed: u64) -> Self {
        Self::new((packed >> 16) as u32, packed as u16)
    }

    /// The form kept in pages: block, then slot, little-endian.
    pub const fn to_bytes(self) -> [u8; Self::BYTES] {
        let b = self.block.0.to_le_bytes();
        let s = self.slot.0.to_le_bytes();
        [b[0], b[1], b[2], b[3], s[0], s[1]]
    }

    /// The inverse of [`Self::to_bytes`].
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let [a, b, c, d, e, f] = bytes;
        Self::new(u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]))
    }
}

impl fmt::Display for RowId {
    /// As PostgreSQL prints a `ctid`: the first row of a table is `(0,1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({},{})", self.block.0, u32::from(self.slot.0) + 1)
    }
}

/// A relation: one table's or one index's numbered sequence of pages in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationId(pub u32);

/// What a page holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageKind {
    /// Nothing: the page may be handed out.
    #[default]
    Free,
    /// Rows of a heap table.
    Heap,
    /// First page of a B+tree: where the root is.
    Meta,
    /// Lowest level of a B+tree.
    Leaf,
    /// A level above the leaves, the root included.
    Internal,
}

/// Bytes in every page of one store: a power of two from 512 to 32,768.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageSize(u16);

impl PageSize {
    /// PostgreSQL's 8,192 bytes.
    pub const DEFAULT: Self = Self(8192);

    /// `None` unless `bytes` is a power of two from 512 to 32,768.
    pub const fn new(bytes: u32) -> Option<Self> {
        if bytes.is_power_of_two() && bytes >= 512 && bytes <= 32768 {
            Some(Self(bytes as u16))
        } else {
            None
        }
    }

    /// The number of bytes.
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}
