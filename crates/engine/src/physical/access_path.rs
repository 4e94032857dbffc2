//! The ways to read one table: sequential scan, index scans in both directions, plain or parameterised; bitmaps are in
//! [`bitmap`](super::bitmap).
//!
//! Source of the method: PostgreSQL 15 `allpaths.c` (`set_plain_rel_pathlist`), `indxpath.c` (`create_index_paths`,
//! `build_index_paths`, `consider_index_join_clauses`).

use super::{
    clause::{Clause, EcId},
    cost::{CostBasis, NoTerms, QualCost, SeqScanInput, seq_scan},
    index_info::{IndexInfo, Serves},
    index_match::{ClauseSet, Matched},
    level::Level,
    path::{IndexClause, Path, PathKind},
    path_list::no_order,
    plan::Direction,
    planner::Planner,
    relset::RelSet,
};
use crate::logical::{ExprKind, JoinKind};
use alloc::{rc::Rc, vec::Vec};

/// What index paths are wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanUse {
    /// Plain scans and bitmaps.
    Any,
    /// Bitmaps only.
    Bitmap,
}

/// What happens to IN lists on key parts after the first: as index conditions they destroy the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LowerLists {
    /// Leave them to the filter.
    Skip,
    /// Use them, and claim no order.
    Use,
}

impl Planner<'_> {
    /// All scans of a table.
    pub(super) fn table_paths(&self, level: &mut Level, at: usize) {
        let lateral = level.rels[at].lateral;
        let param = self.base_param_info(level, at, lateral);
        let (rows, filter) = self.scan_rows_and_filter(level, at, param.as_deref());
        let info = &level.rels[at];
        let input = SeqScanInput {
            pages: info.pages,
            tuples: info.tuples,
            rows,
            filter,
            target: QualCost::default(),
        };
        let path = Path {
            kind: PathKind::SeqScan,
            rels: info.relids,
            target: info.target.clone(),
            param,
            rows,
            cost: seq_scan(self.input.settings, &input, &mut NoTerms),
            basis: self.basis(|| CostBasis::SeqScan(input)),
            keys: no_order(),
        };
        level.rels[at].list.add(path);
        self.index_paths(level, at);
    }

    fn index_paths(&self, level: &mut Level, at: usize) {
        let mut bitmaps: Vec<Rc<Path>> = Vec::new();
        let mut join_bitmaps: Vec<Rc<Path>> = Vec::new();
        let mut usable = false;
        for nth in 0..level.rels[at].indexes.len() {
            let index = level.rels[at].indexes[nth].clone();
            if !index.predicate_ok {
                continue;
            }
            usable = true;
            let matched = self.matched(level, at, &index);
            self.add_index_paths(level, at, &index, &matched.restrictions, &mut bitmaps);
            if !matched.joins.is_empty() || !matched.classes.is_empty() {
                self.join_index_paths(level, at, &index, matched, &mut join_bitmaps);
            }
        }
        if level.rels[at].is_clustered() {
            // Rows without addresses cannot be collected in a bitmap.
            return;
        }
        let is_or = |clause: &&Rc<Clause>| clause.arms.is_some();
        let info = &level.rels[at];
        let (relids, referencers) = (info.relids, info.lateral_referencers);
        let movable = |clause: &&Rc<Clause>| usable && clause.movable_to(relids, referencers);
        let join_ors = info.join_info.iter().filter(is_or).filter(movable);
        let join_ors: Vec<Rc<Clause>> = join_ors.cloned().collect();
        if !join_ors.is_empty() || info.restrict.iter().any(|clause| is_or(&clause)) {
            let restrict = info.restrict.clone();
            bitmaps.extend(self.or_bitmaps(level, at, &restrict, &[]));
            join_bitmaps.extend(self.or_bitmaps(level, at, &join_ors, &restrict));
        }
        self.bitmap_paths(level, at, bitmaps, join_bitmaps);
    }

    /// Index paths for join clauses, for each set of outer relations worth trying.
    fn join_index_paths(
        &self,
        level: &mut Level,
        at: usize,
        index: &Rc<IndexInfo>,
        matched: &Matched,
        bitmaps: &mut Vec<Rc<Path>>,
    ) {
        let mut considered_clauses = 0;
        let mut considered: Vec<RelSet> = Vec::new();
        for key in 0..index.keys.len() {
            for source in [&matched.joins, &matched.classes] {
                let clauses = source.of_key(key);
                considered_clauses += clauses.clone().count();
                for one in clauses.clone() {
                    let relids = one.clause.clause_relids;
                    if considered.contains(&relids) {
                        continue;
                    }
                    for known in considered.clone() {
                        if relids.is_subset(known) || known.is_subset(relids) {
                            continue;
                        }
                        if one
                            .clause
                            .parent_ec
                            .is_some_and(|ec| class_used(ec, known, clauses.clone()))
                        {
                            continue;
                        }
                        if considered.len() >= 10 * considered_clauses {
                            break;
                        }
                        let both = relids.union(known);
                        self.one_join_index_path(
                            level,
                            at,
                            index,
                            matched,
                            both,
                            &mut considered,
                            bitmaps,
                        );
                    }
                    self.one_join_index_path(
                        level,
                        at,
                        index,
                        matched,
                        relids,
                        &mut considered,
                        bitmaps,
                    );
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the inner step of one loop")]
    fn one_join_index_path(
        &self,
        level: &mut Level,
        at: usize,
        index: &Rc<IndexInfo>,
        matched: &Matched,
        relids: RelSet,
        considered: &mut Vec<RelSet>,
        bitmaps: &mut Vec<Rc<Path>>,
    ) {
        if considered.contains(&relids) {
            return;
        }
        let mut set = ClauseSet::default();
        for key in 0..index.keys.len() {
            let within = |one: &&IndexClause| one.clause.clause_relids.is_subset(relids);
            set.extend(matched.joins.of_key(key).filter(within));
            // The conditions of one class are redundant among themselves: one is enough.
            set.extend(matched.classes.of_key(key).find(within));
            set.extend(matched.restrictions.of_key(key));
        }
        self.add_index_paths(level, at, index, &set, bitmaps);
        considered.push(relids);
    }

    fn add_index_paths(
        &self,
        level: &mut Level,
        at: usize,
        index: &Rc<IndexInfo>,
        clauses: &ClauseSet,
        bitmaps: &mut Vec<Rc<Path>>,
    ) {
        let partial = !index.predicate.is_empty();
        let mut skipped = false;
        let mut paths = Vec::new();
        let how = (ScanUse::Any, LowerLists::Skip);
        let into = (&mut paths, &mut skipped);
        self.build_index_paths(level, at, index, clauses, partial, how, into);
        if skipped {
            let how = (ScanUse::Any, LowerLists::Use);
            let into = (&mut paths, &mut false);
            self.build_index_paths(level, at, index, clauses, partial, how, into);
        }
        for path in paths {
            let PathKind::Index(scan) = &path.kind else {
                continue;
            };
            if path.keys.is_empty() || scan.selectivity < 1.0 {
                bitmaps.push(path.clone());
            }
            level.rels[at].list.add_shared(path);
        }
    }

    /// Index paths over one set of clauses, and whether conditions were left out for the sake of order.
    #[expect(clippy::too_many_arguments, reason = "mirrors the decisions it takes")]
    pub(super) fn build_index_paths(
        &self,
        level: &mut Level,
        at: usize,
        index: &Rc<IndexInfo>,
        set: &ClauseSet,
        useful_predicate: bool,
        how: (ScanUse, LowerLists),
        (into, skipped): (&mut Vec<Rc<Path>>, &mut bool),
    ) {
        let (usage, lists) = how;
        let mut clauses: Vec<IndexClause> = Vec::new();
        let mut outer = level.rels[at].lateral;
        let mut lower_list = false;
        for key in 0..index.keys.len() {
            for one in set.of_key(key) {
                if matches!(one.clause.expr.kind, ExprKind::InList { .. }) && key > 0 {
                    if lists == LowerLists::Skip && usage == ScanUse::Any {
                        *skipped = true;
                        continue;
                    }
                    lower_list = true;
                }
                outer.add(one.clause.clause_relids);
                clauses.push(one.clone());
            }
        }
        let outer = outer.minus(level.rels[at].relids);
        let loops = self.loop_count(level, at, outer);
        let ordered = usage != ScanUse::Bitmap && !lower_list && self.order_may_help(level, at);
        let (forward, backward, only) = match usage {
            ScanUse::Bitmap => (no_order(), no_order(), false),
            ScanUse::Any => {
                let serves = index.serves.get_or_init(|| Serves {
                    forward: self.useful_index_keys(level, at, index, Direction::Forward),
                    backward: self.useful_index_keys(level, at, index, Direction::Backward),
                    only: self.index_only_possible(level, at, index),
                });
                if ordered {
                    let Serves {
                        forward, backward, ..
                    } = serves.clone();
                    (forward, backward, serves.only)
                } else {
                    (no_order(), no_order(), serves.only)
                }
            }
        };
        if !clauses.is_empty() || !forward.is_empty() || useful_predicate || only {
            let clauses = if backward.is_empty() {
                core::mem::take(&mut clauses)
            } else {
                clauses.clone()
            };
            let order = (forward, Direction::Forward, only);
            let path = self.index_path(level, at, index, clauses, order, (outer, loops));
            into.push(Rc::new(path));
        }
        if !backward.is_empty() {
            let order = (backward, Direction::Backward, only);
            let path = self.index_path(level, at, index, clauses, order, (outer, loops));
            into.push(Rc::new(path));
        }
    }

    /// How often a scan will be repeated: by the smallest of the outer relations.
    pub(super) fn loop_count(&self, level: &Level, at: usize, outer: RelSet) -> f64 {
        let mut result = 0.0;
        for other in outer.iter() {
            let Some(info) = level.rels.get(other) else {
                continue;
            };
            let mut rows = info.rows;
            for special in &level.special {
                if special.kind == JoinKind::Semi
                    && special.syn_left.contains(at)
                    && special.syn_right.contains(other)
                {
                    let all: f64 = special
                        .syn_right
                        .iter()
                        .map(|one| level.rels[one].rows)
                        .product();
                    rows = self.groups(level, &special.semi_right, all).count.min(rows);
                }
            }
            if result == 0.0 || rows < result {
                result = rows;
            }
        }
        if result > 0.0 { result } else { 1.0 }
    }
}

fn class_used<'c>(
    ec: EcId,
    relids: RelSet,
    mut clauses: impl Iterator<Item = &'c IndexClause>,
) -> bool {
    clauses
        .any(|one| one.clause.parent_ec == Some(ec) && one.clause.clause_relids.is_subset(relids))
}
