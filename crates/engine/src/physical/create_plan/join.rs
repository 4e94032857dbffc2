//! Plan nodes of joins: which clauses drive them, which only filter, which columns the inner side is given.
//!
//! Source of the method: PostgreSQL 15 `createplan.c` (`create_nestloop_plan`, `create_hashjoin_plan`,
//! `create_mergejoin_plan`).

use super::{OutputUse, PlanMaker};
use crate::{
    error::Error,
    logical::{CompareOp, Expr, expr_walk},
    physical::{
        Cost,
        clause::Clause,
        cost::{CostBasis, InputEstimate, hash_table_size},
        estimate::{is_outer, is_pushed_down},
        path::{JoinPath, Path, PathKey, PathKind},
        plan::{PlanKind, PlanNode},
        planner::column_expr,
        relset::RelSet,
    },
};
use alloc::{rc::Rc, vec::Vec};

/// A join's clauses, sorted by use.
struct Sorted {
    on: Vec<Expr>,
    filter: Vec<Expr>,
    once: Vec<Expr>,
}

impl PlanMaker<'_, '_> {
    fn sort_clauses(&self, path: &Path, join: &JoinPath, driving: &[(Rc<Clause>, bool)]) -> Sorted {
        let rest = join
            .clauses
            .iter()
            .filter(|clause| !driving.iter().any(|(one, _)| one.id == clause.id));
        let (once, rest): (Vec<Rc<Clause>>, Vec<Rc<Clause>>) =
            rest.cloned().partition(|clause| clause.pseudoconstant);
        let (filter, on): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|clause| is_outer(join.join) && is_pushed_down(clause, path.rels));
        Sorted {
            on: self.ordered(on),
            filter: self.ordered(filter),
            once: self.ordered(once),
        }
    }

    pub(super) fn nested_loop(&self, path: &Path, join: &JoinPath) -> Result<PlanNode, Error> {
        let mut outer = self.make(&join.outer, OutputUse::Any)?;
        let inner = self.make(&join.inner, OutputUse::Any)?;
        let clauses = self.sort_clauses(path, join, &[]);
        let params = self.params_of(&inner, join.outer.rels, join.inner.required_outer());
        for param in &params {
            self.ensure_output(&mut outer, param);
        }
        let kind = PlanKind::NestedLoop {
            join: join.join,
            on: clauses.on,
            inner_unique: join.inner_unique,
            params,
        };
        let mut node = self.bare(path, kind, alloc::vec![outer, inner]);
        node.filter = clauses.filter;
        Ok(self.gate(node, clauses.once))
    }

    /// Columns of the outer side that the inner side's nodes use.
    fn params_of(&self, inner: &PlanNode, outer_rels: RelSet, required: RelSet) -> Vec<Expr> {
        if !required.overlaps(outer_rels) {
            return Vec::new();
        }
        let mut params: Vec<Expr> = Vec::new();
        self.collect_params(inner, outer_rels, &mut params);
        params
    }

    fn collect_params(&self, node: &PlanNode, outer_rels: RelSet, params: &mut Vec<Expr>) {
        let mut visit = |expr: &Expr| {
            self.collect_renamed(expr, outer_rels, params);
            for column in self.planner.columns_used(expr) {
                let from_outer = self
                    .level
                    .position(column.rel)
                    .is_some_and(|at| outer_rels.contains(at));
                if !from_outer {
                    continue;
                }
                let data_type = self
                    .planner
                    .entry(column.rel)
                    .column_types
                    .get(usize::from(column.column))
                    .copied()
                    .unwrap_or(expr.data_type);
                let param = column_expr(column, data_type);
                if !params.contains(&param) {
                    params.push(param);
                }
            }
        };
        node.output.iter().for_each(&mut visit);
        node.filter.iter().for_each(&mut visit);
        match &node.kind {
            PlanKind::Result { one_time_filter } => one_time_filter.iter().for_each(&mut visit),
            PlanKind::IndexScan { conditions, .. }
            | PlanKind::IndexOnlyScan { conditions, .. }
            | PlanKind::BitmapIndexScan { conditions, .. } => {
                conditions.iter().for_each(|one| visit(&one.expr));
            }
            PlanKind::BitmapHeapScan { recheck, .. } => recheck.iter().for_each(&mut visit),
            PlanKind::FunctionScan { rel } | PlanKind::ValuesScan { rel } => {
                for column in self.planner.lateral_columns(*rel) {
                    let types = &self.planner.entry(column.rel).column_types;
                    if let Some(data_type) = types.get(usize::from(column.column)) {
                        visit(&column_expr(column, *data_type));
                    }
                }
            }
            PlanKind::NestedLoop { on, .. } => on.iter().for_each(&mut visit),
            PlanKind::HashJoin { conditions, on, .. }
            | PlanKind::MergeJoin { conditions, on, .. } => {
                conditions.iter().chain(on).for_each(&mut visit);
            }
            PlanKind::Memoize { keys, .. } => keys.iter().for_each(&mut visit),
            PlanKind::Limit { limit, offset } => {
                limit.iter().chain(offset).for_each(&mut visit);
            }
            PlanKind::Aggregate { keys, calls, .. } => {
                keys.iter().for_each(&mut visit);
                for call in calls {
                    call.args.iter().for_each(&mut visit);
                    call.filter.iter().for_each(|filter| visit(filter));
                }
            }
            PlanKind::Group { keys } => keys.iter().for_each(&mut visit),
            _ => {}
        }
        for child in &node.children {
            self.collect_params(child, outer_rels, params);
        }
    }

    /// Adds what stands for an outer sub-query's column whose scan was left out.
    fn collect_renamed(&self, expr: &Expr, outer_rels: RelSet, params: &mut Vec<Expr>) {
        let renamed = self.renamed.borrow();
        if renamed.is_empty() {
            return;
        }
        expr_walk(expr, &mut |part| {
            let stands = renamed.iter().any(|(from, to)| {
                to == part
                    && from
                        .as_column()
                        .and_then(|column| self.level.position(column.rel))
                        .is_some_and(|at| outer_rels.contains(at))
            });
            if stands && !params.contains(part) {
                params.push(part.clone());
            }
            !stands
        });
    }

    /// Driving clauses as (outer, inner) pairs and as printed.
    fn pairs(&self, clauses: &[(Rc<Clause>, bool)]) -> (Vec<(Expr, Expr)>, Vec<Expr>) {
        let (mut pairs, mut conditions) = (Vec::new(), Vec::new());
        for (clause, outer_is_left) in clauses {
            let (outer, inner) = if *outer_is_left {
                (self.fix(clause.left()), self.fix(clause.right()))
            } else {
                (self.fix(clause.right()), self.fix(clause.left()))
            };
            let mut condition = Expr::compare(CompareOp::Eq, outer.clone(), inner.clone());
            condition.origin = clause.expr.origin;
            conditions.push(condition);
            pairs.push((outer, inner));
        }
        (pairs, conditions)
    }

    pub(super) fn hash_join(
        &self,
        path: &Path,
        join: &JoinPath,
        hash_clauses: &[(Rc<Clause>, bool)],
    ) -> Result<PlanNode, Error> {
        let settings = self.planner.input.settings;
        let size = hash_table_size(settings, join.inner.rows, join.inner.target.width);
        let usage = if size.batches > 1.0 {
            OutputUse::Exact
        } else {
            OutputUse::Any
        };
        let outer = self.make(&join.outer, usage)?;
        let inner = self.make(&join.inner, OutputUse::Exact)?;
        let (clauses, conditions) = self.pairs(hash_clauses);
        let sorted = self.sort_clauses(path, join, hash_clauses);
        let hash = PlanNode {
            id: self.planner.next_node_id(),
            kind: PlanKind::Hash,
            output: inner.output.clone(),
            filter: Vec::new(),
            cost: Cost {
                startup: inner.cost.total,
                total: inner.cost.total,
            },
            basis: self.planner.basis(|| CostBasis::Gathered(inner.cost)),
            est_rows: inner.est_rows,
            width: inner.width,
            init_plans: Vec::new(),
            children: alloc::vec![inner],
        };
        let kind = PlanKind::HashJoin {
            join: join.join,
            clauses,
            conditions,
            on: sorted.on,
            inner_unique: join.inner_unique,
        };
        let mut node = self.bare(path, kind, alloc::vec![outer, hash]);
        node.filter = sorted.filter;
        Ok(self.gate(node, sorted.once))
    }

    pub(super) fn merge_join(&self, path: &Path) -> Result<PlanNode, Error> {
        let PathKind::MergeJoin {
            path: join,
            merge_clauses,
            outer_sort,
            inner_sort,
            materialize,
        } = &path.kind
        else {
            unreachable!("only merge joins come here");
        };
        let usage = |sort: &[PathKey]| {
            if sort.is_empty() {
                OutputUse::Any
            } else {
                OutputUse::Exact
            }
        };
        let mut outer = self.make(&join.outer, usage(outer_sort))?;
        if !outer_sort.is_empty() {
            let keys = self.sort_columns(outer_sort, &mut outer);
            outer = self.sort_node(outer, keys);
        }
        let mut inner = self.make(&join.inner, usage(inner_sort))?;
        if !inner_sort.is_empty() {
            let keys = self.sort_columns(inner_sort, &mut inner);
            inner = self.sort_node(inner, keys);
        }
        if *materialize {
            let operator = self.planner.input.settings.cpu_operator_cost;
            inner = PlanNode {
                id: self.planner.next_node_id(),
                kind: PlanKind::Materialize,
                output: inner.output.clone(),
                filter: Vec::new(),
                cost: Cost {
                    startup: inner.cost.startup,
                    total: inner.cost.total + operator * inner.est_rows,
                },
                basis: self.planner.basis(|| {
                    CostBasis::MergeMaterialize(InputEstimate {
                        cost: inner.cost,
                        rows: inner.est_rows,
                        width: inner.width,
                    })
                }),
                est_rows: inner.est_rows,
                width: inner.width,
                init_plans: Vec::new(),
                children: alloc::vec![inner],
            };
        }
        let (clauses, conditions) = self.pairs(merge_clauses);
        let sorted = self.sort_clauses(path, join, merge_clauses);
        let outer_keys: &[PathKey] = if outer_sort.is_empty() {
            &join.outer.keys
        } else {
            outer_sort
        };
        let orders = merge_clauses
            .iter()
            .map(|(clause, outer_is_left)| {
                let ec = if *outer_is_left {
                    clause.left_ec.get()
                } else {
                    clause.right_ec.get()
                };
                let ec = ec.map(|ec| self.level.canonical(ec));
                outer_keys
                    .iter()
                    .find(|key| Some(key.ec) == ec)
                    .map_or((false, false), |key| (key.descending, key.nulls_first))
            })
            .collect();
        let kind = PlanKind::MergeJoin {
            join: join.join,
            clauses,
            conditions,
            on: sorted.on,
            orders,
            inner_unique: join.inner_unique,
        };
        let mut node = self.bare(path, kind, alloc::vec![outer, inner]);
        node.filter = sorted.filter;
        Ok(self.gate(node, sorted.once))
    }
}
