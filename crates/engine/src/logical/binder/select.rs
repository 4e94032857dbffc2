//! SELECT: the order in which its clauses are bound, and its list.
//!
//! PostgreSQL: `analyze.c` (transformSelectStmt), `parse_target.c` (transformTargetList, FigureColname).

use super::{
    names::placed,
    query::Unknowns,
    scope::Clause,
    state::{Binder, boxed},
    type_name::data_type,
};
use crate::{
    error::{Error, ErrorCode},
    logical::{Distinct, Expr, FromItem, Query, Target, contains_aggregate, contains_window},
};
use alloc::{boxed::Box, vec::Vec};
use parser::{
    Span,
    ast::{
        self, Expression, ExpressionKind, QueryBody, Select, SelectItem, SelectItemKind,
        SqlValueFunction,
    },
};

impl Binder<'_> {
    pub(crate) fn bind_select(
        &mut self,
        select: &Select,
        order_by: &[ast::SortKey],
        unknowns: Unknowns,
    ) -> Result<Query, Error> {
        let from = self.bind_from(&select.from)?;
        self.bind_named_windows(&select.windows)?;
        let targets = self.bind_targets(&select.items, Clause::Select, unknowns)?;
        let mut query = Query {
            targets,
            from,
            ..Query::default()
        };
        if let Some(filter) = &select.filter {
            query.filter = self.bind_condition(filter, Clause::Where)?;
        }
        if let Some(having) = &select.having {
            query.having = self.bind_condition(having, Clause::Having)?;
        }
        let shown = query.targets.len();
        self.bind_order_by(&mut query, order_by, shown)?;
        self.bind_group_by(&mut query, &select.group_by, shown)?;
        self.bind_distinct(&mut query, select.distinct.as_ref(), shown, select.span)?;
        let scope = self.scope();
        query.windows = core::mem::take(&mut scope.windows);
        let aggregate = scope.aggregate;
        let set_returning = scope.set_returning.take();
        query.calls_aggregates = aggregate.is_some();
        query.aggregates = query.calls_aggregates
            || !query.group_by.is_empty()
            || !select.group_by.is_empty()
            || select.having.is_some();
        if let Some(rel) = set_returning {
            if query.aggregates || !query.windows.is_empty() || query.distinct != Distinct::None {
                return Err(Error::unsupported(
                    "a set-returning function in the select list of a query that groups",
                    select.span,
                ));
            }
            query.from.push(FromItem::Relation(rel));
        }
        if query.aggregates {
            self.check_grouping(&query)?;
        }
        Ok(query)
    }

    /// A select list or RETURNING list.
    pub(crate) fn bind_targets(
        &mut self,
        items: &[SelectItem],
        clause: Clause,
        unknowns: Unknowns,
    ) -> Result<Vec<Target>, Error> {
        let mut targets = Vec::with_capacity(items.len());
        for item in items {
            match &item.kind {
                SelectItemKind::Wildcard { qualifier } => {
                    self.expand_wildcard(qualifier.as_ref(), item.span, &mut targets)?;
                }
                SelectItemKind::Expression { expression, alias } => {
                    let mut expr = self.in_clause(clause, |binder| binder.bind_expr(expression))?;
                    if unknowns == Unknowns::Settle {
                        expr = self.settle_unknown(expr)?;
                    }
                    targets.push(Target {
                        expr,
                        name: alias
                            .as_ref()
                            .map_or_else(|| column_name(expression), |alias| alias.text.clone()),
                        hidden: false,
                    });
                }
            }
        }
        if targets.len() > 1664 {
            return Err(Error::new(
                ErrorCode::TooManyColumns,
                "target lists can have at most 1664 entries",
            ));
        }
        Ok(targets)
    }

    fn expand_wildcard(
        &mut self,
        qualifier: Option<&ast::ObjectName>,
        span: Span,
        targets: &mut Vec<Target>,
    ) -> Result<(), Error> {
        let mut push = |columns: &[super::scope::OfferedColumn]| {
            for column in columns {
                targets.push(Target {
                    expr: placed(&column.value, span),
                    name: column.name.clone(),
                    hidden: false,
                });
            }
        };
        match qualifier {
            Some(name) => {
                let found = self.require_qualifier(name.last(), name.span)?;
                push(&self.offered(&found).columns);
            }
            None => {
                let offered: Vec<_> = self
                    .scope()
                    .offered
                    .iter()
                    .filter(|offered| offered.columns_visible)
                    .cloned()
                    .collect();
                if offered.is_empty() {
                    return Err(Error::new(
                        ErrorCode::SyntaxError,
                        "SELECT * with no tables specified is not valid",
                    )
                    .at(span));
                }
                for item in &offered {
                    push(&item.columns);
                }
            }
        }
        Ok(())
    }

    fn bind_distinct(
        &mut self,
        query: &mut Query,
        distinct: Option<&ast::Distinct>,
        shown: usize,
        span: Span,
    ) -> Result<(), Error> {
        match distinct {
            None => {}
            Some(ast::Distinct::Rows) => {
                for key in &query.order_by {
                    if query.targets.get(key.target).is_some_and(|t| t.hidden) {
                        let at = query
                            .targets
                            .get(key.target)
                            .map_or(span, |t| t.expr.span());
                        return Err(Error::new(
                            ErrorCode::InvalidColumnReference,
                            "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                        )
                        .at(at));
                    }
                }
                query.distinct = Distinct::All;
            }
            Some(ast::Distinct::On(exprs)) => {
                let mut on = Vec::with_capacity(exprs.len());
                for expr in exprs {
                    let at = self.find_target(query, expr, Clause::DistinctOn, shown)?;
                    if !on.contains(&at) {
                        on.push(at);
                    }
                }
                // The first ORDER BY keys must be the DISTINCT ON keys, in any order.
                let leading = query
                    .order_by
                    .iter()
                    .take_while(|key| on.contains(&key.target));
                let leading = leading.count();
                if leading < on.len() && leading < query.order_by.len() {
                    let at = exprs.first().map_or(span, |expr| expr.span);
                    return Err(Error::new(
                        ErrorCode::InvalidColumnReference,
                        "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
                    )
                    .at(at));
                }
                query.distinct = Distinct::On(on);
            }
        }
        Ok(())
    }

    /// Whether a bound expression may be a group key; the error names what may not be in it.
    pub(crate) fn check_group_key(&self, expr: &Expr) -> Result<(), Error> {
        if contains_aggregate(expr) {
            return Err(Error::new(
                ErrorCode::GroupingError,
                "aggregate functions are not allowed in GROUP BY",
            )
            .at(expr.span()));
        }
        if contains_window(expr) {
            return Err(Error::new(
                ErrorCode::WindowingError,
                "window functions are not allowed in GROUP BY",
            )
            .at(expr.span()));
        }
        Ok(())
    }
}

/// The name PostgreSQL gives an output column without alias.
pub(crate) fn column_name(expr: &Expression) -> Box<str> {
    figure(expr).map_or_else(|| boxed("?column?"), |(name, _)| name)
}

/// A name and whether it is a strong one, which a cast does not replace.
fn figure(expr: &Expression) -> Option<(Box<str>, bool)> {
    let strong = |name: &str| Some((boxed(name), true));
    match &expr.kind {
        ExpressionKind::Column(name) => strong(name.last()),
        ExpressionKind::Field { name, .. } => strong(name),
        ExpressionKind::Function(call) => strong(call.name.last()),
        ExpressionKind::Subscript { operand, .. } | ExpressionKind::Collate { operand, .. } => {
            figure(operand)
        }
        ExpressionKind::Boolean(_) => Some((boxed("bool"), false)),
        ExpressionKind::Cast { operand, type_name } => match figure(operand) {
            Some((name, true)) => Some((name, true)),
            _ => {
                let name = data_type(type_name).map_or_else(
                    |_| type_name.name.last().text.clone(),
                    |of| match &**type_name.name.last() {
                        "timestamptz" => boxed("timestamptz"),
                        _ => boxed(of.short_name()),
                    },
                );
                Some((name, false))
            }
        },
        ExpressionKind::Case(case) => match case.otherwise.as_ref().and_then(figure) {
            Some((name, true)) => Some((name, true)),
            _ => Some((boxed("case"), false)),
        },
        ExpressionKind::Coalesce(_) => strong("coalesce"),
        ExpressionKind::NullIf(..) => strong("nullif"),
        ExpressionKind::Greatest(_) => strong("greatest"),
        ExpressionKind::Least(_) => strong("least"),
        ExpressionKind::Grouping(_) => strong("grouping"),
        ExpressionKind::Array(_) | ExpressionKind::ArraySubquery(_) => strong("array"),
        ExpressionKind::Row(_) => strong("row"),
        ExpressionKind::Exists(_) => strong("exists"),
        ExpressionKind::Subquery(query) => first_name(&query.body),
        ExpressionKind::SqlValue { function, .. } => strong(match function {
            SqlValueFunction::CurrentDate => "current_date",
            SqlValueFunction::CurrentTime => "current_time",
            SqlValueFunction::CurrentTimestamp => "current_timestamp",
            SqlValueFunction::LocalTime => "localtime",
            SqlValueFunction::LocalTimestamp => "localtimestamp",
            SqlValueFunction::CurrentUser => "current_user",
            SqlValueFunction::CurrentRole => "current_role",
            SqlValueFunction::SessionUser => "session_user",
            SqlValueFunction::User => "user",
            SqlValueFunction::CurrentCatalog => "current_catalog",
            SqlValueFunction::CurrentSchema => "current_schema",
        }),
        _ => None,
    }
}

fn first_name(body: &QueryBody) -> Option<(Box<str>, bool)> {
    match body {
        QueryBody::Select(select) => match &select.items.first()?.kind {
            SelectItemKind::Expression {
                alias: Some(alias), ..
            } => Some((alias.text.clone(), true)),
            SelectItemKind::Expression { expression, .. } => {
                figure(expression).map(|(name, _)| (name, true))
            }
            SelectItemKind::Wildcard { .. } => None,
        },
        QueryBody::Values(_) => Some((boxed("column1"), true)),
        QueryBody::SetOperation(operation) => first_name(&operation.left),
        QueryBody::Nested(query) => first_name(&query.body),
    }
}
