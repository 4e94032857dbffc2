//! Functions of texts. Positions count letters from 1.

use crate::{
    error::{Error, ErrorCode},
    logical::Function,
    value::{DataType, Value, text::to_text},
};
use alloc::{format, string::String, vec::Vec};

type Answer = Option<Result<Value, Error>>;

/// Longest text that `repeat` and padding make.
const MAX_TEXT: usize = 64 << 20;

fn text(value: impl Into<alloc::boxed::Box<str>>) -> Result<Value, Error> {
    Ok(Value::text(value))
}

fn int(value: usize) -> Result<Value, Error> {
    i32::try_from(value)
        .map(Value::Int4)
        .map_err(|_| crate::value::cast::out_of_range("integer"))
}

fn too_long() -> Error {
    Error::new(
        ErrorCode::ProgramLimitExceeded,
        "requested length too large",
    )
}

/// `None` if the function is not one of texts.
#[allow(clippy::too_many_lines, reason = "one line a function")]
pub(super) fn call(function: Function, args: &[Value], types: &[DataType]) -> Answer {
    use Value::{Int4, Text};
    Some(match (function, args) {
        (Function::Length, [Text(a)]) => int(a.chars().count()),
        (Function::OctetLength, [Text(a)]) => int(a.len()),
        (Function::BitLength, [Text(a)]) => int(a.len() * 8),
        (Function::Lower, [Text(a)]) => text(a.to_lowercase()),
        (Function::Upper, [Text(a)]) => text(a.to_uppercase()),
        (Function::Initcap, [Text(a)]) => text(initcap(a)),
        (Function::Substring | Function::Substr, [Text(a), Int4(from)]) => {
            text(substring(a, i64::from(*from), None))
        }
        (Function::Substring | Function::Substr, [Text(_), Int4(_), Int4(length)])
            if *length < 0 =>
        {
            Err(Error::new(
                ErrorCode::SubstringError,
                "negative substring length not allowed",
            ))
        }
        (Function::Substring | Function::Substr, [Text(a), Int4(from), Int4(length)]) => {
            text(substring(a, i64::from(*from), Some(i64::from(*length))))
        }
        (Function::Left, [Text(a), Int4(count)]) => text(first_letters(a, *count)),
        (Function::Right, [Text(a), Int4(count)]) => {
            let length = i64::try_from(a.chars().count()).unwrap_or(i64::MAX);
            let skip = if *count >= 0 {
                length - i64::from(*count)
            } else {
                -i64::from(*count)
            };
            text(substring(a, skip.max(0) + 1, None))
        }
        (Function::Btrim | Function::Trim, [Text(a)]) => text(a.trim_matches(' ')),
        (Function::Ltrim, [Text(a)]) => text(a.trim_start_matches(' ')),
        (Function::Rtrim, [Text(a)]) => text(a.trim_end_matches(' ')),
        (Function::Btrim | Function::Trim, [Text(a), Text(set)]) => {
            text(a.trim_matches(|l| set.contains(l)))
        }
        (Function::Ltrim, [Text(a), Text(set)]) => text(a.trim_start_matches(|l| set.contains(l))),
        (Function::Rtrim, [Text(a), Text(set)]) => text(a.trim_end_matches(|l| set.contains(l))),
        (Function::Lpad | Function::Rpad, [Text(a), Int4(length)]) => {
            pad(function, a, *length, " ")
        }
        (Function::Lpad | Function::Rpad, [Text(a), Int4(length), Text(fill)]) => {
            pad(function, a, *length, fill)
        }
        (Function::Replace, [Text(a), Text(from), Text(to)]) => {
            if from.is_empty() {
                text(a.clone())
            } else if a.len().saturating_mul(to.len()) > MAX_TEXT
                && a.matches(&**from).count().saturating_mul(to.len()) > MAX_TEXT
            {
                Err(too_long())
            } else {
                text(a.replace(&**from, to))
            }
        }
        (Function::Position | Function::Strpos, [Text(a), Text(part)]) => {
            int(a.find(&**part).map_or(0, |at| a[..at].chars().count() + 1))
        }
        (Function::Repeat, [Text(a), Int4(count)]) => {
            let count = usize::try_from(*count).unwrap_or(0);
            if a.len().saturating_mul(count) > MAX_TEXT {
                Err(too_long())
            } else {
                text(a.repeat(count))
            }
        }
        (Function::Reverse, [Text(a)]) => text(a.chars().rev().collect::<String>()),
        (Function::SplitPart, [Text(a), Text(by), Int4(at)]) => split_part(a, by, *at),
        (Function::StartsWith, [Text(a), Text(prefix)]) => {
            Ok(Value::Bool(a.starts_with(&**prefix)))
        }
        (Function::Ascii, [Text(a)]) => Ok(Int4(
            a.chars().next().map_or(0, |l| u32::from(l).cast_signed()),
        )),
        (Function::Chr, [Int4(code)]) => match u32::try_from(*code).ok().and_then(char::from_u32) {
            Some('\0') | None => Err(Error::new(
                ErrorCode::ProgramLimitExceeded,
                if *code == 0 {
                    String::from("null character not permitted")
                } else {
                    format!("requested character not valid for encoding: {code}")
                },
            )),
            Some(letter) => text(String::from(letter)),
        },
        (Function::Translate, [Text(a), Text(from), Text(to)]) => {
            let to: Vec<char> = to.chars().collect();
            text(
                a.chars()
                    .filter_map(|letter| match from.chars().position(|l| l == letter) {
                        Some(at) => to.get(at).copied(),
                        None => Some(letter),
                    })
                    .collect::<String>(),
            )
        }
        (Function::Overlay, [Text(a), Text(new), Int4(from)]) => overlay(
            a,
            new,
            *from,
            i32::try_from(new.chars().count()).unwrap_or(i32::MAX),
        ),
        (Function::Overlay, [Text(a), Text(new), Int4(from), Int4(length)]) => {
            overlay(a, new, *from, *length)
        }
        (Function::Concat, args) => text(joined(args, types, "")),
        (Function::ConcatWs, [Text(by), rest @ ..]) => {
            text(joined(rest, types.get(1..).unwrap_or(&[]), by))
        }
        (Function::ConcatWs, _) => Ok(Value::Null),
        (Function::QuoteLiteral, [Text(a)]) => {
            let mark = if a.contains('\\') { "E" } else { "" };
            text(format!(
                "{mark}'{}'",
                a.replace('\'', "''").replace('\\', "\\\\")
            ))
        }
        (Function::QuoteIdent, [Text(a)]) => text(quote_ident(a)),
        (Function::LikeEscape, [Text(pattern), Text(escape)]) => like_escape(pattern, escape),
        (Function::RegexpReplace, [Text(a), Text(pattern), Text(new)]) => {
            regexp_replace(a, pattern, new, "")
        }
        (Function::RegexpReplace, [Text(a), Text(pattern), Text(new), Text(flags)]) => {
            regexp_replace(a, pattern, new, flags)
        }
        (Function::Format, [Text(a), rest @ ..]) => {
            self::format(a, rest, types.get(1..).unwrap_or(&[]))
        }
        (Function::Format, _) => Ok(Value::Null),
        (Function::PgTypeof, _) => text(types.first().map_or("unknown", |t| t.name())),
        (Function::Version, []) => text("PostgreSQL 15.0 (Pagewalk)"),
        (Function::CurrentSchema, []) => text("public"),
        (Function::CurrentDatabase | Function::CurrentUser, []) => text("pagewalk"),
        _ => return None,
    })
}

fn initcap(a: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(a.len());
    for letter in a.chars() {
        if inside {
            out.extend(letter.to_lowercase());
        } else {
            out.extend(letter.to_uppercase());
        }
        inside = letter.is_alphanumeric();
    }
    out
}

/// From letter `from` (1 is the first; below 1 counts too) `length` letters, or all.
fn substring(a: &str, from: i64, length: Option<i64>) -> &str {
    let end = length.map_or(i64::MAX, |length| from.saturating_add(length));
    let skip = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
    let take = usize::try_from(end.saturating_sub(from.max(1)).max(0)).unwrap_or(usize::MAX);
    let byte = |text: &str, letters: usize| {
        text.char_indices()
            .nth(letters)
            .map_or(text.len(), |(at, _)| at)
    };
    let rest = &a[byte(a, skip)..];
    &rest[..byte(rest, take)]
}

fn first_letters(a: &str, count: i32) -> &str {
    let count = if count >= 0 {
        i64::from(count)
    } else {
        (i64::try_from(a.chars().count()).unwrap_or(i64::MAX) + i64::from(count)).max(0)
    };
    substring(a, 1, Some(count))
}

fn pad(function: Function, a: &str, length: i32, fill: &str) -> Result<Value, Error> {
    let length = usize::try_from(length).unwrap_or(0);
    if length.saturating_mul(fill.len().max(1)) > MAX_TEXT {
        return Err(too_long());
    }
    let have = a.chars().count();
    if have >= length || fill.is_empty() {
        return text(substring(a, 1, i64::try_from(length).ok()));
    }
    let padding: String = fill.chars().cycle().take(length - have).collect();
    text(if function == Function::Lpad {
        padding + a
    } else {
        String::from(a) + &padding
    })
}

fn split_part(a: &str, by: &str, at: i32) -> Result<Value, Error> {
    if at == 0 {
        return Err(Error::new(
            ErrorCode::InvalidParameterValue,
            "field position must not be zero",
        ));
    }
    let place = at.unsigned_abs() as usize - 1;
    let part = if by.is_empty() {
        (place == 0).then_some(a)
    } else if at > 0 {
        a.split(by).nth(place)
    } else {
        a.rsplit(by).nth(place)
    };
    text(part.unwrap_or(""))
}

fn overlay(a: &str, new: &str, from: i32, length: i32) -> Result<Value, Error> {
    if from <= 0 {
        return Err(Error::new(
            ErrorCode::SubstringError,
            "negative substring length not allowed",
        ));
    }
    let from = i64::from(from);
    text(format!(
        "{}{new}{}",
        substring(a, 1, Some(from - 1)),
        substring(a, from + i64::from(length), None)
    ))
}

fn joined(args: &[Value], types: &[DataType], by: &str) -> String {
    let mut out = String::new();
    let mut first = true;
    for (at, value) in args.iter().enumerate() {
        if value.is_null() {
            continue;
        }
        if !first {
            out.push_str(by);
        }
        first = false;
        out.push_str(&to_text(
            value,
            types.get(at).copied().unwrap_or(DataType::Text),
        ));
    }
    out
}

fn quote_ident(a: &str) -> String {
    let plain = a.starts_with(|l: char| l.is_ascii_lowercase() || l == '_')
        && a.chars()
            .all(|l| l.is_ascii_lowercase() || l.is_ascii_digit() || l == '_');
    if plain {
        a.into()
    } else {
        format!("\"{}\"", a.replace('"', "\"\""))
    }
}

/// Rewrites a pattern with another escape character into one with a backslash. 22025 unless it is one letter or none.
fn like_escape(pattern: &str, escape: &str) -> Result<Value, Error> {
    let mut letters = escape.chars();
    let mark = letters.next();
    if letters.next().is_some() {
        return Err(
            Error::new(ErrorCode::InvalidEscapeSequence, "invalid escape string")
                .with_hint("Escape string must be empty or one character."),
        );
    }
    let mut out = String::with_capacity(pattern.len());
    let mut escaped = false;
    for letter in pattern.chars() {
        if Some(letter) == mark && !escaped {
            out.push('\\');
            escaped = true;
            continue;
        }
        if letter == '\\' && !escaped {
            out.push('\\');
        }
        out.push(letter);
        escaped = false;
    }
    text(out)
}

/// Replaces the first match, or with flag `g` all; `\&` in the new text is the match. Groups are not remembered.
fn regexp_replace(a: &str, pattern: &str, new: &str, flags: &str) -> Result<Value, Error> {
    use super::pattern::{Case, Regex};
    let case = if flags.contains('i') {
        Case::Insensitive
    } else {
        Case::Sensitive
    };
    if new
        .as_bytes()
        .windows(2)
        .any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit())
    {
        return Err(Error::new(
            ErrorCode::FeatureNotSupported,
            "references to groups in regexp_replace are not supported",
        ));
    }
    let regex = Regex::new(pattern, case)?;
    let mut out = String::new();
    let mut from = 0;
    let mut copied = 0;
    while let Some((start, end)) = regex.find(a, from) {
        out.push_str(&a[copied..start]);
        out.push_str(&new.replace("\\&", &a[start..end]));
        if out.len() > MAX_TEXT {
            return Err(too_long());
        }
        copied = end;
        from = if end > start {
            end
        } else {
            end + a[end..].chars().next().map_or(1, char::len_utf8)
        };
        if !flags.contains('g') || from > a.len() {
            break;
        }
    }
    out.push_str(&a[copied..]);
    text(out)
}

/// `format('%s %I %L %%', …)`.
fn format(pattern: &str, args: &[Value], types: &[DataType]) -> Result<Value, Error> {
    let bad = |why: String| Error::new(ErrorCode::InvalidParameterValue, why);
    let mut out = String::new();
    let mut next = 0;
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let kind = letters
            .next()
            .ok_or_else(|| bad("unterminated format() type specifier".into()))?;
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = args
            .get(next)
            .ok_or_else(|| bad("too few arguments for format()".into()))?;
        let shown = to_text(value, types.get(next).copied().unwrap_or(DataType::Text));
        next += 1;
        match (kind, value) {
            ('s', _) => out.push_str(&shown),
            ('I', Value::Null) => {
                return Err(bad(
                    "null values cannot be formatted as an SQL identifier".into()
                ));
            }
            ('I', _) => out.push_str(&quote_ident(&shown)),
            ('L', Value::Null) => out.push_str("NULL"),
            ('L', _) => out.push_str(&format!("'{}'", shown.replace('\'', "''"))),
            _ => {
                return Err(bad(format!(
                    "unrecognized format() type specifier \"{kind}\""
                )));
            }
        }
    }
    text(out)
}
