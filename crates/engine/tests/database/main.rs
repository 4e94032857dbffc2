//! The facade: transactions, prepared statements, limits, what runs tell of pages and writes, and catalog views.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at its own mistakes"
)]

mod huge_input;
mod limits;
mod pages_read;
mod prepared;
mod sampling;
mod transactions;
mod views;
mod writes;

use engine::{
    Error,
    database::{Database, DatabaseOptions},
    value::{Value, to_text},
};

fn database() -> Database {
    Database::new(DatabaseOptions::default())
}

/// Runs a script that must succeed.
#[track_caller]
fn run(database: &mut Database, sql: &str) {
    if let Err(error) = database.execute(sql) {
        panic!("{sql}: {error}");
    }
}

/// The rows of the last statement, values joined by `|`, NULL as nothing.
#[track_caller]
fn rows(database: &mut Database, sql: &str) -> Vec<String> {
    let results = match database.execute(sql) {
        Ok(results) => results,
        Err(error) => panic!("{sql}: {error}"),
    };
    let last = results.last().unwrap();
    last.rows()
        .iter()
        .map(|row| {
            let texts = row.iter().zip(last.columns.iter()).map(|(value, column)| {
                if matches!(value, Value::Null) {
                    String::new()
                } else {
                    to_text(value, column.data_type)
                }
            });
            texts.collect::<Vec<_>>().join("|")
        })
        .collect()
}

#[track_caller]
fn one(database: &mut Database, sql: &str) -> String {
    let found = rows(database, sql);
    assert_eq!(found.len(), 1, "{sql}");
    found[0].clone()
}

#[track_caller]
fn error(database: &mut Database, sql: &str) -> Error {
    match database.execute(sql) {
        Ok(_) => panic!("{sql}: succeeded"),
        Err(error) => error,
    }
}

#[track_caller]
fn code(database: &mut Database, sql: &str) -> &'static str {
    error(database, sql).code.sqlstate()
}
