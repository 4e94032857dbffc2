//! PostgreSQL's choices.

use super::*;
use crate::{
    logical::{AggregateFunction, Function},
    value::DataType::{self, *},
};

const N: DataType = Numeric(None);

fn operator(
    left: DataType,
    symbol: &str,
    right: DataType,
) -> (alloc::vec::Vec<DataType>, DataType) {
    let found = resolve_operator(symbol, Some(left), right).unwrap();
    (found.args, found.result)
}

#[test]
fn operators_are_chosen_as_postgresql_does() {
    assert_eq!(operator(Int4, "+", Int8), (alloc::vec![Int4, Int8], Int8));
    assert_eq!(operator(Int4, "*", N), (alloc::vec![N, N], N));
    assert_eq!(
        operator(Int4, "/", Float8),
        (alloc::vec![Float8, Float8], Float8)
    );
    assert_eq!(
        operator(N, "+", Float8),
        (alloc::vec![Float8, Float8], Float8)
    );
    assert_eq!(
        operator(Int4, "+", Unknown),
        (alloc::vec![Int4, Int4], Int4)
    );
    assert_eq!(operator(Date, "+", Int4), (alloc::vec![Date, Int4], Date));
    assert_eq!(operator(Date, "-", Date), (alloc::vec![Date, Date], Int4));
    assert_eq!(
        operator(Timestamp, "-", Unknown),
        (alloc::vec![Timestamp, Timestamp], Interval)
    );
    assert_eq!(
        operator(Date, "+", Interval),
        (alloc::vec![Date, Interval], Timestamp)
    );
    assert_eq!(
        operator(Varchar(Some(5)), "=", Unknown),
        (alloc::vec![Text, Text], Bool)
    );
    assert_eq!(
        operator(Char(5), "=", Unknown),
        (alloc::vec![Char(0), Char(0)], Bool)
    );
    assert_eq!(
        operator(Char(5), "=", Text),
        (alloc::vec![Text, Text], Bool)
    );
    assert_eq!(
        operator(Date, ">=", Unknown),
        (alloc::vec![Date, Date], Bool)
    );
    assert_eq!(
        operator(Date, "<", Timestamp),
        (alloc::vec![Date, Timestamp], Bool)
    );
    assert_eq!(operator(Int4, "=", N), (alloc::vec![N, N], Bool));
    assert_eq!(
        operator(Unknown, "=", Unknown),
        (alloc::vec![Text, Text], Bool)
    );
    assert_eq!(
        operator(Int4, "^", Int4),
        (alloc::vec![Float8, Float8], Float8)
    );
    assert_eq!(
        operator(Int4, "*", Interval),
        (alloc::vec![Float8, Interval], Interval)
    );
    assert_eq!(operator(Int8, "%", Int4), (alloc::vec![Int8, Int8], Int8));
    let error = resolve_operator("+", Some(Text), Int4).unwrap_err();
    assert_eq!(error.message, "operator does not exist: text + integer");
    assert_eq!(error.code.sqlstate(), "42883");
    assert_eq!(
        resolve_operator("+", Some(Unknown), Unknown)
            .unwrap_err()
            .code
            .sqlstate(),
        "42725"
    );
}

#[test]
fn functions_are_chosen_as_postgresql_does() {
    let result = |name: &str, args: &[DataType]| resolve_function(name, args).unwrap().result;
    assert_eq!(result("round", &[Int4]), Float8);
    assert_eq!(result("round", &[N, Int4]), N);
    assert_eq!(result("abs", &[Int2]), Int2);
    assert_eq!(result("sqrt", &[Int4]), Float8);
    assert_eq!(result("length", &[Unknown]), Int4);
    assert_eq!(result("lower", &[Varchar(Some(3))]), Text);
    assert_eq!(result("date_trunc", &[Unknown, Date]), Timestamp);
    assert_eq!(result("extract", &[Unknown, Date]), N);
    assert_eq!(result("mod", &[Int4, Int8]), Int8);
    assert_eq!(
        resolve_function("concat", &[Int4, Unknown]).unwrap().args,
        [Int4, Text]
    );
    let error = resolve_function("lower", &[Int4]).unwrap_err();
    assert_eq!(error.message, "function lower(integer) does not exist");
    assert_eq!(function_name(Function::Btrim), "btrim");
}

#[test]
fn sums_widen_and_averages_are_numeric() {
    let result = |name: &str, args: &[DataType]| resolve_aggregate(name, args).unwrap().result;
    assert_eq!(result("sum", &[Int4]), Int8);
    assert_eq!(result("sum", &[Int8]), N);
    assert_eq!(result("sum", &[Float4]), Float4);
    assert_eq!(result("avg", &[Int4]), N);
    assert_eq!(result("avg", &[Float4]), Float8);
    assert_eq!(result("max", &[Varchar(Some(9))]), Text);
    assert_eq!(result("count", &[Text]), Int8);
    assert_eq!(
        resolve_aggregate("count", &[]).unwrap().function,
        AggregateFunction::CountStar
    );
    assert!(resolve_aggregate("sum", &[Text]).is_err());
}

#[test]
fn one_type_is_found_for_many() {
    let common = |types: &[DataType]| common_type(types, "CASE").unwrap();
    assert_eq!(common(&[Unknown, Int4]), Int4);
    assert_eq!(common(&[Int4, N, Int8]), N);
    assert_eq!(common(&[Int4, Float8]), Float8);
    assert_eq!(common(&[Unknown, Unknown]), Text);
    assert_eq!(
        common(&[Varchar(Some(3)), Varchar(Some(3))]),
        Varchar(Some(3))
    );
    assert_eq!(common(&[Varchar(Some(3)), Text]), Text);
    assert_eq!(common(&[Date, Timestamp]), Timestamp);
    assert_eq!(
        common_type(&[Int4, Text], "CASE").unwrap_err().message,
        "CASE types integer and text cannot be matched"
    );
}
