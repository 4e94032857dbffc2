//! Labels of tables, columns, indexes and results.

use crate::{format, results::Results};
use protocol::{IndexView, TableColumnView, TableView};

/// "1,000,000 rows · heap"; dead versions and missing statistics are said.
#[must_use]
pub fn rows_line(table: &TableView) -> String {
    let mut line = format!(
        "{} · {}",
        format::counted(table.rows, "row"),
        table.organization
    );
    if table.dead_rows > 0.0 {
        line.push_str(&format!(" · {} dead", format::count(table.dead_rows)));
    }
    if !table.analyzed {
        line.push_str(" · not analysed");
    }
    line
}

/// "unique", "1,460", "100 k"; nothing before ANALYZE.
#[must_use]
pub fn distinct_label(column: &TableColumnView) -> String {
    if column.unique {
        return "unique".to_owned();
    }
    column
        .n_distinct
        .map(|count| {
            if count < 10_000.0 {
                format::count(count)
            } else {
                format::short_count(count)
            }
        })
        .unwrap_or_default()
}

/// A column in a sentence, for the tooltip.
#[must_use]
pub fn column_title(column: &TableColumnView) -> String {
    let mut title = format!("{} {}", column.name, column.type_name);
    if column.not_null {
        title.push_str(" not null");
    }
    if let Some(count) = column.n_distinct {
        title.push_str(&format!(", {}", format::counted(count, "distinct value")));
    }
    if column.null_fraction > 0.0 {
        title.push_str(&format!(", {} NULL", format::percent(column.null_fraction)));
    }
    if let Some(correlation) = column.correlation {
        title.push_str(&format!(
            ", correlation with the physical order {correlation:.2}"
        ));
    }
    title
}

/// "customer_id, order_date DESC incl. amount where …"
#[must_use]
pub fn key_label(index: &IndexView) -> String {
    let parts: Vec<String> = index
        .parts
        .iter()
        .map(|part| {
            let direction = if part.descending { " desc" } else { "" };
            let nulls = part
                .nulls
                .as_ref()
                .map(|nulls| format!(" {}", nulls.to_lowercase()))
                .unwrap_or_default();
            format!("{}{direction}{nulls}", part.text)
        })
        .collect();
    let mut label = parts.join(", ");
    if !index.include.is_empty() {
        label.push_str(&format!(" incl. {}", index.include.join(", ")));
    }
    if let Some(predicate) = &index.predicate {
        label.push_str(&format!(" where {predicate}"));
    }
    label
}

/// Whether the text has the word, so that a query's columns stand out. Comments and strings count too: it is only a mark.
#[must_use]
pub fn mentions(text: &str, word: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word).any(|(start, found)| {
        let before = text[..start].chars().next_back().is_some_and(is_word);
        let after = text[start + found.len()..]
            .chars()
            .next()
            .is_some_and(is_word);
        !before && !after
    })
}

/// "20 rows in 0.41 ms"
#[must_use]
pub fn results_line(results: &Results) -> String {
    let rows = format::counted(
        results
            .total_rows
            .unwrap_or_else(|| f64::from(results.rows())),
        "row",
    );
    results.elapsed_ms.map_or_else(
        || rows.clone(),
        |elapsed| format!("{rows} in {}", format::duration(elapsed)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::IndexPartView;

    #[test]
    fn an_index_is_named_by_its_key() {
        let part = |text: &str, descending| IndexPartView {
            text: text.to_owned(),
            descending,
            nulls: None,
        };
        let index = IndexView {
            parts: vec![part("a", false), part("b", true)],
            include: vec!["c".to_owned()],
            predicate: Some("(d > 1)".to_owned()),
            ..IndexView::default()
        };
        assert_eq!(key_label(&index), "a, b desc incl. c where (d > 1)");
    }

    #[test]
    fn a_word_is_not_found_inside_another() {
        assert!(mentions("select id from t", "id") && !mentions("select paid from t", "id"));
    }
}
