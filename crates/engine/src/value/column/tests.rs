//! Columns keep what is put in, by every way in and out.

use super::{Column, NullMask};
use crate::value::{DataType, Interval, Numeric, Value};
use alloc::vec::Vec;

fn samples() -> Vec<(DataType, Vec<Value>)> {
    let numeric = |mantissa, scale| Value::Numeric(Numeric::new(mantissa, scale));
    alloc::vec![
        (
            DataType::Bool,
            alloc::vec![Value::Bool(true), Value::Null, Value::Bool(false)]
        ),
        (
            DataType::Int2,
            alloc::vec![Value::Int2(-7), Value::Int2(i16::MAX)]
        ),
        (
            DataType::Int4,
            alloc::vec![Value::Int4(1), Value::Null, Value::Int4(i32::MIN)]
        ),
        (DataType::Int8, alloc::vec![Value::Int8(i64::MAX)]),
        (DataType::Float4, alloc::vec![Value::Float4(0.5)]),
        (
            DataType::Float8,
            alloc::vec![Value::Float8(-0.25), Value::Null]
        ),
        (
            DataType::Numeric(None),
            alloc::vec![
                numeric(0, 0),
                numeric(127, 0),
                numeric(128, 2),
                numeric(-128, 0),
                numeric(-129, 300),
                numeric(i128::MAX, 1),
                numeric(i128::MIN + 1, 0),
                numeric(-1, 0),
                Value::Null,
            ]
        ),
        (
            DataType::Text,
            alloc::vec![
                Value::text("a"),
                Value::Null,
                Value::text(""),
                Value::text("žluť")
            ]
        ),
        (DataType::Date, alloc::vec![Value::Date(3)]),
        (DataType::Timestamp, alloc::vec![Value::Timestamp(-3)]),
        (
            DataType::Interval,
            alloc::vec![Value::Interval(Interval {
                months: -1,
                days: 2,
                micros: 3
            })]
        ),
        (DataType::Uuid, alloc::vec![Value::Uuid([7; 16])]),
    ]
}

fn values(column: &Column) -> Vec<Value> {
    (0..column.len()).map(|row| column.get(row)).collect()
}

#[test]
fn a_column_gives_back_what_was_pushed() {
    for (data_type, expected) in samples() {
        assert_eq!(values(&Column::from_values(data_type, &expected)), expected);
    }
}

#[test]
fn rows_survive_the_way_over_bytes() {
    for (data_type, expected) in samples() {
        let column = Column::from_values(data_type, &expected);
        let mut back = Column::new(data_type);
        for row in 0..column.len() {
            let mut bytes = Vec::new();
            column.data.write_row(row, &mut bytes);
            assert!(back.data.push_le(&bytes), "{data_type}");
        }
        back.nulls = column.nulls.clone();
        assert_eq!(values(&back), expected);
        if data_type.fixed_len().is_some() {
            let mut page = Vec::new();
            column.data.write_le(0..column.len(), &mut page);
            let read = Column::from_le_bytes(data_type, &page, column.nulls.clone()).unwrap();
            assert_eq!(values(&read), expected);
        }
    }
}

#[test]
fn gathering_and_appending_keep_nulls_in_step() {
    for (data_type, expected) in samples() {
        let column = Column::from_values(data_type, &expected);
        let last = u32::try_from(expected.len() - 1).unwrap();
        let gathered = column.gather(&[last, 0, last]);
        let ends = [expected[expected.len() - 1].clone(), expected[0].clone()];
        assert_eq!(
            values(&gathered),
            [ends[0].clone(), ends[1].clone(), ends[0].clone()]
        );
        let mut all = column.slice(0..1);
        all.append(&gathered);
        all.append_range(&column, 0..expected.len());
        assert_eq!(all.len(), 4 + expected.len());
        assert_eq!(all.get(0), ends[1]);
        assert_eq!(all.get(4), expected[0]);
        assert_eq!(all.get(3), ends[0]);
    }
}

#[test]
fn missing_rows_of_an_outer_join_are_null() {
    let column = Column::from_values(DataType::Int4, &[Value::Int4(5), Value::Int4(6)]);
    let joined = column.gather_or_null(&[1, u32::MAX]);
    assert_eq!(values(&joined), [Value::Int4(6), Value::Null]);
}

#[test]
fn a_repeated_value_fills_the_column() {
    for (data_type, expected) in samples() {
        for value in &expected {
            let column = Column::repeat(value, data_type, 3);
            assert_eq!(
                values(&column),
                [value.clone(), value.clone(), value.clone()]
            );
        }
    }
}

#[test]
fn texts_cut_inside_a_letter_are_refused() {
    let bytes = "ž".as_bytes().to_vec();
    assert!(Column::from_text_parts(alloc::vec![0, 1, 2], bytes, NullMask::default()).is_none());
}
