//! What PostgreSQL does not tell: the modelled time of a node's reads, and what a change wrote to the table and to each index.
//!
//! JSON shows them under keys of their own, which plan viewers pass over; the text form stays PostgreSQL's.

use super::{
    details::{hidden, index_name, name},
    text::milliseconds,
    tree::{Builder, Property, PropertyValue},
};
use crate::{executor::NodeMetrics, physical::PlanKind};
use alloc::{string::String, vec::Vec};

fn count(key: &'static str, value: u64) -> Property {
    hidden(key, PropertyValue::Int(value))
}

/// The reads of a node with its inputs, as the device would have done them. Modelled, not measured.
pub(super) fn io(builder: &Builder<'_>, metrics: &NodeMetrics) -> Vec<Property> {
    let Some(times) = builder.measurements.page_times else {
        return Vec::new();
    };
    let sequential = metrics.buffers_read_sequential;
    let modelled = times.modelled_ns(metrics.buffers_read, sequential);
    let facts = Vec::from([
        name("Device", times.device),
        count("Sequential Reads", sequential),
        count(
            "Random Reads",
            metrics.buffers_read.saturating_sub(sequential),
        ),
        count("Evicted Blocks", metrics.buffers_evicted),
        hidden("Time", PropertyValue::Float(milliseconds(modelled), 3)),
    ]);
    Vec::from([hidden("Modelled I/O", PropertyValue::Group(facts))])
}

/// The write ledger, under the node that changes rows.
pub(super) fn ledger(builder: &Builder<'_>, kind: &PlanKind) -> Option<Property> {
    let (PlanKind::Insert { table, .. }
    | PlanKind::Update { table, .. }
    | PlanKind::Delete { table, .. }) = kind
    else {
        return None;
    };
    let ledger = builder.measurements.ledger?;
    let heap = Vec::from([
        name(
            "Relation Name",
            builder
                .catalog
                .table_name(*table)
                .map_or_else(String::new, String::from),
        ),
        count("Row Versions", ledger.rows),
        count("Pages Dirtied", ledger.heap_pages_dirtied),
        count("Pages Added", ledger.heap_pages_allocated),
        count("Bytes Written", ledger.heap_bytes_written),
    ]);
    let mut facts = Vec::from([hidden("Table", PropertyValue::Group(heap))]);
    if matches!(kind, PlanKind::Update { .. }) {
        facts.push(hidden(
            "HOT",
            PropertyValue::Group(Vec::from([
                count("Updates", ledger.hot_updates),
                count("Indexed Column Changed", ledger.updates_of_indexed_columns),
                count("No Room in Page", ledger.updates_without_room),
            ])),
        ));
    }
    let indexes = ledger.indexes.iter().map(|(id, writes)| {
        Vec::from([
            name("Index Name", index_name(builder, *id)),
            count("Entries Added", writes.entries_added),
            count("Entries Removed", writes.entries_removed),
            count("Pages Dirtied", writes.pages_dirtied),
            count("Pages Added", writes.pages_allocated),
            count("Splits", writes.splits),
            count("Merges", writes.merges),
            count("Deduplications", writes.deduplications),
            count("Bytes Written", writes.bytes_written),
        ])
    });
    facts.push(hidden("Indexes", PropertyValue::Groups(indexes.collect())));
    Some(hidden("Write Ledger", PropertyValue::Group(facts)))
}
