//! Skip scans: the same rows in the same order as without, fewer pages, and PostgreSQL 18's cost.
#![allow(clippy::unwrap_used, reason = "a test stops at its own mistakes")]

mod common;

use common::{Dice, run};
use engine::{
    database::{Database, DatabaseOptions, RunEvent, RunOptions},
    value::Value,
};

fn rows(database: &mut Database, sql: &str) -> Vec<Vec<Value>> {
    run(database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn text(database: &mut Database, sql: &str) -> String {
    let lines = rows(database, sql).into_iter().map(|row| match &row[0] {
        Value::Text(line) => line.to_string(),
        other => panic!("{other:?}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The figure behind `label` in a plan.
fn figure(plan: &str, label: &str) -> f64 {
    let (_, rest) = plan
        .split_once(label)
        .unwrap_or_else(|| panic!("no {label} in\n{plan}"));
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    rest[..end].parse().unwrap()
}

/// Columns of awkward kinds: few whole numbers with gaps and NULL, texts that begin alike, dates, numbers in descending order.
const TABLE: &str = "
CREATE TABLE t (id integer PRIMARY KEY, a integer, s text, d date, n numeric, k bigint);
INSERT INTO t SELECT g,
    CASE WHEN g % 11 = 0 THEN NULL ELSE (g * 7919) % 5 * 1000 - 2000 END,
    CASE WHEN g % 13 = 0 THEN NULL ELSE substr('aaaaab', 1 + g % 6, 1 + g % 3) END,
    date '2024-02-27' + (g * 31) % 4,
    (g * 17) % 7 - 3.5,
    (g * 104729) % 40
FROM generate_series(1, 4000) AS series(g);
CREATE INDEX t_a_k ON t (a, k);
CREATE INDEX t_s_k ON t (s DESC, k);
CREATE INDEX t_d_a_k ON t (d, a NULLS FIRST, k DESC);
CREATE INDEX t_n_s ON t (n DESC NULLS LAST, s) INCLUDE (k);
CREATE INDEX t_b ON t ((k % 2 = 0), a, k);
ANALYZE t;
SET enable_seqscan = off;
";

fn condition(dice: &mut Dice) -> String {
    let whole = |dice: &mut Dice| dice.below(44) as i64 - 2;
    match dice.below(12) {
        0 => format!("k = {}", whole(dice)),
        1 => format!("k IN ({}, {}, {})", whole(dice), whole(dice), whole(dice)),
        2 => format!("k BETWEEN {} AND {}", whole(dice), whole(dice)),
        3 => format!("a > {}", dice.below(5) as i64 * 1000 - 2500),
        4 => String::from("a IS NULL"),
        5 => String::from("a IS NOT NULL"),
        6 => format!("a IN ({}, 2000, NULL)", dice.below(3) as i64 * 1000 - 2000),
        7 => format!(
            "s = '{}'",
            ["a", "aa", "aaa", "b", "ab"][dice.below(5) as usize]
        ),
        8 => String::from("s LIKE 'aa%'"),
        9 => format!("d >= '2024-02-{}'", 27 + dice.below(3)),
        10 => String::from("s > 'a' AND s <= 'ab'"),
        _ => format!("k < {}", whole(dice)),
    }
}

#[test]
fn skipping_finds_the_same_rows_in_the_same_order() {
    let mut db = common::database(512);
    rows(&mut db, TABLE);
    let mut dice = Dice(88_172_645_463_325_252);
    let mut skipped = 0;
    for _ in 0..400 {
        let conditions: Vec<String> = (0..1 + dice.below(3))
            .map(|_| condition(&mut dice))
            .collect();
        let order = [
            "",
            "a, k",
            "a DESC, k DESC",
            "s DESC, k",
            "s, k DESC",
            "d, a NULLS FIRST, k DESC",
            "n, s DESC",
        ][dice.below(7) as usize];
        let bitmap = if dice.below(3) == 0 { "on" } else { "off" };
        rows(&mut db, &format!("SET enable_bitmapscan = {bitmap}"));
        let order = if order.is_empty() {
            String::new()
        } else {
            format!(" ORDER BY {order}, id")
        };
        let query = format!(
            "SELECT id, a, k FROM t WHERE {}{order}",
            conditions.join(" AND ")
        );
        rows(&mut db, "SET enable_skipscan = off");
        let mut expected = rows(&mut db, &query);
        rows(&mut db, "SET enable_skipscan = on");
        let mut found = rows(&mut db, &query);
        skipped += usize::from(text(&mut db, &format!("EXPLAIN {query}")).contains("Skipped Key"));
        if order.is_empty() {
            expected.sort_by_key(|row| format!("{row:?}"));
            found.sort_by_key(|row| format!("{row:?}"));
        }
        assert_eq!(found, expected, "{query}");
    }
    assert!(skipped > 60, "only {skipped} plans skipped");
}

#[test]
fn an_index_gives_its_order_while_it_skips() {
    let mut db = common::database(512);
    rows(&mut db, TABLE);
    rows(
        &mut db,
        "SET enable_skipscan = on; SET enable_sort = off; SET enable_bitmapscan = off",
    );
    for (order, way) in [
        ("a, k", "Index Only Scan using t_a_k"),
        ("a DESC, k DESC", "Index Only Scan Backward using t_a_k"),
    ] {
        let query = format!("SELECT a, k FROM t WHERE k BETWEEN 3 AND 5 ORDER BY {order}");
        let plan = text(&mut db, &format!("EXPLAIN {query}"));
        assert!(
            plan.contains(way) && plan.contains("Skipped Key: a") && !plan.contains("Sort"),
            "{plan}"
        );
        let found = rows(&mut db, &query);
        rows(
            &mut db,
            "SET enable_skipscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_sort = on",
        );
        let expected = rows(&mut db, &query);
        rows(
            &mut db,
            "SET enable_skipscan = on; SET enable_indexscan = on; SET enable_indexonlyscan = on; SET enable_sort = off",
        );
        assert_eq!(found, expected);
    }
}

#[test]
fn a_slice_of_one_row_at_a_time_gives_the_same() {
    let mut db = common::database(512);
    rows(&mut db, TABLE);
    rows(
        &mut db,
        "SET enable_skipscan = on; SET enable_bitmapscan = off",
    );
    let query = "SELECT id FROM t WHERE k = 17 AND s IS NOT NULL ORDER BY id";
    let whole = rows(&mut db, query);
    let mut run = db.start(query, RunOptions::default());
    let (mut found, mut pauses) = (0, 0);
    loop {
        match db.step(&mut run, 1) {
            RunEvent::Rows { batch, .. } => found += batch.rows,
            RunEvent::Paused { .. } => pauses += 1,
            RunEvent::Finished => break,
            RunEvent::Failed(error) => panic!("{error:?}"),
            _ => {}
        }
    }
    assert_eq!(found, whole.len());
    assert!(pauses > 5, "{pauses}");
}

#[test]
fn fewer_pages_are_read_and_the_cost_says_so() {
    let mut db = Database::new(DatabaseOptions::default());
    rows(
        &mut db,
        "CREATE TABLE t (id integer PRIMARY KEY, status integer, day integer, filler text);
         INSERT INTO t SELECT g, g % 4, (g * 7919) % 10000, 'x' FROM generate_series(1, 100000) AS s(g);
         CREATE INDEX t_status_day ON t (status, day); ANALYZE t; VACUUM t; SET enable_seqscan = off; SET enable_bitmapscan = off",
    );
    let query = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) SELECT count(*) FROM t WHERE day = 77";
    let whole = text(&mut db, query);
    rows(&mut db, "SET enable_skipscan = on");
    let skipping = text(&mut db, query);
    assert!(!whole.contains("Skipped Key"), "{whole}");
    assert!(skipping.contains("Skipped Key: status"), "{skipping}");
    // One for the first value, one for each of four, one behind the last.
    let searches = figure(&skipping, "Index Searches: ");
    assert!((5.0..=6.0).contains(&searches), "{skipping}");
    let (few, many) = (figure(&skipping, "hit="), figure(&whole, "hit="));
    assert!(few * 8.0 < many, "{skipping}\n{whole}");
    // Five searches, of a page each, 17 comparisons and two levels, and ten entries: 5·4 + 5·(17 + 2·50)·0.0025 + 10·(0.0025 + 0.005 + 0.01).
    assert!(skipping.contains("(cost=0.29..21.64 rows=10"), "{skipping}");
}

#[test]
fn many_values_are_not_skipped_over() {
    let mut db = common::database(512);
    rows(
        &mut db,
        "CREATE TABLE t (a integer, b integer);
         INSERT INTO t SELECT g, g % 50 FROM generate_series(1, 20000) AS s(g);
         CREATE INDEX t_a_b ON t (a, b); ANALYZE t; SET enable_seqscan = off; SET enable_skipscan = on",
    );
    let plan = text(&mut db, "EXPLAIN SELECT * FROM t WHERE b = 7");
    assert!(
        plan.contains("Index Cond: (b = 7)") && !plan.contains("Skipped Key"),
        "{plan}"
    );
}
