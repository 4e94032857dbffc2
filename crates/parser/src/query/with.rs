//! `WITH`: queries with a name in front of a statement.

use crate::ast::{Cte, CteBody, Materialization, With};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::boxed::Box;

impl Parser<'_> {
    pub(crate) fn with(&mut self) -> Result<With> {
        let level = self.enter()?;
        let start = self.expect_word(K::With)?.span.start;
        let recursive = self.accept_word(K::Recursive);
        let ctes = self.list(Self::cte)?;
        self.leave(level);
        Ok(With {
            recursive,
            ctes,
            span: self.since(start),
        })
    }

    fn cte(&mut self) -> Result<Cte> {
        let name = self.name()?;
        let columns = self.optional_bracketed(Self::name)?;
        self.expect_word(K::As)?;
        let materialization = if self.accept_word(K::Materialized) {
            Materialization::Always
        } else if self.accept_words(&[K::Not, K::Materialized]) {
            Materialization::Never
        } else {
            Materialization::Default
        };
        self.expect(TokenKind::LeftParenthesis)?;
        let body = self.cte_body()?;
        self.expect(TokenKind::RightParenthesis)?;
        if self.at_word(K::Search) || self.at_word(K::Cycle) {
            return Err(self.not_supported_here("SEARCH or CYCLE in a recursive query"));
        }
        let span = self.since(name.span.start);
        Ok(Cte {
            name,
            columns,
            materialization,
            body,
            span,
        })
    }

    fn cte_body(&mut self) -> Result<CteBody> {
        let modifies = |word| matches!(word, Some(K::Insert | K::Update | K::Delete));
        if modifies(self.keyword()) {
            return Ok(CteBody::Modify(Box::new(self.preparable_statement()?)));
        }
        Ok(CteBody::Query(self.query()?))
    }
}
