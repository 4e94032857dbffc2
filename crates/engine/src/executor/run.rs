//! A plan on its way: operators and all that they share, in one thing that can be kept between steps.

use super::{
    build::Builder,
    columns,
    ledger::WriteLedger,
    memory::Memory,
    metrics::NodeMetrics,
    modify::OneRow,
    operator::{Budget, ExecContext, Node, Step},
    with_query::WithQueries,
};
use crate::{
    Error,
    database::Storage,
    physical::PhysicalPlan,
    value::{Batch, Value},
};
use alloc::vec::Vec;

/// A running plan.
pub struct Execution {
    root: Node,
    shared: Shared,
    /// Columns shown; further ones of the root's output only served to sort.
    width: usize,
    slot_count: usize,
    /// What does the same by a shorter way when the plan runs again.
    row: Option<OneRow>,
}

/// What all operators of a plan share.
struct Shared {
    slots: Vec<Value>,
    metrics: Vec<NodeMetrics>,
    memory: Memory,
    with: WithQueries,
    affected: u64,
    ledger: WriteLedger,
    work_mem: u64,
}

impl Shared {
    fn context<'c>(
        &'c mut self,
        storage: &'c mut Storage,
        clock: Option<&'c dyn Fn() -> u64>,
    ) -> ExecContext<'c> {
        ExecContext {
            storage,
            slots: &mut self.slots,
            metrics: &mut self.metrics,
            memory: &mut self.memory,
            affected: &mut self.affected,
            ledger: &mut self.ledger,
            with: &mut self.with,
            clock,
            work_mem: self.work_mem,
        }
    }
}

/// What came of a step.
#[derive(Debug)]
pub enum Outcome {
    /// Rows, dense, shown columns only.
    Batch(Batch),
    /// The budget is spent.
    Pause,
    /// The plan has ended.
    Done,
}

impl Execution {
    /// Translates a plan. `params` are the values of `$1 …`.
    ///
    /// # Errors
    /// A plan that contradicts itself, or needs what is not supported.
    pub fn new(
        plan: &PhysicalPlan,
        storage: &Storage,
        params: &[Value],
        memory_limit: u64,
        work_mem: u64,
    ) -> Result<Self, Error> {
        let mut builder = Builder::new(plan, storage, params.len())?;
        let root = builder.node(&plan.root)?;
        let mut slots = params.to_vec();
        slots.resize(builder.scope.slots(), Value::Null);
        let mut metrics = Vec::new();
        metrics.resize_with(plan.nodes as usize, NodeMetrics::default);
        Ok(Self {
            root,
            shared: Shared {
                slots,
                metrics,
                memory: Memory::new(memory_limit),
                with: builder.with,
                affected: 0,
                ledger: WriteLedger::default(),
                work_mem,
            },
            slot_count: builder.scope.slots(),
            row: None,
            width: plan.columns.iter().filter(|column| !column.hidden).count(),
        })
    }

    /// Looks whether there is a shorter way for further runs of the plan, which is this one's.
    ///
    /// # Errors
    /// The plan's table has no storage.
    pub fn will_run_again(&mut self, plan: &PhysicalPlan, storage: &Storage) -> Result<(), Error> {
        if self.row.is_none() {
            self.row = OneRow::of(plan, storage)?;
        }
        Ok(())
    }

    /// Whether [`Self::store_row`] does what the plan does.
    #[must_use]
    pub fn stores_row(&self) -> bool {
        self.row.is_some()
    }

    /// Runs the plan to its end by the shorter way.
    ///
    /// # Errors
    /// As the operators.
    pub fn store_row<'v>(
        &mut self,
        storage: &mut Storage,
        param: &dyn Fn(usize) -> Option<&'v Value>,
    ) -> Result<(), Error> {
        self.shared.affected = 0;
        match &mut self.row {
            Some(row) => row.store(param, &mut self.shared.context(storage, None)),
            None => Ok(()),
        }
    }

    /// Makes a plan that has ended begin anew, with other parameters. Only for plans whose operators keep nothing for the next run.
    pub fn restart(&mut self, storage: &mut Storage, params: &[Value], memory_limit: u64) {
        let shared = &mut self.shared;
        shared.slots.clear();
        shared.slots.extend_from_slice(params);
        shared.slots.resize(self.slot_count, Value::Null);
        shared.metrics.fill(NodeMetrics::default());
        shared.affected = 0;
        shared.ledger = WriteLedger::default();
        self.root.rescan(&mut shared.context(storage, None));
        shared.memory = Memory::new(memory_limit);
    }

    /// Goes on.
    ///
    /// # Errors
    /// As the operators.
    pub fn step(
        &mut self,
        storage: &mut Storage,
        budget: &mut Budget,
        clock: Option<&dyn Fn() -> u64>,
    ) -> Result<Outcome, Error> {
        let mut cx = self.shared.context(storage, clock);
        Ok(match self.root.step(&mut cx, budget)? {
            Step::Batch(batch) => {
                let mut batch = batch;
                batch.columns.truncate(self.width);
                Outcome::Batch(columns::dense(batch)?)
            }
            Step::Pause => Outcome::Pause,
            Step::Done => Outcome::Done,
        })
    }

    /// Counters by `NodeId`.
    #[must_use]
    pub fn metrics(&self) -> &[NodeMetrics] {
        &self.shared.metrics
    }

    /// Rows inserted, updated or deleted.
    #[must_use]
    pub fn affected(&self) -> u64 {
        self.shared.affected
    }

    /// What was written, to keep.
    pub fn take_ledger(&mut self) -> WriteLedger {
        core::mem::take(&mut self.shared.ledger)
    }

    /// What was written.
    #[must_use]
    pub fn ledger(&self) -> &WriteLedger {
        &self.shared.ledger
    }

    /// Most bytes that sorts, hash tables and kept rows took.
    #[must_use]
    pub fn peak_bytes(&self) -> u64 {
        self.shared.memory.peak()
    }
}
