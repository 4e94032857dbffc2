//! `CREATE INDEX`, and the parts of an index key.

use crate::ast::{
    CreateIndex, Expression, ExpressionKind, IndexElement, IndexTarget, StatementKind,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, vec::Vec};

impl Parser<'_> {
    pub(super) fn create_index(&mut self) -> Result<StatementKind> {
        self.advance();
        let unique = self.accept_word(K::Unique);
        self.expect_word(K::Index)?;
        let concurrently = self.accept_word(K::Concurrently);
        let if_not_exists = self.if_not_exists();
        let name = if if_not_exists || !self.at_word(K::On) {
            Some(self.name()?)
        } else {
            None
        };
        self.expect_word(K::On)?;
        self.accept_word(K::Only);
        let table = self.object_name()?;
        let method = if self.accept_word(K::Using) {
            Some(self.name()?)
        } else {
            None
        };
        let elements = self.bracketed(Self::index_element)?;
        let include = if self.accept_word(K::Include) {
            self.name_list()?
        } else {
            Vec::new()
        };
        let nulls_not_distinct = self.nulls_not_distinct();
        let parameters = self.optional_with_parameters()?;
        if self.at_word(K::Tablespace) {
            return Err(self.not_supported_here("TABLESPACE"));
        }
        let filter = self.optional_where()?;
        Ok(StatementKind::CreateIndex(Box::new(CreateIndex {
            name,
            unique,
            concurrently,
            if_not_exists,
            table,
            method,
            elements,
            include,
            nulls_not_distinct,
            parameters,
            filter,
        })))
    }

    /// A column, a call, or an expression in brackets, with how it is sorted.
    pub(super) fn index_element(&mut self) -> Result<IndexElement> {
        let start = self.start();
        let target = self.index_target()?;
        let collation = if self.accept_word(K::Collate) {
            Some(self.object_name()?)
        } else {
            None
        };
        let operator_class = if self.at_name() && !self.at_word(K::Nulls) {
            Some(self.object_name()?)
        } else {
            None
        };
        if operator_class.is_some() && self.at(TokenKind::LeftParenthesis) {
            return Err(self.not_supported_here("parameters of an operator class"));
        }
        let direction = self.sort_direction();
        let nulls = self.nulls_order()?;
        let span = self.since(start);
        Ok(IndexElement {
            target,
            collation,
            operator_class,
            direction,
            nulls,
            span,
        })
    }

    fn index_target(&mut self) -> Result<IndexTarget> {
        if self.accept(TokenKind::LeftParenthesis) {
            let inner = self.expression()?;
            self.expect(TokenKind::RightParenthesis)?;
            return Ok(match inner.kind {
                ExpressionKind::Column(mut name) if name.parts.len() == 1 => {
                    let only = name.parts.pop().expect("the length was just looked at");
                    IndexTarget::Column(only)
                }
                kind => IndexTarget::Expression(Expression {
                    kind,
                    span: inner.span,
                }),
            });
        }
        if self.peek_at(1).kind != TokenKind::LeftParenthesis {
            return Ok(IndexTarget::Column(self.name()?));
        }
        let call = self.expression_without_operators()?;
        match call.kind {
            ExpressionKind::Function(_)
            | ExpressionKind::Coalesce(_)
            | ExpressionKind::Greatest(_)
            | ExpressionKind::Least(_)
            | ExpressionKind::NullIf(..) => Ok(IndexTarget::Expression(call)),
            _ => Err(self.unexpected()),
        }
    }
}
