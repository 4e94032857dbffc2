//! Whether a part of a plan gives other rows when it is run again.

use super::Builder;
use crate::{
    executor::operator::Slot,
    logical::{Expr, ExprKind, RelationKind, TableFunction, expr_walk},
    physical::{PhysicalPlan, PlanKind, PlanNode},
};
use alloc::vec::Vec;

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
        let mut slots = Vec::new();
        self.reads(node, &mut slots) || !slots.is_empty()
    }

    /// Adds the places of parameters in reach that the node, or anything under it, reads; whether a working table is read.
    pub(super) fn reads(&self, node: &PlanNode, slots: &mut Vec<Slot>) -> bool {
        let mut working = matches!(node.kind, PlanKind::WorkTableScan { .. });
        let note = |expr: &Expr, slots: &mut Vec<Slot>| {
            let found = self.scope.find(expr);
            if let Some(slot) = found
                && !slots.contains(&slot)
            {
                slots.push(slot);
            }
            found.is_some()
        };
        for_each_expr(self.plan, node, &mut |expr| {
            expr_walk(expr, &mut |part| match &part.kind {
                ExprKind::SubPlan { plan, .. } => {
                    if let Some(sub_plan) = self.plan.subplans.get(plan.0 as usize) {
                        working |= self.reads(&sub_plan.plan, slots);
                        for param in &sub_plan.params {
                            note(param, slots);
                        }
                    }
                    true
                }
                ExprKind::Const(_) => true,
                _ => !note(part, slots),
            });
        });
        for child in &node.children {
            working |= self.reads(child, slots);
        }
        for id in &node.init_plans {
            if let Some(sub_plan) = self.plan.subplans.get(id.0 as usize) {
                working |= self.reads(&sub_plan.plan, slots);
            }
        }
        working
    }
}
