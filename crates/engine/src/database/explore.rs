//! Why a plan costs what it costs, and what would change it: the planner asked again about the statement under the cursor.
//!
//! It reads no rows and changes nothing.

use super::{endpoints::TreeEndpoints, state::Database};
use crate::{
    Error,
    explore::{
        Bench, CostCurve, PlanMap, Sensitivity, cost_curve, dials, flips, plan_map,
        selectivity_dials,
    },
    logical::{BoundStatement, RelId},
    physical::{KeepCosts, NodeId, PhysicalPlan, PlanKind, PlanNode, cost::CostTree, plan},
};
use alloc::{string::String, vec::Vec};

/// The cost of one node, line by line.
#[derive(Clone, Debug, PartialEq)]
pub struct UnfoldedNode {
    /// The node.
    pub id: NodeId,
    /// Its children, for factors that come from them.
    pub children: Vec<NodeId>,
    /// The lines.
    pub tree: CostTree,
}

/// The curves, and which others there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// Names of what can be turned.
    pub choices: Vec<String>,
    /// Which of them is drawn.
    pub choice: u32,
    /// The curves.
    pub curve: CostCurve,
}

/// A plan map, and what else could be its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenMap {
    /// Names of what can be turned.
    pub choices: Vec<String>,
    /// Which of them goes from left to right.
    pub x: u32,
    /// Which from bottom to top; none if there is one axis.
    pub y: Option<u32>,
    /// The map.
    pub map: PlanMap,
}

/// Most tables below one node that dials are made for.
const MOST_TABLES: usize = 3;

impl Database {
    /// The cost of a node of the plan of the statement at byte `cursor`; `None` if there is no such statement or node.
    ///
    /// # Errors
    /// Those of binding and planning.
    pub fn unfold_at(
        &mut self,
        text: &str,
        cursor: usize,
        node: NodeId,
    ) -> Result<Option<UnfoldedNode>, Error> {
        let Some(statement) = self.bound_at(text, cursor)? else {
            return Ok(None);
        };
        let endpoints = TreeEndpoints::new(&self.storage);
        let mut input = self.circumstances(&endpoints);
        input.keep_costs = KeepCosts::Yes;
        let plan = plan(&statement, &input)?;
        let found = find(&plan, node).and_then(|node| {
            let basis = node.basis.as_ref()?;
            Some(UnfoldedNode {
                id: node.id,
                children: node.children.iter().map(|child| child.id).collect(),
                tree: basis.unfold(&self.settings.planner),
            })
        });
        Ok(found)
    }

    /// The dials that matter for a node, each with its flip points, until the host says that it is `enough`.
    ///
    /// # Errors
    /// Those of binding and planning.
    pub fn flips_at(
        &mut self,
        text: &str,
        cursor: usize,
        node: NodeId,
        enough: &dyn Fn() -> bool,
    ) -> Result<Vec<Sensitivity>, Error> {
        let Some(statement) = self.bound_at(text, cursor)? else {
            return Ok(Vec::new());
        };
        let endpoints = TreeEndpoints::new(&self.storage);
        let input = self.circumstances(&endpoints);
        let plan = plan(&statement, &input)?;
        let mut rels = Vec::new();
        if let Some(node) = find(&plan, node) {
            collect_rels(node, &mut rels);
        }
        rels.truncate(MOST_TABLES);
        let mut bench = Bench::new(&statement, input, enough);
        let dials = dials(&mut bench, &rels);
        Ok(dials.iter().map(|dial| flips(&mut bench, dial)).collect())
    }

    /// Cost over selectivity for one of the columns with conditions; `None` if there is none.
    ///
    /// # Errors
    /// Those of binding and planning.
    pub fn curve_at(
        &mut self,
        text: &str,
        cursor: usize,
        choice: u32,
        enough: &dyn Fn() -> bool,
    ) -> Result<Option<Curves>, Error> {
        /// Selectivities in one curve.
        const POINTS: u32 = 61;
        let Some(statement) = self.bound_at(text, cursor)? else {
            return Ok(None);
        };
        let endpoints = TreeEndpoints::new(&self.storage);
        let mut bench = Bench::new(&statement, self.circumstances(&endpoints), enough);
        let dials = selectivity_dials(&mut bench, &all_rels(&statement));
        let at = if (choice as usize) < dials.len() {
            choice
        } else {
            0
        };
        let Some(dial) = dials.get(at as usize) else {
            return Ok(None);
        };
        let curve = cost_curve(&mut bench, dial, POINTS);
        Ok(curve.map(|curve| Curves {
            choices: dials.iter().map(|dial| dial.name.clone()).collect(),
            choice: at,
            curve,
        }))
    }

    /// Which plan wins over one or two selectivities of columns with conditions, by position among them. An axis that is not
    /// there is the first, or left out. `None` if no column has a condition.
    ///
    /// # Errors
    /// Those of binding and planning.
    pub fn plan_map_at(
        &mut self,
        text: &str,
        cursor: usize,
        axes: (u32, u32),
        size: u32,
        enough: &dyn Fn() -> bool,
    ) -> Result<Option<ChosenMap>, Error> {
        /// Cells on one side.
        const MOST_CELLS: u32 = 256;
        let Some(statement) = self.bound_at(text, cursor)? else {
            return Ok(None);
        };
        let endpoints = TreeEndpoints::new(&self.storage);
        let mut bench = Bench::new(&statement, self.circumstances(&endpoints), enough);
        let dials = selectivity_dials(&mut bench, &all_rels(&statement));
        let exists = |axis: u32| dials.get(axis as usize).is_some();
        let x = if exists(axes.0) { axes.0 } else { 0 };
        let Some(across) = dials.get(x as usize) else {
            return Ok(None);
        };
        let y = Some(axes.1).filter(|y| *y != x && exists(*y));
        let up = y.and_then(|y| dials.get(y as usize));
        let map = plan_map(&mut bench, across, up, size.clamp(1, MOST_CELLS));
        Ok(Some(ChosenMap {
            choices: dials.iter().map(|dial| dial.name.clone()).collect(),
            x,
            y,
            map,
        }))
    }
}

fn all_rels(statement: &BoundStatement) -> Vec<RelId> {
    (0..statement.range_table.len())
        .filter_map(|at| u32::try_from(at).ok().map(RelId))
        .collect()
}

fn find(plan: &PhysicalPlan, id: NodeId) -> Option<&PlanNode> {
    let subplans = plan.subplans.iter().map(|subplan| &subplan.plan);
    core::iter::once(&plan.root)
        .chain(subplans)
        .find_map(|root| find_below(root, id))
}

// Plans have limited depth, which the planner sees to.
fn find_below(node: &PlanNode, id: NodeId) -> Option<&PlanNode> {
    if node.id == id {
        return Some(node);
    }
    node.children.iter().find_map(|child| find_below(child, id))
}

fn collect_rels(node: &PlanNode, into: &mut Vec<RelId>) {
    if let PlanKind::SeqScan { rel, .. }
    | PlanKind::IndexScan { rel, .. }
    | PlanKind::IndexOnlyScan { rel, .. }
    | PlanKind::BitmapHeapScan { rel, .. }
    | PlanKind::BitmapIndexScan { rel, .. } = node.kind
        && !into.contains(&rel)
    {
        into.push(rel);
    }
    for child in &node.children {
        collect_rels(child, into);
    }
}
