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
pub(crate) enum Clause {
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
    WindowPartition,
    WindowOrder,
    WindowFrame,
    Check,
    Default,
    IndexExpression,
    IndexPredicate,
    Transform,
    Execute,
}

impl Clause {
    /// What PostgreSQL calls it when an aggregate or window function may not stand there.
    pub(crate) const fn name(self) -> &'static str {
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
            Self::WindowPartition => "window PARTITION BY",
            Self::WindowOrder => "window ORDER BY",
            Self::WindowFrame => "window frame clauses",
            Self::Check => "check constraints",
            Self::Default => "DEFAULT expressions",
            Self::IndexExpression => "index expressions",
            Self::IndexPredicate => "index predicates",
            Self::Transform => "transform expressions",
            Self::Execute => "EXECUTE parameters",
        }
    }

    /// Whether aggregates may stand there.
    pub(crate) const fn allows_aggregates(self) -> bool {
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
    pub(crate) const fn allows_windows(self) -> bool {
        matches!(self, Self::Select | Self::OrderBy | Self::DistinctOn)
    }

    /// Whether sub-queries may stand there.
    pub(crate) const fn allows_subqueries(self) -> bool {
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
pub(crate) struct OfferedColumn {
    pub(crate) name: Box<str>,
    /// Its value: a plain column, or what USING merges.
    pub(crate) value: Expr,
}

/// What a FROM item offers: a name to qualify with, and columns.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    /// The alias; empty for a join without one.
    pub(crate) alias: Box<str>,
    /// Range-table entry, if it is not a join.
    pub(crate) rel: Option<RelId>,
    /// The table behind it, and its name.
    pub(crate) table: Option<(TableId, Box<str>)>,
    pub(crate) columns: Vec<OfferedColumn>,
    /// May be used as a qualifier.
    pub(crate) rel_visible: bool,
    /// Its columns may be used without a qualifier.
    pub(crate) columns_visible: bool,
    /// To its left in the same FROM: only LATERAL items see it.
    pub(crate) lateral_only: bool,
    /// … and not even they, from the wrong side of an outer join.
    pub(crate) lateral_ok: bool,
}

/// A WITH name that a level defines.
#[derive(Clone, Debug)]
pub(crate) struct VisibleCte {
    pub(crate) name: Box<str>,
    pub(crate) cte: CteId,
    /// While its own recursive term is bound: the reference reads the working table.
    pub(crate) working: bool,
}

/// One query level.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// Number of the query, in the order in which queries are opened.
    pub(crate) number: u32,
    pub(crate) offered: Vec<Offered>,
    /// LATERAL is being bound: `lateral_only` items can be seen.
    pub(crate) lateral_active: bool,
    pub(crate) ctes: Vec<VisibleCte>,
    pub(crate) clause: Clause,
    /// An aggregate of this level was met (and where).
    pub(crate) aggregate: Option<Span>,
    /// Inside the arguments of an aggregate.
    pub(crate) in_aggregate: bool,
    /// Inside the arguments of a window call.
    pub(crate) in_window: bool,
    pub(crate) windows: Vec<WindowDef>,
    /// A set-returning function of the select list, to be joined to FROM.
    pub(crate) set_returning: Option<RelId>,
    /// Names and columns of outer levels are out of reach (view bodies).
    pub(crate) closed: bool,
}
