//! Predicted sizes, beside the figures that cost-model.md gives for PostgreSQL.

use super::{IndexSizeInput, predicted_index_size};
use crate::{
    catalog::Catalog,
    catalog::define::define,
    stats::{ColumnStats, RelationSize, Statistics, StatsKey},
    value::Value,
};
use alloc::{rc::Rc, vec::Vec};

fn catalog(text: &str) -> Catalog {
    let mut catalog = Catalog::default();
    for statement in parser::parse_script(text).statements {
        let change = define(&statement.statement.unwrap(), text, &catalog).unwrap();
        catalog.apply(&change);
    }
    catalog
}

/// Size of the last index of a table of so many rows; each column has so many distinct values (negative: a fraction of rows).
fn size(text: &str, rows: f64, distinct: &[f32]) -> RelationSize {
    let catalog = catalog(text);
    let index = catalog.indexes.values().next_back().unwrap();
    let mut statistics = Statistics::default();
    for (at, &n_distinct) in (0u16..).zip(distinct) {
        let stats = ColumnStats {
            n_distinct,
            avg_width: 4,
            histogram: Vec::from([Value::Int4(1), Value::Int4(1_000_000)]),
            ..ColumnStats::default()
        };
        statistics
            .columns
            .insert(StatsKey::Column(index.table, at), Rc::new(stats));
    }
    predicted_index_size(&IndexSizeInput {
        index,
        table: &catalog.tables[&index.table],
        statistics: &statistics,
        rows,
        page_bytes: 8192,
    })
}

#[test]
fn a_unique_integer_key_has_366_entries_a_leaf_and_285_children_a_page() {
    let size = size(
        "CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a)",
        1_000_000.0,
        &[-1.0],
    );
    // 2,733 leaves, 10 internal pages, 1 root, 1 meta page.
    assert_eq!((size.pages, size.tree_height), (2_745, 2));
}

#[test]
fn equal_keys_are_kept_once_with_the_list_of_their_rows() {
    let size = size(
        "CREATE TABLE t (a int NOT NULL); CREATE INDEX i ON t (a)",
        1_000_000.0,
        &[10.0],
    );
    // 1,188 rows a leaf instead of 366.
    assert!((840..=855).contains(&size.pages), "{} pages", size.pages);
}

#[test]
fn an_index_over_no_rows_is_its_meta_page() {
    let size = size("CREATE TABLE t (a int); CREATE INDEX i ON t (a)", 0.0, &[]);
    assert_eq!((size.pages, size.tree_height), (1, 0));
}

#[test]
fn a_partial_index_holds_the_rows_that_its_predicate_lets_in() {
    let text =
        "CREATE TABLE t (a int NOT NULL, b int NOT NULL); CREATE INDEX i ON t (a) WHERE b = 7";
    let size = size(text, 1_000_000.0, &[-1.0, 100.0]);
    assert_eq!(size.analyzed_rows, 10_000.0);
    assert!((28..=31).contains(&size.pages), "{} pages", size.pages);
}

#[test]
fn included_columns_make_entries_wider_and_keep_them_apart() {
    let narrow = size(
        "CREATE TABLE t (a int NOT NULL, b bigint NOT NULL); CREATE INDEX i ON t (a)",
        100_000.0,
        &[1_000.0, -1.0],
    );
    let covering = size(
        "CREATE TABLE t (a int NOT NULL, b bigint NOT NULL); CREATE INDEX i ON t (a) INCLUDE (b)",
        100_000.0,
        &[1_000.0, -1.0],
    );
    // 28 bytes an entry: 261 a leaf.
    assert!(
        (385..=389).contains(&covering.pages),
        "{} pages",
        covering.pages
    );
    assert!(narrow.pages * 3 < covering.pages);
}
