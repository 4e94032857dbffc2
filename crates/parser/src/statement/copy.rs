//! `COPY`, in today's spelling and in the one before PostgreSQL 9.

use crate::ast::{
    Copy, CopyDirection, CopyEndpoint, CopySource, Identifier, ParameterValue, ParameterValueKind,
    StatementKind, UtilityOption,
};
use crate::cursor::{Parser, Result};
use crate::expression::is_string;
use crate::keyword::Keyword as K;
use crate::lexer::{TokenKind, string_text};
use alloc::{boxed::Box, vec::Vec};

impl Parser<'_> {
    pub(super) fn copy(&mut self) -> Result<StatementKind> {
        self.advance();
        let source = if self.accept(TokenKind::LeftParenthesis) {
            let query = self.query()?;
            self.expect(TokenKind::RightParenthesis)?;
            CopySource::Query(query)
        } else {
            let name = self.object_name()?;
            CopySource::Table {
                name,
                columns: self.optional_bracketed(Self::name)?,
            }
        };
        let inwards = matches!(source, CopySource::Table { .. }) && self.accept_word(K::From);
        if !inwards {
            self.expect_word(K::To)?;
        }
        let direction = if inwards {
            CopyDirection::From
        } else {
            CopyDirection::To
        };
        let endpoint = self.copy_endpoint()?;
        self.accept_word(K::With);
        let options = if self.at(TokenKind::LeftParenthesis) {
            self.bracketed(Self::utility_option)?
        } else {
            self.old_copy_options()?
        };
        let filter = if inwards {
            self.optional_where()?
        } else {
            None
        };
        Ok(StatementKind::Copy(Box::new(Copy {
            source,
            direction,
            endpoint,
            options,
            filter,
        })))
    }

    fn copy_endpoint(&mut self) -> Result<CopyEndpoint> {
        let token = self.peek();
        match token.kind {
            TokenKind::Keyword(K::Stdin | K::Stdout) => {
                self.advance();
                Ok(CopyEndpoint::Standard)
            }
            TokenKind::Keyword(K::Program) => Err(self.not_supported_here("COPY with PROGRAM")),
            kind if is_string(kind) => {
                self.advance();
                Ok(CopyEndpoint::File(string_text(token, self.text)?))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// `CSV HEADER DELIMITER ',' NULL ''`
    fn old_copy_options(&mut self) -> Result<Vec<UtilityOption>> {
        let mut options = Vec::new();
        loop {
            let token = self.peek();
            let word = |text: &str| ParameterValue {
                kind: ParameterValueKind::Word,
                text: text.into(),
                span: token.span,
            };
            let (name, value) = match self.keyword() {
                Some(K::Csv) => ("format", Some(word("csv"))),
                Some(K::Binary) => ("format", Some(word("binary"))),
                Some(K::Header) => ("header", None),
                Some(K::Freeze) => ("freeze", None),
                Some(K::Delimiter) => ("delimiter", None),
                Some(K::Null) => ("null", None),
                Some(K::Quote) => ("quote", None),
                Some(K::Escape) => ("escape", None),
                Some(K::Encoding) => ("encoding", None),
                _ => return Ok(options),
            };
            self.advance();
            let takes_string = !matches!(name, "format" | "header" | "freeze");
            let value = if takes_string {
                self.accept_word(K::As);
                Some(self.parameter_value()?)
            } else {
                value
            };
            let name = Identifier {
                text: name.into(),
                span: token.span,
            };
            options.push(UtilityOption {
                name,
                value,
                columns: Vec::new(),
            });
        }
    }
}
