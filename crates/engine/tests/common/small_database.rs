//! A database with small pages, and the rows of what it runs.

use engine::{
    Error,
    database::{Database, DatabaseOptions, PageSize},
    value::Value,
};

/// An empty database.
pub fn database(page_bytes: u32) -> Database {
    Database::new(DatabaseOptions {
        page_size: PageSize::new(page_bytes).unwrap(),
        ..DatabaseOptions::default()
    })
}

/// The rows of the last statement.
pub fn run(database: &mut Database, sql: &str) -> Result<Vec<Vec<Value>>, Error> {
    let results = database.execute(sql)?;
    Ok(results
        .last()
        .map(|result| result.rows())
        .unwrap_or_default())
}
