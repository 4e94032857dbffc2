//! EXISTS in an expression has two plans: one run for each row, one run once into a hash table of which each row asks.
//!
//! Why both are made: how often the expression is evaluated is known only when the node that evaluates it is. Until then it is
//! priced as the first. Source of the method: PostgreSQL 15 `subselect.c` (`convert_EXISTS_to_ANY`), `setrefs.c`
//! (`fix_alternative_subplan`).

use super::{
    clause::hashes_alike,
    cost::QualCost,
    plan::{PlanKind, PlanNode, SubPlan},
};
use crate::logical::{
    ColumnRef, CompareOp, Expr, ExprKind, Query, SubPlanId, Target, columns_of, contains_sublink,
    contains_volatile, expr_walk, replace,
};
use alloc::vec::Vec;

/// Conditions are taken to be evaluated for twice the rows that pass them.
const EVALUATIONS_PER_ROW_PASSED: f64 = 2.0;

/// Two plans for one EXISTS.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    /// Run for each row.
    pub each: SubPlanId,
    /// Run once, hashed.
    pub hashed: SubPlanId,
    /// What is looked up in the hash table.
    pub left: Vec<Expr>,
}

/// The sub-query as `left = ANY (sub-query)`, if it refers to the outer query by equalities only. `outer` are the columns that it
/// takes from there.
pub(super) fn as_any(query: &Query, outer: &[ColumnRef]) -> Option<(Query, Vec<Expr>)> {
    let is_outside = |expr: &Expr| columns_of(expr).iter().any(|one| outer.contains(one));
    let is_inside = |expr: &Expr| columns_of(expr).iter().any(|one| !outer.contains(one));
    let mut inner = query.clone();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut kept = Vec::new();
    for condition in core::mem::take(&mut inner.filter) {
        if contains_volatile(&condition) {
            return None;
        }
        match &condition.kind {
            ExprKind::Compare(CompareOp::Eq, one, other)
                if hashes_alike(&condition) && is_outside(one) =>
            {
                left.push((**one).clone());
                right.push((**other).clone());
            }
            ExprKind::Compare(CompareOp::Eq, one, other)
                if hashes_alike(&condition) && is_outside(other) =>
            {
                left.push((**other).clone());
                right.push((**one).clone());
            }
            _ => kept.push(condition),
        }
    }
    let mixed = left.is_empty()
        || kept.iter().chain(&right).any(is_outside)
        || left
            .iter()
            .any(|expr| is_inside(expr) || contains_sublink(expr));
    if mixed {
        return None;
    }
    inner.filter = kept;
    inner.targets = right
        .into_iter()
        .map(|expr| Target {
            expr,
            name: "?column?".into(),
            hidden: false,
        })
        .collect();
    Some((inner, left))
}

/// Takes the cheaper plan of each pair, now that the nodes and their rows are known.
pub(super) fn choose(
    root: &mut PlanNode,
    subplans: &mut [SubPlan],
    alternatives: &[Alternative],
    costs: &[QualCost],
) {
    if alternatives.is_empty() {
        return;
    }
    let mut evaluations = Vec::new();
    count(root, alternatives, &mut evaluations);
    for subplan in subplans.iter() {
        count(&subplan.plan, alternatives, &mut evaluations);
    }
    let mut taken: Vec<&Alternative> = Vec::new();
    for alternative in alternatives {
        let found = evaluations
            .iter()
            .find(|(plan, _)| *plan == alternative.each);
        let times = found.map_or(1.0, |(_, times)| *times);
        let price = |plan: SubPlanId| {
            costs
                .get(plan.0 as usize)
                .map_or(f64::INFINITY, |cost| cost.startup + times * cost.per_tuple)
        };
        if price(alternative.hashed) <= price(alternative.each) {
            taken.push(alternative);
        }
    }
    if taken.is_empty() {
        return;
    }
    exchange(root, &taken);
    for subplan in subplans {
        exchange(&mut subplan.plan, &taken);
    }
}

/// How often each is evaluated: by the lowest node that mentions it.
fn count(node: &PlanNode, alternatives: &[Alternative], found: &mut Vec<(SubPlanId, f64)>) {
    for child in &node.children {
        count(child, alternatives, found);
    }
    let mut note = |expr: &Expr, times: f64| {
        expr_walk(expr, &mut |part| {
            if let ExprKind::SubPlan { plan, .. } = part.kind
                && alternatives.iter().any(|one| one.each == plan)
                && found.iter().all(|(known, _)| *known != plan)
            {
                found.push((plan, times));
            }
            true
        });
    };
    let conditions = node.est_rows * EVALUATIONS_PER_ROW_PASSED;
    node.filter.iter().for_each(|expr| note(expr, conditions));
    match &node.kind {
        PlanKind::NestedLoop { on, .. }
        | PlanKind::HashJoin { on, .. }
        | PlanKind::MergeJoin { on, .. } => on.iter().for_each(|expr| note(expr, conditions)),
        PlanKind::Result { one_time_filter } => one_time_filter
            .iter()
            .for_each(|expr| note(expr, conditions)),
        _ => {}
    }
    node.output
        .iter()
        .for_each(|expr| note(expr, node.est_rows));
}

fn exchange(node: &mut PlanNode, taken: &[&Alternative]) {
    for child in &mut node.children {
        exchange(child, taken);
    }
    let mut change = |expr: &mut Expr| put_hashed(expr, taken);
    node.filter.iter_mut().for_each(&mut change);
    node.output.iter_mut().for_each(&mut change);
    match &mut node.kind {
        PlanKind::NestedLoop { on, .. }
        | PlanKind::HashJoin { on, .. }
        | PlanKind::MergeJoin { on, .. } => on.iter_mut().for_each(&mut change),
        PlanKind::Result { one_time_filter } => one_time_filter.iter_mut().for_each(&mut change),
        PlanKind::Sort { keys, .. }
        | PlanKind::IncrementalSort { keys, .. }
        | PlanKind::MergeAppend { keys } => {
            keys.iter_mut().for_each(|key| change(&mut key.expr));
        }
        PlanKind::Group { keys } | PlanKind::Unique { keys } => {
            keys.iter_mut().for_each(&mut change);
        }
        PlanKind::Aggregate { keys, calls, .. } => {
            keys.iter_mut().for_each(&mut change);
            for call in calls {
                call.args.iter_mut().for_each(&mut change);
                call.order_by.iter_mut().for_each(|(key, _, _)| change(key));
                if let Some(filter) = &mut call.filter {
                    change(filter);
                }
            }
        }
        PlanKind::WindowAgg {
            partition,
            order,
            calls,
            run_condition,
            ..
        } => {
            let exprs = partition.iter_mut().chain(calls).chain(run_condition);
            exprs.for_each(&mut change);
            order.iter_mut().for_each(|key| change(&mut key.expr));
        }
        _ => {}
    }
}

fn put_hashed(expr: &mut Expr, taken: &[&Alternative]) {
    let mentions = crate::logical::expr_any(expr, &mut |part| {
        matches!(part.kind, ExprKind::SubPlan { .. })
    });
    if !mentions {
        return;
    }
    replace(expr, &mut |whole| {
        crate::logical::expr_map(whole, &mut |mut part| {
            if let ExprKind::SubPlan { plan, left } = &mut part.kind
                && let Some(one) = taken.iter().find(|one| one.each == *plan)
            {
                *plan = one.hashed;
                *left = one.left.clone();
            }
            part
        })
    });
}
