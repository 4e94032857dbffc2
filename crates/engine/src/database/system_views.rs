//! Rows of the catalog views, made from catalog and statistics where a statement reads them.
//!
//! Each maker names the columns that it fills; the others are NULL. Columns, constraints and statistics are in
//! [`system_columns`](super::system_columns).

use super::state::Database;
use crate::{
    catalog::{IndexDef, IndexKey, IndexState, system},
    stats::RelationSize,
    value::{Batch, Column, Value},
};
use alloc::{format, rc::Rc, string::String, vec::Vec};

/// A row: names of columns and their values.
pub(super) type Row = Vec<(&'static str, Value)>;

pub(super) fn text(value: &str) -> Value {
    Value::text(value)
}

pub(super) fn oid(id: u32) -> Value {
    Value::Int8(i64::from(id))
}

pub(super) fn int2(value: usize) -> Value {
    Value::Int2(i16::try_from(value).unwrap_or(i16::MAX))
}

fn pages(count: u32) -> Value {
    Value::Int4(count.try_into().unwrap_or(i32::MAX))
}

fn bytes(count: u64) -> Value {
    Value::Int8(count.try_into().unwrap_or(i64::MAX))
}

pub(super) const PUBLIC: Value = Value::Int8(2200);
pub(super) const YES: Value = Value::Bool(true);
pub(super) const NO: Value = Value::Bool(false);
const NONE: Value = Value::Int8(0);

/// Who owns everything.
const OWNER: &str = "pagewalk";

impl Database {
    /// All rows of a catalog view, as one batch.
    pub(super) fn system_rows(&mut self, view: &str) -> Batch {
        self.refresh_sizes();
        let Some(view) = system::VIEWS.iter().find(|known| known.name == view) else {
            return Batch::default();
        };
        let rows = match view.name {
            system::RELATIONS => self.relations(),
            "pg_class" => self.pg_class(),
            "pg_index" => self.pg_index(),
            "pg_indexes" => self.pg_indexes(),
            "pg_tables" => self.pg_tables(),
            "pg_views" => self.pg_views(),
            "pg_stats" => self.pg_stats(),
            "pg_attribute" => self.pg_attribute(),
            "pg_type" => super::system_columns::pg_type(),
            "pg_constraint" => self.pg_constraint(),
            "pg_namespace" => Vec::from([
                Vec::from([("oid", Value::Int8(11)), ("nspname", text("pg_catalog"))]),
                Vec::from([("oid", PUBLIC), ("nspname", text("public"))]),
            ]),
            "pg_am" => Vec::from([
                access_method(2, "heap", "t"),
                access_method(403, "btree", "i"),
            ]),
            "pg_settings" => {
                let all = self.settings.all().into_iter();
                all.map(|(name, value)| {
                    Vec::from([("name", text(name)), ("setting", text(&value))])
                })
                .collect()
            }
            "pg_stat_user_tables" => self.pg_stat_user_tables(),
            "information_schema.tables" => self.information_tables(),
            "information_schema.columns" => self.information_columns(),
            _ => Vec::new(),
        };
        let columns = view.columns.iter().map(|(name, data_type)| {
            let values = rows.iter().map(|row| {
                let found = row.iter().find(|(known, _)| known == name);
                found.map_or(&Value::Null, |(_, value)| value)
            });
            Rc::new(Column::from_values(*data_type, values))
        });
        Batch::new(columns.collect(), rows.len())
    }

    /// Names and sizes of tables, indexes and views.
    fn relations(&self) -> Vec<Row> {
        let page = self.storage.store.page_bytes() as u64;
        let mut rows = Vec::new();
        for (id, table) in self.catalog.tables.iter() {
            let size = self.statistics.tables.get(id).map_or(0, |size| size.pages);
            let indexes: u64 = self
                .catalog
                .indexes_of(*id)
                .map(|index| self.index_bytes(index))
                .sum();
            let main = u64::from(size) * page;
            rows.push(Vec::from([
                ("oid", oid(id.0)),
                ("name", text(&table.name)),
                ("main_bytes", bytes(main)),
                ("indexes_bytes", bytes(indexes)),
                ("total_bytes", bytes(main + indexes)),
            ]));
        }
        for (id, index) in self.catalog.indexes.iter() {
            let main = self.index_bytes(index);
            rows.push(Vec::from([
                ("oid", oid(id.0)),
                ("name", text(&index.name)),
                ("main_bytes", bytes(main)),
                ("indexes_bytes", bytes(0)),
                ("total_bytes", bytes(main)),
                ("definition", text(&self.index_definition(index))),
            ]));
        }
        for (at, view) in self.catalog.views.values().enumerate() {
            rows.push(Vec::from([
                ("oid", oid(view_oid(at))),
                ("name", text(&view.name)),
                ("main_bytes", bytes(0)),
                ("indexes_bytes", bytes(0)),
                ("total_bytes", bytes(0)),
            ]));
        }
        rows
    }

    /// What an index takes; nothing if it was never built.
    fn index_bytes(&self, index: &IndexDef) -> u64 {
        if index.state == IndexState::Hypothetical {
            return 0;
        }
        let size = self.statistics.indexes.get(&index.id);
        size.map_or(0, |size| u64::from(size.pages)) * self.storage.store.page_bytes() as u64
    }

    fn pg_class(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut add = |id: u32,
                       name: &str,
                       kind: &str,
                       size: Option<RelationSize>,
                       (columns, checks): (usize, usize),
                       (has_index, options): (bool, Value)| {
            let stored = kind != "v";
            let method = match kind {
                "r" => 2,
                "i" => 403,
                _ => 0,
            };
            rows.push(Vec::from([
                ("oid", oid(id)),
                ("relname", text(name)),
                ("relnamespace", PUBLIC),
                ("reltype", NONE),
                ("relowner", Value::Int8(10)),
                ("relam", Value::Int8(method)),
                ("relfilenode", if stored { oid(id) } else { NONE }),
                ("reltablespace", NONE),
                ("relpages", pages(size.map_or(0, |s| s.analyzed_pages))),
                (
                    "reltuples",
                    Value::Float4(size.map_or(-1.0, |s| s.analyzed_rows as f32)),
                ),
                (
                    "relallvisible",
                    pages(size.map_or(0, |s| s.all_visible_pages)),
                ),
                ("reltoastrelid", NONE),
                ("relhasindex", Value::Bool(has_index)),
                ("relisshared", NO),
                ("relpersistence", text("p")),
                ("relkind", text(kind)),
                ("relnatts", int2(columns)),
                ("relchecks", int2(checks)),
                ("relhasrules", Value::Bool(!stored)),
                ("relhastriggers", NO),
                ("relispartition", NO),
                ("reloptions", options),
            ]));
        };
        for (id, table) in self.catalog.tables.iter() {
            let size = self.statistics.tables.get(id).copied();
            let has_index = self.catalog.indexes_of(*id).next().is_some();
            let counts = (table.columns.len(), table.checks.len());
            let options = fill_factor(table.fill_factor, 100);
            add(id.0, &table.name, "r", size, counts, (has_index, options));
        }
        for (id, index) in self.catalog.indexes.iter() {
            let mut size = self.statistics.indexes.get(id).copied();
            if let Some(size) = &mut size {
                // An index that was never looked at shows the pages that it was made with.
                if size.analyzed_rows < 0.0 {
                    size.analyzed_pages = 1;
                    size.analyzed_rows = 0.0;
                }
            }
            let counts = (index.columns.len() + index.include.len(), 0);
            let options = fill_factor(index.fill_factor, 90);
            add(id.0, &index.name, "i", size, counts, (false, options));
        }
        for (at, view) in self.catalog.views.values().enumerate() {
            let counts = (view.columns.len(), 0);
            add(
                view_oid(at),
                &view.name,
                "v",
                None,
                counts,
                (false, Value::Null),
            );
        }
        rows
    }

    fn pg_index(&self) -> Vec<Row> {
        let rows = self.catalog.indexes.values().map(|index| {
            let (mut keys, mut options) = (String::new(), String::new());
            let mut expressions = Vec::new();
            let table = self.catalog.tables.get(&index.table);
            for part in &index.columns {
                let number = match &part.key {
                    IndexKey::Column(at) => at + 1,
                    IndexKey::Expression(expr) => {
                        if let Some(table) = table {
                            expressions.push(crate::explain::expression_text(expr, table));
                        }
                        0
                    }
                };
                if !keys.is_empty() {
                    keys.push(' ');
                    options.push(' ');
                }
                keys.push_str(&format!("{number}"));
                let option = u8::from(part.descending) + 2 * u8::from(part.nulls_first);
                options.push_str(&format!("{option}"));
            }
            for at in &index.include {
                keys.push_str(&format!(" {}", at + 1));
            }
            let primary = table.is_some_and(|table| table.primary_key == Some(index.id));
            Vec::from([
                ("indexrelid", oid(index.id.0)),
                ("indrelid", oid(index.table.0)),
                ("indnatts", int2(index.columns.len() + index.include.len())),
                ("indnkeyatts", int2(index.columns.len())),
                ("indisunique", Value::Bool(index.unique)),
                ("indnullsnotdistinct", Value::Bool(index.nulls_not_distinct)),
                ("indisprimary", Value::Bool(primary)),
                ("indisexclusion", NO),
                ("indimmediate", YES),
                ("indisclustered", NO),
                ("indisvalid", Value::Bool(index.state == IndexState::Real)),
                (
                    "indisready",
                    Value::Bool(index.state != IndexState::Hypothetical),
                ),
                ("indislive", YES),
                ("indkey", text(&keys)),
                ("indoption", text(&options)),
                (
                    "indexprs",
                    if expressions.is_empty() {
                        Value::Null
                    } else {
                        text(&expressions.join(", "))
                    },
                ),
                (
                    "indpred",
                    index.predicate_text.as_deref().map_or(Value::Null, text),
                ),
            ])
        });
        rows.collect()
    }

    fn pg_indexes(&self) -> Vec<Row> {
        let rows = self.catalog.indexes.values().map(|index| {
            let table = self.catalog.tables.get(&index.table);
            Vec::from([
                ("schemaname", text("public")),
                ("tablename", text(table.map_or("", |table| &table.name))),
                ("indexname", text(&index.name)),
                ("indexdef", text(&self.index_definition(index))),
            ])
        });
        rows.collect()
    }

    fn pg_tables(&self) -> Vec<Row> {
        let rows = self.catalog.tables.iter().map(|(id, table)| {
            let has_index = self.catalog.indexes_of(*id).next().is_some();
            Vec::from([
                ("schemaname", text("public")),
                ("tablename", text(&table.name)),
                ("tableowner", text(OWNER)),
                ("hasindexes", Value::Bool(has_index)),
                ("hasrules", NO),
                ("hastriggers", NO),
                ("rowsecurity", NO),
            ])
        });
        rows.collect()
    }

    fn pg_views(&self) -> Vec<Row> {
        let rows = self.catalog.views.values().map(|view| {
            Vec::from([
                ("schemaname", text("public")),
                ("viewname", text(&view.name)),
                ("viewowner", text(OWNER)),
                ("definition", text(&view.query)),
            ])
        });
        rows.collect()
    }

    fn pg_stat_user_tables(&self) -> Vec<Row> {
        let rows = self.catalog.tables.iter().map(|(id, table)| {
            let counts = self.storage.table(*id);
            let counts = counts.map(|table| table.counts(&self.storage.store));
            let counts = counts.unwrap_or_default();
            let changed = self.changed_rows.get(id).copied().unwrap_or(0);
            Vec::from([
                ("relid", oid(id.0)),
                ("schemaname", text("public")),
                ("relname", text(&table.name)),
                ("n_live_tup", bytes(counts.live_rows)),
                ("n_dead_tup", bytes(counts.dead_rows)),
                ("n_mod_since_analyze", bytes(changed)),
            ])
        });
        rows.collect()
    }

    fn information_tables(&self) -> Vec<Row> {
        let tables = self
            .catalog
            .tables
            .values()
            .map(|table| (&table.name, "BASE TABLE"));
        let views = self.catalog.views.values().map(|view| (&view.name, "VIEW"));
        let rows = tables.chain(views).map(|(name, kind)| {
            let writable = if kind == "VIEW" { "NO" } else { "YES" };
            Vec::from([
                ("table_catalog", text("pagewalk")),
                ("table_schema", text("public")),
                ("table_name", text(name)),
                ("table_type", text(kind)),
                ("is_insertable_into", text(writable)),
                ("is_typed", text("NO")),
            ])
        });
        rows.collect()
    }
}

/// Views have no numbers of their own.
fn view_oid(at: usize) -> u32 {
    u32::MAX - at as u32
}

fn access_method(id: i64, name: &str, kind: &str) -> Row {
    Vec::from([
        ("oid", Value::Int8(id)),
        ("amname", text(name)),
        ("amtype", text(kind)),
    ])
}

/// `{fillfactor=70}`, or NULL where it is the default.
fn fill_factor(found: u8, default: u8) -> Value {
    if found == default {
        Value::Null
    } else {
        text(&format!("{{fillfactor={found}}}"))
    }
}
