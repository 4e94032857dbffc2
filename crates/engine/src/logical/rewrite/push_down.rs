//! Conditions on the output of a sub-query that stays move into it, where that changes no row.
//!
//! PostgreSQL: `allpaths.c` (subquery_is_pushdown_safe, qual_is_pushdown_safe, subquery_push_qual).

use super::statement::Workbench;
use crate::logical::{
    Distinct, Expr, ExprKind, FromItem, JoinKind, Query, RelId, RelationKind, SetOperation,
    SetOperator, columns_of, contains_aggregate, contains_sublink, contains_volatile,
    contains_window, query_rels,
};
use alloc::vec::Vec;

impl Workbench {
    pub(super) fn push_down_conditions(&mut self, query: &mut Query) {
        let stays = |rel: &RelId| self.subquery(*rel).is_some();
        if !query_rels(query).iter().any(stays) {
            return;
        }
        let mut kept = Vec::new();
        let mut plain = Vec::new();
        query
            .from
            .iter()
            .for_each(|item| not_nullable(item, &mut plain));
        for condition in core::mem::take(&mut query.filter) {
            if !self.push_into(&condition, &plain) {
                kept.push(condition);
            }
        }
        query.filter = kept;
        for item in &mut query.from {
            self.push_from_on(item);
        }
    }

    /// ON conditions of inner joins filter both sides, those of other joins the right side.
    fn push_from_on(&mut self, item: &mut FromItem) {
        let FromItem::Join {
            kind,
            left,
            right,
            on,
        } = item
        else {
            return;
        };
        let mut plain = Vec::new();
        match kind {
            JoinKind::Inner | JoinKind::Semi => {
                not_nullable(left, &mut plain);
                not_nullable(right, &mut plain);
            }
            JoinKind::Left | JoinKind::Anti => not_nullable(right, &mut plain),
            JoinKind::Right | JoinKind::Full => {}
        }
        on.retain(|condition| !self.push_into(condition, &plain));
        self.push_from_on(left);
        self.push_from_on(right);
    }

    fn push_into(&mut self, condition: &Expr, allowed: &[RelId]) -> bool {
        let columns = columns_of(condition);
        let Some(rel) = columns.first().map(|column| column.rel) else {
            return false;
        };
        if columns.iter().any(|column| column.rel != rel)
            || !allowed.contains(&rel)
            || contains_sublink(condition)
            || contains_volatile(condition)
        {
            return false;
        }
        let safe = match self.subquery(rel) {
            Some(inner) => {
                let used: Vec<usize> = columns.iter().map(|c| usize::from(c.column)).collect();
                self.is_safe(inner, &used)
            }
            None => false,
        };
        if !safe {
            return false;
        }
        let RelationKind::Subquery(mut inner) = self.take_kind(rel) else {
            return false;
        };
        self.push(&mut inner, rel, condition);
        self.put_kind(rel, RelationKind::Subquery(inner));
        true
    }

    /// Whether a condition on these output columns may be tested inside.
    fn is_safe(&self, inner: &Query, used: &[usize]) -> bool {
        if inner.limit.is_some() || inner.offset.is_some() || inner.row_locks {
            return false;
        }
        if let Some(tree) = &inner.set_operation {
            let mut leaves = Vec::new();
            tree.collect_leaves(&mut leaves);
            // The planner does it for a UNION ALL, whose arms may become tables of an append: those have no conditions of their own.
            let append = is_union_all(tree)
                && inner.distinct == Distinct::None
                && inner.order_by.is_empty()
                && inner.ctes.is_empty();
            return !append
                && !has_except(tree)
                && leaves.iter().all(|leaf| {
                    self.subquery(*leaf)
                        .is_some_and(|leaf| self.is_safe(leaf, used))
                });
        }
        let shown: Vec<(usize, &Expr)> = inner
            .targets
            .iter()
            .enumerate()
            .filter(|(_, target)| !target.hidden)
            .map(|(at, target)| (at, &target.expr))
            .collect();
        used.iter().all(|column| {
            let Some((at, expr)) = shown.get(*column) else {
                return false;
            };
            let grouped = inner.group_by.contains(at);
            let distinct_on = match &inner.distinct {
                Distinct::On(keys) => keys.contains(at),
                _ => true,
            };
            // Below a window only whole partitions may vanish.
            let partitioned = inner
                .windows
                .iter()
                .all(|window| window.partition_by.contains(expr));
            !contains_volatile(expr)
                && !contains_sublink(expr)
                && !contains_window(expr)
                && distinct_on
                && partitioned
                && (!inner.aggregates || grouped || contains_aggregate(expr))
                && (!inner.aggregates || !inner.group_by.is_empty() || contains_aggregate(expr))
        })
    }

    fn push(&mut self, inner: &mut Query, rel: RelId, condition: &Expr) {
        if let Some(tree) = &inner.set_operation {
            let mut leaves = Vec::new();
            tree.collect_leaves(&mut leaves);
            for leaf in leaves {
                let RelationKind::Subquery(mut query) = self.take_kind(leaf) else {
                    continue;
                };
                self.push(&mut query, rel, condition);
                self.put_kind(leaf, RelationKind::Subquery(query));
            }
            return;
        }
        let values: Vec<Expr> = inner
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .map(|target| target.expr.clone())
            .collect();
        let inside = crate::logical::expr_map(condition.clone(), &mut |part| match part.kind {
            ExprKind::Column(column) if column.rel == rel => values
                .get(usize::from(column.column))
                .cloned()
                .unwrap_or(part),
            _ => part,
        });
        if inner.aggregates {
            inner.having.push(inside);
        } else {
            inner.filter.push(inside);
        }
    }
}

fn is_union_all(tree: &SetOperation) -> bool {
    match tree {
        SetOperation::Leaf(_) => true,
        SetOperation::Node {
            op,
            all,
            left,
            right,
            ..
        } => *op == SetOperator::Union && *all && is_union_all(left) && is_union_all(right),
    }
}

fn has_except(tree: &SetOperation) -> bool {
    match tree {
        SetOperation::Leaf(_) => false,
        SetOperation::Node {
            op, left, right, ..
        } => *op == SetOperator::Except || has_except(left) || has_except(right),
    }
}

/// The entries that no join in `item` fills with NULLs and that its output still shows.
fn not_nullable(item: &FromItem, into: &mut Vec<RelId>) {
    match item {
        FromItem::Relation(rel) => into.push(*rel),
        FromItem::Join {
            kind, left, right, ..
        } => match kind {
            JoinKind::Inner => {
                not_nullable(left, into);
                not_nullable(right, into);
            }
            JoinKind::Left | JoinKind::Semi | JoinKind::Anti => not_nullable(left, into),
            JoinKind::Right => not_nullable(right, into),
            JoinKind::Full => {}
        },
    }
}
