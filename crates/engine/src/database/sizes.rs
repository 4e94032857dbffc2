//! How large everything is now, for the planner.

use super::state::Database;
use crate::{
    catalog::{IndexDef, IndexState, TableId},
    stats::RelationSize,
};

/// What a relation that nobody looked at has.
const UNKNOWN: RelationSize = RelationSize {
    analyzed_pages: 0,
    analyzed_rows: -1.0,
    all_visible_pages: 0,
    pages: 0,
    tree_height: 0,
};

/// Entries of a leaf that a build at 90 % fills with entries of this size (with their pointers).
const LEAF_BYTES: f64 = 8144.0;

impl Database {
    /// Notes the sizes that pages have now. O(relations).
    pub(super) fn refresh_sizes(&mut self) {
        for &id in self.catalog.tables.keys() {
            let Ok(table) = self.storage.table(id) else {
                continue;
            };
            let pages = table.heap.pages(&self.storage.store);
            self.statistics.tables.entry(id).or_insert(UNKNOWN).pages = pages;
        }
        for (&id, def) in &self.catalog.indexes {
            let Ok(index) = self.storage.index(id) else {
                if def.state == IndexState::Hypothetical {
                    let size = self.hypothetical_size(def);
                    self.statistics.indexes.insert(id, size);
                }
                continue;
            };
            let counts = index.tree.counts(&self.storage.store);
            let size = self.statistics.indexes.entry(id).or_insert(UNKNOWN);
            size.pages = counts.pages;
            size.tree_height = counts.height;
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

    /// What a build would make of an index that was not built.
    fn hypothetical_size(&self, def: &IndexDef) -> RelationSize {
        let Some(table) = self.catalog.tables.get(&def.table) else {
            return UNKNOWN;
        };
        let rows = self.live_rows(def.table) as f64;
        let mut offset = 0usize;
        let align = |at: usize, to: usize| at.div_ceil(to.max(1)) * to.max(1);
        let include = def
            .include
            .iter()
            .filter_map(|&at| table.columns.get(usize::from(at)));
        let columns = def
            .columns
            .iter()
            .map(|part| {
                let column = match part.key {
                    crate::catalog::IndexKey::Column(at) => Some(at),
                    crate::catalog::IndexKey::Expression(_) => None,
                };
                (part.data_type, column)
            })
            .chain(include.map(|column| (column.data_type, table.column_position(&column.name))));
        for (data_type, column) in columns {
            offset = match data_type.fixed_len() {
                Some(length) => align(offset, data_type.alignment()) + length,
                None => {
                    let known = column.and_then(|at| {
                        let key = crate::stats::StatsKey::Column(def.table, at);
                        self.statistics.columns.get(&key)
                    });
                    offset
                        + known.map_or(32, |stats| usize::try_from(stats.avg_width).unwrap_or(32))
                }
            };
        }
        let entry = (8 + align(offset, 8) + 4) as f64;
        let page = self.storage.store.page_bytes() as f64;
        let scale = page / 8192.0;
        let full = LEAF_BYTES * scale - page * (1.0 - f64::from(def.fill_factor) / 100.0);
        let per_leaf = libm::floor(full / entry).max(2.0);
        let mut level = libm::ceil(rows / per_leaf);
        let mut pages = 1.0 + level;
        let mut height = 0;
        let fanout = libm::floor((LEAF_BYTES * scale - page * 0.3) / entry).max(2.0) + 1.0;
        while level > 1.0 {
            level = libm::ceil(level / fanout);
            pages += level;
            height += 1;
        }
        RelationSize {
            analyzed_pages: pages as u32,
            analyzed_rows: rows,
            all_visible_pages: 0,
            pages: pages as u32,
            tree_height: height,
        }
    }

    /// Rows that a scan would return. O(1).
    pub(super) fn live_rows(&self, table: TableId) -> u64 {
        self.storage
            .table(table)
            .map_or(0, |table| table.heap.counts(&self.storage.store).live_rows)
    }

    /// Writes what CREATE INDEX, VACUUM and ANALYZE leave in `pg_class` for a table.
    pub(super) fn note_table_size(&mut self, id: TableId, rows: f64) {
        let Ok(table) = self.storage.table(id) else {
            return;
        };
        let counts = table.heap.counts(&self.storage.store);
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
    pub(super) fn note_index_size(&mut self, id: crate::catalog::IndexId, rows: f64) {
        let Ok(index) = self.storage.index(id) else {
            return;
        };
        let counts = index.tree.counts(&self.storage.store);
        self.statistics.indexes.insert(
            id,
            RelationSize {
                analyzed_pages: counts.pages,
                analyzed_rows: rows,
                all_visible_pages: 0,
                pages: counts.pages,
                tree_height: counts.height,
            },
        );
    }
}
