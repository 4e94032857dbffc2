//! What every node does last: drop the rows that its filter refuses, and compute its output columns.
//!
//! Why one operator for all: scans, joins and groupings hand over raw columns, and know neither filters nor projections. It adds
//! no node of its own: it counts under the node that it serves.

use super::{
    bind::Scope,
    columns,
    operator::{Budget, ExecContext, Node, Operator, Step, next_batch},
    scalar::{Filter, Scalar},
};
use crate::{Error, logical::Expr, physical::NodeId, value::Batch};
use alloc::{boxed::Box, rc::Rc, vec::Vec};

/// Filter and projection over an operator.
pub(crate) struct Emit {
    input: Box<dyn Operator>,
    id: NodeId,
    filter: Filter,
    /// `None`: the input's columns as they are.
    output: Option<Vec<Scalar>>,
    /// Whether the output computes anything, so that rows must be dense.
    computes: bool,
}

impl Emit {
    /// An operator over `input`, whose columns are `inputs`.
    pub fn new(
        id: NodeId,
        input: Box<dyn Operator>,
        inputs: &[Expr],
        filter: &[Expr],
        output: Option<&[Expr]>,
        scope: &mut Scope,
    ) -> Result<Self, Error> {
        let filter = Filter::new(filter, inputs, scope)?;
        let output = match output {
            Some(exprs) => Some(Scalar::all(exprs, inputs, scope)?),
            None => None,
        };
        let computes = output
            .iter()
            .flatten()
            .any(|scalar| matches!(scalar, Scalar::Compiled(..)));
        Ok(Self {
            input,
            id,
            filter,
            output,
            computes,
        })
    }

    fn project(&self, batch: Batch, cx: &ExecContext<'_>) -> Result<Batch, Error> {
        let Some(output) = &self.output else {
            return Ok(batch);
        };
        let batch = if self.computes {
            columns::dense(batch)?
        } else {
            batch
        };
        let mut made = Vec::with_capacity(output.len());
        for scalar in output {
            made.push(Rc::clone(&scalar.evaluate(&batch, cx)?));
        }
        Ok(Batch {
            columns: made,
            rows: batch.rows,
            selection: batch.selection,
        })
    }
}

impl Operator for Emit {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            let mut batch = next_batch!(self.input, cx, budget, return Ok(Step::Done));
            if !self.filter.is_empty() {
                let before = batch.selected();
                self.filter.apply(&mut batch, cx)?;
                let removed = (before - batch.selected()) as u64;
                cx.metrics(self.id).rows_removed_by_filter += removed;
                if batch.selected() == 0 {
                    super::operator::pause_if_spent!(budget);
                    continue;
                }
            }
            return Ok(Step::Batch(self.project(batch, cx)?));
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.input.rescan(cx);
    }
}

/// Runs the init plans of a node before its first row: each gives one value, kept in a slot.
pub(crate) struct WithInitPlans {
    input: Box<dyn Operator>,
    plans: Vec<super::subplan::InitPlan>,
    next: usize,
}

impl WithInitPlans {
    /// An operator that runs `plans`, once, before `input`.
    pub fn new(input: Box<dyn Operator>, plans: Vec<super::subplan::InitPlan>) -> Self {
        Self {
            input,
            plans,
            next: 0,
        }
    }
}

impl Operator for WithInitPlans {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        while let Some(plan) = self.plans.get_mut(self.next) {
            if !plan.run(cx, budget)? {
                return Ok(Step::Pause);
            }
            self.next += 1;
        }
        self.input.step(cx, budget)
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        // Most init plans depend on nothing that changes: their values stay.
        if self.plans.iter().any(|plan| plan.depends) {
            self.next = 0;
            for plan in &mut self.plans {
                plan.found = None;
                plan.node.rescan(cx);
            }
        }
        self.input.rescan(cx);
    }
}

/// A node as an operator: what stands under a node that has no operator of its own.
impl Operator for Node {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        Node::step(self, cx, budget)
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        Node::rescan(self, cx);
    }
}
