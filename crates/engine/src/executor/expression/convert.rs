//! Casts in loops over typed slices. They decline (`None`) in favour of the general way.

use crate::value::{Column, ColumnData, DataType, Numeric, TextData};
use alloc::{rc::Rc, vec::Vec};
use pages::loops;

/// A cast of one type to another; declines if a row does not fit, selected or not.
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
        (ColumnData::Int8(values), DataType::Int4) => ColumnData::Int4(
            values
                .iter()
                .map(|&v| i32::try_from(v).ok())
                .collect::<Option<Vec<i32>>>()?,
        ),
        (ColumnData::Int4(values), DataType::Float8) => {
            ColumnData::Float8(values.iter().map(|&v| f64::from(v)).collect())
        }
        (ColumnData::Int8(values), DataType::Float8) => {
            ColumnData::Float8(values.iter().map(|&v| v as f64).collect())
        }
        (ColumnData::Int4(values), DataType::Numeric(None)) => ColumnData::Numeric(
            values
                .iter()
                .map(|&v| Numeric::from_i64(i64::from(v)))
                .collect(),
        ),
        (ColumnData::Int8(values), DataType::Numeric(None)) => {
            ColumnData::Numeric(values.iter().map(|&v| Numeric::from_i64(v)).collect())
        }
        (ColumnData::Int4(values), DataType::Text | DataType::Varchar(None)) => ColumnData::Text(
            digits(values.len(), &mut values.iter().map(|&v| i64::from(v))),
        ),
        (ColumnData::Int8(values), DataType::Text | DataType::Varchar(None)) => {
            ColumnData::Text(digits(values.len(), &mut values.iter().copied()))
        }
        _ => return None,
    };
    Some(Rc::new(Column {
        data,
        nulls: column.nulls.clone(),
    }))
}

/// Whole numbers in decimal.
fn digits(rows: usize, values: &mut dyn Iterator<Item = i64>) -> TextData {
    let mut texts = TextData::with_capacity(rows);
    loops::digits(&mut texts.bytes, &mut texts.offsets, values);
    texts
}
