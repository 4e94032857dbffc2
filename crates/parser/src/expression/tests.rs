//! What expression reads and what it refuses, one rule a test.

use crate::ast::{Expression, ExpressionKind as E, QuantifiedRight};
use crate::{parse_expression, parse_statement};
use alloc::{format, string::String, vec::Vec};

/// The expression with a bracket around every operation.
fn show(expression: &Expression) -> String {
    let join = |parts: &[Expression], by: &str| parts.iter().map(show).collect::<Vec<_>>().join(by);
    match &expression.kind {
        E::Integer(value) => format!("{value}"),
        E::Decimal(digits) => digits.clone().into(),
        E::String(text) => format!("'{text}'"),
        E::Boolean(value) => format!("{value}"),
        E::Null => "null".into(),
        E::Column(name) => name
            .parts
            .iter()
            .map(|part| &*part.text)
            .collect::<Vec<_>>()
            .join("."),
        E::Unary {
            operator, operand, ..
        } => format!("({operator:?} {})", show(operand)),
        E::Binary {
            operator,
            left,
            right,
            ..
        } => {
            format!("({} {} {})", show(left), operator.symbol(), show(right))
        }
        E::And(parts) => format!("({})", join(parts, " and ")),
        E::Or(parts) => format!("({})", join(parts, " or ")),
        E::Not(operand) => format!("(not {})", show(operand)),
        E::Is {
            operand,
            test,
            negated,
        } => format!("({} is {negated} {test:?})", show(operand)),
        E::Between {
            operand, low, high, ..
        } => {
            format!("({} between {} {})", show(operand), show(low), show(high))
        }
        E::InList { operand, list, .. } => format!("({} in {})", show(operand), join(list, ",")),
        E::InSubquery { operand, .. } => format!("({} in query)", show(operand)),
        E::Like {
            operand,
            pattern,
            kind,
            negated,
            ..
        } => {
            format!("({} {kind:?} {negated} {})", show(operand), show(pattern))
        }
        E::Quantified {
            left,
            operator,
            quantifier,
            right,
        } => {
            let right = match right {
                QuantifiedRight::Subquery(_) => "query".into(),
                QuantifiedRight::Array(array) => show(array),
            };
            format!(
                "({} {} {quantifier:?} {right})",
                show(left),
                operator.symbol()
            )
        }
        E::Cast { operand, type_name } => {
            format!("{}::{}", show(operand), &*type_name.name.last().text)
        }
        E::Function(call) => {
            format!(
                "{}({})",
                &*call.name.last().text,
                join(&call.arguments, ", ")
            )
        }
        E::Row(parts) => format!("row({})", join(parts, ", ")),
        E::Array(parts) => format!("array[{}]", join(parts, ", ")),
        E::Subquery(_) => "query".into(),
        E::Exists(_) => "exists".into(),
        E::Collate { operand, .. } => format!("({} collate)", show(operand)),
        E::Subscript { operand, index } => format!("{}[{}]", show(operand), show(index)),
        other => format!("{other:?}"),
    }
}

fn shown(text: &str) -> String {
    match parse_expression(text) {
        Ok(expression) => show(&expression),
        Err(error) => format!("{} {error}", error.sqlstate()),
    }
}

#[test]
fn operators_bind_as_in_postgresql() {
    for (text, expected) in [
        ("1 + 2 * 3 ^ 4", "(1 + (2 * (3 ^ 4)))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("2 ^ 3 ^ 4", "((2 ^ 3) ^ 4)"),
        ("-2 ^ 2", "(-2 ^ 2)"),
        ("- a ^ 2", "((Minus a) ^ 2)"),
        ("-5::int", "(Minus 5::int4)"),
        ("a || b + 1", "(a || (b + 1))"),
        ("a < b || c", "(a < (b || c))"),
        ("not a = b and c or d", "(((not (a = b)) and c) or d)"),
        ("a or b or c and d", "(a or b or (c and d))"),
        ("a = b is null", "((a = b) is false Null)"),
        ("a is not true = b", "((a is true True) = b)"),
        ("a between 1 and 2 and b", "((a between 1 2) and b)"),
        (
            "a between b - 1 and c * 2 or d",
            "((a between (b - 1) (c * 2)) or d)",
        ),
        ("a not in (1, 2 + 3)", "(a in 1,(2 + 3))"),
        ("a like 'x' || 'y'", "(a Like false ('x' || 'y'))"),
        ("a !~~* 'x'", "(a ILike true 'x')"),
        ("a like b = c", "((a Like false b) = c)"),
        ("a = any (array[1, 2])", "(a = Any array[1, 2])"),
        ("a not like all (array['x'])", "(a !~~ All array['x'])"),
        ("a <> some (select 1)", "(a <> Any query)"),
        ("a at time zone 'x' + b", "(timezone('x', a) + b)"),
        ("~ a + 1", "(BitNot (a + 1))"),
        ("a collate \"C\" < b", "((a collate) < b)"),
        ("a[1]::int", "a[1]::int4"),
        ("1 = not true", "(1 = (not true))"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn comparisons_and_tests_do_not_chain() {
    assert_eq!(shown("a < b < c"), "42601 syntax error at or near \"<\"");
    assert_eq!(
        shown("a is null is null"),
        "42601 syntax error at or near \"is\""
    );
    assert_eq!(shown("(a < b) < c"), "((a < b) < c)");
}

#[test]
fn numbers_keep_their_sign_and_their_size() {
    assert_eq!(shown("-9223372036854775808"), "-9223372036854775808");
    assert_eq!(
        parse_expression("9223372036854775807").unwrap().kind,
        E::Integer(i64::MAX)
    );
    assert_eq!(
        parse_expression("-9223372036854775808").unwrap().kind,
        E::Integer(i64::MIN)
    );
    assert!(matches!(
        parse_expression("9223372036854775808").unwrap().kind,
        E::Decimal(_)
    ));
    assert_eq!(shown("- -1"), "1");
    assert_eq!(shown("-1.50"), "-1.50");
}

#[test]
fn brackets_hold_rows_queries_or_expressions() {
    for (text, expected) in [
        ("((1 + 2)) * 3", "((1 + 2) * 3)"),
        ("(a, b) = (1, 2)", "(row(a, b) = row(1, 2))"),
        ("((select 1))", "query"),
        ("((select 1) + 1)", "(query + 1)"),
        ("((select 1) union (select 2))", "query"),
        ("((select 1), 2)", "row(query, 2)"),
        ("a in ((select 1))", "(a in query)"),
        ("a in ((1))", "(a in 1)"),
        ("exists ((select 1))", "exists"),
        ("((a) or b) and c", "((a or b) and c)"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn sql_forms_become_casts_and_calls() {
    for (text, expected) in [
        ("date '2020-01-01'", "'2020-01-01'::date"),
        ("timestamp with time zone 'x'", "'x'::timestamptz"),
        ("double precision '1'", "'1'::float8"),
        ("interval '90' day", "'90'::interval"),
        ("cast(a as varchar(10))", "a::varchar"),
        ("a::character varying(3)", "a::varchar"),
        ("extract(year from d)", "extract('year', d)"),
        ("substring(s from 2 for 3)", "substring(s, 2, 3)"),
        ("substring(s for 3)", "substring(s, 1, 3)"),
        ("substring(s, 2)", "substring(s, 2)"),
        ("trim(both 'x' from s)", "btrim(s, 'x')"),
        ("trim(leading from s)", "ltrim(s)"),
        ("trim(s)", "btrim(s)"),
        ("position('a' in s)", "position(s, 'a')"),
        (
            "overlay(s placing 'x' from 2 for 3)",
            "overlay(s, 'x', 2, 3)",
        ),
        ("left(s, 2)", "left(s, 2)"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn keywords_that_are_not_reserved_name_columns() {
    for name in [
        "value", "date", "name", "year", "time", "count", "values", "interval", "text",
    ] {
        assert_eq!(
            shown(&format!("{name} + t.{name}")),
            format!("({name} + t.{name})")
        );
    }
    assert_eq!(shown("select"), "42601 syntax error at or near \"select\"");
    assert_eq!(shown("a +"), "42601 syntax error at end of input");
}

#[test]
fn spans_hold_the_whole_operation_and_the_operator() {
    let text = " (a + b) * c ";
    let product = parse_expression(text).unwrap();
    assert_eq!(product.span.of(text), "(a + b) * c");
    let E::Binary {
        left,
        operator_span,
        ..
    } = product.kind
    else {
        panic!("no product")
    };
    assert_eq!(operator_span.of(text), "*");
    assert_eq!(left.span.of(text), "a + b");
}

#[test]
fn calls_keep_their_aggregate_and_window_clauses() {
    let text = "sum(distinct a order by b desc) filter (where c) over \
                (partition by d order by e rows between 1 preceding and current row)";
    let E::Function(call) = parse_expression(text).unwrap().kind else {
        panic!("no call")
    };
    assert!(call.distinct && call.filter.is_some() && call.over.is_some());
    assert_eq!(call.order_by.len(), 1);
    assert_eq!(call.span.of(text), text);
    let error = parse_expression("f() over (rows unbounded following)").unwrap_err();
    assert_eq!(error.sqlstate(), "42P20");
}

#[test]
fn long_chains_of_conditions_are_one_node() {
    let text = ["a"; 10_000].join(" or ");
    let E::Or(parts) = parse_expression(&text).unwrap().kind else {
        panic!("no chain")
    };
    assert_eq!(parts.len(), 10_000);
}

#[test]
fn what_is_too_deep_is_refused_within_one_mebibyte_of_stack() {
    extern crate std;
    let deep = || {
        let many = 100_000;
        for text in [
            ["1"; 100_000].join("+"),
            "(".repeat(many),
            "- ".repeat(many),
            "not ".repeat(many),
            "case when ".repeat(many),
            "f(".repeat(many),
            "a[".repeat(many),
            "array[".repeat(many) + &"[".repeat(many),
            "a".to_owned() + &"::int".repeat(many),
            "a".to_owned() + &" collate x".repeat(many),
            "exists (select ".repeat(many),
            "a = any(".repeat(many),
            "1 = not 1 + ".repeat(many),
        ] {
            let error = parse_expression(&text).unwrap_err();
            assert_eq!(error.sqlstate(), "54001", "{}", &text[..20]);
        }
        for text in [
            "select * from ".to_owned() + &"(".repeat(many),
            "select * from ".to_owned() + &"(select * from ".repeat(many),
            "select * from a".to_owned() + &" join b on true".repeat(many),
            "select * from ".to_owned() + &"a join ".repeat(many),
            "select 1".to_owned() + &" union select 1".repeat(many),
            "(".repeat(many),
            "with a as (".repeat(many),
            "explain ".repeat(many),
            "select 1 group by ".to_owned() + &"grouping sets (".repeat(many),
        ] {
            let error = parse_statement(&text).unwrap_err();
            assert!(
                matches!(error.sqlstate(), "54001" | "42601"),
                "{error} {}",
                &text[..20]
            );
        }
    };
    use alloc::borrow::ToOwned;
    let thread = std::thread::Builder::new()
        .stack_size(1024 * 1024)
        .spawn(deep)
        .unwrap();
    assert!(thread.join().is_ok());
}
