//! Nested loop.
//!
//! Source: PostgreSQL 15 `costsize.c`, `initial_cost_nestloop` and `final_cost_nestloop`.

use super::{
    CostSink, InputEstimate, QualCost, lines,
    sink::{CostSum, Factor, NoTerms},
};
use crate::{
    logical::JoinKind,
    physical::{Cost, PlannerSettings},
};

/// How often an outer row finds a match, for joins that stop at the first (PostgreSQL `SemiAntiJoinFactors`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MatchFactors {
    /// Fraction of outer rows with a match (`outer_match_frac`).
    pub outer_fraction: f64,
    /// Inner rows that match such a row (`match_count`).
    pub matches: f64,
}

impl MatchFactors {
    /// Fraction of the inner rows read before the first match.
    pub(super) fn scanned_fraction(self) -> f64 {
        2.0 / (self.matches + 1.0)
    }
}

/// What a nested loop is costed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NestedLoopInput {
    /// Outer side.
    pub outer: InputEstimate,
    /// Inner side, first scan.
    pub inner: InputEstimate,
    /// Inner side, each further scan (see `rescan`).
    pub rescan: Cost,
    /// Kind of join.
    pub join: JoinKind,
    /// At most one inner row matches an outer row.
    pub inner_unique: bool,
    /// For SEMI, ANTI and unique inner sides.
    pub factors: MatchFactors,
    /// The inner side is an index scan (or a bitmap heap scan over one index) whose conditions contain every join clause
    /// (`has_indexed_join_quals`).
    pub indexed: bool,
    /// All join conditions that the node itself tests.
    pub conditions: QualCost,
    /// Rows that come out.
    pub rows: f64,
    /// The output expressions.
    pub target: QualCost,
}

/// Scans the inner side once for each outer row. O(1); cannot fail.
/// ```
/// use engine::{logical::JoinKind, physical::{Cost, PlannerSettings, cost::{InputEstimate, MatchFactors, NestedLoopInput, NoTerms, QualCost, nested_loop}}};
/// let inner = Cost { startup: 4.37, total: 38.18 };
/// let input = NestedLoopInput {
///     outer: InputEstimate { cost: Cost { startup: 0.0, total: 98.37 }, rows: 38.0, width: 4 },
///     inner: InputEstimate { cost: inner, rows: 10.0, width: 12 },
///     rescan: inner,
///     join: JoinKind::Inner,
///     inner_unique: false,
///     factors: MatchFactors::default(),
///     indexed: true,
///     conditions: QualCost::default(),
///     rows: 380.0,
///     target: QualCost::default(),
/// };
/// let cost = nested_loop(&PlannerSettings::default(), &input, &mut NoTerms);
/// assert!((cost.total - (98.37 + 38.0 * 38.18 + 380.0 * 0.01)).abs() < 1e-9);
/// ```
pub fn nested_loop(
    settings: &PlannerSettings,
    input: &NestedLoopInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    let stops_early = stops_early(input.join, input.inner_unique);
    scans(
        &mut sum,
        &input.outer,
        &input.inner,
        input.rescan,
        stops_early,
    );
    sum.disabled_unless(settings.enable.nestloop, "enable_nestloop");
    let tuples = if stops_early {
        first_match_only(input, &mut sum)
    } else {
        input.outer.rows.max(1.0) * input.inner.rows.max(1.0)
    };
    sum.startup(
        "condition set-up",
        &[Factor::expression("set-up", input.conditions.startup)],
    );
    lines::output_set_up(&mut sum, input.target);
    lines::per_row(settings, &mut sum, tuples, input.conditions.per_tuple);
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

/// What a nested loop costs at least, known before its conditions are looked at (`initial_cost_nestloop`). O(1).
#[must_use]
pub fn nested_loop_least(
    outer: &InputEstimate,
    inner: &InputEstimate,
    rescan: Cost,
    stops_early: bool,
) -> Cost {
    let mut sink = NoTerms;
    let mut sum = CostSum::new(&mut sink);
    scans(&mut sum, outer, inner, rescan, stops_early);
    sum.finish()
}

/// Whether the inner side is left at the first match.
#[must_use]
pub const fn stops_early(join: JoinKind, inner_unique: bool) -> bool {
    matches!(join, JoinKind::Semi | JoinKind::Anti) || inner_unique
}

/// The scans of both sides, but for the inner rows of a loop that stops at the first match.
#[inline(always)]
fn scans<S: CostSink>(
    sum: &mut CostSum<'_, S>,
    outer: &InputEstimate,
    inner: &InputEstimate,
    rescan: Cost,
    stops_early: bool,
) {
    let outer_rows = outer.rows.max(1.0);
    let further = Factor::rows("outer rows - 1", outer_rows - 1.0);
    sum.startup(
        "outer",
        &[Factor::input(0, "outer startup", outer.cost.startup)],
    );
    sum.startup(
        "inner",
        &[Factor::input(1, "inner startup", inner.cost.startup)],
    );
    sum.run("outer", &[Factor::input(0, "outer run", outer.run())]);
    if outer_rows > 1.0 {
        sum.run(
            "start the inner side again",
            &[further, Factor::input(1, "rescan startup", rescan.startup)],
        );
    }
    if stops_early {
        return;
    }
    sum.run(
        "inner, first time",
        &[Factor::input(1, "inner run", inner.run())],
    );
    if outer_rows > 1.0 {
        sum.run(
            "inner, again",
            &[
                further,
                Factor::input(1, "rescan run", rescan.total - rescan.startup),
            ],
        );
    }
}

/// Inner scans that stop at the first match. Returns the pairs of rows looked at.
fn first_match_only<S: CostSink>(input: &NestedLoopInput, sum: &mut CostSum<'_, S>) -> f64 {
    let outer_rows = input.outer.rows.max(1.0);
    let inner_rows = input.inner.rows.max(1.0);
    let fraction = input.factors.scanned_fraction();
    let scanned = Factor::ratio("part read before the first match", fraction);
    let mut matched = libm::rint(outer_rows * input.factors.outer_fraction);
    let mut unmatched = outer_rows - matched;
    let mut tuples = matched * inner_rows * fraction;
    let first = Factor::input(1, "inner run", input.inner.run());
    let rescan = Factor::input(1, "rescan run", input.rescan.total - input.rescan.startup);
    if input.indexed {
        // Every join clause is in the index: an outer row without a match costs one fruitless look-up.
        sum.run("inner, first time", &[first, scanned]);
        if matched > 1.0 {
            let rows = Factor::rows("outer rows that match - 1", matched - 1.0);
            sum.run("inner, again, with a match", &[rows, rescan, scanned]);
        }
        let rows = Factor::rows("outer rows without a match", unmatched);
        let one = Factor::ratio("1 / inner rows", 1.0 / inner_rows);
        sum.run("inner, again, without a match", &[rows, rescan, one]);
    } else {
        // The first scan is charged in full: it may be the one that fills a cache.
        tuples += unmatched * inner_rows;
        sum.run("inner, first time", &[first]);
        if unmatched >= 1.0 {
            unmatched -= 1.0;
        } else {
            matched -= 1.0;
        }
        if matched > 0.0 {
            let rows = Factor::rows("outer rows that match", matched);
            sum.run("inner, again, with a match", &[rows, rescan, scanned]);
        }
        if unmatched > 0.0 {
            let rows = Factor::rows("outer rows without a match", unmatched);
            sum.run("inner, again, without a match", &[rows, rescan]);
        }
    }
    tuples
}
