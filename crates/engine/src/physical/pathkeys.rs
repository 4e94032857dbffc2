//! Orders as lists of canonical keys: made from ORDER BY and from indexes, shortened to what is of use.
//!
//! Source of the method: PostgreSQL 15 `pathkeys.c`. A key whose class holds a constant, or that occurs before, says nothing
//! and is dropped, so that two lists that sort alike are equal.

use super::{
    clause::EcId,
    index_info::IndexInfo,
    level::Level,
    path::{PathKey, PathKeys},
    path_list::common_prefix,
    plan::Direction,
    planner::Planner,
    relset::RelSet,
};
use crate::{
    logical::{CompareOp, Expr, ExprKind},
    value::{DataType, Value},
};
use alloc::vec::Vec;

/// One requested sort key: expression, descending, nulls first.
pub type SortSpec = (Expr, bool, bool);

impl Planner<'_> {
    /// Whether the key adds nothing to `before`.
    fn is_redundant(level: &Level, key: PathKey, before: &[PathKey]) -> bool {
        let class = level.class(key.ec);
        (class.has_const && !class.below_outer_join) || before.iter().any(|one| one.ec == key.ec)
    }

    /// The canonical order for sort expressions; classes are made as needed.
    pub(super) fn keys_for(&self, level: &mut Level, specs: &[SortSpec]) -> PathKeys {
        let mut keys: Vec<PathKey> = Vec::with_capacity(specs.len());
        for (expr, descending, nulls_first) in specs {
            let ec = self.class_of(level, expr, RelSet::EMPTY);
            let key = PathKey {
                ec,
                descending: *descending,
                nulls_first: *nulls_first,
            };
            if !Self::is_redundant(level, key, &keys) {
                keys.push(key);
            }
        }
        PathKeys::from(keys.as_slice())
    }

    /// Ascending keys, nulls last: for grouping.
    pub(super) fn ascending_keys(&self, level: &mut Level, exprs: &[Expr]) -> PathKeys {
        let specs: Vec<SortSpec> = exprs
            .iter()
            .map(|expr| (expr.clone(), false, false))
            .collect();
        self.keys_for(level, &specs)
    }

    /// The order in which an index gives rows, as far as it is of use to this relation.
    pub(super) fn useful_index_keys(
        &self,
        level: &Level,
        at: usize,
        index: &IndexInfo,
        direction: Direction,
    ) -> PathKeys {
        let mut keys: Vec<PathKey> = Vec::new();
        for (part, expr) in index.def.columns.iter().zip(&index.keys) {
            let backward = direction == Direction::Backward;
            match Self::known_class(level, expr) {
                Some(ec) => {
                    let key = PathKey {
                        ec,
                        descending: part.descending != backward,
                        nulls_first: part.nulls_first != backward,
                    };
                    if !Self::is_redundant(level, key, &keys) {
                        keys.push(key);
                    }
                }
                None => {
                    if !is_fixed_boolean(level, at, expr) {
                        break;
                    }
                }
            }
        }
        let useful = self.useful_keys(level, at, &keys);
        keys.truncate(useful);
        PathKeys::from(keys.as_slice())
    }

    /// How many leading keys serve a merge join or what stands above (`truncate_useless_pathkeys`).
    pub(super) fn useful_keys(&self, level: &Level, at: usize, keys: &[PathKey]) -> usize {
        let ordering = common_prefix(&level.query_keys, keys);
        let merging = keys
            .iter()
            .take_while(|key| self.serves_merge(level, at, **key))
            .count();
        ordering.max(merging)
    }

    fn serves_merge(&self, level: &Level, at: usize, key: PathKey) -> bool {
        // Merge joins may go in either direction; only the one that the query asks for, else ascending, is worth keeping.
        let wanted = level
            .query_keys
            .iter()
            .find(|one| one.ec == key.ec)
            .map_or(!key.descending, |one| one.descending == key.descending);
        if !wanted {
            return false;
        }
        let info = &level.rels[at];
        if self.useful_for_merging(level, key.ec, info.relids) {
            return true;
        }
        info.join_info.iter().any(|clause| {
            clause.mergejoinable
                && clause.can_join
                && [clause.left_ec.get(), clause.right_ec.get()]
                    .into_iter()
                    .flatten()
                    .any(|ec: EcId| level.canonical(ec) == key.ec)
        })
    }

    /// Whether any order of the relation could be of use.
    pub(super) fn order_may_help(&self, level: &Level, at: usize) -> bool {
        let info = &level.rels[at];
        !info.join_info.is_empty() || info.has_ec_joins || !level.query_keys.is_empty()
    }
}

/// A boolean key part that the query fixes (`b`, `NOT b`): its order says nothing.
fn is_fixed_boolean(level: &Level, at: usize, key: &Expr) -> bool {
    key.data_type == DataType::Bool
        && level.rels[at]
            .restrict
            .iter()
            .any(|clause| boolean_value(&clause.expr, key).is_some())
}

/// The value to which a condition fixes a boolean expression.
pub(super) fn boolean_value(condition: &Expr, key: &Expr) -> Option<bool> {
    if condition == key {
        return Some(true);
    }
    match &condition.kind {
        ExprKind::Not(inner) if **inner == *key => Some(false),
        ExprKind::BoolTest(test, inner) if **inner == *key => match test {
            crate::logical::BoolTest::True => Some(true),
            crate::logical::BoolTest::False => Some(false),
            _ => None,
        },
        ExprKind::Compare(CompareOp::Eq, left, right) if **left == *key => match right.kind {
            ExprKind::Const(Value::Bool(value)) => Some(value),
            _ => None,
        },
        _ => None,
    }
}
