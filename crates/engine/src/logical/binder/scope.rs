//! One query level: what names it offers, in which clause the binder stands, what windows it has.
//!
//! PostgreSQL: `ParseNamespaceItem` and `p_expr_kind` of `parse_node.h`.

use crate::{
    catalog::TableId,
    logical::{CteId, Expr, RelId, WindowDef},
};
use alloc::{boxed::Box, vec::Vec};
use parser::Span;

/// A clause, as far as it decides what may stand in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Clause {
    #[default]
    Select,
    JoinOn,
    FromFunction,
    Where,
    GroupBy,
    Having,
    OrderBy,
    DistinctOn,
    Limit,
    Offset,
    Values,
    Returning,
    Update,
    InsertTarget,
    WindowPartition,
    WindowOrder,
    WindowFrame,
    Filter,
    Check,
    Default,
    IndexExpression,
    IndexPredicate,
    Transform,
    Execute,
}

impl Clause {
    /// What PostgreSQL calls it when an aggregate or window function may not stand there.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::JoinOn => "JOIN conditions",
            Self::FromFunction => "functions in FROM",
            Self::Where => "WHERE",
            Self::GroupBy => "GROUP BY",
            Self::Having => "HAVING",
            Self::OrderBy => "ORDER BY",
            Self::DistinctOn => "DISTINCT ON",
            Self::Limit => "LIMIT",
            Self::Offset => "OFFSET",
            Self::Values => "VALUES",
            Self::Returning => "RETURNING",
            Self::Update => "UPDATE",
            Self::InsertTarget => "INSERT",
            Self::WindowPartition => "window PARTITION BY",
            Self::WindowOrder => "window ORDER BY",
            Self::WindowFrame => "window frame clauses",
            Self::Filter => "FILTER",
            Self::Check => "check constraints",
            Self::Default => "DEFAULT expressions",
            Self::IndexExpression => "index expressions",
            Self::IndexPredicate => "index predicates",
            Self::Transform => "transform expressions",
            Self::Execute => "EXECUTE parameters",
        }
    }

    /// Whether aggregates may stand there.
    pub(super) const fn allows_aggregates(self) -> bool {
        matches!(
            self,
            Self::Select
                | Self::Having
                | Self::OrderBy
                | Self::DistinctOn
                | Self::WindowPartition
                | Self::WindowOrder
        )
    }

    /// Whether window calls may stand there.
    pub(super) const fn allows_windows(self) -> bool {
        matches!(self, Self::Select | Self::OrderBy | Self::DistinctOn)
    }

    /// Whether sub-queries may stand there.
    pub(super) const fn allows_subqueries(self) -> bool {
        !matches!(
            self,
            Self::Check
                | Self::Default
                | Self::IndexExpression
                | Self::IndexPredicate
                | Self::Transform
                | Self::Execute
        )
    }
}

/// A column that a FROM item offers.
#[derive(Clone, Debug)]
pub(super) struct OfferedColumn {
    pub(super) name: Box<str>,
    /// Its value: a plain column, or what USING merges.
    pub(super) value: Expr,
}

/// What a FROM item offers: a name to qualify with, and columns.
#[derive(Clone, Debug)]
pub(super) struct Offered {
    /// The alias; empty for a join without one.
    pub(super) alias: Box<str>,
    /// Range-table entry, if it is not a join.
    pub(super) rel: Option<RelId>,
    /// The table behind it, and its name.
    pub(super) table: Option<(TableId, Box<str>)>,
    pub(super) columns: Vec<OfferedColumn>,
    /// May be used as a qualifier.
    pub(super) rel_visible: bool,
    /// Its columns may be used without a qualifier.
    pub(super) columns_visible: bool,
    /// To its left in the same FROM: only LATERAL items see it.
    pub(super) lateral_only: bool,
    /// … and not even they, from the wrong side of an outer join.
    pub(super) lateral_ok: bool,
}

/// A WITH name that a level defines.
#[derive(Clone, Debug)]
pub(super) struct VisibleCte {
    pub(super) name: Box<str>,
    pub(super) cte: CteId,
    /// While its own recursive term is bound: the reference reads the working table.
    pub(super) working: bool,
}

/// One query level.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) offered: Vec<Offered>,
    /// LATERAL is being bound: `lateral_only` items can be seen.
    pub(super) lateral_active: bool,
    pub(super) ctes: Vec<VisibleCte>,
    pub(super) clause: Clause,
    /// An aggregate of this level was met (and where).
    pub(super) aggregate: Option<Span>,
    /// Inside the arguments of an aggregate.
    pub(super) in_aggregate: bool,
    /// Inside the arguments of a window call.
    pub(super) in_window: bool,
    pub(super) windows: Vec<WindowDef>,
    /// A set-returning function of the select list, to be joined to FROM.
    pub(super) set_returning: Option<RelId>,
    /// Names and columns of outer levels are out of reach (view bodies).
    pub(super) closed: bool,
}
