//! Sums and differences of moments and intervals.
//!
//! Source of the rules: PostgreSQL `timestamp.c`: months first (the day is cut to the month's length), then days, then time.

use super::calendar::{Civil, date_from_civil, days_in_month, to_civil, to_clock};
use crate::{
    error::{Error, ErrorCode},
    value::{Interval, compare::MICROS_PER_DAY},
};

fn timestamp_out_of_range() -> Error {
    Error::new(ErrorCode::DatetimeFieldOverflow, "timestamp out of range")
}

fn interval_out_of_range() -> Error {
    Error::new(ErrorCode::DatetimeFieldOverflow, "interval out of range")
}

/// Timestamp + interval. 22008 when it leaves the range; infinity stays.
pub fn add_interval_to_timestamp(micros: i64, interval: Interval) -> Result<i64, Error> {
    if micros == i64::MAX || micros == i64::MIN {
        return Ok(micros);
    }
    let mut day = micros.div_euclid(MICROS_PER_DAY);
    let time = micros.rem_euclid(MICROS_PER_DAY);
    if interval.months != 0 {
        let civil = to_civil(day);
        let month = civil.year * 12 + i64::from(civil.month) - 1 + i64::from(interval.months);
        let year = month.div_euclid(12);
        let month =
            u32::try_from(month.rem_euclid(12) + 1).map_err(|_| timestamp_out_of_range())?;
        let moved = Civil {
            year,
            month,
            day: civil.day.min(days_in_month(year, month)),
        };
        day = i64::from(date_from_civil(moved).ok_or_else(timestamp_out_of_range)?);
    }
    (day + i64::from(interval.days))
        .checked_mul(MICROS_PER_DAY)
        .and_then(|start| start.checked_add(time))
        .and_then(|start| start.checked_add(interval.micros))
        .ok_or_else(timestamp_out_of_range)
}

/// Timestamp - timestamp: days and time, no months.
pub fn subtract_timestamps(a: i64, b: i64) -> Result<Interval, Error> {
    let micros = a.checked_sub(b).ok_or_else(interval_out_of_range)?;
    Ok(justify_hours(Interval {
        months: 0,
        days: 0,
        micros,
    }))
}

/// Interval + interval, field by field.
pub fn add_intervals(a: Interval, b: Interval) -> Result<Interval, Error> {
    let sum = || {
        Some(Interval {
            months: a.months.checked_add(b.months)?,
            days: a.days.checked_add(b.days)?,
            micros: a.micros.checked_add(b.micros)?,
        })
    };
    sum().ok_or_else(interval_out_of_range)
}

/// -interval.
pub fn negate_interval(a: Interval) -> Result<Interval, Error> {
    let negated = || {
        Some(Interval {
            months: a.months.checked_neg()?,
            days: a.days.checked_neg()?,
            micros: a.micros.checked_neg()?,
        })
    };
    negated().ok_or_else(interval_out_of_range)
}

/// Interval × number: fractions of months become days (30 each), fractions of days become time.
pub fn multiply_interval(a: Interval, factor: f64) -> Result<Interval, Error> {
    scale(a, |value| value * factor)
}

/// Interval ÷ number.
pub fn divide_interval(a: Interval, divisor: f64) -> Result<Interval, Error> {
    if divisor == 0.0 {
        return Err(Error::new(ErrorCode::DivisionByZero, "division by zero"));
    }
    scale(a, |value| value / divisor)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the ranges are tested; PostgreSQL computes in doubles too"
)]
fn scale(a: Interval, by: impl Fn(f64) -> f64) -> Result<Interval, Error> {
    let to_i32 = |value: f64| {
        (value.is_finite() && libm::fabs(value) < 2_147_483_648.0)
            .then_some(value as i32)
            .ok_or_else(interval_out_of_range)
    };
    let (months, days) = (by(f64::from(a.months)), by(f64::from(a.days)));
    let whole_months = to_i32(libm::trunc(months))?;
    let month_days = round_micro((months - f64::from(whole_months)) * 30.0);
    let whole_days = to_i32(libm::trunc(days))?;
    let month_whole_days = to_i32(libm::trunc(month_days))?;
    let rest_days =
        round_micro(days - f64::from(whole_days) + month_days - f64::from(month_whole_days));
    // A whole day that comes together from two fractions counts as a day.
    let carried = to_i32(libm::trunc(rest_days))?;
    let micros =
        libm::rint(by(a.micros as f64) + (rest_days - f64::from(carried)) * MICROS_PER_DAY as f64);
    if !micros.is_finite() || libm::fabs(micros) >= 9.2e18 {
        return Err(interval_out_of_range());
    }
    Ok(Interval {
        months: whole_months,
        days: whole_days
            .checked_add(month_whole_days)
            .and_then(|days| days.checked_add(carried))
            .ok_or_else(interval_out_of_range)?,
        micros: micros as i64,
    })
}

/// Rounds away the noise of doubles below a microsecond of a day.
fn round_micro(days: f64) -> f64 {
    libm::rint(days * 1e6) / 1e6
}

/// Full 24 hours become days; the signs of days and time agree afterwards.
#[must_use]
pub fn justify_hours(a: Interval) -> Interval {
    let mut days = i64::from(a.days) + a.micros / MICROS_PER_DAY;
    let mut micros = a.micros % MICROS_PER_DAY;
    if days > 0 && micros < 0 {
        micros += MICROS_PER_DAY;
        days -= 1;
    } else if days < 0 && micros > 0 {
        micros -= MICROS_PER_DAY;
        days += 1;
    }
    let limit =
        |days: i64| i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX });
    Interval {
        months: a.months,
        days: limit(days),
        micros,
    }
}

/// Full 30 days become months; the signs agree afterwards.
#[must_use]
pub const fn justify_days(a: Interval) -> Interval {
    let mut months = a.months.saturating_add(a.days / 30);
    let mut days = a.days % 30;
    if months > 0 && days < 0 {
        days += 30;
        months -= 1;
    } else if months < 0 && days > 0 {
        days -= 30;
        months += 1;
    }
    Interval {
        months,
        days,
        micros: a.micros,
    }
}

/// age(a, b): the difference in years, months, days and time, as a person counts.
pub fn age(a: i64, b: i64) -> Result<Interval, Error> {
    let (later, earlier, negative) = if a >= b { (a, b, false) } else { (b, a, true) };
    let ((day_a, clock_a), (day_b, clock_b)) = (to_clock(later), to_clock(earlier));
    let (civil_a, civil_b) = (to_civil(day_a), to_civil(day_b));
    let time = |day: super::Clock| {
        (day.hour * 3600 + day.minute * 60 + day.second) * 1_000_000 + day.micros
    };
    let mut micros = time(clock_a) - time(clock_b);
    let mut days = i64::from(civil_a.day) - i64::from(civil_b.day);
    let mut months =
        (civil_a.year - civil_b.year) * 12 + i64::from(civil_a.month) - i64::from(civil_b.month);
    if micros < 0 {
        micros += MICROS_PER_DAY;
        days -= 1;
    }
    if days < 0 {
        // The borrowed month is that of the earlier date.
        days += i64::from(days_in_month(civil_b.year, civil_b.month));
        months -= 1;
    }
    let sum = || {
        Some(Interval {
            months: i32::try_from(months).ok()?,
            days: i32::try_from(days).ok()?,
            micros,
        })
    };
    let difference = sum().ok_or_else(interval_out_of_range)?;
    if negative {
        negate_interval(difference)
    } else {
        Ok(difference)
    }
}
