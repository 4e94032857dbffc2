//! Conditions on a window function that only rises, or only falls: its window can leave out what comes after the first row that fails.
//!
//! Why: `row_number() … <= 3` over a million rows is answered by the first three of each partition. What a window takes over whole is no
//! condition of the sub-query's scan any more, and is not counted in its rows.
//!
//! Source of the method: PostgreSQL 15 `allpaths.c` (`check_and_push_window_quals`, `find_window_run_conditions`), `windowfuncs.c` and
//! `int8.c` (their support functions). Not here: ntile, percent_rank and cume_dist, which PostgreSQL knows from 16 on.

use crate::logical::{
    AggregateFunction, ColumnRef, CompareOp, Distinct, Expr, ExprKind, FrameBound, Query, RelId,
    WindowCall, WindowDef, WindowFunction, contains_volatile, expr_any,
};
use alloc::boxed::Box;

/// What became of a condition that a window took.
pub(super) struct Taken {
    /// The output column that has the window function: it is read now.
    pub column: u16,
    /// Whether the condition must be tested outside all the same.
    pub keep: bool,
}

/// Gives a condition on the output of `query`, which is relation `rel` of the query around it, to the window of the function that it
/// speaks of; `None` if it is none for a window.
pub(super) fn take(query: &mut Query, rel: RelId, condition: &Expr) -> Option<Taken> {
    let ExprKind::Compare(op, left, right) = &condition.kind else {
        return None;
    };
    if matches!(query.distinct, Distinct::On(_)) || query.set_operation.is_some() {
        return None;
    }
    [(left, right, true), (right, left, false)]
        .into_iter()
        .find_map(|(function, other, on_left)| {
            let column = function.as_column().filter(|column| column.rel == rel)?;
            let (window, op, keep) = usable(query, column, other, *op, on_left)?;
            let call = shown(query, column)?.clone();
            let (left, right) = if on_left {
                (Box::new(call), other.clone())
            } else {
                (other.clone(), Box::new(call))
            };
            let condition = Expr {
                kind: ExprKind::Compare(op, left, right),
                ..condition.clone()
            };
            query.windows.get_mut(window)?.run_condition.push(condition);
            Some(Taken {
                column: column.column,
                keep,
            })
        })
}

fn shown(query: &Query, column: ColumnRef) -> Option<&Expr> {
    let mut shown = query.targets.iter().filter(|target| !target.hidden);
    Some(&shown.nth(usize::from(column.column))?.expr)
}

/// The window that can stop, by which comparison, and whether that says less than the condition.
fn usable(
    query: &Query,
    column: ColumnRef,
    other: &Expr,
    op: CompareOp,
    on_left: bool,
) -> Option<(usize, CompareOp, bool)> {
    let function = shown(query, column)?;
    let ExprKind::Window(call) = &function.kind else {
        return None;
    };
    let changes = |part: &Expr| {
        matches!(
            part.kind,
            ExprKind::SubLink(_) | ExprKind::SubPlan { .. } | ExprKind::InitPlan(_)
        )
    };
    let fixed = !contains_volatile(other)
        && !expr_any(other, &mut |part| {
            changes(part) || matches!(part.kind, ExprKind::Column(_))
        });
    if !fixed || expr_any(function, &mut |part| changes(part)) {
        return None;
    }
    let (rises, falls) = course(call, query.windows.get(call.window)?);
    // Seen from the function: below something it rises out of, or above something it falls out of.
    let (below, above) = if on_left {
        (rises, falls)
    } else {
        (falls, rises)
    };
    let (op, keep) = match op {
        CompareOp::Lt | CompareOp::Le if below => (op, false),
        CompareOp::Gt | CompareOp::Ge if above => (op, false),
        CompareOp::Eq if rises && falls => (op, false),
        CompareOp::Eq if below => (CompareOp::Le, true),
        CompareOp::Eq if above => (CompareOp::Ge, true),
        _ => return None,
    };
    Some((call.window, op, keep))
}

/// Whether a function's value never falls, and whether it never rises, from a row to the next of its partition.
fn course(call: &WindowCall, window: &WindowDef) -> (bool, bool) {
    match call.function {
        WindowFunction::RowNumber | WindowFunction::Rank | WindowFunction::DenseRank => {
            (true, false)
        }
        WindowFunction::Aggregate(AggregateFunction::CountStar | AggregateFunction::Count) => {
            let all_peers = window.order_by.is_empty();
            (
                all_peers || window.frame.start == FrameBound::UnboundedPreceding,
                all_peers || window.frame.end == FrameBound::UnboundedFollowing,
            )
        }
        _ => (false, false),
    }
}
