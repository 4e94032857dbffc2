//! A view's definition.

use alloc::{boxed::Box, string::String, vec::Vec};
use parser::Span;

/// A view: its text is bound anew at each use.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewDef {
    /// Name, folded.
    pub name: Box<str>,
    /// The query's text.
    pub query: String,
    /// Column names that replace the query's own.
    pub columns: Vec<Box<str>>,
    /// Tables and views that it reads (names), so that DROP … RESTRICT can refuse.
    pub depends_on: Vec<Box<str>>,
    /// Where the query stood in the text that made it (for messages only).
    pub span: Span,
}
