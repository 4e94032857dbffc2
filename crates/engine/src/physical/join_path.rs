//! All ways to join two relations in one direction: nested loops here, merge and hash joins in their own files.
//!
//! Source of the method: PostgreSQL 15 `joinpath.c` (`add_paths_to_joinrel`, `match_unsorted_outer`).

use super::{
    clause::Clause,
    cost::{
        CostBasis, InputEstimate, MatchFactors, MemoizeInput, NestedLoopInput, NoTerms, QualCost,
        Rescan, hash_table_size, materialize, memoize, nested_loop, rescan,
    },
    estimate::is_outer,
    index_path::checked,
    level::{Level, SpecialJoin},
    path::{JoinPath, Path, PathKeys, PathKind},
    path_list::{Candidate, no_order},
    planner::Planner,
    relset::RelSet,
};
use crate::logical::{Expr, JoinKind};
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
        let merge = self.merge_clauses(level, &pair);
        if let Some(merge) = &merge {
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
        let inner_rels = level.rels[pair.inner].relids;
        let mut inner_total = level.rels[pair.inner]
            .cheapest
            .total
            .clone()
            .filter(|path| !path.required_outer().overlaps(outer_rels));
        let mut kept: Option<Rc<Path>> = None;
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
            kept = Some(Rc::new(self.material_path(inner.clone())));
        }
        for outer in level.rels[pair.outer].list.paths.clone() {
            if outer.required_outer().overlaps(inner_rels) {
                continue;
            }
            let mut outer = outer;
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
            if pair.mode == JoinMode::UniqueInner {
                if let Some(inner) = &inner_total {
                    self.try_nested_loop(level, pair, &outer, inner, &keys);
                }
            } else if nested_loops {
                for inner in level.rels[pair.inner].cheapest.parameterised.clone() {
                    self.try_nested_loop(level, pair, &outer, &inner, &keys);
                    if let Some(memo) = self.memoize_path(level, pair, &outer, &inner) {
                        self.try_nested_loop(level, pair, &outer, &memo, &keys);
                    }
                }
                if let Some(kept) = &kept {
                    self.try_nested_loop(level, pair, &outer, kept, &keys);
                }
            }
            if pair.mode == JoinMode::UniqueOuter {
                continue;
            }
            if let Some(inner) = &inner_total {
                self.merge_over_order(level, pair, merge, (&outer, inner), &keys);
            }
        }
    }

    /// Order that a join keeps of its outer side.
    pub(super) fn join_keys(&self, level: &Level, pair: &Pair<'_>, outer: &PathKeys) -> PathKeys {
        if matches!(pair.kind, JoinKind::Right | JoinKind::Full) || outer.is_empty() {
            return no_order();
        }
        self.truncate_keys(level, level.rels[pair.join].relids, outer)
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

    fn try_nested_loop(
        &self,
        level: &mut Level,
        pair: &Pair<'_>,
        outer: &Rc<Path>,
        inner: &Rc<Path>,
        keys: &PathKeys,
    ) {
        let outer_rels = level.rels[pair.outer].relids;
        let (outer_needs, inner_needs) = (outer.required_outer(), inner.required_outer());
        let required = outer_needs.union(inner_needs).minus(outer_rels);
        if !required.is_empty() {
            let star_schema =
                inner_needs.overlaps(outer_rels) && !inner_needs.is_subset(outer_rels);
            if !required.overlaps(pair.param_sources) && !star_schema {
                return;
            }
            // A join cannot wait for its own members.
            if required.overlaps(level.rels[pair.join].relids) {
                return;
            }
        }
        let inner_all = inner.rels.union(inner_needs);
        let mut clauses = if inner_needs.overlaps(outer_rels) {
            let here = pair.clauses.iter();
            let here = here.filter(|clause| !clause.movable_into(inner.rels, inner_all));
            Cow::Owned(here.cloned().collect())
        } else {
            Cow::Borrowed(pair.clauses)
        };
        let param = self.join_param_info(level, pair.join, (outer, inner), required, &mut clauses);
        let info = &level.rels[pair.join];
        let rows = param.as_ref().map_or(info.rows, |param| param.rows);
        let settings = self.input.settings;
        let how = self.rescan_of(level, inner);
        let input = NestedLoopInput {
            outer: input_of(outer),
            inner: input_of(inner),
            rescan: rescan(settings, &input_of(inner), &how),
            join: pair.kind,
            inner_unique: pair.inner_unique,
            factors: pair.factors,
            indexed: clauses.is_empty() && indexed_by_outer(inner, level.rels[pair.join].relids),
            conditions: self.clauses_cost(&clauses),
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
            return;
        }
        let path = Path {
            rels: info.relids,
            target: info.target.clone(),
            param,
            rows,
            cost,
            basis: self.basis(|| CostBasis::NestedLoop { input, rescan: how }),
            keys: keys.clone(),
            kind: PathKind::NestLoop(JoinPath {
                join: pair.kind,
                outer: outer.clone(),
                inner: inner.clone(),
                clauses: clauses.into_owned(),
                inner_unique: pair.inner_unique,
            }),
        };
        level.rels[pair.join].list.add(path);
    }

    /// How an inner path is read again.
    pub(super) fn rescan_of(&self, level: &Level, path: &Path) -> Rescan {
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
                input, keys, calls, ..
            } => Rescan::Memoize(self.memoize_input(level, input, keys, *calls)),
            _ => Rescan::Repeat,
        }
    }

    fn memoize_input(
        &self,
        level: &Level,
        input: &Path,
        keys: &[Expr],
        calls: f64,
    ) -> MemoizeInput {
        let groups = self.groups(level, keys, calls);
        MemoizeInput {
            input: input_of(input),
            calls,
            distinct_keys: if groups.used_default {
                calls
            } else {
                groups.count
            },
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

    fn memoize_path(
        &self,
        level: &Level,
        pair: &Pair<'_>,
        outer: &Path,
        inner: &Rc<Path>,
    ) -> Option<Rc<Path>> {
        if !self.input.settings.enable.memoize || level.rels[pair.outer].rows < 2.0 {
            return None;
        }
        let (outer_rels, inner_rels) =
            (level.rels[pair.outer].relids, level.rels[pair.inner].relids);
        let param = inner.param.as_ref()?;
        let lateral = self.lateral_keys(level, pair.inner);
        if param.clauses.is_empty() && lateral.is_empty() {
            return None;
        }
        let semi = matches!(pair.kind, JoinKind::Semi | JoinKind::Anti);
        if semi && !pair.inner_unique {
            return None;
        }
        if pair.inner_unique && param.clauses.len() < pair.clauses.len() {
            return None;
        }
        let mut keys: Vec<Expr> = Vec::new();
        for clause in &param.clauses {
            clause.comparison()?;
            if !clause.can_join || !clause.matches_sides(outer_rels, inner_rels) {
                return None;
            }
            let key = if clause.outer_is_left.get() {
                clause.left()
            } else {
                clause.right()
            };
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        for key in lateral {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        if keys.iter().any(crate::logical::contains_volatile) {
            return None;
        }
        let calls = outer.rows;
        let input = self.memoize_input(level, inner, &keys, calls);
        Some(Rc::new(Path {
            rels: inner.rels,
            target: inner.target.clone(),
            param: inner.param.clone(),
            rows: inner.rows,
            cost: memoize(self.input.settings, &input, &mut NoTerms),
            basis: self.basis(|| CostBasis::Memoize(input)),
            keys: inner.keys.clone(),
            kind: PathKind::Memoize {
                input: inner.clone(),
                keys,
                single_row: pair.inner_unique,
                calls,
            },
        }))
    }

    /// Outer columns that a LATERAL relation refers to.
    fn lateral_keys(&self, level: &Level, at: usize) -> Vec<Expr> {
        let info = &level.rels[at];
        if info.lateral.is_empty() || !info.is_base() {
            return Vec::new();
        }
        let mut keys = Vec::new();
        for column in self.lateral_columns(info.rel) {
            if level.position(column.rel).is_none() {
                continue;
            }
            let types = &self.entry(column.rel).column_types;
            if let Some(data_type) = types.get(usize::from(column.column)) {
                keys.push(super::planner::column_expr(column, *data_type));
            }
        }
        keys
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
