//! What stands on top of the joins: grouping, windows, DISTINCT, ORDER BY, LIMIT.
//!
//! Each step takes a list of paths and gives one; the cheapest by the wanted fraction of rows is chosen at the very end.
//! Source of the method: PostgreSQL 15 `planner.c` (`grouping_planner`, `standard_qp_callback`).

use super::{
    cost::{
        AggregateCosts, AggregateInput, CostBasis, GroupInput, NoTerms, QualCost, aggregate,
        aggregate_costs, clamp_rows, group, result,
    },
    group_keys::{arrange_group_by, show_window_keys},
    join_path::input_of,
    level::Level,
    path::{Path, PathKind, PathTarget},
    path_list::{PathList, common_prefix, no_order, satisfies},
    pathkeys::SortSpec,
    plan::AggregateStrategy,
    planner::Planner,
    relset::RelSet,
};
use crate::{
    error::Error,
    logical::{AggregateCall, Distinct, Expr, ExprKind, expr_walk},
};
use alloc::{rc::Rc, vec::Vec};

/// What the steps above the joins share.
pub(super) struct Upper {
    /// Grouping expressions.
    pub group_exprs: Vec<Expr>,
    /// Aggregates, each once.
    pub calls: Rc<Vec<AggregateCall>>,
    /// Whether there is a grouping step.
    pub grouping: bool,
    /// Whether it was written with aggregates, also if none of them is read.
    pub aggregates: bool,
}

impl Planner<'_> {
    /// Plans a query without set operations.
    pub(super) fn plan_grouping(&self, level: &mut Level) -> Result<(), Error> {
        let upper = self.arrange(level);
        if upper.grouping && level.query.aggregates {
            // A minimum or maximum may be read off the end of an index.
            let found = self.min_max_path(level, &upper)?;
            self.plan_steps(level, &upper, found)
        } else {
            self.plan_steps(level, &upper, None)
        }
    }

    /// Settles by what the query groups, and what its steps share.
    pub(super) fn arrange(&self, level: &mut Level) -> Upper {
        show_window_keys(level);
        arrange_group_by(level);
        self.drop_determined_keys(level);
        self.upper_of(level)
    }

    fn plan_steps(
        &self,
        level: &mut Level,
        upper: &Upper,
        min_max: Option<Path>,
    ) -> Result<(), Error> {
        let final_target = self.final_target(level);
        let list = if level.query.from.is_empty() {
            self.no_from(level)
        } else {
            let at = self.plan_from(level, &|planner, level| planner.set_query_keys(level))?;
            self.take_list(level, at)
        };
        if level.query.from.is_empty() {
            self.set_query_keys(level);
        }
        self.steps_above(level, upper, min_max, list, &final_target)
    }

    /// The steps above the joins, which gave `list`.
    pub(super) fn steps_above(
        &self,
        level: &mut Level,
        upper: &Upper,
        min_max: Option<Path>,
        mut list: PathList,
        final_target: &Rc<PathTarget>,
    ) -> Result<(), Error> {
        let sort_input = self.sort_input_target(level, final_target);
        let has_windows = !level.query.windows.is_empty();
        let grouping_target = if has_windows {
            self.window_input_target(level, &sort_input)
        } else {
            sort_input.clone()
        };
        let scan_target = if upper.grouping {
            self.group_input_target(level, upper)
        } else {
            grouping_target.clone()
        };
        self.project_all(&mut list, &scan_target);
        if upper.grouping {
            list = self.group_paths(level, list, upper, &grouping_target, min_max);
        }
        if has_windows {
            list = self.window_paths(level, list, &sort_input)?;
        }
        if level.query.distinct != Distinct::None {
            list = self.distinct_paths(level, list, upper);
        }
        if !level.query.order_by.is_empty() {
            list = self.ordered_paths(level, list, final_target);
        }
        self.limit_paths(level, list);
        Ok(())
    }

    fn upper_of(&self, level: &Level) -> Upper {
        let query = &level.query;
        let mut calls: Vec<AggregateCall> = Vec::new();
        let mut collect = |expr: &Expr| {
            expr_walk(expr, &mut |part| {
                if let ExprKind::Aggregate(call) = &part.kind {
                    if !calls.contains(call) {
                        calls.push((**call).clone());
                    }
                    return false;
                }
                true
            });
        };
        for target in &query.targets {
            collect(&target.expr);
        }
        query.having.iter().for_each(&mut collect);
        for window in &query.windows {
            window.partition_by.iter().for_each(&mut collect);
            window
                .order_by
                .iter()
                .for_each(|(expr, _, _)| collect(expr));
        }
        Upper {
            group_exprs: level
                .group_by
                .iter()
                .filter_map(|at| query.targets.get(*at))
                .map(|target| target.expr.clone())
                .collect(),
            grouping: query.aggregates || !query.group_by.is_empty() || !query.having.is_empty(),
            aggregates: query.calls_aggregates,
            calls: Rc::new(calls),
        }
    }

    /// The orders that the steps above the joins want.
    pub(super) fn set_query_keys(&self, level: &mut Level) {
        let group = group_specs(level);
        level.group_keys = self.keys_for(level, &group);
        let windows = super::window::first_window_specs(&level.query);
        level.window_keys = self.keys_for(level, &windows);
        let distinct = distinct_specs(level);
        level.distinct_keys = self.keys_for(level, &distinct);
        let sort = sort_specs(level);
        level.sort_keys = self.keys_for(level, &sort);
        level.query_keys = if !level.group_keys.is_empty() {
            level.group_keys.clone()
        } else if !level.window_keys.is_empty() {
            level.window_keys.clone()
        } else if level.distinct_keys.len() > level.sort_keys.len() {
            level.distinct_keys.clone()
        } else {
            level.sort_keys.clone()
        };
    }

    /// An empty list for the next step.
    pub(super) fn upper_list(&self, level: &Level) -> PathList {
        PathList {
            consider_startup: level.tuple_fraction > 0.0,
            keep_losers: self.keeps_losers(),
            ..PathList::default()
        }
    }

    pub(super) fn take_list(&self, level: &Level, at: usize) -> PathList {
        let mut list = level.rels[at].list.clone();
        list.paths.retain(|path| path.param.is_none());
        list.losers.clear();
        list
    }

    fn no_from(&self, level: &Level) -> PathList {
        let mut list = self.upper_list(level);
        let quals = level.query.filter.clone();
        let filter = self.exprs_cost(&quals);
        list.add(Path {
            kind: PathKind::Result { quals },
            rels: RelSet::EMPTY,
            target: Rc::new(PathTarget::default()),
            param: None,
            rows: 1.0,
            cost: result(
                self.input.settings,
                filter,
                QualCost::default(),
                &mut NoTerms,
            ),
            basis: self.basis(|| CostBasis::Result {
                filter,
                target: QualCost::default(),
            }),
            keys: no_order(),
        });
        list
    }

    pub(super) fn final_target(&self, level: &Level) -> Rc<PathTarget> {
        // Widths need the relations; they are looked up again once those are known.
        let exprs = level
            .query
            .targets
            .iter()
            .map(|target| target.expr.clone())
            .collect();
        Rc::new(PathTarget {
            exprs,
            ..PathTarget::default()
        })
    }

    /// What is sorted: everything, but dear expressions that no sort key needs wait when a LIMIT follows.
    fn sort_input_target(&self, level: &Level, last: &Rc<PathTarget>) -> Rc<PathTarget> {
        let full = self.make_target(level, last.exprs.clone());
        if level.query.order_by.is_empty() {
            return full;
        }
        let dear = 10.0 * self.input.settings.cpu_operator_cost;
        let limited = level.query.limit.is_some() || level.tuple_fraction > 0.0;
        let is_sorted = |at: usize| {
            level.query.order_by.iter().any(|key| key.target == at)
                || level.group_by.contains(&at)
                || match &level.query.distinct {
                    Distinct::All => !level.query.targets.get(at).is_some_and(|one| one.hidden),
                    Distinct::On(keys) => keys.contains(&at),
                    Distinct::None => false,
                }
        };
        let mut postponed: Vec<&Expr> = Vec::new();
        for (at, expr) in last.exprs.iter().enumerate() {
            if is_sorted(at) || matches!(expr.kind, ExprKind::Column(_) | ExprKind::Const(_)) {
                continue;
            }
            let volatile = crate::logical::contains_volatile(expr);
            let cost = self.expr_cost(expr);
            if volatile || (limited && cost.per_tuple + cost.startup > dear) {
                postponed.push(expr);
            }
        }
        if postponed.is_empty() {
            return full;
        }
        let mut exprs: Vec<Expr> = Vec::new();
        for expr in &last.exprs {
            if !postponed.contains(&expr) && !exprs.contains(expr) {
                exprs.push(expr.clone());
            }
        }
        for expr in postponed {
            self.add_parts(expr, &mut exprs);
        }
        self.make_target(level, exprs)
    }

    /// Adds the columns, aggregates and window calls that `expr` is made of.
    pub(super) fn add_parts(&self, expr: &Expr, exprs: &mut Vec<Expr>) {
        let mut add = |part: &Expr| {
            if !exprs.contains(part) {
                exprs.push(part.clone());
            }
        };
        let mut subplans = Vec::new();
        expr_walk(expr, &mut |part| match &part.kind {
            ExprKind::Column(_) | ExprKind::Aggregate(_) | ExprKind::Window(_) => {
                add(part);
                false
            }
            ExprKind::SubPlan { plan, .. } => {
                subplans.push(*plan);
                true
            }
            _ => true,
        });
        for plan in subplans {
            let params = self
                .subplans
                .borrow()
                .get(plan.0 as usize)
                .map(|subplan| subplan.params.clone())
                .unwrap_or_default();
            params.iter().for_each(&mut add);
        }
    }

    /// Columns and grouping expressions that the grouping step reads.
    fn group_input_target(&self, level: &Level, upper: &Upper) -> Rc<PathTarget> {
        let mut exprs: Vec<Expr> = Vec::new();
        for (at, target) in level.query.targets.iter().enumerate() {
            if level.group_by.contains(&at) {
                exprs.push(target.expr.clone());
            }
        }
        let mut columns: Vec<Expr> = Vec::new();
        for (at, target) in level.query.targets.iter().enumerate() {
            if !level.group_by.contains(&at) {
                self.add_columns(&target.expr, upper, &mut columns);
            }
        }
        let windows = level.query.windows.iter().flat_map(|window| {
            let order = window.order_by.iter().map(|(expr, _, _)| expr);
            window.partition_by.iter().chain(order)
        });
        for expr in level.query.having.iter().chain(windows) {
            self.add_columns(expr, upper, &mut columns);
        }
        for column in columns {
            let local = self.relids_of(level, &column);
            if !local.is_empty() && !exprs.contains(&column) {
                exprs.push(column);
            }
        }
        self.make_target(level, exprs)
    }

    /// Adds the columns in `expr`, but not those inside grouping expressions.
    fn add_columns(&self, expr: &Expr, upper: &Upper, columns: &mut Vec<Expr>) {
        let mut found = Vec::new();
        expr_walk(expr, &mut |part| {
            if upper.group_exprs.contains(part) {
                return false;
            }
            if let ExprKind::SubPlan { plan, .. } = &part.kind
                && let Some(subplan) = self.subplans.borrow().get(plan.0 as usize)
            {
                found.extend(subplan.params.iter().cloned());
            }
            if let ExprKind::Aggregate(call) = &part.kind {
                for (key, _, _) in &call.order_by {
                    found.push(key.clone());
                }
            }
            if matches!(part.kind, ExprKind::Column(_)) {
                found.push(part.clone());
            }
            true
        });
        for expr in found {
            for column in self.columns_used(&expr) {
                let data_type = self
                    .entry(column.rel)
                    .column_types
                    .get(usize::from(column.column))
                    .copied()
                    .unwrap_or(expr.data_type);
                let column = super::planner::column_expr(column, data_type);
                if !columns.contains(&column) && !upper.group_exprs.contains(&column) {
                    columns.push(column);
                }
            }
        }
    }

    fn group_paths(
        &self,
        level: &mut Level,
        input: PathList,
        upper: &Upper,
        target: &Rc<PathTarget>,
        min_max: Option<Path>,
    ) -> PathList {
        let mut list = self.upper_list(level);
        if let Some(path) = min_max {
            list.add(path);
        }
        let cheapest = input
            .cheapest()
            .total
            .expect("a join has at least one path");
        let having = level.query.having.clone();
        let grouped = !upper.group_exprs.is_empty();
        let groups = if grouped {
            self.groups(level, &upper.group_exprs, cheapest.rows).count
        } else {
            1.0
        };
        let costs = aggregate_costs(self.input.settings, self, &upper.calls);
        let sorted_calls = upper
            .calls
            .iter()
            .any(|call| call.distinct || !call.order_by.is_empty());
        let selectivity = if having.is_empty() {
            1.0
        } else {
            self.having_selectivity(level, &having)
        };
        let step = GroupStep {
            upper,
            target,
            having: &having,
            costs,
            groups,
            rows: if having.is_empty() {
                groups
            } else {
                clamp_rows(groups * selectivity)
            },
        };
        let keys = level.group_keys.clone();
        for path in &input.paths {
            let sorted = satisfies(&keys, &path.keys);
            if sorted || Rc::ptr_eq(path, &cheapest) {
                let input = if sorted {
                    path.clone()
                } else {
                    Rc::new(self.sort_path(path.clone(), &keys, None))
                };
                list.add(self.sorted_group(input, &step));
            }
            let presorted = common_prefix(&keys, &path.keys);
            if sorted || presorted == 0 || !self.input.settings.enable.incremental_sort {
                continue;
            }
            let input = self.incremental_sort_path(level, path.clone(), &keys, presorted, None);
            list.add(self.sorted_group(Rc::new(input), &step));
        }
        if grouped && !sorted_calls {
            list.add(self.aggregate_path(cheapest, AggregateStrategy::Hashed, &step));
        }
        list
    }

    fn sorted_group(&self, input: Rc<Path>, step: &GroupStep<'_>) -> Path {
        let grouped = !step.upper.group_exprs.is_empty();
        if step.upper.aggregates || !grouped {
            let strategy = if grouped {
                AggregateStrategy::Sorted
            } else {
                AggregateStrategy::Plain
            };
            return self.aggregate_path(input, strategy, step);
        }
        let estimate = GroupInput {
            input: input_of(&input),
            keys: super::base_rel::count(step.upper.group_exprs.len()),
            groups: step.groups,
            filter: self.exprs_cost(step.having),
            target: cost_of(step.target),
            rows: step.rows,
        };
        Path {
            rels: RelSet::EMPTY,
            target: step.target.clone(),
            param: None,
            rows: step.rows,
            cost: group(self.input.settings, &estimate, &mut NoTerms),
            basis: self.basis(|| CostBasis::Group(estimate)),
            keys: input.keys.clone(),
            kind: PathKind::Group {
                input,
                keys: step.upper.group_exprs.clone(),
                having: step.having.to_vec(),
            },
        }
    }

    fn aggregate_path(
        &self,
        input: Rc<Path>,
        strategy: AggregateStrategy,
        step: &GroupStep<'_>,
    ) -> Path {
        let estimate = AggregateInput {
            input: input_of(&input),
            strategy,
            keys: super::base_rel::count(step.upper.group_exprs.len()),
            groups: step.groups,
            aggregates: step.costs,
            filter: self.exprs_cost(step.having),
            target: cost_of(step.target),
            rows: step.rows,
        };
        Path {
            rels: RelSet::EMPTY,
            target: step.target.clone(),
            param: None,
            rows: step.rows,
            cost: aggregate(self.input.settings, &estimate, &mut NoTerms),
            basis: self.basis(|| CostBasis::Aggregate(estimate)),
            keys: if strategy == AggregateStrategy::Sorted {
                input.keys.clone()
            } else {
                no_order()
            },
            kind: PathKind::Aggregate {
                input,
                strategy,
                keys: step.upper.group_exprs.clone(),
                calls: step.upper.calls.clone(),
                having: step.having.to_vec(),
            },
        }
    }
}

/// One grouping step.
struct GroupStep<'a> {
    upper: &'a Upper,
    target: &'a Rc<PathTarget>,
    having: &'a [Expr],
    costs: AggregateCosts,
    groups: f64,
    rows: f64,
}

/// A target's cost.
pub(super) fn cost_of(target: &PathTarget) -> QualCost {
    QualCost {
        startup: target.startup,
        per_tuple: target.per_tuple,
    }
}

fn spec_of(level: &Level, target: usize) -> Option<SortSpec> {
    let expr = level.query.targets.get(target)?.expr.clone();
    let key = level.query.order_by.iter().find(|key| key.target == target);
    Some(match key {
        Some(key) => (expr, key.descending, key.nulls_first),
        None => (expr, false, false),
    })
}

fn group_specs(level: &Level) -> Vec<SortSpec> {
    level
        .group_by
        .iter()
        .filter_map(|at| spec_of(level, *at))
        .collect()
}

fn sort_specs(level: &Level) -> Vec<SortSpec> {
    level
        .query
        .order_by
        .iter()
        .filter_map(|key| spec_of(level, key.target))
        .collect()
}

/// Targets of DISTINCT in the order in which they are sorted: those of ORDER BY first.
pub(super) fn distinct_targets(level: &Level) -> Vec<usize> {
    let query = &level.query;
    let wanted: Vec<usize> = match &query.distinct {
        Distinct::None => return Vec::new(),
        Distinct::All => (0..query.targets.len())
            .filter(|at| query.targets.get(*at).is_some_and(|target| !target.hidden))
            .collect(),
        Distinct::On(keys) => keys.clone(),
    };
    let mut result: Vec<usize> = Vec::new();
    for key in &query.order_by {
        if wanted.contains(&key.target) && !result.contains(&key.target) {
            result.push(key.target);
        }
    }
    for at in wanted {
        if !result.contains(&at) {
            result.push(at);
        }
    }
    result
}

fn distinct_specs(level: &Level) -> Vec<SortSpec> {
    distinct_targets(level)
        .into_iter()
        .filter_map(|at| spec_of(level, at))
        .collect()
}
