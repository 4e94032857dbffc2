//! Expressions by precedence climbing, with PostgreSQL 15's precedences.
//!
//! Chains of equal operators are read in a loop, so only brackets, prefix operators and rising
//! precedence cost stack; both are counted (see `cursor`). `AND` and `OR` become one node for the
//! whole chain. Method: Pratt, "Top down operator precedence", POPL 1973.

mod call;
mod keyword_forms;
mod operator;
mod predicate;
mod primary;
mod window;

use crate::ast::{
    BinaryOperator, Expression, ExpressionKind, FunctionCall, Identifier, ObjectName,
};
use crate::cursor::{Level, Parser, Result};
use crate::keyword::Keyword as K;
use crate::{Span, lexer::TokenKind};
use alloc::{boxed::Box, vec, vec::Vec};
use operator::{Infix, Precedence, fold_sign};

pub(crate) use primary::is_string;

impl Parser<'_> {
    /// Any expression.
    pub(crate) fn expression(&mut self) -> Result<Expression> {
        let restricted = core::mem::replace(&mut self.restricted, false);
        let found = self.binary(Precedence::Or)?;
        self.restricted = restricted;
        Ok(found)
    }

    /// An expression made of operators only, which stops before `NOT NULL`, `IN`, `AND`, …
    pub(crate) fn restricted_expression(&mut self) -> Result<Expression> {
        let restricted = core::mem::replace(&mut self.restricted, true);
        let found = self.binary(Precedence::Or)?;
        self.restricted = restricted;
        Ok(found)
    }

    /// An expression without operators outside brackets.
    pub(crate) fn expression_without_operators(&mut self) -> Result<Expression> {
        let level = self.enter()?;
        let found = self.primary()?;
        self.leave(level);
        Ok(found)
    }

    /// Goes on after `left`, a bracketed expression that begins at `start`.
    fn expression_after(&mut self, left: Expression, start: u32) -> Result<Expression> {
        let restricted = core::mem::replace(&mut self.restricted, false);
        let level = self.enter()?;
        let left = self.after_parenthesis(left, start)?;
        let found = self.climb(left, start, Precedence::Or, level)?;
        self.restricted = restricted;
        Ok(found)
    }

    /// An expression whose operators outside brackets bind at least as tightly as `least`.
    fn binary(&mut self, least: Precedence) -> Result<Expression> {
        let level = self.enter()?;
        let start = self.start();
        let left = self.prefix(start)?;
        self.climb(left, start, least, level)
    }

    fn prefix(&mut self, start: u32) -> Result<Expression> {
        match self.kind() {
            TokenKind::Operator => self.prefix_operator(start),
            TokenKind::Keyword(K::Not) => {
                self.advance();
                let operand = Box::new(self.binary(Precedence::Not)?);
                Ok(self.expression_since(start, ExpressionKind::Not(operand)))
            }
            _ => self.primary(),
        }
    }

    fn prefix_operator(&mut self, start: u32) -> Result<Expression> {
        let token = self.peek();
        let symbol = token.span.of(self.text);
        let operator = operator::prefix(symbol).ok_or_else(|| self.unexpected())?;
        self.advance();
        let least = if matches!(symbol, "-" | "+") {
            Precedence::Sign
        } else {
            Precedence::Additive
        };
        let operand = self.binary(least)?;
        let span = self.since(start);
        Ok(match fold_sign(symbol, operand) {
            Ok(kind) => Expression { kind, span },
            Err(operand) => {
                let operand = Box::new(operand);
                let kind = ExpressionKind::Unary {
                    operator,
                    operator_span: token.span,
                    operand,
                };
                Expression { kind, span }
            }
        })
    }

    /// Adds operators to `left` as long as they bind tightly enough. Ends `level`.
    fn climb(
        &mut self,
        mut left: Expression,
        start: u32,
        least: Precedence,
        mut level: Level,
    ) -> Result<Expression> {
        let mut taken = None;
        while let Some((infix, precedence)) = self.infix() {
            if precedence < least {
                break;
            }
            if taken == Some(precedence) && !precedence.associates() {
                return Err(self.unexpected());
            }
            taken = Some(precedence);
            self.link(&mut level)?;
            let kind = match infix {
                Infix::And | Infix::Or => self.chain(left, infix, precedence)?,
                Infix::Operator(operator) => self.operation(left, operator, precedence)?,
                Infix::Collate => {
                    self.advance();
                    let collation = self.object_name()?;
                    ExpressionKind::Collate {
                        operand: Box::new(left),
                        collation,
                    }
                }
                Infix::AtTimeZone => self.at_time_zone(left, start)?,
                Infix::Overlaps => self.overlaps(left, start)?,
                Infix::Predicate => self.predicate(left)?,
            };
            left = self.expression_since(start, kind);
        }
        self.leave(level);
        Ok(left)
    }

    pub(crate) fn expression_since(&self, start: u32, kind: ExpressionKind) -> Expression {
        Expression {
            kind,
            span: self.since(start),
        }
    }

    /// All of `a AND b AND c` from the first `AND` on.
    fn chain(&mut self, left: Expression, infix: Infix, own: Precedence) -> Result<ExpressionKind> {
        let and = matches!(infix, Infix::And);
        let word = if and { K::And } else { K::Or };
        let mut parts = match left.kind {
            ExpressionKind::And(parts) if and => parts,
            ExpressionKind::Or(parts) if !and => parts,
            _ => vec![left],
        };
        while self.accept_word(word) {
            parts.push(self.binary(own.next())?);
        }
        Ok(if and {
            ExpressionKind::And(parts)
        } else {
            ExpressionKind::Or(parts)
        })
    }

    fn operation(
        &mut self,
        left: Expression,
        operator: BinaryOperator,
        own: Precedence,
    ) -> Result<ExpressionKind> {
        let operator_span = self.advance().span;
        if let Some(quantifier) = self.quantifier() {
            return self.quantified(left, operator, quantifier);
        }
        let left = Box::new(left);
        let right = Box::new(self.binary(own.next())?);
        Ok(match operator::like_kind(&operator) {
            Some((kind, negated)) => ExpressionKind::Like {
                operand: left,
                pattern: right,
                escape: None,
                kind,
                negated,
            },
            None => ExpressionKind::Binary {
                operator,
                operator_span,
                left,
                right,
            },
        })
    }

    fn at_time_zone(&mut self, left: Expression, start: u32) -> Result<ExpressionKind> {
        let name = self.since_word();
        self.expect_words(&[K::At, K::Time, K::Zone])?;
        let zone = self.binary(Precedence::AtTimeZone.next())?;
        Ok(self.plain_call("timezone", name, vec![zone, left], start))
    }

    fn overlaps(&mut self, left: Expression, start: u32) -> Result<ExpressionKind> {
        let word = self.advance().span;
        let right = self.binary(Precedence::Pattern.next())?;
        let mut arguments = Vec::new();
        for side in [left, right] {
            match side.kind {
                ExpressionKind::Row(mut parts) if parts.len() == 2 => arguments.append(&mut parts),
                _ => {
                    let message = "wrong number of parameters on side of OVERLAPS expression";
                    return Err(self.syntax(message, side.span));
                }
            }
        }
        Ok(self.plain_call("overlaps", word, arguments, start))
    }

    fn since_word(&mut self) -> Span {
        self.peek().span
    }

    /// A call that the text writes with keywords.
    fn plain_call(
        &self,
        name: &str,
        name_span: Span,
        arguments: Vec<Expression>,
        start: u32,
    ) -> ExpressionKind {
        let part = Identifier {
            text: name.into(),
            span: name_span,
        };
        ExpressionKind::Function(Box::new(FunctionCall {
            name: ObjectName {
                parts: vec![part],
                span: name_span,
            },
            star: false,
            distinct: false,
            arguments,
            order_by: Vec::new(),
            within_group: Vec::new(),
            filter: None,
            over: None,
            span: self.since(start),
        }))
    }
}

#[cfg(test)]
mod tests;
