//! PostgreSQL's planner settings, with its defaults. One plain struct, so that planning is a pure function of it.

/// `enable_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    clippy::struct_excessive_bools,
    reason = "one switch for each PostgreSQL setting enable_NAME"
)]
pub struct EnabledPaths {
    pub seqscan: bool,
    pub indexscan: bool,
    pub indexonlyscan: bool,
    pub bitmapscan: bool,
    pub tidscan: bool,
    pub sort: bool,
    pub incremental_sort: bool,
    pub hashagg: bool,
    pub material: bool,
    pub memoize: bool,
    pub nestloop: bool,
    pub mergejoin: bool,
    pub hashjoin: bool,
    /// Skip scans, which PostgreSQL has since version 18. Off: version 15 has none.
    pub skipscan: bool,
}

impl Default for EnabledPaths {
    fn default() -> Self {
        Self {
            seqscan: true,
            indexscan: true,
            indexonlyscan: true,
            bitmapscan: true,
            tidscan: true,
            sort: true,
            incremental_sort: true,
            hashagg: true,
            material: true,
            memoize: true,
            nestloop: true,
            mergejoin: true,
            hashjoin: true,
            skipscan: false,
        }
    }
}

/// Costs and memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannerSettings {
    /// One page read in sequence; the unit of cost.
    pub seq_page_cost: f64,
    /// One page read out of sequence.
    pub random_page_cost: f64,
    /// Handling one row.
    pub cpu_tuple_cost: f64,
    /// Handling one index entry.
    pub cpu_index_tuple_cost: f64,
    /// One operator or function call.
    pub cpu_operator_cost: f64,
    /// Pages of 8 KiB that caches are believed to hold.
    pub effective_cache_size: f64,
    /// Bytes for one sort.
    pub work_mem: u64,
    /// Times `work_mem` for one hash table.
    pub hash_mem_multiplier: f64,
    /// Largest FROM list into which sub-queries are merged.
    pub from_collapse_limit: u32,
    /// Largest FROM list into which explicit joins are merged.
    pub join_collapse_limit: u32,
    /// ANALYZE keeps this many common values and bins.
    pub default_statistics_target: u32,
    /// Fraction of a cursor's rows fetched.
    pub cursor_tuple_fraction: f64,
    /// Switches.
    pub enable: EnabledPaths,
}

impl Default for PlannerSettings {
    fn default() -> Self {
        Self {
            seq_page_cost: 1.0,
            random_page_cost: 4.0,
            cpu_tuple_cost: 0.01,
            cpu_index_tuple_cost: 0.005,
            cpu_operator_cost: 0.0025,
            effective_cache_size: 524_288.0,
            work_mem: 4 << 20,
            hash_mem_multiplier: 2.0,
            from_collapse_limit: 8,
            join_collapse_limit: 8,
            default_statistics_target: 100,
            cursor_tuple_fraction: 0.1,
            enable: EnabledPaths::default(),
        }
    }
}
