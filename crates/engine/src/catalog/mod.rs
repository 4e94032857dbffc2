//! What exists: tables, indexes, views, statistics objects. Names to definitions; no rows, no pages.

pub mod define;
mod index;
pub mod system;
mod table;

pub use index::{IndexColumn, IndexDef, IndexId, IndexKey, IndexState};
pub use table::{
    CheckConstraint, ColumnDef, ForeignKey, Organization, ReferentialAction, TableDef, TableId,
};

use alloc::{boxed::Box, collections::BTreeMap, rc::Rc, string::String, vec::Vec};
use parser::Span;

/// A view: its text is bound anew at each use.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewDef {
    /// Name, folded.
    pub name: Box<str>,
    /// The query's text.
    pub query: String,
    /// Column names that replace the query's own.
    pub columns: Vec<Box<str>>,
    /// Tables and views that it reads (names), so that DROP … RESTRICT can refuse.
    pub depends_on: Vec<Box<str>>,
    /// Where the query stood in the text that made it (for messages only).
    pub span: Span,
}

/// Extended statistics over columns of one table (CREATE STATISTICS).
#[derive(Clone, Debug, PartialEq)]
pub struct StatisticsDef {
    /// Name, folded.
    pub name: Box<str>,
    /// The table.
    pub table: TableId,
    /// Columns, ascending.
    pub columns: Vec<u16>,
    /// ndistinct
    pub ndistinct: bool,
    /// dependencies
    pub dependencies: bool,
    /// mcv
    pub mcv: bool,
}

/// Everything that exists, by name and by number. Cloning is cheap (definitions are shared), which is how a
/// transaction remembers what to go back to.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Tables by number.
    pub tables: BTreeMap<TableId, Rc<TableDef>>,
    /// Indexes by number; a later index has a larger number, as PostgreSQL's OIDs.
    pub indexes: BTreeMap<IndexId, Rc<IndexDef>>,
    /// Views by name.
    pub views: BTreeMap<Box<str>, Rc<ViewDef>>,
    /// Statistics objects by name.
    pub statistics: BTreeMap<Box<str>, Rc<StatisticsDef>>,
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
