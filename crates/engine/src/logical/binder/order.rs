//! ORDER BY and GROUP BY: ordinals, output names, expressions; and the rule that what is not grouped must be aggregated.
//!
//! PostgreSQL: `parse_clause.c` (findTargetlistEntrySQL92, transformGroupClause), `parse_agg.c`
//! (parseCheckAggregates), `pg_constraint.c` (check_functional_grouping).

use super::{
    call::sort_flags,
    scope::Clause,
    state::{Binder, boxed},
};
use crate::collections::SortedSet;
use crate::{
    catalog::IndexKey,
    error::{Error, ErrorCode},
    logical::{
        ColumnRef, Expr, ExprKind, Query, RelId, RelationKind, SortKey, Target, expr_walk,
        query_rels,
    },
};
use alloc::{format, vec::Vec};
use parser::{
    Span,
    ast::{self, Expression, ExpressionKind, GroupingElement, GroupingKind},
};

impl Binder<'_> {
    pub(crate) fn bind_order_by(
        &mut self,
        query: &mut Query,
        keys: &[ast::SortKey],
        shown: usize,
    ) -> Result<(), Error> {
        for key in keys {
            let target = self.find_target(query, &key.expression, Clause::OrderBy, shown)?;
            self.push_sort_key(query, key, target);
        }
        Ok(())
    }

    fn push_sort_key(&mut self, query: &mut Query, key: &ast::SortKey, target: usize) {
        let (descending, nulls_first) = sort_flags(key);
        if query.order_by.iter().all(|known| known.target != target) {
            query.order_by.push(SortKey {
                target,
                descending,
                nulls_first,
            });
        }
    }

    /// ORDER BY of a query whose inputs are out of sight: only ordinals and output names.
    pub(crate) fn order_by_outputs(
        &mut self,
        query: &mut Query,
        keys: &[ast::SortKey],
    ) -> Result<(), Error> {
        let shown = query.targets.len();
        for key in keys {
            let expr = &key.expression;
            let target = match plain_name(expr) {
                Some(name) => match output_named(query, name, shown, expr.span, "ORDER BY")? {
                    Some(target) => target,
                    None => {
                        return Err(Error::new(
                            ErrorCode::UndefinedColumn,
                            format!("column \"{name}\" does not exist"),
                        )
                        .at(expr.span));
                    }
                },
                None => match ordinal(expr, Clause::OrderBy, shown)? {
                    Some(target) => target,
                    None => {
                        return Err(Error::new(
                            ErrorCode::FeatureNotSupported,
                            "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
                        )
                        .at(expr.span)
                        .with_detail(
                            "Only result column names can be used, not expressions or functions.",
                        )
                        .with_hint(
                            "Add the expression/function to every SELECT, or move the UNION into a FROM clause.",
                        ));
                    }
                },
            };
            self.push_sort_key(query, key, target);
        }
        Ok(())
    }

    /// The target that an ORDER BY, GROUP BY or DISTINCT ON entry means; a hidden one is added if there is none.
    pub(crate) fn find_target(
        &mut self,
        query: &mut Query,
        expr: &Expression,
        clause: Clause,
        shown: usize,
    ) -> Result<usize, Error> {
        if let Some(name) = plain_name(expr) {
            // SQL-92's output names; but GROUP BY prefers a column of FROM, as SQL:1999 does.
            let input_first = clause == Clause::GroupBy && self.is_local_column(name);
            if !input_first
                && let Some(target) = output_named(query, name, shown, expr.span, clause.name())?
            {
                return Ok(target);
            }
        }
        if let Some(target) = ordinal(expr, clause, shown)? {
            return Ok(target);
        }
        let bound = self.in_clause(clause, |binder| binder.bind_expr(expr))?;
        let bound = self.settle_unknown(bound)?;
        if let Some(at) = query.targets.iter().position(|t| t.expr == bound) {
            return Ok(at);
        }
        query.targets.push(Target {
            expr: bound,
            name: boxed("?column?"),
            hidden: true,
        });
        Ok(query.targets.len() - 1)
    }

    fn is_local_column(&mut self, name: &str) -> bool {
        self.scope().offered.iter().any(|offered| {
            offered.columns_visible && offered.columns.iter().any(|column| *column.name == *name)
        })
    }

    pub(crate) fn bind_group_by(
        &mut self,
        query: &mut Query,
        elements: &[GroupingElement],
        shown: usize,
    ) -> Result<(), Error> {
        for element in elements {
            match &element.kind {
                GroupingKind::Expression(expr) => match &expr.kind {
                    ExpressionKind::Row(fields) => {
                        for field in fields {
                            self.push_group_key(query, field, shown)?;
                        }
                    }
                    _ => self.push_group_key(query, expr, shown)?,
                },
                GroupingKind::Empty => {}
                GroupingKind::Rollup(_) => {
                    return Err(Error::unsupported("ROLLUP", element.span));
                }
                GroupingKind::Cube(_) => return Err(Error::unsupported("CUBE", element.span)),
                GroupingKind::Sets(_) => {
                    return Err(Error::unsupported("GROUPING SETS", element.span));
                }
            }
        }
        Ok(())
    }

    fn push_group_key(
        &mut self,
        query: &mut Query,
        expr: &Expression,
        shown: usize,
    ) -> Result<(), Error> {
        let target = self.find_target(query, expr, Clause::GroupBy, shown)?;
        if let Some(key) = query.targets.get(target) {
            self.check_group_key(&key.expr).map_err(|error| Error {
                span: Some(expr.span),
                ..error
            })?;
        }
        if !query.group_by.contains(&target) {
            query.group_by.push(target);
        }
        Ok(())
    }

    /// Every column outside aggregates must be grouped, or depend on a primary key that is.
    pub(crate) fn check_grouping(&self, query: &Query) -> Result<(), Error> {
        let keys: Vec<&Expr> = query
            .group_by
            .iter()
            .filter_map(|at| query.targets.get(*at))
            .map(|target| &target.expr)
            .collect();
        let local: SortedSet<RelId> = query_rels(query).into_iter().collect();
        let windows = query.windows.iter().flat_map(|window| {
            window
                .partition_by
                .iter()
                .chain(window.order_by.iter().map(|(key, _, _)| key))
        });
        let exprs = query
            .targets
            .iter()
            .map(|target| &target.expr)
            .chain(&query.having)
            .chain(windows);
        for expr in exprs {
            self.check_grouped(expr, &keys, &local)?;
        }
        Ok(())
    }

    fn check_grouped(
        &self,
        expr: &Expr,
        keys: &[&Expr],
        local: &SortedSet<RelId>,
    ) -> Result<(), Error> {
        let mut error = None;
        expr_walk(expr, &mut |part| {
            if error.is_some() || keys.contains(&part) {
                return false;
            }
            match &part.kind {
                ExprKind::Aggregate(_) => return false,
                ExprKind::Column(column)
                    if local.contains(&column.rel) && !self.depends_on_key(*column, keys) =>
                {
                    error = Some(self.ungrouped(*column, part.span()));
                }
                ExprKind::SubLink(link) => {
                    let bad = link.outer.iter().find(|column| {
                        local.contains(&column.rel)
                            && !keys.iter().any(|key| key.as_column() == Some(**column))
                            && !self.depends_on_key(**column, keys)
                    });
                    if let Some(column) = bad {
                        let (table, name) = self.column_names(*column);
                        error = Some(
                            Error::new(
                                ErrorCode::GroupingError,
                                format!(
                                    "subquery uses ungrouped column \"{table}.{name}\" from outer query"
                                ),
                            )
                            .at(part.span()),
                        );
                    }
                }
                _ => {}
            }
            true
        });
        error.map_or(Ok(()), Err)
    }

    fn depends_on_key(&self, column: ColumnRef, keys: &[&Expr]) -> bool {
        let Some(entry) = self.tables.get(column.rel.0 as usize) else {
            return false;
        };
        let RelationKind::Table(table) = entry.kind else {
            return false;
        };
        let index = self
            .catalog
            .tables
            .get(&table)
            .and_then(|table| table.primary_key)
            .and_then(|index| self.catalog.indexes.get(&index));
        index.is_some_and(|index| {
            index.columns.iter().all(|part| match &part.key {
                IndexKey::Column(position) => keys.iter().any(|key| {
                    key.as_column()
                        == Some(ColumnRef {
                            rel: column.rel,
                            column: *position,
                        })
                }),
                IndexKey::Expression(_) => false,
            })
        })
    }

    /// Alias of the entry and name of the column.
    pub(crate) fn column_names(&self, column: ColumnRef) -> (&str, &str) {
        self.tables
            .get(column.rel.0 as usize)
            .map_or(("?", "?"), |entry| {
                let name = entry.column_names.get(usize::from(column.column));
                (&entry.alias, name.map_or("?", |name| name))
            })
    }

    fn ungrouped(&self, column: ColumnRef, span: Span) -> Error {
        let (table, name) = self.column_names(column);
        Error::new(
            ErrorCode::GroupingError,
            format!(
                "column \"{table}.{name}\" must appear in the GROUP BY clause or be used in an aggregate function"
            ),
        )
        .at(span)
    }
}

fn plain_name(expr: &Expression) -> Option<&str> {
    match &expr.kind {
        ExpressionKind::Column(name) if name.parts.len() == 1 => Some(name.last()),
        _ => None,
    }
}

fn output_named(
    query: &Query,
    name: &str,
    shown: usize,
    span: Span,
    clause: &str,
) -> Result<Option<usize>, Error> {
    let mut found: Option<usize> = None;
    for (at, target) in query.targets.iter().take(shown).enumerate() {
        if *target.name != *name {
            continue;
        }
        match found.and_then(|first| query.targets.get(first)) {
            Some(first) if first.expr != target.expr => {
                return Err(Error::new(
                    ErrorCode::AmbiguousColumn,
                    format!("{clause} \"{name}\" is ambiguous"),
                )
                .at(span));
            }
            Some(_) => {}
            None => found = Some(at),
        }
    }
    Ok(found)
}

fn ordinal(expr: &Expression, clause: Clause, shown: usize) -> Result<Option<usize>, Error> {
    let clause = clause.name();
    match expr.kind {
        ExpressionKind::Integer(n) => {
            let at = usize::try_from(n).ok().and_then(|n| n.checked_sub(1));
            match at.filter(|at| *at < shown) {
                Some(at) => Ok(Some(at)),
                None => Err(Error::new(
                    ErrorCode::InvalidColumnReference,
                    format!("{clause} position {n} is not in select list"),
                )
                .at(expr.span)),
            }
        }
        ExpressionKind::Decimal(_) | ExpressionKind::String(_) | ExpressionKind::Null => {
            Err(Error::new(
                ErrorCode::SyntaxError,
                format!("non-integer constant in {clause}"),
            )
            .at(expr.span))
        }
        _ => Ok(None),
    }
}
