//! Dates, timestamps and intervals: the calendar both ways, arithmetic, text.
//!
//! Proleptic Gregorian, no time zones, no leap seconds; microseconds. `i32::MAX`/`i64::MAX` stand for `infinity`, the
//! smallest for `-infinity`. The clock is never read here: CURRENT_DATE gets its value from the host.

mod arithmetic;
mod calendar;
mod fields;
mod input;
mod interval_input;
mod output;

pub use arithmetic::{
    add_interval_to_timestamp, add_intervals, age, divide_interval, justify_days, justify_hours,
    multiply_interval, negate_interval, subtract_timestamps,
};
pub use calendar::{Civil, Clock, date_from_civil, days_in_month, to_civil, to_clock};
pub use fields::{Moment, date_trunc, date_trunc_interval, extract, extract_from_interval};
pub use input::{parse_date, parse_timestamp};
pub use interval_input::parse_interval;
pub use output::{write_date, write_interval, write_timestamp};

#[cfg(test)]
mod tests;
