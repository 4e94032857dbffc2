//! All ways to join two relations in one direction: nested loops here, merge and hash joins in their own files.
//!
//! Source of the method: PostgreSQL 15 `joinpath.c` (`add_paths_to_joinrel`, `match_unsorted_outer`).

use super::{
    base_rel::count,
    clause::Clause,
    cost::{
        CostBasis, InputEstimate, MatchFactors, MemoizeInput, NestedLoopInput, NoTerms, QualCost,
        Rescan, hash_table_size, materialize, nested_loop, rescan,
    },
    estimate::is_outer,
    index_path::checked,
    level::{Level, SpecialJoin},
    memoize_path::Memo,
    path::{JoinPath, Path, PathKey, PathKeys, PathKind},
    path_list::Candidate,
    planner::Planner,
    relset::RelSet,
};
use crate::logical::JoinKind;
use alloc::{borrow::Cow, rc::Rc, vec::Vec};

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
            let inner_rows = level.rels[inner].rows;
            self.match_factors(level, clauses, special, (kind, relids), inner_rows)
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
        let nested_loops = !matches!(pair.kind, JoinKind::Right | JoinKind::Full);
        let outer_rels = level.rels[pair.outer].relids;
        let mut inner_total = level.rels[pair.inner]
            .cheapest
            .total
            .clone()
            .filter(|path| !path.required_outer().overlaps(outer_rels));
        let mut kept: Option<Path> = None;
        if pair.mode == JoinMode::UniqueInner {
            let unique = self.unique_path(level, pair.inner, pair.special);
            if inner_total.is_none() || unique.is_none() {
                return;
            }
            inner_total = unique;
        } else if nested_loops
            && self.input.settings.enable.material
            && let Some(inner) = &inner_total
            && !keeps_its_rows(inner)
        {
            kept = Some(self.material_path(inner.clone()));
        }
        let outers = core::mem::take(&mut level.rels[pair.outer].list.paths);
        let inners = core::mem::take(&mut level.rels[pair.inner].cheapest.parameterised);
        let with = InnerPaths {
            list: if nested_loops && pair.mode != JoinMode::UniqueInner {
                &inners
            } else {
                &[]
            },
            memos: Vec::new(),
            total: inner_total,
            kept: kept.map(Inner::Fresh),
        };
        // Each way to join two paths is dearer than a step elsewhere, the more so where losers are kept with their reasons.
        let each = if self.keeps_losers() { 8.0 } else { 1.0 };
        self.spend(25.0 + each * count(outers.len() * (inners.len() + 2)));
        self.over_each_outer(level, pair, merge, &outers, with);
        level.rels[pair.outer].list.paths = outers;
        level.rels[pair.inner].cheapest.parameterised = inners;
    }

    /// The part of [`Self::keep_outer_order`] that is done for each outer path.
    fn over_each_outer(
        &self,
        level: &mut Level,
        pair: &Pair<'_>,
        merge: &[Rc<Clause>],
        outers: &[Rc<Path>],
        mut with: InnerPaths<'_>,
    ) {
        let inner_rels = level.rels[pair.inner].relids;
        let memoizes = self.input.settings.enable.memoize && level.rels[pair.outer].rows >= 2.0;
        for outer in outers {
            if outer.required_outer().overlaps(inner_rels) {
                continue;
            }
            let mut outer = outer.clone();
            if pair.mode == JoinMode::UniqueOuter {
                let cheapest = level.rels[pair.outer].cheapest.total.clone();
                if !cheapest.is_some_and(|cheapest| Rc::ptr_eq(&cheapest, &outer)) {
                    continue;
                }
                match self.unique_path(level, pair.outer, pair.special) {
                    Some(unique) => outer = unique,
                    None => continue,
                }
            }
            let keys = self.join_keys(level, pair, &outer.keys);
            if pair.mode == JoinMode::UniqueInner
                && let Some(inner) = &with.total
            {
                let mut inner = Inner::Shared(inner.clone());
                self.try_nested_loop(level, pair, &outer, &mut inner, keys);
            }
            for (at, path) in with.list.iter().enumerate() {
                let mut inner = Inner::Shared(path.clone());
                if !self.try_nested_loop(level, pair, &outer, &mut inner, keys) || !memoizes {
                    continue;
                }
                if path.param.is_none() {
                    continue;
                }
                if with.memos.is_empty() {
                    with.memos.resize_with(with.list.len(), || None);
                }
                let memo = with.memos[at].get_or_insert_with(|| self.memo(level, pair, path));
                if let Some(memo) = memo {
                    let path = self.memoize_path(level, pair, &outer, path, memo);
                    self.try_nested_loop(level, pair, &outer, &mut Inner::Fresh(path), keys);
                }
            }
            if let Some(kept) = &mut with.kept {
                self.try_nested_loop(level, pair, &outer, kept, keys);
            }
            if pair.mode != JoinMode::UniqueOuter
                && let Some(inner) = &with.total
            {
                self.merge_over_order(level, pair, merge, (&outer, inner), keys);
            }
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
        let useful = self.useful_keys(level, level.rels[pair.join].relids, outer);
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

    /// Adds a nested loop if it is worth keeping. `false`: none over these relations may be made.
    fn try_nested_loop(
        &self,
        level: &mut Level,
        pair: &Pair<'_>,
        outer: &Rc<Path>,
        inner_path: &mut Inner,
        keys: &[PathKey],
    ) -> bool {
        let inner = inner_path.path();
        let Some(required) = self.nested_loop_needs(level, pair, outer, inner) else {
            return false;
        };
        let inner_needs = inner.required_outer();
        let (inner_rels, inner_all) = (inner.rels, inner.rels.union(inner_needs));
        let moves = inner_needs.overlaps(level.rels[pair.outer].relids);
        let stays =
            move |clause: &&Rc<Clause>| !moves || !clause.movable_into(inner_rels, inner_all);
        let here = || pair.clauses.iter().filter(stays);
        let mut more = None;
        let mut param = None;
        if !required.is_empty() {
            let mut clauses = Cow::Owned(here().cloned().collect());
            let inputs: (&Path, &Path) = (outer, inner);
            param = self.join_param_info(level, pair.join, inputs, required, &mut clauses);
            more = Some(clauses.into_owned());
        }
        let (conditions, bare) = match &more {
            Some(clauses) => (self.clauses_cost(clauses), clauses.is_empty()),
            None => (self.clauses_cost(here()), here().next().is_none()),
        };
        let info = &level.rels[pair.join];
        let rows = param.as_ref().map_or(info.rows, |param| param.rows);
        let settings = self.input.settings;
        let how = self.rescan_of(inner);
        let input = NestedLoopInput {
            outer: input_of(outer),
            inner: input_of(inner),
            rescan: rescan(settings, &input_of(inner), &how),
            join: pair.kind,
            inner_unique: pair.inner_unique,
            factors: pair.factors,
            indexed: bare && indexed_by_outer(inner, level.rels[pair.join].relids),
            conditions,
            rows,
            target: QualCost::default(),
        };
        let cost = nested_loop(settings, &input, &mut NoTerms);
        let candidate = Candidate {
            cost,
            rows,
            keys,
            required: param.as_ref().map(|param| param.required_outer),
        };
        if info.list.refuses(&candidate) {
            return true;
        }
        let path = Path {
            rels: info.relids,
            target: info.target.clone(),
            param,
            rows,
            cost,
            basis: self.basis(|| CostBasis::NestedLoop { input, rescan: how }),
            keys: shared_keys(keys, &outer.keys),
            kind: PathKind::NestLoop(JoinPath {
                join: pair.kind,
                outer: outer.clone(),
                inner: inner_path.share(),
                clauses: more.unwrap_or_else(|| here().cloned().collect()),
                inner_unique: pair.inner_unique,
            }),
        };
        level.rels[pair.join].list.add(path);
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

/// The inner paths that are tried with each outer path.
struct InnerPaths<'p> {
    /// For nested loops: the cheapest, and those that wait for other relations.
    list: &'p [Rc<Path>],
    /// For each of the list, once it is known, how it can be remembered.
    memos: Vec<Option<Option<Memo>>>,
    /// The cheapest.
    total: Option<Rc<Path>>,
    /// The cheapest with its rows kept.
    kept: Option<Inner>,
}

/// The inner side of a nested loop: most loops lose, so that a path made for one is shared only when it is kept.
#[expect(
    clippy::large_enum_variant,
    reason = "it stands on the stack, and a box would cost what it saves"
)]
enum Inner {
    Shared(Rc<Path>),
    Fresh(Path),
}

impl Inner {
    fn path(&self) -> &Path {
        match self {
            Self::Shared(path) => path,
            Self::Fresh(path) => path,
        }
    }

    fn share(&mut self) -> Rc<Path> {
        let shared = match self {
            Self::Shared(path) => return path.clone(),
            Self::Fresh(path) => Rc::new(path.clone()),
        };
        *self = Self::Shared(shared.clone());
        shared
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

/// Whether an outer join's own condition: the others are filters on its result.
pub(super) fn drives(kind: JoinKind, clause: &Clause, join: RelSet) -> bool {
    !is_outer(kind) || !super::estimate::is_pushed_down(clause, join)
}
