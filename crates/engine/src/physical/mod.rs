//! How it is done: access paths, join order, costs; the cheapest plan and what it was chosen over.

mod cardinality;
pub mod cost;
pub mod cost_params;
mod plan;
pub mod selectivity;
mod settings;
mod width;

pub use cardinality::{Groups, estimate_num_groups, join_size};
pub use plan::{
    AggregateStrategy, Considered, Cost, Direction, GroupKey, IndexCondition, JoinType, NodeId,
    PhysicalPlan, PlanKind, PlanNode, ScanOrder, SetOpStrategy, SortColumn, SubPlan, SubPlanKind,
};
pub use settings::{EnabledPaths, PlannerSettings};
pub use width::type_width;
