//! Options and values that many statements share.

use crate::ast::{
    Identifier, ObjectName, ParameterValue, ParameterValueKind, StorageParameter, UtilityOption,
};
use crate::cursor::{Parser, Result};
use crate::expression::is_string;
use crate::keyword::Keyword as K;
use crate::lexer::{TokenKind, identifier_text, string_text};
use alloc::{format, vec::Vec};

impl Parser<'_> {
    /// The next word as an option without a value.
    pub(crate) fn word_option(&mut self) -> UtilityOption {
        let token = self.advance();
        let mut name = self.identifier_of(token);
        if &*name.text == "analyse" {
            name = Identifier {
                text: "analyze".into(),
                span: name.span,
            };
        }
        UtilityOption {
            name,
            value: None,
            columns: Vec::new(),
        }
    }

    /// `name [value]` in an option list.
    pub(crate) fn utility_option(&mut self) -> Result<UtilityOption> {
        if !self.at_word(K::Analyze) && !self.at_word(K::Analyse) && !self.at_bare_label() {
            return Err(self.unexpected());
        }
        let mut option = self.word_option();
        if self.at(TokenKind::LeftParenthesis) {
            option.columns = self.name_list()?;
        } else if !self.at(TokenKind::Comma) && !self.at(TokenKind::RightParenthesis) {
            option.value = Some(self.parameter_value()?);
        }
        Ok(option)
    }

    /// A word, a string or a number with its sign; `*` counts as a word.
    pub(crate) fn parameter_value(&mut self) -> Result<ParameterValue> {
        let token = self.peek();
        let negative = self.accept_operator("-");
        if !negative {
            self.accept_operator("+");
        }
        let signed = self.start() != token.span.start;
        let value = self.peek();
        let written = value.span.of(self.text);
        let (kind, text) = match value.kind {
            TokenKind::Integer | TokenKind::Decimal if negative => {
                (ParameterValueKind::Number, format!("-{written}").into())
            }
            TokenKind::Integer | TokenKind::Decimal => (ParameterValueKind::Number, written.into()),
            _ if signed => return Err(self.unexpected()),
            kind if is_string(kind) => (ParameterValueKind::String, string_text(value, self.text)?),
            TokenKind::Identifier | TokenKind::QuotedIdentifier | TokenKind::Keyword(_) => {
                (ParameterValueKind::Word, identifier_text(value, self.text))
            }
            TokenKind::Operator if written == "*" => (ParameterValueKind::Word, "*".into()),
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(ParameterValue {
            kind,
            text,
            span: self.since(token.span.start),
        })
    }

    /// `WITH (name = value, …)`, or nothing.
    pub(crate) fn optional_with_parameters(&mut self) -> Result<Vec<StorageParameter>> {
        if !self.at_word(K::With) || self.peek_at(1).kind != TokenKind::LeftParenthesis {
            return Ok(Vec::new());
        }
        self.advance();
        self.bracketed(Self::storage_parameter)
    }

    pub(crate) fn storage_parameter(&mut self) -> Result<StorageParameter> {
        let name = self.parameter_name()?;
        let value = if self.accept_operator("=") {
            Some(self.parameter_value()?)
        } else {
            None
        };
        let span = self.since(name.span.start);
        Ok(StorageParameter { name, value, span })
    }

    pub(crate) fn parameter_name(&mut self) -> Result<ObjectName> {
        let first = self.label()?;
        self.qualified(first)
    }

    pub(crate) fn if_exists(&mut self) -> bool {
        self.accept_words(&[K::If, K::Exists])
    }

    pub(crate) fn if_not_exists(&mut self) -> bool {
        self.accept_words(&[K::If, K::Not, K::Exists])
    }
}
