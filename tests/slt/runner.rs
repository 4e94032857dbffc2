//! Running the records of one file on a database of its own, and comparing.

use super::{
    md5::md5,
    record::{Kind, Record, Sort, read},
};
use engine::{
    database::{Database, DatabaseOptions, StatementResult},
    value::{DataType, Value, to_text},
};
use std::collections::BTreeMap;

/// How tables with a primary key are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Organization {
    Heap,
    Clustered,
}

/// The statement, which makes a clustered table if it makes a table with a primary key.
fn clustered(sql: &str) -> String {
    let upper = sql.to_uppercase();
    if upper.trim_start().starts_with("CREATE TABLE") && upper.contains("PRIMARY KEY") {
        let end = sql.trim_end().trim_end_matches(';');
        format!("{end} WITH (organization = clustered)")
    } else {
        sql.to_owned()
    }
}

/// What came of a file.
#[derive(Default)]
pub struct Report {
    /// Records run.
    pub run: usize,
    /// Of those, as expected.
    pub passed: usize,
    /// The others: line and what differs.
    pub failures: Vec<String>,
}

/// Runs all statements, and queries until `limit` records have been run.
pub fn run(text: &str, limit: usize, organization: Organization) -> Report {
    let mut database = Database::new(DatabaseOptions::default());
    let mut report = Report::default();
    let mut labels = BTreeMap::new();
    for mut record in read(text) {
        if report.run >= limit {
            break;
        }
        if organization == Organization::Clustered {
            record.sql = clustered(&record.sql);
        }
        report.run += 1;
        match compare(&mut database, &record, &mut labels) {
            Ok(()) => report.passed += 1,
            Err(difference) => report
                .failures
                .push(format!("{}: {difference}\n  {}", record.line, record.sql)),
        }
    }
    report
}

fn compare<'t>(
    database: &mut Database,
    record: &Record<'t>,
    labels: &mut BTreeMap<&'t str, String>,
) -> Result<(), String> {
    let result = database.execute(&record.sql);
    let (types, sort, label, expected) = match &record.kind {
        Kind::Statement { succeeds } => {
            return match (result, succeeds) {
                (Ok(_), true) | (Err(_), false) => Ok(()),
                (Ok(_), false) => Err("succeeds, but must not".to_owned()),
                (Err(error), true) => Err(error.to_string()),
            };
        }
        Kind::Query {
            types,
            sort,
            label,
            expected,
        } => (*types, *sort, *label, expected),
    };
    let results = result.map_err(|error| error.to_string())?;
    let last = results.last().ok_or("no result")?;
    let values = rendered(last, types, sort)?;
    if let Some(label) = label {
        let joined = values.join("\n");
        let known = labels.entry(label).or_insert_with(|| joined.clone());
        if *known != joined {
            return Err(format!("label {label} has another result before"));
        }
    }
    if let [one] = expected.as_slice()
        && one.contains(" values hashing to ")
    {
        let mut bytes = Vec::new();
        for value in &values {
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(b'\n');
        }
        let found = format!("{} values hashing to {}", values.len(), md5(&bytes));
        if found == *one {
            return Ok(());
        }
        let shown: Vec<&str> = values.iter().take(12).map(String::as_str).collect();
        return Err(format!("expected {one}, found {found}: {shown:?}"));
    }
    if values
        .iter()
        .map(String::as_str)
        .eq(expected.iter().copied())
    {
        return Ok(());
    }
    Err(format!("expected {expected:?}, found {values:?}"))
}

fn rendered(result: &StatementResult, types: &str, sort: Sort) -> Result<Vec<String>, String> {
    if result.columns.len() != types.len() {
        return Err(format!("{} columns", result.columns.len()));
    }
    let mut rows: Vec<Vec<String>> = result
        .rows()
        .iter()
        .map(|row| {
            let cells = row.iter().zip(types.chars()).zip(result.columns.iter());
            cells
                .map(|((value, letter), column)| cell(value, letter, column.data_type))
                .collect()
        })
        .collect();
    if sort == Sort::Rows {
        rows.sort();
    }
    let mut values: Vec<String> = rows.into_iter().flatten().collect();
    if sort == Sort::Values {
        values.sort();
    }
    Ok(values)
}

fn cell(value: &Value, letter: char, data_type: DataType) -> String {
    if value.is_null() {
        return "NULL".to_owned();
    }
    let text = to_text(value, data_type);
    match letter {
        'I' => match value {
            Value::Bool(truth) => i32::from(*truth).to_string(),
            // A text in a column of integers counts for its leading digits, as C's atoi takes them.
            Value::Text(_) => leading_number(&text).to_string(),
            Value::Float4(_) | Value::Float8(_) => {
                format!(
                    "{:.0}",
                    text.parse::<f64>().unwrap_or(f64::NAN).trunc() + 0.0
                )
            }
            _ => {
                let whole = text.split('.').next().unwrap_or("0");
                if whole == "-0" {
                    "0".to_owned()
                } else {
                    whole.to_owned()
                }
            }
        },
        'R' => match value {
            Value::Bool(truth) => format!("{:.3}", f64::from(u8::from(*truth))),
            _ => format!("{:.3}", text.parse::<f64>().unwrap_or(0.0)),
        },
        _ if text.is_empty() => "(empty)".to_owned(),
        _ => text
            .bytes()
            .map(|byte| {
                if (0x20..=0x7e).contains(&byte) {
                    byte as char
                } else {
                    '@'
                }
            })
            .collect(),
    }
}

fn leading_number(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let number: i64 = digits.get(..end).and_then(|d| d.parse().ok()).unwrap_or(0);
    if text.starts_with('-') {
        -number
    } else {
        number
    }
}
