//! Memory and time have limits; reaching one is an error, and the database goes on.

use super::{code, database, error, one, run};
use engine::{
    database::{Database, DatabaseOptions, RunEvent, RunOptions},
    physical::KeepConsidered,
};
use std::{cell::Cell, rc::Rc};

fn filled() -> Database {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int, a int, b text);
         insert into t select i, i % 1000, 'text ' || i from generate_series(1, 60000) i; analyze",
    );
    db
}

#[test]
fn a_statement_that_keeps_more_than_its_limit_is_refused() {
    let mut db = filled();
    run(&mut db, "set statement_memory_limit = '1MB'");
    for sql in [
        "select * from t order by b, id",
        "select b, count(*) from t group by b",
        "select distinct b from t",
        "select count(*) from t x join t y on x.b = y.b",
        "select b from t union select b || 'x' from t",
        "select b from t intersect select b from t",
        "select array_length(string_to_array(string_agg(b, ','), ','), 1) from t",
        "select string_agg(b, ',') from t",
        "with w as materialized (select * from t) select count(*) from w x, w y",
        "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
        "with recursive r(n) as (select 1 union select n + 1 from r) select count(*) from r",
        "select count(distinct b) from t",
        "select id from t where b in (select b from t)",
        "select row_number() over (order by b), b from t",
        "update t set b = b || 'y'",
        "delete from t",
        "insert into t select * from t",
        "create index on t (b)",
        "select percentile_cont(0.5) within group (order by id) from t",
        "select repeat('x', 100000000)",
    ] {
        let failed = error(&mut db, sql);
        let known = ["0A000", "42883", "54000"].contains(&failed.code.sqlstate());
        assert!(
            known || failed.code.sqlstate() == "53200",
            "{sql}: {failed}"
        );
        assert_eq!(one(&mut db, "select count(*) from t"), "60000", "{sql}");
    }
    run(&mut db, "reset statement_memory_limit");
    assert_eq!(one(&mut db, "show statement_memory_limit"), "512MB");
    assert_eq!(
        one(&mut db, "select count(*) from (select distinct b from t) d"),
        "60000"
    );
    db.check().unwrap();
}

#[test]
fn a_database_that_is_full_says_so_and_goes_on() {
    let mut db = filled();
    let size = db.describe().memory_bytes;
    run(
        &mut db,
        &format!("set database_memory_limit = {}", size / 1024 + 2048),
    );
    let before = db.storage().store.image();
    for sql in [
        "insert into t select * from t",
        "update t set a = a + 1",
        "create table u as select * from t, generate_series(1, 5)",
        "create index on t (b, a, id)",
        "alter table t add column c text default repeat('c', 100)",
        "vacuum full t",
    ] {
        let failed = error(&mut db, sql);
        assert_eq!(failed.code.sqlstate(), "53200", "{sql}: {failed}");
        assert!(before == db.storage().store.image(), "{sql}: pages differ");
    }
    db.check().unwrap();
    assert_eq!(one(&mut db, "select count(*) from t"), "60000");
    // What is deleted makes room again.
    run(
        &mut db,
        "delete from t where id > 59000; vacuum t; insert into t select id, a, b from t where id <= 1000",
    );
    assert_eq!(one(&mut db, "select count(*) from t"), "60000");
    run(
        &mut db,
        "truncate t; insert into t select i, i, 'anew' from generate_series(1, 60000) i",
    );
    assert_eq!(one(&mut db, "select count(*) from t"), "60000");
    run(&mut db, "reset database_memory_limit");
    assert_eq!(one(&mut db, "show database_memory_limit"), "1GB");
}

#[test]
fn limits_that_are_set_in_a_transaction_go_back_with_it() {
    let mut db = database();
    run(
        &mut db,
        "begin; set database_memory_limit = '64MB'; set shared_buffers = '1MB'; rollback",
    );
    assert_eq!(one(&mut db, "show database_memory_limit"), "1GB");
    assert_eq!(db.describe().buffer_pages, 16_384);
    assert_eq!(db.storage().store.memory_limit_bytes(), 1 << 30);
    assert_eq!(code(&mut db, "set database_memory_limit = '1kB'"), "22023");
}

#[test]
fn a_statement_ends_when_its_time_is_up() {
    let mut db = Database::new(DatabaseOptions {
        statement_timeout_ms: 50,
        ..DatabaseOptions::default()
    });
    let now = Rc::new(Cell::new(0u64));
    let clock = Rc::clone(&now);
    // A clock that goes on by a millisecond whenever it is looked at.
    db.set_clock(move || {
        clock.set(clock.get() + 1_000_000);
        clock.get()
    });
    assert_eq!(one(&mut db, "show statement_timeout"), "50ms");
    let mut run_of = db.start(
        "select count(*) from generate_series(1, 1000000000) g",
        RunOptions::default(),
    );
    let mut steps = 0;
    let failed = loop {
        steps += 1;
        match db.step(&mut run_of, 1000) {
            RunEvent::Failed(error) => break error,
            RunEvent::Finished => panic!("it came to an end"),
            _ => {}
        }
    };
    assert_eq!(failed.code.sqlstate(), "57014");
    assert!(steps < 100, "{steps}");
    run(&mut db, "set statement_timeout = 0");
    assert_eq!(one(&mut db, "select 1"), "1");
    run(&mut db, "set statement_timeout to default");
    assert_eq!(one(&mut db, "show statement_timeout"), "50ms");
    let id = db
        .prepare("select count(*) from generate_series(1, 1000000000) g")
        .unwrap();
    let failed = db.run_prepared(id, &[]).unwrap_err();
    assert_eq!(failed.code.sqlstate(), "57014");
}

#[test]
fn planning_is_part_of_a_statements_time() {
    let mut db = database();
    run(&mut db, "create table t (id integer primary key)");
    let joins = (1..11).map(|at| format!(" join t t{at} on t{at}.id = t0.id"));
    let many = format!("select 1 from t t0{}", joins.collect::<String>());
    let now = Rc::new(Cell::new(0u64));
    let clock = Rc::clone(&now);
    db.set_clock(move || {
        clock.set(clock.get() + 1_000_000);
        clock.get()
    });
    db.prepare(&many).unwrap();
    run(&mut db, "set statement_timeout = '5ms'");
    let failed = db.prepare(&many).unwrap_err();
    assert_eq!(failed.code.sqlstate(), "57014");
    assert_eq!(code(&mut db, &many), "57014");
    let typed = db.plan_at(&many, 0, KeepConsidered::No);
    assert_eq!(typed.diagnostics[0].error.code.sqlstate(), "57014");
    // A few tables are planned before the clock is looked at.
    db.prepare("select 1 from t a join t b on a.id = b.id")
        .unwrap();
}
