//! Bitmaps: from indexes, combined, and the heap scan that follows one.
//!
//! Source: PostgreSQL 15 `costsize.c` (`cost_bitmap_heap_scan`, `compute_bitmap_pages`, `cost_bitmap_and_node`,
//! `cost_bitmap_or_node`, `cost_bitmap_tree_node`) and `tidbitmap.c` (`tbm_calculate_entries`).

use super::{
    CostSink, QualCost, clamp_rows,
    index::{CacheShare, pages_fetched},
    input::work_bytes,
    lines,
    sink::{CostSum, Factor, Source, Unit},
};
use crate::physical::{
    Cost, PlannerSettings,
    cost_params::{
        BITMAP_COMBINE_OPERATORS, BITMAP_ENTRY_BYTES, BITMAP_MIN_ENTRIES, BITMAP_ROW_OPERATORS,
    },
};

/// A bitmap as an input: an index, an AND or an OR.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BitmapInput {
    /// Cost of the index part, or of the AND or OR.
    pub cost: f64,
    /// Selectivity.
    pub selectivity: f64,
    /// For an index: row estimate of the scan (all restrictions), charged for setting bits. `None` for AND and OR.
    pub index_rows: Option<f64>,
}

/// Cost of a bitmap as an input of something: an index pays a little for each row's bit (`cost_bitmap_tree_node`).
#[must_use]
pub fn bitmap_cost(settings: &PlannerSettings, input: &BitmapInput) -> f64 {
    input.cost + BITMAP_ROW_OPERATORS * settings.cpu_operator_cost * input.index_rows.unwrap_or(0.0)
}

/// Intersection: selectivities multiply (`cost_bitmap_and_node`). Returns cost and selectivity.
pub fn bitmap_and(
    settings: &PlannerSettings,
    inputs: &[BitmapInput],
    sink: &mut impl CostSink,
) -> (f64, f64) {
    let mut sum = CostSum::new(sink);
    let mut selectivity = 1.0;
    for (position, input) in inputs.iter().enumerate() {
        selectivity *= input.selectivity;
        add_bitmap(settings, input, position, &mut sum);
        if position > 0 {
            combine(settings, &mut sum);
        }
    }
    (sum.finish().startup, selectivity)
}

/// Union: selectivities add up; taking in an index directly is free (`cost_bitmap_or_node`). Returns cost and selectivity.
pub fn bitmap_or(
    settings: &PlannerSettings,
    inputs: &[BitmapInput],
    sink: &mut impl CostSink,
) -> (f64, f64) {
    let mut sum = CostSum::new(sink);
    let mut selectivity: f64 = 0.0;
    for (position, input) in inputs.iter().enumerate() {
        selectivity += input.selectivity;
        add_bitmap(settings, input, position, &mut sum);
        if position > 0 && input.index_rows.is_none() {
            combine(settings, &mut sum);
        }
    }
    (sum.finish().startup, selectivity.min(1.0))
}

fn add_bitmap<S: CostSink>(
    settings: &PlannerSettings,
    input: &BitmapInput,
    position: usize,
    sum: &mut CostSum<'_, S>,
) {
    let child = u32::try_from(position).unwrap_or(u32::MAX);
    sum.startup("bitmap", &[Factor::input(child, "bitmap", input.cost)]);
    if let Some(rows) = input.index_rows {
        sum.startup(
            "set bits",
            &[
                Factor::constant("operators for one bit", BITMAP_ROW_OPERATORS),
                Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost),
                Factor::rows("rows", rows),
            ],
        );
    }
}

fn combine<S: CostSink>(settings: &PlannerSettings, sum: &mut CostSum<'_, S>) {
    sum.startup(
        "combine",
        &[
            Factor::constant("operators for one bitmap", BITMAP_COMBINE_OPERATORS),
            Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost),
        ],
    );
}

/// What a bitmap heap scan is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BitmapHeapInput {
    /// The bitmap.
    pub bitmap: BitmapInput,
    /// Pages of the table.
    pub table_pages: f64,
    /// Rows of the table.
    pub table_tuples: f64,
    /// Repetitions (inner side of a nested loop), at least 1.
    pub loops: f64,
    /// Pages of the cache's competitors; `index_pages` is the sum over the bitmap's indexes.
    pub share: CacheShare,
    /// Rows after all conditions.
    pub rows: f64,
    /// All conditions: they are tested again on every row.
    pub filter: QualCost,
    /// The output expressions.
    pub target: QualCost,
}

/// Pages and rows that a bitmap heap scan reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BitmapPages {
    /// Pages.
    pub pages: f64,
    /// Rows, more than match when parts of the bitmap hold whole pages only.
    pub tuples: f64,
}

/// Pages that a bitmap fits exactly into `work_mem` (`tbm_calculate_entries`).
#[must_use]
pub fn bitmap_capacity(settings: &PlannerSettings) -> f64 {
    libm::floor(work_bytes(settings) / BITMAP_ENTRY_BYTES).max(BITMAP_MIN_ENTRIES)
}

/// Pages and rows read after a bitmap (`compute_bitmap_pages`).
#[must_use]
pub fn bitmap_pages(settings: &PlannerSettings, input: &BitmapHeapInput) -> BitmapPages {
    let selectivity = input.bitmap.selectivity;
    let mut tuples = clamp_rows(selectivity * input.table_tuples);
    let table = input.table_pages.max(1.0);
    let mut pages = 2.0 * table * tuples / (2.0 * table + tuples);
    let heap_pages = pages.min(input.table_pages);
    if input.loops > 1.0 {
        pages = pages_fetched(
            settings,
            tuples * input.loops,
            input.table_pages,
            input.share,
        ) / input.loops;
    }
    pages = if pages >= table {
        table
    } else {
        libm::ceil(pages)
    };
    let capacity = bitmap_capacity(settings);
    if capacity < heap_pages {
        let lossy = (heap_pages - capacity / 2.0).max(0.0);
        if lossy > 0.0 {
            let exact = heap_pages - lossy;
            tuples = clamp_rows(
                selectivity * (exact / heap_pages) * input.table_tuples
                    + (lossy / heap_pages) * input.table_tuples,
            );
        }
    }
    BitmapPages { pages, tuples }
}

/// Reads the pages that a bitmap names, in physical order. O(1); cannot fail.
///
/// The price of a page falls from `random_page_cost` for few pages to `seq_page_cost` for all of them.
/// Source: `cost_bitmap_heap_scan`.
/// ```
/// use engine::physical::{PlannerSettings, cost::{BitmapHeapInput, BitmapInput, NoTerms, QualCost, bitmap_heap_scan}};
/// let input = BitmapHeapInput {
///     bitmap: BitmapInput { cost: 59.4475, selectivity: 3070.0 / 300_000.0, index_rows: Some(3070.0) },
///     table_pages: 2804.0,
///     table_tuples: 300_000.0,
///     loops: 1.0,
///     rows: 3070.0,
///     filter: QualCost { startup: 0.0, per_tuple: 0.0025 },
///     ..BitmapHeapInput::default()
/// };
/// let cost = bitmap_heap_scan(&PlannerSettings::default(), &input, &mut NoTerms);
/// assert!((cost.total - 3027.97).abs() < 0.005);
/// ```
pub fn bitmap_heap_scan(
    settings: &PlannerSettings,
    input: &BitmapHeapInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    sum.disabled_unless(settings.enable.bitmapscan, "enable_bitmapscan");
    let read = bitmap_pages(settings, input);
    add_bitmap(settings, &input.bitmap, 0, &mut sum);
    lines::set_up(&mut sum, input.filter, input.target);
    sum.note(
        "heap pages",
        "Mackert and Lohman: 2·T·N ÷ (2·T + N), rounded up, with T pages of the table and N rows found",
        || {
            [
                Factor::new("pages of the table", input.table_pages, Unit::Pages, Source::Size),
                Factor::rows("rows found", read.tuples),
                Factor::count("repetitions", input.loops),
            ]
        },
    );
    let table = input.table_pages.max(1.0);
    let page_price = if read.pages >= 2.0 {
        settings.random_page_cost
            - (settings.random_page_cost - settings.seq_page_cost) * libm::sqrt(read.pages / table)
    } else {
        settings.random_page_cost
    };
    sum.note(
        "price of a page",
        "random_page_cost − (random_page_cost − seq_page_cost) × √(heap pages ÷ pages of the table): the more of the table is read, the closer its pages lie together",
        || {
            [
                Factor::page_price("random_page_cost", settings.random_page_cost),
                Factor::page_price("seq_page_cost", settings.seq_page_cost),
                Factor::pages("heap pages", read.pages),
                Factor::new("pages of the table", table, Unit::Pages, Source::Size),
            ]
        },
    );
    sum.run(
        "read heap pages",
        &[
            Factor::pages("heap pages", read.pages),
            Factor::new(
                "price of a page",
                page_price,
                Unit::CostPerPage,
                Source::Estimate,
            ),
        ],
    );
    lines::per_row(settings, &mut sum, read.tuples, input.filter.per_tuple);
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}
