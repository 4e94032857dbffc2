//! Functions of dates, timestamps and intervals.

use crate::{
    error::{Error, ErrorCode},
    logical::Function,
    value::{
        DataType, Interval, Value,
        cast::{float_to_i64, out_of_range},
        compare::MICROS_PER_DAY,
        datetime::{
            Civil, Moment, age, date_from_civil, date_trunc, date_trunc_interval, extract,
            extract_from_interval, justify_days, justify_hours,
        },
    },
};
use alloc::format;

type Answer = Option<Result<Value, Error>>;

/// `None` if the function is not one of times.
pub(super) fn call(function: Function, args: &[Value], result: DataType) -> Answer {
    Some(match (function, args) {
        (Function::Extract, [Value::Text(field), value]) => {
            let number = match value {
                Value::Date(days) => extract(field, Moment::Date(*days)),
                Value::Timestamp(micros) => extract(field, Moment::Timestamp(*micros)),
                Value::Interval(interval) => extract_from_interval(field, *interval),
                _ => return None,
            };
            number.map(|number| {
                if result == DataType::Float8 {
                    Value::Float8(number.to_f64())
                } else {
                    Value::Numeric(number)
                }
            })
        }
        (Function::DateTrunc, [Value::Text(field), Value::Timestamp(micros)]) => {
            date_trunc(field, *micros).map(Value::Timestamp)
        }
        (Function::DateTrunc, [Value::Text(field), Value::Interval(interval)]) => {
            date_trunc_interval(field, *interval).map(Value::Interval)
        }
        (Function::Age, [Value::Timestamp(a), Value::Timestamp(b)]) => {
            age(*a, *b).map(Value::Interval)
        }
        (Function::JustifyDays, [Value::Interval(a)]) => Ok(Value::Interval(justify_days(*a))),
        (Function::JustifyHours, [Value::Interval(a)]) => Ok(Value::Interval(justify_hours(*a))),
        (Function::MakeDate, [Value::Int4(year), Value::Int4(month), Value::Int4(day)]) => {
            make_date(*year, *month, *day).map(Value::Date)
        }
        (
            Function::MakeTimestamp,
            [
                Value::Int4(year),
                Value::Int4(month),
                Value::Int4(day),
                Value::Int4(hour),
                Value::Int4(minute),
                Value::Float8(second),
            ],
        ) => make_timestamp((*year, *month, *day), (*hour, *minute), *second),
        (Function::MakeInterval, parts) => make_interval(parts),
        (Function::ToTimestamp, [Value::Float8(seconds)]) => float_to_i64(seconds * 1e6)
            .and_then(|micros| micros.checked_sub(10_957 * MICROS_PER_DAY))
            .map(Value::Timestamp)
            .ok_or_else(|| Error::new(ErrorCode::DatetimeFieldOverflow, "timestamp out of range")),
        _ => return None,
    })
}

fn make_date(year: i32, month: i32, day: i32) -> Result<i32, Error> {
    let fail = || {
        Error::new(
            ErrorCode::DatetimeFieldOverflow,
            format!("date field value out of range: {year}-{month:02}-{day:02}"),
        )
    };
    // Negative years are BC; there is no year 0.
    let shown = match year {
        0 => return Err(fail()),
        ..0 => i64::from(year) + 1,
        _ => i64::from(year),
    };
    let (Ok(month), Ok(day)) = (u32::try_from(month), u32::try_from(day)) else {
        return Err(fail());
    };
    date_from_civil(Civil {
        year: shown,
        month,
        day,
    })
    .ok_or_else(fail)
}

fn make_timestamp(
    date: (i32, i32, i32),
    (hour, minute): (i32, i32),
    second: f64,
) -> Result<Value, Error> {
    let days = make_date(date.0, date.1, date.2)?;
    let fail = || {
        Error::new(
            ErrorCode::DatetimeFieldOverflow,
            format!("time field value out of range: {hour}:{minute:02}:{second:02}"),
        )
    };
    let micros = float_to_i64(second * 1e6).ok_or_else(fail)?;
    if !(0..=24).contains(&hour)
        || !(0..60).contains(&minute)
        || !(0..=60_000_000).contains(&micros)
    {
        return Err(fail());
    }
    let time = i64::from(hour) * 3_600_000_000 + i64::from(minute) * 60_000_000 + micros;
    i64::from(days)
        .checked_mul(MICROS_PER_DAY)
        .and_then(|start| start.checked_add(time))
        .map(Value::Timestamp)
        .ok_or_else(fail)
}

/// years, months, weeks, days, hours, mins, secs; missing ones are 0.
fn make_interval(parts: &[Value]) -> Result<Value, Error> {
    let part = |at: usize| parts.get(at).and_then(Value::as_i64).unwrap_or(0);
    let seconds = parts.get(6).and_then(Value::as_f64).unwrap_or(0.0);
    let fields = || {
        let micros = float_to_i64(seconds * 1e6)?;
        Some(Interval {
            months: i32::try_from(part(0) * 12 + part(1)).ok()?,
            days: i32::try_from(part(2) * 7 + part(3)).ok()?,
            micros: micros.checked_add(part(4) * 3_600_000_000 + part(5) * 60_000_000)?,
        })
    };
    fields()
        .map(Value::Interval)
        .ok_or_else(|| out_of_range("interval"))
}
