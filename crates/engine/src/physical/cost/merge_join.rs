//! Merge join.
//!
//! Source: PostgreSQL 15 `costsize.c`, `initial_cost_mergejoin` and `final_cost_mergejoin`.

use super::{
    CostSink, InputEstimate, QualCost, clamp_rows,
    input::{relation_bytes, work_bytes},
    lines,
    sink::{CostSum, Factor, NoTerms, Source, Unit},
    sort::{SortInput, sort},
};
use crate::physical::{Cost, PlannerSettings};

/// Which part of each side is read, as fractions of its rows in merge order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MergeFractions {
    /// Outer rows skipped before the first match.
    pub outer_start: f64,
    /// Outer rows read, the skipped included.
    pub outer_end: f64,
    /// Inner rows skipped before the first match.
    pub inner_start: f64,
    /// Inner rows read, the skipped included.
    pub inner_end: f64,
}

impl Default for MergeFractions {
    fn default() -> Self {
        Self {
            outer_start: 0.0,
            outer_end: 1.0,
            inner_start: 0.0,
            inner_end: 1.0,
        }
    }
}

/// One side of a merge join.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MergeSide {
    /// The input, not sorted yet if `sort`.
    pub input: InputEstimate,
    /// Whether it is sorted first.
    pub sort: bool,
}

/// What a merge join is costed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MergeJoinInput {
    /// Outer side.
    pub outer: MergeSide,
    /// Inner side.
    pub inner: MergeSide,
    /// The inner path can return to a marked row without a Materialize or Sort (index scans, Materialize, Sort).
    pub inner_can_mark: bool,
    /// Nothing is ever read twice: SEMI, ANTI or unique inner side, and no condition beside the merge clauses
    /// (`skip_mark_restore`).
    pub single_pass: bool,
    /// The outer side was made unique, so that no inner row is read twice.
    pub outer_made_unique: bool,
    /// Parts read.
    pub fractions: MergeFractions,
    /// Pairs that satisfy the merge clauses (PostgreSQL `approx_tuple_count`).
    pub matching_pairs: f64,
    /// The merge clauses.
    pub merge_conditions: QualCost,
    /// Conditions beside them.
    pub other_conditions: QualCost,
    /// Rows that come out.
    pub rows: f64,
    /// The output expressions.
    pub target: QualCost,
}

/// A merge join's cost, and whether its inner side is kept in a Materialize node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MergeJoinCost {
    /// Cost.
    pub cost: Cost,
    /// Put a Materialize over the inner side.
    pub materialize_inner: bool,
}

struct Part {
    skipped: f64,
    rows: f64,
    startup: f64,
    skipped_run: f64,
    run: f64,
}

/// The part of a side that is read, after sorting it if need be.
fn part(settings: &PlannerSettings, side: &MergeSide, start: f64, end: f64) -> Part {
    let all = side.input.rows.max(1.0);
    let skipped = libm::rint(all * start);
    let rows = clamp_rows(all * end);
    let (start, end) = (skipped / all, rows / all);
    let cost = if side.sort {
        sort(
            settings,
            &SortInput {
                input: InputEstimate {
                    rows: all,
                    ..side.input
                },
                limit: None,
            },
            &mut NoTerms,
        )
    } else {
        side.input.cost
    };
    let run = cost.total - cost.startup;
    Part {
        skipped,
        rows,
        startup: cost.startup,
        skipped_run: run * start,
        run: run * (end - start),
    }
}

/// What a merge join costs at least, known before its conditions are looked at (`initial_cost_mergejoin`). O(1).
#[must_use]
pub fn merge_join_least(
    settings: &PlannerSettings,
    inputs: (&MergeSide, &MergeSide),
    fractions: &MergeFractions,
) -> Cost {
    let mut sink = NoTerms;
    let mut sum = CostSum::new(&mut sink);
    let (_, inner) = sides(settings, &mut sum, inputs, fractions);
    let mut cost = sum.finish();
    cost.total += inner.run;
    cost
}

/// The parts of both sides, with what they cost but for the reading of the inner one.
#[inline(always)]
fn sides<S: CostSink>(
    settings: &PlannerSettings,
    sum: &mut CostSum<'_, S>,
    (outer, inner): (&MergeSide, &MergeSide),
    fractions: &MergeFractions,
) -> (Part, Part) {
    let outer = part(settings, outer, fractions.outer_start, fractions.outer_end);
    let inner = part(settings, inner, fractions.inner_start, fractions.inner_end);
    sum.startup("outer", &[Factor::input(0, "outer startup", outer.startup)]);
    sum.startup(
        "outer rows skipped",
        &[Factor::input(
            0,
            "outer run, skipped part",
            outer.skipped_run,
        )],
    );
    sum.run(
        "outer",
        &[Factor::input(0, "outer run, part read", outer.run)],
    );
    sum.startup("inner", &[Factor::input(1, "inner startup", inner.startup)]);
    sum.startup(
        "inner rows skipped",
        &[Factor::input(
            1,
            "inner run, skipped part",
            inner.skipped_run,
        )],
    );
    (outer, inner)
}

/// Walks two sorted inputs side by side. O(1); cannot fail.
pub fn merge_join(
    settings: &PlannerSettings,
    input: &MergeJoinInput,
    sink: &mut impl CostSink,
) -> MergeJoinCost {
    let mut sum = CostSum::new(sink);
    let (outer, inner) = sides(
        settings,
        &mut sum,
        (&input.outer, &input.inner),
        &input.fractions,
    );
    let inner_rows = input.inner.input.rows.max(1.0);
    sum.disabled_unless(settings.enable.mergejoin, "enable_mergejoin");

    let read_again = if input.single_pass || input.outer_made_unique {
        0.0
    } else {
        (input.matching_pairs - inner_rows).max(0.0)
    };
    let ratio = 1.0 + read_again / inner.rows;
    let ratio_factor = Factor::ratio("1 + rows read again / inner rows", ratio);
    let bare = inner.run * ratio;
    let materialized = inner.run + settings.cpu_operator_cost * inner.rows * ratio;
    let materialize_inner = !input.single_pass
        && ((settings.enable.material && materialized < bare)
            || (!input.inner.sort && !input.inner_can_mark)
            || (settings.enable.material
                && input.inner.sort
                && relation_bytes(inner_rows, input.inner.input.width) > work_bytes(settings)));
    let inner_run = Factor::input(1, "inner run, part read", inner.run);
    if materialize_inner {
        sum.run("inner", &[inner_run]);
        sum.run(
            "read kept inner rows",
            &[
                Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost),
                Factor::rows("inner rows", inner.rows),
                ratio_factor,
            ],
        );
    } else {
        sum.run("inner, with repetitions", &[inner_run, ratio_factor]);
    }

    let compare = Factor::expression("merge conditions", input.merge_conditions.per_tuple);
    sum.startup(
        "condition set-up",
        &[Factor::expression("set-up", input.merge_conditions.startup)],
    );
    sum.startup(
        "compare skipped rows",
        &[
            compare,
            Factor::rows("rows", outer.skipped + inner.skipped * ratio),
        ],
    );
    sum.run(
        "compare",
        &[
            compare,
            Factor::rows(
                "rows",
                (outer.rows - outer.skipped) + (inner.rows - inner.skipped) * ratio,
            ),
        ],
    );
    sum.startup(
        "condition set-up",
        &[Factor::new(
            "set-up",
            input.other_conditions.startup,
            Unit::Cost,
            Source::Query,
        )],
    );
    lines::output_set_up(&mut sum, input.target);
    lines::per_row(
        settings,
        &mut sum,
        input.matching_pairs,
        input.other_conditions.per_tuple,
    );
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    MergeJoinCost {
        cost: sum.finish(),
        materialize_inner,
    }
}
