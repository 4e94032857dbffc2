//! Building an index over a table that has rows: scan, sort, load, in slices.
//!
//! Why sorted runs that are merged: each run is a bounded piece of work, so that a build can be paused and taken back at any time.

use super::{Index, Storage, TableReader, Wanted};
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
use core::cmp::{Ordering, Reverse};
use pages::order::sort_by;
use pages::{BlockNumber, RowId};

/// Entries in a run.
const RUN_ENTRIES: usize = 1 << 15;

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

/// An entry: the key's first 16 bytes, then where the rest is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Item {
    head: u128,
    row: u64,
    at: u32,
    key_len: u16,
    payload_len: u16,
}

/// Entries whose bytes lie together.
#[derive(Default)]
struct Run {
    items: Vec<Item>,
    bytes: Vec<u8>,
    next: usize,
}

impl Run {
    fn key(&self, item: &Item) -> &[u8] {
        let at = item.at as usize;
        self.bytes
            .get(at..at + usize::from(item.key_len))
            .unwrap_or(&[])
    }

    fn payload(&self, item: &Item) -> &[u8] {
        let at = item.at as usize + usize::from(item.key_len);
        self.bytes
            .get(at..at + usize::from(item.payload_len))
            .unwrap_or(&[])
    }

    /// Compares entries with the same head. Apart, so that the sort, of which there are many copies, stays small.
    #[inline(never)]
    fn compare_rest(&self, a: &Item, b: &Item) -> Ordering {
        if a.key_len > 16 || b.key_len > 16 {
            self.key(a).cmp(self.key(b)).then(a.row.cmp(&b.row))
        } else {
            a.key_len.cmp(&b.key_len).then(a.row.cmp(&b.row))
        }
    }

    fn sort(&mut self) {
        let mut items = core::mem::take(&mut self.items);
        items.sort_unstable_by(|a, b| match a.head.cmp(&b.head) {
            Ordering::Equal => self.compare_rest(a, b),
            decided => decided,
        });
        self.items = items;
    }
}

/// The smallest entry of a run, in the queue of the merge.
#[derive(Default, PartialEq, Eq)]
struct Front {
    head: u128,
    rest: Vec<u8>,
    row: u64,
    run: usize,
}

impl Front {
    fn set(&mut self, run: &Run, item: &Item) {
        self.head = item.head;
        self.row = item.row;
        self.rest.clear();
        if item.key_len > 16 {
            let rest = run.key(item).get(16..).unwrap_or(&[]);
            self.rest.extend_from_slice(rest);
        }
    }
}

impl Ord for Front {
    fn cmp(&self, other: &Self) -> Ordering {
        self.head
            .cmp(&other.head)
            .then_with(|| self.rest.cmp(&other.rest))
            .then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Front {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
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
    current: Run,
    total: u64,
    loaded: u64,
    queue: BinaryHeap<Reverse<Front>>,
    loader: Option<BulkLoader>,
    last_key: Vec<u8>,
}

fn head_of(key: &[u8]) -> u128 {
    let mut head = [0; 16];
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
            current: Run::default(),
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
            self.finish_run();
            for (at, run) in self.runs.iter().enumerate() {
                if let Some(item) = run.items.first() {
                    let mut front = Front {
                        run: at,
                        ..Front::default()
                    };
                    front.set(run, item);
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
        self.runs
            .iter()
            .chain(core::iter::once(&self.current))
            .map(|run| run.bytes.capacity() + run.items.capacity() * size_of::<Item>())
            .sum()
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
                sort_by(&mut roots, Ord::cmp);
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
            let entries = index.entries(&batch)?;
            for (at, &row) in entries.rows.iter().enumerate() {
                let Some(&(_, id)) = roots.get(row as usize) else {
                    break;
                };
                self.note(entries.key(at), entries.payload(at), id);
            }
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
            let entries = index.entries(&batch)?;
            for at in 0..entries.rows.len() {
                self.note(entries.key(at), entries.payload(at), 0);
            }
        }
        let progress = reader.progress(&storage.store);
        self.reader = Some(reader);
        Ok(progress.unwrap_or((1, 1)))
    }

    fn note(&mut self, key: &[u8], payload: &[u8], row: u64) {
        let start = self.current.bytes.len();
        self.current.bytes.extend_from_slice(key);
        self.current.bytes.extend_from_slice(payload);
        // A key beyond 16 bits of length is refused by the tree, whatever its end.
        self.current.items.push(Item {
            head: head_of(key),
            row,
            at: start as u32,
            key_len: u16::try_from(key.len()).unwrap_or(u16::MAX),
            payload_len: u16::try_from(payload.len()).unwrap_or(u16::MAX),
        });
        self.total += 1;
        if self.current.items.len() >= RUN_ENTRIES || self.current.bytes.len() > 1 << 28 {
            self.finish_run();
        }
    }

    fn finish_run(&mut self) {
        let mut run = core::mem::take(&mut self.current);
        if !run.items.is_empty() {
            run.sort();
            self.runs.push(run);
        }
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
        for _ in 0..units.max(1) {
            let Some(mut front) = self.queue.peek_mut() else {
                loader
                    .finish(&mut storage.store, &*index.codec)
                    .map_err(storage_error)?;
                return Ok(None);
            };
            let at = front.0.run;
            let found = self.runs.get_mut(at).and_then(|run| {
                let item = *run.items.get(run.next)?;
                run.next += 1;
                Some(item)
            });
            let (Some(item), Some(run)) = (found, self.runs.get(at)) else {
                PeekMut::pop(front);
                continue;
            };
            // The run's next entry takes the place of this one: one walk through the queue instead of two.
            match run.items.get(run.next) {
                Some(next) => {
                    front.0.set(run, next);
                    drop(front);
                }
                None => {
                    PeekMut::pop(front);
                }
            }
            let (key, payload) = (run.key(&item), run.payload(&item));
            if index.def.unique {
                let own = index.own_key(key)?;
                if self.loaded > 0 && self.last_key == own {
                    return_duplicate(index, key, payload)?;
                }
                self.last_key.clear();
                self.last_key.extend_from_slice(own);
            }
            loader
                .add(
                    &mut storage.store,
                    &*index.codec,
                    key,
                    RowId::from_u64(item.row),
                    payload,
                )
                .map_err(storage_error)?;
            self.loaded += 1;
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
