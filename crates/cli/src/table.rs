//! Rows as psql prints them: a header, a rule, aligned columns, and how many there are.

use engine::{
    database::ResultColumn,
    value::{Batch, TypeClass, Value, to_text},
};
use std::fmt::Write;

/// The text of a table.
pub fn render(columns: &[ResultColumn], batches: &[Batch]) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for batch in batches {
        for row in batch.selected_rows() {
            let values = batch.columns.iter().zip(columns);
            rows.push(
                values
                    .map(|(column, described)| text(&column.get(row), described))
                    .collect(),
            );
        }
    }
    let mut widths: Vec<usize> = columns
        .iter()
        .map(|column| column.name.chars().count())
        .collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            let widest = cell.lines().map(|line| line.chars().count()).max();
            *width = (*width).max(widest.unwrap_or(0));
        }
    }
    let mut out = String::new();
    for (at, (column, &width)) in columns.iter().zip(&widths).enumerate() {
        let length = column.name.chars().count();
        let before = (width - length) / 2;
        let separator = if at > 0 { "|" } else { "" };
        let after = width - length - before;
        let _ = write!(
            out,
            "{separator} {:before$}{}{:after$} ",
            "", column.name, ""
        );
    }
    out.push('\n');
    let rules: Vec<String> = widths.iter().map(|&width| "-".repeat(width + 2)).collect();
    out.push_str(&rules.join("+"));
    out.push('\n');
    for row in &rows {
        write_row(&mut out, row, columns, &widths);
    }
    let count = rows.len();
    let _ = writeln!(out, "({count} row{})", if count == 1 { "" } else { "s" });
    out
}

/// A cell of several lines is printed over as many, each but the last with a `+` behind it.
fn write_row(out: &mut String, row: &[String], columns: &[ResultColumn], widths: &[usize]) {
    let lines: Vec<Vec<&str>> = row.iter().map(|cell| cell.split('\n').collect()).collect();
    let height = lines.iter().map(Vec::len).max().unwrap_or(1);
    for line in 0..height {
        for (at, ((cell, column), &width)) in lines.iter().zip(columns).zip(widths).enumerate() {
            let text = cell.get(line).copied().unwrap_or("");
            let more = line + 1 < cell.len();
            let fill = width - text.chars().count();
            let is_last = at + 1 == columns.len();
            out.push_str(if at > 0 { "| " } else { " " });
            if is_right(column) {
                let _ = write!(out, "{:fill$}{text}", "");
            } else if is_last && !more {
                out.push_str(text);
            } else {
                let _ = write!(out, "{text}{:fill$}", "");
            }
            if more {
                out.push('+');
            } else if !is_last {
                out.push(' ');
            }
        }
        out.push('\n');
    }
}

fn is_right(column: &ResultColumn) -> bool {
    matches!(
        column.data_type.class(),
        TypeClass::Integer | TypeClass::Float | TypeClass::Numeric
    )
}

fn text(value: &Value, column: &ResultColumn) -> String {
    to_text(value, column.data_type)
}
