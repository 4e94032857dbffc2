//! `GROUP BY`, with `ROLLUP`, `CUBE` and `GROUPING SETS`.

use crate::ast::{GroupingElement, GroupingKind};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::vec::Vec;

impl Parser<'_> {
    /// What follows `GROUP BY`.
    pub(super) fn grouping(&mut self) -> Result<Vec<GroupingElement>> {
        if self.at_word(K::Distinct) {
            return Err(self.not_supported_here("GROUP BY DISTINCT"));
        }
        self.accept_word(K::All);
        self.list(Self::grouping_element)
    }

    fn grouping_element(&mut self) -> Result<GroupingElement> {
        let level = self.enter()?;
        let start = self.start();
        let bracket_next = self.peek_at(1).kind == TokenKind::LeftParenthesis;
        let empty = self.at(TokenKind::LeftParenthesis)
            && self.peek_at(1).kind == TokenKind::RightParenthesis;
        let kind = match self.keyword() {
            Some(K::Rollup) if bracket_next => {
                self.advance();
                GroupingKind::Rollup(self.bracketed(Self::expression)?)
            }
            Some(K::Cube) if bracket_next => {
                self.advance();
                GroupingKind::Cube(self.bracketed(Self::expression)?)
            }
            Some(K::Grouping) if self.keyword_at(1) == Some(K::Sets) => {
                self.advance();
                self.advance();
                GroupingKind::Sets(self.bracketed(Self::grouping_element)?)
            }
            None if empty => {
                self.advance();
                self.advance();
                GroupingKind::Empty
            }
            _ => GroupingKind::Expression(self.expression()?),
        };
        self.leave(level);
        Ok(GroupingElement {
            kind,
            span: self.since(start),
        })
    }
}
