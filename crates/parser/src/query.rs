//! Queries: what stands around a `SELECT`, and set operations with their precedence.

mod clauses;
mod from;
mod grouping;
mod select;
mod with;

use crate::ast::{Query, QueryBody, SetOperation, SetOperator, Values, With};
use crate::cursor::{Level, Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, vec::Vec};

/// How tightly set operations bind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    UnionOrExcept,
    Intersect,
    Single,
}

impl Parser<'_> {
    /// Whether a query begins here without a bracket.
    pub(crate) fn at_query(&mut self) -> bool {
        match self.keyword() {
            Some(K::Select | K::With | K::Table) => true,
            Some(K::Values) => self.peek_at(1).kind == TokenKind::LeftParenthesis,
            _ => false,
        }
    }

    /// Whether the query in brackets just read goes on.
    pub(crate) fn at_query_continuation(&mut self) -> bool {
        matches!(
            self.keyword(),
            Some(
                K::Union
                    | K::Intersect
                    | K::Except
                    | K::Order
                    | K::Limit
                    | K::Offset
                    | K::Fetch
                    | K::For
            )
        )
    }

    /// A whole query, perhaps in brackets.
    pub(crate) fn query(&mut self) -> Result<Box<Query>> {
        let start = self.start();
        let with = if self.at_word(K::With) {
            Some(self.with()?)
        } else {
            None
        };
        self.query_with(with, start)
    }

    /// The rest of a query after its `WITH` clause; `start` is where that began.
    pub(crate) fn query_with(&mut self, with: Option<With>, start: u32) -> Result<Box<Query>> {
        let body = self.query_body(Binding::UnionOrExcept)?;
        self.query_end(with, body, start)
    }

    /// Goes on after a query in brackets that begins at `start`.
    pub(crate) fn query_after(&mut self, query: Box<Query>, start: u32) -> Result<Box<Query>> {
        let level = self.enter()?;
        let body = self.set_operations(nest(query), start, Binding::UnionOrExcept, level)?;
        self.query_end(None, body, start)
    }

    fn query_end(&mut self, with: Option<With>, body: QueryBody, start: u32) -> Result<Box<Query>> {
        let mut query = Query {
            with,
            body,
            order_by: self.optional_order_by()?,
            limit: None,
            offset: None,
            locking: Vec::new(),
            span: self.since(start),
        };
        self.row_limits(&mut query)?;
        query.span = self.since(start);
        if !is_bare(&query) {
            return Ok(Box::new(query));
        }
        Ok(match query.body {
            QueryBody::Nested(inner) => inner,
            _ => Box::new(query),
        })
    }

    fn query_body(&mut self, least: Binding) -> Result<QueryBody> {
        let level = self.enter()?;
        let start = self.start();
        let left = self.single_query()?;
        self.set_operations(left, start, least, level)
    }

    fn set_operations(
        &mut self,
        mut left: QueryBody,
        start: u32,
        least: Binding,
        mut level: Level,
    ) -> Result<QueryBody> {
        loop {
            let (operator, binding) = match self.keyword() {
                Some(K::Union) => (SetOperator::Union, Binding::UnionOrExcept),
                Some(K::Except) => (SetOperator::Except, Binding::UnionOrExcept),
                Some(K::Intersect) => (SetOperator::Intersect, Binding::Intersect),
                _ => break,
            };
            if binding < least {
                break;
            }
            self.link(&mut level)?;
            let operator_span = self.advance().span;
            let all = self.accept_word(K::All);
            if !all {
                self.accept_word(K::Distinct);
            }
            let tighter = match binding {
                Binding::UnionOrExcept => Binding::Intersect,
                Binding::Intersect | Binding::Single => Binding::Single,
            };
            let right = self.query_body(tighter)?;
            let span = self.since(start);
            left = QueryBody::SetOperation(Box::new(SetOperation {
                operator,
                all,
                left,
                right,
                span,
                operator_span,
            }));
        }
        self.leave(level);
        Ok(left)
    }

    fn single_query(&mut self) -> Result<QueryBody> {
        match self.kind() {
            TokenKind::Keyword(K::Select) => self.select().map(QueryBody::Select),
            TokenKind::Keyword(K::Values) => self.values().map(QueryBody::Values),
            TokenKind::Keyword(K::Table) => self.table_command().map(QueryBody::Select),
            TokenKind::LeftParenthesis => {
                self.advance();
                let inner = self.query()?;
                self.expect(TokenKind::RightParenthesis)?;
                Ok(nest(inner))
            }
            _ => Err(self.unexpected()),
        }
    }

    fn values(&mut self) -> Result<Values> {
        let start = self.expect_word(K::Values)?.span.start;
        let rows = self.list(|parser| parser.bracketed(Self::expression))?;
        Ok(Values {
            rows,
            span: self.since(start),
        })
    }
}

/// Whether a query is nothing but its body.
fn is_bare(query: &Query) -> bool {
    query.with.is_none()
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.locking.is_empty()
}

/// A query in brackets as an operand: the brackets stay only if they change anything.
fn nest(query: Box<Query>) -> QueryBody {
    if is_bare(&query) {
        query.body
    } else {
        QueryBody::Nested(query)
    }
}

#[cfg(test)]
mod tests;
