//! Window functions row by row: no more of the input is read than PostgreSQL reads, and what is left out changes no answer.
#![allow(clippy::unwrap_used, reason = "a test stops at its own mistakes")]

mod common;

use common::{Dice, database, run};
use engine::{database::Database, value::Value};

fn rows(database: &mut Database, sql: &str) -> Vec<Vec<Value>> {
    run(database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn plan(database: &mut Database, sql: &str) -> String {
    let sql = format!("explain (analyze, costs off, timing off, summary off) {sql}");
    let lines = rows(database, &sql).into_iter().map(|row| match &row[0] {
        Value::Text(line) => line.to_string(),
        other => panic!("{other:?}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Partitions of one row to some thousand, so that several of them, and parts of one, come in a batch.
fn prepared(rows: u32) -> Database {
    let mut database = database(8192);
    let load = format!(
        "create table t (id int primary key, g int, v int, s text);
         insert into t select i, case when i % 97 = 0 then null when i < 1500 then i / 3 else 1000 + i / 1300 end,
           (i * 7919) % 40, 's' || i % 7 from generate_series(1, {rows}) i;
         create index on t (g, v); create index on t (v); analyze t; vacuum t"
    );
    run(&mut database, &load).unwrap();
    database
}

#[test]
fn as_many_rows_are_read_as_postgresql_reads() {
    let mut database = prepared(5000);
    run(
        &mut database,
        "set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off",
    )
    .unwrap();
    for (select, read) in [
        ("row_number() over (order by id) from t limit 10", 11),
        ("row_number() over () from t limit 10", 10),
        ("rank() over (order by id) from t limit 10", 11),
        (
            "row_number() over (order by id rows unbounded preceding) from t limit 10",
            10,
        ),
        (
            "sum(v) over (order by id rows unbounded preceding) from t limit 10",
            11,
        ),
        ("lag(v) over (order by id) from t limit 10", 11),
        ("lead(v) over (order by id) from t limit 10", 11),
        (
            "last_value(v) over (order by id rows between current row and 2 following) from t limit 10",
            12,
        ),
        // Partitions of three rows but the first, which has two.
        (
            "ntile(3) over (partition by g order by v) from t limit 10",
            12,
        ),
        (
            "row_number() over (partition by g order by v) from t limit 10",
            11,
        ),
    ] {
        let plan = plan(&mut database, &format!("select id, {select}"));
        let scan = plan.lines().find(|line| line.contains("Scan")).unwrap();
        assert!(
            scan.contains(&format!("actual rows={read} ")),
            "{select}\n{plan}"
        );
    }
}

#[test]
fn a_run_condition_ends_the_scan() {
    let mut database = prepared(5000);
    let plan = plan(
        &mut database,
        "select * from (select id, row_number() over (order by id) r from t) s where r <= 10",
    );
    assert!(
        plan.starts_with("WindowAgg  (actual rows=10 "),
        "no scan of the sub-query: {plan}"
    );
    assert!(
        plan.contains("Run Condition: (row_number() OVER (?) <= 10)"),
        "{plan}"
    );
    assert!(plan.contains("actual rows=12 "), "{plan}");
}

/// A condition is tested outside only where OFFSET 0 keeps it there.
#[test]
fn conditions_that_windows_take_leave_the_same_rows() {
    let mut database = prepared(3000);
    let mut dice = Dice(7);
    let functions = [
        "row_number() over (WIN)",
        "rank() over (WIN)",
        "dense_rank() over (WIN)",
        "count(*) over (WIN)",
        "count(v) over (WIN)",
        "count(*) over (WIN rows between current row and unbounded following)",
        "count(*) over (WIN rows between 2 preceding and current row)",
        "sum(v) over (WIN)",
        "ntile(4) over (WIN)",
        "count(*) filter (where v > 20) over (WIN)",
    ];
    let windows = [
        "order by v, id",
        "order by v",
        "partition by g order by v, id",
        "partition by g order by id desc",
        "partition by g order by v",
        "partition by g",
        "partition by g, v order by id",
        "order by id",
    ];
    let mut taken = 0;
    for _ in 0..90 {
        let pick = |dice: &mut Dice| {
            let function = functions[dice.below(functions.len() as u64) as usize];
            let mut window = windows[dice.below(windows.len() as u64) as usize];
            if function.contains("WIN rows") && window == "partition by g" {
                window = "partition by g order by id";
            }
            function.replace("WIN", window)
        };
        let (one, two) = (pick(&mut dice), pick(&mut dice));
        let op = ["<", "<=", "=", ">", ">=", "<>"][dice.below(6) as usize];
        let bound = [0, 1, 2, 3, 17, 900, 2999][dice.below(7) as usize];
        let mut condition = if dice.below(3) == 0 {
            format!("{bound} {op} a")
        } else {
            format!("a {op} {bound}")
        };
        if dice.below(3) == 0 {
            condition.push_str(" and b <= 4");
        }
        if dice.below(4) == 0 {
            condition.push_str(" and g > 2");
        }
        let inner = format!("select id, g, s, {one} as a, {two} as b from t");
        let limit = ["", "", "limit 5", "limit 1500"][dice.below(4) as usize];
        // Rows that are equal by a window's order come in the order in which they are read, which is not that of the plan beside.
        let order = if limit.is_empty() {
            "order by id"
        } else {
            "order by a, b, id"
        };
        let settled = !one.contains("by v)") && !two.contains("by v)") && !one.contains("by g)");
        let fenced = format!("select id, a, b from ({inner} offset 0) q where {condition}");
        let free = format!("select id, a, b from ({inner}) q where {condition}");
        let (fenced, free) = (
            format!("{fenced} {order} {limit}"),
            format!("{free} {order} {limit}"),
        );
        taken += u32::from(plan(&mut database, &free).contains("Run Condition"));
        let (expected, found) = (rows(&mut database, &fenced), rows(&mut database, &free));
        if settled {
            assert_eq!(expected, found, "{free}");
        } else {
            assert_eq!(expected.len(), found.len(), "{free}");
        }
        // Without an order above, a LIMIT stops the window.
        let some = rows(
            &mut database,
            &format!("select id, a, b from ({inner}) q where {condition} limit 7"),
        );
        let all = rows(
            &mut database,
            &format!("select id, a, b from ({inner}) q where {condition}"),
        );
        if settled {
            assert!(
                some.len() == all.len().min(7) && some.iter().all(|row| all.contains(row)),
                "{free}"
            );
        }
    }
    assert!(taken > 30, "{taken} conditions were taken");
}

#[test]
fn memory_is_that_of_the_largest_partition() {
    let mut database = prepared(60_000);
    run(
        &mut database,
        "set enable_sort = off; set statement_memory_limit = '256kB'",
    )
    .unwrap();
    let found = rows(
        &mut database,
        "select count(*), sum(r) from (select row_number() over (partition by g order by v) r from t where g is not null) s",
    );
    assert_eq!(found.len(), 1);
}
