//! PostgreSQL's answers.

use super::{float4_text, float8_text, parse_text, to_text};
use crate::value::{DataType, Value};

#[test]
fn doubles_print_their_shortest_digits() {
    for (value, text) in [
        (0.1, "0.1"),
        (1e20, "1e+20"),
        (1e15, "1e+15"),
        (123_456_789_012_345.0, "123456789012345"),
        (1.234_567_890_123_456_8e17, "1.2345678901234568e+17"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-0.0, "-0"),
        (100.0, "100"),
        (1.0 / 3.0, "0.3333333333333333"),
        (1e-300, "1e-300"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
    ] {
        assert_eq!(float8_text(value), text);
    }
    assert_eq!(float4_text(0.1), "0.1");
    assert_eq!(float4_text(1e6), "1e+06");
    assert_eq!(float4_text(123_456.0), "123456");
}

#[test]
fn text_is_read_and_written_back() {
    for (data_type, text, shown) in [
        (DataType::Bool, " YES ", "t"),
        (DataType::Bool, "off", "f"),
        (DataType::Int2, "-32768", "-32768"),
        (DataType::Int4, " 42 ", "42"),
        (DataType::Int8, "9223372036854775807", "9223372036854775807"),
        (DataType::Float8, "1e3", "1000"),
        (DataType::Numeric(None), "1.500", "1.500"),
        (DataType::Numeric(Some((5, 2))), "1.555", "1.56"),
        (DataType::Varchar(Some(3)), "abc  ", "abc"),
        (DataType::Char(5), "ab", "ab   "),
        (
            DataType::Uuid,
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        (
            DataType::Uuid,
            "{a0eebc999c0b4ef8bb6d6bb9bd380a11}",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
    ] {
        assert_eq!(
            to_text(&parse_text(text, data_type).unwrap(), data_type),
            shown
        );
    }
}

#[test]
fn unreadable_text_is_refused_in_postgresqls_words() {
    for (data_type, text, code, message) in [
        (
            DataType::Int4,
            "abc",
            "22P02",
            "invalid input syntax for type integer: \"abc\"",
        ),
        (
            DataType::Int4,
            "1.5",
            "22P02",
            "invalid input syntax for type integer: \"1.5\"",
        ),
        (
            DataType::Int4,
            "2147483648",
            "22003",
            "value \"2147483648\" is out of range for type integer",
        ),
        (
            DataType::Bool,
            "maybe",
            "22P02",
            "invalid input syntax for type boolean: \"maybe\"",
        ),
        (
            DataType::Float8,
            "1e400",
            "22003",
            "\"1e400\" is out of range for type double precision",
        ),
        (
            DataType::Numeric(None),
            "1.2.3",
            "22P02",
            "invalid input syntax for type numeric: \"1.2.3\"",
        ),
        (
            DataType::Varchar(Some(3)),
            "abcd",
            "22001",
            "value too long for type character varying(3)",
        ),
        (
            DataType::Uuid,
            "xyz",
            "22P02",
            "invalid input syntax for type uuid: \"xyz\"",
        ),
        (
            DataType::Date,
            "x",
            "22007",
            "invalid input syntax for type date: \"x\"",
        ),
    ] {
        let error = parse_text(text, data_type).unwrap_err();
        assert_eq!(
            (error.code.sqlstate(), error.message.as_str()),
            (code, message)
        );
    }
    assert_eq!(to_text(&Value::Null, DataType::Int4), "");
}
