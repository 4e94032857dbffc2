//! Names: which words may stand where a name is wanted, and names with qualifiers.

use crate::ast::{Identifier, ObjectName};
use crate::cursor::{Parser, Result};
use crate::keyword::KeywordClass::{self, ColumnName, TypeOrFunctionName, Unreserved};
use crate::lexer::{Token, TokenKind, identifier_text};
use alloc::{vec, vec::Vec};

/// What columns and tables may be called.
pub(crate) const COLUMN: &[KeywordClass] = &[Unreserved, ColumnName];
/// What functions and types may be called.
pub(crate) const FUNCTION: &[KeywordClass] = &[Unreserved, TypeOrFunctionName];

impl Parser<'_> {
    pub(crate) fn identifier_of(&self, token: Token) -> Identifier {
        Identifier {
            text: identifier_text(token, self.text),
            span: token.span,
        }
    }

    /// A name for a column, a table, an index, …
    pub(crate) fn name(&mut self) -> Result<Identifier> {
        if !self.at_class(COLUMN) {
            return Err(self.unexpected());
        }
        let token = self.advance();
        Ok(self.identifier_of(token))
    }

    pub(crate) fn at_name(&mut self) -> bool {
        self.at_class(COLUMN)
    }

    /// Any word at all, as after `AS` or after a dot.
    pub(crate) fn label(&mut self) -> Result<Identifier> {
        match self.kind() {
            TokenKind::Identifier | TokenKind::QuotedIdentifier | TokenKind::Keyword(_) => {
                let token = self.advance();
                Ok(self.identifier_of(token))
            }
            _ => Err(self.unexpected()),
        }
    }

    pub(crate) fn at_bare_label(&mut self) -> bool {
        match self.kind() {
            TokenKind::Identifier | TokenKind::QuotedIdentifier => true,
            TokenKind::Keyword(keyword) => keyword.is_bare_label(),
            _ => false,
        }
    }

    /// `name`, `schema.name`, …
    pub(crate) fn object_name(&mut self) -> Result<ObjectName> {
        let first = self.name()?;
        self.qualified(first)
    }

    /// `first` with the parts that follow it.
    pub(crate) fn qualified(&mut self, first: Identifier) -> Result<ObjectName> {
        let start = first.span.start;
        let mut parts = vec![first];
        while self.accept(TokenKind::Dot) {
            parts.push(self.label()?);
        }
        Ok(ObjectName {
            parts,
            span: self.since(start),
        })
    }

    /// `(a, b)`
    pub(crate) fn name_list(&mut self) -> Result<Vec<Identifier>> {
        self.bracketed(Self::name)
    }
}
