//! The bytes of a tree page: header, slots, cells.
//!
//! Why one file for what leaves and internal pages share: both are slotted pages with a high key and sibling links; only their
//! cells differ ([`leaf`](crate::leaf), [`internal`](crate::internal)). Nothing here trusts a byte: a page that contradicts itself is an
//! error that names the page and the offset.
//!
//! ```text
//! 0     1      2      4      6           8       10       12    16     20        24     28        32
//! | kind| flags| level| count| cells from| charge| garbage| left| right| high key| block| reserved| slots … free … cells |
//! ```
//! A slot is a `u16` offset of a cell. Cells grow downwards from the page's end. `charge` is what PostgreSQL's tuples and line
//! pointers would take; it decides when a page is full ([`Usable`]).

use core::cmp::Ordering;
use pages::{PageId, Result, RowId, StorageError, short};

pub(crate) const HEADER: usize = 32;
pub(crate) const KIND_LEAF: u8 = 2;
pub(crate) const KIND_INTERNAL: u8 = 3;
pub(crate) const KIND_META: u8 = 4;
pub(crate) const FLAG_PAYLOAD: u8 = 1;

pub(crate) const AT_FLAGS: usize = 1;
pub(crate) const AT_LEVEL: usize = 2;
pub(crate) const AT_COUNT: usize = 4;
pub(crate) const AT_CELLS: usize = 6;
pub(crate) const AT_CHARGE: usize = 8;
pub(crate) const AT_GARBAGE: usize = 10;
pub(crate) const AT_LEFT: usize = 12;
pub(crate) const AT_RIGHT: usize = 16;
pub(crate) const AT_HIGH: usize = 20;
pub(crate) const AT_BLOCK: usize = 24;

/// A line pointer of PostgreSQL.
pub(crate) const LINE_POINTER: usize = 4;
/// The bit of a cell's head that marks a row list, or a separator with a row id.
pub(crate) const HEAD_MARK: u16 = 0x8000;

/// Bytes by which the cell of the largest tuple may be longer than that tuple: keys that sort as bytes mark values and their ends.
const MOST_CELL_EXTRA: usize = 32;

/// PostgreSQL rounds tuples up to 8 bytes.
pub(crate) const fn align8(n: usize) -> usize {
    (n + 7) & !7
}

/// PostgreSQL's geometry of a B-tree page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usable {
    pub page: usize,
}

impl Usable {
    /// Bytes for tuples and line pointers: page less header (24) and special space (16).
    pub fn charge(self) -> usize {
        self.page - 40
    }

    /// The largest tuple: three must fit a page.
    pub fn max_tuple(self) -> usize {
        (((self.page - 40 - 16) / 3) & !7) - 8
    }

    /// Whether an entry is larger than that, by its tuple or by its cell.
    #[inline]
    pub fn is_too_large(self, tuple_bytes: usize, cell_bytes: usize) -> bool {
        tuple_bytes > self.max_tuple() || cell_bytes > self.max_tuple() + MOST_CELL_EXTRA
    }

    /// The largest row list that an insert makes.
    pub fn max_list(self) -> usize {
        self.max_tuple() / 2
    }

    /// The largest row list that a build makes.
    pub fn max_list_at_build(self) -> usize {
        ((self.page / 10) & !7) - LINE_POINTER
    }

    /// Free bytes that a build leaves in a page filled to `percent`.
    pub fn target_free(self, percent: u8) -> usize {
        self.page * (100 - percent.min(100) as usize) / 100
    }
}

/// A separator: keys from here on are in the page that it leads to. `row` breaks ties between equal keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pivot<'a> {
    pub key: &'a [u8],
    pub row: Option<RowId>,
}

impl Pivot<'_> {
    /// Order against a key and perhaps a row id; none is before all.
    #[inline]
    pub fn compare(&self, key: &[u8], row: Option<RowId>) -> Ordering {
        compare(self.key, key).then_with(|| self.row.cmp(&row))
    }
}

/// Order of two keys. Most differ in their first eight bytes, for which the comparison of slices goes byte by byte.
#[inline(never)]
pub(crate) fn compare(key: &[u8], other: &[u8]) -> Ordering {
    if let (Some(a), Some(b)) = (key.first_chunk::<8>(), other.first_chunk::<8>()) {
        let (a, b) = (u64::from_be_bytes(*a), u64::from_be_bytes(*b));
        if a != b {
            return a.cmp(&b);
        }
    } else if let ([a @ .., v], [b @ .., w]) = (key, other)
        && let (Ok(a), Ok(b)) = (<[u8; 4]>::try_from(a), <[u8; 4]>::try_from(b))
    {
        // A number of four bytes behind its mark.
        return (u32::from_be_bytes(a), v).cmp(&(u32::from_be_bytes(b), w));
    }
    key.cmp(other)
}

/// Order of `key` against all keys that begin with `prefix`, which are equal to it.
#[inline]
pub(crate) fn compare_prefix(key: &[u8], prefix: &[u8]) -> Ordering {
    compare(key.get(..prefix.len()).unwrap_or(key), prefix)
}

/// A tree page, open for reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub bytes: &'a [u8],
    pub page: PageId,
    pub count: usize,
}

impl<'a> Node<'a> {
    /// Opens a leaf or internal page.
    #[inline]
    pub fn open(bytes: &'a [u8], page: PageId) -> Result<Self> {
        let kind = bytes.first().copied().unwrap_or(0);
        let node = Self {
            bytes,
            page,
            count: u16_at(bytes, AT_COUNT) as usize,
        };
        if kind != KIND_LEAF && kind != KIND_INTERNAL {
            return Err(node.damaged(0, "leaf or internal page"));
        }
        if HEADER + 2 * node.count > bytes.len() {
            return Err(node.damaged(AT_COUNT, "slots within the page"));
        }
        Ok(node)
    }

    #[cold]
    pub fn damaged(&self, offset: usize, what: &'static str) -> StorageError {
        StorageError::Damaged {
            page: self.page,
            offset: offset as u32,
            what,
        }
    }

    #[inline]
    pub fn is_leaf(&self) -> bool {
        self.bytes.first() == Some(&KIND_LEAF)
    }

    pub fn level(&self) -> u16 {
        u16_at(self.bytes, AT_LEVEL)
    }

    pub fn charge(&self) -> usize {
        u16_at(self.bytes, AT_CHARGE) as usize
    }

    pub fn left(&self) -> Option<PageId> {
        PageId::new(u32_at(self.bytes, AT_LEFT))
    }

    pub fn right(&self) -> Option<PageId> {
        PageId::new(u32_at(self.bytes, AT_RIGHT))
    }

    pub fn has_payload(&self) -> bool {
        self.bytes
            .get(AT_FLAGS)
            .is_some_and(|flags| flags & FLAG_PAYLOAD != 0)
    }

    /// Bytes between slots and cells.
    pub fn gap(&self) -> usize {
        (u16_at(self.bytes, AT_CELLS) as usize).saturating_sub(HEADER + 2 * self.count)
    }

    pub fn garbage(&self) -> usize {
        u16_at(self.bytes, AT_GARBAGE) as usize
    }

    /// Where the cell of slot `i` starts.
    #[inline]
    pub fn cell_at(&self, i: usize) -> Result<usize> {
        let at = u16_at(self.bytes, HEADER + 2 * i) as usize;
        if i >= self.count || at < HEADER {
            return Err(self.damaged(HEADER + 2 * i, "slot that points at a cell"));
        }
        Ok(at)
    }

    #[inline]
    pub fn slice(&self, at: usize, len: usize) -> Result<&'a [u8]> {
        match self.bytes.get(at..at + len) {
            Some(bytes) => Ok(bytes),
            None => Err(self.damaged(at, "cell within the page")),
        }
    }

    /// The high key: all keys of this page are below it. `None` on the rightmost page of a level.
    pub fn high(&self) -> Result<Option<Pivot<'a>>> {
        let at = u16_at(self.bytes, AT_HIGH) as usize;
        if at == 0 {
            return Ok(None);
        }
        let head = u16_at(self.bytes, at);
        let len = (head & !HEAD_MARK) as usize;
        let key = self.slice(at + 2, len)?;
        let row = if head & HEAD_MARK != 0 {
            Some(self.row_at(at + 2 + len)?)
        } else {
            None
        };
        Ok(Some(Pivot { key, row }))
    }

    #[inline]
    pub fn row_at(&self, at: usize) -> Result<RowId> {
        match self.bytes.get(at..at + 6) {
            Some(&[a, b, c, d, e, f]) => Ok(RowId::from_bytes([a, b, c, d, e, f])),
            _ => Err(self.damaged(at, "row id within the page")),
        }
    }
}

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

/// Writes a page from front to back: header, then cells in slot order.
#[derive(Debug)]
pub(crate) struct NodeBuilder<'b> {
    pub bytes: &'b mut [u8],
    pub count: usize,
    cells: usize,
    pub charge: usize,
}

/// How far a builder is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BuilderState {
    pub count: usize,
    cells: usize,
    pub charge: usize,
}

impl BuilderState {
    /// Bytes left for cells and slots.
    pub fn room(&self) -> usize {
        self.cells.saturating_sub(HEADER + 2 * self.count)
    }
}

/// What a page's header says besides counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeHeader {
    pub kind: u8,
    pub flags: u8,
    pub level: u16,
    pub left: Option<PageId>,
    pub right: Option<PageId>,
    pub block: u32,
}

impl NodeHeader {
    pub fn of(node: &Node<'_>) -> Self {
        Self {
            kind: node.bytes.first().copied().unwrap_or(0),
            flags: node.bytes.get(AT_FLAGS).copied().unwrap_or(0),
            level: node.level(),
            left: node.left(),
            right: node.right(),
            block: u32_at(node.bytes, AT_BLOCK),
        }
    }
}

impl<'b> NodeBuilder<'b> {
    pub fn new(bytes: &'b mut [u8], header: &NodeHeader) -> Self {
        bytes.fill(0);
        let cells = bytes.len();
        let mut builder = Self {
            bytes,
            count: 0,
            cells,
            charge: 0,
        };
        builder.put(0, &[header.kind, header.flags]);
        builder.put(AT_LEVEL, &header.level.to_le_bytes());
        builder.put(AT_LEFT, &header.left.map_or(0, PageId::get).to_le_bytes());
        builder.put(AT_RIGHT, &header.right.map_or(0, PageId::get).to_le_bytes());
        builder.put(AT_BLOCK, &header.block.to_le_bytes());
        builder
    }

    fn put(&mut self, at: usize, value: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + value.len()) {
            short::copy(place, value);
        }
    }

    /// Goes on where another builder of the same bytes stopped.
    pub fn resume(bytes: &'b mut [u8], state: BuilderState) -> Self {
        Self {
            bytes,
            count: state.count,
            cells: state.cells,
            charge: state.charge,
        }
    }

    pub fn state(&self) -> BuilderState {
        BuilderState {
            count: self.count,
            cells: self.cells,
            charge: self.charge,
        }
    }

    fn cell(&mut self, parts: &[&[u8]]) -> usize {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        self.cells = self.cells.saturating_sub(len);
        let mut at = self.cells;
        for part in parts {
            self.put(at, part);
            at += part.len();
        }
        self.cells
    }

    /// Adds the next cell, made of `parts`. The caller has seen to the room.
    pub fn push(&mut self, parts: &[&[u8]], charge: usize) {
        let at = self.cell(parts);
        let slot = self.bytes.get_mut(HEADER + 2 * self.count..);
        if let Some(place) = slot.and_then(<[u8]>::first_chunk_mut::<2>) {
            *place = (at as u16).to_le_bytes();
        }
        self.count += 1;
        self.charge += charge;
    }

    pub fn set_high(&mut self, pivot: &Pivot<'_>, charge: usize) {
        let row = pivot.row.map(RowId::to_bytes);
        let mark = if row.is_some() { HEAD_MARK } else { 0 };
        let head = (pivot.key.len() as u16 | mark).to_le_bytes();
        let at = self.cell(&[&head, pivot.key, row.as_ref().map_or(&[], |row| &row[..])]);
        self.put(AT_HIGH, &(at as u16).to_le_bytes());
        self.charge += charge;
    }

    pub fn finish(mut self) {
        self.put(AT_COUNT, &(self.count as u16).to_le_bytes());
        self.put(AT_CELLS, &(self.cells as u16).to_le_bytes());
        self.put(AT_CHARGE, &(self.charge as u16).to_le_bytes());
    }
}
