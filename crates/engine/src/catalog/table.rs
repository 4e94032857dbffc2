//! A table's definition.

use super::IndexId;
use crate::{logical::Expr, value::DataType};
use alloc::{boxed::Box, string::String, vec::Vec};

/// Number of a table in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub u32);

/// How rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Organization {
    /// In arrival order, addressed by `RowId`.
    #[default]
    Heap,
    /// In the leaves of the primary key's tree.
    Clustered,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDef {
    /// Name, folded.
    pub name: Box<str>,
    /// Type.
    pub data_type: DataType,
    /// NOT NULL (also by PRIMARY KEY).
    pub not_null: bool,
    /// DEFAULT, bound; no columns in it.
    pub default: Option<Expr>,
    /// ALTER COLUMN … SET STATISTICS.
    pub statistics_target: Option<u16>,
}

/// CHECK (…). Columns in it refer to the table as `RelId(0)`.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckConstraint {
    /// Name.
    pub name: Box<str>,
    /// Must not be false.
    pub condition: Expr,
    /// As written, for the catalog.
    pub text: String,
}

/// What happens to rows whose partner goes or changes its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReferentialAction {
    /// Refuse (NO ACTION and RESTRICT; nothing is deferred, so they are alike).
    #[default]
    Refuse,
    /// CASCADE
    Cascade,
    /// SET NULL
    SetNull,
    /// SET DEFAULT
    SetDefault,
}

/// FOREIGN KEY (columns) REFERENCES table (columns).
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKey {
    /// Name.
    pub name: Box<str>,
    /// The columns here.
    pub columns: Vec<u16>,
    /// The table there; may be this one.
    pub table: TableId,
    /// Its columns: the key of `index`, in the order that matches `columns`.
    pub referenced: Vec<u16>,
    /// The unique index there.
    pub index: IndexId,
    /// ON DELETE.
    pub on_delete: ReferentialAction,
    /// ON UPDATE.
    pub on_update: ReferentialAction,
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableDef {
    /// Number.
    pub id: TableId,
    /// Name, folded.
    pub name: Box<str>,
    /// Columns in order.
    pub columns: Vec<ColumnDef>,
    /// The index behind PRIMARY KEY.
    pub primary_key: Option<IndexId>,
    /// CHECK constraints.
    pub checks: Vec<CheckConstraint>,
    /// FOREIGN KEY constraints.
    pub foreign_keys: Vec<ForeignKey>,
    /// Heap or clustered.
    pub organization: Organization,
    /// `WITH (fillfactor)`, percent, 10..=100.
    pub fill_factor: u8,
}

impl TableDef {
    /// Position of the column of that (folded) name.
    #[must_use]
    pub fn column_position(&self, name: &str) -> Option<u16> {
        self.columns
            .iter()
            .position(|column| &*column.name == name)
            .and_then(|at| u16::try_from(at).ok())
    }
}
