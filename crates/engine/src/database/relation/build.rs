//! Building an index over a table that has rows: scan, sort, load, in slices.
//!
//! Why sorted runs that are merged: each run is a bounded piece of work, so that a build can be paused and taken back at any time.
//! Entries with equal keys pass together: only their addresses differ, and those of an earlier run are the lower ones.

mod run;

use self::run::{Run, Unsorted};
use super::{Index, Storage, TableReader, Wanted, index::Entries};
use crate::{
    Error, ErrorCode,
    catalog::{IndexId, TableId},
    error::storage_error,
    value::{Batch, Column},
};
use alloc::{
    collections::{BinaryHeap, binary_heap::PeekMut},
    rc::Rc,
    vec::Vec,
};
use btree::BulkLoader;
use core::cmp::Reverse;
use pages::{BlockNumber, RowId};

/// Entries in a run. Putting a run into order is one step that nothing interrupts, and needs its memory a second time: with whole numbers
/// as keys so many take 8 ms natively. With twice as many an index was built no faster.
const RUN_ENTRIES: usize = 1 << 17;
/// Bytes in a run, for the same reasons: texts of 25 bytes take as long when they are 160,000.
const RUN_BYTES: usize = 1 << 22;

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildProgress {
    /// What is being done: "scanning table", "loading entries".
    pub phase: &'static str,
    /// Blocks scanned or entries loaded.
    pub done: u64,
    /// Of how many.
    pub total: u64,
}

/// The next key of a run, in the queue of the merge; equal keys leave it in the order of runs.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Front {
    head: u128,
    /// All of a key longer than that.
    key: Vec<u8>,
    run: usize,
}

impl Front {
    fn set(&mut self, key: &[u8]) {
        self.head = head_of(key);
        self.key.clear();
        if key.len() > size_of::<u128>() {
            self.key.extend_from_slice(key);
        }
    }
}

/// See the file's header. The index exists and is empty; the caller has a savepoint.
pub struct IndexBuild {
    table: TableId,
    index: IndexId,
    block: u32,
    /// Reads a clustered table.
    reader: Option<TableReader>,
    runs: Vec<Run>,
    current: Unsorted,
    total: u64,
    loaded: u64,
    queue: BinaryHeap<Reverse<Front>>,
    loader: Option<BulkLoader>,
    last_key: Vec<u8>,
}

fn head_of(key: &[u8]) -> u128 {
    let mut head = [0; 16];
    if let Some(first) = key.first_chunk::<16>() {
        return u128::from_be_bytes(*first);
    }
    for (place, &byte) in head.iter_mut().zip(key) {
        *place = byte;
    }
    u128::from_be_bytes(head)
}

impl IndexBuild {
    /// A build that has not begun.
    #[must_use]
    pub fn new(table: TableId, index: IndexId) -> Self {
        Self {
            table,
            index,
            block: 0,
            reader: None,
            runs: Vec::new(),
            current: Unsorted::default(),
            total: 0,
            loaded: 0,
            queue: BinaryHeap::new(),
            loader: None,
            last_key: Vec::new(),
        }
    }

    /// Works for about `units` rows; `None` when the index is complete.
    ///
    /// # Errors
    /// 23505 for a duplicate; 53200; an expression that fails.
    pub fn step(
        &mut self,
        storage: &mut Storage,
        units: u64,
    ) -> Result<Option<BuildProgress>, Error> {
        let index = storage.index(self.index)?.clone();
        if self.loader.is_none() {
            let (done, total) = if storage.table(self.table)?.cluster.is_some() {
                self.scan_leaves(storage, &index, units)?
            } else {
                let pages = self.scan(storage, &index, units)?;
                (u64::from(self.block), u64::from(pages))
            };
            if done < total {
                return Ok(Some(BuildProgress {
                    phase: "scanning table",
                    done,
                    total,
                }));
            }
            self.finish_run()?;
            for (at, run) in self.runs.iter().enumerate() {
                if let Some(entry) = run.peek() {
                    let mut front = Front {
                        run: at,
                        ..Front::default()
                    };
                    front.set(entry.key);
                    self.queue.push(Reverse(front));
                }
            }
            self.loader = Some(BulkLoader::new(&index.tree));
            return Ok(Some(self.loading()));
        }
        self.load(storage, &index, units)
    }

    /// Entries of the index so far.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.total
    }

    /// Bytes of memory taken.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let runs: usize = self.runs.iter().map(Run::memory_bytes).sum();
        runs + self.current.memory_bytes()
    }

    fn loading(&self) -> BuildProgress {
        BuildProgress {
            phase: "loading entries",
            done: self.loaded,
            total: self.total,
        }
    }

    fn scan(&mut self, storage: &Storage, index: &Index, units: u64) -> Result<u32, Error> {
        let table = storage.table(self.table)?.clone();
        let pages = table.heap.pages(&storage.store);
        let wanted: Vec<Wanted> = index
            .depends()
            .iter()
            .map(|&at| Wanted::Column(at))
            .collect();
        let mut left = i64::try_from(units.max(1)).unwrap_or(i64::MAX);
        while self.block < pages && left > 0 {
            // Several pages at a time, so that expressions work on whole batches.
            let mut read = table.empty_columns(&wanted);
            let mut roots: Vec<(u32, u64)> = Vec::new();
            let mut rows = 0;
            while self.block < pages && rows < 1024 {
                let block = BlockNumber(self.block);
                let page = table
                    .heap
                    .page(&storage.store, block)
                    .map_err(storage_error)?;
                let mut visible = Vec::new();
                let slots =
                    table.read_page(&page, block, &wanted, &mut read, rows, &mut visible)?;
                if page.all_slots_visible() {
                    roots.extend((0..slots).map(|slot| {
                        (
                            (rows + slot) as u32,
                            RowId::new(block.0, slot as u16).to_u64(),
                        )
                    }));
                } else {
                    roots.extend(page.indexed_rows().map(|(root, live)| {
                        let id = RowId { block, slot: root };
                        ((rows + usize::from(live.0)) as u32, id.to_u64())
                    }));
                }
                rows += slots;
                self.block += 1;
            }
            left -= rows.max(1) as i64;
            let mut columns = Vec::with_capacity(table.types.len());
            let mut read = read.into_iter();
            let none = Rc::new(Column::new(crate::value::DataType::Bool));
            for at in 0..table.types.len() {
                let wanted = index.depends_on(at as u16);
                let column = if wanted {
                    read.next().map(Rc::new)
                } else {
                    None
                };
                columns.push(column.unwrap_or_else(|| Rc::clone(&none)));
            }
            let dense = roots.len() == rows;
            let mut batch = Batch::new(columns, rows);
            if !dense {
                // In the order of the addresses that entries have, not of the versions that these lead to.
                let live: Vec<u32> = roots.iter().map(|&(row, _)| row).collect();
                batch = Batch::new(
                    batch
                        .columns
                        .iter()
                        .map(|column| {
                            if column.is_empty() {
                                Rc::clone(column)
                            } else {
                                Rc::new(column.gather(&live))
                            }
                        })
                        .collect(),
                    live.len(),
                );
            }
            self.note(&index.entries(&batch)?, |row| {
                roots.get(row as usize).map_or(0, |&(_, id)| id)
            })?;
        }
        Ok(pages)
    }

    /// As [`Self::scan`], for a clustered table: its rows have no addresses, their keys are part of the entries' keys.
    fn scan_leaves(
        &mut self,
        storage: &Storage,
        index: &Index,
        units: u64,
    ) -> Result<(u64, u64), Error> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => TableReader::whole(&storage.store, storage.table(self.table)?.clone())?,
        };
        let mut left = units.max(1) as i64;
        while left > 0
            && let Some(batch) = reader.next(&storage.store)?
        {
            left -= batch.rows.max(1) as i64;
            self.note(&index.entries(&batch)?, |_| 0)?;
        }
        let progress = reader.progress(&storage.store);
        self.reader = Some(reader);
        Ok(progress.unwrap_or((1, 1)))
    }

    /// Takes a batch's entries; `row_id` gives the address of a batch's row.
    fn note(&mut self, entries: &Entries, row_id: impl Fn(u32) -> u64) -> Result<(), Error> {
        let rows = entries.rows.iter().map(|&row| row_id(row));
        self.current
            .append(&entries.keys, &entries.payloads, rows)?;
        self.total += entries.rows.len() as u64;
        if self.current.len() >= RUN_ENTRIES || self.current.bytes() > RUN_BYTES {
            self.finish_run()?;
        }
        Ok(())
    }

    fn finish_run(&mut self) -> Result<(), Error> {
        let run = core::mem::take(&mut self.current);
        if run.len() > 0 {
            self.runs.push(run.sort()?);
        }
        Ok(())
    }

    fn load(
        &mut self,
        storage: &mut Storage,
        index: &Index,
        units: u64,
    ) -> Result<Option<BuildProgress>, Error> {
        let Some(mut loader) = self.loader.take() else {
            return Ok(None);
        };
        let shares = !index.def.unique && !index.codec.has_payload();
        let mut left = usize::try_from(units.max(1)).unwrap_or(usize::MAX);
        while left > 0 {
            let alone = self.queue.len() == 1;
            let Some(mut front) = self.queue.peek_mut() else {
                loader
                    .finish(&mut storage.store, &*index.codec)
                    .map_err(storage_error)?;
                return Ok(None);
            };
            let Some(run) = self.runs.get_mut(front.0.run) else {
                PeekMut::pop(front);
                continue;
            };
            let mut added = 0;
            let mut is_last = false;
            while let Some(entry) = run.peek()
                && (alone || !is_last)
                && added < left
            {
                if index.def.unique {
                    let own = index.own_key(entry.key)?;
                    if self.loaded > 0 && self.last_key == own {
                        return_duplicate(index, entry.key, entry.payload)?;
                    }
                    self.last_key.clear();
                    self.last_key.extend_from_slice(own);
                }
                let row = RowId::from_u64(entry.row);
                let (key, payload) = (entry.key, entry.payload);
                loader
                    .add(&mut storage.store, &*index.codec, key, row, payload)
                    .map_err(storage_error)?;
                is_last = run.advance(1);
                self.loaded += 1;
                added += 1;
                if shares && !is_last {
                    let rows = run.equal_rows(left - added).map(RowId::from_u64);
                    let shared = loader.add_rows(rows);
                    if shared > 0 {
                        is_last = run.advance(shared);
                    }
                    self.loaded += shared as u64;
                    added += shared;
                }
            }
            left -= added.max(1).min(left);
            match run.peek() {
                // Between two keys, where another run may be next: this one's next key takes the old one's place.
                Some(entry) if is_last && !alone => front.0.set(entry.key),
                Some(_) => {}
                None => {
                    PeekMut::pop(front);
                }
            }
        }
        self.loader = Some(loader);
        Ok(Some(self.loading()))
    }
}

/// Two entries have this key: an error unless a NULL in it makes them different.
#[cold]
fn return_duplicate(index: &Index, key: &[u8], payload: &[u8]) -> Result<(), Error> {
    let mut columns: Vec<Option<Column>> = index
        .codec
        .keys
        .iter()
        .map(|part| Some(Column::new(part.data_type)))
        .collect();
    columns.resize(index.codec.keys.len() + index.codec.include.len(), None);
    index.codec.decode(key, payload, &mut columns)?;
    let own = columns.into_iter().take(index.def.columns.len()).flatten();
    let columns: Vec<Rc<Column>> = own.map(Rc::new).collect();
    if !index.def.nulls_not_distinct && columns.iter().any(|column| column.is_null(0)) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::UniqueViolation,
        alloc::format!("could not create unique index \"{}\"", index.def.name),
    )
    .with_detail(alloc::format!(
        "Key {} is duplicated.",
        index.describe_key(&columns, 0)
    )))
}
