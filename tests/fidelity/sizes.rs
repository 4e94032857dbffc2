//! Sizes of tables and indexes, and statistics of columns, beside PostgreSQL's.

use engine::{
    database::Database,
    stats::{ColumnStats, Statistics, StatsKey},
};
use serde_json::Value;

/// Indexes that grew by inserts: page splits follow the order of the rows, so that a few pages more or less are no mistake.
const GROWN: f64 = 0.05;
const BUILT: f64 = 0.01;
/// Indexes of the scenarios that were not built after the load.
pub const GROWN_INDEXES: &[&str] = &["rndins", "evs"];

/// What differs.
pub fn differences(ours: &Value, theirs: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for relation in theirs.as_array().into_iter().flatten() {
        let name = relation["name"].as_str().unwrap_or_default();
        let our = &ours[name];
        let grown = GROWN_INDEXES.iter().any(|part| name.starts_with(part));
        for (key, share) in [
            ("relpages", if grown { GROWN } else { BUILT }),
            ("blocks_now", if grown { GROWN } else { BUILT }),
        ] {
            let (Some(a), Some(b)) = (our[key].as_f64(), relation[key].as_f64()) else {
                wrong.push(format!("{name}: {key} is missing"));
                continue;
            };
            if (a - b).abs() > share * b {
                wrong.push(format!("{name}: {key} is {a} and not {b}"));
            }
        }
        let height = &relation["btree"]["level"];
        if !height.is_null() && our["level"] != *height {
            wrong.push(format!(
                "{name}: height is {} and not {height}",
                our["level"]
            ));
        }
        if relation["kind"] == "r" && our["relallvisible"] != relation["relallvisible"] {
            wrong.push(format!("{name}: relallvisible is {}", our["relallvisible"]));
        }
    }
    wrong
}

/// Statistics that differ; theirs are of all rows, as ours.
pub fn statistics(database: &Database, theirs: &Statistics, scenario: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (key, theirs) in &theirs.columns {
        let name = match key {
            StatsKey::Column(table, column) => {
                let table = &database.catalog().tables[table];
                format!(
                    "{scenario} {}.{}",
                    table.name,
                    table.columns[usize::from(*column)].name
                )
            }
            StatsKey::Expression(index, _) => {
                format!("{scenario} {}", database.catalog().indexes[index].name)
            }
        };
        match database.statistics().columns.get(key) {
            Some(ours) => wrong.extend(
                column(ours, theirs)
                    .into_iter()
                    .map(|difference| format!("{name}: {difference}")),
            ),
            None => wrong.push(format!("{name}: no statistics")),
        }
    }
    wrong
}

fn column(ours: &ColumnStats, theirs: &ColumnStats) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut number = |what: &str, ours: f32, theirs: f32, slack: f32| {
        if (ours - theirs).abs() > slack * theirs.abs().max(0.001) {
            wrong.push(format!("{what} is {ours} and not {theirs}"));
        }
    };
    number("null_frac", ours.null_fraction, theirs.null_fraction, 1e-4);
    number(
        "avg_width",
        ours.avg_width as f32,
        theirs.avg_width as f32,
        0.0,
    );
    number("n_distinct", ours.n_distinct, theirs.n_distinct, 1e-4);
    // Rows of equal values rank in the order in which a sort happens to leave them, in PostgreSQL as here.
    let (correlation, their_correlation) = (
        ours.correlation.unwrap_or(9.0),
        theirs.correlation.unwrap_or(9.0),
    );
    number(
        "correlation",
        correlation,
        their_correlation,
        0.002 / their_correlation.abs().max(0.001),
    );
    let (common, their_common) = (ours.most_common.len(), theirs.most_common.len());
    number(
        "number of common values",
        common as f32,
        their_common as f32,
        0.0,
    );
    let frequencies = |stats: &ColumnStats| stats.most_common.iter().map(|(_, f)| *f).sum();
    number(
        "share of common values",
        frequencies(ours),
        frequencies(theirs),
        1e-3,
    );
    if ours.histogram.len() != theirs.histogram.len()
        || ours.histogram.first() != theirs.histogram.first()
        || ours.histogram.last() != theirs.histogram.last()
    {
        wrong.push(format!(
            "histogram of {} bounds {:?} … {:?} and not {} {:?} … {:?}",
            ours.histogram.len(),
            ours.histogram.first(),
            ours.histogram.last(),
            theirs.histogram.len(),
            theirs.histogram.first(),
            theirs.histogram.last()
        ));
    }
    wrong
}
