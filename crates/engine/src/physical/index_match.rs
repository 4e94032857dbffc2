//! Which conditions an index can evaluate, in the form `key op value`.
//!
//! Source of the method: PostgreSQL 15 `indxpath.c` (`match_clause_to_indexcol` and its family), `like_support.c`. A LIKE
//! with a fixed beginning becomes a range over it, and is tested again on the rows found.

use super::{
    clause::Clause,
    equivalence::strip_relabel,
    index_info::{ClusteredRole, IndexInfo},
    level::Level,
    path::IndexClause,
    pathkeys::boolean_value,
    planner::Planner,
    relset::RelSet,
    row_compare::row_condition,
    selectivity::{PrefixKind, like_prefix},
};
use crate::{
    logical::{CompareOp, Expr, ExprKind, Operator, Quantifier, contains_volatile},
    value::{DataType, TypeClass, Value},
};
use alloc::{rc::Rc, vec::Vec};

/// The clauses that match an index. Most have few, so that one list serves all key parts.
#[derive(Clone, Debug, Default)]
pub struct ClauseSet {
    clauses: Vec<IndexClause>,
}

impl ClauseSet {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// Those of one key part, in the order in which they were added.
    pub fn of_key(&self, key: usize) -> impl Iterator<Item = &IndexClause> + Clone {
        self.clauses.iter().filter(move |one| one.key == key)
    }

    /// Adds clauses.
    pub fn extend<'c>(&mut self, more: impl IntoIterator<Item = &'c IndexClause>) {
        self.clauses.extend(more.into_iter().cloned());
    }

    fn has(&self, key: usize, clause: &Clause) -> bool {
        self.of_key(key).any(|one| one.clause.id == clause.id)
    }
}

/// The clauses that match an index, of three origins.
#[derive(Clone, Debug, Default)]
pub struct Matched {
    /// Conditions on its table alone.
    pub restrictions: ClauseSet,
    /// Conditions that join it with others.
    pub joins: ClauseSet,
    /// Conditions of equivalence classes.
    pub classes: ClauseSet,
}

impl Planner<'_> {
    /// The clauses that match an index, but for arms of OR.
    pub(super) fn matched<'i>(
        &self,
        level: &mut Level,
        at: usize,
        index: &'i IndexInfo,
    ) -> &'i Matched {
        if let Some(known) = index.matched.get() {
            return known;
        }
        let mut found = Matched::default();
        self.match_clauses(level, index, index.restrict.iter(), &mut found.restrictions);
        let info = &level.rels[at];
        let (relids, referencers) = (info.relids, info.lateral_referencers);
        let movable = info
            .join_info
            .iter()
            .filter(|clause| clause.arms.is_none() && clause.movable_to(relids, referencers));
        self.match_clauses(level, index, movable, &mut found.joins);
        if info.has_ec_joins {
            for key in &index.keys {
                let clauses =
                    self.implied_for_column(level, at, referencers, &|member| member == key);
                self.match_clauses(level, index, &clauses, &mut found.classes);
            }
        }
        index.matched.get_or_init(|| found)
    }

    /// Adds those of `clauses` that match a key part of the index.
    pub(super) fn match_clauses<'c>(
        &self,
        level: &Level,
        index: &IndexInfo,
        clauses: impl IntoIterator<Item = &'c Rc<Clause>>,
        set: &mut ClauseSet,
    ) {
        for clause in clauses {
            self.match_clause(level, index, clause, set);
        }
    }

    fn match_clause(
        &self,
        level: &Level,
        index: &IndexInfo,
        clause: &Rc<Clause>,
        set: &mut ClauseSet,
    ) {
        if clause.pseudoconstant {
            return;
        }
        for key in 0..index.keys.len() {
            if set.has(key, clause) {
                return;
            }
            if let Some(found) = self.match_key(level, index, key, clause) {
                set.clauses.push(found);
                return;
            }
        }
    }

    fn match_key(
        &self,
        level: &Level,
        index: &IndexInfo,
        key: usize,
        clause: &Rc<Clause>,
    ) -> Option<IndexClause> {
        let expr = index.keys.get(key)?;
        let made = |instead: Option<Vec<Expr>>, lossy: bool| IndexClause {
            clause: clause.clone(),
            instead: instead.map(Rc::from),
            lossy,
            key,
        };
        let as_it_stands = || Some(made(None, false));
        if expr.data_type == DataType::Bool
            && let Some(value) = boolean_value(&clause.expr, expr)
        {
            let mut condition = Expr::compare(CompareOp::Eq, expr.clone(), Expr::bool(value));
            condition.origin = clause.expr.origin;
            return Some(made(Some(alloc::vec![condition]), false));
        }
        let rel = level.position(index.rel).map(RelSet::single)?;
        let free =
            |other: &Expr| !self.relids_of(level, other).overlaps(rel) && !contains_volatile(other);
        let is_key = |side: &Expr| strip_relabel(side) == expr;
        let of_family = |part: &Expr, other: &Expr| {
            other.data_type.class() == part.data_type.class()
                || other.data_type.class() == TypeClass::Unknown
        };
        let same_family = |other: &Expr| of_family(expr, other);
        match &clause.expr.kind {
            ExprKind::Compare(CompareOp::Ne, _, _) => None,
            ExprKind::Compare(op, left, right) => {
                if is_key(left) && same_family(right) && free(right) {
                    return as_it_stands();
                }
                if is_key(right) && same_family(left) && free(left) {
                    let mut turned =
                        Expr::compare(op.commuted(), (**right).clone(), (**left).clone());
                    turned.origin = clause.expr.origin;
                    return Some(made(Some(alloc::vec![turned]), false));
                }
                None
            }
            ExprKind::RowCompare { .. } => {
                let matches = |part: &Expr, field: &Expr, other: &Expr| {
                    strip_relabel(field) == part && of_family(part, other) && free(other)
                };
                let (condition, lossy) = row_condition(index, key, clause, &matches)?;
                Some(made(Some(alloc::vec![condition]), lossy))
            }
            ExprKind::InList {
                arg,
                op,
                quantifier: Quantifier::Any,
                list,
            } if *op != CompareOp::Ne
                && is_key(arg)
                && list.iter().all(|item| same_family(item) && free(item)) =>
            {
                as_it_stands()
            }
            ExprKind::IsNull { arg, .. } if is_key(arg) => as_it_stands(),
            ExprKind::Operator(Operator::Like, args) => {
                let [text, pattern] = args.as_slice() else {
                    return None;
                };
                if !is_key(text) {
                    return None;
                }
                like_conditions(text, pattern, clause)
                    .map(|conditions| made(Some(conditions), true))
            }
            _ => None,
        }
    }

    /// Whether the index stores all columns of its table that the query uses (`check_index_only`).
    pub(super) fn index_only_possible(&self, level: &Level, at: usize, index: &IndexInfo) -> bool {
        // The leaves of a clustered table's primary key are its rows: there is nothing to leave out.
        if !self.input.settings.enable.indexonlyscan || index.clustered == ClusteredRole::Rows {
            return false;
        }
        let mine = |expr: &Expr| {
            let mut stored = true;
            self.visit_columns(expr, &mut |column| {
                stored &= column.rel != index.rel || index.stores(column.column);
            });
            stored
        };
        let info = &level.rels[at];
        info.target.exprs.iter().all(mine) && index.restrict.iter().all(|clause| mine(&clause.expr))
    }
}

fn like_conditions(text: &Expr, pattern: &Expr, clause: &Clause) -> Option<Vec<Expr>> {
    let ExprKind::Const(Value::Text(pattern_text)) = &pattern.kind else {
        return None;
    };
    let prefix = like_prefix(pattern_text);
    let constant = |value: &str| Expr::constant(Value::Text(value.into()), pattern.data_type);
    let condition = |op: CompareOp, value: &str| {
        let mut condition = Expr::compare(op, text.clone(), constant(value));
        condition.origin = clause.expr.origin;
        condition
    };
    match prefix.kind {
        PrefixKind::None => None,
        PrefixKind::Exact => Some(alloc::vec![condition(CompareOp::Eq, &prefix.prefix)]),
        PrefixKind::Partial => {
            let mut conditions = alloc::vec![condition(CompareOp::Ge, &prefix.prefix)];
            if let Some(next) = &prefix.next {
                conditions.push(condition(CompareOp::Lt, next));
            }
            Some(conditions)
        }
    }
}
