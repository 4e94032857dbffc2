//! Keys sort as values do and come back; tuples are as long as PostgreSQL's.

use super::{KeyColumn, KeySchema};
use crate::value::{Column, DataType, Interval, Numeric, Value, compare};
use alloc::{rc::Rc, vec, vec::Vec};
use btree::KeyLayout;
use core::cmp::Ordering;

fn samples() -> Vec<(DataType, Vec<Value>)> {
    let numeric = |mantissa, scale| Value::Numeric(Numeric::new(mantissa, scale));
    let interval = |months, days, micros| {
        Value::Interval(Interval {
            months,
            days,
            micros,
        })
    };
    vec![
        (
            DataType::Bool,
            vec![Value::Bool(true), Value::Bool(false), Value::Null],
        ),
        (
            DataType::Int2,
            vec![
                Value::Int2(-7),
                Value::Int2(0),
                Value::Int2(i16::MAX),
                Value::Null,
            ],
        ),
        (
            DataType::Int4,
            vec![
                Value::Int4(i32::MIN),
                Value::Int4(-1),
                Value::Int4(5),
                Value::Int4(i32::MAX),
                Value::Null,
            ],
        ),
        (
            DataType::Int8,
            vec![Value::Int8(i64::MIN), Value::Int8(0), Value::Int8(i64::MAX)],
        ),
        (
            DataType::Float4,
            vec![
                Value::Float4(-1.5),
                Value::Float4(0.0),
                Value::Float4(f32::INFINITY),
            ],
        ),
        (
            DataType::Float8,
            vec![
                Value::Float8(f64::NEG_INFINITY),
                Value::Float8(-1.5),
                Value::Float8(0.0),
                Value::Float8(1e-300),
                Value::Float8(7.0),
                Value::Float8(f64::INFINITY),
            ],
        ),
        (
            DataType::Numeric(None),
            vec![
                numeric(0, 0),
                numeric(0, 3),
                numeric(1, 0),
                numeric(10, 1),
                numeric(-1, 0),
                numeric(12, 1),
                numeric(1234, 3),
                numeric(99, 0),
                numeric(100, 0),
                numeric(101, 0),
                numeric(1, 9),
                numeric(-1, 9),
                numeric(i128::MAX, 1),
                numeric(i128::MAX, 2),
                numeric(-i128::MAX, 1),
                numeric(i128::MAX - 1, 1),
                numeric(1, 300),
                Value::Null,
            ],
        ),
        (
            DataType::Text,
            vec![
                Value::text(""),
                Value::text("a"),
                Value::text("ab"),
                Value::text("a\u{1}b"),
                Value::text("a\0"),
                Value::text("a\u{1}"),
                Value::text("ž"),
                Value::text("b"),
                Value::Null,
            ],
        ),
        (DataType::Date, vec![Value::Date(-3), Value::Date(3)]),
        (
            DataType::Timestamp,
            vec![Value::Timestamp(-3), Value::Timestamp(3)],
        ),
        (
            DataType::Interval,
            vec![
                interval(1, 0, 0),
                interval(0, 30, 0),
                interval(0, 0, -5),
                interval(0, 29, 86_400_000_001),
            ],
        ),
        (
            DataType::Uuid,
            vec![Value::Uuid([1; 16]), Value::Uuid([0xff; 16])],
        ),
    ]
}

fn expected(a: &Value, b: &Value, how: KeyColumn) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => {
            if how.nulls_first {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (false, true) => {
            if how.nulls_first {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        _ if how.descending => compare(a, b).reverse(),
        _ => compare(a, b),
    }
}

#[test]
fn keys_sort_and_equal_as_sql_does_in_every_direction() {
    for (data_type, values) in samples() {
        for (descending, nulls_first) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            let how = KeyColumn {
                data_type,
                descending,
                nulls_first,
                not_null: false,
            };
            let schema = KeySchema {
                columns: vec![how, how],
                included: Vec::new(),
            };
            let key = |first: &Value, second: &Value| {
                let mut out = Vec::new();
                schema.encode(&[first.clone(), second.clone()], &mut out);
                out
            };
            for a in &values {
                for b in &values {
                    let order = expected(a, b, how);
                    assert_eq!(
                        key(a, &values[0]).cmp(&key(b, &values[0])),
                        order,
                        "{a:?} {b:?} {how:?}"
                    );
                    // The second column decides among equals and only among them.
                    let second = expected(&values[0], &values[1], how);
                    assert_eq!(
                        key(a, &values[0]).cmp(&key(b, &values[1])),
                        order.then(second),
                        "{a:?} {b:?} {how:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn keys_and_payloads_come_back_as_they_were() {
    for (data_type, values) in samples() {
        for descending in [false, true] {
            let how = KeyColumn {
                data_type,
                descending,
                nulls_first: false,
                not_null: false,
            };
            let schema = KeySchema {
                columns: vec![how],
                included: vec![DataType::Text, data_type],
            };
            for value in &values {
                let (mut key, mut payload) = (Vec::new(), Vec::new());
                let row = [value.clone(), Value::text("x"), value.clone()];
                schema.encode(&row[..1], &mut key);
                schema.encode_payload(&row[..1], &row[1..], &mut payload);
                assert_eq!(schema.decode(&key, &payload).unwrap(), row);
            }
        }
    }
}

#[test]
fn columns_encode_like_their_rows() {
    for (data_type, values) in samples() {
        let schema = KeySchema::ascending(&[data_type]);
        let column = Rc::new(Column::from_values(data_type, &values));
        let keys = schema.encode_columns(&[column]);
        for (row, value) in values.iter().enumerate() {
            let mut key = Vec::new();
            schema.encode(core::slice::from_ref(value), &mut key);
            assert_eq!(keys.get(row), key);
        }
    }
}

#[test]
fn tuples_are_as_long_as_in_postgresql() {
    let bytes = |types: &[DataType], values: &[Value]| {
        let schema = KeySchema::ascending(types);
        let mut key = Vec::new();
        schema.encode(values, &mut key);
        schema.tuple_bytes(&key, &[])
    };
    assert_eq!(bytes(&[DataType::Int4], &[Value::Int4(1)]), 16);
    assert_eq!(
        bytes(
            &[DataType::Int4, DataType::Int4],
            &[Value::Int4(1), Value::Int4(1)]
        ),
        16
    );
    assert_eq!(
        bytes(
            &[DataType::Int4, DataType::Int8],
            &[Value::Int4(1), Value::Int8(1)]
        ),
        24
    );
    assert_eq!(bytes(&[DataType::Text], &[Value::text("0123456789")]), 24);
    assert_eq!(bytes(&[DataType::Text], &[Value::text("a\0b\u{1}567")]), 16);
    assert_eq!(
        bytes(&[DataType::Text], &[Value::text("a\0b\u{1}5678")]),
        24
    );
    assert_eq!(bytes(&[DataType::Int4], &[Value::Null]), 16);
    assert_eq!(
        bytes(
            &[DataType::Numeric(None)],
            &[Value::Numeric(Numeric::new(1250, 2))]
        ),
        16
    );
    assert_eq!(
        KeySchema::ascending(&[DataType::Int4]).fixed_tuple_bytes(),
        Some(16)
    );
    assert_eq!(
        KeySchema::ascending(&[DataType::Int4; 2]).fixed_tuple_bytes(),
        None
    );
}

#[test]
fn separators_are_cut_between_columns() {
    let schema = KeySchema::ascending(&[DataType::Int4, DataType::Text]);
    let key = |number, text: &str| {
        let mut out = Vec::new();
        schema.encode(&[Value::Int4(number), Value::text(text)], &mut out);
        out
    };
    let cut = |left: &[u8], right: &[u8]| {
        schema
            .separator(left, right)
            .map(|prefix| (prefix.bytes, prefix.columns))
    };
    assert_eq!(cut(&key(1, "a"), &key(2, "a")), Some((5, 1)));
    assert_eq!(cut(&key(1, "a"), &key(1, "b")), Some((8, 2)));
    assert_eq!(cut(&key(1, "a"), &key(1, "a")), None);
}
