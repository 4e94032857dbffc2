//! Calls of functions and aggregates, with all that may follow the brackets.

use crate::ast::{Expression, ExpressionKind, FunctionCall, ObjectName, Over};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, vec::Vec};

impl Parser<'_> {
    /// The rest of a call, from its opening bracket on.
    pub(super) fn call(&mut self, name: ObjectName) -> Result<Expression> {
        let start = name.span.start;
        let call = Box::new(self.function_call(name)?);
        Ok(self.expression_since(start, ExpressionKind::Function(call)))
    }

    /// The same, for a call in `FROM`.
    pub(crate) fn function_call(&mut self, name: ObjectName) -> Result<FunctionCall> {
        let span = name.span;
        let mut call = FunctionCall {
            name,
            star: false,
            distinct: false,
            arguments: Vec::new(),
            order_by: Vec::new(),
            within_group: Vec::new(),
            filter: None,
            over: None,
            span,
        };
        self.expect(TokenKind::LeftParenthesis)?;
        if self.accept_operator("*") {
            call.star = true;
        } else if !self.at(TokenKind::RightParenthesis) {
            call.distinct = self.accept_word(K::Distinct);
            if !call.distinct {
                self.accept_word(K::All);
            }
            call.arguments = self.list(Self::argument)?;
            call.order_by = self.optional_order_by()?;
        }
        self.expect(TokenKind::RightParenthesis)?;
        if self.accept_words(&[K::Within, K::Group]) {
            self.expect(TokenKind::LeftParenthesis)?;
            call.within_group = self.order_by()?;
            self.expect(TokenKind::RightParenthesis)?;
        }
        if self.at_word(K::Filter) && self.peek_at(1).kind == TokenKind::LeftParenthesis {
            self.advance();
            self.advance();
            self.expect_word(K::Where)?;
            call.filter = Some(self.expression()?);
            self.expect(TokenKind::RightParenthesis)?;
        }
        if self.accept_word(K::Over) {
            call.over = Some(if self.at(TokenKind::LeftParenthesis) {
                Over::Specification(self.window_specification()?)
            } else {
                Over::Name(self.name()?)
            });
        }
        call.span = self.since(span.start);
        Ok(call)
    }

    fn argument(&mut self) -> Result<Expression> {
        if self.at_word(K::Variadic) {
            return Err(self.not_supported_here("VARIADIC"));
        }
        let arrow = self.peek_at(1).kind;
        if matches!(arrow, TokenKind::EqualsGreater | TokenKind::ColonEquals) {
            return Err(self.not_supported_here("an argument given by name"));
        }
        self.expression()
    }
}
