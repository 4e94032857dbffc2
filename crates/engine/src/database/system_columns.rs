//! Rows of the catalog views about columns: their types, constraints and statistics.

use super::{
    state::Database,
    system_views::{NO, PUBLIC, Row, YES, int2, oid, text},
};
use crate::{
    stats::{ColumnStats, StatsKey},
    value::{DataType, Value, text::write_text},
};
use alloc::{format, string::String, vec::Vec};

impl Database {
    pub(super) fn pg_stats(&self) -> Vec<Row> {
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

    pub(super) fn pg_attribute(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (id, table) in self.catalog.tables.iter() {
            for (at, column) in table.columns.iter().enumerate() {
                let target = column.statistics_target.map_or(-1, i32::from);
                let flags = (column.not_null, column.default.is_some());
                rows.push(attribute(
                    (id.0, at),
                    &column.name,
                    column.data_type,
                    target,
                    flags,
                ));
            }
        }
        for (id, index) in self.catalog.indexes.iter() {
            let Some(table) = self.catalog.tables.get(&index.table) else {
                continue;
            };
            let parts = index.columns.iter().map(|part| match part.key {
                crate::catalog::IndexKey::Column(at) => (Some(at), part.data_type),
                crate::catalog::IndexKey::Expression(_) => (None, part.data_type),
            });
            let include = index.include.iter().filter_map(|&at| {
                let column = table.columns.get(usize::from(at))?;
                Some((Some(at), column.data_type))
            });
            for (at, (column, data_type)) in parts.chain(include).enumerate() {
                let name = column.and_then(|at| table.columns.get(usize::from(at)));
                let name = name.map_or("expr", |column| &column.name);
                rows.push(attribute((id.0, at), name, data_type, -1, (false, false)));
            }
        }
        rows
    }

    pub(super) fn pg_constraint(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let list = |columns: &[u16]| {
            let numbers: Vec<String> = columns.iter().map(|at| format!("{}", at + 1)).collect();
            text(&format!("{{{}}}", numbers.join(",")))
        };
        let mut add = |name: &str, kind: &str, table: u32, index: u32, more: Row| {
            let mut row = Vec::from([
                ("oid", oid(rows.len() as u32 + 1)),
                ("conname", text(name)),
                ("connamespace", PUBLIC),
                ("contype", text(kind)),
                ("conrelid", oid(table)),
                ("conindid", oid(index)),
            ]);
            row.extend(more);
            rows.push(row);
        };
        for (id, table) in self.catalog.tables.iter() {
            for check in &table.checks {
                add(
                    &check.name,
                    "c",
                    id.0,
                    0,
                    Vec::from([("confrelid", oid(0))]),
                );
            }
            for index in self
                .catalog
                .indexes_of(*id)
                .filter(|index| index.constraint)
            {
                let columns: Vec<u16> = index
                    .columns
                    .iter()
                    .filter_map(|part| match part.key {
                        crate::catalog::IndexKey::Column(at) => Some(at),
                        crate::catalog::IndexKey::Expression(_) => None,
                    })
                    .collect();
                let primary = table.primary_key == Some(index.id);
                let more = Vec::from([("confrelid", oid(0)), ("conkey", list(&columns))]);
                let kind = if primary { "p" } else { "u" };
                add(&index.name, kind, id.0, index.id.0, more);
            }
            for key in &table.foreign_keys {
                let more = Vec::from([
                    ("confrelid", oid(key.table.0)),
                    ("conkey", list(&key.columns)),
                    ("confkey", list(&key.referenced)),
                ]);
                add(&key.name, "f", id.0, key.index.0, more);
            }
        }
        rows
    }

    pub(super) fn information_columns(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for table in self.catalog.tables.values() {
            for (at, column) in table.columns.iter().enumerate() {
                let of = column.data_type;
                let (length, octets) = match of {
                    DataType::Varchar(Some(length)) | DataType::Char(length) if length > 0 => (
                        Value::Int4(length as i32),
                        Value::Int4(4i32.saturating_mul(length as i32)),
                    ),
                    DataType::Text | DataType::Varchar(_) => {
                        (Value::Null, Value::Int4(1_073_741_824))
                    }
                    _ => (Value::Null, Value::Null),
                };
                let (precision, radix, scale) = match of {
                    DataType::Numeric(Some((precision, scale))) => {
                        (Some(i32::from(precision)), Some(10), Some(i32::from(scale)))
                    }
                    DataType::Numeric(None) => (None, Some(10), None),
                    DataType::Int2 => (Some(16), Some(2), Some(0)),
                    DataType::Int4 => (Some(32), Some(2), Some(0)),
                    DataType::Int8 => (Some(64), Some(2), Some(0)),
                    DataType::Float4 => (Some(24), Some(2), None),
                    DataType::Float8 => (Some(53), Some(2), None),
                    _ => (None, None, None),
                };
                let number = |value: Option<i32>| value.map_or(Value::Null, Value::Int4);
                let digits = match of {
                    DataType::Date => Some(0),
                    DataType::Timestamp | DataType::Interval => Some(6),
                    _ => None,
                };
                let default = column
                    .default
                    .as_ref()
                    .map(|expr| crate::explain::expression_text(expr, table));
                rows.push(Vec::from([
                    ("table_catalog", text("pagewalk")),
                    ("table_schema", text("public")),
                    ("table_name", text(&table.name)),
                    ("column_name", text(&column.name)),
                    ("ordinal_position", Value::Int4(at as i32 + 1)),
                    (
                        "column_default",
                        default.as_deref().map_or(Value::Null, text),
                    ),
                    (
                        "is_nullable",
                        text(if column.not_null { "NO" } else { "YES" }),
                    ),
                    ("data_type", text(of.name())),
                    ("character_maximum_length", length),
                    ("character_octet_length", octets),
                    ("numeric_precision", number(precision)),
                    ("numeric_precision_radix", number(radix)),
                    ("numeric_scale", number(scale)),
                    ("datetime_precision", number(digits)),
                    ("udt_name", text(of.short_name())),
                    ("is_identity", text("NO")),
                    ("is_generated", text("NEVER")),
                    ("is_updatable", text("YES")),
                ]));
            }
        }
        rows
    }
}

fn attribute(
    (relation, at): (u32, usize),
    name: &str,
    of: DataType,
    target: i32,
    (not_null, has_default): (bool, bool),
) -> Row {
    let modifier = match of {
        DataType::Varchar(Some(length)) | DataType::Char(length) if length > 0 => length as i32 + 4,
        DataType::Numeric(Some((precision, scale))) => {
            ((i32::from(precision) << 16) | i32::from(scale)) + 4
        }
        _ => -1,
    };
    let length = of.fixed_len();
    Vec::from([
        ("attrelid", oid(relation)),
        ("attname", text(name)),
        ("atttypid", Value::Int8(type_oid(of))),
        ("attstattarget", Value::Int4(target)),
        ("attlen", Value::Int2(length.map_or(-1, |len| len as i16))),
        ("attnum", int2(at + 1)),
        ("attndims", Value::Int4(0)),
        ("atttypmod", Value::Int4(modifier)),
        ("attbyval", Value::Bool(length.is_some_and(|len| len <= 8))),
        ("attalign", text(alignment(of))),
        ("attstorage", text(storage(of))),
        ("attnotnull", Value::Bool(not_null)),
        ("atthasdef", Value::Bool(has_default)),
        ("attidentity", text("")),
        ("attgenerated", text("")),
        ("attisdropped", NO),
        ("attislocal", YES),
        ("attinhcount", Value::Int4(0)),
    ])
}

const fn alignment(of: DataType) -> &'static str {
    match of.alignment() {
        1 => "c",
        2 => "s",
        8 => "d",
        _ => "i",
    }
}

const fn storage(of: DataType) -> &'static str {
    match of {
        DataType::Numeric(_) => "m",
        DataType::Text | DataType::Varchar(_) | DataType::Char(_) => "x",
        _ => "p",
    }
}

/// The types that there are.
pub(super) fn pg_type() -> Vec<Row> {
    let all = [
        DataType::Bool,
        DataType::Int2,
        DataType::Int4,
        DataType::Int8,
        DataType::Float4,
        DataType::Float8,
        DataType::Numeric(None),
        DataType::Text,
        DataType::Varchar(None),
        DataType::Char(0),
        DataType::Date,
        DataType::Timestamp,
        DataType::Interval,
        DataType::Uuid,
    ];
    let rows = all.into_iter().map(|of| {
        let length = of.fixed_len().map_or(-1, |len| len as i16);
        Vec::from([
            ("oid", Value::Int8(type_oid(of))),
            ("typname", text(of.short_name())),
            ("typnamespace", Value::Int8(11)),
            ("typlen", Value::Int2(length)),
            ("typtype", text("b")),
            ("typalign", text(alignment(of))),
        ])
    });
    rows.collect()
}

fn stats_row(relation: &str, column: &str, data_type: DataType, stats: &ColumnStats) -> Row {
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
        ("schemaname", text("public")),
        ("tablename", text(relation)),
        ("attname", text(column)),
        ("inherited", NO),
        ("null_frac", Value::Float4(stats.null_fraction)),
        ("avg_width", Value::Int4(stats.avg_width)),
        ("n_distinct", Value::Float4(stats.n_distinct)),
        ("most_common_vals", common),
        ("most_common_freqs", frequencies),
        ("histogram_bounds", bounds),
        (
            "correlation",
            stats.correlation.map_or(Value::Null, Value::Float4),
        ),
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
