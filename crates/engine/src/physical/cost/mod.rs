//! Cost formulas, and nothing else: plain numbers in, a cost out.
//!
//! One function for each plan node, in files by family. All constants come from
//! [`PlannerSettings`](super::PlannerSettings) or [`cost_params`](super::cost_params). Each function reports its terms to a
//! [`CostSink`], so that the same formula plans and explains.
//! Method: PostgreSQL 15 `costsize.c` and `selfuncs.c`.

mod aggregate;
mod basis;
mod bitmap;
mod clustered;
mod combine;
mod expression;
mod hash_join;
mod index;
mod input;
mod keep;
mod lines;
mod merge_join;
mod nested_loop;
mod scan;
mod sink;
mod sort;
mod unfold;
mod window;

pub use aggregate::{
    AggregateCosts, AggregateInput, GroupInput, HashAggregateSpill, aggregate, aggregate_costs,
    group, group_entry_bytes, hash_aggregate_spill, set_operation, unique,
};
pub use basis::CostBasis;
pub use bitmap::{
    BitmapHeapInput, BitmapInput, BitmapPages, bitmap_and, bitmap_capacity, bitmap_cost,
    bitmap_heap_scan, bitmap_or, bitmap_pages,
};
pub use clustered::{ClusteredAccess, row_descent};
pub use combine::{
    LimitCount, LimitInput, RecursiveUnionInput, SubPlanInput, SubPlanUse, append, limit,
    merge_append, recursive_union, subplan, subplan_fits_hash,
};
pub use expression::{NoSubPlans, SubPlanCosts, expression_cost, qual_cost};
pub use hash_join::{HashJoinInput, HashTableSize, hash_join, hash_join_least, hash_table_size};
pub use index::{
    CacheShare, IndexAccessInput, IndexScanInput, index_access, index_scan, pages_fetched,
};
pub use input::{
    InputEstimate, QualCost, clamp_rows, hash_memory, max_align, relation_bytes, relation_pages,
};
pub use keep::{
    MemoizeHits, MemoizeInput, Rescan, materialize, memoize, memoize_hits, memoize_rescan, rescan,
};
pub use merge_join::{
    MergeFractions, MergeJoinCost, MergeJoinInput, MergeSide, merge_join, merge_join_least,
};
pub use nested_loop::{MatchFactors, NestedLoopInput, nested_loop, nested_loop_least, stops_early};
pub use scan::{
    ProjectionInput, RowSourceInput, SeqScanInput, SubqueryScanInput, cte_scan, function_scan,
    projection, result, seq_scan, subquery_scan, values_scan,
};
pub use sink::{CostSink, Factor, NoTerms, Note, Phase, Source, Term, Terms, Unit};
pub use sort::{IncrementalSortInput, SortInput, SortMethod, incremental_sort, sort, sort_method};
pub use unfold::{CostFactor, CostLine, CostTree};
pub use window::{WindowInput, min_max, window};
