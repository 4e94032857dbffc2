//! Which columns GROUP BY groups by, and in what order: those that ORDER BY names first; none that a primary key determines.
//!
//! Source of the method: PostgreSQL 15 `planner.c` (`preprocess_groupclause`, `remove_useless_groupby_columns`).

use super::{level::Level, planner::Planner};
use crate::{
    catalog::IndexKey,
    logical::{ColumnRef, Expr, ExprKind, RelationKind, Target, query_rels},
};
use alloc::vec::Vec;

impl Planner<'_> {
    /// Drops grouping columns of a table whose primary key is grouped by too.
    pub(super) fn drop_determined_keys(&self, level: &mut Level) {
        let own = query_rels(&level.query);
        let column_of = |target: usize| match level.query.targets.get(target)?.expr.kind {
            ExprKind::Column(column) if own.contains(&column.rel) => Some(column),
            _ => None,
        };
        let grouped: Vec<ColumnRef> = level
            .group_by
            .iter()
            .filter_map(|at| column_of(*at))
            .collect();
        let is_determined = |column: ColumnRef| {
            let RelationKind::Table(table) = self.entry(column.rel).kind else {
                return false;
            };
            let catalog = self.input.catalog;
            let key = catalog
                .tables
                .get(&table)
                .and_then(|table| table.primary_key);
            key.and_then(|key| catalog.indexes.get(&key))
                .is_some_and(|key| {
                    key.columns.iter().all(|part| match part.key {
                        IndexKey::Column(part) => {
                            part != column.column
                                && grouped.contains(&ColumnRef {
                                    column: part,
                                    ..column
                                })
                        }
                        IndexKey::Expression(_) => false,
                    })
                })
        };
        let kept: Vec<usize> = level
            .group_by
            .iter()
            .copied()
            .filter(|at| !column_of(*at).is_some_and(is_determined))
            .collect();
        level.query.group_by.retain(|at| kept.contains(at));
        level.group_by = kept;
    }
}

/// What windows are divided and ordered by is carried to the end, as if it were selected.
pub(super) fn show_window_keys(level: &mut Level) {
    let query = &mut level.query;
    let windows = query.windows.iter();
    let keys: Vec<Expr> = windows
        .flat_map(|window| {
            let order = window.order_by.iter().map(|(expr, _, _)| expr);
            window.partition_by.iter().chain(order).cloned()
        })
        .collect();
    for expr in keys {
        let constant = matches!(expr.kind, ExprKind::Const(_));
        if !constant && !query.targets.iter().any(|target| target.expr == expr) {
            query.targets.push(Target {
                expr,
                name: "".into(),
                hidden: true,
            });
        }
    }
}

/// Arranges GROUP BY so that its order serves ORDER BY too (`preprocess_groupclause`).
pub(super) fn arrange_group_by(level: &mut Level) {
    let query = &level.query;
    let mut arranged: Vec<usize> = Vec::new();
    let mut all_matched = true;
    for key in &query.order_by {
        if query.group_by.contains(&key.target) {
            if !arranged.contains(&key.target) {
                arranged.push(key.target);
            }
        } else {
            all_matched = false;
            break;
        }
    }
    if arranged.is_empty() {
        return;
    }
    for at in &query.group_by {
        if !arranged.contains(at) {
            if !all_matched {
                return;
            }
            arranged.push(*at);
        }
    }
    level.group_by = arranged;
}
