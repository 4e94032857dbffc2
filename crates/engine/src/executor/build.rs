//! From a physical plan to operators: every expression bound to positions, every parameter given a place.
//!
//! One function for each family of nodes; what all nodes share (filter, projection, sub-plans, init plans) is here.

mod depends;
mod join;
mod modify;
mod scan;
mod sub_plan;
mod window;

use super::{
    aggregate::{Aggregate, Call, SharedKeys, choose, result_type},
    bind::{Scope, mark_used},
    emit::{Emit, WithInitPlans},
    operator::{Node, Operator},
    recursive_union::RecursiveUnion,
    row_keys::KeySet,
    scalar::{Filter, Scalar},
    simple::{Append, Limit, Materialize, Pass, Place, ResultRow},
    sort::{IncrementalSort, MergeAppend, Sort},
    sort_keys::SortKeySpec,
    unique::{SetOp, SetOpState, Unique},
    with_query::WithQueries,
};
use crate::collections::SortedMap;
use crate::{
    Error, ErrorCode,
    database::Storage,
    logical::{
        CteId, Expr, ExprKind, Origin, RelId, SubPlanId, expr_any, expr_walk, for_each_child,
    },
    physical::{
        AggregateStrategy, NodeId, PhysicalPlan, PlanKind, PlanNode, SetOpStrategy, SortColumn,
    },
    value::DataType,
};
use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// An operator's raw columns, before filter and projection.
type Raw = (Box<dyn Operator>, Vec<Expr>);

/// State of one translation.
pub(crate) struct Builder<'p> {
    plan: &'p PhysicalPlan,
    storage: &'p Storage,
    pub scope: Scope,
    pub with: WithQueries,
    ctes: SortedMap<CteId, usize>,
    working: SortedMap<CteId, usize>,
    /// The next Append below is a set operation's.
    numbered: bool,
    /// Rows that a LIMIT takes of the node below, as far as none are left out in between.
    bound: Option<u64>,
    /// Keys that this hash join shares with the grouping above it, in place of giving them out.
    shared: Option<(NodeId, Vec<Expr>, Rc<SharedKeys>)>,
    /// Init plans that have a node that runs them.
    owned: Vec<SubPlanId>,
}

/// A column of a range-table entry.
fn rel_column(rel: RelId, at: usize, data_type: DataType) -> Expr {
    Expr {
        kind: ExprKind::Column(crate::logical::ColumnRef {
            rel,
            column: at as u16,
        }),
        data_type,
        origin: Origin::default(),
    }
}

fn has_sub_plan(expr: &Expr) -> bool {
    expr_any(expr, &mut |part| {
        matches!(part.kind, ExprKind::SubPlan { .. })
    })
}

fn types(exprs: &[Expr]) -> Vec<DataType> {
    exprs.iter().map(|expr| expr.data_type).collect()
}

impl<'p> Builder<'p> {
    /// For a plan with `params` statement parameters.
    pub fn new(plan: &'p PhysicalPlan, storage: &'p Storage, params: usize) -> Result<Self, Error> {
        Ok(Self {
            plan,
            storage,
            scope: Scope::new(params)?,
            with: WithQueries::default(),
            ctes: SortedMap::new(),
            working: SortedMap::new(),
            numbered: false,
            bound: None,
            shared: None,
            owned: Vec::new(),
        })
    }

    /// The node and all under it.
    pub fn node(&mut self, node: &PlanNode) -> Result<Node, Error> {
        let bound = self.bound.take();
        let init_plans = self.init_plans(node)?;
        let (mut operator, mut inputs) = self.raw(node, bound)?;
        let (mut plain, with_plans): (Vec<Expr>, Vec<Expr>) =
            node.filter.iter().cloned().partition(|e| !has_sub_plan(e));
        if self.tests_itself(node) {
            plain.clear();
        }
        let in_output = node.output.iter().any(has_sub_plan);
        if with_plans.is_empty() && !in_output {
            if !plain.is_empty() || node.output != inputs {
                operator = Box::new(Emit::new(
                    node.id,
                    operator,
                    &inputs,
                    &plain,
                    Some(&node.output),
                    &mut self.scope,
                )?);
            }
        } else {
            if !plain.is_empty() {
                operator = self.emit(node, operator, &inputs, &plain, None)?;
            }
            if !with_plans.is_empty() {
                (operator, inputs) = self.add_sub_plans(operator, inputs, &with_plans)?;
                operator = self.emit(node, operator, &inputs, &with_plans, None)?;
            }
            if in_output {
                (operator, inputs) = self.add_sub_plans(operator, inputs, &node.output)?;
            }
            operator = self.emit(node, operator, &inputs, &[], Some(&node.output))?;
        }
        if !init_plans.is_empty() {
            operator = Box::new(WithInitPlans::new(operator, init_plans));
        }
        Ok(Node::new(node.id, operator))
    }

    fn emit(
        &mut self,
        node: &PlanNode,
        operator: Box<dyn Operator>,
        inputs: &[Expr],
        filter: &[Expr],
        output: Option<&[Expr]>,
    ) -> Result<Box<dyn Operator>, Error> {
        Ok(Box::new(Emit::new(
            node.id,
            operator,
            inputs,
            filter,
            output,
            &mut self.scope,
        )?))
    }

    fn child(&mut self, node: &PlanNode, at: usize) -> Result<Node, Error> {
        match node.children.get(at) {
            Some(child) => self.node(child),
            None => Err(Error::new(
                ErrorCode::InternalError,
                "a plan node lacks an input",
            )),
        }
    }

    fn child_output(node: &PlanNode, at: usize) -> &[Expr] {
        node.children.get(at).map_or(&[], |child| &child.output)
    }

    /// The operator without filter and projection.
    fn raw(&mut self, node: &PlanNode, bound: Option<u64>) -> Result<Raw, Error> {
        let first = Self::child_output(node, 0);
        Ok(match &node.kind {
            PlanKind::Result { one_time_filter } => {
                let operator = ResultRow {
                    one_time_filter: Filter::new(one_time_filter, &[], &mut self.scope)?,
                    input: match node.children.first() {
                        Some(child) => Some(self.node(child)?),
                        None => None,
                    },
                    tested: None,
                    given: false,
                };
                let mut inputs = first.to_vec();
                if node.children.is_empty() && !one_time_filter.is_empty() {
                    // What a condition that is never true has taken the place of: its columns are named, never read.
                    for expr in &node.output {
                        expr_walk(expr, &mut |part| {
                            if matches!(part.kind, ExprKind::Column(_)) && !inputs.contains(part) {
                                inputs.push(part.clone());
                            }
                            true
                        });
                    }
                }
                (Box::new(operator), inputs)
            }
            PlanKind::ProjectSet | PlanKind::Hash | PlanKind::LockRows => {
                let input = Box::new(self.child(node, 0)?);
                (Box::new(Pass { input }), first.to_vec())
            }
            PlanKind::SubqueryScan { rel } => {
                self.bound = bound.filter(|_| node.filter.is_empty());
                let input = Box::new(self.child(node, 0)?);
                let inputs = first
                    .iter()
                    .enumerate()
                    .map(|(at, expr)| rel_column(*rel, at, expr.data_type))
                    .collect();
                (Box::new(Pass { input }), inputs)
            }
            PlanKind::Materialize => {
                let depends = node.children.first().is_some_and(|c| self.depends(c));
                let operator = Materialize {
                    input: self.child(node, 0)?,
                    kept: Vec::new(),
                    at: Place::default(),
                    ended: false,
                    bytes: 0,
                    depends,
                };
                (Box::new(operator), first.to_vec())
            }
            PlanKind::Memoize { keys, single_row } => self.memoize(node, keys, *single_row)?,
            PlanKind::Sort { keys, bound: own } => self.sort(node, keys, own.or(bound))?,
            PlanKind::IncrementalSort {
                keys,
                presorted,
                bound: own,
            } => self.incremental_sort(node, keys, *presorted, own.or(bound))?,
            PlanKind::MergeAppend { keys } => self.merge_append(node, keys, bound)?,
            PlanKind::Limit { limit, offset } => {
                let mut number = |expr: &Option<Expr>| match expr {
                    Some(expr) => Scalar::new(expr, &[], &mut self.scope).map(Some),
                    None => Ok(None),
                };
                let rows = |expr: &Option<Expr>| match expr.as_ref().map(|expr| &expr.kind) {
                    None => Some(0),
                    Some(ExprKind::Const(value)) => u64::try_from(value.as_i64()?).ok(),
                    Some(_) => None,
                };
                self.bound = match (limit.as_ref().and_then(|_| rows(limit)), rows(offset)) {
                    (Some(limit), Some(offset)) => limit.checked_add(offset),
                    _ => None,
                };
                let (limit, offset) = (number(limit)?, number(offset)?);
                let operator = Limit {
                    input: self.child(node, 0)?,
                    limit,
                    offset,
                    state: None,
                };
                (Box::new(operator), first.to_vec())
            }
            PlanKind::Aggregate {
                strategy,
                keys,
                calls,
            } => self.aggregate(node, *strategy, keys, calls)?,
            PlanKind::Group { keys } | PlanKind::Unique { keys } => {
                let operator = Unique {
                    input: self.child(node, 0)?,
                    keys: Scalar::all(keys, first, &mut self.scope)?,
                    last: None,
                };
                (Box::new(operator), first.to_vec())
            }
            PlanKind::SetOp {
                op, all, strategy, ..
            } => {
                self.numbered = node.children.len() == 1;
                let mut inputs = Vec::new();
                for at in 0..node.children.len() {
                    inputs.push(self.child(node, at)?);
                }
                self.numbered = false;
                let sorted = inputs.len() == 1 && *strategy == SetOpStrategy::Sorted;
                let operator = SetOp {
                    inputs,
                    op: *op,
                    all: *all,
                    width: node.output.len(),
                    sorted,
                    state: SetOpState::default(),
                };
                (Box::new(operator), node.output.clone())
            }
            PlanKind::Append => {
                let numbered = core::mem::take(&mut self.numbered);
                let operator = Append {
                    inputs: self.aligned(node, bound)?,
                    at: 0,
                    numbered,
                };
                (Box::new(operator), node.output.clone())
            }
            PlanKind::RecursiveUnion { cte, all } => {
                let table = self.with.add_working_table();
                self.working.insert(*cte, table);
                let mut inputs = self.aligned(node, None)?;
                let second = inputs.pop();
                let (Some(first), Some(second)) = (inputs.pop(), second) else {
                    return Err(Error::new(
                        ErrorCode::InternalError,
                        "a recursive union lacks an input",
                    ));
                };
                let operator = RecursiveUnion {
                    first,
                    second,
                    seen: (!all).then(KeySet::default),
                    table,
                    added: Vec::new(),
                    recursing: false,
                    bytes: 0,
                };
                (Box::new(operator), node.output.clone())
            }
            PlanKind::NestedLoop { .. }
            | PlanKind::HashJoin { .. }
            | PlanKind::MergeJoin { .. } => self.join(node)?,
            PlanKind::Insert { .. } | PlanKind::Update { .. } | PlanKind::Delete { .. } => {
                self.modify(node)?
            }
            PlanKind::WindowAgg { .. } => self.window(node)?,
            _ => self.scan(node)?,
        })
    }

    /// All inputs, each with the columns and types of the node's output.
    fn aligned(&mut self, node: &PlanNode, bound: Option<u64>) -> Result<Vec<Node>, Error> {
        let mut made = Vec::with_capacity(node.children.len());
        for child in &node.children {
            self.bound = bound;
            let input = self.node(child)?;
            let same = child.output.len() == node.output.len()
                && child
                    .output
                    .iter()
                    .zip(&node.output)
                    .all(|(a, b)| a.data_type.same_base(b.data_type));
            if same {
                made.push(input);
                continue;
            }
            let output: Vec<Expr> = child
                .output
                .iter()
                .zip(&node.output)
                .map(|(from, to)| {
                    if from.data_type.same_base(to.data_type) {
                        from.clone()
                    } else {
                        Expr {
                            kind: ExprKind::Cast(
                                Box::new(from.clone()),
                                crate::logical::CastContext::Implicit,
                            ),
                            data_type: to.data_type,
                            origin: from.origin,
                        }
                    }
                })
                .collect();
            let id = input.id();
            let emit = Emit::new(
                id,
                Box::new(input),
                &child.output,
                &[],
                Some(&output),
                &mut self.scope,
            )?;
            made.push(Node::uncounted(id, Box::new(emit)));
        }
        Ok(made)
    }

    fn sort_keys(
        &mut self,
        keys: &[SortColumn],
        inputs: &[Expr],
    ) -> Result<Vec<(Scalar, SortKeySpec)>, Error> {
        let mut made = Vec::with_capacity(keys.len());
        for key in keys {
            let spec = SortKeySpec {
                descending: key.descending,
                nulls_first: key.nulls_first,
            };
            made.push((Scalar::new(&key.expr, inputs, &mut self.scope)?, spec));
        }
        Ok(made)
    }

    fn sort(
        &mut self,
        node: &PlanNode,
        keys: &[SortColumn],
        bound: Option<u64>,
    ) -> Result<Raw, Error> {
        let inputs = Self::child_output(node, 0);
        let keys = self.sort_keys(keys, inputs)?;
        let input = self.child(node, 0)?;
        Ok((
            Box::new(Sort::new(node.id, input, keys, bound)),
            inputs.to_vec(),
        ))
    }

    fn incremental_sort(
        &mut self,
        node: &PlanNode,
        keys: &[SortColumn],
        presorted: usize,
        bound: Option<u64>,
    ) -> Result<Raw, Error> {
        let inputs = Self::child_output(node, 0);
        let (first, rest) = keys.split_at(presorted.min(keys.len()));
        let first = self.sort_keys(first, inputs)?;
        let rest = self.sort_keys(rest, inputs)?;
        let all = self.sort_keys(keys, inputs)?;
        let input = self.child(node, 0)?;
        let operator = IncrementalSort::new(node.id, input, first, (all, rest), bound);
        Ok((Box::new(operator), inputs.to_vec()))
    }

    fn merge_append(
        &mut self,
        node: &PlanNode,
        keys: &[SortColumn],
        bound: Option<u64>,
    ) -> Result<Raw, Error> {
        let inputs = self.aligned(node, bound)?;
        let keys = self.sort_keys(keys, &node.output)?;
        Ok((
            Box::new(MergeAppend::new(inputs, keys)),
            node.output.clone(),
        ))
    }

    fn memoize(&mut self, node: &PlanNode, keys: &[Expr], single_row: bool) -> Result<Raw, Error> {
        let mut made = Vec::with_capacity(keys.len());
        let mut others = Vec::new();
        if let Some(child) = node.children.first() {
            self.reads(child, &mut others);
        }
        for key in keys {
            made.push((Scalar::new(key, &[], &mut self.scope)?, key.data_type));
            let slot = self.scope.find(key);
            others.retain(|other| Some(*other) != slot);
        }
        let input = self.child(node, 0)?;
        let operator = super::memoize::Memoize::new(node.id, input, made, single_row, others);
        Ok((Box::new(operator), Self::child_output(node, 0).to_vec()))
    }

    fn aggregate(
        &mut self,
        node: &PlanNode,
        strategy: AggregateStrategy,
        keys: &[Expr],
        calls: &[crate::logical::AggregateCall],
    ) -> Result<Raw, Error> {
        let inputs = Self::child_output(node, 0);
        let mut made = Vec::with_capacity(calls.len());
        let mut output: Vec<Expr> = keys.to_vec();
        for call in calls {
            let mut args = Scalar::all(&call.args, inputs, &mut self.scope)?;
            for (key, _, _) in &call.order_by {
                args.push(Scalar::new(key, inputs, &mut self.scope)?);
            }
            let filter = match &call.filter {
                Some(filter) => Some(Filter::new([&**filter], inputs, &mut self.scope)?),
                None => None,
            };
            made.push(Call {
                accumulator: choose(call)?,
                args,
                filter,
                distinct: call.distinct.then(KeySet::default),
            });
        }
        let aggregates = calls.iter().map(|call| Expr {
            kind: ExprKind::Aggregate(Box::new(call.clone())),
            data_type: result_type(call),
            origin: Origin::default(),
        });
        let mut known = output.clone();
        known.extend(aggregates.clone());
        // Columns that depend on the keys: taken from each group's first row.
        let mut extra: Vec<Expr> = Vec::new();
        for expr in node.output.iter().chain(&node.filter) {
            collect_columns(expr, &known, inputs, &mut extra);
        }
        let key_scalars = Scalar::all(keys, inputs, &mut self.scope)?;
        let extra_scalars = Scalar::all(&extra, inputs, &mut self.scope)?;
        output.extend(extra);
        output.extend(aggregates);
        let shared = (strategy == AggregateStrategy::Hashed
            && extra_scalars.is_empty()
            && join::gives_row_of_keys(self.plan, node, keys, calls))
        .then(Rc::<SharedKeys>::default);
        if let (Some(shared), Some(join)) = (&shared, node.children.first()) {
            self.shared = Some((join.id, keys.to_vec(), Rc::clone(shared)));
        }
        let input = self.child(node, 0)?;
        let operator = Aggregate::new(node.id, input, strategy, key_scalars, extra_scalars, made);
        let operator = operator.by_row(shared);
        Ok((Box::new(operator), output))
    }
}

/// Inputs that `expr` reads without `known` offering them.
fn collect_columns(expr: &Expr, known: &[Expr], inputs: &[Expr], found: &mut Vec<Expr>) {
    if super::bind::position(known, expr).is_some() {
        return;
    }
    if let Some(at) = super::bind::position(inputs, expr) {
        if let Some(input) = inputs.get(at)
            && !found.contains(input)
        {
            found.push(input.clone());
        }
        return;
    }
    for_each_child(expr, &mut |part| {
        collect_columns(part, known, inputs, found)
    });
}

/// Which inputs some of `exprs` read, also through sub-plans' parameters.
pub(crate) fn used<'e>(
    plan: &PhysicalPlan,
    exprs: impl Iterator<Item = &'e Expr>,
    inputs: &[Expr],
) -> Vec<bool> {
    let mut used = alloc::vec![false; inputs.len()];
    for expr in exprs {
        mark_used(expr, inputs, &mut used);
        crate::logical::expr_walk(expr, &mut |part| {
            if let ExprKind::SubPlan { plan: id, .. } = &part.kind
                && let Some(sub_plan) = plan.subplans.get(id.0 as usize)
            {
                for param in &sub_plan.params {
                    mark_used(param, inputs, &mut used);
                }
            }
            true
        });
    }
    used
}
