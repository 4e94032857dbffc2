//! A LEFT JOIN to a unique key whose columns nobody uses neither adds nor drops rows: it goes.
//!
//! PostgreSQL: `analyzejoins.c` (remove_useless_joins).

use super::statement::Workbench;
use crate::collections::SortedSet;
use crate::{
    catalog::IndexKey,
    logical::{
        CompareOp, Expr, ExprKind, FromItem, JoinKind, Query, RelId, RelationKind, columns_of,
        outer_columns, rels_in,
    },
};
use alloc::{boxed::Box, vec::Vec};

impl Workbench<'_> {
    pub(super) fn remove_useless_joins(&mut self, query: &mut Query) {
        let mut at = 0;
        while at < query.from.len() {
            let Some(slot) = query.from.get_mut(at) else {
                break;
            };
            let item = core::mem::replace(slot, FromItem::Relation(RelId(u32::MAX)));
            let item = self.without_useless(item, query);
            if let Some(slot) = query.from.get_mut(at) {
                *slot = item;
            }
            at += 1;
        }
    }

    fn without_useless(&self, item: FromItem, query: &Query) -> FromItem {
        let mut used = SortedSet::new();
        self.used_rels(query, &item, &mut used);
        self.strip(item, &used)
    }

    fn strip(&self, item: FromItem, used: &SortedSet<RelId>) -> FromItem {
        let FromItem::Join {
            kind,
            left,
            right,
            on,
        } = item
        else {
            return item;
        };
        if kind == JoinKind::Left
            && let FromItem::Relation(rel) = *right
            && !used.contains(&rel)
            && self.matches_once(rel, &on)
        {
            return self.strip(*left, used);
        }
        // Whatever a join above needs must stay below it.
        let mut below = used.clone();
        below.extend(on.iter().flat_map(columns_of).map(|column| column.rel));
        FromItem::Join {
            kind,
            left: Box::new(self.strip(*left, &below)),
            right: Box::new(self.strip(*right, &below)),
            on,
        }
    }

    /// Entries that the query uses outside the conditions of `item`'s joins.
    fn used_rels(&self, query: &Query, item: &FromItem, used: &mut SortedSet<RelId>) {
        // Seen from outside its FROM, every column of the query is an outer one.
        let mut rest = query.clone();
        let own = core::mem::take(&mut rest.from);
        let columns = outer_columns(&rest, &self.tables, &self.ctes);
        used.extend(columns.into_iter().map(|column| column.rel));
        for other in own.iter().chain(core::iter::once(item)) {
            for rel in rels_in(other) {
                // LATERAL entries look at their neighbours.
                if let Some(RelationKind::Subquery(inner)) = self.table(rel).map(|e| &e.kind) {
                    let columns = outer_columns(inner, &self.tables, &self.ctes);
                    used.extend(columns.into_iter().map(|column| column.rel));
                }
                let alone = Query {
                    from: Vec::from([FromItem::Relation(rel)]),
                    ..Query::default()
                };
                let columns = outer_columns(&alone, &self.tables, &self.ctes);
                used.extend(columns.into_iter().map(|column| column.rel));
            }
        }
        for other in &own {
            collect_on(other, used);
        }
    }

    /// Whether the conditions equate all columns of a unique index of `rel` with something from elsewhere.
    fn matches_once(&self, rel: RelId, on: &[Expr]) -> bool {
        let Some(RelationKind::Table(table)) = self.table(rel).map(|entry| &entry.kind) else {
            return false;
        };
        let equated: SortedSet<u16> = on.iter().filter_map(|part| equated(part, rel)).collect();
        self.catalog.indexes_of(*table).any(|index| {
            index.unique
                && index.predicate.is_empty()
                && index.state != crate::catalog::IndexState::Hypothetical
                && index.columns.iter().all(|part| match part.key {
                    IndexKey::Column(column) => equated.contains(&column),
                    IndexKey::Expression(_) => false,
                })
        })
    }
}

fn collect_on(item: &FromItem, used: &mut SortedSet<RelId>) {
    if let FromItem::Join {
        left, right, on, ..
    } = item
    {
        used.extend(on.iter().flat_map(columns_of).map(|column| column.rel));
        collect_on(left, used);
        collect_on(right, used);
    }
}

/// The column of `rel` in `column = something without rel`.
fn equated(condition: &Expr, rel: RelId) -> Option<u16> {
    let ExprKind::Compare(CompareOp::Eq, left, right) = &condition.kind else {
        return None;
    };
    let without = |expr: &Expr| columns_of(expr).iter().all(|column| column.rel != rel);
    match (left.as_column(), right.as_column()) {
        (Some(column), _) if column.rel == rel && without(right) => Some(column.column),
        (_, Some(column)) if column.rel == rel && without(left) => Some(column.column),
        _ => None,
    }
}
