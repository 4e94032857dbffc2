//! Aggregation, grouping without aggregates, removing duplicates, INTERSECT and EXCEPT.
//!
//! Source: PostgreSQL 15 `costsize.c` (`cost_agg`, `cost_group`), `pathnode.c` (`create_unique_path`,
//! `create_setop_path`), `nodeAgg.c` (`hash_agg_entry_size`, `hash_agg_set_limits`).

use super::{
    CostSink, InputEstimate, QualCost,
    input::{hash_memory, relation_bytes},
    lines,
    sink::{CostSum, Factor, Source, Unit},
};
use crate::{
    logical::{AggregateCall, AggregateFunction},
    physical::{
        AggregateStrategy, Cost, PlannerSettings,
        cost::{SubPlanCosts, expression_cost},
        cost_params::{
            CHUNK_HEADER_BYTES, GROUP_ENTRY_BYTES, GROUP_STATE_BYTES, MINIMAL_HEADER_BYTES,
            PAGE_BYTES, SPILL_BUFFER_BYTES, SPILL_MAX_PARTITIONS, SPILL_MIN_PARTITIONS,
            SPILL_PAGE_FACTOR, SPILL_PARTITION_FACTOR,
        },
    },
    value::DataType,
};

/// Cost and memory of a set of aggregate calls (PostgreSQL `AggClauseCosts`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AggregateCosts {
    /// For each input row: arguments, filters and transition functions.
    pub transition: QualCost,
    /// For each group: final functions.
    pub finish: QualCost,
    /// Bytes of state for one group beyond the value itself.
    pub space: f64,
    /// How many calls.
    pub calls: f64,
}

/// Adds up the costs of `calls`, equal ones once. O(calls²).
#[must_use]
pub fn aggregate_costs(
    settings: &PlannerSettings,
    subplans: &dyn SubPlanCosts,
    calls: &[AggregateCall],
) -> AggregateCosts {
    let operator = settings.cpu_operator_cost;
    let mut costs = AggregateCosts::default();
    for (position, call) in calls.iter().enumerate() {
        let argument = call.args.first().map(|arg| arg.data_type);
        let kind = kind_of(call.function, argument);
        if calls[..position].iter().any(|earlier| earlier == call) {
            continue;
        }
        if kind.final_function {
            costs.finish.per_tuple += operator;
        }
        // avg(x) and sum(x) over the same argument share one state when their transition functions agree.
        let shared = calls[..position]
            .iter()
            .any(|earlier| shares_state(earlier, call));
        if shared {
            continue;
        }
        costs.calls += 1.0;
        costs.transition.per_tuple += operator;
        for expr in call.args.iter().chain(call.filter.as_deref()) {
            costs.transition = costs.transition + expression_cost(settings, subplans, expr);
        }
        if kind.space > 0.0 {
            costs.space += kind.space;
        }
    }
    costs
}

/// Whether two different calls use one transition state: avg and sum of numeric or bigint, the variance family.
fn shares_state(left: &AggregateCall, right: &AggregateCall) -> bool {
    fn family(call: &AggregateCall) -> u8 {
        use AggregateFunction as F;
        let argument = call.args.first().map(|arg| arg.data_type);
        match (call.function, argument) {
            // sum(numeric) and avg(numeric) share `numeric_avg_accum`; so do sum(bigint) and avg(bigint).
            (F::Sum | F::Avg, Some(DataType::Numeric(_))) => 1,
            (F::Sum | F::Avg, Some(DataType::Int8)) => 2,
            (F::StddevSamp | F::StddevPop | F::VarSamp | F::VarPop, _) => 3,
            (F::Corr | F::CovarPop | F::CovarSamp, _) => 4,
            _ => 0,
        }
    }
    let group = family(left);
    group != 0
        && group == family(right)
        && left.args == right.args
        && left.distinct == right.distinct
        && left.filter == right.filter
        && left.order_by == right.order_by
}

struct AggregateKind {
    final_function: bool,
    space: f64,
}

/// What PostgreSQL's `pg_aggregate` says: whether there is a final function, and the state's size where the state is not a
/// plain fixed-length value (`aggtransspace`, or the width of the state's type and a header).
const fn kind_of(function: AggregateFunction, argument: Option<DataType>) -> AggregateKind {
    use AggregateFunction as F;
    /// Width of a variable-length value without statistics, rounded up, and an allocation's header.
    const VARIABLE: f64 = 32.0 + 16.0;
    /// An `internal` state of declared size 128.
    const LARGE: f64 = 128.0;
    const NUMERIC_STATE: f64 = 128.0;
    const BIGINT_STATE: f64 = 48.0;
    let (final_function, space) = match function {
        F::CountStar | F::Count | F::BoolAnd | F::BoolOr | F::BitAnd | F::BitOr => (false, 0.0),
        F::Sum => match argument {
            Some(DataType::Numeric(_)) => (true, NUMERIC_STATE),
            Some(DataType::Int8) => (true, BIGINT_STATE),
            _ => (false, 0.0),
        },
        F::Avg => match argument {
            Some(DataType::Numeric(_)) => (true, NUMERIC_STATE),
            Some(DataType::Int8) => (true, BIGINT_STATE),
            _ => (true, VARIABLE),
        },
        F::Min | F::Max | F::AnyValue => match argument {
            Some(
                DataType::Text | DataType::Varchar(_) | DataType::Char(_) | DataType::Numeric(_),
            ) => (false, VARIABLE),
            _ => (false, 0.0),
        },
        F::StddevSamp | F::StddevPop | F::VarSamp | F::VarPop => match argument {
            Some(DataType::Float4 | DataType::Float8) => (true, VARIABLE),
            _ => (true, LARGE),
        },
        F::Corr | F::CovarPop | F::CovarSamp => (true, VARIABLE),
        F::StringAgg | F::PercentileCont | F::PercentileDisc | F::Mode => (true, PAGE_BYTES),
    };
    AggregateKind {
        final_function,
        space,
    }
}

/// What an aggregation is costed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AggregateInput {
    /// The input.
    pub input: InputEstimate,
    /// How rows are grouped.
    pub strategy: AggregateStrategy,
    /// Grouping columns.
    pub keys: f64,
    /// Groups.
    pub groups: f64,
    /// The aggregates.
    pub aggregates: AggregateCosts,
    /// HAVING, on each group.
    pub filter: QualCost,
    /// The output expressions beside the aggregates, on each row that comes out.
    pub target: QualCost,
    /// Rows that come out after HAVING.
    pub rows: f64,
}

/// How a hash aggregation that does not fit its memory is split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HashAggregateSpill {
    /// Batches; 1 = all in memory.
    pub batches: f64,
    /// Times a row is written and read.
    pub depth: f64,
    /// Pages written, and read, over all of them.
    pub pages: f64,
}

/// Bytes of one group in the hash table (`hash_agg_entry_size`).
#[must_use]
pub fn group_entry_bytes(width: u32, aggregates: &AggregateCosts) -> f64 {
    let mut bytes =
        GROUP_ENTRY_BYTES + CHUNK_HEADER_BYTES + MINIMAL_HEADER_BYTES + f64::from(width);
    if aggregates.calls > 0.0 {
        bytes += CHUNK_HEADER_BYTES + GROUP_STATE_BYTES * aggregates.calls;
    }
    if aggregates.space > 0.0 {
        bytes += CHUNK_HEADER_BYTES + aggregates.space;
    }
    bytes
}

/// Batches and page accesses of a hash aggregation (`hash_agg_set_limits`, `cost_agg`).
#[must_use]
pub fn hash_aggregate_spill(
    settings: &PlannerSettings,
    input: &AggregateInput,
) -> HashAggregateSpill {
    let entry = group_entry_bytes(input.input.width, &input.aggregates);
    let memory = hash_memory(settings);
    let needed = input.groups * entry;
    let (partitions, limit, most_groups) = if needed <= memory {
        (0.0, memory, libm::floor(memory / entry))
    } else {
        let most = (memory * 0.25 - SPILL_BUFFER_BYTES) / SPILL_BUFFER_BYTES;
        let wanted = libm::floor(
            (1.0 + SPILL_PARTITION_FACTOR * needed / memory)
                .min(most)
                .clamp(SPILL_MIN_PARTITIONS, SPILL_MAX_PARTITIONS),
        );
        let mut partitions = 1.0;
        while partitions < wanted {
            partitions *= 2.0;
        }
        let buffers = SPILL_BUFFER_BYTES * (1.0 + partitions);
        let limit = if memory > 4.0 * buffers {
            memory - buffers
        } else {
            libm::floor(memory * 0.75)
        };
        let most_groups = if limit > entry {
            libm::floor(limit / entry)
        } else {
            1.0
        };
        (partitions, limit, most_groups)
    };
    let batches = libm::ceil((needed / limit).max(input.groups / most_groups)).max(1.0);
    let depth = libm::ceil(libm::log(batches) / libm::log(partitions.max(2.0)));
    let pages = relation_bytes(input.input.rows, input.input.width) / PAGE_BYTES * depth;
    HashAggregateSpill {
        batches,
        depth,
        pages,
    }
}

/// Aggregates its input. O(1); cannot fail.
///
/// Source: `cost_agg`.
/// ```
/// use engine::physical::{AggregateStrategy, Cost, PlannerSettings, cost::{AggregateCosts, AggregateInput, InputEstimate, NoTerms, QualCost, aggregate}};
/// // count(*) by age: 60 groups over an index-only scan of a million rows
/// let input = AggregateInput {
///     input: InputEstimate { cost: Cost { startup: 0.425, total: 18408.425 }, rows: 1e6, width: 4 },
///     strategy: AggregateStrategy::Sorted,
///     keys: 1.0,
///     groups: 60.0,
///     aggregates: AggregateCosts { transition: QualCost { startup: 0.0, per_tuple: 0.0025 }, calls: 1.0, ..AggregateCosts::default() },
///     filter: QualCost::default(),
///     target: QualCost::default(),
///     rows: 60.0,
/// };
/// let cost = aggregate(&PlannerSettings::default(), &input, &mut NoTerms);
/// assert!((cost.total - 23409.025).abs() < 1e-6);
/// ```
pub fn aggregate(
    settings: &PlannerSettings,
    input: &AggregateInput,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    let operator = Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost);
    let row = Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost);
    let rows = Factor::rows("input rows", input.input.rows);
    let groups = Factor::rows("groups", input.groups);
    let keys = Factor::count("grouping columns", input.keys);
    let costs = &input.aggregates;
    let step = Factor::expression("aggregate steps", costs.transition.per_tuple);
    let finish = Factor::expression("final functions", costs.finish.per_tuple);
    let set_up = Factor::expression("set-up", costs.transition.startup + costs.finish.startup);
    match input.strategy {
        AggregateStrategy::Plain => {
            sum.startup(
                "input, in full",
                &[Factor::input(0, "input total", input.input.cost.total)],
            );
            sum.startup("aggregate set-up", &[set_up]);
            sum.startup("aggregate", &[step, rows]);
            sum.startup("finish", &[finish]);
            sum.run("the one row", &[row]);
        }
        AggregateStrategy::Sorted => {
            lines::input_startup(&mut sum, &input.input);
            lines::input_run(&mut sum, &input.input);
            sum.run("aggregate set-up", &[set_up]);
            sum.run("aggregate", &[step, rows]);
            sum.run("compare grouping columns", &[operator, keys, rows]);
            sum.run("finish", &[finish, groups]);
            sum.run("groups", &[row, groups]);
        }
        AggregateStrategy::Hashed => {
            sum.startup(
                "input, in full",
                &[Factor::input(0, "input total", input.input.cost.total)],
            );
            sum.disabled_unless(settings.enable.hashagg, "enable_hashagg");
            sum.startup("aggregate set-up", &[set_up]);
            sum.startup("aggregate", &[step, rows]);
            sum.startup("hash grouping columns", &[operator, keys, rows]);
            sum.run("finish", &[finish, groups]);
            sum.run("groups", &[row, groups]);
            add_spill(settings, input, &mut sum);
        }
    }
    lines::having_set_up(&mut sum, input.filter);
    sum.run(
        "HAVING",
        &[
            Factor::expression("conditions", input.filter.per_tuple),
            groups,
        ],
    );
    lines::output_set_up(&mut sum, input.target);
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

fn add_spill<S: CostSink>(
    settings: &PlannerSettings,
    input: &AggregateInput,
    sum: &mut CostSum<'_, S>,
) {
    let spill = hash_aggregate_spill(settings, input);
    if spill.depth <= 0.0 {
        return;
    }
    let pages = Factor::pages("pages", spill.pages);
    let twice = Factor::constant("harder than a sort's", SPILL_PAGE_FACTOR);
    sum.startup(
        "write spilled rows",
        &[
            pages,
            twice,
            Factor::page_price("random_page_cost", settings.random_page_cost),
        ],
    );
    sum.run(
        "read spilled rows",
        &[
            pages,
            twice,
            Factor::page_price("seq_page_cost", settings.seq_page_cost),
        ],
    );
    sum.startup(
        "handle spilled rows",
        &[
            Factor::new("times written", spill.depth, Unit::Count, Source::Estimate),
            Factor::rows("input rows", input.input.rows),
            Factor::constant("write and read", 2.0),
            Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
        ],
    );
}

/// What grouping or removing duplicates is costed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GroupInput {
    /// The input, sorted.
    pub input: InputEstimate,
    /// Columns compared.
    pub keys: f64,
    /// Groups.
    pub groups: f64,
    /// HAVING.
    pub filter: QualCost,
    /// The output expressions.
    pub target: QualCost,
    /// Rows that come out.
    pub rows: f64,
}

/// GROUP BY without aggregates over sorted input (`cost_group`).
pub fn group(settings: &PlannerSettings, input: &GroupInput, sink: &mut impl CostSink) -> Cost {
    let mut sum = CostSum::new(sink);
    lines::input_startup(&mut sum, &input.input);
    lines::having_set_up(&mut sum, input.filter);
    lines::output_set_up(&mut sum, input.target);
    lines::input_run(&mut sum, &input.input);
    compare(settings, &mut sum, &input.input, input.keys);
    sum.run(
        "HAVING",
        &[
            Factor::expression("conditions", input.filter.per_tuple),
            Factor::rows("groups", input.groups),
        ],
    );
    lines::output(&mut sum, input.rows, input.target.per_tuple);
    sum.finish()
}

/// Drops rows that equal the row before (`create_upper_unique_path`).
pub fn unique(
    settings: &PlannerSettings,
    input: &InputEstimate,
    keys: f64,
    sink: &mut impl CostSink,
) -> Cost {
    let mut sum = CostSum::new(sink);
    lines::input_startup(&mut sum, input);
    lines::input_run(&mut sum, input);
    compare(settings, &mut sum, input, keys);
    sum.finish()
}

/// INTERSECT or EXCEPT over one input that holds both sides (`create_setop_path`).
///
/// PostgreSQL charges both strategies alike; the hashed one is preferred when it fits and its input, unsorted, is cheaper.
pub fn set_operation(
    settings: &PlannerSettings,
    input: &InputEstimate,
    keys: f64,
    sink: &mut impl CostSink,
) -> Cost {
    unique(settings, input, keys, sink)
}

/// Comparing (or hashing) `keys` columns of every input row.
fn compare<S: CostSink>(
    settings: &PlannerSettings,
    sum: &mut CostSum<'_, S>,
    input: &InputEstimate,
    keys: f64,
) {
    sum.run(
        "compare columns",
        &[
            Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost),
            Factor::rows("input rows", input.rows),
            Factor::count("columns", keys),
        ],
    );
}
