//! Operators on texts in loops that make no text of their own for each row. They decline (`None`) in favour of the general way.

use super::{
    arithmetic::nulls_of,
    evaluate::{Operand, Selection, booleans},
};
use crate::{
    error::Error,
    logical::Operator,
    value::{Column, ColumnData, TextData, Value, function::pattern::like_bytes},
};
use alloc::vec::Vec;

/// A column that is or is not like one pattern.
pub(super) fn like(
    op: Operator,
    args: &[Operand],
    rows: usize,
    selection: Selection<'_>,
) -> Option<Result<Operand, Error>> {
    let negated = match op {
        Operator::Like => false,
        Operator::NotLike => true,
        _ => return None,
    };
    let [
        Operand::Column(column),
        Operand::Const(Value::Text(pattern)),
    ] = args
    else {
        return None;
    };
    let ColumnData::Text(texts) = &column.data else {
        return None;
    };
    Some(booleans(rows, selection, |row| {
        if column.is_null(row) {
            return Ok(None);
        }
        like_bytes(texts.bytes_at(row), pattern.as_bytes()).map(|is_like| Some(is_like != negated))
    }))
}

/// `left || right`; declines if the result would be larger than `most` bytes.
pub(super) fn concat(left: &Operand, right: &Operand, rows: usize, most: usize) -> Option<Column> {
    let (left_texts, right_texts) = (Texts::of(left)?, Texts::of(right)?);
    let bytes = left_texts
        .bytes(rows)
        .saturating_add(right_texts.bytes(rows));
    if bytes > most {
        return None;
    }
    let mut joined = TextData {
        offsets: Vec::with_capacity(rows + 1),
        bytes: Vec::with_capacity(bytes),
    };
    joined.offsets.push(0);
    for row in 0..rows {
        joined.bytes.extend_from_slice(left_texts.at(row));
        joined.push_bytes(right_texts.at(row));
    }
    Some(Column {
        data: ColumnData::Text(joined),
        nulls: nulls_of(left, right),
    })
}

/// A column of texts, or one for all rows.
enum Texts<'a> {
    Column(&'a TextData),
    One(&'a str),
}

impl<'a> Texts<'a> {
    fn of(operand: &'a Operand) -> Option<Self> {
        match operand {
            Operand::Column(column) => match &column.data {
                ColumnData::Text(texts) => Some(Self::Column(texts)),
                _ => None,
            },
            Operand::Const(Value::Text(text)) => Some(Self::One(text)),
            Operand::Const(_) => None,
        }
    }

    fn at(&self, row: usize) -> &[u8] {
        match self {
            Self::Column(texts) => texts.bytes_at(row),
            Self::One(text) => text.as_bytes(),
        }
    }

    fn bytes(&self, rows: usize) -> usize {
        match self {
            Self::Column(texts) => texts.bytes.len(),
            Self::One(text) => text.len().saturating_mul(rows),
        }
    }
}
