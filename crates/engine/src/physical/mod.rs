//! How it is done: access paths, join order, costs; the cheapest plan and what it was chosen over.

mod access_path;
mod alternative;
mod base_rel;
mod bitmap;
mod cardinality;
mod clause;
mod considered;
pub mod cost;
pub mod cost_params;
mod create_plan;
mod deconstruct;
mod equivalence;
mod estimate;
mod group_keys;
mod grouping;
mod hash_join_path;
mod index_info;
mod index_match;
mod index_path;
mod input;
mod join_legal;
mod join_order;
mod join_path;
mod join_rel;
mod level;
mod memoize_path;
mod merge_append;
mod merge_join_path;
mod min_max;
mod nested_loop_path;
mod ordering;
mod param;
mod path;
mod path_list;
mod pathkeys;
mod physical_target;
mod plan;
mod planner;
mod predicate_proof;
mod probe;
mod query_planner;
mod recursion;
mod rehearsal;
mod rel;
mod relset;
mod restriction;
mod row_compare;
mod run_condition;
pub mod selectivity;
mod set_operation;
mod settings;
mod skip_scan;
mod special_join;
mod subplan;
mod subquery;
mod union_arm;
mod unique_inner;
mod verdict;
mod verdict_cause;
mod width;
mod window;

pub use cardinality::{Groups, estimate_num_groups, join_size};
pub(crate) use equivalence::strip_relabel;
pub use input::{ForcedSelectivity, KeepConsidered, KeepCosts, PlannerInput};
pub use plan::{
    AggregateStrategy, Considered, Cost, Direction, GroupKey, IndexCondition, IndexVerdict,
    JoinType, NodeId, PhysicalPlan, PlanKind, PlanNode, ScanOrder, SetOpStrategy, SkipScan,
    SortColumn, SubPlan, SubPlanKind, VerdictCause,
};
pub use planner::{plan, plan_once};
pub use probe::{AccessCost, AccessCosts, AccessKind, Outcome, access_costs, outcome};
pub use rehearsal::Rehearsal;
pub use settings::{EnabledPaths, PlannerSettings};
pub use width::type_width;
