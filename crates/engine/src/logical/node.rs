//! Small things about single nodes: an operator's symbol, its opposite and its mirror image, a function's properties,
//! short ways of making an expression and of asking what it is.
//!
//! Why apart from `expr.rs`: that file is the shape alone. What a function does, and so whether it is strict or
//! immutable, is known in `value::function`; here is only the way there.

use super::{ColumnRef, CompareOp, Expr, ExprKind, Function, Operator, Quantifier, RelId};
use crate::value::{
    DataType, Value,
    function::{is_immutable, is_strict, is_volatile, operator_symbol},
};
use alloc::boxed::Box;
use parser::Span;

impl Function {
    /// May answer differently for each row of one statement (PostgreSQL's VOLATILE).
    #[must_use]
    pub const fn is_volatile(self) -> bool {
        is_volatile(self)
    }

    /// Answers the same to the same arguments in any session (PostgreSQL's IMMUTABLE).
    #[must_use]
    pub const fn is_immutable(self) -> bool {
        is_immutable(self)
    }

    /// NULL in any argument gives NULL (PostgreSQL's STRICT).
    #[must_use]
    pub const fn is_strict(self) -> bool {
        is_strict(self)
    }
}

impl CompareOp {
    /// The operator that answers the opposite: NOT (a < b) is a >= b.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Le => Self::Gt,
            Self::Gt => Self::Le,
            Self::Ge => Self::Lt,
        }
    }

    /// The operator with its sides exchanged: a < b is b > a.
    #[must_use]
    pub const fn commuted(self) -> Self {
        match self {
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
        }
    }

    /// As SQL writes it.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

impl Operator {
    /// As SQL writes it (pattern operators in their symbol form, as EXPLAIN prints them).
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        operator_symbol(self)
    }

    /// The operator that answers the opposite, where there is one (LIKE and the regular expressions).
    #[must_use]
    pub const fn negated(self) -> Option<Self> {
        Some(match self {
            Self::Like => Self::NotLike,
            Self::NotLike => Self::Like,
            Self::ILike => Self::NotILike,
            Self::NotILike => Self::ILike,
            Self::RegexMatch => Self::NotRegexMatch,
            Self::NotRegexMatch => Self::RegexMatch,
            Self::RegexIMatch => Self::NotRegexIMatch,
            Self::NotRegexIMatch => Self::RegexIMatch,
            _ => return None,
        })
    }
}

impl Quantifier {
    /// ANY for ALL and the other way round.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Any => Self::All,
            Self::All => Self::Any,
        }
    }
}

impl Expr {
    /// NULL without a type or place.
    #[must_use]
    pub const fn null() -> Self {
        Self::new(
            ExprKind::Const(Value::Null),
            DataType::Unknown,
            Span { start: 0, end: 0 },
        )
    }

    /// A boolean constant without a place.
    #[must_use]
    pub const fn bool(value: bool) -> Self {
        Self::new(
            ExprKind::Const(Value::Bool(value)),
            DataType::Bool,
            Span { start: 0, end: 0 },
        )
    }

    /// A constant without a place.
    #[must_use]
    pub const fn constant(value: Value, data_type: DataType) -> Self {
        Self::new(ExprKind::Const(value), data_type, Span { start: 0, end: 0 })
    }

    /// A column without a place.
    #[must_use]
    pub const fn column(rel: RelId, column: u16, data_type: DataType) -> Self {
        Self::new(
            ExprKind::Column(ColumnRef { rel, column }),
            data_type,
            Span { start: 0, end: 0 },
        )
    }

    /// `left op right`.
    #[must_use]
    pub fn compare(op: CompareOp, left: Self, right: Self) -> Self {
        let span = left.origin.0.to(right.origin.0);
        Self::new(
            ExprKind::Compare(op, Box::new(left), Box::new(right)),
            DataType::Bool,
            span,
        )
    }

    /// Where it was written.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.origin.0
    }

    /// The column, if it is nothing but a column.
    #[must_use]
    pub const fn as_column(&self) -> Option<ColumnRef> {
        match self.kind {
            ExprKind::Column(column) => Some(column),
            _ => None,
        }
    }

    /// The value, if it is a constant.
    #[must_use]
    pub const fn as_const(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Const(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is the constant NULL.
    #[must_use]
    pub const fn is_null_const(&self) -> bool {
        matches!(self.kind, ExprKind::Const(Value::Null))
    }

    /// Whether it is the constant `value`.
    #[must_use]
    pub fn is_bool_const(&self, value: bool) -> bool {
        matches!(self.kind, ExprKind::Const(Value::Bool(held)) if held == value)
    }
}
