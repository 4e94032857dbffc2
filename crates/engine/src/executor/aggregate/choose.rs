//! Which accumulator an aggregate call needs, and of which type its result is.

use super::{
    accumulator::{Accumulator, Count, FloatSum, IntervalSum, Mean, NumericSum, WholeSum},
    collected::Collected,
    extreme::{Extreme, extreme},
    moments::{Bits, FloatMoments, NumericMoments},
};
use crate::{
    Error,
    logical::{AggregateCall, AggregateFunction},
    value::{ColumnData, DataType},
};
use alloc::{boxed::Box, vec::Vec};

fn first_type(call: &AggregateCall) -> DataType {
    call.args
        .first()
        .map_or(DataType::Unknown, |arg| arg.data_type)
}

/// The type of the call's result, as PostgreSQL's `pg_aggregate` has it.
pub(crate) fn result_type(call: &AggregateCall) -> DataType {
    let arg = first_type(call);
    match call.function {
        AggregateFunction::CountStar | AggregateFunction::Count => DataType::Int8,
        AggregateFunction::Sum => match arg {
            DataType::Int2 | DataType::Int4 => DataType::Int8,
            DataType::Int8 | DataType::Numeric(_) => DataType::Numeric(None),
            other => other,
        },
        AggregateFunction::Avg => match arg {
            DataType::Float4 | DataType::Float8 => DataType::Float8,
            DataType::Interval => DataType::Interval,
            _ => DataType::Numeric(None),
        },
        AggregateFunction::StddevSamp
        | AggregateFunction::StddevPop
        | AggregateFunction::VarSamp
        | AggregateFunction::VarPop => match arg {
            DataType::Float4 | DataType::Float8 => DataType::Float8,
            _ => DataType::Numeric(None),
        },
        AggregateFunction::Corr
        | AggregateFunction::CovarPop
        | AggregateFunction::CovarSamp
        | AggregateFunction::PercentileCont => DataType::Float8,
        AggregateFunction::BoolAnd | AggregateFunction::BoolOr => DataType::Bool,
        AggregateFunction::StringAgg => DataType::Text,
        AggregateFunction::PercentileDisc | AggregateFunction::Mode => call
            .order_by
            .first()
            .map_or(DataType::Unknown, |(key, _, _)| key.data_type),
        AggregateFunction::Min
        | AggregateFunction::Max
        | AggregateFunction::AnyValue
        | AggregateFunction::BitAnd
        | AggregateFunction::BitOr => arg,
    }
}

/// The accumulator for a call.
pub(crate) fn choose(call: &AggregateCall) -> Result<Box<dyn Accumulator>, Error> {
    let arg = first_type(call);
    let mean = if call.function == AggregateFunction::Sum {
        Mean::Sum
    } else {
        Mean::Average
    };
    Ok(match call.function {
        AggregateFunction::CountStar | AggregateFunction::Count => Box::new(Count::default()),
        AggregateFunction::Sum | AggregateFunction::Avg => match arg {
            DataType::Float4 | DataType::Float8 => {
                Box::new(FloatSum::new(mean, arg == DataType::Float4))
            }
            DataType::Numeric(_) => Box::new(NumericSum::new(mean)),
            DataType::Interval => Box::new(IntervalSum::new(mean)),
            _ => Box::new(WholeSum::new(mean, arg != DataType::Int8)),
        },
        AggregateFunction::Min => extreme(Extreme::Min, arg),
        AggregateFunction::Max => extreme(Extreme::Max, arg),
        AggregateFunction::AnyValue => extreme(Extreme::First, arg),
        AggregateFunction::StddevSamp
        | AggregateFunction::StddevPop
        | AggregateFunction::VarSamp
        | AggregateFunction::VarPop => match arg {
            DataType::Float4 | DataType::Float8 => Box::new(FloatMoments::new(call.function)),
            _ => Box::new(NumericMoments::new(call.function)),
        },
        AggregateFunction::Corr | AggregateFunction::CovarPop | AggregateFunction::CovarSamp => {
            Box::new(FloatMoments::new(call.function))
        }
        AggregateFunction::BoolAnd
        | AggregateFunction::BoolOr
        | AggregateFunction::BitAnd
        | AggregateFunction::BitOr => {
            Box::new(Bits::new(call.function, ColumnData::with_capacity(arg, 0)))
        }
        AggregateFunction::StringAgg
        | AggregateFunction::PercentileCont
        | AggregateFunction::PercentileDisc
        | AggregateFunction::Mode => {
            let mut types: Vec<DataType> = call.args.iter().map(|arg| arg.data_type).collect();
            let mut order: Vec<(bool, bool)> = Vec::new();
            for (key, descending, nulls_first) in &call.order_by {
                types.push(key.data_type);
                order.push((*descending, *nulls_first));
            }
            Box::new(Collected::new(
                call.function,
                types,
                call.args.len(),
                order,
                result_type(call),
            ))
        }
    })
}
