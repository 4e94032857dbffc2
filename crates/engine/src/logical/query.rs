//! A bound query: PostgreSQL's parse-analysed `Query`, in our words.

use super::{Expr, RelId};
use crate::{
    catalog::{IndexId, TableId},
    value::DataType,
};
use alloc::{boxed::Box, vec::Vec};
use parser::Span;

/// Number of a WITH query, unique in the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CteId(pub u32);

/// A statement that reads or writes rows, with the range table of the whole of it.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundStatement {
    /// What it does.
    pub kind: StatementKind,
    /// Entries of all its queries; `RelId` is the position here. Entry numbers are never reused.
    pub range_table: Vec<RangeTableEntry>,
    /// WITH queries of all levels; `CteId` is the position here.
    pub ctes: Vec<Cte>,
    /// Types of `$1 …`.
    pub params: Vec<DataType>,
}

impl BoundStatement {
    /// The query that finds the rows.
    #[must_use]
    pub const fn query(&self) -> &Query {
        match &self.kind {
            StatementKind::Select(query) => query,
            StatementKind::Insert(insert) => {
                let InsertSource::Query(query) = &insert.source;
                query
            }
            StatementKind::Update(update) => &update.query,
            StatementKind::Delete(delete) => &delete.query,
        }
    }

    /// The same, to change it.
    pub const fn query_mut(&mut self) -> &mut Query {
        match &mut self.kind {
            StatementKind::Select(query) => query,
            StatementKind::Insert(insert) => {
                let InsertSource::Query(query) = &mut insert.source;
                query
            }
            StatementKind::Update(update) => &mut update.query,
            StatementKind::Delete(delete) => &mut delete.query,
        }
    }
}

/// SELECT, INSERT, UPDATE, DELETE.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// SELECT, VALUES
    Select(Query),
    /// INSERT
    Insert(Insert),
    /// UPDATE
    Update(Update),
    /// DELETE
    Delete(Delete),
}

/// One entry of the range table.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeTableEntry {
    /// The alias, or the table's name.
    pub alias: Box<str>,
    /// Whether the alias was written.
    pub alias_written: bool,
    /// What it is.
    pub kind: RelationKind,
    /// Column names as this query sees them.
    pub column_names: Vec<Box<str>>,
    /// Column types.
    pub column_types: Vec<DataType>,
    /// LATERAL (written or, for functions, implied).
    pub lateral: bool,
    /// The query in whose FROM it stands: queries are numbered as they open, the outermost first.
    pub query: u32,
    /// Where it was written.
    pub span: Span,
}

/// What a range-table entry is.
#[derive(Clone, Debug, PartialEq)]
pub enum RelationKind {
    /// A table.
    Table(TableId),
    /// A catalog view (`pg_class` …), by name.
    System(&'static str),
    /// A sub-query; taken out (replaced by `Gone`) when it is pulled up.
    Subquery(Box<Query>),
    /// A function in FROM.
    Function(TableFunction),
    /// VALUES: rows of expressions.
    Values(Vec<Vec<Expr>>),
    /// A reference to a WITH query; `recursive` = the reference of a recursive query to itself.
    Cte {
        /// Which.
        cte: CteId,
        /// The working table of the recursion.
        recursive: bool,
    },
    /// Was pulled up.
    Gone,
}

/// Functions in FROM.
#[derive(Clone, Debug, PartialEq)]
pub enum TableFunction {
    /// `generate_series(start, stop[, step])`
    GenerateSeries(Vec<Expr>),
    /// `unnest(ARRAY[…])`
    Unnest(Vec<Expr>),
}

/// An item of the FROM list, a tree of joins.
#[derive(Clone, Debug, PartialEq)]
pub enum FromItem {
    /// A range-table entry.
    Relation(RelId),
    /// A join. RIGHT is turned into LEFT by swapping, before planning.
    Join {
        /// Kind.
        kind: JoinKind,
        /// Left.
        left: Box<FromItem>,
        /// Right.
        right: Box<FromItem>,
        /// ON, as a list of conditions that must all hold.
        on: Vec<Expr>,
    },
}

/// Kinds of join. Semi and anti joins come from IN and EXISTS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JoinKind {
    /// INNER, CROSS
    Inner,
    /// LEFT
    Left,
    /// RIGHT
    Right,
    /// FULL
    Full,
    /// IN, EXISTS: each left row at most once
    Semi,
    /// NOT EXISTS: left rows without a match
    Anti,
}

/// One output column.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Value.
    pub expr: Expr,
    /// Name.
    pub name: Box<str>,
    /// Not shown: only sorted, grouped or used by DML (PostgreSQL's resjunk).
    pub hidden: bool,
}

/// ORDER BY one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// Position in `Query::targets`.
    pub target: usize,
    /// DESC
    pub descending: bool,
    /// NULLS FIRST
    pub nulls_first: bool,
}

/// DISTINCT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Distinct {
    /// No
    #[default]
    None,
    /// DISTINCT: all shown targets
    All,
    /// DISTINCT ON: positions in `Query::targets`
    On(Vec<usize>),
}

/// SELECT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Output columns, shown and hidden.
    pub targets: Vec<Target>,
    /// FROM.
    pub from: Vec<FromItem>,
    /// WHERE, as a list of conditions that must all hold.
    pub filter: Vec<Expr>,
    /// GROUP BY: positions in `targets`.
    pub group_by: Vec<usize>,
    /// HAVING, as a list of conditions.
    pub having: Vec<Expr>,
    /// Aggregates occur, or GROUP BY, or HAVING.
    pub aggregates: bool,
    /// It was written with a call of an aggregate, whether or not that is read.
    pub calls_aggregates: bool,
    /// WINDOW definitions that calls refer to.
    pub windows: Vec<WindowDef>,
    /// DISTINCT.
    pub distinct: Distinct,
    /// ORDER BY.
    pub order_by: Vec<SortKey>,
    /// LIMIT (bigint).
    pub limit: Option<Expr>,
    /// OFFSET (bigint).
    pub offset: Option<Expr>,
    /// UNION …: then `from` is empty and target `i` is a column reference to the leftmost leaf's column `i`.
    pub set_operation: Option<SetOperation>,
    /// WITH queries that this level defined, in order.
    pub ctes: Vec<CteId>,
    /// FOR UPDATE and kin.
    pub row_locks: bool,
}

/// A tree of set operations.
#[derive(Clone, Debug, PartialEq)]
pub enum SetOperation {
    /// A sub-query entry of the range table.
    Leaf(RelId),
    /// An operation.
    Node {
        /// Which.
        op: SetOperator,
        /// ALL
        all: bool,
        /// Left.
        left: Box<SetOperation>,
        /// Right.
        right: Box<SetOperation>,
        /// Types of the columns that come out.
        types: Vec<DataType>,
    },
}

impl SetOperation {
    /// Adds the leaves to `into`, left to right.
    pub fn collect_leaves(&self, into: &mut Vec<RelId>) {
        match self {
            Self::Leaf(rel) => into.push(*rel),
            Self::Node { left, right, .. } => {
                left.collect_leaves(into);
                right.collect_leaves(into);
            }
        }
    }
}

/// UNION, INTERSECT, EXCEPT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// UNION
    Union,
    /// INTERSECT
    Intersect,
    /// EXCEPT
    Except,
}

/// WITH.
#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    /// Name.
    pub name: Box<str>,
    /// The query; for a recursive one a UNION \[ALL\] whose right side refers to the CTE.
    pub query: Query,
    /// Refers to itself.
    pub recursive: bool,
    /// MATERIALIZED (`Some(true)`), NOT MATERIALIZED (`Some(false)`).
    pub materialized: Option<bool>,
    /// References to it.
    pub references: usize,
    /// Column names.
    pub column_names: Vec<Box<str>>,
    /// Column types.
    pub column_types: Vec<DataType>,
}

/// A window.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowDef {
    /// Name, if written.
    pub name: Option<Box<str>>,
    /// PARTITION BY.
    pub partition_by: Vec<Expr>,
    /// ORDER BY: expression, descending, nulls first.
    pub order_by: Vec<(Expr, bool, bool)>,
    /// Frame.
    pub frame: WindowFrame,
    /// Comparisons with its calls that no row behind the first failing one of a partition passes; the planner fills it in.
    pub run_condition: Vec<Expr>,
}

impl WindowDef {
    /// Whether rows are divided or ordered by an expression.
    #[must_use]
    pub fn is_by(&self, expr: &Expr) -> bool {
        self.partition_by.contains(expr) || self.order_by.iter().any(|(key, _, _)| key == expr)
    }
}

/// Units of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnits {
    /// ROWS
    Rows,
    /// RANGE
    Range,
    /// GROUPS
    Groups,
}

/// One end of a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound {
    /// UNBOUNDED PRECEDING
    UnboundedPreceding,
    /// n PRECEDING
    Preceding(Expr),
    /// CURRENT ROW
    CurrentRow,
    /// n FOLLOWING
    Following(Expr),
    /// UNBOUNDED FOLLOWING
    UnboundedFollowing,
}

/// A frame.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowFrame {
    /// Units.
    pub units: FrameUnits,
    /// Start.
    pub start: FrameBound,
    /// End.
    pub end: FrameBound,
}

/// RETURNING: expressions over the target table (its `RelId`) and, for UPDATE/DELETE, the other relations.
pub type Returning = Vec<Target>;

/// Where INSERT gets its rows.
#[derive(Clone, Debug, PartialEq)]
pub enum InsertSource {
    /// A query that yields one column for each of the *table's* columns, in order, cast and with defaults filled in.
    Query(Query),
}

/// INSERT.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The table.
    pub table: TableId,
    /// Its range-table entry (for RETURNING and ON CONFLICT).
    pub rel: RelId,
    /// The rows.
    pub source: InsertSource,
    /// ON CONFLICT.
    pub on_conflict: Option<OnConflict>,
    /// RETURNING.
    pub returning: Returning,
}

/// ON CONFLICT.
#[derive(Clone, Debug, PartialEq)]
pub struct OnConflict {
    /// The unique indexes that arbitrate; empty = any (only with DO NOTHING).
    pub arbiters: Vec<IndexId>,
    /// What to do.
    pub action: OnConflictAction,
}

/// DO NOTHING, DO UPDATE.
#[derive(Clone, Debug, PartialEq)]
pub enum OnConflictAction {
    /// DO NOTHING
    Nothing,
    /// DO UPDATE SET … WHERE …
    Update {
        /// Column position and new value.
        assignments: Vec<(u16, Expr)>,
        /// WHERE, as a list.
        filter: Vec<Expr>,
        /// Range-table entry of EXCLUDED.
        excluded: RelId,
    },
}

/// UPDATE: `query` yields the row's address (hidden, `ColumnRef::ROW_ID`) and the new values as targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The table.
    pub table: TableId,
    /// Its range-table entry.
    pub rel: RelId,
    /// FROM, WHERE and the new values: its first targets are the assigned values, the last (hidden) the row's address.
    pub query: Query,
    /// Which column the n-th target of `query` sets.
    pub columns: Vec<u16>,
    /// RETURNING.
    pub returning: Returning,
}

/// DELETE: `query` yields the row's address as its last (hidden) target.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// The table.
    pub table: TableId,
    /// Its range-table entry.
    pub rel: RelId,
    /// USING, WHERE.
    pub query: Query,
    /// RETURNING.
    pub returning: Returning,
}
