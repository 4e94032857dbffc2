//! Queries: what all forms have in common – WITH, levels, LIMIT, VALUES, wrapping one query in another.
//!
//! PostgreSQL: `analyze.c` (transformStmt, transformValuesClause, transformLimitClause).

use super::{
    coerce::{common_type, without_modifier},
    scope::Clause,
    state::{Binder, boxed},
};
use crate::{
    error::{Error, ErrorCode},
    logical::{
        Distinct, Expr, FromItem, Query, RangeTableEntry, RelId, RelationKind, Target, rels_of,
    },
    value::{DataType, Value},
};
use alloc::{boxed::Box, format, vec, vec::Vec};
use parser::{
    Span,
    ast::{self, ExpressionKind, QueryBody},
};

/// Whether output columns of unknown type become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknowns {
    /// Yes.
    Settle,
    /// No: a set operation or INSERT around the query decides.
    Keep,
}

impl Binder<'_> {
    /// A query at a level of its own.
    pub(crate) fn bind_query(&mut self, query: &ast::Query) -> Result<Query, Error> {
        self.bind_query_with(query, Unknowns::Settle)
    }

    pub(crate) fn bind_query_with(
        &mut self,
        query: &ast::Query,
        unknowns: Unknowns,
    ) -> Result<Query, Error> {
        self.in_scope(query.span, |binder| {
            let ctes = binder.bind_with(query.with.as_ref())?;
            let mut bound = binder.bind_body(query, unknowns)?;
            bound.ctes = ctes;
            Ok(bound)
        })
    }

    /// Body and tail of a query at the present level; its WITH is bound.
    pub(crate) fn bind_body(
        &mut self,
        query: &ast::Query,
        unknowns: Unknowns,
    ) -> Result<Query, Error> {
        let mut bound = self.bind_ordered(&query.body, &query.order_by, unknowns)?;
        if let Some(limit) = &query.limit {
            if limit.with_ties {
                return Err(Error::unsupported("WITH TIES", limit.count.span));
            }
            bound.limit = self.bind_count(&limit.count, Clause::Limit)?;
        }
        if let Some(offset) = &query.offset {
            bound.offset = self.bind_count(offset, Clause::Offset)?;
        }
        if let Some(locking) = query.locking.first() {
            let message = if bound.set_operation.is_some() {
                Some("FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT")
            } else if bound.distinct != Distinct::None {
                Some("FOR UPDATE is not allowed with DISTINCT clause")
            } else if !bound.group_by.is_empty() {
                Some("FOR UPDATE is not allowed with GROUP BY clause")
            } else if bound.aggregates {
                Some("FOR UPDATE is not allowed with aggregate functions")
            } else {
                None
            };
            if let Some(message) = message {
                return Err(Error::new(ErrorCode::FeatureNotSupported, message).at(locking.span));
            }
            bound.row_locks = true;
        }
        Ok(bound)
    }

    /// A body with its order at the present level.
    pub(crate) fn bind_ordered(
        &mut self,
        body: &QueryBody,
        order_by: &[ast::SortKey],
        unknowns: Unknowns,
    ) -> Result<Query, Error> {
        let mut bound = match body {
            QueryBody::Select(select) => return self.bind_select(select, order_by, unknowns),
            QueryBody::SetOperation(operation) => {
                return self.bind_set_operation(operation, order_by, unknowns);
            }
            QueryBody::Values(values) => self.bind_values(values, unknowns)?,
            QueryBody::Nested(inner) => {
                let inner_query = self.bind_query_with(inner, unknowns)?;
                self.wrap(inner_query, "*SELECT*", inner.span)
            }
        };
        self.order_by_outputs(&mut bound, order_by)?;
        Ok(bound)
    }

    fn bind_count(
        &mut self,
        expr: &ast::Expression,
        clause: Clause,
    ) -> Result<Option<Expr>, Error> {
        let what = clause.name();
        let count = self.in_clause(clause, |binder| {
            let count = binder.bind_expr(expr)?;
            binder.coerce_to_bigint(count, what)
        })?;
        if rels_of(&count).iter().any(|rel| self.is_local(*rel)) {
            return Err(Error::new(
                ErrorCode::InvalidColumnReference,
                format!("argument of {what} must not contain variables"),
            )
            .at(expr.span));
        }
        // LIMIT NULL is no limit.
        Ok((!count.is_null_const()).then_some(count))
    }

    /// Whether an entry belongs to the innermost level.
    pub(crate) fn is_local(&self, rel: RelId) -> bool {
        self.scopes.last().is_some_and(|scope| {
            scope.offered.iter().any(|offered| {
                offered.rel == Some(rel)
                    || offered
                        .columns
                        .iter()
                        .any(|column| rels_of(&column.value).contains(&rel))
            })
        })
    }

    /// `SELECT * FROM (query) alias`.
    pub(crate) fn wrap(&mut self, query: Query, alias: &str, span: Span) -> Query {
        let rel = self.add_subquery(query, alias, span);
        let targets = self.columns_as_targets(rel);
        Query {
            targets,
            from: vec![FromItem::Relation(rel)],
            ..Query::default()
        }
    }

    /// A range-table entry for a bound query.
    pub(crate) fn add_subquery(&mut self, query: Query, alias: &str, span: Span) -> RelId {
        let shown = query.targets.iter().filter(|target| !target.hidden);
        let (column_names, column_types) = shown
            .map(|target| (target.name.clone(), target.expr.data_type))
            .unzip();
        self.add_table(RangeTableEntry {
            alias: boxed(alias),
            alias_written: true,
            kind: RelationKind::Subquery(Box::new(query)),
            column_names,
            column_types,
            lateral: false,
            query: 0,
            span,
        })
    }

    /// All columns of an entry as targets.
    pub(crate) fn columns_as_targets(&self, rel: RelId) -> Vec<Target> {
        let Some(entry) = self.tables.get(rel.0 as usize) else {
            return Vec::new();
        };
        (0u16..)
            .zip(entry.column_names.iter().zip(&entry.column_types))
            .map(|(at, (name, data_type))| Target {
                expr: Expr::column(rel, at, *data_type),
                name: name.clone(),
                hidden: false,
            })
            .collect()
    }

    /// Makes the shown columns of a query `types`. A plain SELECT casts its targets; where that would change what is
    /// grouped, sorted or deduplicated, a level is put around it.
    pub(crate) fn cast_outputs(
        &mut self,
        query: Query,
        types: &[DataType],
        span: Span,
    ) -> Result<Query, Error> {
        let same = query
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .zip(types)
            .all(|(target, to)| {
                target.expr.data_type != DataType::Unknown
                    && super::coerce::same_base(target.expr.data_type, *to)
            });
        if same {
            return Ok(query);
        }
        let unknown_only = query
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .zip(types)
            .all(|(target, to)| {
                target.expr.data_type == DataType::Unknown
                    || super::coerce::same_base(target.expr.data_type, *to)
            });
        let plain = query.set_operation.is_none()
            && (unknown_only
                || (query.distinct == Distinct::None
                    && query.order_by.is_empty()
                    && query.group_by.is_empty()));
        let mut query = if plain {
            query
        } else {
            self.wrap(query, "*SELECT*", span)
        };
        let mut at = 0;
        for target in &mut query.targets {
            if target.hidden {
                continue;
            }
            if let Some(to) = types.get(at) {
                let expr = core::mem::replace(&mut target.expr, Expr::null());
                target.expr = self.coerce_implicit(expr, *to)?;
            }
            at += 1;
        }
        Ok(query)
    }

    /// `VALUES (…), (…)` as a query over an entry of its own.
    fn bind_values(&mut self, values: &ast::Values, unknowns: Unknowns) -> Result<Query, Error> {
        let rows = self.in_clause(Clause::Values, |binder| {
            values
                .rows
                .iter()
                .map(|row| {
                    row.iter()
                        .map(|value| match value.kind {
                            ExpressionKind::Default => Err(Error::new(
                                ErrorCode::SyntaxError,
                                "DEFAULT is not allowed in this context",
                            )
                            .at(value.span)),
                            _ => binder.bind_expr(value),
                        })
                        .collect::<Result<Vec<Expr>, Error>>()
                })
                .collect::<Result<Vec<_>, Error>>()
        })?;
        self.values_query(rows, unknowns, values.span)
    }

    /// Gives the columns of VALUES common types and makes the query.
    pub(crate) fn values_query(
        &mut self,
        rows: Vec<Vec<Expr>>,
        unknowns: Unknowns,
        span: Span,
    ) -> Result<Query, Error> {
        let width = rows.first().map_or(0, Vec::len);
        for row in &rows {
            if row.len() != width {
                let at = row
                    .get(width.min(row.len().saturating_sub(1)))
                    .map_or(span, Expr::span);
                return Err(Error::new(
                    ErrorCode::SyntaxError,
                    "VALUES lists must all be the same length",
                )
                .at(at));
            }
        }
        let mut types = Vec::with_capacity(width);
        for column in 0..width {
            let of = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|value| (value.data_type, value.span()));
            let all_unknown = of.clone().all(|(of, _)| of == DataType::Unknown);
            types.push(if all_unknown && unknowns == Unknowns::Keep {
                DataType::Unknown
            } else {
                common_type(of, "VALUES")?
            });
        }
        if let ([_], Unknowns::Keep) = (rows.as_slice(), unknowns) {
            // One row is a SELECT without FROM, as in PostgreSQL, so that literals keep their freedom.
            let targets = rows
                .into_iter()
                .flatten()
                .enumerate()
                .map(|(at, expr)| Target {
                    expr,
                    name: format!("column{}", at + 1).into(),
                    hidden: false,
                })
                .collect();
            return Ok(Query {
                targets,
                ..Query::default()
            });
        }
        let mut cast = Vec::with_capacity(rows.len());
        for row in rows {
            let mut out = Vec::with_capacity(width);
            for (value, to) in row.into_iter().zip(&types) {
                out.push(if *to == DataType::Unknown {
                    value
                } else {
                    self.coerce_implicit(value, *to)?
                });
            }
            cast.push(out);
        }
        let modifiers = |column: usize| {
            // A modifier survives if all rows have it.
            let mut of = cast
                .iter()
                .filter_map(|row| row.get(column))
                .filter(|value| !value.is_null_const())
                .map(|value| value.data_type);
            let first = of.next();
            first.filter(|first| of.all(|other| other == *first))
        };
        let column_types: Vec<DataType> = types
            .iter()
            .enumerate()
            .map(|(at, of)| modifiers(at).unwrap_or_else(|| without_modifier(*of)))
            .collect();
        let rel = self.add_table(RangeTableEntry {
            alias: boxed("*VALUES*"),
            alias_written: false,
            column_names: (1..=width).map(|n| format!("column{n}").into()).collect(),
            column_types,
            kind: RelationKind::Values(cast),
            lateral: false,
            query: 0,
            span,
        });
        Ok(Query {
            targets: self.columns_as_targets(rel),
            from: vec![FromItem::Relation(rel)],
            ..Query::default()
        })
    }
}

/// A NULL of a type.
pub(crate) fn typed_null(of: DataType, span: Span) -> Expr {
    Expr::new(crate::logical::ExprKind::Const(Value::Null), of, span)
}
