//! Proof that conditions imply a predicate, so that a partial index may be used.
//!
//! It is sound, not complete: what it cannot prove, it refuses. Source of the method: PostgreSQL 15 `predtest.c`
//! (`predicate_implied_by`), without refutation.

use crate::{
    logical::{CompareOp, Expr, ExprKind, Quantifier, strict_columns},
    value::{Value, compare_sql},
};
use core::cmp::Ordering;

/// Longest IN list that is taken apart.
const MAX_LIST: usize = 100;

/// Whether one of some conditions passes a test.
type AnyOf<'c> = &'c dyn Fn(&dyn Fn(&Expr) -> bool) -> bool;

/// Whether `conditions`, all true, make every predicate true. O(predicates · conditions).
pub(super) fn implied(predicates: &[Expr], conditions: &[Expr]) -> bool {
    implied_by(predicates, &|test| conditions.iter().any(test))
}

/// The same for conditions that are not in one list.
pub(super) fn implied_by(predicates: &[Expr], any: AnyOf<'_>) -> bool {
    predicates
        .iter()
        .all(|predicate| implied_by_any(predicate, any))
}

fn implied_by_any(predicate: &Expr, any: AnyOf<'_>) -> bool {
    match &predicate.kind {
        ExprKind::And(parts) => parts.iter().all(|part| implied_by_any(part, any)),
        ExprKind::Or(parts) if parts.iter().any(|part| implied_by_any(part, any)) => true,
        // As good as one comparison with each element.
        ExprKind::InList {
            arg,
            op,
            quantifier: Quantifier::All,
            list,
        } if (1..=MAX_LIST).contains(&list.len()) => {
            any(&|condition| condition == predicate)
                || list.iter().all(|item| {
                    let one = Expr::compare(*op, (**arg).clone(), item.clone());
                    implied_by_any(&one, any)
                })
        }
        _ => any(&|condition| implies(condition, predicate)),
    }
}

/// Whether one condition implies a predicate.
fn implies(condition: &Expr, predicate: &Expr) -> bool {
    if condition == predicate {
        return true;
    }
    match &condition.kind {
        ExprKind::And(parts) => {
            return implied_by_any(predicate, &|test| parts.iter().any(test));
        }
        ExprKind::Or(parts) => {
            return parts
                .iter()
                .all(|part| implied_by_any(predicate, &|test| test(part)));
        }
        ExprKind::InList {
            arg,
            op: CompareOp::Eq,
            quantifier: Quantifier::Any,
            list,
        } if list.len() <= MAX_LIST => {
            let all = !list.is_empty()
                && list.iter().all(|item| {
                    let one = Expr::compare(CompareOp::Eq, (**arg).clone(), item.clone());
                    implies(&one, predicate)
                });
            if all {
                return true;
            }
        }
        ExprKind::InList {
            arg,
            op,
            quantifier: Quantifier::All,
            list,
        } if list.len() <= MAX_LIST => {
            let any = list.iter().any(|item| {
                let one = Expr::compare(*op, (**arg).clone(), item.clone());
                implies(&one, predicate)
            });
            if any {
                return true;
            }
        }
        _ => {}
    }
    match &predicate.kind {
        ExprKind::Or(parts) => parts.iter().any(|part| implies(condition, part)),
        ExprKind::And(parts) => parts.iter().all(|part| implies(condition, part)),
        ExprKind::InList {
            arg,
            op: CompareOp::Eq,
            quantifier: Quantifier::Any,
            list,
        } => list.iter().any(|item| {
            let one = Expr::compare(CompareOp::Eq, (**arg).clone(), item.clone());
            implies(condition, &one)
        }),
        ExprKind::IsNull { arg, negated: true } => strict_for(condition, arg),
        ExprKind::Compare(wanted, left, right) => {
            compared(condition).is_some_and(|(op, subject, value)| {
                let (wanted, target, bound) = match (&left.kind, &right.kind) {
                    (_, ExprKind::Const(bound)) => (*wanted, left, bound),
                    (ExprKind::Const(bound), _) => (wanted.commuted(), right, bound),
                    _ => return same_comparison(condition, predicate),
                };
                *subject == **target && follows(op, value, wanted, bound)
            }) || same_comparison(condition, predicate)
        }
        _ => false,
    }
}

/// `a op b` written as `b op' a`.
fn same_comparison(condition: &Expr, predicate: &Expr) -> bool {
    match (&condition.kind, &predicate.kind) {
        (ExprKind::Compare(one, a, b), ExprKind::Compare(two, c, d)) => {
            *one == two.commuted() && a == d && b == c
        }
        _ => false,
    }
}

fn compared(condition: &Expr) -> Option<(CompareOp, &Expr, &Value)> {
    match &condition.kind {
        ExprKind::Compare(op, left, right) => match (&left.kind, &right.kind) {
            (_, ExprKind::Const(value)) => Some((*op, left, value)),
            (ExprKind::Const(value), _) => Some((op.commuted(), right, value)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether `x op value` implies `x wanted bound`.
fn follows(op: CompareOp, value: &Value, wanted: CompareOp, bound: &Value) -> bool {
    let Some(order) = compare_sql(value, bound) else {
        return false;
    };
    let (less, equal, greater) = (
        order == Ordering::Less,
        order == Ordering::Equal,
        order == Ordering::Greater,
    );
    match (op, wanted) {
        (CompareOp::Eq, CompareOp::Eq) => equal,
        (CompareOp::Eq, CompareOp::Ne) => !equal,
        (CompareOp::Eq | CompareOp::Le, CompareOp::Lt) => less,
        (CompareOp::Eq | CompareOp::Le | CompareOp::Lt, CompareOp::Le)
        | (CompareOp::Lt, CompareOp::Lt | CompareOp::Ne) => less || equal,
        (CompareOp::Eq | CompareOp::Ge, CompareOp::Gt) => greater,
        (CompareOp::Eq | CompareOp::Ge | CompareOp::Gt, CompareOp::Ge)
        | (CompareOp::Gt, CompareOp::Gt | CompareOp::Ne) => greater || equal,
        (CompareOp::Le, CompareOp::Ne) => less,
        (CompareOp::Ge, CompareOp::Ne) => greater,
        (CompareOp::Ne, CompareOp::Ne) => equal,
        _ => false,
    }
}

/// Whether `condition` cannot be true when `subject` is NULL.
fn strict_for(condition: &Expr, subject: &Expr) -> bool {
    match &condition.kind {
        ExprKind::Compare(_, left, right) => {
            contains_strictly(left, subject) || contains_strictly(right, subject)
        }
        ExprKind::InList {
            arg,
            quantifier: Quantifier::Any,
            ..
        } => contains_strictly(arg, subject),
        ExprKind::Operator(_, args) => args.iter().any(|arg| contains_strictly(arg, subject)),
        ExprKind::IsNull { arg, negated: true } => contains_strictly(arg, subject),
        ExprKind::Not(inner) => strict_for(inner, subject),
        _ => condition == subject,
    }
}

fn contains_strictly(expr: &Expr, subject: &Expr) -> bool {
    if expr == subject {
        return true;
    }
    match &subject.kind {
        ExprKind::Column(column) => strict_columns(expr).contains(column),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::implied;
    use crate::{
        logical::{ColumnRef, CompareOp, Expr, ExprKind, Quantifier, RelId},
        value::{DataType, Value},
    };

    fn compare(op: CompareOp, value: i32) -> Expr {
        let column = ColumnRef {
            rel: RelId(0),
            column: 0,
        };
        Expr::compare(
            op,
            crate::physical::planner::column_expr(column, DataType::Int4),
            Expr::constant(Value::Int4(value), DataType::Int4),
        )
    }

    #[test]
    fn a_list_implies_another_that_it_shares_nothing_with() {
        let list = |op, quantifier, values: &[i32]| {
            let element = |value: &i32| Expr::constant(Value::Int4(*value), DataType::Int4);
            let kind = ExprKind::InList {
                arg: alloc::boxed::Box::new(crate::physical::planner::column_expr(
                    ColumnRef {
                        rel: RelId(0),
                        column: 0,
                    },
                    DataType::Int4,
                )),
                op,
                quantifier,
                list: values.iter().map(element).collect(),
            };
            Expr::new(kind, DataType::Bool, parser::Span::default())
        };
        let one_of = list(CompareOp::Eq, Quantifier::Any, &[1, 2]);
        assert!(implied(
            &[list(CompareOp::Ne, Quantifier::All, &[3, 4])],
            core::slice::from_ref(&one_of)
        ));
        assert!(!implied(
            &[list(CompareOp::Ne, Quantifier::All, &[2, 3])],
            &[one_of]
        ));
    }

    #[test]
    fn a_narrower_range_implies_a_wider_one() {
        assert!(implied(
            &[compare(CompareOp::Gt, 900)],
            &[compare(CompareOp::Gt, 980)]
        ));
        assert!(!implied(
            &[compare(CompareOp::Gt, 980)],
            &[compare(CompareOp::Gt, 900)]
        ));
        assert!(implied(
            &[compare(CompareOp::Ne, 7)],
            &[compare(CompareOp::Lt, 7)]
        ));
    }
}
