//! Whether a part of a plan gives other rows when it is run again.

use super::Builder;
use crate::{
    logical::{Expr, ExprKind, RelationKind, TableFunction, expr_walk},
    physical::{PhysicalPlan, PlanKind, PlanNode},
};

/// Visits every expression of a node itself.
fn for_each_expr(plan: &PhysicalPlan, node: &PlanNode, visit: &mut dyn FnMut(&Expr)) {
    node.output.iter().chain(&node.filter).for_each(&mut *visit);
    match &node.kind {
        PlanKind::Result { one_time_filter } => one_time_filter.iter().for_each(visit),
        PlanKind::IndexScan { conditions, .. }
        | PlanKind::IndexOnlyScan { conditions, .. }
        | PlanKind::BitmapIndexScan { conditions, .. } => {
            conditions.iter().for_each(|c| visit(&c.expr));
        }
        PlanKind::NestedLoop { on, params, .. } => on.iter().chain(params).for_each(visit),
        PlanKind::HashJoin { clauses, on, .. } | PlanKind::MergeJoin { clauses, on, .. } => {
            for (left, right) in clauses {
                visit(left);
                visit(right);
            }
            on.iter().for_each(visit);
        }
        PlanKind::Memoize { keys, .. } | PlanKind::Group { keys } | PlanKind::Unique { keys } => {
            keys.iter().for_each(visit)
        }
        PlanKind::Sort { keys, .. }
        | PlanKind::IncrementalSort { keys, .. }
        | PlanKind::MergeAppend { keys } => keys.iter().for_each(|key| visit(&key.expr)),
        PlanKind::Limit { limit, offset } => limit.iter().chain(offset).for_each(visit),
        PlanKind::Aggregate { keys, calls, .. } => {
            keys.iter().for_each(&mut *visit);
            for call in calls {
                call.args.iter().for_each(&mut *visit);
                call.order_by.iter().for_each(|(key, _, _)| visit(key));
                call.filter.iter().for_each(|filter| visit(filter));
            }
        }
        PlanKind::WindowAgg {
            partition,
            order,
            calls,
            ..
        } => {
            partition.iter().chain(calls).for_each(&mut *visit);
            order.iter().for_each(|key| visit(&key.expr));
        }
        PlanKind::FunctionScan { rel } | PlanKind::ValuesScan { rel } => {
            match plan.range_table.get(rel.0 as usize).map(|e| &e.kind) {
                Some(RelationKind::Function(
                    TableFunction::GenerateSeries(args) | TableFunction::Unnest(args),
                )) => args.iter().for_each(visit),
                Some(RelationKind::Values(rows)) => rows.iter().flatten().for_each(visit),
                _ => {}
            }
        }
        _ => {}
    }
}

impl Builder<'_> {
    /// Whether the node, or anything under it, reads a parameter that is in reach now, or a working table.
    pub(super) fn depends(&self, node: &PlanNode) -> bool {
        if matches!(node.kind, PlanKind::WorkTableScan { .. }) {
            return true;
        }
        let mut found = false;
        for_each_expr(self.plan, node, &mut |expr| {
            expr_walk(expr, &mut |part| {
                match &part.kind {
                    ExprKind::SubPlan { plan, .. } => {
                        if let Some(sub_plan) = self.plan.subplans.get(plan.0 as usize) {
                            found |= self.depends(&sub_plan.plan)
                                || sub_plan.params.iter().any(|p| self.scope.find(p).is_some());
                        }
                    }
                    ExprKind::Const(_) => {}
                    _ => found |= self.scope.find(part).is_some(),
                }
                !found
            });
        });
        found
            || node.children.iter().any(|child| self.depends(child))
            || node.init_plans.iter().any(|id| {
                self.plan
                    .subplans
                    .get(id.0 as usize)
                    .is_some_and(|sub_plan| self.depends(&sub_plan.plan))
            })
    }
}
