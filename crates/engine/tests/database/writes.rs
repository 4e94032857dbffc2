//! The write ledger: what a change wrote, table and each index apart, and why an update was not HOT.

use super::{database, one, rows, run};
use engine::{
    database::{RunEvent, RunOptions},
    executor::WriteLedger,
};

fn ledger(db: &mut engine::database::Database, sql: &str) -> WriteLedger {
    let results = db.execute_with(sql, RunOptions::default()).unwrap();
    results.last().unwrap().done.ledger.clone()
}

#[test]
fn every_index_of_the_table_is_told_of() {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int primary key, a int, b text, c int);
         create index t_a on t (a); create index t_b on t (b) where c > 100; create index t_ab on t (a, b)",
    );
    let names = |db: &engine::database::Database, ledger: &WriteLedger| {
        ledger
            .indexes
            .iter()
            .map(|(id, writes)| {
                (
                    db.catalog().indexes[id].name.to_string(),
                    writes.entries_added,
                )
            })
            .collect::<Vec<_>>()
    };
    let inserted = ledger(
        &mut db,
        "insert into t select i, i % 10, 'b' || i, i from generate_series(1, 200) i",
    );
    assert_eq!(inserted.rows, 200);
    assert!(inserted.heap_bytes_written > 200 * 20);
    assert_eq!(
        names(&db, &inserted),
        [
            ("t_pkey".into(), 200),
            ("t_a".into(), 200),
            ("t_b".into(), 100),
            ("t_ab".into(), 200)
        ]
    );
    assert!(
        inserted
            .indexes
            .values()
            .all(|writes| writes.bytes_written > 0)
    );

    let hot = ledger(&mut db, "update t set c = c + 1 where id = 200");
    // `c` is in the predicate of t_b, so it counts as indexed.
    assert_eq!((hot.hot_updates, hot.updates_of_indexed_columns), (0, 1));
    let moved = ledger(&mut db, "update t set a = a + 1 where id <= 5");
    assert_eq!(moved.updates_of_indexed_columns, 5);
    // A new version needs an entry in every index, changed column or not.
    assert_eq!(
        names(&db, &moved),
        [
            ("t_pkey".into(), 5),
            ("t_a".into(), 5),
            ("t_b".into(), 0),
            ("t_ab".into(), 5)
        ]
    );
    let deleted = ledger(&mut db, "delete from t where id <= 10");
    assert_eq!(deleted.rows, 10);
    assert_eq!(
        names(&db, &deleted),
        [
            ("t_pkey".into(), 0),
            ("t_a".into(), 0),
            ("t_b".into(), 0),
            ("t_ab".into(), 0)
        ]
    );
}

#[test]
fn updates_say_why_they_were_not_hot() {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int primary key, n int, pad text);
         insert into t select i, 0, repeat('x', 400) from generate_series(1, 18) i",
    );
    // The first page is full, so new versions go elsewhere and need entries.
    let full = ledger(&mut db, "update t set n = 1 where id <= 3");
    assert_eq!((full.updates_without_room, full.hot_updates), (3, 0));
    assert_eq!(full.indexes.values().next().unwrap().entries_added, 3);
    run(
        &mut db,
        "create table u (id int primary key, n int) with (fillfactor = 50)",
    );
    run(
        &mut db,
        "insert into u select i, 0 from generate_series(1, 50) i",
    );
    let hot = ledger(&mut db, "update u set n = 1");
    assert_eq!((hot.hot_updates, hot.updates_without_room), (50, 0));
    assert_eq!(hot.indexes.values().next().unwrap().entries_added, 0);
}

#[test]
fn vacuum_tells_what_it_collected_from_the_table_and_from_each_index() {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int primary key, a int); create index t_a on t (a);
         insert into t select i, i % 50 from generate_series(1, 2000) i; delete from t where id % 2 = 0",
    );
    let collected = ledger(&mut db, "vacuum t");
    assert_eq!(collected.rows, 1000);
    assert!(collected.heap_bytes_written > 0);
    for (_, writes) in collected.by_index() {
        assert_eq!((writes.entries_added, writes.entries_removed), (0, 1000));
        assert!(writes.bytes_written > 0);
    }
    assert_eq!(collected.by_index().len(), 2);
    assert!(ledger(&mut db, "vacuum t").is_empty());
    // Of several tables, the one that most was collected from.
    run(
        &mut db,
        "create table u (id int primary key); insert into u values (1), (2); delete from u; delete from t where id < 100",
    );
    assert_eq!(ledger(&mut db, "vacuum").rows, 50);
}

#[test]
fn vacuum_pauses_within_an_index_and_tells_the_same_in_small_steps() {
    let collected = |units: u64| {
        let mut db = database();
        run(
            &mut db,
            "create table t (id int primary key, a int); create index t_a on t (a);
             insert into t select i, i * 7919 % 20000 from generate_series(1, 20000) i; delete from t where id % 2 = 0",
        );
        let mut vacuum = db.start("vacuum t", RunOptions::default());
        let mut pauses = 0;
        loop {
            match db.step(&mut vacuum, units) {
                RunEvent::Paused { .. } => pauses += 1,
                RunEvent::StatementDone(done) => return (pauses, done.ledger),
                other => panic!("{other:?}"),
            }
        }
    };
    let (few, at_once) = collected(1_000_000);
    let (many, in_steps) = collected(1);
    assert_eq!(in_steps.rows, at_once.rows);
    for ((_, small), (_, large)) in in_steps.by_index().iter().zip(at_once.by_index()) {
        assert_eq!(small.entries_removed, 10_000);
        assert_eq!(small.bytes_written, large.bytes_written);
        assert_eq!(small.merges, large.merges);
    }
    // Two indexes of more than fifty leaves, a leaf at a time.
    assert!(many > few + 100, "{many} pauses, {few} with large steps");
}

#[test]
fn explain_json_has_the_ledger_under_the_node_that_changes_rows() {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int primary key, a int); insert into t values (1, 1); create index t_a on t (a)",
    );
    let text = one(
        &mut db,
        "explain (analyze, buffers, format json) update t set a = 2 where id = 1",
    );
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ledger = &json[0]["Plan"]["Write Ledger"];
    assert_eq!(ledger["Table"]["Relation Name"], "t");
    assert_eq!(ledger["Table"]["Row Versions"], 1);
    assert_eq!(ledger["HOT"]["Indexed Column Changed"], 1);
    assert_eq!(ledger["Indexes"][0]["Index Name"], "t_pkey");
    assert_eq!(ledger["Indexes"][1]["Index Name"], "t_a");
    assert_eq!(ledger["Indexes"][1]["Entries Added"], 1);
    assert!(json[0]["Plan"]["Plans"][0]["Write Ledger"].is_null());
    // The text form stays PostgreSQL's.
    let lines = rows(
        &mut db,
        "explain (analyze, buffers, costs off) delete from t",
    );
    assert!(
        lines.iter().all(|line| !line.contains("Ledger")),
        "{lines:?}"
    );
}

#[test]
fn explain_tells_of_conflicts_as_postgresql_does() {
    let mut db = database();
    run(
        &mut db,
        "create table k (id int primary key, a int, b text); create unique index k_low on k (lower(b));
         insert into k values (1, 2, 'c')",
    );
    let mut lines = |sql: &str| {
        let plan =
            format!("explain (analyze, costs off, timing off, summary off) insert into k {sql}");
        let lines = rows(&mut db, &plan);
        let lines = lines
            .iter()
            .map(|line| line.trim_matches(['"', ' ', '[', ']']));
        let lines: Vec<String> = lines.map(String::from).collect();
        lines[1..lines.len() - 1].join("; ")
    };
    let nothing = lines("values (1, 5, 'd'), (2, 5, 'C'), (3, 5, 'e') on conflict do nothing");
    assert!(
        nothing.contains("Conflict Resolution: NOTHING"),
        "{nothing}"
    );
    assert!(nothing.contains("Tuples Inserted: 1"), "{nothing}");
    assert!(nothing.contains("Conflicting Tuples: 2"), "{nothing}");
    assert!(!nothing.contains("Arbiter"), "{nothing}");
    let update = lines(
        "values (1, 5, 'd') on conflict (id) do update set a = excluded.a + k.a where excluded.b = 'q'",
    );
    for line in [
        "Conflict Resolution: UPDATE",
        "Conflict Arbiter Indexes: k_pkey",
        "Conflict Filter: (excluded.b = 'q'::text)",
        "Rows Removed by Conflict Filter: 1",
        "Tuples Inserted: 0",
        "Conflicting Tuples: 1",
    ] {
        assert!(update.contains(line), "{line} in {update}");
    }
    let other = lines("values (9, 5, 'E') on conflict (lower(b)) do update set a = 0");
    assert!(other.contains("Conflict Arbiter Indexes: k_low"), "{other}");
    assert!(!other.contains("Filter"), "{other}");
}
