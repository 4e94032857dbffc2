//! Cells of an internal page: a separator and the child that holds the keys from it on.
//!
//! ```text
//! | head u16: key length, row mark | child u32 | key | row id, if marked |
//! ```
//! The first cell's key is empty: it stands for all keys below the second separator.

use crate::layout::KeyLayout;
use crate::leaf::pivot_bytes;
use crate::node::{HEAD_MARK, LINE_POINTER, Node, NodeBuilder, NodeHeader, Pivot, u16_at, u32_at};
use crate::search::NEAR;
use alloc::vec::Vec;
use core::cmp::Ordering;
use pages::{PageId, Result, RowId};

/// One cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InternalItem<'a> {
    pub pivot: Pivot<'a>,
    pub child: PageId,
}

/// PostgreSQL's bytes of the first item of an internal page, which has no key.
pub(crate) const FIRST_ITEM_BYTES: usize = 8;

impl<'a> Node<'a> {
    /// The separator of slot `i`.
    #[inline]
    pub fn pivot(&self, i: usize) -> Result<Pivot<'a>> {
        let at = self.cell_at(i)?;
        let head = u16_at(self.bytes, at);
        let len = (head & !HEAD_MARK) as usize;
        let key = self.slice(at + 6, len)?;
        let row = if head & HEAD_MARK != 0 {
            Some(self.row_at(at + 6 + len)?)
        } else {
            None
        };
        Ok(Pivot { key, row })
    }

    /// The child of slot `i`.
    #[inline]
    pub fn child(&self, i: usize) -> Result<PageId> {
        let at = self.cell_at(i)?;
        PageId::new(u32_at(self.bytes, at + 2))
            .ok_or_else(|| self.damaged(at + 2, "page number of a child"))
    }

    pub fn internal_items(&self) -> Result<Vec<InternalItem<'a>>> {
        (0..self.count)
            .map(|i| {
                Ok(InternalItem {
                    pivot: self.pivot(i)?,
                    child: self.child(i)?,
                })
            })
            .collect()
    }

    /// The last slot whose separator is not `Greater` by `order`; the first slot always qualifies. The search starts near `guess`.
    #[inline]
    pub fn last_child_by(
        &self,
        guess: Option<usize>,
        mut order: impl FnMut(&Pivot<'a>) -> Ordering,
    ) -> Result<usize> {
        if self.count == 0 {
            return Err(self.damaged(crate::node::AT_COUNT, "child of an internal page"));
        }
        let (mut low, mut high) = (1, self.count);
        if let Some(guess) = guess {
            let from = guess.saturating_sub(NEAR).max(1);
            let to = (guess + NEAR).min(self.count - 1);
            if order(&self.pivot(from)?) == Ordering::Greater {
                high = from;
            } else if order(&self.pivot(to)?) == Ordering::Greater {
                (low, high) = (from + 1, to);
            } else {
                low = to + 1;
            }
        }
        while low < high {
            let middle = (low + high) / 2;
            if order(&self.pivot(middle)?) == Ordering::Greater {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low - 1)
    }
}

/// What item `i` is charged, with its line pointer.
pub(crate) fn item_charge(layout: &dyn KeyLayout, i: usize, pivot: &Pivot<'_>) -> usize {
    LINE_POINTER
        + if i == 0 {
            FIRST_ITEM_BYTES
        } else {
            pivot_bytes(layout, pivot)
        }
}

/// Writes a whole internal page; the first item's key is dropped.
pub(crate) fn write_internal(
    bytes: &mut [u8],
    layout: &dyn KeyLayout,
    header: &NodeHeader,
    items: &[InternalItem<'_>],
    high: Option<&Pivot<'_>>,
) {
    let mut builder = NodeBuilder::new(bytes, header);
    if let Some(high) = high {
        builder.set_high(high, pivot_bytes(layout, high) + LINE_POINTER);
    }
    for (i, item) in items.iter().enumerate() {
        push_item(&mut builder, layout, i, item);
    }
    builder.finish();
}

pub(crate) fn push_item(
    builder: &mut NodeBuilder<'_>,
    layout: &dyn KeyLayout,
    i: usize,
    item: &InternalItem<'_>,
) {
    let child = item.child.get().to_le_bytes();
    if i == 0 {
        builder.push(&[&[0, 0], &child], LINE_POINTER + FIRST_ITEM_BYTES);
        return;
    }
    let row = item.pivot.row.map(RowId::to_bytes);
    let mark = if row.is_some() { HEAD_MARK } else { 0 };
    let head = (item.pivot.key.len() as u16 | mark).to_le_bytes();
    let charge = item_charge(layout, i, &item.pivot);
    builder.push(
        &[
            &head,
            &child,
            item.pivot.key,
            row.as_ref().map_or(&[], |row| &row[..]),
        ],
        charge,
    );
}

/// Bytes that an internal page of these items takes, its header included.
pub(crate) fn internal_bytes(items: &[InternalItem<'_>], high: Option<&Pivot<'_>>) -> usize {
    let cells: usize = items
        .iter()
        .map(|item| 2 + 6 + item.pivot.key.len() + if item.pivot.row.is_some() { 6 } else { 0 })
        .sum();
    crate::node::HEADER + cells + high.map_or(0, |high| 8 + high.key.len())
}
