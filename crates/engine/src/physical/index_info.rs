//! An index as the planner of one statement sees it: its key parts as expressions over one range-table entry, and its size.

use super::{clause::Clause, index_match::Matched, path::PathKeys};
use crate::{
    catalog::{IndexDef, IndexId},
    logical::{ColumnRef, Expr, ExprKind, RelId},
};
use alloc::{rc::Rc, vec::Vec};
use core::cell::OnceCell;

/// What an index is to its table, if that is clustered.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClusteredRole {
    /// The table is a heap.
    #[default]
    Heap,
    /// The index has the rows in its leaves.
    Rows,
    /// Its entries end with the primary key, these columns, by which a row is found in the tree that has the rows.
    Secondary {
        /// The primary key's columns.
        key: Vec<u16>,
        /// Levels above the leaves of the tree with the rows.
        row_tree_height: u32,
    },
}

/// An index of a base relation.
#[derive(Clone, Debug)]
pub struct IndexInfo {
    /// Number.
    pub id: IndexId,
    /// Definition.
    pub def: Rc<IndexDef>,
    /// The range-table entry.
    pub rel: RelId,
    /// Key parts over `rel`.
    pub keys: Vec<Expr>,
    /// Predicate of a partial index over `rel`.
    pub predicate: Vec<Expr>,
    /// Pages now.
    pub pages: f64,
    /// Entries, estimated.
    pub tuples: f64,
    /// Levels above the leaves.
    pub tree_height: u32,
    /// What it is to a clustered table.
    pub clustered: ClusteredRole,
    /// The query's conditions imply the predicate (true if there is none).
    pub predicate_ok: bool,
    /// The relation's restriction clauses that the predicate does not already imply.
    pub restrict: Rc<[Rc<Clause>]>,
    /// What scans of it are good for, once known. It does not depend on the clauses that they use.
    pub serves: OnceCell<Serves>,
    /// The clauses that it can evaluate, once known.
    pub matched: OnceCell<Matched>,
}

/// What scans of an index are good for.
#[derive(Clone, Debug)]
pub struct Serves {
    /// The order that they give forwards, as far as it is of use.
    pub forward: PathKeys,
    /// The same backwards.
    pub backward: PathKeys,
    /// It has all columns that the query uses.
    pub only: bool,
}

impl IndexInfo {
    /// Whether the column is stored in the index: as a key or included.
    #[must_use]
    pub fn stores(&self, column: u16) -> bool {
        let carried = match &self.clustered {
            ClusteredRole::Secondary { key, .. } => key.contains(&column),
            _ => false,
        };
        carried
            || self.def.include.contains(&column)
            || self.keys.iter().any(|key| {
                matches!(key.kind, ExprKind::Column(ColumnRef { column: at, .. }) if at == column)
            })
    }
}
