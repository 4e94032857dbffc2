//! The machine's shell: a JSON object a line in, a JSON object a line out, in one continuing session.

use crate::json::{read_sql, write_string};
use engine::{
    Error,
    database::{Database, DatabaseOptions, StatementResult},
    value::{Value, text::write_text},
};
use std::{
    io::{BufRead, Write, stdin, stdout},
    time::Instant,
};

/// Answers every line until there are no more.
pub fn run(options: DatabaseOptions) -> bool {
    let mut database = Database::new(options);
    let start = Instant::now();
    database.set_clock(move || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    for line in stdin().lock().lines() {
        let Ok(line) = line else { return false };
        if line.trim().is_empty() {
            continue;
        }
        let answer = match read_sql(&line) {
            Ok(sql) => match database.execute(&sql) {
                Ok(results) => success(results.last()),
                Err(error) => failure(&error, &sql),
            },
            Err(message) => {
                let mut out = String::from("{\"ok\": false, \"code\": \"22P02\", \"error\": ");
                write_string(&message, &mut out);
                out.push('}');
                out
            }
        };
        let mut out = stdout().lock();
        if writeln!(out, "{answer}")
            .and_then(|()| out.flush())
            .is_err()
        {
            return false;
        }
    }
    true
}

fn success(result: Option<&StatementResult>) -> String {
    let mut out = String::from("{\"ok\": true, \"columns\": [");
    let columns = result.map_or(&[][..], |result| &result.columns);
    for (at, column) in columns.iter().enumerate() {
        comma(at, &mut out);
        write_string(&column.name, &mut out);
    }
    out.push_str("], \"types\": [");
    for (at, column) in columns.iter().enumerate() {
        comma(at, &mut out);
        write_string(column.data_type.short_name(), &mut out);
    }
    out.push_str("], \"rows\": [");
    let mut rows = 0;
    let mut text = String::new();
    for batch in result.map_or(&[][..], |result| &result.batches) {
        for row in batch.selected_rows() {
            comma(rows, &mut out);
            rows += 1;
            out.push('[');
            for (at, (values, column)) in batch.columns.iter().zip(columns).enumerate() {
                comma(at, &mut out);
                match values.get(row) {
                    Value::Null => out.push_str("null"),
                    value => {
                        text.clear();
                        write_text(&value, column.data_type, &mut text);
                        write_string(&text, &mut out);
                    }
                }
            }
            out.push(']');
        }
    }
    let affected = result.map_or(0, |result| result.done.affected);
    out.push_str(&format!("], \"affected\": {affected}}}"));
    out
}

fn comma(at: usize, out: &mut String) {
    if at > 0 {
        out.push_str(", ");
    }
}

fn failure(error: &Error, sql: &str) -> String {
    let mut out = String::from("{\"ok\": false, \"code\": ");
    write_string(error.code.sqlstate(), &mut out);
    out.push_str(", \"error\": ");
    write_string(&error.message, &mut out);
    if let Some(span) = error.span {
        let before = sql.get(..span.start as usize).unwrap_or(sql);
        out.push_str(&format!(", \"position\": {}", before.chars().count() + 1));
    }
    for (name, value) in [("detail", &error.detail), ("hint", &error.hint)] {
        if let Some(value) = value {
            out.push_str(&format!(", \"{name}\": "));
            write_string(value, &mut out);
        }
    }
    out.push('}');
    out
}
