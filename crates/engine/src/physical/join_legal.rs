//! Which joins may be formed: outer, semi and anti joins and LATERAL restrict the order.
//!
//! Source of the method: PostgreSQL 15 `joinrels.c` (`join_is_legal`, `have_join_order_restriction`).

use super::{
    level::{Level, SpecialJoin},
    planner::Planner,
    relset::RelSet,
};
use crate::logical::JoinKind;
use alloc::rc::Rc;

/// Whether two relations may be joined, and as what.
pub(super) enum Legal {
    /// Not at all.
    No,
    /// As an inner join, or as the special join.
    Yes {
        /// The special join that this is.
        special: Option<Rc<SpecialJoin>>,
        /// The second relation is the left side.
        reversed: bool,
    },
}

impl Planner<'_> {
    /// Whether the two may be joined.
    pub(super) fn join_is_legal(&self, level: &mut Level, one: usize, two: usize) -> Legal {
        let (left, right) = (level.rels[one].relids, level.rels[two].relids);
        let both = left.union(right);
        let mut found: Option<Rc<SpecialJoin>> = None;
        let mut reversed = false;
        let mut made_unique = false;
        let mut must_be_left = false;
        for special in level.special.clone() {
            let (min_left, min_right) = (special.min_left, special.min_right);
            let done = |side: RelSet| min_left.is_subset(side) && min_right.is_subset(side);
            if !min_right.overlaps(both) || both.is_subset(min_right) || done(left) || done(right) {
                continue;
            }
            if special.kind == JoinKind::Semi {
                let consumed =
                    |side: RelSet| special.syn_right.is_subset(side) && special.syn_right != side;
                if consumed(left) || consumed(right) {
                    continue;
                }
            }
            let semi_on =
                |side: RelSet| special.kind == JoinKind::Semi && special.syn_right == side;
            let (matches, turned, unique) =
                if min_left.is_subset(left) && min_right.is_subset(right) {
                    (true, false, false)
                } else if min_left.is_subset(right) && min_right.is_subset(left) {
                    (true, true, false)
                } else if semi_on(right) && self.unique_path(level, two, &special).is_some() {
                    (true, false, true)
                } else if semi_on(left) && self.unique_path(level, one, &special).is_some() {
                    (true, true, true)
                } else {
                    (false, false, false)
                };
            if matches {
                if found.is_some() {
                    return Legal::No;
                }
                found = Some(special);
                reversed = turned;
                made_unique = unique;
                continue;
            }
            if left.overlaps(min_right) && right.overlaps(min_right) {
                continue;
            }
            if special.kind != JoinKind::Left || both.overlaps(min_left) {
                return Legal::No;
            }
            must_be_left = true;
        }
        if must_be_left
            && !found
                .as_ref()
                .is_some_and(|special| special.kind == JoinKind::Left && special.left_strict)
        {
            return Legal::No;
        }
        if level.has_lateral {
            let forward = left.overlaps(level.rels[two].lateral);
            let backward = right.overlaps(level.rels[one].lateral);
            let fixed = |reversed_bad: bool| {
                found.as_ref().is_some_and(|special| {
                    reversed_bad || made_unique || special.kind == JoinKind::Full
                })
            };
            if forward && (backward || fixed(reversed)) {
                return Legal::No;
            }
            if backward && fixed(!reversed) {
                return Legal::No;
            }
        }
        Legal::Yes {
            special: found,
            reversed,
        }
    }

    /// Whether some special join or LATERAL restricts how the relation joins.
    pub(super) fn order_restricted(level: &Level, at: usize) -> bool {
        let info = &level.rels[at];
        if !info.lateral.is_empty() || !info.lateral_referencers.is_empty() {
            return true;
        }
        level.special.iter().any(|special| {
            special.kind != JoinKind::Full
                && !(special.min_left.is_subset(info.relids)
                    && special.min_right.is_subset(info.relids))
                && (special.min_left.overlaps(info.relids)
                    || special.min_right.overlaps(info.relids))
        })
    }

    /// Whether the two must be joined without a clause, for a special join to become possible at all.
    pub(super) fn order_forces(
        &self,
        level: &mut Level,
        initial: &[usize],
        one: usize,
        two: usize,
    ) -> bool {
        let (left, right) = (level.rels[one].relids, level.rels[two].relids);
        if left.overlaps(level.rels[two].lateral) || right.overlaps(level.rels[one].lateral) {
            return true;
        }
        let wanted = level.special.iter().any(|special| {
            let (min_left, min_right) = (special.min_left, special.min_right);
            special.kind != JoinKind::Full
                && ((min_left.is_subset(left) && min_right.is_subset(right))
                    || (min_left.is_subset(right) && min_right.is_subset(left))
                    || (min_right.overlaps(left) && min_right.overlaps(right))
                    || (min_left.overlaps(left) && min_left.overlaps(right)))
        });
        wanted
            && !self.has_legal_clause(level, initial, one)
            && !self.has_legal_clause(level, initial, two)
    }

    fn has_legal_clause(&self, level: &mut Level, initial: &[usize], at: usize) -> bool {
        initial.iter().any(|&other| {
            !level.rels[at].relids.overlaps(level.rels[other].relids)
                && self.clause_between(level, at, other)
                && matches!(self.join_is_legal(level, at, other), Legal::Yes { .. })
        })
    }
}
