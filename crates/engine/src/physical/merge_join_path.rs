//! Merge joins of a pair: both sides sorted, or over the order that they have.
//!
//! Source of the method: PostgreSQL 15 `joinpath.c` (`sort_inner_and_outer`, `generate_mergejoin_paths`), `pathkeys.c`
//! (`select_outer_pathkeys_for_merge`, `make_inner_pathkeys_for_merge`).

use super::{
    clause::{Clause, EcId, those},
    cost::{
        CostBasis, MergeFractions, MergeJoinInput, MergeSide, NoTerms, QualCost, merge_join,
        merge_join_least,
    },
    join_path::{JoinMode, Pair, drives, input_of, shared_keys},
    level::Level,
    path::{JoinPath, Path, PathKey, PathKeys, PathKind},
    path_list::{Candidate, Criterion, compare_costs, satisfies},
    planner::Planner,
    relset::RelSet,
};
use crate::logical::{ExprKind, JoinKind};
use alloc::{borrow::Cow, rc::Rc, vec::Vec};
use core::{cell::Cell, cmp::Ordering};

/// One merge join to try.
struct Attempt<'a> {
    outer: &'a Rc<Path>,
    inner: &'a Rc<Path>,
    clauses: &'a [Rc<Clause>],
    outer_sort: &'a [PathKey],
    inner_sort: &'a [PathKey],
    keys: &'a [PathKey],
}

impl Planner<'_> {
    /// Clauses that a merge join can be driven by; `None` if the kind of join needs all of them to be such and they are not.
    pub(super) fn merge_clauses<'c>(
        &self,
        level: &Level,
        pair: &Pair<'c>,
    ) -> Option<Cow<'c, [Rc<Clause>]>> {
        let (outer_rels, inner_rels) =
            (level.rels[pair.outer].relids, level.rels[pair.inner].relids);
        let join_rels = level.rels[pair.join].relids;
        let constant = |ec: Option<EcId>| {
            ec.is_some_and(|ec| {
                let class = level.class(ec);
                class.has_const && !class.below_outer_join
            })
        };
        let others = Cell::new(false);
        let usable = those(pair.clauses, &|clause| {
            if !drives(pair.kind, clause, join_rels) {
                return false;
            }
            let usable = clause.can_join
                && clause.mergejoinable
                && clause.matches_sides(outer_rels, inner_rels)
                && clause.left_ec.get().is_some()
                && !constant(clause.left_ec.get())
                && !constant(clause.right_ec.get());
            if !usable && !matches!(clause.expr.kind, ExprKind::Const(_)) {
                others.set(true);
            }
            usable
        });
        if matches!(pair.kind, JoinKind::Right | JoinKind::Full) && others.get() {
            return None;
        }
        if !self.input.settings.enable.mergejoin && pair.kind != JoinKind::Full {
            return Some(Cow::Borrowed(&[]));
        }
        Some(usable)
    }

    /// Sorts both sides explicitly.
    pub(super) fn sort_both(&self, level: &mut Level, pair: &Pair<'_>, clauses: &[Rc<Clause>]) {
        if clauses.is_empty() {
            return;
        }
        let (outer_rels, inner_rels) =
            (level.rels[pair.outer].relids, level.rels[pair.inner].relids);
        let (Some(mut outer), Some(mut inner)) = (
            level.rels[pair.outer].cheapest.total.clone(),
            level.rels[pair.inner].cheapest.total.clone(),
        ) else {
            return;
        };
        if outer.required_outer().overlaps(inner_rels)
            || inner.required_outer().overlaps(outer_rels)
        {
            return;
        }
        let unique_side = match pair.mode {
            JoinMode::UniqueOuter => Some((&mut outer, pair.outer)),
            JoinMode::UniqueInner => Some((&mut inner, pair.inner)),
            JoinMode::Plain(_) => None,
        };
        if let Some((side, at)) = unique_side {
            match self.unique_path(level, at, pair.special) {
                Some(unique) => *side = unique,
                None => return,
            }
        }
        let all = self.outer_merge_keys(level, pair, clauses);
        for first in 0..all.len() {
            // Each key once in front, the others behind it in their order.
            let mut outer_keys = Cow::Borrowed(all.as_slice());
            if first > 0 {
                outer_keys.to_mut()[..=first].rotate_right(1);
            }
            let driving = clauses_on_side(level, clauses, &outer_keys, outer_rels, Side::Outer);
            let inner_keys = self.inner_merge_keys(level, &driving, &outer_keys, outer_rels);
            let keys = self.join_keys(level, pair, &outer_keys);
            self.try_merge_join(
                level,
                pair,
                &Attempt {
                    outer: &outer,
                    inner: &inner,
                    clauses: &driving,
                    outer_sort: &outer_keys,
                    inner_sort: &inner_keys,
                    keys,
                },
            );
        }
    }

    /// An order of the outer side for a merge join; the query's own if it covers all of it.
    fn outer_merge_keys(
        &self,
        level: &Level,
        pair: &Pair<'_>,
        clauses: &[Rc<Clause>],
    ) -> Vec<PathKey> {
        let outer_rels = level.rels[pair.outer].relids;
        let join_rels = level.rels[pair.join].relids;
        let mut scored: Vec<(EcId, i32)> = Vec::new();
        for clause in clauses {
            let Some(ec) = side_class(level, clause, outer_rels, Side::Outer) else {
                continue;
            };
            if scored.iter().any(|(known, _)| *known == ec) {
                continue;
            }
            let popularity = level
                .class(ec)
                .members
                .iter()
                .filter(|member| !member.is_const && !member.relids.overlaps(join_rels))
                .count();
            scored.push((ec, i32::try_from(popularity).unwrap_or(i32::MAX)));
        }
        let mut keys: Vec<PathKey> = Vec::new();
        let covered = !level.query_keys.is_empty()
            && level
                .query_keys
                .iter()
                .all(|key| scored.iter().any(|(ec, _)| *ec == key.ec));
        if covered {
            keys.extend(level.query_keys.iter());
            for (ec, score) in &mut scored {
                if level.query_keys.iter().any(|key| key.ec == *ec) {
                    *score = -1;
                }
            }
        }
        loop {
            let mut best: Option<usize> = None;
            for (at, (_, score)) in scored.iter().enumerate() {
                if *score >= 0 && best.is_none_or(|known| *score > scored[known].1) {
                    best = Some(at);
                }
            }
            let Some(at) = best else { return keys };
            keys.push(PathKey {
                ec: scored[at].0,
                descending: false,
                nulls_first: false,
            });
            scored[at].1 = -1;
        }
    }

    fn inner_merge_keys(
        &self,
        level: &Level,
        clauses: &[Rc<Clause>],
        outer_keys: &[PathKey],
        outer_rels: RelSet,
    ) -> Vec<PathKey> {
        let mut keys: Vec<PathKey> = Vec::new();
        for clause in clauses {
            let outer = side_class(level, clause, outer_rels, Side::Outer);
            let inner = side_class(level, clause, outer_rels, Side::Inner);
            let (Some(outer), Some(inner)) = (outer, inner) else {
                continue;
            };
            let Some(key) = outer_keys.iter().find(|key| key.ec == outer) else {
                continue;
            };
            if !keys.iter().any(|known| known.ec == inner) {
                keys.push(PathKey { ec: inner, ..*key });
            }
        }
        keys
    }

    /// Merge joins over an outer path's own order. `hopeless`: none can win that reads all of it.
    pub(super) fn merge_over_order(
        &self,
        level: &mut Level,
        pair: &Pair<'_>,
        clauses: &[Rc<Clause>],
        sides: (&Rc<Path>, &Rc<Path>),
        keys: &[PathKey],
        hopeless: bool,
    ) {
        let (outer, inner_total) = sides;
        let outer_rels = level.rels[pair.outer].relids;
        let use_all = matches!(pair.kind, JoinKind::Right | JoinKind::Full);
        let driving = clauses_on_side(level, clauses, &outer.keys, outer_rels, Side::Outer);
        if driving.is_empty() && pair.kind != JoinKind::Full {
            return;
        }
        if use_all && driving.len() != clauses.len() {
            return;
        }
        if hopeless {
            let read = self.fractions_of(level, pair, &driving, (&[], outer), outer_rels);
            let side = MergeSide {
                input: input_of(outer),
                sort: false,
            };
            let sides = (&side, &MergeSide::default());
            let least = merge_join_least(self.input.settings, sides, &read);
            let list = &level.rels[pair.join].list;
            if list.prospect(least, keys, outer.required_outer()).is_none() {
                return;
            }
        }
        let inner_keys = self.inner_merge_keys(level, &driving, &outer.keys, outer_rels);
        self.try_merge_join(
            level,
            pair,
            &Attempt {
                outer,
                inner: inner_total,
                clauses: &driving,
                outer_sort: &[],
                inner_sort: &inner_keys,
                keys,
            },
        );
        if pair.mode == JoinMode::UniqueInner {
            return;
        }
        let sorted = satisfies(&inner_keys, &inner_total.keys);
        let mut cheapest_total: Option<Rc<Path>> = sorted.then(|| inner_total.clone());
        let mut cheapest_startup = cheapest_total.clone();
        for count in (1..=inner_keys.len()).rev() {
            let trial = inner_keys.get(..count).unwrap_or(&[]);
            let chosen = if count < inner_keys.len() {
                clauses_on_side(level, &driving, trial, outer_rels, Side::Inner)
            } else {
                Cow::Borrowed(&*driving)
            };
            let list = &level.rels[pair.inner].list;
            let by_total = list.cheapest_for_keys(trial, RelSet::EMPTY, Criterion::Total);
            let by_startup = list.cheapest_for_keys(trial, RelSet::EMPTY, Criterion::Startup);
            let beats = |path: &Rc<Path>, known: &Option<Rc<Path>>, criterion| {
                known
                    .as_ref()
                    .is_none_or(|known| compare_costs(path, known, criterion) == Ordering::Less)
            };
            if let Some(inner) = by_total
                && beats(&inner, &cheapest_total, Criterion::Total)
            {
                self.try_sorted_inner(level, pair, outer, &inner, &chosen, keys);
                cheapest_total = Some(inner);
            }
            if let Some(inner) = by_startup
                && beats(&inner, &cheapest_startup, Criterion::Startup)
            {
                let same = cheapest_total
                    .as_ref()
                    .is_some_and(|total| Rc::ptr_eq(total, &inner));
                if !same {
                    self.try_sorted_inner(level, pair, outer, &inner, &chosen, keys);
                }
                cheapest_startup = Some(inner);
            }
            if use_all {
                break;
            }
        }
    }

    fn try_sorted_inner(
        &self,
        level: &mut Level,
        pair: &Pair<'_>,
        outer: &Rc<Path>,
        inner: &Rc<Path>,
        clauses: &[Rc<Clause>],
        keys: &[PathKey],
    ) {
        self.try_merge_join(
            level,
            pair,
            &Attempt {
                outer,
                inner,
                clauses,
                outer_sort: &[],
                inner_sort: &[],
                keys,
            },
        );
    }

    fn try_merge_join(&self, level: &mut Level, pair: &Pair<'_>, attempt: &Attempt<'_>) {
        let &Attempt {
            outer,
            inner,
            clauses: merge_clauses,
            mut outer_sort,
            mut inner_sort,
            keys,
        } = attempt;
        let required = outer.required_outer().union(inner.required_outer());
        if !required.is_empty() && !required.overlaps(pair.param_sources) {
            return;
        }
        if satisfies(outer_sort, &outer.keys) {
            outer_sort = &[];
        }
        if satisfies(inner_sort, &inner.keys) {
            inner_sort = &[];
        }
        let outer_rels = level.rels[pair.outer].relids;
        let fractions =
            self.fractions_of(level, pair, merge_clauses, (outer_sort, outer), outer_rels);
        let outer_side = MergeSide {
            input: input_of(outer),
            sort: !outer_sort.is_empty(),
        };
        let inner_side = MergeSide {
            input: input_of(inner),
            sort: !inner_sort.is_empty(),
        };
        let settings = self.input.settings;
        let least = merge_join_least(settings, (&outer_side, &inner_side), &fractions);
        let list = &level.rels[pair.join].list;
        let Some(prospect) = list.prospect(least, keys, required) else {
            return;
        };
        let mut clauses = Cow::Borrowed(pair.clauses);
        let param = self.join_param_info(level, pair.join, (outer, inner), required, &mut clauses);
        let info = &level.rels[pair.join];
        let rows = param.as_ref().map_or(info.rows, |param| param.rows);
        let semi_like = matches!(pair.kind, JoinKind::Semi | JoinKind::Anti) || pair.inner_unique;
        let input = MergeJoinInput {
            outer: outer_side,
            inner: inner_side,
            inner_can_mark: !inner_sort.is_empty()
                || matches!(
                    inner.kind,
                    PathKind::Index(_) | PathKind::Material { .. } | PathKind::Sort { .. }
                ),
            single_pass: semi_like && clauses.len() == merge_clauses.len(),
            outer_made_unique: matches!(outer.kind, PathKind::UniqueInner { .. }),
            fractions,
            matching_pairs: self.matching_pairs(level, (outer, inner), merge_clauses),
            merge_conditions: self.clauses_cost(merge_clauses),
            other_conditions: self.clauses_without(&clauses, merge_clauses),
            rows,
            target: QualCost::default(),
        };
        let result = merge_join(settings, &input, &mut NoTerms);
        let candidate = Candidate {
            cost: result.cost,
            rows,
            keys,
            required: param.as_ref().map(|param| param.required_outer),
        };
        let list = &mut level.rels[pair.join].list;
        let Some(prospect) = list.contest(&candidate, prospect) else {
            return;
        };
        let info = &level.rels[pair.join];
        let path = Rc::new(Path {
            rels: info.relids,
            target: info.target.clone(),
            param,
            rows,
            cost: result.cost,
            basis: self.basis(|| CostBasis::MergeJoin(input)),
            keys: shared_keys(keys, &outer.keys),
            kind: PathKind::MergeJoin {
                path: JoinPath {
                    join: pair.kind,
                    outer: outer.clone(),
                    inner: inner.clone(),
                    clauses: clauses.into_owned(),
                    inner_unique: pair.inner_unique,
                },
                merge_clauses: merge_clauses
                    .iter()
                    .map(|clause| {
                        let outer_is_left = clause.left_relids.is_subset(outer.rels);
                        (clause.clone(), outer_is_left)
                    })
                    .collect(),
                outer_sort: PathKeys::from(outer_sort),
                inner_sort: PathKeys::from(inner_sort),
                materialize: result.materialize_inner,
            },
        });
        level.rels[pair.join].list.settle(path, prospect);
    }

    fn fractions_of(
        &self,
        level: &Level,
        pair: &Pair<'_>,
        clauses: &[Rc<Clause>],
        outer: (&[PathKey], &Path),
        outer_rels: RelSet,
    ) -> MergeFractions {
        let mut fractions = MergeFractions::default();
        let (sort, path) = outer;
        let first_key = if sort.is_empty() {
            path.keys.first()
        } else {
            sort.first()
        };
        let (Some(clause), Some(key)) = (clauses.first(), first_key) else {
            return fractions;
        };
        if pair.kind == JoinKind::Full {
            return fractions;
        }
        let order = (key.descending, key.nulls_first);
        let found = self.merge_fractions(level, clause, order);
        if clause.left_relids.is_subset(outer_rels) {
            fractions.outer_start = found.left_start;
            fractions.outer_end = found.left_end;
            fractions.inner_start = found.right_start;
            fractions.inner_end = found.right_end;
        } else {
            fractions.outer_start = found.right_start;
            fractions.outer_end = found.right_end;
            fractions.inner_start = found.left_start;
            fractions.inner_end = found.left_end;
        }
        match pair.kind {
            JoinKind::Left | JoinKind::Anti => {
                fractions.outer_start = 0.0;
                fractions.outer_end = 1.0;
            }
            JoinKind::Right => {
                fractions.inner_start = 0.0;
                fractions.inner_end = 1.0;
            }
            _ => {}
        }
        fractions
    }
}

/// Side of a join.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Outer,
    Inner,
}

fn side_class(level: &Level, clause: &Clause, outer_rels: RelSet, side: Side) -> Option<EcId> {
    let left = clause.left_relids.is_subset(outer_rels) == (side == Side::Outer);
    let ec = if left {
        clause.left_ec.get()
    } else {
        clause.right_ec.get()
    };
    ec.map(|ec| level.canonical(ec))
}

/// Clauses that an order of one side can drive, in its order, as far as it goes without a gap.
fn clauses_on_side<'c>(
    level: &Level,
    clauses: &'c [Rc<Clause>],
    keys: &[PathKey],
    outer_rels: RelSet,
    side: Side,
) -> Cow<'c, [Rc<Clause>]> {
    let driven = |clause: &Clause, key: &PathKey| {
        side_class(level, clause, outer_rels, side) == Some(key.ec)
    };
    if let [clause] = clauses {
        // Nearly always: no list to make.
        let first = keys.first().is_some_and(|key| driven(clause, key));
        return Cow::Borrowed(if first { clauses } else { &[] });
    }
    let mut result = Vec::new();
    for key in keys {
        let before = result.len();
        let here = clauses.iter().filter(|clause| driven(clause, key));
        result.extend(here.cloned());
        if result.len() == before {
            break;
        }
    }
    Cow::Owned(result)
}
