//! EXISTS, NOT EXISTS and IN in WHERE become semi and anti joins.
//!
//! NOT IN stays: a NULL among the sub-query's rows makes it unknown, which no anti join says. PostgreSQL:
//! `prepjointree.c` (pull_up_sublinks), `subselect.c` (convert_ANY_sublink_to_join, convert_EXISTS_sublink_to_join).

use super::statement::{Workbench, one_item};
use crate::collections::SortedSet;
use crate::{
    logical::{
        Distinct, Expr, ExprKind, FromItem, JoinKind, Quantifier, Query, RangeTableEntry, RelId,
        RelationKind, SubLink, SubLinkKind, columns_of, contains_sublink, contains_volatile,
        on_clauses, outer_columns, query_rels, rels_in, rels_of,
    },
    value::Value,
};
use alloc::{boxed::Box, vec::Vec};

impl Workbench {
    pub(super) fn pull_up_sublinks(&mut self, query: &mut Query) {
        if query.from.is_empty() || query.set_operation.is_some() {
            return;
        }
        let mut any = query.filter.iter().any(contains_sublink);
        for item in &query.from {
            on_clauses(item, &mut |condition| any |= contains_sublink(condition));
        }
        if !any {
            return;
        }
        for item in core::mem::take(&mut query.from) {
            let item = self.pull_up_from_on(item);
            query.from.push(item);
        }
        let conditions = core::mem::take(&mut query.filter);
        for condition in conditions {
            // Conditions inside AND were flattened by the binder.
            let level: SortedSet<RelId> = query_rels(query).into_iter().collect();
            match self.as_join(condition, &level, &SortedSet::new()) {
                Ok(join) => {
                    if let Some(left) = one_item(core::mem::take(&mut query.from)) {
                        query.from.push(self.attach(left, join));
                    }
                }
                Err(condition) => query.filter.push(*condition),
            }
        }
    }

    /// Sub-links in ON: above an inner join; below an outer one on the side whose rows may be missing, if they look at no
    /// other.
    fn pull_up_from_on(&mut self, item: FromItem) -> FromItem {
        let FromItem::Join {
            kind,
            left,
            right,
            on,
        } = item
        else {
            return item;
        };
        let mut left = self.pull_up_from_on(*left);
        let mut right = self.pull_up_from_on(*right);
        let (mut kept, mut above) = (Vec::new(), Vec::new());
        for condition in on {
            let lefts: SortedSet<RelId> = rels_in(&left).into_iter().collect();
            let rights: SortedSet<RelId> = rels_in(&right).into_iter().collect();
            let pulled = match kind {
                JoinKind::Inner => {
                    let both = lefts.iter().chain(&rights).copied().collect();
                    self.as_join(condition, &both, &SortedSet::new())
                }
                JoinKind::Left => self.as_join(condition, &rights, &lefts),
                JoinKind::Right => self.as_join(condition, &lefts, &rights),
                JoinKind::Full | JoinKind::Semi | JoinKind::Anti => Err(Box::new(condition)),
            };
            match (pulled, kind) {
                (Ok(join), JoinKind::Inner) => above.push(join),
                (Ok(join), JoinKind::Left) => right = self.attach(right, join),
                (Ok(join), _) => left = self.attach(left, join),
                (Err(condition), _) => kept.push(*condition),
            }
        }
        let mut item = FromItem::Join {
            kind,
            left: Box::new(left),
            right: Box::new(right),
            on: kept,
        };
        for join in above {
            item = self.attach(item, join);
        }
        item
    }

    /// Puts a semi or anti join on top of `left`; sub-links among its own conditions follow, on the side they refer to.
    fn attach(&mut self, left: FromItem, join: Pulled) -> FromItem {
        let Pulled { kind, right, on } = join;
        let (mut left, mut right, mut kept) = (left, right, Vec::new());
        for condition in on {
            let left_rels: SortedSet<RelId> = rels_in(&left).into_iter().collect();
            let right_rels: SortedSet<RelId> = rels_in(&right).into_iter().collect();
            let condition = match self.as_join(condition, &right_rels, &left_rels) {
                Ok(inner) => {
                    right = self.attach(right, inner);
                    continue;
                }
                Err(condition) => *condition,
            };
            if kind == JoinKind::Semi {
                match self.as_join(condition, &left_rels, &right_rels) {
                    Ok(inner) => left = self.attach(left, inner),
                    Err(condition) => kept.push(*condition),
                }
            } else {
                kept.push(condition);
            }
        }
        FromItem::Join {
            kind,
            left: Box::new(left),
            right: Box::new(right),
            on: kept,
        }
    }

    /// The join that a condition stands for, if it refers to the entries `level` and to none of `beside`, the query's other
    /// ones, which the join would not see.
    fn as_join(
        &mut self,
        condition: Expr,
        level: &SortedSet<RelId>,
        beside: &SortedSet<RelId>,
    ) -> Result<Pulled, Box<Expr>> {
        if !rels_of(&condition).is_disjoint(beside) {
            return Err(Box::new(condition));
        }
        let unchanged = condition.clone();
        let pulled = match condition.kind {
            ExprKind::SubLink(link) => match &link.kind {
                SubLinkKind::Exists => self.exists_join(*link, JoinKind::Semi, level),
                SubLinkKind::Quantified {
                    quantifier: Quantifier::Any,
                    ..
                } => self.any_join(*link, level),
                _ => None,
            },
            ExprKind::Not(arg) => match arg.kind {
                ExprKind::SubLink(link) if link.kind == SubLinkKind::Exists => {
                    self.exists_join(*link, JoinKind::Anti, level)
                }
                _ => None,
            },
            _ => None,
        };
        pulled.ok_or_else(|| Box::new(unchanged))
    }

    fn any_join(&mut self, link: SubLink, level: &SortedSet<RelId>) -> Option<Pulled> {
        let SubLinkKind::Quantified { left, op, .. } = link.kind else {
            return None;
        };
        // The sub-query must not look at this level, the left side must.
        if link.outer.iter().any(|column| level.contains(&column.rel)) {
            return None;
        }
        let used: SortedSet<RelId> = left
            .iter()
            .flat_map(columns_of)
            .map(|column| column.rel)
            .collect();
        if !used.iter().any(|rel| level.contains(rel)) || left.iter().any(contains_volatile) {
            return None;
        }
        let shown = link.query.targets.iter().filter(|target| !target.hidden);
        let (column_names, column_types): (Vec<_>, Vec<_>) = shown
            .map(|target| (target.name.clone(), target.expr.data_type))
            .unzip();
        let span = left.first().map_or_else(Default::default, Expr::span);
        let rel = self.add(RangeTableEntry {
            alias: "ANY_subquery".into(),
            alias_written: true,
            kind: RelationKind::Subquery(link.query),
            column_names,
            column_types: column_types.clone(),
            lateral: false,
            query: 0,
            span,
        });
        let on = left
            .into_iter()
            .zip((0u16..).zip(column_types))
            .map(|(left, (at, of))| Expr::compare(op, left, Expr::column(rel, at, of)))
            .collect();
        Some(Pulled {
            kind: JoinKind::Semi,
            right: FromItem::Relation(rel),
            on,
        })
    }

    fn exists_join(
        &mut self,
        link: SubLink,
        kind: JoinKind,
        level: &SortedSet<RelId>,
    ) -> Option<Pulled> {
        let mut query = *link.query;
        if !simplify_exists(&mut query) || query.from.is_empty() {
            return None;
        }
        let on = core::mem::take(&mut query.filter);
        if on.iter().any(contains_volatile) {
            return None;
        }
        // Only WHERE may look at this level, and it must: an uncorrelated EXISTS is better run once.
        query.targets.clear();
        let rest = outer_columns(&query, &self.tables, &self.ctes);
        if rest.iter().any(|column| level.contains(&column.rel)) {
            return None;
        }
        if !link.outer.iter().any(|column| level.contains(&column.rel)) {
            return None;
        }
        Some(Pulled {
            kind,
            right: one_item(query.from)?,
            on,
        })
    }
}

/// A join to be put on top of what is there.
struct Pulled {
    kind: JoinKind,
    right: FromItem,
    on: Vec<Expr>,
}

/// Drops what does not matter for whether there is a row; `false` if something that matters is in the way.
pub fn simplify_exists(query: &mut Query) -> bool {
    if query.set_operation.is_some()
        || query.aggregates
        || !query.group_by.is_empty()
        || !query.having.is_empty()
        || !query.windows.is_empty()
        || query.offset.is_some()
        || query.row_locks
        || !query.ctes.is_empty()
    {
        return false;
    }
    match query.limit.as_ref().map(Expr::as_const) {
        None => {}
        Some(Some(Value::Int8(count))) if *count > 0 => query.limit = None,
        Some(Some(Value::Null)) => query.limit = None,
        Some(_) => match query.limit.as_ref().map(|limit| &limit.kind) {
            // A literal still under its cast to bigint.
            Some(ExprKind::Cast(inner, _)) if matches!(inner.as_const(), Some(Value::Int4(count)) if *count > 0) =>
            {
                query.limit = None;
            }
            _ => return false,
        },
    }
    query.distinct = Distinct::None;
    query.order_by.clear();
    true
}
