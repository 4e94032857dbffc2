//! What an outer, semi or anti join forbids: the relations that must be on each side before it can be formed.
//!
//! Source of the method: PostgreSQL 15 `initsplan.c` (`make_outerjoininfo`, `compute_semijoin_info`).

use super::{
    level::{Level, SpecialJoin},
    planner::Planner,
    relset::RelSet,
};
use crate::logical::{
    CompareOp, Expr, ExprKind, JoinKind, contains_volatile, rels_forced_non_null,
};
use alloc::vec::Vec;

impl Planner<'_> {
    /// Describes a join of what is written on its left and right, before it is added to those of the level.
    pub(super) fn make_special_join(
        &self,
        level: &mut Level,
        kind: JoinKind,
        left: RelSet,
        right: RelSet,
        inner_rels: RelSet,
        on: &[Expr],
    ) -> SpecialJoin {
        let mut special = SpecialJoin {
            min_left: left,
            min_right: right,
            syn_left: left,
            syn_right: right,
            kind,
            left_strict: false,
            semi_right: Vec::new(),
            semi_can_unique: false,
        };
        if kind == JoinKind::Semi {
            self.note_semi_operands(level, &mut special, on);
        }
        if kind == JoinKind::Full {
            return special;
        }
        let mut clause_rels = RelSet::EMPTY;
        let mut strict_rels = RelSet::EMPTY;
        for condition in on {
            clause_rels.add(self.relids_of(level, condition));
            for rel in rels_forced_non_null(condition) {
                if let Some(at) = level.position(rel) {
                    strict_rels.add(RelSet::single(at));
                }
            }
        }
        special.left_strict = strict_rels.overlaps(left);
        let mut min_left = clause_rels.intersect(left);
        let mut min_right = clause_rels.union(inner_rels).intersect(right);
        let semi_or_anti = |kind: JoinKind| matches!(kind, JoinKind::Semi | JoinKind::Anti);
        for other in &level.special {
            let whole = other.syn_left.union(other.syn_right);
            if other.kind == JoinKind::Full {
                if left.overlaps(whole) {
                    min_left.add(whole);
                }
                if right.overlaps(whole) {
                    min_right.add(whole);
                }
                continue;
            }
            if left.overlaps(other.syn_right)
                && clause_rels.overlaps(other.syn_right)
                && (semi_or_anti(kind) || !strict_rels.overlaps(other.min_right))
            {
                min_left.add(whole);
            }
            if right.overlaps(other.syn_right)
                && (clause_rels.overlaps(other.syn_right)
                    || !clause_rels.overlaps(other.min_left)
                    || semi_or_anti(kind)
                    || semi_or_anti(other.kind)
                    || !other.left_strict)
            {
                min_right.add(whole);
            }
        }
        special.min_left = if min_left.is_empty() { left } else { min_left };
        special.min_right = if min_right.is_empty() {
            right
        } else {
            min_right
        };
        special
    }

    /// The right operands of a semi join whose join conditions are all equalities.
    fn note_semi_operands(&self, level: &Level, special: &mut SpecialJoin, on: &[Expr]) {
        let mut operands = Vec::new();
        for condition in on {
            let relids = self.relids_of(level, condition);
            if !relids.overlaps(special.syn_right) || relids.is_subset(special.syn_right) {
                if contains_volatile(condition) {
                    return;
                }
                continue;
            }
            let ExprKind::Compare(CompareOp::Eq, left, right) = &condition.kind else {
                return;
            };
            if left.data_type.class() != right.data_type.class() {
                return;
            }
            let left_rels = self.relids_of(level, left);
            let right_rels = self.relids_of(level, right);
            let operand = if !right_rels.is_empty()
                && right_rels.is_subset(special.syn_right)
                && !left_rels.overlaps(special.syn_right)
            {
                right
            } else if !left_rels.is_empty()
                && left_rels.is_subset(special.syn_right)
                && !right_rels.overlaps(special.syn_right)
            {
                left
            } else {
                return;
            };
            if contains_volatile(operand) {
                return;
            }
            operands.push((**operand).clone());
        }
        special.semi_can_unique = !operands.is_empty();
        special.semi_right = operands;
    }
}
