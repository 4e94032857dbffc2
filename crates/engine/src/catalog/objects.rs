//! Everything that exists, and how it is found by name.

use super::{IndexDef, IndexId, StatisticsDef, TableDef, TableId, ViewDef};
use crate::collections::SortedMap;
use alloc::{boxed::Box, rc::Rc};

/// Everything that exists, by name and by number. Cloning is cheap (definitions are shared), which is how a
/// transaction remembers what to go back to.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Tables by number.
    pub tables: SortedMap<TableId, Rc<TableDef>>,
    /// Indexes by number; a later index has a larger number, as PostgreSQL's OIDs.
    pub indexes: SortedMap<IndexId, Rc<IndexDef>>,
    /// Views by name.
    pub views: SortedMap<Box<str>, Rc<ViewDef>>,
    /// Statistics objects by name.
    pub statistics: SortedMap<Box<str>, Rc<StatisticsDef>>,
    /// Number of the next table or index: one sequence for both.
    pub next_id: u32,
}

impl Catalog {
    /// The table of that (folded) name. O(tables).
    #[must_use]
    pub fn table_by_name(&self, name: &str) -> Option<&Rc<TableDef>> {
        self.tables.values().find(|table| &*table.name == name)
    }

    /// The index of that (folded) name. O(indexes).
    #[must_use]
    pub fn index_by_name(&self, name: &str) -> Option<&Rc<IndexDef>> {
        self.indexes.values().find(|index| &*index.name == name)
    }

    /// The indexes of a table, oldest first. O(indexes).
    pub fn indexes_of(&self, table: TableId) -> impl DoubleEndedIterator<Item = &Rc<IndexDef>> {
        self.indexes
            .values()
            .filter(move |index| index.table == table)
    }
}
