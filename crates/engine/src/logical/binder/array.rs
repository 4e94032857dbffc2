//! Arrays, which exist only as the right side of ANY and ALL and in `unnest`: `ARRAY[…]`, `'{…}'`, casts of either.
//!
//! There is no array type: the elements are taken apart here, and `op ANY (array)` becomes a list. PostgreSQL:
//! `parse_expr.c` (transformAExprOpAny), `arrayfuncs.c` (array_in).

use super::{expression::boolean, operator::comparison, state::Binder};
use crate::{
    error::{Error, ErrorCode},
    logical::{Expr, ExprKind, Quantifier},
    value::{DataType, Value},
};
use alloc::{format, vec::Vec};
use parser::{
    Span,
    ast::{self, BinaryOperator, Expression, ExpressionKind, QuantifiedRight},
};

impl Binder<'_> {
    pub(crate) fn bind_quantified(
        &mut self,
        left: &Expression,
        operator: &BinaryOperator,
        quantifier: ast::Quantifier,
        right: &QuantifiedRight,
        span: Span,
    ) -> Result<Expr, Error> {
        let quantifier = match quantifier {
            ast::Quantifier::Any => Quantifier::Any,
            ast::Quantifier::All => Quantifier::All,
        };
        let Some(op) = comparison(operator) else {
            return Err(Error::unsupported(
                &format!("{} with ANY or ALL", operator.symbol()),
                span,
            ));
        };
        let array = match right {
            QuantifiedRight::Subquery(query) => {
                return self.bind_quantified_subquery(left, op, quantifier, query, span);
            }
            QuantifiedRight::Array(array) => array,
        };
        let arg = self.bind_expr(left)?;
        let list = self.array_elements(array)?;
        if list.is_empty() {
            return Ok(Expr::new(
                ExprKind::Const(Value::Bool(quantifier == Quantifier::All)),
                DataType::Bool,
                span,
            ));
        }
        let (list, common) = self.coerce_common_or_unknown(list)?;
        let pair = (arg, Expr::new(ExprKind::Const(Value::Null), common, span));
        let compared = self.compare(op, op.symbol(), pair, span, span)?;
        let ExprKind::Compare(_, arg, model) = compared.kind else {
            return Err(Error::unsupported("this comparison", span));
        };
        let mut cast = Vec::with_capacity(list.len());
        for element in list {
            cast.push(self.coerce_implicit(element, model.data_type)?);
        }
        Ok(boolean(
            ExprKind::InList {
                arg,
                op,
                quantifier,
                list: cast,
            },
            span,
        ))
    }

    fn coerce_common_or_unknown(
        &mut self,
        list: Vec<Expr>,
    ) -> Result<(Vec<Expr>, DataType), Error> {
        if list.iter().all(|e| e.data_type == DataType::Unknown) {
            return Ok((list, DataType::Unknown));
        }
        self.coerce_common(list, "ARRAY")
    }

    /// The elements of `ARRAY[…]`, of `'{…}'`, or of a cast of either.
    pub(crate) fn array_elements(&mut self, array: &Expression) -> Result<Vec<Expr>, Error> {
        match &array.kind {
            ExpressionKind::Array(elements) => self.bind_all(elements),
            ExpressionKind::String(text) => literal_elements(text, array.span),
            ExpressionKind::Cast { operand, type_name } if type_name.array_dimensions == 1 => {
                let elements = self.array_elements(operand)?;
                let to = super::type_name::element_type(type_name)?;
                elements
                    .into_iter()
                    .map(|element| {
                        let span = element.span();
                        self.coerce_explicit(element, to, span)
                    })
                    .collect()
            }
            _ => Err(Error::unsupported(
                "an array that is not a constant",
                array.span,
            )),
        }
    }
}

/// `'{a,b,NULL}'`: the texts between the braces. Quotes hold commas together.
fn literal_elements(text: &str, span: Span) -> Result<Vec<Expr>, Error> {
    let malformed = || {
        Error::new(
            ErrorCode::InvalidTextRepresentation,
            format!("malformed array literal: \"{text}\""),
        )
        .at(span)
    };
    let inner = text
        .trim()
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .ok_or_else(malformed)?;
    let mut elements = Vec::new();
    let (mut word, mut quoted, mut in_quotes) = (alloc::string::String::new(), false, false);
    let mut letters = inner.chars();
    let mut push = |word: &mut alloc::string::String, quoted: bool| {
        let value = if !quoted && word.trim().eq_ignore_ascii_case("null") {
            Value::Null
        } else if quoted {
            Value::Text(word.as_str().into())
        } else {
            Value::Text(word.trim().into())
        };
        elements.push(Expr::new(ExprKind::Const(value), DataType::Unknown, span));
        word.clear();
    };
    if inner.trim().is_empty() {
        return Ok(Vec::new());
    }
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            '"' => {
                in_quotes = !in_quotes;
                quoted = true;
            }
            ',' if !in_quotes => {
                push(&mut word, quoted);
                quoted = false;
            }
            '{' | '}' if !in_quotes => return Err(malformed()),
            other => word.push(other),
        }
    }
    if in_quotes {
        return Err(malformed());
    }
    push(&mut word, quoted);
    Ok(elements)
}
