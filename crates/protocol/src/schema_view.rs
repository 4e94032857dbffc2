//! Tables and indexes as they are shown.

use crate::WritePriceView;
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// Everything that exists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SchemaView {
    /// Tables in order of creation.
    pub tables: Vec<TableView>,
    /// Memory.
    pub memory: MemoryView,
    /// Settings that mean something, in alphabetical order.
    pub settings: Vec<SettingView>,
    /// What pages outside the buffer pool would be read from: the setting `storage_device`.
    pub storage_device: String,
}

/// Memory of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MemoryView {
    /// Bytes of one page.
    pub page_bytes: u32,
    /// Pages in use.
    pub pages: f64,
    /// Pages that the buffer pool holds.
    pub buffer_pages: f64,
    /// Bytes of wasm memory.
    pub wasm_bytes: f64,
}

/// A setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SettingView {
    /// PostgreSQL's name.
    pub name: String,
    /// As SHOW prints it.
    pub value: String,
    /// What RESET makes of it.
    pub default: String,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableView {
    /// Number in the catalog.
    pub id: u32,
    /// Name.
    pub name: String,
    /// Live rows.
    pub rows: f64,
    /// Dead row versions.
    pub dead_rows: f64,
    /// Pages.
    pub pages: f64,
    /// Bytes.
    pub bytes: f64,
    /// "heap" or "clustered".
    pub organization: String,
    /// Statistics exist.
    pub analyzed: bool,
    /// Columns in order.
    pub columns: Vec<TableColumnView>,
    /// Indexes in order of creation.
    pub indexes: Vec<IndexView>,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableColumnView {
    /// Name.
    pub name: String,
    /// PostgreSQL's type name.
    pub type_name: String,
    /// NOT NULL.
    pub not_null: bool,
    /// Estimated distinct values, if analysed.
    pub n_distinct: Option<f64>,
    /// Every value is different.
    pub unique: bool,
    /// Fraction that is NULL.
    pub null_fraction: f64,
    /// Correlation with the physical order.
    pub correlation: Option<f64>,
    /// Heights of a few bars, 0..=1, the largest 1: frequencies of common values or densities of bins.
    pub bars: Vec<f32>,
}

/// State of an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexStateView {
    /// Built and used.
    #[default]
    Real,
    /// Planned with, not built.
    Hypothetical,
    /// Built, not planned with.
    Hidden,
}

/// One part of an index key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexPartView {
    /// Column name or expression.
    pub text: String,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST/LAST other than the default.
    pub nulls: Option<String>,
}

/// An index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexView {
    /// Number in the catalog.
    pub id: u32,
    /// Name.
    pub name: String,
    /// Key parts.
    pub parts: Vec<IndexPartView>,
    /// INCLUDE columns.
    pub include: Vec<String>,
    /// WHERE.
    pub predicate: Option<String>,
    /// UNIQUE.
    pub unique: bool,
    /// PRIMARY KEY.
    pub primary: bool,
    /// Belongs to a constraint, so it cannot be dropped alone.
    pub constraint: bool,
    /// State.
    pub state: IndexStateView,
    /// Pages (estimated, if hypothetical).
    pub pages: f64,
    /// Bytes.
    pub bytes: f64,
    /// Levels; a leaf alone is 1.
    pub height: u32,
    /// What each row written costs.
    pub write_price: WritePriceView,
    /// CREATE INDEX as text.
    pub definition: String,
}
