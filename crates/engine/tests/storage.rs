//! What rows and pages promise, seen through SQL: page sizes, wide tables, long rows, maintenance.
#![allow(clippy::unwrap_used, reason = "a test stops at its own mistakes")]

use engine::{
    Error,
    database::{Database, DatabaseOptions},
    value::Value,
};

fn database() -> Database {
    Database::new(DatabaseOptions::default())
}

fn run(database: &mut Database, sql: &str) -> Result<Vec<Vec<Value>>, Error> {
    let results = database.execute(sql)?;
    Ok(results
        .last()
        .map(|result| result.rows())
        .unwrap_or_default())
}

fn all(database: &mut Database, statements: &[&str]) {
    for sql in statements {
        run(database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

fn number(database: &mut Database, sql: &str) -> i64 {
    match run(database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))[0][0] {
        Value::Int4(value) => i64::from(value),
        Value::Int8(value) => value,
        ref other => panic!("{sql}: {other:?}"),
    }
}

const BOTH: [&str; 2] = ["", "WITH (organization = clustered)"];

#[test]
fn an_empty_database_takes_another_page_size() {
    for bytes in [512, 1024, 4096, 16384, 32768] {
        let mut database = database();
        run(&mut database, &format!("SET block_size = {bytes}")).unwrap();
        assert_eq!(
            run(&mut database, "SHOW block_size").unwrap()[0][0],
            Value::text(bytes.to_string())
        );
        all(
            &mut database,
            &[
                "CREATE TABLE t (id integer PRIMARY KEY, k integer, name text)",
                "INSERT INTO t SELECT i, i % 10, 'n' || i FROM generate_series(1, 3000) g(i)",
                "CREATE INDEX t_k ON t (k)",
                "DELETE FROM t WHERE k = 3",
                "UPDATE t SET k = 11 WHERE k = 4",
                "VACUUM ANALYZE t",
            ],
        );
        assert_eq!(
            number(&mut database, "SELECT count(*) FROM t WHERE k = 11"),
            300
        );
        assert_eq!(number(&mut database, "SELECT count(name) FROM t"), 2700);
        let error = run(&mut database, "SET block_size = 8192").unwrap_err();
        assert_eq!(error.code.sqlstate(), "55000");
        all(
            &mut database,
            &["DROP TABLE t", "SET block_size = '4kB'", "RESET ALL"],
        );
        assert_eq!(
            run(&mut database, "SHOW block_size").unwrap()[0][0],
            Value::text("4096")
        );
    }
    for wrong in ["1000", "'x'", "65536", "256"] {
        let error = run(&mut database(), &format!("SET block_size = {wrong}")).unwrap_err();
        assert_eq!(error.code.sqlstate(), "22023", "{wrong}");
    }
}

#[test]
fn rows_of_up_to_a_page_are_kept_and_longer_ones_refused() {
    for organization in BOTH {
        let mut database = database();
        run(
            &mut database,
            &format!("CREATE TABLE t (id integer PRIMARY KEY, body text) {organization}"),
        )
        .unwrap();
        let longest = if organization.is_empty() { 8100 } else { 2600 };
        let mut kept = 0;
        for length in (1..9000).step_by(487).chain([longest]) {
            let insert = format!("INSERT INTO t VALUES ({length}, repeat('x', {length}))");
            match run(&mut database, &insert) {
                Ok(_) => kept += 1,
                Err(error) => {
                    assert_eq!(error.code.sqlstate(), "54000");
                    assert!(
                        error.message.starts_with("row is too big: size "),
                        "{}",
                        error.message
                    );
                    assert!(length > longest, "{length}: {error}");
                }
            }
        }
        assert_eq!(
            number(
                &mut database,
                "SELECT count(*) FROM t WHERE length(body) = id"
            ),
            kept
        );
        let error = run(&mut database, "UPDATE t SET body = repeat('y', 20000)").unwrap_err();
        assert_eq!(error.code.sqlstate(), "54000");
        assert_eq!(
            number(
                &mut database,
                "SELECT count(*) FROM t WHERE length(body) = id"
            ),
            kept
        );
    }
}

#[test]
fn wide_tables_half_null_keep_every_value() {
    for (columns, organization) in [
        (60, ""),
        (600, ""),
        (1000, ""),
        (60, BOTH[1]),
        (300, BOTH[1]),
    ] {
        let mut database = database();
        let kinds = ["integer", "smallint", "boolean", "text", "date"];
        let list: Vec<String> = (0..columns)
            .map(|i| format!("c{i} {}", kinds[i % 5]))
            .collect();
        run(
            &mut database,
            &format!(
                "CREATE TABLE w (id integer PRIMARY KEY, {}) {organization}",
                list.join(", ")
            ),
        )
        .unwrap();
        let mut kept = 0;
        for row in 0..30 {
            let values: Vec<String> = (0..columns)
                .map(|i| {
                    if (i * 7 + row * 3) % 4 < 2 {
                        return "NULL".to_string();
                    }
                    match i % 5 {
                        0 => format!("{}", i * row),
                        1 => format!("{}", i % 100),
                        2 => "true".into(),
                        3 => format!("'{}'", "z".repeat((i + row) % 5)),
                        _ => "'2024-02-29'".into(),
                    }
                })
                .collect();
            match run(
                &mut database,
                &format!("INSERT INTO w VALUES ({row}, {})", values.join(", ")),
            ) {
                Ok(_) => kept += 1,
                Err(error) => assert_eq!(error.code.sqlstate(), "54000", "{error}"),
            }
        }
        assert!(kept == 30, "{columns} columns: {kept} rows kept");
        assert_eq!(number(&mut database, "SELECT count(*) FROM w"), kept);
        for (column, row) in [(0usize, 3i64), (5, 7), (20, 11), (55, 29)] {
            let null = (column as i64 * 7 + row * 3) % 4 < 2;
            let found = run(
                &mut database,
                &format!("SELECT c{column} FROM w WHERE id = {row}"),
            )
            .unwrap();
            let expected = if null {
                Value::Null
            } else {
                Value::Int4((column as i64 * row) as i32)
            };
            assert_eq!(found[0][0], expected, "c{column} of {row}");
        }
        all(
            &mut database,
            &["UPDATE w SET c0 = 5, c3 = 'other'", "VACUUM FULL w"],
        );
        assert_eq!(
            number(
                &mut database,
                "SELECT count(*) FROM w WHERE c0 = 5 AND c3 = 'other'"
            ),
            kept
        );
    }
}

#[test]
fn short_texts_and_long_keys_survive_in_pages_of_512_bytes() {
    for organization in BOTH {
        let mut database = database();
        all(&mut database, &["SET block_size = 512"]);
        run(&mut database, &format!(
            "CREATE TABLE t (a text, b smallint, c text, d text, e text, PRIMARY KEY (a, b, c)) {organization}"
        )).unwrap();
        all(
            &mut database,
            &[
                "INSERT INTO t SELECT chr(97 + i % 26), i % 7, 'k' || i, CASE WHEN i % 2 = 0 THEN 'x' END, '' FROM generate_series(1, 900) g(i)",
                "CREATE INDEX t_d ON t (d, e, b)",
                "UPDATE t SET d = 'yy', e = NULL WHERE b = 3",
                "DELETE FROM t WHERE b = 5",
                "VACUUM t",
                "INSERT INTO t SELECT 'zz', 5, 'n' || i, 'q', 'w' FROM generate_series(1, 200) g(i)",
            ],
        );
        assert_eq!(
            number(
                &mut database,
                "SELECT count(*) FROM t WHERE d = 'yy' AND e IS NULL"
            ),
            129
        );
        assert_eq!(
            number(
                &mut database,
                "SELECT count(*) FROM t WHERE a = 'zz' AND b = 5"
            ),
            200
        );
        assert_eq!(
            number(&mut database, "SELECT count(*) FROM t"),
            900 - 128 + 200
        );
    }
}

#[test]
fn vacuum_gives_space_back_for_reuse_and_full_shrinks() {
    let mut database = database();
    all(
        &mut database,
        &[
            "CREATE TABLE t (id integer PRIMARY KEY, k integer, pad text)",
            "INSERT INTO t SELECT i, i, 'padding of a row' FROM generate_series(1, 5000) g(i)",
            "VACUUM ANALYZE t",
        ],
    );
    let pages = |database: &mut Database| {
        number(
            database,
            "SELECT relpages FROM pg_class WHERE relname = 't'",
        )
    };
    let before = pages(&mut database);
    for _ in 0..4 {
        all(
            &mut database,
            &[
                "DELETE FROM t WHERE id % 2 = 0",
                "VACUUM t",
                "INSERT INTO t SELECT i, i, 'padding of a row' FROM generate_series(2, 5000, 2) g(i)",
                "VACUUM t",
            ],
        );
    }
    assert!(
        pages(&mut database) * 10 <= before * 11,
        "{} pages against {before}",
        pages(&mut database)
    );
    // Heap-only chains are cut short, and the rows stay findable by their index.
    all(
        &mut database,
        &[
            "UPDATE t SET pad = 'other' WHERE id < 50",
            "UPDATE t SET pad = 'third' WHERE id < 50",
            "VACUUM t",
        ],
    );
    assert_eq!(
        number(
            &mut database,
            "SELECT count(*) FROM t WHERE id BETWEEN 1 AND 49 AND pad = 'third'"
        ),
        49
    );
    all(
        &mut database,
        &["DELETE FROM t WHERE id > 500", "VACUUM FULL t"],
    );
    assert!(pages(&mut database) * 9 < before);
    all(
        &mut database,
        &["TRUNCATE t", "INSERT INTO t VALUES (1, 1, 'x')"],
    );
    assert_eq!(
        number(&mut database, "SELECT count(*) FROM t WHERE id = 1"),
        1
    );
}

#[test]
fn intervals_come_back_from_an_index_as_they_were_stored() {
    let mut database = database();
    all(
        &mut database,
        &[
            "CREATE TABLE t (i interval, n integer)",
            "INSERT INTO t VALUES ('1 month', 1), ('31 days', 2), (NULL, 3), ('-2 hours', 4)",
            "CREATE INDEX t_i ON t (i) INCLUDE (n)",
            "VACUUM ANALYZE t",
            "SET enable_seqscan = off",
        ],
    );
    let plan = run(&mut database, "EXPLAIN SELECT i, n FROM t ORDER BY i").unwrap();
    assert!(format!("{plan:?}").contains("Index Only Scan"));
    let found = run(&mut database, "SELECT i::text, n FROM t ORDER BY i").unwrap();
    let texts: Vec<String> = found.iter().map(|row| format!("{:?}", row[0])).collect();
    assert!(
        texts[0].contains("-02:00:00")
            && texts[1].contains("1 mon")
            && texts[2].contains("31 days"),
        "{texts:?}"
    );
}

#[test]
fn pages_are_shown_with_the_rows_and_keys_that_they_hold() {
    for organization in BOTH {
        let mut database = database();
        all(&mut database, &["SET block_size = 512"]);
        run(&mut database, &format!("CREATE TABLE t (id integer PRIMARY KEY, name text, price numeric, v interval) {organization}")).unwrap();
        all(
            &mut database,
            &[
                "INSERT INTO t SELECT i, 'row ' || i, i / 8.0, i * interval '1 day' FROM generate_series(1, 100) g(i)",
                "CREATE INDEX t_price ON t (price DESC, v)",
                "DELETE FROM t WHERE id = 7",
            ],
        );
        let table = database.relation_pages("t").unwrap();
        let first = database.describe_page(table[0]).unwrap();
        let kinds: Vec<&str> = table
            .iter()
            .map(|&page| database.describe_page(page).unwrap().kind)
            .collect();
        let mut shown: Vec<String> = Vec::new();
        for &page in &table {
            let page = database.describe_page(page).unwrap();
            assert_eq!(page.bytes.len(), 512);
            if page.kind == "heap" || page.kind == "leaf" {
                shown.extend(
                    page.items
                        .iter()
                        .filter(|item| item.visible)
                        .map(|item| item.text.clone()),
                );
            }
        }
        assert_eq!(shown.len(), 99);
        assert!(
            shown.iter().any(|text| text.starts_with("8, row 8, 1.0")),
            "{shown:?}"
        );
        if organization.is_empty() {
            assert!(kinds.iter().all(|kind| *kind == "heap"));
            assert!(first.items.iter().any(|item| !item.visible) && first.relation == "t");
        } else {
            assert!(
                kinds.contains(&"meta") && kinds.contains(&"leaf") && kinds.contains(&"internal")
            );
        }
        let mut entries = 0;
        for page in database.relation_pages("t_price").unwrap() {
            let page = database.describe_page(page).unwrap();
            assert_eq!(page.relation, "t_price");
            if page.kind == "leaf" {
                entries += page.items.len();
            }
        }
        assert!(entries == if organization.is_empty() { 100 } else { 99 });
        assert!(
            database.describe_page(99_999).is_err() && database.relation_pages("none").is_none()
        );
    }
}
