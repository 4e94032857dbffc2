//! WindowAgg, and a Result that stands on the ends of indexes.
//!
//! Source: PostgreSQL 15 `costsize.c` (`cost_windowagg`), `pathnode.c` (`create_minmaxagg_path`).

use super::{
    CostSink, InputEstimate, QualCost, lines,
    sink::{CostSum, Factor, Source, Unit},
};
use crate::physical::{Cost, PlannerSettings};

/// What a WindowAgg is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WindowInput {
    /// The input, sorted.
    pub input: InputEstimate,
    /// Partition and order columns.
    pub keys: f64,
    /// The calls and their arguments, for each row.
    pub calls: f64,
    /// The output expressions.
    pub target: QualCost,
}

/// Computes window calls over sorted input (`cost_windowagg`). O(1); cannot fail.
pub fn window(settings: &PlannerSettings, input: &WindowInput, sink: &mut impl CostSink) -> Cost {
    let mut sum = CostSum::new(sink);
    let rows = Factor::rows("rows", input.input.rows);
    lines::input_startup(&mut sum, &input.input);
    lines::output_set_up(&mut sum, input.target);
    lines::input_run(&mut sum, &input.input);
    sum.run(
        "rows",
        &[
            rows,
            Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
        ],
    );
    sum.run(
        "compare partition and order columns",
        &[
            rows,
            Factor::count("columns", input.keys),
            Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost),
        ],
    );
    sum.run(
        "window calls",
        &[rows, Factor::expression("calls", input.calls)],
    );
    lines::output(&mut sum, input.input.rows, input.target.per_tuple);
    sum.finish()
}

/// min() and max() as the first entries of indexes: the sub-plans, and one row (`create_minmaxagg_path`).
/// `plans`: position and cost of each sub-plan.
pub fn min_max(
    settings: &PlannerSettings,
    plans: &[(u32, f64)],
    filter: QualCost,
    target: QualCost,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    for (plan, cost) in plans {
        sum.startup("sub-plan", &[subplan_total(*plan, *cost)]);
    }
    lines::output_set_up(&mut sum, target);
    lines::having_set_up(&mut sum, filter);
    sum.run(
        "output",
        &[Factor::expression("output expressions", target.per_tuple)],
    );
    sum.run(
        "HAVING",
        &[Factor::expression("conditions", filter.per_tuple)],
    );
    sum.run(
        "one row",
        &[Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost)],
    );
    sum.finish()
}

/// The whole cost of a sub-plan as a factor.
pub(super) const fn subplan_total(plan: u32, cost: f64) -> Factor {
    Factor::new("sub-plan total", cost, Unit::Cost, Source::SubPlan(plan))
}
