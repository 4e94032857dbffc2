//! What is known of the data: what ANALYZE keeps, and how large things are. PostgreSQL's `pg_statistic` and `pg_class`.

mod analyze;
mod extended;
pub mod load;
mod most_common;
mod sample;
mod sorted;

pub use analyze::{ColumnAnalysis, analyze_column};
pub use extended::{CommonCombination, Dependency, ExtendedAnalysis, ExtendedStats};
pub use sample::{Reservoir, SAMPLE_ROWS_PER_TARGET, estimate_total_rows, sample_pages};

use crate::collections::SortedMap;
use crate::{
    catalog::{IndexId, TableId},
    value::Value,
};
use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// Statistics of one column or index expression (PostgreSQL `pg_stats`). Fractions are of all rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnStats {
    /// Fraction that is NULL.
    pub null_fraction: f32,
    /// Mean stored width in bytes.
    pub avg_width: i32,
    /// Distinct values: positive a count, negative minus the fraction of rows (PostgreSQL's convention), 0 unknown.
    pub n_distinct: f32,
    /// Most common values with frequency, most frequent first.
    pub most_common: Vec<(Value, f32)>,
    /// Bounds of bins of equal count over the values that are not most common; empty or at least two.
    pub histogram: Vec<Value>,
    /// Correlation between value order and physical order, -1..=1.
    pub correlation: Option<f32>,
}

/// Where a column's statistics belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatsKey {
    /// A table's column.
    Column(TableId, u16),
    /// The n-th key part of an index, an expression.
    Expression(IndexId, u16),
}

/// PostgreSQL's `pg_class` figures as ANALYZE, VACUUM and CREATE INDEX leave them, and the size now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RelationSize {
    /// `relpages` at the last ANALYZE/VACUUM/CREATE INDEX.
    pub analyzed_pages: u32,
    /// `reltuples` then; -1 = never.
    pub analyzed_rows: f64,
    /// `relallvisible` then.
    pub all_visible_pages: u32,
    /// Pages now.
    pub pages: u32,
    /// For an index, levels above the leaves (`tree_height`: 0 = the root is a leaf).
    pub tree_height: u32,
}

/// All statistics of a database. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// By column or expression.
    pub columns: SortedMap<StatsKey, Rc<ColumnStats>>,
    /// Sizes of tables.
    pub tables: SortedMap<TableId, RelationSize>,
    /// Sizes of indexes.
    pub indexes: SortedMap<IndexId, RelationSize>,
    /// What CREATE STATISTICS asked for, by its name.
    pub extended: SortedMap<Box<str>, Rc<ExtendedStats>>,
}

/// Reads the present smallest and largest key of an index, as PostgreSQL's `get_actual_variable_range` does. The
/// planner asks through this trait because it never sees pages.
pub trait IndexEndpoints {
    /// Smallest (`false`) or largest (`true`) non-null value of the first key column; `None` = cannot tell.
    fn endpoint(&self, index: IndexId, largest: bool) -> Option<Value>;
}

/// For planning without data: knows no endpoint.
pub struct NoEndpoints;

impl IndexEndpoints for NoEndpoints {
    fn endpoint(&self, _index: IndexId, _largest: bool) -> Option<Value> {
        None
    }
}
