//! Window functions: one WindowAgg for each window that is used, each over input sorted by its partition and order.
//!
//! Source of the method: PostgreSQL 15 `planner.c` (`create_window_paths`, `select_active_windows`, `common_prefix_cmp`), `costsize.c`
//! (`cost_windowagg`).

use super::{
    cost::{CostBasis, NoTerms, WindowInput},
    grouping::cost_of,
    join_path::input_of,
    level::Level,
    path::{Path, PathKind, PathTarget},
    path_list::{PathList, common_prefix, satisfies},
    pathkeys::SortSpec,
    planner::Planner,
    relset::RelSet,
};
use crate::collections::sort_by;
use crate::{
    error::Error,
    logical::{Distinct, Expr, ExprKind, Query, WindowDef, expr_walk},
};
use alloc::{rc::Rc, vec::Vec};

fn specs_of(window: &WindowDef) -> Vec<SortSpec> {
    window
        .partition_by
        .iter()
        .map(|expr| (expr.clone(), false, false))
        .chain(window.order_by.iter().cloned())
        .collect()
}

/// Windows that some call refers to, in the order in which they are computed, so that a window finds its order in that of the one
/// before: as PostgreSQL has it, which compares the places of their keys among all that the query sorts and groups by, later ones first.
fn active(query: &Query) -> Vec<usize> {
    let calls = calls_of(query);
    let mut windows: Vec<usize> = (0..query.windows.len())
        .filter(|at| {
            calls.iter().any(|call| match &call.kind {
                ExprKind::Window(call) => call.window == *at,
                _ => false,
            })
        })
        .collect();
    if windows.len() > 1 {
        let known = sorted_exprs(query);
        let keys = |at: usize| {
            let specs = query.windows.get(at).map(specs_of).unwrap_or_default();
            let mut keys = Vec::with_capacity(specs.len());
            for (expr, descending, nulls_first) in specs {
                let place = known.iter().position(|known| **known == expr);
                if !keys.iter().any(|(known, _, _)| *known == place) {
                    keys.push((place, descending, nulls_first));
                }
            }
            keys
        };
        sort_by(&mut windows, |&a, &b| keys(b).cmp(&keys(a)));
    }
    windows
}

/// What a query sorts and groups by, in the order in which PostgreSQL's parser numbers it (`tleSortGroupRef`).
fn sorted_exprs<'q>(query: &'q Query) -> Vec<&'q Expr> {
    let mut known: Vec<&Expr> = Vec::new();
    let mut add = |expr: &'q Expr| {
        if !known.contains(&expr) {
            known.push(expr);
        }
    };
    let target = |at: &usize| query.targets.get(*at).map(|target| &target.expr);
    let order = query.order_by.iter().filter_map(|key| target(&key.target));
    order.for_each(&mut add);
    query.group_by.iter().filter_map(target).for_each(&mut add);
    match &query.distinct {
        Distinct::None => {}
        Distinct::All => {
            let shown = query.targets.iter().filter(|target| !target.hidden);
            shown.for_each(|target| add(&target.expr));
        }
        Distinct::On(keys) => keys.iter().filter_map(target).for_each(&mut add),
    }
    for window in &query.windows {
        window.order_by.iter().for_each(|(expr, _, _)| add(expr));
        window.partition_by.iter().for_each(&mut add);
    }
    known
}

fn calls_of(query: &Query) -> Vec<Expr> {
    let mut calls: Vec<Expr> = Vec::new();
    for target in &query.targets {
        expr_walk(&target.expr, &mut |part| {
            if matches!(part.kind, ExprKind::Window(_)) {
                if !calls.contains(part) {
                    calls.push(part.clone());
                }
                return false;
            }
            true
        });
    }
    calls
}

/// The order that the first window wants.
pub(super) fn first_window_specs(query: &Query) -> Vec<SortSpec> {
    active(query)
        .first()
        .and_then(|at| query.windows.get(*at))
        .map(specs_of)
        .unwrap_or_default()
}

/// What the rows of the last window must pass besides its own run condition: those of the windows before it, which pass all rows on.
pub(super) fn filter_of_last(query: &Query, window: usize) -> Vec<Expr> {
    match active(query).split_last() {
        Some((last, before)) if *last == window => before
            .iter()
            .filter_map(|at| query.windows.get(*at))
            .flat_map(|window| window.run_condition.iter().cloned())
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a window is the last one, from which rows go out.
pub(super) fn is_last(query: &Query, window: usize) -> bool {
    active(query).last() == Some(&window)
}

impl Planner<'_> {
    /// What the windows read: everything but the calls, with their arguments and keys.
    pub(super) fn window_input_target(
        &self,
        level: &Level,
        target: &Rc<PathTarget>,
    ) -> Rc<PathTarget> {
        let mut exprs: Vec<Expr> = Vec::new();
        let mut add = |expr: &Expr| {
            if !exprs.contains(expr) {
                exprs.push(expr.clone());
            }
        };
        let query = &level.query;
        for window in &query.windows {
            window.partition_by.iter().for_each(&mut add);
            window.order_by.iter().for_each(|(expr, _, _)| add(expr));
        }
        let mut parts: Vec<Expr> = Vec::new();
        for expr in &target.exprs {
            if !crate::logical::contains_window(expr) {
                if matches!(expr.kind, ExprKind::Const(_)) {
                    continue;
                }
                let grouped = level
                    .group_by
                    .iter()
                    .filter_map(|at| query.targets.get(*at))
                    .any(|target| target.expr == *expr);
                if grouped {
                    add(expr);
                } else {
                    self.add_parts(expr, &mut parts);
                }
                continue;
            }
            expr_walk(expr, &mut |part| match &part.kind {
                ExprKind::Window(call) => {
                    for arg in call.args.iter().chain(call.filter.as_deref()) {
                        self.add_parts(arg, &mut parts);
                    }
                    false
                }
                ExprKind::Column(_) | ExprKind::Aggregate(_) => {
                    if !parts.contains(part) {
                        parts.push(part.clone());
                    }
                    false
                }
                _ => true,
            });
        }
        parts.iter().for_each(&mut add);
        self.make_target(level, exprs)
    }

    /// Adds the windows to each path whose order helps, and to the cheapest.
    pub(super) fn window_paths(
        &self,
        level: &mut Level,
        input: PathList,
        target: &Rc<PathTarget>,
    ) -> Result<PathList, Error> {
        let mut list = self.upper_list(level);
        let cheapest = input
            .cheapest()
            .total
            .expect("a step has at least one path");
        let keys = level.window_keys.clone();
        for path in input.paths {
            let useful = satisfies(&keys, &path.keys) || common_prefix(&keys, &path.keys) > 0;
            if useful || Rc::ptr_eq(&path, &cheapest) {
                let finished = self.one_window_path(level, path, target);
                list.add_shared(finished);
            }
        }
        Ok(list)
    }

    fn one_window_path(
        &self,
        level: &mut Level,
        mut path: Rc<Path>,
        target: &Rc<PathTarget>,
    ) -> Rc<Path> {
        let windows = active(&level.query);
        let calls = calls_of(&level.query);
        let last = windows.len().saturating_sub(1);
        for (position, &window) in windows.iter().enumerate() {
            let Some(definition) = level.query.windows.get(window).cloned() else {
                continue;
            };
            let specs = specs_of(&definition);
            let keys = self.keys_for(level, &specs);
            if !satisfies(&keys, &path.keys) {
                let presorted = common_prefix(&keys, &path.keys);
                let sorted = if presorted == 0 || !self.input.settings.enable.incremental_sort {
                    self.sort_path(path, &keys, None)
                } else {
                    self.incremental_sort_path(level, path, &keys, presorted, None)
                };
                path = Rc::new(sorted);
            }
            let mine: Vec<Expr> = calls
                .iter()
                .filter(|call| matches!(&call.kind, ExprKind::Window(one) if one.window == window))
                .cloned()
                .collect();
            let output = if position == last {
                self.make_target(level, target.exprs.clone())
            } else {
                let mut exprs = path.target.exprs.clone();
                exprs.extend(mine.iter().cloned());
                self.make_target(level, exprs)
            };
            let settings = self.input.settings;
            let calls_of_row = mine.iter().map(|call| match &call.kind {
                ExprKind::Window(call) => {
                    settings.cpu_operator_cost + self.exprs_cost(&call.args).per_tuple
                }
                _ => 0.0,
            });
            let estimate = WindowInput {
                input: input_of(&path),
                keys: super::base_rel::count(specs.len()),
                calls: calls_of_row.sum(),
                target: cost_of(&output),
            };
            path = Rc::new(Path {
                rels: RelSet::EMPTY,
                target: output,
                param: None,
                rows: path.rows,
                cost: super::cost::window(settings, &estimate, &mut NoTerms),
                basis: self.basis(|| CostBasis::Window(estimate)),
                keys: path.keys.clone(),
                kind: PathKind::Window {
                    input: path,
                    window,
                    calls: mine,
                },
            });
        }
        path
    }
}
