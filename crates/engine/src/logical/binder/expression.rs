//! Expressions: one function for each form; the larger forms have files of their own.
//!
//! PostgreSQL: `parse_expr.c` (transformExprRecurse).

use super::{resolve, scope::Clause, state::Binder, type_name::data_type};
use crate::{
    error::{Error, ErrorCode},
    logical::{BoolTest, CompareOp, Expr, ExprKind, Function, Operator, Quantifier},
    value::{DataType, Value},
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use parser::{
    Span,
    ast::{self, Expression, ExpressionKind, SqlValueFunction, TruthTest},
};

impl Binder<'_> {
    /// Binds an expression; literals whose type nothing decides stay `Unknown`.
    pub(crate) fn bind_expr(&mut self, expr: &Expression) -> Result<Expr, Error> {
        let span = expr.span;
        let constant = |value, data_type| Ok(Expr::new(ExprKind::Const(value), data_type, span));
        match &expr.kind {
            ExpressionKind::Null => constant(Value::Null, DataType::Unknown),
            ExpressionKind::Boolean(value) => constant(Value::Bool(*value), DataType::Bool),
            ExpressionKind::Integer(value) => match i32::try_from(*value) {
                Ok(small) => constant(Value::Int4(small), DataType::Int4),
                Err(_) => constant(Value::Int8(*value), DataType::Int8),
            },
            ExpressionKind::Decimal(text) => resolve::literal(text, DataType::Numeric(None), span),
            ExpressionKind::String(text) => constant(Value::Text(text.clone()), DataType::Unknown),
            ExpressionKind::Default => Err(Error::new(
                ErrorCode::SyntaxError,
                "DEFAULT is not allowed in this context",
            )
            .at(span)),
            ExpressionKind::Column(name) => self.bind_column(name),
            ExpressionKind::WholeRow(_) => Err(Error::unsupported("a whole-row reference", span)),
            ExpressionKind::Parameter(number) => self.bind_param(*number, span),
            ExpressionKind::Unary {
                operator, operand, ..
            } => self.bind_unary(operator, operand, span),
            ExpressionKind::Binary {
                operator,
                operator_span,
                left,
                right,
            } => self.bind_binary(operator, *operator_span, left, right, span),
            ExpressionKind::And(parts) => self.bind_and_or(parts, "AND", span),
            ExpressionKind::Or(parts) => self.bind_and_or(parts, "OR", span),
            ExpressionKind::Not(operand) => {
                let operand = self.bind_expr(operand)?;
                let operand = self.coerce_boolean(operand, "NOT")?;
                Ok(boolean(ExprKind::Not(Box::new(operand)), span))
            }
            ExpressionKind::Is {
                operand,
                test,
                negated,
            } => self.bind_is(operand, *test, *negated, span),
            ExpressionKind::IsDistinctFrom {
                left,
                right,
                negated,
            } => self.bind_distinct_from(left, right, *negated, span),
            ExpressionKind::Between {
                operand,
                low,
                high,
                symmetric,
                negated,
            } => {
                let operand = self.bind_expr(operand)?;
                let low = self.bind_expr(low)?;
                let high = self.bind_expr(high)?;
                self.bind_between((operand, low, high), *symmetric, *negated, span)
            }
            ExpressionKind::InList {
                operand,
                list,
                negated,
            } => self.bind_in_list(operand, list, *negated, span),
            ExpressionKind::InSubquery {
                operand,
                query,
                negated,
            } => {
                let (op, quantifier) = (CompareOp::Eq, Quantifier::Any);
                let found = self.bind_quantified_subquery(operand, op, quantifier, query, span)?;
                // Not `<> ALL`, which PostgreSQL never hashes.
                Ok(if *negated {
                    boolean(ExprKind::Not(Box::new(found)), span)
                } else {
                    found
                })
            }
            ExpressionKind::Like { .. } => self.bind_like(expr),
            ExpressionKind::Quantified {
                left,
                operator,
                quantifier,
                right,
            } => self.bind_quantified(left, operator, *quantifier, right, span),
            ExpressionKind::Exists(query) => self.bind_exists(query, span),
            ExpressionKind::Subquery(query) => self.bind_scalar_subquery(query, span),
            ExpressionKind::Array(_) | ExpressionKind::ArraySubquery(_) => {
                Err(Error::unsupported("an array as a value", span))
            }
            ExpressionKind::Row(_) => Err(Error::unsupported("a row as a value", span)),
            ExpressionKind::Case(case) => self.bind_case(case, span),
            ExpressionKind::Cast { operand, type_name }
                if matches!(&**type_name.name.last(), "regclass" | "oid") =>
            {
                let is_name = &**type_name.name.last() == "regclass";
                let operand = self.bind_expr(operand)?;
                if is_name {
                    self.bind_regclass(operand, span)
                } else {
                    self.coerce_explicit(operand, DataType::Int8, span)
                }
            }
            ExpressionKind::Cast { operand, type_name } => {
                let to = data_type(type_name)?;
                let operand = self.bind_expr(operand)?;
                self.coerce_explicit(operand, to, span)
            }
            ExpressionKind::Function(call) => self.bind_call(call, span),
            ExpressionKind::Coalesce(args) => {
                let args = self.bind_all(args)?;
                let (args, of) = self.coerce_common(args, "COALESCE")?;
                Ok(Expr::new(ExprKind::Coalesce(args), of, span))
            }
            ExpressionKind::NullIf(left, right) => {
                let left = self.bind_expr(left)?;
                let right = self.bind_expr(right)?;
                let compared = self.compare(CompareOp::Eq, "=", (left, right), span, span)?;
                let ExprKind::Compare(_, left, right) = compared.kind else {
                    return Err(Error::unsupported("NULLIF of these types", span));
                };
                let of = left.data_type;
                Ok(Expr::new(ExprKind::NullIf(left, right), of, span))
            }
            ExpressionKind::Greatest(args) => self.bind_greatest(args, true, span),
            ExpressionKind::Least(args) => self.bind_greatest(args, false, span),
            ExpressionKind::SqlValue { function, .. } => sql_value(*function, span),
            ExpressionKind::Collate { operand, collation } => {
                let name = collation.last();
                if !matches!(&**name, "C" | "POSIX" | "default" | "ucs_basic") {
                    return Err(Error::new(
                        ErrorCode::UndefinedObject,
                        format!(
                            "collation \"{}\" for encoding \"UTF8\" does not exist",
                            &**name
                        ),
                    )
                    .at(collation.span));
                }
                let operand = self.bind_expr(operand)?;
                self.settle_unknown(operand)
            }
            ExpressionKind::Subscript { .. } => Err(Error::unsupported("a subscript", span)),
            ExpressionKind::Field { .. } => {
                Err(Error::unsupported("selecting a field of a row", span))
            }
            ExpressionKind::Grouping(_) => Err(Error::unsupported("GROUPING", span)),
        }
    }

    /// Binds a list.
    pub(crate) fn bind_all(&mut self, list: &[Expression]) -> Result<Vec<Expr>, Error> {
        list.iter().map(|expr| self.bind_expr(expr)).collect()
    }

    /// A condition, as a flat list of parts that must all hold.
    pub(crate) fn bind_condition(
        &mut self,
        expr: &Expression,
        clause: Clause,
    ) -> Result<Vec<Expr>, Error> {
        let what = if clause == Clause::JoinOn {
            "JOIN/ON"
        } else {
            clause.name()
        };
        let condition = self.in_clause(clause, |binder| {
            let condition = binder.bind_expr(expr)?;
            binder.coerce_boolean(condition, what)
        })?;
        Ok(match condition.kind {
            ExprKind::And(parts) => parts,
            _ => vec![condition],
        })
    }

    fn bind_and_or(
        &mut self,
        parts: &[Expression],
        word: &'static str,
        span: Span,
    ) -> Result<Expr, Error> {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            let part = self.bind_expr(part)?;
            let part = self.coerce_boolean(part, word)?;
            match part.kind {
                ExprKind::And(inner) if word == "AND" => flat.extend(inner),
                ExprKind::Or(inner) if word == "OR" => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        let kind = if word == "AND" {
            ExprKind::And(flat)
        } else {
            ExprKind::Or(flat)
        };
        Ok(boolean(kind, span))
    }

    fn bind_is(
        &mut self,
        operand: &Expression,
        test: TruthTest,
        negated: bool,
        span: Span,
    ) -> Result<Expr, Error> {
        if let (ExpressionKind::Row(fields), TruthTest::Null) = (&operand.kind, test) {
            // A row is null if all its fields are, and not null if none is.
            let mut parts = Vec::with_capacity(fields.len());
            for field in fields {
                let arg = self.bind_expr(field)?;
                parts.push(is_null(arg, negated, span));
            }
            return Ok(all_of(parts, span));
        }
        let operand = self.bind_expr(operand)?;
        let test = match (test, negated) {
            (TruthTest::Null, _) => {
                let operand = self.settle_unknown(operand)?;
                return Ok(is_null(operand, negated, span));
            }
            (TruthTest::True, false) => BoolTest::True,
            (TruthTest::True, true) => BoolTest::NotTrue,
            (TruthTest::False, false) => BoolTest::False,
            (TruthTest::False, true) => BoolTest::NotFalse,
            (TruthTest::Unknown, false) => BoolTest::Unknown,
            (TruthTest::Unknown, true) => BoolTest::NotUnknown,
        };
        let what = match test {
            BoolTest::True => "IS TRUE",
            BoolTest::NotTrue => "IS NOT TRUE",
            BoolTest::False => "IS FALSE",
            BoolTest::NotFalse => "IS NOT FALSE",
            BoolTest::Unknown => "IS UNKNOWN",
            BoolTest::NotUnknown => "IS NOT UNKNOWN",
        };
        let operand = self.coerce_boolean(operand, what)?;
        Ok(boolean(ExprKind::BoolTest(test, Box::new(operand)), span))
    }

    fn bind_distinct_from(
        &mut self,
        left: &Expression,
        right: &Expression,
        negated: bool,
        span: Span,
    ) -> Result<Expr, Error> {
        if let (ExpressionKind::Row(lefts), ExpressionKind::Row(rights)) = (&left.kind, &right.kind)
        {
            same_length(lefts.len(), rights.len(), span)?;
            let mut parts = Vec::with_capacity(lefts.len());
            for (left, right) in lefts.iter().zip(rights) {
                parts.push(self.bind_distinct_from(left, right, negated, span)?);
            }
            return Ok(if negated {
                all_of(parts, span)
            } else {
                any_of(parts, span)
            });
        }
        let left = self.bind_expr(left)?;
        let right = self.bind_expr(right)?;
        if left.is_null_const() && left.data_type == DataType::Unknown {
            return Ok(is_null(right, !negated, span));
        }
        if right.is_null_const() && right.data_type == DataType::Unknown {
            return Ok(is_null(left, !negated, span));
        }
        let compared = self.compare(CompareOp::Eq, "=", (left, right), span, span)?;
        let ExprKind::Compare(_, left, right) = compared.kind else {
            return Err(Error::unsupported("IS DISTINCT FROM of these types", span));
        };
        Ok(boolean(
            ExprKind::IsDistinct {
                left,
                right,
                negated,
            },
            span,
        ))
    }

    fn bind_case(&mut self, case: &ast::Case, span: Span) -> Result<Expr, Error> {
        let operand = case
            .operand
            .as_ref()
            .map(|operand| {
                let operand = self.bind_expr(operand)?;
                self.settle_unknown(operand)
            })
            .transpose()?;
        let mut conditions = Vec::with_capacity(case.branches.len());
        let mut values = Vec::with_capacity(case.branches.len() + 1);
        // PostgreSQL lets ELSE lead when it looks for the common type.
        let otherwise = match &case.otherwise {
            Some(otherwise) => self.bind_expr(otherwise)?,
            None => Expr::new(ExprKind::Const(Value::Null), DataType::Unknown, span),
        };
        values.push(otherwise);
        for branch in &case.branches {
            let when = self.bind_expr(&branch.when)?;
            conditions.push(match &operand {
                Some(operand) => {
                    let at = branch.when.span;
                    self.compare(CompareOp::Eq, "=", (operand.clone(), when), at, at)?
                }
                None => self.coerce_boolean(when, "CASE/WHEN")?,
            });
            values.push(self.bind_expr(&branch.then)?);
        }
        let (values, of) = self.coerce_common(values, "CASE")?;
        let mut values = values.into_iter();
        let otherwise = values.next().filter(|_| case.otherwise.is_some());
        Ok(Expr::new(
            ExprKind::Case {
                branches: conditions.into_iter().zip(values).collect(),
                otherwise: otherwise.map(Box::new),
            },
            of,
            span,
        ))
    }

    fn bind_greatest(
        &mut self,
        args: &[Expression],
        greatest: bool,
        span: Span,
    ) -> Result<Expr, Error> {
        let args = self.bind_all(args)?;
        let what = if greatest { "GREATEST" } else { "LEAST" };
        let (args, of) = self.coerce_common(args, what)?;
        Ok(Expr::new(
            ExprKind::GreatestLeast { greatest, args },
            of,
            span,
        ))
    }

    fn bind_like(&mut self, expr: &Expression) -> Result<Expr, Error> {
        let span = expr.span;
        let ExpressionKind::Like {
            operand,
            pattern,
            escape,
            kind,
            negated,
        } = &expr.kind
        else {
            return Err(Error::unsupported("this pattern", span));
        };
        let op = match (kind, negated) {
            (ast::LikeKind::Like, false) => Operator::Like,
            (ast::LikeKind::Like, true) => Operator::NotLike,
            (ast::LikeKind::ILike, false) => Operator::ILike,
            (ast::LikeKind::ILike, true) => Operator::NotILike,
            (ast::LikeKind::SimilarTo, _) => {
                return Err(Error::unsupported("SIMILAR TO", span));
            }
        };
        let operand = self.bind_expr(operand)?;
        let mut pattern = self.bind_expr(pattern)?;
        if let Some(escape) = escape {
            let escape = self.bind_expr(escape)?;
            let escape = self.coerce_implicit(escape, DataType::Text)?;
            pattern = self.coerce_implicit(pattern, DataType::Text)?;
            pattern = Expr::new(
                ExprKind::Function(Function::LikeEscape, vec![pattern, escape]),
                DataType::Text,
                span,
            );
        }
        self.apply_operator(op.symbol(), vec![operand, pattern], span, span)
    }
}

/// A boolean expression.
pub(crate) fn boolean(kind: ExprKind, span: Span) -> Expr {
    Expr::new(kind, DataType::Bool, span)
}

/// `arg IS [NOT] NULL`.
pub(crate) fn is_null(arg: Expr, negated: bool, span: Span) -> Expr {
    boolean(
        ExprKind::IsNull {
            arg: Box::new(arg),
            negated,
        },
        span,
    )
}

/// All of `parts`, without a node for fewer than two.
pub(crate) fn all_of(mut parts: Vec<Expr>, span: Span) -> Expr {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            parts.push(last);
            boolean(ExprKind::And(parts), span)
        }
        (_, None) => Expr::bool(true),
    }
}

/// Any of `parts`, without a node for fewer than two.
pub(crate) fn any_of(mut parts: Vec<Expr>, span: Span) -> Expr {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            parts.push(last);
            boolean(ExprKind::Or(parts), span)
        }
        (_, None) => Expr::bool(false),
    }
}

/// Rows that are compared must have as many fields as each other.
pub(crate) fn same_length(left: usize, right: usize, span: Span) -> Result<(), Error> {
    if left == right {
        Ok(())
    } else {
        Err(Error::new(
            ErrorCode::SyntaxError,
            "unequal number of entries in row expressions",
        )
        .at(span))
    }
}

fn sql_value(function: SqlValueFunction, span: Span) -> Result<Expr, Error> {
    let (function, data_type) = match function {
        SqlValueFunction::CurrentDate => (Function::CurrentDate, DataType::Date),
        SqlValueFunction::CurrentTimestamp | SqlValueFunction::LocalTimestamp => {
            (Function::CurrentTimestamp, DataType::Timestamp)
        }
        SqlValueFunction::CurrentUser
        | SqlValueFunction::CurrentRole
        | SqlValueFunction::SessionUser
        | SqlValueFunction::User => (Function::CurrentUser, DataType::Text),
        SqlValueFunction::CurrentCatalog => (Function::CurrentDatabase, DataType::Text),
        SqlValueFunction::CurrentSchema => (Function::CurrentSchema, DataType::Text),
        SqlValueFunction::CurrentTime | SqlValueFunction::LocalTime => {
            return Err(Error::unsupported("type \"time\"", span));
        }
    };
    Ok(Expr::new(
        ExprKind::Function(function, Vec::new()),
        data_type,
        span,
    ))
}

/// The types of arguments, as messages list them.
pub(crate) fn type_list(args: &[Expr]) -> String {
    let names: Vec<&str> = args.iter().map(|arg| arg.data_type.name()).collect();
    names.join(", ")
}
