//! Sub-queries in FROM that stayed sub-queries: conditions are pushed into them, then they are planned on their own.
//!
//! Source of the method: PostgreSQL 15 `allpaths.c` (`set_subquery_pathlist`, `subquery_is_pushdown_safe`,
//! `qual_is_pushdown_safe`).

use super::{
    Cost,
    cost::{CostBasis, NoTerms, QualCost, SubqueryScanInput, subquery_scan},
    join_path::input_of,
    level::Level,
    merge_append::order_over,
    path::{Path, PathKey, PathKeys, PathKind},
    planner::Planner,
    rel::BaseKind,
    run_condition,
};
use crate::{
    error::Error,
    logical::{
        ColumnRef, Distinct, Expr, ExprKind, Query, RelId, RelationKind, SetOperation, SetOperator,
        Target, contains_aggregate, contains_volatile, contains_window, expr_any, expr_map,
    },
    value::Value,
};
use alloc::{rc::Rc, vec::Vec};

impl Planner<'_> {
    /// Plans the sub-query of a base relation and sets its size.
    pub(super) fn plan_subquery_rel(&self, level: &mut Level, at: usize) -> Result<(), Error> {
        let rel = level.rels[at].rel;
        let RelationKind::Subquery(query) = &self.entry(rel).kind else {
            return Ok(());
        };
        let mut query = (**query).clone();
        let mut read = self.push_conditions(level, at, &mut query);
        read.extend(self.read_columns(level, at));
        if is_append(&query) {
            keep_read_columns(&mut query, &read);
        } else {
            blank_unread(&mut query, &read);
        }
        let outer = &level.query;
        let blocks = outer.aggregates
            || !outer.group_by.is_empty()
            || !outer.having.is_empty()
            || outer.distinct != Distinct::None
            || !outer.order_by.is_empty()
            || level.base_count > 1;
        let fraction = if blocks { 0.0 } else { level.tuple_fraction };
        let pushed = query.filter.clone();
        let mut sub = self.plan_query(query, fraction, level.work_table)?;
        if level.base_count == 1 && is_append(&sub.query) {
            let order = order_over(level, rel);
            sub.tuple_fraction = level.tuple_fraction;
            let query = &level.query;
            let plain = level.rels[at].restrict.is_empty()
                && !query.aggregates
                && query.group_by.is_empty()
                && query.having.is_empty()
                && query.windows.is_empty()
                && query.distinct == Distinct::None;
            sub.limit_tuples = if plain { level.limit_tuples } else { -1.0 };
            if let Some(append) = sub.final_list.paths.first().cloned() {
                let numbers = column_numbers(&sub.query);
                let arms = super::set_operation::Arms {
                    columns: &append.target.exprs,
                    numbers: &numbers,
                    conditions: &pushed,
                    merged: true,
                };
                if let Some(merged) = self.add_merge_append(&mut sub, &order, &arms, &append)? {
                    sub.final_list.consider_startup |= level.tuple_fraction > 0.0;
                    sub.final_list.add(merged);
                }
            }
        }
        let rows = sub
            .final_list
            .cheapest()
            .total
            .map_or(1.0, |path| path.rows);
        level.rels[at].kind = BaseKind::Subquery(Some(Rc::new(sub)));
        level.rels[at].tuples = rows;
        self.refresh_width(level, at);
        self.set_base_rows(level, at);
        Ok(())
    }

    /// Columns of a relation that its target list and its own conditions read, each once.
    fn read_columns(&self, level: &Level, at: usize) -> Vec<u16> {
        let info = &level.rels[at];
        let mut used: Vec<u16> = Vec::new();
        let read = info.target.exprs.iter();
        for expr in read.chain(info.restrict.iter().map(|clause| &clause.expr)) {
            for column in self.columns_used(expr) {
                if column.rel == info.rel && !used.contains(&column.column) {
                    used.push(column.column);
                }
            }
        }
        used
    }

    fn refresh_width(&self, level: &mut Level, at: usize) {
        let exprs = level.rels[at].target.exprs.clone();
        level.rels[at].target = self.make_target(level, exprs);
    }

    /// Moves conditions on the sub-query's output into it, or gives them to its windows; returns the columns that windows test.
    fn push_conditions(&self, level: &mut Level, at: usize, query: &mut Query) -> Vec<u16> {
        let mut tested = Vec::new();
        if query.limit.is_some() || query.offset.is_some() {
            return tested;
        }
        let rel = level.rels[at].rel;
        let mut kept = Vec::new();
        for clause in core::mem::take(&mut level.rels[at].restrict) {
            if !clause.pseudoconstant && self.push_condition(query, rel, &clause.expr) {
                continue;
            }
            let taken = run_condition::take(query, rel, &clause.expr);
            if taken.as_ref().is_none_or(|taken| taken.keep) {
                kept.push(clause);
            }
            tested.extend(taken.map(|taken| taken.column));
        }
        level.rels[at].restrict = kept;
        tested
    }

    /// Moves one condition on the sub-query's output into it; `false` if that would change its meaning.
    fn push_condition(&self, query: &mut Query, rel: RelId, condition: &Expr) -> bool {
        let has_subplan = expr_any(condition, &mut |part| {
            matches!(
                part.kind,
                ExprKind::SubPlan { .. } | ExprKind::InitPlan(_) | ExprKind::SubLink(_)
            )
        });
        if has_subplan || contains_volatile(condition) {
            return false;
        }
        if let Some(operation) = &query.set_operation {
            // Into the arms of a UNION ALL that its leaves let pass: done when the arms are planned.
            return all_union_all(operation)
                && query.distinct == Distinct::None
                && self.push_into_arms(query, rel, condition);
        }
        let shown: Vec<Expr> = query
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .map(|target| target.expr.clone())
            .collect();
        let safe = self.columns_used(condition).iter().all(|column| {
            if column.rel != rel {
                return true;
            }
            let Some(expr) = shown.get(usize::from(column.column)) else {
                return false;
            };
            if contains_volatile(expr)
                || crate::logical::contains_sublink(expr)
                || !query.windows.is_empty() && !in_all_partitions(query, expr)
            {
                return false;
            }
            match &query.distinct {
                Distinct::On(keys) => keys
                    .iter()
                    .filter_map(|key| query.targets.get(*key))
                    .any(|target| target.expr == *expr),
                _ => !contains_window(expr),
            }
        });
        if !safe {
            return false;
        }
        let inner = expr_map(condition.clone(), &mut |part| match &part.kind {
            ExprKind::Column(ColumnRef { rel: of, column }) if *of == rel => {
                shown.get(usize::from(*column)).cloned().unwrap_or(part)
            }
            _ => part,
        });
        if query.aggregates || !query.group_by.is_empty() || !query.having.is_empty() {
            if query.group_by.is_empty() && !contains_aggregate(&inner) {
                return false;
            }
            query.having.push(inner);
        } else {
            query.filter.push(inner);
        }
        true
    }

    /// A UNION ALL keeps its arms as range-table entries, which are shared: the condition is kept beside the query and
    /// goes into each arm when that is planned.
    fn push_into_arms(&self, query: &mut Query, rel: RelId, condition: &Expr) -> bool {
        let moved = expr_map(condition.clone(), &mut |mut part| {
            if let ExprKind::Column(column) = &mut part.kind
                && column.rel == rel
            {
                column.rel = super::set_operation::ARM;
            }
            part
        });
        let mut leaves = Vec::new();
        if let Some(operation) = &query.set_operation {
            operation.collect_leaves(&mut leaves);
        }
        let fits = leaves.iter().all(|leaf| {
            let RelationKind::Subquery(arm) = &self.entry(*leaf).kind else {
                return false;
            };
            let mut trial = (**arm).clone();
            trial.limit.is_none()
                && trial.offset.is_none()
                && self.push_condition(&mut trial, super::set_operation::ARM, &moved)
        });
        if fits {
            query.filter.push(moved);
        }
        fits
    }

    /// Pushes the conditions that were kept for the arms of a set operation into one arm.
    pub(super) fn conditions_into_arm(&self, arm: &mut Query, conditions: &[Expr]) {
        for condition in conditions {
            let pushed = self.push_condition(arm, super::set_operation::ARM, condition);
            debug_assert!(pushed, "tried before it was kept");
        }
    }

    /// Scans of a planned sub-query, one for each of its paths.
    pub(super) fn subquery_paths(&self, level: &mut Level, at: usize) -> Result<(), Error> {
        let BaseKind::Subquery(Some(sub)) = level.rels[at].kind.clone() else {
            return Ok(());
        };
        let lateral = level.rels[at].lateral;
        let param = self.base_param_info(level, at, lateral);
        let (rows, filter) = self.scan_rows_and_filter(level, at, param.as_deref());
        for input in &sub.final_list.paths {
            let keys = self.outer_keys(level, at, &sub, &input.keys);
            let info = &level.rels[at];
            let estimate = SubqueryScanInput {
                input: input_of(input),
                rows,
                filter,
                target: QualCost::default(),
            };
            let (cost, basis) = if is_append(&sub.query) {
                // Its arms are relations of this query: only conditions that stayed here cost something.
                let startup = input.cost.startup + filter.startup;
                let cost = Cost {
                    startup,
                    total: startup + input.run_cost() + filter.per_tuple * input.rows,
                };
                let basis = self.basis(|| CostBasis::Output {
                    base: Rc::new(CostBasis::Passed(input.cost)),
                    startup: filter.startup,
                    per_tuple: filter.per_tuple,
                    rows: input.rows,
                });
                (cost, basis)
            } else {
                (
                    subquery_scan(self.input.settings, &estimate, &mut NoTerms),
                    self.basis(|| CostBasis::SubqueryScan(estimate)),
                )
            };
            let path = Path {
                rels: info.relids,
                target: info.target.clone(),
                param: param.clone(),
                rows,
                cost,
                basis,
                keys,
                kind: PathKind::SubqueryScan {
                    rel: info.rel,
                    level: sub.clone(),
                    input: input.clone(),
                    keep: false,
                },
            };
            level.rels[at].list.add(path);
        }
        Ok(())
    }

    /// A sub-query's order in terms of the outer query (`convert_subquery_pathkeys`).
    fn outer_keys(&self, level: &mut Level, at: usize, sub: &Level, keys: &[PathKey]) -> PathKeys {
        let rel = level.rels[at].rel;
        let mut result: Vec<PathKey> = Vec::new();
        let numbers = column_numbers(&sub.query);
        for key in keys {
            let class = sub.class(key.ec);
            let shown = sub.query.targets.iter().filter(|target| !target.hidden);
            let column = shown.enumerate().find(|(_, target)| {
                class
                    .members
                    .iter()
                    .any(|member| member.expr == target.expr)
            });
            let Some((column, target)) = column else {
                break;
            };
            let column = ColumnRef {
                rel,
                column: numbers.get(column).copied().unwrap_or(u16::MAX),
            };
            let expr = super::planner::column_expr(column, target.expr.data_type);
            let Some(ec) = Self::known_class(level, &expr) else {
                break;
            };
            result.push(PathKey { ec, ..*key });
        }
        let useful = self.useful_keys(level, at, &result);
        result.truncate(useful);
        PathKeys::from(result.as_slice())
    }
}

/// Whether it is UNION ALL throughout.
pub(super) fn all_union_all(operation: &SetOperation) -> bool {
    match operation {
        SetOperation::Leaf(_) => true,
        SetOperation::Node {
            op: SetOperator::Union,
            all: true,
            left,
            right,
            ..
        } => all_union_all(left) && all_union_all(right),
        SetOperation::Node { .. } => false,
    }
}

/// Whether it is a UNION ALL that its parent takes in as an append of relations (`is_simple_union_all`).
pub(super) fn is_append(query: &Query) -> bool {
    query.set_operation.as_ref().is_some_and(all_union_all)
        && query.distinct == Distinct::None
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.ctes.is_empty()
}

/// The columns that a query's parent knows its shown targets by: an append of relations may have lost some.
pub(super) fn column_numbers(query: &Query) -> Vec<u16> {
    let shown = query.targets.iter().filter(|target| !target.hidden);
    if is_append(query) {
        let number = |target: &Target| target.expr.as_column().map_or(u16::MAX, |one| one.column);
        return shown.map(number).collect();
    }
    shown.zip(0..).map(|(_, number)| number).collect()
}

/// A UNION ALL that is an append of relations emits what is read, in the order in which it is wanted.
fn keep_read_columns(query: &mut Query, read: &[u16]) {
    query.targets = read
        .iter()
        .filter_map(|column| query.targets.get(usize::from(*column)).cloned())
        .collect();
}

/// Targets that are not among `read`, and by which nothing is ordered or grouped, become NULL, so that nothing is computed for them
/// (`remove_unused_subquery_outputs`).
pub(super) fn blank_unread(query: &mut Query, read: &[u16]) {
    if query.set_operation.is_some() || query.distinct == Distinct::All {
        return;
    }
    let on: &[usize] = match &query.distinct {
        Distinct::On(keys) => keys,
        _ => &[],
    };
    let mut column = 0;
    for (target, number) in query.targets.iter_mut().zip(0..) {
        if target.hidden {
            continue;
        }
        let is_read = read.contains(&column);
        column += 1;
        let mut windows = query.windows.iter();
        let orders = query.group_by.contains(&number)
            || on.contains(&number)
            || windows.any(|window| window.is_by(&target.expr))
            || query.order_by.iter().any(|key| key.target == number);
        if !is_read && !orders && !contains_volatile(&target.expr) {
            target.expr = Expr::constant(Value::Null, target.expr.data_type);
        }
    }
}

fn in_all_partitions(query: &Query, expr: &Expr) -> bool {
    query
        .windows
        .iter()
        .all(|window| window.partition_by.contains(expr))
}
