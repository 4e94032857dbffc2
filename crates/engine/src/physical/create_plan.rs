//! From the chosen path to plan nodes: which condition is tested where, what each node emits.
//!
//! A sub-query scan that passes everything on is left out; what stood for its columns is then the sub-query's own
//! expression, which all nodes above use (`fix`). Source of the method: PostgreSQL 15 `createplan.c`, `setrefs.c`.

use super::{
    cost::{CostBasis, InputEstimate, NoTerms, SortInput, sort},
    level::Level,
    path::{Path, PathKey, PathKind},
    plan::{AggregateStrategy, PlanKind, PlanNode, SortColumn},
    planner::Planner,
};
use crate::{
    error::{Error, ErrorCode},
    logical::{ColumnRef, Expr, ExprKind, map_children},
};
use alloc::{boxed::Box, rc::Rc, vec::Vec};
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
    fn emitted(&self, path: &Path) -> Vec<Expr> {
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

    /// Nodes with inputs that are neither scans nor joins.
    fn upper(&self, path: &Rc<Path>, usage: OutputUse) -> Result<PlanNode, Error> {
        match &path.kind {
            PathKind::Append { inputs } if inputs.is_empty() => {
                let kind = PlanKind::Result {
                    one_time_filter: alloc::vec![Expr::bool(false)],
                };
                Ok(self.bare(path, kind, Vec::new()))
            }
            PathKind::Append { inputs } => self.append(path, inputs, PlanKind::Append),
            PathKind::MergeAppend { inputs } => {
                let kind = PlanKind::MergeAppend { keys: Vec::new() };
                let mut node = self.append(path, inputs, kind)?;
                let keys = self.sort_columns(&path.keys, &mut node);
                node.kind = PlanKind::MergeAppend { keys };
                Ok(node)
            }
            PathKind::Material { input } => {
                self.over(path, input, OutputUse::Exact, |_| PlanKind::Materialize)
            }
            PathKind::Memoize {
                input,
                keys,
                single_row,
                ..
            } => self.over(path, input, OutputUse::Exact, |maker| PlanKind::Memoize {
                keys: maker.fix_all(keys),
                single_row: *single_row,
            }),
            PathKind::UniqueInner {
                input,
                hashed,
                exprs,
                noop,
            } => self.unique_inner(path, input, *hashed, exprs, *noop),
            PathKind::Projection { input } => {
                let mut child = self.make(input, OutputUse::Any)?;
                self.widen_distinct(input, &mut child);
                if child.output == self.fix_all(&path.target.exprs) {
                    // What passes stored columns on costs nothing.
                    if child.cost != path.cost {
                        child.cost = path.cost;
                        child.basis = child.basis.take().map(|base| {
                            Rc::new(CostBasis::Folded {
                                base,
                                target: super::grouping::cost_of(&path.target),
                                rows: input.rows,
                            })
                        });
                    }
                    return Ok(child);
                }
                let kind = PlanKind::Result {
                    one_time_filter: Vec::new(),
                };
                Ok(self.bare(path, kind, alloc::vec![child]))
            }
            PathKind::Sort { input, bound } => {
                let mut child = self.make(input, OutputUse::Exact)?;
                let keys = self.sort_columns(&path.keys, &mut child);
                let kind = PlanKind::Sort {
                    keys,
                    bound: rows_bound(*bound),
                };
                Ok(self.passing(path, kind, child))
            }
            PathKind::IncrementalSort {
                input,
                presorted,
                bound,
            } => {
                let mut child = self.make(input, OutputUse::Exact)?;
                let keys = self.sort_columns(&path.keys, &mut child);
                let kind = PlanKind::IncrementalSort {
                    keys,
                    presorted: *presorted,
                    bound: rows_bound(*bound),
                };
                Ok(self.passing(path, kind, child))
            }
            PathKind::Group {
                input,
                keys,
                having,
            } => {
                let child = self.make(input, OutputUse::Any)?;
                let kind = PlanKind::Group {
                    keys: self.fix_all(keys),
                };
                let mut node = self.bare(path, kind, alloc::vec![child]);
                node.filter = self.fix_all(having);
                Ok(node)
            }
            PathKind::Aggregate {
                input,
                strategy,
                keys,
                calls,
                having,
            } => {
                let child = self.make(input, group_use(keys))?;
                let kind = PlanKind::Aggregate {
                    strategy: *strategy,
                    keys: self.fix_all(keys),
                    calls: calls.iter().map(|call| self.fix_call(call)).collect(),
                };
                let mut node = self.bare(path, kind, alloc::vec![child]);
                node.filter = self.fix_all(having);
                Ok(node)
            }
            PathKind::Unique { input, keys } => {
                let child = self.make(input, usage)?;
                let kind = PlanKind::Unique {
                    keys: self.fix_all(keys),
                };
                Ok(self.passing(path, kind, child))
            }
            PathKind::MinMax { aggregates, having } => {
                for one in aggregates {
                    let from = aggregate_expr(&path.target.exprs, having, &one.call);
                    if let Some(from) = from {
                        let to =
                            Expr::new(ExprKind::InitPlan(one.plan), from.data_type, from.origin.0);
                        self.renamed.borrow_mut().push((from, to));
                    }
                }
                let kind = PlanKind::Result {
                    one_time_filter: self.fix_all(having),
                };
                let mut node = self.bare(path, kind, Vec::new());
                node.init_plans = aggregates.iter().map(|one| one.plan).collect();
                Ok(node)
            }
            PathKind::Window {
                input,
                window,
                calls,
            } => self.window(path, input, *window, calls),
            PathKind::SetOp {
                input,
                op,
                all,
                strategy,
            } => {
                let child = self.make(input, OutputUse::Exact)?;
                let kind = PlanKind::SetOp {
                    op: *op,
                    all: *all,
                    strategy: *strategy,
                };
                Ok(self.passing(path, kind, child))
            }
            PathKind::RecursiveUnion {
                cte,
                all,
                left,
                right,
            } => {
                let start = self.planner.finish(&left.0, &left.1)?;
                let step = self.planner.finish(&right.0, &right.1)?;
                let kind = PlanKind::RecursiveUnion {
                    cte: *cte,
                    all: *all,
                };
                Ok(self.bare(path, kind, alloc::vec![start, step]))
            }
            PathKind::Limit {
                input,
                limit,
                offset,
            } => {
                let child = self.make(input, usage)?;
                let kind = PlanKind::Limit {
                    limit: limit.as_ref().map(|expr| self.fix(expr)),
                    offset: offset.as_ref().map(|expr| self.fix(expr)),
                };
                Ok(self.passing(path, kind, child))
            }
            _ => unreachable!("scans and joins are made elsewhere"),
        }
    }

    fn over(
        &self,
        path: &Path,
        input: &Rc<Path>,
        usage: OutputUse,
        kind: impl FnOnce(&Self) -> PlanKind,
    ) -> Result<PlanNode, Error> {
        let child = self.make(input, usage)?;
        let kind = kind(self);
        Ok(self.passing(path, kind, child))
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

    fn append(&self, path: &Path, inputs: &[Rc<Path>], kind: PlanKind) -> Result<PlanNode, Error> {
        let mut children = Vec::new();
        for input in inputs {
            children.push(self.make(input, OutputUse::Exact)?);
        }
        Ok(self.bare(path, kind, children))
    }

    fn window(
        &self,
        path: &Path,
        input: &Rc<Path>,
        window: usize,
        calls: &[Expr],
    ) -> Result<PlanNode, Error> {
        let child = self.make(input, OutputUse::Exact)?;
        let definition = self
            .level
            .query
            .windows
            .get(window)
            .expect("a window call refers to a window of its query");
        let kind = PlanKind::WindowAgg {
            window,
            partition: self.fix_all(&definition.partition_by),
            order: definition
                .order_by
                .iter()
                .map(|(expr, descending, nulls_first)| SortColumn {
                    expr: self.fix(expr),
                    descending: *descending,
                    nulls_first: *nulls_first,
                })
                .collect(),
            frame: Box::new(definition.frame.clone()),
            calls: self.fix_all(calls),
        };
        Ok(self.bare(path, kind, alloc::vec![child]))
    }

    fn unique_inner(
        &self,
        path: &Path,
        input: &Rc<Path>,
        hashed: bool,
        exprs: &[Expr],
        noop: bool,
    ) -> Result<PlanNode, Error> {
        let mut child = self.make(input, OutputUse::Exact)?;
        if noop {
            return Ok(child);
        }
        let exprs = self.fix_all(exprs);
        for expr in &exprs {
            self.ensure_output(&mut child, expr);
        }
        let mut output = self.fix_all(&path.target.exprs);
        for expr in &exprs {
            if !output.contains(expr) {
                output.push(expr.clone());
            }
        }
        if hashed {
            let kind = PlanKind::Aggregate {
                strategy: AggregateStrategy::Hashed,
                keys: exprs,
                calls: Vec::new(),
            };
            let mut node = self.bare(path, kind, alloc::vec![child]);
            node.output = output;
            return Ok(node);
        }
        let keys: Vec<SortColumn> = exprs
            .iter()
            .map(|expr| SortColumn {
                expr: expr.clone(),
                descending: false,
                nulls_first: false,
            })
            .collect();
        let sorted = self.sort_node(child, keys);
        Ok(self.passing(path, PlanKind::Unique { keys: exprs }, sorted))
    }

    /// A full sort over a finished node.
    pub(super) fn sort_node(&self, child: PlanNode, keys: Vec<SortColumn>) -> PlanNode {
        let estimate = SortInput {
            input: InputEstimate {
                cost: child.cost,
                rows: child.est_rows,
                width: child.width,
            },
            limit: None,
        };
        PlanNode {
            id: self.planner.next_node_id(),
            kind: PlanKind::Sort { keys, bound: None },
            output: child.output.clone(),
            filter: Vec::new(),
            cost: sort(self.planner.input.settings, &estimate, &mut NoTerms),
            basis: self.planner.basis(|| CostBasis::Sort(estimate)),
            est_rows: child.est_rows,
            width: child.width,
            init_plans: Vec::new(),
            children: alloc::vec![child],
        }
    }

    /// The columns to sort by: for each key the member of its class that the child emits, or can be made to.
    pub(super) fn sort_columns(&self, keys: &[PathKey], child: &mut PlanNode) -> Vec<SortColumn> {
        let mut columns = Vec::with_capacity(keys.len());
        for key in keys {
            let class = self.level.class(key.ec);
            let members: Vec<Expr> = class
                .members
                .iter()
                .filter(|member| !member.is_const || class.members.len() == 1)
                .map(|member| self.fix(&member.expr))
                .collect();
            let emitted = child
                .output
                .iter()
                .find(|expr| {
                    members
                        .iter()
                        .any(|member| super::equivalence::strip_relabel(expr) == member)
                })
                .cloned();
            let expr = match emitted {
                Some(expr) => expr,
                None => {
                    let computable = members.iter().find(|member| {
                        self.planner.columns_used(member).iter().all(|column| {
                            child.output.iter().any(
                                |expr| matches!(expr.kind, ExprKind::Column(one) if one == *column),
                            )
                        })
                    });
                    let Some(expr) = computable.or(members.first()) else {
                        continue;
                    };
                    let expr = expr.clone();
                    self.ensure_output(child, &expr);
                    expr
                }
            };
            columns.push(SortColumn {
                expr,
                descending: key.descending,
                nulls_first: key.nulls_first,
            });
        }
        columns
    }

    /// Makes a node emit an expression beside what it emits.
    pub(super) fn ensure_output(&self, node: &mut PlanNode, expr: &Expr) {
        if node.output.contains(expr) {
            return;
        }
        let passes = matches!(
            node.kind,
            PlanKind::Sort { .. }
                | PlanKind::IncrementalSort { .. }
                | PlanKind::Materialize
                | PlanKind::Memoize { .. }
                | PlanKind::Unique { .. }
                | PlanKind::Limit { .. }
        );
        if passes && let Some(child) = node.children.first_mut() {
            self.ensure_output(child, expr);
        }
        node.output.push(expr.clone());
    }

    fn fix_call(&self, call: &crate::logical::AggregateCall) -> crate::logical::AggregateCall {
        let renamed = self.renamed.borrow();
        let mut call = call.clone();
        if !renamed.is_empty() {
            let args = core::mem::take(&mut call.args);
            call.args = args.into_iter().map(|arg| rename(arg, &renamed)).collect();
            for (key, _, _) in &mut call.order_by {
                *key = rename(key.clone(), &renamed);
            }
            if let Some(filter) = &mut call.filter {
                **filter = rename((**filter).clone(), &renamed);
            }
        }
        call
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

/// Grouping by plain columns can read them from wider rows; a computed key has to be emitted as such.
fn group_use(keys: &[Expr]) -> OutputUse {
    if keys
        .iter()
        .all(|key| matches!(key.kind, ExprKind::Column(_)))
    {
        OutputUse::Any
    } else {
        OutputUse::Exact
    }
}

fn aggregate_expr(
    exprs: &[Expr],
    having: &[Expr],
    call: &crate::logical::AggregateCall,
) -> Option<Expr> {
    let mut found = None;
    for expr in exprs.iter().chain(having) {
        crate::logical::expr_walk(expr, &mut |part| {
            if let ExprKind::Aggregate(one) = &part.kind
                && **one == *call
            {
                found.get_or_insert_with(|| part.clone());
            }
            found.is_none()
        });
    }
    found
}

fn rename(expr: Expr, renamed: &[(Expr, Expr)]) -> Expr {
    if let Some((_, to)) = renamed.iter().find(|(from, _)| *from == expr) {
        return to.clone();
    }
    map_children(expr, &mut |part| rename(part, renamed))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bound is a positive number of rows; floats beyond u64 saturate"
)]
fn rows_bound(bound: Option<f64>) -> Option<u64> {
    bound.filter(|rows| *rows > 0.0).map(|rows| rows as u64)
}
