//! Append and MergeAppend, LIMIT, recursion, and what a plan pays for its sub-plans.
//!
//! Source: PostgreSQL 15 `costsize.c` (`cost_append`, `cost_merge_append`, `cost_recursive_union`, `cost_subplan`),
//! `pathnode.c` (`adjust_limit_rows_costs`).

use super::{
    CostSink, InputEstimate, QualCost, clamp_rows,
    input::hash_memory,
    lines, relation_bytes,
    sink::{CostSum, Factor, Source, Unit},
};
use crate::physical::{
    Cost, PlannerSettings,
    cost_params::{
        APPEND_ROW_FRACTION, QUANTIFIED_SUBPLAN_FRACTION, RECURSION_ROUNDS,
        SORT_COMPARISON_OPERATORS, UNKNOWN_LIMIT_FRACTION,
    },
};

/// One input after the other (`cost_append`): rows and cost.
pub fn append(
    settings: &PlannerSettings,
    inputs: &[InputEstimate],
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    let mut rows = 0.0;
    for (position, input) in inputs.iter().enumerate() {
        if position == 0 {
            sum.startup(
                "first input",
                &[Factor::input(0, "input startup", input.cost.startup)],
            );
            sum.run("first input", &[Factor::input(0, "input run", input.run())]);
        } else {
            sum.run(
                "next input",
                &[Factor::input(
                    count_u32(position),
                    "input total",
                    input.cost.total,
                )],
            );
        }
        rows += input.rows;
    }
    append_rows(settings, &mut sum, rows);
    sum.finish()
}

/// Inputs sorted alike, merged (`cost_merge_append`). Unsorted inputs are given with their sort's cost.
pub fn merge_append(
    settings: &PlannerSettings,
    inputs: &[InputEstimate],
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    let mut rows = 0.0;
    for (position, input) in inputs.iter().enumerate() {
        let child = count_u32(position);
        sum.startup(
            "input",
            &[Factor::input(child, "input startup", input.cost.startup)],
        );
        sum.run("input", &[Factor::input(child, "input run", input.run())]);
        rows += input.rows;
    }
    let streams = count(inputs.len()).max(2.0);
    let height = Factor::new(
        "log2(inputs)",
        super::sort::log2(streams),
        Unit::Count,
        Source::Query,
    );
    let comparison = Factor::constant("operators for one comparison", SORT_COMPARISON_OPERATORS);
    let operator = Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost);
    sum.startup(
        "order the first rows",
        &[
            comparison,
            operator,
            Factor::count("inputs", streams),
            height,
        ],
    );
    sum.run(
        "choose the next row",
        &[comparison, operator, height, Factor::rows("rows", rows)],
    );
    append_rows(settings, &mut sum, rows);
    sum.finish()
}

fn append_rows<S: CostSink>(settings: &PlannerSettings, sum: &mut CostSum<'_, S>, rows: f64) {
    sum.run(
        "pass rows on",
        &[
            Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
            Factor::constant("part of a row's handling", APPEND_ROW_FRACTION),
            Factor::rows("rows", rows),
        ],
    );
}

/// LIMIT or OFFSET as the planner knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum LimitCount {
    /// Not written, or NULL.
    #[default]
    None,
    /// A constant.
    Known(f64),
    /// An expression whose value is not known yet.
    Unknown,
}

/// What LIMIT is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LimitInput {
    /// The input.
    pub input: InputEstimate,
    /// LIMIT.
    pub limit: LimitCount,
    /// OFFSET.
    pub offset: LimitCount,
}

/// Stops after some rows: the part of the input's cost that falls on them (`adjust_limit_rows_costs`). Returns cost and rows.
/// ```
/// use engine::physical::{Cost, cost::{InputEstimate, LimitCount, LimitInput, NoTerms, limit}};
/// let input = InputEstimate { cost: Cost { startup: 20.84, total: 23193.2 }, rows: 200_000.0, width: 8 };
/// let input = LimitInput { input, limit: LimitCount::Known(10.0), offset: LimitCount::None };
/// let (cost, rows) = limit(&input, &mut NoTerms);
/// assert_eq!(rows, 10.0);
/// assert!((cost.total - 22.00).abs() < 0.005);
/// ```
pub fn limit(input: &LimitInput, sink: &mut impl CostSink) -> (Cost, f64) {
    let mut sum = CostSum::new(sink);
    let in_rows = input.input.rows;
    let in_run = input.input.run();
    let mut rows = in_rows;
    let mut skipped = 0.0;
    if input.offset != LimitCount::None {
        skipped = match input.offset {
            LimitCount::Known(offset) => offset,
            _ => clamp_rows(in_rows * UNKNOWN_LIMIT_FRACTION),
        }
        .min(rows);
        rows = (rows - skipped).max(1.0);
    }
    let after_offset = rows;
    let mut share = 1.0;
    if input.limit != LimitCount::None {
        let wanted = match input.limit {
            LimitCount::Known(limit) => limit,
            _ => clamp_rows(in_rows * UNKNOWN_LIMIT_FRACTION),
        };
        rows = wanted.min(after_offset).max(1.0);
        share = wanted.min(after_offset);
    }
    lines::input_startup(&mut sum, &input.input);
    let input_run = Factor::input(0, "input run", in_run);
    if in_rows > 0.0 {
        sum.startup(
            "rows skipped",
            &[input_run, Factor::ratio("part skipped", skipped / in_rows)],
        );
    }
    if input.limit == LimitCount::None {
        sum.run(
            "the other rows",
            &[
                input_run,
                Factor::ratio("part read", 1.0 - skipped / in_rows.max(1.0)),
            ],
        );
    } else if in_rows > 0.0 {
        sum.run(
            "rows wanted",
            &[input_run, Factor::ratio("part read", share / in_rows)],
        );
    }
    (sum.finish(), rows)
}

/// What a recursion is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RecursiveUnionInput {
    /// The non-recursive term.
    pub start: InputEstimate,
    /// The recursive term, one round.
    pub step: InputEstimate,
}

/// WITH RECURSIVE: ten rounds are expected (`cost_recursive_union`). Returns cost and rows.
pub fn recursive_union(
    settings: &PlannerSettings,
    input: &RecursiveUnionInput,
    sink: &mut impl CostSink,
) -> (Cost, f64) {
    let mut sum = CostSum::new(sink);
    let rounds = Factor::constant("rounds", RECURSION_ROUNDS);
    let rows = input.start.rows + RECURSION_ROUNDS * input.step.rows;
    sum.startup(
        "start",
        &[Factor::input(0, "input startup", input.start.cost.startup)],
    );
    sum.run("start", &[Factor::input(0, "input run", input.start.run())]);
    sum.run(
        "rounds",
        &[
            rounds,
            Factor::input(1, "step total", input.step.cost.total),
        ],
    );
    sum.run(
        "keep rows",
        &[
            Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
            Factor::rows("rows", rows),
        ],
    );
    (sum.finish(), rows)
}

/// How a sub-plan in an expression is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubPlanUse {
    /// Once, into a hash table.
    Hashed,
    /// Per row, up to its first row.
    Exists,
    /// Per row, half of it on the average.
    Quantified,
    /// Per row, in full.
    Scalar,
}

/// What a sub-plan is costed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SubPlanInput {
    /// Its plan.
    pub plan: InputEstimate,
    /// How it is run.
    pub usage: SubPlanUse,
    /// Its comparisons, for ANY and ALL.
    pub comparison: QualCost,
    /// It refers to nothing outside (no parameters).
    pub uncorrelated: bool,
    /// Its root keeps its result, so that reading it again is free of its startup (Materialize, Sort …).
    pub result_is_kept: bool,
}

/// What one evaluation of a sub-plan adds to an expression (`cost_subplan`): startup once, the rest for each row.
/// ```
/// use engine::physical::{Cost, PlannerSettings, cost::{InputEstimate, QualCost, SubPlanInput, SubPlanUse, subplan}};
/// let plan = InputEstimate { cost: Cost { startup: 0.0, total: 8.0 }, rows: 500.0, width: 4 };
/// let operator = QualCost { startup: 0.0, per_tuple: 0.0025 };
/// let input = SubPlanInput { plan, usage: SubPlanUse::Hashed, comparison: operator, uncorrelated: true, result_is_kept: false };
/// let cost = subplan(&PlannerSettings::default(), &input);
/// assert_eq!(cost.startup, 9.25);
/// assert_eq!(cost.per_tuple, 0.0025);
/// ```
#[must_use]
pub fn subplan(settings: &PlannerSettings, input: &SubPlanInput) -> QualCost {
    let run = input.plan.run();
    let mut cost = input.comparison;
    if input.usage == SubPlanUse::Hashed {
        cost.startup += input.plan.cost.total + settings.cpu_operator_cost * input.plan.rows;
        return cost;
    }
    cost.per_tuple += match input.usage {
        SubPlanUse::Exists => run / clamp_rows(input.plan.rows),
        SubPlanUse::Quantified => {
            QUANTIFIED_SUBPLAN_FRACTION * run
                + QUANTIFIED_SUBPLAN_FRACTION * input.plan.rows * settings.cpu_operator_cost
        }
        SubPlanUse::Hashed | SubPlanUse::Scalar => run,
    };
    if input.uncorrelated && input.result_is_kept {
        cost.startup += input.plan.cost.startup;
    } else {
        cost.per_tuple += input.plan.cost.startup;
    }
    cost
}

/// Whether an uncorrelated sub-plan's rows fit a hash table (`subplan_is_hashable`).
#[must_use]
pub fn subplan_fits_hash(settings: &PlannerSettings, rows: f64, width: u32) -> bool {
    relation_bytes(rows, width) <= hash_memory(settings)
}

#[expect(clippy::cast_precision_loss, reason = "inputs are few")]
const fn count(length: usize) -> f64 {
    length as f64
}

fn count_u32(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
