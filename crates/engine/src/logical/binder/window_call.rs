//! Calls of the functions that exist only with OVER. PostgreSQL: `parse_func.c`, `parse_agg.c` (transformWindowFuncCall).

use super::{scope::Clause, state::Binder};
use crate::{
    error::{Error, ErrorCode},
    logical::{Expr, ExprKind, WindowCall},
    value::{DataType, function::resolve_window},
};
use alloc::{boxed::Box, format, vec::Vec};
use parser::{Span, ast::FunctionCall};

impl Binder<'_> {
    pub(crate) fn bind_window_only(
        &mut self,
        call: &FunctionCall,
        span: Span,
    ) -> Result<Expr, Error> {
        let name = &**call.name.last();
        let Some(over) = &call.over else {
            return Err(Error::new(
                ErrorCode::WrongObjectType,
                format!("window function {name} requires an OVER clause"),
            )
            .at(span));
        };
        if call.filter.is_some() {
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                "FILTER is not implemented for non-aggregate window functions",
            )
            .at(span));
        }
        let scope = self.scope();
        check_window(scope, span)?;
        scope.in_window = true;
        let args = self.bind_all(&call.arguments);
        self.scope().in_window = false;
        let args = args?;
        let types: Vec<DataType> = args.iter().map(|arg| arg.data_type).collect();
        let found = resolve_window(name, &types).map_err(|error| error.at(span))?;
        let args = args
            .into_iter()
            .zip(found.args)
            .map(|(arg, to)| self.coerce_implicit(arg, to))
            .collect::<Result<_, _>>()?;
        let window = self.bind_over(over)?;
        Ok(Expr::new(
            ExprKind::Window(Box::new(WindowCall {
                function: found.function,
                args,
                filter: None,
                window,
            })),
            found.result,
            span,
        ))
    }
}

/// Whether the (folded) name is of a function that needs OVER.
pub(crate) fn is_window_only(name: &str) -> bool {
    matches!(
        name,
        "row_number"
            | "rank"
            | "dense_rank"
            | "percent_rank"
            | "cume_dist"
            | "ntile"
            | "lag"
            | "lead"
            | "first_value"
            | "last_value"
            | "nth_value"
    )
}

/// Whether a window call may stand here.
pub(crate) fn check_window(scope: &super::scope::Scope, span: Span) -> Result<(), Error> {
    if scope.in_window {
        return Err(Error::new(
            ErrorCode::WindowingError,
            "window function calls cannot be nested",
        )
        .at(span));
    }
    if scope.in_aggregate {
        return Err(Error::new(
            ErrorCode::GroupingError,
            "aggregate function calls cannot contain window function calls",
        )
        .at(span));
    }
    if !scope.clause.allows_windows() {
        return Err(Error::new(
            ErrorCode::WindowingError,
            format!(
                "window functions are not allowed in {}",
                match scope.clause {
                    Clause::WindowPartition | Clause::WindowOrder | Clause::WindowFrame =>
                        "window definitions",
                    clause => clause.name(),
                }
            ),
        )
        .at(span));
    }
    Ok(())
}
