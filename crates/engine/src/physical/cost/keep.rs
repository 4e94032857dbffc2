//! Materialize and Memoize, and what it costs to read an input a second time.
//!
//! Source: PostgreSQL 15 `costsize.c` (`cost_material`, `cost_memoize_rescan`, `cost_rescan`), `pathnode.c`
//! (`create_memoize_path`).

use super::{
    CostSink, InputEstimate,
    input::{hash_memory, relation_bytes, spilled_pages},
    lines,
    sink::{CostSum, Factor, NoTerms, Source, Unit},
};
use crate::physical::{
    Cost, PlannerSettings,
    cost_params::{MEMOIZE_ENTRY_BYTES, MEMOIZE_ROW_BYTES},
};

/// Keeps its input's rows for reading again (`cost_material`). O(1).
pub fn materialize(
    settings: &PlannerSettings,
    input: &InputEstimate,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    lines::input_startup(&mut sum, input);
    lines::input_run(&mut sum, input);
    sum.run(
        "keep rows",
        &[
            Factor::constant("operators for one row", 2.0),
            Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost),
            Factor::rows("rows", input.rows),
        ],
    );
    add_spill(settings, input, &mut sum);
    sum.finish()
}

/// How an input is read again (`cost_rescan`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rescan {
    /// From the beginning, at full cost.
    Repeat,
    /// Materialize or Sort: rows are there, one operator each.
    Kept,
    /// A kept WITH query or working table: one row's handling each.
    Cte,
    /// A function's result, or a hash join whose table stays in memory: without its startup.
    WithoutStartup,
    /// Memoize.
    Memoize(MemoizeInput),
}

/// Cost of reading an input again. O(1).
#[must_use]
pub fn rescan(settings: &PlannerSettings, input: &InputEstimate, how: &Rescan) -> Cost {
    let kept = |price: f64| Cost {
        startup: 0.0,
        total: price * input.rows
            + settings.seq_page_cost * spilled_pages(settings, input.rows, input.width),
    };
    match how {
        Rescan::Repeat => input.cost,
        Rescan::Kept => kept(settings.cpu_operator_cost),
        Rescan::Cte => kept(settings.cpu_tuple_cost),
        Rescan::WithoutStartup => Cost {
            startup: 0.0,
            total: input.cost.total - input.cost.startup,
        },
        Rescan::Memoize(memoize) => memoize_rescan(settings, memoize, &mut NoTerms),
    }
}

/// What a Memoize is costed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoizeInput {
    /// The parameterised input, one scan.
    pub input: InputEstimate,
    /// Scans expected: outer rows.
    pub calls: f64,
    /// Distinct keys among them; `calls` if that is only a guess.
    pub distinct_keys: f64,
}

/// The first scan through a Memoize: its input and one entry (`create_memoize_path`).
pub fn memoize(settings: &PlannerSettings, input: &MemoizeInput, sink: &mut impl CostSink) -> Cost {
    let mut sum = CostSum::new(sink);
    let row = Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost);
    lines::input_startup(&mut sum, &input.input);
    sum.startup("new entry", &[row]);
    lines::input_run(&mut sum, &input.input);
    sum.finish()
}

/// How often Memoize finds a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoizeHits {
    /// Entries expected in the cache.
    pub entries: f64,
    /// Fraction of scans answered from the cache.
    pub hit_ratio: f64,
    /// Fraction of scans that push an entry out.
    pub evict_ratio: f64,
}

/// Expected hits (`cost_memoize_rescan`).
#[must_use]
pub fn memoize_hits(settings: &PlannerSettings, input: &MemoizeInput) -> MemoizeHits {
    let entry_bytes = relation_bytes(input.input.rows, input.input.width)
        + MEMOIZE_ENTRY_BYTES
        + MEMOIZE_ROW_BYTES * input.input.rows;
    let capacity = libm::floor(hash_memory(settings) / entry_bytes);
    let held = capacity.min(input.distinct_keys);
    MemoizeHits {
        entries: held,
        hit_ratio: (held / input.distinct_keys - input.distinct_keys / input.calls).max(0.0),
        evict_ratio: 1.0 - held / input.distinct_keys,
    }
}

/// Each further scan through a Memoize (`cost_memoize_rescan`).
/// ```
/// use engine::physical::{Cost, PlannerSettings, cost::{InputEstimate, MemoizeInput, NoTerms, memoize_hits}};
/// let input = InputEstimate { cost: Cost { startup: 0.28, total: 0.36 }, rows: 1.0, width: 4 };
/// let input = MemoizeInput { input, calls: 300_000.0, distinct_keys: 2000.0 };
/// let hits = memoize_hits(&PlannerSettings::default(), &input);
/// assert!((hits.hit_ratio - 0.9933).abs() < 0.0001);
/// ```
pub fn memoize_rescan(
    settings: &PlannerSettings,
    input: &MemoizeInput,
    sink: &mut impl CostSink,
) -> Cost {
    let hits = memoize_hits(settings, input);
    let missed = 1.0 - hits.hit_ratio;
    let row = Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost);
    let operator = Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost);
    let rows = Factor::rows("rows of an entry", input.input.rows);
    let evicted = Factor::ratio("evictions for one scan", hits.evict_ratio);
    let mut sum = CostSum::new(sink);
    sum.note(
        "misses for one scan",
        "1 − (entries kept ÷ distinct keys − distinct keys ÷ scans)",
        || {
            [
                Factor::rows("entries kept", hits.entries),
                Factor::rows("distinct keys", input.distinct_keys),
                Factor::rows("scans", input.calls),
            ]
        },
    );
    sum.startup(
        "input on a miss",
        &[
            Factor::input(0, "input startup", input.input.cost.startup),
            Factor::ratio("misses for one scan", missed),
        ],
    );
    sum.startup("look up", &[row]);
    sum.run(
        "input on a miss",
        &[
            Factor::input(0, "input run", input.input.run()),
            Factor::ratio("misses for one scan", missed),
        ],
    );
    sum.run("hash the key", &[operator]);
    sum.run("evict an entry", &[row, evicted]);
    sum.run(
        "free its rows",
        &[operator, Factor::constant("a tenth", 0.1), evicted, rows],
    );
    sum.run("hand out rows", &[operator, rows]);
    sum.finish()
}

fn add_spill<S: CostSink>(
    settings: &PlannerSettings,
    input: &InputEstimate,
    sum: &mut CostSum<'_, S>,
) {
    sum.run(
        "write to disk",
        &[
            Factor::page_price("seq_page_cost", settings.seq_page_cost),
            Factor::new(
                "pages",
                spilled_pages(settings, input.rows, input.width),
                Unit::Pages,
                Source::Estimate,
            ),
        ],
    );
}
