//! `CREATE VIEW` and `CREATE STATISTICS`.

use crate::ast::{CreateStatistics, CreateView, Expression, StatementKind};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, vec::Vec};

impl Parser<'_> {
    /// From `VIEW` on.
    pub(super) fn create_view(
        &mut self,
        or_replace: bool,
        temporary: bool,
    ) -> Result<StatementKind> {
        self.expect_word(K::View)?;
        let name = self.object_name()?;
        let columns = self.optional_bracketed(Self::name)?;
        let parameters = self.optional_with_parameters()?;
        self.expect_word(K::As)?;
        let query = self.query()?.into();
        if self.at_word(K::With) {
            return Err(self.not_supported_here("WITH CHECK OPTION"));
        }
        Ok(StatementKind::CreateView(Box::new(CreateView {
            name,
            or_replace,
            temporary,
            columns,
            parameters,
            query,
        })))
    }

    pub(super) fn create_statistics(&mut self) -> Result<StatementKind> {
        self.advance();
        self.expect_word(K::Statistics)?;
        let if_not_exists = self.if_not_exists();
        let named = !self.at_word(K::On) && !self.at(TokenKind::LeftParenthesis);
        let name = if named {
            Some(self.object_name()?)
        } else {
            None
        };
        let kinds = self.optional_bracketed(Self::name)?;
        self.expect_word(K::On)?;
        let expressions: Vec<Expression> = self.list(Self::expression_without_operators)?;
        self.expect_word(K::From)?;
        let table = self.object_name()?;
        Ok(StatementKind::CreateStatistics(Box::new(
            CreateStatistics {
                name,
                if_not_exists,
                kinds,
                expressions,
                table,
            },
        )))
    }
}
