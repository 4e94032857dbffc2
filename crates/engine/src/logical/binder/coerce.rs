//! PostgreSQL's rules for which type becomes which: implicitly, on assignment, when written; and the common type of
//! several expressions.
//!
//! Why here and not with the values: these are rules about *expressions* – a literal of unknown type and a parameter take
//! the type that their place asks for, which no value can. PostgreSQL: `parse_coerce.c` and `pg_cast`.

use super::{resolve, state::Binder};
use crate::{
    error::{Error, ErrorCode},
    logical::{CastContext, Expr, ExprKind},
    value::{DataType, TypeClass, Value, cast_allowed},
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use parser::Span;

/// The same type whatever its modifier.
pub(crate) fn same_base(a: DataType, b: DataType) -> bool {
    core::mem::discriminant(&a) == core::mem::discriminant(&b)
}

/// Whether values of `from` become `to` without being asked.
pub(crate) fn implicit(from: DataType, to: DataType) -> bool {
    matches!(cast_allowed(from, to), Some(CastContext::Implicit))
}

/// Whether an INSERT or UPDATE converts `from` into a column of type `to` by itself.
fn on_assignment(from: DataType, to: DataType) -> bool {
    matches!(
        cast_allowed(from, to),
        Some(CastContext::Implicit | CastContext::Assignment)
    )
}

/// Category of types among which a common type is looked for.
fn category(of: DataType) -> u8 {
    match of.class() {
        TypeClass::Unknown => 0,
        TypeClass::Boolean => 1,
        TypeClass::Integer | TypeClass::Float | TypeClass::Numeric => 2,
        TypeClass::Text => 3,
        TypeClass::DateTime => 4,
        TypeClass::Interval => 5,
        TypeClass::Uuid => 6,
    }
}

const fn preferred(of: DataType) -> bool {
    matches!(
        of,
        DataType::Float8 | DataType::Text | DataType::Bool | DataType::Interval
    )
}

/// The type that all of `types` can take; `what` is the construct's name for the message. PostgreSQL:
/// `select_common_type`.
pub(crate) fn common_type(
    types: impl Iterator<Item = (DataType, Span)>,
    what: &str,
) -> Result<DataType, Error> {
    let mut chosen = DataType::Unknown;
    for (next, span) in types {
        if next == DataType::Unknown || next == chosen {
            continue;
        }
        if chosen == DataType::Unknown {
            chosen = next;
        } else if same_base(chosen, next) {
            chosen = without_modifier(chosen);
        } else if category(chosen) != category(next) {
            return Err(Error::new(
                ErrorCode::DatatypeMismatch,
                format!(
                    "{what} types {} and {} cannot be matched",
                    chosen.name(),
                    next.name()
                ),
            )
            .at(span));
        } else if !preferred(chosen) && implicit(chosen, next) && !implicit(next, chosen)
            || (category(chosen) == 3 && next == DataType::Text)
        {
            chosen = next;
        }
    }
    Ok(match chosen {
        DataType::Unknown => DataType::Text,
        chosen => chosen,
    })
}

/// The type without length or precision (char keeps its length, it has no other form here).
pub(crate) const fn without_modifier(of: DataType) -> DataType {
    match of {
        DataType::Numeric(_) => DataType::Numeric(None),
        DataType::Varchar(_) => DataType::Varchar(None),
        other => other,
    }
}

/// A type with its modifier, as messages about columns print it.
fn full_name(of: DataType) -> String {
    match of {
        DataType::Numeric(Some((precision, scale))) => format!("numeric({precision},{scale})"),
        DataType::Varchar(Some(length)) => format!("character varying({length})"),
        DataType::Char(length) => format!("character({length})"),
        other => String::from(other.name()),
    }
}

impl Binder<'_> {
    /// Makes `expr` a `to`, where PostgreSQL does so unasked; otherwise gives it back.
    pub(crate) fn coerce_implicit(&mut self, expr: Expr, to: DataType) -> Result<Expr, Error> {
        if same_base(expr.data_type, to) && expr.data_type != DataType::Unknown {
            return Ok(expr);
        }
        self.convert(expr, to, CastContext::Implicit)
    }

    /// Makes all of `exprs` one type. `what` is the construct's name for the message.
    pub(crate) fn coerce_common(
        &mut self,
        exprs: Vec<Expr>,
        what: &str,
    ) -> Result<(Vec<Expr>, DataType), Error> {
        let common = common_type(exprs.iter().map(|e| (e.data_type, e.span())), what)?;
        let exprs = exprs
            .into_iter()
            .map(|expr| {
                let (from, span) = (expr.data_type, expr.span());
                if !implicit(from, common) {
                    return Err(Error::new(
                        ErrorCode::CannotCoerce,
                        format!(
                            "{what} could not convert type {} to {}",
                            from.name(),
                            common.name()
                        ),
                    )
                    .at(span));
                }
                self.coerce_implicit(expr, common)
            })
            .collect::<Result<_, _>>()?;
        Ok((exprs, common))
    }

    /// A condition: `what` is the clause ("WHERE", "CASE/WHEN" …).
    pub(crate) fn coerce_boolean(&mut self, expr: Expr, what: &str) -> Result<Expr, Error> {
        if !matches!(expr.data_type, DataType::Bool | DataType::Unknown) {
            return Err(Error::new(
                ErrorCode::DatatypeMismatch,
                format!(
                    "argument of {what} must be type boolean, not type {}",
                    expr.data_type.name()
                ),
            )
            .at(expr.span()));
        }
        self.coerce_implicit(expr, DataType::Bool)
    }

    /// A row count for LIMIT and OFFSET.
    pub(crate) fn coerce_to_bigint(&mut self, expr: Expr, what: &str) -> Result<Expr, Error> {
        if !on_assignment(expr.data_type, DataType::Int8)
            || expr.data_type.class() == TypeClass::Text
        {
            return Err(Error::new(
                ErrorCode::DatatypeMismatch,
                format!(
                    "argument of {what} must be type bigint, not type {}",
                    expr.data_type.name()
                ),
            )
            .at(expr.span()));
        }
        self.coerce_implicit(expr, DataType::Int8)
    }

    /// A value for a column. PostgreSQL: `transformAssignedExpr`.
    pub(crate) fn coerce_assignment(
        &mut self,
        expr: Expr,
        to: DataType,
        column: &str,
    ) -> Result<Expr, Error> {
        if expr.data_type == to {
            return Ok(expr);
        }
        if !on_assignment(expr.data_type, to) {
            return Err(Error::new(
                ErrorCode::DatatypeMismatch,
                format!(
                    "column \"{column}\" is of type {} but expression is of type {}",
                    to.name(),
                    expr.data_type.name()
                ),
            )
            .at(expr.span())
            .with_hint("You will need to rewrite or cast the expression."));
        }
        self.convert(expr, to, CastContext::Assignment)
    }

    /// A cast that was written.
    pub(crate) fn coerce_explicit(
        &mut self,
        expr: Expr,
        to: DataType,
        span: Span,
    ) -> Result<Expr, Error> {
        if cast_allowed(expr.data_type, to).is_none() {
            return Err(Error::new(
                ErrorCode::CannotCoerce,
                format!(
                    "cannot cast type {} to {}",
                    expr.data_type.name(),
                    full_name(to)
                ),
            )
            .at(span));
        }
        if expr.data_type == to {
            return Ok(Expr {
                origin: crate::logical::Origin(span),
                ..expr
            });
        }
        let mut cast = self.convert(expr, to, CastContext::Explicit)?;
        cast.origin = crate::logical::Origin(span);
        Ok(cast)
    }

    /// The conversion itself: literals are read, parameters decide on their type, the rest becomes a cast.
    fn convert(&mut self, expr: Expr, to: DataType, context: CastContext) -> Result<Expr, Error> {
        let span = expr.span();
        if expr.data_type == DataType::Unknown {
            match expr.kind {
                ExprKind::Const(Value::Null) => {
                    return Ok(Expr::new(ExprKind::Const(Value::Null), to, span));
                }
                ExprKind::Const(Value::Text(text)) => {
                    // A length applies to literals as to other values: `'abc'::varchar(2)` is cut.
                    let base = without_modifier(to);
                    let literal = resolve::literal(&text, base, span)?;
                    if base == to {
                        return Ok(literal);
                    }
                    return Ok(Expr::new(
                        ExprKind::Cast(Box::new(literal), context),
                        to,
                        span,
                    ));
                }
                ExprKind::Param(id) => {
                    self.decide_param(id, without_modifier(to));
                    return Ok(Expr::new(ExprKind::Param(id), without_modifier(to), span));
                }
                _ => {}
            }
        }
        Ok(Expr::new(ExprKind::Cast(Box::new(expr), context), to, span))
    }

    /// Unknown literals of an output column become text.
    pub(crate) fn settle_unknown(&mut self, expr: Expr) -> Result<Expr, Error> {
        if expr.data_type == DataType::Unknown {
            self.coerce_implicit(expr, DataType::Text)
        } else {
            Ok(expr)
        }
    }
}
