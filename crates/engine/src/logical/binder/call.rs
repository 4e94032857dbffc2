//! Calls: scalar functions, aggregates, window functions, and what may stand where.
//!
//! PostgreSQL: `parse_func.c` (ParseFuncOrColumn), `parse_agg.c` (transformAggregateCall, check_agglevels_and_constraints).

use super::{
    expression::type_list,
    names::dotted,
    resolve,
    state::Binder,
    window_call::{check_window, is_window_only},
};
use crate::{
    error::{Error, ErrorCode},
    logical::{AggregateCall, AggregateFunction, Expr, ExprKind, WindowCall, WindowFunction},
    value::{DataType, TypeClass},
};
use alloc::{boxed::Box, format, vec, vec::Vec};
use parser::{
    Span,
    ast::{FunctionCall, NullsOrder, SortDirection, SortKey},
};

impl Binder<'_> {
    pub(crate) fn bind_call(&mut self, call: &FunctionCall, span: Span) -> Result<Expr, Error> {
        let name = &**call.name.last();
        if let [schema] = call.name.qualifiers() {
            super::names::check_schema(schema)?;
        }
        if is_window_only(name) {
            return self.bind_window_only(call, span);
        }
        if matches!(name, "percentile_cont" | "percentile_disc" | "mode")
            && !call.within_group.is_empty()
        {
            return self.bind_ordered_set(name, call, span);
        }
        if resolve::is_aggregate(name) {
            if call.star && name != "count" {
                return Err(no_function(name, &[], call.span));
            }
            if !call.star && name == "count" && call.arguments.is_empty() {
                return Err(Error::new(
                    ErrorCode::WrongObjectType,
                    "count(*) must be used to call a parameterless aggregate function",
                )
                .at(span));
            }
            return self.bind_aggregate(call, span);
        }
        if matches!(name, "generate_series" | "unnest") {
            return self.bind_set_returning(call, span);
        }
        if call.star {
            return Err(no_function(name, &[], call.span));
        }
        let complaint = if call.over.is_some() {
            Some(format!(
                "OVER specified, but {} is not a window function nor an aggregate function",
                dotted(&call.name)
            ))
        } else if call.distinct {
            Some(format!(
                "DISTINCT specified, but {} is not an aggregate function",
                dotted(&call.name)
            ))
        } else if !call.order_by.is_empty() {
            Some(format!(
                "ORDER BY specified, but {} is not an aggregate function",
                dotted(&call.name)
            ))
        } else if call.filter.is_some() {
            Some(format!(
                "FILTER specified, but {} is not an aggregate function",
                dotted(&call.name)
            ))
        } else {
            None
        };
        let args = self.bind_all(&call.arguments)?;
        if let (Some(shown), None) = (super::regclass::relation_function(name), &complaint) {
            return self.bind_relation_function(shown, args, span);
        }
        let result = self.apply_function(name, args, span)?;
        match complaint {
            Some(message) => Err(Error::new(ErrorCode::WrongObjectType, message).at(span)),
            None => Ok(result),
        }
    }

    /// A scalar function on bound arguments.
    pub(crate) fn apply_function(
        &mut self,
        name: &str,
        args: Vec<Expr>,
        span: Span,
    ) -> Result<Expr, Error> {
        let types: Vec<DataType> = args.iter().map(|arg| arg.data_type).collect();
        match resolve::resolve_function(name, &types) {
            Ok(found) => {
                let args = self.coerce_args(args, &found.args)?;
                Ok(Expr::new(
                    ExprKind::Function(found.function, args),
                    found.result,
                    span,
                ))
            }
            Err(error) => {
                // `date(x)` is a cast.
                let mut args = args;
                if error.code == ErrorCode::UndefinedFunction
                    && let (1, Some(to)) = (args.len(), cast_function(name))
                    && let Some(arg) = args.pop()
                {
                    return self.coerce_explicit(arg, to, span);
                }
                Err(error.at(span))
            }
        }
    }

    fn bind_aggregate(&mut self, call: &FunctionCall, span: Span) -> Result<Expr, Error> {
        let name = &**call.name.last();
        if !call.within_group.is_empty() {
            return Err(Error::new(
                ErrorCode::WrongObjectType,
                format!("{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP"),
            )
            .at(span));
        }
        let windowed = call.over.is_some();
        self.enter_aggregate(span, windowed)?;
        let level_before = self.deepest_column.take();
        let parts = self.bind_aggregate_parts(call);
        let level = core::mem::replace(&mut self.deepest_column, level_before);
        if let Some(level) = level {
            self.note_level(level);
        }
        self.leave_aggregate(windowed);
        let (args, order_by, filter) = parts?;
        if !windowed
            && let Some(level) = level
            && level + 1 < self.scopes.len()
        {
            return Err(Error::unsupported(
                "an aggregate of an outer query level",
                span,
            ));
        }
        let types: Vec<DataType> = args.iter().map(|arg| arg.data_type).collect();
        let found = resolve::resolve_aggregate(name, &types).map_err(|error| error.at(span))?;
        let args = self.coerce_args(args, &found.args)?;
        let mut order = Vec::with_capacity(order_by.len());
        for (key, descending, nulls_first) in order_by {
            order.push((self.settle_unknown(key)?, descending, nulls_first));
        }
        if call.distinct && call.star {
            return Err(Error::new(
                ErrorCode::WrongObjectType,
                "DISTINCT specified, but * is not an argument",
            )
            .at(span));
        }
        if call.distinct && args.is_empty() {
            return Err(Error::new(
                ErrorCode::SyntaxError,
                "an aggregate with DISTINCT must have at least one argument",
            )
            .at(span));
        }
        if call.distinct && order.iter().any(|(key, _, _)| !args.contains(key)) {
            return Err(Error::new(
                ErrorCode::InvalidColumnReference,
                "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
            )
            .at(span));
        }
        if let Some(over) = &call.over {
            if call.distinct {
                return Err(Error::new(
                    ErrorCode::FeatureNotSupported,
                    "DISTINCT is not implemented for window functions",
                )
                .at(span));
            }
            if !order.is_empty() {
                return Err(Error::new(
                    ErrorCode::FeatureNotSupported,
                    "aggregate ORDER BY is not implemented for window functions",
                )
                .at(span));
            }
            let window = self.bind_over(over)?;
            return Ok(Expr::new(
                ExprKind::Window(Box::new(WindowCall {
                    function: WindowFunction::Aggregate(found.function),
                    args,
                    filter: filter.map(Box::new),
                    window,
                })),
                found.result,
                span,
            ));
        }
        Ok(Expr::new(
            ExprKind::Aggregate(Box::new(AggregateCall {
                function: found.function,
                args,
                distinct: call.distinct,
                order_by: order,
                filter: filter.map(Box::new),
            })),
            found.result,
            span,
        ))
    }

    #[allow(
        clippy::type_complexity,
        reason = "arguments, sort keys and filter of a call; named right here"
    )]
    fn bind_aggregate_parts(
        &mut self,
        call: &FunctionCall,
    ) -> Result<(Vec<Expr>, Vec<(Expr, bool, bool)>, Option<Expr>), Error> {
        let args = self.bind_all(&call.arguments)?;
        let order = self.bind_sort_exprs(&call.order_by)?;
        let filter = match &call.filter {
            Some(filter) => {
                let condition = self.bind_expr(filter)?;
                Some(self.coerce_boolean(condition, "FILTER")?)
            }
            None => None,
        };
        Ok((args, order, filter))
    }

    /// Sort keys that are expressions and nothing else (no ordinals, no output names).
    pub(crate) fn bind_sort_exprs(
        &mut self,
        keys: &[SortKey],
    ) -> Result<Vec<(Expr, bool, bool)>, Error> {
        keys.iter()
            .map(|key| {
                let (descending, nulls_first) = sort_flags(key);
                Ok((self.bind_expr(&key.expression)?, descending, nulls_first))
            })
            .collect()
    }

    fn bind_ordered_set(
        &mut self,
        name: &str,
        call: &FunctionCall,
        span: Span,
    ) -> Result<Expr, Error> {
        if call.over.is_some() {
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                format!("OVER is not supported for ordered-set aggregate {name}"),
            )
            .at(span));
        }
        self.enter_aggregate(span, false)?;
        let parts = self.bind_aggregate_parts(call);
        let order = self.bind_sort_exprs(&call.within_group);
        self.leave_aggregate(false);
        let (args, _, filter) = parts?;
        let mut order = order?;
        let (what, wanted) = match name {
            "percentile_cont" => (AggregateFunction::PercentileCont, 1),
            "percentile_disc" => (AggregateFunction::PercentileDisc, 1),
            _ => (AggregateFunction::Mode, 0),
        };
        let (Some((key, descending, nulls_first)), true) =
            (order.pop(), order.is_empty() && args.len() == wanted)
        else {
            return Err(no_function(name, &args, span));
        };
        let key = match (what, key.data_type.class()) {
            (AggregateFunction::PercentileCont, TypeClass::Interval) => key,
            (AggregateFunction::PercentileCont, _) => {
                self.coerce_implicit(key, DataType::Float8)?
            }
            _ => self.settle_unknown(key)?,
        };
        let result = key.data_type;
        let args = self.coerce_args(args, &[DataType::Float8])?;
        Ok(Expr::new(
            ExprKind::Aggregate(Box::new(AggregateCall {
                function: what,
                args,
                distinct: false,
                order_by: vec![(key, descending, nulls_first)],
                filter: filter.map(Box::new),
            })),
            result,
            span,
        ))
    }

    fn enter_aggregate(&mut self, span: Span, windowed: bool) -> Result<(), Error> {
        let scope = self.scope();
        let clause = scope.clause;
        if windowed {
            check_window(scope, span)?;
            scope.in_window = true;
            return Ok(());
        }
        if scope.in_aggregate {
            return Err(Error::new(
                ErrorCode::GroupingError,
                "aggregate function calls cannot be nested",
            )
            .at(span));
        }
        if !clause.allows_aggregates() {
            return Err(Error::new(
                ErrorCode::GroupingError,
                format!("aggregate functions are not allowed in {}", clause.name()),
            )
            .at(span));
        }
        scope.aggregate.get_or_insert(span);
        scope.in_aggregate = true;
        Ok(())
    }

    fn leave_aggregate(&mut self, windowed: bool) {
        let scope = self.scope();
        if windowed {
            scope.in_window = false;
        } else {
            scope.in_aggregate = false;
        }
    }

    /// A set-returning function in the select list is a LATERAL item of FROM, which yields the same rows.
    fn bind_set_returning(&mut self, call: &FunctionCall, span: Span) -> Result<Expr, Error> {
        let scope = self.scope();
        if scope.clause != super::scope::Clause::Select || scope.in_aggregate {
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                format!(
                    "set-returning functions are not allowed in {}",
                    scope.clause.name()
                ),
            )
            .at(span));
        }
        if scope.set_returning.is_some() {
            return Err(Error::unsupported(
                "more than one set-returning function in a select list",
                span,
            ));
        }
        let args = self.bind_all(&call.arguments);
        let (rel, column) = self.add_table_function(call, args, None)?;
        self.scope().set_returning = Some(rel);
        Ok(Expr {
            origin: crate::logical::Origin(span),
            ..column
        })
    }
}

/// DESC and NULLS FIRST of a sort key, defaults filled in.
pub(crate) fn sort_flags(key: &SortKey) -> (bool, bool) {
    let descending = key.direction == SortDirection::Descending;
    let nulls_first = match key.nulls {
        Some(NullsOrder::First) => true,
        Some(NullsOrder::Last) => false,
        None => descending,
    };
    (descending, nulls_first)
}

/// The type of that name, where a call of it is a cast.
fn cast_function(name: &str) -> Option<DataType> {
    Some(match name {
        "bool" => DataType::Bool,
        "int2" => DataType::Int2,
        "int4" => DataType::Int4,
        "int8" => DataType::Int8,
        "float4" => DataType::Float4,
        "float8" => DataType::Float8,
        "numeric" => DataType::Numeric(None),
        "text" => DataType::Text,
        "varchar" => DataType::Varchar(None),
        "date" => DataType::Date,
        "timestamp" => DataType::Timestamp,
        "interval" => DataType::Interval,
        "uuid" => DataType::Uuid,
        _ => return None,
    })
}

/// 42883 for a function, in PostgreSQL's words.
pub(crate) fn no_function(name: &str, args: &[Expr], span: Span) -> Error {
    Error::new(
        ErrorCode::UndefinedFunction,
        format!("function {name}({}) does not exist", type_list(args)),
    )
    .at(span)
    .with_hint(
        "No function matches the given name and argument types. You might need to add explicit type casts.",
    )
}
