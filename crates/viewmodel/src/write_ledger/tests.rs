//! Ledgers as tables.

use super::*;
use protocol::{IndexView, IndexWritesView, TableView};

fn schema(organization: &str) -> SchemaView {
    let index = |id, name: &str, primary| IndexView {
        id,
        name: name.to_owned(),
        primary,
        ..IndexView::default()
    };
    SchemaView {
        tables: vec![TableView {
            name: "orders".to_owned(),
            organization: organization.to_owned(),
            indexes: vec![
                index(1, "orders_pkey", true),
                index(2, "orders_amount_idx", false),
            ],
            ..TableView::default()
        }],
        ..SchemaView::default()
    }
}

fn update(hot: f64, changed: f64, full: f64) -> LastWrites {
    let index = |id, name: &str, bytes: f64| IndexWritesView {
        id,
        name: name.to_owned(),
        entries_added: changed + full,
        pages_dirtied: if bytes > 0.0 { 1.0 } else { 0.0 },
        bytes_written: bytes,
        ..IndexWritesView::default()
    };
    let bytes = if changed + full > 0.0 { 50.0 } else { 0.0 };
    LastWrites {
        sql: "UPDATE orders SET amount = 1".to_owned(),
        tag: format!("UPDATE {}", hot + changed + full),
        ledger: Some(WriteLedgerView {
            table: "orders".to_owned(),
            rows: hot + changed + full,
            pages_dirtied: 2.0,
            bytes_written: 100.0,
            hot_updates: hot,
            updates_of_indexed_columns: changed,
            updates_without_room: full,
            indexes: vec![
                index(1, "orders_pkey", bytes),
                index(2, "orders_amount_idx", bytes),
            ],
            ..WriteLedgerView::default()
        }),
    }
}

#[test]
fn a_heap_only_update_leaves_the_indexes_alone_and_says_so() {
    let table = table(&update(3.0, 0.0, 0.0), &schema("heap")).unwrap();
    let (word, why) = table.hot.unwrap();
    assert_eq!(word, "HOT");
    assert!(why.starts_with("3 updates were heap-only"), "{why}");
    assert_eq!(
        table.rows.iter().map(|row| row.idle).collect::<Vec<_>>(),
        [false, true, true]
    );
    assert_eq!(table.figures[4].value, "0 %");
}

#[test]
fn an_update_of_an_indexed_column_says_why_it_was_not_heap_only() {
    let table = table(&update(1.0, 1.0, 0.0), &schema("heap")).unwrap();
    let (word, why) = table.hot.unwrap();
    assert_eq!(word, "partly HOT");
    assert!(
        why.contains("1 update was not heap-only, since an indexed column changed"),
        "{why}"
    );
    assert_eq!(table.rows[2].cells[0], "1");
    assert_eq!(table.total[6], "200");
    assert_eq!(table.rows[0].share, 50);
    assert_eq!(table.figures[4].value, "50 %");
}

#[test]
fn a_full_page_is_a_reason_too() {
    let (word, why) = table(&update(0.0, 0.0, 2.0), &schema("heap"))
        .unwrap()
        .hot
        .unwrap();
    assert_eq!(word, "not HOT");
    assert!(why.contains("no room"), "{why}");
}

#[test]
fn the_primary_key_of_a_clustered_table_is_the_table() {
    let table = table(&update(0.0, 0.0, 0.0), &schema("clustered")).unwrap();
    let names: Vec<(&str, &str)> = table
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.what))
        .collect();
    assert_eq!(
        names,
        [
            ("orders", "clustered table"),
            ("orders_amount_idx", "index")
        ]
    );
    assert!(table.hot.is_none());
}

#[test]
fn a_delete_from_a_heap_removes_nothing_yet() {
    let mut delete = update(0.0, 0.0, 0.0);
    delete.tag = "DELETE 5".to_owned();
    delete.ledger.as_mut().unwrap().rows = 5.0;
    let table = table(&delete, &schema("heap")).unwrap();
    assert_eq!(table.rows[0].cells[..2], ["0", "0"]);
    assert!(table.notes[0].contains("VACUUM"));
}

#[test]
fn a_vacuum_removes_versions_and_entries() {
    let mut vacuum = update(0.0, 0.0, 0.0);
    vacuum.tag = "VACUUM".to_owned();
    vacuum.ledger.as_mut().unwrap().rows = 7.0;
    let table = table(&vacuum, &schema("heap")).unwrap();
    assert_eq!(table.rows[0].cells[..2], ["0", "7"]);
    assert_eq!(table.figures[0].label, "dead versions");
    assert!(table.hot.is_none() && table.notes[0].contains("collected"));
}

#[test]
fn splits_of_a_heap_are_no_figure() {
    let table = table(&update(1.0, 0.0, 0.0), &schema("heap")).unwrap();
    assert_eq!(table.rows[0].cells[4], "–");
    assert_eq!(table.total[4], "0");
}

#[test]
fn a_statement_that_changed_no_row_has_no_table() {
    let nothing = LastWrites {
        ledger: None,
        ..update(0.0, 0.0, 0.0)
    };
    assert_eq!(table(&nothing, &schema("heap")), None);
}
