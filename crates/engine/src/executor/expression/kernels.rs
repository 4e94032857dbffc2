//! Comparisons in loops over typed slices: the fast ways, each of which may decline (`None`) in favour of the general one.

use super::evaluate::{Operand, Selection};
use super::filter::swapped;
use crate::{
    logical::CompareOp,
    value::{Column, ColumnData, NullMask, TextData, Value, compare::compare_f64},
};
use alloc::vec::Vec;
use pages::loops;

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
        (ColumnData::Int4(values), _) => select_i32(op, values, constant.as_i64()?, selection),
        (ColumnData::Int2(values), _) => {
            let constant = constant.as_i64()?;
            select(values, selection, |value| {
                ordering_holds(op, i64::from(value), constant)
            })
        }
        (ColumnData::Int8(values), _) => select_i64(op, values, constant.as_i64()?, selection),
        (ColumnData::Date(values), Value::Date(constant)) => {
            select_i32(op, values, i64::from(*constant), selection)
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

/// The values that compare so with a constant, as the least and the greatest of them; `None` for `<>`, where they are not in one piece.
fn bounds(op: CompareOp, c: i64) -> Option<(i64, i64)> {
    const NO_VALUE: (i64, i64) = (1, 0);
    match op {
        CompareOp::Eq => Some((c, c)),
        CompareOp::Ne => None,
        CompareOp::Lt => Some(c.checked_sub(1).map_or(NO_VALUE, |most| (i64::MIN, most))),
        CompareOp::Le => Some((i64::MIN, c)),
        CompareOp::Gt => Some(c.checked_add(1).map_or(NO_VALUE, |least| (least, i64::MAX))),
        CompareOp::Ge => Some((c, i64::MAX)),
    }
}

fn select_i32(op: CompareOp, values: &[i32], c: i64, selection: Selection<'_>) -> Vec<u32> {
    let Some((least, most)) = bounds(op, c) else {
        return select(values, selection, |value| i64::from(value) != c);
    };
    let least = i32::try_from(least.max(i64::from(i32::MIN)));
    let most = i32::try_from(most.min(i64::from(i32::MAX)));
    match (least, most) {
        (Ok(least), Ok(most)) => loops::rows_within_i32(values, least, most, selection),
        // All of them are beyond what an integer can be.
        _ => Vec::new(),
    }
}

fn select_i64(op: CompareOp, values: &[i64], c: i64, selection: Selection<'_>) -> Vec<u32> {
    match bounds(op, c) {
        Some((least, most)) => loops::rows_within_i64(values, least, most, selection),
        None => select(values, selection, |value| value != c),
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
    let mut kept = loops::rows_true(values, selection);
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
        (Operand::Column(column), Operand::Const(value)) => {
            (column, constant_column(op, column, value)?)
        }
        (Operand::Const(value), Operand::Column(column)) => {
            (column, constant_column(swapped(op), column, value)?)
        }
        _ => return None,
    };
    Some(Column {
        data: ColumnData::Bool(values),
        nulls: column.nulls.clone(),
    })
}

fn constant_column(op: CompareOp, column: &Column, value: &Value) -> Option<Vec<bool>> {
    let (constant, is_narrow) = match (&column.data, value) {
        (ColumnData::Int4(_), value) => (value.as_i64()?, true),
        (ColumnData::Int8(_), value) => (value.as_i64()?, false),
        (ColumnData::Date(_), Value::Date(value)) => (i64::from(*value), true),
        (ColumnData::Timestamp(_), Value::Timestamp(value)) => (*value, false),
        _ => return None,
    };
    let (range, outside) = match bounds(op, constant) {
        Some(range) => (range, false),
        None => ((constant, constant), true),
    };
    match &column.data {
        ColumnData::Int4(values) | ColumnData::Date(values) if is_narrow => {
            let least = i32::try_from(range.0.max(i64::from(i32::MIN)));
            let most = i32::try_from(range.1.min(i64::from(i32::MAX)));
            Some(match (least, most) {
                (Ok(least), Ok(most)) => loops::within_i32(values, least, most, outside),
                // All of them are beyond what an integer can be.
                _ => alloc::vec![outside; values.len()],
            })
        }
        ColumnData::Int8(values) | ColumnData::Timestamp(values) => {
            Some(loops::within_i64(values, range.0, range.1, outside))
        }
        _ => None,
    }
}
