//! Expressions outside queries: defaults, checks, index keys and predicates, parameters of EXECUTE.

use super::{
    scope::Clause,
    state::{BindOptions, Binder},
};
use crate::{
    catalog::{Catalog, TableDef},
    error::{Error, ErrorCode},
    logical::{Expr, contains_mutable},
    value::DataType,
};
use alloc::format;
use parser::{Span, ast::Expression};

/// Binds an expression over the columns of one table, which it knows as `RelId(0)`. What a check or predicate must
/// be boolean, and what an index holds must be immutable (42P17).
pub(crate) fn bind_over_table(
    expr: &Expression,
    table: &TableDef,
    catalog: &Catalog,
    clause: Clause,
) -> Result<Expr, Error> {
    let mut binder = Binder::new(catalog, &BindOptions::default());
    let bound = binder.in_scope(expr.span, |binder| {
        let rel = binder.add_stored_table(table, &table.name, false, expr.span);
        let offered = binder.offer(rel);
        binder.scope().offered.push(offered);
        binder.in_clause(clause, |binder| {
            let bound = binder.bind_expr(expr)?;
            match clause {
                Clause::Check => binder.coerce_boolean(bound, "CHECK"),
                Clause::IndexPredicate => binder.coerce_boolean(bound, "WHERE"),
                _ => binder.settle_unknown(bound),
            }
        })
    })?;
    let complaint = match clause {
        Clause::IndexExpression => "functions in index expression must be marked IMMUTABLE",
        Clause::IndexPredicate => "functions in index predicate must be marked IMMUTABLE",
        _ => return Ok(bound),
    };
    if contains_mutable(&bound) {
        return Err(Error::new(ErrorCode::InvalidObjectDefinition, complaint).at(expr.span));
    }
    Ok(bound)
}

/// Binds a column's DEFAULT, cast to the column's type.
pub(crate) fn bind_default(
    expr: &Expression,
    data_type: DataType,
    column: &str,
    catalog: &Catalog,
) -> Result<Expr, Error> {
    let mut binder = Binder::new(catalog, &BindOptions::default());
    binder.in_scope(expr.span, |binder| {
        binder.in_clause(Clause::Default, |binder| {
            let bound = binder.bind_expr(expr).map_err(|error| {
                if error.code == ErrorCode::UndefinedColumn {
                    return Error::new(
                        ErrorCode::FeatureNotSupported,
                        "cannot use column reference in DEFAULT expression",
                    )
                    .at(error.span.unwrap_or(expr.span));
                }
                error
            })?;
            let from = bound.data_type;
            binder
                .coerce_assignment(bound, data_type, column)
                .map_err(|error| default_type_error(error, column, data_type, from, expr.span))
        })
    })
}

fn default_type_error(
    error: Error,
    column: &str,
    to: DataType,
    from: DataType,
    span: Span,
) -> Error {
    if error.code != ErrorCode::DatatypeMismatch {
        return error;
    }
    Error::new(
        ErrorCode::DatatypeMismatch,
        format!(
            "column \"{column}\" is of type {} but default expression is of type {}",
            to.name(),
            from.name()
        ),
    )
    .at(span)
    .with_hint("You will need to rewrite or cast the expression.")
}

/// Binds an expression without columns, such as a parameter of EXECUTE, cast to `data_type`.
///
/// # Errors
/// As for any expression; 42804 if the type does not fit.
pub fn bind_parameter(
    expr: &Expression,
    number: usize,
    data_type: DataType,
    catalog: &Catalog,
) -> Result<Expr, Error> {
    let mut binder = Binder::new(catalog, &BindOptions::default());
    binder.in_scope(expr.span, |binder| {
        binder.in_clause(Clause::Execute, |binder| {
            let bound = binder.bind_expr(expr)?;
            let from = bound.data_type;
            binder
                .coerce_assignment(bound, data_type, "")
                .map_err(|error| Error {
                    message: format!(
                        "parameter ${number} of type {} cannot be coerced to the expected type {}",
                        from.name(),
                        data_type.name()
                    ),
                    ..error
                })
        })
    })
}

/// A value over an old row, cast to a column's new type as an assignment would. PostgreSQL: ALTER COLUMN TYPE.
pub(crate) fn cast_for_column(
    value: Expr,
    to: DataType,
    column: &parser::ast::Identifier,
    catalog: &Catalog,
) -> Result<Expr, Error> {
    let mut binder = Binder::new(catalog, &BindOptions::default());
    let span = value.span();
    binder.coerce_assignment(value, to, column).map_err(|_| {
        Error::new(
            ErrorCode::DatatypeMismatch,
            format!(
                "column \"{}\" cannot be cast automatically to type {}",
                &**column,
                to.name()
            ),
        )
        .at(if span == Span::default() {
            column.span
        } else {
            span
        })
        .with_hint(format!(
            "You might need to specify \"USING {}::{}\".",
            &**column,
            to.name()
        ))
    })
}
