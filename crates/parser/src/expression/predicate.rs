//! Predicates written with words: `IS`, `BETWEEN`, `IN`, `LIKE`, and `op ANY (…)`.

use super::operator::{Precedence, like_operator};
use super::primary::Parenthesised;
use crate::ast::{
    BinaryOperator, Expression, ExpressionKind, LikeKind, QuantifiedRight, Quantifier, TruthTest,
};
use crate::cursor::{Parser, Result};
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, vec};

impl Parser<'_> {
    /// What follows `left`, from `IS`, `NOT`, `IN`, … on.
    pub(super) fn predicate(&mut self, left: Expression) -> Result<ExpressionKind> {
        let operand = Box::new(left);
        match self.keyword() {
            Some(K::Is) => return self.is(operand),
            Some(K::Isnull) => {
                self.advance();
                return Ok(ExpressionKind::Is {
                    operand,
                    test: TruthTest::Null,
                    negated: false,
                });
            }
            Some(K::Notnull) => {
                self.advance();
                return Ok(ExpressionKind::Is {
                    operand,
                    test: TruthTest::Null,
                    negated: true,
                });
            }
            _ => {}
        }
        let negated = self.accept_word(K::Not);
        match self.keyword() {
            Some(K::Between) => self.between(operand, negated),
            Some(K::In) => self.in_list(operand, negated),
            Some(K::Like) => self.like(operand, LikeKind::Like, negated),
            Some(K::Ilike) => self.like(operand, LikeKind::ILike, negated),
            _ => self.like(operand, LikeKind::SimilarTo, negated),
        }
    }

    fn is(&mut self, operand: Box<Expression>) -> Result<ExpressionKind> {
        self.expect_word(K::Is)?;
        let negated = self.accept_word(K::Not);
        let test = match self.keyword() {
            Some(K::Null) => TruthTest::Null,
            Some(K::True) => TruthTest::True,
            Some(K::False) => TruthTest::False,
            Some(K::Unknown) => TruthTest::Unknown,
            Some(K::Distinct) => {
                self.advance();
                self.expect_word(K::From)?;
                let right = Box::new(self.binary(Precedence::Is.next())?);
                return Ok(ExpressionKind::IsDistinctFrom {
                    left: operand,
                    right,
                    negated,
                });
            }
            _ => {
                let token = self.peek();
                let word = token.span.of(self.text).to_ascii_lowercase();
                return Err(match &*word {
                    "of" | "document" | "normalized" | "nfc" | "nfd" | "nfkc" | "nfkd" => {
                        self.not_supported(alloc::format!("IS {}", word.to_uppercase()), token.span)
                    }
                    _ => self.unexpected(),
                });
            }
        };
        self.advance();
        Ok(ExpressionKind::Is {
            operand,
            test,
            negated,
        })
    }

    fn between(&mut self, operand: Box<Expression>, negated: bool) -> Result<ExpressionKind> {
        self.advance();
        let symmetric = self.accept_word(K::Symmetric);
        if !symmetric {
            self.accept_word(K::Asymmetric);
        }
        let low = Box::new(self.restricted_expression()?);
        self.expect_word(K::And)?;
        let high = Box::new(self.binary(Precedence::Pattern.next())?);
        Ok(ExpressionKind::Between {
            operand,
            low,
            high,
            symmetric,
            negated,
        })
    }

    fn in_list(&mut self, operand: Box<Expression>, negated: bool) -> Result<ExpressionKind> {
        self.advance();
        Ok(match self.parenthesised()? {
            Parenthesised::Query(query) => ExpressionKind::InSubquery {
                operand,
                query,
                negated,
            },
            Parenthesised::Row(list) => ExpressionKind::InList {
                operand,
                list,
                negated,
            },
            Parenthesised::Single(only) => ExpressionKind::InList {
                operand,
                list: vec![only],
                negated,
            },
        })
    }

    fn like(
        &mut self,
        operand: Box<Expression>,
        kind: LikeKind,
        negated: bool,
    ) -> Result<ExpressionKind> {
        self.advance();
        if kind == LikeKind::SimilarTo {
            self.expect_word(K::To)?;
        } else if let Some(quantifier) = self.quantifier() {
            return self.quantified(*operand, like_operator(kind, negated), quantifier);
        }
        let pattern = Box::new(self.binary(Precedence::Pattern.next())?);
        let escape = if self.accept_word(K::Escape) {
            Some(Box::new(self.binary(Precedence::Pattern.next())?))
        } else {
            None
        };
        Ok(ExpressionKind::Like {
            operand,
            pattern,
            escape,
            kind,
            negated,
        })
    }

    /// `ANY`, `SOME` or `ALL` if a bracket follows it.
    pub(super) fn quantifier(&mut self) -> Option<Quantifier> {
        match self.keyword()? {
            K::Any | K::Some => Some(Quantifier::Any),
            K::All => Some(Quantifier::All),
            _ => None,
        }
    }

    pub(super) fn quantified(
        &mut self,
        left: Expression,
        operator: BinaryOperator,
        quantifier: Quantifier,
    ) -> Result<ExpressionKind> {
        self.advance();
        if !self.at(TokenKind::LeftParenthesis) {
            return Err(self.unexpected());
        }
        let start = self.start();
        let right = match self.parenthesised()? {
            Parenthesised::Query(query) => QuantifiedRight::Subquery(query),
            Parenthesised::Single(array) => QuantifiedRight::Array(Box::new(array)),
            Parenthesised::Row(_) => {
                let span = self.since(start);
                return Err(self.not_supported("a list after ANY or ALL", span));
            }
        };
        Ok(ExpressionKind::Quantified {
            left: Box::new(left),
            operator,
            quantifier,
            right,
        })
    }
}
