//! Conditions on single relations that follow from others: arms of a join OR that concern one relation, partial-index
//! predicates.
//!
//! Source of the method: PostgreSQL 15 `orclauses.c`, `indxpath.c` (`check_index_predicates`).

use super::{
    clause::Clause,
    index_info::IndexInfo,
    level::Level,
    planner::Planner,
    predicate_proof::{implied, implied_by},
};
use crate::logical::{Expr, ExprKind};
use alloc::{rc::Rc, vec::Vec};

impl Planner<'_> {
    /// Whether the query implies a partial index's predicate, and which conditions the predicate makes superfluous.
    pub(super) fn check_predicate(&self, level: &mut Level, at: usize, index: &mut IndexInfo) {
        let mut clauses = level.rels[at].restrict.clone();
        let relids = level.rels[at].relids;
        let referencers = level.rels[at].lateral_referencers;
        clauses.extend(
            level.rels[at]
                .join_info
                .iter()
                .filter(|clause| clause.movable_to(relids, referencers))
                .cloned(),
        );
        let others = level.all_rels.minus(relids);
        if !others.is_empty() {
            clauses.extend(self.implied_join_clauses(level, relids.union(others), others, relids));
        }
        index.predicate_ok = implied_by(&index.predicate, &|test| {
            clauses.iter().any(|clause| test(&clause.expr))
        });
        index.restrict = level.rels[at]
            .restrict
            .iter()
            .filter(|clause| !implied(core::slice::from_ref(&clause.expr), &index.predicate))
            .cloned()
            .collect();
    }

    /// `(a.x = 1 AND b.y = 2) OR (a.x = 3 AND …)` also says `a.x = 1 OR a.x = 3`: a condition on `a` alone.
    pub(super) fn extract_or_restrictions(&self, level: &mut Level) {
        for at in 0..level.base_count {
            let relids = level.rels[at].relids;
            for clause in level.rels[at].join_info.clone() {
                let usable = clause.arms.is_some()
                    && clause.outer_relids.is_empty()
                    && !clause.outerjoin_delayed
                    && clause.nullable_relids.is_empty();
                if !usable {
                    continue;
                }
                let Some(expr) = self.or_for_relation(level, &clause, at) else {
                    continue;
                };
                let derived = Rc::new(self.restriction(level, expr));
                debug_assert!(derived.required_relids == relids);
                let selectivity =
                    self.restriction_selectivity(level, core::slice::from_ref(&derived));
                if selectivity <= 0.9 {
                    level.rels[at].restrict.push(derived);
                }
            }
        }
    }

    fn or_for_relation(&self, level: &Level, clause: &Clause, at: usize) -> Option<Expr> {
        let relids = level.rels[at].relids;
        let mut arms: Vec<Expr> = Vec::new();
        for arm in clause.arms.as_ref()? {
            let mine: Vec<Expr> = arm
                .iter()
                .filter(|one| one.clause_relids == relids)
                .map(|one| one.expr.clone())
                .collect();
            let expr = match mine.len() {
                0 => return None,
                1 => mine.into_iter().next()?,
                _ => Expr {
                    kind: ExprKind::And(mine),
                    ..clause.expr.clone()
                },
            };
            arms.push(expr);
        }
        Some(Expr {
            kind: ExprKind::Or(arms),
            ..clause.expr.clone()
        })
    }
}
