//! What lexer reads and what it refuses, one rule a test.

use super::*;
use alloc::{string::String, vec::Vec};

fn kinds(text: &str) -> Vec<TokenKind> {
    tokens(text).into_iter().map(|token| token.kind).collect()
}

fn words(text: &str) -> Vec<&str> {
    tokens(text)
        .into_iter()
        .map(|token| token.span.of(text))
        .collect()
}

fn string(text: &str) -> String {
    string_text(tokens(text)[0], text).unwrap().into()
}

#[test]
fn operators_take_the_longest_run_that_postgresql_allows() {
    assert_eq!(words("a<=b"), ["a", "<=", "b"]);
    assert_eq!(words("a*-1"), ["a", "*", "-", "1"]);
    assert_eq!(words("a@-1"), ["a", "@-", "1"]);
    assert_eq!(words("a+--x\nb"), ["a", "+", "--x", "b"]);
    assert_eq!(words("a*/*x*/b"), ["a", "*", "/*x*/", "b"]);
    assert_eq!(words("a||b"), ["a", "||", "b"]);
    assert_eq!(words("a::b[1]"), ["a", "::", "b", "[", "1", "]"]);
}

#[test]
fn numbers_are_told_from_ranges_and_names() {
    assert_eq!(kinds("1 1.5 .5 1. 1e5 1.e-5"), {
        use TokenKind::{Decimal, Integer};
        [Integer, Decimal, Decimal, Decimal, Decimal, Decimal]
    });
    assert_eq!(words("1..10"), ["1", "..", "10"]);
    assert_eq!(kinds("1a"), [TokenKind::Error(LexError::JunkAfterNumber)]);
    assert_eq!(kinds("1e+"), [TokenKind::Error(LexError::JunkAfterNumber)]);
    assert_eq!(
        kinds("1_000"),
        [TokenKind::Error(LexError::JunkAfterNumber)]
    );
    assert_eq!(kinds("$1"), [TokenKind::Parameter]);
    assert_eq!(
        kinds("$1a"),
        [TokenKind::Error(LexError::JunkAfterParameter)]
    );
}

#[test]
fn strings_lose_their_quotes_and_escapes() {
    assert_eq!(string("'it''s'"), "it's");
    assert_eq!(string("''"), "");
    assert_eq!(string("''''"), "'");
    assert_eq!(string(r"'a\n'"), r"a\n");
    assert_eq!(string(r"E'a\n\t\\\'\x41\101\u00e9\q'"), "a\n\t\\'AAéq");
    assert_eq!(string(r"E'\ud83d\ude00'"), "😀");
    assert_eq!(string("$$it's$$"), "it's");
    assert_eq!(string("$a$x$$y$a$"), "x$$y");
    assert_eq!(string("'a'\n  -- more\n 'b'"), "ab");
    assert_eq!(string("E'a\\''\n'b''c'"), "a'b'c");
    assert_eq!(words("'a' 'b'"), ["'a'", "'b'"]);
    assert_eq!(string("N'x'"), "x");
}

#[test]
fn bad_escapes_are_named_with_their_place() {
    let text = r"E'ab\u12'";
    let error = string_text(tokens(text)[0], text).unwrap_err();
    assert_eq!((error.span.of(text), error.sqlstate()), (r"\u", "22025"));
    let text = r"E'\xff'";
    assert_eq!(
        string_text(tokens(text)[0], text).unwrap_err().sqlstate(),
        "22021"
    );
}

#[test]
fn names_are_folded_unless_quoted() {
    let name = |text: &str| String::from(identifier_text(tokens(text)[0], text));
    assert_eq!(name("Orders"), "orders");
    assert_eq!(name("\"Or\"\"ders\""), "Or\"ders");
    assert_eq!(name("É"), "É");
    assert_eq!(name(&"ab".repeat(50)).len(), 63);
    assert_eq!(name(&"ä".repeat(50)).len(), 62);
}

#[test]
fn comments_nest_and_errors_reach_to_the_end() {
    assert_eq!(words("/* a /* b */ c */ d"), ["/* a /* b */ c */", "d"]);
    assert_eq!(
        kinds("/* a"),
        [TokenKind::Error(LexError::UnterminatedComment)]
    );
    assert_eq!(
        kinds("'a"),
        [TokenKind::Error(LexError::UnterminatedString)]
    );
    assert_eq!(
        kinds("\"a"),
        [TokenKind::Error(LexError::UnterminatedIdentifier)]
    );
    assert_eq!(
        kinds("$x$a"),
        [TokenKind::Error(LexError::UnterminatedDollarString)]
    );
    assert_eq!(kinds("\"\""), [TokenKind::Error(LexError::EmptyIdentifier)]);
    assert_eq!(
        kinds("\\"),
        [TokenKind::Error(LexError::UnexpectedCharacter)]
    );
}

#[test]
fn keywords_are_found_in_any_case() {
    assert_eq!(kinds("SeLeCt"), [TokenKind::Keyword(Keyword::Select)]);
    assert_eq!(kinds("selects"), [TokenKind::Identifier]);
}
