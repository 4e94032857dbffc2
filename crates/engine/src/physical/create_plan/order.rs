//! Sort keys of plan nodes: what a node has to emit so that a sort or a merge above can compare it.
//!
//! Source of the method: PostgreSQL 15 `createplan.c` (`prepare_sort_from_pathkeys`).

use super::PlanMaker;
use crate::{
    logical::{Expr, ExprKind},
    physical::{
        cost::{CostBasis, InputEstimate, NoTerms, SortInput, sort},
        equivalence::strip_relabel,
        path::PathKey,
        plan::{PlanKind, PlanNode, SortColumn},
    },
};
use alloc::vec::Vec;

impl PlanMaker<'_, '_> {
    /// A full sort over a finished node.
    pub(super) fn sort_node(&self, child: PlanNode, keys: Vec<SortColumn>) -> PlanNode {
        let estimate = SortInput {
            input: InputEstimate {
                cost: child.cost,
                rows: child.est_rows,
                width: child.width,
            },
            limit: None,
        };
        PlanNode {
            id: self.planner.next_node_id(),
            kind: PlanKind::Sort { keys, bound: None },
            output: child.output.clone(),
            filter: Vec::new(),
            cost: sort(self.planner.input.settings, &estimate, &mut NoTerms),
            basis: self.planner.basis(|| CostBasis::Sort(estimate)),
            est_rows: child.est_rows,
            width: child.width,
            init_plans: Vec::new(),
            children: alloc::vec![child],
        }
    }

    /// The columns to sort by: for each key the member of its class that the child emits, or can be made to.
    pub(super) fn sort_columns(&self, keys: &[PathKey], child: &mut PlanNode) -> Vec<SortColumn> {
        let mut columns = Vec::with_capacity(keys.len());
        for key in keys {
            let class = self.level.class(key.ec);
            let members: Vec<Expr> = class
                .members
                .iter()
                .filter(|member| !member.is_const || class.members.len() == 1)
                .map(|member| self.fix(&member.expr))
                .collect();
            let emitted = child
                .output
                .iter()
                .find(|expr| members.iter().any(|member| strip_relabel(expr) == member))
                .cloned();
            let expr = match emitted {
                Some(expr) => expr,
                None => {
                    let computable = members.iter().find(|member| {
                        self.planner.columns_used(member).iter().all(|column| {
                            child.output.iter().any(
                                |expr| matches!(expr.kind, ExprKind::Column(one) if one == *column),
                            )
                        })
                    });
                    let Some(expr) = computable.or(members.first()) else {
                        continue;
                    };
                    let expr = expr.clone();
                    self.ensure_output(child, &expr);
                    expr
                }
            };
            columns.push(SortColumn {
                expr,
                descending: key.descending,
                nulls_first: key.nulls_first,
            });
        }
        columns
    }

    /// Makes a node emit an expression beside what it emits.
    pub(super) fn ensure_output(&self, node: &mut PlanNode, expr: &Expr) {
        if node.output.contains(expr) {
            return;
        }
        let passes = matches!(
            node.kind,
            PlanKind::Sort { .. }
                | PlanKind::IncrementalSort { .. }
                | PlanKind::Materialize
                | PlanKind::Memoize { .. }
                | PlanKind::Unique { .. }
                | PlanKind::Limit { .. }
        );
        if passes && let Some(child) = node.children.first_mut() {
            self.ensure_output(child, expr);
        }
        node.output.push(expr.clone());
    }
}
