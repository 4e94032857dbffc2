//! Adding rows: heap first, then every index.

use super::{Storage, index::Index};
use crate::{
    Error,
    catalog::TableId,
    error::storage_error,
    value::{Batch, Column},
};
use alloc::{rc::Rc, vec::Vec};
use btree::UniqueInsert;
use pages::{BufferCounts, PageStore, RowId, heap::RowRun};

impl Storage {
    /// Stores the selected rows of a batch, which has a column for each of the table's, in order and of its types; returns where
    /// they went. The caller has a savepoint: on an error part of the rows may be stored.
    ///
    /// # Errors
    /// 23502, 23514, 23505, 53200, 54000.
    pub fn insert_rows(&mut self, table: TableId, batch: &Batch) -> Result<Vec<RowRun>, Error> {
        let dense;
        let batch = match &batch.selection {
            None => batch,
            Some(_) => {
                dense = batch.clone().compact();
                &dense
            }
        };
        if batch.rows == 0 {
            return Ok(Vec::new());
        }
        let into = self.tables.get(&table).ok_or_else(no_storage)?;
        into.check_rows(&batch.columns, batch.rows)?;
        let before = self.store.buffer_counts();
        let (runs, bytes) = into.append(&mut self.store, &batch.columns, batch.rows)?;
        let cost = self.store.buffer_counts() - before;
        let writes = self.ledger.tables.entry(table).or_default();
        writes.inserted += batch.rows as u64;
        writes.bytes += bytes;
        writes.pages_dirtied += cost.dirtied;
        writes.pages_added += cost.allocated;
        let Some(indexes) = self.by_table.get(&table).cloned() else {
            return Ok(runs);
        };
        let ids: Vec<RowId> = row_ids(&runs).collect();
        for index in indexes.iter() {
            self.insert_entries(index, &batch.columns, &ids)?;
        }
        Ok(runs)
    }

    /// Adds the entries of rows to one index.
    pub(super) fn insert_entries(
        &mut self,
        index: &Index,
        columns: &[Rc<Column>],
        ids: &[RowId],
    ) -> Result<(), Error> {
        let before = self.counts_of(index);
        let entries = index.entries(columns, ids.len())?;
        let heap = &self
            .tables
            .get(&index.def.table)
            .ok_or_else(no_storage)?
            .heap;
        let (mut key, mut payload) = (Vec::new(), Vec::new());
        let (mut added, mut bytes) = (0, 0);
        for row in entries.rows(ids.len()) {
            let Some(&id) = ids.get(row) else { break };
            key.clear();
            payload.clear();
            index.format.write_key(&entries.columns, row, &mut key);
            index
                .format
                .write_payload(&entries.columns, row, &mut payload);
            added += 1;
            bytes += (key.len() + payload.len() + RowId::BYTES) as u64;
            if index.must_be_unique(&entries.columns, row) {
                let mut is_live = |store: &PageStore, row: RowId| heap.is_live(store, row);
                let result = index.tree.insert_unique(
                    &mut self.store,
                    &*index.format,
                    &key,
                    id,
                    &payload,
                    &mut is_live,
                );
                if let UniqueInsert::Conflict(_) = result.map_err(storage_error)? {
                    return Err(self.duplicate(index, &entries.columns, row));
                }
            } else {
                index
                    .tree
                    .insert(&mut self.store, &*index.format, &key, id, &payload)
                    .map_err(storage_error)?;
            }
        }
        self.note_entries(index, before, added, bytes);
        Ok(())
    }

    pub(super) fn counts_of(&self, index: &Index) -> (BufferCounts, btree::TreeWork) {
        (self.store.buffer_counts(), index.tree.work(&self.store))
    }

    pub(super) fn note_entries(
        &mut self,
        index: &Index,
        before: (BufferCounts, btree::TreeWork),
        added: u64,
        bytes: u64,
    ) {
        let after = self.counts_of(index);
        let writes = self.ledger.indexes.entry(index.def.id).or_default();
        writes.added += added;
        writes.bytes += bytes;
        writes.pages_dirtied += after.0.dirtied - before.0.dirtied;
        writes.splits += after.1.splits - before.1.splits;
        writes.merges += after.1.merges - before.1.merges;
    }
}

/// The addresses in runs, in order.
pub(crate) fn row_ids(runs: &[RowRun]) -> impl Iterator<Item = RowId> + '_ {
    runs.iter().flat_map(|run| {
        (0..run.rows).map(|at| RowId::new(run.first.block.0, run.first.slot.0 + at))
    })
}

#[cold]
pub(super) fn no_storage() -> Error {
    Error::new(crate::ErrorCode::InternalError, "a table has no storage")
}
