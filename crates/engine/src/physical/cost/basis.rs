//! What a node's cost was worked out from, so that it can be worked out again with every line named.
//!
//! Why: ordinary planning must stay lean, so it keeps costs only. When a plan is to be unfolded, each path also keeps the
//! input of its formula; [`CostBasis::unfold`] calls the same formula once more with a sink that listens. The lines add up to
//! the node's cost, which a test proves for every node of every plan.

use super::{
    AggregateInput, BitmapHeapInput, BitmapInput, CostLine, CostTree, GroupInput, HashJoinInput,
    IncrementalSortInput, IndexAccessInput, IndexScanInput, InputEstimate, LimitInput,
    MemoizeInput, MergeJoinInput, NestedLoopInput, ProjectionInput, QualCost, RecursiveUnionInput,
    Rescan, RowSourceInput, SeqScanInput, SortInput, SubqueryScanInput, WindowInput, aggregate,
    append, bitmap_and, bitmap_heap_scan, bitmap_or, cte_scan, function_scan, group, hash_join,
    incremental_sort, index_access, index_scan, limit, lines, materialize, memoize, merge_append,
    merge_join, min_max, nested_loop, projection, recursive_union, result, seq_scan,
    sink::{CostSum, Factor, Terms},
    sort, subquery_scan, unfold, unique, values_scan, window,
};
use crate::physical::{Cost, PlannerSettings};
use alloc::{rc::Rc, vec::Vec};

/// The input of one node's formula. Names are those of the formulas.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "named as the formulas that they are given to")]
pub enum CostBasis {
    SeqScan(SeqScanInput),
    IndexScan(IndexScanInput),
    /// The index part of a bitmap: all of it is charged to the total.
    BitmapIndexScan(IndexAccessInput),
    BitmapHeapScan(BitmapHeapInput),
    BitmapAnd(Vec<BitmapInput>),
    BitmapOr(Vec<BitmapInput>),
    ValuesScan(RowSourceInput),
    FunctionScan(RowSourceInput),
    CteScan(RowSourceInput),
    SubqueryScan(SubqueryScanInput),
    Result {
        filter: QualCost,
        target: QualCost,
    },
    /// Sub-plans by position, with their cost.
    MinMax {
        plans: Vec<(u32, f64)>,
        filter: QualCost,
        target: QualCost,
    },
    Projection(ProjectionInput),
    Append(Vec<InputEstimate>),
    MergeAppend(Vec<InputEstimate>),
    Materialize(InputEstimate),
    /// The Materialize under a merge join: one operator a row.
    MergeMaterialize(InputEstimate),
    Memoize(MemoizeInput),
    NestedLoop {
        input: NestedLoopInput,
        rescan: Rescan,
    },
    MergeJoin(MergeJoinInput),
    HashJoin(HashJoinInput),
    Sort(SortInput),
    IncrementalSort(IncrementalSortInput),
    Group(GroupInput),
    Aggregate(AggregateInput),
    Unique {
        input: InputEstimate,
        keys: f64,
    },
    /// The inner side of a semi join made unique by sorting.
    UniqueBySort {
        sort: SortInput,
        keys: f64,
    },
    Window(WindowInput),
    Limit(LimitInput),
    RecursiveUnion(RecursiveUnionInput),
    /// A node that costs what its input costs.
    Passed(Cost),
    /// A node that reads its input in full before the first row, and adds nothing.
    Gathered(Cost),
    /// The first part of an input.
    Part {
        input: Cost,
        fraction: f64,
    },
    /// Output expressions computed by a node beside its own work.
    Output {
        base: Rc<CostBasis>,
        startup: f64,
        per_tuple: f64,
        rows: f64,
    },
    /// A Result that was left out of the plan, but is charged.
    Folded {
        base: Rc<CostBasis>,
        target: QualCost,
        rows: f64,
    },
    /// Sub-plans that run once are paid by the top of their level: position and cost.
    Charged {
        base: Rc<CostBasis>,
        plans: Vec<(u32, f64)>,
    },
}

impl CostBasis {
    /// The cost again, line by line. O(lines).
    #[must_use]
    pub fn unfold(&self, settings: &PlannerSettings) -> CostTree {
        let mut terms = Terms::default();
        self.report(settings, &mut terms, 0);
        let mut tree = unfold::tree(settings, terms, self.source());
        if let Self::NestedLoop { input, rescan } = self.core() {
            let lines = rescan_lines(settings, input, rescan);
            unfold::attach(&mut tree, "rescan", &lines);
        }
        tree
    }

    /// The node's own work, without what was laid on top of it.
    fn core(&self) -> &Self {
        let mut core = self;
        while let Self::Output { base, .. }
        | Self::Folded { base, .. }
        | Self::Charged { base, .. } = core
        {
            core = base;
        }
        core
    }

    /// Reports the lines to a sink that keeps them.
    fn report(&self, settings: &PlannerSettings, terms: &mut Terms, depth: u32) {
        match self {
            Self::SeqScan(input) => _ = seq_scan(settings, input, terms),
            Self::IndexScan(input) => _ = index_scan(settings, input, terms),
            Self::BitmapIndexScan(input) => {
                _ = index_access(settings, input, terms);
                for line in &mut terms.lines {
                    line.phase = super::Phase::Run;
                }
            }
            Self::BitmapHeapScan(input) => _ = bitmap_heap_scan(settings, input, terms),
            Self::BitmapAnd(inputs) => _ = bitmap_and(settings, inputs, terms),
            Self::BitmapOr(inputs) => _ = bitmap_or(settings, inputs, terms),
            Self::ValuesScan(input) => _ = values_scan(settings, input, terms),
            Self::FunctionScan(input) => _ = function_scan(settings, input, terms),
            Self::CteScan(input) => _ = cte_scan(settings, input, terms),
            Self::SubqueryScan(input) => _ = subquery_scan(settings, input, terms),
            Self::Result { filter, target } => _ = result(settings, *filter, *target, terms),
            Self::MinMax {
                plans,
                filter,
                target,
            } => _ = min_max(settings, plans, *filter, *target, terms),
            Self::Projection(input) => _ = projection(settings, input, terms),
            Self::Append(inputs) => _ = append(settings, inputs, terms),
            Self::MergeAppend(inputs) => _ = merge_append(settings, inputs, terms),
            Self::Materialize(input) => _ = materialize(settings, input, terms),
            Self::MergeMaterialize(input) => merge_materialize(settings, input, terms),
            Self::Memoize(input) => _ = memoize(settings, input, terms),
            Self::NestedLoop { input, .. } => _ = nested_loop(settings, input, terms),
            Self::MergeJoin(input) => _ = merge_join(settings, input, terms),
            Self::HashJoin(input) => _ = hash_join(settings, input, terms),
            Self::Sort(input) => _ = sort(settings, input, terms),
            Self::IncrementalSort(input) => _ = incremental_sort(settings, input, terms),
            Self::Group(input) => _ = group(settings, input, terms),
            Self::Aggregate(input) => _ = aggregate(settings, input, terms),
            Self::Unique { input, keys } => _ = unique(settings, input, *keys, terms),
            Self::UniqueBySort { sort: input, keys } => {
                _ = sort(settings, input, terms);
                let mut sum = CostSum::new(terms);
                sum.run(
                    "compare columns",
                    &[
                        Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost),
                        Factor::rows("input rows", input.input.rows),
                        Factor::count("columns", *keys),
                    ],
                );
            }
            Self::Window(input) => _ = window(settings, input, terms),
            Self::Limit(input) => _ = limit(input, terms),
            Self::RecursiveUnion(input) => _ = recursive_union(settings, input, terms),
            Self::Passed(input) => part(*input, None, terms),
            Self::Part { input, fraction } => part(*input, Some(*fraction), terms),
            Self::Gathered(input) => {
                let mut sum = CostSum::new(terms);
                sum.startup(
                    "input, in full",
                    &[Factor::input(0, "input total", input.total)],
                );
            }
            Self::Output {
                base,
                startup,
                per_tuple,
                rows,
            } => {
                base.nested(settings, terms, depth);
                let mut sum = CostSum::new(terms);
                sum.startup("output set-up", &[Factor::expression("set-up", *startup)]);
                lines::output(&mut sum, *rows, *per_tuple);
            }
            Self::Folded { base, target, rows } => {
                base.nested(settings, terms, depth);
                let mut sum = CostSum::new(terms);
                lines::output_set_up(&mut sum, *target);
                sum.run(
                    "pass rows on",
                    &[
                        Factor::rows("rows", *rows),
                        Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost),
                    ],
                );
                lines::output(&mut sum, *rows, target.per_tuple);
            }
            Self::Charged { base, plans } => {
                base.nested(settings, terms, depth);
                let mut sum = CostSum::new(terms);
                for (plan, cost) in plans {
                    let total = super::window::subplan_total(*plan, *cost);
                    sum.startup("sub-plan that runs once", &[total]);
                }
            }
        }
    }

    /// Bases are wrapped a handful of times, never more.
    fn nested(&self, settings: &PlannerSettings, terms: &mut Terms, depth: u32) {
        const MOST: u32 = 64;
        if depth < MOST {
            self.report(settings, terms, depth + 1);
        }
    }

    /// The function of PostgreSQL 15 that works this out.
    #[must_use]
    pub fn source(&self) -> &'static str {
        match self {
            Self::SeqScan(_) => "costsize.c, cost_seqscan",
            Self::IndexScan(_) => "costsize.c, cost_index; selfuncs.c, btcostestimate",
            Self::BitmapIndexScan(_) => "selfuncs.c, btcostestimate",
            Self::BitmapHeapScan(_) => "costsize.c, cost_bitmap_heap_scan",
            Self::BitmapAnd(_) => "costsize.c, cost_bitmap_and_node",
            Self::BitmapOr(_) => "costsize.c, cost_bitmap_or_node",
            Self::ValuesScan(_) => "costsize.c, cost_valuesscan",
            Self::FunctionScan(_) => "costsize.c, cost_functionscan",
            Self::CteScan(_) => "costsize.c, cost_ctescan",
            Self::SubqueryScan(_) => "costsize.c, cost_subqueryscan",
            Self::Result { .. } => "pathnode.c, create_group_result_path",
            Self::MinMax { .. } => "pathnode.c, create_minmaxagg_path",
            Self::Projection(_) => "pathnode.c, create_projection_path",
            Self::Append(_) => "costsize.c, cost_append",
            Self::MergeAppend(_) => "costsize.c, cost_merge_append",
            Self::Materialize(_) | Self::MergeMaterialize(_) => "costsize.c, cost_material",
            Self::Memoize(_) => "pathnode.c, create_memoize_path",
            Self::NestedLoop { .. } => "costsize.c, initial_cost_nestloop and final_cost_nestloop",
            Self::MergeJoin(_) => "costsize.c, initial_cost_mergejoin and final_cost_mergejoin",
            Self::HashJoin(_) => "costsize.c, initial_cost_hashjoin and final_cost_hashjoin",
            Self::Sort(_) => "costsize.c, cost_sort",
            Self::IncrementalSort(_) => "costsize.c, cost_incremental_sort",
            Self::Group(_) => "costsize.c, cost_group",
            Self::Aggregate(_) => "costsize.c, cost_agg",
            Self::Unique { .. } => "pathnode.c, create_upper_unique_path",
            Self::UniqueBySort { .. } => "pathnode.c, create_unique_path",
            Self::Window(_) => "costsize.c, cost_windowagg",
            Self::Limit(_) => "pathnode.c, adjust_limit_rows_costs",
            Self::RecursiveUnion(_) => "costsize.c, cost_recursive_union",
            Self::Passed(_) | Self::Gathered(_) => "createplan.c, copy_plan_costsize",
            Self::Part { .. } => "planagg.c, build_minmax_path",
            Self::Output { base, .. } | Self::Folded { base, .. } | Self::Charged { base, .. } => {
                base.source()
            }
        }
    }
}

fn merge_materialize(settings: &PlannerSettings, input: &InputEstimate, terms: &mut Terms) {
    let mut sum = CostSum::new(terms);
    lines::input_startup(&mut sum, input);
    lines::input_run(&mut sum, input);
    sum.run(
        "keep rows",
        &[
            Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost),
            Factor::rows("rows", input.rows),
        ],
    );
}

fn part(input: Cost, fraction: Option<f64>, terms: &mut Terms) {
    let mut sum = CostSum::new(terms);
    sum.startup("input", &[Factor::input(0, "input startup", input.startup)]);
    let run = Factor::input(0, "input run", input.total - input.startup);
    match fraction {
        None => sum.run("input", &[run]),
        Some(fraction) => sum.run("rows wanted", &[run, Factor::ratio("part read", fraction)]),
    }
}

/// What each further scan of the inner side consists of, if it is not simply the same again.
fn rescan_lines(
    settings: &PlannerSettings,
    input: &NestedLoopInput,
    rescan: &Rescan,
) -> Vec<CostLine> {
    let mut terms = Terms::default();
    match rescan {
        Rescan::Memoize(memoize) => _ = super::memoize_rescan(settings, memoize, &mut terms),
        Rescan::Kept | Rescan::Cte => {
            let price = if *rescan == Rescan::Kept {
                Factor::row_price("cpu_operator_cost", settings.cpu_operator_cost)
            } else {
                Factor::row_price("cpu_tuple_cost", settings.cpu_tuple_cost)
            };
            let mut sum = CostSum::new(&mut terms);
            sum.run(
                "read the kept rows",
                &[price, Factor::rows("inner rows", input.inner.rows)],
            );
            let pages = super::input::spilled_pages(settings, input.inner.rows, input.inner.width);
            sum.run(
                "read them from disk",
                &[
                    Factor::page_price("seq_page_cost", settings.seq_page_cost),
                    Factor::pages("pages", pages),
                ],
            );
        }
        Rescan::Repeat | Rescan::WithoutStartup => {}
    }
    unfold::tree(settings, terms, "").lines
}
