//! PostgreSQL's SQL as text, turned into a syntax tree that keeps the place of every part.
//!
//! The crate knows no catalog and no types: it says what was written, the engine's binder says
//! what it means. The dialect is PostgreSQL 15's; what its grammar accepts and this one does not
//! is answered with "feature not supported", so that people can tell a gap from a mistake.
#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]
extern crate alloc;

pub mod ast;
mod cursor;
mod error;
mod expression;
mod keyword;
mod lexer;
mod limits;
mod name;
mod query;
mod script;
mod span;
mod statement;
mod type_name;

pub use error::{ErrorKind, ParseError};
pub use keyword::{Keyword, KeywordClass};
pub use lexer::{LexError, Token, TokenClass, TokenKind, tokens};
pub use limits::MAX_HEIGHT;
pub use script::{
    ParsedStatement, Script, parse_expression, parse_script, parse_statement, statement_at,
};
pub use span::Span;
