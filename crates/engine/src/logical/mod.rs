//! What is asked: names resolved, types checked, not yet how.

mod binder;
mod expr;
mod inspect;
mod node;
mod query;
mod rewrite;
mod walk;

pub use binder::{BindOptions, bind, bind_parameter, data_type};
pub(crate) use binder::{
    Clause, bind_default, bind_over_table, cast_for_column, column_name, find_column,
};
pub use expr::{
    AggregateCall, AggregateFunction, BoolTest, CastContext, ColumnRef, CompareOp, Expr, ExprKind,
    Function, Operator, Origin, ParamId, Quantifier, RelId, SubLink, SubLinkKind, SubPlanId,
    WindowCall, WindowFunction,
};
pub use inspect::{
    collect_columns, columns_forced_non_null, columns_of, contains_aggregate, contains_mutable,
    contains_sublink, contains_volatile, contains_window, flatten_and, is_strict_for,
    outer_columns, query_rels, rels_forced_non_null, rels_in, rels_of, strict_columns,
};
pub use query::{
    BoundStatement, Cte, CteId, Delete, Distinct, FrameBound, FrameUnits, FromItem, Insert,
    InsertSource, JoinKind, OnConflict, OnConflictAction, Query, RangeTableEntry, RelationKind,
    Returning, SetOperation, SetOperator, SortKey, StatementKind, TableFunction, Target, Update,
    WindowDef, WindowFrame,
};
pub use rewrite::{rewrite, simplify, simplify_exists};
pub use walk::{
    expr_any, expr_map, expr_walk, for_each_child, for_each_expr, map_children, map_exprs,
    on_clauses, replace,
};
