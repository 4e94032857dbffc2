//! Three-valued logic, branches, errors only where a row is selected.

mod agreement;

use super::{Compiled, Source};
use crate::{
    error::Error,
    logical::{ColumnRef, CompareOp, Expr, ExprKind, Operator, RelId},
    value::{Batch, Column, DataType, Value},
};
use alloc::{boxed::Box, rc::Rc, vec, vec::Vec};
use parser::Span;

fn expr(kind: ExprKind, data_type: DataType) -> Expr {
    Expr::new(kind, data_type, Span::default())
}

fn int(value: i32) -> Expr {
    expr(ExprKind::Const(Value::Int4(value)), DataType::Int4)
}

fn column(at: u16, data_type: DataType) -> Expr {
    expr(
        ExprKind::Column(ColumnRef {
            rel: RelId(0),
            column: at,
        }),
        data_type,
    )
}

fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    expr(
        ExprKind::Compare(op, Box::new(left), Box::new(right)),
        DataType::Bool,
    )
}

fn divide(left: Expr, right: Expr) -> Expr {
    expr(
        ExprKind::Operator(Operator::Divide, vec![left, right]),
        DataType::Int4,
    )
}

fn inputs(expr: &Expr) -> Option<Source> {
    match &expr.kind {
        ExprKind::Column(column) => Some(Source::Column(usize::from(column.column))),
        _ => None,
    }
}

fn compiled(expr: &Expr) -> Compiled {
    Compiled::compile(expr, &inputs).unwrap()
}

/// a: 1, 2, NULL, 0; b: true, NULL, false, true
fn batch() -> Batch {
    let a = [Value::Int4(1), Value::Int4(2), Value::Null, Value::Int4(0)];
    let b = [
        Value::Bool(true),
        Value::Null,
        Value::Bool(false),
        Value::Bool(true),
    ];
    Batch::new(
        vec![
            Rc::new(Column::from_values(DataType::Int4, &a)),
            Rc::new(Column::from_values(DataType::Bool, &b)),
        ],
        4,
    )
}

fn values(expr: &Expr) -> Result<Vec<Value>, Error> {
    let column = compiled(expr).evaluate(&batch(), &[])?;
    Ok((0..4).map(|row| column.get(row)).collect())
}

#[test]
fn and_and_or_know_three_truths() {
    let unknown = expr(ExprKind::Const(Value::Null), DataType::Bool);
    let b = column(1, DataType::Bool);
    let and = expr(
        ExprKind::And(vec![b.clone(), unknown.clone()]),
        DataType::Bool,
    );
    assert_eq!(
        values(&and).unwrap(),
        [Value::Null, Value::Null, Value::Bool(false), Value::Null]
    );
    let or = expr(ExprKind::Or(vec![b, unknown]), DataType::Bool);
    assert_eq!(
        values(&or).unwrap(),
        [
            Value::Bool(true),
            Value::Null,
            Value::Null,
            Value::Bool(true)
        ]
    );
}

#[test]
fn rows_that_are_filtered_out_cannot_fail() {
    let quotient = divide(int(6), column(0, DataType::Int4));
    assert_eq!(values(&quotient).unwrap_err().code.sqlstate(), "22012");
    let guarded = expr(
        ExprKind::And(vec![
            compare(CompareOp::Ne, column(0, DataType::Int4), int(0)),
            compare(CompareOp::Gt, quotient.clone(), int(3)),
        ]),
        DataType::Bool,
    );
    assert_eq!(
        compiled(&guarded).filter(&batch(), &[]).unwrap(),
        Some(vec![0])
    );
    let case = expr(
        ExprKind::Case {
            branches: vec![(
                compare(CompareOp::Eq, column(0, DataType::Int4), int(0)),
                int(-1),
            )],
            otherwise: Some(Box::new(quotient)),
        },
        DataType::Int4,
    );
    assert_eq!(
        values(&case).unwrap(),
        [Value::Int4(6), Value::Int4(3), Value::Null, Value::Int4(-1)]
    );
}

#[test]
fn a_filter_keeps_true_rows_only() {
    let above = compare(CompareOp::Ge, column(0, DataType::Int4), int(1));
    assert_eq!(
        compiled(&above).filter(&batch(), &[]).unwrap(),
        Some(vec![0, 1])
    );
    let below = compare(CompareOp::Gt, int(1), column(0, DataType::Int4));
    assert_eq!(
        compiled(&below).filter(&batch(), &[]).unwrap(),
        Some(vec![3])
    );
    let either = expr(
        ExprKind::Or(vec![below, column(1, DataType::Bool)]),
        DataType::Bool,
    );
    assert_eq!(
        compiled(&either).filter(&batch(), &[]).unwrap(),
        Some(vec![0, 3])
    );
}

#[test]
fn overflow_is_seen_on_selected_rows_only() {
    let big = [Value::Int4(i32::MAX), Value::Int4(1)];
    let mut batch = Batch::new(vec![Rc::new(Column::from_values(DataType::Int4, &big))], 2);
    let sum = expr(
        ExprKind::Operator(Operator::Add, vec![column(0, DataType::Int4), int(1)]),
        DataType::Int4,
    );
    assert_eq!(
        compiled(&sum).evaluate(&batch, &[]).unwrap_err().message,
        "integer out of range"
    );
    batch.selection = Some(vec![1]);
    assert_eq!(
        compiled(&sum).evaluate(&batch, &[]).unwrap().get(1),
        Value::Int4(2)
    );
}

#[test]
fn an_unknown_column_is_named_in_the_error() {
    let error = Compiled::compile(&column(7, DataType::Int4), &|_: &Expr| None).unwrap_err();
    assert_eq!(error.code.sqlstate(), "XX000");
    assert!(error.message.contains("column 7 of"), "{}", error.message);
}

#[test]
fn in_lists_treat_null_as_unknown() {
    let list = |items: Vec<Expr>| {
        expr(
            ExprKind::InList {
                arg: Box::new(column(0, DataType::Int4)),
                op: CompareOp::Eq,
                quantifier: crate::logical::Quantifier::Any,
                list: items,
            },
            DataType::Bool,
        )
    };
    assert_eq!(
        values(&list(vec![int(2), int(9)])).unwrap(),
        [
            Value::Bool(false),
            Value::Bool(true),
            Value::Null,
            Value::Bool(false)
        ]
    );
    let null = expr(ExprKind::Const(Value::Null), DataType::Int4);
    assert_eq!(
        values(&list(vec![int(2), null])).unwrap(),
        [Value::Null, Value::Bool(true), Value::Null, Value::Null]
    );
}
