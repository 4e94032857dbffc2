//! What exists: tables, indexes, views, statistics objects. Names to definitions; no rows, no pages.

pub mod define;
mod index;
mod objects;
mod statistics;
pub mod system;
mod table;
mod view;

pub use index::{IndexColumn, IndexDef, IndexId, IndexKey, IndexState};
pub use objects::Catalog;
pub use statistics::StatisticsDef;
pub use table::{
    CheckConstraint, ColumnDef, ForeignKey, Organization, ReferentialAction, TableDef, TableId,
};
pub use view::ViewDef;
