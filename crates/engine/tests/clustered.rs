//! Clustered tables against heaps: the same statements give the same rows and the same errors, and pages tell the difference.
#![allow(clippy::unwrap_used, reason = "a test stops at its own mistakes")]

mod common;

use common::{Dice, database, run};
use engine::{database::Database, value::Value};

const CLUSTERED: &str = "WITH (organization = clustered)";

fn rows(database: &mut Database, sql: &str) -> Vec<String> {
    let rows = run(database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.iter().map(|row| format!("{row:?}")).collect()
}

fn number(database: &mut Database, sql: &str) -> i64 {
    match run(database, sql).unwrap()[0][0] {
        Value::Int4(value) => i64::from(value),
        Value::Int8(value) => value,
        ref other => panic!("{sql}: {other:?}"),
    }
}

fn plan(database: &mut Database, sql: &str) -> String {
    rows(database, &format!("EXPLAIN {sql}")).join("\n")
}

/// Two databases that get the same statements: one with heaps, one with clustered tables.
struct Pair {
    heap: Database,
    clustered: Database,
}

impl Pair {
    fn new(page_bytes: u32) -> Self {
        Self {
            heap: database(page_bytes),
            clustered: database(page_bytes),
        }
    }

    /// Runs a statement in both; `@` is where the organization is said. The answers must agree.
    fn run(&mut self, sql: &str) {
        let left = run(&mut self.heap, &sql.replace('@', ""));
        let right = run(&mut self.clustered, &sql.replace('@', CLUSTERED));
        match (left, right) {
            (Ok(left), Ok(right)) => {
                let text = |rows: Vec<Vec<Value>>| {
                    let mut lines: Vec<String> =
                        rows.iter().map(|row| format!("{row:?}")).collect();
                    if !sql.contains("ORDER BY") {
                        lines.sort();
                    }
                    lines
                };
                assert_eq!(text(left), text(right), "{sql}");
            }
            (Err(left), Err(right)) => {
                assert_eq!(left.code.sqlstate(), right.code.sqlstate(), "{sql}");
            }
            (left, right) => panic!("{sql}: heap {left:?}, clustered {right:?}"),
        }
    }
}

#[test]
fn a_clustered_table_needs_a_primary_key() {
    let mut database = database(8192);
    let error = run(
        &mut database,
        &format!("CREATE TABLE t (a integer) {CLUSTERED}"),
    )
    .unwrap_err();
    assert_eq!(error.code.sqlstate(), "42P16");
    assert_eq!(error.message, "a clustered table must have a primary key");
}

#[test]
fn statements_answer_as_on_heaps() {
    for page_bytes in [512, 8192] {
        let mut pair = Pair::new(page_bytes);
        for sql in [
            "CREATE TABLE t (id bigint PRIMARY KEY, k integer, name text, price numeric(8,2), f real, CHECK (k < 1000)) @",
            "CREATE INDEX t_k ON t (k)",
            "CREATE UNIQUE INDEX t_name ON t (name)",
            "CREATE INDEX t_part ON t (price DESC) INCLUDE (f) WHERE k > 5",
            "INSERT INTO t SELECT i, i % 17, 'n' || i, i * 1.25, i / 8.0 FROM generate_series(1, 400) AS g(i)",
            "INSERT INTO t VALUES (3, 1, 'x', 1, 1)",
            "INSERT INTO t VALUES (1000, 1, 'n5', 1, 1)",
            "INSERT INTO t VALUES (1000, 5000, 'z', 1, 1)",
            "INSERT INTO t VALUES (NULL, 5, 'z', 1, 1)",
            "SELECT * FROM t WHERE id = 77",
            "SELECT * FROM t WHERE k = 3",
            "SELECT id FROM t WHERE name = 'n80'",
            "SELECT k, id FROM t WHERE k BETWEEN 2 AND 4 ORDER BY k, id DESC",
            "SELECT id FROM t ORDER BY id DESC LIMIT 7",
            "SELECT count(*), sum(price), min(id), max(id) FROM t",
            "SELECT price, f FROM t WHERE k > 5 AND price > 100 ORDER BY price DESC",
            "UPDATE t SET k = k + 1 WHERE id <= 100 RETURNING id, k",
            "UPDATE t SET id = id + 10000 WHERE id > 390 RETURNING *",
            "UPDATE t SET id = 5 WHERE id = 6",
            "UPDATE t SET name = 'n7' WHERE id = 8",
            "UPDATE t SET name = repeat('long', 20) || id WHERE k = 4",
            "UPDATE t SET name = NULL, price = NULL WHERE k = 9",
            "UPDATE t SET id = 501 - id WHERE id BETWEEN 240 AND 261",
            "SELECT * FROM t",
            "DELETE FROM t WHERE k = 2 RETURNING id, name",
            "DELETE FROM t USING (VALUES (10), (11)) AS v(x) WHERE t.id = v.x RETURNING t.id",
            "UPDATE t SET k = v.n FROM (VALUES (20, 1), (21, 2), (20, 1)) AS v(x, n) WHERE t.id = v.x RETURNING t.id, t.k",
            "INSERT INTO t VALUES (30, 1, 'q', 1, 1) ON CONFLICT DO NOTHING RETURNING id",
            "INSERT INTO t VALUES (30, 1, 'q', 1, 1), (31, 1, 'r', 2, 2), (9999, 1, 's', 3, 3) ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, k = t.k + 1 RETURNING *",
            "INSERT INTO t VALUES (77777, 1, 'n41', 1, 1) ON CONFLICT (name) DO UPDATE SET k = 99 RETURNING *",
            "INSERT INTO t VALUES (88, 1, 'w1', 1, 1), (88, 1, 'w2', 1, 1) ON CONFLICT (id) DO UPDATE SET k = 0",
            "SELECT * FROM t",
            "BEGIN",
            "DELETE FROM t WHERE id < 200",
            "SAVEPOINT a",
            "UPDATE t SET k = 0",
            "INSERT INTO t SELECT i, 0, NULL, 0, 0 FROM generate_series(20000, 20100) g(i)",
            "ROLLBACK TO a",
            "SELECT count(*), sum(k) FROM t",
            "ROLLBACK",
            "SELECT * FROM t",
            "ALTER TABLE t ADD COLUMN extra integer DEFAULT 7",
            "SELECT * FROM t WHERE id < 30",
            "ALTER TABLE t ALTER COLUMN k TYPE bigint",
            "ALTER TABLE t ALTER COLUMN id TYPE integer",
            "SELECT * FROM t WHERE k = 3",
            "ALTER TABLE t DROP COLUMN f CASCADE",
            "SELECT * FROM t",
            "VACUUM t",
            "VACUUM FULL t",
            "ANALYZE t",
            "REINDEX TABLE t",
            "SELECT * FROM t WHERE id IN (12, 13, 9999) ORDER BY id",
            "SELECT a.id, b.id FROM t a JOIN t b ON a.k = b.id WHERE a.id < 60",
            "INSERT INTO t SELECT id + 50000, k, NULL, price FROM t",
            "SELECT count(*), count(name) FROM t",
            "CREATE INDEX late ON t (k, price)",
            "SELECT k, price FROM t WHERE k = 4 ORDER BY price",
            "DROP INDEX t_k",
            "SELECT id FROM t WHERE k = 5",
            "TRUNCATE t",
            "SELECT * FROM t",
            "INSERT INTO t (id) VALUES (1)",
            "SELECT * FROM t",
            "DROP TABLE t",
        ] {
            pair.run(sql);
        }
    }
}

#[test]
fn keys_of_every_type_come_back_as_they_were() {
    let mut pair = Pair::new(1024);
    for (name, values) in [
        ("smallint", "(1), (-5), (32767)"),
        ("text", "(''), ('a'), ('ab'), ('ä')"),
        ("boolean", "(true), (false)"),
        ("date", "('2020-01-01'), ('1999-12-31')"),
        ("timestamp", "('2020-01-01 10:00:00.5'), ('1999-12-31')"),
        ("numeric", "(1.50), (-3), (1000000.001), (0.0)"),
        ("numeric(9,3)", "(1.5), (-3), (7000.001)"),
        ("double precision", "('NaN'), (-1.5), (0), ('Infinity')"),
        ("interval", "('1 month'), ('31 days'), ('90 minutes')"),
        (
            "uuid",
            "('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('00000000-0000-0000-0000-000000000001')",
        ),
        ("varchar(20)", "('x'), ('yy')"),
    ] {
        for sql in [
            format!("CREATE TABLE t (n integer, k {name} PRIMARY KEY, m integer) @"),
            "CREATE INDEX t_m ON t (m)".into(),
            format!("INSERT INTO t (k) VALUES {values}"),
            format!("INSERT INTO t (k) VALUES {values}"),
            "UPDATE t SET n = 1, m = 2".into(),
            "SELECT * FROM t ORDER BY k".into(),
            "SET enable_seqscan = off".into(),
            "SELECT k FROM t WHERE m = 2".into(),
            "SELECT k, m FROM t WHERE m = 2 ORDER BY k DESC".into(),
            "DELETE FROM t WHERE m = 2 RETURNING k".into(),
            "SELECT count(*) FROM t".into(),
            "RESET enable_seqscan".into(),
            "DROP TABLE t".into(),
        ] {
            pair.run(&sql);
        }
    }
}

#[test]
fn random_histories_end_alike() {
    for (seed, page_bytes) in [(1, 512), (2, 512), (3, 1024), (4, 8192), (5, 512)] {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ seed);
        let mut pair = Pair::new(page_bytes);
        pair.run("CREATE TABLE t (a integer, b integer, note text, PRIMARY KEY (b, a)) @");
        pair.run("CREATE INDEX t_note ON t (note)");
        pair.run("CREATE UNIQUE INDEX t_sum ON t ((a + 1000 * b)) WHERE a > 3");
        let mut open = false;
        for step in 0..350 {
            let (a, b) = (dice.below(40), dice.below(25));
            let note = "n".repeat(dice.below(60) as usize);
            let sql = match dice.below(14) {
                0..=3 => format!("INSERT INTO t VALUES ({a}, {b}, '{note}')"),
                4 => format!(
                    "INSERT INTO t SELECT i, {b}, '{note}' FROM generate_series({a}, {a} + 9) g(i) ON CONFLICT DO NOTHING"
                ),
                5 => format!("UPDATE t SET note = '{note}' WHERE b = {b}"),
                6 => format!("UPDATE t SET a = a + 100 WHERE b = {b} AND a < {a}"),
                7 => format!("UPDATE t SET b = {b} WHERE a = {a}"),
                8 => format!("DELETE FROM t WHERE a = {a}"),
                9 => format!("DELETE FROM t WHERE b = {b} AND a > {a}"),
                10 => format!("SELECT * FROM t WHERE note = '{note}'"),
                11 => "SELECT * FROM t ORDER BY b DESC, a".into(),
                12 if open => {
                    open = false;
                    ["COMMIT", "ROLLBACK"][dice.below(2) as usize].into()
                }
                12 => {
                    open = true;
                    "BEGIN".into()
                }
                _ if step % 50 == 49 && !open => "VACUUM FULL t".into(),
                _ => format!("SELECT a, b FROM t WHERE b BETWEEN {b} AND {b} + 3"),
            };
            pair.run(&sql);
        }
        if open {
            pair.run("COMMIT");
        }
        pair.run("SELECT * FROM t");
        pair.run("SELECT note, count(*) FROM t GROUP BY note");
    }
}

#[test]
fn random_keys_split_more_and_fill_less_than_ascending_ones() {
    let load = |expression: &str, key: &str| {
        let mut database = database(8192);
        run(
            &mut database,
            &format!("CREATE TABLE t (id {key} PRIMARY KEY, pad text) {CLUSTERED}"),
        )
        .unwrap();
        run(
            &mut database,
            &format!("INSERT INTO t SELECT {expression}, 'some bytes of a row that is not too short' FROM generate_series(1, 20000) g(i)"),
        )
        .unwrap();
        run(&mut database, "ANALYZE t").unwrap();
        let pages = number(
            &mut database,
            "SELECT relpages FROM pg_class WHERE relname = 't'",
        );
        let splits = {
            let id = database.catalog().tables.keys().next().copied().unwrap();
            let storage = database.storage();
            let tree = storage.table(id).unwrap().cluster.clone().unwrap().tree;
            tree.work(&storage.store).splits
        };
        (pages, splits)
    };
    let (ascending, few) = load("i", "bigint");
    let (random, many) = load("(i * 7919) % 20011", "bigint");
    assert!(
        random * 100 > ascending * 115,
        "{random} against {ascending} pages"
    );
    assert!(many > few, "{many} against {few} splits");
    // A UUIDv7 begins with the time, a UUIDv4 is random throughout.
    let (v7, _) = load(
        "(lpad(i::text, 8, '0') || '-0000-7000-8000-000000000000')::uuid",
        "uuid",
    );
    let (v4, _) = load(
        "(lpad((i * 7919 % 20011)::text, 8, '0') || '-0000-4000-8000-000000000000')::uuid",
        "uuid",
    );
    assert!(v4 * 100 > v7 * 115, "{v4} against {v7} pages");
}

#[test]
fn plans_name_the_primary_key_and_the_secondary_index() {
    let mut database = database(8192);
    for sql in [
        format!("CREATE TABLE t (id integer PRIMARY KEY, k integer, pad text) {CLUSTERED}"),
        "CREATE INDEX t_k ON t (k)".into(),
        "INSERT INTO t SELECT i, i * 7919 % 20011, 'padding padding padding' FROM generate_series(1, 20000) g(i)".into(),
        "ANALYZE t".into(),
    ] {
        run(&mut database, &sql).unwrap();
    }
    assert!(
        plan(&mut database, "SELECT * FROM t WHERE id = 5")
            .contains("Index Scan using t_pkey on t")
    );
    assert!(
        plan(&mut database, "SELECT * FROM t WHERE k = 5").contains("Index Scan using t_k on t")
    );
    assert!(
        plan(&mut database, "SELECT id, k FROM t WHERE k < 50")
            .contains("Index Only Scan using t_k on t")
    );
    assert!(plan(&mut database, "SELECT sum(k) FROM t").contains("Seq Scan on t"));
    assert!(
        plan(&mut database, "SELECT * FROM t ORDER BY id").contains("Index Scan using t_pkey on t")
    );
    let wide = plan(&mut database, "SELECT * FROM t WHERE k < 3000");
    assert!(
        wide.contains("Seq Scan on t") && !wide.contains("Bitmap"),
        "{wide}"
    );
}

#[test]
fn a_lookup_by_a_secondary_index_reads_two_trees() {
    let mut database = database(8192);
    for sql in [
        format!("CREATE TABLE t (id integer PRIMARY KEY, k integer, pad text) {CLUSTERED}"),
        "CREATE INDEX t_k ON t (k)".into(),
        "INSERT INTO t SELECT i, i, 'padding padding padding' FROM generate_series(1, 20000) g(i)"
            .into(),
        "ANALYZE t".into(),
    ] {
        run(&mut database, &sql).unwrap();
    }
    let hits = |database: &mut Database, sql: &str| {
        let text = rows(
            database,
            &format!("EXPLAIN (ANALYZE, BUFFERS, TIMING off, SUMMARY off) {sql}"),
        )
        .join("\n");
        let at = text.find("shared hit=").unwrap() + 11;
        let digits: String = text[at..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse::<u32>().unwrap()
    };
    // Both trees have a root and leaves.
    assert_eq!(hits(&mut database, "SELECT * FROM t WHERE id = 777"), 2);
    assert_eq!(hits(&mut database, "SELECT * FROM t WHERE k = 777"), 4);
}

#[test]
fn cluster_puts_a_heap_into_the_order_of_an_index() {
    let mut database = database(1024);
    for sql in [
        "CREATE TABLE t (id integer PRIMARY KEY, k integer, pad text)",
        "INSERT INTO t SELECT i, (i * 37) % 501, 'row ' || i FROM generate_series(1, 500) g(i)",
        "CREATE INDEX t_k ON t (k)",
        "CREATE INDEX t_part ON t (k) WHERE k > 3",
        "UPDATE t SET pad = 'changed' WHERE id % 3 = 0",
        "DELETE FROM t WHERE id % 5 = 0",
    ] {
        run(&mut database, sql).unwrap();
    }
    let before = rows(&mut database, "SELECT * FROM t ORDER BY k");
    run(&mut database, "CLUSTER t USING t_k").unwrap();
    run(&mut database, "ANALYZE t").unwrap();
    assert_eq!(rows(&mut database, "SELECT * FROM t"), before);
    assert_eq!(rows(&mut database, "SELECT * FROM t WHERE id = 7").len(), 1);
    let correlation = "SELECT correlation FROM pg_stats WHERE tablename = 't' AND attname = 'k'";
    assert_eq!(
        run(&mut database, correlation).unwrap()[0][0],
        Value::Float4(1.0)
    );
    for (sql, code) in [
        ("CLUSTER t", "42704"),
        ("CLUSTER t USING nothing", "42704"),
        ("CLUSTER t USING t_part", "0A000"),
    ] {
        let error = run(&mut database, sql).unwrap_err();
        assert_eq!(error.code.sqlstate(), code, "{sql}");
    }
}
