//! Constants as SQL text: `5`, `'x'::text`, `'{1,2}'::integer[]`.
//!
//! Source: PostgreSQL 15 `ruleutils.c`, `get_const_expr`; `arrayfuncs.c`, `array_out`.

use crate::value::{DataType, Value, to_text};
use alloc::{format, string::String};

/// The type's name with its modifier.
pub(super) fn type_name(data_type: DataType) -> String {
    match data_type {
        DataType::Numeric(Some((precision, scale))) => format!("numeric({precision},{scale})"),
        DataType::Varchar(Some(length)) => format!("character varying({length})"),
        DataType::Char(length) if length > 0 => format!("character({length})"),
        DataType::Char(_) => String::from("bpchar"),
        other => String::from(other.name()),
    }
}

/// Writes a constant, with its type where the text alone would be read as another.
pub(super) fn write_constant(value: &Value, data_type: DataType, out: &mut String) {
    if value.is_null() {
        out.push_str("NULL::");
        out.push_str(&type_name(data_type));
        return;
    }
    let text = to_text(value, data_type);
    let starts_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
    match value {
        Value::Bool(value) => {
            out.push_str(if *value { "true" } else { "false" });
            return;
        }
        Value::Int4(_) if starts_with_digit => {
            out.push_str(&text);
            return;
        }
        Value::Numeric(_) if starts_with_digit && text.contains(['.', 'e', 'E']) => {
            out.push_str(&text);
            if matches!(data_type, DataType::Numeric(Some(_))) {
                out.push_str("::");
                out.push_str(&type_name(data_type));
            }
            return;
        }
        _ => {}
    }
    write_quoted(&text, out);
    if data_type != DataType::Unknown {
        out.push_str("::");
        out.push_str(&type_name(data_type));
    }
}

/// Writes a text in single quotes.
pub(super) fn write_quoted(text: &str, out: &mut String) {
    if text.contains('\\') {
        out.push('E');
    }
    out.push('\'');
    for letter in text.chars() {
        if matches!(letter, '\'' | '\\') {
            out.push(letter);
        }
        out.push(letter);
    }
    out.push('\'');
}

/// Writes a list of constants as an array.
pub(super) fn write_array<'v>(
    values: impl Iterator<Item = &'v Value>,
    data_type: DataType,
    out: &mut String,
) {
    let mut inner = String::from("{");
    for (position, value) in values.enumerate() {
        if position > 0 {
            inner.push(',');
        }
        if value.is_null() {
            inner.push_str("NULL");
        } else {
            write_element(&to_text(value, data_type), &mut inner);
        }
    }
    inner.push('}');
    write_quoted(&inner, out);
    out.push_str("::");
    out.push_str(&type_name(data_type));
    out.push_str("[]");
}

fn write_element(text: &str, out: &mut String) {
    let needs_quotes = text.is_empty()
        || text.eq_ignore_ascii_case("null")
        || text.contains(|c: char| {
            matches!(c, '"' | '\\' | '{' | '}' | ',') || c.is_ascii_whitespace()
        });
    if !needs_quotes {
        out.push_str(text);
        return;
    }
    out.push('"');
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
}
