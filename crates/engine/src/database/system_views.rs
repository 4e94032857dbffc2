//! Rows of the catalog views, made from catalog and statistics where a statement reads them.

use super::state::Database;
use crate::{
    catalog::{IndexKey, system},
    stats::{ColumnStats, StatsKey},
    value::{Batch, Column, DataType, Value, text::write_text},
};
use alloc::{format, rc::Rc, string::String, vec::Vec};

fn text(value: &str) -> Value {
    Value::text(value)
}

fn oid(id: u32) -> Value {
    Value::Int8(i64::from(id))
}

fn int2(value: usize) -> Value {
    Value::Int2(i16::try_from(value).unwrap_or(i16::MAX))
}

const PUBLIC: i64 = 2200;

impl Database {
    /// All rows of a catalog view, as one batch.
    pub(super) fn system_rows(&mut self, view: &str) -> Batch {
        self.refresh_sizes();
        let Some(view) = system::VIEWS.iter().find(|known| known.name == view) else {
            return Batch::default();
        };
        let rows = match view.name {
            "pg_class" => self.pg_class(),
            "pg_index" => self.pg_index(),
            "pg_indexes" => self.pg_indexes(),
            "pg_tables" => self.pg_tables(),
            "pg_views" => self.pg_views(),
            "pg_stats" => self.pg_stats(),
            "pg_attribute" => self.pg_attribute(),
            "pg_namespace" => Vec::from([
                Vec::from([Value::Int8(11), text("pg_catalog")]),
                Vec::from([Value::Int8(PUBLIC), text("public")]),
            ]),
            "pg_settings" => self
                .settings
                .all()
                .into_iter()
                .map(|(name, value)| {
                    Vec::from([
                        text(name),
                        text(&value),
                        Value::Null,
                        Value::Null,
                        Value::Null,
                    ])
                })
                .collect(),
            "information_schema.tables" => self.information_tables(),
            "information_schema.columns" => self.information_columns(),
            _ => Vec::new(),
        };
        let columns = view.columns.iter().enumerate().map(|(at, (_, data_type))| {
            let values = rows.iter().map(|row| row.get(at).unwrap_or(&Value::Null));
            Rc::new(Column::from_values(*data_type, values))
        });
        Batch::new(columns.collect(), rows.len())
    }

    fn pg_class(&self) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        let mut add = |id: u32,
                       name: &str,
                       kind: &str,
                       size: Option<crate::stats::RelationSize>,
                       has_index: bool,
                       columns: usize| {
            rows.push(Vec::from([
                oid(id),
                text(name),
                Value::Int8(PUBLIC),
                text(kind),
                Value::Int4(size.map_or(0, |s| s.analyzed_pages.try_into().unwrap_or(i32::MAX))),
                Value::Float4(size.map_or(-1.0, |s| s.analyzed_rows as f32)),
                Value::Int4(size.map_or(0, |s| s.all_visible_pages.try_into().unwrap_or(i32::MAX))),
                Value::Bool(has_index),
                int2(columns),
            ]));
        };
        for (id, table) in self.catalog.tables.iter() {
            let size = self.statistics.tables.get(id).copied();
            let has_index = self.catalog.indexes_of(*id).next().is_some();
            add(id.0, &table.name, "r", size, has_index, table.columns.len());
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
            add(
                id.0,
                &index.name,
                "i",
                size,
                false,
                index.columns.len() + index.include.len(),
            );
        }
        for (at, view) in self.catalog.views.values().enumerate() {
            let id = u32::MAX - at as u32;
            add(id, &view.name, "v", None, false, view.columns.len());
        }
        rows
    }

    fn pg_index(&self) -> Vec<Vec<Value>> {
        let rows = self.catalog.indexes.values().map(|index| {
            let mut keys = String::new();
            for part in &index.columns {
                let number = match part.key {
                    IndexKey::Column(at) => at + 1,
                    IndexKey::Expression(_) => 0,
                };
                if !keys.is_empty() {
                    keys.push(' ');
                }
                keys.push_str(&format!("{number}"));
            }
            for at in &index.include {
                keys.push_str(&format!(" {}", at + 1));
            }
            let table = self.catalog.tables.get(&index.table);
            let primary = table.is_some_and(|table| table.primary_key == Some(index.id));
            Vec::from([
                oid(index.id.0),
                oid(index.table.0),
                int2(index.columns.len() + index.include.len()),
                int2(index.columns.len()),
                Value::Bool(index.unique),
                Value::Bool(primary),
                Value::Bool(true),
                text(&keys),
            ])
        });
        rows.collect()
    }

    fn pg_indexes(&self) -> Vec<Vec<Value>> {
        let rows = self.catalog.indexes.values().map(|index| {
            let table = self.catalog.tables.get(&index.table);
            Vec::from([
                text("public"),
                text(table.map_or("", |table| &table.name)),
                text(&index.name),
                Value::Null,
                text(&self.index_definition(index)),
            ])
        });
        rows.collect()
    }

    fn pg_tables(&self) -> Vec<Vec<Value>> {
        let rows = self.catalog.tables.iter().map(|(id, table)| {
            let has_index = self.catalog.indexes_of(*id).next().is_some();
            Vec::from([
                text("public"),
                text(&table.name),
                text("pagewalk"),
                Value::Bool(has_index),
            ])
        });
        rows.collect()
    }

    fn pg_views(&self) -> Vec<Vec<Value>> {
        let rows = self.catalog.views.values().map(|view| {
            Vec::from([
                text("public"),
                text(&view.name),
                text("pagewalk"),
                text(&view.query),
            ])
        });
        rows.collect()
    }

    fn pg_stats(&self) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        for (key, stats) in self.statistics.columns.iter() {
            let (relation, column, data_type) = match key {
                StatsKey::Column(id, at) => {
                    let Some(table) = self.catalog.tables.get(id) else {
                        continue;
                    };
                    let Some(column) = table.columns.get(usize::from(*at)) else {
                        continue;
                    };
                    (&table.name, String::from(&*column.name), column.data_type)
                }
                StatsKey::Expression(id, at) => {
                    let Some(index) = self.catalog.indexes.get(id) else {
                        continue;
                    };
                    let Some(part) = index.columns.get(usize::from(*at)) else {
                        continue;
                    };
                    (&index.name, String::from("expr"), part.data_type)
                }
            };
            rows.push(stats_row(relation, &column, data_type, stats));
        }
        rows
    }

    fn pg_attribute(&self) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        for (id, table) in self.catalog.tables.iter() {
            for (at, column) in table.columns.iter().enumerate() {
                let length = column.data_type.fixed_len().map_or(-1, |len| len as i16);
                let target = column.statistics_target.map_or(-1, i32::from);
                rows.push(Vec::from([
                    oid(id.0),
                    text(&column.name),
                    Value::Int8(type_oid(column.data_type)),
                    Value::Int4(target),
                    Value::Int2(length),
                    int2(at + 1),
                    Value::Bool(column.not_null),
                    Value::Bool(column.default.is_some()),
                    Value::Bool(false),
                ]));
            }
        }
        rows
    }

    fn information_tables(&self) -> Vec<Vec<Value>> {
        let tables = self
            .catalog
            .tables
            .values()
            .map(|table| (&table.name, "BASE TABLE"));
        let views = self.catalog.views.values().map(|view| (&view.name, "VIEW"));
        let rows = tables.chain(views).map(|(name, kind)| {
            Vec::from([text("pagewalk"), text("public"), text(name), text(kind)])
        });
        rows.collect()
    }

    fn information_columns(&self) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        for table in self.catalog.tables.values() {
            for (at, column) in table.columns.iter().enumerate() {
                let length = match column.data_type {
                    DataType::Varchar(Some(length)) => Value::Int4(length as i32),
                    DataType::Char(length) if length > 0 => Value::Int4(length as i32),
                    _ => Value::Null,
                };
                let (precision, scale) = match column.data_type {
                    DataType::Numeric(Some((precision, scale))) => (
                        Value::Int4(i32::from(precision)),
                        Value::Int4(i32::from(scale)),
                    ),
                    DataType::Int2 => (Value::Int4(16), Value::Int4(0)),
                    DataType::Int4 => (Value::Int4(32), Value::Int4(0)),
                    DataType::Int8 => (Value::Int4(64), Value::Int4(0)),
                    DataType::Float4 => (Value::Int4(24), Value::Null),
                    DataType::Float8 => (Value::Int4(53), Value::Null),
                    _ => (Value::Null, Value::Null),
                };
                rows.push(Vec::from([
                    text("pagewalk"),
                    text("public"),
                    text(&table.name),
                    text(&column.name),
                    Value::Int4(at as i32 + 1),
                    Value::Null,
                    text(if column.not_null { "NO" } else { "YES" }),
                    text(column.data_type.name()),
                    length,
                    precision,
                    scale,
                ]));
            }
        }
        rows
    }
}

fn stats_row(relation: &str, column: &str, data_type: DataType, stats: &ColumnStats) -> Vec<Value> {
    let list = |values: &mut dyn Iterator<Item = &Value>| {
        let mut out = String::from("{");
        for (at, value) in values.enumerate() {
            if at > 0 {
                out.push(',');
            }
            let mut item = String::new();
            write_text(value, data_type, &mut item);
            let plain = !item.is_empty()
                && !item.eq_ignore_ascii_case("null")
                && !item.contains(['"', '\\', '{', '}', ',', ' ', '\t', '\n']);
            if plain {
                out.push_str(&item);
            } else {
                out.push('"');
                for c in item.chars() {
                    if matches!(c, '"' | '\\') {
                        out.push('\\');
                    }
                    out.push(c);
                }
                out.push('"');
            }
        }
        out.push('}');
        Value::text(out)
    };
    let (mut common, mut frequencies, mut bounds) = (Value::Null, Value::Null, Value::Null);
    if !stats.most_common.is_empty() {
        common = list(&mut stats.most_common.iter().map(|(value, _)| value));
        let shown: Vec<String> = stats
            .most_common
            .iter()
            .map(|(_, frequency)| crate::value::text::float4_text(*frequency))
            .collect();
        frequencies = Value::text(format!("{{{}}}", shown.join(",")));
    }
    if !stats.histogram.is_empty() {
        bounds = list(&mut stats.histogram.iter());
    }
    Vec::from([
        text("public"),
        text(relation),
        text(column),
        Value::Bool(false),
        Value::Float4(stats.null_fraction),
        Value::Int4(stats.avg_width),
        Value::Float4(stats.n_distinct),
        common,
        frequencies,
        bounds,
        stats.correlation.map_or(Value::Null, Value::Float4),
    ])
}

/// PostgreSQL's numbers of its types.
const fn type_oid(data_type: DataType) -> i64 {
    match data_type {
        DataType::Bool => 16,
        DataType::Int2 => 21,
        DataType::Int4 => 23,
        DataType::Int8 => 20,
        DataType::Float4 => 700,
        DataType::Float8 => 701,
        DataType::Numeric(_) => 1700,
        DataType::Text => 25,
        DataType::Varchar(_) => 1043,
        DataType::Char(_) => 1042,
        DataType::Date => 1082,
        DataType::Timestamp => 1114,
        DataType::Interval => 1186,
        DataType::Uuid => 2950,
        DataType::Unknown => 705,
    }
}
