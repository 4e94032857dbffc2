//! A trace of page accesses with names, and its miss curve: what cache sizes would have done to the statement.

use super::state::Database;
use alloc::{string::String, vec::Vec};
use pages::{RelationId, StackDistances, Trace};

/// A table or an index that a trace names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedRelation {
    /// Its number in the store.
    pub relation: RelationId,
    /// Its number in the catalog.
    pub id: u32,
    /// Name.
    pub name: String,
    /// An index, not a table.
    pub index: bool,
    /// Pages it has now.
    pub pages: u32,
}

/// A size of cache and what it would have missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissPoint {
    /// Pages that the cache holds.
    pub cache_pages: u64,
    /// Accesses that would have had to read.
    pub misses: u64,
}

/// Misses under LRU by size of the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissCurve {
    /// Accesses in all.
    pub accesses: u64,
    /// Different pages: misses that no size avoids.
    pub distinct_pages: u64,
    /// From one page to as many as make no difference, sizes rising.
    pub points: Vec<MissPoint>,
}

impl MissCurve {
    /// One pass over the accesses. Where there are more than `limit` sizes that differ, the sizes kept grow by a factor.
    /// O(accesses · log pages).
    #[must_use]
    pub fn of(trace: &Trace, limit: usize) -> Self {
        let mut distances = StackDistances::new();
        for access in &trace.accesses {
            if access.access.is_access() {
                distances.access(access.page);
            }
        }
        let curve = distances.miss_curve();
        let mut points = Vec::new();
        if let [misses] = curve.as_slice()
            && *misses > 0
        {
            // No page was used twice, so no cache helps.
            points.push(MissPoint {
                cache_pages: 1,
                misses: *misses,
            });
        }
        let mut last = None;
        let mut at = 1usize;
        while let Some(&misses) = curve.get(at) {
            if last != Some(misses) || at + 1 == curve.len() {
                points.push(MissPoint {
                    cache_pages: at as u64,
                    misses,
                });
                last = Some(misses);
            }
            let step = if curve.len() > limit.max(1) {
                (at * 16 / limit.max(1)).max(1)
            } else {
                1
            };
            // The last size is always there.
            at = if at + 1 < curve.len() {
                (at + step).min(curve.len() - 1)
            } else {
                curve.len()
            };
        }
        Self {
            accesses: distances.accesses(),
            distinct_pages: distances.distinct_pages(),
            points,
        }
    }
}

impl Database {
    /// The tables and indexes that a trace touched, in order of their numbers in the store. O(accesses · log relations).
    #[must_use]
    pub fn traced_relations(&self, trace: &Trace) -> Vec<TracedRelation> {
        let store = &self.storage.store;
        let mut known = Vec::new();
        for def in self.catalog.tables.values() {
            if let Ok(table) = self.storage.table(def.id) {
                known.push(TracedRelation {
                    relation: table.heap.relation(),
                    id: def.id.0,
                    name: String::from(&*def.name),
                    index: false,
                    pages: table.pages(store),
                });
            }
            for index in self.storage.indexes_of(def.id) {
                known.push(TracedRelation {
                    relation: index.tree.relation(),
                    id: index.def.id.0,
                    name: String::from(&*index.def.name),
                    index: true,
                    pages: index.tree.counts(store).pages,
                });
            }
        }
        let mut touched: Vec<RelationId> = trace.accesses.iter().map(|a| a.relation).collect();
        touched.sort_unstable();
        touched.dedup();
        known.retain(|relation| touched.binary_search(&relation.relation).is_ok());
        known.sort_unstable_by_key(|relation| relation.relation);
        known
    }
}
