//! Sizes and statistics from a JSON file into the engine's form.
//!
//! The shape is that of PostgreSQL's `pg_class` and `pg_stats`: `relations` with relpages, reltuples, relallvisible,
//! blocks_now and `btree.level`; `stats` with values as text.

use engine::{
    catalog::{Catalog, IndexId, IndexKey},
    stats::{
        IndexEndpoints, Statistics, StatsKey,
        load::{LoadedColumn, LoadedRelation, load_column, load_relation},
    },
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Reads `relations` and the list under `columns` (`stats` or `stats_full`) of `file`.
pub fn read(file: &Value, columns: &str, catalog: &Catalog) -> Result<Statistics, String> {
    let mut statistics = Statistics::default();
    for relation in list(file, "relations") {
        let loaded = LoadedRelation {
            name: text(relation, "name"),
            analyzed_pages: whole(&relation["relpages"]),
            analyzed_rows: relation["reltuples"].as_f64().unwrap_or(-1.0),
            all_visible_pages: whole(&relation["relallvisible"]),
            pages: whole(&relation["blocks_now"]),
            tree_height: whole(&relation["btree"]["level"]),
        };
        load_relation(&mut statistics, catalog, &loaded).map_err(|error| error.message)?;
    }
    for column in list(file, columns) {
        let frequencies = list(column, "most_common_freqs").iter().map(number);
        let common = list(column, "most_common_vals").iter().map(value_text);
        let loaded = LoadedColumn {
            relation: text(column, "tablename"),
            column: text(column, "attname"),
            null_fraction: number(&column["null_frac"]),
            avg_width: i32::try_from(whole(&column["avg_width"])).unwrap_or(i32::MAX),
            n_distinct: number(&column["n_distinct"]),
            most_common: common.zip(frequencies).collect(),
            histogram: list(column, "histogram_bounds")
                .iter()
                .map(value_text)
                .collect(),
            correlation: column
                .get("correlation")
                .filter(|value| !value.is_null())
                .map(number),
        };
        load_column(&mut statistics, catalog, &loaded).map_err(|error| error.message)?;
    }
    Ok(statistics)
}

/// Smallest and largest values of indexes' first columns, as statistics over all rows have them: what a live index would say.
pub struct Ends(BTreeMap<IndexId, (engine::value::Value, engine::value::Value)>);

impl Ends {
    /// From statistics that were gathered from every row.
    pub fn new(statistics: &Statistics, catalog: &Catalog) -> Self {
        let mut ends = BTreeMap::new();
        for index in catalog.indexes.values() {
            let key = match index.columns.first().map(|part| &part.key) {
                Some(IndexKey::Column(column)) => StatsKey::Column(index.table, *column),
                Some(IndexKey::Expression(_)) => StatsKey::Expression(index.id, 0),
                None => continue,
            };
            let Some(stats) = statistics.columns.get(&key) else {
                continue;
            };
            let common = stats.most_common.iter().map(|(value, _)| value);
            let values = || common.clone().chain(&stats.histogram);
            let order =
                |a: &&engine::value::Value, b: &&engine::value::Value| engine::value::compare(a, b);
            if let (Some(least), Some(most)) = (values().min_by(order), values().max_by(order)) {
                ends.insert(index.id, (least.clone(), most.clone()));
            }
        }
        Self(ends)
    }
}

impl IndexEndpoints for Ends {
    fn endpoint(&self, index: IndexId, largest: bool) -> Option<engine::value::Value> {
        let (least, most) = self.0.get(&index)?;
        Some(if largest { most.clone() } else { least.clone() })
    }
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> String {
    value_text(&value[key])
}

fn value_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn whole(value: &Value) -> u32 {
    value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(0)
}

#[allow(clippy::cast_possible_truncation, reason = "these columns are float4")]
fn number(value: &Value) -> f32 {
    value.as_f64().unwrap_or(0.0) as f32
}
