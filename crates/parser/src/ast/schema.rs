//! Statements about what exists: tables, indexes, views, statistics.

use super::UtilityOption;
use super::{
    Expression, Identifier, NullsOrder, ObjectName, ParameterValue, Query, SortDirection, TypeName,
};
use crate::Span;
use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// `name [= value]` in `WITH (…)` or `SET (…)`
#[derive(Clone, Debug, PartialEq)]
pub struct StorageParameter {
    /// `fillfactor`, `organization`, …
    pub name: ObjectName,
    /// The value, if written.
    pub value: Option<ParameterValue>,
    /// The whole entry.
    pub span: Span,
}

/// `CREATE [TEMP] TABLE [IF NOT EXISTS] name (…) [WITH (…)]`
#[derive(Debug, PartialEq)]
pub struct CreateTable {
    /// The name.
    pub name: ObjectName,
    /// With `TEMP`.
    pub temporary: bool,
    /// With `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The columns.
    pub columns: Vec<ColumnDefinition>,
    /// The table's constraints.
    pub constraints: Vec<TableConstraint>,
    /// `WITH (…)`
    pub parameters: Vec<StorageParameter>,
}

/// `CREATE [TEMP] TABLE name [(columns)] AS query`
#[derive(Debug, PartialEq)]
pub struct CreateTableAs {
    /// The name.
    pub name: ObjectName,
    /// With `TEMP`.
    pub temporary: bool,
    /// With `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// New names for the columns.
    pub columns: Vec<Identifier>,
    /// `WITH (…)`
    pub parameters: Vec<StorageParameter>,
    /// The rows.
    pub query: Rc<Query>,
    /// `WITH NO DATA` makes it false.
    pub with_data: bool,
}

/// `name type constraints`
#[derive(Debug, PartialEq)]
pub struct ColumnDefinition {
    /// The name.
    pub name: Identifier,
    /// The type.
    pub type_name: TypeName,
    /// `COLLATE`
    pub collation: Option<ObjectName>,
    /// The constraints.
    pub constraints: Vec<ColumnConstraint>,
    /// The whole definition.
    pub span: Span,
}

/// A constraint written with its column.
#[derive(Debug, PartialEq)]
pub struct ColumnConstraint {
    /// `CONSTRAINT name`
    pub name: Option<Identifier>,
    /// What it demands.
    pub kind: ColumnConstraintKind,
    /// The whole constraint.
    pub span: Span,
}

/// What a column's constraint demands.
#[derive(Debug, PartialEq)]
pub enum ColumnConstraintKind {
    /// `NOT NULL`
    NotNull,
    /// `NULL`
    Null,
    /// `DEFAULT x`
    Default(Expression),
    /// `CHECK (x)`
    Check(Expression),
    /// `PRIMARY KEY`; its columns are empty
    PrimaryKey(UniqueConstraint),
    /// `UNIQUE`; its columns are empty
    Unique(UniqueConstraint),
    /// `REFERENCES t (columns)`
    References(ForeignKeyReference),
    /// `GENERATED ALWAYS | BY DEFAULT AS IDENTITY`
    Identity {
        /// `ALWAYS`
        always: bool,
    },
    /// `GENERATED ALWAYS AS (x) STORED`
    Generated(Expression),
}

/// `(columns) [INCLUDE (…)] [NULLS NOT DISTINCT] [WITH (…)]` of a primary key or unique constraint
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UniqueConstraint {
    /// The columns.
    pub columns: Vec<Identifier>,
    /// `INCLUDE`
    pub include: Vec<Identifier>,
    /// Nulls are equal to each other.
    pub nulls_not_distinct: bool,
    /// `WITH (…)`
    pub parameters: Vec<StorageParameter>,
}

/// A constraint of a table.
#[derive(Debug, PartialEq)]
pub struct TableConstraint {
    /// `CONSTRAINT name`
    pub name: Option<Identifier>,
    /// What it demands.
    pub kind: TableConstraintKind,
    /// The whole constraint.
    pub span: Span,
}

/// What a table's constraint demands.
#[derive(Debug, PartialEq)]
pub enum TableConstraintKind {
    /// `PRIMARY KEY (…)`
    PrimaryKey(UniqueConstraint),
    /// `UNIQUE (…)`
    Unique(UniqueConstraint),
    /// `CHECK (x)`
    Check(Expression),
    /// `FOREIGN KEY (columns) REFERENCES t (columns)`
    ForeignKey {
        /// The columns here.
        columns: Vec<Identifier>,
        /// The table there.
        reference: ForeignKeyReference,
    },
}

/// `REFERENCES table (columns) [ON DELETE …] [ON UPDATE …]`
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKeyReference {
    /// The table there.
    pub table: ObjectName,
    /// Its columns; its primary key if empty.
    pub columns: Vec<Identifier>,
    /// `ON DELETE`
    pub on_delete: ReferentialAction,
    /// `ON UPDATE`
    pub on_update: ReferentialAction,
}

/// What happens to rows whose partner goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum ReferentialAction {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// `CREATE [UNIQUE] INDEX …`
#[derive(Debug, PartialEq)]
pub struct CreateIndex {
    /// The name; made up by the engine if none.
    pub name: Option<Identifier>,
    /// With `UNIQUE`.
    pub unique: bool,
    /// With `CONCURRENTLY`.
    pub concurrently: bool,
    /// With `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// The table.
    pub table: ObjectName,
    /// `USING method`
    pub method: Option<Identifier>,
    /// The key, in order.
    pub elements: Vec<IndexElement>,
    /// `INCLUDE (…)`
    pub include: Vec<Identifier>,
    /// Nulls are equal to each other.
    pub nulls_not_distinct: bool,
    /// `WITH (…)`
    pub parameters: Vec<StorageParameter>,
    /// `WHERE`: only these rows are in the index.
    pub filter: Option<Expression>,
}

/// One part of an index key, or of a conflict target.
#[derive(Debug, PartialEq)]
pub struct IndexElement {
    /// Column or expression.
    pub target: IndexTarget,
    /// `COLLATE`
    pub collation: Option<ObjectName>,
    /// Operator class, such as `text_pattern_ops`.
    pub operator_class: Option<ObjectName>,
    /// Upwards unless written otherwise.
    pub direction: SortDirection,
    /// As written; PostgreSQL puts nulls last upwards and first downwards.
    pub nulls: Option<NullsOrder>,
    /// The whole entry.
    pub span: Span,
}

/// What a part of an index key is made of.
#[derive(Debug, PartialEq)]
pub enum IndexTarget {
    /// A column.
    Column(Identifier),
    /// An expression.
    Expression(Expression),
}

/// `DROP kind [IF EXISTS] names [CASCADE | RESTRICT]`
#[derive(Debug, PartialEq)]
pub struct Drop {
    /// Of what.
    pub kind: DropKind,
    /// At least one.
    pub names: Vec<ObjectName>,
    /// With `IF EXISTS`.
    pub if_exists: bool,
    /// With `CONCURRENTLY`.
    pub concurrently: bool,
    /// What happens to dependants.
    pub behavior: DropBehavior,
}

/// What can be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum DropKind {
    Table,
    Index,
    View,
    Statistics,
}

/// What happens to dependants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum DropBehavior {
    #[default]
    Restrict,
    Cascade,
}

/// `ALTER TABLE name actions`
#[derive(Debug, PartialEq)]
pub struct AlterTable {
    /// The table.
    pub name: ObjectName,
    /// With `IF EXISTS`.
    pub if_exists: bool,
    /// In order; a renaming stands alone.
    pub actions: Vec<AlterTableAction>,
}

/// One action of `ALTER TABLE`.
#[derive(Debug, PartialEq)]
pub struct AlterTableAction {
    /// What to do.
    pub kind: AlterTableActionKind,
    /// The whole action.
    pub span: Span,
}

/// The actions of `ALTER TABLE`.
#[derive(Debug, PartialEq)]
pub enum AlterTableActionKind {
    /// `ADD [COLUMN] [IF NOT EXISTS] definition`
    AddColumn {
        /// The column.
        column: Box<ColumnDefinition>,
        /// With `IF NOT EXISTS`.
        if_not_exists: bool,
    },
    /// `DROP [COLUMN] [IF EXISTS] name`
    DropColumn {
        /// The column.
        name: Identifier,
        /// With `IF EXISTS`.
        if_exists: bool,
        /// What happens to dependants.
        behavior: DropBehavior,
    },
    /// `ALTER [COLUMN] name …`
    AlterColumn {
        /// The column.
        name: Identifier,
        /// What to do with it.
        action: AlterColumnAction,
    },
    /// `ADD constraint`
    AddConstraint(Box<TableConstraint>),
    /// `DROP CONSTRAINT [IF EXISTS] name`
    DropConstraint {
        /// The constraint.
        name: Identifier,
        /// With `IF EXISTS`.
        if_exists: bool,
        /// What happens to dependants.
        behavior: DropBehavior,
    },
    /// `RENAME TO name`
    RenameTo(Identifier),
    /// `RENAME [COLUMN] a TO b`
    RenameColumn {
        /// Old name.
        from: Identifier,
        /// New name.
        to: Identifier,
    },
    /// `RENAME CONSTRAINT a TO b`
    RenameConstraint {
        /// Old name.
        from: Identifier,
        /// New name.
        to: Identifier,
    },
    /// `SET (…)`
    Set(Vec<StorageParameter>),
    /// `RESET (…)`
    Reset(Vec<ObjectName>),
    /// `CLUSTER ON index`
    ClusterOn(Identifier),
    /// `SET WITHOUT CLUSTER`
    SetWithoutCluster,
}

/// What to do with a column.
#[derive(Debug, PartialEq)]
pub enum AlterColumnAction {
    /// `SET NOT NULL`
    SetNotNull,
    /// `DROP NOT NULL`
    DropNotNull,
    /// `SET DEFAULT x`
    SetDefault(Expression),
    /// `DROP DEFAULT`
    DropDefault,
    /// `[SET DATA] TYPE t [USING x]`
    SetType {
        /// The new type.
        type_name: Box<TypeName>,
        /// How to convert.
        using: Option<Expression>,
    },
    /// `SET STATISTICS n`
    SetStatistics(i32),
    /// `SET (n_distinct = …)`
    Set(Vec<StorageParameter>),
    /// `RESET (…)`
    Reset(Vec<ObjectName>),
}

/// `ALTER INDEX name …`
#[derive(Debug, PartialEq)]
pub struct AlterIndex {
    /// The index.
    pub name: ObjectName,
    /// With `IF EXISTS`.
    pub if_exists: bool,
    /// What to do.
    pub action: AlterIndexAction,
}

/// The actions of `ALTER INDEX`.
#[derive(Debug, PartialEq)]
pub enum AlterIndexAction {
    /// `RENAME TO name`
    RenameTo(Identifier),
    /// `SET (…)`
    Set(Vec<StorageParameter>),
    /// `RESET (…)`
    Reset(Vec<ObjectName>),
    /// `ALTER [COLUMN] n SET STATISTICS target`
    SetStatistics {
        /// Ordinal of the column, from 1.
        column: u32,
        /// The target.
        target: i32,
    },
}

/// `REINDEX [(options)] INDEX | TABLE … name`
#[derive(Debug, PartialEq)]
pub struct Reindex {
    /// What `name` names.
    pub target: ReindexTarget,
    /// The name.
    pub name: ObjectName,
    /// With `CONCURRENTLY`.
    pub concurrently: bool,
    /// The options.
    pub options: Vec<UtilityOption>,
}

/// What `REINDEX` rebuilds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum ReindexTarget {
    Index,
    Table,
    Schema,
    Database,
    System,
}

/// `CLUSTER [VERBOSE] [table [USING index]]`
#[derive(Debug, PartialEq)]
pub struct Cluster {
    /// With `VERBOSE`.
    pub verbose: bool,
    /// The table; all clustered before if none.
    pub table: Option<ObjectName>,
    /// The index; the one used before if none.
    pub index: Option<Identifier>,
}

/// `CREATE [OR REPLACE] [TEMP] VIEW name [(columns)] AS query`
#[derive(Debug, PartialEq)]
pub struct CreateView {
    /// The name.
    pub name: ObjectName,
    /// With `OR REPLACE`.
    pub or_replace: bool,
    /// With `TEMP`.
    pub temporary: bool,
    /// New names for the columns.
    pub columns: Vec<Identifier>,
    /// `WITH (…)`
    pub parameters: Vec<StorageParameter>,
    /// What it stands for. Its span cuts the definition out of the text.
    pub query: Rc<Query>,
}

/// `CREATE STATISTICS [name] [(kinds)] ON expressions FROM table`
#[derive(Debug, PartialEq)]
pub struct CreateStatistics {
    /// The name; made up by the engine if none.
    pub name: Option<ObjectName>,
    /// With `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `ndistinct`, `dependencies`, `mcv`; all if empty.
    pub kinds: Vec<Identifier>,
    /// Columns and expressions.
    pub expressions: Vec<Expression>,
    /// The table.
    pub table: ObjectName,
}
