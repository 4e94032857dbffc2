//! What the rules share: the statement's range table while it is rewritten, substitution, and deep walks.

use crate::logical::{
    ColumnRef, Cte, Expr, ExprKind, Query, RangeTableEntry, RelId, RelationKind, TableFunction,
    expr_map, map_exprs, outer_columns, query_rels, replace,
};
use alloc::{boxed::Box, vec::Vec};

/// A statement on the workbench.
pub(super) struct Workbench {
    pub(super) tables: Vec<RangeTableEntry>,
    pub(super) ctes: Vec<Cte>,
    /// Columns of entries that were pulled up and what they stand for, oldest first.
    pub(super) pulled_up: Vec<(RelId, Vec<Expr>)>,
}

impl Workbench {
    pub(super) fn table(&self, rel: RelId) -> Option<&RangeTableEntry> {
        self.tables.get(rel.0 as usize)
    }

    /// The sub-query of an entry, if it is one.
    pub(super) fn subquery(&self, rel: RelId) -> Option<&Query> {
        match &self.table(rel)?.kind {
            RelationKind::Subquery(query) => Some(query),
            _ => None,
        }
    }

    /// Takes an entry's meaning out, for a change that needs the workbench too.
    pub(super) fn take_kind(&mut self, rel: RelId) -> RelationKind {
        self.tables
            .get_mut(rel.0 as usize)
            .map_or(RelationKind::Gone, |entry| {
                core::mem::replace(&mut entry.kind, RelationKind::Gone)
            })
    }

    pub(super) fn put_kind(&mut self, rel: RelId, kind: RelationKind) {
        if let Some(entry) = self.tables.get_mut(rel.0 as usize) {
            entry.kind = kind;
        }
    }

    /// Replaces columns in a query, its sub-links, its FROM entries and theirs.
    pub(super) fn substitute(&mut self, query: &mut Query, rel: RelId, values: &[Expr]) {
        self.map_deep(query, &mut |column, expr| {
            if column.rel == rel
                && let Some(value) = values.get(usize::from(column.column))
            {
                Expr {
                    origin: expr.origin,
                    ..value.clone()
                }
            } else {
                expr
            }
        });
    }

    /// Passes every column of a query and of all below it to `change`.
    pub(super) fn map_deep(
        &mut self,
        query: &mut Query,
        change: &mut dyn FnMut(ColumnRef, Expr) -> Expr,
    ) {
        map_exprs(query, &mut |expr| self.map_expr(expr, change));
        for rel in query_rels(query) {
            self.map_entry(rel, change);
        }
        for cte in query.ctes.clone() {
            if let Some(found) = self.ctes.get_mut(cte.0 as usize) {
                let mut inner = core::mem::take(&mut found.query);
                self.map_deep(&mut inner, change);
                if let Some(found) = self.ctes.get_mut(cte.0 as usize) {
                    found.query = inner;
                }
            }
        }
    }

    pub(super) fn map_entry(
        &mut self,
        rel: RelId,
        change: &mut dyn FnMut(ColumnRef, Expr) -> Expr,
    ) {
        let mut kind = self.take_kind(rel);
        match &mut kind {
            RelationKind::Subquery(inner) => self.map_deep(inner, change),
            RelationKind::Function(
                TableFunction::GenerateSeries(args) | TableFunction::Unnest(args),
            ) => {
                for arg in args {
                    replace(arg, &mut |expr| self.map_expr(expr, change));
                }
            }
            RelationKind::Values(rows) => {
                for value in rows.iter_mut().flatten() {
                    replace(value, &mut |expr| self.map_expr(expr, change));
                }
            }
            _ => {}
        }
        self.put_kind(rel, kind);
    }

    pub(super) fn map_expr(
        &mut self,
        expr: Expr,
        change: &mut dyn FnMut(ColumnRef, Expr) -> Expr,
    ) -> Expr {
        expr_map(expr, &mut |mut part| match part.kind {
            ExprKind::Column(column) => change(column, part),
            ExprKind::SubLink(ref mut link) => {
                self.map_deep(&mut link.query, change);
                link.outer = outer_columns(&link.query, &self.tables, &self.ctes);
                part
            }
            _ => part,
        })
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, entry: RangeTableEntry) -> RelId {
        let number = u32::try_from(self.tables.len()).expect("fewer entries than bytes of text");
        self.tables.push(entry);
        RelId(number)
    }

    /// A copy of a query with entries of its own.
    pub(super) fn copy(&mut self, query: &Query) -> Query {
        let mut copy = query.clone();
        self.renumber(&mut copy);
        copy
    }

    fn renumber(&mut self, query: &mut Query) {
        let mut moved: Vec<(RelId, RelId)> = Vec::new();
        for rel in query_rels(query) {
            let Some(entry) = self.table(rel).cloned() else {
                continue;
            };
            let new = self.add(entry);
            moved.push((rel, new));
        }
        rename_items(query, &moved);
        // First inside, so that inner copies are distinct; then the references to this level, everywhere below.
        for (_, new) in &moved {
            let mut kind = self.take_kind(*new);
            if let RelationKind::Subquery(inner) = &mut kind {
                self.renumber(inner);
            }
            self.put_kind(*new, kind);
        }
        let mut links = Vec::new();
        map_exprs(query, &mut |expr| {
            expr_map(expr, &mut |mut part| {
                if let ExprKind::SubLink(link) = &mut part.kind {
                    self.renumber(&mut link.query);
                    links.push(());
                }
                part
            })
        });
        self.map_deep(query, &mut |column, mut expr| {
            if let Some((_, new)) = moved.iter().find(|(old, _)| *old == column.rel) {
                expr.kind = ExprKind::Column(ColumnRef {
                    rel: *new,
                    ..column
                });
            }
            expr
        });
    }
}

fn rename_items(query: &mut Query, moved: &[(RelId, RelId)]) {
    use crate::logical::{FromItem, SetOperation};
    fn item(from: &mut FromItem, moved: &[(RelId, RelId)]) {
        match from {
            FromItem::Relation(rel) => renamed(rel, moved),
            FromItem::Join { left, right, .. } => {
                item(left, moved);
                item(right, moved);
            }
        }
    }
    fn tree(node: &mut SetOperation, moved: &[(RelId, RelId)]) {
        match node {
            SetOperation::Leaf(rel) => renamed(rel, moved),
            SetOperation::Node { left, right, .. } => {
                tree(left, moved);
                tree(right, moved);
            }
        }
    }
    fn renamed(rel: &mut RelId, moved: &[(RelId, RelId)]) {
        if let Some((_, new)) = moved.iter().find(|(old, _)| old == rel) {
            *rel = *new;
        }
    }
    for from in &mut query.from {
        item(from, moved);
    }
    if let Some(node) = &mut query.set_operation {
        tree(node, moved);
    }
}

/// A FROM list as one item: inner joins without conditions, left to right.
pub(super) fn one_item(items: Vec<crate::logical::FromItem>) -> Option<crate::logical::FromItem> {
    use crate::logical::{FromItem, JoinKind};
    items.into_iter().reduce(|left, right| FromItem::Join {
        kind: JoinKind::Inner,
        left: Box::new(left),
        right: Box::new(right),
        on: Vec::new(),
    })
}
