//! Changes of a table's layout: columns that come, go or change type, and what that does to indexes and checks.

use crate::{
    catalog::{IndexDef, IndexKey},
    logical::{ColumnRef, Expr, ExprKind, columns_of, expr_map},
};

/// Where a column number goes when column `gone` is dropped; `None` for that column itself.
pub(super) const fn moved(column: u16, gone: u16) -> Option<u16> {
    if column == gone {
        None
    } else if column > gone {
        Some(column - 1)
    } else {
        Some(column)
    }
}

/// The same expression after column `gone` was dropped.
pub(super) fn shift(expr: Expr, gone: u16) -> Expr {
    expr_map(expr, &mut |mut part| {
        if let ExprKind::Column(ColumnRef { column, .. }) = &mut part.kind
            && let Some(to) = moved(*column, gone)
        {
            *column = to;
        }
        part
    })
}

/// Whether an expression uses a column.
pub(super) fn uses(expr: &Expr, column: u16) -> bool {
    columns_of(expr).iter().any(|used| used.column == column)
}

/// Whether an index has to do with a column.
pub(super) fn index_uses(index: &IndexDef, column: u16) -> bool {
    index.include.contains(&column)
        || index.predicate.iter().any(|part| uses(part, column))
        || index.columns.iter().any(|part| match &part.key {
            IndexKey::Column(key) => *key == column,
            IndexKey::Expression(expr) => uses(expr, column),
        })
}

/// The same index after column `gone`, which it does not use, was dropped.
pub(super) fn shift_index(index: &IndexDef, gone: u16) -> IndexDef {
    let mut index = index.clone();
    for part in &mut index.columns {
        match &mut part.key {
            IndexKey::Column(key) => *key = moved(*key, gone).unwrap_or(*key),
            IndexKey::Expression(expr) => *expr = shift(expr.clone(), gone),
        }
    }
    for column in &mut index.include {
        *column = moved(*column, gone).unwrap_or(*column);
    }
    for part in &mut index.predicate {
        *part = shift(part.clone(), gone);
    }
    index
}
