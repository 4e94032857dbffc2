//! Reading intervals: `1 year 2 mons 3 days 04:05:06`, `1.5 hours`, `-2 weeks`, `P1Y2M3DT4H5M6S`, `1 day ago`.

use super::input::parse_seconds;
use crate::{
    error::{Error, ErrorCode},
    value::{Interval, compare::MICROS_PER_DAY},
};
use alloc::{format, string::String, vec::Vec};

/// An interval. 22007 if it is none, 22008 if a field is too large.
pub fn parse_interval(text: &str) -> Result<Interval, Error> {
    let invalid = || {
        Error::new(
            ErrorCode::InvalidDatetimeFormat,
            format!("invalid input syntax for type interval: \"{text}\""),
        )
    };
    let lower = text.trim().to_ascii_lowercase();
    let total = if let Some(iso) = lower.strip_prefix('p') {
        parse_iso(iso).ok_or_else(invalid)?
    } else {
        parse_words(&lower).ok_or_else(invalid)?
    };
    total.finish().ok_or_else(|| {
        Error::new(
            ErrorCode::DatetimeFieldOverflow,
            format!("interval field value out of range: \"{text}\""),
        )
    })
}

/// Sums wide enough that no field of a sane length overflows before the end.
#[derive(Default)]
struct Sum {
    months: i128,
    days: i128,
    micros: i128,
}

impl Sum {
    fn finish(self) -> Option<Interval> {
        Some(Interval {
            months: i32::try_from(self.months).ok()?,
            days: i32::try_from(self.days).ok()?,
            micros: i64::try_from(self.micros).ok()?,
        })
    }

    /// Adds `amount` (in millionths) units. Fractions run over into the next smaller field, as in PostgreSQL.
    fn add(&mut self, amount: i128, unit: &str) -> Option<()> {
        const ONE: i128 = 1_000_000;
        let unit = unit.strip_suffix('.').unwrap_or(unit);
        match unit {
            "microsecond" | "microseconds" | "us" | "usec" | "usecs" => self.micros += amount / ONE,
            "millisecond" | "milliseconds" | "ms" | "msec" | "msecs" => {
                self.micros += amount / 1000
            }
            "second" | "seconds" | "sec" | "secs" | "s" | "" => self.micros += amount,
            "minute" | "minutes" | "min" | "mins" | "m" => self.micros += amount * 60,
            "hour" | "hours" | "hr" | "hrs" | "h" => self.micros += amount * 3600,
            "day" | "days" | "d" => self.add_days(amount),
            "week" | "weeks" | "w" => self.add_days(amount * 7),
            "month" | "months" | "mon" | "mons" => {
                self.months += amount / ONE;
                self.add_days(amount % ONE * 30);
            }
            "year" | "years" | "yr" | "yrs" | "y" => self.add_months(amount * 12),
            "decade" | "decades" | "dec" | "decs" => self.add_months(amount * 120),
            "century" | "centuries" | "cent" | "c" => self.add_months(amount * 1200),
            "millennium" | "millennia" | "mil" | "mils" => self.add_months(amount * 12_000),
            _ => return None,
        }
        Some(())
    }

    /// Fractions of years become whole months.
    fn add_months(&mut self, millionths: i128) {
        let half = if millionths < 0 { -500_000 } else { 500_000 };
        self.months += (millionths + half) / 1_000_000;
    }

    fn add_days(&mut self, millionths: i128) {
        self.days += millionths / 1_000_000;
        self.micros += millionths % 1_000_000 * i128::from(MICROS_PER_DAY) / 1_000_000;
    }
}

/// `-1.5` in millionths.
fn amount(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = i128::from(parse_seconds(digits)?);
    Some(if negative { -value } else { value })
}

fn parse_words(text: &str) -> Option<Sum> {
    let mut sum = Sum::default();
    let mut pending: Option<i128> = None;
    let mut ago = false;
    let mut seen = false;
    for word in split_units(text) {
        match word.as_str() {
            "@" => {}
            "ago" => ago = true,
            word if word.contains(':') => {
                if let Some(days) = pending.take() {
                    sum.add_days(days);
                }
                sum.micros += clock(word)?;
                seen = true;
            }
            word if word
                .starts_with(|l: char| l.is_ascii_digit() || matches!(l, '-' | '+' | '.')) =>
            {
                if pending.is_some() {
                    return None;
                }
                pending = Some(amount(word)?);
            }
            unit => {
                sum.add(pending.take()?, unit)?;
                seen = true;
            }
        }
    }
    if let Some(seconds) = pending {
        sum.micros += seconds;
        seen = true;
    }
    if ago {
        sum = Sum {
            months: -sum.months,
            days: -sum.days,
            micros: -sum.micros,
        };
    }
    seen.then_some(sum)
}

/// Words, where `3days` is two.
fn split_units(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split_ascii_whitespace() {
        let unit = word.find(|letter: char| letter.is_ascii_alphabetic());
        match unit {
            Some(at) if at > 0 => {
                words.push(word[..at].into());
                words.push(word[at..].into());
            }
            _ => words.push(word.into()),
        }
    }
    words
}

/// `[-]4:05[:06.7]` in microseconds.
fn clock(word: &str) -> Option<i128> {
    let (negative, word) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let mut parts = word.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds = parts.next().map_or(Some(0), parse_seconds)?;
    if parts.next().is_some() || !(0..60).contains(&minutes) || seconds > 60_000_000 {
        return None;
    }
    let micros =
        i128::from(hours) * 3_600_000_000 + i128::from(minutes) * 60_000_000 + i128::from(seconds);
    Some(if negative { -micros } else { micros })
}

/// After the P: `1y2m3dt4h5m6s`.
fn parse_iso(text: &str) -> Option<Sum> {
    let mut sum = Sum::default();
    let mut in_time = false;
    let mut number = String::new();
    let mut seen = false;
    for letter in text.chars() {
        match letter {
            't' => in_time = true,
            '0'..='9' | '.' | '-' | '+' => number.push(letter),
            unit => {
                let count = amount(&number)?;
                number.clear();
                let unit = match (unit, in_time) {
                    ('y', false) => "year",
                    ('m', false) => "month",
                    ('w', false) => "week",
                    ('d', false) => "day",
                    ('h', true) => "hour",
                    ('m', true) => "minute",
                    ('s', true) => "second",
                    _ => return None,
                };
                sum.add(count, unit)?;
                seen = true;
            }
        }
    }
    (seen && number.is_empty()).then_some(sum)
}
