//! What EXPLAIN ANALYZE says of a node beside rows and times: blocks, sorts, hash tables, caches.
//!
//! Everything here was counted or done; nothing is what PostgreSQL would have done. Keys and lines are PostgreSQL's (15, `explain.c`,
//! `show_sort_info`, `show_incremental_sort_info`, `show_hash_info`, `show_memoize_info`).

use super::{
    details::{Describer, hidden, line, name},
    tree::{Property, PropertyValue, TextForm},
};
use crate::{
    executor::{MemoizeCounts, SortGroups},
    logical::Expr,
};
use alloc::{format, string::String, vec, vec::Vec};

/// Bytes as EXPLAIN gives memory: kB, rounded up.
const fn kilobytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024)
}

impl Describer<'_, '_> {
    pub(super) fn heap_blocks(&mut self) {
        let Some(metrics) = self.metrics else {
            return;
        };
        let (exact, lossy) = (metrics.exact_heap_blocks, metrics.lossy_heap_blocks);
        let mut text = String::from("Heap Blocks:");
        if exact > 0 {
            text.push_str(&format!(" exact={exact}"));
        }
        if lossy > 0 {
            text.push_str(&format!(" lossy={lossy}"));
        }
        self.push(Property {
            key: "Exact Heap Blocks",
            value: PropertyValue::Int(exact),
            text: if exact + lossy > 0 {
                TextForm::As(text)
            } else {
                TextForm::Hidden
            },
        });
        self.push(hidden("Lossy Heap Blocks", PropertyValue::Int(lossy)));
    }

    pub(super) fn sort_method(&mut self) {
        let Some((metrics, method)) = self.metrics.and_then(|m| Some((m, m.sort_method?))) else {
            return;
        };
        let space = kilobytes(metrics.peak_bytes);
        let kind = "Memory";
        self.push(Property {
            key: "Sort Method",
            value: PropertyValue::Text(method.into()),
            text: TextForm::As(format!("Sort Method: {method}  {kind}: {space}kB")),
        });
        self.push(hidden("Sort Space Used", PropertyValue::Kilobytes(space)));
        self.push(name("Sort Space Type", kind));
    }

    pub(super) fn incremental_sort(&mut self) {
        if let Some(metrics) = self.metrics {
            self.sort_groups("Full-sort Groups", &metrics.full_sort_groups);
            self.sort_groups("Pre-sorted Groups", &metrics.presorted_groups);
        }
    }

    fn sort_groups(&mut self, key: &'static str, groups: &SortGroups) {
        if groups.count == 0 {
            return;
        }
        let count = groups.count;
        let average = kilobytes(groups.total_bytes / count);
        let peak = kilobytes(groups.peak_bytes);
        let plural = if groups.methods.len() > 1 { "s" } else { "" };
        let methods = groups.methods.join(", ");
        let space = vec![
            hidden("Average Sort Space Used", PropertyValue::Kilobytes(average)),
            hidden("Peak Sort Space Used", PropertyValue::Kilobytes(peak)),
        ];
        let names = groups.methods.iter().map(|&name| name.into()).collect();
        let facts = vec![
            hidden("Group Count", PropertyValue::Int(count)),
            hidden("Sort Methods Used", PropertyValue::List(names)),
            hidden("Sort Space Memory", PropertyValue::Group(space)),
        ];
        self.push(Property {
            key,
            value: PropertyValue::Group(facts),
            text: TextForm::As(format!(
                "{key}: {count}  Sort Method{plural}: {methods}  Average Memory: {average}kB  Peak Memory: {peak}kB"
            )),
        });
    }

    pub(super) fn hash_table(&mut self) {
        let Some(metrics) = self.metrics.filter(|metrics| metrics.hash_buckets > 0) else {
            return;
        };
        // Tables are never split: they stay in memory.
        let (buckets, batches) = (metrics.hash_buckets, 1);
        let space = kilobytes(metrics.peak_bytes);
        self.push(Property {
            key: "Hash Buckets",
            value: PropertyValue::Int(buckets),
            text: TextForm::As(format!(
                "Buckets: {buckets}  Batches: {batches}  Memory Usage: {space}kB"
            )),
        });
        self.push(hidden("Original Hash Buckets", PropertyValue::Int(buckets)));
        self.push(hidden("Hash Batches", PropertyValue::Int(batches)));
        self.push(hidden("Original Hash Batches", PropertyValue::Int(batches)));
        self.push(hidden("Peak Memory Usage", PropertyValue::Kilobytes(space)));
    }

    pub(super) fn hash_aggregate(&mut self) {
        let Some(metrics) = self.metrics else {
            return;
        };
        let batches = 1;
        let space = kilobytes(metrics.peak_bytes);
        self.push(Property {
            key: "HashAgg Batches",
            value: PropertyValue::Int(batches),
            text: TextForm::As(format!("Batches: {batches}  Memory Usage: {space}kB")),
        });
        self.push(hidden("Peak Memory Usage", PropertyValue::Kilobytes(space)));
        self.push(hidden("Disk Usage", PropertyValue::Int(0)));
    }

    pub(super) fn memoize(&mut self, keys: &[Expr]) {
        let keys: Vec<String> = keys.iter().map(|key| self.writer.text(key)).collect();
        self.push(line("Cache Key", PropertyValue::Text(keys.join(", "))));
        self.push(line("Cache Mode", PropertyValue::Text("logical".into())));
        let Some((metrics, counts)) = self
            .metrics
            .and_then(|metrics| Some((metrics, metrics.memoize?)))
        else {
            return;
        };
        let MemoizeCounts {
            hits,
            misses,
            evictions,
            overflows,
        } = counts;
        let space = kilobytes(metrics.peak_bytes);
        self.push(Property {
            key: "Cache Hits",
            value: PropertyValue::Int(hits),
            text: TextForm::As(format!(
                "Hits: {hits}  Misses: {misses}  Evictions: {evictions}  Overflows: {overflows}  Memory Usage: {space}kB"
            )),
        });
        self.push(hidden("Cache Misses", PropertyValue::Int(misses)));
        self.push(hidden("Cache Evictions", PropertyValue::Int(evictions)));
        self.push(hidden("Cache Overflows", PropertyValue::Int(overflows)));
        self.push(hidden("Peak Memory Usage", PropertyValue::Kilobytes(space)));
    }
}
