//! Transactions and savepoints answer as PostgreSQL's do.

use super::{code, database, error, one, rows, run};

#[test]
fn a_unique_violation_in_row_900_000_changes_nothing() {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int primary key, a int); create index on t (a)",
    );
    run(
        &mut db,
        "insert into t select i, i % 100 from generate_series(1, 1000) i",
    );
    let before = db.storage().store.image();
    let failed = error(
        &mut db,
        "insert into t select case when i = 900000 then 500 else i + 1000 end, i % 100 from generate_series(1, 900001) i",
    );
    assert_eq!(failed.code.sqlstate(), "23505");
    assert_eq!(
        failed.detail.as_deref(),
        Some("Key (id)=(500) already exists.")
    );
    assert!(before == db.storage().store.image(), "pages differ");
    assert_eq!(one(&mut db, "select count(*), sum(a) from t"), "1000|49500");
    db.check().unwrap();
}

#[test]
fn a_failed_transaction_refuses_everything_but_its_end() {
    let mut db = database();
    run(
        &mut db,
        "create table t (a int unique); insert into t values (1)",
    );
    run(&mut db, "begin; insert into t values (2)");
    assert_eq!(code(&mut db, "insert into t values (1)"), "23505");
    for refused in [
        "select 1",
        "insert into t values (3)",
        "savepoint s",
        "release s",
        "begin",
        "set work_mem = '1MB'",
        "prepare p as select 1",
    ] {
        let failed = error(&mut db, refused);
        assert_eq!(failed.code.sqlstate(), "25P02", "{refused}");
    }
    let ended = db.execute("commit").unwrap();
    assert_eq!(ended[0].done.tag, "ROLLBACK");
    assert_eq!(rows(&mut db, "select a from t"), ["1"]);
}

#[test]
fn rollback_to_brings_back_rows_definitions_and_settings_and_keeps_the_savepoint() {
    let mut db = database();
    run(&mut db, "create table t (a int)");
    run(
        &mut db,
        "begin; insert into t values (1); savepoint s; insert into t values (2)",
    );
    run(
        &mut db,
        "create table u (b int); create index t_a on t (a); set work_mem = '8MB'",
    );
    assert_eq!(code(&mut db, "select 1/0"), "22012");
    run(&mut db, "rollback to s");
    assert_eq!(rows(&mut db, "select a from t"), ["1"]);
    assert_eq!(code(&mut db, "select * from u"), "42P01");
    run(&mut db, "rollback to savepoint s");
    assert_eq!(one(&mut db, "show work_mem"), "4MB");
    run(&mut db, "insert into t values (3); release s");
    assert_eq!(code(&mut db, "rollback to s"), "3B001");
    run(&mut db, "rollback");
    assert_eq!(rows(&mut db, "select a from t"), Vec::<String>::new());
    db.check().unwrap();
}

#[test]
fn savepoints_of_one_name_hide_each_other_and_rollback_ends_later_ones() {
    let mut db = database();
    run(&mut db, "create table t (a int)");
    run(
        &mut db,
        "begin; savepoint s; insert into t values (1); savepoint s; insert into t values (2)",
    );
    run(&mut db, "rollback to s");
    assert_eq!(rows(&mut db, "select a from t"), ["1"]);
    run(&mut db, "release s; rollback to s");
    assert_eq!(rows(&mut db, "select a from t"), Vec::<String>::new());
    run(
        &mut db,
        "savepoint later; insert into t values (4); rollback to s",
    );
    assert_eq!(code(&mut db, "release later"), "3B001");
    run(&mut db, "rollback to s; insert into t values (5); commit");
    assert_eq!(rows(&mut db, "select a from t"), ["5"]);
}

#[test]
fn set_local_ends_with_its_transaction_unless_set_again_for_good() {
    let mut db = database();
    run(&mut db, "begin; set local work_mem = '8MB'; commit");
    assert_eq!(one(&mut db, "show work_mem"), "4MB");
    run(
        &mut db,
        "begin; set local work_mem = '8MB'; set work_mem = '16MB'; commit",
    );
    assert_eq!(one(&mut db, "show work_mem"), "16MB");
    run(
        &mut db,
        "begin; savepoint s; set local work_mem = '8MB'; rollback to s; set work_mem = '32MB'; commit",
    );
    assert_eq!(one(&mut db, "show work_mem"), "32MB");
    run(&mut db, "begin; set work_mem = '64MB'; rollback");
    assert_eq!(one(&mut db, "show work_mem"), "32MB");
}

#[test]
fn statements_outside_transactions_say_so() {
    let mut db = database();
    for (sql, expected) in [
        ("savepoint s", "25P01"),
        ("release s", "25P01"),
        ("rollback to s", "25P01"),
    ] {
        assert_eq!(code(&mut db, sql), expected, "{sql}");
    }
    assert_eq!(
        db.execute("commit").unwrap()[0].notices,
        ["there is no transaction in progress"]
    );
    run(&mut db, "begin");
    assert_eq!(code(&mut db, "vacuum"), "25001");
}
