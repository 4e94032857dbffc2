//! Which sub-plans hang under which node: those that the node's own expressions call.
//!
//! Source: PostgreSQL 15 `setrefs.c` and `execExpr.c`: a sub-plan belongs to the node that evaluates it.

use crate::{
    logical::{Expr, ExprKind, SubPlanId, expr_walk},
    physical::{PlanKind, PlanNode},
};
use alloc::vec::Vec;

/// Sub-plans that `node` evaluates itself, in order of appearance: output first, then conditions.
pub(super) fn subplans_of(node: &PlanNode) -> Vec<SubPlanId> {
    let mut found = Vec::new();
    let mut look = |expr: &Expr| {
        let passed_on = |part: &Expr| {
            node.children
                .iter()
                .any(|child| child.output.contains(part))
        };
        expr_walk(expr, &mut |part| {
            if !matches!(part.kind, ExprKind::Const(_)) && passed_on(part) {
                return false;
            }
            if let ExprKind::SubPlan { plan, .. } = part.kind
                && !found.contains(&plan)
            {
                found.push(plan);
            }
            true
        });
    };
    let appends = matches!(node.kind, PlanKind::Append | PlanKind::MergeAppend { .. });
    if !appends {
        node.output.iter().for_each(&mut look);
    }
    match &node.kind {
        PlanKind::Result { one_time_filter } => one_time_filter.iter().for_each(&mut look),
        PlanKind::IndexScan { conditions, .. }
        | PlanKind::IndexOnlyScan { conditions, .. }
        | PlanKind::BitmapIndexScan { conditions, .. } => {
            conditions
                .iter()
                .for_each(|condition| look(&condition.expr));
        }
        PlanKind::BitmapHeapScan { recheck, .. } => recheck.iter().for_each(&mut look),
        PlanKind::NestedLoop { on, .. } => on.iter().for_each(&mut look),
        PlanKind::HashJoin { conditions, on, .. } | PlanKind::MergeJoin { conditions, on, .. } => {
            conditions.iter().chain(on).for_each(&mut look);
        }
        _ => {}
    }
    node.filter.iter().for_each(&mut look);
    found
}
