//! A change of the catalog, and what it asks of the storage.

use crate::{
    catalog::{Catalog, ForeignKey, IndexDef, IndexId, StatisticsDef, TableDef, TableId, ViewDef},
    logical::Expr,
};
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};

/// Something to be done to pages or rows, in the order given. Expressions know the table as `RelId(0)`.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// A new, empty table.
    CreateTable(TableId),
    /// Build an index from the table's rows (none for a hypothetical one).
    BuildIndex(IndexId),
    /// Free a table's pages.
    DropTable(TableId),
    /// Free an index's pages.
    DropIndex(IndexId),
    /// Make every row anew: the n-th expression, over the *old* row, is the n-th column. All its indexes are built anew.
    RewriteTable {
        /// Which.
        table: TableId,
        /// New values, cast.
        columns: Vec<Expr>,
    },
    /// 23502 if the column holds NULL.
    CheckNotNull {
        /// Which table.
        table: TableId,
        /// Which column (of the new layout).
        column: u16,
    },
    /// 23514 if a row makes it false.
    CheckRows {
        /// Which table.
        table: TableId,
        /// The constraint's name.
        name: Box<str>,
        /// What must not be false.
        condition: Expr,
    },
    /// 23503 if a row has no partner.
    CheckForeignKey {
        /// Which table.
        table: TableId,
        /// The constraint.
        key: ForeignKey,
    },
    /// Fill the new table from the statement's query (CREATE TABLE AS).
    FillFromQuery(TableId),
}

/// What a statement changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Tables that are new or have a new definition.
    pub tables: Vec<TableDef>,
    /// Indexes that are new or have a new definition.
    pub indexes: Vec<IndexDef>,
    /// Views that are new or have a new definition.
    pub views: Vec<ViewDef>,
    /// Statistics objects that are new.
    pub statistics: Vec<StatisticsDef>,
    /// Tables that go.
    pub dropped_tables: Vec<TableId>,
    /// Indexes that go.
    pub dropped_indexes: Vec<IndexId>,
    /// Views that go.
    pub dropped_views: Vec<Box<str>>,
    /// Statistics objects that go.
    pub dropped_statistics: Vec<Box<str>>,
    /// What the person is told besides ("relation \"t\" already exists, skipping").
    pub notices: Vec<String>,
    /// What is to be done to pages and rows, in order, after the catalog has changed.
    pub work: Vec<Work>,
}

impl Change {
    /// Nothing but a notice.
    pub(super) fn notice(text: String) -> Self {
        Self {
            notices: Vec::from([text]),
            ..Self::default()
        }
    }
}

impl Catalog {
    /// Carries out a change. O(what changes + tables).
    pub fn apply(&mut self, change: &Change) {
        for table in &change.dropped_tables {
            self.tables.remove(table);
            for (_, other) in self.tables.iter_mut() {
                if other.foreign_keys.iter().any(|key| key.table == *table) {
                    let mut changed = (**other).clone();
                    changed.foreign_keys.retain(|key| key.table != *table);
                    *other = Rc::new(changed);
                }
            }
        }
        for index in &change.dropped_indexes {
            self.indexes.remove(index);
        }
        for view in &change.dropped_views {
            self.views.remove(view);
        }
        for statistics in &change.dropped_statistics {
            self.statistics.remove(statistics);
        }
        for table in &change.tables {
            self.next_id = self.next_id.max(table.id.0 + 1);
            self.tables.insert(table.id, Rc::new(table.clone()));
        }
        for index in &change.indexes {
            self.next_id = self.next_id.max(index.id.0 + 1);
            self.indexes.insert(index.id, Rc::new(index.clone()));
        }
        for view in &change.views {
            self.views.insert(view.name.clone(), Rc::new(view.clone()));
        }
        for statistics in &change.statistics {
            let name = statistics.name.clone();
            self.statistics.insert(name, Rc::new(statistics.clone()));
        }
    }
}
