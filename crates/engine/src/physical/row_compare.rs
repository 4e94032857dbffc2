//! Comparisons of rows as index conditions: `(a, b) > (1, 2)` bounds a scan of an index on (a, b), which is how pages of a long list are
//! fetched one after another.
//!
//! Source of the method: PostgreSQL 15 `indxpath.c` (`match_rowcompare_to_indexcol`, `expand_indexqual_rowcompare`).

use super::{clause::Clause, index_info::IndexInfo};
use crate::logical::{CompareOp, Expr, ExprKind, Origin};

/// What the index tests of a comparison of rows whose first field on one side is key part `key`, and whether that passes rows which
/// the comparison refuses. `matches` says whether a key part stands on the left and something free of the table on the right.
///
/// Fields count as far as each is some key part of the index. Those left out turn < into <= and > into >=.
pub(super) fn row_condition(
    index: &IndexInfo,
    key: usize,
    clause: &Clause,
    matches: &dyn Fn(&Expr, &Expr, &Expr) -> bool,
) -> Option<(Expr, bool)> {
    let ExprKind::RowCompare { op, left, right } = &clause.expr.kind else {
        return None;
    };
    let first = index.keys.get(key)?;
    let (op, mine, others) = match (left.first()?, right.first()?) {
        (one, other) if matches(first, one, other) => (*op, left, right),
        (other, one) if matches(first, one, other) => (op.commuted(), right, left),
        _ => return None,
    };
    let rest = mine.iter().zip(others).skip(1);
    let usable = 1 + rest
        .take_while(|(field, other)| index.keys.iter().any(|part| matches(part, field, other)))
        .count();
    let lossy = usable < mine.len();
    let op = match op {
        CompareOp::Lt if lossy => CompareOp::Le,
        CompareOp::Gt if lossy => CompareOp::Ge,
        op => op,
    };
    let (mine, others) = (mine.get(..usable)?, others.get(..usable)?);
    let mut condition = match (mine, others) {
        ([field], [other]) => Expr::compare(op, field.clone(), other.clone()),
        _ => Expr {
            kind: ExprKind::RowCompare {
                op,
                left: mine.to_vec(),
                right: others.to_vec(),
            },
            ..Expr::bool(true)
        },
    };
    condition.origin = Origin(clause.expr.span());
    Some((condition, lossy))
}
