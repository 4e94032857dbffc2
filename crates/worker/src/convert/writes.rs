//! The write ledger as it is shown.

use engine::catalog::{Catalog, TableId};
use engine::executor::WriteLedger;
use protocol::{IndexWritesView, WriteLedgerView};

use super::figures::figure;

/// What a statement wrote; none if it wrote nothing.
pub fn ledger(catalog: &Catalog, ledger: &WriteLedger) -> Option<Box<WriteLedgerView>> {
    if ledger.is_empty() {
        return None;
    }
    let table: Option<TableId> = ledger.table;
    let name = table.and_then(|id| catalog.tables.get(&id));
    let indexes = ledger.indexes.iter().map(|(id, writes)| IndexWritesView {
        id: id.0,
        name: catalog
            .indexes
            .get(id)
            .map_or_else(String::new, |index| index.name.to_string()),
        entries_added: figure(writes.entries_added),
        entries_removed: figure(writes.entries_removed),
        pages_dirtied: figure(writes.pages_dirtied),
        pages_added: figure(writes.pages_allocated),
        splits: figure(writes.splits),
        merges: figure(writes.merges),
        deduplications: figure(writes.deduplications),
        bytes_written: figure(writes.bytes_written),
    });
    Some(Box::new(WriteLedgerView {
        table: name.map_or_else(String::new, |table| table.name.to_string()),
        rows: figure(ledger.rows),
        pages_dirtied: figure(ledger.heap_pages_dirtied),
        pages_added: figure(ledger.heap_pages_allocated),
        bytes_written: figure(ledger.heap_bytes_written),
        hot_updates: figure(ledger.hot_updates),
        updates_of_indexed_columns: figure(ledger.updates_of_indexed_columns),
        updates_without_room: figure(ledger.updates_without_room),
        indexes: indexes.collect(),
    }))
}
