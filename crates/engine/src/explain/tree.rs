//! The explained plan as plain data: what text, JSON and the page all show.
//!
//! Source of names and order: PostgreSQL 15 `explain.c`, `ExplainNode`.

use super::{
    details::details,
    expression::Writer,
    names::{Names, scanned_relation},
    subplans::subplans_of,
};
use crate::{
    catalog::{Catalog, IndexId, TableId},
    database::PageTimes,
    executor::{NodeMetrics, WriteLedger},
    physical::{Cost, NodeId, PhysicalPlan, PlanKind, PlanNode, SubPlanKind},
};
use alloc::{string::String, vec::Vec};

/// What EXPLAIN was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "one switch for each option of EXPLAIN"
)]
pub struct ExplainOptions {
    /// ANALYZE: the plan was run.
    pub analyze: bool,
    /// VERBOSE: output lists, qualified names.
    pub verbose: bool,
    /// COSTS.
    pub costs: bool,
    /// BUFFERS.
    pub buffers: bool,
    /// TIMING: times of each node.
    pub timing: bool,
    /// SUMMARY: planning and execution time.
    pub summary: bool,
}

impl Default for ExplainOptions {
    fn default() -> Self {
        Self {
            analyze: false,
            verbose: false,
            costs: true,
            buffers: false,
            timing: false,
            summary: false,
        }
    }
}

/// Names of tables and indexes.
pub trait ExplainCatalog {
    /// A table's name.
    fn table_name(&self, table: TableId) -> Option<&str>;
    /// An index's name.
    fn index_name(&self, index: IndexId) -> Option<&str>;
}

impl ExplainCatalog for Catalog {
    fn table_name(&self, table: TableId) -> Option<&str> {
        self.tables.get(&table).map(|table| &*table.name)
    }

    fn index_name(&self, index: IndexId) -> Option<&str> {
        self.indexes.get(&index).map(|index| &*index.name)
    }
}

/// What a run measured: a node's figures by its number, and the whole's times in nanoseconds if the host has a clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measurements<'m> {
    /// Position = `NodeId`.
    pub nodes: &'m [NodeMetrics],
    /// What was written.
    pub ledger: Option<&'m WriteLedger>,
    /// What reading a page would take.
    pub page_times: Option<PageTimes>,
    /// Planning.
    pub planning_ns: Option<u64>,
    /// Running.
    pub execution_ns: Option<u64>,
}

/// A value as EXPLAIN prints it.
#[derive(Clone, Debug, PartialEq)]
pub enum PropertyValue {
    /// Text.
    Text(String),
    /// A whole number.
    Int(u64),
    /// Memory.
    Kilobytes(u64),
    /// A number with that many digits after the point.
    Float(f64, usize),
    /// true or false.
    Bool(bool),
    /// Several texts.
    List(Vec<String>),
    /// Facts of their own.
    Group(Vec<Property>),
    /// Several times several facts; only JSON shows them.
    Groups(Vec<Vec<Property>>),
}

/// How a property stands in the text form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextForm {
    /// `Key: value`.
    Line,
    /// Not at all (its fact is in the title or in another line).
    Hidden,
    /// This line instead.
    As(String),
}

/// One fact about a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// PostgreSQL's key.
    pub key: &'static str,
    /// Value.
    pub value: PropertyValue,
    /// In the text form.
    pub text: TextForm,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainNode {
    /// The plan node's number.
    pub id: NodeId,
    /// "Hash Join": PostgreSQL's "Node Type".
    pub node_type: &'static str,
    /// As the text form begins: "Hash Left Join", "Index Scan using i on t a".
    pub title: String,
    /// Place under its parent: "Outer", "Inner", "InitPlan", "SubPlan" …; `None` at the root.
    pub relationship: Option<&'static str>,
    /// Name of a sub-plan.
    pub subplan_name: Option<String>,
    /// Facts that JSON prints between "Node Type" and "Parent Relationship".
    pub kind_facts: Vec<Property>,
    /// Facts that JSON prints before the costs: names of index, relation, alias; join type.
    pub identity: Vec<Property>,
    /// Estimated cost.
    pub cost: Cost,
    /// Estimated rows of one loop.
    pub est_rows: f64,
    /// Estimated bytes of a row.
    pub width: u32,
    /// What was measured, if the plan ran.
    pub metrics: Option<NodeMetrics>,
    /// Facts after the costs: conditions, keys, measured details.
    pub details: Vec<Property>,
    /// Below it: sub-plans run once, inputs, sub-plans run often.
    pub children: Vec<ExplainNode>,
}

/// An explained statement.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainTree {
    /// The plan.
    pub root: ExplainNode,
    /// What was asked for.
    pub options: ExplainOptions,
    /// Planning time in nanoseconds.
    pub planning_ns: Option<u64>,
    /// Execution time in nanoseconds.
    pub execution_ns: Option<u64>,
}

/// Makes the tree of a plan, with measurements if it ran. O(nodes · expressions).
#[must_use]
pub fn explain(
    plan: &PhysicalPlan,
    catalog: &dyn ExplainCatalog,
    options: ExplainOptions,
    measurements: Measurements<'_>,
) -> ExplainTree {
    let names = Names::new(plan, options.verbose);
    let builder = Builder {
        plan,
        catalog,
        options,
        measurements,
        names: &names,
    };
    ExplainTree {
        root: builder.node(&plan.root, None, None),
        options,
        planning_ns: measurements.planning_ns,
        execution_ns: measurements.execution_ns,
    }
}

pub(super) struct Builder<'p> {
    pub(super) plan: &'p PhysicalPlan,
    pub(super) catalog: &'p dyn ExplainCatalog,
    pub(super) options: ExplainOptions,
    pub(super) measurements: Measurements<'p>,
    pub(super) names: &'p Names<'p>,
}

impl<'p> Builder<'p> {
    // The planner bounds the depth of plans.
    fn node(
        &self,
        node: &'p PlanNode,
        relationship: Option<&'static str>,
        subplan_name: Option<String>,
    ) -> ExplainNode {
        let metrics = if self.options.analyze {
            let at = node.id.0 as usize;
            Some(self.measurements.nodes.get(at).cloned().unwrap_or_default())
        } else {
            None
        };
        let writer = Writer {
            names: self.names,
            subplans: &self.plan.subplans,
            own: scanned_relation(&node.kind),
            inputs: &node.children,
            listing: false,
        };
        let facts = details(self, node, writer, metrics.as_ref());
        ExplainNode {
            id: node.id,
            node_type: facts.node_type,
            title: facts.title,
            relationship,
            subplan_name,
            kind_facts: facts.kind_facts,
            identity: facts.identity,
            cost: node.cost,
            est_rows: node.est_rows,
            width: node.width,
            metrics,
            details: facts.details,
            children: self.children(node),
        }
    }

    fn children(&self, node: &'p PlanNode) -> Vec<ExplainNode> {
        let mut children = Vec::new();
        for id in &node.init_plans {
            if let Some(subplan) = self.plan.subplans.get(id.0 as usize) {
                let inside = Builder {
                    names: self.names.within(*id),
                    ..*self
                };
                children.push(inside.node(
                    &subplan.plan,
                    Some("InitPlan"),
                    Some(subplan.name.clone()),
                ));
            }
        }
        for (position, child) in node.children.iter().enumerate() {
            let relationship = match (&node.kind, position) {
                (
                    PlanKind::Append
                    | PlanKind::MergeAppend { .. }
                    | PlanKind::BitmapAnd
                    | PlanKind::BitmapOr,
                    _,
                ) => "Member",
                (PlanKind::SubqueryScan { .. }, _) => "Subquery",
                (_, 0) => "Outer",
                _ => "Inner",
            };
            children.push(self.node(child, Some(relationship), None));
        }
        for id in subplans_of(node) {
            if let Some(subplan) = self.plan.subplans.get(id.0 as usize)
                && !matches!(subplan.kind, SubPlanKind::Init { .. } | SubPlanKind::Cte(_))
            {
                children.push(self.node(
                    &subplan.plan,
                    Some("SubPlan"),
                    Some(subplan.name.clone()),
                ));
            }
        }
        children
    }
}
