//! The write ledger as a table: what the last INSERT, UPDATE, DELETE or VACUUM wrote, table and each index apart.

use crate::format;
use protocol::{SchemaView, WriteLedgerView};

/// The last statement that changes rows, and what it wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct LastWrites {
    /// The statement.
    pub sql: String,
    /// "UPDATE 3"
    pub tag: String,
    /// What it wrote; none if it changed no row.
    pub ledger: Option<WriteLedgerView>,
}

/// Heads of the columns behind the name.
pub const COLUMNS: [&str; 7] = [
    "added",
    "removed",
    "dirtied",
    "new pages",
    "splits",
    "merges",
    "bytes",
];

/// A row: the table or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// Name.
    pub name: String,
    /// "heap", "clustered table", "index".
    pub what: &'static str,
    /// The figures, in the order of [`COLUMNS`].
    pub cells: [String; 7],
    /// Share of all bytes, 0 … 100, for a bar.
    pub share: u32,
    /// Nothing was written to it.
    pub idle: bool,
}

/// A large figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerFigure {
    /// "pages dirtied"
    pub label: &'static str,
    /// "12"
    pub value: String,
    /// "4.0 a row"
    pub note: String,
}

/// The whole ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerTable {
    /// What it cost.
    pub figures: Vec<LedgerFigure>,
    /// Table first, then its indexes.
    pub rows: Vec<LedgerRow>,
    /// The sum of all rows.
    pub total: [String; 7],
    /// Whether index entries were spared, and why not: a word and a sentence. Only for updates of heap tables.
    pub hot: Option<(&'static str, String)>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

/// Figures before they are texts.
struct Line {
    name: String,
    what: &'static str,
    /// None where the figure makes no sense.
    figures: [Option<f64>; 7],
}

impl Line {
    fn sum(&self, at: usize) -> f64 {
        self.figures.get(at).copied().flatten().unwrap_or(0.0)
    }
}

fn text(figure: Option<f64>) -> String {
    figure.map_or_else(|| "–".to_owned(), format::count)
}

/// Positions in [`COLUMNS`].
const DIRTIED: usize = 2;
const SPLITS: usize = 4;
const MERGES: usize = 5;
const BYTES: usize = 6;

fn lines(ledger: &WriteLedgerView, verb: &str, schema: &SchemaView) -> (Vec<Line>, bool) {
    let table = schema
        .tables
        .iter()
        .find(|table| table.name == ledger.table);
    let clustered = table.is_some_and(|table| table.organization == "clustered");
    let is_primary = |id: u32| {
        table.is_some_and(|table| {
            table
                .indexes
                .iter()
                .any(|index| index.id == id && index.primary)
        })
    };
    let mut lines = Vec::new();
    if !clustered {
        lines.push(Line {
            name: ledger.table.clone(),
            what: "heap",
            figures: [
                // A deleted row stays where it is until VACUUM.
                Some(if matches!(verb, "DELETE" | "VACUUM") {
                    0.0
                } else {
                    ledger.rows
                }),
                Some(if verb == "VACUUM" { ledger.rows } else { 0.0 }),
                Some(ledger.pages_dirtied),
                Some(ledger.pages_added),
                None,
                None,
                Some(ledger.bytes_written),
            ],
        });
    }
    for index in &ledger.indexes {
        let holds_rows = clustered && is_primary(index.id);
        let line = Line {
            name: if holds_rows {
                ledger.table.clone()
            } else {
                index.name.clone()
            },
            what: if holds_rows {
                "clustered table"
            } else {
                "index"
            },
            figures: [
                Some(index.entries_added),
                Some(index.entries_removed),
                Some(index.pages_dirtied),
                Some(index.pages_added),
                Some(index.splits),
                Some(index.merges),
                Some(index.bytes_written),
            ],
        };
        if holds_rows {
            lines.insert(0, line);
        } else {
            lines.push(line);
        }
    }
    (lines, clustered)
}

/// Why updates were heap-only, or not.
fn hot(ledger: &WriteLedgerView) -> Option<(&'static str, String)> {
    let (hot, changed, full) = (
        ledger.hot_updates,
        ledger.updates_of_indexed_columns,
        ledger.updates_without_room,
    );
    let updates = hot + changed + full;
    if updates <= 0.0 {
        return None;
    }
    let mut reasons = Vec::new();
    if hot > 0.0 {
        reasons.push(format!(
            "{} heap-only: no indexed column changed and the row's page had room, so no index was touched",
            were(hot)
        ));
    }
    if changed > 0.0 {
        reasons.push(format!(
            "{} not heap-only, since an indexed column changed: every index got a new entry",
            were(changed)
        ));
    }
    if full > 0.0 {
        reasons.push(format!(
            "{} not heap-only, since the row's page had no room for another version: every index got a new entry",
            were(full)
        ));
    }
    let word = if hot >= updates {
        "HOT"
    } else if hot > 0.0 {
        "partly HOT"
    } else {
        "not HOT"
    };
    Some((word, format!("{}.", reasons.join("; "))))
}

fn were(updates: f64) -> String {
    let verb = if format::count(updates) == "1" {
        "was"
    } else {
        "were"
    };
    format!("{} {verb}", format::counted(updates, "update"))
}

/// "4.2 a row"
fn a_row(value: f64, rows: f64) -> String {
    if rows > 0.0 {
        format!(
            "{} a row",
            format::number((value / rows * 100.0).round() / 100.0)
        )
    } else {
        String::new()
    }
}

/// The table of a ledger.
#[must_use]
pub fn table(writes: &LastWrites, schema: &SchemaView) -> Option<LedgerTable> {
    let ledger = writes.ledger.as_ref()?;
    let verb = writes.tag.split(' ').next().unwrap_or_default();
    let (lines, clustered) = lines(ledger, verb, schema);
    let total: [Option<f64>; 7] =
        std::array::from_fn(|at| Some(lines.iter().map(|line| line.sum(at)).sum()));
    let all = |at: usize| total.get(at).copied().flatten().unwrap_or(0.0);
    let in_indexes: f64 = lines
        .iter()
        .filter(|line| line.what == "index")
        .map(|line| line.sum(BYTES))
        .sum();
    let rows: Vec<LedgerRow> = lines
        .iter()
        .map(|line| LedgerRow {
            idle: line.figures.iter().flatten().all(|figure| *figure == 0.0),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 100"
            )]
            share: if all(BYTES) > 0.0 {
                (line.sum(BYTES) / all(BYTES) * 100.0).clamp(0.0, 100.0) as u32
            } else {
                0
            },
            name: line.name.clone(),
            what: line.what,
            cells: line.figures.map(text),
        })
        .collect();
    let figures = vec![
        LedgerFigure {
            label: if verb == "VACUUM" {
                "dead versions"
            } else {
                "rows"
            },
            value: format::count(ledger.rows),
            note: String::new(),
        },
        LedgerFigure {
            label: "pages dirtied",
            value: format::count(all(DIRTIED)),
            note: a_row(all(DIRTIED), ledger.rows),
        },
        LedgerFigure {
            label: "splits, merges",
            value: format!("{}, {}", text(total[SPLITS]), text(total[MERGES])),
            note: String::new(),
        },
        LedgerFigure {
            label: "bytes written",
            value: format::bytes(all(BYTES)),
            note: a_row(all(BYTES), ledger.rows),
        },
        LedgerFigure {
            label: "of them in indexes",
            value: if all(BYTES) > 0.0 {
                format::percent(in_indexes / all(BYTES))
            } else {
                "–".to_owned()
            },
            note: String::new(),
        },
    ];
    let mut notes = Vec::new();
    if verb == "DELETE" && !clustered {
        notes.push(
            "On a heap, DELETE only marks versions dead: rows and index entries stay until VACUUM."
                .to_owned(),
        );
    }
    if verb == "VACUUM" {
        notes.push(
            "VACUUM collected the dead versions and their index entries: their room is free for new rows."
                .to_owned(),
        );
    }
    if clustered && verb == "UPDATE" {
        notes.push(
            "A clustered table is updated in place: an index is written only when its key changes."
                .to_owned(),
        );
    }
    let gathered: f64 = ledger
        .indexes
        .iter()
        .map(|index| index.deduplications)
        .sum();
    if gathered > 0.0 {
        notes.push(format!(
            "{} had duplicates gathered into lists instead of being split.",
            format::counted(gathered, "page")
        ));
    }
    Some(LedgerTable {
        figures,
        rows,
        total: total.map(text),
        hot: if clustered { None } else { hot(ledger) },
        notes,
    })
}

#[cfg(test)]
mod tests;
