//! A table's rows in physical order, a page at a time, or in the order of an index: what rewriting, testing and building an index read.

use super::{clustered::RowReader, index::Index, read::Wanted, table::Table};
use crate::{Error, error::storage_error, value::Batch};
use alloc::{rc::Rc, vec::Vec};
use btree::{BatchParts, Bound, Cursor, Direction, EntryBatch};
use pages::{BlockNumber, PageId, PageStore};

/// See the file's header. The table must not change while it is read.
pub(crate) struct TableReader {
    table: Table,
    wanted: Vec<Wanted>,
    next: u32,
    /// The leaves of a clustered table in key order.
    leaves: Vec<PageId>,
    rows: RowReader,
    /// Instead of pages: the entries of an index, and how many were read.
    order: Option<(Cursor, u64, u64)>,
}

/// Rows read at a time in the order of an index.
const ORDERED_ROWS: usize = 256;

impl TableReader {
    /// Reads these columns of all rows.
    pub fn new(store: &PageStore, table: Table, wanted: Vec<Wanted>) -> Result<Self, Error> {
        let (leaves, rows) = match &table.cluster {
            Some(cluster) => (
                cluster.tree.leaf_pages(store).map_err(storage_error)?,
                RowReader::new(&cluster.codec, &wanted),
            ),
            None => (Vec::new(), RowReader::default()),
        };
        Ok(Self {
            table,
            wanted,
            next: 0,
            leaves,
            rows,
            order: None,
        })
    }

    /// Reads all columns of a heap's rows in the order of an index that has an entry for each.
    pub fn ordered(store: &PageStore, table: Table, index: &Index) -> Result<Self, Error> {
        let all = || Bound::Unbounded;
        let cursor = Cursor::new(&index.tree, all(), all(), Direction::Forward);
        let total = index.tree.counts(store).entries;
        let mut made = Self::whole(store, table)?;
        made.order = Some((cursor, 0, total));
        Ok(made)
    }

    /// Reads all columns of all rows.
    pub fn whole(store: &PageStore, table: Table) -> Result<Self, Error> {
        let columns = 0..table.types.len();
        let wanted = columns.map(|at| Wanted::Column(at as u16)).collect();
        Self::new(store, table, wanted)
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Pages read, and in all; `None` when all are read.
    pub fn progress(&self, store: &PageStore) -> Option<(u64, u64)> {
        if let Some((_, done, total)) = self.order {
            return (done < total).then_some((done, total));
        }
        let pages = self.table.pages(store);
        (self.next < pages).then_some((u64::from(self.next), u64::from(pages)))
    }

    /// The visible rows of the next page, perhaps none; `None` at the end.
    pub fn next(&mut self, store: &PageStore) -> Result<Option<Batch>, Error> {
        if self.order.is_some() {
            return self.next_ordered(store);
        }
        let mut columns = self.table.empty_columns(&self.wanted);
        let (rows, selection) = match &self.table.cluster {
            None => {
                if self.next >= self.table.heap.pages(store) {
                    return Ok(None);
                }
                let block = BlockNumber(self.next);
                let page = self.table.heap.page(store, block).map_err(storage_error)?;
                let mut visible = Vec::new();
                let rows = self.table.read_page(
                    &page,
                    block,
                    &self.wanted,
                    &mut columns,
                    0,
                    &mut visible,
                )?;
                (rows, (visible.len() < rows).then_some(visible))
            }
            Some(cluster) => {
                let Some(&leaf) = self.leaves.get(self.next as usize) else {
                    return Ok(None);
                };
                let rows = cluster.tree.leaf_len(store, leaf).map_err(storage_error)?;
                for slot in 0..rows {
                    let entry = cluster.tree.leaf_entry(store, leaf, slot);
                    if let Some(entry) = entry.map_err(storage_error)? {
                        let codec = &cluster.codec;
                        self.rows
                            .read(codec, entry.key, entry.payload, &mut columns)?;
                    }
                }
                (rows, None)
            }
        };
        self.next += 1;
        let batch = Batch {
            columns: columns.into_iter().map(Rc::new).collect(),
            rows,
            selection,
        };
        Ok(Some(batch.compact()))
    }

    fn next_ordered(&mut self, store: &PageStore) -> Result<Option<Batch>, Error> {
        let Some((cursor, done, total)) = &mut self.order else {
            return Ok(None);
        };
        let mut entries = EntryBatch::default();
        let found = cursor
            .next_batch(store, ORDERED_ROWS, BatchParts::Rows, &mut entries)
            .map_err(storage_error)?;
        if found == 0 {
            *done = *total;
            return Ok(None);
        }
        *done += found as u64;
        let mut columns = self.table.empty_columns(&self.wanted);
        let mut rows = 0;
        for &id in &entries.rows {
            let row = self.table.heap.fetch_indexed(store, id);
            if let Some(row) = row.map_err(storage_error)? {
                self.table.read_row(&row, &self.wanted, &mut columns)?;
                rows += 1;
            }
        }
        let columns = columns.into_iter().map(Rc::new).collect();
        Ok(Some(Batch::new(columns, rows)))
    }
}
