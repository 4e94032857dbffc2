//! Loops over typed slices: the fast ways, each of which may decline (`None`) in favour of the general one.

use super::evaluate::{Operand, Selection};
use super::filter::swapped;
use crate::{
    logical::{CompareOp, Operator},
    value::{Column, ColumnData, DataType, NullMask, TextData, Value, compare::compare_f64},
};
use alloc::{rc::Rc, vec::Vec};

/// Calls `$loop` with a test for `op` that is known at compile time, so that each loop is one comparison.
macro_rules! with_test {
    ($op:expr, $run:expr) => {
        match $op {
            CompareOp::Eq => $run(|a, b| a == b),
            CompareOp::Ne => $run(|a, b| a != b),
            CompareOp::Lt => $run(|a, b| a < b),
            CompareOp::Le => $run(|a, b| a <= b),
            CompareOp::Gt => $run(|a, b| a > b),
            CompareOp::Ge => $run(|a, b| a >= b),
        }
    };
}

/// Row numbers for which the test holds, written without a branch.
#[inline]
fn select<T: Copy>(values: &[T], selection: Selection<'_>, test: impl Fn(T) -> bool) -> Vec<u32> {
    match selection {
        None => {
            let mut out = alloc::vec![0_u32; values.len()];
            let mut kept = 0;
            for (row, value) in (0_u32..).zip(values) {
                out[kept] = row;
                kept += usize::from(test(*value));
            }
            out.truncate(kept);
            out
        }
        Some(selection) => {
            let mut out = alloc::vec![0_u32; selection.len()];
            let mut kept = 0;
            for &row in selection {
                out[kept] = row;
                kept += usize::from(test(values[row as usize]));
            }
            out.truncate(kept);
            out
        }
    }
}

fn drop_nulls(kept: &mut Vec<u32>, nulls: &NullMask) {
    if !nulls.0.is_empty() {
        kept.retain(|&row| !nulls.0[row as usize]);
    }
}

fn select_number<T: Copy + PartialOrd>(
    op: CompareOp,
    values: &[T],
    constant: T,
    selection: Selection<'_>,
) -> Vec<u32> {
    fn run<T: Copy>(
        values: &[T],
        constant: T,
        selection: Selection<'_>,
        test: impl Fn(T, T) -> bool,
    ) -> Vec<u32> {
        select(values, selection, |value| test(value, constant))
    }
    with_test!(op, |test: fn(T, T) -> bool| run(
        values, constant, selection, test
    ))
}

/// Rows of a column that compare so with a constant; NULLs never do.
pub(super) fn select_compare(
    op: CompareOp,
    column: &Column,
    constant: &Value,
    selection: Selection<'_>,
) -> Option<Vec<u32>> {
    let mut kept = match (&column.data, constant) {
        (ColumnData::Int4(values), _) => {
            let constant = constant.as_i64()?;
            match i32::try_from(constant) {
                Ok(constant) => select_i32(op, values, constant, selection),
                Err(_) => select(values, selection, |value| {
                    ordering_holds(op, i64::from(value), constant)
                }),
            }
        }
        (ColumnData::Int2(values), _) => {
            let constant = constant.as_i64()?;
            select(values, selection, |value| {
                ordering_holds(op, i64::from(value), constant)
            })
        }
        (ColumnData::Int8(values), _) => select_i64(op, values, constant.as_i64()?, selection),
        (ColumnData::Date(values), Value::Date(constant)) => {
            select_i32(op, values, *constant, selection)
        }
        (ColumnData::Timestamp(values), Value::Timestamp(constant)) => {
            select_i64(op, values, *constant, selection)
        }
        (ColumnData::Float8(values), Value::Float8(constant)) => {
            select_f64(op, values, *constant, selection)
        }
        (ColumnData::Bool(values), Value::Bool(constant)) => {
            select_number(op, values, *constant, selection)
        }
        (ColumnData::Text(text), Value::Text(constant)) => {
            select_text(op, text, constant.as_bytes(), selection)
        }
        _ => return None,
    };
    drop_nulls(&mut kept, &column.nulls);
    Some(kept)
}

#[inline]
fn ordering_holds(op: CompareOp, a: i64, b: i64) -> bool {
    crate::value::compare::holds(op, a.cmp(&b))
}

fn select_i32(op: CompareOp, values: &[i32], c: i32, selection: Selection<'_>) -> Vec<u32> {
    match op {
        CompareOp::Eq => select(values, selection, |v| v == c),
        CompareOp::Ne => select(values, selection, |v| v != c),
        CompareOp::Lt => select(values, selection, |v| v < c),
        CompareOp::Le => select(values, selection, |v| v <= c),
        CompareOp::Gt => select(values, selection, |v| v > c),
        CompareOp::Ge => select(values, selection, |v| v >= c),
    }
}

fn select_i64(op: CompareOp, values: &[i64], c: i64, selection: Selection<'_>) -> Vec<u32> {
    match op {
        CompareOp::Eq => select(values, selection, |v| v == c),
        CompareOp::Ne => select(values, selection, |v| v != c),
        CompareOp::Lt => select(values, selection, |v| v < c),
        CompareOp::Le => select(values, selection, |v| v <= c),
        CompareOp::Gt => select(values, selection, |v| v > c),
        CompareOp::Ge => select(values, selection, |v| v >= c),
    }
}

/// NaN is above all and equal to itself, so `>` is "not `<=`" when the constant is a number.
fn select_f64(op: CompareOp, values: &[f64], c: f64, selection: Selection<'_>) -> Vec<u32> {
    if c.is_nan() {
        return select(values, selection, |v| {
            crate::value::compare::holds(op, compare_f64(v, c))
        });
    }
    match op {
        CompareOp::Eq => select(values, selection, |v| v == c),
        CompareOp::Ne => select(values, selection, |v| v != c),
        CompareOp::Lt => select(values, selection, |v| v < c),
        CompareOp::Le => select(values, selection, |v| v <= c),
        CompareOp::Gt => select(values, selection, |v| v > c || v.is_nan()),
        CompareOp::Ge => select(values, selection, |v| v >= c || v.is_nan()),
    }
}

fn select_text(op: CompareOp, text: &TextData, c: &[u8], selection: Selection<'_>) -> Vec<u32> {
    let numbers = |test: &dyn Fn(&[u8]) -> bool| -> Vec<u32> {
        match selection {
            None => (0_u32..)
                .zip(text.iter())
                .filter(|(_, bytes)| test(bytes))
                .map(|(row, _)| row)
                .collect(),
            Some(rows) => rows
                .iter()
                .copied()
                .filter(|&row| test(text.bytes_at(row as usize)))
                .collect(),
        }
    };
    match op {
        CompareOp::Eq => numbers(&|bytes| bytes == c),
        CompareOp::Ne => numbers(&|bytes| bytes != c),
        _ => numbers(&|bytes| crate::value::compare::holds(op, bytes.cmp(c))),
    }
}

/// Rows of a boolean column that are true; `None` if the column is not boolean.
pub(super) fn select_true(column: &Column, selection: Selection<'_>) -> Option<Vec<u32>> {
    let ColumnData::Bool(values) = &column.data else {
        return None;
    };
    let mut kept = select(values, selection, |value| value);
    drop_nulls(&mut kept, &column.nulls);
    Some(kept)
}

/// A boolean column of comparisons: two columns of one type, or a column and a constant.
pub(super) fn compare(op: CompareOp, left: &Operand, right: &Operand) -> Option<Column> {
    fn pairs<T: Copy + PartialOrd>(op: CompareOp, a: &[T], b: &[T]) -> Vec<bool> {
        with_test!(op, |test: fn(&T, &T) -> bool| a
            .iter()
            .zip(b)
            .map(|(a, b)| test(a, b))
            .collect())
    }
    fn constant<T: Copy + PartialOrd>(op: CompareOp, a: &[T], b: T) -> Vec<bool> {
        with_test!(op, |test: fn(&T, &T) -> bool| a
            .iter()
            .map(|a| test(a, &b))
            .collect())
    }
    let (column, values) = match (left, right) {
        (Operand::Column(a), Operand::Column(b)) => {
            let values = match (&a.data, &b.data) {
                (ColumnData::Int4(x), ColumnData::Int4(y))
                | (ColumnData::Date(x), ColumnData::Date(y)) => pairs(op, x, y),
                (ColumnData::Int8(x), ColumnData::Int8(y))
                | (ColumnData::Timestamp(x), ColumnData::Timestamp(y)) => pairs(op, x, y),
                (ColumnData::Bool(x), ColumnData::Bool(y)) => pairs(op, x, y),
                _ => return None,
            };
            return Some(Column {
                data: ColumnData::Bool(values),
                nulls: a.nulls.or(&b.nulls),
            });
        }
        (Operand::Column(column), Operand::Const(value)) => (
            column,
            constant_column(op, column, value, constant, constant)?,
        ),
        (Operand::Const(value), Operand::Column(column)) => (
            column,
            constant_column(swapped(op), column, value, constant, constant)?,
        ),
        _ => return None,
    };
    Some(Column {
        data: ColumnData::Bool(values),
        nulls: column.nulls.clone(),
    })
}

fn constant_column(
    op: CompareOp,
    column: &Column,
    value: &Value,
    narrow: fn(CompareOp, &[i32], i32) -> Vec<bool>,
    wide: fn(CompareOp, &[i64], i64) -> Vec<bool>,
) -> Option<Vec<bool>> {
    match (&column.data, value) {
        (ColumnData::Int4(values), Value::Int4(value))
        | (ColumnData::Date(values), Value::Date(value)) => Some(narrow(op, values, *value)),
        (ColumnData::Int8(values), Value::Int8(value))
        | (ColumnData::Timestamp(values), Value::Timestamp(value)) => {
            Some(wide(op, values, *value))
        }
        _ => None,
    }
}

/// Sums, differences and products of columns of one type. Declines if anything overflows: the general way then finds out whether a
/// selected row did, and reports it.
pub(super) fn arithmetic(
    op: Operator,
    left: &Operand,
    right: &Operand,
    result: DataType,
) -> Option<Column> {
    let (data, nulls) = match result {
        DataType::Int4 => {
            let (a, b) = (int4(left)?, int4(right)?);
            let run = |f: fn(i32, i32) -> (i32, bool)| zip(&a, &b, f);
            let data = match op {
                Operator::Add => run(i32::overflowing_add)?,
                Operator::Subtract => run(i32::overflowing_sub)?,
                Operator::Multiply => run(i32::overflowing_mul)?,
                Operator::Modulo => remainder_i32(&a, &b)?,
                _ => return None,
            };
            (ColumnData::Int4(data), nulls_of(left, right))
        }
        DataType::Int8 => {
            let (a, b) = (int8(left)?, int8(right)?);
            let run = |f: fn(i64, i64) -> (i64, bool)| zip(&a, &b, f);
            let data = match op {
                Operator::Add => run(i64::overflowing_add)?,
                Operator::Subtract => run(i64::overflowing_sub)?,
                Operator::Multiply => run(i64::overflowing_mul)?,
                _ => return None,
            };
            (ColumnData::Int8(data), nulls_of(left, right))
        }
        DataType::Float8 => {
            let (a, b) = (float8(left)?, float8(right)?);
            // An infinity or a zero product needs the checks of the general way.
            let data = match op {
                Operator::Add => zip(&a, &b, |x, y| checked(x + y, false))?,
                Operator::Subtract => zip(&a, &b, |x, y| checked(x - y, false))?,
                Operator::Multiply => zip(&a, &b, |x, y| checked(x * y, x != 0.0 && y != 0.0))?,
                _ => return None,
            };
            (ColumnData::Float8(data), nulls_of(left, right))
        }
        _ => return None,
    };
    Some(Column { data, nulls })
}

fn checked(value: f64, vanishing: bool) -> (f64, bool) {
    (value, !value.is_finite() || (vanishing && value == 0.0))
}

/// A slice or one number for all rows.
enum Numbers<'a, T> {
    Slice(&'a [T]),
    One(T),
}

fn int4(operand: &Operand) -> Option<Numbers<'_, i32>> {
    match operand {
        Operand::Column(column) => match &column.data {
            ColumnData::Int4(values) => Some(Numbers::Slice(values)),
            _ => None,
        },
        Operand::Const(Value::Int4(value)) => Some(Numbers::One(*value)),
        Operand::Const(_) => None,
    }
}

fn int8(operand: &Operand) -> Option<Numbers<'_, i64>> {
    match operand {
        Operand::Column(column) => match &column.data {
            ColumnData::Int8(values) => Some(Numbers::Slice(values)),
            _ => None,
        },
        Operand::Const(value) => value.as_i64().map(Numbers::One),
    }
}

fn float8(operand: &Operand) -> Option<Numbers<'_, f64>> {
    match operand {
        Operand::Column(column) => match &column.data {
            ColumnData::Float8(values) => Some(Numbers::Slice(values)),
            _ => None,
        },
        Operand::Const(Value::Float8(value)) => Some(Numbers::One(*value)),
        Operand::Const(_) => None,
    }
}

/// `None` if any row overflowed.
#[inline]
fn zip<T: Copy>(
    a: &Numbers<'_, T>,
    b: &Numbers<'_, T>,
    f: impl Fn(T, T) -> (T, bool),
) -> Option<Vec<T>> {
    let mut failed = false;
    let mut one = |x: T, y: T| {
        let (value, overflow) = f(x, y);
        failed |= overflow;
        value
    };
    let values: Vec<T> = match (a, b) {
        (Numbers::Slice(a), Numbers::Slice(b)) => {
            a.iter().zip(*b).map(|(x, y)| one(*x, *y)).collect()
        }
        (Numbers::Slice(a), Numbers::One(b)) => a.iter().map(|x| one(*x, *b)).collect(),
        (Numbers::One(a), Numbers::Slice(b)) => b.iter().map(|y| one(*a, *y)).collect(),
        (Numbers::One(_), Numbers::One(_)) => return None,
    };
    (!failed).then_some(values)
}

fn remainder_i32(a: &Numbers<'_, i32>, b: &Numbers<'_, i32>) -> Option<Vec<i32>> {
    match b {
        Numbers::One(divisor) if *divisor != 0 && *divisor != -1 => {
            zip(a, b, |x, y| (x % y, false))
        }
        _ => None,
    }
}

fn nulls_of(left: &Operand, right: &Operand) -> NullMask {
    match (left, right) {
        (Operand::Column(a), Operand::Column(b)) => a.nulls.or(&b.nulls),
        (Operand::Column(a), Operand::Const(_)) | (Operand::Const(_), Operand::Column(a)) => {
            a.nulls.clone()
        }
        _ => NullMask::default(),
    }
}

/// Casts that cannot fail.
pub(super) fn cast(column: &Rc<Column>, from: DataType, to: DataType) -> Option<Rc<Column>> {
    #[allow(
        clippy::cast_precision_loss,
        reason = "a cast to double is what is asked for"
    )]
    let data = match (&column.data, to) {
        (ColumnData::Text(_), DataType::Text | DataType::Varchar(None))
            if from != DataType::Unknown =>
        {
            return Some(Rc::clone(column));
        }
        (ColumnData::Int2(values), DataType::Int4) => {
            ColumnData::Int4(values.iter().map(|&v| i32::from(v)).collect())
        }
        (ColumnData::Int2(values), DataType::Int8) => {
            ColumnData::Int8(values.iter().map(|&v| i64::from(v)).collect())
        }
        (ColumnData::Int4(values), DataType::Int8) => {
            ColumnData::Int8(values.iter().map(|&v| i64::from(v)).collect())
        }
        (ColumnData::Int4(values), DataType::Float8) => {
            ColumnData::Float8(values.iter().map(|&v| f64::from(v)).collect())
        }
        (ColumnData::Int8(values), DataType::Float8) => {
            ColumnData::Float8(values.iter().map(|&v| v as f64).collect())
        }
        (ColumnData::Int4(values), DataType::Numeric(None)) => ColumnData::Numeric(
            values
                .iter()
                .map(|&v| crate::value::Numeric::from_i64(i64::from(v)))
                .collect(),
        ),
        (ColumnData::Int8(values), DataType::Numeric(None)) => ColumnData::Numeric(
            values
                .iter()
                .map(|&v| crate::value::Numeric::from_i64(v))
                .collect(),
        ),
        _ => return None,
    };
    Some(Rc::new(Column {
        data,
        nulls: column.nulls.clone(),
    }))
}
