//! Resolving aggregates and window functions.

use super::signatures::missing_function;
use crate::{
    error::{Error, ErrorCode},
    logical::{AggregateFunction, WindowFunction},
    value::{DataType, TypeClass},
};
use alloc::{vec, vec::Vec};

/// A resolved aggregate: cast each argument to its type in `args` (where the base differs).
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedAggregate {
    /// Which.
    pub function: AggregateFunction,
    /// Argument types; for `percentile_cont`, `percentile_disc` and `mode` the last is that of WITHIN GROUP's key.
    pub args: Vec<DataType>,
    /// Type of the result.
    pub result: DataType,
}

/// A resolved window function.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedWindow {
    /// Which.
    pub function: WindowFunction,
    /// Argument types.
    pub args: Vec<DataType>,
    /// Type of the result.
    pub result: DataType,
}

fn by_name(name: &str) -> Option<AggregateFunction> {
    Some(match name {
        "count" => AggregateFunction::Count,
        "sum" => AggregateFunction::Sum,
        "avg" => AggregateFunction::Avg,
        "min" => AggregateFunction::Min,
        "max" => AggregateFunction::Max,
        "bool_and" | "every" => AggregateFunction::BoolAnd,
        "bool_or" => AggregateFunction::BoolOr,
        "string_agg" => AggregateFunction::StringAgg,
        "stddev" | "stddev_samp" => AggregateFunction::StddevSamp,
        "stddev_pop" => AggregateFunction::StddevPop,
        "variance" | "var_samp" => AggregateFunction::VarSamp,
        "var_pop" => AggregateFunction::VarPop,
        "bit_and" => AggregateFunction::BitAnd,
        "bit_or" => AggregateFunction::BitOr,
        "corr" => AggregateFunction::Corr,
        "covar_pop" => AggregateFunction::CovarPop,
        "covar_samp" => AggregateFunction::CovarSamp,
        "percentile_cont" => AggregateFunction::PercentileCont,
        "percentile_disc" => AggregateFunction::PercentileDisc,
        "mode" => AggregateFunction::Mode,
        "any_value" => AggregateFunction::AnyValue,
        _ => return None,
    })
}

/// Whether the (folded) name is an aggregate's.
#[must_use]
pub fn is_aggregate(name: &str) -> bool {
    by_name(name).is_some()
}

/// Resolves an aggregate; `args` without a type is `count(*)`. For WITHIN GROUP append the key's type. 42883 if there is none.
pub fn resolve_aggregate(name: &str, args: &[DataType]) -> Result<ResolvedAggregate, Error> {
    use AggregateFunction as F;
    let missing = || missing_function(name, args);
    let function = by_name(name).ok_or_else(missing)?;
    if function == F::Count {
        return match args {
            [] => Ok(ResolvedAggregate {
                function: F::CountStar,
                args: Vec::new(),
                result: DataType::Int8,
            }),
            [arg] => Ok(ResolvedAggregate {
                function,
                args: vec![known(*arg)],
                result: DataType::Int8,
            }),
            _ => Err(missing()),
        };
    }
    let (args, result) = match (function, args) {
        (F::Sum, [arg]) => sum_types(*arg).ok_or_else(missing)?,
        (F::Avg, [arg]) => average_types(*arg, true).ok_or_else(missing)?,
        (F::StddevSamp | F::StddevPop | F::VarSamp | F::VarPop, [arg]) => {
            average_types(*arg, false).ok_or_else(missing)?
        }
        (F::Min | F::Max, [arg]) => {
            let arg = match arg.base() {
                DataType::Varchar(_) | DataType::Unknown => DataType::Text,
                // PostgreSQL has no min(boolean) and no min(uuid) in 15.
                DataType::Bool | DataType::Uuid => return Err(missing()),
                other => other,
            };
            (vec![arg], arg)
        }
        (F::AnyValue, [arg]) => (vec![known(*arg)], known(*arg)),
        (F::BoolAnd | F::BoolOr, [DataType::Bool | DataType::Unknown]) => {
            (vec![DataType::Bool], DataType::Bool)
        }
        (F::BitAnd | F::BitOr, [arg]) if arg.class() == TypeClass::Integer => (vec![*arg], *arg),
        (F::StringAgg, [arg, separator])
            if [arg, separator]
                .iter()
                .all(|t| matches!(t.class(), TypeClass::Text | TypeClass::Unknown)) =>
        {
            (vec![DataType::Text, DataType::Text], DataType::Text)
        }
        (F::Corr | F::CovarPop | F::CovarSamp, [a, b])
            if [a, b]
                .iter()
                .all(|t| t.is_number() || **t == DataType::Unknown) =>
        {
            (vec![DataType::Float8, DataType::Float8], DataType::Float8)
        }
        (F::PercentileCont, [fraction, key]) if fraction.is_number() => {
            let key = if *key == DataType::Interval {
                *key
            } else {
                DataType::Float8
            };
            (vec![DataType::Float8, key], key)
        }
        (F::PercentileDisc, [fraction, key]) if fraction.is_number() => {
            (vec![DataType::Float8, known(*key)], known(*key))
        }
        (F::Mode, [key]) => (vec![known(*key)], known(*key)),
        _ => return Err(missing()),
    };
    Ok(ResolvedAggregate {
        function,
        args,
        result,
    })
}

const fn known(data_type: DataType) -> DataType {
    match data_type {
        DataType::Unknown => DataType::Text,
        other => other,
    }
}

const NUMERIC: DataType = DataType::Numeric(None);

fn sum_types(arg: DataType) -> Option<(Vec<DataType>, DataType)> {
    Some(match arg.base() {
        DataType::Int2 | DataType::Int4 => (vec![arg], DataType::Int8),
        DataType::Int8 | DataType::Numeric(_) => (vec![arg.base()], NUMERIC),
        DataType::Float4 | DataType::Float8 | DataType::Interval => (vec![arg], arg),
        _ => return None,
    })
}

fn average_types(arg: DataType, intervals: bool) -> Option<(Vec<DataType>, DataType)> {
    Some(match arg.base() {
        DataType::Int2 | DataType::Int4 | DataType::Int8 | DataType::Numeric(_) => {
            (vec![arg.base()], NUMERIC)
        }
        DataType::Float4 | DataType::Float8 => (vec![arg], DataType::Float8),
        DataType::Interval if intervals => (vec![arg], arg),
        _ => return None,
    })
}

/// Resolves a function that is called with OVER: window functions first, then aggregates.
pub fn resolve_window(name: &str, args: &[DataType]) -> Result<ResolvedWindow, Error> {
    use WindowFunction as W;
    let plain = |function, result| {
        Ok(ResolvedWindow {
            function,
            args: Vec::new(),
            result,
        })
    };
    match (name, args) {
        ("row_number", []) => plain(W::RowNumber, DataType::Int8),
        ("rank", []) => plain(W::Rank, DataType::Int8),
        ("dense_rank", []) => plain(W::DenseRank, DataType::Int8),
        ("percent_rank", []) => plain(W::PercentRank, DataType::Float8),
        ("cume_dist", []) => plain(W::CumeDist, DataType::Float8),
        ("ntile", [_]) => Ok(ResolvedWindow {
            function: W::Ntile,
            args: vec![DataType::Int4],
            result: DataType::Int4,
        }),
        ("lag" | "lead", [value, rest @ ..]) if rest.len() <= 2 => {
            let function = if name == "lag" { W::Lag } else { W::Lead };
            let result = match rest {
                [_, default] => super::common_type(&[*value, *default], name)?,
                _ => known(*value),
            };
            let mut types = vec![result];
            types.extend(rest.first().map(|_| DataType::Int4));
            types.extend(rest.get(1).map(|_| result));
            Ok(ResolvedWindow {
                function,
                args: types,
                result,
            })
        }
        ("first_value" | "last_value", [value]) => {
            let function = if name == "first_value" {
                W::FirstValue
            } else {
                W::LastValue
            };
            Ok(ResolvedWindow {
                function,
                args: vec![known(*value)],
                result: known(*value),
            })
        }
        ("nth_value", [value, _]) => Ok(ResolvedWindow {
            function: W::NthValue,
            args: vec![known(*value), DataType::Int4],
            result: known(*value),
        }),
        _ if is_aggregate(name) => {
            let ResolvedAggregate {
                function,
                args,
                result,
            } = resolve_aggregate(name, args)?;
            Ok(ResolvedWindow {
                function: W::Aggregate(function),
                args,
                result,
            })
        }
        _ => Err(match super::resolve_function(name, args) {
            Ok(_) => Error::new(
                ErrorCode::WrongObjectType,
                alloc::format!(
                    "OVER specified, but {name} is not a window function nor an aggregate function"
                ),
            ),
            Err(error) => error,
        }),
    }
}
