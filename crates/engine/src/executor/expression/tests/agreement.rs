//! The loops over columns give what the operators and casts give one value at a time, for all pairs of awkward values.

use super::{Compiled, column, expr, inputs};
use crate::{
    error::{Error, ErrorCode},
    logical::{CastContext, Expr, ExprKind, Operator},
    value::{Batch, Column, DataType, Value, cast_value, function::eval_operator, is_same},
};
use alloc::{boxed::Box, rc::Rc, vec, vec::Vec};

/// Rows of a batch in which a loop is worth its while, also where one row alone is looked at.
const REPEATED: usize = 3;

fn awkward(data_type: DataType) -> Vec<Value> {
    let mut values = match data_type {
        DataType::Int4 => [
            i32::MIN,
            i32::MIN + 1,
            -65_537,
            -7,
            -1,
            0,
            1,
            2,
            7,
            46_341,
            i32::MAX,
        ]
        .map(Value::Int4)
        .to_vec(),
        DataType::Int8 => [
            i64::MIN,
            i64::MIN + 1,
            -4_294_967_297,
            -3_037_000_500,
            -7,
            -1,
            0,
            1,
            7,
            3_037_000_500,
            4_294_967_291,
            i64::MAX,
        ]
        .map(Value::Int8)
        .to_vec(),
        DataType::Float8 => [
            f64::MIN,
            -1.5,
            -0.0,
            0.0,
            f64::MIN_POSITIVE,
            0.1,
            3.0,
            1e200,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
        ]
        .map(Value::Float8)
        .to_vec(),
        DataType::Date => [i32::MIN, -1, 0, 8_000, i32::MAX].map(Value::Date).to_vec(),
        _ => ["", "a", "ä€", "user", "%s_r", "_€", "\\"]
            .map(Value::text)
            .to_vec(),
    };
    values.push(Value::Null);
    values
}

/// The outcome for one pair, in the middle of rows that are like it.
fn loop_over(expr: &Expr, types: &[DataType], values: &[&Value]) -> Result<Value, Error> {
    let columns = types
        .iter()
        .zip(values)
        .map(|(data_type, value)| Rc::new(Column::repeat(value, *data_type, REPEATED)))
        .collect();
    let column = Compiled::compile(expr, &inputs)?.evaluate(&Batch::new(columns, REPEATED), &[])?;
    Ok(column.get(1))
}

fn assert_alike(what: &str, looped: Result<Value, Error>, single: &Result<Value, ErrorCode>) {
    match (looped, single) {
        (Ok(looped), Ok(single)) => assert!(
            is_same(&looped, single),
            "{what}: {looped:?} in a loop, {single:?} alone"
        ),
        (Err(error), Err(code)) => assert_eq!(error.code, *code, "{what}"),
        (looped, single) => panic!("{what}: {looped:?} in a loop, {single:?} alone"),
    }
}

fn constant(value: &Value, data_type: DataType) -> Expr {
    expr(ExprKind::Const(value.clone()), data_type)
}

#[test]
fn loops_compute_what_the_operators_compute() {
    use Operator::{Add, Concat, Divide, Like, Modulo, Multiply, NotLike, Subtract};
    let whole: &[Operator] = &[Add, Subtract, Multiply, Divide, Modulo];
    let cases: [(DataType, DataType, DataType, &[Operator]); 7] = [
        (DataType::Int4, DataType::Int4, DataType::Int4, whole),
        (DataType::Int8, DataType::Int8, DataType::Int8, whole),
        (
            DataType::Float8,
            DataType::Float8,
            DataType::Float8,
            &[Add, Subtract, Multiply, Divide],
        ),
        (
            DataType::Date,
            DataType::Int4,
            DataType::Date,
            &[Add, Subtract],
        ),
        (DataType::Int4, DataType::Date, DataType::Date, &[Add]),
        (DataType::Text, DataType::Text, DataType::Text, &[Concat]),
        (
            DataType::Text,
            DataType::Text,
            DataType::Bool,
            &[Like, NotLike],
        ),
    ];
    for (left_type, right_type, result, operators) in cases {
        for &op in operators {
            for left in &awkward(left_type) {
                for right in &awkward(right_type) {
                    let single = eval_operator(op, &[left.clone(), right.clone()], result)
                        .map_err(|error| error.code);
                    let forms = [
                        [column(0, left_type), column(1, right_type)],
                        [column(0, left_type), constant(right, right_type)],
                        [constant(left, left_type), column(1, right_type)],
                    ];
                    for form in forms {
                        let what = alloc::format!("{left:?} {op:?} {right:?}");
                        let applied = expr(ExprKind::Operator(op, form.to_vec()), result);
                        let types = [left_type, right_type];
                        assert_alike(&what, loop_over(&applied, &types, &[left, right]), &single);
                    }
                }
            }
        }
    }
}

#[test]
fn loops_cast_what_casts_cast() {
    let cases = [
        (DataType::Int4, DataType::Int8),
        (DataType::Int8, DataType::Int4),
        (DataType::Int4, DataType::Float8),
        (DataType::Int8, DataType::Float8),
        (DataType::Int4, DataType::Numeric(None)),
        (DataType::Int8, DataType::Numeric(None)),
        (DataType::Int4, DataType::Text),
        (DataType::Int8, DataType::Text),
        (DataType::Text, DataType::Text),
    ];
    for (from, to) in cases {
        for value in &awkward(from) {
            let single =
                cast_value(value, from, to, CastContext::Explicit).map_err(|error| error.code);
            let cast = expr(
                ExprKind::Cast(Box::new(column(0, from)), CastContext::Explicit),
                to,
            );
            let what = alloc::format!("{value:?} as {}", to.name());
            assert_alike(&what, loop_over(&cast, &[from], &[value]), &single);
        }
    }
}

#[test]
fn a_row_that_fails_does_not_change_the_others() {
    let values = [
        Value::Int8(7),
        Value::Int8(i64::MAX),
        Value::Null,
        Value::Int8(-3),
    ];
    let batch = Batch::new(
        vec![Rc::new(Column::from_values(DataType::Int8, &values))],
        values.len(),
    );
    let narrow = expr(
        ExprKind::Cast(Box::new(column(0, DataType::Int8)), CastContext::Explicit),
        DataType::Int4,
    );
    let mut compiled = Compiled::compile(&narrow, &inputs).unwrap();
    let selected = Batch {
        selection: Some(vec![0, 2, 3]),
        ..batch.clone()
    };
    let column = compiled.evaluate(&selected, &[]).unwrap();
    assert_eq!(column.get(0), Value::Int4(7));
    assert_eq!(column.get(2), Value::Null);
    assert_eq!(column.get(3), Value::Int4(-3));
    let failed = compiled.evaluate(&batch, &[]).unwrap_err();
    assert_eq!(failed.code, ErrorCode::NumericValueOutOfRange);
}
