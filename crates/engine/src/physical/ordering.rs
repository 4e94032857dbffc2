//! DISTINCT, ORDER BY, LIMIT and projections: the last steps of a query level.
//!
//! Source of the method: PostgreSQL 15 `planner.c` (`create_distinct_paths`, `create_ordered_paths`,
//! `apply_scanjoin_target_to_paths`), `pathnode.c` (`create_sort_path`, `create_limit_path`).

use super::{
    Cost,
    cost::{
        AggregateCosts, AggregateInput, CostBasis, IncrementalSortInput, LimitCount, LimitInput,
        NoTerms, ProjectionInput, QualCost, SortInput, aggregate, incremental_sort, limit, sort,
        unique,
    },
    grouping::{Upper, cost_of, distinct_targets},
    join_path::input_of,
    level::Level,
    path::{Path, PathKeys, PathKind, PathTarget},
    path_list::{PathList, common_prefix, no_order, satisfies},
    plan::AggregateStrategy,
    planner::Planner,
    relset::RelSet,
};
use crate::{
    logical::{Distinct, Expr, ExprKind},
    value::Value,
};
use alloc::{rc::Rc, vec::Vec};

impl Planner<'_> {
    /// Sorts a path.
    pub(super) fn sort_path(&self, input: Rc<Path>, keys: &PathKeys, bound: Option<f64>) -> Path {
        let estimate = SortInput {
            input: input_of(&input),
            limit: bound,
        };
        Path {
            rels: input.rels,
            target: input.target.clone(),
            param: input.param.clone(),
            rows: input.rows,
            cost: sort(self.input.settings, &estimate, &mut NoTerms),
            basis: self.basis(|| CostBasis::Sort(estimate)),
            keys: keys.clone(),
            kind: PathKind::Sort { input, bound },
        }
    }

    /// Sorts a path that has the leading keys already.
    pub(super) fn incremental_sort_path(
        &self,
        level: &Level,
        input: Rc<Path>,
        keys: &PathKeys,
        presorted: usize,
        bound: Option<f64>,
    ) -> Path {
        let prefix: Vec<Expr> = keys
            .iter()
            .take(presorted)
            .filter_map(|key| level.class(key.ec).members.first())
            .map(|member| member.expr.clone())
            .collect();
        let estimate = IncrementalSortInput {
            input: input_of(&input),
            groups: self.groups(level, &prefix, input.rows).count,
            limit: bound,
        };
        Path {
            rels: input.rels,
            target: input.target.clone(),
            param: input.param.clone(),
            rows: input.rows,
            cost: incremental_sort(self.input.settings, &estimate, &mut NoTerms),
            basis: self.basis(|| CostBasis::IncrementalSort(estimate)),
            keys: keys.clone(),
            kind: PathKind::IncrementalSort {
                input,
                presorted,
                bound,
            },
        }
    }

    /// Makes all paths emit `target`.
    pub(super) fn project_all(&self, list: &mut PathList, target: &Rc<PathTarget>) {
        for path in &mut list.paths {
            *path = self.project(path.clone(), target);
        }
    }

    /// Makes a path emit `target`: within the node where it can compute, else by a Result on top.
    pub(super) fn project(&self, path: Rc<Path>, target: &Rc<PathTarget>) -> Rc<Path> {
        if path.target.exprs == target.exprs {
            let empty = matches!(&path.kind, PathKind::Append { inputs } if inputs.is_empty());
            if path.target.width == target.width || empty {
                return path;
            }
            let mut same = (*path).clone();
            same.target = target.clone();
            return Rc::new(same);
        }
        if can_project(&path) {
            let mut changed = (*path).clone();
            let startup = target.startup - path.target.startup;
            let per_tuple = target.per_tuple - path.target.per_tuple;
            changed.cost = Cost {
                startup: path.cost.startup + startup,
                total: path.cost.total + startup + per_tuple * path.rows,
            };
            changed.basis = path.basis.clone().map(|base| {
                Rc::new(CostBasis::Output {
                    base,
                    startup,
                    per_tuple,
                    rows: path.rows,
                })
            });
            changed.target = target.clone();
            return Rc::new(changed);
        }
        self.projection(path, target, false)
    }

    /// A Result on top of a path. `forced`: it stays even if it passes everything on.
    pub(super) fn projection(
        &self,
        path: Rc<Path>,
        target: &Rc<PathTarget>,
        forced: bool,
    ) -> Rc<Path> {
        let settings = self.input.settings;
        let cost = Cost {
            startup: path.cost.startup + target.startup,
            total: path.cost.total
                + target.startup
                + (settings.cpu_tuple_cost + target.per_tuple) * path.rows,
        };
        Rc::new(Path {
            rels: path.rels,
            target: target.clone(),
            param: path.param.clone(),
            rows: path.rows,
            cost,
            basis: self.basis(|| {
                CostBasis::Projection(ProjectionInput {
                    input: input_of(&path),
                    target: cost_of(target),
                    separate: true,
                })
            }),
            keys: path.keys.clone(),
            kind: PathKind::Projection {
                forced,
                input: path,
            },
        })
    }

    pub(super) fn distinct_paths(
        &self,
        level: &mut Level,
        input: PathList,
        upper: &Upper,
    ) -> PathList {
        let mut list = self.upper_list(level);
        let cheapest = input
            .cheapest()
            .total
            .expect("a step has at least one path");
        let keys: Vec<Expr> = distinct_targets(level)
            .into_iter()
            .filter_map(|at| level.query.targets.get(at))
            .map(|target| target.expr.clone())
            .collect();
        let rows = if upper.grouping {
            cheapest.rows
        } else {
            self.groups(level, &keys, cheapest.rows).count
        };
        let on = matches!(level.query.distinct, Distinct::On(_));
        let (distinct_keys, sort_keys) = (level.distinct_keys.clone(), level.sort_keys.clone());
        let more = distinct_keys.len() < sort_keys.len();
        let needed = if on && more {
            &sort_keys
        } else {
            &distinct_keys
        };
        for path in &input.paths {
            if satisfies(needed, &path.keys) {
                list.add(self.unique_step(level, path.clone(), &keys, rows));
            }
        }
        let needed = if more { &sort_keys } else { &distinct_keys };
        let sorted = if satisfies(needed, &cheapest.keys) {
            cheapest.clone()
        } else {
            Rc::new(self.sort_path(cheapest.clone(), needed, None))
        };
        list.add(self.unique_step(level, sorted, &keys, rows));
        if !on && (list.paths.is_empty() || self.input.settings.enable.hashagg) {
            list.add(self.hash_distinct(cheapest, &keys, rows));
        }
        list
    }

    fn unique_step(&self, level: &Level, input: Rc<Path>, keys: &[Expr], rows: f64) -> Path {
        let compared = super::base_rel::count(level.distinct_keys.len());
        Path {
            rels: RelSet::EMPTY,
            target: input.target.clone(),
            param: None,
            rows,
            cost: unique(
                self.input.settings,
                &input_of(&input),
                compared,
                &mut NoTerms,
            ),
            basis: self.basis(|| CostBasis::Unique {
                input: input_of(&input),
                keys: compared,
            }),
            keys: input.keys.clone(),
            kind: PathKind::Unique {
                input,
                keys: keys.to_vec(),
            },
        }
    }

    /// Removes duplicates by hashing all of `keys`.
    pub(super) fn hash_distinct(&self, input: Rc<Path>, keys: &[Expr], rows: f64) -> Path {
        let estimate = AggregateInput {
            input: input_of(&input),
            strategy: AggregateStrategy::Hashed,
            keys: super::base_rel::count(keys.len()),
            groups: rows,
            aggregates: AggregateCosts::default(),
            filter: QualCost::default(),
            target: cost_of(&input.target),
            rows,
        };
        Path {
            rels: RelSet::EMPTY,
            target: input.target.clone(),
            param: None,
            rows,
            cost: aggregate(self.input.settings, &estimate, &mut NoTerms),
            basis: self.basis(|| CostBasis::Aggregate(estimate)),
            keys: no_order(),
            kind: PathKind::Aggregate {
                input,
                strategy: AggregateStrategy::Hashed,
                keys: keys.to_vec(),
                calls: Rc::new(Vec::new()),
                having: Vec::new(),
            },
        }
    }

    pub(super) fn ordered_paths(
        &self,
        level: &mut Level,
        input: PathList,
        target: &Rc<PathTarget>,
    ) -> PathList {
        let target = self.make_target(level, target.exprs.clone());
        let mut list = self.upper_list(level);
        let cheapest = input
            .cheapest()
            .total
            .expect("a step has at least one path");
        let keys = level.sort_keys.clone();
        let bound = (level.limit_tuples > 0.0).then_some(level.limit_tuples);
        for path in &input.paths {
            if satisfies(&keys, &path.keys) {
                let path = self.over_distinct(level, path, &target);
                list.add_shared(self.project(path, &target));
                continue;
            }
            if Rc::ptr_eq(path, &cheapest) {
                let sorted = Rc::new(self.sort_path(path.clone(), &keys, bound));
                list.add_shared(self.project(sorted, &target));
            }
            let presorted = common_prefix(&keys, &path.keys);
            if presorted == 0 || !self.input.settings.enable.incremental_sort {
                continue;
            }
            let sorted = self.incremental_sort_path(level, path.clone(), &keys, presorted, bound);
            list.add_shared(self.project(Rc::new(sorted), &target));
        }
        list
    }

    /// LIMIT and OFFSET, and the end of the level.
    pub(super) fn limit_paths(&self, level: &mut Level, input: PathList) {
        let mut list = self.upper_list(level);
        let (limit_expr, offset_expr) = (level.query.limit.clone(), level.query.offset.clone());
        let needed = limit_is_needed(limit_expr.as_ref(), offset_expr.as_ref());
        for path in input.paths {
            if !needed {
                list.add_shared(path);
                continue;
            }
            list.add(self.limit_path(path, limit_expr.clone(), offset_expr.clone()));
        }
        level.final_list = list;
    }

    /// A LIMIT over a path.
    pub(super) fn limit_path(
        &self,
        input: Rc<Path>,
        limit_expr: Option<Expr>,
        offset_expr: Option<Expr>,
    ) -> Path {
        let estimate = LimitInput {
            input: input_of(&input),
            limit: count_of(limit_expr.as_ref()),
            offset: count_of(offset_expr.as_ref()),
        };
        let (cost, rows) = limit(&estimate, &mut NoTerms);
        Path {
            rels: RelSet::EMPTY,
            target: input.target.clone(),
            param: None,
            rows,
            cost,
            basis: self.basis(|| CostBasis::Limit(estimate)),
            keys: input.keys.clone(),
            kind: PathKind::Limit {
                input,
                limit: limit_expr,
                offset: offset_expr,
            },
        }
    }
}

/// Nodes that pass rows on as they are cannot compute output expressions.
pub(super) fn can_project(path: &Path) -> bool {
    match &path.kind {
        PathKind::Material { .. }
        | PathKind::Memoize { .. }
        | PathKind::Sort { .. }
        | PathKind::IncrementalSort { .. }
        | PathKind::Unique { .. }
        | PathKind::SetOp { .. }
        | PathKind::Limit { .. }
        | PathKind::MergeAppend { .. }
        | PathKind::RecursiveUnion { .. } => false,
        PathKind::Append { inputs } => inputs.is_empty(),
        PathKind::UniqueInner { hashed, .. } => *hashed,
        _ => true,
    }
}

fn limit_is_needed(limit: Option<&Expr>, offset: Option<&Expr>) -> bool {
    let null = |expr: &Expr| matches!(expr.kind, ExprKind::Const(Value::Null));
    let zero = |expr: &Expr| match &expr.kind {
        ExprKind::Const(value) => super::query_planner::integer(value) == Some(0.0),
        _ => false,
    };
    limit.is_some_and(|limit| !null(limit))
        || offset.is_some_and(|offset| !null(offset) && !zero(offset))
}

fn count_of(expr: Option<&Expr>) -> LimitCount {
    match expr.map(|expr| &expr.kind) {
        None | Some(ExprKind::Const(Value::Null)) => LimitCount::None,
        Some(ExprKind::Const(value)) => {
            super::query_planner::integer(value).map_or(LimitCount::Unknown, LimitCount::Known)
        }
        Some(_) => LimitCount::Unknown,
    }
}
