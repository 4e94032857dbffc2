//! The inner side of a nested loop with its rows remembered by key (Memoize).
//!
//! What can be the key does not depend on the outer path, and how many keys there are only on how often they are asked for: both are
//! worked out once for all outer paths of a pair.
//!
//! Source of the method: PostgreSQL 15 `joinpath.c` (`get_memoize_path`, `paraminfo_get_equal_hashops`), `costsize.c`
//! (`cost_memoize_rescan`).

use super::{
    cost::{CostBasis, MemoizeInput, NoTerms, memoize},
    join_path::{Pair, input_of},
    level::Level,
    path::{Path, PathKind},
    planner::Planner,
};
use crate::logical::{Expr, JoinKind};
use alloc::{rc::Rc, vec::Vec};

/// Keys by which an inner path's rows are remembered, and how many there are for the last number of calls asked for.
pub(super) struct Memo {
    keys: Rc<[Expr]>,
    calls: f64,
    distinct: f64,
}

impl Planner<'_> {
    /// By what the rows of an inner path can be remembered; `None` if they cannot.
    pub(super) fn memo(&self, level: &Level, pair: &Pair<'_>, inner: &Path) -> Option<Memo> {
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
        Some(Memo {
            keys: keys.into(),
            calls: f64::NAN,
            distinct: 0.0,
        })
    }

    /// What the rows of an inner path are remembered for: as many calls as the outer path has rows.
    pub(super) fn memoize_input(
        &self,
        level: &Level,
        outer: &Path,
        inner: &Path,
        memo: &mut Memo,
    ) -> MemoizeInput {
        let calls = outer.rows;
        if memo.calls != calls {
            let groups = self.groups(level, &memo.keys, calls);
            memo.calls = calls;
            memo.distinct = if groups.used_default {
                calls
            } else {
                groups.count
            };
        }
        MemoizeInput {
            input: input_of(inner),
            calls,
            distinct_keys: memo.distinct,
        }
    }

    /// The inner path with its rows remembered.
    pub(super) fn memoize_path(
        &self,
        pair: &Pair<'_>,
        inner: &Rc<Path>,
        memo: &Memo,
        input: MemoizeInput,
    ) -> Path {
        Path {
            rels: inner.rels,
            target: inner.target.clone(),
            param: inner.param.clone(),
            rows: inner.rows,
            cost: memoize(self.input.settings, &input, &mut NoTerms),
            basis: self.basis(|| CostBasis::Memoize(input)),
            keys: inner.keys.clone(),
            kind: PathKind::Memoize {
                input: inner.clone(),
                keys: memo.keys.clone(),
                single_row: pair.inner_unique,
                calls: input.calls,
                distinct_keys: input.distinct_keys,
            },
        }
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
