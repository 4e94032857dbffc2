//! EXTRACT and DATE_TRUNC.

use super::calendar::{Civil, date_from_civil, to_civil, to_clock};
use crate::{
    error::{Error, ErrorCode},
    value::{Interval, Numeric, compare::MICROS_PER_DAY},
};
use alloc::format;

/// Whether a date or a timestamp is asked: EXTRACT of a date knows no hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Days since 2000-01-01.
    Date(i32),
    /// Microseconds since 2000-01-01.
    Timestamp(i64),
}

fn unknown_unit(field: &str, type_name: &str) -> Error {
    Error::new(
        ErrorCode::InvalidParameterValue,
        format!("unit \"{field}\" not recognized for type {type_name}"),
    )
}

fn unsupported_unit(field: &str, type_name: &str) -> Error {
    Error::new(
        ErrorCode::FeatureNotSupported,
        format!("unit \"{field}\" not supported for type {type_name}"),
    )
}

/// One name for each field: plural and short forms are folded.
fn canonical(field: &str) -> Option<&'static str> {
    Some(match field {
        "microsecond" | "microseconds" | "us" | "usec" => "microseconds",
        "millisecond" | "milliseconds" | "ms" | "msec" => "milliseconds",
        "second" | "seconds" | "s" | "sec" | "secs" => "second",
        "minute" | "minutes" | "m" | "min" | "mins" => "minute",
        "hour" | "hours" | "h" | "hr" | "hrs" => "hour",
        "day" | "days" | "d" => "day",
        "week" | "weeks" | "w" => "week",
        "month" | "months" | "mon" | "mons" => "month",
        "quarter" | "qtr" => "quarter",
        "year" | "years" | "y" | "yr" | "yrs" => "year",
        "decade" | "decades" => "decade",
        "century" | "centuries" => "century",
        "millennium" | "millennia" => "millennium",
        "dow" => "dow",
        "isodow" => "isodow",
        "doy" => "doy",
        "isoyear" => "isoyear",
        "epoch" => "epoch",
        "julian" => "julian",
        _ => return None,
    })
}

/// `EXTRACT(field FROM moment)`: numeric; seconds show six digits.
pub fn extract(field: &str, moment: Moment) -> Result<Numeric, Error> {
    let (micros, type_name, is_date) = match moment {
        Moment::Date(days) => (i64::from(days).saturating_mul(MICROS_PER_DAY), "date", true),
        Moment::Timestamp(micros) => (micros, "timestamp without time zone", false),
    };
    let lower = field.to_ascii_lowercase();
    let field = canonical(&lower).ok_or_else(|| unknown_unit(&lower, type_name))?;
    let (day, clock) = match moment {
        Moment::Date(days) => (i64::from(days), to_clock(0).1),
        Moment::Timestamp(micros) => to_clock(micros),
    };
    let civil = to_civil(day);
    let of_minute = clock.second * 1_000_000 + clock.micros;
    if is_date
        && matches!(
            field,
            "microseconds" | "milliseconds" | "second" | "minute" | "hour"
        )
    {
        return Err(unsupported_unit(field, type_name));
    }
    let whole = |value: i64| Numeric::from_i64(value);
    Ok(match field {
        "microseconds" => whole(of_minute),
        "milliseconds" => Numeric::new(i128::from(of_minute), 3),
        "second" => Numeric::new(i128::from(of_minute), 6),
        "minute" => whole(clock.minute),
        "hour" => whole(clock.hour),
        "epoch" if is_date => whole((day + 10_957) * 86_400),
        "epoch" => Numeric::new(i128::from(micros) + 10_957 * i128::from(MICROS_PER_DAY), 6),
        "julian" if is_date => whole(day + 2_451_545),
        "julian" => Numeric::from_i64(micros.rem_euclid(MICROS_PER_DAY))
            .div(Numeric::from_i64(MICROS_PER_DAY))?
            .add(whole(day + 2_451_545))?,
        _ => whole(date_part(field, civil, day)),
    })
}

/// The fields that depend on the day only.
fn date_part(field: &str, civil: Civil, day: i64) -> i64 {
    let year = civil.year;
    // There is no year 0: 1 BC is year -1 to SQL.
    let shown_year = if year > 0 { year } else { year - 1 };
    match field {
        "day" => i64::from(civil.day),
        "month" => i64::from(civil.month),
        "quarter" => i64::from((civil.month - 1) / 3 + 1),
        "year" => shown_year,
        "decade" => year.div_euclid(10),
        "century" if year > 0 => (year + 99) / 100,
        "century" => -((99 - (year - 1)) / 100),
        "millennium" if year > 0 => (year + 999) / 1000,
        "millennium" => -((999 - (year - 1)) / 1000),
        // 2000-01-01 was a Saturday.
        "dow" => (day + 6).rem_euclid(7),
        "isodow" => (day + 5).rem_euclid(7) + 1,
        "doy" => day - first_day(year) + 1,
        "week" => iso_week(day).1,
        _ => {
            let iso = iso_week(day).0;
            if iso > 0 { iso } else { iso - 1 }
        }
    }
}

/// Day number of 1 January.
pub(super) fn first_day(year: i64) -> i64 {
    date_from_civil(Civil {
        year,
        month: 1,
        day: 1,
    })
    .map_or(0, i64::from)
}

/// ISO year and week: the week belongs to the year of its Thursday.
pub(super) fn iso_week(day: i64) -> (i64, i64) {
    let thursday = day - (day + 5).rem_euclid(7) + 3;
    let year = to_civil(thursday).year;
    (year, (thursday - first_day(year)) / 7 + 1)
}

/// `EXTRACT(field FROM interval)`.
pub fn extract_from_interval(field: &str, value: Interval) -> Result<Numeric, Error> {
    let lower = field.to_ascii_lowercase();
    let field = canonical(&lower).ok_or_else(|| unknown_unit(&lower, "interval"))?;
    let of_minute = value.micros % 60_000_000;
    let (years, months) = (i64::from(value.months / 12), i64::from(value.months % 12));
    let whole = |value: i64| Numeric::from_i64(value);
    Ok(match field {
        "microseconds" => whole(of_minute),
        "milliseconds" => Numeric::new(i128::from(of_minute), 3),
        "second" => Numeric::new(i128::from(of_minute), 6),
        "minute" => whole(value.micros / 60_000_000 % 60),
        "hour" => whole(value.micros / 3_600_000_000),
        "day" => whole(i64::from(value.days)),
        "month" => whole(months),
        "quarter" => whole(months / 3 + 1),
        "year" => whole(years),
        "decade" => whole(years / 10),
        "century" => whole(years / 100),
        "millennium" => whole(years / 1000),
        "epoch" => {
            // A year counts 365.25 days here, a month 30.
            let seconds = i128::from(years) * 31_557_600
                + i128::from(months) * 2_592_000
                + i128::from(value.days) * 86_400;
            Numeric::new(seconds * 1_000_000 + i128::from(value.micros), 6)
        }
        other => return Err(unsupported_unit(other, "interval")),
    })
}

/// `DATE_TRUNC(field, timestamp)`.
pub fn date_trunc(field: &str, micros: i64) -> Result<i64, Error> {
    const TYPE: &str = "timestamp without time zone";
    let lower = field.to_ascii_lowercase();
    let field = canonical(&lower).ok_or_else(|| unknown_unit(&lower, TYPE))?;
    if micros == i64::MAX || micros == i64::MIN {
        return Ok(micros);
    }
    let down_to = |unit: i64| micros - micros.rem_euclid(unit);
    let (day, _) = to_clock(micros);
    let civil = to_civil(day);
    let start_of = |year: i64, month: u32| {
        date_from_civil(Civil {
            year,
            month,
            day: 1,
        })
        .and_then(|days| i64::from(days).checked_mul(MICROS_PER_DAY))
        .ok_or_else(|| Error::new(ErrorCode::DatetimeFieldOverflow, "timestamp out of range"))
    };
    let year = civil.year;
    match field {
        "microseconds" => Ok(micros),
        "milliseconds" => Ok(down_to(1000)),
        "second" => Ok(down_to(1_000_000)),
        "minute" => Ok(down_to(60_000_000)),
        "hour" => Ok(down_to(3_600_000_000)),
        "day" => Ok(down_to(MICROS_PER_DAY)),
        "week" => Ok((day - (day + 5).rem_euclid(7)) * MICROS_PER_DAY),
        "month" => start_of(year, civil.month),
        "quarter" => start_of(year, (civil.month - 1) / 3 * 3 + 1),
        "year" => start_of(year, 1),
        "decade" => start_of(year.div_euclid(10) * 10, 1),
        "century" => start_of((year - 1).div_euclid(100) * 100 + 1, 1),
        "millennium" => start_of((year - 1).div_euclid(1000) * 1000 + 1, 1),
        other => Err(unsupported_unit(other, TYPE)),
    }
}

/// `DATE_TRUNC(field, interval)`.
pub fn date_trunc_interval(field: &str, value: Interval) -> Result<Interval, Error> {
    let lower = field.to_ascii_lowercase();
    let field = canonical(&lower).ok_or_else(|| unknown_unit(&lower, "interval"))?;
    let months = |unit: i32| Interval {
        months: value.months / unit * unit,
        days: 0,
        micros: 0,
    };
    let micros = |unit: i64| Interval {
        micros: value.micros / unit * unit,
        ..value
    };
    Ok(match field {
        "microseconds" => value,
        "milliseconds" => micros(1000),
        "second" => micros(1_000_000),
        "minute" => micros(60_000_000),
        "hour" => micros(3_600_000_000),
        "day" => Interval { micros: 0, ..value },
        "month" => months(1),
        "quarter" => months(3),
        "year" => months(12),
        "decade" => months(120),
        "century" => months(1200),
        "millennium" => months(12_000),
        other => return Err(unsupported_unit(other, "interval")),
    })
}
