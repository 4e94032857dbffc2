//! ISO text of dates and timestamps, PostgreSQL's text of intervals.

use super::calendar::{Civil, to_civil, to_clock};
use crate::value::Interval;
use alloc::string::String;
use core::fmt::Write;

/// `2024-02-29`, `0044-03-15 BC`, `infinity`.
pub fn write_date(days: i32, out: &mut String) {
    if let Some(word) = infinite(days == i32::MAX, days == i32::MIN) {
        out.push_str(word);
        return;
    }
    let civil = to_civil(i64::from(days));
    write_civil(civil, out);
    write_era(civil, out);
}

/// `2024-02-29 12:34:56.789`.
pub fn write_timestamp(micros: i64, out: &mut String) {
    if let Some(word) = infinite(micros == i64::MAX, micros == i64::MIN) {
        out.push_str(word);
        return;
    }
    let (day, clock) = to_clock(micros);
    let civil = to_civil(day);
    write_civil(civil, out);
    let _ = write!(
        out,
        " {:02}:{:02}:{:02}",
        clock.hour, clock.minute, clock.second
    );
    write_fraction(clock.micros.unsigned_abs(), out);
    write_era(civil, out);
}

/// `1 year 2 mons -3 days +04:05:06.5`; `00:00:00` for nothing.
pub fn write_interval(value: Interval, out: &mut String) {
    let start = out.len();
    let mut before_negative = false;
    let parts = [
        (value.months / 12, "year"),
        (value.months % 12, "mon"),
        (value.days, "day"),
    ];
    for (count, unit) in parts {
        if count != 0 {
            let blank = if out.len() > start { " " } else { "" };
            let sign = if before_negative && count > 0 {
                "+"
            } else {
                ""
            };
            let plural = if count == 1 { "" } else { "s" };
            let _ = write!(out, "{blank}{sign}{count} {unit}{plural}");
            before_negative = count < 0;
        }
    }
    if value.micros != 0 || out.len() == start {
        let blank = if out.len() > start { " " } else { "" };
        let sign = match value.micros {
            ..0 => "-",
            _ if before_negative => "+",
            _ => "",
        };
        let micros = value.micros.unsigned_abs();
        let seconds = micros / 1_000_000;
        let _ = write!(
            out,
            "{blank}{sign}{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
        write_fraction(micros % 1_000_000, out);
    }
}

const fn infinite(positive: bool, negative: bool) -> Option<&'static str> {
    if positive {
        Some("infinity")
    } else if negative {
        Some("-infinity")
    } else {
        None
    }
}

fn write_civil(civil: Civil, out: &mut String) {
    let year = if civil.year > 0 {
        civil.year
    } else {
        1 - civil.year
    };
    let _ = write!(out, "{year:04}-{:02}-{:02}", civil.month, civil.day);
}

fn write_era(civil: Civil, out: &mut String) {
    if civil.year <= 0 {
        out.push_str(" BC");
    }
}

/// `.5` for half a second; nothing for none.
fn write_fraction(micros: u64, out: &mut String) {
    if micros > 0 {
        let _ = write!(out, ".{micros:06}");
        let kept = out.trim_end_matches('0').len();
        out.truncate(kept);
    }
}
