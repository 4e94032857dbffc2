//! Hash join, and the size of its table.
//!
//! Source: PostgreSQL 15 `costsize.c` (`initial_cost_hashjoin`, `final_cost_hashjoin`), `nodeHash.c`
//! (`ExecChooseHashTableSize`).

use super::{
    CostSink, InputEstimate, MatchFactors, QualCost, clamp_rows,
    input::{hash_memory, relation_bytes, relation_pages},
    lines, max_align,
    sink::{CostSum, Factor, NoTerms, Source, Unit},
};
use crate::{
    logical::JoinKind,
    physical::{
        Cost, PlannerSettings,
        cost_params::{
            DISABLE_COST, HASH_BUCKET_BYTES, HASH_MATCHED_PROBE, HASH_MIN_BUCKETS,
            HASH_ROW_HEADER_BYTES, HASH_SKEW_BUCKET_BYTES, HASH_SKEW_PERCENT, HASH_UNMATCHED_PROBE,
        },
    },
};

/// Shape of a hash table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HashTableSize {
    /// Buckets of one batch: a power of two.
    pub buckets: f64,
    /// Batches: a power of two; 1 = all in memory.
    pub batches: f64,
}

/// How PostgreSQL would split a hash table over `rows` rows of `width` bytes (`ExecChooseHashTableSize`). O(1).
/// ```
/// use engine::physical::{PlannerSettings, cost::hash_table_size};
/// let size = hash_table_size(&PlannerSettings::default(), 120_000.0, 92);
/// assert_eq!((size.buckets, size.batches), (65536.0, 2.0));
/// ```
#[must_use]
pub fn hash_table_size(settings: &PlannerSettings, rows: f64, width: u32) -> HashTableSize {
    let rows = if rows <= 0.0 { 1000.0 } else { rows };
    let row_bytes = HASH_ROW_HEADER_BYTES + f64::from(max_align(width));
    let memory = hash_memory(settings);
    #[expect(clippy::cast_precision_loss, reason = "small constants")]
    let (skew_bucket, skew_percent) = (HASH_SKEW_BUCKET_BYTES as f64, HASH_SKEW_PERCENT as f64);
    let bytes_per_common_value = row_bytes + skew_bucket;
    let common_values =
        libm::floor(libm::floor(memory / bytes_per_common_value) * skew_percent / 100.0);
    let memory = memory - common_values * bytes_per_common_value;
    let most_buckets = previous_power_of_two(memory / HASH_BUCKET_BYTES).min(1_073_741_824.0);
    let wanted = libm::ceil(rows).min(most_buckets).max(HASH_MIN_BUCKETS);
    let mut buckets = next_power_of_two(wanted);
    let mut batches = 1.0;
    let bytes = rows * row_bytes;
    if bytes + buckets * HASH_BUCKET_BYTES > memory {
        let bucket_bytes = row_bytes + HASH_BUCKET_BYTES;
        let fitting = if memory <= bucket_bytes {
            1.0
        } else {
            next_power_of_two(libm::floor(memory / bucket_bytes))
        };
        buckets = fitting.min(most_buckets);
        let left = memory - buckets * HASH_BUCKET_BYTES;
        batches = next_power_of_two(libm::ceil(bytes / left).min(most_buckets).max(2.0));
    }
    HashTableSize { buckets, batches }
}

/// Bits of a float beside its sign and exponent.
const FRACTION: u64 = (1 << 52) - 1;

/// At least 1. A power of two has no fraction bits.
fn next_power_of_two(value: f64) -> f64 {
    let below = previous_power_of_two(value);
    if below < value { below * 2.0 } else { below }
}

/// At least 1.
fn previous_power_of_two(value: f64) -> f64 {
    f64::from_bits(value.max(1.0).to_bits() & !FRACTION)
}

/// What a hash join is costed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HashJoinInput {
    /// Outer (probe) side.
    pub outer: InputEstimate,
    /// Inner (build) side.
    pub inner: InputEstimate,
    /// Kind of join.
    pub join: JoinKind,
    /// At most one inner row matches an outer row.
    pub inner_unique: bool,
    /// For SEMI, ANTI and unique inner sides.
    pub factors: MatchFactors,
    /// Hash clauses.
    pub clauses: f64,
    /// Their cost.
    pub hash_conditions: QualCost,
    /// Fraction of the inner rows in one bucket: the smallest over the clauses (see `bucket_fraction`); `None` when the
    /// inner side was made unique: then rows spread evenly.
    pub bucket_fraction: Option<f64>,
    /// Frequency of the most common inner key: the smallest over the clauses.
    pub common_fraction: f64,
    /// Pairs that satisfy the hash clauses (PostgreSQL `approx_tuple_count`), for joins that keep all matches.
    pub matching_pairs: f64,
    /// Conditions beside the hash clauses.
    pub other_conditions: QualCost,
    /// Rows that come out.
    pub rows: f64,
    /// The output expressions.
    pub target: QualCost,
}

/// Builds a table over the inner side, then probes it with each outer row. O(1); cannot fail.
/// ```
/// use engine::{logical::JoinKind, physical::{Cost, PlannerSettings, cost::{HashJoinInput, InputEstimate, MatchFactors, NoTerms, QualCost, hash_join}}};
/// // 200,000 orders with 20,000 customers on the customers' key
/// let input = HashJoinInput {
///     outer: InputEstimate { cost: Cost { startup: 0.0, total: 3471.0 }, rows: 200_000.0, width: 8 },
///     inner: InputEstimate { cost: Cost { startup: 0.0, total: 377.0 }, rows: 20_000.0, width: 8 },
///     join: JoinKind::Inner,
///     inner_unique: true,
///     factors: MatchFactors { outer_fraction: 1.0 / 20_000.0, matches: 20_000.0 },
///     clauses: 1.0,
///     hash_conditions: QualCost { startup: 0.0, per_tuple: 0.0025 },
///     bucket_fraction: Some(1.0 / 20_000.0),
///     common_fraction: 0.0,
///     matching_pairs: 200_000.0,
///     other_conditions: QualCost::default(),
///     rows: 200_000.0,
///     target: QualCost::default(),
/// };
/// let cost = hash_join(&PlannerSettings::default(), &input, &mut NoTerms);
/// assert!((cost.startup - 627.0).abs() < 1e-9);
/// assert!((cost.total - 4623.11).abs() < 0.005);
/// ```
pub fn hash_join(
    settings: &PlannerSettings,
    input: &HashJoinInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    let size = build_and_probe(
        settings,
        &mut sum,
        (&input.outer, &input.inner),
        input.clauses,
    );
    let (outer_rows, inner_rows) = (input.outer.rows, input.inner.rows);
    let outer = Factor::rows("outer rows", outer_rows);
    let inner = Factor::rows("inner rows", inner_rows);
    sum.disabled_unless(settings.enable.hashjoin, "enable_hashjoin");
    let buckets = size.buckets * size.batches;
    let (bucket_fraction, common_fraction) = match input.bucket_fraction {
        Some(fraction) => (fraction, input.common_fraction),
        None => (1.0 / buckets, 0.0),
    };
    if relation_bytes(clamp_rows(inner_rows * common_fraction), input.inner.width)
        > hash_memory(settings)
    {
        sum.startup(
            "one key's rows exceed the memory",
            &[Factor::new(
                "disable_cost",
                DISABLE_COST,
                Unit::Cost,
                Source::Constant,
            )],
        );
    }
    sum.note(
        "rows of a bucket",
        "inner rows × the fraction of them in one bucket: fewer distinct keys make fuller buckets",
        || {
            [
                inner,
                Factor::new(
                    "fraction in one bucket",
                    bucket_fraction,
                    Unit::Ratio,
                    Source::Statistics,
                ),
                Factor::new("buckets", buckets, Unit::Count, Source::Estimate),
            ]
        },
    );
    let conditions = &input.hash_conditions;
    let compare = Factor::expression("hash conditions", conditions.per_tuple);
    sum.startup(
        "condition set-up",
        &[Factor::expression("set-up", conditions.startup)],
    );
    let probed = Factor::constant("part of a bucket compared", HASH_MATCHED_PROBE);
    let stops_early = matches!(input.join, JoinKind::Semi | JoinKind::Anti) || input.inner_unique;
    let pairs = if stops_early {
        let matched = libm::rint(outer_rows * input.factors.outer_fraction);
        let unmatched = outer_rows - matched;
        let in_bucket = inner_rows * bucket_fraction * input.factors.scanned_fraction();
        sum.run(
            "compare rows that match",
            &[
                compare,
                Factor::rows("outer rows that match", matched),
                Factor::rows("rows of a bucket until then", clamp_rows(in_bucket)),
                probed,
            ],
        );
        sum.run(
            "compare rows that do not",
            &[
                compare,
                Factor::rows("outer rows without a match", unmatched),
                Factor::rows("rows of a bucket", clamp_rows(inner_rows / buckets)),
                Factor::constant("part whose hash agrees", HASH_UNMATCHED_PROBE),
            ],
        );
        if input.join == JoinKind::Anti {
            unmatched
        } else {
            matched
        }
    } else {
        sum.run(
            "compare",
            &[
                compare,
                outer,
                Factor::rows("rows of a bucket", clamp_rows(inner_rows * bucket_fraction)),
                probed,
            ],
        );
        input.matching_pairs
    };
    sum.startup(
        "condition set-up",
        &[Factor::expression("set-up", input.other_conditions.startup)],
    );
    lines::output_set_up(&mut sum, input.target);
    lines::per_row(settings, &mut sum, pairs, input.other_conditions.per_tuple);
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

/// What a hash join costs at least, known before its conditions are looked at (`initial_cost_hashjoin`). O(1).
#[must_use]
pub fn hash_join_least(
    settings: &PlannerSettings,
    inputs: (&InputEstimate, &InputEstimate),
    clauses: f64,
) -> Cost {
    let mut sink = NoTerms;
    let mut sum = CostSum::new(&mut sink);
    build_and_probe(settings, &mut sum, inputs, clauses);
    sum.finish()
}

/// Reading and hashing both sides.
#[inline(always)]
fn build_and_probe<S: CostSink>(
    settings: &PlannerSettings,
    sum: &mut CostSum<'_, S>,
    (outer, inner): (&InputEstimate, &InputEstimate),
    clauses: f64,
) -> HashTableSize {
    let size = hash_table_size(settings, inner.rows, inner.width);
    let operator = Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost);
    let row = Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost);
    let clauses = Factor::count("hash clauses", clauses);
    let outer_rows = Factor::rows("outer rows", outer.rows);
    let inner_rows = Factor::rows("inner rows", inner.rows);
    sum.startup(
        "outer",
        &[Factor::input(0, "outer startup", outer.cost.startup)],
    );
    sum.run("outer", &[Factor::input(0, "outer run", outer.run())]);
    sum.startup(
        "inner, in full",
        &[Factor::input(1, "inner total", inner.cost.total)],
    );
    sum.startup("hash inner rows", &[operator, clauses, inner_rows]);
    sum.startup("put them into the table", &[row, inner_rows]);
    sum.run("hash outer rows", &[operator, clauses, outer_rows]);
    if size.batches > 1.0 {
        let price = Factor::page_price("seq_page_cost", settings.seq_page_cost);
        let inner_pages = Factor::pages("inner pages", relation_pages(inner.rows, inner.width));
        let outer_pages = Factor::pages("outer pages", relation_pages(outer.rows, outer.width));
        sum.startup("write inner batches", &[price, inner_pages]);
        sum.run("read inner batches", &[price, inner_pages]);
        sum.run(
            "write and read outer batches",
            &[price, Factor::constant("twice", 2.0), outer_pages],
        );
    }
    size
}
