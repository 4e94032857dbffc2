//! A table's rows in physical order, a page at a time: what rewriting, testing and building an index read.

use super::{
    clustered::RowReader,
    table::{Table, Wanted},
};
use crate::{Error, error::storage_error, value::Batch};
use alloc::{rc::Rc, vec::Vec};
use pages::{BlockNumber, PageId, PageStore};

/// See the file's header. The table must not change while it is read.
pub(crate) struct TableReader {
    table: Table,
    wanted: Vec<Wanted>,
    next: u32,
    /// The leaves of a clustered table in key order.
    leaves: Vec<PageId>,
    rows: RowReader,
}

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
        })
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
        let pages = self.table.pages(store);
        (self.next < pages).then_some((u64::from(self.next), u64::from(pages)))
    }

    /// The visible rows of the next page, perhaps none; `None` at the end.
    pub fn next(&mut self, store: &PageStore) -> Result<Option<Batch>, Error> {
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
}
