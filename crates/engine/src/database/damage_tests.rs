//! Damaged pages under SQL: whatever byte of whatever page is wrong, a statement answers or fails, and taking it back works.
//!
//! A page has no checksum, since none is ever read back from a device: a changed value is a value. What must not happen is a panic, an
//! endless loop, or rows that stay wrong after ROLLBACK.

use super::{Database, DatabaseOptions, PageSize};
use alloc::{format, string::String, vec::Vec};
use pages::{BlockNumber, PageId, RelationId};

const STATEMENTS: [&str; 9] = [
    "SELECT count(*), min(name), sum(k) FROM t",
    "SELECT * FROM t WHERE id BETWEEN 20 AND 60",
    "SELECT id, name FROM t WHERE k = 3",
    "SELECT k, id FROM t ORDER BY k DESC, id LIMIT 15",
    "UPDATE t SET name = name || 'x', k = k + 1 WHERE id % 5 = 0",
    "DELETE FROM t WHERE k = 2",
    "INSERT INTO t SELECT i, i % 5, 'new', 1 FROM generate_series(500, 540) g(i)",
    "INSERT INTO t VALUES (33, 1, 'x', 1) ON CONFLICT (id) DO UPDATE SET k = 9",
    "ANALYZE t",
];

fn database(organization: &str) -> Database {
    let mut database = Database::new(DatabaseOptions {
        page_size: PageSize::new(512).unwrap(),
        ..DatabaseOptions::default()
    });
    for sql in [
        &format!(
            "CREATE TABLE t (id integer PRIMARY KEY, k integer, name text, price numeric) {organization}"
        ),
        "INSERT INTO t SELECT i, i % 9, CASE WHEN i % 4 > 0 THEN 'name ' || i END, i / 4.0 FROM generate_series(1, 120) g(i)",
        "CREATE INDEX t_k ON t (k)",
        "CREATE INDEX t_name ON t (name, price)",
        "DELETE FROM t WHERE id % 13 = 0",
        "UPDATE t SET name = 'other' WHERE id % 7 = 0",
        "ANALYZE t",
    ] {
        database.execute(sql).unwrap();
    }
    database
}

fn all_pages(database: &Database) -> Vec<PageId> {
    let store = &database.storage.store;
    let relations = (0..64).map(RelationId);
    relations
        .flat_map(|relation| {
            (0..store.block_count(relation))
                .filter_map(move |block| store.page_at(relation, BlockNumber(block)))
        })
        .collect()
}

fn rows(database: &mut Database) -> String {
    let results = database.execute("SELECT * FROM t ORDER BY id").unwrap();
    format!("{:?}", results[0].rows())
}

fn flip_bytes(organization: &str) {
    let mut database = database(organization);
    let sound = rows(&mut database);
    let pages = all_pages(&database);
    assert!(pages.len() > 20, "{} pages", pages.len());
    let mut turn = 0_usize;
    for page in pages {
        for at in (0..512).step_by(29) {
            turn += 1;
            database.execute("BEGIN").unwrap();
            let flip = [1, 0x80, 0xFF, 0x10][turn % 4];
            let at = (at + turn) % 512;
            let mut writer = database.storage.store.write_pinned(page).unwrap();
            writer.range(at..at + 1).unwrap()[0] ^= flip;
            database.execute("SAVEPOINT a").unwrap();
            for part in 0..3 {
                // Answers and errors are both right.
                drop(database.execute(STATEMENTS[(turn * 3 + part) % STATEMENTS.len()]));
                database.execute("ROLLBACK TO a").unwrap();
            }
            database.execute("ROLLBACK").unwrap();
        }
        assert_eq!(rows(&mut database), sound);
    }
}

#[test]
fn a_damaged_page_of_a_heap_gives_an_error_or_rows_but_no_panic() {
    flip_bytes("");
}

#[test]
fn a_damaged_page_of_a_clustered_table_gives_an_error_or_rows_but_no_panic() {
    flip_bytes("WITH (organization = clustered)");
}
