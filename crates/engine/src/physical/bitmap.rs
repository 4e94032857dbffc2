//! Bitmap scans: which indexes to combine by AND, which OR conditions indexes can answer arm by arm.
//!
//! Source of the method: PostgreSQL 15 `indxpath.c` (`choose_bitmap_and`, `generate_bitmap_or_paths`).

use super::{
    access_path::{LowerLists, ScanUse},
    clause::Clause,
    cost::{
        BitmapHeapInput, BitmapInput, CacheShare, CostBasis, NoTerms, QualCost, bitmap_and,
        bitmap_cost, bitmap_heap_scan, bitmap_or,
    },
    index_match::ClauseSet,
    level::Level,
    path::{Path, PathKind},
    path_list::no_order,
    planner::Planner,
    predicate_proof::implied_by,
    relset::RelSet,
};
use crate::collections::sort_by;
use crate::{logical::Expr, physical::Cost};
use alloc::{rc::Rc, vec::Vec};

/// A bitmap candidate and the conditions that it stands for.
struct Usage<'p> {
    path: &'p Rc<Path>,
    quals: Vec<&'p Expr>,
    predicates: Vec<&'p Expr>,
    ids: Vec<usize>,
}

impl Planner<'_> {
    /// Adds the bitmap heap scans for the bitmaps at hand.
    pub(super) fn bitmap_paths(
        &self,
        level: &mut Level,
        at: usize,
        bitmaps: Vec<Rc<Path>>,
        join_bitmaps: Vec<Rc<Path>>,
    ) {
        if !bitmaps.is_empty() {
            let lateral = level.rels[at].lateral;
            let bitmap = self.choose_bitmap_and(level, at, &bitmaps);
            let path = self.bitmap_heap_path(level, at, bitmap, lateral, 1.0);
            level.rels[at].list.add(path);
        }
        let mut outers: Vec<RelSet> = Vec::new();
        for path in &join_bitmaps {
            let outer = path.required_outer();
            if !outers.contains(&outer) {
                outers.push(outer);
            }
        }
        for outer in outers {
            let candidates: Vec<Rc<Path>> = join_bitmaps
                .iter()
                .filter(|path| path.required_outer().is_subset(outer))
                .chain(&bitmaps)
                .cloned()
                .collect();
            let bitmap = self.choose_bitmap_and(level, at, &candidates);
            let required = bitmap.required_outer();
            let loops = self.loop_count(level, at, required);
            let path = self.bitmap_heap_path(level, at, bitmap, required, loops);
            level.rels[at].list.add(path);
        }
    }

    fn bitmap_heap_path(
        &self,
        level: &mut Level,
        at: usize,
        bitmap: Rc<Path>,
        required_outer: RelSet,
        loops: f64,
    ) -> Path {
        let param = self.base_param_info(level, at, required_outer);
        let (rows, filter) = self.scan_rows_and_filter(level, at, param.as_deref());
        let info = &level.rels[at];
        let input = BitmapHeapInput {
            bitmap: as_input(&bitmap),
            table_pages: info.pages,
            table_tuples: info.tuples,
            loops,
            share: CacheShare {
                table_pages: level.total_pages,
                index_pages: index_pages(&bitmap),
            },
            rows,
            filter,
            target: QualCost::default(),
        };
        Path {
            rels: info.relids,
            target: info.target.clone(),
            param,
            rows,
            cost: bitmap_heap_scan(self.input.settings, &input, &mut NoTerms),
            basis: self.basis(|| CostBasis::BitmapHeapScan(input)),
            keys: no_order(),
            kind: PathKind::BitmapHeap { bitmap },
        }
    }

    /// Total cost of a bitmap heap scan over one bitmap.
    fn scan_estimate(&self, level: &mut Level, at: usize, bitmap: &Rc<Path>) -> f64 {
        let required = bitmap.required_outer();
        let loops = self.loop_count(level, at, required);
        self.bitmap_heap_path(level, at, bitmap.clone(), required, loops)
            .cost
            .total
    }

    fn and_path(&self, inputs: Vec<Rc<Path>>) -> Rc<Path> {
        let parts: Vec<BitmapInput> = inputs.iter().map(|path| as_input(path)).collect();
        let (cost, selectivity) = bitmap_and(self.input.settings, &parts, &mut NoTerms);
        let basis = self.basis(|| CostBasis::BitmapAnd(parts));
        combined(inputs, (cost, basis), |inputs| PathKind::BitmapAnd {
            inputs,
            selectivity,
        })
    }

    /// The cheapest combination by AND of bitmaps over different conditions.
    fn choose_bitmap_and(&self, level: &mut Level, at: usize, paths: &[Rc<Path>]) -> Rc<Path> {
        if let [only] = paths {
            return only.clone();
        }
        let mut known: Vec<&Expr> = Vec::new();
        let mut usages: Vec<Usage<'_>> = Vec::new();
        for path in paths {
            let usage = usage_of(path, &mut known);
            match usages.iter_mut().find(|other| other.ids == usage.ids) {
                Some(other) => {
                    if self.tree_cost(usage.path).0 < self.tree_cost(other.path).0 {
                        *other = usage;
                    }
                }
                None => usages.push(usage),
            }
        }
        if usages.len() > 1 {
            sort_by(&mut usages, |left, right| {
                let (left, right) = (self.tree_cost(left.path), self.tree_cost(right.path));
                left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1))
            });
        }
        let mut best: Option<(f64, Vec<Rc<Path>>)> = None;
        for first in 0..usages.len() {
            let start = &usages[first];
            let mut chosen = alloc::vec![start.path.clone()];
            if usages.len() == 1 {
                best = Some((0.0, chosen));
                break;
            }
            let mut cost = self.scan_estimate(level, at, start.path);
            let mut ids = start.ids.clone();
            let mut quals = start.quals.clone();
            quals.extend(&start.predicates);
            for next in usages.get(first + 1..).unwrap_or(&[]) {
                if !self.spend(super::base_rel::count(chosen.len() + next.ids.len())) {
                    break;
                }
                if next.ids.iter().any(|id| ids.contains(id)) {
                    continue;
                }
                if !next.predicates.is_empty() {
                    let any = |test: &dyn Fn(&Expr) -> bool| quals.iter().any(|one| test(one));
                    let predicates = next.predicates.iter();
                    let mut one = predicates.map(|one| core::slice::from_ref(*one));
                    if one.any(|one| implied_by(one, &any)) {
                        continue;
                    }
                }
                chosen.push(next.path.clone());
                let both = self.and_path(chosen.clone());
                let new_cost = self.scan_estimate(level, at, &both);
                if new_cost < cost {
                    cost = new_cost;
                    ids.extend(&next.ids);
                    quals.extend(next.quals.iter().chain(&next.predicates));
                } else {
                    chosen.pop();
                }
            }
            if best.as_ref().is_none_or(|(known, _)| cost < *known) {
                best = Some((cost, chosen));
            }
        }
        let (_, mut chosen) = best.expect("there is at least one bitmap to choose from");
        if chosen.len() == 1 {
            chosen.pop().expect("the length was just tested")
        } else {
            self.and_path(chosen)
        }
    }

    fn tree_cost(&self, path: &Path) -> (f64, f64) {
        let input = as_input(path);
        (bitmap_cost(self.input.settings, &input), input.selectivity)
    }

    /// A bitmap for each OR condition whose every arm some index can answer.
    pub(super) fn or_bitmaps(
        &self,
        level: &mut Level,
        at: usize,
        clauses: &[Rc<Clause>],
        others: &[Rc<Clause>],
    ) -> Vec<Rc<Path>> {
        if clauses.iter().all(|clause| clause.arms.is_none()) {
            return Vec::new();
        }
        let mut all: Vec<Rc<Clause>> = clauses.to_vec();
        all.extend(others.iter().cloned());
        let mut result = Vec::new();
        'clauses: for clause in clauses {
            let Some(arms) = &clause.arms else { continue };
            let mut inputs = Vec::new();
            for arm in arms {
                let mut found = self.arm_paths(level, at, arm, &all);
                if arm.len() > 1 {
                    found.extend(self.or_bitmaps(level, at, arm, &all));
                } else if let Some(nested) = arm.first()
                    && nested.arms.is_some()
                {
                    found.extend(self.or_bitmaps(level, at, arm, &all));
                }
                if found.is_empty() {
                    continue 'clauses;
                }
                inputs.push(self.choose_bitmap_and(level, at, &found));
            }
            let parts: Vec<BitmapInput> = inputs.iter().map(|path| as_input(path)).collect();
            let (cost, selectivity) = bitmap_or(self.input.settings, &parts, &mut NoTerms);
            let basis = self.basis(|| CostBasis::BitmapOr(parts));
            result.push(combined(inputs, (cost, basis), |inputs| {
                PathKind::BitmapOr {
                    inputs,
                    selectivity,
                }
            }));
        }
        result
    }

    fn arm_paths(
        &self,
        level: &mut Level,
        at: usize,
        arm: &[Rc<Clause>],
        others: &[Rc<Clause>],
    ) -> Vec<Rc<Path>> {
        let mut result = Vec::new();
        for index in level.rels[at].indexes.clone() {
            if !self.spend(super::base_rel::count(1 + others.len())) {
                break;
            }
            let mut useful_predicate = false;
            if !index.predicate.is_empty() && !index.predicate_ok {
                let some = |clauses: &[Rc<Clause>], test: &dyn Fn(&Expr) -> bool| {
                    clauses.iter().any(|clause| test(&clause.expr))
                };
                let all = |test: &dyn Fn(&Expr) -> bool| some(arm, test) || some(others, test);
                if !implied_by(&index.predicate, &all) {
                    continue;
                }
                useful_predicate = !implied_by(&index.predicate, &|test| some(others, test));
            }
            let mut set = ClauseSet::default();
            self.match_clauses(level, &index, arm, &mut set);
            if set.is_empty() && !useful_predicate {
                continue;
            }
            self.match_clauses(level, &index, others, &mut set);
            let how = (ScanUse::Bitmap, LowerLists::Use);
            let into = (&mut result, &mut false);
            self.build_index_paths(level, at, &index, &set, useful_predicate, how, into);
        }
        result
    }
}

fn as_input(path: &Path) -> BitmapInput {
    match &path.kind {
        PathKind::Index(scan) => BitmapInput {
            cost: scan.index_total,
            selectivity: scan.selectivity,
            index_rows: Some(path.rows),
        },
        PathKind::BitmapAnd { selectivity, .. } | PathKind::BitmapOr { selectivity, .. } => {
            BitmapInput {
                cost: path.cost.total,
                selectivity: *selectivity,
                index_rows: None,
            }
        }
        _ => BitmapInput::default(),
    }
}

fn combined(
    inputs: Vec<Rc<Path>>,
    cost: (f64, Option<Rc<CostBasis>>),
    kind: impl FnOnce(Vec<Rc<Path>>) -> PathKind,
) -> Rc<Path> {
    let (cost, basis) = cost;
    let first = inputs.first().expect("a combination has inputs").clone();
    let mut required = RelSet::EMPTY;
    for input in &inputs {
        required.add(input.required_outer());
    }
    // Only the outer relations of a combination are asked for; the rows are the heap scan's business.
    let param = (!required.is_empty()).then(|| {
        Rc::new(super::path::ParamInfo {
            required_outer: required,
            rows: first.rows,
            clauses: Vec::new(),
        })
    });
    Rc::new(Path {
        kind: kind(inputs),
        rels: first.rels,
        target: first.target.clone(),
        param,
        rows: 0.0,
        cost: Cost {
            startup: cost,
            total: cost,
        },
        basis,
        keys: no_order(),
    })
}

fn index_pages(path: &Path) -> f64 {
    match &path.kind {
        PathKind::Index(scan) => scan.index.pages,
        PathKind::BitmapAnd { inputs, .. } | PathKind::BitmapOr { inputs, .. } => {
            inputs.iter().map(|input| index_pages(input)).sum()
        }
        _ => 0.0,
    }
}

fn usage_of<'p>(path: &'p Rc<Path>, known: &mut Vec<&'p Expr>) -> Usage<'p> {
    let (mut quals, mut predicates) = (Vec::new(), Vec::new());
    collect(path, &mut quals, &mut predicates);
    let mut ids: Vec<usize> = quals
        .iter()
        .chain(&predicates)
        .map(|&qual| {
            known
                .iter()
                .position(|one| *one == qual)
                .unwrap_or_else(|| {
                    known.push(qual);
                    known.len() - 1
                })
        })
        .collect();
    sort_by(&mut ids, Ord::cmp);
    ids.dedup();
    Usage {
        path,
        quals,
        predicates,
        ids,
    }
}

fn collect<'p>(path: &'p Path, quals: &mut Vec<&'p Expr>, predicates: &mut Vec<&'p Expr>) {
    match &path.kind {
        PathKind::Index(scan) => {
            quals.extend(scan.clauses.iter().map(|one| &one.clause.expr));
            predicates.extend(&scan.index.predicate);
        }
        PathKind::BitmapAnd { inputs, .. } | PathKind::BitmapOr { inputs, .. } => {
            for input in inputs {
                collect(input, quals, predicates);
            }
        }
        _ => {}
    }
}
