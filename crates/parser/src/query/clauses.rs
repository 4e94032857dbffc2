//! `ORDER BY`, `LIMIT`, `OFFSET`, `FETCH FIRST` and `FOR UPDATE`.

use crate::ast::{Expression, ExpressionKind};
use crate::ast::{
    Limit, LockStrength, LockWait, Locking, NullsOrder, Query, SortDirection, SortKey,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::vec::Vec;

impl Parser<'_> {
    pub(crate) fn optional_order_by(&mut self) -> Result<Vec<SortKey>> {
        if self.at_word(K::Order) {
            self.order_by()
        } else {
            Ok(Vec::new())
        }
    }

    pub(crate) fn order_by(&mut self) -> Result<Vec<SortKey>> {
        self.expect_words(&[K::Order, K::By])?;
        self.list(Self::sort_key)
    }

    fn sort_key(&mut self) -> Result<SortKey> {
        let start = self.start();
        let expression = self.expression()?;
        if self.at_word(K::Using) {
            return Err(self.not_supported_here("ORDER BY … USING"));
        }
        let direction = self.sort_direction();
        let nulls = self.nulls_order()?;
        Ok(SortKey {
            expression,
            direction,
            nulls,
            span: self.since(start),
        })
    }

    pub(crate) fn sort_direction(&mut self) -> SortDirection {
        if self.accept_word(K::Desc) {
            return SortDirection::Descending;
        }
        self.accept_word(K::Asc);
        SortDirection::Ascending
    }

    pub(crate) fn nulls_order(&mut self) -> Result<Option<NullsOrder>> {
        if !self.at_words(&[K::Nulls, K::First]) && !self.at_words(&[K::Nulls, K::Last]) {
            return Ok(None);
        }
        self.advance();
        let last = self.advance().kind == TokenKind::Keyword(K::Last);
        Ok(Some(if last {
            NullsOrder::Last
        } else {
            NullsOrder::First
        }))
    }

    /// Everything after `ORDER BY`, in any order.
    pub(super) fn row_limits(&mut self, query: &mut Query) -> Result<()> {
        loop {
            match self.keyword() {
                Some(K::Limit) if query.limit.is_none() => query.limit = self.limit()?,
                Some(K::Fetch) if query.limit.is_none() => query.limit = Some(self.fetch_first()?),
                Some(K::Offset) if query.offset.is_none() => {
                    self.advance();
                    query.offset = Some(self.expression()?);
                    self.row_word();
                }
                Some(K::For) => {
                    if let Some(locking) = self.locking()? {
                        query.locking.push(locking);
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn limit(&mut self) -> Result<Option<Limit>> {
        self.advance();
        if self.accept_word(K::All) {
            return Ok(None);
        }
        let count = self.expression()?;
        if self.at(TokenKind::Comma) {
            let span = self.peek().span;
            return Err(self.syntax("LIMIT #,# syntax is not supported", span));
        }
        if count.kind == ExpressionKind::Null {
            return Ok(None);
        }
        Ok(Some(Limit {
            count,
            with_ties: false,
        }))
    }

    fn fetch_first(&mut self) -> Result<Limit> {
        let start = self.advance().span;
        if !self.accept_word(K::First) {
            self.expect_word(K::Next)?;
        }
        let counted = !self.at_word(K::Row) && !self.at_word(K::Rows);
        let count = if counted {
            self.expression()?
        } else {
            Expression {
                kind: ExpressionKind::Integer(1),
                span: start,
            }
        };
        if !self.row_word() {
            return Err(self.unexpected());
        }
        if self.accept_words(&[K::With, K::Ties]) {
            return Ok(Limit {
                count,
                with_ties: true,
            });
        }
        self.expect_word(K::Only)?;
        Ok(Limit {
            count,
            with_ties: false,
        })
    }

    fn row_word(&mut self) -> bool {
        self.accept_word(K::Row) || self.accept_word(K::Rows)
    }

    fn locking(&mut self) -> Result<Option<Locking>> {
        let start = self.advance().span.start;
        if self.accept_words(&[K::Read, K::Only]) {
            return Ok(None);
        }
        let strength = if self.accept_words(&[K::No, K::Key, K::Update]) {
            LockStrength::NoKeyUpdate
        } else if self.accept_words(&[K::Key, K::Share]) {
            LockStrength::KeyShare
        } else if self.accept_word(K::Share) {
            LockStrength::Share
        } else {
            self.expect_word(K::Update)?;
            LockStrength::Update
        };
        let tables = if self.accept_word(K::Of) {
            self.list(Self::object_name)?
        } else {
            Vec::new()
        };
        let wait = if self.accept_word(K::Nowait) {
            LockWait::NoWait
        } else if self.accept_words(&[K::Skip, K::Locked]) {
            LockWait::SkipLocked
        } else {
            LockWait::Wait
        };
        Ok(Some(Locking {
            strength,
            tables,
            wait,
            span: self.since(start),
        }))
    }
}
