//! The database described as plain data: what the page shows beside the query.

use super::{relation::Index, settings::SettingDescription, state::Database};
use crate::{
    catalog::{IndexDef, IndexKey, IndexState, Organization, TableDef, TableId},
    stats::{ColumnStats, StatsKey},
    what_if::{WritePrice, write_price},
};
use alloc::{
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};

/// Bars of a column's little histogram at most.
const BARS: usize = 8;

/// Everything that exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabaseDescription {
    /// Tables in order of creation.
    pub tables: Vec<TableDescription>,
    /// Bytes of one page.
    pub page_bytes: u32,
    /// Pages in use.
    pub pages: u64,
    /// Pages that the buffer pool holds.
    pub buffer_pages: u32,
    /// What pages that it does not hold would be read from.
    pub storage_device: &'static str,
    /// Memory taken for pages and undo, in bytes.
    pub memory_bytes: u64,
    /// Settings that mean something, in alphabetical order.
    pub settings: Vec<SettingDescription>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableDescription {
    /// Number in the catalog.
    pub id: u32,
    /// Name.
    pub name: String,
    /// Live rows.
    pub rows: u64,
    /// Dead row versions.
    pub dead_rows: u64,
    /// Pages.
    pub pages: u32,
    /// Bytes.
    pub bytes: u64,
    /// "heap" or "clustered".
    pub organization: &'static str,
    /// Statistics exist.
    pub analyzed: bool,
    /// Columns in order.
    pub columns: Vec<ColumnDescription>,
    /// Indexes in order of creation.
    pub indexes: Vec<IndexDescription>,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnDescription {
    /// Name.
    pub name: String,
    /// PostgreSQL's type name.
    pub type_name: String,
    /// NOT NULL.
    pub not_null: bool,
    /// Estimated distinct values, if analysed: a count.
    pub n_distinct: Option<f64>,
    /// Every value is different.
    pub unique: bool,
    /// Fraction that is NULL.
    pub null_fraction: f64,
    /// Correlation with the physical order.
    pub correlation: Option<f64>,
    /// Heights of a few bars, 0 ..= 1, the largest 1: frequencies of common values, or densities of bins.
    pub bars: Vec<f32>,
}

/// One part of an index key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexPartDescription {
    /// Column name or expression.
    pub text: String,
    /// DESC.
    pub descending: bool,
    /// "NULLS FIRST" or "NULLS LAST" where it is not the default.
    pub nulls: Option<&'static str>,
}

/// An index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexDescription {
    /// Number in the catalog.
    pub id: u32,
    /// Name.
    pub name: String,
    /// Key parts.
    pub parts: Vec<IndexPartDescription>,
    /// INCLUDE columns.
    pub include: Vec<String>,
    /// WHERE.
    pub predicate: Option<String>,
    /// UNIQUE.
    pub unique: bool,
    /// PRIMARY KEY.
    pub primary: bool,
    /// Belongs to a constraint, so it cannot be dropped alone.
    pub constraint: bool,
    /// Built and used, not built, or not planned with.
    pub state: IndexState,
    /// Pages (estimated, if hypothetical).
    pub pages: u32,
    /// Bytes.
    pub bytes: u64,
    /// Levels; a leaf alone is 1.
    pub height: u32,
    /// What each row written costs.
    pub write_price: WritePrice,
    /// CREATE INDEX as text.
    pub definition: String,
}

impl Database {
    /// Describes everything that exists, as it is now.
    #[must_use]
    pub fn describe(&mut self) -> DatabaseDescription {
        self.refresh_sizes();
        let store = &self.storage.store;
        DatabaseDescription {
            tables: self
                .catalog
                .tables
                .values()
                .map(|table| self.describe_table(table))
                .collect(),
            page_bytes: store.page_bytes() as u32,
            pages: u64::from(store.allocated_pages()),
            buffer_pages: store.buffer_pages(),
            storage_device: self.settings.storage_device.name(),
            memory_bytes: store.memory_bytes(),
            settings: self
                .settings
                .described(&super::settings::Settings::of(&self.options)),
        }
    }

    fn describe_table(&self, def: &Rc<TableDef>) -> TableDescription {
        let counts = self
            .storage
            .table(def.id)
            .map(|table| table.counts(&self.storage.store))
            .unwrap_or_default();
        let columns = def.columns.iter().enumerate().map(|(at, column)| {
            let stats = self
                .statistics
                .columns
                .get(&StatsKey::Column(def.id, at as u16));
            ColumnDescription {
                name: column.name.to_string(),
                type_name: column.data_type.to_string(),
                not_null: column.not_null,
                n_distinct: stats.and_then(|stats| self.distinct(def.id, stats)),
                unique: self.is_unique(def.id, at as u16)
                    || stats.is_some_and(|stats| is_all_different(stats)),
                null_fraction: stats.map_or(0.0, |stats| f64::from(stats.null_fraction)),
                correlation: stats.and_then(|stats| stats.correlation).map(f64::from),
                bars: stats.map(|stats| bars(stats)).unwrap_or_default(),
            }
        });
        TableDescription {
            id: def.id.0,
            name: def.name.to_string(),
            rows: counts.live_rows,
            dead_rows: counts.dead_rows,
            pages: counts.pages,
            bytes: u64::from(counts.pages) * self.storage.store.page_bytes() as u64,
            organization: match def.organization {
                Organization::Heap => "heap",
                Organization::Clustered => "clustered",
            },
            analyzed: self
                .statistics
                .tables
                .get(&def.id)
                .is_some_and(|size| size.analyzed_rows >= 0.0)
                && (0..def.columns.len()).any(|at| {
                    self.statistics
                        .columns
                        .contains_key(&StatsKey::Column(def.id, at as u16))
                }),
            columns: columns.collect(),
            indexes: self
                .catalog
                .indexes_of(def.id)
                .map(|index| self.describe_index(def, index))
                .collect(),
        }
    }

    fn describe_index(&self, table: &TableDef, index: &Rc<IndexDef>) -> IndexDescription {
        let size = self.statistics.indexes.get(&index.id);
        let built: Option<&Index> = self.storage.index(index.id).ok();
        let pages = size.map_or(0, |size| size.pages);
        let name_of = |at: u16| {
            table
                .columns
                .get(usize::from(at))
                .map_or_else(String::new, |column| column.name.to_string())
        };
        IndexDescription {
            id: index.id.0,
            name: index.name.to_string(),
            parts: index
                .columns
                .iter()
                .map(|part| IndexPartDescription {
                    text: match &part.key {
                        IndexKey::Column(at) => name_of(*at),
                        IndexKey::Expression(expr) => self.expression_text(table, expr),
                    },
                    descending: part.descending,
                    nulls: nulls_text(part.descending, part.nulls_first),
                })
                .collect(),
            include: index.include.iter().map(|&at| name_of(at)).collect(),
            predicate: index.predicate_text.clone(),
            unique: index.unique,
            primary: table.primary_key == Some(index.id),
            constraint: index.constraint,
            state: index.state,
            pages,
            bytes: u64::from(pages) * self.storage.store.page_bytes() as u64,
            height: built.map_or_else(
                || size.map_or(1, |size| size.tree_height + 1),
                |built| built.tree.counts(&self.storage.store).height + 1,
            ),
            write_price: size.map_or_else(WritePrice::default, |size| {
                let rows = self.live_rows(table.id) as f64;
                write_price(size, rows, self.storage.store.page_bytes() as u32)
            }),
            definition: self.index_definition(index),
        }
    }

    /// CREATE INDEX as PostgreSQL's `pg_get_indexdef` writes it.
    #[must_use]
    pub fn index_definition(&self, index: &IndexDef) -> String {
        let Some(table) = self.catalog.tables.get(&index.table) else {
            return String::new();
        };
        let quote = crate::explain::quote_identifier;
        let unique = if index.unique { "UNIQUE " } else { "" };
        let mut text = format!(
            "CREATE {unique}INDEX {} ON public.{} USING btree (",
            quote(&index.name),
            quote(&table.name)
        );
        let name_of = |at: u16| {
            table
                .columns
                .get(usize::from(at))
                .map_or_else(String::new, |column| quote(&column.name).to_string())
        };
        for (at, part) in index.columns.iter().enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            match &part.key {
                IndexKey::Column(at) => text.push_str(&name_of(*at)),
                IndexKey::Expression(expr) => text.push_str(&self.expression_text(table, expr)),
            }
            if part.descending {
                text.push_str(" DESC");
            }
            if let Some(nulls) = nulls_text(part.descending, part.nulls_first) {
                text.push(' ');
                text.push_str(nulls);
            }
        }
        text.push(')');
        if !index.include.is_empty() {
            let names: Vec<String> = index.include.iter().map(|&at| name_of(at)).collect();
            text.push_str(&format!(" INCLUDE ({})", names.join(", ")));
        }
        if index.fill_factor != 90 {
            text.push_str(&format!(" WITH (fillfactor='{}')", index.fill_factor));
        }
        if let Some(predicate) = &index.predicate_text {
            text.push_str(&format!(" WHERE ({predicate})"));
        }
        text
    }

    fn expression_text(&self, table: &TableDef, expr: &crate::logical::Expr) -> String {
        crate::explain::expression_text(expr, table)
    }

    fn distinct(&self, table: TableId, stats: &ColumnStats) -> Option<f64> {
        let stored = f64::from(stats.n_distinct);
        if stored > 0.0 {
            Some(stored)
        } else if stored < 0.0 {
            Some(libm::rint(-stored * self.live_rows(table) as f64))
        } else {
            None
        }
    }

    fn is_unique(&self, table: TableId, column: u16) -> bool {
        self.catalog.indexes_of(table).any(|index| {
            index.unique
                && index.predicate.is_empty()
                && index.columns.len() == 1
                && matches!(index.columns.first().map(|part| &part.key), Some(IndexKey::Column(at)) if *at == column)
        })
    }
}

fn is_all_different(stats: &ColumnStats) -> bool {
    stats.n_distinct < 0.0 && stats.n_distinct <= -(1.0 - stats.null_fraction) + 1e-6
}

const fn nulls_text(descending: bool, nulls_first: bool) -> Option<&'static str> {
    match (descending, nulls_first) {
        (false, true) => Some("NULLS FIRST"),
        (true, false) => Some("NULLS LAST"),
        _ => None,
    }
}

/// A few heights that show how values are spread.
fn bars(stats: &ColumnStats) -> Vec<f32> {
    let mut heights: Vec<f64> = if stats.histogram.len() > 2 {
        let bounds: Vec<f64> = stats
            .histogram
            .iter()
            .filter_map(crate::value::Value::as_f64)
            .collect();
        densities(&bounds)
    } else {
        let common = stats.most_common.iter().take(BARS);
        common.map(|(_, frequency)| f64::from(*frequency)).collect()
    };
    if heights.is_empty() {
        let common = stats.most_common.iter().take(BARS);
        heights = common.map(|(_, frequency)| f64::from(*frequency)).collect();
    }
    let largest = heights.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return Vec::new();
    }
    heights
        .iter()
        .map(|height| (height / largest) as f32)
        .collect()
}

/// How densely values lie in each of some equal parts of the whole range; bins hold equally many values.
fn densities(bounds: &[f64]) -> Vec<f64> {
    let (Some(&low), Some(&high)) = (bounds.first(), bounds.last()) else {
        return Vec::new();
    };
    if bounds.len() < 3 || high <= low || !(high - low).is_finite() {
        return Vec::new();
    }
    let part = (high - low) / BARS as f64;
    let mut heights = alloc::vec![0.0; BARS];
    for bin in bounds.windows(2) {
        let &[from, to] = bin else { continue };
        for (at, height) in heights.iter_mut().enumerate() {
            let (start, end) = (low + at as f64 * part, low + (at + 1) as f64 * part);
            if to > from {
                let shared = (to.min(end) - from.max(start)).max(0.0);
                *height += shared / (to - from);
            } else if from >= start && (from < end || at + 1 == BARS) {
                *height += 1.0;
            }
        }
    }
    heights
}
