//! Comparisons of rows: an index finds the same rows in the same order as field by field, whatever NULLs, directions and types there are.
#![allow(clippy::unwrap_used, reason = "a test stops at its own mistakes")]

mod common;

use common::{Dice, run};
use engine::{database::Database, value::Value};

fn rows(database: &mut Database, sql: &str) -> Vec<Vec<Value>> {
    run(database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn plan(database: &mut Database, sql: &str) -> String {
    let lines = rows(database, &format!("EXPLAIN {sql}"));
    let lines = lines.iter().map(|row| format!("{:?}", row[0]));
    lines.collect::<Vec<_>>().join("\n")
}

const TABLE: &str = "
INSERT INTO t SELECT g,
    CASE WHEN g % 11 = 0 THEN NULL ELSE (g * 7919) % 7 END,
    CASE WHEN g % 13 = 0 THEN NULL ELSE (g * 31) % 9 END,
    CASE WHEN g % 17 = 0 THEN NULL ELSE substr('aaaab', 1 + g % 5, 1 + g % 3) END,
    date '2024-02-27' + (g * 31) % 4,
    (g * 17) % 7 - 3.5
FROM generate_series(1, 2000) AS series(g);
CREATE INDEX t_a_b ON t (a, b, id);
CREATE INDEX t_a_b_turned ON t (a, b DESC, id);
CREATE INDEX t_down ON t (b DESC NULLS LAST, a DESC);
CREATE INDEX t_s ON t (s, d) INCLUDE (id);
CREATE INDEX t_d ON t (d, a, n NULLS FIRST);
CREATE INDEX t_n ON t (n DESC, id DESC);
CREATE INDEX t_gap ON t (a, d, b);
ANALYZE t;
";

/// A field, and something to compare it with.
fn field(dice: &mut Dice) -> (&'static str, String) {
    match dice.below(8) {
        0 | 1 => ("a", (dice.below(9) as i64 - 1).to_string()),
        2 => ("b", (dice.below(11) as i64 - 1).to_string()),
        3 => (
            "s",
            format!("'{}'", ["", "a", "aa", "aab", "b"][dice.below(5) as usize]),
        ),
        4 => ("d", format!("'2024-02-26'::date + {}", dice.below(6))),
        5 => ("n", format!("{}.5", dice.below(8) as i64 - 4)),
        6 => ("a", String::from("NULL")),
        _ => ("id", dice.below(2000).to_string()),
    }
}

/// The same, field by field.
fn spelt_out(op: &str, fields: &[(&str, String)]) -> String {
    let (name, value) = &fields[0];
    match &fields[1..] {
        [] => format!("{name} {op} {value}"),
        rest => format!(
            "({name} {} {value} OR {name} = {value} AND ({}))",
            &op[..1],
            spelt_out(op, rest)
        ),
    }
}

fn holds_everywhere(organization: &str) {
    let mut db = common::database(512);
    let table = format!(
        "CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer, s text, d date, n numeric) {organization}"
    );
    rows(&mut db, &table);
    rows(&mut db, TABLE);
    let mut dice = Dice(88_172_645_463_325_252);
    let mut by_index = 0;
    for _ in 0..300 {
        let mut conditions = Vec::new();
        let mut spelt = Vec::new();
        for _ in 0..1 + dice.below(2) {
            let op = ["<", "<=", ">", ">="][dice.below(4) as usize];
            let length = 2 + dice.below(2);
            let fields: Vec<_> = (0..length).map(|_| field(&mut dice)).collect();
            let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
            let values: Vec<_> = fields.iter().map(|(_, value)| value.as_str()).collect();
            let (names, values) = (names.join(", "), values.join(", "));
            conditions.push(if dice.below(4) == 0 {
                let turned = op.replace('<', "?").replace('>', "<").replace('?', ">");
                format!("({values}) {turned} ({names})")
            } else {
                format!("({names}) {op} ({values})")
            });
            spelt.push(spelt_out(op, &fields));
        }
        if dice.below(3) == 0 {
            let (name, value) = field(&mut dice);
            let op = ["=", ">", "<="][dice.below(3) as usize];
            conditions.push(format!("{name} {op} {value}"));
            spelt.push(format!("{name} {op} {value}"));
        }
        let order = [
            "id",
            "a, b, id",
            "a DESC, b, id DESC",
            "b DESC NULLS LAST, a DESC, id",
            "n DESC, id DESC",
        ][dice.below(5) as usize];
        let query = |conditions: &[String]| {
            let conditions = conditions.join(" AND ");
            format!("SELECT id, a, b FROM t WHERE {conditions} ORDER BY {order}")
        };
        rows(
            &mut db,
            "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SET enable_seqscan = on",
        );
        let expected = rows(&mut db, &query(&spelt));
        let bitmap = if dice.below(3) == 0 { "on" } else { "off" };
        let skip = if dice.below(3) == 0 { "on" } else { "off" };
        rows(
            &mut db,
            &format!(
                "SET enable_indexscan = on; SET enable_indexonlyscan = on; SET enable_seqscan = off; SET enable_bitmapscan = {bitmap}; SET enable_skipscan = {skip}"
            ),
        );
        let query = query(&conditions);
        by_index += usize::from(plan(&mut db, &query).contains("Index Cond: (ROW("));
        assert_eq!(rows(&mut db, &query), expected, "{query}");
    }
    assert!(
        by_index > 60,
        "only {by_index} plans compare rows in an index"
    );
}

#[test]
fn rows_are_found_in_a_heap() {
    holds_everywhere("");
}

#[test]
fn rows_are_found_in_a_clustered_table() {
    holds_everywhere("WITH (organization = clustered)");
}

#[test]
fn pages_of_a_list_are_fetched_one_after_another() {
    let mut db = common::database(512);
    rows(
        &mut db,
        "CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer, s text, d date, n numeric)",
    );
    rows(&mut db, TABLE);
    let all = rows(
        &mut db,
        "SELECT d, a, id FROM t WHERE a IS NOT NULL ORDER BY d, a, id",
    );
    rows(&mut db, "CREATE INDEX t_list ON t (d, a, id); ANALYZE t");
    let mut found: Vec<Vec<Value>> = Vec::new();
    let mut after = String::from("'2024-01-01'::date, 0, 0");
    loop {
        let query = format!(
            "SELECT d, a, id FROM t WHERE (d, a, id) > ({after}) AND a IS NOT NULL ORDER BY d, a, id LIMIT 97"
        );
        assert!(plan(&mut db, &query).contains("ROW(d, a, id) > ROW("));
        let page = rows(&mut db, &query);
        let Some(last) = page.last() else { break };
        let [Value::Date(days), Value::Int4(a), Value::Int4(id)] = last.as_slice() else {
            panic!("{last:?}");
        };
        after = format!("'2000-01-01'::date + {days}, {a}, {id}");
        found.extend(page);
    }
    assert_eq!(found, all);
}
