//! Reading dates and timestamps: ISO first, and the other forms people write (`Jan 8, 1999`, `1/8/1999`, `20240229`).
//!
//! A zone after the time is read and ignored, as PostgreSQL does for `timestamp` without time zone. Day and month order is MDY.

use super::calendar::{Civil, date_from_civil};
use crate::{
    error::{Error, ErrorCode},
    value::compare::MICROS_PER_DAY,
};
use alloc::{format, string::String, vec::Vec};

/// Months and days are known by their first three letters.
pub(super) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Days since 2000-01-01. 22007 if it is no date, 22008 if there is no such day.
pub fn parse_date(text: &str) -> Result<i32, Error> {
    match parse(text, "date")? {
        Parsed::Infinity => Ok(i32::MAX),
        Parsed::MinusInfinity => Ok(i32::MIN),
        Parsed::Moment { days, .. } => Ok(days),
    }
}

/// Microseconds since 2000-01-01.
pub fn parse_timestamp(text: &str) -> Result<i64, Error> {
    match parse(text, "timestamp")? {
        Parsed::Infinity => Ok(i64::MAX),
        Parsed::MinusInfinity => Ok(i64::MIN),
        Parsed::Moment { days, micros } => i64::from(days)
            .checked_mul(MICROS_PER_DAY)
            .and_then(|start| start.checked_add(micros))
            .ok_or_else(|| {
                Error::new(
                    ErrorCode::DatetimeFieldOverflow,
                    format!("timestamp out of range: \"{text}\""),
                )
            }),
    }
}

enum Parsed {
    Infinity,
    MinusInfinity,
    Moment { days: i32, micros: i64 },
}

fn parse(text: &str, type_name: &str) -> Result<Parsed, Error> {
    if let Some(days) = plain_date(text) {
        return Ok(Parsed::Moment { days, micros: 0 });
    }
    let invalid = || {
        Error::new(
            ErrorCode::InvalidDatetimeFormat,
            format!("invalid input syntax for type {type_name}: \"{text}\""),
        )
    };
    let lower = text.trim().to_ascii_lowercase();
    match lower.as_str() {
        "infinity" | "+infinity" => return Ok(Parsed::Infinity),
        "-infinity" => return Ok(Parsed::MinusInfinity),
        "epoch" => {
            return Ok(Parsed::Moment {
                days: -10_957,
                micros: 0,
            });
        }
        _ => {}
    }
    let out_of_range = || {
        Error::new(
            ErrorCode::DatetimeFieldOverflow,
            format!("date/time field value out of range: \"{text}\""),
        )
    };
    let mut before_christ = false;
    let mut time = None;
    let mut pm = None;
    let mut date_words: Vec<String> = Vec::new();
    for word in lower.split(|letter: char| letter.is_ascii_whitespace() || letter == ',') {
        if word.is_empty() {
            continue;
        }
        // `2024-02-29T12:00` is two words written as one.
        let (date, clock) = match word.split_once('t') {
            Some((date, clock))
                if date.ends_with(|l: char| l.is_ascii_digit())
                    && clock.starts_with(|l: char| l.is_ascii_digit()) =>
            {
                (date, Some(clock))
            }
            _ => (word, None),
        };
        for part in [Some(date), clock].into_iter().flatten() {
            match part {
                "bc" => before_christ = true,
                "ad" | "z" | "utc" | "gmt" => {}
                "am" => pm = Some(false),
                "pm" => pm = Some(true),
                _ if part.contains(':') => {
                    time = Some(parse_time(part).ok_or_else(invalid)?);
                }
                _ if is_zone(part) && time.is_some() => {}
                _ => date_words.push(part.into()),
            }
        }
    }
    let fields = date_fields(&date_words).ok_or_else(invalid)?;
    let (mut year, month, day) = fields;
    if before_christ {
        year = 1 - year;
    }
    let (Ok(month), Ok(day)) = (u32::try_from(month), u32::try_from(day)) else {
        return Err(out_of_range());
    };
    let days = date_from_civil(Civil { year, month, day }).ok_or_else(out_of_range)?;
    let (mut hour, minute, second) = time.unwrap_or((0, 0, 0));
    match pm {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    let micros = hour * 3_600_000_000 + minute * 60_000_000 + second;
    if hour > 24 || minute > 59 || second > 60_000_000 || micros > MICROS_PER_DAY {
        return Err(out_of_range());
    }
    Ok(Parsed::Moment { days, micros })
}

/// `2024-02-29`, as nearly every date is written; `None` for everything else, and for a day that does not exist.
fn plain_date(text: &str) -> Option<i32> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text.as_bytes() else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |number, digit| {
            let digit = digit.wrapping_sub(b'0');
            (digit < 10).then_some(10 * number + u32::from(digit))
        })
    };
    let year = number(&[y0, y1, y2, y3]).filter(|&year| year > 0)?;
    let (month, day) = (number(&[m0, m1])?, number(&[d0, d1])?);
    date_from_civil(Civil {
        year: i64::from(year),
        month,
        day,
    })
}

fn is_zone(word: &str) -> bool {
    word.starts_with(['+', '-']) && word.len() <= 6
}

/// `12:34[:56[.789]]`, with a zone glued on perhaps: hours, minutes, microseconds of the minute.
fn parse_time(word: &str) -> Option<(i64, i64, i64)> {
    let clock = word.trim_end_matches('z');
    let clock = clock.split(['+', '-']).next()?;
    let (clock, half) = match clock.strip_suffix("pm") {
        Some(rest) => (rest, 12),
        None => (clock.strip_suffix("am").unwrap_or(clock), 0),
    };
    let mut parts = clock.split(':');
    let hour: i64 = number(parts.next()?)?;
    let minute: i64 = number(parts.next()?)?;
    let second = parts.next().map_or(Some(0), parse_seconds)?;
    if parts.next().is_some() {
        return None;
    }
    Some((if hour < 12 { hour + half } else { hour }, minute, second))
}

/// `56.789` as microseconds, rounded.
pub(super) fn parse_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = if whole.is_empty() { 0 } else { number(whole)? };
    let mut micros = 0;
    for (at, byte) in fraction.bytes().enumerate() {
        let digit = i64::from(char::from(byte).to_digit(10)?);
        match at {
            0..6 => micros += digit * 10_i64.pow(u32::try_from(5 - at).ok()?),
            6 => micros += i64::from(digit >= 5),
            _ => {}
        }
    }
    seconds.checked_mul(1_000_000)?.checked_add(micros)
}

fn number(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Year, month, day from the words that are not time.
fn date_fields(words: &[String]) -> Option<(i64, i64, i64)> {
    let parts: Vec<&str> = words
        .iter()
        .filter(|word| !is_weekday(word))
        .flat_map(|word| word.split(['-', '/', '.']))
        .filter(|part| !part.is_empty())
        .collect();
    match *parts.as_slice() {
        [packed] if packed.len() == 8 => Some((
            number(packed.get(..4)?)?,
            number(packed.get(4..6)?)?,
            number(packed.get(6..)?)?,
        )),
        [packed] if packed.len() == 6 => Some((
            short_year(packed.get(..2)?)?,
            number(packed.get(2..4)?)?,
            number(packed.get(4..)?)?,
        )),
        [a, b, c] => match (month_name(a), month_name(b)) {
            (Some(month), _) => Some((short_year(c)?, month, number(b)?)),
            (_, Some(month)) if a.len() > 2 => Some((number(a)?, month, number(c)?)),
            (_, Some(month)) => Some((short_year(c)?, month, number(a)?)),
            _ if a.len() > 2 => Some((number(a)?, number(b)?, number(c)?)),
            _ => Some((short_year(c)?, number(a)?, number(b)?)),
        },
        _ => None,
    }
}

/// Two digits mean 1970..=2069.
fn short_year(text: &str) -> Option<i64> {
    let year = number(text)?;
    Some(match text.len() {
        1 | 2 if year < 70 => year + 2000,
        1 | 2 => year + 1900,
        _ => year,
    })
}

fn month_name(text: &str) -> Option<i64> {
    if text.len() < 3 {
        return None;
    }
    let at = MONTHS
        .iter()
        .position(|name| name.starts_with(text) || (text == "sept" && *name == "september"))?;
    i64::try_from(at + 1).ok()
}

fn is_weekday(text: &str) -> bool {
    text.len() >= 3
        && [
            "sunday",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
        ]
        .iter()
        .any(|name| name.starts_with(text))
}
