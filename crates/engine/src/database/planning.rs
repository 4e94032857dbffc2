//! From a syntax tree to a plan: bind, rewrite, plan.

use super::{endpoints::TreeEndpoints, result::ResultColumn, state::Database};
use crate::{
    Error,
    logical::{BindOptions, bind, rewrite},
    physical::{KeepConsidered, PhysicalPlan, PlanKind, PlanNode, PlannerInput, plan},
    value::DataType,
};
use alloc::{rc::Rc, vec::Vec};
use parser::{Span, ast::Statement};

/// What a planned statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Select,
    Insert,
    Update,
    Delete,
}

/// A statement with its plan.
#[derive(Clone, Debug)]
pub struct PlannedStatement {
    /// The plan.
    pub plan: PhysicalPlan,
    /// The columns that come out; none for a change without RETURNING.
    pub columns: Rc<[ResultColumn]>,
    /// Types of `$1 …`.
    pub params: Vec<DataType>,
    /// Where the statement stands in its text.
    pub span: Span,
    pub(super) verb: Verb,
    /// Catalog views that the plan reads.
    pub(super) views: Vec<&'static str>,
}

impl PlannedStatement {
    /// Whether it only reads.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.verb == Verb::Select
    }
}

impl Database {
    /// Plans a query or a change of rows.
    pub(super) fn plan(
        &mut self,
        statement: &Statement,
        params: &[DataType],
        keep: KeepConsidered,
    ) -> Result<PlannedStatement, Error> {
        self.refresh_sizes();
        let options = BindOptions {
            param_types: params,
        };
        let bound = bind(statement, &self.catalog, &options)?;
        let params = bound.params.clone();
        let bound = rewrite(bound, &self.catalog);
        let endpoints = TreeEndpoints(&self.storage);
        let mut input = PlannerInput::new(
            &self.catalog,
            &self.statistics,
            &self.settings.planner,
            &endpoints,
        );
        input.keep_considered = keep;
        let plan = plan(&bound, &input)?;
        let columns = plan
            .columns
            .iter()
            .filter(|target| !target.hidden)
            .map(|target| ResultColumn {
                name: target.name.clone(),
                data_type: target.expr.data_type,
            })
            .collect();
        let mut views = Vec::new();
        collect_views(&plan.root, &mut views);
        for subplan in &plan.subplans {
            collect_views(&subplan.plan, &mut views);
        }
        let verb = match plan.root.kind {
            PlanKind::Insert { .. } => Verb::Insert,
            PlanKind::Update { .. } => Verb::Update,
            PlanKind::Delete { .. } => Verb::Delete,
            _ => Verb::Select,
        };
        Ok(PlannedStatement {
            plan,
            columns,
            params,
            span: statement.span,
            verb,
            views,
        })
    }
}

/// Plans have limited depth, which the planner sees to.
fn collect_views(node: &PlanNode, into: &mut Vec<&'static str>) {
    if let PlanKind::SystemScan { view, .. } = node.kind
        && !into.contains(&view)
    {
        into.push(view);
    }
    for child in &node.children {
        collect_views(child, into);
    }
}
