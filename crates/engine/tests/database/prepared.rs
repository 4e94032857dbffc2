//! Prepared statements: the same answers as written out, whatever happens between two runs.

use super::{code, database, error, one, rows, run};
use engine::{
    database::Database,
    value::{Batch, Value},
};

fn texts(db: &mut Database, id: engine::database::PreparedId, params: &[Value]) -> Vec<String> {
    let (batches, _) = db.run_prepared(id, params).unwrap();
    texts_of(&batches)
}

fn texts_of(batches: &[Batch]) -> Vec<String> {
    let mut found = Vec::new();
    for batch in batches {
        for row in batch.selected_rows() {
            found.push(format!("{:?}", batch.row(row)));
        }
    }
    found
}

/// The rows of the same statement with its values written out.
fn texts_of_plain(db: &mut Database, sql: &str) -> Vec<String> {
    let results = db.execute(sql).unwrap();
    let rows = results.last().unwrap().rows();
    rows.iter().map(|row| format!("{row:?}")).collect()
}

#[test]
fn operators_that_are_used_again_answer_for_the_new_values() {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int primary key, a int, b text); create index on t (a);
         insert into t select i, i % 50, 'b' || i from generate_series(1, 2000) i; analyze",
    );
    for sql in [
        "select b from t where id = $1",
        "select id from t where a = $1 order by id desc limit 3",
        "select count(*), min(b) from t where a < $1",
        "select x.id, y.id from t x join t y on y.id = x.id + $1 where x.id < 4",
        "select id from t where id in (select a from t where a > $1)",
        "select (select max(id) from t where a = $1), a from t where id = $1",
        "with w as (select id from t where a = $1) select count(*) from w x, w y",
        "select distinct a from t where id < $1 order by a",
        "select a, count(*) from t where id > $1 group by a order by 2, 1 limit 4",
        "select $1::int + 1",
        "select g from generate_series(1, $1::int) g",
        "select id from t where a = $1 union select id from t where id = $1 order by 1 limit 5",
    ] {
        let id = db.prepare(sql).unwrap();
        for round in 0..12 {
            let value = (round * 7) % 45 + 1;
            let prepared = texts(&mut db, id, &[Value::Int4(value)]);
            let written = sql.replace("$1", &value.to_string());
            assert_eq!(
                prepared,
                texts_of_plain(&mut db, &written),
                "{sql} with {value}"
            );
        }
    }
}

#[test]
fn answers_that_are_kept_stay_what_they_were() {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int primary key, a int, b text, c bool);
         insert into t select i, nullif(i % 7, 3), nullif('b' || i % 5, 'b2'), i % 3 = 0
           from generate_series(1, 2000) i; analyze",
    );
    let id = db
        .prepare("select id, a, b, c from t where id >= $1 and id < $2 order by id")
        .unwrap();
    let mut kept = Vec::new();
    // One row and none, few and many, with NULLs and without, each asked for twice, every second answer kept.
    for round in 0..24 {
        let (low, many) = (
            round / 2 * 83 % 1900,
            [1, 0, 3, 40, 90, 2][round as usize / 2 % 6],
        );
        let params = [Value::Int4(low), Value::Int4(low + many)];
        let (batches, _) = db.run_prepared(id, &params).unwrap();
        let plain = format!(
            "select id, a, b, c from t where id >= {low} and id < {} order by id",
            low + many
        );
        let plain = texts_of_plain(&mut db, &plain);
        assert_eq!(texts_of(&batches), plain, "from {low}, {many}");
        if round % 2 == 0 {
            kept.push((batches, plain));
        }
    }
    for (batches, plain) in &kept {
        assert_eq!(&texts_of(batches), plain);
    }
}

#[test]
fn changes_through_prepared_statements_are_those_of_plain_ones() {
    let mut db = database();
    run(
        &mut db,
        "create table t (id int primary key, a int check (a < 100)); create index on t (a)",
    );
    let insert = db.prepare("insert into t values ($1, $2)").unwrap();
    let update = db.prepare("update t set a = a + $2 where id = $1").unwrap();
    let delete = db
        .prepare("delete from t where id = $1 returning a")
        .unwrap();
    for id in 0..50 {
        let (_, done) = db
            .run_prepared(insert, &[Value::Int4(id), Value::Int4(id)])
            .unwrap();
        assert_eq!(done.tag, "INSERT 0 1");
    }
    for id in 0..20 {
        let (_, done) = db
            .run_prepared(update, &[Value::Int4(id), Value::Int4(10)])
            .unwrap();
        assert_eq!(done.tag, "UPDATE 1");
        assert_eq!(done.ledger.updates_of_indexed_columns, 1);
    }
    for id in 40..50 {
        let (batches, _) = db.run_prepared(delete, &[Value::Int4(id)]).unwrap();
        assert_eq!(batches[0].row(0), [Value::Int4(id)]);
    }
    let before = db.storage().store.image();
    let twice = db.run_prepared(insert, &[Value::Int4(7), Value::Int4(7)]);
    assert_eq!(twice.unwrap_err().code.sqlstate(), "23505");
    let check = db.run_prepared(insert, &[Value::Int4(70), Value::Int4(700)]);
    assert_eq!(check.unwrap_err().code.sqlstate(), "23514");
    assert!(before == db.storage().store.image());
    db.run_prepared(insert, &[Value::Int4(71), Value::Int4(1)])
        .unwrap();
    assert_eq!(one(&mut db, "select count(*), sum(a) from t"), "41|981");
    db.check().unwrap();
}

/// The prepared way makes a row's batch only for an index of expressions or a message; the written-out way always has one.
#[test]
fn a_prepared_row_has_the_entries_and_the_messages_of_one_written_out() {
    let tables = "create table t (id int primary key, a int check (a < 50), b text not null);
         create index on t (a, b); create index on t (lower(b), (id + a)); create index on t (b) where a > 5;
         create unique index on t (upper(b))";
    let (mut short, mut whole) = (database(), database());
    run(&mut short, tables);
    run(&mut whole, tables);
    let insert = short.prepare("insert into t values ($1, $2, $3)").unwrap();
    let mut refused = Vec::new();
    // Every third name comes again in other letters, some ids come again, and some values are too large.
    for i in 0..60 {
        let (id, a) = (if i % 11 == 10 { 1 } else { i }, i * 7 % 53);
        let b = format!(
            "{}{}",
            if i % 2 == 0 { "n" } else { "N" },
            i - i % 3 * 8 / 16
        );
        let params = [
            Value::Int4(id),
            Value::Int4(a),
            Value::Text(b.as_str().into()),
        ];
        let prepared = short.run_prepared(insert, &params).err();
        let sql = format!("insert into t values ({id}, {a}, '{b}')");
        let written = whole.execute(&sql).err();
        let said = |error: &Option<engine::Error>| {
            let error = error.as_ref()?;
            Some((error.code, error.message.clone(), error.detail.clone()))
        };
        assert_eq!(said(&prepared), said(&written), "{sql}");
        refused.extend(prepared.map(|error| error.code.sqlstate()));
    }
    assert!(["23505", "23514"].iter().all(|code| refused.contains(code)));
    let null = [Value::Int4(99), Value::Int4(1), Value::Null];
    let null = short.run_prepared(insert, &null).unwrap_err();
    assert_eq!(null.code.sqlstate(), "23502");
    short.check().unwrap();
    for settings in ["", "set enable_seqscan = off; set enable_bitmapscan = off;"] {
        for find in [
            "select id from t where lower(b) = 'n30' and id + a > 0",
            "select count(*), sum(id) from t where a > 5 and b > 'a'",
            "select count(*), sum(id) from t where a > 5 and b < 'a'",
            "select id from t where upper(b) = 'N41'",
        ] {
            let find = format!("{settings} {find}");
            assert_eq!(rows(&mut short, &find), rows(&mut whole, &find), "{find}");
        }
    }
}

#[test]
fn a_change_of_definitions_makes_kept_plans_void() {
    let mut db = database();
    run(
        &mut db,
        "create table t (a int, b int); insert into t select i, i from generate_series(1, 5000) i; analyze",
    );
    let find = db.prepare("select b from t where a = $1").unwrap();
    let insert = db.prepare("insert into t values ($1, $1)").unwrap();
    for _ in 0..8 {
        assert_eq!(texts(&mut db, find, &[Value::Int4(77)]), ["[Int4(77)]"]);
        db.run_prepared(insert, &[Value::Int4(6000)]).unwrap();
    }
    run(&mut db, "create index t_a on t (a); analyze");
    assert_eq!(texts(&mut db, find, &[Value::Int4(77)]), ["[Int4(77)]"]);
    for _ in 0..8 {
        db.run_prepared(insert, &[Value::Int4(6001)]).unwrap();
        texts(&mut db, find, &[Value::Int4(77)]);
    }
    db.check().unwrap();
    let plan = db.prepared_plan(find).unwrap();
    assert!(matches!(
        plan.plan.root.kind,
        engine::physical::PlanKind::IndexScan { .. }
    ));
    run(&mut db, "vacuum full t");
    assert_eq!(texts(&mut db, find, &[Value::Int4(77)]), ["[Int4(77)]"]);
    run(&mut db, "begin; truncate t");
    assert_eq!(texts(&mut db, find, &[Value::Int4(77)]).len(), 0);
    run(&mut db, "rollback");
    assert_eq!(texts(&mut db, find, &[Value::Int4(77)]).len(), 1);
    run(&mut db, "alter table t alter column b type text");
    let changed = db.run_prepared(find, &[Value::Int4(77)]).unwrap_err();
    assert_eq!(changed.message, "cached plan must not change result type");
    run(&mut db, "drop table t");
    let gone = db.run_prepared(insert, &[Value::Int4(1)]).unwrap_err();
    assert_eq!(gone.code.sqlstate(), "42P01");
}

#[test]
fn the_first_five_runs_are_planned_for_their_own_values() {
    let mut db = database();
    run(
        &mut db,
        "create table t (a int); insert into t select i from generate_series(1, 10000) i; create index t_a on t (a); analyze;
         prepare few (int) as select * from t where a < $1",
    );
    let explained = rows(&mut db, "explain (costs off) execute few (5)");
    assert_eq!(explained[1], "  Index Cond: (a < 5)");
    for _ in 0..4 {
        run(&mut db, "execute few (5)");
    }
    // A plan for all values expects a third of the rows, which is dearer: so the custom ones go on.
    let explained = rows(&mut db, "explain (costs off) execute few (5)");
    assert_eq!(explained[1], "  Index Cond: (a < 5)");
    run(&mut db, "set plan_cache_mode = force_generic_plan");
    let explained = rows(&mut db, "explain (costs off) execute few (5)");
    assert!(
        explained.iter().any(|line| line.contains("(a < $1)")),
        "{explained:?}"
    );
    assert_eq!(code(&mut db, "set plan_cache_mode = never"), "22023");
    assert_eq!(
        error(&mut db, "execute few (1, 2)").code.sqlstate(),
        "42601"
    );
}
