//! How large everything is now, for the planner.

use super::{relation::Index, state::Database};
use crate::{
    catalog::{IndexDef, IndexId, IndexState, TableId},
    stats::RelationSize,
    what_if::{IndexSizeInput, predicted_index_size},
};
use alloc::vec::Vec;

/// What a relation that nobody looked at has.
const UNKNOWN: RelationSize = RelationSize {
    analyzed_pages: 0,
    analyzed_rows: -1.0,
    all_visible_pages: 0,
    pages: 0,
    tree_height: 0,
};

/// Pages of an index; the leaves that are a clustered table's rows count as the table's.
fn pages_of(index: &Index, counts: btree::TreeCounts) -> u32 {
    if index.holds_rows() {
        counts.pages - counts.leaf_pages
    } else {
        counts.pages
    }
}

impl Database {
    /// Notes the sizes that the pages of all relations have now. O(relations).
    pub(super) fn refresh_sizes(&mut self) {
        let tables: Vec<TableId> = self.catalog.tables.keys().copied().collect();
        for id in tables {
            self.refresh_size(id);
        }
        let tables = &self.catalog.tables;
        self.statistics
            .tables
            .retain(|id, _| tables.contains_key(id));
        let indexes = &self.catalog.indexes;
        self.statistics
            .indexes
            .retain(|id, _| indexes.contains_key(id));
    }

    /// Notes the sizes that a table and its indexes have now. O(indexes).
    pub(super) fn refresh_size(&mut self, id: TableId) {
        let Ok(table) = self.storage.table(id) else {
            return;
        };
        let pages = table.pages(&self.storage.store);
        self.statistics.tables.or_insert(id, UNKNOWN).pages = pages;
        for def in self.catalog.indexes_of(id) {
            let Ok(index) = self.storage.index(def.id) else {
                if def.state == IndexState::Hypothetical {
                    let size = self.hypothetical_size(def);
                    self.statistics.indexes.insert(def.id, size);
                }
                continue;
            };
            let counts = index.tree.counts(&self.storage.store);
            let size = self.statistics.indexes.or_insert(def.id, UNKNOWN);
            size.pages = pages_of(index, counts);
            size.tree_height = counts.height;
        }
    }

    /// What a build would make of an index that was not built.
    fn hypothetical_size(&self, def: &IndexDef) -> RelationSize {
        let Some(table) = self.catalog.tables.get(&def.table) else {
            return UNKNOWN;
        };
        predicted_index_size(&IndexSizeInput {
            index: def,
            table,
            statistics: &self.statistics,
            rows: self.live_rows(def.table) as f64,
            page_bytes: self.storage.store.page_bytes() as u32,
        })
    }

    /// What a build would make of an index now, built or not: pages, height and entries, from statistics alone.
    #[must_use]
    pub fn predicted_index_size(&self, index: IndexId) -> Option<RelationSize> {
        let def = self.catalog.indexes.get(&index)?;
        Some(self.hypothetical_size(def))
    }

    /// Rows that a scan would return. O(1).
    pub(super) fn live_rows(&self, table: TableId) -> u64 {
        self.storage
            .table(table)
            .map_or(0, |table| table.counts(&self.storage.store).live_rows)
    }

    /// Writes what CREATE INDEX, VACUUM and ANALYZE leave in `pg_class` for a table.
    pub(super) fn note_table_size(&mut self, id: TableId, rows: f64) {
        let Ok(table) = self.storage.table(id) else {
            return;
        };
        let counts = table.counts(&self.storage.store);
        self.statistics.tables.insert(
            id,
            RelationSize {
                analyzed_pages: counts.pages,
                analyzed_rows: rows,
                all_visible_pages: counts.all_visible_pages,
                pages: counts.pages,
                tree_height: 0,
            },
        );
    }

    /// The same for an index.
    pub(super) fn note_index_size(&mut self, id: IndexId, rows: f64) {
        let Ok(index) = self.storage.index(id) else {
            return;
        };
        let counts = index.tree.counts(&self.storage.store);
        self.statistics.indexes.insert(
            id,
            RelationSize {
                analyzed_pages: pages_of(index, counts),
                analyzed_rows: rows,
                all_visible_pages: 0,
                pages: pages_of(index, counts),
                tree_height: counts.height,
            },
        );
    }
}
