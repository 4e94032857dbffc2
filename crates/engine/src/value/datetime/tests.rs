//! PostgreSQL's answers.

use super::*;
use crate::value::Interval;
use alloc::string::String;

fn date(text: &str) -> i32 {
    parse_date(text).unwrap()
}

fn timestamp(text: &str) -> i64 {
    parse_timestamp(text).unwrap()
}

fn interval(text: &str) -> Interval {
    parse_interval(text).unwrap()
}

fn shown<T>(write: impl Fn(T, &mut String), value: T) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

#[test]
fn dates_are_read_in_the_usual_forms() {
    for text in [
        "2024-02-29",
        "20240229",
        "Feb 29, 2024",
        "29 Feb 2024",
        "2/29/2024",
        "2024/2/29",
        "Thu 29 February 2024",
    ] {
        assert_eq!(date(text), date("2024-02-29"), "{text}");
    }
    assert_eq!(date("2000-01-01"), 0);
    assert_eq!(shown(write_date, date("0044-03-15 BC")), "0044-03-15 BC");
    assert_eq!(shown(write_date, date("infinity")), "infinity");
}

#[test]
fn every_day_of_eight_centuries_survives_the_round_trip() {
    for day in -146_097_i32..146_097 {
        assert_eq!(date_from_civil(to_civil(i64::from(day))), Some(day));
    }
}

#[test]
fn dates_that_do_not_exist_are_refused_with_their_code() {
    for (text, code) in [
        ("2023-02-29", "22008"),
        ("2024-13-01", "22008"),
        ("tomorrowish", "22007"),
        ("", "22007"),
    ] {
        assert_eq!(
            parse_date(text).unwrap_err().code.sqlstate(),
            code,
            "{text}"
        );
    }
    assert_eq!(
        parse_date("2023-02-29").unwrap_err().message,
        "date/time field value out of range: \"2023-02-29\""
    );
}

#[test]
fn timestamps_show_their_fraction_without_trailing_zeros() {
    for text in [
        "2024-02-29 12:34:56.789",
        "1999-12-31 23:59:59",
        "1999-12-31 00:00:00.000001",
    ] {
        assert_eq!(shown(write_timestamp, timestamp(text)), text);
    }
    assert_eq!(
        shown(write_timestamp, timestamp("2024-02-29T12:34Z")),
        "2024-02-29 12:34:00"
    );
    assert_eq!(
        shown(write_timestamp, timestamp("2024-02-29 04:05 PM")),
        "2024-02-29 16:05:00"
    );
    assert_eq!(
        shown(write_timestamp, timestamp("2024-02-29 24:00")),
        "2024-03-01 00:00:00"
    );
}

#[test]
fn intervals_look_as_in_postgresql() {
    for (text, expected) in [
        (
            "1 year 2 mons 3 days 04:05:06.5",
            "1 year 2 mons 3 days 04:05:06.5",
        ),
        ("1.5 hours", "01:30:00"),
        ("-1 day", "-1 days"),
        ("1 day ago", "-1 days"),
        ("-1 day 2 hours", "-1 days +02:00:00"),
        ("P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"),
        ("0", "00:00:00"),
        ("2 weeks", "14 days"),
        ("1.5 months", "1 mon 15 days"),
        ("90 minutes", "01:30:00"),
        ("1 12:30", "1 day 12:30:00"),
        ("30 seconds", "00:00:30"),
        ("1.5 days", "1 day 12:00:00"),
    ] {
        assert_eq!(shown(write_interval, interval(text)), expected, "{text}");
    }
}

#[test]
fn months_are_added_before_days_and_cut_to_the_month() {
    let add = |a: &str, b: &str| {
        shown(
            write_timestamp,
            add_interval_to_timestamp(timestamp(a), interval(b)).unwrap(),
        )
    };
    assert_eq!(add("2024-01-31", "1 month"), "2024-02-29 00:00:00");
    assert_eq!(add("2024-03-31", "-1 month"), "2024-02-29 00:00:00");
    assert_eq!(
        add("2024-02-28 23:00", "1 day 2 hours"),
        "2024-03-01 01:00:00"
    );
}

#[test]
fn age_counts_as_people_do() {
    let between =
        |a: &str, b: &str| shown(write_interval, age(timestamp(a), timestamp(b)).unwrap());
    assert_eq!(
        between("2001-04-10", "1957-06-13"),
        "43 years 9 mons 27 days"
    );
    assert_eq!(
        between("1957-06-13", "2001-04-10"),
        "-43 years -9 mons -27 days"
    );
    assert_eq!(between("2024-03-01 00:00", "2024-02-29 12:00"), "12:00:00");
}

#[test]
fn fields_are_extracted() {
    let get = |field: &str, text: &str| {
        shown(
            |value: crate::value::Numeric, out: &mut String| value.write(out),
            extract(field, Moment::Timestamp(timestamp(text))).unwrap(),
        )
    };
    for (field, expected) in [
        ("year", "2001"),
        ("month", "2"),
        ("day", "16"),
        ("hour", "20"),
        ("minute", "38"),
        ("second", "40.120000"),
        ("dow", "5"),
        ("isodow", "5"),
        ("doy", "47"),
        ("week", "7"),
        ("quarter", "1"),
        ("century", "21"),
        ("decade", "200"),
        ("millennium", "3"),
        ("epoch", "982355920.120000"),
        ("milliseconds", "40120.000"),
        ("microseconds", "40120000"),
        ("isoyear", "2001"),
    ] {
        assert_eq!(get(field, "2001-02-16 20:38:40.12"), expected, "{field}");
    }
    assert_eq!(get("week", "2005-01-01"), "53");
    assert_eq!(get("isoyear", "2005-01-01"), "2004");
    assert_eq!(
        extract("hour", Moment::Date(0))
            .unwrap_err()
            .code
            .sqlstate(),
        "0A000"
    );
    assert_eq!(
        extract("fortnight", Moment::Date(0))
            .unwrap_err()
            .code
            .sqlstate(),
        "22023"
    );
}

#[test]
fn moments_are_truncated_to_a_field() {
    let cut = |field: &str| {
        shown(
            write_timestamp,
            date_trunc(field, timestamp("2001-02-16 20:38:40.12")).unwrap(),
        )
    };
    assert_eq!(cut("hour"), "2001-02-16 20:00:00");
    assert_eq!(cut("week"), "2001-02-12 00:00:00");
    assert_eq!(cut("quarter"), "2001-01-01 00:00:00");
    assert_eq!(cut("century"), "2001-01-01 00:00:00");
    assert_eq!(cut("decade"), "2000-01-01 00:00:00");
}
