//! Nested loops of a pair: over each outer path the inner paths as they are, with their rows kept, or remembered by key.
//!
//! What does not depend on the outer path is worked out once for each inner path: most loops lose, and are refused by what they cost
//! at least.
//!
//! Source of the method: PostgreSQL 15 `joinpath.c` (`match_unsorted_outer`, `try_nestloop_path`), `costsize.c` (`cost_rescan`).

use super::{
    Cost,
    clause::{Clause, those},
    cost::{
        CostBasis, InputEstimate, MemoizeInput, NestedLoopInput, NoTerms, QualCost, Rescan,
        hash_table_size, materialize, memoize, nested_loop, nested_loop_least, rescan, stops_early,
    },
    index_path::checked,
    join_path::{JoinMode, Pair, input_of, shared_keys},
    level::Level,
    memoize_path::Memo,
    path::{JoinPath, Path, PathKey, PathKind},
    path_list::Candidate,
    planner::Planner,
    relset::RelSet,
};
use alloc::{borrow::Cow, rc::Rc, vec::Vec};

/// The inner side of nested loops, with what is the same for every outer path.
#[derive(Clone)]
struct Inner<'p> {
    /// The path whose rows are joined.
    path: &'p Rc<Path>,
    /// The path that is read: that one, or what keeps its rows.
    input: InputEstimate,
    how: Rescan,
    rescan: Cost,
    /// Clauses that the join itself tests, unless it waits for other relations.
    clauses: Cow<'p, [Rc<Clause>]>,
    conditions: QualCost,
    indexed: bool,
}

/// The inner sides that are tried with each outer path.
pub(super) struct Loops<'p> {
    /// The cheapest, and those that wait for other relations: with the way to remember their rows, once it is known.
    inners: Vec<(Inner<'p>, Option<Option<Memo>>)>,
    /// The cheapest with its rows kept: most loops lose, so that the path is made only when one is kept.
    kept: Option<(Inner<'p>, Option<Rc<Path>>)>,
    /// No inner side waits for relations other than those of the outer side.
    pub need_nothing_more: bool,
}

impl Planner<'_> {
    /// The inner sides `list`, and the path `total` with its rows kept if that may be of use.
    pub(super) fn loops<'p>(
        &self,
        level: &Level,
        pair: &Pair<'p>,
        list: &'p [Rc<Path>],
        total: Option<&'p Rc<Path>>,
    ) -> Loops<'p> {
        let outer_rels = level.rels[pair.outer].relids;
        let settings = self.input.settings;
        let inners = list
            .iter()
            .map(|path| (self.inner(level, pair, path), None));
        let keeps =
            !list.is_empty() && pair.mode != JoinMode::UniqueInner && settings.enable.material;
        let kept = total
            .filter(|path| keeps && !keeps_its_rows(path))
            .map(|path| {
                let inner = self.inner(level, pair, path);
                let cost = materialize(settings, &inner.input, &mut NoTerms);
                (self.covered(&inner, cost, Rescan::Kept), None)
            });
        Loops {
            inners: inners.collect(),
            kept,
            need_nothing_more: (list.iter().chain(total))
                .all(|path| path.required_outer().is_subset(outer_rels)),
        }
    }

    fn inner<'p>(&self, level: &Level, pair: &Pair<'p>, path: &'p Rc<Path>) -> Inner<'p> {
        let needs = path.required_outer();
        let all = path.rels.union(needs);
        let clauses = if needs.overlaps(level.rels[pair.outer].relids) {
            those(pair.clauses, &|clause| !clause.movable_into(path.rels, all))
        } else {
            Cow::Borrowed(pair.clauses)
        };
        let (input, how) = (input_of(path), self.rescan_of(path));
        Inner {
            path,
            input,
            how,
            rescan: rescan(self.input.settings, &input, &how),
            conditions: self.clauses_cost(&*clauses),
            indexed: clauses.is_empty() && indexed_by_outer(path, level.rels[pair.join].relids),
            clauses,
        }
    }

    /// The inner side below a node that keeps its rows.
    fn covered<'p>(&self, inner: &Inner<'p>, cost: Cost, how: Rescan) -> Inner<'p> {
        let input = InputEstimate {
            cost,
            ..inner.input
        };
        Inner {
            input,
            how,
            rescan: rescan(self.input.settings, &input, &how),
            indexed: false,
            clauses: inner.clauses.clone(),
            ..*inner
        }
    }

    /// Tries all of `loops` over an outer path.
    pub(super) fn loops_over(
        &self,
        level: &mut Level,
        pair: &Pair<'_>,
        outer: &Rc<Path>,
        loops: &mut Loops<'_>,
        keys: &[PathKey],
    ) {
        let settings = self.input.settings;
        let memoizes = settings.enable.memoize
            && pair.mode != JoinMode::UniqueInner
            && level.rels[pair.outer].rows >= 2.0;
        for (inner, memo) in &mut loops.inners {
            let path = inner.path;
            let bare = &mut || path.clone();
            if !self.try_nested_loop(level, pair, outer, inner, keys, bare)
                || !memoizes
                || path.param.is_none()
            {
                continue;
            }
            let Some(memo) = memo.get_or_insert_with(|| self.memo(level, pair, path)) else {
                continue;
            };
            let input = self.memoize_input(level, outer, path, memo);
            let cost = memoize(settings, &input, &mut NoTerms);
            let remembered = self.covered(inner, cost, Rescan::Memoize(input));
            let made = &mut || Rc::new(self.memoize_path(pair, path, memo, input));
            self.try_nested_loop(level, pair, outer, &remembered, keys, made);
        }
        if let Some((inner, kept)) = &mut loops.kept {
            let path = inner.path;
            let made = &mut || {
                kept.get_or_insert_with(|| Rc::new(self.material_path(path.clone())))
                    .clone()
            };
            self.try_nested_loop(level, pair, outer, inner, keys, made);
        }
    }

    /// What a nested loop would need from outside; `None` if it may not be made.
    fn nested_loop_needs(
        &self,
        level: &Level,
        pair: &Pair<'_>,
        outer: &Path,
        inner: &Path,
    ) -> Option<RelSet> {
        let outer_rels = level.rels[pair.outer].relids;
        let inner_needs = inner.required_outer();
        let required = outer.required_outer().union(inner_needs).minus(outer_rels);
        if !required.is_empty() {
            let star_schema =
                inner_needs.overlaps(outer_rels) && !inner_needs.is_subset(outer_rels);
            if !required.overlaps(pair.param_sources) && !star_schema {
                return None;
            }
            // A join cannot wait for its own members.
            if required.overlaps(level.rels[pair.join].relids) {
                return None;
            }
        }
        Some(required)
    }

    /// Adds a nested loop if it is worth keeping; `made` then gives the inner path. `false`: none over these relations may be made.
    fn try_nested_loop(
        &self,
        level: &mut Level,
        pair: &Pair<'_>,
        outer: &Rc<Path>,
        inner: &Inner<'_>,
        keys: &[PathKey],
        made: &mut dyn FnMut() -> Rc<Path>,
    ) -> bool {
        let Some(required) = self.nested_loop_needs(level, pair, outer, inner.path) else {
            return false;
        };
        let outer_input = input_of(outer);
        let early = stops_early(pair.kind, pair.inner_unique);
        let least = nested_loop_least(&outer_input, &inner.input, inner.rescan, early);
        let list = &level.rels[pair.join].list;
        let Some(prospect) = list.prospect(least, keys, required) else {
            return true;
        };
        let mut clauses = Cow::Borrowed(&*inner.clauses);
        let sides: (&Path, &Path) = (outer, inner.path);
        let param = self.join_param_info(level, pair.join, sides, required, &mut clauses);
        let conditions = match &clauses {
            Cow::Borrowed(_) => inner.conditions,
            Cow::Owned(clauses) => self.clauses_cost(clauses),
        };
        let info = &level.rels[pair.join];
        let rows = param.as_ref().map_or(info.rows, |param| param.rows);
        let input = NestedLoopInput {
            outer: outer_input,
            inner: inner.input,
            rescan: inner.rescan,
            join: pair.kind,
            inner_unique: pair.inner_unique,
            factors: pair.factors,
            indexed: inner.indexed && clauses.is_empty(),
            conditions,
            rows,
            target: QualCost::default(),
        };
        let cost = nested_loop(self.input.settings, &input, &mut NoTerms);
        let candidate = Candidate {
            cost,
            rows,
            keys,
            required: param.as_ref().map(|param| param.required_outer),
        };
        let list = &mut level.rels[pair.join].list;
        let Some(prospect) = list.contest(&candidate, prospect) else {
            return true;
        };
        let info = &level.rels[pair.join];
        let path = Rc::new(Path {
            rels: info.relids,
            target: info.target.clone(),
            param,
            rows,
            cost,
            basis: self.basis(|| CostBasis::NestedLoop {
                input,
                rescan: inner.how,
            }),
            keys: shared_keys(keys, &outer.keys),
            kind: PathKind::NestLoop(JoinPath {
                join: pair.kind,
                outer: outer.clone(),
                inner: made(),
                clauses: clauses.into_owned(),
                inner_unique: pair.inner_unique,
            }),
        });
        level.rels[pair.join].list.settle(path, prospect);
        true
    }

    /// How an inner path is read again.
    pub(super) fn rescan_of(&self, path: &Path) -> Rescan {
        match &path.kind {
            PathKind::Material { .. } | PathKind::Sort { .. } => Rescan::Kept,
            PathKind::CteScan { .. } | PathKind::WorkTableScan { .. } => Rescan::Cte,
            PathKind::FunctionScan => Rescan::WithoutStartup,
            PathKind::HashJoin { path: join, .. } => {
                let inner = &join.inner;
                let size = hash_table_size(self.input.settings, inner.rows, inner.target.width);
                if size.batches <= 1.0 {
                    Rescan::WithoutStartup
                } else {
                    Rescan::Repeat
                }
            }
            PathKind::Memoize {
                input,
                calls,
                distinct_keys,
                ..
            } => Rescan::Memoize(MemoizeInput {
                input: input_of(input),
                calls: *calls,
                distinct_keys: *distinct_keys,
            }),
            _ => Rescan::Repeat,
        }
    }

    /// Keeps the rows of a path for further scans.
    pub(super) fn material_path(&self, input: Rc<Path>) -> Path {
        Path {
            rels: input.rels,
            target: input.target.clone(),
            param: input.param.clone(),
            rows: input.rows,
            cost: materialize(self.input.settings, &input_of(&input), &mut NoTerms),
            basis: self.basis(|| CostBasis::Materialize(input_of(&input))),
            keys: input.keys.clone(),
            kind: PathKind::Material { input },
        }
    }
}

/// Nodes that keep their rows anyway gain nothing from a Materialize.
fn keeps_its_rows(path: &Path) -> bool {
    matches!(
        path.kind,
        PathKind::FunctionScan
            | PathKind::CteScan { .. }
            | PathKind::WorkTableScan { .. }
            | PathKind::Material { .. }
            | PathKind::Sort { .. }
    )
}

/// Whether the inner side is an index scan whose conditions hold all clauses from the outer side, at least one.
fn indexed_by_outer(inner: &Path, join: RelSet) -> bool {
    let Some(param) = &inner.param else {
        return false;
    };
    let clauses = match &inner.kind {
        PathKind::Index(scan) => &scan.clauses,
        PathKind::BitmapHeap { bitmap } => match &bitmap.kind {
            PathKind::Index(scan) => &scan.clauses,
            _ => return false,
        },
        _ => return false,
    };
    let mut found = false;
    for clause in &param.clauses {
        if clause.movable_into(inner.rels, join) {
            if !checked(clause, clauses) {
                return false;
            }
            found = true;
        }
    }
    found
}
