//! What names and strings mean once their quotes and escapes are gone.

use super::{Token, TokenKind, is_space};
use crate::{ErrorKind, ParseError, Span};
use alloc::{boxed::Box, string::String};

/// PostgreSQL cuts names at 63 bytes.
const LONGEST_NAME: usize = 63;

/// The name a word or a quoted name stands for.
pub(crate) fn identifier_text(token: Token, text: &str) -> Box<str> {
    let written = token.span.of(text);
    let mut name = match token.kind {
        TokenKind::QuotedIdentifier => {
            let inner = written
                .get(1..written.len().saturating_sub(1))
                .unwrap_or("");
            if inner.contains('"') {
                inner.replace("\"\"", "\"")
            } else {
                String::from(inner)
            }
        }
        _ => written.to_ascii_lowercase(),
    };
    if name.len() > LONGEST_NAME {
        let end = (0..=LONGEST_NAME)
            .rev()
            .find(|at| name.is_char_boundary(*at))
            .unwrap_or(0);
        name.truncate(end);
    }
    name.into_boxed_str()
}

/// How many bytes separate a closed string from the one that continues it: white space and
/// line comments with at least one line break before the next quote.
pub(super) fn continuation(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut broken = false;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\'' => return broken.then_some(at),
            b'\n' | b'\r' => broken = true,
            b'-' if broken && rest.get(at + 1) == Some(&b'-') => {
                at += rest
                    .iter()
                    .skip(at)
                    .take_while(|byte| !matches!(byte, b'\n' | b'\r'))
                    .count();
                continue;
            }
            _ if is_space(byte) => {}
            _ => return None,
        }
        at += 1;
    }
    None
}

/// The text a string literal stands for.
///
/// # Errors
/// An escape that means no character.
pub(crate) fn string_text(token: Token, text: &str) -> Result<Box<str>, ParseError> {
    let written = token.span.of(text);
    if token.kind == TokenKind::DollarString {
        let delimiter = written
            .get(1..)
            .and_then(|rest| rest.find('$'))
            .map_or(0, |at| at + 2);
        let inner = written.get(delimiter..written.len().saturating_sub(delimiter));
        return Ok(inner.unwrap_or("").into());
    }
    let opening = written.find('\'').map_or(0, |at| at + 1);
    let body = written.get(opening..).unwrap_or("");
    let plain = body.get(..body.len().saturating_sub(1)).unwrap_or("");
    if !plain.contains(['\'', '\\']) || (token.kind == TokenKind::String && !plain.contains('\'')) {
        return Ok(plain.into());
    }
    let start = token.span.start as usize + opening;
    decode(body, token.kind == TokenKind::EscapeString)
        .map(String::into_boxed_str)
        .map_err(|(kind, from, to)| {
            ParseError::new(kind, Span::new((start + from) as u32, (start + to) as u32))
        })
}

type Refusal = (ErrorKind, usize, usize);

/// `body` starts after the first quote and ends with the last one.
fn decode(body: &str, escapes: bool) -> Result<String, Refusal> {
    let mut result = String::with_capacity(body.len());
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = rest.find(['\'', '\\']).unwrap_or(rest.len());
        result.push_str(rest.get(..plain).unwrap_or(""));
        at += plain;
        let rest = rest.get(plain..).unwrap_or("");
        if rest.starts_with("''") {
            result.push('\'');
            at += 2;
        } else if rest.starts_with('\'') {
            // The end, or a gap before the next part.
            let gap = continuation(rest.get(1..).unwrap_or("").as_bytes());
            at += gap.map_or(rest.len(), |gap| gap + 2);
        } else if rest.starts_with('\\') && escapes {
            let (character, length) = escape(rest).map_err(|kind| (kind, at, at + 2))?;
            result.push(character);
            at += length;
        } else if rest.starts_with('\\') {
            result.push('\\');
            at += 1;
        }
    }
    Ok(result)
}

/// The character an escape stands for, and how many bytes it takes.
fn escape(rest: &str) -> Result<(char, usize), ErrorKind> {
    let Some(letter) = rest.chars().nth(1) else {
        return Ok(('\\', 1));
    };
    let number = |skip: usize, most: usize, radix: u32| {
        let digits = rest.bytes().skip(skip).take(most);
        let length = digits
            .take_while(|byte| char::from(*byte).is_digit(radix))
            .count();
        let digits = rest.get(skip..skip + length).unwrap_or("");
        (u32::from_str_radix(digits, radix).ok(), length)
    };
    match letter {
        'b' => Ok(('\u{8}', 2)),
        'f' => Ok(('\u{c}', 2)),
        'n' => Ok(('\n', 2)),
        'r' => Ok(('\r', 2)),
        't' => Ok(('\t', 2)),
        'v' => Ok(('\u{b}', 2)),
        '0'..='7' => {
            let (code, length) = number(1, 3, 8);
            byte_escape(code.unwrap_or(0)).map(|character| (character, 1 + length))
        }
        'x' => match number(2, 2, 16) {
            (Some(code), length) => byte_escape(code).map(|character| (character, 2 + length)),
            _ => Ok(('x', 2)),
        },
        'u' | 'U' => {
            let wanted = if letter == 'u' { 4 } else { 8 };
            match number(2, wanted, 16) {
                (Some(code), length) if length == wanted => unicode(rest, code, length + 2),
                _ => Err(ErrorKind::InvalidEscape {
                    message: "invalid Unicode escape",
                }),
            }
        }
        other => Ok((other, 1 + other.len_utf8())),
    }
}

fn byte_escape(code: u32) -> Result<char, ErrorKind> {
    match u8::try_from(code) {
        Ok(byte) if byte.is_ascii() && byte != 0 => Ok(char::from(byte)),
        _ => Err(ErrorKind::InvalidEncoding),
    }
}

/// Also joins the two halves of a surrogate pair.
fn unicode(rest: &str, code: u32, length: usize) -> Result<(char, usize), ErrorKind> {
    if (0xd800..0xdc00).contains(&code) {
        let low = rest
            .get(length..)
            .and_then(|after| after.strip_prefix("\\u"));
        let low = low.and_then(|after| u32::from_str_radix(after.get(..4)?, 16).ok());
        return match low.filter(|low| (0xdc00..0xe000).contains(low)) {
            Some(low) => char::from_u32(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00))
                .map(|character| (character, length + 6))
                .ok_or(ErrorKind::InvalidEncoding),
            None => Err(ErrorKind::Syntax {
                message: "invalid Unicode surrogate pair",
            }),
        };
    }
    match char::from_u32(code) {
        Some(character) if code != 0 => Ok((character, length)),
        _ => Err(ErrorKind::Syntax {
            message: "invalid Unicode escape value",
        }),
    }
}
