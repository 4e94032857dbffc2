//! Tables and indexes over one page store: where definitions meet pages.
//!
//! Why one place: a savepoint must bring back pages and the lists of what exists together.

use super::{index::Index, table::Table};
use crate::collections::SortedMap;
use crate::{
    Error, ErrorCode,
    catalog::{IndexDef, IndexId, TableDef, TableId},
    error::storage_error,
    value::Batch,
};
use alloc::rc::Rc;
use pages::{BufferCounts, PageStore, SavepointId, StoreOptions};

/// All that is stored.
pub struct Storage {
    /// The pages.
    pub store: PageStore,
    /// Rows of catalog views that the running statement reads, made before it starts.
    pub system_views: SortedMap<&'static str, Batch>,
    /// Shared, so that a savepoint costs nothing.
    relations: Rc<Relations>,
}

#[derive(Clone, Default)]
struct Relations {
    tables: SortedMap<TableId, Table>,
    indexes: SortedMap<IndexId, Index>,
}

/// What [`Storage::roll_back`] goes back to.
#[derive(Clone)]
pub struct Savepoint {
    id: SavepointId,
    relations: Rc<Relations>,
}

impl Storage {
    /// An empty store.
    #[must_use]
    pub fn new(options: StoreOptions) -> Self {
        Self {
            store: PageStore::new(options),
            system_views: SortedMap::new(),
            relations: Rc::default(),
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
        self.relations
            .tables
            .get(&id)
            .ok_or_else(|| Error::new(ErrorCode::InternalError, "a table has no storage"))
    }

    /// An index.
    ///
    /// # Errors
    /// It was never built (hypothetical): 55000.
    pub fn index(&self, id: IndexId) -> Result<&Index, Error> {
        self.relations.indexes.get(&id).ok_or_else(|| {
            Error::new(
                ErrorCode::ObjectNotInPrerequisiteState,
                "a hypothetical index cannot be read",
            )
            .with_hint("Build the index, or plan without it.")
        })
    }

    /// The built indexes of a table, oldest first.
    pub fn indexes_of(&self, table: TableId) -> impl Iterator<Item = &Index> {
        self.relations
            .indexes
            .values()
            .filter(move |index| index.def.table == table)
    }

    /// Makes room for a table's rows. A clustered table's primary key comes into being with it.
    ///
    /// # Errors
    /// Out of memory.
    pub fn create_table(
        &mut self,
        def: Rc<TableDef>,
        primary_key: Option<Rc<IndexDef>>,
    ) -> Result<(), Error> {
        let table = Table::create(&mut self.store, Rc::clone(&def), primary_key.as_deref())?;
        if let (Some(_), Some(key)) = (&table.cluster, primary_key) {
            let index = Index::create(&mut self.store, Rc::clone(&key), &table, None)?;
            self.relations_mut().indexes.insert(key.id, index);
        }
        self.relations_mut().tables.insert(def.id, table);
        Ok(())
    }

    /// The index whose leaves hold a clustered table's rows.
    pub(crate) fn row_index(&self, table: &Table) -> Option<&Index> {
        let cluster = table.cluster.as_ref()?;
        self.relations.indexes.get(&cluster.index)
    }

    /// Makes an empty tree for an index.
    ///
    /// # Errors
    /// Out of memory.
    pub fn create_index(&mut self, def: Rc<IndexDef>) -> Result<(), Error> {
        let table = self.table(def.table)?.clone();
        let primary = self.row_index(&table).map(|index| Rc::clone(&index.def));
        let index = Index::create(&mut self.store, Rc::clone(&def), &table, primary.as_deref())?;
        self.relations_mut().indexes.insert(def.id, index);
        Ok(())
    }

    /// The definition of a table changed, its rows did not.
    pub fn redefine_table(&mut self, def: Rc<TableDef>) {
        if let Some(table) = self.relations_mut().tables.get_mut(&def.id) {
            table.def = def;
        }
    }

    /// The definition of an index changed, its entries did not.
    pub fn redefine_index(&mut self, def: Rc<IndexDef>) {
        if let Some(index) = self.relations_mut().indexes.get_mut(&def.id) {
            index.def = def;
        }
    }

    /// Frees a table's pages.
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn drop_table(&mut self, id: TableId) -> Result<(), Error> {
        if let Some(table) = self.relations_mut().tables.remove(&id) {
            table.drop_rows(&mut self.store)?;
        }
        Ok(())
    }

    /// Frees an index's pages.
    ///
    /// # Errors
    /// Out of memory for the undo log.
    pub fn drop_index(&mut self, id: IndexId) -> Result<(), Error> {
        if let Some(index) = self.relations_mut().indexes.remove(&id)
            && !index.holds_rows()
        {
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
        let table = self.table(id)?.clone();
        table
            .heap
            .truncate(&mut self.store)
            .map_err(storage_error)?;
        if let Some(cluster) = &table.cluster {
            cluster.tree.clear(&mut self.store).map_err(storage_error)?;
        }
        let trees: alloc::vec::Vec<_> = self
            .indexes_of(id)
            .filter(|index| !index.holds_rows())
            .map(|index| index.tree.clone())
            .collect();
        for tree in trees {
            tree.clear(&mut self.store).map_err(storage_error)?;
        }
        Ok(())
    }

    /// Remembers everything as it is.
    pub fn savepoint(&mut self) -> Savepoint {
        Savepoint {
            id: self.store.begin_savepoint(),
            relations: Rc::clone(&self.relations),
        }
    }

    /// Takes back everything since the savepoint, which stays open.
    pub fn roll_back(&mut self, to: &Savepoint) {
        self.store
            .rollback_to(to.id)
            .unwrap_or_else(|error| panic!("statements nest, so the savepoint is open: {error}"));
        self.relations = Rc::clone(&to.relations);
    }

    /// Keeps everything since the savepoint, and forgets it.
    pub fn release(&mut self, savepoint: Savepoint) {
        self.store
            .release(savepoint.id)
            .unwrap_or_else(|error| panic!("statements nest, so the savepoint is open: {error}"));
    }

    fn relations_mut(&mut self) -> &mut Relations {
        Rc::make_mut(&mut self.relations)
    }

    /// Puts a new, empty heap in the place of a table's, whose description it returns; its pages stay until they are dropped.
    ///
    /// # Errors
    /// Out of memory.
    pub fn swap_table(
        &mut self,
        def: Rc<TableDef>,
        primary_key: Option<Rc<IndexDef>>,
    ) -> Result<Table, Error> {
        let old = self.table(def.id)?.clone();
        self.create_table(def, primary_key)?;
        Ok(old)
    }
}
