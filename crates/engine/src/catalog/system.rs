//! The catalog views that queries may read: their names and columns. Their rows are made where they are scanned.
//!
//! Columns are PostgreSQL 15's, in its order, but for those that only its own machinery reads; types that we have not (name, oid,
//! arrays) become text and bigint.

use crate::value::DataType::{self, Bool, Float4, Int2, Int4, Int8, Text};

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

const fn view(name: &'static str, columns: &'static [(&'static str, DataType)]) -> SystemView {
    SystemView {
        schema: "pg_catalog",
        name,
        columns,
    }
}

const fn information(
    name: &'static str,
    columns: &'static [(&'static str, DataType)],
) -> SystemView {
    SystemView {
        schema: "information_schema",
        name,
        columns,
    }
}

/// What `pg_relation_size`, casts to `regclass` and their kin read: no view of PostgreSQL's.
pub const RELATIONS: &str = "pagewalk_relations";

/// All of them.
pub const VIEWS: &[SystemView] = &[
    view(
        RELATIONS,
        &[
            ("oid", Int8),
            ("name", Text),
            ("main_bytes", Int8),
            ("indexes_bytes", Int8),
            ("total_bytes", Int8),
            ("definition", Text),
        ],
    ),
    view(
        "pg_class",
        &[
            ("oid", Int8),
            ("relname", Text),
            ("relnamespace", Int8),
            ("reltype", Int8),
            ("relowner", Int8),
            ("relam", Int8),
            ("relfilenode", Int8),
            ("reltablespace", Int8),
            ("relpages", Int4),
            ("reltuples", Float4),
            ("relallvisible", Int4),
            ("reltoastrelid", Int8),
            ("relhasindex", Bool),
            ("relisshared", Bool),
            ("relpersistence", Text),
            ("relkind", Text),
            ("relnatts", Int2),
            ("relchecks", Int2),
            ("relhasrules", Bool),
            ("relhastriggers", Bool),
            ("relispartition", Bool),
            ("reloptions", Text),
        ],
    ),
    view(
        "pg_index",
        &[
            ("indexrelid", Int8),
            ("indrelid", Int8),
            ("indnatts", Int2),
            ("indnkeyatts", Int2),
            ("indisunique", Bool),
            ("indnullsnotdistinct", Bool),
            ("indisprimary", Bool),
            ("indisexclusion", Bool),
            ("indimmediate", Bool),
            ("indisclustered", Bool),
            ("indisvalid", Bool),
            ("indisready", Bool),
            ("indislive", Bool),
            ("indkey", Text),
            ("indoption", Text),
            ("indexprs", Text),
            ("indpred", Text),
        ],
    ),
    view(
        "pg_indexes",
        &[
            ("schemaname", Text),
            ("tablename", Text),
            ("indexname", Text),
            ("tablespace", Text),
            ("indexdef", Text),
        ],
    ),
    view(
        "pg_tables",
        &[
            ("schemaname", Text),
            ("tablename", Text),
            ("tableowner", Text),
            ("tablespace", Text),
            ("hasindexes", Bool),
            ("hasrules", Bool),
            ("hastriggers", Bool),
            ("rowsecurity", Bool),
        ],
    ),
    view(
        "pg_views",
        &[
            ("schemaname", Text),
            ("viewname", Text),
            ("viewowner", Text),
            ("definition", Text),
        ],
    ),
    view(
        "pg_stats",
        &[
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
            ("most_common_elems", Text),
            ("most_common_elem_freqs", Text),
            ("elem_count_histogram", Text),
        ],
    ),
    view(
        "pg_attribute",
        &[
            ("attrelid", Int8),
            ("attname", Text),
            ("atttypid", Int8),
            ("attstattarget", Int4),
            ("attlen", Int2),
            ("attnum", Int2),
            ("attndims", Int4),
            ("atttypmod", Int4),
            ("attbyval", Bool),
            ("attalign", Text),
            ("attstorage", Text),
            ("attnotnull", Bool),
            ("atthasdef", Bool),
            ("attidentity", Text),
            ("attgenerated", Text),
            ("attisdropped", Bool),
            ("attislocal", Bool),
            ("attinhcount", Int4),
        ],
    ),
    view(
        "pg_type",
        &[
            ("oid", Int8),
            ("typname", Text),
            ("typnamespace", Int8),
            ("typlen", Int2),
            ("typtype", Text),
            ("typalign", Text),
        ],
    ),
    view(
        "pg_constraint",
        &[
            ("oid", Int8),
            ("conname", Text),
            ("connamespace", Int8),
            ("contype", Text),
            ("conrelid", Int8),
            ("conindid", Int8),
            ("confrelid", Int8),
            ("conkey", Text),
            ("confkey", Text),
        ],
    ),
    view("pg_namespace", &[("oid", Int8), ("nspname", Text)]),
    view(
        "pg_am",
        &[("oid", Int8), ("amname", Text), ("amtype", Text)],
    ),
    view(
        "pg_settings",
        &[
            ("name", Text),
            ("setting", Text),
            ("unit", Text),
            ("category", Text),
            ("short_desc", Text),
        ],
    ),
    view(
        "pg_stat_user_tables",
        &[
            ("relid", Int8),
            ("schemaname", Text),
            ("relname", Text),
            ("n_live_tup", Int8),
            ("n_dead_tup", Int8),
            ("n_mod_since_analyze", Int8),
        ],
    ),
    information(
        "information_schema.tables",
        &[
            ("table_catalog", Text),
            ("table_schema", Text),
            ("table_name", Text),
            ("table_type", Text),
            ("is_insertable_into", Text),
            ("is_typed", Text),
        ],
    ),
    information(
        "information_schema.columns",
        &[
            ("table_catalog", Text),
            ("table_schema", Text),
            ("table_name", Text),
            ("column_name", Text),
            ("ordinal_position", Int4),
            ("column_default", Text),
            ("is_nullable", Text),
            ("data_type", Text),
            ("character_maximum_length", Int4),
            ("character_octet_length", Int4),
            ("numeric_precision", Int4),
            ("numeric_precision_radix", Int4),
            ("numeric_scale", Int4),
            ("datetime_precision", Int4),
            ("udt_name", Text),
            ("is_identity", Text),
            ("is_generated", Text),
            ("is_updatable", Text),
        ],
    ),
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
