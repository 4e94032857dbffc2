//! Tables and indexes over one page store: where definitions meet pages.
//!
//! Why one place: a savepoint must bring back pages and the lists of what exists together, and a row that goes into a table must
//! go into its indexes too. Reading is direct: `store`, [`Table::heap`] and [`Index::tree`] are open to operators.

mod bounds;
mod build;
mod check;
mod index;
mod insert;
mod key;
mod key_format;
mod ledger;
mod row_expression;
mod row_len;
mod table;
mod unique;
mod update;

pub use bounds::{KeyLimit, KeyRange};
pub use build::{BuildProgress, IndexBuild};
pub use index::Index;
pub use key_format::{KeyFormat, KeyPart};
pub use ledger::{IndexWrites, TableWrites, WriteLedger};
pub use table::{Table, Wanted};
pub use update::UpdatedRows;

use crate::{
    Error, ErrorCode,
    catalog::{IndexDef, IndexId, TableDef, TableId},
    error::storage_error,
};
use alloc::{collections::BTreeMap, rc::Rc, vec::Vec};
use pages::{BufferCounts, PageStore, SavepointId, StoreOptions};

/// All that is stored.
pub struct Storage {
    /// The pages.
    pub store: PageStore,
    /// What the running statement has written.
    pub ledger: WriteLedger,
    tables: BTreeMap<TableId, Table>,
    indexes: BTreeMap<IndexId, Rc<Index>>,
    /// Indexes of each table, oldest first: what a write walks.
    by_table: BTreeMap<TableId, Rc<[Rc<Index>]>>,
}

/// What [`Storage::roll_back`] goes back to.
pub struct Savepoint {
    id: SavepointId,
    tables: BTreeMap<TableId, Table>,
    indexes: BTreeMap<IndexId, Rc<Index>>,
}

impl Storage {
    /// An empty store.
    #[must_use]
    pub fn new(options: StoreOptions) -> Self {
        Self {
            store: PageStore::new(options),
            ledger: WriteLedger::default(),
            tables: BTreeMap::new(),
            indexes: BTreeMap::new(),
            by_table: BTreeMap::new(),
        }
    }

    /// Counters of the buffer pool.
    #[inline]
    #[must_use]
    pub fn buffer_counts(&self) -> BufferCounts {
        self.store.buffer_counts()
    }

    /// A table.
    ///
    /// # Errors
    /// It has no rows stored: XX000.
    pub fn table(&self, id: TableId) -> Result<&Table, Error> {
        self.tables
            .get(&id)
            .ok_or_else(|| Error::new(ErrorCode::InternalError, "a table has no storage"))
    }

    /// An index.
    ///
    /// # Errors
    /// It was never built (hypothetical): 55000.
    pub fn index(&self, id: IndexId) -> Result<&Rc<Index>, Error> {
        self.indexes.get(&id).ok_or_else(|| {
            Error::new(
                ErrorCode::ObjectNotInPrerequisiteState,
                "a hypothetical index cannot be read",
            )
            .with_hint("Build the index, or plan without it.")
        })
    }

    /// The built indexes of a table, oldest first.
    #[must_use]
    pub fn indexes_of(&self, table: TableId) -> Rc<[Rc<Index>]> {
        self.by_table.get(&table).cloned().unwrap_or_default()
    }

    /// Makes room for a table's rows.
    ///
    /// # Errors
    /// Out of memory; a CHECK that cannot be computed.
    pub fn create_table(&mut self, def: Rc<TableDef>) -> Result<(), Error> {
        let table = Table::create(&mut self.store, Rc::clone(&def))?;
        self.tables.insert(def.id, table);
        Ok(())
    }

    /// Makes an empty tree for an index.
    ///
    /// # Errors
    /// Out of memory; an expression that cannot be computed.
    pub fn create_index(&mut self, def: Rc<IndexDef>) -> Result<(), Error> {
        let table = Rc::clone(&self.table(def.table)?.def);
        let index = Index::create(&mut self.store, Rc::clone(&def), &table)?;
        self.indexes.insert(def.id, Rc::new(index));
        self.list_indexes();
        Ok(())
    }

    /// The definition of a table changed, its rows did not.
    ///
    /// # Errors
    /// A CHECK that cannot be computed.
    pub fn redefine_table(&mut self, def: Rc<TableDef>) -> Result<(), Error> {
        if let Some(table) = self.tables.get_mut(&def.id) {
            table.redefine(def)?;
        }
        Ok(())
    }

    /// The definition of an index changed, its entries did not.
    pub fn redefine_index(&mut self, def: Rc<IndexDef>) {
        if let Some(index) = self.indexes.get_mut(&def.id) {
            Rc::make_mut(index).def = def;
            self.list_indexes();
        }
    }

    /// Frees a table's pages.
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn drop_table(&mut self, id: TableId) -> Result<(), Error> {
        if let Some(table) = self.tables.remove(&id) {
            table
                .heap
                .drop_file(&mut self.store)
                .map_err(storage_error)?;
        }
        Ok(())
    }

    /// Frees an index's pages.
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn drop_index(&mut self, id: IndexId) -> Result<(), Error> {
        if let Some(index) = self.indexes.remove(&id) {
            self.list_indexes();
            index
                .tree
                .drop_tree(&mut self.store)
                .map_err(storage_error)?;
        }
        Ok(())
    }

    /// Removes all rows of a table, and all entries of its indexes.
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn truncate(&mut self, id: TableId) -> Result<(), Error> {
        let heap = self.table(id)?.heap.clone();
        heap.truncate(&mut self.store).map_err(storage_error)?;
        for index in self.indexes_of(id).iter() {
            index.tree.clear(&mut self.store).map_err(storage_error)?;
        }
        Ok(())
    }

    /// Remembers everything as it is.
    pub fn savepoint(&mut self) -> Savepoint {
        Savepoint {
            id: self.store.begin_savepoint(),
            tables: self.tables.clone(),
            indexes: self.indexes.clone(),
        }
    }

    /// Takes back everything since the savepoint, which stays open.
    pub fn roll_back(&mut self, to: &Savepoint) {
        self.store
            .rollback_to(to.id)
            .expect("the savepoint is open: statements nest");
        self.tables = to.tables.clone();
        self.indexes = to.indexes.clone();
        self.list_indexes();
    }

    /// Keeps everything since the savepoint, and forgets it.
    pub fn release(&mut self, savepoint: Savepoint) {
        self.store
            .release(savepoint.id)
            .expect("the savepoint is open: statements nest");
    }

    fn list_indexes(&mut self) {
        let mut lists: BTreeMap<TableId, Vec<Rc<Index>>> = BTreeMap::new();
        for index in self.indexes.values() {
            lists
                .entry(index.def.table)
                .or_default()
                .push(Rc::clone(index));
        }
        self.by_table = lists
            .into_iter()
            .map(|(table, list)| (table, list.into()))
            .collect();
    }
}
