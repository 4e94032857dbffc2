//! Random queries over random tables: whatever way the planner is forced to go, in whatever steps, the rows are the same.
//!
//! Why: an operator that errs on duplicates or NULLs errs rarely, and no example written by hand finds it. Tables have few
//! distinct values, so that groups of equal keys are long, and NULLs everywhere. The seeds are fixed.
#![allow(
    clippy::unwrap_used,
    reason = "a test program tells what it did and stops at its own mistakes"
)]

use engine::database::{Database, DatabaseOptions, RunEvent, RunOptions};
use std::collections::BTreeSet;

/// Seeds; each makes its own tables and queries.
const SEEDS: u64 = 5;
const QUERIES: usize = 12;

/// Numbers that look random and are the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % below
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.next(texts.len() as u64) as usize]
    }
}

/// Ways of planning: what is switched off.
const WAYS: &[(&str, &[&str])] = &[
    (
        "plain",
        &[
            "hashjoin",
            "mergejoin",
            "indexscan",
            "indexonlyscan",
            "bitmapscan",
            "hashagg",
            "memoize",
            "material",
            "incremental_sort",
        ],
    ),
    ("as planned", &[]),
    ("hash", &["mergejoin", "nestloop"]),
    ("merge", &["hashjoin", "nestloop"]),
    (
        "merge over sorts",
        &["hashjoin", "nestloop", "indexscan", "indexonlyscan"],
    ),
    (
        "merge over indexes",
        &["hashjoin", "nestloop", "seqscan", "bitmapscan", "sort"],
    ),
    ("loops", &["hashjoin", "mergejoin", "material"]),
    (
        "loops over indexes",
        &["hashjoin", "mergejoin", "seqscan", "bitmapscan"],
    ),
    (
        "bitmaps",
        &["seqscan", "indexscan", "indexonlyscan", "hashagg"],
    ),
    ("index only", &["seqscan", "bitmapscan", "indexscan"]),
    ("sorted groups", &["hashagg", "hashjoin"]),
    ("no sort", &["sort", "seqscan", "hashagg"]),
];

const SWITCHES: &[&str] = &[
    "hashjoin",
    "mergejoin",
    "nestloop",
    "seqscan",
    "indexscan",
    "indexonlyscan",
    "bitmapscan",
    "sort",
    "hashagg",
    "memoize",
    "material",
    "incremental_sort",
];

fn choose(database: &mut Database, off: &[&str]) {
    let script: String = SWITCHES
        .iter()
        .map(|name| {
            let value = if off.contains(name) { "off" } else { "on" };
            format!("set enable_{name} = {value};")
        })
        .collect();
    database.execute(&script).unwrap();
}

fn tables(database: &mut Database, random: &mut Random) {
    for name in ["r", "s", "u"] {
        let least = if name == "u" { 0 } else { 60 };
        let rows = [0, 3, 90, 150, 300][random.next(5) as usize].max(least);
        let (keys, more) = (9 + random.next(60), 1 + random.next(7));
        let (step, nulls) = (1 + random.next(97), 2 + random.next(9));
        database
            .execute(&format!(
                "create table {name}(id int primary key, k int, b bigint, t text, f double precision, n numeric);
                 insert into {name} select i,
                   case when (i * 13) % {nulls} = 0 then null else (i * {step}) % {keys} end,
                   case when (i * 7) % ({nulls} + 1) = 0 then null else (i * {step}) % {more} end,
                   case when (i * 11) % ({nulls} + 2) = 0 then null else 'same beginning ' || (i * {step}) % {more} end,
                   (i % 5) / 2.0, (i % 4) / 10.0
                 from generate_series(1, {rows}) i;"
            ))
            .unwrap();
        let order = random.of(&["", " desc", " nulls first", " desc nulls last"]);
        let columns = random.of(&["k", "k, b", "b, k", "t, k", "b"]);
        database
            .execute(&format!(
                "create index on {name}(k{order}); create index on {name}({columns}); analyze {name};"
            ))
            .unwrap();
    }
}

fn query(random: &mut Random) -> String {
    let order = |random: &mut Random| random.of(&["", " desc", " nulls first", " desc nulls last"]);
    let condition = |random: &mut Random| {
        random.of(&[
            "",
            " and r.id > s.id",
            " and s.b > 1",
            " and r.b = s.b",
            " and r.t = s.t",
            " and r.b is null",
            " and r.id % 3 = s.id % 2",
        ])
    };
    let join = random.of(&["join", "left join", "right join", "full join", "join"]);
    let key = random.of(&[
        "r.k = s.k",
        "r.k = s.b",
        "r.id = s.id",
        "r.id = s.k",
        "r.t = s.t",
    ]);
    match random.next(10) {
        0..=2 => {
            // Conditions that a full join cannot be driven by stay out of it.
            let more = if join == "full join" || join == "right join" {
                random.of(&["", " and r.b = s.b"])
            } else {
                condition(random)
            };
            let narrow = random.of(&["", " where r.id < 150 or r.id is null", " where s.id < 90"]);
            format!("select r.id, r.t, s.id, s.b from r {join} s on {key}{more}{narrow}")
        }
        3 => format!(
            "select r.id, r.k from r where {} (select 1 from s where {key}{})",
            random.of(&["exists", "not exists"]),
            condition(random)
        ),
        4 => format!(
            "select r.id, s.id, u.id from r join s on {key} join u on s.k = u.k where r.id < 40{}",
            random.of(&["", " and u.b = r.b", " and u.id < 50"])
        ),
        5 => {
            let (first, second) = (random.of(&["k", "b", "t"]), random.of(&["b", "n", "f"]));
            format!(
                "select {first}, count(*), count({second}), sum({second}), min(t), max(id) from r group by {first}"
            )
        }
        6 => format!(
            "select k, b, id from r order by k{}, b{}, id limit {} offset {}",
            order(random),
            order(random),
            [1, 5, 40, 700][random.next(4) as usize],
            [0, 3, 100][random.next(3) as usize]
        ),
        7 => format!(
            "select k, t, n, id from s where k {} order by k{}, t{}, n{}, id{}",
            random.of(&[
                "< 20",
                "is null",
                "between 3 and 9",
                "is not null",
                "in (1, 2, 30)"
            ]),
            order(random),
            order(random),
            order(random),
            order(random)
        ),
        8 => format!(
            "select k, id from ((select k, id from r order by k, id) union all (select k, id from s)) x order by k, id limit {}",
            1 + random.next(30)
        ),
        _ => format!(
            "select r.id, (select count(*) from s where s.k = r.k), r.b in (select b from s where s.id < r.id) from r where r.id < {}",
            5 + random.next(60)
        ),
    }
}

/// The rows of a query as texts, in their order.
fn rows(database: &mut Database, sql: &str, units: u64) -> Vec<String> {
    let mut run = database.start(sql, RunOptions::default());
    let mut found = Vec::new();
    loop {
        match database.step(&mut run, units) {
            RunEvent::Rows { batch, .. } => {
                for row in batch.selected_rows() {
                    found.push(format!("{:?}", batch.row(row)));
                }
            }
            RunEvent::Finished => return found,
            RunEvent::Failed(error) => panic!("{error}: {sql}"),
            _ => {}
        }
    }
}

fn compare(expected: &[String], found: &[String], sql: &str, what: &str) {
    let ordered = sql.contains("order by k");
    let (mut expected, mut found) = (expected.to_vec(), found.to_vec());
    if !ordered {
        expected.sort();
        found.sort();
    }
    assert!(
        expected == found,
        "{what}: {sql}\n{} rows against {}; first difference {:?}",
        found.len(),
        expected.len(),
        expected.iter().zip(&found).find(|(a, b)| a != b)
    );
}

#[test]
fn every_way_of_planning_gives_the_same_rows_in_any_steps() {
    let mut seen = BTreeSet::new();
    for seed in 1..=SEEDS {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut database = Database::new(DatabaseOptions::default());
        tables(&mut database, &mut random);
        for _ in 0..QUERIES {
            let sql = query(&mut random);
            choose(&mut database, WAYS[0].1);
            let expected = rows(&mut database, &sql, u64::MAX);
            for (way, off) in WAYS {
                choose(&mut database, off);
                let plan = rows(
                    &mut database,
                    &format!("explain (costs off) {sql}"),
                    u64::MAX,
                );
                note(&plan, &mut seen);
                let what = format!("seed {seed}, {way}\n{}", plan.join("\n"));
                let found = rows(&mut database, &sql, u64::MAX);
                compare(&expected, &found, &sql, &what);
                let found = rows(&mut database, &sql, 5 + random.next(2) * 90);
                compare(&expected, &found, &sql, &format!("in small steps, {what}"));
                // Stopped in the middle: nothing is left of it.
                let mut run = database.start(&sql, RunOptions::default());
                for _ in 0..=random.next(40) {
                    database.step(&mut run, 1 + random.next(30));
                }
                database.cancel(run);
            }
            choose(&mut database, &[]);
            let found = rows(&mut database, &sql, 1 << 20);
            compare(&expected, &found, &sql, "after many that were stopped");
        }
    }
    for node in NODES {
        assert!(seen.contains(*node), "no query was run by {node}");
    }
}

/// Nodes without which the queries would test too little.
const NODES: &[&str] = &[
    "Merge Join",
    "Merge Left Join",
    "Merge Full Join",
    "Hash Join",
    "Nested Loop",
    "Materialize",
    "Memoize",
    "Sort",
    "Incremental Sort",
    "HashAggregate",
    "GroupAggregate",
    "Index Only Scan",
    "Bitmap Heap Scan",
];

/// Adds the kinds of nodes of an explained plan.
fn note(plan: &[String], seen: &mut BTreeSet<String>) {
    for line in plan {
        let line = line.trim_start_matches(|letter: char| !letter.is_ascii_uppercase());
        let line = line.strip_prefix("Text(\"").unwrap_or(line);
        let line = line.trim_start_matches([' ', '-', '>']);
        let name = line.split(" using ").next().unwrap_or(line);
        let name = name.split(" on ").next().unwrap_or(name);
        let name = name.split(['"', '(']).next().unwrap_or(name);
        seen.insert(name.trim().to_owned());
    }
}
