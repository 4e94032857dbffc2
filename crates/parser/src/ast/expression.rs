//! Expressions: everything that has a value once names are resolved.

use super::{Identifier, ObjectName, Query, SortKey, TypeName};
use crate::Span;
use alloc::{boxed::Box, vec::Vec};

/// An expression and where it stands. Brackets around it are not part of the span.
#[derive(Debug, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// From its first to its last token.
    pub span: Span,
}

/// The forms of expressions.
#[derive(Debug, PartialEq)]
pub enum ExpressionKind {
    /// `NULL`
    Null,
    /// `TRUE`, `FALSE`
    Boolean(bool),
    /// A whole number that fits 64 bits, sign included. `integer` if it fits 32 bits, else `bigint`.
    Integer(i64),
    /// Any other number, as written, sign included: `numeric`.
    Decimal(Box<str>),
    /// A string constant of yet unknown type, escapes resolved.
    String(Box<str>),
    /// `DEFAULT` as a value of `INSERT` or `UPDATE`.
    Default,
    /// `column`, `table.column`, `schema.table.column`
    Column(ObjectName),
    /// `table.*` outside a select list's top level, as in `count(t.*)`.
    WholeRow(ObjectName),
    /// `$1`; counts from 1.
    Parameter(u32),
    /// A prefix operator.
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// Where the operator stands.
        operator_span: Span,
        /// Its operand.
        operand: Box<Expression>,
    },
    /// An infix operator, comparisons and arithmetic included.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// Where the operator stands.
        operator_span: Span,
        /// Left operand.
        left: Box<Expression>,
        /// Right operand.
        right: Box<Expression>,
    },
    /// Two or more conditions joined by `AND`, in the order written.
    And(Vec<Expression>),
    /// Two or more conditions joined by `OR`, in the order written.
    Or(Vec<Expression>),
    /// `NOT x`
    Not(Box<Expression>),
    /// `x IS [NOT] NULL | TRUE | FALSE | UNKNOWN`
    Is {
        /// What is tested.
        operand: Box<Expression>,
        /// What for.
        test: TruthTest,
        /// With `NOT`.
        negated: bool,
    },
    /// `a IS [NOT] DISTINCT FROM b`
    IsDistinctFrom {
        /// Left operand.
        left: Box<Expression>,
        /// Right operand.
        right: Box<Expression>,
        /// With `NOT`: null-safe equality.
        negated: bool,
    },
    /// `x [NOT] BETWEEN [SYMMETRIC] low AND high`
    Between {
        /// What is compared.
        operand: Box<Expression>,
        /// First bound.
        low: Box<Expression>,
        /// Second bound.
        high: Box<Expression>,
        /// With `SYMMETRIC`: the bounds may stand in either order.
        symmetric: bool,
        /// With `NOT`.
        negated: bool,
    },
    /// `x [NOT] IN (a, b, …)`
    InList {
        /// What is looked for; may be a [`ExpressionKind::Row`].
        operand: Box<Expression>,
        /// At least one.
        list: Vec<Expression>,
        /// With `NOT`.
        negated: bool,
    },
    /// `x [NOT] IN (SELECT …)`
    InSubquery {
        /// What is looked for; may be a [`ExpressionKind::Row`].
        operand: Box<Expression>,
        /// Where.
        query: Box<Query>,
        /// With `NOT`.
        negated: bool,
    },
    /// `x [NOT] LIKE | ILIKE | SIMILAR TO pattern [ESCAPE e]`, also `~~ ~~* !~~ !~~*`
    Like {
        /// What is matched.
        operand: Box<Expression>,
        /// The pattern.
        pattern: Box<Expression>,
        /// The escape character, if one was named.
        escape: Option<Box<Expression>>,
        /// Which of the three.
        kind: LikeKind,
        /// With `NOT`.
        negated: bool,
    },
    /// `x op ANY|SOME|ALL (SELECT … | array)`
    Quantified {
        /// Left operand.
        left: Box<Expression>,
        /// The operator; `LIKE` and friends come as [`BinaryOperator::Other`] `~~` etc.
        operator: BinaryOperator,
        /// One match is enough, or all must match.
        quantifier: Quantifier,
        /// What is compared with.
        right: QuantifiedRight,
    },
    /// `EXISTS (SELECT …)`
    Exists(Box<Query>),
    /// `(SELECT …)` as a value
    Subquery(Box<Query>),
    /// `ARRAY[a, b, …]`
    Array(Vec<Expression>),
    /// `ARRAY(SELECT …)`
    ArraySubquery(Box<Query>),
    /// `ROW(a, b)` or `(a, b)`
    Row(Vec<Expression>),
    /// `CASE`
    Case(Box<Case>),
    /// `x::t`, `CAST(x AS t)`, and `t 'x'` (whose operand is a string)
    Cast {
        /// What is converted.
        operand: Box<Expression>,
        /// Into what.
        type_name: Box<TypeName>,
    },
    /// A call of a function or aggregate, window functions included.
    Function(Box<FunctionCall>),
    /// `COALESCE(a, b, …)`
    Coalesce(Vec<Expression>),
    /// `NULLIF(a, b)`
    NullIf(Box<Expression>, Box<Expression>),
    /// `GREATEST(a, b, …)`
    Greatest(Vec<Expression>),
    /// `LEAST(a, b, …)`
    Least(Vec<Expression>),
    /// `CURRENT_DATE` and its kin, which are written without brackets.
    SqlValue {
        /// Which one.
        function: SqlValueFunction,
        /// Digits of the second, as in `CURRENT_TIMESTAMP(3)`.
        precision: Option<u32>,
    },
    /// `x COLLATE "C"`
    Collate {
        /// The text.
        operand: Box<Expression>,
        /// How it sorts.
        collation: ObjectName,
    },
    /// `a[1]`
    Subscript {
        /// The array.
        operand: Box<Expression>,
        /// The position.
        index: Box<Expression>,
    },
    /// `(x).field`
    Field {
        /// The row.
        operand: Box<Expression>,
        /// Its field.
        name: Identifier,
    },
    /// `GROUPING(a, b, …)`
    Grouping(Vec<Expression>),
}

/// Operators before their operand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-` before anything but a number
    Minus,
    /// `+`
    Plus,
    /// `~`
    BitNot,
    /// `|/`, `||/`, `@` and all others, as written
    Other(Box<str>),
}

/// Operators between their operands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `=`
    Equal,
    /// `<>` and `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `^`
    Power,
    /// `||`
    Concat,
    /// `~`
    Matches,
    /// `~*`
    MatchesIgnoringCase,
    /// `!~`
    NotMatches,
    /// `!~*`
    NotMatchesIgnoringCase,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `#`
    BitXor,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// Any other, as written
    Other(Box<str>),
}

impl BinaryOperator {
    /// The operator as PostgreSQL writes it (`<>` for `!=`).
    pub fn symbol(&self) -> &str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "^",
            Self::Concat => "||",
            Self::Matches => "~",
            Self::MatchesIgnoringCase => "~*",
            Self::NotMatches => "!~",
            Self::NotMatchesIgnoringCase => "!~*",
            Self::BitAnd => "&",
            Self::BitOr => "|",
            Self::BitXor => "#",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
            Self::Other(symbol) => symbol,
        }
    }
}

/// What `IS` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruthTest {
    /// `IS NULL`, `ISNULL`
    Null,
    /// `IS TRUE`
    True,
    /// `IS FALSE`
    False,
    /// `IS UNKNOWN`
    Unknown,
}

/// The pattern languages with keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeKind {
    /// `LIKE`, `~~`
    Like,
    /// `ILIKE`, `~~*`
    ILike,
    /// `SIMILAR TO`
    SimilarTo,
}

/// How many must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `ANY`, `SOME`
    Any,
    /// `ALL`
    All,
}

/// The right side of a quantified comparison.
#[derive(Debug, PartialEq)]
pub enum QuantifiedRight {
    /// `(SELECT …)`
    Subquery(Box<Query>),
    /// `(array)`
    Array(Box<Expression>),
}

/// `CASE [operand] WHEN … THEN … [ELSE …] END`
#[derive(Debug, PartialEq)]
pub struct Case {
    /// What the branches are compared with; without it they are conditions.
    pub operand: Option<Expression>,
    /// At least one.
    pub branches: Vec<CaseBranch>,
    /// The value if none applies.
    pub otherwise: Option<Expression>,
}

/// `WHEN condition THEN result`
#[derive(Debug, PartialEq)]
pub struct CaseBranch {
    /// Condition, or value to compare with.
    pub when: Expression,
    /// Result.
    pub then: Expression,
}

/// A call of a function, an aggregate or a window function.
#[derive(Debug, PartialEq)]
pub struct FunctionCall {
    /// Which one.
    pub name: ObjectName,
    /// `f(*)`: no arguments are listed then.
    pub star: bool,
    /// `f(DISTINCT …)`
    pub distinct: bool,
    /// The arguments.
    pub arguments: Vec<Expression>,
    /// `f(… ORDER BY …)`
    pub order_by: Vec<SortKey>,
    /// `WITHIN GROUP (ORDER BY …)`
    pub within_group: Vec<SortKey>,
    /// `FILTER (WHERE …)`
    pub filter: Option<Expression>,
    /// `OVER …`
    pub over: Option<Over>,
    /// From the name to the last bracket.
    pub span: Span,
}

/// What follows `OVER`.
#[derive(Debug, PartialEq)]
pub enum Over {
    /// A window of the `WINDOW` clause.
    Name(Identifier),
    /// A window of its own.
    Specification(WindowSpecification),
}

/// `(base PARTITION BY … ORDER BY … frame)`
#[derive(Debug, PartialEq)]
pub struct WindowSpecification {
    /// The named window this one extends.
    pub base: Option<Identifier>,
    /// `PARTITION BY`
    pub partition_by: Vec<Expression>,
    /// `ORDER BY`
    pub order_by: Vec<SortKey>,
    /// The frame, if written.
    pub frame: Option<WindowFrame>,
    /// Brackets included.
    pub span: Span,
}

/// `ROWS | RANGE | GROUPS BETWEEN start AND end [EXCLUDE …]`
#[derive(Debug, PartialEq)]
pub struct WindowFrame {
    /// What the bounds count.
    pub unit: FrameUnit,
    /// First row.
    pub start: FrameBound,
    /// Last row; the current row where only the start is written.
    pub end: FrameBound,
    /// Rows left out.
    pub exclusion: FrameExclusion,
    /// The whole clause.
    pub span: Span,
}

/// What a frame's bounds count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit {
    /// Rows
    Rows,
    /// Values of the sort key
    Range,
    /// Groups of equal sort keys
    Groups,
}

/// One end of a frame.
#[derive(Debug, PartialEq)]
pub enum FrameBound {
    /// `UNBOUNDED PRECEDING`
    UnboundedPreceding,
    /// `n PRECEDING`
    Preceding(Box<Expression>),
    /// `CURRENT ROW`
    CurrentRow,
    /// `n FOLLOWING`
    Following(Box<Expression>),
    /// `UNBOUNDED FOLLOWING`
    UnboundedFollowing,
}

/// Rows near the current one that a frame leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameExclusion {
    /// None, also when nothing is written
    NoOthers,
    /// `EXCLUDE CURRENT ROW`
    CurrentRow,
    /// `EXCLUDE GROUP`
    Group,
    /// `EXCLUDE TIES`
    Ties,
}

/// Functions called without brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum SqlValueFunction {
    CurrentDate,
    CurrentTime,
    CurrentTimestamp,
    LocalTime,
    LocalTimestamp,
    CurrentUser,
    CurrentRole,
    SessionUser,
    User,
    CurrentCatalog,
    CurrentSchema,
}
