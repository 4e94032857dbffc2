//! What a formula asks of the planner: which expressions are variables here, and what statistics they have.
//!
//! Why a trait: the same formulas serve base relations, joins, sub-queries and tests; only the planner knows the range
//! table. Method: PostgreSQL 15 `selfuncs.c`, `examine_variable` and `get_variable_numdistinct`.

use crate::{
    catalog::IndexId,
    logical::{Expr, ExprKind, JoinKind, RelId, SubPlanId},
    physical::{cost::clamp_rows, cost_params::DEFAULT_DISTINCT},
    stats::{ColumnStats, ExtendedStats, IndexEndpoints},
    value::{DataType, TypeClass},
};
use alloc::{rc::Rc, vec::Vec};

/// An index from which a column's present smallest and largest value can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointIndex {
    /// A real, non-partial B-tree index whose first key part is the column.
    pub index: IndexId,
    /// Its first key part is DESC.
    pub descending: bool,
}

/// What is known of an expression (PostgreSQL `VariableStatData`).
#[derive(Clone, Debug, Default)]
pub struct Variable {
    /// Statistics of the column or index expression.
    pub stats: Option<Rc<ColumnStats>>,
    /// The relation all its columns belong to; `None` if there is none or there are several.
    pub rel: Option<RelId>,
    /// Rows of that relation before any condition; 0 if unknown.
    pub tuples: f64,
    /// Rows of that relation after its own conditions.
    pub rows: f64,
    /// Every value occurs once (single-column unique index, only DISTINCT column of a sub-query).
    pub is_unique: bool,
    /// An index that knows its ends.
    pub endpoints: Option<EndpointIndex>,
    /// It is a plain column of a VALUES list (distinct values = rows).
    pub is_values: bool,
    /// Type, where it decides (boolean).
    pub data_type: Option<DataType>,
}

/// A number of distinct values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distinct {
    /// How many.
    pub count: f64,
    /// Nothing is known: the default was taken.
    pub is_default: bool,
}

impl Variable {
    /// Fraction that is NULL; 0 without statistics.
    #[must_use]
    pub fn null_fraction(&self) -> f64 {
        self.stats
            .as_ref()
            .map_or(0.0, |stats| f64::from(stats.null_fraction))
    }

    /// Distinct values in the whole relation (`get_variable_numdistinct`).
    #[must_use]
    pub fn distinct(&self) -> Distinct {
        let known = |count| Distinct {
            count,
            is_default: false,
        };
        let mut estimate = if let Some(stats) = &self.stats {
            f64::from(stats.n_distinct)
        } else if self.data_type == Some(DataType::Bool) {
            2.0
        } else if self.is_values {
            -1.0
        } else {
            0.0
        };
        if self.is_unique {
            estimate = -(1.0 - self.null_fraction());
        }
        if estimate > 0.0 {
            return known(clamp_rows(estimate));
        }
        let default = Distinct {
            count: DEFAULT_DISTINCT,
            is_default: true,
        };
        if self.rel.is_none() || self.tuples <= 0.0 {
            return default;
        }
        if estimate < 0.0 {
            return known(clamp_rows(-estimate * self.tuples));
        }
        if self.tuples < DEFAULT_DISTINCT {
            return known(clamp_rows(self.tuples));
        }
        default
    }
}

/// The sides of a join that a clause is weighed for.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    /// Kind of join; outer side first.
    pub kind: JoinKind,
    /// Whether a relation is on the inner side (PostgreSQL `syn_righthand`).
    pub is_inner: &'a dyn Fn(RelId) -> bool,
    /// Rows of the inner side after its conditions, for SEMI and ANTI.
    pub inner_rows: f64,
}

/// How a clause is used.
#[derive(Clone, Copy)]
pub enum Scope<'a> {
    /// As a restriction. With a relation, only its columns are variables and all others are values not known yet (a
    /// parameterised scan, PostgreSQL's `varRelid`).
    Restriction(Option<RelId>),
    /// In a join: clauses over two or more relations get join formulas, the others restriction formulas.
    Join(Sides<'a>),
}

/// The planner's knowledge.
pub trait VariableSource {
    /// What is known of an expression. Casts that change no bytes are already taken off.
    fn examine(&self, expr: &Expr) -> Variable;

    /// Whether a relation belongs to the query level being planned. Columns of others are parameters.
    fn is_local(&self, rel: RelId) -> bool;

    /// Whether a sub-plan takes a column of `rel`, or of any relation of this level, as its parameter.
    fn is_read_by(&self, _plan: SubPlanId, _rel: Option<RelId>) -> bool {
        false
    }

    /// Reads ends of indexes.
    fn index_ends(&self) -> &dyn IndexEndpoints;

    /// A selectivity that is given for all conditions on the column that `clause` alone speaks of: which, and how much.
    fn forced(&self, _clause: &Expr) -> Option<(usize, f64)> {
        None
    }

    /// Whether there are extended statistics at all.
    fn has_extended(&self) -> bool {
        false
    }

    /// Extended statistics of a relation's table.
    fn extended(&self, _rel: RelId) -> Vec<Rc<ExtendedStats>> {
        Vec::new()
    }

    /// Whether two expressions are known to be equal by an equivalence class.
    fn known_equal(&self, _left: &Expr, _right: &Expr) -> bool {
        false
    }
}

/// Takes off casts that change no bytes: varchar to text and such (PostgreSQL's `RelabelType`).
#[must_use]
pub fn strip_relabel(mut expr: &Expr) -> &Expr {
    while let ExprKind::Cast(inner, _) = &expr.kind {
        let free = inner.data_type == expr.data_type
            || (inner.data_type.class() == TypeClass::Text
                && matches!(expr.data_type, DataType::Text | DataType::Varchar(None))
                && !matches!(inner.data_type, DataType::Char(_)));
        if !free {
            break;
        }
        expr = inner;
    }
    expr
}
