//! INSERT, UPDATE, DELETE: rows into the heap, entries into every index.
//!
//! UPDATE and DELETE first collect which rows they change, so that no scan meets the new versions. INSERT does so only where it
//! reads the table it fills. All are applied in slices, so they pause like everything else; a failure is undone by the statement's
//! savepoint.

mod clustered;
mod one_row;

use super::{
    columns::{self, RowStore},
    conflict::Conflict,
    constraints::Constraints,
    ledger,
    operator::{
        BATCH_ROWS, Budget, ExecContext, Node, Operator, Step, next_of_all, pause_if_spent,
    },
};
use crate::{
    Error,
    catalog::TableId,
    database::{ByteList, Index, RowValues, Table, Wanted, storage_error},
    value::{Batch, Column, ColumnData},
};
use alloc::{boxed::Box, collections::BTreeSet, rc::Rc, vec::Vec};
pub(crate) use one_row::OneRow;
use pages::{
    RowId,
    heap::{HotOutcome, IndexedColumns},
};

/// Rows changed in one slice.
const SLICE: usize = 256;

/// The rows that a statement changes: by address in a heap, by primary key in a clustered table.
pub(crate) enum Addresses {
    Rows(Vec<RowId>),
    Keys(ByteList),
}

impl Addresses {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::Rows(ids) => ids.len(),
            Self::Keys(keys) => keys.len(),
        }
    }
}

/// A batch of one row that is made when somebody asks for it.
pub(super) enum LazyBatch<'b> {
    Is(&'b Batch),
    Makes(&'b dyn Fn() -> Result<Batch, Error>),
    Made(Batch),
}

impl LazyBatch<'_> {
    /// The batch.
    ///
    /// # Errors
    /// Out of memory.
    pub fn get(&mut self) -> Result<&Batch, Error> {
        if let Self::Makes(make) = self {
            *self = Self::Made(make()?);
        }
        Ok(match self {
            Self::Is(batch) => batch,
            Self::Made(batch) => batch,
            Self::Makes(_) => unreachable!("it was made just now"),
        })
    }
}

/// What the three share.
pub(crate) struct Target {
    pub table: Table,
    pub indexes: Vec<Index>,
    pub constraints: Constraints,
    /// Whether RETURNING asks for rows.
    pub returning: bool,
}

impl Target {
    /// Opens a table for changes.
    pub fn open(
        storage: &crate::database::Storage,
        table: TableId,
        returning: bool,
    ) -> Result<Self, Error> {
        let found = storage.table(table)?.clone();
        Ok(Self {
            constraints: Constraints::new(&found.def)?,
            indexes: storage.indexes_of(table).cloned().collect(),
            table: found,
            returning,
        })
    }

    /// Stores the rows of a dense batch of all columns, and their index entries.
    pub fn insert(&self, batch: &Batch, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        self.constraints.test(batch, cx.slots)?;
        if self.table.cluster.is_some() {
            return self.insert_clustered(batch, cx);
        }
        if batch.rows == 1 {
            let value = |at: usize| batch.columns.get(at)?.value_ref(0);
            return self.insert_row(&value, &mut LazyBatch::Is(batch), &mut Vec::new(), cx);
        }
        let store = &mut cx.storage.store;
        let before = ledger::Before::heap(store);
        let runs = self.table.append(store, &batch.columns, batch.rows)?;
        cx.ledger.heap(&before, store, batch.rows as u64);
        let mut ids: Vec<RowId> = Vec::with_capacity(batch.rows);
        if !self.indexes.is_empty() {
            for run in runs {
                let first = run.first.to_u64();
                ids.extend((0..u64::from(run.rows)).map(|n| RowId::from_u64(first + n)));
            }
        }
        for index in &self.indexes {
            let store = &mut cx.storage.store;
            let before = ledger::Before::index(store, index);
            let entries = index.entries(batch)?;
            index.insert_all(store, &self.table, &entries, &ids)?;
            cx.ledger
                .index(&before, store, index, entries.rows.len() as u64, 0);
        }
        *cx.affected += batch.rows as u64;
        Ok(())
    }

    /// As [`Self::insert`] for one row of a heap, tested already: straight from its values to the pages. `batch` has the same values, for
    /// indexes of expressions and for messages; `memory` is memory to use.
    fn insert_row(
        &self,
        value: RowValues<'_, '_>,
        batch: &mut LazyBatch<'_>,
        memory: &mut Vec<u8>,
        cx: &mut ExecContext<'_>,
    ) -> Result<(), Error> {
        let store = &mut cx.storage.store;
        let before = ledger::Before::heap(store);
        let id = self.table.insert(store, value, memory)?;
        cx.ledger.heap(&before, store, 1);
        for index in &self.indexes {
            let before = ledger::Before::index(store, index);
            let mut added = 1;
            if !index.is_plain() {
                let entries = index.entries(batch.get()?)?;
                for at in 0..entries.rows.len() {
                    index.insert(store, &self.table, &entries, at, id)?;
                }
                added = entries.rows.len() as u64;
            } else if !index.insert_plain(store, &self.table, value, id, memory)? {
                return Err(index.violation(&index.entries(batch.get()?)?, 0));
            }
            cx.ledger.index(&before, store, index, added, 0);
        }
        *cx.affected += 1;
        Ok(())
    }

    /// Writes new versions of the rows at `rows`: `new` and `old` hold all columns, dense.
    pub fn update(
        &self,
        rows: &Addresses,
        old: &Batch,
        new: &Batch,
        assigned: &[u16],
        cx: &mut ExecContext<'_>,
    ) -> Result<(), Error> {
        self.constraints.test(new, cx.slots)?;
        let ids = match rows {
            Addresses::Rows(ids) => ids,
            Addresses::Keys(keys) => return self.update_clustered(keys, old, new, cx),
        };
        let watched: Vec<u16> = assigned
            .iter()
            .copied()
            .filter(|&column| self.indexes.iter().any(|index| index.depends_on(column)))
            .collect();
        let mut moved: Vec<(u32, RowId)> = Vec::new();
        let mut memory = Vec::new();
        let store = &mut cx.storage.store;
        let before = ledger::Before::heap(store);
        for (row, &id) in ids.iter().enumerate() {
            let changed = watched.iter().any(|&column| {
                let at = column as usize;
                match (old.columns.get(at), new.columns.get(at)) {
                    (Some(old), Some(new)) => old.get(row) != new.get(row),
                    _ => true,
                }
            });
            let indexed = if changed {
                IndexedColumns::Changed
            } else {
                IndexedColumns::Unchanged
            };
            let value = |at: usize| new.columns.get(at)?.value_ref(row);
            let updated = self.table.update(store, id, &value, indexed, &mut memory)?;
            cx.ledger.updated(updated.hot);
            if updated.hot != HotOutcome::Hot {
                moved.push((row as u32, updated.row_id));
            }
        }
        cx.ledger.heap(&before, store, ids.len() as u64);
        if !moved.is_empty() {
            let (rows, ids): (Vec<u32>, Vec<RowId>) = moved.into_iter().unzip();
            let batch = columns::dense(Batch {
                columns: new.columns.clone(),
                rows: new.rows,
                selection: Some(rows),
            })?;
            for index in &self.indexes {
                let store = &mut cx.storage.store;
                let before = ledger::Before::index(store, index);
                let entries = index.entries(&batch)?;
                index.insert_all(store, &self.table, &entries, &ids)?;
                cx.ledger
                    .index(&before, store, index, entries.rows.len() as u64, 0);
            }
        }
        *cx.affected += ids.len() as u64;
        Ok(())
    }

    /// All columns of rows.
    pub fn fetch(&self, rows: &Addresses, cx: &ExecContext<'_>) -> Result<Batch, Error> {
        let wanted = all_columns(&self.table);
        match rows {
            Addresses::Rows(ids) => self.table.fetch(&cx.storage.store, ids, &wanted),
            Addresses::Keys(keys) => self.table.fetch_keys(&cx.storage.store, keys, &wanted),
        }
    }

    /// Removes rows.
    fn delete(&self, rows: &Addresses, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let ids = match rows {
            Addresses::Rows(ids) => ids,
            Addresses::Keys(keys) => return self.delete_clustered(keys, cx),
        };
        let store = &mut cx.storage.store;
        let before = ledger::Before::heap(store);
        for &id in ids {
            self.table.heap.delete(store, id).map_err(storage_error)?;
        }
        cx.ledger.heap(&before, store, ids.len() as u64);
        *cx.affected += ids.len() as u64;
        Ok(())
    }
}

/// All of a table's columns.
fn all_columns(table: &Table) -> Vec<Wanted> {
    let columns = 0..table.types.len();
    columns.map(|at| Wanted::Column(at as u16)).collect()
}

/// The Insert node.
pub(crate) struct Insert {
    pub target: Target,
    pub input: Node,
    pub conflict: Option<Box<Conflict>>,
    /// Whether all rows are collected first, since the input reads the table.
    pub collect: bool,
    pub pending: RowStore,
    pub next: usize,
    pub ended: bool,
    /// What is being stored, and how far.
    pub batch: Option<(Batch, usize)>,
}

impl Insert {
    fn store(&mut self, batch: Batch, cx: &mut ExecContext<'_>) -> Result<Option<Batch>, Error> {
        let width = self.target.table.types.len();
        let batch = Batch {
            columns: batch.columns.into_iter().take(width).collect(),
            rows: batch.rows,
            selection: None,
        };
        let stored = match &mut self.conflict {
            None => {
                self.target.insert(&batch, cx)?;
                Some(batch)
            }
            Some(conflict) => conflict.insert(&self.target, &batch, cx)?,
        };
        Ok(if self.target.returning { stored } else { None })
    }
}

impl Operator for Insert {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            if let Some((batch, from)) = self.batch.take() {
                let to = (from + budget.left().min(4 * SLICE)).min(batch.rows);
                let slice = if from == 0 && to == batch.rows {
                    batch.clone()
                } else {
                    let rows: Vec<u32> = (from as u32..to as u32).collect();
                    columns::dense(Batch {
                        columns: batch.columns.clone(),
                        rows: batch.rows,
                        selection: Some(rows),
                    })?
                };
                budget.spend((to - from) * (1 + self.target.indexes.len()));
                let stored = self.store(slice, cx)?;
                if to < batch.rows {
                    self.batch = Some((batch, to));
                }
                match stored {
                    Some(stored) if stored.rows > 0 => return Ok(Step::Batch(stored)),
                    _ => continue,
                }
            }
            if self.collect && !self.ended {
                let batch = next_of_all!(self.input, cx, budget, {
                    self.ended = true;
                    continue;
                });
                budget.spend(batch.selected());
                let grown = self.pending.append(&batch)?;
                cx.memory.take(grown)?;
                continue;
            }
            if self.collect {
                let to = (self.next + BATCH_ROWS).min(self.pending.rows);
                if self.next >= to {
                    return Ok(Step::Done);
                }
                let batch = self.pending.range(self.next, to)?;
                self.next = to;
                self.batch = Some((batch, 0));
                continue;
            }
            let batch =
                columns::dense(next_of_all!(self.input, cx, budget, return Ok(Step::Done)))?;
            self.batch = Some((batch, 0));
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        if let Some(conflict) = &mut self.conflict {
            conflict.touched.clear();
        }
        self.pending = RowStore::default();
        self.next = 0;
        self.ended = false;
        self.batch = None;
        self.input.rescan(cx);
    }
}

/// What UPDATE and DELETE do to the rows that they have collected.
pub(crate) enum Change {
    /// New values of these columns are the input's first columns.
    Update(Vec<u16>),
    Delete,
}

/// The Update and Delete nodes.
pub(crate) struct Modify {
    pub target: Target,
    pub input: Node,
    pub change: Change,
    /// Which of the input's columns are the row's address: one, or a clustered table's primary key.
    pub address: Vec<usize>,
    pub seen: BTreeSet<u64>,
    pub seen_keys: BTreeSet<Vec<u8>>,
    pub pending: RowStore,
    pub next: usize,
    pub ended: bool,
}

impl Modify {
    fn collect(&mut self, batch: Batch, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let mut batch = batch;
        let rows = columns::selected_rows(&batch);
        let mut kept = Vec::with_capacity(rows.len());
        let mut grown = 0;
        if let Some(cluster) = &self.target.table.cluster {
            let key = self.address_columns(&batch.columns);
            for row in rows {
                let mut bytes = Vec::new();
                if key.iter().any(|part| columns::is_null(part, row as usize)) {
                    continue;
                }
                cluster.key_of(&key, row as usize, &mut bytes)?;
                let size = bytes.len() + 32;
                if self.seen_keys.insert(bytes) {
                    kept.push(row);
                    grown += size;
                }
            }
        } else if let Some(addresses) = self.address.first().and_then(|&at| batch.columns.get(at))
            && let ColumnData::Int8(ids) = &addresses.data
        {
            for row in rows {
                let id = ids.get(row as usize).copied().unwrap_or(0) as u64;
                // A row that several others join with is changed once.
                if !columns::is_null(addresses, row as usize) && self.seen.insert(id) {
                    kept.push(row);
                }
            }
        }
        grown += 16 * kept.len();
        batch.selection = Some(kept);
        let grown = grown + self.pending.append(&batch)?;
        cx.memory.take(grown)
    }

    fn address_columns(&self, columns: &[Rc<Column>]) -> Vec<Rc<Column>> {
        let found = self.address.iter().filter_map(|&at| columns.get(at));
        found.map(Rc::clone).collect()
    }

    fn apply(&mut self, to: usize, cx: &mut ExecContext<'_>) -> Result<Option<Batch>, Error> {
        let input = self.pending.range(self.next, to)?;
        self.next = to;
        let address = self.address_columns(&input.columns);
        let ids = match (
            &self.target.table.cluster,
            address.first().map(|column| &column.data),
        ) {
            (Some(cluster), _) => Addresses::Keys(cluster.keys(&address, input.rows)?),
            (None, Some(ColumnData::Int8(ids))) => {
                Addresses::Rows(ids.iter().map(|&id| RowId::from_u64(id as u64)).collect())
            }
            _ => Addresses::Rows(Vec::new()),
        };
        let table: Vec<Rc<Column>> = match &self.change {
            Change::Update(assigned) => {
                let old = self.target.fetch(&ids, cx)?;
                let mut new = old.columns.clone();
                for (&column, value) in assigned.iter().zip(&input.columns) {
                    if let Some(place) = new.get_mut(column as usize) {
                        *place = Rc::clone(value);
                    }
                }
                let new = Batch {
                    columns: new,
                    rows: old.rows,
                    selection: None,
                };
                self.target.update(&ids, &old, &new, assigned, cx)?;
                new.columns
            }
            Change::Delete => {
                let old = if self.target.returning {
                    self.target.fetch(&ids, cx)?.columns
                } else {
                    Vec::new()
                };
                self.target.delete(&ids, cx)?;
                old
            }
        };
        if !self.target.returning {
            return Ok(None);
        }
        let mut made = table;
        made.extend(input.columns);
        Ok(Some(Batch {
            columns: made,
            rows: ids.len(),
            selection: None,
        }))
    }
}

impl Operator for Modify {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            if !self.ended {
                let batch = next_of_all!(self.input, cx, budget, {
                    self.ended = true;
                    continue;
                });
                budget.spend(batch.selected());
                self.collect(batch, cx)?;
                continue;
            }
            let to = (self.next + budget.left().min(SLICE)).min(self.pending.rows);
            if self.next >= to {
                return Ok(Step::Done);
            }
            budget.spend((to - self.next) * (1 + self.target.indexes.len()));
            if let Some(batch) = self.apply(to, cx)? {
                return Ok(Step::Batch(batch));
            }
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.seen.clear();
        self.pending = RowStore::default();
        self.next = 0;
        self.ended = false;
        self.input.rescan(cx);
    }
}
