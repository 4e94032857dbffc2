//! What script reads and what it refuses, one rule a test.

use crate::ast::StatementKind;
use crate::{parse_script, parse_statement, statement_at, tokens};
use alloc::{format, string::String, string::ToString, vec::Vec};
use proptest::prelude::{Strategy, any, prop, prop_assert, proptest};

#[test]
fn a_script_goes_on_after_a_mistake() {
    let text = "select 1; selec 2; select 'a;b' from; ; select 3";
    let script = parse_script(text);
    let spans: Vec<_> = script
        .statements
        .iter()
        .map(|parsed| parsed.span.of(text))
        .collect();
    assert_eq!(
        spans,
        ["select 1", "selec 2", "select 'a;b' from", "select 3"]
    );
    let errors: Vec<_> = script.errors().map(ToString::to_string).collect();
    let expected = [
        "syntax error at or near \"selec\"",
        "syntax error at or near \";\"",
    ];
    assert_eq!(errors, expected);
}

#[test]
fn errors_have_the_words_and_codes_of_postgresql() {
    for (text, code, message) in [
        ("select", "", ""),
        ("select 1 from", "42601", "syntax error at end of input"),
        (
            "select from where",
            "42601",
            "syntax error at or near \"where\"",
        ),
        (
            "select 'abc",
            "42601",
            "unterminated quoted string at or near \"'abc\"",
        ),
        (
            "select 1a",
            "42601",
            "trailing junk after numeric literal at or near \"1a\"",
        ),
        (
            "select * from (select 1)",
            "42601",
            "subquery in FROM must have an alias",
        ),
        (
            "select 1 limit 1, 2",
            "42601",
            "LIMIT #,# syntax is not supported",
        ),
        (
            "create function f() returns int",
            "0A000",
            "CREATE FUNCTION is not supported",
        ),
        ("grant select on t to u", "0A000", "GRANT is not supported"),
        (
            "create tabel t (a int)",
            "42601",
            "syntax error at or near \"tabel\"",
        ),
        (
            "select a from t tablesample system (1)",
            "0A000",
            "TABLESAMPLE is not supported",
        ),
        ("", "42601", "syntax error at end of input"),
    ] {
        match parse_statement(text) {
            Ok(_) => assert_eq!(code, "", "{text}"),
            Err(error) => {
                assert_eq!(
                    (error.sqlstate(), &*error.to_string()),
                    (code, message),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn lines_after_copy_from_stdin_are_data() {
    let text = "copy t from stdin csv;\n1,it's\n2,b\n\\.\nselect 1";
    let script = parse_script(text);
    assert_eq!(
        script.statements[0].copy_data.unwrap().of(text),
        "1,it's\n2,b\n"
    );
    assert!(matches!(
        script.statements[1].statement.as_ref().unwrap().kind,
        StatementKind::Query(_)
    ));
    assert!(
        parse_script("copy t from stdin;\nselect 1").statements[0]
            .copy_data
            .is_none()
    );
}

#[test]
fn the_statement_under_the_cursor_is_found() {
    let text = "select 1; -- x\nselect 2 ;\n";
    let at = |offset| statement_at(text, offset).map(|span| span.of(text));
    assert_eq!(at(0), Some("select 1"));
    assert_eq!(at(8), Some("select 1"));
    assert_eq!(at(9), Some("select 1"));
    assert_eq!(at(12), Some("select 2"));
    assert_eq!(at(20), Some("select 2"));
    assert_eq!(at(text.len()), None);
}

fn words() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(alloc::vec![
        "select",
        "from",
        "where",
        "(",
        ")",
        "a",
        "t.b",
        ",",
        "1",
        "'x'",
        "=",
        "and",
        "or",
        "not",
        "in",
        "between",
        "case",
        "when",
        "then",
        "end",
        "join",
        "on",
        "union",
        "all",
        "with",
        "as",
        "values",
        "insert into",
        "update",
        "set",
        "create table",
        "index",
        "int",
        "::",
        "[",
        "]",
        ";",
        "*",
        "-",
        "is null",
        "order by",
        "limit",
        "array",
        "any",
        "exists",
        "over",
        "group by",
        "copy",
        "explain",
        "alter table",
        "$1",
        "E'\\",
        "$$",
        "/*",
        "\"",
        "é",
        "interval",
        "primary key",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(" "))
}

fn spans_lie_within(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let mut before = 0;
    for token in tokens(text) {
        prop_assert!(token.span.start >= before && token.span.end > token.span.start);
        prop_assert!(text.get(token.span.range()).is_some());
        before = token.span.end;
    }
    for parsed in parse_script(text).statements {
        prop_assert!(text.get(parsed.span.range()).is_some());
        match parsed.statement {
            Ok(statement) => {
                let inner = format!("{statement:?}");
                for span in inner.split("Span { start: ").skip(1) {
                    let numbers: Vec<usize> = span
                        .split(|letter: char| !letter.is_ascii_digit())
                        .filter_map(|number| number.parse().ok())
                        .take(2)
                        .collect();
                    prop_assert!(text.get(numbers[0]..numbers[1]).is_some(), "{}", span);
                }
            }
            Err(error) => prop_assert!(text.get(error.span.range()).is_some()),
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic_and_spans_lie_within_it(text in any::<String>()) {
        spans_lie_within(&text)?;
    }

    #[test]
    fn any_words_of_sql_are_read_without_panic_and_spans_lie_within(text in words()) {
        spans_lie_within(&text)?;
    }
}
