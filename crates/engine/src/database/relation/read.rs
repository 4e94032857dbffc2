//! A table's rows: from heap pages to typed columns.
//!
//! Why: a scan copies a column's values straight out of the page's minipage; nothing is read of the columns that nobody asked for. Where a
//! value does not have its column's form the page is damaged, and that is said. Not here: what the operators do with the columns.

use super::table::Table;
use crate::{
    Error,
    error::storage_error,
    executor::columns,
    value::{Batch, Column, ColumnData, DataType},
};
use alloc::{rc::Rc, vec::Vec};
use pages::{
    BlockNumber, PageStore, RowId,
    heap::{ColumnView, HeapPage, RowView},
};

/// What a scan reads of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A column.
    Column(u16),
    /// The row's address, as a bigint.
    RowId,
}

impl Wanted {
    /// The column, if it is one.
    pub fn column(self) -> Option<usize> {
        match self {
            Self::Column(column) => Some(usize::from(column)),
            Self::RowId => None,
        }
    }
}

impl Table {
    /// Empty columns for `wanted`.
    pub fn empty_columns(&self, wanted: &[Wanted]) -> Vec<Column> {
        wanted
            .iter()
            .map(|wanted| match wanted {
                Wanted::Column(at) => columns::empty(self.data_type(*at)),
                Wanted::RowId => columns::empty(DataType::Int8),
            })
            .collect()
    }

    /// Makes columns that were filled for `wanted` before empty again; those that somebody still has are replaced by new ones.
    pub fn clear_columns(&self, wanted: &[Wanted], columns: &mut Vec<Rc<Column>>) {
        if columns.len() != wanted.len() {
            *columns = self
                .empty_columns(wanted)
                .into_iter()
                .map(Rc::new)
                .collect();
            return;
        }
        for column in columns {
            match Rc::get_mut(column) {
                Some(column) => column.clear(),
                None => *column = Rc::new(columns::empty_like(column)),
            }
        }
    }

    /// The type of a column.
    pub fn data_type(&self, column: u16) -> DataType {
        self.types
            .get(column as usize)
            .copied()
            .unwrap_or(DataType::Unknown)
    }

    /// Columns for `wanted`, with room for `rows` where `which` says so.
    pub fn columns_for(
        &self,
        wanted: &[Wanted],
        which: impl Iterator<Item = bool>,
        rows: usize,
    ) -> Vec<Column> {
        let room = which.map(|which| if which { rows } else { 0 });
        wanted
            .iter()
            .zip(room)
            .map(|(wanted, room)| match wanted {
                Wanted::Column(at) => Column::with_capacity(self.data_type(*at), room),
                Wanted::RowId => Column::with_capacity(DataType::Int8, room),
            })
            .collect()
    }

    /// Appends all slots of a page to `to`, and the numbers of those that are visible to `visible`, counted from `base`.
    /// Returns the slots.
    pub fn read_page(
        &self,
        page: &HeapPage<'_>,
        block: BlockNumber,
        wanted: &[Wanted],
        to: &mut [Column],
        base: usize,
        visible: &mut Vec<u32>,
    ) -> Result<usize, Error> {
        debug_assert_eq!(page.block(), block);
        self.read_columns(page, &[], wanted, to, base)?;
        Self::visible_slots(page, base, visible);
        Ok(page.slots())
    }

    /// Appends all slots of a page to the columns that `which` names; an empty `which` means all.
    pub fn read_columns(
        &self,
        page: &HeapPage<'_>,
        which: &[bool],
        wanted: &[Wanted],
        to: &mut [Column],
        base: usize,
    ) -> Result<(), Error> {
        let slots = page.slots();
        for (at, (wanted, column)) in wanted.iter().zip(to).enumerate() {
            if !which.get(at).copied().unwrap_or(which.is_empty()) {
                continue;
            }
            match wanted {
                Wanted::Column(at) => {
                    let view = page.column(*at as usize);
                    read_column(view, slots, base, column, page.block())?;
                }
                Wanted::RowId => {
                    let block = page.block().0;
                    if let ColumnData::Int8(ids) = &mut column.data {
                        ids.extend(
                            (0..slots).map(|slot| RowId::new(block, slot as u16).to_u64() as i64),
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// Appends the numbers of a page's visible slots, counted from `base`.
    pub fn visible_slots(page: &HeapPage<'_>, base: usize, visible: &mut Vec<u32>) {
        let slots = page.slots();
        if page.all_slots_visible() {
            visible.extend((base..base + slots).map(|row| row as u32));
            return;
        }
        let bits = page.visible();
        visible.extend(
            (0..slots)
                .filter(|slot| bits.get(slot / 8).is_some_and(|b| b >> (slot % 8) & 1 == 1))
                .map(|slot| (base + slot) as u32),
        );
    }

    /// Appends some slots of a page, given as row numbers counted from `base`, to the columns that `which` names.
    pub fn read_slots(
        &self,
        page: &HeapPage<'_>,
        which: &[bool],
        wanted: &[Wanted],
        to: &mut [Column],
        rows: &[u32],
        base: usize,
    ) -> Result<(), Error> {
        let block = page.block();
        for (at, (wanted, column)) in wanted.iter().zip(to).enumerate() {
            if which.get(at) != Some(&true) {
                continue;
            }
            let view = match wanted {
                Wanted::Column(at) => Some(page.column(*at as usize)),
                Wanted::RowId => None,
            };
            for &row in rows {
                let slot = row as usize - base;
                let value = match &view {
                    Some(view) => view.value(slot),
                    None => {
                        if let ColumnData::Int8(ids) = &mut column.data {
                            ids.push(RowId::new(block.0, slot as u16).to_u64() as i64);
                        }
                        continue;
                    }
                };
                let Some(bytes) = value else {
                    columns::push(column, &crate::value::Value::Null)?;
                    continue;
                };
                if !column.data.push_le(bytes) {
                    return Err(damaged(block));
                }
                if !column.nulls.0.is_empty() {
                    column.nulls.0.push(false);
                }
            }
        }
        Ok(())
    }

    /// Appends one row.
    pub fn read_row(
        &self,
        row: &RowView<'_>,
        wanted: &[Wanted],
        to: &mut [Column],
    ) -> Result<(), Error> {
        for (&wanted, column) in wanted.iter().zip(to) {
            self.read_value(row, wanted, column)?;
        }
        Ok(())
    }

    /// Appends what is wanted of a row to one column.
    pub fn read_value(
        &self,
        row: &RowView<'_>,
        wanted: Wanted,
        column: &mut Column,
    ) -> Result<(), Error> {
        match wanted {
            Wanted::Column(at) => match row.value(at as usize) {
                Some(bytes) => {
                    if !column.data.push_le(bytes) {
                        return Err(damaged(row.row_id().block));
                    }
                    if !column.nulls.0.is_empty() {
                        column.nulls.0.push(false);
                    }
                }
                None => columns::push(column, &crate::value::Value::Null)?,
            },
            Wanted::RowId => {
                if let ColumnData::Int8(ids) = &mut column.data {
                    ids.push(row.row_id().to_u64() as i64);
                }
            }
        }
        Ok(())
    }

    /// The visible version of the row that an index entry means, of which only what is wanted may be read. A row of page `last` costs no
    /// access: the page is still pinned.
    pub fn row_pinned<'s>(
        &'s self,
        store: &'s PageStore,
        id: RowId,
        wanted: &[Wanted],
        last: &mut Option<u32>,
    ) -> Result<Option<RowView<'s>>, Error> {
        let read = wanted.iter().filter_map(|wanted| wanted.column());
        let pinned = *last == Some(id.block.0);
        let page = self.heap.page_for_columns(store, id.block, read, pinned);
        *last = Some(id.block.0);
        Ok(page.map_err(storage_error)?.row(id.slot))
    }

    /// All columns of the rows at `ids`, in that order; addresses whose row is gone are left out of the batch.
    pub fn fetch(
        &self,
        store: &PageStore,
        ids: &[RowId],
        wanted: &[Wanted],
    ) -> Result<Batch, Error> {
        let mut made = self.empty_columns(wanted);
        let mut rows = 0;
        for &id in ids {
            if let Some(view) = self.heap.fetch(store, id).map_err(storage_error)? {
                self.read_row(&view, wanted, &mut made)?;
                rows += 1;
            }
        }
        Ok(Batch {
            columns: made.into_iter().map(Rc::new).collect(),
            rows,
            selection: None,
        })
    }
}

fn damaged(block: BlockNumber) -> Error {
    Error::new(
        crate::ErrorCode::DataCorrupted,
        alloc::format!(
            "a value in block {} does not have its column's form",
            block.0
        ),
    )
}

fn read_column(
    view: ColumnView<'_>,
    slots: usize,
    base: usize,
    to: &mut Column,
    block: BlockNumber,
) -> Result<(), Error> {
    let nulls = match view {
        ColumnView::AllNull => {
            for _ in 0..slots {
                columns::push(to, &crate::value::Value::Null)?;
            }
            return Ok(());
        }
        ColumnView::Fixed { values, nulls, .. } => {
            if !to.data.extend_le(values) {
                return Err(damaged(block));
            }
            nulls
        }
        ColumnView::Variable { ends, bytes, nulls } => {
            // Room that the page keeps behind the last value is none of the column's.
            let used = ends
                .last_chunk::<2>()
                .map_or(0, |end| u16::from_le_bytes(*end));
            let bytes = bytes.get(..usize::from(used)).unwrap_or(bytes);
            let mut from = 0usize;
            if let ColumnData::Text(texts) = &mut to.data {
                if core::str::from_utf8(bytes).is_err() {
                    return Err(damaged(block));
                }
                let start = texts.bytes.len();
                texts.bytes.extend_from_slice(bytes);
                texts.offsets.extend(
                    ends.as_chunks::<2>()
                        .0
                        .iter()
                        .map(|&end| (start + usize::from(u16::from_le_bytes(end))) as u32),
                );
            } else {
                for &end in ends.as_chunks::<2>().0 {
                    let end = usize::from(u16::from_le_bytes(end));
                    match bytes.get(from..end) {
                        Some([]) => columns::push_zero(to)?,
                        Some(value) if to.data.push_le(value) => {}
                        _ => return Err(damaged(block)),
                    }
                    from = end;
                }
            }
            nulls
        }
    };
    if to.data.len() != base + slots {
        return Err(damaged(block));
    }
    if nulls.is_none() && to.nulls.0.is_empty() {
        return Ok(());
    }
    to.nulls.0.resize(base, false);
    match nulls {
        None => to.nulls.0.resize(base + slots, false),
        Some(bits) => to.nulls.0.extend(
            (0..slots).map(|slot| bits.get(slot / 8).is_some_and(|b| b >> (slot % 8) & 1 == 1)),
        ),
    }
    Ok(())
}
