//! What is asked: names resolved, types checked, not yet how.

mod expr;
mod query;

pub use expr::{
    AggregateCall, AggregateFunction, BoolTest, CastContext, ColumnRef, CompareOp, Expr, ExprKind,
    Function, Operator, Origin, ParamId, Quantifier, RelId, SubLink, SubLinkKind, SubPlanId,
    WindowCall, WindowFunction,
};
pub use query::{
    BoundStatement, Cte, CteId, Delete, Distinct, FrameBound, FrameUnits, FromItem, Insert,
    InsertSource, JoinKind, OnConflict, OnConflictAction, Query, RangeTableEntry, RelationKind,
    Returning, SetOperation, SetOperator, SortKey, StatementKind, TableFunction, Target, Update,
    WindowDef, WindowFrame,
};
