//! How it is done: access paths, join order, costs; the cheapest plan and what it was chosen over.

mod plan;
mod settings;

pub use plan::{
    AggregateStrategy, Considered, Cost, Direction, GroupKey, IndexCondition, JoinType, NodeId,
    PhysicalPlan, PlanKind, PlanNode, ScanOrder, SetOpStrategy, SortColumn, SubPlan, SubPlanKind,
};
pub use settings::{EnabledPaths, PlannerSettings};
