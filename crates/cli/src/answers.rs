//! Data and queries through the whole engine: load a schema with its rows, gather statistics, plan and run each query.
//!
//! Why beside `plans --stats`: sizes, statistics and results are then the engine's own.

use crate::checksum::{crc32, row_bytes};
use engine::{
    database::{Database, DatabaseOptions, ResultColumn, RunEvent, RunOptions, StatementDone},
    value::Value,
};
use serde_json::{Map, json};
use std::rc::Rc;

/// Rows of work between two looks at what came out.
const SLICE: u64 = 1 << 20;
/// Pages and undo of the largest data set fit with room to spare.
const MEMORY: u64 = 8 << 30;

/// Everything one statement gave.
struct Outcome {
    columns: Rc<[ResultColumn]>,
    rows: Vec<Vec<Value>>,
    done: Option<Box<StatementDone>>,
}

/// A database with the schema's rows, vacuumed and analysed; only analysed if the schema says `-- finish: ANALYZE`.
///
/// # Errors
/// The message of the statement that failed.
pub fn load(schema: &str) -> Result<Database, String> {
    let mut database = Database::new(DatabaseOptions {
        memory_limit_bytes: MEMORY,
        ..DatabaseOptions::default()
    });
    run(&mut database, schema)?;
    let finish = if schema.contains("-- finish: ANALYZE") {
        "ANALYZE"
    } else {
        "VACUUM ANALYZE"
    };
    run(&mut database, finish)?;
    Ok(database)
}

/// Name and text of each query: `SELECT …; -- name [category]`, one a line.
pub fn queries(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (sql, note) = line.split_once("; -- ")?;
        Some((note.split(' ').next().unwrap_or_default(), sql))
    })
}

/// `Plan`, and the result or the number of rows affected; what a statement changes is taken back.
///
/// # Errors
/// The message of the planner or of the executor.
pub fn answer(database: &mut Database, sql: &str) -> Result<serde_json::Value, String> {
    let planned = run(database, &format!("EXPLAIN (FORMAT JSON) {sql}"))?;
    let text = planned.rows.first().and_then(|row| row.first());
    let Some(Value::Text(text)) = text else {
        return Err("EXPLAIN gave no text".to_owned());
    };
    let explained: serde_json::Value =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut answer = Map::new();
    let plan = explained.get(0).and_then(|first| first.get("Plan"));
    answer.insert("Plan".to_owned(), plan.cloned().unwrap_or_default());
    run(database, "BEGIN")?;
    let outcome = run(database, sql);
    run(database, "ROLLBACK")?;
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(message) => {
            answer.insert("error".to_owned(), json!(message));
            // A count that no result has.
            answer.insert("rows".to_owned(), json!(-1));
            answer.insert("affected".to_owned(), json!(-1));
            return Ok(answer.into());
        }
    };
    let mut rows: Vec<Vec<u8>> = outcome
        .rows
        .iter()
        .map(|row| row_bytes(row, &outcome.columns))
        .collect();
    answer.insert("rows".to_owned(), json!(rows.len()));
    answer.insert("crc_ordered".to_owned(), checksum(&rows));
    rows.sort_unstable();
    answer.insert("crc_sorted".to_owned(), checksum(&rows));
    if let Some(done) = outcome.done {
        answer.insert("affected".to_owned(), json!(done.affected));
    }
    Ok(answer.into())
}

fn checksum(rows: &[Vec<u8>]) -> serde_json::Value {
    let sum = if rows.is_empty() { 0 } else { crc32(rows) };
    json!(format!("{sum:08x}"))
}

/// Pages, rows, visible pages and heights of everything, by name.
#[must_use]
pub fn relations(database: &Database) -> serde_json::Value {
    let statistics = database.statistics();
    let mut all = Map::new();
    for (id, table) in &database.catalog().tables {
        if let Some(size) = statistics.tables.get(id) {
            all.insert(
                table.name.to_string(),
                json!({"relpages": size.analyzed_pages, "reltuples": size.analyzed_rows,
                    "relallvisible": size.all_visible_pages, "blocks_now": size.pages}),
            );
        }
    }
    for (id, index) in &database.catalog().indexes {
        if let Some(size) = statistics.indexes.get(id) {
            all.insert(
                index.name.to_string(),
                json!({"relpages": size.analyzed_pages, "reltuples": size.analyzed_rows,
                    "blocks_now": size.pages, "level": size.tree_height}),
            );
        }
    }
    all.into()
}

/// Runs a script; the outcome is that of its last statement.
fn run(database: &mut Database, sql: &str) -> Result<Outcome, String> {
    let mut run = database.start(sql, RunOptions::default());
    let mut outcome = Outcome {
        columns: Rc::from([]),
        rows: Vec::new(),
        done: None,
    };
    loop {
        match database.step(&mut run, SLICE) {
            RunEvent::Paused { .. } | RunEvent::Notice(_) => {}
            RunEvent::Rows { columns, batch } => {
                if outcome.done.take().is_some() {
                    outcome.rows.clear();
                }
                outcome.columns = columns;
                let rows = batch.selected_rows().map(|row| batch.row(row));
                outcome.rows.extend(rows);
            }
            RunEvent::StatementDone(done) => outcome.done = Some(done),
            RunEvent::Finished => return Ok(outcome),
            RunEvent::Failed(error) => {
                return Err(format!("{} ({})", error.message, error.code.sqlstate()));
            }
        }
    }
}
