//! Types as written, the SQL standard's spellings turned into PostgreSQL's internal names.

use crate::ast::{Expression, ExpressionKind, Identifier, IntervalFields, ObjectName, TypeName};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::{Token, TokenKind};
use crate::name::FUNCTION;
use alloc::{boxed::Box, vec, vec::Vec};

impl Parser<'_> {
    /// A type with its modifiers and array brackets.
    pub(crate) fn type_name(&mut self) -> Result<TypeName> {
        if self.at_word(K::Setof) {
            return Err(self.not_supported_here("SETOF"));
        }
        let mut found = self.simple_type()?;
        loop {
            if self.accept_word(K::Array) {
                found.array_dimensions = 1;
                if self.accept(TokenKind::LeftBracket) {
                    self.expect(TokenKind::Integer)?;
                    self.expect(TokenKind::RightBracket)?;
                }
                break;
            }
            if !self.accept(TokenKind::LeftBracket) {
                break;
            }
            self.accept(TokenKind::Integer);
            self.expect(TokenKind::RightBracket)?;
            found.array_dimensions = found.array_dimensions.saturating_add(1);
        }
        found.span = self.since(found.span.start);
        Ok(found)
    }

    /// A type without array brackets, as before a string constant.
    pub(crate) fn simple_type(&mut self) -> Result<TypeName> {
        let token = self.peek();
        match token.kind {
            TokenKind::Keyword(keyword) => match self.standard_type(token, keyword)? {
                Some(found) => Ok(found),
                None => self.generic_type(),
            },
            _ => self.generic_type(),
        }
    }

    fn generic_type(&mut self) -> Result<TypeName> {
        if !self.at_class(FUNCTION) {
            return Err(self.unexpected());
        }
        let token = self.advance();
        let first = self.identifier_of(token);
        let name = self.qualified(first)?;
        let modifiers = self.optional_bracketed(Self::expression)?;
        let span = self.since(name.span.start);
        Ok(TypeName {
            name,
            modifiers,
            interval_fields: None,
            array_dimensions: 0,
            span,
        })
    }

    fn standard_type(&mut self, token: Token, keyword: K) -> Result<Option<TypeName>> {
        let (internal, modified) = match keyword {
            K::Int | K::Integer => ("int4", false),
            K::Bigint => ("int8", false),
            K::Smallint => ("int2", false),
            K::Real => ("float4", false),
            K::Boolean => ("bool", false),
            K::Decimal | K::Dec | K::Numeric => ("numeric", true),
            K::Varchar => ("varchar", true),
            K::Float => return self.float_type(token).map(Some),
            K::Double if self.keyword_at(1) == Some(K::Precision) => {
                self.advance();
                ("float8", false)
            }
            K::National | K::Character | K::Char | K::Nchar | K::Bit => {
                return self.text_type(token).map(Some);
            }
            K::Time | K::Timestamp => return self.time_type(token, keyword).map(Some),
            K::Interval => return self.interval_type(token).map(Some),
            _ => return Ok(None),
        };
        self.advance();
        let modifiers = if modified {
            self.optional_bracketed(Self::expression)?
        } else {
            Vec::new()
        };
        Ok(Some(self.internal_type(token, internal, modifiers)))
    }

    fn internal_type(&self, first: Token, name: &str, modifiers: Vec<Expression>) -> TypeName {
        let span = self.since(first.span.start);
        let part = Identifier {
            text: Box::from(name),
            span,
        };
        let name = ObjectName {
            parts: vec![part],
            span,
        };
        TypeName {
            name,
            modifiers,
            interval_fields: None,
            array_dimensions: 0,
            span,
        }
    }

    /// `FLOAT(n)` with n in bits.
    fn float_type(&mut self, first: Token) -> Result<TypeName> {
        self.advance();
        let modifiers = self.optional_bracketed(Self::expression)?;
        let name = match modifiers.first() {
            None => "float8",
            Some(bits) => match bits.kind {
                ExpressionKind::Integer(1..=24) => "float4",
                ExpressionKind::Integer(25..=53) => "float8",
                ExpressionKind::Integer(54..) => {
                    let message = "precision for type float must be less than 54 bits";
                    return Err(self.invalid(message, bits.span));
                }
                _ => {
                    let message = "precision for type float must be at least 1 bit";
                    return Err(self.invalid(message, bits.span));
                }
            },
        };
        Ok(self.internal_type(first, name, Vec::new()))
    }

    /// `[NATIONAL] CHAR | CHARACTER | NCHAR | BIT [VARYING] (n)`
    fn text_type(&mut self, first: Token) -> Result<TypeName> {
        if self.accept_word(K::National) && !self.at_word(K::Char) && !self.at_word(K::Character) {
            return Err(self.unexpected());
        }
        let bits = self.advance().kind == TokenKind::Keyword(K::Bit);
        let varying = self.accept_word(K::Varying);
        let mut modifiers = self.optional_bracketed(Self::expression)?;
        let name = match (bits, varying) {
            (false, false) => "bpchar",
            (false, true) => "varchar",
            (true, false) => "bit",
            (true, true) => "varbit",
        };
        if modifiers.is_empty() && !varying {
            let span = self.since(first.span.start);
            modifiers.push(Expression {
                kind: ExpressionKind::Integer(1),
                span,
            });
        }
        Ok(self.internal_type(first, name, modifiers))
    }

    fn time_type(&mut self, first: Token, keyword: K) -> Result<TypeName> {
        self.advance();
        let modifiers = self.optional_bracketed(Self::expression)?;
        let zoned = self.accept_words(&[K::With, K::Time, K::Zone]);
        if !zoned {
            self.accept_words(&[K::Without, K::Time, K::Zone]);
        }
        let name = match (keyword, zoned) {
            (K::Time, false) => "time",
            (K::Time, true) => "timetz",
            (_, false) => "timestamp",
            (_, true) => "timestamptz",
        };
        Ok(self.internal_type(first, name, modifiers))
    }

    fn interval_type(&mut self, first: Token) -> Result<TypeName> {
        self.advance();
        let modifiers = self.optional_bracketed(Self::expression)?;
        let fields = if modifiers.is_empty() {
            self.interval_fields()?
        } else {
            None
        };
        let mut found = self.internal_type(first, "interval", modifiers);
        found.interval_fields = fields;
        Ok(found)
    }

    /// `YEAR`, `DAY TO SECOND`, …
    pub(crate) fn interval_fields(&mut self) -> Result<Option<IntervalFields>> {
        let Some(first) = self.keyword() else {
            return Ok(None);
        };
        let alone = match first {
            K::Year => IntervalFields::Year,
            K::Month => IntervalFields::Month,
            K::Day => IntervalFields::Day,
            K::Hour => IntervalFields::Hour,
            K::Minute => IntervalFields::Minute,
            K::Second => IntervalFields::Second,
            _ => return Ok(None),
        };
        self.advance();
        if first == K::Second && self.at(TokenKind::LeftParenthesis) {
            return Err(self.not_supported_here("precision of interval seconds"));
        }
        if matches!(first, K::Month | K::Second) || !self.accept_word(K::To) {
            return Ok(Some(alone));
        }
        let last = self.keyword();
        let fields = match (first, last) {
            (K::Year, Some(K::Month)) => IntervalFields::YearToMonth,
            (K::Day, Some(K::Hour)) => IntervalFields::DayToHour,
            (K::Day, Some(K::Minute)) => IntervalFields::DayToMinute,
            (K::Day, Some(K::Second)) => IntervalFields::DayToSecond,
            (K::Hour, Some(K::Minute)) => IntervalFields::HourToMinute,
            (K::Hour, Some(K::Second)) => IntervalFields::HourToSecond,
            (K::Minute, Some(K::Second)) => IntervalFields::MinuteToSecond,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(Some(fields))
    }
}
