//! Bound expressions: every name is a number, every node has a type.
//!
//! One type serves the whole way from binder to executor. A column reference names a range-table entry of the
//! *statement* (`RelId` is unique across its sub-queries), so moving a condition from one query level to another
//! changes nothing in it, and a physical plan's expressions can be printed as they stand. Operators find their inputs by
//! looking an expression up in their child's output list (PostgreSQL does this in `setrefs.c`).

use super::Query;
use crate::value::{DataType, Value};
use alloc::{boxed::Box, vec::Vec};
use parser::Span;

/// Where an expression stood in the text. Any two are equal, so that expressions compare by meaning.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin(pub Span);

impl PartialEq for Origin {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// Number of an entry of the statement's range table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelId(pub u32);

/// Number of a sub-plan of a physical plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubPlanId(pub u32);

/// `$n` of a prepared statement, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(pub u16);

/// A column of a range-table entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnRef {
    /// The entry.
    pub rel: RelId,
    /// Position of the column, from 0. `u16::MAX` is the row's address (PostgreSQL's ctid), used by UPDATE and DELETE.
    pub column: u16,
}

impl ColumnRef {
    /// The column number that stands for the row's address.
    pub const ROW_ID: u16 = u16::MAX;
}

/// A typed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it does.
    pub kind: ExprKind,
    /// Type of its value.
    pub data_type: DataType,
    /// Where it was written.
    pub origin: Origin,
}

/// Comparison operators; they work within a `TypeClass` without casts (integer against bigint, date against timestamp …).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CompareOp {
    /// =
    Eq,
    /// <>
    Ne,
    /// <
    Lt,
    /// <=
    Le,
    /// >
    Gt,
    /// >=
    Ge,
}

/// Other operators. Operand types are as the binder left them (numbers of one type, or the pairs that PostgreSQL has, such as date + integer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// a + b
    Add,
    /// a - b
    Subtract,
    /// a * b
    Multiply,
    /// a / b
    Divide,
    /// a % b
    Modulo,
    /// a ^ b
    Power,
    /// - a
    Negate,
    /// + a
    Plus,
    /// @ a
    Absolute,
    /// a || b
    Concat,
    /// a LIKE b (`~~`)
    Like,
    /// a NOT LIKE b (`!~~`)
    NotLike,
    /// a ILIKE b (`~~*`)
    ILike,
    /// a NOT ILIKE b (`!~~*`)
    NotILike,
    /// a ~ b
    RegexMatch,
    /// a ~* b
    RegexIMatch,
    /// a !~ b
    NotRegexMatch,
    /// a !~* b
    NotRegexIMatch,
    /// a & b
    BitAnd,
    /// a | b
    BitOr,
    /// a # b
    BitXor,
    /// ~ a
    BitNot,
    /// a << b
    ShiftLeft,
    /// a >> b
    ShiftRight,
}

/// Scalar functions. The binder chooses by name and argument types; `value::function` evaluates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(
    missing_docs,
    reason = "each variant is the SQL function of the same name"
)]
pub enum Function {
    Abs,
    Sign,
    Ceil,
    Floor,
    Round,
    Trunc,
    Sqrt,
    Cbrt,
    Exp,
    Ln,
    Log,
    Power,
    Mod,
    Div,
    Gcd,
    Lcm,
    Pi,
    Degrees,
    Radians,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Atan2,
    Factorial,
    WidthBucket,
    Scale,
    Length,
    OctetLength,
    BitLength,
    Lower,
    Upper,
    Initcap,
    Substring,
    Substr,
    Left,
    Right,
    Trim,
    Ltrim,
    Rtrim,
    Btrim,
    Lpad,
    Rpad,
    Replace,
    Position,
    Strpos,
    Repeat,
    Reverse,
    SplitPart,
    Concat,
    ConcatWs,
    StartsWith,
    Ascii,
    Chr,
    Translate,
    Overlay,
    ToHex,
    Md5,
    ToChar,
    RegexpReplace,
    Format,
    QuoteLiteral,
    QuoteIdent,
    Extract,
    DateTrunc,
    Age,
    MakeDate,
    MakeTimestamp,
    MakeInterval,
    ToDate,
    ToTimestamp,
    JustifyDays,
    JustifyHours,
    CurrentDate,
    CurrentTimestamp,
    Random,
    PgTypeof,
    Version,
    CurrentSchema,
    CurrentDatabase,
    CurrentUser,
    GenRandomUuid,
    Hashint4,
    NumNulls,
    NumNonnulls,
    LikeEscape,
    PgRelationSize,
    PgTotalRelationSize,
    PgIndexesSize,
    PgSizePretty,
}

/// How a cast came about: only explicit ones are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CastContext {
    /// Written by the person.
    Explicit,
    /// Put in by the binder.
    Implicit,
    /// By INSERT/UPDATE into a column (lengths are errors, not cut).
    Assignment,
}

/// IS [NOT] TRUE and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolTest {
    /// IS TRUE
    True,
    /// IS NOT TRUE
    NotTrue,
    /// IS FALSE
    False,
    /// IS NOT FALSE
    NotFalse,
    /// IS UNKNOWN
    Unknown,
    /// IS NOT UNKNOWN
    NotUnknown,
}

/// `op ANY (…)` or `op ALL (…)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// ANY, SOME, IN
    Any,
    /// ALL, NOT IN
    All,
}

/// Aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(
    missing_docs,
    reason = "each variant is the SQL aggregate of the same name"
)]
pub enum AggregateFunction {
    CountStar,
    Count,
    Sum,
    Avg,
    Min,
    Max,
    BoolAnd,
    BoolOr,
    StringAgg,
    StddevSamp,
    StddevPop,
    VarSamp,
    VarPop,
    BitAnd,
    BitOr,
    Corr,
    CovarPop,
    CovarSamp,
    PercentileCont,
    PercentileDisc,
    Mode,
    AnyValue,
}

/// An aggregate call.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    /// Which.
    pub function: AggregateFunction,
    /// Arguments (none for `count(*)`).
    pub args: Vec<Expr>,
    /// DISTINCT.
    pub distinct: bool,
    /// ORDER BY inside the call (or WITHIN GROUP): expression, descending, nulls first.
    pub order_by: Vec<(Expr, bool, bool)>,
    /// FILTER (WHERE …).
    pub filter: Option<Box<Expr>>,
}

/// Functions that exist only with OVER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "each variant is the SQL window function of the same name"
)]
pub enum WindowFunction {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
    Aggregate(AggregateFunction),
}

/// A window call; `window` is the position in `Query::windows`.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowCall {
    /// Which.
    pub function: WindowFunction,
    /// Arguments.
    pub args: Vec<Expr>,
    /// FILTER (WHERE …), for aggregates.
    pub filter: Option<Box<Expr>>,
    /// Over which window.
    pub window: usize,
}

/// What a sub-query in an expression is used for.
#[derive(Clone, Debug, PartialEq)]
pub enum SubLinkKind {
    /// (SELECT …) as a value
    Scalar,
    /// EXISTS (SELECT …)
    Exists,
    /// `left op ANY/ALL (SELECT …)`; several left expressions for row comparisons (then `op` is Eq or Ne)
    Quantified {
        /// Left sides, one for each column of the sub-query.
        left: Vec<Expr>,
        /// Comparison.
        op: CompareOp,
        /// ANY or ALL.
        quantifier: Quantifier,
    },
    /// ARRAY(SELECT …)
    Array,
}

/// A sub-query in an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct SubLink {
    /// What for.
    pub kind: SubLinkKind,
    /// The query.
    pub query: Box<Query>,
    /// Columns of the enclosing levels that it refers to, ascending; empty = it need run only once.
    pub outer: Vec<ColumnRef>,
}

/// What an expression does.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Const(Value),
    /// A column.
    Column(ColumnRef),
    /// `$n`.
    Param(ParamId),
    /// left op right
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// Rows, compared by the first field that differs: `op` is an order, and there are at least two fields.
    RowCompare {
        /// Less, less or equal, greater or equal, greater.
        op: CompareOp,
        /// Fields.
        left: Vec<Expr>,
        /// As many, each compared with the one at its place.
        right: Vec<Expr>,
    },
    /// An operator with one or two operands.
    Operator(Operator, Vec<Expr>),
    /// A function.
    Function(Function, Vec<Expr>),
    /// A cast to the node's `data_type`.
    Cast(Box<Expr>, CastContext),
    /// All of them; at least two, flat.
    And(Vec<Expr>),
    /// Any of them; at least two, flat.
    Or(Vec<Expr>),
    /// NOT
    Not(Box<Expr>),
    /// IS NULL; `true` = IS NOT NULL.
    IsNull {
        /// Of what.
        arg: Box<Expr>,
        /// IS NOT NULL.
        negated: bool,
    },
    /// IS TRUE …
    BoolTest(BoolTest, Box<Expr>),
    /// IS DISTINCT FROM; `negated` = IS NOT DISTINCT FROM.
    IsDistinct {
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
        /// IS NOT DISTINCT FROM.
        negated: bool,
    },
    /// `arg op ANY/ALL (list)`: IN is Eq with Any, NOT IN is Ne with All.
    InList {
        /// Left side.
        arg: Box<Expr>,
        /// Comparison.
        op: CompareOp,
        /// ANY or ALL.
        quantifier: Quantifier,
        /// The elements, cast to one type.
        list: Vec<Expr>,
    },
    /// CASE; the simple form is turned into comparisons by the binder.
    Case {
        /// (condition, value)
        branches: Vec<(Expr, Expr)>,
        /// ELSE.
        otherwise: Option<Box<Expr>>,
    },
    /// COALESCE
    Coalesce(Vec<Expr>),
    /// NULLIF(a, b)
    NullIf(Box<Expr>, Box<Expr>),
    /// GREATEST (`true`) or LEAST
    GreatestLeast {
        /// GREATEST.
        greatest: bool,
        /// Arguments.
        args: Vec<Expr>,
    },
    /// An aggregate; only in select list, HAVING, ORDER BY of a query that aggregates.
    Aggregate(Box<AggregateCall>),
    /// A window call; only in select list and ORDER BY.
    Window(Box<WindowCall>),
    /// A sub-query, before planning.
    SubLink(Box<SubLink>),
    /// A sub-query, after planning: run per row or hashed; `left` are its left sides (see `SubLinkKind`).
    SubPlan {
        /// Its plan in `PhysicalPlan::subplans`, which also says of what kind it is.
        plan: SubPlanId,
        /// Left sides of ANY/ALL.
        left: Vec<Expr>,
    },
    /// Column of an uncorrelated sub-plan that is run once, printed as `$n`.
    InitPlan(SubPlanId),
}

impl Expr {
    /// An expression written at `span`.
    #[must_use]
    pub const fn new(kind: ExprKind, data_type: DataType, span: Span) -> Self {
        Self {
            kind,
            data_type,
            origin: Origin(span),
        }
    }
}
