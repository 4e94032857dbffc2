//! Queries: `SELECT`, `VALUES`, set operations and everything around them.

use super::{Expression, FunctionCall, Identifier, ObjectName, Statement, WindowSpecification};
use crate::Span;
use alloc::{boxed::Box, vec::Vec};

/// A whole query: `[WITH …] body [ORDER BY …] [LIMIT …] [OFFSET …] [FOR …]`
#[derive(Debug, PartialEq)]
pub struct Query {
    /// The `WITH` clause.
    pub with: Option<With>,
    /// What yields the rows.
    pub body: QueryBody,
    /// How the whole is sorted.
    pub order_by: Vec<SortKey>,
    /// `LIMIT` or `FETCH FIRST`; `LIMIT ALL` is none.
    pub limit: Option<Limit>,
    /// `OFFSET`
    pub offset: Option<Expression>,
    /// `FOR UPDATE` and kin.
    pub locking: Vec<Locking>,
    /// The whole query, without brackets around it.
    pub span: Span,
}

/// What yields a query's rows.
#[derive(Debug, PartialEq)]
pub enum QueryBody {
    /// `SELECT …`
    Select(Box<Select>),
    /// `VALUES …`
    Values(Values),
    /// `… UNION …`
    SetOperation(Box<SetOperation>),
    /// `(SELECT … ORDER BY … LIMIT …)`: a query in brackets with clauses of its own. Brackets
    /// without need are not kept.
    Nested(Box<Query>),
}

/// `VALUES (a, b), (c, d)`
#[derive(Debug, PartialEq)]
pub struct Values {
    /// The rows. Equal length is the binder's business.
    pub rows: Vec<Vec<Expression>>,
    /// The whole clause.
    pub span: Span,
}

/// `left UNION | INTERSECT | EXCEPT [ALL] right`
#[derive(Debug, PartialEq)]
pub struct SetOperation {
    /// Which one.
    pub operator: SetOperator,
    /// With `ALL`: duplicates stay.
    pub all: bool,
    /// Left input.
    pub left: QueryBody,
    /// Right input.
    pub right: QueryBody,
    /// Both inputs included.
    pub span: Span,
    /// The operator's word.
    pub operator_span: Span,
}

/// The operations on sets of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

/// One `SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW …`
#[derive(Debug, PartialEq)]
pub struct Select {
    /// `DISTINCT`
    pub distinct: Option<Distinct>,
    /// What is selected; may be empty.
    pub items: Vec<SelectItem>,
    /// The tables, separated by commas.
    pub from: Vec<TableReference>,
    /// `WHERE`
    pub filter: Option<Expression>,
    /// `GROUP BY`
    pub group_by: Vec<GroupingElement>,
    /// `HAVING`
    pub having: Option<Expression>,
    /// `WINDOW`
    pub windows: Vec<NamedWindow>,
    /// The whole clause.
    pub span: Span,
}

/// Which duplicates go.
#[derive(Debug, PartialEq)]
pub enum Distinct {
    /// `DISTINCT`
    Rows,
    /// `DISTINCT ON (…)`
    On(Vec<Expression>),
}

/// One entry of a select list or of `RETURNING`.
#[derive(Debug, PartialEq)]
pub struct SelectItem {
    /// What it is.
    pub kind: SelectItemKind,
    /// Alias included.
    pub span: Span,
}

/// The forms of select items.
#[derive(Debug, PartialEq)]
pub enum SelectItemKind {
    /// `x [AS name]`
    Expression {
        /// The value.
        expression: Expression,
        /// Its name.
        alias: Option<Identifier>,
    },
    /// `*` or `t.*`
    Wildcard {
        /// The table, if named.
        qualifier: Option<ObjectName>,
    },
}

/// One entry of `GROUP BY`.
#[derive(Debug, PartialEq)]
pub struct GroupingElement {
    /// What it is.
    pub kind: GroupingKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of grouping elements.
#[derive(Debug, PartialEq)]
pub enum GroupingKind {
    /// An expression or an ordinal.
    Expression(Expression),
    /// `()`
    Empty,
    /// `ROLLUP (…)`
    Rollup(Vec<Expression>),
    /// `CUBE (…)`
    Cube(Vec<Expression>),
    /// `GROUPING SETS (…)`
    Sets(Vec<GroupingElement>),
}

/// `name AS (…)` in the `WINDOW` clause
#[derive(Debug, PartialEq)]
pub struct NamedWindow {
    /// The name.
    pub name: Identifier,
    /// The window.
    pub window: WindowSpecification,
}

/// `x [ASC | DESC] [NULLS FIRST | LAST]`
#[derive(Debug, PartialEq)]
pub struct SortKey {
    /// What is sorted by; may be an ordinal or an output name.
    pub expression: Expression,
    /// Upwards unless written otherwise.
    pub direction: SortDirection,
    /// As written; PostgreSQL puts nulls last upwards and first downwards.
    pub nulls: Option<NullsOrder>,
    /// The whole entry.
    pub span: Span,
}

/// Direction of a sort key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum SortDirection {
    #[default]
    Ascending,
    Descending,
}

/// Where nulls go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum NullsOrder {
    First,
    Last,
}

/// `LIMIT n`, `FETCH FIRST n ROWS ONLY | WITH TIES`
#[derive(Debug, PartialEq)]
pub struct Limit {
    /// How many rows.
    pub count: Expression,
    /// Peers of the last row come along.
    pub with_ties: bool,
}

/// `FOR UPDATE [OF t, …] [NOWAIT | SKIP LOCKED]`
#[derive(Debug, PartialEq, Eq)]
pub struct Locking {
    /// How strong.
    pub strength: LockStrength,
    /// Which tables; all if empty.
    pub tables: Vec<ObjectName>,
    /// What to do about other people's locks.
    pub wait: LockWait,
    /// The whole clause.
    pub span: Span,
}

/// Strengths of row locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum LockStrength {
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

/// What a row lock does when the row is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum LockWait {
    Wait,
    NoWait,
    SkipLocked,
}

/// `WITH [RECURSIVE] …`
#[derive(Debug, PartialEq)]
pub struct With {
    /// With `RECURSIVE`.
    pub recursive: bool,
    /// At least one.
    pub ctes: Vec<Cte>,
    /// The whole clause.
    pub span: Span,
}

/// `name (columns) AS [[NOT] MATERIALIZED] (…)`
#[derive(Debug, PartialEq)]
pub struct Cte {
    /// The name.
    pub name: Identifier,
    /// New names for its columns.
    pub columns: Vec<Identifier>,
    /// Whether the planner may fold it into its user.
    pub materialization: Materialization,
    /// What it stands for.
    pub body: CteBody,
    /// The whole entry.
    pub span: Span,
}

/// What a CTE stands for.
#[derive(Debug, PartialEq)]
pub enum CteBody {
    /// A query.
    Query(Box<Query>),
    /// `INSERT`, `UPDATE` or `DELETE`.
    Modify(Box<Statement>),
}

/// Whether a CTE is computed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Materialization {
    /// Nothing written: once if it is used more than once.
    Default,
    /// `MATERIALIZED`
    Always,
    /// `NOT MATERIALIZED`
    Never,
}

/// Something in `FROM`.
#[derive(Debug, PartialEq)]
pub struct TableReference {
    /// What it is.
    pub kind: TableReferenceKind,
    /// Alias included.
    pub span: Span,
}

/// The forms of table references.
#[derive(Debug, PartialEq)]
pub enum TableReferenceKind {
    /// A table, view or CTE.
    Table {
        /// Its name.
        name: ObjectName,
        /// `AS alias`
        alias: Option<TableAlias>,
    },
    /// `[LATERAL] (SELECT …) alias`
    Subquery {
        /// The query.
        query: Box<Query>,
        /// May see what stands before it.
        lateral: bool,
        /// `AS alias`; PostgreSQL 15 demands one.
        alias: TableAlias,
    },
    /// `[LATERAL] f(…) [AS alias]`; always sees what stands before it.
    Function {
        /// The call.
        call: Box<FunctionCall>,
        /// Adds a column that counts rows.
        with_ordinality: bool,
        /// `AS alias`
        alias: Option<TableAlias>,
    },
    /// Two table references joined.
    Join(Box<Join>),
}

/// `left [kind] JOIN right [ON … | USING …]`
#[derive(Debug, PartialEq)]
pub struct Join {
    /// Which rows stay without a partner.
    pub kind: JoinKind,
    /// How rows are matched.
    pub constraint: JoinConstraint,
    /// Left input.
    pub left: TableReference,
    /// Right input.
    pub right: TableReference,
    /// `(a JOIN b …) AS alias`
    pub alias: Option<TableAlias>,
}

/// Which rows of a join stay without a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
}

/// How the rows of a join are matched.
#[derive(Debug, PartialEq)]
pub enum JoinConstraint {
    /// `CROSS JOIN`: each with each
    None,
    /// `ON condition`
    On(Expression),
    /// `USING (columns) [AS alias]`
    Using {
        /// Columns both sides have.
        columns: Vec<Identifier>,
        /// Name of the merged columns.
        alias: Option<Identifier>,
    },
    /// `NATURAL`: all columns both sides have
    Natural,
}

/// `[AS] name [(columns)]`
#[derive(Debug, PartialEq, Eq)]
pub struct TableAlias {
    /// The name.
    pub name: Identifier,
    /// New names for the columns.
    pub columns: Vec<Identifier>,
    /// The whole alias.
    pub span: Span,
}
