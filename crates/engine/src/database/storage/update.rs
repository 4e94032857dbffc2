//! Changing and removing rows.

use super::{Storage, insert::no_storage, table::Wanted};
use crate::{
    Error,
    catalog::TableId,
    error::storage_error,
    value::{Batch, Column},
};
use alloc::{rc::Rc, vec::Vec};
use pages::{
    RowId, StorageError,
    heap::{HotOutcome, IndexedColumns},
};

/// What an update wrote.
#[derive(Debug, Default)]
pub struct UpdatedRows {
    /// The new versions, all columns; rows in the order of the addresses given.
    pub rows: Batch,
    /// Which of the given addresses they replace; the others were gone already (changed before by the same statement).
    pub of: Vec<u32>,
}

impl Storage {
    /// Writes new versions of the rows at `ids`: column `columns[n]` of row `i` becomes row `i` of `values[n]`, the others stay.
    /// An address that no longer holds a visible row is passed over. The caller has a savepoint, and has read all that it wants
    /// to read before.
    ///
    /// # Errors
    /// As [`Self::insert_rows`].
    pub fn update_rows(
        &mut self,
        table: TableId,
        ids: &[RowId],
        columns: &[u16],
        values: &[Rc<Column>],
    ) -> Result<UpdatedRows, Error> {
        let target = self.tables.get(&table).ok_or_else(no_storage)?.clone();
        let width = target.types.len();
        let wanted: Vec<Wanted> = (0..width).map(|at| Wanted::Column(at as u16)).collect();
        let mut old = target.empty_columns(&wanted);
        let mut of: Vec<u32> = Vec::with_capacity(ids.len());
        for (at, &id) in ids.iter().enumerate() {
            if let Some(view) = target.heap.fetch(&self.store, id).map_err(storage_error)? {
                target.read_row(&view, &wanted, &mut old)?;
                of.push(at as u32);
            }
        }
        let old: Vec<Rc<Column>> = old.into_iter().map(Rc::new).collect();
        let mut new = old.clone();
        let all = of.len() == ids.len();
        for (&at, value) in columns.iter().zip(values) {
            if let Some(place) = new.get_mut(usize::from(at)) {
                *place = if all {
                    Rc::clone(value)
                } else {
                    Rc::new(value.gather(&of))
                };
            }
        }
        target.check_rows(&new, of.len())?;
        let lens = target.row_lengths(&new, of.len());
        let indexes = self.indexes_of(table);
        let mut changed = alloc::vec![false; width];
        let mut gone: Vec<u32> = Vec::new();
        // Entries are added row by row, as PostgreSQL does: a key may pass through a value that a later row leaves.
        for (row, &at) in of.iter().enumerate() {
            let Some(&id) = ids.get(at as usize) else {
                break;
            };
            for &column in columns {
                let column = usize::from(column);
                if let (Some(flag), Some(old), Some(new)) =
                    (changed.get_mut(column), old.get(column), new.get(column))
                {
                    *flag = differs(old, new, row);
                }
            }
            let touched = indexes.iter().any(|index| index.is_touched(&changed));
            let kind = if touched {
                IndexedColumns::Changed
            } else {
                IndexedColumns::Unchanged
            };
            let len = lens.get(row).copied().unwrap_or(u16::MAX);
            let before = self.store.buffer_counts();
            let updated = match target.update(&mut self.store, id, &new, row, len, kind) {
                Ok(updated) => updated,
                Err(StorageError::NoSuchRow(_)) => {
                    gone.push(row as u32);
                    continue;
                }
                Err(error) => return Err(storage_error(error)),
            };
            let cost = self.store.buffer_counts() - before;
            let writes = self.ledger.tables.entry(table).or_default();
            writes.updated += 1;
            writes.bytes += u64::from(len);
            writes.pages_dirtied += cost.dirtied;
            writes.pages_added += cost.allocated;
            match updated.hot {
                HotOutcome::Hot => writes.hot += 1,
                HotOutcome::IndexedColumnChanged => writes.not_hot_indexed += 1,
                HotOutcome::NoRoom => writes.not_hot_full += 1,
            }
            if updated.hot != HotOutcome::Hot && !indexes.is_empty() {
                let one: Vec<Rc<Column>> = new
                    .iter()
                    .map(|column| Rc::new(column.slice(row..row + 1)))
                    .collect();
                for index in indexes.iter() {
                    self.insert_entries(index, &one, &[updated.row_id])?;
                }
            }
        }
        let rows = of.len();
        let mut rows = Batch::new(new, rows);
        if !gone.is_empty() {
            let kept: Vec<u32> = (0..rows.rows as u32)
                .filter(|row| !gone.contains(row))
                .collect();
            of = kept
                .iter()
                .filter_map(|&row| of.get(row as usize).copied())
                .collect();
            rows.selection = Some(kept);
            rows = rows.compact();
        }
        Ok(UpdatedRows { rows, of })
    }

    /// Makes the rows at `ids` invisible; returns how many were still visible. Index entries stay until VACUUM.
    ///
    /// # Errors
    /// 53200.
    pub fn delete_rows(&mut self, table: TableId, ids: &[RowId]) -> Result<u64, Error> {
        let heap = self.tables.get(&table).ok_or_else(no_storage)?.heap.clone();
        let before = self.store.buffer_counts();
        let mut deleted = 0;
        for &id in ids {
            match heap.delete(&mut self.store, id) {
                Ok(()) => deleted += 1,
                Err(StorageError::NoSuchRow(_)) => {}
                Err(error) => return Err(storage_error(error)),
            }
        }
        let cost = self.store.buffer_counts() - before;
        let writes = self.ledger.tables.entry(table).or_default();
        writes.deleted += deleted;
        writes.pages_dirtied += cost.dirtied;
        Ok(deleted)
    }
}

/// Whether a row's value is another one, byte by byte (PostgreSQL compares images to decide on HOT).
fn differs(old: &Column, new: &Column, row: usize) -> bool {
    match (old.is_null(row), new.is_null(row)) {
        (true, true) => false,
        (false, false) => {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            old.data.write_row(row, &mut a);
            new.data.write_row(row, &mut b);
            a != b
        }
        _ => true,
    }
}
