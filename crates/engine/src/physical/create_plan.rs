//! From the chosen path to plan nodes: which condition is tested where, what each node emits.
//!
//! A sub-query scan that passes everything on is left out; what stood for its columns is then the sub-query's own
//! expression, which all nodes above use (`fix`). Source of the method: PostgreSQL 15 `createplan.c`, `setrefs.c`.

mod join;
mod order;
mod scan;
mod upper;

use super::{
    cost::CostBasis,
    level::Level,
    path::{Path, PathKind},
    plan::{PlanKind, PlanNode},
    planner::Planner,
};
use crate::{
    error::{Error, ErrorCode},
    logical::{ColumnRef, Expr, ExprKind, map_children},
};
use alloc::{rc::Rc, vec::Vec};
use core::cell::{Cell, RefCell};

/// What a parent needs of its child's output list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputUse {
    /// At least the wanted columns.
    Any,
    /// Exactly the wanted ones, in order (or few, because rows are kept).
    Exact,
}

/// Makes the nodes of one level.
pub(super) struct PlanMaker<'m, 'a> {
    pub planner: &'m Planner<'a>,
    pub level: &'m Level,
    /// What has another name below: expression, and what it is called there.
    pub renamed: RefCell<Vec<(Expr, Expr)>>,
    depth: Cell<u32>,
}

/// Deepest plan; each level takes some stack.
const MAX_PLAN_DEPTH: u32 = 400;

impl<'m, 'a> PlanMaker<'m, 'a> {
    pub(super) fn new(planner: &'m Planner<'a>, level: &'m Level) -> Self {
        Self {
            planner,
            level,
            renamed: RefCell::new(Vec::new()),
            depth: Cell::new(0),
        }
    }

    /// The expression in terms of what the nodes below emit.
    pub(super) fn fix(&self, expr: &Expr) -> Expr {
        let renamed = self.renamed.borrow();
        if renamed.is_empty() {
            expr.clone()
        } else {
            rename(expr.clone(), &renamed)
        }
    }

    pub(super) fn fix_all(&self, exprs: &[Expr]) -> Vec<Expr> {
        exprs.iter().map(|expr| self.fix(expr)).collect()
    }

    /// The nodes for the level's chosen path.
    pub(super) fn node(&self, path: &Rc<Path>) -> Result<PlanNode, Error> {
        self.make(path, OutputUse::Exact)
    }

    /// A node with a path's figures.
    pub(super) fn bare(&self, path: &Path, kind: PlanKind, children: Vec<PlanNode>) -> PlanNode {
        PlanNode {
            id: self.planner.next_node_id(),
            kind,
            children,
            output: self.emitted(path),
            filter: Vec::new(),
            cost: path.cost,
            basis: path.basis.clone(),
            est_rows: path.rows,
            width: path.target.width,
            init_plans: Vec::new(),
        }
    }

    /// What a path's node emits. Row addresses of tables that are not modified are planned with but not read.
    pub(super) fn emitted(&self, path: &Path) -> Vec<Expr> {
        let modified = self.planner.modified;
        path.target
            .exprs
            .iter()
            .filter(|expr| {
                !matches!(expr.kind, ExprKind::Column(column)
                    if column.column == ColumnRef::ROW_ID && Some(column.rel) != modified)
            })
            .map(|expr| self.fix(expr))
            .collect()
    }

    pub(super) fn make(&self, path: &Rc<Path>, usage: OutputUse) -> Result<PlanNode, Error> {
        let depth = self.depth.get() + 1;
        if depth > MAX_PLAN_DEPTH {
            return Err(Error::new(
                ErrorCode::StatementTooComplex,
                "stack depth limit exceeded",
            ));
        }
        self.depth.set(depth);
        let node = self.make_kind(path, usage);
        self.depth.set(depth - 1);
        node
    }

    fn make_kind(&self, path: &Rc<Path>, usage: OutputUse) -> Result<PlanNode, Error> {
        match &path.kind {
            PathKind::SeqScan
            | PathKind::Index(_)
            | PathKind::BitmapHeap { .. }
            | PathKind::BitmapAnd { .. }
            | PathKind::BitmapOr { .. }
            | PathKind::FunctionScan
            | PathKind::ValuesScan
            | PathKind::CteScan { .. }
            | PathKind::WorkTableScan { .. }
            | PathKind::SystemScan { .. } => self.scan(path),
            PathKind::SubqueryScan { level, input, .. } => self.subquery(path, level, input, usage),
            PathKind::Result { quals } => {
                let kind = PlanKind::Result {
                    one_time_filter: self.fix_all(quals),
                };
                Ok(self.bare(path, kind, Vec::new()))
            }
            PathKind::NestLoop(join) => self.nested_loop(path, join),
            PathKind::HashJoin {
                path: join,
                hash_clauses,
            } => self.hash_join(path, join, hash_clauses),
            PathKind::MergeJoin { .. } => self.merge_join(path),
            _ => self.upper(path, usage),
        }
    }

    /// A node that emits what its child emits.
    pub(super) fn passing(&self, path: &Path, kind: PlanKind, child: PlanNode) -> PlanNode {
        PlanNode {
            id: self.planner.next_node_id(),
            kind,
            output: child.output.clone(),
            filter: Vec::new(),
            cost: path.cost,
            basis: path.basis.clone(),
            est_rows: path.rows,
            width: path.target.width,
            init_plans: Vec::new(),
            children: alloc::vec![child],
        }
    }

    /// A one-time filter over a node, if there are conditions without columns.
    pub(super) fn gate(&self, node: PlanNode, conditions: Vec<Expr>) -> PlanNode {
        if conditions.is_empty() {
            return node;
        }
        PlanNode {
            id: self.planner.next_node_id(),
            kind: PlanKind::Result {
                one_time_filter: conditions,
            },
            output: node.output.clone(),
            filter: Vec::new(),
            cost: node.cost,
            basis: self.planner.basis(|| CostBasis::Passed(node.cost)),
            est_rows: node.est_rows,
            width: node.width,
            init_plans: Vec::new(),
            children: alloc::vec![node],
        }
    }
}

fn rename(expr: Expr, renamed: &[(Expr, Expr)]) -> Expr {
    if let Some((_, to)) = renamed.iter().find(|(from, _)| *from == expr) {
        return to.clone();
    }
    map_children(expr, &mut |part| rename(part, renamed))
}
