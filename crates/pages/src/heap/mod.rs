//! Heap files: rows in arrival order, columns apart inside a page (PAX).
//!
//! Why PAX: a scan of one column touches only that column's bytes, yet a row stays within one page, so that
//! page counts and row addresses are PostgreSQL's. Method: Ailamaki, DeWitt, Hill and Skounakis, "Weaving Relations for
//! Cache Performance", VLDB 2001.

mod append;
mod file;
mod format;
mod layout;
mod page;
mod plan;
mod space;
mod vacuum;
mod write;

pub use file::HeapFile;
pub use layout::{
    ColumnKind, ColumnSlice, ColumnValues, HeapCounts, HotOutcome, IndexedColumns, RowLayout,
    RowRef, RowRun, Updated,
};
pub use page::{ColumnView, HeapPage, RowView};
pub use vacuum::VacuumProgress;

#[cfg(test)]
mod tests;
