//! Resolving operators: from the symbol and the operand types to what is computed.

use super::choose::{Choice, choose};
use crate::{
    error::{Error, ErrorCode},
    logical::{CompareOp, Operator},
    value::DataType,
};
use alloc::{format, string::ToString, vec, vec::Vec};

/// A comparison or any other operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorKind {
    /// Yields a boolean by comparing; becomes `ExprKind::Compare`.
    Compare(CompareOp),
    /// Becomes `ExprKind::Operator`.
    Operator(Operator),
}

/// A resolved operator: cast each operand to its type in `args` (where the base differs), then apply.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedOperator {
    /// What.
    pub kind: OperatorKind,
    /// Operand types, one or two.
    pub args: Vec<DataType>,
    /// Type of the result.
    pub result: DataType,
}

const NUMERIC: DataType = DataType::Numeric(None);
const CHAR: DataType = DataType::Char(0);
use DataType::{Bool, Date, Float4, Float8, Int2, Int4, Int8, Interval, Text, Timestamp, Uuid};

/// Pairs that compare without a cast.
const COMPARABLE: &[(DataType, DataType)] = &[
    (Int2, Int2),
    (Int2, Int4),
    (Int2, Int8),
    (Int4, Int2),
    (Int4, Int4),
    (Int4, Int8),
    (Int8, Int2),
    (Int8, Int4),
    (Int8, Int8),
    (Float4, Float4),
    (Float4, Float8),
    (Float8, Float4),
    (Float8, Float8),
    (NUMERIC, NUMERIC),
    (Bool, Bool),
    (Text, Text),
    (CHAR, CHAR),
    (Date, Date),
    (Date, Timestamp),
    (Timestamp, Date),
    (Timestamp, Timestamp),
    (Interval, Interval),
    (Uuid, Uuid),
];

/// left, right, result.
type Row = (DataType, DataType, DataType);

/// Pairs of the four basic operations on numbers.
const ARITHMETIC: &[Row] = &[
    (Int2, Int2, Int2),
    (Int2, Int4, Int4),
    (Int2, Int8, Int8),
    (Int4, Int2, Int4),
    (Int4, Int4, Int4),
    (Int4, Int8, Int8),
    (Int8, Int2, Int8),
    (Int8, Int4, Int8),
    (Int8, Int8, Int8),
    (NUMERIC, NUMERIC, NUMERIC),
    (Float4, Float4, Float4),
    (Float4, Float8, Float8),
    (Float8, Float4, Float8),
    (Float8, Float8, Float8),
];
const MODULO: &[Row] = &[
    (Int2, Int2, Int2),
    (Int4, Int4, Int4),
    (Int8, Int8, Int8),
    (NUMERIC, NUMERIC, NUMERIC),
];
const ADD_TIMES: &[Row] = &[
    (Date, Int4, Date),
    (Int4, Date, Date),
    (Date, Interval, Timestamp),
    (Interval, Date, Timestamp),
    (Timestamp, Interval, Timestamp),
    (Interval, Timestamp, Timestamp),
    (Interval, Interval, Interval),
];
const SUBTRACT_TIMES: &[Row] = &[
    (Date, Int4, Date),
    (Date, Date, Int4),
    (Date, Interval, Timestamp),
    (Timestamp, Interval, Timestamp),
    (Timestamp, Timestamp, Interval),
    (Interval, Interval, Interval),
];
const MULTIPLY_TIMES: &[Row] = &[(Interval, Float8, Interval), (Float8, Interval, Interval)];
const DIVIDE_TIMES: &[Row] = &[(Interval, Float8, Interval)];
const POWER: &[Row] = &[(NUMERIC, NUMERIC, NUMERIC), (Float8, Float8, Float8)];
const BITS: &[Row] = &[(Int2, Int2, Int2), (Int4, Int4, Int4), (Int8, Int8, Int8)];
const SHIFT: &[Row] = &[(Int2, Int4, Int2), (Int4, Int4, Int4), (Int8, Int4, Int8)];
const TEXT_TO_BOOL: &[Row] = &[(Text, Text, Bool)];
const SIGNED: &[DataType] = &[Int2, Int4, Int8, Float4, Float8, NUMERIC];

/// Resolves `left symbol right`, or `symbol right` without `left`. 42883 if there is no such operator, 42725 if several fit.
pub fn resolve_operator(
    symbol: &str,
    left: Option<DataType>,
    right: DataType,
) -> Result<ResolvedOperator, Error> {
    match left {
        Some(left) => resolve_binary(symbol, left, right),
        None => resolve_prefix(symbol, right),
    }
}

fn resolve_binary(
    symbol: &str,
    left: DataType,
    right: DataType,
) -> Result<ResolvedOperator, Error> {
    if let Some(op) = compare_op(symbol) {
        let kind = OperatorKind::Compare(op);
        let candidates: Vec<Vec<DataType>> = COMPARABLE.iter().map(|&(l, r)| vec![l, r]).collect();
        // Two undecided literals compare as text; varchar has no operators of its own.
        let args = [text_for_varchar(left), text_for_varchar(right)];
        return match choose(&candidates, &args) {
            Choice::One(at) => Ok(ResolvedOperator {
                kind,
                args: candidates[at].clone(),
                result: Bool,
            }),
            Choice::None => Err(missing(symbol, Some(left), right)),
            Choice::Ambiguous => Err(ambiguous(symbol, Some(left), right)),
        };
    }
    let (operator, tables): (Operator, &[&[Row]]) = match symbol {
        "+" => (Operator::Add, &[ARITHMETIC, ADD_TIMES]),
        "-" => (Operator::Subtract, &[ARITHMETIC, SUBTRACT_TIMES]),
        "*" => (Operator::Multiply, &[ARITHMETIC, MULTIPLY_TIMES]),
        "/" => (Operator::Divide, &[ARITHMETIC, DIVIDE_TIMES]),
        "%" => (Operator::Modulo, &[MODULO]),
        "^" => (Operator::Power, &[POWER]),
        "&" => (Operator::BitAnd, &[BITS]),
        "|" => (Operator::BitOr, &[BITS]),
        "#" => (Operator::BitXor, &[BITS]),
        "<<" => (Operator::ShiftLeft, &[SHIFT]),
        ">>" => (Operator::ShiftRight, &[SHIFT]),
        "~~" => (Operator::Like, &[TEXT_TO_BOOL]),
        "!~~" => (Operator::NotLike, &[TEXT_TO_BOOL]),
        "~~*" => (Operator::ILike, &[TEXT_TO_BOOL]),
        "!~~*" => (Operator::NotILike, &[TEXT_TO_BOOL]),
        "~" => (Operator::RegexMatch, &[TEXT_TO_BOOL]),
        "~*" => (Operator::RegexIMatch, &[TEXT_TO_BOOL]),
        "!~" => (Operator::NotRegexMatch, &[TEXT_TO_BOOL]),
        "!~*" => (Operator::NotRegexIMatch, &[TEXT_TO_BOOL]),
        "||" => return concat(left, right),
        _ => return Err(missing(symbol, Some(left), right)),
    };
    let rows: Vec<Row> = tables
        .iter()
        .flat_map(|table| table.iter().copied())
        .collect();
    let candidates: Vec<Vec<DataType>> = rows.iter().map(|&(l, r, _)| vec![l, r]).collect();
    match choose(&candidates, &[left, right]) {
        Choice::One(at) => Ok(ResolvedOperator {
            kind: OperatorKind::Operator(operator),
            args: candidates[at].clone(),
            result: rows[at].2,
        }),
        Choice::None => Err(missing(symbol, Some(left), right)),
        Choice::Ambiguous => Err(ambiguous(symbol, Some(left), right)),
    }
}

/// `text || anything`: one side must be a text or undecided; the other is cast to text.
fn concat(left: DataType, right: DataType) -> Result<ResolvedOperator, Error> {
    use crate::value::TypeClass;
    let texty =
        |data_type: DataType| matches!(data_type.class(), TypeClass::Text | TypeClass::Unknown);
    if !texty(left) && !texty(right) {
        return Err(missing("||", Some(left), right));
    }
    Ok(ResolvedOperator {
        kind: OperatorKind::Operator(Operator::Concat),
        args: vec![Text, Text],
        result: Text,
    })
}

fn resolve_prefix(symbol: &str, right: DataType) -> Result<ResolvedOperator, Error> {
    let (operator, types): (Operator, &[DataType]) = match symbol {
        "-" => (Operator::Negate, SIGNED),
        "+" => (Operator::Plus, SIGNED),
        "@" => (Operator::Absolute, SIGNED),
        "~" => (Operator::BitNot, &[Int2, Int4, Int8]),
        _ => return Err(missing(symbol, None, right)),
    };
    let mut candidates: Vec<Vec<DataType>> =
        types.iter().map(|&data_type| vec![data_type]).collect();
    if symbol == "-" {
        candidates.push(vec![Interval]);
    }
    match choose(&candidates, &[right]) {
        Choice::One(at) => Ok(ResolvedOperator {
            kind: OperatorKind::Operator(operator),
            args: candidates[at].clone(),
            result: candidates[at][0],
        }),
        Choice::None => Err(missing(symbol, None, right)),
        Choice::Ambiguous => Err(ambiguous(symbol, None, right)),
    }
}

const fn text_for_varchar(data_type: DataType) -> DataType {
    match data_type {
        DataType::Varchar(_) => Text,
        other => other,
    }
}

fn compare_op(symbol: &str) -> Option<CompareOp> {
    Some(match symbol {
        "=" => CompareOp::Eq,
        "<>" | "!=" => CompareOp::Ne,
        "<" => CompareOp::Lt,
        "<=" => CompareOp::Le,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::Ge,
        _ => return None,
    })
}

fn written(symbol: &str, left: Option<DataType>, right: DataType) -> alloc::string::String {
    match left {
        Some(left) => format!("{} {symbol} {}", left.name(), right.name()),
        None => format!("{symbol} {}", right.name()),
    }
}

fn missing(symbol: &str, left: Option<DataType>, right: DataType) -> Error {
    let hint = if left.is_some() {
        "No operator matches the given name and argument types. You might need to add explicit type casts."
    } else {
        "No operator matches the given name and argument type. You might need to add an explicit type cast."
    };
    Error::new(
        ErrorCode::UndefinedFunction,
        format!("operator does not exist: {}", written(symbol, left, right)),
    )
    .with_hint(hint.to_string())
}

fn ambiguous(symbol: &str, left: Option<DataType>, right: DataType) -> Error {
    Error::new(
        ErrorCode::AmbiguousFunction,
        format!("operator is not unique: {}", written(symbol, left, right)),
    )
    .with_hint(
        "Could not choose a best candidate operator. You might need to add explicit type casts.",
    )
}
