//! What the planner asks of functions and operators: strict or not, immutable or not, and their names.

use super::signatures::listed_name;
use crate::logical::{Function, Operator};

/// Whether a NULL argument makes the result NULL without a call.
#[must_use]
pub const fn is_strict(function: Function) -> bool {
    !matches!(
        function,
        Function::Concat
            | Function::ConcatWs
            | Function::Format
            | Function::NumNulls
            | Function::NumNonnulls
            | Function::PgTypeof
    )
}

/// Whether the same arguments always give the same result, in any session: then a call with constants is folded.
#[must_use]
pub const fn is_immutable(function: Function) -> bool {
    !matches!(
        function,
        Function::CurrentDate
            | Function::CurrentTimestamp
            | Function::Random
            | Function::GenRandomUuid
            | Function::CurrentSchema
            | Function::CurrentDatabase
            | Function::CurrentUser
            | Function::PgRelationSize
            | Function::PgTotalRelationSize
            | Function::PgIndexesSize
            | Function::Concat
            | Function::ConcatWs
            | Function::Format
            | Function::ToChar
            | Function::ToDate
            | Function::ToTimestamp
            | Function::PgTypeof
            | Function::Version
    )
}

/// Whether each row may get another answer; such a call is never moved or computed once.
#[must_use]
pub const fn is_volatile(function: Function) -> bool {
    matches!(
        function,
        Function::Random
            | Function::GenRandomUuid
            | Function::PgRelationSize
            | Function::PgTotalRelationSize
            | Function::PgIndexesSize
    )
}

/// The function's SQL name, as EXPLAIN prints it.
#[must_use]
pub fn function_name(function: Function) -> &'static str {
    listed_name(function).unwrap_or("?")
}

/// The operator as EXPLAIN prints it.
#[must_use]
pub const fn operator_symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::Add | Operator::Plus => "+",
        Operator::Subtract | Operator::Negate => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Modulo => "%",
        Operator::Power => "^",
        Operator::Absolute => "@",
        Operator::Concat => "||",
        Operator::Like => "~~",
        Operator::NotLike => "!~~",
        Operator::ILike => "~~*",
        Operator::NotILike => "!~~*",
        Operator::RegexMatch => "~",
        Operator::RegexIMatch => "~*",
        Operator::NotRegexMatch => "!~",
        Operator::NotRegexIMatch => "!~*",
        Operator::BitAnd => "&",
        Operator::BitOr => "|",
        Operator::BitXor => "#",
        Operator::BitNot => "~",
        Operator::ShiftLeft => "<<",
        Operator::ShiftRight => ">>",
    }
}
