//! Sequential scan, and the leaves that read no table: Result, VALUES, functions, CTEs, sub-queries.
//!
//! Source: PostgreSQL 15 `costsize.c`, `cost_seqscan` and its neighbours.

use super::{
    CostSink, QualCost, lines,
    sink::{CostSum, Factor, Source, Unit},
};
use crate::physical::{Cost, PlannerSettings};

/// What a sequential scan is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SeqScanInput {
    /// Pages of the table.
    pub pages: f64,
    /// Rows of the table.
    pub tuples: f64,
    /// Rows after the filter.
    pub rows: f64,
    /// The filter.
    pub filter: QualCost,
    /// The output expressions.
    pub target: QualCost,
}

/// Reads every page and tests every row. O(1); cannot fail.
///
/// Source: `cost_seqscan`.
/// ```
/// use engine::physical::{PlannerSettings, cost::{NoTerms, QualCost, SeqScanInput, seq_scan}};
/// let input = SeqScanInput {
///     pages: 11944.0,
///     tuples: 1e6,
///     rows: 1.0,
///     filter: QualCost { startup: 0.0, per_tuple: 0.0025 },
///     ..SeqScanInput::default()
/// };
/// let cost = seq_scan(&PlannerSettings::default(), &input, &mut NoTerms);
/// assert_eq!(cost.total, 24444.0);
/// ```
pub fn seq_scan(
    settings: &PlannerSettings,
    input: &SeqScanInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    sum.disabled_unless(settings.enable.seqscan, "enable_seqscan");
    lines::set_up(&mut sum, input.filter, input.target);
    sum.run(
        "read every page",
        &[
            Factor::new("pages", input.pages, Unit::Pages, Source::Size),
            Factor::page_price("seq_page_cost", settings.seq_page_cost),
        ],
    );
    lines::per_row(settings, &mut sum, input.tuples, input.filter.per_tuple);
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

/// What a leaf without a table is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowSourceInput {
    /// Rows that come from the source.
    pub tuples: f64,
    /// Rows after the filter.
    pub rows: f64,
    /// Evaluating the function or the rows of expressions.
    pub source: QualCost,
    /// The filter.
    pub filter: QualCost,
    /// The output expressions.
    pub target: QualCost,
}

/// VALUES in FROM: one operator for each row's expressions, and the row (`cost_valuesscan`).
pub fn values_scan(
    settings: &PlannerSettings,
    input: &RowSourceInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    lines::set_up(&mut sum, input.filter, input.target);
    sum.run(
        "evaluate the rows",
        &[
            Factor::rows("rows", input.tuples),
            Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost),
        ],
    );
    lines::per_row(settings, &mut sum, input.tuples, input.filter.per_tuple);
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

/// A function in FROM: evaluated in full before the first row (`cost_functionscan`).
pub fn function_scan(
    settings: &PlannerSettings,
    input: &RowSourceInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    sum.startup(
        "evaluate the function",
        &[Factor::new(
            "function",
            input.source.startup + input.source.per_tuple,
            Unit::Cost,
            Source::Query,
        )],
    );
    lines::set_up(&mut sum, input.filter, input.target);
    lines::per_row(settings, &mut sum, input.tuples, input.filter.per_tuple);
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

/// A kept WITH query or the working table of a recursion: reading back a row costs as much as handling it
/// (`cost_ctescan`). The query itself is charged to its level.
pub fn cte_scan(
    settings: &PlannerSettings,
    input: &RowSourceInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    lines::set_up(&mut sum, input.filter, input.target);
    sum.run(
        "read the kept rows",
        &[
            Factor::rows("rows", input.tuples),
            Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
        ],
    );
    lines::per_row(settings, &mut sum, input.tuples, input.filter.per_tuple);
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

/// What a scan of a sub-query's result is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SubqueryScanInput {
    /// The sub-query.
    pub input: super::InputEstimate,
    /// Rows after the filter.
    pub rows: f64,
    /// The filter.
    pub filter: QualCost,
    /// The output expressions.
    pub target: QualCost,
}

/// A sub-query in FROM that stayed one (`cost_subqueryscan`).
///
/// A scan that neither filters nor computes is free: PostgreSQL 15 leaves it out of the finished plan but charges it
/// all the same; callers that know it is trivial subtract nothing.
pub fn subquery_scan(
    settings: &PlannerSettings,
    input: &SubqueryScanInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    lines::input_startup(&mut sum, &input.input);
    lines::set_up(&mut sum, input.filter, input.target);
    lines::input_run(&mut sum, &input.input);
    lines::per_row(settings, &mut sum, input.input.rows, input.filter.per_tuple);
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

/// A Result without input: one row (`create_group_result_path`, `cost_resultscan`).
/// ```
/// use engine::physical::{PlannerSettings, cost::{NoTerms, QualCost, result}};
/// let none = QualCost::default();
/// assert_eq!(result(&PlannerSettings::default(), none, none, &mut NoTerms).total, 0.01);
/// ```
pub fn result(
    settings: &PlannerSettings,
    filter: QualCost,
    target: QualCost,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    lines::output_set_up(&mut sum, target);
    sum.startup(
        "one-time filter",
        &[Factor::expression(
            "filter",
            filter.startup + filter.per_tuple,
        )],
    );
    sum.run(
        "one row",
        &[Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost)],
    );
    sum.run(
        "output",
        &[Factor::expression("output expressions", target.per_tuple)],
    );
    sum.finish()
}

/// Output expressions over an input that cannot compute them itself (`create_projection_path` of PostgreSQL,
/// when a Result node is needed) — or, with `separate` false, on top of the input's own work (`apply_projection_to_path`).
pub fn projection(
    settings: &PlannerSettings,
    input: &ProjectionInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    lines::input_startup(&mut sum, &input.input);
    lines::output_set_up(&mut sum, input.target);
    lines::input_run(&mut sum, &input.input);
    if input.separate {
        sum.run(
            "rows",
            &[
                Factor::rows("rows", input.input.rows),
                Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
            ],
        );
    }
    lines::output(&mut sum, input.input.rows, input.target.per_tuple);
    sum.finish()
}

/// What a projection is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProjectionInput {
    /// The input, whose own output expressions are not yet charged or have been taken off.
    pub input: super::InputEstimate,
    /// The output expressions.
    pub target: QualCost,
    /// Whether it is a node of its own.
    pub separate: bool,
}
