//! Sort in memory, by a top-N heap, on disk; and sorting group by group what is partly sorted.
//!
//! Source: PostgreSQL 15 `costsize.c` (`cost_tuplesort`, `cost_sort`, `cost_incremental_sort`), `tuplesort.c`
//! (`tuplesort_merge_order`).

use super::{
    CostSink, InputEstimate,
    input::{relation_bytes, work_bytes},
    lines,
    sink::{CostSum, Factor, Source, Unit},
};
use crate::physical::{
    Cost, PlannerSettings,
    cost_params::{
        INCREMENTAL_SORT_SKEW, MAX_MERGE_ORDER, MERGE_INPUT_BYTES, MIN_MERGE_ORDER, PAGE_BYTES,
        SORT_COMPARISON_OPERATORS, SORT_SEQUENTIAL_FRACTION,
    },
};

/// PostgreSQL's `LOG2`: its divisor is cut off, which can be seen in the second decimal of the sort of one row.
pub(super) fn log2(rows: f64) -> f64 {
    #[allow(
        clippy::approx_constant,
        reason = "PostgreSQL's own, two digits short of LN_2"
    )]
    const DIVISOR: f64 = 0.693_147_180_559_945;
    libm::log(rows) / DIVISOR
}

/// How rows will be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortMethod {
    /// All in memory.
    Quicksort,
    /// Only the first rows are kept.
    TopN,
    /// Runs on disk, merged.
    External,
}

/// What a sort is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SortInput {
    /// The input.
    pub input: InputEstimate,
    /// Rows that a LIMIT above needs, if known (PostgreSQL's `limit_tuples`).
    pub limit: Option<f64>,
}

struct SortWork {
    method: SortMethod,
    tuples: f64,
    log_height: f64,
    merge_pages: f64,
}

fn sort_work(settings: &PlannerSettings, rows: f64, width: u32, limit: Option<f64>) -> SortWork {
    let tuples = rows.max(2.0);
    let memory = work_bytes(settings);
    let input_bytes = relation_bytes(tuples, width);
    let output = limit
        .filter(|&limit| limit > 0.0 && limit < tuples)
        .unwrap_or(tuples);
    let output_bytes = if output < tuples {
        relation_bytes(output, width)
    } else {
        input_bytes
    };
    if output_bytes > memory {
        let runs = input_bytes / memory;
        let order = libm::floor(memory / MERGE_INPUT_BYTES).clamp(MIN_MERGE_ORDER, MAX_MERGE_ORDER);
        let passes = if runs > order {
            libm::ceil(libm::log(runs) / libm::log(order))
        } else {
            1.0
        };
        SortWork {
            method: SortMethod::External,
            tuples,
            log_height: log2(tuples),
            merge_pages: 2.0 * libm::ceil(input_bytes / PAGE_BYTES) * passes,
        }
    } else if tuples > 2.0 * output || input_bytes > memory {
        SortWork {
            method: SortMethod::TopN,
            tuples,
            log_height: log2(2.0 * output),
            merge_pages: 0.0,
        }
    } else {
        SortWork {
            method: SortMethod::Quicksort,
            tuples,
            log_height: log2(tuples),
            merge_pages: 0.0,
        }
    }
}

/// The method that [`sort`] prices.
#[must_use]
pub fn sort_method(settings: &PlannerSettings, input: &SortInput) -> SortMethod {
    sort_work(settings, input.input.rows, input.input.width, input.limit).method
}

/// Sorts its input. All comparing is startup. O(1); cannot fail.
///
/// Source: `cost_sort`, `cost_tuplesort`.
/// ```
/// use engine::physical::{Cost, PlannerSettings, cost::{InputEstimate, NoTerms, SortInput, sort}};
/// // the first ten of a million rows
/// let input = InputEstimate { cost: Cost { startup: 0.0, total: 21944.0 }, rows: 1e6, width: 50 };
/// let cost = sort(&PlannerSettings::default(), &SortInput { input, limit: Some(10.0) }, &mut NoTerms);
/// assert!((cost.startup - 43553.64).abs() < 0.005);
/// // 120,000 wide rows: 14.4 MB, one merge pass
/// let input = InputEstimate { cost: Cost { startup: 0.0, total: 3168.0 }, rows: 120_000.0, width: 92 };
/// let cost = sort(&PlannerSettings::default(), &SortInput { input, limit: None }, &mut NoTerms);
/// assert!((cost.total - 19744.6).abs() < 0.05);
/// ```
pub fn sort(settings: &PlannerSettings, input: &SortInput, sink: &mut impl CostSink) -> Cost {
    let work = sort_work(settings, input.input.rows, input.input.width, input.limit);
    let mut sum = CostSum::new(sink);
    let operator = Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost);
    sum.note(
        "pages written and read",
        "the rows do not fit work_mem: 2 × pages of the input × merge passes",
        || {
            [
                Factor::rows("rows", work.tuples),
                Factor::count("bytes of a row", f64::from(input.input.width)),
                Factor::new(
                    "work_mem in bytes",
                    work_bytes(settings),
                    Unit::Count,
                    Source::Setting,
                ),
            ]
        },
    );
    sum.startup(
        "compare",
        &[
            Factor::constant("operators for one comparison", SORT_COMPARISON_OPERATORS),
            operator,
            Factor::rows("rows", work.tuples),
            Factor::new(
                if work.method == SortMethod::TopN {
                    "log2(2 · rows kept)"
                } else {
                    "log2(rows)"
                },
                work.log_height,
                Unit::Count,
                Source::Estimate,
            ),
        ],
    );
    sum.startup(
        "write and merge runs",
        &[
            Factor::pages("pages written and read", work.merge_pages),
            Factor::new(
                "3/4 seq_page_cost + 1/4 random_page_cost",
                settings.seq_page_cost * SORT_SEQUENTIAL_FRACTION
                    + settings.random_page_cost * (1.0 - SORT_SEQUENTIAL_FRACTION),
                Unit::CostPerPage,
                Source::Setting,
            ),
        ],
    );
    sum.disabled_unless(settings.enable.sort, "enable_sort");
    sum.startup(
        "input",
        &[Factor::input(0, "input total", input.input.cost.total)],
    );
    sum.run(
        "hand out rows",
        &[operator, Factor::rows("rows", work.tuples)],
    );
    sum.finish()
}

/// What an incremental sort is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IncrementalSortInput {
    /// The input, sorted by the leading keys.
    pub input: InputEstimate,
    /// Groups of equal leading keys.
    pub groups: f64,
    /// Rows that a LIMIT above needs, if known.
    pub limit: Option<f64>,
}

/// Sorts each group of equal leading keys by itself, so that the first rows come early. O(1); cannot fail.
///
/// Source: `cost_incremental_sort`.
/// ```
/// use engine::physical::{Cost, PlannerSettings, cost::{IncrementalSortInput, InputEstimate, NoTerms, incremental_sort}};
/// let input = InputEstimate { cost: Cost { startup: 0.42, total: 13940.42 }, rows: 200_000.0, width: 12 };
/// let input = IncrementalSortInput { input, groups: 1000.0, limit: Some(10.0) };
/// let cost = incremental_sort(&PlannerSettings::default(), &input, &mut NoTerms);
/// assert!((cost.startup - 20.84).abs() < 0.005);
/// ```
pub fn incremental_sort(
    settings: &PlannerSettings,
    input: &IncrementalSortInput,
    sink: &mut impl CostSink,
) -> Cost {
    let tuples = input.input.rows.max(2.0);
    let groups = input.groups.max(1.0);
    let group_tuples = tuples / groups;
    let one = sort(
        settings,
        &SortInput {
            input: InputEstimate {
                cost: Cost::default(),
                rows: INCREMENTAL_SORT_SKEW * group_tuples,
                width: input.input.width,
            },
            limit: input.limit,
        },
        &mut super::NoTerms,
    );
    let disabled = if settings.enable.sort {
        0.0
    } else {
        super::super::cost_params::DISABLE_COST
    };
    let group_startup = one.startup - disabled;
    let group_run = one.total - one.startup;
    let input_share = input.input.run() / groups;
    let group_factor = Factor::new("groups", groups, Unit::Count, Source::Estimate);
    let further = Factor::new("groups - 1", groups - 1.0, Unit::Count, Source::Estimate);
    let mut sum = CostSum::new(sink);
    let how = "a sort of 1.5 × the rows of a mean group, since groups differ in size";
    let parts = || [Factor::rows("rows", tuples), group_factor];
    sum.note("sort of 1.5 · rows of a group", how, parts);
    sum.note("sort of one group", how, parts);
    sum.startup(
        "sort the first group",
        &[Factor::new(
            "sort of 1.5 · rows of a group",
            group_startup,
            Unit::Cost,
            Source::Estimate,
        )],
    );
    lines::input_startup(&mut sum, &input.input);
    sum.startup(
        "input of the first group",
        &[Factor::input(0, "input run / groups", input_share)],
    );
    sum.run(
        "hand out the first group",
        &[Factor::new(
            "hand out",
            group_run,
            Unit::Cost,
            Source::Estimate,
        )],
    );
    sum.run(
        "sort and hand out the other groups",
        &[
            Factor::new(
                "sort of one group",
                group_run + group_startup,
                Unit::Cost,
                Source::Estimate,
            ),
            further,
        ],
    );
    sum.run(
        "input of the other groups",
        &[Factor::input(0, "input run / groups", input_share), further],
    );
    sum.run(
        "find group boundaries",
        &[
            Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
            Factor::rows("rows", tuples),
        ],
    );
    sum.run(
        "start each group",
        &[
            Factor::constant("rows' worth of work", 2.0),
            Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
            group_factor,
        ],
    );
    sum.finish()
}
