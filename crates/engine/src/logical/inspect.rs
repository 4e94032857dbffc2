//! Questions about expressions: which columns and relations, whether aggregates, volatile functions or sub-queries
//! occur, whether NULL in gives NULL out.
//!
//! PostgreSQL: `var.c` (pull_varnos), `clauses.c` (contain_volatile_functions, contain_nonstrict_functions,
//! find_nonnullable_rels).

use super::{
    BoolTest, ColumnRef, Cte, Expr, ExprKind, FromItem, Function, Quantifier, Query,
    RangeTableEntry, RelId, RelationKind, SubLinkKind, TableFunction, expr_any, expr_walk,
    for_each_expr,
};
use crate::collections::SortedSet;
use alloc::vec::Vec;

/// The columns that occur in `expr`, those of outer levels and those that its sub-links take from here included.
#[must_use]
pub fn columns_of(expr: &Expr) -> SortedSet<ColumnRef> {
    let mut columns = SortedSet::new();
    collect_columns(expr, &mut columns);
    columns
}

/// Adds the columns that occur in `expr` to `into`.
pub fn collect_columns(expr: &Expr, into: &mut SortedSet<ColumnRef>) {
    expr_walk(expr, &mut |part| {
        match &part.kind {
            ExprKind::Column(column) => {
                into.insert(*column);
            }
            ExprKind::SubLink(link) => into.extend(link.outer.iter().copied()),
            _ => {}
        }
        true
    });
}

/// The range-table entries whose columns occur in `expr` (see [`columns_of`]).
#[must_use]
pub fn rels_of(expr: &Expr) -> SortedSet<RelId> {
    columns_of(expr)
        .into_iter()
        .map(|column| column.rel)
        .collect()
}

/// The range-table entries in a FROM item, left to right.
#[must_use]
pub fn rels_in(item: &FromItem) -> Vec<RelId> {
    fn collect(item: &FromItem, into: &mut Vec<RelId>) {
        match item {
            FromItem::Relation(rel) => into.push(*rel),
            FromItem::Join { left, right, .. } => {
                collect(left, into);
                collect(right, into);
            }
        }
    }
    let mut rels = Vec::new();
    collect(item, &mut rels);
    rels
}

/// A condition as a flat list of parts that must all hold.
#[must_use]
pub fn flatten_and(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::And(parts) => parts.into_iter().flat_map(flatten_and).collect(),
        _ => alloc::vec![expr],
    }
}

/// Whether an aggregate occurs (not inside sub-queries).
#[must_use]
pub fn contains_aggregate(expr: &Expr) -> bool {
    expr_any(expr, &mut |part| {
        matches!(part.kind, ExprKind::Aggregate(_))
    })
}

/// Whether a window call occurs (not inside sub-queries).
#[must_use]
pub fn contains_window(expr: &Expr) -> bool {
    expr_any(expr, &mut |part| matches!(part.kind, ExprKind::Window(_)))
}

/// Whether a sub-query occurs, planned or not.
#[must_use]
pub fn contains_sublink(expr: &Expr) -> bool {
    expr_any(expr, &mut |part| {
        matches!(
            part.kind,
            ExprKind::SubLink(_) | ExprKind::SubPlan { .. } | ExprKind::InitPlan(_)
        )
    })
}

/// Whether a function occurs that may answer differently each time (also inside sub-queries' own expressions).
#[must_use]
pub fn contains_volatile(expr: &Expr) -> bool {
    expr_any(expr, &mut |part| match &part.kind {
        ExprKind::Function(function, _) => function.is_volatile(),
        ExprKind::SubLink(link) => {
            let mut found = false;
            for_each_expr(&link.query, &mut |inner| {
                found = found || contains_volatile(inner);
            });
            found
        }
        _ => false,
    })
}

/// Whether the value depends on the statement's time or the session as well as on its arguments, or on chance: an
/// index on it would not stay right.
#[must_use]
pub fn contains_mutable(expr: &Expr) -> bool {
    expr_any(expr, &mut |part| match &part.kind {
        // With one argument age() counts from today.
        ExprKind::Function(Function::Age, args) => args.len() == 1,
        ExprKind::Function(function, _) => !function.is_immutable(),
        ExprKind::SubLink(_) => true,
        _ => false,
    })
}

/// Columns that must be non-null for `expr` to be non-null (for a condition: to be true or false).
#[must_use]
pub fn strict_columns(expr: &Expr) -> SortedSet<ColumnRef> {
    forced(expr, Force::NotNull, &|column| column)
}

/// Columns that must be non-null for the condition `expr` to be true. PostgreSQL: `find_nonnullable_vars`.
#[must_use]
pub fn columns_forced_non_null(expr: &Expr) -> SortedSet<ColumnRef> {
    forced(expr, Force::True, &|column| column)
}

/// Relations that must give a row of their own, not one of NULLs, for the condition `expr` to be true: more than those of
/// [`columns_forced_non_null`], since the arms of an OR may each test another column. PostgreSQL: `find_nonnullable_rels`.
#[must_use]
pub fn rels_forced_non_null(expr: &Expr) -> SortedSet<RelId> {
    let whole = |column: ColumnRef| ColumnRef {
        column: 0,
        ..column
    };
    let columns = forced(expr, Force::True, &whole);
    columns.into_iter().map(|column| column.rel).collect()
}

/// Whether the condition `expr` cannot be true when all columns of `rel` are NULL.
#[must_use]
pub fn is_strict_for(expr: &Expr, rel: RelId) -> bool {
    columns_forced_non_null(expr)
        .iter()
        .any(|column| column.rel == rel)
}

#[derive(Clone, Copy, PartialEq)]
enum Force {
    True,
    False,
    NotNull,
}

fn forced(
    expr: &Expr,
    force: Force,
    name: &dyn Fn(ColumnRef) -> ColumnRef,
) -> SortedSet<ColumnRef> {
    let forced = |expr: &Expr, force| forced(expr, force, name);
    let union = |parts: &[Expr], force| {
        let mut all = SortedSet::new();
        for part in parts {
            all.extend(forced(part, force));
        }
        all
    };
    let intersection = |parts: &[Expr], force| {
        let mut parts = parts.iter();
        let mut common = parts
            .next()
            .map_or_else(SortedSet::new, |p| forced(p, force));
        for part in parts {
            let these = forced(part, force);
            common.retain(|column| these.contains(column));
        }
        common
    };
    match &expr.kind {
        ExprKind::Column(column) => SortedSet::from([name(*column)]),
        ExprKind::Compare(_, left, right) => {
            let mut all = forced(left, Force::NotNull);
            all.extend(forced(right, Force::NotNull));
            all
        }
        ExprKind::Operator(_, args) => union(args, Force::NotNull),
        ExprKind::Function(function, args) if function.is_strict() => union(args, Force::NotNull),
        ExprKind::Cast(arg, _) => forced(arg, Force::NotNull),
        ExprKind::And(args) => match force {
            Force::True => union(args, force),
            Force::False | Force::NotNull => intersection(args, force),
        },
        ExprKind::Or(args) => match force {
            Force::False => union(args, force),
            Force::True | Force::NotNull => intersection(args, force),
        },
        ExprKind::Not(arg) => forced(
            arg,
            match force {
                Force::True => Force::False,
                Force::False => Force::True,
                Force::NotNull => Force::NotNull,
            },
        ),
        ExprKind::IsNull { arg, negated: true } if force == Force::True => {
            forced(arg, Force::NotNull)
        }
        ExprKind::IsNull {
            arg,
            negated: false,
        } if force == Force::False => forced(arg, Force::NotNull),
        ExprKind::BoolTest(test, arg) => match (test, force) {
            (BoolTest::True, Force::True) | (BoolTest::NotTrue, Force::False) => {
                forced(arg, Force::True)
            }
            (BoolTest::False, Force::True) | (BoolTest::NotFalse, Force::False) => {
                forced(arg, Force::False)
            }
            (BoolTest::NotUnknown, Force::True) | (BoolTest::Unknown, Force::False) => {
                forced(arg, Force::NotNull)
            }
            _ => SortedSet::new(),
        },
        ExprKind::InList { arg, list, .. } => {
            // `x op ANY (list)` is true only if x is not null; `ALL` over an empty list is true for any x.
            if list.is_empty() {
                SortedSet::new()
            } else {
                forced(arg, Force::NotNull)
            }
        }
        ExprKind::SubLink(link) => match &link.kind {
            SubLinkKind::Quantified {
                left,
                quantifier: Quantifier::Any,
                ..
            } if force == Force::True => union(left, Force::NotNull),
            _ => SortedSet::new(),
        },
        _ => SortedSet::new(),
    }
}

/// The columns of outer levels that `query` refers to, in its expressions, its sub-links, its FROM entries, their
/// sub-queries and the WITH queries it defines. `tables` and `ctes` are those of the statement.
#[must_use]
pub fn outer_columns(query: &Query, tables: &[RangeTableEntry], ctes: &[Cte]) -> Vec<ColumnRef> {
    let mut used = SortedSet::new();
    let mut own = SortedSet::new();
    collect_query(query, tables, ctes, &mut used, &mut own);
    used.retain(|column| !own.contains(&column.rel));
    used.into_iter().collect()
}

fn collect_query(
    query: &Query,
    tables: &[RangeTableEntry],
    ctes: &[Cte],
    used: &mut SortedSet<ColumnRef>,
    own: &mut SortedSet<RelId>,
) {
    for_each_expr(query, &mut |expr| {
        expr_walk(expr, &mut |part| {
            match &part.kind {
                ExprKind::Column(column) => {
                    used.insert(*column);
                }
                ExprKind::SubLink(link) => collect_query(&link.query, tables, ctes, used, own),
                _ => {}
            }
            true
        });
    });
    for rel in query_rels(query) {
        own.insert(rel);
        let Some(entry) = tables.get(rel.0 as usize) else {
            continue;
        };
        match &entry.kind {
            RelationKind::Subquery(inner) => collect_query(inner, tables, ctes, used, own),
            RelationKind::Function(
                TableFunction::GenerateSeries(args) | TableFunction::Unnest(args),
            ) => args.iter().for_each(|arg| collect_columns(arg, used)),
            RelationKind::Values(rows) => rows
                .iter()
                .flatten()
                .for_each(|value| collect_columns(value, used)),
            _ => {}
        }
    }
    for cte in &query.ctes {
        if let Some(cte) = ctes.get(cte.0 as usize) {
            collect_query(&cte.query, tables, ctes, used, own);
        }
    }
}

/// The range-table entries of a query's own level: its FROM, or the leaves of its set operation.
#[must_use]
pub fn query_rels(query: &Query) -> Vec<RelId> {
    let mut rels: Vec<RelId> = query.from.iter().flat_map(rels_in).collect();
    if let Some(tree) = &query.set_operation {
        tree.collect_leaves(&mut rels);
    }
    rels
}
