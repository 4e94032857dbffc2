//! Visiting and rebuilding expressions and queries.
//!
//! Why a file of its own: every pass over expressions must agree on what the parts of a node are; here they are
//! listed once. No function enters the query of a sub-link by itself; it does visit the left sides of ANY and ALL.
//! PostgreSQL: `nodeFuncs.c`, `expression_tree_walker` and `expression_tree_mutator`.

use super::{
    AggregateCall, Expr, ExprKind, FrameBound, FromItem, Query, SubLink, SubLinkKind, WindowCall,
    WindowDef,
};
use alloc::{boxed::Box, vec::Vec};

/// Calls `visit` on each direct part of `expr`, left to right.
pub fn for_each_child<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Column(_) | ExprKind::Param(_) | ExprKind::InitPlan(_) => {}
        ExprKind::Compare(_, left, right) | ExprKind::NullIf(left, right) => {
            visit(left);
            visit(right);
        }
        ExprKind::IsDistinct { left, right, .. } => {
            visit(left);
            visit(right);
        }
        ExprKind::Operator(_, args)
        | ExprKind::Function(_, args)
        | ExprKind::And(args)
        | ExprKind::Or(args)
        | ExprKind::Coalesce(args)
        | ExprKind::GreatestLeast { args, .. }
        | ExprKind::SubPlan { left: args, .. } => args.iter().for_each(visit),
        ExprKind::Cast(arg, _)
        | ExprKind::Not(arg)
        | ExprKind::IsNull { arg, .. }
        | ExprKind::BoolTest(_, arg) => visit(arg),
        ExprKind::InList { arg, list, .. } => {
            visit(arg);
            list.iter().for_each(visit);
        }
        ExprKind::RowCompare { left, right, .. } => {
            left.iter().for_each(&mut *visit);
            right.iter().for_each(visit);
        }
        ExprKind::Case {
            branches,
            otherwise,
        } => {
            for (when, then) in branches {
                visit(when);
                visit(then);
            }
            if let Some(otherwise) = otherwise {
                visit(otherwise);
            }
        }
        ExprKind::Aggregate(call) => {
            call.args.iter().for_each(&mut *visit);
            call.order_by.iter().for_each(|(key, _, _)| visit(key));
            if let Some(filter) = &call.filter {
                visit(filter);
            }
        }
        ExprKind::Window(call) => {
            call.args.iter().for_each(&mut *visit);
            if let Some(filter) = &call.filter {
                visit(filter);
            }
        }
        ExprKind::SubLink(link) => {
            if let SubLinkKind::Quantified { left, .. } = &link.kind {
                left.iter().for_each(visit);
            }
        }
    }
}

/// Visits `expr` and all its parts from the top; where `enter` answers `false` it does not go below.
pub fn expr_walk<'e>(expr: &'e Expr, enter: &mut dyn FnMut(&'e Expr) -> bool) {
    if enter(expr) {
        for_each_child(expr, &mut |child| expr_walk(child, enter));
    }
}

/// Whether `test` holds for `expr` or a part of it.
pub fn expr_any(expr: &Expr, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
    let mut found = false;
    expr_walk(expr, &mut |part| {
        found = found || test(part);
        !found
    });
    found
}

/// The same node with each direct part replaced by what `change` makes of it.
#[must_use]
pub fn map_children(expr: Expr, change: &mut dyn FnMut(Expr) -> Expr) -> Expr {
    fn boxed(mut part: Box<Expr>, change: &mut dyn FnMut(Expr) -> Expr) -> Box<Expr> {
        replace(&mut part, change);
        part
    }
    fn all(parts: Vec<Expr>, change: &mut dyn FnMut(Expr) -> Expr) -> Vec<Expr> {
        parts.into_iter().map(change).collect()
    }
    let kind = match expr.kind {
        kind @ (ExprKind::Const(_)
        | ExprKind::Column(_)
        | ExprKind::Param(_)
        | ExprKind::InitPlan(_)) => kind,
        ExprKind::Compare(op, left, right) => {
            let left = boxed(left, change);
            ExprKind::Compare(op, left, boxed(right, change))
        }
        ExprKind::NullIf(left, right) => {
            let left = boxed(left, change);
            ExprKind::NullIf(left, boxed(right, change))
        }
        ExprKind::IsDistinct {
            left,
            right,
            negated,
        } => ExprKind::IsDistinct {
            left: boxed(left, change),
            right: boxed(right, change),
            negated,
        },
        ExprKind::RowCompare { op, left, right } => ExprKind::RowCompare {
            op,
            left: all(left, change),
            right: all(right, change),
        },
        ExprKind::Operator(op, args) => ExprKind::Operator(op, all(args, change)),
        ExprKind::Function(function, args) => ExprKind::Function(function, all(args, change)),
        ExprKind::And(args) => ExprKind::And(all(args, change)),
        ExprKind::Or(args) => ExprKind::Or(all(args, change)),
        ExprKind::Coalesce(args) => ExprKind::Coalesce(all(args, change)),
        ExprKind::GreatestLeast { greatest, args } => ExprKind::GreatestLeast {
            greatest,
            args: all(args, change),
        },
        ExprKind::SubPlan { plan, left } => ExprKind::SubPlan {
            plan,
            left: all(left, change),
        },
        ExprKind::Cast(arg, context) => ExprKind::Cast(boxed(arg, change), context),
        ExprKind::Not(arg) => ExprKind::Not(boxed(arg, change)),
        ExprKind::IsNull { arg, negated } => ExprKind::IsNull {
            arg: boxed(arg, change),
            negated,
        },
        ExprKind::BoolTest(test, arg) => ExprKind::BoolTest(test, boxed(arg, change)),
        ExprKind::InList {
            arg,
            op,
            quantifier,
            list,
        } => ExprKind::InList {
            arg: boxed(arg, change),
            op,
            quantifier,
            list: all(list, change),
        },
        ExprKind::Case {
            branches,
            otherwise,
        } => ExprKind::Case {
            branches: branches
                .into_iter()
                .map(|(when, then)| {
                    let when = change(when);
                    (when, change(then))
                })
                .collect(),
            otherwise: otherwise.map(|part| boxed(part, change)),
        },
        ExprKind::Aggregate(call) => ExprKind::Aggregate(Box::new(AggregateCall {
            function: call.function,
            args: all(call.args, change),
            distinct: call.distinct,
            order_by: call
                .order_by
                .into_iter()
                .map(|(key, descending, nulls_first)| (change(key), descending, nulls_first))
                .collect(),
            filter: call.filter.map(|part| boxed(part, change)),
        })),
        ExprKind::Window(call) => ExprKind::Window(Box::new(WindowCall {
            function: call.function,
            args: all(call.args, change),
            filter: call.filter.map(|part| boxed(part, change)),
            window: call.window,
        })),
        ExprKind::SubLink(link) => {
            let SubLink { kind, query, outer } = *link;
            let kind = match kind {
                SubLinkKind::Quantified {
                    left,
                    op,
                    quantifier,
                } => SubLinkKind::Quantified {
                    left: all(left, change),
                    op,
                    quantifier,
                },
                other => other,
            };
            ExprKind::SubLink(Box::new(SubLink { kind, query, outer }))
        }
    };
    Expr {
        kind,
        data_type: expr.data_type,
        origin: expr.origin,
    }
}

/// Rebuilds from the bottom up: `change` sees each node after its parts were changed.
#[must_use]
pub fn expr_map(expr: Expr, change: &mut dyn FnMut(Expr) -> Expr) -> Expr {
    let expr = map_children(expr, &mut |child| expr_map(child, change));
    change(expr)
}

/// Visits the expressions that stand at a query's own level (not those of its sub-queries), each as a whole.
pub fn for_each_expr<'q>(query: &'q Query, visit: &mut dyn FnMut(&'q Expr)) {
    query.targets.iter().for_each(|target| visit(&target.expr));
    query.from.iter().for_each(|item| on_clauses(item, visit));
    query.filter.iter().for_each(&mut *visit);
    query.having.iter().for_each(&mut *visit);
    for window in &query.windows {
        window.partition_by.iter().for_each(&mut *visit);
        window.order_by.iter().for_each(|(key, _, _)| visit(key));
        for bound in [&window.frame.start, &window.frame.end] {
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                visit(offset);
            }
        }
        window.run_condition.iter().for_each(&mut *visit);
    }
    query.limit.iter().for_each(&mut *visit);
    query.offset.iter().for_each(visit);
}

/// Visits the conditions of all joins in a FROM item.
pub fn on_clauses<'q>(item: &'q FromItem, visit: &mut dyn FnMut(&'q Expr)) {
    if let FromItem::Join {
        left, right, on, ..
    } = item
    {
        on_clauses(left, visit);
        on_clauses(right, visit);
        on.iter().for_each(visit);
    }
}

/// Replaces each expression of a query's own level by what `change` makes of it.
pub fn map_exprs(query: &mut Query, change: &mut dyn FnMut(Expr) -> Expr) {
    for target in &mut query.targets {
        replace(&mut target.expr, change);
    }
    for item in &mut query.from {
        map_on_clauses(item, change);
    }
    for expr in query.filter.iter_mut().chain(&mut query.having) {
        replace(expr, change);
    }
    for window in &mut query.windows {
        map_window(window, change);
    }
    for expr in query.limit.iter_mut().chain(&mut query.offset) {
        replace(expr, change);
    }
}

fn map_window(window: &mut WindowDef, change: &mut dyn FnMut(Expr) -> Expr) {
    for expr in window
        .partition_by
        .iter_mut()
        .chain(&mut window.run_condition)
    {
        replace(expr, change);
    }
    for (key, _, _) in &mut window.order_by {
        replace(key, change);
    }
    for bound in [&mut window.frame.start, &mut window.frame.end] {
        if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
            replace(offset, change);
        }
    }
}

fn map_on_clauses(item: &mut FromItem, change: &mut dyn FnMut(Expr) -> Expr) {
    if let FromItem::Join {
        left, right, on, ..
    } = item
    {
        map_on_clauses(left, change);
        map_on_clauses(right, change);
        for expr in on {
            replace(expr, change);
        }
    }
}

/// Replaces an expression in place.
pub fn replace(slot: &mut Expr, change: &mut dyn FnMut(Expr) -> Expr) {
    let expr = core::mem::replace(slot, Expr::null());
    *slot = change(expr);
}
