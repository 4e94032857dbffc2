//! Plan nodes above scans and joins: grouping, windows, set operations, sorting, limits.
//!
//! Source of the method: PostgreSQL 15 `createplan.c` (`create_agg_plan`, `create_windowagg_plan`, `create_limit_plan` and
//! their neighbours).

use super::{OutputUse, PlanMaker, rename};
use crate::physical::window::{filter_of_last, is_last};
use crate::{
    error::Error,
    logical::{AggregateCall, Expr, ExprKind, SubPlanId, expr_walk},
    physical::{
        cost::CostBasis,
        grouping::cost_of,
        path::{Path, PathKind},
        plan::{AggregateStrategy, PlanKind, PlanNode, SortColumn},
    },
};
use alloc::{boxed::Box, rc::Rc, vec::Vec};

impl PlanMaker<'_, '_> {
    /// Nodes with inputs that are neither scans nor joins.
    pub(super) fn upper(&self, path: &Rc<Path>, usage: OutputUse) -> Result<PlanNode, Error> {
        match &path.kind {
            PathKind::Append { inputs } if inputs.is_empty() => {
                let kind = PlanKind::Result {
                    one_time_filter: alloc::vec![Expr::bool(false)],
                };
                Ok(self.bare(path, kind, Vec::new()))
            }
            PathKind::Append { inputs } => self.append(path, inputs, PlanKind::Append),
            PathKind::MergeAppend { inputs } => {
                let kind = PlanKind::MergeAppend { keys: Vec::new() };
                let mut node = self.append(path, inputs, kind)?;
                let keys = self.sort_columns(&path.keys, &mut node);
                node.kind = PlanKind::MergeAppend { keys };
                Ok(node)
            }
            PathKind::Material { input } => {
                self.over(path, input, OutputUse::Exact, |_| PlanKind::Materialize)
            }
            PathKind::Memoize {
                input,
                keys,
                single_row,
                ..
            } => self.over(path, input, OutputUse::Exact, |maker| PlanKind::Memoize {
                keys: maker.fix_all(keys),
                single_row: *single_row,
            }),
            PathKind::UniqueInner {
                input,
                hashed,
                exprs,
                noop,
            } => self.unique_inner(path, input, *hashed, exprs, *noop),
            PathKind::Projection { input, forced } => {
                let mut child = self.make(input, OutputUse::Any)?;
                self.widen_distinct(input, &mut child);
                if !forced && child.output == self.fix_all(&path.target.exprs) {
                    // What passes stored columns on costs nothing.
                    if child.cost != path.cost {
                        child.cost = path.cost;
                        child.basis = child.basis.take().map(|base| {
                            Rc::new(CostBasis::Folded {
                                base,
                                target: cost_of(&path.target),
                                rows: input.rows,
                            })
                        });
                    }
                    return Ok(child);
                }
                let kind = PlanKind::Result {
                    one_time_filter: Vec::new(),
                };
                Ok(self.bare(path, kind, alloc::vec![child]))
            }
            PathKind::Sort { input, bound } => {
                let mut child = self.make(input, OutputUse::Exact)?;
                let keys = self.sort_columns(&path.keys, &mut child);
                let kind = PlanKind::Sort {
                    keys,
                    bound: rows_bound(*bound),
                };
                Ok(self.passing(path, kind, child))
            }
            PathKind::IncrementalSort {
                input,
                presorted,
                bound,
            } => {
                let mut child = self.make(input, OutputUse::Exact)?;
                let keys = self.sort_columns(&path.keys, &mut child);
                let kind = PlanKind::IncrementalSort {
                    keys,
                    presorted: *presorted,
                    bound: rows_bound(*bound),
                };
                Ok(self.passing(path, kind, child))
            }
            PathKind::Group {
                input,
                keys,
                having,
            } => {
                let child = self.make(input, OutputUse::Any)?;
                let kind = PlanKind::Group {
                    keys: self.fix_all(keys),
                };
                let mut node = self.bare(path, kind, alloc::vec![child]);
                node.filter = self.fix_all(having);
                Ok(node)
            }
            PathKind::Aggregate {
                input,
                strategy,
                keys,
                calls,
                having,
            } => {
                let child = self.make(input, group_use(keys))?;
                let kind = PlanKind::Aggregate {
                    strategy: *strategy,
                    keys: self.fix_all(keys),
                    calls: calls.iter().map(|call| self.fix_call(call)).collect(),
                };
                let mut node = self.bare(path, kind, alloc::vec![child]);
                node.filter = self.fix_all(having);
                Ok(node)
            }
            PathKind::Unique { input, keys } => {
                let child = self.make(input, usage)?;
                let kind = PlanKind::Unique {
                    keys: self.fix_all(keys),
                };
                Ok(self.passing(path, kind, child))
            }
            PathKind::MinMax { aggregates, having } => {
                let mut plans = Vec::new();
                for one in aggregates {
                    let plan = self.planner.min_max_plan(one)?;
                    plans.push(plan);
                    let from = aggregate_expr(&path.target.exprs, having, &one.call);
                    if let Some(from) = from {
                        let to = Expr::new(ExprKind::InitPlan(plan), from.data_type, from.origin.0);
                        self.renamed.borrow_mut().push((from, to));
                    }
                }
                let kind = PlanKind::Result {
                    one_time_filter: self.fix_all(having),
                };
                let mut node = self.bare(path, kind, Vec::new());
                node.basis = node.basis.map(|basis| number_plans(&basis, &plans));
                node.init_plans = plans;
                Ok(node)
            }
            PathKind::Window {
                input,
                window,
                calls,
            } => self.window(path, input, *window, calls),
            PathKind::SetOp {
                input,
                op,
                all,
                strategy,
            } => {
                let child = self.make(input, OutputUse::Exact)?;
                let kind = PlanKind::SetOp {
                    op: *op,
                    all: *all,
                    strategy: *strategy,
                };
                Ok(self.passing(path, kind, child))
            }
            PathKind::RecursiveUnion {
                cte,
                all,
                left,
                right,
            } => {
                let start = self.planner.finish(&left.0, &left.1)?;
                let step = self.planner.finish(&right.0, &right.1)?;
                let kind = PlanKind::RecursiveUnion {
                    cte: *cte,
                    all: *all,
                };
                Ok(self.bare(path, kind, alloc::vec![start, step]))
            }
            PathKind::Limit {
                input,
                limit,
                offset,
            } => {
                let child = self.make(input, usage)?;
                let kind = PlanKind::Limit {
                    limit: limit.as_ref().map(|expr| self.fix(expr)),
                    offset: offset.as_ref().map(|expr| self.fix(expr)),
                };
                Ok(self.passing(path, kind, child))
            }
            _ => unreachable!("scans and joins are made elsewhere"),
        }
    }

    fn over(
        &self,
        path: &Path,
        input: &Rc<Path>,
        usage: OutputUse,
        kind: impl FnOnce(&Self) -> PlanKind,
    ) -> Result<PlanNode, Error> {
        let child = self.make(input, usage)?;
        let kind = kind(self);
        Ok(self.passing(path, kind, child))
    }

    fn append(&self, path: &Path, inputs: &[Rc<Path>], kind: PlanKind) -> Result<PlanNode, Error> {
        let mut children = Vec::new();
        for input in inputs {
            children.push(self.make(input, OutputUse::Exact)?);
        }
        Ok(self.bare(path, kind, children))
    }

    fn window(
        &self,
        path: &Path,
        input: &Rc<Path>,
        window: usize,
        calls: &[Expr],
    ) -> Result<PlanNode, Error> {
        let child = self.make(input, OutputUse::Exact)?;
        let definition = self
            .level
            .query
            .windows
            .get(window)
            .expect("a window call refers to a window of its query");
        let kind = PlanKind::WindowAgg {
            window,
            partition: self.fix_all(&definition.partition_by),
            order: definition
                .order_by
                .iter()
                .map(|(expr, descending, nulls_first)| SortColumn {
                    expr: self.fix(expr),
                    descending: *descending,
                    nulls_first: *nulls_first,
                })
                .collect(),
            frame: Box::new(definition.frame.clone()),
            calls: self.fix_all(calls),
            run_condition: self.fix_all(&definition.run_condition),
            last: is_last(&self.level.query, window),
        };
        let mut node = self.bare(path, kind, alloc::vec![child]);
        node.filter = self.fix_all(&filter_of_last(&self.level.query, window));
        Ok(node)
    }

    fn unique_inner(
        &self,
        path: &Path,
        input: &Rc<Path>,
        hashed: bool,
        exprs: &[Expr],
        noop: bool,
    ) -> Result<PlanNode, Error> {
        let mut child = self.make(input, OutputUse::Exact)?;
        if noop {
            return Ok(child);
        }
        let exprs = self.fix_all(exprs);
        for expr in &exprs {
            self.ensure_output(&mut child, expr);
        }
        let mut output = self.emitted(path);
        for expr in &exprs {
            if !output.contains(expr) {
                output.push(expr.clone());
            }
        }
        if hashed {
            let kind = PlanKind::Aggregate {
                strategy: AggregateStrategy::Hashed,
                keys: exprs,
                calls: Vec::new(),
            };
            let mut node = self.bare(path, kind, alloc::vec![child]);
            node.output = output;
            return Ok(node);
        }
        let keys: Vec<SortColumn> = exprs
            .iter()
            .map(|expr| SortColumn {
                expr: expr.clone(),
                descending: false,
                nulls_first: false,
            })
            .collect();
        let sorted = self.sort_node(child, keys);
        Ok(self.passing(path, PlanKind::Unique { keys: exprs }, sorted))
    }

    fn fix_call(&self, call: &AggregateCall) -> AggregateCall {
        let renamed = self.renamed.borrow();
        let mut call = call.clone();
        if !renamed.is_empty() {
            let args = core::mem::take(&mut call.args);
            call.args = args.into_iter().map(|arg| rename(arg, &renamed)).collect();
            for (key, _, _) in &mut call.order_by {
                *key = rename(key.clone(), &renamed);
            }
            if let Some(filter) = &mut call.filter {
                **filter = rename((**filter).clone(), &renamed);
            }
        }
        call
    }
}

/// Grouping by plain columns can read them from wider rows; a computed key has to be emitted as such.
fn group_use(keys: &[Expr]) -> OutputUse {
    if keys
        .iter()
        .all(|key| matches!(key.kind, ExprKind::Column(_)))
    {
        OutputUse::Any
    } else {
        OutputUse::Exact
    }
}

/// The basis of a MIN/MAX node with its sub-plans by their numbers.
fn number_plans(basis: &Rc<CostBasis>, numbers: &[SubPlanId]) -> Rc<CostBasis> {
    let mut basis = (**basis).clone();
    if let CostBasis::MinMax { plans, .. } = &mut basis {
        for ((plan, _), number) in plans.iter_mut().zip(numbers) {
            *plan = number.0;
        }
    }
    Rc::new(basis)
}

fn aggregate_expr(exprs: &[Expr], having: &[Expr], call: &AggregateCall) -> Option<Expr> {
    let mut found = None;
    for expr in exprs.iter().chain(having) {
        expr_walk(expr, &mut |part| {
            if let ExprKind::Aggregate(one) = &part.kind
                && **one == *call
            {
                found.get_or_insert_with(|| part.clone());
            }
            found.is_none()
        });
    }
    found
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bound is a positive number of rows; floats beyond u64 saturate"
)]
fn rows_bound(bound: Option<f64>) -> Option<u64> {
    bound.filter(|rows| *rows > 0.0).map(|rows| rows as u64)
}
