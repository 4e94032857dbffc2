//! Which operator, function or aggregate a name and argument types mean, and what a literal's text is worth.
//!
//! A thin door: the tables belong to the values.

use super::coerce::{implicit, same_base};
use crate::{
    error::{Error, ErrorCode},
    logical::{AggregateFunction, Function, Operator},
    value::{DataType, Numeric, TypeClass, Value},
};
use alloc::{format, vec, vec::Vec};
use parser::Span;

/// What was found: the thing itself, the types its arguments must take, the type it yields.
pub(crate) struct Signature<T> {
    pub(crate) what: T,
    pub(crate) args: Vec<DataType>,
    pub(crate) result: DataType,
}

/// The constant that `text` is as a `to`.
pub(crate) fn literal(text: &str, to: DataType, span: Span) -> Result<crate::logical::Expr, Error> {
    use crate::logical::{CastContext, Expr, ExprKind};
    let bad = || {
        Error::new(
            ErrorCode::InvalidTextRepresentation,
            format!(
                "invalid input syntax for type {}: \"{text}\"",
                super::coerce::type_name(to)
            ),
        )
        .at(span)
    };
    let trimmed = text.trim();
    let value = match to {
        DataType::Int2 => Value::Int2(trimmed.parse().map_err(|_| bad())?),
        DataType::Int4 => Value::Int4(trimmed.parse().map_err(|_| bad())?),
        DataType::Int8 => Value::Int8(trimmed.parse().map_err(|_| bad())?),
        DataType::Float8 => Value::Float8(trimmed.parse().map_err(|_| bad())?),
        DataType::Bool => match trimmed {
            "t" | "true" | "yes" | "on" | "1" => Value::Bool(true),
            "f" | "false" | "no" | "off" | "0" => Value::Bool(false),
            _ => return Err(bad()),
        },
        DataType::Text | DataType::Varchar(_) | DataType::Char(_) | DataType::Unknown => {
            Value::Text(text.into())
        }
        DataType::Numeric(_) => Value::Numeric(numeric(trimmed).ok_or_else(bad)?),
        _ => {
            let inner = Expr::new(
                ExprKind::Const(Value::Text(text.into())),
                DataType::Text,
                span,
            );
            return Ok(Expr::new(
                ExprKind::Cast(inner.into(), CastContext::Implicit),
                to,
                span,
            ));
        }
    };
    Ok(Expr::new(ExprKind::Const(value), to, span))
}

/// A decimal number as written.
pub(crate) fn numeric(text: &str) -> Option<Numeric> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}");
    Some(Numeric {
        mantissa: digits.parse().ok()?,
        scale: u16::try_from(fraction.len()).ok()?,
    })
}

/// The operator for these operands (one for a prefix operator). Unknown operands take what fits.
pub(crate) fn operator(op: Operator, args: &[DataType]) -> Option<Signature<Operator>> {
    use DataType::{Date, Float8, Int4, Int8, Interval, Text, Timestamp, Unknown};
    let sign = |args: Vec<DataType>, result| {
        Some(Signature {
            what: op,
            args,
            result,
        })
    };
    let number = |of: DataType| {
        matches!(
            of.class(),
            TypeClass::Integer | TypeClass::Numeric | TypeClass::Float
        )
    };
    match (op, args) {
        (Operator::Negate | Operator::Plus | Operator::Absolute, [arg])
            if number(*arg) || *arg == Interval =>
        {
            sign(vec![*arg], *arg)
        }
        (Operator::Concat, [left, right]) => {
            (left.class() == TypeClass::Text
                || right.class() == TypeClass::Text
                || (*left == Unknown && *right == Unknown)
                || *left == Unknown
                || *right == Unknown)
                .then_some(())?;
            sign(vec![Text, Text], Text)
        }
        (
            Operator::Like
            | Operator::NotLike
            | Operator::ILike
            | Operator::NotILike
            | Operator::RegexMatch
            | Operator::NotRegexMatch
            | Operator::RegexIMatch
            | Operator::NotRegexIMatch,
            [left, right],
        ) => {
            let text = |of: DataType| matches!(of.class(), TypeClass::Text | TypeClass::Unknown);
            (text(*left) && text(*right)).then_some(())?;
            sign(vec![Text, Text], DataType::Bool)
        }
        (Operator::Add, [Date, Int4 | DataType::Int2])
        | (Operator::Subtract, [Date, Int4 | DataType::Int2]) => sign(vec![Date, Int4], Date),
        (Operator::Add, [Int4 | DataType::Int2, Date]) => sign(vec![Int4, Date], Date),
        (Operator::Subtract, [Date, Date | Unknown]) => sign(vec![Date, Date], Int4),
        (Operator::Add | Operator::Subtract, [Date | Timestamp, Interval])
        | (Operator::Add, [Timestamp, Unknown]) => sign(vec![Timestamp, Interval], Timestamp),
        (Operator::Add, [Interval, Date | Timestamp]) => sign(vec![Interval, Timestamp], Timestamp),
        (Operator::Subtract, [Timestamp | Date, Timestamp | Date | Unknown]) => {
            sign(vec![Timestamp, Timestamp], Interval)
        }
        (Operator::Add | Operator::Subtract, [Interval, Interval | Unknown]) => {
            sign(vec![Interval, Interval], Interval)
        }
        (Operator::Multiply | Operator::Divide, [Interval, other]) if number(*other) => {
            sign(vec![Interval, Float8], Interval)
        }
        (Operator::Multiply, [other, Interval]) if number(*other) => {
            sign(vec![Float8, Interval], Interval)
        }
        (_, [left, right]) => {
            let (left, right) = match (*left, *right) {
                (Unknown, other) | (other, Unknown) => (other, other),
                pair => pair,
            };
            (number(left) && number(right)).then_some(())?;
            let of = match (left.class(), right.class()) {
                _ if op == Operator::Power
                    && left.class() != TypeClass::Numeric
                    && right.class() != TypeClass::Numeric =>
                {
                    Float8
                }
                _ if left == right => left,
                (TypeClass::Float, _) | (_, TypeClass::Float) => Float8,
                (TypeClass::Numeric, _) | (_, TypeClass::Numeric) => DataType::Numeric(None),
                _ if left == Int8 || right == Int8 => Int8,
                _ => Int4,
            };
            let of = super::coerce::without_modifier(of);
            sign(vec![of, of], of)
        }
        _ => None,
    }
}

/// Why no function was found.
pub(crate) enum Missing {
    /// None fits.
    NoMatch,
    /// Several fit.
    #[allow(dead_code, reason = "filled in with the full table")]
    Ambiguous,
}

/// The scalar function of that name for these arguments.
pub(crate) fn function(name: &str, args: &[DataType]) -> Result<Signature<Function>, Missing> {
    use DataType::{Float8, Int4, Text};
    let rows: &[(&str, Function, &[DataType], Option<DataType>)] = &[
        ("abs", Function::Abs, &[Int4], None),
        ("abs", Function::Abs, &[Float8], None),
        ("lower", Function::Lower, &[Text], Some(Text)),
        ("upper", Function::Upper, &[Text], Some(Text)),
        ("length", Function::Length, &[Text], Some(Int4)),
        ("random", Function::Random, &[], Some(Float8)),
        ("mod", Function::Mod, &[Int4, Int4], Some(Int4)),
    ];
    for (row, what, params, result) in rows {
        if *row == name
            && params.len() == args.len()
            && args
                .iter()
                .zip(*params)
                .all(|(from, to)| implicit(*from, *to))
        {
            return Ok(Signature {
                what: *what,
                args: params.to_vec(),
                result: result.unwrap_or_else(|| args.first().copied().unwrap_or(Text)),
            });
        }
    }
    Err(Missing::NoMatch)
}

/// The aggregate of that name for these arguments; `None` if there is no aggregate of that name.
pub(crate) fn aggregate(
    name: &str,
    args: &[DataType],
) -> Option<Result<Signature<AggregateFunction>, Missing>> {
    use AggregateFunction as A;
    use DataType::{Bool, Float8, Int2, Int4, Int8, Interval, Numeric as Num, Text};
    let first = args.first().copied().unwrap_or(DataType::Unknown);
    let ok = |what, args, result| Some(Ok(Signature { what, args, result }));
    let number = matches!(
        first.class(),
        TypeClass::Integer | TypeClass::Numeric | TypeClass::Float
    );
    match (name, args.len()) {
        ("count", 1) => ok(A::Count, vec![first], Int8),
        ("min" | "max", 1) => {
            let what = if name == "min" { A::Min } else { A::Max };
            let of = if first.class() == TypeClass::Text || first == DataType::Unknown {
                Text
            } else {
                first
            };
            ok(what, vec![of], of)
        }
        ("sum", 1) if number || first == Interval => {
            let result = match first {
                Int2 | Int4 => Int8,
                Int8 | Num(_) => Num(None),
                other => other,
            };
            ok(A::Sum, vec![first], result)
        }
        ("avg", 1) if number || first == Interval => {
            let result = match first.class() {
                TypeClass::Float => Float8,
                TypeClass::Interval => Interval,
                _ => Num(None),
            };
            ok(A::Avg, vec![first], result)
        }
        ("bool_and" | "every", 1) if same_base(first, Bool) => ok(A::BoolAnd, vec![Bool], Bool),
        ("bool_or", 1) if same_base(first, Bool) => ok(A::BoolOr, vec![Bool], Bool),
        ("string_agg", 2) => ok(A::StringAgg, vec![Text, Text], Text),
        (
            "count" | "min" | "max" | "sum" | "avg" | "bool_and" | "bool_or" | "every"
            | "string_agg" | "array_agg",
            _,
        ) => Some(Err(Missing::NoMatch)),
        _ => None,
    }
}
