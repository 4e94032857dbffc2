//! What the formulas are given: small structs of plain numbers, and the sizes that several formulas share.
//!
//! Estimated rows are `f64` and already rounded by [`clamp_rows`]; costs are never rounded.

use crate::physical::{
    Cost, PlannerSettings,
    cost_params::{MAX_ALIGN, MAX_ROWS, PAGE_BYTES, ROW_HEADER_BYTES},
};

/// Cost of evaluating conditions or output expressions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QualCost {
    /// Once, before the first row.
    pub startup: f64,
    /// For each row.
    pub per_tuple: f64,
}

impl core::ops::Add for QualCost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            startup: self.startup + other.startup,
            per_tuple: self.per_tuple + other.per_tuple,
        }
    }
}

/// What a formula needs to know of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct InputEstimate {
    /// Its cost.
    pub cost: Cost,
    /// Its rows.
    pub rows: f64,
    /// Bytes of one of its rows.
    pub width: u32,
}

impl InputEstimate {
    /// Cost from the first row to the last.
    #[must_use]
    pub fn run(&self) -> f64 {
        self.cost.total - self.cost.startup
    }
}

/// Rounds an estimate to whole rows, at least one (PostgreSQL `clamp_row_est`, `costsize.c`).
/// ```
/// use engine::physical::cost::clamp_rows;
/// assert_eq!(clamp_rows(0.2), 1.0);
/// assert_eq!(clamp_rows(2.5), 2.0); // halves go to the even number
/// ```
#[must_use]
pub fn clamp_rows(rows: f64) -> f64 {
    if rows > MAX_ROWS || rows.is_nan() {
        MAX_ROWS
    } else if rows <= 1.0 {
        1.0
    } else {
        libm::rint(rows)
    }
}

/// Rounds up to the alignment of rows (PostgreSQL `MAXALIGN`).
#[must_use]
pub const fn max_align(bytes: u32) -> u32 {
    bytes.div_ceil(MAX_ALIGN) * MAX_ALIGN
}

/// Bytes that rows take in memory (PostgreSQL `relation_byte_size`, `costsize.c`).
/// ```
/// use engine::physical::cost::relation_bytes;
/// assert_eq!(relation_bytes(120_000.0, 92), 120_000.0 * (96.0 + 24.0));
/// ```
#[must_use]
pub fn relation_bytes(rows: f64, width: u32) -> f64 {
    rows * f64::from(max_align(width) + ROW_HEADER_BYTES)
}

/// Pages that rows take (PostgreSQL `page_size`, `costsize.c`).
/// ```
/// use engine::physical::cost::relation_pages;
/// assert_eq!(relation_pages(120_000.0, 92), 1758.0);
/// ```
#[must_use]
pub fn relation_pages(rows: f64, width: u32) -> f64 {
    libm::ceil(relation_bytes(rows, width) / PAGE_BYTES)
}

/// Bytes of memory for one sort.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "settings are far below 2^53")]
pub(crate) fn work_bytes(settings: &PlannerSettings) -> f64 {
    settings.work_mem as f64
}

/// Bytes of memory for one hash table (PostgreSQL `get_hash_memory_limit`, `nodeHash.c`): whole bytes.
#[must_use]
pub fn hash_memory(settings: &PlannerSettings) -> f64 {
    libm::floor(work_bytes(settings) * settings.hash_mem_multiplier)
}

/// Pages written and read again when rows exceed `work_mem`; 0 if they fit.
pub(crate) fn spilled_pages(settings: &PlannerSettings, rows: f64, width: u32) -> f64 {
    let bytes = relation_bytes(rows, width);
    if bytes > work_bytes(settings) {
        libm::ceil(bytes / PAGE_BYTES)
    } else {
        0.0
    }
}
