//! The syntax tree: what was written, with the place of each part; no names are resolved.
//!
//! A few forms are told in simpler ones, as PostgreSQL does while parsing: a typed literal is a
//! cast, `EXTRACT`, `SUBSTRING … FROM`, `TRIM`, `POSITION`, `OVERLAY` and `AT TIME ZONE` are
//! calls, `TABLE t` is `SELECT * FROM t`, and a minus before a number is part of the number.
//! No tree is higher than [`crate::MAX_HEIGHT`], so walking it by recursion is safe.

pub mod expression;
pub mod name;
pub mod query;
pub mod schema;
pub mod statement;

pub use expression::{
    BinaryOperator, Case, CaseBranch, Expression, ExpressionKind, FrameBound, FrameExclusion,
    FrameUnit, FunctionCall, LikeKind, Over, QuantifiedRight, Quantifier, SqlValueFunction,
    TruthTest, UnaryOperator, WindowFrame, WindowSpecification,
};
pub use name::{Identifier, IntervalFields, ObjectName, TypeName};
pub use query::{
    Cte, CteBody, Distinct, GroupingElement, GroupingKind, Join, JoinConstraint, JoinKind, Limit,
    LockStrength, LockWait, Locking, Materialization, NamedWindow, NullsOrder, Query, QueryBody,
    Select, SelectItem, SelectItemKind, SetOperation, SetOperator, SortDirection, SortKey,
    TableAlias, TableReference, TableReferenceKind, Values, With,
};
pub use schema::{
    AlterColumnAction, AlterIndex, AlterIndexAction, AlterTable, AlterTableAction,
    AlterTableActionKind, Cluster, ColumnConstraint, ColumnConstraintKind, ColumnDefinition,
    CreateIndex, CreateStatistics, CreateTable, CreateTableAs, CreateView, Drop, DropBehavior,
    DropKind, ForeignKeyReference, IndexElement, IndexTarget, ReferentialAction, Reindex,
    ReindexTarget, StorageParameter, TableConstraint, TableConstraintKind, UniqueConstraint,
};
pub use statement::{
    Analyze, Assignment, AssignmentTarget, ConflictAction, ConflictTarget, Copy, CopyDirection,
    CopyEndpoint, CopySource, Delete, Execute, Explain, Insert, InsertSource, IsolationLevel,
    MaintenanceTarget, OnConflict, ParameterValue, ParameterValueKind, Prepare, SetScope,
    SetStatement, SetValue, Statement, StatementKind, TargetTable, TransactionModes, Truncate,
    Update, UtilityOption, Vacuum,
};
