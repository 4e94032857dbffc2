//! The rules in their order, and how they go down the levels.
//!
//! PostgreSQL: `planner.c` (subquery_planner) and `prepjointree.c` have the same order.

use super::{
    fold::{canonical, simplify},
    statement::Workbench,
};
use crate::logical::{
    BoundStatement, Expr, ExprKind, InsertSource, OnConflictAction, Query, RelId, RelationKind,
    Returning, StatementKind, TableFunction, contains_sublink, expr_map, flatten_and, map_exprs,
    outer_columns, query_rels, replace,
};
use alloc::vec::Vec;

/// Prepares a bound statement for the planner. Its rows stay the same.
#[must_use]
pub fn rewrite(statement: BoundStatement) -> BoundStatement {
    let mut bench = Workbench {
        tables: statement.range_table,
        ctes: statement.ctes,
        pulled_up: Vec::new(),
    };
    bench.inline_ctes();
    let mut kind = statement.kind;
    match &mut kind {
        StatementKind::Select(query) => bench.query(query),
        StatementKind::Insert(insert) => {
            let InsertSource::Query(query) = &mut insert.source;
            bench.query(query);
            if let Some(conflict) = &mut insert.on_conflict
                && let OnConflictAction::Update {
                    assignments,
                    filter,
                    ..
                } = &mut conflict.action
            {
                for (_, value) in assignments {
                    replace(value, &mut |expr| bench.expression(expr));
                }
                for part in filter {
                    replace(part, &mut |expr| bench.expression(expr));
                }
            }
            bench.returning(&mut insert.returning);
        }
        StatementKind::Update(update) => {
            bench.query(&mut update.query);
            bench.returning(&mut update.returning);
        }
        StatementKind::Delete(delete) => {
            bench.query(&mut delete.query);
            bench.returning(&mut delete.returning);
        }
    }
    for at in 0..bench.ctes.len() {
        let Some(cte) = bench.ctes.get_mut(at) else {
            break;
        };
        if cte.references == 0 {
            continue;
        }
        let mut query = core::mem::take(&mut cte.query);
        bench.query(&mut query);
        if let Some(cte) = bench.ctes.get_mut(at) {
            cte.query = query;
        }
    }
    BoundStatement {
        kind,
        range_table: bench.tables,
        ctes: bench.ctes,
        params: statement.params,
    }
}

impl Workbench {
    /// All rules on one query, then on those below it.
    pub(super) fn query(&mut self, query: &mut Query) {
        self.drop_inlined_ctes(query);
        self.pull_up_sublinks(query);
        self.pull_up_subqueries(query);
        self.simplify_query(query);
        Self::having_to_where(query);
        self.reduce_outer_joins(query);
        self.push_down_conditions(query);
        for rel in query_rels(query) {
            self.entry(rel);
        }
        map_exprs(query, &mut |expr| {
            if contains_sublink(&expr) {
                self.sublink_queries(expr)
            } else {
                expr
            }
        });
    }

    fn simplify_query(&mut self, query: &mut Query) {
        map_exprs(query, &mut simplify);
        let flat = |list: &mut Vec<Expr>| {
            if list
                .iter()
                .any(|part| matches!(part.kind, ExprKind::And(_) | ExprKind::Or(_)))
            {
                let parts = core::mem::take(list).into_iter().map(canonical);
                *list = parts.flat_map(flatten_and).collect();
            }
            list.retain(|part| !part.is_bool_const(true));
            if list
                .iter()
                .any(|part| part.is_bool_const(false) || part.is_null_const())
            {
                *list = Vec::from([Expr::bool(false)]);
            }
        };
        flat(&mut query.filter);
        flat(&mut query.having);
        for item in &mut query.from {
            flatten_on(item, &flat);
        }
    }

    fn entry(&mut self, rel: RelId) {
        let mut kind = self.take_kind(rel);
        match &mut kind {
            RelationKind::Subquery(inner) => self.query(inner),
            RelationKind::Function(
                TableFunction::GenerateSeries(args) | TableFunction::Unnest(args),
            ) => {
                for arg in args {
                    replace(arg, &mut |expr| self.expression(expr));
                }
            }
            RelationKind::Values(rows) => {
                for value in rows.iter_mut().flatten() {
                    replace(value, &mut |expr| self.expression(expr));
                }
            }
            _ => {}
        }
        self.put_kind(rel, kind);
    }

    /// An expression that stands outside queries.
    fn expression(&mut self, expr: Expr) -> Expr {
        self.sublink_queries(simplify(expr))
    }

    fn sublink_queries(&mut self, expr: Expr) -> Expr {
        expr_map(expr, &mut |mut part| {
            if let ExprKind::SubLink(link) = &mut part.kind {
                self.query(&mut link.query);
                link.outer = outer_columns(&link.query, &self.tables, &self.ctes);
            }
            part
        })
    }

    /// RETURNING may name entries that were pulled up.
    fn returning(&mut self, list: &mut Returning) {
        let pulled_up = core::mem::take(&mut self.pulled_up);
        for target in list {
            replace(&mut target.expr, &mut |mut expr| {
                for (rel, values) in pulled_up.iter().rev() {
                    expr = self.map_expr(expr, &mut |column, part| match values
                        .get(usize::from(column.column))
                    {
                        Some(value) if column.rel == *rel => value.clone(),
                        _ => part,
                    });
                }
                self.expression(expr)
            });
        }
    }
}

fn flatten_on(item: &mut crate::logical::FromItem, flat: &dyn Fn(&mut Vec<Expr>)) {
    if let crate::logical::FromItem::Join {
        left, right, on, ..
    } = item
    {
        flatten_on(left, flat);
        flatten_on(right, flat);
        flat(on);
    }
}
