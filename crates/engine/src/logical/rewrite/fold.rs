//! Constants are computed, NOT is pushed down, AND and OR are flattened; what an OR repeats is taken out of a condition.
//!
//! PostgreSQL: `clauses.c` (eval_const_expressions), `prepqual.c` (negate_clause, canonicalize_qual).

use crate::{
    logical::{BoolTest, CastContext, CompareOp, Expr, ExprKind, Origin, Quantifier, expr_map},
    value::{DataType, Value, cast_value, compare_sql, fold::value_of_constants},
};
use alloc::{boxed::Box, vec::Vec};
use core::cmp::Ordering;

/// Simplifies an expression from the bottom up. What would fail at run time (1/0) is left as it is.
#[must_use]
pub fn simplify(expr: Expr) -> Expr {
    expr_map(expr, &mut node)
}

/// A simplified condition with what the arms of an OR have in common taken out of it: NOT has been pushed down by then.
#[must_use]
pub(super) fn canonical(condition: Expr) -> Expr {
    let origin = condition.origin;
    match condition.kind {
        ExprKind::And(parts) => and(parts.into_iter().map(canonical).collect(), origin),
        ExprKind::Or(arms) => {
            let flat = arms.into_iter().map(canonical);
            take_out_common(flat.flat_map(flatten_or).collect(), origin)
        }
        _ => condition,
    }
}

fn flatten_or(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::Or(arms) => arms,
        _ => Vec::from([expr]),
    }
}

fn constant(value: Value, data_type: DataType, origin: Origin) -> Expr {
    Expr {
        kind: ExprKind::Const(value),
        data_type,
        origin,
    }
}

/// One node whose parts are simple already.
fn node(expr: Expr) -> Expr {
    let (data_type, origin) = (expr.data_type, expr.origin);
    match expr.kind {
        ExprKind::Cast(arg, context) => cast(*arg, context, data_type, origin),
        ExprKind::Compare(op, left, right) => compare(op, *left, *right, origin),
        ExprKind::Not(arg) => {
            let mut negated = negate(*arg);
            negated.origin = origin;
            negated
        }
        ExprKind::And(parts) => and(parts, origin),
        ExprKind::Or(parts) => or(parts, origin),
        ExprKind::IsNull { arg, negated } => match arg.as_const() {
            Some(value) => constant(
                Value::Bool(value.is_null() != negated),
                DataType::Bool,
                origin,
            ),
            None => Expr {
                kind: ExprKind::IsNull { arg, negated },
                data_type,
                origin,
            },
        },
        ExprKind::BoolTest(test, arg) => match arg.as_const() {
            Some(value) => constant(Value::Bool(bool_test(test, value)), DataType::Bool, origin),
            None => Expr {
                kind: ExprKind::BoolTest(test, arg),
                data_type,
                origin,
            },
        },
        ExprKind::InList {
            arg,
            op,
            quantifier,
            mut list,
        } => {
            if list.len() == 1
                && let Some(only) = list.pop()
            {
                return compare(op, *arg, only, origin);
            }
            if list.is_empty() {
                return constant(
                    Value::Bool(quantifier == Quantifier::All),
                    DataType::Bool,
                    origin,
                );
            }
            computed(Expr {
                kind: ExprKind::InList {
                    arg,
                    op,
                    quantifier,
                    list,
                },
                data_type,
                origin,
            })
        }
        ExprKind::Case {
            branches,
            otherwise,
        } => case(branches, otherwise, data_type, origin),
        ExprKind::Coalesce(args) => {
            // Leading NULLs say nothing; after a constant nothing is asked.
            let mut kept = Vec::with_capacity(args.len());
            for arg in args {
                if arg.is_null_const() {
                    continue;
                }
                let last = arg.as_const().is_some();
                kept.push(arg);
                if last {
                    break;
                }
            }
            match (kept.len(), kept.pop()) {
                (_, None) => constant(Value::Null, data_type, origin),
                (1, Some(only)) => only,
                (_, Some(last)) => {
                    kept.push(last);
                    Expr {
                        kind: ExprKind::Coalesce(kept),
                        data_type,
                        origin,
                    }
                }
            }
        }
        kind => computed(Expr {
            kind,
            data_type,
            origin,
        }),
    }
}

/// A node of constants is the value it has in every session; a strict one with a NULL among its arguments is NULL.
fn computed(expr: Expr) -> Expr {
    let strict_args: &[Expr] = match &expr.kind {
        ExprKind::Operator(_, args) => args,
        ExprKind::Function(function, args) if function.is_strict() => args,
        _ => &[],
    };
    let value = if strict_args.iter().any(Expr::is_null_const) {
        Some(Value::Null)
    } else {
        value_of_constants(&expr)
    };
    match value {
        Some(value) => constant(value, expr.data_type, expr.origin),
        None => expr,
    }
}

fn cast(arg: Expr, context: CastContext, to: DataType, origin: Origin) -> Expr {
    if let Some(value) = arg.as_const()
        && let Ok(value) = cast_value(value, arg.data_type, to, context)
    {
        return constant(value, to, origin);
    }
    Expr {
        kind: ExprKind::Cast(Box::new(arg), context),
        data_type: to,
        origin,
    }
}

fn compare(op: CompareOp, left: Expr, right: Expr, origin: Origin) -> Expr {
    if let (Some(a), Some(b)) = (left.as_const(), right.as_const()) {
        let answer = if a.is_null() || b.is_null() {
            Some(Value::Null)
        } else {
            compare_sql(a, b).map(|order| Value::Bool(holds(op, order)))
        };
        if let Some(answer) = answer {
            return constant(answer, DataType::Bool, origin);
        }
    }
    if left.is_null_const() || right.is_null_const() {
        return constant(Value::Null, DataType::Bool, origin);
    }
    // `b = true` is b, `b = false` is NOT b.
    if matches!(op, CompareOp::Eq | CompareOp::Ne) && left.data_type == DataType::Bool {
        let (side, value) = match (left.as_const(), right.as_const()) {
            (_, Some(Value::Bool(value))) => (Some(&left), *value),
            (Some(Value::Bool(value)), _) => (Some(&right), *value),
            _ => (None, false),
        };
        if let Some(side) = side {
            return if value == (op == CompareOp::Eq) {
                side.clone()
            } else {
                negate(side.clone())
            };
        }
    }
    let mut compared = Expr::compare(op, left, right);
    compared.origin = origin;
    compared
}

pub(super) fn holds(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }
}

fn bool_test(test: BoolTest, value: &Value) -> bool {
    let is = |wanted: bool| matches!(value, Value::Bool(held) if *held == wanted);
    match test {
        BoolTest::True => is(true),
        BoolTest::NotTrue => !is(true),
        BoolTest::False => is(false),
        BoolTest::NotFalse => !is(false),
        BoolTest::Unknown => value.is_null(),
        BoolTest::NotUnknown => !value.is_null(),
    }
}

/// NOT of a simple expression, as deep inside as it goes.
fn negate(expr: Expr) -> Expr {
    match expr.kind {
        ExprKind::Const(Value::Bool(value)) => with_bool(!value, expr.origin),
        ExprKind::Const(Value::Null) => expr,
        ExprKind::Not(arg) => *arg,
        ExprKind::And(parts) => or(parts.into_iter().map(negate).collect(), expr.origin),
        ExprKind::Or(parts) => and(parts.into_iter().map(negate).collect(), expr.origin),
        ExprKind::Compare(op, left, right) => Expr {
            kind: ExprKind::Compare(op.negated(), left, right),
            ..expr_like(expr.data_type, expr.origin)
        },
        ExprKind::Operator(op, args) => match op.negated() {
            Some(opposite) => Expr {
                kind: ExprKind::Operator(opposite, args),
                ..expr_like(expr.data_type, expr.origin)
            },
            None => not(Expr {
                kind: ExprKind::Operator(op, args),
                ..expr_like(expr.data_type, expr.origin)
            }),
        },
        ExprKind::IsNull { arg, negated } => Expr {
            kind: ExprKind::IsNull {
                arg,
                negated: !negated,
            },
            ..expr_like(expr.data_type, expr.origin)
        },
        ExprKind::InList {
            arg,
            op,
            quantifier,
            list,
        } => Expr {
            kind: ExprKind::InList {
                arg,
                op: op.negated(),
                quantifier: quantifier.negated(),
                list,
            },
            ..expr_like(expr.data_type, expr.origin)
        },
        ExprKind::BoolTest(test, arg) => Expr {
            kind: ExprKind::BoolTest(
                match test {
                    BoolTest::True => BoolTest::NotTrue,
                    BoolTest::NotTrue => BoolTest::True,
                    BoolTest::False => BoolTest::NotFalse,
                    BoolTest::NotFalse => BoolTest::False,
                    BoolTest::Unknown => BoolTest::NotUnknown,
                    BoolTest::NotUnknown => BoolTest::Unknown,
                },
                arg,
            ),
            ..expr_like(expr.data_type, expr.origin)
        },
        kind => not(Expr {
            kind,
            data_type: expr.data_type,
            origin: expr.origin,
        }),
    }
}

const fn expr_like(data_type: DataType, origin: Origin) -> Expr {
    Expr {
        kind: ExprKind::Const(Value::Null),
        data_type,
        origin,
    }
}

fn not(expr: Expr) -> Expr {
    let origin = expr.origin;
    Expr {
        kind: ExprKind::Not(Box::new(expr)),
        data_type: DataType::Bool,
        origin,
    }
}

const fn with_bool(value: bool, origin: Origin) -> Expr {
    Expr {
        kind: ExprKind::Const(Value::Bool(value)),
        data_type: DataType::Bool,
        origin,
    }
}

fn and(parts: Vec<Expr>, origin: Origin) -> Expr {
    let mut flat: Vec<Expr> = Vec::with_capacity(parts.len());
    let mut null = false;
    for part in parts {
        match part.kind {
            ExprKind::And(inner) => flat.extend(inner),
            ExprKind::Const(Value::Bool(true)) => {}
            ExprKind::Const(Value::Bool(false)) => return with_bool(false, origin),
            ExprKind::Const(Value::Null) => null = true,
            _ => flat.push(part),
        }
    }
    if null {
        flat.push(constant(Value::Null, DataType::Bool, origin));
    }
    wrap(flat, ExprKind::And, true, origin)
}

fn or(parts: Vec<Expr>, origin: Origin) -> Expr {
    let mut flat: Vec<Expr> = Vec::with_capacity(parts.len());
    let mut null = false;
    for part in parts {
        match part.kind {
            ExprKind::Or(inner) => flat.extend(inner),
            ExprKind::Const(Value::Bool(false)) => {}
            ExprKind::Const(Value::Bool(true)) => return with_bool(true, origin),
            ExprKind::Const(Value::Null) => null = true,
            _ => flat.push(part),
        }
    }
    if null {
        flat.push(constant(Value::Null, DataType::Bool, origin));
    }
    wrap(flat, ExprKind::Or, false, origin)
}

/// `(a AND b) OR (a AND c)` is `a AND (b OR c)`. PostgreSQL: process_duplicate_ors.
fn take_out_common(arms: Vec<Expr>, origin: Origin) -> Expr {
    fn parts(arm: &Expr) -> &[Expr] {
        match &arm.kind {
            ExprKind::And(parts) => parts,
            _ => core::slice::from_ref(arm),
        }
    }
    if arms.len() < 2 {
        return wrap(arms, ExprKind::Or, false, origin);
    }
    let Some(shortest) = arms.iter().min_by_key(|arm| parts(arm).len()) else {
        return with_bool(false, origin);
    };
    let mut common: Vec<Expr> = Vec::new();
    for part in parts(shortest) {
        if !common.contains(part) && arms.iter().all(|arm| parts(arm).contains(part)) {
            common.push(part.clone());
        }
    }
    if common.is_empty() {
        return wrap(arms, ExprKind::Or, false, origin);
    }
    let mut rest = Vec::with_capacity(arms.len());
    for arm in &arms {
        let left: Vec<Expr> = parts(arm)
            .iter()
            .filter(|part| !common.contains(part))
            .cloned()
            .collect();
        if left.is_empty() {
            // One arm is the common part itself: the others add nothing.
            return wrap(common, ExprKind::And, true, origin);
        }
        rest.push(wrap(left, ExprKind::And, true, origin));
    }
    common.push(wrap(rest, ExprKind::Or, false, origin));
    wrap(common, ExprKind::And, true, origin)
}

fn wrap(
    mut parts: Vec<Expr>,
    make: fn(Vec<Expr>) -> ExprKind,
    empty: bool,
    origin: Origin,
) -> Expr {
    match (parts.len(), parts.pop()) {
        (_, None) => with_bool(empty, origin),
        (1, Some(only)) => only,
        (_, Some(last)) => {
            parts.push(last);
            Expr {
                kind: make(parts),
                data_type: DataType::Bool,
                origin,
            }
        }
    }
}

fn case(
    branches: Vec<(Expr, Expr)>,
    otherwise: Option<Box<Expr>>,
    data_type: DataType,
    origin: Origin,
) -> Expr {
    let mut kept = Vec::with_capacity(branches.len());
    let mut otherwise = otherwise;
    for (when, then) in branches {
        if when.is_bool_const(false) || when.is_null_const() {
            continue;
        }
        if when.is_bool_const(true) {
            otherwise = Some(Box::new(then));
            break;
        }
        kept.push((when, then));
    }
    if kept.is_empty() {
        return otherwise.map_or_else(|| constant(Value::Null, data_type, origin), |value| *value);
    }
    Expr {
        kind: ExprKind::Case {
            branches: kept,
            otherwise,
        },
        data_type,
        origin,
    }
}
