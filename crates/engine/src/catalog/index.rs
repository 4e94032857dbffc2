//! An index's definition.

use super::TableId;
use crate::{logical::Expr, value::DataType};
use alloc::{boxed::Box, string::String, vec::Vec};

/// Number of an index in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexId(pub u32);

/// What a key part is made from.
#[derive(Clone, Debug, PartialEq)]
pub enum IndexKey {
    /// A column of the table.
    Column(u16),
    /// An expression; columns in it refer to the table as `RelId(0)`.
    Expression(Expr),
}

/// One part of the key.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexColumn {
    /// From what.
    pub key: IndexKey,
    /// Type of its values.
    pub data_type: DataType,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST (the default of DESC).
    pub nulls_first: bool,
}

/// Whether the index has pages, and whether the planner may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IndexState {
    /// Built and planned with.
    #[default]
    Real,
    /// Planned with, never built.
    Hypothetical,
    /// Built and maintained, not planned with.
    Hidden,
}

/// An index.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexDef {
    /// Number.
    pub id: IndexId,
    /// Name, folded.
    pub name: Box<str>,
    /// Its table.
    pub table: TableId,
    /// Key parts in order.
    pub columns: Vec<IndexColumn>,
    /// INCLUDE columns.
    pub include: Vec<u16>,
    /// WHERE, as a list of conditions that must all hold; columns refer to the table as `RelId(0)`.
    pub predicate: Vec<Expr>,
    /// The predicate as written.
    pub predicate_text: Option<String>,
    /// UNIQUE.
    pub unique: bool,
    /// NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// Made by PRIMARY KEY or UNIQUE in CREATE TABLE.
    pub constraint: bool,
    /// Leaf fill factor, percent.
    pub fill_factor: u8,
    /// Real, hypothetical, hidden.
    pub state: IndexState,
}
