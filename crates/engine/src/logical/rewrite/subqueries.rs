//! Simple sub-queries in FROM are merged into the query around them.
//!
//! One with grouping, LIMIT and the like stays; so does one whose columns are computed and which an outer join may have
//! to fill with NULLs (PostgreSQL pulls that up too, with place holders). PostgreSQL: `prepjointree.c`
//! (pull_up_subqueries, is_simple_subquery).

use super::statement::{Workbench, one_item};
use crate::logical::{
    Distinct, Expr, ExprKind, FromItem, JoinKind, Query, RelId, RelationKind, contains_volatile,
    is_strict_for, query_rels,
};
use alloc::{boxed::Box, vec::Vec};

/// What an outer join above an item may do to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Rows stay as they are.
    Kept,
    /// Columns may become NULL.
    Nullable,
    /// … and conditions cannot move either (FULL JOIN).
    Full,
}

impl Workbench {
    pub(super) fn pull_up_subqueries(&mut self, query: &mut Query) {
        if query.set_operation.is_some() {
            return;
        }
        let subquery = |rel: &RelId| self.subquery(*rel).is_some();
        if self.pulled_up.is_empty() && !query_rels(query).iter().any(subquery) {
            return;
        }
        let (mut from, mut conditions) = (Vec::new(), Vec::new());
        for item in core::mem::take(&mut query.from) {
            self.pull_up_item(item, Side::Kept, &mut conditions, &mut from);
        }
        query.from = from;
        // What held inside comes first.
        conditions.append(&mut query.filter);
        query.filter = conditions;
        // Last first, since a LATERAL entry may name one that was pulled up before it.
        let pulled = self.pulled_up.clone();
        for (rel, values) in pulled.iter().rev() {
            if matches!(
                self.table(*rel).map(|entry| &entry.kind),
                Some(RelationKind::Gone)
            ) {
                self.substitute(query, *rel, values);
            }
        }
    }

    /// Puts what an item becomes into `out`; conditions that may hold at the parent's level go to `conditions`.
    fn pull_up_item(
        &mut self,
        item: FromItem,
        side: Side,
        conditions: &mut Vec<Expr>,
        out: &mut Vec<FromItem>,
    ) {
        match item {
            FromItem::Relation(rel) => {
                if !self.is_simple(rel, side) {
                    out.push(FromItem::Relation(rel));
                    return;
                }
                let RelationKind::Subquery(inner) = self.take_kind(rel) else {
                    return;
                };
                let mut inner = *inner;
                self.drop_inlined_ctes(&mut inner);
                self.pull_up_sublinks(&mut inner);
                self.pull_up_subqueries(&mut inner);
                let values: Vec<Expr> = inner
                    .targets
                    .into_iter()
                    .filter(|target| !target.hidden)
                    .map(|target| target.expr)
                    .collect();
                self.pulled_up.push((rel, values));
                out.append(&mut inner.from);
                conditions.append(&mut inner.filter);
            }
            FromItem::Join {
                kind,
                left,
                right,
                mut on,
            } => {
                let (left_side, right_side) = sides(kind, side);
                let (mut left_up, mut right_up) = (Vec::new(), Vec::new());
                let (mut lefts, mut rights) = (Vec::new(), Vec::new());
                self.pull_up_item(*left, left_side, &mut left_up, &mut lefts);
                self.pull_up_item(*right, right_side, &mut right_up, &mut rights);
                let mut inside = match kind {
                    JoinKind::Inner => {
                        left_up.append(&mut right_up);
                        left_up
                    }
                    // The kept side's conditions may be tested above the join, the other side's in it.
                    JoinKind::Left | JoinKind::Semi | JoinKind::Anti => {
                        conditions.append(&mut left_up);
                        right_up
                    }
                    JoinKind::Right => {
                        conditions.append(&mut right_up);
                        left_up
                    }
                    JoinKind::Full => Vec::new(),
                };
                inside.append(&mut on);
                on = inside;
                match (one_item(lefts), one_item(rights)) {
                    (Some(left), Some(right)) => out.push(FromItem::Join {
                        kind,
                        left: Box::new(left),
                        right: Box::new(right),
                        on,
                    }),
                    // Inner join with one empty row: its conditions remain.
                    (one, other) => {
                        out.extend(one.or(other));
                        conditions.append(&mut on);
                    }
                }
            }
        }
    }

    fn is_simple(&self, rel: RelId, side: Side) -> bool {
        let Some(inner) = self.subquery(rel) else {
            return false;
        };
        let plain = inner.set_operation.is_none()
            && !inner.aggregates
            && inner.group_by.is_empty()
            && inner.having.is_empty()
            && inner.windows.is_empty()
            && inner.distinct == Distinct::None
            && inner.order_by.is_empty()
            && inner.limit.is_none()
            && inner.offset.is_none()
            && !inner.row_locks
            && inner.ctes.iter().all(|id| {
                self.ctes
                    .get(id.0 as usize)
                    .is_none_or(|cte| cte.references == 0)
            })
            && !inner
                .targets
                .iter()
                .any(|target| contains_volatile(&target.expr));
        if !plain {
            return false;
        }
        let lateral = self.table(rel).is_some_and(|entry| entry.lateral);
        match side {
            Side::Kept => true,
            Side::Nullable | Side::Full => {
                let own = query_rels(inner);
                !lateral
                    && !inner.from.is_empty()
                    && (side == Side::Nullable || inner.filter.is_empty())
                    && inner
                        .targets
                        .iter()
                        .all(|target| own.iter().any(|rel| is_null_with(&target.expr, *rel)))
            }
        }
    }
}

/// Whether the value is NULL where the relation's columns are: then it may be computed above an outer join as well as below.
fn is_null_with(expr: &Expr, rel: RelId) -> bool {
    match &expr.kind {
        ExprKind::Column(column) => column.rel == rel,
        ExprKind::Operator(..) | ExprKind::Function(..) | ExprKind::Compare(..) => {
            is_strict_for(expr, rel)
        }
        ExprKind::Cast(inner, _) => is_null_with(inner, rel),
        _ => false,
    }
}

fn sides(kind: JoinKind, side: Side) -> (Side, Side) {
    let nullable = match side {
        Side::Kept => Side::Nullable,
        other => other,
    };
    match kind {
        JoinKind::Inner => (side, side),
        // The right side of a semi join is seen by its own conditions only, but must not vanish from the join.
        JoinKind::Semi | JoinKind::Left | JoinKind::Anti => (side, nullable),
        JoinKind::Right => (nullable, side),
        JoinKind::Full => (Side::Full, Side::Full),
    }
}
