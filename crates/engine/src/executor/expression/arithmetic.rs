//! Arithmetic in loops over typed slices. It declines (`None`) if any row fails: the general way then finds out whether a selected
//! row did, and reports it.

use super::evaluate::Operand;
use crate::{
    logical::Operator,
    value::{Column, ColumnData, DataType, NullMask, Value},
};
use alloc::vec::Vec;
use pages::loops;

/// Two operands, of which at least one is a column.
pub(super) fn arithmetic(
    op: Operator,
    left: &Operand,
    right: &Operand,
    result: DataType,
) -> Option<Column> {
    let data = match result {
        DataType::Int4 => ColumnData::Int4(int4(op, &numbers4(left)?, &numbers4(right)?)?),
        DataType::Int8 => ColumnData::Int8(int8(op, &numbers8(left)?, &numbers8(right)?)?),
        DataType::Float8 => ColumnData::Float8(float8(op, &doubles(left)?, &doubles(right)?)?),
        DataType::Date => ColumnData::Date(match op {
            Operator::Add => match (days(left), days(right)) {
                (Some(days), None) => int4(op, &days, &numbers4(right)?)?,
                (None, Some(days)) => int4(op, &days, &numbers4(left)?)?,
                _ => return None,
            },
            Operator::Subtract => int4(op, &days(left)?, &numbers4(right)?)?,
            _ => return None,
        }),
        _ => return None,
    };
    Some(Column {
        data,
        nulls: nulls_of(left, right),
    })
}

fn int4(op: Operator, a: &Numbers<'_, i32>, b: &Numbers<'_, i32>) -> Option<Vec<i32>> {
    match op {
        Operator::Add => zip(a, b, i32::overflowing_add),
        Operator::Subtract => zip(a, b, i32::overflowing_sub),
        Operator::Multiply => zip(a, b, i32::overflowing_mul),
        Operator::Divide => zip(a, b.divisor(&[0, -1])?, |x, y| (x / y, false)),
        Operator::Modulo => zip(a, b.divisor(&[0, -1])?, |x, y| (x % y, false)),
        _ => None,
    }
}

fn int8(op: Operator, a: &Numbers<'_, i64>, b: &Numbers<'_, i64>) -> Option<Vec<i64>> {
    match op {
        Operator::Add => zip(a, b, i64::overflowing_add),
        Operator::Subtract => zip(a, b, i64::overflowing_sub),
        Operator::Multiply => zip(a, b, multiply),
        Operator::Divide => zip(a, b.divisor(&[0, -1])?, |x, y| (x / y, false)),
        Operator::Modulo => match (a, b.divisor(&[0, -1])?) {
            (Numbers::Slice(values), Numbers::One(divisor)) => {
                Some(loops::remainders_i64(values, *divisor))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Small factors need no product of 128 bits, which is slow where the machine has none.
fn multiply(x: i64, y: i64) -> (i64, bool) {
    let spare = |value: i64| (value ^ (value >> 63)).leading_zeros();
    if spare(x) + spare(y) > 65 {
        (x.wrapping_mul(y), false)
    } else {
        x.overflowing_mul(y)
    }
}

/// An infinity or a vanishing product needs the checks of the general way.
fn float8(op: Operator, a: &Numbers<'_, f64>, b: &Numbers<'_, f64>) -> Option<Vec<f64>> {
    let checked =
        |value: f64, vanishing: bool| (value, !value.is_finite() || (vanishing && value == 0.0));
    match op {
        Operator::Add => zip(a, b, |x, y| checked(x + y, false)),
        Operator::Subtract => zip(a, b, |x, y| checked(x - y, false)),
        Operator::Multiply => zip(a, b, |x, y| checked(x * y, x != 0.0 && y != 0.0)),
        Operator::Divide => zip(a, b, |x, y| checked(x / y, x != 0.0)),
        _ => None,
    }
}

/// A slice or one number for all rows.
enum Numbers<'a, T> {
    Slice(&'a [T]),
    One(T),
}

impl<T: PartialEq> Numbers<'_, T> {
    /// Itself, if it is one number that every other can be divided by.
    fn divisor(&self, never: &[T]) -> Option<&Self> {
        match self {
            Self::One(value) if !never.contains(value) => Some(self),
            _ => None,
        }
    }
}

fn numbers4(operand: &Operand) -> Option<Numbers<'_, i32>> {
    match operand {
        Operand::Column(column) => match &column.data {
            ColumnData::Int4(values) => Some(Numbers::Slice(values)),
            _ => None,
        },
        Operand::Const(Value::Int4(value)) => Some(Numbers::One(*value)),
        Operand::Const(_) => None,
    }
}

fn days(operand: &Operand) -> Option<Numbers<'_, i32>> {
    match operand {
        Operand::Column(column) => match &column.data {
            ColumnData::Date(values) => Some(Numbers::Slice(values)),
            _ => None,
        },
        Operand::Const(Value::Date(value)) => Some(Numbers::One(*value)),
        Operand::Const(_) => None,
    }
}

fn numbers8(operand: &Operand) -> Option<Numbers<'_, i64>> {
    match operand {
        Operand::Column(column) => match &column.data {
            ColumnData::Int8(values) => Some(Numbers::Slice(values)),
            _ => None,
        },
        Operand::Const(value) => value.as_i64().map(Numbers::One),
    }
}

fn doubles(operand: &Operand) -> Option<Numbers<'_, f64>> {
    match operand {
        Operand::Column(column) => match &column.data {
            ColumnData::Float8(values) => Some(Numbers::Slice(values)),
            _ => None,
        },
        Operand::Const(Value::Float8(value)) => Some(Numbers::One(*value)),
        Operand::Const(_) => None,
    }
}

/// `None` if any row failed.
fn zip<T: Copy>(
    a: &Numbers<'_, T>,
    b: &Numbers<'_, T>,
    f: impl Fn(T, T) -> (T, bool),
) -> Option<Vec<T>> {
    let mut failed = false;
    let mut one = |x: T, y: T| {
        let (value, failure) = f(x, y);
        failed |= failure;
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

/// Which rows of a strict operator of two operands are NULL.
pub(super) fn nulls_of(left: &Operand, right: &Operand) -> NullMask {
    match (left, right) {
        (Operand::Column(a), Operand::Column(b)) => a.nulls.or(&b.nulls),
        (Operand::Column(a), Operand::Const(_)) | (Operand::Const(_), Operand::Column(a)) => {
            a.nulls.clone()
        }
        _ => NullMask::default(),
    }
}
