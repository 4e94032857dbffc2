//! Statistics of columns small enough to work out by hand.

use super::*;
use crate::value::NullMask;
use alloc::vec;

fn ints(values: &[Option<i32>]) -> Column {
    Column {
        data: ColumnData::Int4(values.iter().map(|value| value.unwrap_or(0)).collect()),
        nulls: NullMask(values.iter().map(Option::is_none).collect()),
    }
}

fn analyzed(values: &[Option<i32>], target: usize) -> ColumnStats {
    analyze_column(&ints(values), DataType::Int4, target).unwrap()
}

#[test]
fn values_that_occur_once_are_distinct_as_rows() {
    let values: Vec<Option<i32>> = (0..1000).map(|value| Some(value * 7 % 1000)).collect();
    let stats = analyzed(&values, 100);
    assert_eq!(stats.n_distinct, -1.0);
    assert!(stats.most_common.is_empty());
    assert_eq!(stats.histogram.len(), 101);
    assert_eq!(stats.histogram[0], Value::Int4(0));
    assert_eq!(stats.histogram[50], Value::Int4(499));
    assert_eq!(stats.histogram[100], Value::Int4(999));
}

#[test]
fn few_values_are_all_listed_with_their_frequency_of_all_rows() {
    let stats = analyzed(
        &[
            Some(1),
            Some(2),
            None,
            Some(1),
            Some(2),
            Some(1),
            None,
            Some(1),
        ],
        100,
    );
    assert_eq!(stats.null_fraction, 0.25);
    assert_eq!(stats.n_distinct, -0.25);
    let many: Vec<Option<i32>> = (0..100).map(|value| Some(value % 4)).collect();
    let stats = analyzed(&many, 100);
    assert_eq!(stats.n_distinct, 4.0);
    let listed: Vec<_> = stats.most_common.iter().map(|entry| entry.1).collect();
    assert_eq!(listed, [0.25; 4]);
    assert_eq!(stats.most_common[0].0, Value::Int4(0));
    assert!(stats.histogram.is_empty());
}

#[test]
fn histogram_steps_over_common_values() {
    // 5 occurs three times; 0..=4 and 6..=9 once each: ends and middle of what is left.
    let values = [9, 5, 0, 1, 5, 2, 3, 4, 5, 6, 7, 8].map(Some);
    let stats = analyzed(&values, 2);
    assert_eq!(stats.most_common, vec![(Value::Int4(5), 0.25)]);
    assert_eq!(
        stats.histogram,
        vec![Value::Int4(0), Value::Int4(4), Value::Int4(9)]
    );
}

#[test]
fn ascending_and_descending_values_correlate_fully() {
    let up: Vec<Option<i32>> = (0..50).map(Some).collect();
    let down: Vec<Option<i32>> = (0..50).rev().map(Some).collect();
    assert_eq!(analyzed(&up, 100).correlation, Some(1.0));
    assert_eq!(analyzed(&down, 100).correlation, Some(-1.0));
}

#[test]
fn wide_ranges_and_texts_sort_like_narrow_ones() {
    let numbers: Vec<i64> = vec![i64::MAX, -5, i64::MIN, 0, 7];
    let column = Column {
        data: ColumnData::Int8(numbers),
        nulls: NullMask::default(),
    };
    let stats = analyze_column(&column, DataType::Int8, 100).unwrap();
    let expected = [i64::MIN, -5, 0, 7, i64::MAX].map(Value::Int8);
    assert_eq!(stats.histogram, expected);
    let texts = [
        "item b",
        "item a longer than eight",
        "item a longer than nine",
        "item",
    ];
    let column = Column::from_values(
        DataType::Text,
        texts
            .iter()
            .map(|text| Value::text(*text))
            .collect::<Vec<_>>()
            .iter(),
    );
    let stats = analyze_column(&column, DataType::Text, 100).unwrap();
    let expected = [
        "item",
        "item a longer than eight",
        "item a longer than nine",
        "item b",
    ];
    assert_eq!(stats.histogram, expected.map(Value::text));
}

#[test]
fn no_rows_give_no_statistics_and_only_nulls_give_a_fraction() {
    assert_eq!(analyze_column(&ints(&[]), DataType::Int4, 100), None);
    let stats = analyzed(&[None, None], 100);
    assert_eq!(
        (stats.null_fraction, stats.n_distinct, stats.avg_width),
        (1.0, 0.0, 4)
    );
}
