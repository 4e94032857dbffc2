//! Computing expressions of constants: what a planner does before it plans.
//!
//! Why here and not in the executor: the rewriter needs it and may not see the executor. Only what gives the same in every session
//! is folded; what would fail stays, so that it fails when (and only if) it runs.

use super::{
    DataType, Value, cast_value, compare,
    compare::holds,
    compare_sql,
    function::{eval_function, eval_operator, is_immutable},
    is_same,
};
use crate::{
    error::{Error, ErrorCode},
    logical::{BoolTest, CompareOp, Expr, ExprKind, Quantifier},
};
use alloc::{boxed::Box, vec::Vec};

/// The value of an expression without columns, parameters, sub-queries and session-dependent functions (those are XX000 here).
pub fn eval_const(expr: &Expr) -> Result<Value, Error> {
    let result = expr.data_type;
    Ok(match &expr.kind {
        ExprKind::Const(value) => value.clone(),
        ExprKind::Compare(op, left, right) => truth(
            compare_sql(&eval_const(left)?, &eval_const(right)?)
                .map(|ordering| holds(*op, ordering)),
        ),
        ExprKind::Operator(op, args) => eval_operator(*op, &all(args)?, result)?,
        ExprKind::Function(function, args) => {
            let types: Vec<DataType> = args.iter().map(|arg| arg.data_type).collect();
            eval_function(*function, &all(args)?, &types, result)?
        }
        ExprKind::Cast(arg, context) => {
            cast_value(&eval_const(arg)?, arg.data_type, result, *context)?
        }
        ExprKind::And(args) => connective(args, false)?,
        ExprKind::Or(args) => connective(args, true)?,
        ExprKind::Not(arg) => truth(eval_const(arg)?.as_bool().map(|value| !value)),
        ExprKind::IsNull { arg, negated } => Value::Bool(eval_const(arg)?.is_null() != *negated),
        ExprKind::BoolTest(test, arg) => Value::Bool(passes(*test, eval_const(arg)?.as_bool())),
        ExprKind::IsDistinct {
            left,
            right,
            negated,
        } => Value::Bool(is_same(&eval_const(left)?, &eval_const(right)?) == *negated),
        ExprKind::InList {
            arg,
            op,
            quantifier,
            list,
        } => in_list(arg, *op, *quantifier, list)?,
        ExprKind::Case {
            branches,
            otherwise,
        } => {
            for (when, then) in branches {
                if eval_const(when)?.as_bool() == Some(true) {
                    return eval_const(then);
                }
            }
            otherwise
                .as_ref()
                .map_or(Ok(Value::Null), |expr| eval_const(expr))?
        }
        ExprKind::Coalesce(args) => {
            for arg in args {
                let value = eval_const(arg)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            Value::Null
        }
        ExprKind::NullIf(left, right) => {
            let (left, right) = (eval_const(left)?, eval_const(right)?);
            if compare_sql(&left, &right).is_some_and(core::cmp::Ordering::is_eq) {
                Value::Null
            } else {
                left
            }
        }
        ExprKind::GreatestLeast { greatest, args } => {
            let present = all(args)?.into_iter().filter(|value| !value.is_null());
            let chosen = if *greatest {
                present.max_by(compare)
            } else {
                present.min_by(compare)
            };
            chosen.unwrap_or(Value::Null)
        }
        _ => {
            return Err(
                Error::new(ErrorCode::InternalError, "the expression is not constant")
                    .at(expr.origin.0),
            );
        }
    })
}

const fn truth(value: Option<bool>) -> Value {
    match value {
        Some(value) => Value::Bool(value),
        None => Value::Null,
    }
}

fn all(args: &[Expr]) -> Result<Vec<Value>, Error> {
    args.iter().map(eval_const).collect()
}

fn connective(args: &[Expr], decisive: bool) -> Result<Value, Error> {
    let mut unknown = false;
    for arg in args {
        match eval_const(arg)?.as_bool() {
            Some(value) if value == decisive => return Ok(Value::Bool(decisive)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown {
        Value::Null
    } else {
        Value::Bool(!decisive)
    })
}

fn in_list(
    arg: &Expr,
    op: CompareOp,
    quantifier: Quantifier,
    list: &[Expr],
) -> Result<Value, Error> {
    let arg = eval_const(arg)?;
    let decisive = quantifier == Quantifier::Any;
    let mut unknown = false;
    for element in list {
        match compare_sql(&arg, &eval_const(element)?) {
            Some(ordering) if holds(op, ordering) == decisive => return Ok(Value::Bool(decisive)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown {
        Value::Null
    } else {
        Value::Bool(!decisive)
    })
}

const fn passes(test: BoolTest, value: Option<bool>) -> bool {
    match test {
        BoolTest::True => matches!(value, Some(true)),
        BoolTest::NotTrue => !matches!(value, Some(true)),
        BoolTest::False => matches!(value, Some(false)),
        BoolTest::NotFalse => !matches!(value, Some(false)),
        BoolTest::Unknown => value.is_none(),
        BoolTest::NotUnknown => value.is_some(),
    }
}

/// The value of a node whose parts are all constants, if it is the same in every session and there is one.
#[must_use]
pub fn value_of_constants(expr: &Expr) -> Option<Value> {
    if is_foldable(expr) {
        eval_const(expr).ok()
    } else {
        None
    }
}

/// The expression with every constant part computed. Simplifies AND and OR with constants in them, as
/// PostgreSQL's `eval_const_expressions` does.
#[must_use]
pub fn fold_constants(mut expr: Expr) -> Expr {
    fold(&mut expr);
    expr
}

/// Folds in place: frames stay small, and nothing is copied.
fn fold(expr: &mut Expr) {
    for_each_child(expr, &mut fold);
    match expr.kind {
        ExprKind::And(_) => return fold_connective(expr, false),
        ExprKind::Or(_) => return fold_connective(expr, true),
        _ => {}
    }
    if is_foldable(expr)
        && let Ok(value) = eval_const(expr)
    {
        expr.kind = ExprKind::Const(value);
    }
}

const fn is_const(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Const(_))
}

/// Whether all children are constants by now and the node itself depends on nothing else.
fn is_foldable(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Const(_)
        | ExprKind::Column(_)
        | ExprKind::Param(_)
        | ExprKind::Aggregate(_)
        | ExprKind::Window(_)
        | ExprKind::SubLink(_)
        | ExprKind::SubPlan { .. }
        | ExprKind::InitPlan(_) => false,
        ExprKind::Function(function, args) => is_immutable(*function) && args.iter().all(is_const),
        ExprKind::Compare(_, left, right)
        | ExprKind::NullIf(left, right)
        | ExprKind::IsDistinct { left, right, .. } => is_const(left) && is_const(right),
        ExprKind::Operator(_, args)
        | ExprKind::And(args)
        | ExprKind::Or(args)
        | ExprKind::Coalesce(args)
        | ExprKind::GreatestLeast { args, .. } => args.iter().all(is_const),
        ExprKind::Cast(arg, _)
        | ExprKind::Not(arg)
        | ExprKind::BoolTest(_, arg)
        | ExprKind::IsNull { arg, .. } => is_const(arg),
        ExprKind::InList { arg, list, .. } => is_const(arg) && list.iter().all(is_const),
        // PostgreSQL leaves it to the execution.
        ExprKind::RowCompare { .. } => false,
        ExprKind::Case {
            branches,
            otherwise,
        } => {
            branches
                .iter()
                .all(|(when, then)| is_const(when) && is_const(then))
                && otherwise.as_ref().is_none_or(|expr| is_const(expr))
        }
    }
}

fn fold_connective(expr: &mut Expr, decisive: bool) {
    let (ExprKind::And(args) | ExprKind::Or(args)) = &mut expr.kind else {
        return;
    };
    let is = |arg: &Expr, value: bool| matches!(arg.kind, ExprKind::Const(Value::Bool(have)) if have == value);
    if args.iter().any(|arg| is(arg, decisive)) {
        expr.kind = ExprKind::Const(Value::Bool(decisive));
        return;
    }
    args.retain(|arg| !is(arg, !decisive));
    match args.len() {
        0 => expr.kind = ExprKind::Const(Value::Bool(!decisive)),
        1 => {
            if let Some(only) = args.pop() {
                *expr = only;
            }
        }
        _ if args.iter().all(is_const) => expr.kind = ExprKind::Const(Value::Null),
        _ => {}
    }
}

/// Calls `visit` with each direct child that is evaluated as part of the expression itself.
fn for_each_child(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    fn boxed(expr: &mut Box<Expr>, visit: &mut dyn FnMut(&mut Expr)) {
        visit(expr);
    }
    match &mut expr.kind {
        ExprKind::Const(_)
        | ExprKind::Column(_)
        | ExprKind::Param(_)
        | ExprKind::InitPlan(_)
        | ExprKind::SubLink(_)
        | ExprKind::Aggregate(_)
        | ExprKind::Window(_) => {}
        ExprKind::Compare(_, left, right) | ExprKind::NullIf(left, right) => {
            boxed(left, visit);
            boxed(right, visit);
        }
        ExprKind::IsDistinct { left, right, .. } => {
            boxed(left, visit);
            boxed(right, visit);
        }
        ExprKind::Operator(_, args)
        | ExprKind::Function(_, args)
        | ExprKind::And(args)
        | ExprKind::Or(args)
        | ExprKind::Coalesce(args)
        | ExprKind::GreatestLeast { args, .. }
        | ExprKind::SubPlan { left: args, .. } => args.iter_mut().for_each(visit),
        ExprKind::Cast(arg, _) | ExprKind::Not(arg) | ExprKind::BoolTest(_, arg) => {
            boxed(arg, visit)
        }
        ExprKind::IsNull { arg, .. } => boxed(arg, visit),
        ExprKind::InList { arg, list, .. } => {
            boxed(arg, visit);
            list.iter_mut().for_each(visit);
        }
        ExprKind::RowCompare { left, right, .. } => {
            left.iter_mut().chain(right).for_each(visit);
        }
        ExprKind::Case {
            branches,
            otherwise,
        } => {
            for (when, then) in branches {
                visit(when);
                visit(then);
            }
            if let Some(expr) = otherwise {
                boxed(expr, visit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fold_constants;
    use crate::{
        logical::{CompareOp, Expr, ExprKind, Operator},
        value::{DataType, Value},
    };
    use alloc::{boxed::Box, vec};
    use parser::Span;

    fn expr(kind: ExprKind, data_type: DataType) -> Expr {
        Expr::new(kind, data_type, Span::default())
    }

    fn int(value: i32) -> Expr {
        expr(ExprKind::Const(Value::Int4(value)), DataType::Int4)
    }

    fn infix(op: Operator, left: Expr, right: Expr) -> Expr {
        expr(ExprKind::Operator(op, vec![left, right]), DataType::Int4)
    }

    #[test]
    fn constant_parts_are_computed_and_failing_ones_left() {
        let sum = infix(
            Operator::Add,
            int(1),
            infix(Operator::Multiply, int(2), int(3)),
        );
        assert_eq!(fold_constants(sum), int(7));
        let failing = infix(Operator::Divide, int(1), int(0));
        assert_eq!(fold_constants(failing.clone()), failing);
    }

    #[test]
    fn a_decisive_constant_settles_and_and_or() {
        let parameter = expr(ExprKind::Param(crate::logical::ParamId(1)), DataType::Bool);
        let yes = expr(
            ExprKind::Compare(CompareOp::Lt, Box::new(int(1)), Box::new(int(2))),
            DataType::Bool,
        );
        let and = expr(
            ExprKind::And(vec![yes.clone(), parameter.clone()]),
            DataType::Bool,
        );
        assert_eq!(fold_constants(and), parameter.clone());
        let or = expr(ExprKind::Or(vec![parameter, yes]), DataType::Bool);
        assert_eq!(
            fold_constants(or),
            expr(ExprKind::Const(Value::Bool(true)), DataType::Bool)
        );
    }
}
