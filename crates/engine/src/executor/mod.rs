//! Running a plan: operators that pass batches, each of which can be paused.

mod aggregate;
pub(crate) mod bind;
mod bitmap;
mod build;
pub(crate) mod columns;
mod conflict;
mod constraints;
mod emit;
pub mod expression;
mod function_scan;
mod hash_join;
mod index_bounds;
mod index_scan;
mod join_rows;
mod ledger;
mod memoize;
mod memory;
mod merge_join;
mod metrics;
mod modify;
mod nested_loop;
pub(crate) mod operator;
mod recursive_union;
mod row_keys;
mod run;
pub(crate) mod scalar;
mod seq_scan;
mod simple;
mod skip_scan;
mod sort;
pub(crate) mod sort_keys;
mod subplan;
mod unique;
mod window_agg;
mod with_query;

#[cfg(test)]
mod tests;

pub(crate) use ledger::Before as BeforeWrites;
pub use ledger::{IndexWrites, WriteLedger};
pub use memory::Memory;
pub use metrics::{MemoizeCounts, NodeMetrics, SortGroups};
pub use operator::Budget;
pub use run::{Execution, Outcome};
