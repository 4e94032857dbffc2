//! The catalog views that queries may read: their names and columns. Their rows are made where they are scanned.
//!
//! Columns are those of PostgreSQL's views that people ask for; types that we have not (name, oid) become text and
//! bigint.

use crate::value::DataType::{self, Bool, Float4, Float8, Int2, Int4, Int8, Text};

/// A catalog view.
#[derive(Debug)]
pub struct SystemView {
    /// The schema it lives in.
    pub schema: &'static str,
    /// Its name; with the schema for `information_schema`.
    pub name: &'static str,
    /// Names and types of its columns.
    pub columns: &'static [(&'static str, DataType)],
}

/// All of them.
pub const VIEWS: &[SystemView] = &[
    SystemView {
        schema: "pg_catalog",
        name: "pg_class",
        columns: &[
            ("oid", Int8),
            ("relname", Text),
            ("relnamespace", Int8),
            ("relkind", Text),
            ("relpages", Int4),
            ("reltuples", Float4),
            ("relallvisible", Int4),
            ("relhasindex", Bool),
            ("relnatts", Int2),
        ],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_index",
        columns: &[
            ("indexrelid", Int8),
            ("indrelid", Int8),
            ("indnatts", Int2),
            ("indnkeyatts", Int2),
            ("indisunique", Bool),
            ("indisprimary", Bool),
            ("indisvalid", Bool),
            ("indkey", Text),
        ],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_indexes",
        columns: &[
            ("schemaname", Text),
            ("tablename", Text),
            ("indexname", Text),
            ("tablespace", Text),
            ("indexdef", Text),
        ],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_tables",
        columns: &[
            ("schemaname", Text),
            ("tablename", Text),
            ("tableowner", Text),
            ("hasindexes", Bool),
        ],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_views",
        columns: &[
            ("schemaname", Text),
            ("viewname", Text),
            ("viewowner", Text),
            ("definition", Text),
        ],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_stats",
        columns: &[
            ("schemaname", Text),
            ("tablename", Text),
            ("attname", Text),
            ("inherited", Bool),
            ("null_frac", Float4),
            ("avg_width", Int4),
            ("n_distinct", Float4),
            ("most_common_vals", Text),
            ("most_common_freqs", Text),
            ("histogram_bounds", Text),
            ("correlation", Float4),
        ],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_attribute",
        columns: &[
            ("attrelid", Int8),
            ("attname", Text),
            ("atttypid", Int8),
            ("attstattarget", Int4),
            ("attlen", Int2),
            ("attnum", Int2),
            ("attnotnull", Bool),
            ("atthasdef", Bool),
            ("attisdropped", Bool),
        ],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_namespace",
        columns: &[("oid", Int8), ("nspname", Text)],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_settings",
        columns: &[
            ("name", Text),
            ("setting", Text),
            ("unit", Text),
            ("category", Text),
            ("short_desc", Text),
        ],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_stat_user_indexes",
        columns: &[
            ("relid", Int8),
            ("indexrelid", Int8),
            ("schemaname", Text),
            ("relname", Text),
            ("indexrelname", Text),
            ("idx_scan", Int8),
            ("idx_tup_read", Int8),
            ("idx_tup_fetch", Int8),
        ],
    },
    SystemView {
        schema: "information_schema",
        name: "information_schema.tables",
        columns: &[
            ("table_catalog", Text),
            ("table_schema", Text),
            ("table_name", Text),
            ("table_type", Text),
        ],
    },
    SystemView {
        schema: "information_schema",
        name: "information_schema.columns",
        columns: &[
            ("table_catalog", Text),
            ("table_schema", Text),
            ("table_name", Text),
            ("column_name", Text),
            ("ordinal_position", Int4),
            ("column_default", Text),
            ("is_nullable", Text),
            ("data_type", Text),
            ("character_maximum_length", Int4),
            ("numeric_precision", Int4),
            ("numeric_scale", Int4),
        ],
    },
    SystemView {
        schema: "pg_catalog",
        name: "pg_stat_user_tables",
        columns: &[
            ("relid", Int8),
            ("schemaname", Text),
            ("relname", Text),
            ("seq_scan", Int8),
            ("seq_tup_read", Int8),
            ("idx_scan", Int8),
            ("idx_tup_fetch", Int8),
            ("n_live_tup", Int8),
            ("n_dead_tup", Int8),
            ("n_mod_since_analyze", Float8),
        ],
    },
];

/// The view that a name means; `pg_catalog` is searched without being named.
#[must_use]
pub fn find(schema: Option<&str>, name: &str) -> Option<&'static SystemView> {
    VIEWS.iter().find(|view| {
        let bare = view.name.rsplit('.').next().unwrap_or(view.name);
        bare == name
            && match schema {
                Some(schema) => schema == view.schema,
                None => view.schema == "pg_catalog",
            }
    })
}
