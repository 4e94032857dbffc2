//! Cells of a leaf page: a key with one row, or with a list of rows.
//!
//! ```text
//! | head u16: key length, list mark | key | row id |
//! | head u16: key length, list mark | key | number of rows u16 | row ids … |
//! | key length, payload length: one byte each below 128, else two | key | row id | payload |   (trees with payload)
//! ```
//! Why lengths of one byte: a page must hold as many entries as PostgreSQL's, which keep two bytes of length in the tuple.

use crate::layout::KeyLayout;
use crate::node::{
    HEAD_MARK, LINE_POINTER, Node, NodeBuilder, NodeHeader, Pivot, align8, compare, u16_at,
};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::cmp::Ordering;
use pages::{Result, RowId};

/// One cell. Row ids are in their page form, six bytes each, ascending.
#[derive(Clone, Debug)]
pub(crate) struct LeafItem<'a> {
    pub key: &'a [u8],
    pub rows: Cow<'a, [u8]>,
    pub payload: &'a [u8],
}

/// A cell without the means to own its rows: what searching needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeafCell<'a> {
    pub key: &'a [u8],
    pub rows: &'a [u8],
    pub payload: &'a [u8],
}

/// Row `i` of a list in page form.
#[inline]
pub(crate) fn row_of(rows: &[u8], i: usize) -> RowId {
    match rows.get(6 * i..6 * i + 6) {
        Some(&[a, b, c, d, e, f]) => RowId::from_bytes([a, b, c, d, e, f]),
        _ => RowId::default(),
    }
}

/// Bytes of the cell of a key with one row, in a tree without payload.
#[inline]
pub(crate) const fn plain_cell_bytes(key: &[u8]) -> usize {
    2 + key.len() + 6
}

/// Writes a cell of one row in a tree without payload to bytes of its length.
#[inline]
pub(crate) fn write_plain_cell(cell: &mut [u8], key: &[u8], row: RowId) {
    if let Some((head, cell)) = cell.split_first_chunk_mut::<2>()
        && let Some((key_place, row_place)) = cell.split_last_chunk_mut::<6>()
    {
        *head = (key.len() as u16).to_le_bytes();
        pages::short::copy(key_place, key);
        *row_place = row.to_bytes();
    }
}

/// Bytes of a length in a tree with payload.
#[inline]
pub(crate) const fn length_bytes(length: usize) -> usize {
    if length < 0x80 { 1 } else { 2 }
}

/// A length in a tree with payload: as it is below 128, else 15 bits with the first bit set.
pub(crate) const fn length_code(length: usize) -> [u8; 2] {
    if length < 0x80 {
        [length as u8, 0]
    } else {
        [0x80 | (length >> 8) as u8, length as u8]
    }
}

impl<'a> LeafCell<'a> {
    #[inline]
    pub fn row_count(&self) -> usize {
        self.rows.len() / 6
    }

    pub fn first(&self) -> RowId {
        row_of(self.rows, 0)
    }

    pub fn last(&self) -> RowId {
        row_of(self.rows, self.row_count() - 1)
    }

    /// Order against a key and row; equal when the row is within the list's span.
    pub fn compare(&self, key: &[u8], row: RowId) -> Ordering {
        compare(self.key, key).then_with(|| {
            if self.first() > row {
                Ordering::Greater
            } else if self.last() < row {
                Ordering::Less
            } else {
                Ordering::Equal
            }
        })
    }

    pub fn item(&self) -> LeafItem<'a> {
        LeafItem {
            key: self.key,
            rows: Cow::Borrowed(self.rows),
            payload: self.payload,
        }
    }
}

impl<'a> Node<'a> {
    /// The key of leaf slot `i`: cheaper than the whole cell.
    #[inline]
    pub fn leaf_key(&self, i: usize) -> Result<&'a [u8]> {
        let at = self.cell_at(i)?;
        if self.has_payload() {
            let (len, at) = self.length(at)?;
            let (_, at) = self.length(at)?;
            return self.slice(at, len);
        }
        let len = (u16_at(self.bytes, at) & !HEAD_MARK) as usize;
        self.slice(at + 2, len)
    }

    /// A length in a tree with payload, and where what follows it starts.
    #[inline]
    fn length(&self, at: usize) -> Result<(usize, usize)> {
        match self.slice(at, 1)? {
            [short @ 0..0x80] => Ok((*short as usize, at + 1)),
            _ => match self.slice(at, 2)? {
                &[high, low] => Ok(((high as usize & 0x7f) << 8 | low as usize, at + 2)),
                _ => Err(self.damaged(at, "length")),
            },
        }
    }

    /// The cell of leaf slot `i`.
    pub fn leaf_cell(&self, i: usize) -> Result<LeafCell<'a>> {
        let at = self.cell_at(i)?;
        if self.has_payload() {
            let (len, at) = self.length(at)?;
            let (payload_len, at) = self.length(at)?;
            return Ok(LeafCell {
                key: self.slice(at, len)?,
                rows: self.slice(at + len, 6)?,
                payload: self.slice(at + 6 + len, payload_len)?,
            });
        }
        let head = u16_at(self.bytes, at);
        let len = (head & !HEAD_MARK) as usize;
        let key = self.slice(at + 2, len)?;
        let rows = if head & HEAD_MARK != 0 {
            let count = u16_at(self.bytes, at + 2 + len) as usize;
            if count == 0 {
                return Err(self.damaged(at + 2 + len, "row list that is not empty"));
            }
            self.slice(at + 4 + len, 6 * count)?
        } else {
            self.slice(at + 2 + len, 6)?
        };
        Ok(LeafCell {
            key,
            rows,
            payload: &[],
        })
    }

    /// All cells of a leaf.
    pub fn leaf_items(&self) -> Result<Vec<LeafItem<'a>>> {
        let mut items = Vec::with_capacity(self.count + 1);
        for i in 0..self.count {
            items.push(self.leaf_cell(i)?.item());
        }
        Ok(items)
    }
}

impl LeafItem<'_> {
    /// PostgreSQL's bytes of this item, without its line pointer.
    pub fn tuple_bytes(&self, layout: &dyn KeyLayout) -> usize {
        list_bytes(
            key_bytes(layout, self.key, self.payload),
            self.rows.len() / 6,
        )
    }

    /// Bytes of the cell.
    pub fn cell_bytes(&self, has_payload: bool) -> usize {
        let fixed = if has_payload {
            length_bytes(self.key.len()) + length_bytes(self.payload.len())
        } else if self.rows.len() > 6 {
            4
        } else {
            2
        };
        fixed + self.key.len() + self.rows.len() + self.payload.len()
    }

    pub fn push_to(&self, builder: &mut NodeBuilder<'_>, has_payload: bool, charge: usize) {
        let count = self.rows.len() / 6;
        let key_len = self.key.len() as u16;
        if has_payload {
            let key_code = length_code(self.key.len());
            let payload_code = length_code(self.payload.len());
            builder.push(
                &[
                    key_code.get(..length_bytes(self.key.len())).unwrap_or(&[]),
                    payload_code
                        .get(..length_bytes(self.payload.len()))
                        .unwrap_or(&[]),
                    self.key,
                    &self.rows,
                    self.payload,
                ],
                charge,
            );
        } else if count > 1 {
            let head = (key_len | HEAD_MARK).to_le_bytes();
            builder.push(
                &[&head, self.key, &(count as u16).to_le_bytes(), &self.rows],
                charge,
            );
        } else {
            builder.push(&[&key_len.to_le_bytes(), self.key, &self.rows], charge);
        }
    }
}

/// Bytes of a key's tuple with one row.
#[inline]
pub(crate) fn key_bytes(layout: &dyn KeyLayout, key: &[u8], payload: &[u8]) -> usize {
    match layout.fixed_tuple_bytes() {
        Some(bytes) => bytes,
        None => align8(layout.tuple_bytes(key, payload)),
    }
}

/// Bytes of a tuple with `rows` rows.
pub(crate) fn list_bytes(key_bytes: usize, rows: usize) -> usize {
    if rows <= 1 {
        key_bytes
    } else {
        align8(key_bytes + 6 * rows)
    }
}

/// Bytes of a separator's tuple, without line pointer.
pub(crate) fn pivot_bytes(layout: &dyn KeyLayout, pivot: &Pivot<'_>) -> usize {
    align8(layout.tuple_bytes(pivot.key, &[])) + if pivot.row.is_some() { 8 } else { 0 }
}

/// The separator between two neighbouring items, and how many columns it keeps (one more than there are when a row id is needed).
pub(crate) fn separator<'a>(
    layout: &dyn KeyLayout,
    left: &[u8],
    right: &'a [u8],
    right_row: RowId,
) -> (Pivot<'a>, usize) {
    if left != right
        && let Some(kept) = layout.separator(left, right)
    {
        let key = right.get(..kept.bytes).unwrap_or(right);
        return (Pivot { key, row: None }, kept.columns);
    }
    (
        Pivot {
            key: right,
            row: Some(right_row),
        },
        layout.columns() + 1,
    )
}

/// Writes a whole leaf.
pub(crate) fn write_leaf(
    bytes: &mut [u8],
    layout: &dyn KeyLayout,
    header: &NodeHeader,
    items: &[LeafItem<'_>],
    high: Option<&Pivot<'_>>,
) {
    let has_payload = header.flags != 0;
    let mut builder = NodeBuilder::new(bytes, header);
    if let Some(high) = high {
        builder.set_high(high, pivot_bytes(layout, high) + LINE_POINTER);
    }
    for item in items {
        item.push_to(
            &mut builder,
            has_payload,
            item.tuple_bytes(layout) + LINE_POINTER,
        );
    }
    builder.finish();
}

/// Bytes that a leaf of these items takes, its header included.
pub(crate) fn leaf_bytes(
    items: &[LeafItem<'_>],
    high: Option<&Pivot<'_>>,
    has_payload: bool,
) -> usize {
    let cells: usize = items
        .iter()
        .map(|item| item.cell_bytes(has_payload) + 2)
        .sum();
    crate::node::HEADER + cells + high.map_or(0, |high| 8 + high.key.len())
}
