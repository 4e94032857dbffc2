//! The smallest expressions: constants, names, calls, and everything in brackets.

use crate::ast::{Expression, ExpressionKind, ObjectName, Query, TypeName};
use crate::cursor::{Parser, Result};
use crate::keyword::{Keyword as K, KeywordClass};
use crate::lexer::{Token, TokenKind, string_text};
use crate::{ErrorKind, ParseError};
use alloc::{boxed::Box, vec, vec::Vec};

/// What a pair of brackets holds.
pub(crate) enum Parenthesised {
    /// `(SELECT …)`, in however many brackets
    Query(Box<Query>),
    /// `(a, b)`
    Row(Vec<Expression>),
    /// `(a)`
    Single(Expression),
}

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Result<Expression> {
        let token = self.peek();
        let found = match token.kind {
            TokenKind::Integer => {
                self.advance();
                let digits = token.span.of(self.text);
                Expression {
                    kind: integer(digits),
                    span: token.span,
                }
            }
            TokenKind::Decimal => {
                self.advance();
                let digits = token.span.of(self.text);
                Expression {
                    kind: ExpressionKind::Decimal(digits.into()),
                    span: token.span,
                }
            }
            TokenKind::String | TokenKind::EscapeString | TokenKind::DollarString => {
                self.string_constant()?
            }
            TokenKind::LeftParenthesis => {
                let inner = self.bracketed_expression()?;
                self.after_parenthesis(inner, token.span.start)?
            }
            TokenKind::Identifier | TokenKind::QuotedIdentifier => self.named()?,
            TokenKind::Keyword(word) => self.keyword_primary(token, word)?,
            TokenKind::Parameter => self.parameter(token)?,
            TokenKind::BitString => return Err(self.not_supported_here("a bit string")),
            TokenKind::UnicodeLiteral => {
                return Err(self.not_supported_here("a string with Unicode escapes (U&)"));
            }
            _ => return Err(self.unexpected()),
        };
        match self.kind() {
            TokenKind::DoubleColon | TokenKind::LeftBracket => {
                self.postfix(found, token.span.start)
            }
            _ => Ok(found),
        }
    }

    /// `::type` and `[index]`, as often as they come.
    fn postfix(&mut self, mut found: Expression, start: u32) -> Result<Expression> {
        let mut level = self.enter()?;
        loop {
            let operand = Box::new(found);
            let kind = if self.accept(TokenKind::DoubleColon) {
                let type_name = Box::new(self.type_name()?);
                ExpressionKind::Cast { operand, type_name }
            } else if self.accept(TokenKind::LeftBracket) {
                if self.at(TokenKind::Colon) {
                    return Err(self.not_supported_here("an array slice"));
                }
                let index = Box::new(self.expression()?);
                if self.at(TokenKind::Colon) {
                    return Err(self.not_supported_here("an array slice"));
                }
                self.expect(TokenKind::RightBracket)?;
                ExpressionKind::Subscript { operand, index }
            } else {
                self.leave(level);
                return Ok(*operand);
            };
            self.link(&mut level)?;
            found = self.expression_since(start, kind);
        }
    }

    /// `.field` after brackets, then what may follow any expression.
    pub(super) fn after_parenthesis(
        &mut self,
        mut inner: Expression,
        start: u32,
    ) -> Result<Expression> {
        let mut level = self.enter()?;
        while self.accept(TokenKind::Dot) {
            if self.operator() == Some("*") {
                return Err(self.not_supported_here("the expansion of a row's fields"));
            }
            let name = self.label()?;
            let kind = ExpressionKind::Field {
                operand: Box::new(inner),
                name,
            };
            self.link(&mut level)?;
            inner = self.expression_since(start, kind);
        }
        self.leave(level);
        match self.kind() {
            TokenKind::DoubleColon | TokenKind::LeftBracket => self.postfix(inner, start),
            _ => Ok(inner),
        }
    }

    fn bracketed_expression(&mut self) -> Result<Expression> {
        let start = self.start();
        let found = self.parenthesised()?;
        Ok(self.as_expression(found, start))
    }

    fn as_expression(&self, found: Parenthesised, start: u32) -> Expression {
        match found {
            Parenthesised::Single(only) => only,
            Parenthesised::Row(parts) => self.expression_since(start, ExpressionKind::Row(parts)),
            Parenthesised::Query(query) => {
                self.expression_since(start, ExpressionKind::Subquery(query))
            }
        }
    }

    /// Whatever stands in brackets, brackets included.
    pub(crate) fn parenthesised(&mut self) -> Result<Parenthesised> {
        let level = self.enter()?;
        self.expect(TokenKind::LeftParenthesis)?;
        let found = if self.at_query() {
            Parenthesised::Query(self.query()?)
        } else if self.at(TokenKind::LeftParenthesis) {
            self.nested_parentheses()?
        } else {
            let first = self.expression()?;
            self.row_from(first)?
        };
        self.expect(TokenKind::RightParenthesis)?;
        self.leave(level);
        Ok(found)
    }

    /// Inside a bracket, at another one: a query or an expression may begin.
    fn nested_parentheses(&mut self) -> Result<Parenthesised> {
        let start = self.start();
        match self.parenthesised()? {
            Parenthesised::Query(query) if self.at(TokenKind::RightParenthesis) => {
                Ok(Parenthesised::Query(query))
            }
            Parenthesised::Query(query) if self.at_query_continuation() => {
                Ok(Parenthesised::Query(self.query_after(query, start)?))
            }
            inner => {
                let left = self.as_expression(inner, start);
                let first = self.expression_after(left, start)?;
                self.row_from(first)
            }
        }
    }

    fn row_from(&mut self, first: Expression) -> Result<Parenthesised> {
        if !self.accept(TokenKind::Comma) {
            return Ok(Parenthesised::Single(first));
        }
        let mut parts = vec![first];
        parts.append(&mut self.list(Self::expression)?);
        Ok(Parenthesised::Row(parts))
    }

    /// A string token's meaning.
    pub(crate) fn string_constant(&mut self) -> Result<Expression> {
        let token = self.peek();
        if !is_string(token.kind) {
            return Err(self.unexpected());
        }
        self.advance();
        let kind = ExpressionKind::String(string_text(token, self.text)?);
        Ok(Expression {
            kind,
            span: token.span,
        })
    }

    fn parameter(&mut self, token: Token) -> Result<Expression> {
        self.advance();
        let digits = token.span.of(self.text).get(1..).unwrap_or("");
        match digits.parse() {
            Ok(number) => Ok(Expression {
                kind: ExpressionKind::Parameter(number),
                span: token.span,
            }),
            Err(_) => {
                let message = "parameter number too large";
                Err(ParseError::new(
                    ErrorKind::OutOfRange { message },
                    token.span,
                ))
            }
        }
    }

    /// A column, a call, a whole row or a typed constant that begins with a name.
    pub(super) fn named(&mut self) -> Result<Expression> {
        let first = self.advance();
        let start = first.span.start;
        let mut parts = vec![self.identifier_of(first)];
        let before_dot = self.since(start);
        let mut name_span = before_dot;
        while self.accept(TokenKind::Dot) {
            if self.accept_operator("*") {
                let name = ObjectName {
                    parts,
                    span: name_span,
                };
                return Ok(self.expression_since(start, ExpressionKind::WholeRow(name)));
            }
            parts.push(self.label()?);
            name_span = self.since(start);
        }
        let name = ObjectName {
            parts,
            span: name_span,
        };
        match self.kind() {
            TokenKind::LeftParenthesis => self.call(name),
            kind if is_string(kind) => self.typed_constant_of(name),
            _ => Ok(self.expression_since(start, ExpressionKind::Column(name))),
        }
    }

    fn typed_constant_of(&mut self, name: ObjectName) -> Result<Expression> {
        let span = name.span;
        let type_name = TypeName {
            name,
            modifiers: Vec::new(),
            interval_fields: None,
            array_dimensions: 0,
            span,
        };
        self.constant_as(type_name)
    }

    /// A string constant, as a constant of `type_name`.
    pub(super) fn constant_as(&mut self, mut type_name: TypeName) -> Result<Expression> {
        let start = type_name.span.start;
        let operand = Box::new(self.string_constant()?);
        if &*type_name.name.last().text == "interval" && type_name.modifiers.is_empty() {
            type_name.interval_fields = self.interval_fields()?;
        }
        let type_name = Box::new(type_name);
        Ok(self.expression_since(start, ExpressionKind::Cast { operand, type_name }))
    }

    /// A keyword used as a name, if its class allows it.
    pub(super) fn keyword_as_name(&mut self, word: K) -> Result<Expression> {
        let next = self.peek_at(1).kind;
        let allowed = match word.class() {
            KeywordClass::Unreserved => true,
            KeywordClass::ColumnName => next != TokenKind::LeftParenthesis,
            KeywordClass::TypeOrFunctionName => {
                next == TokenKind::LeftParenthesis || is_string(next)
            }
            KeywordClass::Reserved => false,
        };
        if !allowed {
            if word.class() == KeywordClass::ColumnName {
                self.advance();
            }
            return Err(self.unexpected());
        }
        self.named()
    }
}

/// A whole number, or a `numeric` if it does not fit.
fn integer(digits: &str) -> ExpressionKind {
    digits.parse().map_or_else(
        |_| ExpressionKind::Decimal(digits.into()),
        ExpressionKind::Integer,
    )
}

/// Whether a token is a string constant.
pub(crate) fn is_string(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::String | TokenKind::EscapeString | TokenKind::DollarString
    )
}
