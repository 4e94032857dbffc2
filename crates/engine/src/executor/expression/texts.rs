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
use pages::{
    loops::{Texts, join_texts},
    order::strings::Strings,
};

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
    let (left_texts, right_texts) = (texts_of(left)?, texts_of(right)?);
    let bytes = bytes_of(left_texts, rows).saturating_add(bytes_of(right_texts, rows));
    if bytes > most {
        return None;
    }
    let mut joined = TextData {
        offsets: Vec::with_capacity(rows + 1),
        bytes: Vec::with_capacity(bytes),
    };
    joined.offsets.push(0);
    let (bytes, ends) = (&mut joined.bytes, &mut joined.offsets);
    join_texts(bytes, ends, rows, (left_texts, right_texts));
    Some(Column {
        data: ColumnData::Text(joined),
        nulls: nulls_of(left, right),
    })
}

fn texts_of(operand: &Operand) -> Option<Texts<'_>> {
    match operand {
        Operand::Column(column) => match &column.data {
            ColumnData::Text(texts) => Some(Texts::Each(Strings {
                bytes: &texts.bytes,
                offsets: &texts.offsets,
            })),
            _ => None,
        },
        Operand::Const(Value::Text(text)) => Some(Texts::One(text.as_bytes())),
        Operand::Const(_) => None,
    }
}

fn bytes_of(texts: Texts<'_>, rows: usize) -> usize {
    match texts {
        Texts::Each(strings) => strings.bytes.len(),
        Texts::One(text) => text.len().saturating_mul(rows),
    }
}
