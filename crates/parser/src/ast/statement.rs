//! Statements: the top of the tree, and those that change rows or the session.

use super::{
    AlterIndex, AlterTable, Cluster, CreateIndex, CreateStatistics, CreateTable, CreateTableAs,
    CreateView, Drop, DropBehavior, Expression, Identifier, IndexElement, ObjectName, Query,
    Reindex, SelectItem, TableReference, TypeName, With,
};
use crate::Span;
use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// One statement.
#[derive(Debug, PartialEq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// From its first to its last token, without the semicolon.
    pub span: Span,
}

/// The statements. Those with a plan are shared: they outlive the script that they were read from.
#[derive(Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum StatementKind {
    Query(Rc<Query>),
    Insert(Rc<Insert>),
    Update(Rc<Update>),
    Delete(Rc<Delete>),
    Truncate(Truncate),
    Copy(Box<Copy>),
    CreateTable(Box<CreateTable>),
    CreateTableAs(Box<CreateTableAs>),
    CreateIndex(Box<CreateIndex>),
    CreateView(Box<CreateView>),
    CreateStatistics(Box<CreateStatistics>),
    AlterTable(Box<AlterTable>),
    AlterIndex(Box<AlterIndex>),
    Drop(Drop),
    Reindex(Box<Reindex>),
    Cluster(Cluster),
    Analyze(Analyze),
    Vacuum(Vacuum),
    Explain(Explain),
    Set(Box<SetStatement>),
    /// `SHOW name`, or all.
    Show(Option<ObjectName>),
    /// `RESET name`, or all.
    Reset(Option<ObjectName>),
    Begin(TransactionModes),
    Commit,
    Rollback,
    Savepoint(Identifier),
    /// `RELEASE [SAVEPOINT] name`
    ReleaseSavepoint(Identifier),
    /// `ROLLBACK TO [SAVEPOINT] name`
    RollbackTo(Identifier),
    Prepare(Box<Prepare>),
    Execute(Execute),
    /// `DEALLOCATE [PREPARE] name`, or all.
    Deallocate(Option<Identifier>),
}

/// The table an `UPDATE` or `DELETE` changes.
#[derive(Debug, PartialEq, Eq)]
pub struct TargetTable {
    /// The table.
    pub name: ObjectName,
    /// `AS alias`
    pub alias: Option<Identifier>,
}

/// `INSERT INTO table [(columns)] source [ON CONFLICT …] [RETURNING …]`
#[derive(Debug, PartialEq)]
pub struct Insert {
    /// The `WITH` clause.
    pub with: Option<With>,
    /// The table.
    pub table: TargetTable,
    /// The columns given; all if empty.
    pub columns: Vec<Identifier>,
    /// The rows.
    pub source: InsertSource,
    /// `ON CONFLICT`
    pub on_conflict: Option<OnConflict>,
    /// `RETURNING`
    pub returning: Vec<SelectItem>,
}

/// Where an `INSERT`'s rows come from.
#[derive(Debug, PartialEq)]
pub enum InsertSource {
    /// `DEFAULT VALUES`
    DefaultValues,
    /// `VALUES …` (where [`super::ExpressionKind::Default`] may stand) or a query.
    Query(Box<Query>),
}

/// `ON CONFLICT [target] DO …`
#[derive(Debug, PartialEq)]
pub struct OnConflict {
    /// Which conflict; any if none.
    pub target: Option<ConflictTarget>,
    /// What to do.
    pub action: ConflictAction,
    /// The whole clause.
    pub span: Span,
}

/// Which conflict is meant.
#[derive(Debug, PartialEq)]
pub enum ConflictTarget {
    /// `(elements) [WHERE …]`
    Index {
        /// The key of a unique index.
        elements: Vec<IndexElement>,
        /// Its condition.
        filter: Option<Expression>,
    },
    /// `ON CONSTRAINT name`
    Constraint(Identifier),
}

/// What to do on conflict.
#[derive(Debug, PartialEq)]
pub enum ConflictAction {
    /// `DO NOTHING`
    Nothing,
    /// `DO UPDATE SET … [WHERE …]`
    Update {
        /// The assignments.
        assignments: Vec<Assignment>,
        /// Only these rows.
        filter: Option<Expression>,
    },
}

/// `column = value` or `(columns) = row`
#[derive(Debug, PartialEq)]
pub struct Assignment {
    /// What is set.
    pub target: AssignmentTarget,
    /// To what: for several columns a row or a subquery.
    pub value: Expression,
    /// The whole assignment.
    pub span: Span,
}

/// What an assignment sets.
#[derive(Debug, PartialEq, Eq)]
pub enum AssignmentTarget {
    /// `column`
    Column(Identifier),
    /// `(a, b)`
    Columns(Vec<Identifier>),
}

/// `UPDATE table SET … [FROM …] [WHERE …] [RETURNING …]`
#[derive(Debug, PartialEq)]
pub struct Update {
    /// The `WITH` clause.
    pub with: Option<With>,
    /// The table.
    pub table: TargetTable,
    /// `SET`
    pub assignments: Vec<Assignment>,
    /// `FROM`
    pub from: Vec<TableReference>,
    /// `WHERE`
    pub filter: Option<Expression>,
    /// `RETURNING`
    pub returning: Vec<SelectItem>,
}

/// `DELETE FROM table [USING …] [WHERE …] [RETURNING …]`
#[derive(Debug, PartialEq)]
pub struct Delete {
    /// The `WITH` clause.
    pub with: Option<With>,
    /// The table.
    pub table: TargetTable,
    /// `USING`
    pub using: Vec<TableReference>,
    /// `WHERE`
    pub filter: Option<Expression>,
    /// `RETURNING`
    pub returning: Vec<SelectItem>,
}

/// `TRUNCATE [TABLE] tables [RESTART IDENTITY] [CASCADE]`
#[derive(Debug, PartialEq)]
pub struct Truncate {
    /// At least one.
    pub tables: Vec<ObjectName>,
    /// With `RESTART IDENTITY`.
    pub restart_identity: bool,
    /// What happens to dependants.
    pub behavior: DropBehavior,
}

/// `COPY source FROM | TO endpoint [options] [WHERE …]`
#[derive(Debug, PartialEq)]
pub struct Copy {
    /// What is filled or written out.
    pub source: CopySource,
    /// Which way.
    pub direction: CopyDirection,
    /// The other end.
    pub endpoint: CopyEndpoint,
    /// In PostgreSQL 9's and in today's spelling alike: `format`, `header`, `delimiter`, `null`, …
    pub options: Vec<UtilityOption>,
    /// `WHERE`: only these rows come in.
    pub filter: Option<Expression>,
}

/// What `COPY` fills or writes out.
#[derive(Debug, PartialEq)]
pub enum CopySource {
    /// A table.
    Table {
        /// The table.
        name: ObjectName,
        /// Its columns; all if empty.
        columns: Vec<Identifier>,
    },
    /// `(SELECT …)`; only outwards.
    Query(Box<Query>),
}

/// Which way `COPY` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyDirection {
    /// `FROM`: into the table.
    From,
    /// `TO`: out of it.
    To,
}

/// The far end of `COPY`.
#[derive(Debug, PartialEq, Eq)]
pub enum CopyEndpoint {
    /// `STDIN` or `STDOUT`
    Standard,
    /// A file's name
    File(Box<str>),
}

/// `name [value]` in a statement's option list. Names are in lower case.
#[derive(Debug, PartialEq)]
pub struct UtilityOption {
    /// `analyze`, `format`, …
    pub name: Identifier,
    /// The value, if written; usually none means true.
    pub value: Option<ParameterValue>,
    /// `(a, b)` where the value is a list of columns, as in `FORCE_QUOTE (a, b)`.
    pub columns: Vec<Identifier>,
}

/// A setting's or option's value, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterValue {
    /// Word, string or number.
    pub kind: ParameterValueKind,
    /// Words in lower case, strings without quotes, numbers with their sign.
    pub text: Box<str>,
    /// Where it stands.
    pub span: Span,
}

/// The forms of parameter values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ParameterValueKind {
    Word,
    String,
    Number,
}

/// A table to look after, with the columns that matter.
#[derive(Debug, PartialEq, Eq)]
pub struct MaintenanceTarget {
    /// The table.
    pub table: ObjectName,
    /// Its columns; all if empty.
    pub columns: Vec<Identifier>,
}

/// `ANALYZE [VERBOSE] [tables]`
#[derive(Debug, PartialEq)]
pub struct Analyze {
    /// `VERBOSE` and what stands in brackets.
    pub options: Vec<UtilityOption>,
    /// Which tables; all if empty.
    pub targets: Vec<MaintenanceTarget>,
}

/// `VACUUM [FULL] [FREEZE] [VERBOSE] [ANALYZE] [tables]`
#[derive(Debug, PartialEq)]
pub struct Vacuum {
    /// The words and what stands in brackets.
    pub options: Vec<UtilityOption>,
    /// Which tables; all if empty.
    pub targets: Vec<MaintenanceTarget>,
}

/// `EXPLAIN [ANALYZE] [VERBOSE] statement` or `EXPLAIN (options) statement`
#[derive(Debug, PartialEq)]
pub struct Explain {
    /// The words and what stands in brackets, alike.
    pub options: Vec<UtilityOption>,
    /// What is explained.
    pub statement: Box<Statement>,
}

/// `SET [SESSION | LOCAL] name = value`
#[derive(Debug, PartialEq)]
pub struct SetStatement {
    /// For how long.
    pub scope: SetScope,
    /// The setting.
    pub name: ObjectName,
    /// Its value.
    pub value: SetValue,
}

/// For how long a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum SetScope {
    Session,
    Local,
}

/// What a setting is set to.
#[derive(Debug, PartialEq, Eq)]
pub enum SetValue {
    /// `DEFAULT`
    Default,
    /// One value, or several separated by commas.
    Values(Vec<ParameterValue>),
}

/// What follows `BEGIN`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionModes {
    /// `ISOLATION LEVEL`
    pub isolation: Option<IsolationLevel>,
    /// `READ ONLY` is true, `READ WRITE` is false.
    pub read_only: Option<bool>,
    /// `DEFERRABLE` is true, `NOT DEFERRABLE` is false.
    pub deferrable: Option<bool>,
}

/// What a transaction may see of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum IsolationLevel {
    ReadUncommitted,
    ReadCommitted,
    RepeatableRead,
    Serializable,
}

/// `PREPARE name [(types)] AS statement`
#[derive(Debug, PartialEq)]
pub struct Prepare {
    /// The name.
    pub name: Identifier,
    /// Types of the parameters, as far as given.
    pub types: Vec<TypeName>,
    /// What is prepared.
    pub statement: Rc<Statement>,
}

/// `EXECUTE name [(arguments)]`
#[derive(Debug, PartialEq)]
pub struct Execute {
    /// The name.
    pub name: Identifier,
    /// The parameters' values.
    pub arguments: Vec<Expression>,
}
