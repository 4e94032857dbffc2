//! Text to tokens. Total: whatever the text, it yields tokens that cover all but white space,
//! errors being tokens too, so that an editor can colour half-written text.
//!
//! The rules are those of PostgreSQL 15's scanner with `standard_conforming_strings` on. What a
//! literal means is decoded in `literal`, and only when the parser asks.

mod literal;
mod token;

pub(crate) use literal::{identifier_text, string_text};
pub use token::{LexError, Token, TokenClass, TokenKind};

use crate::{Span, keyword::Keyword};
use alloc::vec::Vec;

/// All tokens of `text`, comments included, without the end marker. O(n).
pub fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer::new(text);
    let mut found = Vec::new();
    loop {
        let token = lexer.next_token();
        if token.kind == TokenKind::End {
            return found;
        }
        found.push(token);
    }
}

/// Reads one token after the other; past the end it yields [`TokenKind::End`] for ever.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'t> {
    text: &'t str,
    offset: usize,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, offset: 0 }
    }

    /// Goes on at `offset`, which must lie between two characters.
    pub(crate) fn seek(&mut self, offset: usize) {
        self.offset = offset;
    }

    pub(crate) fn next_token(&mut self) -> Token {
        while self.byte(0).is_some_and(is_space) {
            self.offset += 1;
        }
        let start = self.offset;
        let Some(first) = self.byte(0) else {
            return Token {
                kind: TokenKind::End,
                span: span(start, start),
            };
        };
        let kind = self.scan(first);
        Token {
            kind,
            span: span(start, self.offset),
        }
    }

    fn scan(&mut self, first: u8) -> TokenKind {
        match (first, self.byte(1)) {
            (b'-', Some(b'-')) => self.line_comment(),
            (b'/', Some(b'*')) => self.block_comment(),
            (b'\'', _) => self.quoted(TokenKind::String, Escapes::Doubled),
            (b'e' | b'E', Some(b'\'')) => self.prefixed(TokenKind::EscapeString),
            (b'n' | b'N', Some(b'\'')) => self.prefixed(TokenKind::String),
            (b'b' | b'B' | b'x' | b'X', Some(b'\'')) => self.prefixed(TokenKind::BitString),
            (b'u' | b'U', Some(b'&')) if matches!(self.byte(2), Some(b'\'' | b'"')) => {
                self.unicode_literal()
            }
            (b'"', _) => self.quoted_identifier(),
            (b'$', Some(b'0'..=b'9')) => self.parameter(),
            (b'$', _) => self.dollar_string(),
            (b'0'..=b'9', _) | (b'.', Some(b'0'..=b'9')) => self.number(),
            (b'.', Some(b'.')) => self.take(2, TokenKind::DotDot),
            (b':', Some(b':')) => self.take(2, TokenKind::DoubleColon),
            (b':', Some(b'=')) => self.take(2, TokenKind::ColonEquals),
            (b'(', _) => self.take(1, TokenKind::LeftParenthesis),
            (b')', _) => self.take(1, TokenKind::RightParenthesis),
            (b'[', _) => self.take(1, TokenKind::LeftBracket),
            (b']', _) => self.take(1, TokenKind::RightBracket),
            (b',', _) => self.take(1, TokenKind::Comma),
            (b';', _) => self.take(1, TokenKind::Semicolon),
            (b'.', _) => self.take(1, TokenKind::Dot),
            (b':', _) => self.take(1, TokenKind::Colon),
            _ if is_operator(first) => self.operator(),
            _ if is_word_start(first) => self.word(),
            _ => self.take(1, TokenKind::Error(LexError::UnexpectedCharacter)),
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.offset + ahead).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.offset..).unwrap_or(&[])
    }

    fn take(&mut self, bytes: usize, kind: TokenKind) -> TokenKind {
        self.offset += bytes;
        kind
    }

    fn unterminated(&mut self, error: LexError) -> TokenKind {
        self.offset = self.text.len();
        TokenKind::Error(error)
    }

    fn skip_while(&mut self, wanted: fn(u8) -> bool) {
        self.offset += self.rest().iter().take_while(|byte| wanted(**byte)).count();
    }

    fn line_comment(&mut self) -> TokenKind {
        self.skip_while(|byte| byte != b'\n' && byte != b'\r');
        TokenKind::Comment
    }

    fn block_comment(&mut self) -> TokenKind {
        let mut nesting = 0usize;
        let mut at = 0;
        let rest = self.rest();
        while let Some(pair) = rest.get(at..at + 2) {
            match pair {
                b"/*" => {
                    nesting += 1;
                    at += 2;
                }
                b"*/" => {
                    nesting -= 1;
                    at += 2;
                    if nesting == 0 {
                        return self.take(at, TokenKind::Comment);
                    }
                }
                _ => at += 1,
            }
        }
        self.unterminated(LexError::UnterminatedComment)
    }

    fn prefixed(&mut self, kind: TokenKind) -> TokenKind {
        self.offset += 1;
        let escapes = if kind == TokenKind::EscapeString {
            Escapes::Backslash
        } else {
            Escapes::Doubled
        };
        self.quoted(kind, escapes)
    }

    fn unicode_literal(&mut self) -> TokenKind {
        self.offset += 2;
        let inner = match self.byte(0) {
            Some(b'"') => self.quoted_identifier(),
            _ => self.quoted(TokenKind::UnicodeLiteral, Escapes::Doubled),
        };
        if matches!(inner, TokenKind::Error(_)) {
            inner
        } else {
            TokenKind::UnicodeLiteral
        }
    }

    /// A quoted string, and those that continue it after a line break.
    fn quoted(&mut self, kind: TokenKind, escapes: Escapes) -> TokenKind {
        loop {
            if !self.quoted_part(b'\'', escapes) {
                return self.unterminated(match kind {
                    TokenKind::BitString => LexError::UnterminatedBitString,
                    _ => LexError::UnterminatedString,
                });
            }
            match literal::continuation(self.rest()) {
                Some(gap) => self.offset += gap,
                None => return kind,
            }
        }
    }

    /// From an opening quote to behind the closing one; false if there is none.
    fn quoted_part(&mut self, quote: u8, escapes: Escapes) -> bool {
        let rest = self.rest();
        let mut at = 1;
        while let Some(&byte) = rest.get(at) {
            if byte == b'\\' && escapes == Escapes::Backslash {
                at += 2;
            } else if byte != quote {
                at += 1;
            } else if rest.get(at + 1) == Some(&quote) {
                at += 2;
            } else {
                self.offset += at + 1;
                return true;
            }
        }
        false
    }

    fn quoted_identifier(&mut self) -> TokenKind {
        if self.byte(1) == Some(b'"') && self.byte(2) != Some(b'"') {
            return self.take(2, TokenKind::Error(LexError::EmptyIdentifier));
        }
        if self.quoted_part(b'"', Escapes::Doubled) {
            TokenKind::QuotedIdentifier
        } else {
            self.unterminated(LexError::UnterminatedIdentifier)
        }
    }

    fn dollar_string(&mut self) -> TokenKind {
        let rest = self.rest();
        let tag = rest
            .iter()
            .skip(1)
            .take_while(|byte| is_word(**byte) && **byte != b'$')
            .count();
        let starts_well = rest
            .get(1)
            .is_some_and(|byte| *byte == b'$' || is_word_start(*byte));
        if !starts_well || rest.get(tag + 1) != Some(&b'$') {
            return self.take(1, TokenKind::Error(LexError::UnexpectedCharacter));
        }
        let delimiter = rest.get(..tag + 2).unwrap_or(&[]);
        let mut at = delimiter.len();
        while let Some(left) = rest.get(at..).filter(|left| left.len() >= delimiter.len()) {
            if left.starts_with(delimiter) {
                return self.take(at + delimiter.len(), TokenKind::DollarString);
            }
            let next = left.iter().skip(1).position(|byte| *byte == b'$');
            let Some(next) = next else { break };
            at += next + 1;
        }
        self.unterminated(LexError::UnterminatedDollarString)
    }

    fn parameter(&mut self) -> TokenKind {
        self.offset += 1;
        self.skip_while(|byte| byte.is_ascii_digit());
        self.unless_junk(TokenKind::Parameter, LexError::JunkAfterParameter)
    }

    fn number(&mut self) -> TokenKind {
        let mut kind = TokenKind::Integer;
        self.skip_while(|byte| byte.is_ascii_digit());
        if self.byte(0) == Some(b'.') && self.byte(1) != Some(b'.') {
            kind = TokenKind::Decimal;
            self.offset += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
        }
        if matches!(self.byte(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if self
                .byte(1 + sign)
                .is_some_and(|byte| byte.is_ascii_digit())
            {
                kind = TokenKind::Decimal;
                self.offset += 1 + sign;
                self.skip_while(|byte| byte.is_ascii_digit());
            } else {
                return self.take(1 + sign, TokenKind::Error(LexError::JunkAfterNumber));
            }
        }
        self.unless_junk(kind, LexError::JunkAfterNumber)
    }

    fn unless_junk(&mut self, kind: TokenKind, error: LexError) -> TokenKind {
        if !self.byte(0).is_some_and(is_word_start) {
            return kind;
        }
        self.skip_while(is_word);
        TokenKind::Error(error)
    }

    fn operator(&mut self) -> TokenKind {
        let rest = self.rest();
        let mut length = rest.iter().take_while(|byte| is_operator(**byte)).count();
        let run = rest.get(..length).unwrap_or(&[]);
        let comment = run
            .windows(2)
            .skip(1)
            .position(|pair| matches!(pair, b"--" | b"/*"));
        length = comment.map_or(length, |at| at + 1);
        // A sign at the end belongs to what follows, unless the operator is an unusual one.
        let run = run.get(..length).unwrap_or(&[]);
        if !run.iter().any(|byte| b"~!@#^&|`?%".contains(byte)) {
            while length > 1 && matches!(run.get(length - 1), Some(b'+' | b'-')) {
                length -= 1;
            }
        }
        if rest.get(..length) == Some(b"=>") {
            return self.take(2, TokenKind::EqualsGreater);
        }
        self.take(length, TokenKind::Operator)
    }

    fn word(&mut self) -> TokenKind {
        let start = self.offset;
        self.skip_while(is_word);
        let word = self.text.get(start..self.offset).unwrap_or("");
        Keyword::find(word).map_or(TokenKind::Identifier, TokenKind::Keyword)
    }
}

/// What hides a quote inside a quoted text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    /// Only another quote.
    Doubled,
    /// A backslash, too.
    Backslash,
}

/// Offsets saturate: the parser refuses longer texts, and colouring them is no use.
fn span(start: usize, end: usize) -> Span {
    let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span::new(clamp(start), clamp(end))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

#[cfg(test)]
mod tests;
