//! What can be wrong with a text, in PostgreSQL's words and with its SQLSTATE codes.

use crate::Span;
use alloc::{boxed::Box, string::String};

/// A mistake in the text, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ParseError {
    /// What is wrong. Boxed to keep results small.
    pub kind: Box<ErrorKind>,
    /// The token or range that is to blame.
    pub span: Span,
}

/// The kinds of mistakes that the lexer and the grammar know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A token that fits nowhere.
    #[error("syntax error at or near \"{token}\"")]
    SyntaxNear {
        /// The token as written.
        token: String,
    },
    /// The text stops too early.
    #[error("syntax error at end of input")]
    SyntaxAtEnd,
    /// A mistake PostgreSQL has words of its own for, under the code for syntax errors.
    #[error("{message}")]
    Syntax {
        /// PostgreSQL's words.
        message: &'static str,
    },
    /// A literal, comment or quoted name whose end is missing.
    #[error("{what} at or near \"{token}\"")]
    Unterminated {
        /// PostgreSQL's words, such as "unterminated quoted string".
        what: &'static str,
        /// The text from its start.
        token: String,
    },
    /// Part of PostgreSQL's grammar that this one leaves out.
    #[error("{feature} is not supported")]
    NotSupported {
        /// What was asked for.
        feature: String,
    },
    /// An escape in a string that means no character.
    #[error("{message}")]
    InvalidEscape {
        /// PostgreSQL's words.
        message: &'static str,
    },
    /// Bytes that are no UTF-8 text.
    #[error("invalid byte sequence for encoding \"UTF8\"")]
    InvalidEncoding,
    /// A parameter number or similar that does not fit its type.
    #[error("{message}")]
    OutOfRange {
        /// PostgreSQL's words.
        message: &'static str,
    },
    /// A value that a statement's clause does not know.
    #[error("{message}")]
    InvalidParameter {
        /// PostgreSQL's words.
        message: String,
    },
    /// A window frame whose ends are the wrong way round.
    #[error("{message}")]
    Windowing {
        /// PostgreSQL's words.
        message: &'static str,
    },
    /// Nested more deeply than the stack allows.
    #[error("stack depth limit exceeded")]
    TooDeep,
    /// Longer than spans can count.
    #[error("statement text exceeds the maximum size")]
    TooLong,
}

impl ParseError {
    /// An error of `kind` at `span`.
    pub fn new(kind: ErrorKind, span: Span) -> Self {
        Self {
            kind: Box::new(kind),
            span,
        }
    }

    /// The five letters of PostgreSQL's error code.
    pub fn sqlstate(&self) -> &'static str {
        match *self.kind {
            ErrorKind::SyntaxNear { .. }
            | ErrorKind::SyntaxAtEnd
            | ErrorKind::Syntax { .. }
            | ErrorKind::Unterminated { .. } => "42601",
            ErrorKind::NotSupported { .. } => "0A000",
            ErrorKind::InvalidEscape { .. } => "22025",
            ErrorKind::InvalidEncoding => "22021",
            ErrorKind::OutOfRange { .. } => "22003",
            ErrorKind::InvalidParameter { .. } => "22023",
            ErrorKind::Windowing { .. } => "42P20",
            ErrorKind::TooDeep => "54001",
            ErrorKind::TooLong => "54000",
        }
    }

    /// PostgreSQL's HINT line, where it gives one.
    pub fn hint(&self) -> Option<&'static str> {
        match *self.kind {
            ErrorKind::Syntax {
                message: "subquery in FROM must have an alias",
            } => Some("For example, FROM (SELECT ...) [AS] foo."),
            ErrorKind::Syntax {
                message: "VALUES in FROM must have an alias",
            } => Some("For example, FROM (VALUES ...) [AS] foo."),
            _ => None,
        }
    }
}
