//! All ways to join two relations in one direction: nested loops, merge and hash joins are in their own files.
//!
//! Source of the method: PostgreSQL 15 `joinpath.c` (`add_paths_to_joinrel`, `match_unsorted_outer`).

use super::{
    base_rel::count,
    clause::Clause,
    cost::{InputEstimate, MatchFactors, QualCost},
    estimate::is_outer,
    level::{Level, SpecialJoin},
    nested_loop_path::Loops,
    path::{Path, PathKey, PathKeys},
    planner::Planner,
    relset::RelSet,
};
use crate::logical::JoinKind;
use alloc::{borrow::Cow, rc::Rc};

/// How a pair is joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinMode {
    /// As it stands.
    Plain(JoinKind),
    /// A semi join whose inner side is made unique, as an inner join.
    UniqueInner,
    /// The same with the unique side outside.
    UniqueOuter,
}

/// What all paths of one pair share.
pub(super) struct Pair<'a> {
    pub join: usize,
    pub outer: usize,
    pub inner: usize,
    pub mode: JoinMode,
    /// Kind of the physical join.
    pub kind: JoinKind,
    pub special: &'a SpecialJoin,
    pub clauses: &'a [Rc<Clause>],
    pub inner_unique: bool,
    pub factors: MatchFactors,
    /// Relations that parameterised results may wait for.
    pub param_sources: RelSet,
}

/// An estimate of a path as input of a formula.
pub(super) fn input_of(path: &Path) -> InputEstimate {
    InputEstimate {
        cost: path.cost,
        rows: path.rows,
        width: path.target.width,
    }
}

impl Planner<'_> {
    /// Adds all joins of `sides.0` (outer) with `sides.1` (inner).
    pub(super) fn join_paths(
        &self,
        level: &mut Level,
        join: usize,
        sides: (usize, usize),
        mode: JoinMode,
        special: &SpecialJoin,
        clauses: &[Rc<Clause>],
    ) {
        let (outer, inner) = sides;
        let kind = match mode {
            JoinMode::Plain(kind) => kind,
            JoinMode::UniqueInner | JoinMode::UniqueOuter => JoinKind::Inner,
        };
        let outer_rels = level.rels[outer].relids;
        let inner_unique = match mode {
            JoinMode::Plain(JoinKind::Semi | JoinKind::Anti) => false,
            JoinMode::UniqueInner => special.min_left.is_subset(outer_rels),
            _ => self.inner_is_unique(level, outer_rels, inner, kind, clauses),
        };
        let relids = level.rels[join].relids;
        let semi_like = matches!(mode, JoinMode::Plain(JoinKind::Semi | JoinKind::Anti));
        let factors = if semi_like || inner_unique {
            // The right side of a semi-join may be the outer one here, made unique.
            let right = if mode == JoinMode::UniqueOuter {
                outer
            } else {
                inner
            };
            let rows = (level.rels[right].rows, level.rels[inner].rows);
            self.match_factors(level, clauses, special, (kind, relids), rows)
        } else {
            MatchFactors::default()
        };
        let mut param_sources = level.rels[join].lateral;
        for other in &level.special {
            if relids.overlaps(other.min_right) && !relids.overlaps(other.min_left) {
                param_sources.add(level.all_rels.minus(other.min_right));
            }
            if other.kind == JoinKind::Full
                && relids.overlaps(other.min_left)
                && !relids.overlaps(other.min_right)
            {
                param_sources.add(level.all_rels.minus(other.min_left));
            }
        }
        let pair = Pair {
            join,
            outer,
            inner,
            mode,
            kind,
            special,
            clauses,
            inner_unique,
            factors,
            param_sources,
        };
        if let Some(merge) = &self.merge_clauses(level, &pair) {
            self.sort_both(level, &pair, merge);
            self.keep_outer_order(level, &pair, merge);
        }
        if self.input.settings.enable.hashjoin || kind == JoinKind::Full {
            self.hash_joins(level, &pair);
        }
    }

    /// Joins that keep the order of an outer path: nested loops, and merge joins over its order.
    fn keep_outer_order(&self, level: &mut Level, pair: &Pair<'_>, merge: &[Rc<Clause>]) {
        let outer_rels = level.rels[pair.outer].relids;
        let mut inner_total = level.rels[pair.inner]
            .cheapest
            .total
            .clone()
            .filter(|path| !path.required_outer().overlaps(outer_rels));
        if pair.mode == JoinMode::UniqueInner {
            let unique = self.unique_path(level, pair.inner, pair.special);
            if inner_total.is_none() || unique.is_none() {
                return;
            }
            inner_total = unique;
        }
        let outers = core::mem::take(&mut level.rels[pair.outer].list.paths);
        let inners = core::mem::take(&mut level.rels[pair.inner].cheapest.parameterised);
        // Each way to join two paths is dearer than a step elsewhere, the more so where losers are kept with their reasons.
        let each = if self.keeps_losers() { 8.0 } else { 1.0 };
        self.spend(25.0 + each * count(outers.len() * (inners.len() + 2)));
        let looped = if matches!(pair.kind, JoinKind::Right | JoinKind::Full) {
            &[]
        } else if pair.mode == JoinMode::UniqueInner {
            inner_total.as_slice()
        } else {
            inners.as_slice()
        };
        let mut loops = self.loops(level, pair, looped, inner_total.as_ref());
        for outer in &outers {
            self.over_outer(
                level,
                pair,
                merge,
                outer,
                (&mut loops, inner_total.as_ref()),
            );
        }
        level.rels[pair.outer].list.paths = outers;
        level.rels[pair.inner].cheapest.parameterised = inners;
    }

    /// The part of [`Self::keep_outer_order`] that is done for each outer path.
    fn over_outer(
        &self,
        level: &mut Level,
        pair: &Pair<'_>,
        merge: &[Rc<Clause>],
        outer: &Rc<Path>,
        (loops, inner_total): (&mut Loops<'_>, Option<&Rc<Path>>),
    ) {
        let required = outer.required_outer();
        if required.overlaps(level.rels[pair.inner].relids) {
            return;
        }
        let mut outer = Cow::Borrowed(outer);
        if pair.mode == JoinMode::UniqueOuter {
            let cheapest = level.rels[pair.outer].cheapest.total.as_ref();
            if !cheapest.is_some_and(|cheapest| Rc::ptr_eq(cheapest, &outer)) {
                return;
            }
            match self.unique_path(level, pair.outer, pair.special) {
                Some(unique) => outer = Cow::Owned(unique),
                None => return,
            }
        }
        let keys = self.join_keys(level, pair, &outer.keys);
        // Neither loops nor, in the end, merge joins cost less than what they read of the outer side.
        let list = &level.rels[pair.join].list;
        let hopeless = loops.need_nothing_more
            && !list.keep_losers
            && list.prospect(outer.cost, keys, required).is_none();
        if !hopeless {
            self.loops_over(level, pair, &outer, loops, keys);
        }
        if pair.mode != JoinMode::UniqueOuter
            && let Some(inner) = inner_total
        {
            self.merge_over_order(level, pair, merge, (&outer, inner), keys, hopeless);
        }
    }

    /// Order that a join keeps of its outer side.
    pub(super) fn join_keys<'k>(
        &self,
        level: &Level,
        pair: &Pair<'_>,
        outer: &'k [PathKey],
    ) -> &'k [PathKey] {
        if matches!(pair.kind, JoinKind::Right | JoinKind::Full) || outer.is_empty() {
            return &[];
        }
        let useful = self.useful_keys(level, pair.join, outer);
        outer.get(..useful).unwrap_or(&[])
    }

    /// Cost of conditions beside those that drive the join.
    pub(super) fn clauses_without(
        &self,
        clauses: &[Rc<Clause>],
        driving: &[Rc<Clause>],
    ) -> QualCost {
        let mut sum = QualCost::default();
        for clause in clauses {
            if !driving.iter().any(|one| one.id == clause.id) {
                sum = sum + self.clause_cost(clause);
            }
        }
        sum
    }
}

/// The order `keys`, without a copy if it is `whole`.
pub(super) fn shared_keys(keys: &[PathKey], whole: &PathKeys) -> PathKeys {
    if *keys == **whole {
        whole.clone()
    } else {
        PathKeys::from(keys)
    }
}

/// Whether an outer join's own condition: the others are filters on its result.
pub(super) fn drives(kind: JoinKind, clause: &Clause, join: RelSet) -> bool {
    !is_outer(kind) || !super::estimate::is_pushed_down(clause, join)
}
