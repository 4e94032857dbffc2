//! Sub-queries in expressions, and WITH queries that are kept: each becomes a plan of its own.
//!
//! Uncorrelated ones run once (InitPlan) or, for ANY, once into a hash table. Source of the method: PostgreSQL 15
//! `subselect.c`.

use super::{
    alternative::{self, Alternative},
    cost::{
        CostBasis, InputEstimate, QualCost, SubPlanInput, SubPlanUse, subplan, subplan_fits_hash,
    },
    level::Level,
    path::{Path, PathKind},
    plan::{PlanKind, PlanNode, SubPlan, SubPlanKind},
    planner::{CtePlan, Planner},
};
use crate::{
    error::Error,
    logical::{
        CompareOp, Expr, ExprKind, Quantifier, Query, SubLink, SubLinkKind, SubPlanId,
        map_children, outer_columns, simplify_exists,
    },
    physical::Cost,
};
use alloc::{format, rc::Rc, string::String, vec::Vec};

/// Fraction of an ANY or ALL sub-query that is read on the average.
const QUANTIFIED_FRACTION: f64 = 0.5;

impl Planner<'_> {
    /// The expression with its sub-queries planned. `is_qual`: it stands alone as a condition.
    pub(super) fn replace_sublinks(
        &self,
        level: &mut Level,
        expr: Expr,
        is_qual: bool,
    ) -> Result<Expr, Error> {
        let mut failed = None;
        let replaced = self.replace_part(level, expr, is_qual, &mut failed);
        match failed {
            Some(error) => Err(error),
            None => Ok(replaced),
        }
    }

    fn replace_part(
        &self,
        level: &mut Level,
        expr: Expr,
        is_qual: bool,
        failed: &mut Option<Error>,
    ) -> Expr {
        if failed.is_some() {
            return expr;
        }
        let stays_qual = is_qual && matches!(expr.kind, ExprKind::And(_) | ExprKind::Or(_));
        let expr = map_children(expr, &mut |part| {
            self.replace_part(level, part, stays_qual, failed)
        });
        let span = expr.origin.0;
        let data_type = expr.data_type;
        let ExprKind::SubLink(link) = expr.kind else {
            return expr;
        };
        match self.plan_sublink(level, *link) {
            Ok(kind) => Expr::new(kind, data_type, span),
            Err(error) => {
                failed.get_or_insert(error.at(span));
                Expr::null()
            }
        }
    }

    fn plan_sublink(&self, level: &mut Level, link: SubLink) -> Result<ExprKind, Error> {
        let SubLink {
            kind, mut query, ..
        } = link;
        let simple_exists = matches!(kind, SubLinkKind::Exists) && simplify_exists(&mut query);
        if simple_exists {
            query.targets.clear();
        }
        let outer = outer_columns(&query, self.range_table, self.ctes);
        let params: Vec<Expr> = outer
            .iter()
            .map(|column| {
                let types = &self.entry(column.rel).column_types;
                let data_type = types
                    .get(usize::from(column.column))
                    .copied()
                    .unwrap_or(crate::value::DataType::Int8);
                super::planner::column_expr(*column, data_type)
            })
            .collect();
        let fraction = match &kind {
            SubLinkKind::Exists => 1.0,
            SubLinkKind::Quantified { .. } => QUANTIFIED_FRACTION,
            SubLinkKind::Scalar | SubLinkKind::Array => 0.0,
        };
        self.next_param
            .set(self.next_param.get() + u32::try_from(params.len()).unwrap_or(0));
        let hashable = if simple_exists && !params.is_empty() {
            alternative::as_any(&query, &outer)
        } else {
            None
        };
        let sub = self.plan_query(*query, fraction, None)?;
        let path = sub
            .final_list
            .cheapest_fractional(fraction)
            .expect("a planned level has at least one path");
        let estimate = super::join_path::input_of(&path);
        let keeps = keeps_result(&path);
        let mut node = self.finish(&sub, &path)?;
        let uncorrelated = params.is_empty();
        match kind {
            SubLinkKind::Scalar | SubLinkKind::Exists | SubLinkKind::Array if uncorrelated => {
                let exists = matches!(kind, SubLinkKind::Exists);
                let usage = if exists {
                    SubPlanUse::Exists
                } else {
                    SubPlanUse::Scalar
                };
                let cost = self.subplan_price(estimate, usage, QualCost::default(), (true, keeps));
                let number = self.next_param.get();
                self.next_param.set(number + 1);
                let id =
                    self.add_subplan(SubPlanKind::Init { exists }, node, params, cost, &|plan| {
                        format!("InitPlan {plan} (returns ${number})")
                    });
                level.init_plans.push(id);
                Ok(ExprKind::InitPlan(id))
            }
            SubLinkKind::Scalar | SubLinkKind::Array => {
                let usage = SubPlanUse::Scalar;
                let cost = self.subplan_price(estimate, usage, QualCost::default(), (false, keeps));
                let id = self.add_subplan(SubPlanKind::Scalar, node, params, cost, &subplan_name);
                Ok(ExprKind::SubPlan {
                    plan: id,
                    left: Vec::new(),
                })
            }
            SubLinkKind::Exists => {
                let usage = SubPlanUse::Exists;
                let cost = self.subplan_price(estimate, usage, QualCost::default(), (false, keeps));
                let id = self.add_subplan(SubPlanKind::Exists, node, params, cost, &subplan_name);
                if let Some((query, left)) = hashable {
                    self.plan_hashed_exists(id, query, left)?;
                }
                Ok(ExprKind::SubPlan {
                    plan: id,
                    left: Vec::new(),
                })
            }
            SubLinkKind::Quantified {
                left,
                op,
                quantifier,
            } => {
                let equality = (op, quantifier) == (CompareOp::Eq, Quantifier::Any);
                let hashed = uncorrelated
                    && equality
                    && subplan_fits_hash(self.input.settings, estimate.rows, estimate.width);
                let usage = if hashed {
                    SubPlanUse::Hashed
                } else {
                    SubPlanUse::Quantified
                };
                let comparison = QualCost {
                    startup: 0.0,
                    per_tuple: self.input.settings.cpu_operator_cost
                        * super::base_rel::count(left.len()),
                };
                let mut kept = keeps;
                let mut priced = estimate;
                if uncorrelated && !hashed && !keeps && self.input.settings.enable.material {
                    node = self.materialized(node);
                    priced.cost = node.cost;
                    kept = true;
                }
                let cost = self.subplan_price(priced, usage, comparison, (uncorrelated, kept));
                let id = self.add_subplan(
                    SubPlanKind::Quantified {
                        op,
                        quantifier,
                        hashed,
                        exists: false,
                    },
                    node,
                    params,
                    cost,
                    &subplan_name,
                );
                Ok(ExprKind::SubPlan { plan: id, left })
            }
        }
    }

    /// Plans an EXISTS once more as a hash table to look into, if that fits memory.
    fn plan_hashed_exists(
        &self,
        each: SubPlanId,
        query: Query,
        left: Vec<Expr>,
    ) -> Result<(), Error> {
        if !outer_columns(&query, self.range_table, self.ctes).is_empty() {
            return Ok(());
        }
        let sub = self.plan_query(query, 0.0, None)?;
        let path = sub
            .final_list
            .cheapest()
            .total
            .expect("a planned level has at least one path");
        let estimate = super::join_path::input_of(&path);
        if !subplan_fits_hash(self.input.settings, estimate.rows, estimate.width) {
            return Ok(());
        }
        let node = self.finish(&sub, &path)?;
        let comparison = QualCost {
            startup: 0.0,
            per_tuple: self.input.settings.cpu_operator_cost * super::base_rel::count(left.len()),
        };
        let cost = self.subplan_price(estimate, SubPlanUse::Hashed, comparison, (true, false));
        let kind = SubPlanKind::Quantified {
            op: CompareOp::Eq,
            quantifier: Quantifier::Any,
            hashed: true,
            exists: true,
        };
        let hashed = self.add_subplan(kind, node, Vec::new(), cost, &subplan_name);
        self.alternatives
            .borrow_mut()
            .push(Alternative { each, hashed, left });
        Ok(())
    }

    fn subplan_price(
        &self,
        plan: InputEstimate,
        usage: SubPlanUse,
        comparison: QualCost,
        kept: (bool, bool),
    ) -> QualCost {
        let (uncorrelated, result_is_kept) = kept;
        let input = SubPlanInput {
            plan,
            usage,
            comparison,
            uncorrelated,
            result_is_kept,
        };
        subplan(self.input.settings, &input)
    }

    fn materialized(&self, node: PlanNode) -> PlanNode {
        let input = InputEstimate {
            cost: node.cost,
            rows: node.est_rows,
            width: node.width,
        };
        let cost = super::cost::materialize(self.input.settings, &input, &mut super::cost::NoTerms);
        PlanNode {
            id: self.next_node_id(),
            kind: PlanKind::Materialize,
            output: node.output.clone(),
            filter: Vec::new(),
            cost,
            est_rows: node.est_rows,
            width: node.width,
            init_plans: Vec::new(),
            basis: self.basis(|| CostBasis::Materialize(input)),
            children: alloc::vec![node],
        }
    }

    /// Registers a finished sub-plan.
    pub(super) fn add_subplan(
        &self,
        kind: SubPlanKind,
        plan: PlanNode,
        params: Vec<Expr>,
        cost: QualCost,
        name: &dyn Fn(usize) -> String,
    ) -> SubPlanId {
        let mut subplans = self.subplans.borrow_mut();
        let id = SubPlanId(u32::try_from(subplans.len()).unwrap_or(u32::MAX));
        let name = name(subplans.len() + 1);
        subplans.push(SubPlan {
            id,
            name,
            kind,
            plan,
            params,
        });
        self.subplan_costs.borrow_mut().push(cost);
        id
    }

    /// Sub-plans that run once are paid by the whole level (`SS_charge_for_initplans`).
    pub(super) fn charge_init_plans(&self, level: &mut Level) {
        if level.init_plans.is_empty() {
            return;
        }
        let costs = self.subplan_costs.borrow();
        let mut extra = 0.0;
        let mut plans = Vec::new();
        for plan in &level.init_plans {
            if let Some(cost) = costs.get(plan.0 as usize) {
                extra += cost.startup + cost.per_tuple;
                plans.push((plan.0, cost.startup + cost.per_tuple));
            }
        }
        for path in &mut level.final_list.paths {
            let mut charged = (**path).clone();
            charged.cost = Cost {
                startup: charged.cost.startup + extra,
                total: charged.cost.total + extra,
            };
            charged.basis = charged.basis.take().map(|base| {
                let plans = plans.clone();
                Rc::new(CostBasis::Charged { base, plans })
            });
            *path = Rc::new(charged);
        }
    }

    /// Plans the WITH queries that this level defines and keeps.
    pub(super) fn plan_ctes(&self, level: &mut Level) -> Result<(), Error> {
        for id in level.query.ctes.clone() {
            let Some(cte) = self.ctes.get(id.0 as usize) else {
                continue;
            };
            if cte.references == 0 {
                continue;
            }
            let sub = if cte.recursive {
                // PostgreSQL numbers the working table, and the WITH query itself, as it numbers parameters.
                self.next_param.set(self.next_param.get() + 1);
                self.plan_recursion(id, &cte.query)?
            } else {
                self.plan_query(cte.query.clone(), 0.0, None)?
            };
            let path = sub
                .final_list
                .cheapest()
                .total
                .expect("a planned level has at least one path");
            let node = self.finish(&sub, &path)?;
            self.next_param.set(self.next_param.get() + 1);
            let cost = QualCost {
                startup: path.cost.startup,
                per_tuple: path.run_cost(),
            };
            let params: Vec<Expr> = Vec::new();
            let plan = self.add_subplan(SubPlanKind::Cte(id), node, params, cost, &|_| {
                format!("CTE {}", cte.name)
            });
            level.init_plans.push(plan);
            self.cte_plans.borrow_mut().insert(
                id,
                CtePlan {
                    plan,
                    rows: path.rows,
                },
            );
        }
        Ok(())
    }
}

fn subplan_name(number: usize) -> String {
    format!("SubPlan {number}")
}

/// Whether reading a path again needs no new start.
fn keeps_result(path: &Path) -> bool {
    matches!(
        path.kind,
        PathKind::Material { .. }
            | PathKind::FunctionScan
            | PathKind::CteScan { .. }
            | PathKind::WorkTableScan { .. }
            | PathKind::Sort { .. }
    )
}
