//! From a syntax tree to a plan: bind, rewrite, plan.

use super::{endpoints::TreeEndpoints, result::ResultColumn, state::Database};
use crate::collections::SortedSet;
use crate::{
    Error,
    catalog::{IndexDef, IndexId, IndexState},
    logical::{BindOptions, BoundStatement, RelationKind, bind, rewrite},
    physical::{KeepConsidered, PhysicalPlan, PlanKind, PlanNode, PlannerInput, plan, plan_once},
    value::{DataType, Value},
};
use alloc::{borrow::Cow, rc::Rc, vec::Vec};
use parser::{Span, ast::Statement};

/// What a planned statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Select,
    Insert,
    Update,
    Delete,
}

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be looked at: hypothetical indexes are planned with.
    Look,
    /// To be run: only what is built can be read.
    Run,
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
    /// Its operators may be used again with other parameters.
    pub(super) restarts: bool,
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
        purpose: Purpose,
    ) -> Result<PlannedStatement, Error> {
        self.plan_with(statement, params, &[], keep, purpose)
    }

    /// As [`Self::plan`]; `values`, if there are any, stand in the place of the parameters.
    pub(super) fn plan_with(
        &mut self,
        statement: &Statement,
        params: &[DataType],
        values: &[Value],
        keep: KeepConsidered,
        purpose: Purpose,
    ) -> Result<PlannedStatement, Error> {
        let options = BindOptions {
            param_types: params,
            param_values: values,
        };
        let mut bound = self.bound(statement, &options)?;
        let params = core::mem::take(&mut bound.params);
        let plan = self.plan_bound(Cow::Owned(bound), purpose, keep, &[])?;
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
            columns,
            params,
            span: statement.span,
            restarts: plan.subplans.is_empty() && views.is_empty() && restarts(&plan.root),
            verb,
            plan,
            views,
        })
    }
}

impl Database {
    /// A statement bound and rewritten, with the sizes of its tables as they are now.
    pub(super) fn bound(
        &mut self,
        statement: &Statement,
        options: &BindOptions<'_>,
    ) -> Result<BoundStatement, Error> {
        let bound = rewrite(bind(statement, &self.catalog, options)?);
        for entry in &bound.range_table {
            if let RelationKind::Table(table) = entry.kind {
                self.refresh_size(table);
            }
        }
        Ok(bound)
    }

    /// The statement at byte `cursor` of a text, ready to be planned again and again; `None` if there is none with a plan.
    pub(super) fn bound_at(
        &mut self,
        text: &str,
        cursor: usize,
    ) -> Result<Option<BoundStatement>, Error> {
        let Some(statement) = self.statement_at(text, cursor)? else {
            return Ok(None);
        };
        self.bound(&statement, &BindOptions::default()).map(Some)
    }

    /// What planning depends on, as it is now: hypothetical indexes are planned with, hidden ones are not.
    pub(super) fn circumstances<'a>(
        &'a self,
        endpoints: &'a TreeEndpoints<'a>,
    ) -> PlannerInput<'a> {
        PlannerInput::new(
            &self.catalog,
            &self.statistics,
            &self.settings.planner,
            endpoints,
        )
    }

    /// Plans a statement as bound and rewritten; sizes must be fresh. `beside`: further indexes, whose sizes are in the statistics.
    pub(super) fn plan_bound(
        &self,
        bound: Cow<'_, BoundStatement>,
        purpose: Purpose,
        keep: KeepConsidered,
        beside: &[Rc<IndexDef>],
    ) -> Result<PhysicalPlan, Error> {
        let endpoints = TreeEndpoints::new(&self.storage);
        let mut input = self.circumstances(&endpoints);
        input.keep_considered = keep;
        input.hypothetical = beside;
        let unbuilt = match purpose {
            Purpose::Look => SortedSet::new(),
            Purpose::Run => self.unbuilt_indexes(),
        };
        input.hidden = &unbuilt;
        let began = self.start_time();
        let late = || self.is_late(began);
        input.late = &late;
        match bound {
            Cow::Borrowed(bound) => plan(bound, &input),
            Cow::Owned(bound) => plan_once(bound, &input),
        }
    }

    fn unbuilt_indexes(&self) -> SortedSet<IndexId> {
        let indexes = self.catalog.indexes.values();
        indexes
            .filter(|index| index.state == IndexState::Hypothetical)
            .map(|index| index.id)
            .collect()
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

/// Whether every operator of a plan begins anew when it is told to, parameters of the statement included. Those that keep rows of
/// one run for the next do not.
fn restarts(node: &PlanNode) -> bool {
    let own = matches!(
        node.kind,
        PlanKind::Result { .. }
            | PlanKind::SeqScan { .. }
            | PlanKind::IndexScan { .. }
            | PlanKind::IndexOnlyScan { .. }
            | PlanKind::BitmapHeapScan { .. }
            | PlanKind::BitmapIndexScan { .. }
            | PlanKind::SubqueryScan { .. }
            | PlanKind::ValuesScan { .. }
            | PlanKind::NestedLoop { .. }
            | PlanKind::Sort { .. }
            | PlanKind::Limit { .. }
            | PlanKind::Aggregate { .. }
            | PlanKind::Insert { .. }
            | PlanKind::Update { .. }
            | PlanKind::Delete { .. }
    );
    own && node.init_plans.is_empty() && node.children.iter().all(restarts)
}
