//! The functions by name and argument types, as a table, and the lookup in it.
//!
//! What PostgreSQL spells as syntax is here under its internal name: `EXTRACT` = `extract(text, …)`, `POSITION(a IN b)` =
//! `position(b, a)`, `TRIM(BOTH b FROM a)` = `btrim(a, b)`, `SUBSTRING(a FROM b FOR c)` = `substring(a, b, c)`, `OVERLAY`
//! likewise.

use super::choose::{Choice, choose};
use crate::{
    error::{Error, ErrorCode},
    logical::Function,
    value::DataType,
};
use alloc::{format, string::String, vec::Vec};

/// A resolved call: cast each argument to its type in `args` (where the base differs), then call.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// What.
    pub function: Function,
    /// Argument types, as many as arguments were given.
    pub args: Vec<DataType>,
    /// Type of the result.
    pub result: DataType,
}

type Signature = (&'static str, Function, &'static [DataType], DataType);

use DataType::{
    Bool as B, Date as D, Float4 as F4, Float8 as F8, Int2 as I2, Int4 as I4, Int8 as I8,
    Interval as IV, Text as T, Timestamp as TS, Uuid as U,
};
const N: DataType = DataType::Numeric(None);

const SIGNATURES: &[Signature] = &[
    ("abs", Function::Abs, &[I2], I2),
    ("abs", Function::Abs, &[I4], I4),
    ("abs", Function::Abs, &[I8], I8),
    ("abs", Function::Abs, &[N], N),
    ("abs", Function::Abs, &[F4], F4),
    ("abs", Function::Abs, &[F8], F8),
    ("sign", Function::Sign, &[N], N),
    ("sign", Function::Sign, &[F8], F8),
    ("ceil", Function::Ceil, &[N], N),
    ("ceil", Function::Ceil, &[F8], F8),
    ("ceiling", Function::Ceil, &[N], N),
    ("ceiling", Function::Ceil, &[F8], F8),
    ("floor", Function::Floor, &[N], N),
    ("floor", Function::Floor, &[F8], F8),
    ("round", Function::Round, &[N], N),
    ("round", Function::Round, &[F8], F8),
    ("round", Function::Round, &[N, I4], N),
    ("trunc", Function::Trunc, &[N], N),
    ("trunc", Function::Trunc, &[F8], F8),
    ("trunc", Function::Trunc, &[N, I4], N),
    ("sqrt", Function::Sqrt, &[N], N),
    ("sqrt", Function::Sqrt, &[F8], F8),
    ("cbrt", Function::Cbrt, &[F8], F8),
    ("exp", Function::Exp, &[N], N),
    ("exp", Function::Exp, &[F8], F8),
    ("ln", Function::Ln, &[N], N),
    ("ln", Function::Ln, &[F8], F8),
    ("log", Function::Log, &[N], N),
    ("log", Function::Log, &[F8], F8),
    ("log", Function::Log, &[N, N], N),
    ("log10", Function::Log, &[N], N),
    ("log10", Function::Log, &[F8], F8),
    ("power", Function::Power, &[N, N], N),
    ("power", Function::Power, &[F8, F8], F8),
    ("pow", Function::Power, &[N, N], N),
    ("pow", Function::Power, &[F8, F8], F8),
    ("mod", Function::Mod, &[I2, I2], I2),
    ("mod", Function::Mod, &[I4, I4], I4),
    ("mod", Function::Mod, &[I8, I8], I8),
    ("mod", Function::Mod, &[N, N], N),
    ("div", Function::Div, &[N, N], N),
    ("gcd", Function::Gcd, &[I4, I4], I4),
    ("gcd", Function::Gcd, &[I8, I8], I8),
    ("lcm", Function::Lcm, &[I4, I4], I4),
    ("lcm", Function::Lcm, &[I8, I8], I8),
    ("pi", Function::Pi, &[], F8),
    ("degrees", Function::Degrees, &[F8], F8),
    ("radians", Function::Radians, &[F8], F8),
    ("sin", Function::Sin, &[F8], F8),
    ("cos", Function::Cos, &[F8], F8),
    ("tan", Function::Tan, &[F8], F8),
    ("asin", Function::Asin, &[F8], F8),
    ("acos", Function::Acos, &[F8], F8),
    ("atan", Function::Atan, &[F8], F8),
    ("atan2", Function::Atan2, &[F8, F8], F8),
    ("factorial", Function::Factorial, &[I8], N),
    ("width_bucket", Function::WidthBucket, &[F8, F8, F8, I4], I4),
    ("width_bucket", Function::WidthBucket, &[N, N, N, I4], I4),
    ("scale", Function::Scale, &[N], I4),
    ("length", Function::Length, &[T], I4),
    ("char_length", Function::Length, &[T], I4),
    ("character_length", Function::Length, &[T], I4),
    ("octet_length", Function::OctetLength, &[T], I4),
    ("bit_length", Function::BitLength, &[T], I4),
    ("lower", Function::Lower, &[T], T),
    ("upper", Function::Upper, &[T], T),
    ("initcap", Function::Initcap, &[T], T),
    ("substring", Function::Substring, &[T, I4], T),
    ("substring", Function::Substring, &[T, I4, I4], T),
    ("substr", Function::Substr, &[T, I4], T),
    ("substr", Function::Substr, &[T, I4, I4], T),
    ("left", Function::Left, &[T, I4], T),
    ("right", Function::Right, &[T, I4], T),
    ("ltrim", Function::Ltrim, &[T], T),
    ("ltrim", Function::Ltrim, &[T, T], T),
    ("rtrim", Function::Rtrim, &[T], T),
    ("rtrim", Function::Rtrim, &[T, T], T),
    ("btrim", Function::Btrim, &[T], T),
    ("btrim", Function::Btrim, &[T, T], T),
    ("trim", Function::Btrim, &[T], T),
    ("trim", Function::Btrim, &[T, T], T),
    ("lpad", Function::Lpad, &[T, I4], T),
    ("lpad", Function::Lpad, &[T, I4, T], T),
    ("rpad", Function::Rpad, &[T, I4], T),
    ("rpad", Function::Rpad, &[T, I4, T], T),
    ("replace", Function::Replace, &[T, T, T], T),
    ("position", Function::Position, &[T, T], I4),
    ("strpos", Function::Strpos, &[T, T], I4),
    ("repeat", Function::Repeat, &[T, I4], T),
    ("reverse", Function::Reverse, &[T], T),
    ("split_part", Function::SplitPart, &[T, T, I4], T),
    ("starts_with", Function::StartsWith, &[T, T], B),
    ("ascii", Function::Ascii, &[T], I4),
    ("chr", Function::Chr, &[I4], T),
    ("translate", Function::Translate, &[T, T, T], T),
    ("overlay", Function::Overlay, &[T, T, I4], T),
    ("overlay", Function::Overlay, &[T, T, I4, I4], T),
    ("to_hex", Function::ToHex, &[I4], T),
    ("to_hex", Function::ToHex, &[I8], T),
    ("md5", Function::Md5, &[T], T),
    ("to_char", Function::ToChar, &[TS, T], T),
    ("to_char", Function::ToChar, &[IV, T], T),
    ("to_char", Function::ToChar, &[N, T], T),
    ("to_char", Function::ToChar, &[I4, T], T),
    ("to_char", Function::ToChar, &[I8, T], T),
    ("to_char", Function::ToChar, &[F8, T], T),
    ("regexp_replace", Function::RegexpReplace, &[T, T, T], T),
    ("regexp_replace", Function::RegexpReplace, &[T, T, T, T], T),
    ("quote_literal", Function::QuoteLiteral, &[T], T),
    ("quote_ident", Function::QuoteIdent, &[T], T),
    ("extract", Function::Extract, &[T, D], N),
    ("extract", Function::Extract, &[T, TS], N),
    ("extract", Function::Extract, &[T, IV], N),
    ("date_part", Function::Extract, &[T, D], F8),
    ("date_part", Function::Extract, &[T, TS], F8),
    ("date_part", Function::Extract, &[T, IV], F8),
    ("date_trunc", Function::DateTrunc, &[T, TS], TS),
    ("date_trunc", Function::DateTrunc, &[T, IV], IV),
    ("age", Function::Age, &[TS, TS], IV),
    ("age", Function::Age, &[TS], IV),
    ("make_date", Function::MakeDate, &[I4, I4, I4], D),
    (
        "make_timestamp",
        Function::MakeTimestamp,
        &[I4, I4, I4, I4, I4, F8],
        TS,
    ),
    ("make_interval", Function::MakeInterval, &[], IV),
    ("make_interval", Function::MakeInterval, &[I4], IV),
    ("make_interval", Function::MakeInterval, &[I4, I4], IV),
    ("make_interval", Function::MakeInterval, &[I4, I4, I4], IV),
    (
        "make_interval",
        Function::MakeInterval,
        &[I4, I4, I4, I4],
        IV,
    ),
    (
        "make_interval",
        Function::MakeInterval,
        &[I4, I4, I4, I4, I4],
        IV,
    ),
    (
        "make_interval",
        Function::MakeInterval,
        &[I4, I4, I4, I4, I4, I4],
        IV,
    ),
    (
        "make_interval",
        Function::MakeInterval,
        &[I4, I4, I4, I4, I4, I4, F8],
        IV,
    ),
    ("to_date", Function::ToDate, &[T, T], D),
    ("to_timestamp", Function::ToTimestamp, &[T, T], TS),
    ("to_timestamp", Function::ToTimestamp, &[F8], TS),
    ("justify_days", Function::JustifyDays, &[IV], IV),
    ("justify_hours", Function::JustifyHours, &[IV], IV),
    ("current_date", Function::CurrentDate, &[], D),
    ("now", Function::CurrentTimestamp, &[], TS),
    ("current_timestamp", Function::CurrentTimestamp, &[], TS),
    ("localtimestamp", Function::CurrentTimestamp, &[], TS),
    ("statement_timestamp", Function::CurrentTimestamp, &[], TS),
    ("transaction_timestamp", Function::CurrentTimestamp, &[], TS),
    ("clock_timestamp", Function::CurrentTimestamp, &[], TS),
    ("random", Function::Random, &[], F8),
    ("version", Function::Version, &[], T),
    ("current_schema", Function::CurrentSchema, &[], T),
    ("current_database", Function::CurrentDatabase, &[], T),
    ("current_catalog", Function::CurrentDatabase, &[], T),
    ("current_user", Function::CurrentUser, &[], T),
    ("session_user", Function::CurrentUser, &[], T),
    ("user", Function::CurrentUser, &[], T),
    ("gen_random_uuid", Function::GenRandomUuid, &[], U),
    ("hashint4", Function::Hashint4, &[I4], I4),
    ("like_escape", Function::LikeEscape, &[T, T], T),
    ("pg_relation_size", Function::PgRelationSize, &[T], I8),
    ("pg_table_size", Function::PgRelationSize, &[T], I8),
    (
        "pg_total_relation_size",
        Function::PgTotalRelationSize,
        &[T],
        I8,
    ),
    ("pg_indexes_size", Function::PgIndexesSize, &[T], I8),
    ("pg_size_pretty", Function::PgSizePretty, &[I8], T),
    ("pg_size_pretty", Function::PgSizePretty, &[N], T),
];

/// Functions of any number of arguments of any type, which are left as they are (undecided literals become text).
const VARIADIC: &[(&str, Function, usize, DataType)] = &[
    ("concat", Function::Concat, 1, T),
    ("concat_ws", Function::ConcatWs, 2, T),
    ("format", Function::Format, 1, T),
    ("num_nulls", Function::NumNulls, 1, I4),
    ("num_nonnulls", Function::NumNonnulls, 1, I4),
    ("pg_typeof", Function::PgTypeof, 1, T),
];

/// Finds the function of that (folded) name for these argument types. 42883 if there is none, 42725 if several fit.
pub fn resolve_function(name: &str, args: &[DataType]) -> Result<Resolved, Error> {
    if let Some(&(_, function, at_least, result)) = VARIADIC.iter().find(|row| row.0 == name)
        && args.len() >= at_least
    {
        let args = args
            .iter()
            .map(|&arg| if arg == DataType::Unknown { T } else { arg })
            .collect();
        return Ok(Resolved {
            function,
            args,
            result,
        });
    }
    let rows: Vec<&Signature> = SIGNATURES
        .iter()
        .filter(|row| row.0 == name && row.2.len() == args.len())
        .collect();
    let candidates: Vec<Vec<DataType>> = rows.iter().map(|row| row.2.to_vec()).collect();
    match choose(&candidates, args) {
        Choice::One(at) => Ok(Resolved {
            function: rows[at].1,
            args: candidates[at].clone(),
            result: rows[at].3,
        }),
        Choice::None => Err(missing_function(name, args)),
        Choice::Ambiguous => Err(Error::new(
            ErrorCode::AmbiguousFunction,
            format!("function {} is not unique", call(name, args)),
        )
        .with_hint("Could not choose a best candidate function. You might need to add explicit type casts.")),
    }
}

/// 42883 `function f(integer) does not exist`.
pub(super) fn missing_function(name: &str, args: &[DataType]) -> Error {
    Error::new(
        ErrorCode::UndefinedFunction,
        format!("function {} does not exist", call(name, args)),
    )
    .with_hint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

fn call(name: &str, args: &[DataType]) -> String {
    let types: Vec<&str> = args.iter().map(|arg| arg.name()).collect();
    format!("{name}({})", types.join(", "))
}

/// The first name under which a function is listed.
pub(super) fn listed_name(function: Function) -> Option<&'static str> {
    SIGNATURES
        .iter()
        .find(|row| row.1 == function)
        .map(|row| row.0)
        .or_else(|| {
            VARIADIC
                .iter()
                .find(|row| row.1 == function)
                .map(|row| row.0)
        })
}
