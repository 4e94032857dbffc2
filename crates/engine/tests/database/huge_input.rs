//! Deep and huge input is answered, by rows or by an error, and never by a trap. Each runs on the stack that a worker has.

use super::database;
use engine::database::{Database, DatabaseOptions};
use std::thread;

/// A mebibyte, as in a worker.
const STACK: usize = 1 << 20;

/// Runs a text on a small stack; `Ok` or the SQLSTATE.
fn answer(sql: String) -> Result<usize, &'static str> {
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || {
        let mut db = Database::new(DatabaseOptions::default());
        db.execute("create table t (a int, b int, c text)").unwrap();
        // What an editor does with every keystroke.
        drop(db.plan_at(&sql, sql.len() / 2, engine::physical::KeepConsidered::Yes));
        let result = match db.execute(&sql) {
            Ok(results) => Ok(results.last().map_or(0, |last| last.rows().len())),
            Err(error) => Err(error.code.sqlstate()),
        };
        db.check().unwrap();
        result
    });
    worker.unwrap().join().expect("no trap")
}

#[track_caller]
fn is_answered(name: &str, sql: String, allowed: &[Result<usize, &'static str>]) {
    let found = answer(sql);
    assert!(allowed.contains(&found), "{name}: {found:?}");
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!(
        "select {}{inner}{}",
        open.repeat(depth),
        close.repeat(depth)
    )
}

const TOO_DEEP: Result<usize, &str> = Err("54001");

#[test]
fn ten_megabytes_of_one_literal() {
    is_answered(
        "literal",
        format!("select length('{}')", "x".repeat(10 << 20)),
        &[Ok(1)],
    );
    is_answered(
        "comment",
        format!("select /*{}*/ 1", "x".repeat(10 << 20)),
        &[Ok(1)],
    );
    is_answered(
        "digits",
        format!("select {}", "9".repeat(1 << 20)),
        &[Ok(1), Err("22003"), Err("54000")],
    );
    is_answered(
        "name",
        format!("select 1 as {}", "n".repeat(1 << 20)),
        &[Ok(1), Err("42622")],
    );
}

#[test]
fn conditions_of_a_hundred_thousand_terms() {
    let or: Vec<String> = (0..100_000).map(|i| format!("a = {i}")).collect();
    is_answered(
        "or",
        format!("select * from t where {}", or.join(" or ")),
        &[Ok(0), TOO_DEEP, Err("54000")],
    );
    let and: Vec<String> = (0..100_000).map(|i| format!("a <> {i}")).collect();
    is_answered(
        "and",
        format!("select * from t where {}", and.join(" and ")),
        &[Ok(0), TOO_DEEP, Err("54000")],
    );
    let list: Vec<String> = (0..100_000).map(|i| i.to_string()).collect();
    is_answered(
        "in",
        format!("select * from t where a in ({})", list.join(",")),
        &[Ok(0), Err("54000")],
    );
    is_answered(
        "sum",
        format!("select {}", list.join("+")),
        &[Ok(1), TOO_DEEP, Err("22003"), Err("54000")],
    );
    is_answered(
        "concat",
        format!("select '{}'", list.join("'||'")),
        &[Ok(1), TOO_DEEP, Err("54000")],
    );
}

#[test]
fn nesting_of_four_hundred_and_of_a_hundred_thousand() {
    for depth in [50, 400, 100_000] {
        for (name, open, inner, close) in [
            ("parentheses", "(", "1", ")"),
            ("not", "not ", "true", ""),
            ("minus", "- ", "1", ""),
            ("case", "case when true then ", "1", " end"),
            ("sub-query", "(select ", "1", ")"),
            ("function", "abs(", "1", ")"),
            ("cast", "cast(", "1", " as int)"),
            ("suffix cast", "", "1", "::int"),
            ("in", "(1 in (", "1", ")) = true and 1 in (1"),
            ("exists", "exists (select ", "1", ")"),
            ("coalesce", "coalesce(null, ", "1", ")"),
            ("row", "row(", "1", ")"),
        ] {
            let found = answer(nested(open, inner, close, depth));
            let fine = matches!(
                found,
                Ok(1) | TOO_DEEP | Err("54000" | "42601" | "0A000" | "42883" | "42804")
            );
            assert!(fine, "{name} {depth}: {found:?}");
        }
        let from = format!(
            "select * from {}t{}",
            "(select * from ".repeat(depth),
            ") s".repeat(depth)
        );
        let found = answer(from);
        assert!(
            matches!(found, Ok(0) | TOO_DEEP | Err("54000")),
            "from {depth}: {found:?}"
        );
        let with = format!(
            "{} select 1 {}",
            "with w as (".repeat(depth),
            ") select 1".repeat(depth)
        );
        let found = answer(with);
        assert!(
            matches!(found, Ok(1) | TOO_DEEP | Err("54000" | "42601")),
            "with {depth}: {found:?}"
        );
    }
}

#[test]
fn wide_and_long_lists() {
    let columns: Vec<String> = (0..10_000).map(|i| format!("a + {i} as c{i}")).collect();
    is_answered(
        "select list",
        format!("select {} from t", columns.join(", ")),
        &[Ok(0), Err("54011"), Err("54000")],
    );
    let columns: Vec<String> = (0..10_000).map(|i| format!("c{i} int")).collect();
    is_answered(
        "columns",
        format!("create table w ({})", columns.join(", ")),
        &[Ok(0), Err("54011")],
    );
    let values: Vec<String> = (0..100_000).map(|i| format!("({i}, 1, 'x')")).collect();
    is_answered(
        "values",
        format!("insert into t values {}", values.join(", ")),
        &[Ok(0)],
    );
    let unions = vec!["select 1"; 3_000].join(" union all ");
    is_answered("union all", unions, &[Ok(3_000), TOO_DEEP, Err("54000")]);
    let unions = vec!["select 1"; 3_000].join(" except ");
    is_answered("except", unions, &[Ok(0), TOO_DEEP, Err("54000")]);
    let joins: String = (0..300)
        .map(|i| format!(" join t t{i} on t{i}.a = t.a"))
        .collect();
    is_answered(
        "joins",
        format!("select 1 from t{joins}"),
        &[Ok(0), TOO_DEEP, Err("54000")],
    );
    let from: Vec<String> = (0..300).map(|i| format!("t t{i}")).collect();
    is_answered(
        "from",
        format!("select 1 from {}", from.join(", ")),
        &[Ok(0), TOO_DEEP, Err("54000")],
    );
    let order: Vec<String> = (0..2_000).map(|i| format!("a + {i}")).collect();
    is_answered(
        "order by",
        format!("select 1 from t order by {}", order.join(", ")),
        &[Ok(0), Err("54011"), Err("54000")],
    );
    let group: Vec<String> = (0..2_000).map(|i| format!("a + {i}")).collect();
    is_answered(
        "group by",
        format!("select 1 from t group by {}", group.join(", ")),
        &[Ok(0), Err("54011"), Err("54000")],
    );
    is_answered("statements", "select 1; ".repeat(20_000), &[Ok(1)]);
    is_answered("semicolons", ";".repeat(1 << 20), &[Ok(0)]);
    is_answered("open quotes", "'\"(".repeat(100_000), &[Err("42601")]);
    is_answered(
        "commas",
        format!("select {}", ",".repeat(1 << 20)),
        &[Err("42601")],
    );
}

#[test]
fn texts_and_numbers_too_large_for_memory() {
    for sql in [
        "select repeat('x', 1000000000)",
        "select length(repeat('x', 2000000000))",
        "select length(repeat(repeat('x', 1000000), 1000000))",
        "select lpad('x', 2000000000, 'y')",
        "select rpad('x', 2000000000)",
        "select replace(repeat('x', 1000000), 'x', repeat('y', 1000000))",
        "select string_agg(repeat('x', 1000000), ',') from generate_series(1, 100000)",
        "select 10::numeric ^ 100000000",
        "select exp(1000000::numeric)",
        "select factorial(1000000)",
        "select repeat('x', 10000000) from generate_series(1, 1000)",
        "select repeat('x', 10000000 + i) from generate_series(1, 1000) i",
        "select sum(length(repeat('x', 1000000 + i))) from generate_series(1, 1000) i",
        "select regexp_replace(repeat('x', 100000), 'x', repeat('y', 100000), 'g')",
        "select translate(repeat('x', 1000000), 'x', 'y')",
        "create table w as select repeat('x', 100000000) as x",
        "select count(*) from (select repeat('x', 1000000 + i) x from generate_series(1, 100000) i order by 1) s",
        "select * from generate_series(1, 30000000) order by 1 desc",
        "select array_agg(i) from generate_series(1, 1000000000) i",
        "select sum(numeric '1e1000' * i) from generate_series(1, 10) i",
    ] {
        let found = answer(sql.to_string());
        let fine = match found {
            Ok(_) => true,
            Err(code) => [
                "53200", "54000", "22003", "42883", "0A000", "22023", "42601",
            ]
            .contains(&code),
        };
        assert!(fine, "{sql}: {found:?}");
    }
}

#[test]
fn a_million_ways_to_end_too_early() {
    let mut db = database();
    let text = "create table t (a int primary key, b text default 'x' check (length(b) < 5)); \
                insert into t (a) values (1), (2) on conflict do nothing returning a; \
                select a, count(*) filter (where b like 'x%') from t where a between 1 and 2 group by 1 having count(*) > 0 order by 1 limit 1; \
                explain (analyze, format json) update t set b = case when a = 1 then 'y' else b end where a in (select a from t)";
    for end in 0..text.len() {
        // Only that it answers.
        drop(db.plan_at(&text[..end], end, engine::physical::KeepConsidered::Yes));
    }
}
