//! Forming the join of two relations: its clauses, rows and output, then its paths.
//!
//! Source of the method: PostgreSQL 15 `relnode.c` (`build_join_rel`), `joinrels.c` (`make_join_rel`), `costsize.c`
//! (`set_joinrel_size_estimates`).

use super::{
    cardinality::join_size,
    clause::Clause,
    estimate::{is_outer, is_pushed_down},
    join_legal::Legal,
    join_path::JoinMode,
    level::{Level, SpecialJoin},
    path::{Path, PathTarget},
    planner::Planner,
    rel::{BaseKind, RelInfo},
    relset::RelSet,
};
use crate::{
    error::{Error, ErrorCode},
    logical::{ExprKind, JoinKind, RelId},
    value::Value,
};
use alloc::{rc::Rc, vec::Vec};

impl Planner<'_> {
    /// Joins two relations if that is legal, in all ways. Returns the join's position.
    pub(super) fn make_join(
        &self,
        level: &mut Level,
        one: usize,
        two: usize,
    ) -> Result<Option<usize>, Error> {
        let Legal::Yes { special, reversed } = self.join_is_legal(level, one, two) else {
            return Ok(None);
        };
        let (one, two) = if reversed { (two, one) } else { (one, two) };
        let plain = Self::plain_join(level.rels[one].relids, level.rels[two].relids);
        let special = special.as_deref().unwrap_or(&plain);
        let clauses = self.join_restrictions(level, one, two);
        let join = self.join_rel(level, one, two, special, &clauses);
        if level.rels[join].dummy {
            return Ok(Some(join));
        }
        self.fill_join(level, join, (one, two), special, &clauses)?;
        Ok(Some(join))
    }

    fn fill_join(
        &self,
        level: &mut Level,
        join: usize,
        sides: (usize, usize),
        special: &SpecialJoin,
        clauses: &[Rc<Clause>],
    ) -> Result<(), Error> {
        let (one, two) = sides;
        let relids = level.rels[join].relids;
        let false_filter = constant_false(clauses, relids, true);
        let false_any = constant_false(clauses, relids, false);
        let (dummy_one, dummy_two) = (level.rels[one].dummy, level.rels[two].dummy);
        let paths = |planner: &Self, level: &mut Level, outer, inner, mode| {
            planner.join_paths(level, join, (outer, inner), mode, special, clauses);
        };
        match special.kind {
            JoinKind::Inner | JoinKind::Right => {
                if dummy_one || dummy_two || false_any {
                    self.make_dummy(level, join);
                    return Ok(());
                }
                paths(self, level, one, two, JoinMode::Plain(JoinKind::Inner));
                paths(self, level, two, one, JoinMode::Plain(JoinKind::Inner));
            }
            JoinKind::Left => {
                if dummy_one || false_filter {
                    self.make_dummy(level, join);
                    return Ok(());
                }
                if false_any && level.rels[two].relids.is_subset(special.syn_right) {
                    self.make_dummy(level, two);
                }
                paths(self, level, one, two, JoinMode::Plain(JoinKind::Left));
                paths(self, level, two, one, JoinMode::Plain(JoinKind::Right));
            }
            JoinKind::Full => {
                if (dummy_one && dummy_two) || false_filter {
                    self.make_dummy(level, join);
                    return Ok(());
                }
                paths(self, level, one, two, JoinMode::Plain(JoinKind::Full));
                paths(self, level, two, one, JoinMode::Plain(JoinKind::Full));
                if level.rels[join].list.paths.is_empty() {
                    return Err(Error::new(
                        ErrorCode::FeatureNotSupported,
                        "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions",
                    ));
                }
            }
            JoinKind::Semi => {
                let normal = special.min_left.is_subset(level.rels[one].relids)
                    && special.min_right.is_subset(level.rels[two].relids);
                if dummy_one || dummy_two || false_any {
                    self.make_dummy(level, join);
                    return Ok(());
                }
                if normal {
                    paths(self, level, one, two, JoinMode::Plain(JoinKind::Semi));
                }
                if special.syn_right == level.rels[two].relids
                    && self.unique_path(level, two, special).is_some()
                {
                    paths(self, level, one, two, JoinMode::UniqueInner);
                    paths(self, level, two, one, JoinMode::UniqueOuter);
                }
            }
            JoinKind::Anti => {
                if dummy_one || false_filter {
                    self.make_dummy(level, join);
                    return Ok(());
                }
                if false_any && level.rels[two].relids.is_subset(special.syn_right) {
                    self.make_dummy(level, two);
                }
                paths(self, level, one, two, JoinMode::Plain(JoinKind::Anti));
            }
        }
        Ok(())
    }

    /// An inner join's description.
    pub(super) const fn plain_join(left: RelSet, right: RelSet) -> SpecialJoin {
        SpecialJoin {
            min_left: left,
            min_right: right,
            syn_left: left,
            syn_right: right,
            kind: JoinKind::Inner,
            left_strict: false,
            semi_right: Vec::new(),
            semi_can_unique: false,
        }
    }

    /// The clauses to test when the two are joined.
    pub(super) fn join_restrictions(
        &self,
        level: &mut Level,
        one: usize,
        two: usize,
    ) -> Vec<Rc<Clause>> {
        let (left, right) = (level.rels[one].relids, level.rels[two].relids);
        let both = left.union(right);
        let mut clauses: Vec<Rc<Clause>> = Vec::new();
        for clause in level.rels[one]
            .join_info
            .iter()
            .chain(&level.rels[two].join_info)
        {
            if clause.required_relids.is_subset(both)
                && !clauses.iter().any(|known| known.id == clause.id)
            {
                clauses.push(clause.clone());
            }
        }
        clauses.extend(self.implied_join_clauses(level, both, left, right));
        clauses
    }

    fn join_rel(
        &self,
        level: &mut Level,
        one: usize,
        two: usize,
        special: &SpecialJoin,
        clauses: &[Rc<Clause>],
    ) -> usize {
        let relids = level.rels[one].relids.union(level.rels[two].relids);
        if let Some(&known) = level.joins.get(&relids) {
            return known;
        }
        let mut info = RelInfo::new(relids, RelId(u32::MAX), BaseKind::Join);
        info.list.consider_startup = level.tuple_fraction > 0.0;
        info.list.keep_losers = self.keeps_losers();
        info.lateral = level.rels[one]
            .lateral
            .union(level.rels[two].lateral)
            .minus(relids);
        for clause in level.rels[one]
            .join_info
            .iter()
            .chain(&level.rels[two].join_info)
        {
            if !clause.required_relids.is_subset(relids)
                && !info.join_info.iter().any(|known| known.id == clause.id)
            {
                info.join_info.push(clause.clone());
            }
        }
        info.has_ec_joins = self.classes_join_outside(level, relids);
        info.rows = self.join_rows(level, one, two, special, clauses);
        info.target = Rc::new(self.join_target(level, relids, one, two));
        let at = level.rels.len();
        level.rels.push(info);
        level.joins.insert(relids, at);
        at
    }

    fn join_target(&self, level: &Level, relids: RelSet, one: usize, two: usize) -> PathTarget {
        let mut target = PathTarget::default();
        for side in [one, two] {
            for expr in &level.rels[side].target.exprs {
                let ExprKind::Column(column) = expr.kind else {
                    continue;
                };
                let Some(base) = level.position(column.rel) else {
                    continue;
                };
                let needed = level.rels[base]
                    .needed
                    .iter()
                    .find(|needed| needed.column == column.column);
                if needed.is_some_and(|needed| needed.output || !needed.joins.is_subset(relids)) {
                    target.width += self.column_width(level, column, expr.data_type);
                    target.exprs.push(expr.clone());
                }
            }
        }
        target
    }

    /// Rows of the join (`calc_joinrel_size_estimate`).
    pub(super) fn join_rows(
        &self,
        level: &Level,
        one: usize,
        two: usize,
        special: &SpecialJoin,
        clauses: &[Rc<Clause>],
    ) -> f64 {
        let (outer_rows, inner_rows) = (level.rels[one].rows, level.rels[two].rows);
        let relids = level.rels[one].relids.union(level.rels[two].relids);
        self.rows_of_join(level, (outer_rows, inner_rows), relids, special, clauses)
    }

    fn rows_of_join(
        &self,
        level: &Level,
        rows: (f64, f64),
        relids: RelSet,
        special: &SpecialJoin,
        clauses: &[Rc<Clause>],
    ) -> f64 {
        let (outer_rows, inner_rows) = rows;
        let kind = special.kind;
        let join = (kind, special.syn_right);
        let (on, filter) = if is_outer(kind) {
            let own = clauses
                .iter()
                .filter(|clause| !is_pushed_down(clause, relids));
            let later = clauses
                .iter()
                .filter(|clause| is_pushed_down(clause, relids));
            (
                self.join_selectivity(level, own, join, inner_rows),
                self.join_selectivity(level, later, join, inner_rows),
            )
        } else {
            (
                self.join_selectivity(level, clauses.iter(), join, inner_rows),
                1.0,
            )
        };
        join_size(kind, outer_rows, inner_rows, on, filter)
    }

    /// Rows of a parameterised join: not more than without parameters.
    pub(super) fn parameterised_join_rows(
        &self,
        level: &Level,
        join: usize,
        inputs: (&Path, &Path),
        clauses: &[Rc<Clause>],
    ) -> f64 {
        let (outer, inner) = inputs;
        let relids = level.rels[join].relids;
        let special = level.special.iter().find(|special| {
            special.kind != JoinKind::Inner
                && special.min_left.is_subset(outer.rels)
                && special.min_right.is_subset(inner.rels)
        });
        let plain = Self::plain_join(outer.rels, inner.rels);
        let special = special.map_or(&plain, |special| special);
        self.rows_of_join(level, (outer.rows, inner.rows), relids, special, clauses)
            .min(level.rels[join].rows)
    }
}

/// Whether a clause says that no row comes out.
fn constant_false(clauses: &[Rc<Clause>], relids: RelSet, only_filters: bool) -> bool {
    clauses.iter().any(|clause| {
        (!only_filters || is_pushed_down(clause, relids))
            && matches!(
                clause.expr.kind,
                ExprKind::Const(Value::Bool(false) | Value::Null)
            )
    })
}
