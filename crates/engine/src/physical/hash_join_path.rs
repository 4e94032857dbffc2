//! Hash joins of a pair.
//!
//! Source of the method: PostgreSQL 15 `joinpath.c` (`hash_inner_and_outer`), `costsize.c` (`final_cost_hashjoin`).

use super::{
    clause::{Clause, those},
    cost::{
        CostBasis, HashJoinInput, NoTerms, QualCost, hash_join, hash_join_least, hash_table_size,
    },
    join_path::{JoinMode, Pair, drives, input_of},
    level::Level,
    path::{JoinPath, Path, PathKind},
    path_list::{Candidate, no_order},
    planner::Planner,
};
use crate::logical::JoinKind;
use alloc::{borrow::Cow, rc::Rc};

impl Planner<'_> {
    pub(super) fn hash_joins(&self, level: &mut Level, pair: &Pair<'_>) {
        let (outer_rels, inner_rels) =
            (level.rels[pair.outer].relids, level.rels[pair.inner].relids);
        let join_rels = level.rels[pair.join].relids;
        let clauses = those(pair.clauses, &|clause| {
            drives(pair.kind, clause, join_rels)
                && clause.hashjoinable
                && clause.matches_sides(outer_rels, inner_rels)
        });
        if clauses.is_empty() {
            return;
        }
        let outer = &level.rels[pair.outer].cheapest;
        let inner = &level.rels[pair.inner].cheapest;
        let outer_startup = outer.startup.clone();
        let (Some(outer_total), Some(inner_total)) = (outer.total.clone(), inner.total.clone())
        else {
            return;
        };
        if outer_total.required_outer().overlaps(inner_rels)
            || inner_total.required_outer().overlaps(outer_rels)
        {
            return;
        }
        match pair.mode {
            JoinMode::UniqueOuter => {
                if let Some(unique) = self.unique_path(level, pair.outer, pair.special) {
                    self.try_hash_join(level, pair, &unique, &inner_total, &clauses);
                }
            }
            JoinMode::UniqueInner => {
                if let Some(unique) = self.unique_path(level, pair.inner, pair.special) {
                    self.try_hash_join(level, pair, &outer_total, &unique, &clauses);
                    if let Some(startup) = outer_startup
                        && !Rc::ptr_eq(&startup, &outer_total)
                    {
                        self.try_hash_join(level, pair, &startup, &unique, &clauses);
                    }
                }
            }
            JoinMode::Plain(_) => {
                if let Some(startup) = &outer_startup {
                    self.try_hash_join(level, pair, startup, &inner_total, &clauses);
                }
                let outers = core::mem::take(&mut level.rels[pair.outer].cheapest.parameterised);
                let inners = core::mem::take(&mut level.rels[pair.inner].cheapest.parameterised);
                for outer in &outers {
                    if outer.required_outer().overlaps(inner_rels) {
                        continue;
                    }
                    for inner in &inners {
                        let tried = Rc::ptr_eq(inner, &inner_total)
                            && outer_startup
                                .as_ref()
                                .is_some_and(|startup| Rc::ptr_eq(startup, outer));
                        if tried || inner.required_outer().overlaps(outer_rels) {
                            continue;
                        }
                        self.try_hash_join(level, pair, outer, inner, &clauses);
                    }
                }
                level.rels[pair.outer].cheapest.parameterised = outers;
                level.rels[pair.inner].cheapest.parameterised = inners;
            }
        }
    }

    fn try_hash_join(
        &self,
        level: &mut Level,
        pair: &Pair<'_>,
        outer: &Rc<Path>,
        inner: &Rc<Path>,
        hash_clauses: &[Rc<Clause>],
    ) {
        let required = outer.required_outer().union(inner.required_outer());
        if !required.is_empty() && !required.overlaps(pair.param_sources) {
            return;
        }
        let (outer_input, inner_input) = (input_of(outer), input_of(inner));
        let count = super::base_rel::count(hash_clauses.len());
        let least = hash_join_least(self.input.settings, (&outer_input, &inner_input), count);
        let list = &level.rels[pair.join].list;
        let Some(prospect) = list.prospect(least, &[], required) else {
            return;
        };
        let mut clauses = Cow::Borrowed(pair.clauses);
        let param = self.join_param_info(level, pair.join, (outer, inner), required, &mut clauses);
        let size = hash_table_size(self.input.settings, inner.rows, inner.target.width);
        let buckets = size.buckets * size.batches;
        let (mut bucket, mut common) = (1.0_f64, 1.0_f64);
        let inner_rels = level.rels[pair.inner].relids;
        for clause in hash_clauses {
            let right = clause.right_relids.is_subset(inner_rels);
            let (cell, key) = if right {
                (&clause.right_bucket, clause.right())
            } else {
                (&clause.left_bucket, clause.left())
            };
            if cell.get().0 < 0.0 {
                let known = self.hash_buckets(level, key, buckets);
                cell.set((known.bucket, known.most_common));
            }
            let (fraction, most_common) = cell.get();
            bucket = bucket.min(fraction);
            common = common.min(most_common);
        }
        let made_unique = matches!(inner.kind, PathKind::UniqueInner { .. });
        let info = &level.rels[pair.join];
        let rows = param.as_ref().map_or(info.rows, |param| param.rows);
        let hash_conditions = self.clauses_cost(hash_clauses);
        let input = HashJoinInput {
            outer: outer_input,
            inner: inner_input,
            join: pair.kind,
            inner_unique: pair.inner_unique,
            factors: pair.factors,
            clauses: count,
            hash_conditions,
            bucket_fraction: (!made_unique).then_some(bucket),
            common_fraction: if made_unique { 0.0 } else { common },
            matching_pairs: self.matching_pairs(level, (outer, inner), hash_clauses),
            other_conditions: self.clauses_without(&clauses, hash_clauses),
            rows,
            target: QualCost::default(),
        };
        let cost = hash_join(self.input.settings, &input, &mut NoTerms);
        let candidate = Candidate {
            cost,
            rows,
            keys: &[],
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
            cost,
            basis: self.basis(|| CostBasis::HashJoin(input)),
            keys: no_order(),
            kind: PathKind::HashJoin {
                path: JoinPath {
                    join: pair.kind,
                    outer: outer.clone(),
                    inner: inner.clone(),
                    clauses: clauses.into_owned(),
                    inner_unique: pair.inner_unique,
                },
                hash_clauses: hash_clauses
                    .iter()
                    .map(|clause| {
                        let outer_is_left = clause.left_relids.is_subset(outer.rels);
                        (clause.clone(), outer_is_left)
                    })
                    .collect(),
            },
        });
        level.rels[pair.join].list.settle(path, prospect);
    }

    /// Pairs that satisfy the driving clauses, each weighed alone (`approx_tuple_count`).
    pub(super) fn matching_pairs(
        &self,
        level: &Level,
        inputs: (&Path, &Path),
        clauses: &[Rc<Clause>],
    ) -> f64 {
        let (outer, inner) = inputs;
        let join = (JoinKind::Inner, inner.rels);
        let mut selectivity = 1.0;
        for clause in clauses {
            selectivity *= self.join_selectivity(level, core::iter::once(clause), join, inner.rows);
        }
        super::cost::clamp_rows(selectivity * outer.rows * inner.rows)
    }
}
