//! The definition of extended statistics. What was counted lies in `stats`.

use super::TableId;
use alloc::{boxed::Box, vec::Vec};

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
