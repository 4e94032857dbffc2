//! From a bound statement to the cheapest plan: the entry point, and what all parts of the planner share.
//!
//! It decides the order of work for a query level; each step has a file of its own. Planning is a pure function of the
//! statement and [`PlannerInput`]: no clock, no pages. Method: PostgreSQL 15 `planner.c`.

use super::{
    alternative::{self, Alternative},
    considered::Notes,
    create_plan::PlanMaker,
    deconstruct::ClausePlace,
    input::{KeepCosts, PlannerInput},
    level::Level,
    path::Path,
    plan::{NodeId, PhysicalPlan, PlanKind, PlanNode, SubPlan},
    rel::{BaseKind, RelInfo},
    relset::RelSet,
};
use crate::collections::SortedMap;
use crate::{
    error::{Error, ErrorCode},
    logical::{
        BoundStatement, ColumnRef, Cte, CteId, Expr, ExprKind, Query, RangeTableEntry,
        StatementKind, SubPlanId, contains_aggregate, contains_window, expr_walk,
    },
    physical::cost::{CostBasis, QualCost},
};
use alloc::{rc::Rc, vec::Vec};
use core::cell::{Cell, RefCell};

/// Deepest nesting of sub-queries and joins that is planned; each level takes a few kilobytes of stack.
const MAX_DEPTH: u32 = 100;
/// Steps after which planning gives up: far beyond any sensible query, seconds rather than hours.
const MAX_STEPS: f64 = 20_000_000.0;
/// Steps between two looks at the clock, a millisecond or so.
const STEPS_A_LOOK: f64 = 2_000.0;

/// A kept WITH query, as its scans see it.
#[derive(Clone)]
pub(super) struct CtePlan {
    /// Its sub-plan.
    pub plan: SubPlanId,
    /// Rows that come out.
    pub rows: f64,
}

/// The planner of one statement.
pub(super) struct Planner<'a> {
    pub input: PlannerInput<'a>,
    pub range_table: &'a [RangeTableEntry],
    pub ctes: &'a [Cte],
    pub subplans: RefCell<Vec<SubPlan>>,
    pub subplan_costs: RefCell<Vec<QualCost>>,
    pub alternatives: RefCell<Vec<Alternative>>,
    /// Arms of UNION ALL that became tables of the query around them.
    pub merged_arms: RefCell<Vec<crate::logical::RelId>>,
    pub cte_plans: RefCell<SortedMap<CteId, CtePlan>>,
    pub notes: RefCell<Notes>,
    pub next_node: Cell<u32>,
    pub next_clause: Cell<u32>,
    pub next_param: Cell<u32>,
    steps: Cell<f64>,
    next_look: Cell<f64>,
    late: Cell<bool>,
    pub depth: Cell<u32>,
    /// Target of UPDATE or DELETE: the other tables of its query are read with their rows' addresses.
    pub modified: Option<crate::logical::RelId>,
}

/// Refuses to go deeper than the stack allows (54001).
pub(super) fn check_depth(depth: u32) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(
            ErrorCode::StatementTooComplex,
            "stack depth limit exceeded",
        ));
    }
    Ok(())
}

/// Whether the expression holds an aggregate or a window call.
pub(super) fn contains_aggregate_or_window(expr: &Expr) -> bool {
    contains_aggregate(expr) || contains_window(expr)
}

/// Plans a prepared statement. O(3ⁿ) in the relations joined up to 12, bounded beyond; deterministic.
///
/// # Errors
/// 54000 for more than 64 relations in one level; 54001 for nesting or work beyond the limits; 57014 once the input says
/// that the time is over; 0A000 for what is not supported yet.
pub fn plan(statement: &BoundStatement, input: &PlannerInput<'_>) -> Result<PhysicalPlan, Error> {
    let query = statement.query().clone();
    let mut plan = plan_without_names(statement, query, input)?;
    plan.range_table = Rc::new(statement.range_table.clone());
    Ok(plan)
}

/// [`plan`] for a statement that is planned once: its range table goes into the plan without a copy.
///
/// # Errors
/// As [`plan`].
pub fn plan_once(
    mut statement: BoundStatement,
    input: &PlannerInput<'_>,
) -> Result<PhysicalPlan, Error> {
    let query = core::mem::take(statement.query_mut());
    let mut plan = plan_without_names(&statement, query, input)?;
    plan.range_table = Rc::new(statement.range_table);
    Ok(plan)
}

/// The plan of a statement and its query, which is not looked for in it; but for its range table.
fn plan_without_names(
    statement: &BoundStatement,
    query: Query,
    input: &PlannerInput<'_>,
) -> Result<PhysicalPlan, Error> {
    let planner = Planner::new(statement, input);
    let (mut root, columns) = match &statement.kind {
        StatementKind::Select(_) => {
            let columns = query
                .targets
                .iter()
                .filter(|target| !target.hidden)
                .cloned()
                .collect();
            (planner.plan_top(query)?, columns)
        }
        StatementKind::Insert(insert) => {
            let child = planner.plan_top(query)?;
            let kind = PlanKind::Insert {
                rel: insert.rel,
                table: insert.table,
                on_conflict: insert.on_conflict.clone().map(alloc::boxed::Box::new),
            };
            planner.modify(kind, child, &insert.returning)?
        }
        StatementKind::Update(update) => {
            let child = planner.plan_top(query)?;
            let kind = PlanKind::Update {
                rel: update.rel,
                table: update.table,
                columns: update.columns.clone(),
            };
            planner.modify(kind, child, &update.returning)?
        }
        StatementKind::Delete(delete) => {
            let child = planner.plan_top(query)?;
            let kind = PlanKind::Delete {
                rel: delete.rel,
                table: delete.table,
            };
            planner.modify(kind, child, &delete.returning)?
        }
    };
    let mut subplans = planner.subplans.into_inner();
    alternative::choose(
        &mut root,
        &mut subplans,
        &planner.alternatives.into_inner(),
        &planner.subplan_costs.into_inner(),
    );
    let (considered, verdicts) = planner.notes.take().finish(&root, &subplans);
    Ok(PhysicalPlan {
        root,
        subplans,
        range_table: Rc::default(),
        merged_arms: planner.merged_arms.into_inner(),
        columns,
        nodes: planner.next_node.get(),
        considered,
        verdicts,
    })
}

impl<'a> Planner<'a> {
    pub(super) fn new(statement: &'a BoundStatement, input: &PlannerInput<'a>) -> Self {
        Self {
            input: *input,
            range_table: &statement.range_table,
            ctes: &statement.ctes,
            subplans: RefCell::new(Vec::new()),
            subplan_costs: RefCell::new(Vec::new()),
            alternatives: RefCell::new(Vec::new()),
            merged_arms: RefCell::new(Vec::new()),
            cte_plans: RefCell::new(SortedMap::new()),
            notes: RefCell::new(Notes::default()),
            next_node: Cell::new(0),
            next_clause: Cell::new(0),
            next_param: Cell::new(0),
            steps: Cell::new(0.0),
            next_look: Cell::new(STEPS_A_LOOK),
            late: Cell::new(false),
            depth: Cell::new(0),
            modified: match &statement.kind {
                StatementKind::Update(update) => Some(update.rel),
                StatementKind::Delete(delete) => Some(delete.rel),
                _ => None,
            },
        }
    }
}

impl Planner<'_> {
    fn plan_top(&self, query: Query) -> Result<PlanNode, Error> {
        let level = self.plan_query(query, 0.0, None)?;
        let best = Self::best_path(&level);
        let mut node = self.finish(&level, &best)?;
        // The other tables' row addresses go up to the top, to be thrown away there.
        if let Some(target) = self.modified {
            let is_other =
                |info: &&RelInfo| matches!(info.kind, BaseKind::Table { .. }) && info.rel != target;
            let others = level.rels.iter().filter(is_other).count();
            node.width += super::estimate::ROW_ADDRESS_BYTES * u32::try_from(others).unwrap_or(0);
        }
        Ok(node)
    }

    /// The path that the caller of a level runs.
    pub(super) fn best_path(level: &Level) -> Rc<Path> {
        level
            .final_list
            .cheapest_fractional(0.0)
            .expect("a planned level has at least one path")
    }

    /// Turns a level's path into plan nodes.
    pub(super) fn finish(&self, level: &Level, path: &Rc<Path>) -> Result<PlanNode, Error> {
        let mut node = PlanMaker::new(self, level).node(path)?;
        self.attach_init_plans(level, &mut node);
        self.note_level(level, path);
        Ok(node)
    }

    /// Sub-plans that run once are shown at the top of their level, and their cost is part of it.
    pub(super) fn attach_init_plans(&self, level: &Level, node: &mut PlanNode) {
        for &plan in &level.init_plans {
            if !node.init_plans.contains(&plan) {
                node.init_plans.push(plan);
            }
        }
    }

    fn modify(
        &self,
        kind: PlanKind,
        child: PlanNode,
        returning: &[crate::logical::Target],
    ) -> Result<(PlanNode, Vec<crate::logical::Target>), Error> {
        let mut columns = returning.to_vec();
        let mut init_plans = Level::new(Query::default());
        for target in &mut columns {
            target.expr = self.replace_sublinks(&mut init_plans, target.expr.clone(), false)?;
        }
        let returns = !columns.is_empty();
        let width = columns
            .iter()
            .map(|target| self.type_width(target.expr.data_type))
            .sum();
        let mut node = PlanNode {
            id: self.next_node_id(),
            kind,
            output: columns.iter().map(|target| target.expr.clone()).collect(),
            filter: Vec::new(),
            cost: child.cost,
            basis: self.basis(|| CostBasis::Passed(child.cost)),
            est_rows: if returns { child.est_rows } else { 0.0 },
            width: if returns { width } else { 0 },
            init_plans: Vec::new(),
            children: alloc::vec![child],
        };
        self.attach_init_plans(&init_plans, &mut node);
        Ok((node, columns))
    }

    /// What a cost was worked out from, if that is kept.
    pub(super) fn basis(&self, make: impl FnOnce() -> CostBasis) -> Option<Rc<CostBasis>> {
        (self.input.keep_costs == KeepCosts::Yes).then(|| Rc::new(make()))
    }

    /// The next plan node's number.
    pub(super) fn next_node_id(&self) -> NodeId {
        let id = self.next_node.get();
        self.next_node.set(id + 1);
        NodeId(id)
    }

    /// The next clause's number.
    pub(super) fn next_clause_id(&self) -> u32 {
        let id = self.next_clause.get();
        self.next_clause.set(id + 1);
        id
    }

    /// Counts work, so that no text keeps the planner busy for ever. What cannot fail stops where it is once this answers `false`;
    /// [`Self::check_work`] then refuses the statement.
    pub(super) fn spend(&self, steps: f64) -> bool {
        let steps = self.steps.get() + steps;
        self.steps.set(steps);
        if steps >= self.next_look.get() {
            self.next_look.set(steps + STEPS_A_LOOK);
            self.late.set(self.late.get() || (self.input.late)());
        }
        steps <= MAX_STEPS && !self.late.get()
    }

    /// Refuses a statement whose time is over (57014) or that took too much work (54001).
    pub(super) fn check_work(&self) -> Result<(), Error> {
        if self.late.get() {
            return Err(Error::timed_out());
        }
        if self.steps.get() > MAX_STEPS {
            return Err(Error::new(
                ErrorCode::StatementTooComplex,
                "planning takes too many steps",
            )
            .with_hint("Join fewer relations at once, or say it with fewer conditions."));
        }
        Ok(())
    }

    /// One step of a search.
    pub(super) fn step(&self) -> Result<(), Error> {
        self.spend(1.0);
        self.check_work()
    }

    /// The range-table entry.
    pub(super) fn entry(&self, rel: crate::logical::RelId) -> &RangeTableEntry {
        self.range_table
            .get(rel.0 as usize)
            .expect("a bound statement refers to its own range table only")
    }

    /// Columns that an expression reads, also through sub-plans. Each once, in order of occurrence.
    pub(super) fn columns_used(&self, expr: &Expr) -> Vec<ColumnRef> {
        let mut columns: Vec<ColumnRef> = Vec::new();
        self.visit_columns(expr, &mut |column| {
            if !columns.contains(&column) {
                columns.push(column);
            }
        });
        columns
    }

    /// Calls `visit` on each column that an expression reads, also through sub-plans, as often as it occurs.
    pub(super) fn visit_columns(&self, expr: &Expr, visit: &mut dyn FnMut(ColumnRef)) {
        if let ExprKind::Column(column) = expr.kind {
            return visit(column);
        }
        expr_walk(expr, &mut |part| {
            match &part.kind {
                ExprKind::Column(column) => visit(*column),
                ExprKind::SubPlan { plan, .. } => {
                    if let Some(subplan) = self.subplans.borrow().get(plan.0 as usize) {
                        for param in &subplan.params {
                            if let ExprKind::Column(column) = param.kind {
                                visit(column);
                            }
                        }
                    }
                }
                ExprKind::SubLink(link) => {
                    for column in &link.outer {
                        visit(*column);
                    }
                }
                _ => {}
            }
            true
        });
    }

    /// Relations of this level whose columns occur in `expr`.
    pub(super) fn relids_of(&self, level: &Level, expr: &Expr) -> RelSet {
        match &expr.kind {
            ExprKind::Column(column) => level
                .position(column.rel)
                .map_or(RelSet::EMPTY, RelSet::single),
            ExprKind::Const(_) => RelSet::EMPTY,
            _ => {
                let mut relids = RelSet::EMPTY;
                self.visit_columns(expr, &mut |column| {
                    if let Some(at) = level.position(column.rel) {
                        relids.add(RelSet::single(at));
                    }
                });
                relids
            }
        }
    }

    /// A condition on one relation.
    pub(super) fn restriction(&self, level: &Level, expr: Expr) -> super::clause::Clause {
        let required = self.relids_of(level, &expr);
        let place = ClausePlace {
            is_pushed_down: true,
            outerjoin_delayed: false,
            pseudoconstant: false,
            required,
            outer: RelSet::EMPTY,
            nullable: RelSet::EMPTY,
        };
        self.make_clause(level, expr, place)
    }
}

/// A column as an expression, without a place.
pub(super) const fn column_expr(column: ColumnRef, data_type: crate::value::DataType) -> Expr {
    Expr::new(
        ExprKind::Column(column),
        data_type,
        parser::Span { start: 0, end: 0 },
    )
}
