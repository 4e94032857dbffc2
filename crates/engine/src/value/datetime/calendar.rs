//! Day numbers and calendar dates.
//!
//! Method: days are counted in 400-year eras that start on 1 March, so that leap days fall on the end of a year (Hinnant,
//! "chrono-Compatible Low-Level Date Algorithms").

use crate::value::compare::MICROS_PER_DAY;

/// Days from 0000-03-01 to 2000-01-01, where day 0 is.
const EPOCH: i64 = 730_425;

/// Year (astronomical: 0 = 1 BC), month 1..=12, day 1..=31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Year; 0 is 1 BC.
    pub year: i64,
    /// Month from 1.
    pub month: u32,
    /// Day from 1.
    pub day: u32,
}

/// Time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// 0..=23
    pub hour: i64,
    /// 0..=59
    pub minute: i64,
    /// 0..=59
    pub second: i64,
    /// 0..=999,999
    pub micros: i64,
}

/// Days since 2000-01-01 of a date; `None` if month or day do not exist or the date is out of PostgreSQL's range.
#[must_use]
pub fn date_from_civil(civil: Civil) -> Option<i32> {
    let Civil { year, month, day } = civil;
    if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    if !(-4713..=5_874_897).contains(&year) {
        return None;
    }
    let from_march = i64::from((month + 9) % 12);
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era - EPOCH).ok()
}

/// The calendar date of a day number.
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "month and day are small and positive"
)]
pub const fn to_civil(days: i64) -> Civil {
    let days = days + EPOCH;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    Civil {
        year,
        month: month as u32,
        day: day as u32,
    }
}

/// Days of a month, 1..=12.
#[must_use]
pub const fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Day number and time of day of a timestamp.
#[must_use]
pub const fn to_clock(micros: i64) -> (i64, Clock) {
    let day = micros.div_euclid(MICROS_PER_DAY);
    let rest = micros.rem_euclid(MICROS_PER_DAY);
    (
        day,
        Clock {
            hour: rest / 3_600_000_000,
            minute: rest / 60_000_000 % 60,
            second: rest / 1_000_000 % 60,
            micros: rest % 1_000_000,
        },
    )
}
