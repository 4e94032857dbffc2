//! Operators and comparisons: which operator the operands' types choose, row by row where rows are compared, and lists.
//!
//! PostgreSQL: `parse_oper.c` (oper, left_oper), `parse_expr.c` (make_row_comparison_op, transformAExprIn).

use super::{
    coerce::{common_type, without_modifier},
    expression::{all_of, any_of, boolean, same_length},
    resolve,
    state::Binder,
};
use crate::{
    error::{Error, ErrorCode},
    logical::{CompareOp, Expr, ExprKind, Quantifier},
    value::{DataType, TypeClass},
};
use alloc::{boxed::Box, format, vec, vec::Vec};
use parser::{
    Span,
    ast::{BinaryOperator, Expression, ExpressionKind, UnaryOperator},
};

impl Binder<'_> {
    pub(crate) fn bind_unary(
        &mut self,
        operator: &UnaryOperator,
        operand: &Expression,
        span: Span,
    ) -> Result<Expr, Error> {
        let operand = self.bind_expr(operand)?;
        let symbol = match operator {
            UnaryOperator::Minus => "-",
            UnaryOperator::Plus => "+",
            UnaryOperator::BitNot => "~",
            UnaryOperator::Other(symbol) if &**symbol == "@" => "@",
            UnaryOperator::Other(symbol) if matches!(&**symbol, "|/" | "||/") => {
                let name = if &**symbol == "|/" { "sqrt" } else { "cbrt" };
                return self.apply_function(name, vec![operand], span);
            }
            UnaryOperator::Other(symbol) => {
                return Err(no_operator(symbol, &[operand.data_type], span));
            }
        };
        self.apply_operator(symbol, vec![operand], span, span)
    }

    pub(crate) fn bind_binary(
        &mut self,
        operator: &BinaryOperator,
        operator_span: Span,
        left: &Expression,
        right: &Expression,
        span: Span,
    ) -> Result<Expr, Error> {
        if let Some(op) = comparison(operator) {
            if let (ExpressionKind::Row(lefts), ExpressionKind::Row(rights)) =
                (&left.kind, &right.kind)
            {
                same_length(lefts.len(), rights.len(), span)?;
                let lefts = self.bind_all(lefts)?;
                let rights = self.bind_all(rights)?;
                return self.compare_rows(op, lefts, rights, span);
            }
            if let (ExpressionKind::Row(lefts), ExpressionKind::Subquery(query)) =
                (&left.kind, &right.kind)
            {
                let lefts = self.bind_all(lefts)?;
                let rights = self.bind_row_subquery(query, lefts.len(), right.span)?;
                return self.compare_rows(op, lefts, rights, span);
            }
            let left = self.bind_expr(left)?;
            let right = self.bind_expr(right)?;
            return self.compare(op, operator.symbol(), (left, right), operator_span, span);
        }
        let left = self.bind_expr(left)?;
        let right = self.bind_expr(right)?;
        self.apply_operator(operator.symbol(), vec![left, right], operator_span, span)
    }

    /// `left op right` for single values. The operands' types meet by PostgreSQL's rules; within a `TypeClass` nothing
    /// is cast, so that an index on the column stays usable.
    pub(crate) fn compare(
        &mut self,
        op: CompareOp,
        symbol: &str,
        (left, right): (Expr, Expr),
        operator_span: Span,
        span: Span,
    ) -> Result<Expr, Error> {
        let Some((left_type, right_type)) = comparable(left.data_type, right.data_type) else {
            return Err(no_operator(
                symbol,
                &[left.data_type, right.data_type],
                operator_span,
            ));
        };
        let left = match left_type {
            Some(to) => self.coerce_implicit(left, to)?,
            None => left,
        };
        let right = match right_type {
            Some(to) => self.coerce_implicit(right, to)?,
            None => right,
        };
        Ok(boolean(
            ExprKind::Compare(op, Box::new(left), Box::new(right)),
            span,
        ))
    }

    /// Rows: equal if all fields are, unequal if any is, less by the first field that differs.
    pub(crate) fn compare_rows(
        &mut self,
        op: CompareOp,
        lefts: Vec<Expr>,
        rights: Vec<Expr>,
        span: Span,
    ) -> Result<Expr, Error> {
        let mut pairs = Vec::with_capacity(lefts.len());
        for (left, right) in lefts.into_iter().zip(rights) {
            let symbol = op.symbol();
            let one = self.compare(op, symbol, (left, right), span, span)?;
            if let ExprKind::Compare(_, left, right) = one.kind {
                pairs.push((*left, *right));
            }
        }
        let compare = |op, (left, right): &(Expr, Expr)| {
            let mut compared = Expr::compare(op, left.clone(), right.clone());
            compared.origin = crate::logical::Origin(span);
            compared
        };
        if matches!(op, CompareOp::Eq | CompareOp::Ne) {
            let parts = pairs.iter().map(|pair| compare(op, pair)).collect();
            return Ok(if op == CompareOp::Eq {
                all_of(parts, span)
            } else {
                any_of(parts, span)
            });
        }
        if let [pair] = pairs.as_slice() {
            return Ok(compare(op, pair));
        }
        if pairs.is_empty() {
            return Err(Error::unsupported("comparing empty rows", span));
        }
        let (left, right) = pairs.into_iter().unzip();
        Ok(boolean(ExprKind::RowCompare { op, left, right }, span))
    }

    /// Applies an operator that is not a comparison.
    pub(crate) fn apply_operator(
        &mut self,
        symbol: &str,
        args: Vec<Expr>,
        operator_span: Span,
        span: Span,
    ) -> Result<Expr, Error> {
        let types: Vec<DataType> = args.iter().map(|arg| arg.data_type).collect();
        let found = resolve::operator(symbol, &types).map_err(|error| error.at(operator_span))?;
        let args = self.coerce_args(args, &found.args)?;
        Ok(Expr::new(
            ExprKind::Operator(found.what, args),
            found.result,
            span,
        ))
    }

    /// Casts arguments to the types that a signature asks for.
    pub(crate) fn coerce_args(
        &mut self,
        args: Vec<Expr>,
        types: &[DataType],
    ) -> Result<Vec<Expr>, Error> {
        args.into_iter()
            .enumerate()
            .map(|(at, arg)| match types.get(at).or(types.last()) {
                // A varchar is a text already; a cast would only hide the column from indexes.
                Some(DataType::Text) if matches!(arg.data_type, DataType::Varchar(_)) => Ok(arg),
                Some(to) => self.coerce_implicit(arg, *to),
                None => Ok(arg),
            })
            .collect()
    }

    /// BETWEEN is two comparisons.
    pub(crate) fn bind_between(
        &mut self,
        (operand, low, high): (Expr, Expr, Expr),
        symmetric: bool,
        negated: bool,
        span: Span,
    ) -> Result<Expr, Error> {
        let (lower, upper) = if negated {
            (CompareOp::Lt, CompareOp::Gt)
        } else {
            (CompareOp::Ge, CompareOp::Le)
        };
        let mut one = |low: &Expr, high: &Expr| {
            let pair = (operand.clone(), low.clone());
            let from = self.compare(lower, lower.symbol(), pair, span, span)?;
            let pair = (operand.clone(), high.clone());
            let to = self.compare(upper, upper.symbol(), pair, span, span)?;
            Ok::<_, Error>(if negated {
                any_of(vec![from, to], span)
            } else {
                all_of(vec![from, to], span)
            })
        };
        let first = one(&low, &high)?;
        if !symmetric {
            return Ok(first);
        }
        let second = one(&high, &low)?;
        Ok(if negated {
            all_of(vec![first, second], span)
        } else {
            any_of(vec![first, second], span)
        })
    }

    pub(crate) fn bind_in_list(
        &mut self,
        operand: &Expression,
        list: &[Expression],
        negated: bool,
        span: Span,
    ) -> Result<Expr, Error> {
        let (op, quantifier) = if negated {
            (CompareOp::Ne, Quantifier::All)
        } else {
            (CompareOp::Eq, Quantifier::Any)
        };
        if let ExpressionKind::Row(fields) = &operand.kind {
            let fields = self.bind_all(fields)?;
            let mut parts = Vec::with_capacity(list.len());
            for element in list {
                let ExpressionKind::Row(others) = &element.kind else {
                    return Err(no_operator("=", &[DataType::Unknown], element.span));
                };
                same_length(fields.len(), others.len(), element.span)?;
                let others = self.bind_all(others)?;
                parts.push(self.compare_rows(op, fields.clone(), others, element.span)?);
            }
            return Ok(if negated {
                all_of(parts, span)
            } else {
                any_of(parts, span)
            });
        }
        let operand = self.bind_expr(operand)?;
        let list = self.bind_all(list)?;
        self.in_list(operand, op, quantifier, list, span)
    }

    /// `arg op ANY/ALL (list)`. As in PostgreSQL, elements without columns make one list of a common type, the others
    /// become comparisons of their own.
    fn in_list(
        &mut self,
        arg: Expr,
        op: CompareOp,
        quantifier: Quantifier,
        list: Vec<Expr>,
        span: Span,
    ) -> Result<Expr, Error> {
        let (plain, others): (Vec<Expr>, Vec<Expr>) = list
            .into_iter()
            .partition(|element| crate::logical::rels_of(element).is_empty());
        let mut parts = Vec::new();
        if plain.len() > 1 {
            let types = core::iter::once((arg.data_type, arg.span()))
                .chain(plain.iter().map(|e| (e.data_type, e.span())));
            let common = match common_type(types, "IN") {
                Ok(common) => without_modifier(common),
                Err(_) => {
                    let other = plain
                        .iter()
                        .find(|e| comparable(arg.data_type, e.data_type).is_none())
                        .map_or((DataType::Unknown, span), |e| (e.data_type, e.span()));
                    return Err(no_operator(op.symbol(), &[arg.data_type, other.0], other.1));
                }
            };
            let Some((arg_type, _)) = comparable(arg.data_type, common) else {
                return Err(no_operator(op.symbol(), &[arg.data_type, common], span));
            };
            let mut cast = Vec::with_capacity(plain.len());
            for element in plain {
                cast.push(self.coerce_implicit(element, common)?);
            }
            let arg = match arg_type {
                Some(to) => self.coerce_implicit(arg.clone(), to)?,
                None => arg.clone(),
            };
            parts.push(boolean(
                ExprKind::InList {
                    arg: Box::new(arg),
                    op,
                    quantifier,
                    list: cast,
                },
                span,
            ));
        } else {
            for element in plain {
                let at = element.span();
                parts.push(self.compare(op, op.symbol(), (arg.clone(), element), at, span)?);
            }
        }
        for element in others {
            let at = element.span();
            parts.push(self.compare(op, op.symbol(), (arg.clone(), element), at, span)?);
        }
        Ok(match quantifier {
            Quantifier::Any => any_of(parts, span),
            Quantifier::All => all_of(parts, span),
        })
    }
}

/// What each side must be cast to so that they compare; `None` inside = stays as it is.
type Casts = (Option<DataType>, Option<DataType>);

/// Whether values of two types compare, and after which casts. Within a class nothing is cast.
pub(crate) fn comparable(left: DataType, right: DataType) -> Option<Casts> {
    use TypeClass::{Float, Integer, Numeric, Unknown};
    let of = |literal_beside: DataType| match literal_beside {
        // A literal beside a varchar is text, as PostgreSQL has no operators of varchar's own.
        DataType::Varchar(_) => DataType::Text,
        other => without_modifier(other),
    };
    Some(match (left.class(), right.class()) {
        (Unknown, Unknown) => (Some(DataType::Text), Some(DataType::Text)),
        (Unknown, _) => (Some(of(right)), None),
        (_, Unknown) => (None, Some(of(left))),
        (a, b) if a == b => (None, None),
        (Float, Integer | Numeric) => (None, Some(DataType::Float8)),
        (Integer | Numeric, Float) => (Some(DataType::Float8), None),
        (Numeric, Integer) => (None, Some(DataType::Numeric(None))),
        (Integer, Numeric) => (Some(DataType::Numeric(None)), None),
        _ => return None,
    })
}

/// 42883 for an operator, in PostgreSQL's words.
pub(crate) fn no_operator(symbol: &str, types: &[DataType], span: Span) -> Error {
    let shown = match types {
        [operand] => format!("{symbol} {}", operand.name()),
        [left, right] => format!("{} {symbol} {}", left.name(), right.name()),
        _ => alloc::string::String::from(symbol),
    };
    let hint = if types.len() == 1 {
        "No operator matches the given name and argument type. You might need to add an explicit type cast."
    } else {
        "No operator matches the given name and argument types. You might need to add explicit type casts."
    };
    Error::new(
        ErrorCode::UndefinedFunction,
        format!("operator does not exist: {shown}"),
    )
    .at(span)
    .with_hint(hint)
}

/// The comparison that an operator is.
pub(crate) const fn comparison(operator: &BinaryOperator) -> Option<CompareOp> {
    Some(match operator {
        BinaryOperator::Equal => CompareOp::Eq,
        BinaryOperator::NotEqual => CompareOp::Ne,
        BinaryOperator::Less => CompareOp::Lt,
        BinaryOperator::LessOrEqual => CompareOp::Le,
        BinaryOperator::Greater => CompareOp::Gt,
        BinaryOperator::GreaterOrEqual => CompareOp::Ge,
        _ => return None,
    })
}
