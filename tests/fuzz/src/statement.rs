//! Statements: any text, and texts put together from the words of SQL. A statement that fails changes nothing, and none runs on when
//! its slices are up.

use crate::input::Input;
use engine::database::{Database, DatabaseOptions, RunEvent, RunOptions};

const WORDS: [&str; 96] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "t",
    "u",
    "a",
    "b",
    "s",
    "d",
    "n",
    "*",
    ",",
    "(",
    ")",
    "=",
    "<",
    ">=",
    "+",
    "-",
    "/",
    "%",
    "||",
    "AND",
    "OR",
    "NOT",
    "IN",
    "BETWEEN",
    "LIKE",
    "IS NULL",
    "NULL",
    "1",
    "0",
    "-7",
    "9223372036854775807",
    "1.5",
    "1e308",
    "'x'",
    "'2024-02-29'",
    "date",
    "::",
    "integer",
    "bigint",
    "text",
    "numeric",
    "boolean",
    "JOIN",
    "LEFT JOIN",
    "FULL JOIN",
    "ON",
    "USING",
    "count",
    "sum",
    "avg",
    "max",
    "min",
    "DISTINCT",
    "UNION",
    "ALL",
    "EXCEPT",
    "WITH",
    "RECURSIVE",
    "AS",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "EXISTS",
    "ANY",
    "CAST",
    "INSERT INTO",
    "VALUES",
    "UPDATE",
    "SET",
    "DELETE FROM",
    "RETURNING",
    "CREATE INDEX",
    "CREATE TABLE",
    "DROP",
    "PRIMARY KEY",
    "UNIQUE",
    "EXPLAIN",
    "ANALYZE",
    "OVER",
    "PARTITION BY",
    "generate_series",
    "interval",
    "extract",
    "substr",
    "coalesce",
    ";",
    "$1",
    "t.a",
];

const SCHEMA: &str = "
CREATE TABLE t (a integer PRIMARY KEY, b bigint, s text, d date, n numeric(10, 2));
INSERT INTO t SELECT g, g % 5, 'text ' || g % 7, date '2024-02-27' + g % 4, g / 4.0 FROM generate_series(1, 60) AS series(g);
CREATE INDEX t_b_s ON t (b, s);
CREATE TABLE u (a integer, b bigint);
INSERT INTO u SELECT g % 9, g FROM generate_series(1, 30) AS series(g);
ANALYZE;
";

/// Slices that a statement gets, and rows in each.
const SLICES: usize = 60;
const UNITS: u64 = 400;

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let text = if input.byte() < 40 {
        let rest = input.bytes(255);
        String::from_utf8_lossy(rest).into_owned()
    } else {
        let mut text = String::new();
        while !input.is_empty() && text.len() < 2000 {
            text.push_str(WORDS[usize::from(input.byte()) % WORDS.len()]);
            text.push(' ');
        }
        text
    };
    let mut database = Database::new(DatabaseOptions {
        memory_limit_bytes: 64 << 20,
        statement_memory_bytes: 8 << 20,
        ..DatabaseOptions::default()
    });
    database.execute(SCHEMA).unwrap();
    let mut run = database.start(&text, RunOptions::default());
    for _ in 0..SLICES {
        match database.step(&mut run, UNITS) {
            RunEvent::Finished | RunEvent::Failed(_) => break,
            _ => {}
        }
    }
    database.cancel(run);
    database.check().unwrap();
}
