//! The lines that the costs of several nodes have in common, under the same names everywhere.
//!
//! Source: PostgreSQL 15 `costsize.c`, whose functions repeat them.

use super::{
    CostSink, InputEstimate, QualCost,
    sink::{CostSum, Factor},
};
use crate::physical::PlannerSettings;

/// What the first input costs before its first row.
pub(super) fn input_startup<S: CostSink>(sum: &mut CostSum<'_, S>, input: &InputEstimate) {
    sum.startup(
        "input",
        &[Factor::input(0, "input startup", input.cost.startup)],
    );
}

/// What the first input costs from its first row to its last.
pub(super) fn input_run<S: CostSink>(sum: &mut CostSum<'_, S>, input: &InputEstimate) {
    sum.run("input", &[Factor::input(0, "input run", input.run())]);
}

/// What conditions and output expressions cost once.
pub(super) fn set_up<S: CostSink>(sum: &mut CostSum<'_, S>, filter: QualCost, target: QualCost) {
    sum.startup(
        "filter set-up",
        &[Factor::expression("set-up", filter.startup)],
    );
    output_set_up(sum, target);
}

/// What conditions on groups cost once.
pub(super) fn having_set_up<S: CostSink>(sum: &mut CostSum<'_, S>, having: QualCost) {
    sum.startup(
        "HAVING set-up",
        &[Factor::expression("set-up", having.startup)],
    );
}

/// What output expressions cost once.
pub(super) fn output_set_up<S: CostSink>(sum: &mut CostSum<'_, S>, target: QualCost) {
    sum.startup(
        "output set-up",
        &[Factor::expression("set-up", target.startup)],
    );
}

/// Handling rows and testing their conditions.
pub(super) fn per_row<S: CostSink>(
    settings: &PlannerSettings,
    sum: &mut CostSum<'_, S>,
    tuples: f64,
    filter: f64,
) {
    sum.run(
        "rows",
        &[
            Factor::rows("rows", tuples),
            Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
        ],
    );
    sum.run(
        "filter",
        &[
            Factor::rows("rows", tuples),
            Factor::expression("conditions", filter),
        ],
    );
}

/// Computing the output expressions.
pub(super) fn output<S: CostSink>(sum: &mut CostSum<'_, S>, rows: f64, per_tuple: f64) {
    sum.run(
        "output",
        &[
            Factor::rows("rows", rows),
            Factor::expression("output expressions", per_tuple),
        ],
    );
}
