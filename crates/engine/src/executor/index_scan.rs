//! Reading through an index: Index Scan, Index Only Scan, Bitmap Index Scan share how entries are found.

use super::{
    columns,
    index_bounds::{KeyBound, KeyRange, ranges},
    operator::{Budget, ExecContext, Operator, Step, pause_if_spent},
    scalar::Filter,
    skip_scan::{SkipScan, Skipped},
};
use crate::{
    Error,
    catalog::{IndexId, TableId},
    database::{RowReader, Table, Wanted, storage_error},
    physical::{Direction, NodeId},
    value::{Batch, Column, DataType},
};
use alloc::{rc::Rc, vec::Vec};
use btree::{BatchParts, Cursor, EntryBatch};
use pages::RowId;

/// Finds the entries of some key ranges, one after another.
pub(crate) struct EntryScan {
    pub index: IndexId,
    pub direction: Direction,
    pub bounds: Vec<KeyBound>,
    /// Conditions that ranges do not express, over key columns then INCLUDE columns.
    pub filter: Filter,
    /// Types of key and INCLUDE columns, where they have to be read.
    pub decode: Vec<Option<DataType>>,
    /// What of the entries is needed besides what is decoded.
    pub parts: BatchParts,
    /// Leading columns without an equality are skipped over.
    pub skip: Option<SkipScan>,
    ranges: Option<Vec<KeyRange>>,
    cursor: Option<Cursor>,
    /// Whether the cursor is in a range; else only its memory is of use.
    reading: bool,
    entries: EntryBatch,
}

/// Entries found: their rows, and the columns that were decoded.
pub(crate) struct Found {
    pub rows: Vec<RowId>,
    pub columns: Vec<Rc<Column>>,
    /// Which of the entries just read these are; `None` = all.
    kept: Option<Vec<u32>>,
}

impl EntryScan {
    pub fn new(
        index: IndexId,
        direction: Direction,
        bounds: Vec<KeyBound>,
        filter: Filter,
        decode: Vec<Option<DataType>>,
    ) -> Self {
        Self {
            index,
            direction,
            bounds,
            filter,
            decode,
            parts: BatchParts::Rows,
            skip: None,
            ranges: None,
            cursor: None,
            reading: false,
            entries: EntryBatch::default(),
        }
    }

    pub fn rescan(&mut self) {
        self.ranges = None;
        self.reading = false;
        if let Some(skip) = &mut self.skip {
            skip.rescan();
        }
    }

    /// Up to `limit` entries; `None` at the end. The list may be empty when the filter removed all.
    pub fn next(
        &mut self,
        limit: usize,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Found>, Error> {
        let needs = self.decode.iter().any(Option::is_some);
        let parts = if needs {
            BatchParts::KeysAndPayloads
        } else {
            self.parts
        };
        self.entries.clear();
        if let Some(skip) = &mut self.skip {
            let (place, read) = ((self.index, &self.bounds[..]), (limit, parts));
            if let Skipped::Done = skip.next_batch(place, read, &mut self.entries, cx, budget)? {
                return Ok(None);
            }
        } else if !self.read_ranges(limit, parts, cx, budget)? {
            return Ok(None);
        }
        let index = cx.storage.index(self.index)?;
        if !needs {
            return Ok(Some(Found {
                rows: core::mem::take(&mut self.entries.rows),
                columns: Vec::new(),
                kept: None,
            }));
        }
        let mut made: Vec<Option<Column>> = self
            .decode
            .iter()
            .map(|wanted| wanted.map(columns::empty))
            .collect();
        for at in 0..self.entries.rows.len() {
            let key = self.entries.key(at).unwrap_or(&[]);
            let payload = self.entries.payload(at).unwrap_or(&[]);
            index.decode(key, payload, &mut made)?;
        }
        let decoded: Vec<Rc<Column>> = made
            .into_iter()
            .map(|column| Rc::new(column.unwrap_or_else(|| columns::empty(DataType::Bool))))
            .collect();
        if self.filter.is_empty() {
            return Ok(Some(Found {
                rows: self.entries.rows.clone(),
                columns: decoded,
                kept: None,
            }));
        }
        let mut batch = Batch {
            columns: decoded,
            rows: self.entries.rows.len(),
            selection: None,
        };
        self.filter.apply(&mut batch, cx)?;
        let kept = columns::selected_rows(&batch);
        let rows = kept
            .iter()
            .filter_map(|&at| self.entries.rows.get(at as usize).copied())
            .collect();
        let mut columns = Vec::with_capacity(batch.columns.len());
        for (column, wanted) in batch.columns.iter().zip(&self.decode) {
            columns.push(if wanted.is_some() {
                Rc::new(columns::gather(column, &kept)?)
            } else {
                Rc::clone(column)
            });
        }
        Ok(Some(Found {
            rows,
            columns,
            kept: Some(kept),
        }))
    }

    /// Reads the next entries of the ranges; `false` when there are none left.
    fn read_ranges(
        &mut self,
        limit: usize,
        parts: BatchParts,
        cx: &ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<bool, Error> {
        let index = cx.storage.index(self.index)?;
        let ranges = match &mut self.ranges {
            Some(ranges) => ranges,
            None => {
                let mut made = ranges(&self.bounds, &index.codec, cx)?;
                // Taken from the end.
                if self.direction == Direction::Forward {
                    made.reverse();
                }
                self.ranges.insert(made)
            }
        };
        loop {
            let cursor = match &mut self.cursor {
                Some(cursor) if self.reading => cursor,
                place => {
                    let Some(range) = ranges.pop() else {
                        return Ok(false);
                    };
                    self.reading = true;
                    match place {
                        Some(cursor) => {
                            cursor.begin(range.lower, range.upper);
                            cursor
                        }
                        None => {
                            let direction = match self.direction {
                                Direction::Forward => btree::Direction::Forward,
                                Direction::Backward => btree::Direction::Backward,
                            };
                            place.insert(Cursor::new(
                                &index.tree,
                                range.lower,
                                range.upper,
                                direction,
                            ))
                        }
                    }
                }
            };
            let found = cursor
                .next_batch(&cx.storage.store, limit, parts, &mut self.entries)
                .map_err(storage_error)?;
            if found > 0 {
                budget.spend(found);
                return Ok(true);
            }
            self.reading = false;
        }
    }

    /// Takes back the list of rows that was found, to use its memory again.
    fn give_back(&mut self, rows: Vec<RowId>) {
        self.entries.rows = rows;
    }

    /// Reads the rows of a clustered table that the entries found lead to: they are in the entries, or one descent away.
    fn clustered_rows(
        &self,
        found: &Found,
        table: &Table,
        wanted: &[Wanted],
        cx: &ExecContext<'_>,
    ) -> Result<Batch, Error> {
        let mut made = table.empty_columns(wanted);
        let mut rows = 0;
        if let Some(cluster) = &table.cluster {
            let index = cx.storage.index(self.index)?;
            let reader = RowReader::new(&cluster.codec, wanted);
            for place in 0..found.rows.len() {
                let at = match &found.kept {
                    Some(kept) => kept.get(place).map_or(0, |&at| at as usize),
                    None => place,
                };
                let key = self.entries.key(at).unwrap_or(&[]);
                if index.holds_rows() {
                    let payload = self.entries.payload(at).unwrap_or(&[]);
                    reader.read(&cluster.codec, key, payload, &mut made)?;
                    rows += 1;
                } else {
                    let key = index.primary_key(key)?;
                    let store = &cx.storage.store;
                    rows += usize::from(cluster.fetch(store, key, &reader, &mut made)?);
                }
            }
        }
        Ok(Batch::made(made, rows))
    }
}

/// The IndexScan node: entries, then their rows.
pub(crate) struct IndexScan {
    pub table: TableId,
    pub scan: EntryScan,
    pub wanted: Vec<Wanted>,
    /// Page read last: PostgreSQL keeps it pinned, so a further row of it costs no access.
    pub last: Option<u32>,
    /// The columns given last, to be written again if they were few rows and nobody has them any more.
    pub given: Vec<Rc<Column>>,
}

/// Up to so many rows the memory of their columns is used again: to ask for it takes as long as to read them.
const FEW_ROWS: usize = 64;

impl Operator for IndexScan {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            let limit = budget.batch_rows();
            let Some(found) = self.scan.next(limit, cx, budget)? else {
                return Ok(Step::Done);
            };
            let table = cx.storage.table(self.table)?;
            if table.cluster.is_some() {
                let batch = self.scan.clustered_rows(&found, table, &self.wanted, cx)?;
                if batch.rows > 0 {
                    return Ok(Step::Batch(batch));
                }
                continue;
            }
            let store = &cx.storage.store;
            let mut made = core::mem::take(&mut self.given);
            table.clear_columns(&self.wanted, &mut made);
            if found.rows.len() > 1 {
                table.heap.touch(store, &found.rows);
                for wanted in &self.wanted {
                    if let Wanted::Column(at) = wanted {
                        table.heap.touch_column(store, &found.rows, *at as usize);
                    }
                }
            }
            let mut rows = Vec::with_capacity(found.rows.len());
            for &id in &found.rows {
                rows.extend(table.row_pinned(store, id, &self.wanted, &mut self.last)?);
            }
            for (&wanted, column) in self.wanted.iter().zip(&mut made) {
                let column = Rc::get_mut(column).expect("shared ones were replaced");
                for row in &rows {
                    table.read_value(row, wanted, column)?;
                }
            }
            let rows = rows.len();
            self.scan.give_back(found.rows);
            if rows <= FEW_ROWS {
                self.given.clone_from(&made);
            }
            if rows > 0 {
                return Ok(Step::Batch(Batch::new(made, rows)));
            }
        }
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.scan.rescan();
        self.last = None;
    }
}

/// The IndexOnlyScan node: entries; a row is looked at only where its page may hide it.
pub(crate) struct IndexOnlyScan {
    pub id: NodeId,
    pub table: TableId,
    pub scan: EntryScan,
    /// Page looked at last: PostgreSQL keeps it pinned, so further rows of it cost no access.
    pub last: Option<u32>,
}

impl Operator for IndexOnlyScan {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            let limit = budget.batch_rows();
            let Some(found) = self.scan.next(limit, cx, budget)? else {
                return Ok(Step::Done);
            };
            let table = cx.storage.table(self.table)?;
            let store = &cx.storage.store;
            let mut kept: Vec<u32> = Vec::with_capacity(found.rows.len());
            let mut fetches = 0;
            for (at, &id) in found.rows.iter().enumerate() {
                if table.cluster.is_none() && !table.heap.is_all_visible(store, id.block) {
                    fetches += 1;
                    if table.row_pinned(store, id, &[], &mut self.last)?.is_none() {
                        continue;
                    }
                }
                kept.push(at as u32);
            }
            let rows = found.rows.len();
            cx.metrics(self.id).heap_fetches += fetches;
            if kept.is_empty() {
                continue;
            }
            let selection = (kept.len() < rows).then_some(kept);
            return Ok(Step::Batch(Batch {
                columns: found.columns,
                rows,
                selection,
            }));
        }
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.scan.rescan();
        self.last = None;
    }
}
