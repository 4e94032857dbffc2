//! Operators: their symbols, and how tightly each binds.

use crate::ast::{BinaryOperator, Expression, ExpressionKind, LikeKind, UnaryOperator};
use crate::cursor::Parser;
use crate::keyword::Keyword as K;
use crate::lexer::TokenKind;
use alloc::{boxed::Box, format};

/// How tightly an operator binds, loosest first, as in PostgreSQL's documentation §4.1.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Or,
    And,
    Not,
    Is,
    Comparison,
    /// `BETWEEN`, `IN`, `LIKE`, `ILIKE`, `SIMILAR`
    Pattern,
    /// All operators not named elsewhere
    Other,
    Additive,
    Multiplicative,
    Power,
    AtTimeZone,
    Collate,
    /// `-` and `+` as prefix
    Sign,
}

impl Precedence {
    /// The next tighter one.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Not,
            Self::Not => Self::Is,
            Self::Is => Self::Comparison,
            Self::Comparison => Self::Pattern,
            Self::Pattern => Self::Other,
            Self::Other => Self::Additive,
            Self::Additive => Self::Multiplicative,
            Self::Multiplicative => Self::Power,
            Self::Power => Self::AtTimeZone,
            Self::AtTimeZone => Self::Collate,
            Self::Collate | Self::Sign => Self::Sign,
        }
    }

    /// Whether `a op b op c` means anything.
    pub(super) fn associates(self) -> bool {
        !matches!(self, Self::Is | Self::Comparison | Self::Pattern)
    }
}

/// What may follow a complete expression and make it longer.
pub(super) enum Infix {
    And,
    Or,
    Operator(BinaryOperator),
    /// `IS`, `IN`, `LIKE`, `BETWEEN`, also after `NOT`
    Predicate,
    AtTimeZone,
    Collate,
    Overlaps,
}

impl Parser<'_> {
    /// What the next token does to the expression before it.
    pub(super) fn infix(&mut self) -> Option<(Infix, Precedence)> {
        let token = self.peek();
        match token.kind {
            TokenKind::Operator => {
                let (operator, precedence) = infix_operator(token.span.of(self.text));
                Some((Infix::Operator(operator), precedence))
            }
            TokenKind::Keyword(word) if !self.restricted => self.infix_word(word),
            _ => None,
        }
    }

    fn infix_word(&mut self, word: K) -> Option<(Infix, Precedence)> {
        Some(match word {
            K::And => (Infix::And, Precedence::And),
            K::Or => (Infix::Or, Precedence::Or),
            K::Is | K::Isnull | K::Notnull => (Infix::Predicate, Precedence::Is),
            K::Between | K::In | K::Like | K::Ilike | K::Similar => {
                (Infix::Predicate, Precedence::Pattern)
            }
            K::Not => match self.keyword_at(1)? {
                K::Between | K::In | K::Like | K::Ilike | K::Similar => {
                    (Infix::Predicate, Precedence::Pattern)
                }
                _ => return None,
            },
            K::Overlaps => (Infix::Overlaps, Precedence::Pattern),
            K::At if self.keyword_at(1) == Some(K::Time) => {
                (Infix::AtTimeZone, Precedence::AtTimeZone)
            }
            K::Collate => (Infix::Collate, Precedence::Collate),
            _ => return None,
        })
    }
}

fn infix_operator(symbol: &str) -> (BinaryOperator, Precedence) {
    use BinaryOperator as B;
    let comparison = |operator| (operator, Precedence::Comparison);
    let other = |operator| (operator, Precedence::Other);
    match symbol {
        "=" => comparison(B::Equal),
        "<>" | "!=" => comparison(B::NotEqual),
        "<" => comparison(B::Less),
        "<=" => comparison(B::LessOrEqual),
        ">" => comparison(B::Greater),
        ">=" => comparison(B::GreaterOrEqual),
        "+" => (B::Add, Precedence::Additive),
        "-" => (B::Subtract, Precedence::Additive),
        "*" => (B::Multiply, Precedence::Multiplicative),
        "/" => (B::Divide, Precedence::Multiplicative),
        "%" => (B::Modulo, Precedence::Multiplicative),
        "^" => (B::Power, Precedence::Power),
        "||" => other(B::Concat),
        "~" => other(B::Matches),
        "~*" => other(B::MatchesIgnoringCase),
        "!~" => other(B::NotMatches),
        "!~*" => other(B::NotMatchesIgnoringCase),
        "&" => other(B::BitAnd),
        "|" => other(B::BitOr),
        "#" => other(B::BitXor),
        "<<" => other(B::ShiftLeft),
        ">>" => other(B::ShiftRight),
        _ => other(B::Other(symbol.into())),
    }
}

/// The operator that `symbol` is before an operand; comparisons and `*` are none.
pub(super) fn prefix(symbol: &str) -> Option<UnaryOperator> {
    Some(match symbol {
        "-" => UnaryOperator::Minus,
        "+" => UnaryOperator::Plus,
        "~" => UnaryOperator::BitNot,
        "*" | "/" | "%" | "^" | "<" | ">" | "=" | "<=" | ">=" | "<>" | "!=" => return None,
        _ => UnaryOperator::Other(symbol.into()),
    })
}

/// The operators that `LIKE` and `ILIKE` stand for, and whether they are negated.
pub(super) fn like_kind(operator: &BinaryOperator) -> Option<(LikeKind, bool)> {
    let BinaryOperator::Other(symbol) = operator else {
        return None;
    };
    match &**symbol {
        "~~" => Some((LikeKind::Like, false)),
        "!~~" => Some((LikeKind::Like, true)),
        "~~*" => Some((LikeKind::ILike, false)),
        "!~~*" => Some((LikeKind::ILike, true)),
        _ => None,
    }
}

/// The operator that a pattern word stands for before `ANY` or `ALL`.
pub(super) fn like_operator(kind: LikeKind, negated: bool) -> BinaryOperator {
    BinaryOperator::Other(Box::from(match (kind, negated) {
        (LikeKind::ILike, false) => "~~*",
        (LikeKind::ILike, true) => "!~~*",
        (_, false) => "~~",
        (_, true) => "!~~",
    }))
}

/// Makes a minus part of the number after it; gives back what is no number.
pub(super) fn fold_sign(symbol: &str, operand: Expression) -> Result<ExpressionKind, Expression> {
    if symbol != "-" {
        return Err(operand);
    }
    match operand.kind {
        ExpressionKind::Integer(value) => Ok(match value.checked_neg() {
            Some(negated) => ExpressionKind::Integer(negated),
            None => ExpressionKind::Decimal(format!("{}", value.unsigned_abs()).into()),
        }),
        ExpressionKind::Decimal(digits) => {
            let negated = match digits.strip_prefix('-') {
                Some(positive) => positive.into(),
                None => format!("-{digits}"),
            };
            Ok(match negated.parse() {
                Ok(value) => ExpressionKind::Integer(value),
                Err(_) => ExpressionKind::Decimal(negated.into()),
            })
        }
        _ => Err(operand),
    }
}
