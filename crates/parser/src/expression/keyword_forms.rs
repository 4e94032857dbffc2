//! Expressions that begin with a keyword: constants, `CASE`, `CAST`, `EXTRACT`, `TRIM`, …

use super::primary::{Parenthesised, is_string};
use crate::ast::{Case, CaseBranch, Expression, ExpressionKind, SqlValueFunction};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::{Token, TokenKind};
use alloc::{boxed::Box, string::ToString, vec, vec::Vec};

impl Parser<'_> {
    pub(super) fn keyword_primary(&mut self, token: Token, word: K) -> Result<Expression> {
        let constant = match word {
            K::Null => Some(ExpressionKind::Null),
            K::True => Some(ExpressionKind::Boolean(true)),
            K::False => Some(ExpressionKind::Boolean(false)),
            K::Default => Some(ExpressionKind::Default),
            _ => None,
        };
        if let Some(kind) = constant {
            self.advance();
            return Ok(Expression {
                kind,
                span: token.span,
            });
        }
        let start = token.span.start;
        let kind = match word {
            K::Case => self.case()?,
            K::Array => self.array()?,
            _ => match self.sql_value(word)? {
                Some(kind) => kind,
                None => return self.word_with_brackets(token, word),
            },
        };
        Ok(self.expression_since(start, kind))
    }

    /// Forms that are special only if a bracket or a string follows; else the word is a name.
    fn word_with_brackets(&mut self, token: Token, word: K) -> Result<Expression> {
        let next = self.peek_at(1).kind;
        if is_type_word(word) {
            let type_follows = is_string(next)
                || next == TokenKind::LeftParenthesis
                || matches!(next, TokenKind::Keyword(K::Varying | K::Precision))
                || matches!(word, K::Time | K::Timestamp)
                    && matches!(next, TokenKind::Keyword(K::With | K::Without))
                    && self.keyword_at(2) == Some(K::Time);
            if type_follows {
                let type_name = self.simple_type()?;
                return self.constant_as(type_name);
            }
        }
        if next != TokenKind::LeftParenthesis {
            return self.keyword_as_name(word);
        }
        let kind = match word {
            K::Exists => self.exists()?,
            K::Row => self.row()?,
            K::Cast => self.cast()?,
            K::Coalesce => ExpressionKind::Coalesce(self.arguments()?),
            K::Greatest => ExpressionKind::Greatest(self.arguments()?),
            K::Least => ExpressionKind::Least(self.arguments()?),
            K::Grouping => ExpressionKind::Grouping(self.arguments()?),
            K::Nullif => self.null_if()?,
            K::Extract => self.extract(token)?,
            K::Substring => self.substring(token)?,
            K::Trim => self.trim(token)?,
            K::Position => self.position(token)?,
            K::Overlay => self.overlay(token)?,
            K::Normalize
            | K::Treat
            | K::Xmlconcat
            | K::Xmlelement
            | K::Xmlexists
            | K::Xmlforest
            | K::Xmlparse
            | K::Xmlpi
            | K::Xmlroot
            | K::Xmlserialize => {
                return Err(self.not_supported(word.text().to_uppercase(), token.span));
            }
            _ => return self.keyword_as_name(word),
        };
        Ok(self.expression_since(token.span.start, kind))
    }

    fn case(&mut self) -> Result<ExpressionKind> {
        self.advance();
        let operand = if self.at_word(K::When) {
            None
        } else {
            Some(self.expression()?)
        };
        let mut branches = Vec::new();
        while self.accept_word(K::When) {
            let when = self.expression()?;
            self.expect_word(K::Then)?;
            branches.push(CaseBranch {
                when,
                then: self.expression()?,
            });
        }
        if branches.is_empty() {
            return Err(self.unexpected());
        }
        let otherwise = if self.accept_word(K::Else) {
            Some(self.expression()?)
        } else {
            None
        };
        self.expect_word(K::End)?;
        Ok(ExpressionKind::Case(Box::new(Case {
            operand,
            branches,
            otherwise,
        })))
    }

    fn array(&mut self) -> Result<ExpressionKind> {
        self.advance();
        if self.at(TokenKind::LeftParenthesis) {
            return match self.parenthesised()? {
                Parenthesised::Query(query) => Ok(ExpressionKind::ArraySubquery(query)),
                Parenthesised::Row(_) | Parenthesised::Single(_) => Err(self.unexpected()),
            };
        }
        Ok(ExpressionKind::Array(self.array_elements()?))
    }

    /// `[a, b]`, and `[[a], [b]]` inside.
    fn array_elements(&mut self) -> Result<Vec<Expression>> {
        self.expect(TokenKind::LeftBracket)?;
        let mut elements = Vec::new();
        if !self.at(TokenKind::RightBracket) {
            elements = self.list(Self::array_element)?;
        }
        self.expect(TokenKind::RightBracket)?;
        Ok(elements)
    }

    fn array_element(&mut self) -> Result<Expression> {
        if !self.at(TokenKind::LeftBracket) {
            return self.expression();
        }
        let level = self.enter()?;
        let start = self.start();
        let kind = ExpressionKind::Array(self.array_elements()?);
        self.leave(level);
        Ok(self.expression_since(start, kind))
    }

    fn sql_value(&mut self, word: K) -> Result<Option<ExpressionKind>> {
        use SqlValueFunction as F;
        let (function, timed) = match word {
            K::CurrentDate => (F::CurrentDate, false),
            K::CurrentTime => (F::CurrentTime, true),
            K::CurrentTimestamp => (F::CurrentTimestamp, true),
            K::Localtime => (F::LocalTime, true),
            K::Localtimestamp => (F::LocalTimestamp, true),
            K::CurrentUser => (F::CurrentUser, false),
            K::CurrentRole => (F::CurrentRole, false),
            K::SessionUser => (F::SessionUser, false),
            K::User => (F::User, false),
            K::CurrentCatalog => (F::CurrentCatalog, false),
            K::CurrentSchema if self.peek_at(1).kind != TokenKind::LeftParenthesis => {
                (F::CurrentSchema, false)
            }
            _ => return Ok(None),
        };
        self.advance();
        let mut precision = None;
        if timed && self.accept(TokenKind::LeftParenthesis) {
            precision = Some(self.small_number()?);
            self.expect(TokenKind::RightParenthesis)?;
        }
        Ok(Some(ExpressionKind::SqlValue {
            function,
            precision,
        }))
    }

    fn exists(&mut self) -> Result<ExpressionKind> {
        self.advance();
        self.advance();
        if !self.at_query() && !self.at(TokenKind::LeftParenthesis) {
            return Err(self.unexpected());
        }
        let query = self.query()?;
        self.expect(TokenKind::RightParenthesis)?;
        Ok(ExpressionKind::Exists(query))
    }

    fn row(&mut self) -> Result<ExpressionKind> {
        self.advance();
        if self.peek_at(1).kind == TokenKind::RightParenthesis {
            self.advance();
            self.advance();
            return Ok(ExpressionKind::Row(Vec::new()));
        }
        Ok(ExpressionKind::Row(self.bracketed(Self::expression)?))
    }

    fn cast(&mut self) -> Result<ExpressionKind> {
        self.advance();
        self.expect(TokenKind::LeftParenthesis)?;
        let operand = Box::new(self.expression()?);
        self.expect_word(K::As)?;
        let type_name = Box::new(self.type_name()?);
        self.expect(TokenKind::RightParenthesis)?;
        Ok(ExpressionKind::Cast { operand, type_name })
    }

    /// The arguments of a word that takes any number of them.
    fn arguments(&mut self) -> Result<Vec<Expression>> {
        self.advance();
        self.bracketed(Self::expression)
    }

    fn null_if(&mut self) -> Result<ExpressionKind> {
        self.advance();
        self.expect(TokenKind::LeftParenthesis)?;
        let left = Box::new(self.expression()?);
        self.expect(TokenKind::Comma)?;
        let right = Box::new(self.expression()?);
        self.expect(TokenKind::RightParenthesis)?;
        Ok(ExpressionKind::NullIf(left, right))
    }

    fn extract(&mut self, name: Token) -> Result<ExpressionKind> {
        self.advance();
        self.expect(TokenKind::LeftParenthesis)?;
        let field = if is_string(self.kind()) {
            self.string_constant()?
        } else {
            let field = self.label()?;
            Expression {
                kind: ExpressionKind::String(field.text),
                span: field.span,
            }
        };
        self.expect_word(K::From)?;
        let source = self.expression()?;
        self.expect(TokenKind::RightParenthesis)?;
        Ok(self.plain_call("extract", name.span, vec![field, source], name.span.start))
    }

    fn substring(&mut self, name: Token) -> Result<ExpressionKind> {
        self.advance();
        self.expect(TokenKind::LeftParenthesis)?;
        let mut arguments = self.list(Self::expression)?;
        let (mut from, mut length) = (None, None);
        while arguments.len() == 1 {
            if from.is_none() && self.accept_word(K::From) {
                from = Some(self.expression()?);
            } else if length.is_none() && self.accept_word(K::For) {
                length = Some(self.expression()?);
            } else {
                break;
            }
        }
        if self.at_word(K::Similar) {
            return Err(self.not_supported_here("SUBSTRING with SIMILAR"));
        }
        if from.is_none() && length.is_some() {
            let span = name.span;
            from = Some(Expression {
                kind: ExpressionKind::Integer(1),
                span,
            });
        }
        arguments.extend(from);
        arguments.extend(length);
        self.expect(TokenKind::RightParenthesis)?;
        Ok(self.plain_call("substring", name.span, arguments, name.span.start))
    }

    fn trim(&mut self, name: Token) -> Result<ExpressionKind> {
        self.advance();
        self.expect(TokenKind::LeftParenthesis)?;
        let function = match self.keyword() {
            Some(K::Leading) => "ltrim",
            Some(K::Trailing) => "rtrim",
            _ => "btrim",
        };
        if function != "btrim" || self.at_word(K::Both) {
            self.advance();
        }
        let mut arguments = Vec::new();
        if self.accept_word(K::From) {
            arguments = self.list(Self::expression)?;
        } else {
            let first = self.expression()?;
            if self.accept_word(K::From) {
                arguments = self.list(Self::expression)?;
                arguments.push(first);
            } else {
                arguments.push(first);
                if self.accept(TokenKind::Comma) {
                    arguments.append(&mut self.list(Self::expression)?);
                }
            }
        }
        self.expect(TokenKind::RightParenthesis)?;
        Ok(self.plain_call(function, name.span, arguments, name.span.start))
    }

    fn position(&mut self, name: Token) -> Result<ExpressionKind> {
        self.advance();
        self.expect(TokenKind::LeftParenthesis)?;
        let needle = self.restricted_expression()?;
        self.expect_word(K::In)?;
        let text = self.restricted_expression()?;
        self.expect(TokenKind::RightParenthesis)?;
        Ok(self.plain_call("position", name.span, vec![text, needle], name.span.start))
    }

    fn overlay(&mut self, name: Token) -> Result<ExpressionKind> {
        self.advance();
        self.expect(TokenKind::LeftParenthesis)?;
        let mut arguments = self.list(Self::expression)?;
        if arguments.len() == 1 && self.accept_word(K::Placing) {
            arguments.push(self.expression()?);
            self.expect_word(K::From)?;
            arguments.push(self.expression()?);
            if self.accept_word(K::For) {
                arguments.push(self.expression()?);
            }
        }
        self.expect(TokenKind::RightParenthesis)?;
        Ok(self.plain_call("overlay", name.span, arguments, name.span.start))
    }

    /// A whole number without sign that fits 32 bits.
    pub(crate) fn small_number(&mut self) -> Result<u32> {
        let token = self.peek();
        let number = token.span.of(self.text).parse();
        match number {
            Ok(number) if token.kind == TokenKind::Integer => {
                self.advance();
                Ok(number)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A keyword as the text writes it.
    pub(crate) fn written(&mut self) -> alloc::string::String {
        self.peek().span.of(self.text).to_string()
    }
}

/// Words that name a type and can begin a typed constant.
fn is_type_word(word: K) -> bool {
    matches!(
        word,
        K::Bigint
            | K::Bit
            | K::Boolean
            | K::Char
            | K::Character
            | K::Dec
            | K::Decimal
            | K::Double
            | K::Float
            | K::Int
            | K::Integer
            | K::Interval
            | K::National
            | K::Nchar
            | K::Numeric
            | K::Real
            | K::Smallint
            | K::Time
            | K::Timestamp
            | K::Varchar
    )
}
