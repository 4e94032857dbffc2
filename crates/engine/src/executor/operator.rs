//! What every operator can do, and what it needs to do it.
//!
//! Why pull with a budget: a run must stop anywhere, so that the worker can answer another request, and go on later. An
//! operator keeps all of its state in itself; [`ExecContext`] is lent anew at each step. Batches are never split by a
//! budget, so work between two pauses is bounded by a batch's rows.

use super::{NodeMetrics, memory::Memory, with_query::WithQueries};
use crate::{
    Error,
    database::Storage,
    physical::NodeId,
    value::{Batch, Value},
};
use alloc::{boxed::Box, vec::Vec};

/// Rows that a batch has when an operator chooses.
pub const BATCH_ROWS: usize = 1024;

/// What came of a step.
#[derive(Debug)]
pub enum Step {
    /// Some rows; never without a selected row.
    Batch(Batch),
    /// The budget is spent; call again.
    Pause,
    /// No more rows.
    Done,
}

/// How much work a step may do, in rows touched or entries moved.
#[derive(Debug)]
pub struct Budget {
    left: i64,
    spent: u64,
    want: usize,
}

impl Budget {
    /// A budget of that many units; at least one.
    #[must_use]
    pub fn new(units: u64) -> Self {
        Self {
            left: i64::try_from(units.max(1)).unwrap_or(i64::MAX),
            spent: 0,
            want: usize::MAX,
        }
    }

    /// Rows that whoever asks can use at most: what a LIMIT, EXISTS or semi-join still needs. An operator gives no more of
    /// them in one batch, so that no row is read that PostgreSQL would not read.
    #[inline]
    #[must_use]
    pub fn want(&self) -> usize {
        self.want.max(1)
    }

    /// Says how many rows can be used; returns what was said before, to be put back.
    #[inline]
    pub fn set_want(&mut self, rows: usize) -> usize {
        core::mem::replace(&mut self.want, rows)
    }

    /// Rows for the next batch.
    #[inline]
    #[must_use]
    pub fn batch_rows(&self) -> usize {
        self.want().min(BATCH_ROWS)
    }

    /// Whether whoever asks can use only a few rows, so that none may be read too many.
    #[inline]
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.want() < BATCH_ROWS
    }

    /// Rows to ask an input for each of whose rows may be the last that is needed: one after the other where few can be used.
    #[inline]
    #[must_use]
    pub fn want_each(&self) -> usize {
        if self.is_limited() { 1 } else { usize::MAX }
    }

    /// Rows to ask an input for that comes in groups, each of which gives one row once the next begins: no more than must be read whatever
    /// the groups are. `open` says whether some rows of one are there.
    #[must_use]
    pub fn want_groups(&self, open: bool) -> usize {
        if self.is_limited() {
            self.want() + usize::from(!open)
        } else {
            usize::MAX
        }
    }

    /// A budget that never ends.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::new(u64::MAX)
    }

    /// Uses up some of it. The work that was begun is finished, so the budget may be overdrawn.
    #[inline]
    pub fn spend(&mut self, units: usize) {
        self.left = self
            .left
            .saturating_sub(i64::try_from(units).unwrap_or(i64::MAX));
        self.spent += units as u64;
    }

    /// Whether it is used up.
    #[inline]
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.left <= 0
    }

    /// Units that may still be spent.
    #[must_use]
    pub fn left(&self) -> usize {
        usize::try_from(self.left.max(0)).unwrap_or(usize::MAX)
    }

    /// Units spent so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent
    }
}

/// Position of a parameter's value in [`ExecContext::slots`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(pub u16);

/// What operators share while a statement runs.
pub struct ExecContext<'a> {
    /// Tables and indexes.
    pub storage: &'a mut Storage,
    /// `$1 …`, then the parameters that nested loops and sub-plans set.
    pub slots: &'a mut Vec<Value>,
    /// Counters by `NodeId`.
    pub metrics: &'a mut Vec<NodeMetrics>,
    /// The statement's memory.
    pub memory: &'a mut Memory,
    /// Rows inserted, updated or deleted.
    pub affected: &'a mut u64,
    /// What was written.
    pub ledger: &'a mut super::ledger::WriteLedger,
    /// Rows of WITH queries and working tables.
    pub with: &'a mut WithQueries,
    /// Nanoseconds from some fixed moment, if the host gives a clock and somebody asked for times.
    pub clock: Option<&'a dyn Fn() -> u64>,
    /// Bytes for one sort or hash table before PostgreSQL would go to disk.
    pub work_mem: u64,
}

impl ExecContext<'_> {
    /// The counters of a node.
    pub fn metrics(&mut self, id: NodeId) -> &mut NodeMetrics {
        let at = id.0 as usize;
        if self.metrics.len() <= at {
            self.metrics.resize_with(at + 1, NodeMetrics::default);
        }
        self.metrics.get_mut(at).expect("was just made long enough")
    }

    /// Sets a parameter.
    pub fn set_slot(&mut self, slot: Slot, value: Value) {
        let at = slot.0 as usize;
        if self.slots.len() <= at {
            self.slots.resize(at + 1, Value::Null);
        }
        if let Some(place) = self.slots.get_mut(at) {
            *place = value;
        }
    }
}

/// A step of a plan, running.
pub trait Operator {
    /// Goes on until there are rows, the budget is spent, or there is no more.
    ///
    /// # Errors
    /// Whatever an expression, the storage or a limit answers. After an error the operator is not stepped again.
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error>;

    /// Makes the next step begin from the first row, with the parameters as they are then.
    fn rescan(&mut self, cx: &mut ExecContext<'_>);

    /// Passes over up to `rows` of the rows that would come next, where that is possible without making them; how many.
    fn skip(&mut self, _rows: usize) -> usize {
        0
    }
}

/// An operator with its number, its counters and the sub-plans that run before it.
pub struct Node {
    operator: Box<dyn Operator>,
    id: NodeId,
    /// Whether the next step starts a loop.
    fresh: bool,
    /// Whether this loop has not answered yet.
    waiting: bool,
    /// Nanoseconds of this loop.
    loop_ns: u64,
    counted: bool,
}

impl Node {
    /// An operator that counts under `id`.
    #[must_use]
    pub fn new(id: NodeId, operator: Box<dyn Operator>) -> Self {
        Self {
            operator,
            id,
            fresh: true,
            waiting: true,
            loop_ns: 0,
            counted: true,
        }
    }

    /// An operator that stands between two nodes and counts nothing.
    #[must_use]
    pub fn uncounted(id: NodeId, operator: Box<dyn Operator>) -> Self {
        Self {
            counted: false,
            ..Self::new(id, operator)
        }
    }

    /// The node's number.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// As [`Operator::step`], counted.
    ///
    /// # Errors
    /// As [`Operator::step`].
    pub fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        if !self.counted {
            return self.operator.step(cx, budget);
        }
        let before = cx.storage.buffer_counts();
        let started = cx.clock.map(|clock| clock());
        let step = self.operator.step(cx, budget);
        let counts = cx.storage.buffer_counts() - before;
        let elapsed = match (cx.clock, started) {
            (Some(clock), Some(started)) => clock().saturating_sub(started),
            _ => 0,
        };
        let fresh = core::mem::replace(&mut self.fresh, false);
        if fresh {
            self.waiting = true;
            self.loop_ns = 0;
        }
        self.loop_ns += elapsed;
        let answered = !matches!(step, Ok(Step::Pause));
        let first = answered && core::mem::replace(&mut self.waiting, false);
        let metrics = cx.metrics(self.id);
        metrics.loops += u64::from(fresh);
        metrics.buffers_hit += counts.hit;
        metrics.buffers_read += counts.read;
        metrics.buffers_read_sequential += counts.read_sequential;
        metrics.buffers_evicted += counts.evicted;
        metrics.buffers_dirtied += counts.dirtied;
        metrics.buffers_written += counts.written;
        metrics.elapsed_ns += elapsed;
        if first {
            metrics.startup_ns += self.loop_ns;
        }
        if let Ok(Step::Batch(batch)) = &step {
            metrics.rows += batch.selected() as u64;
        }
        step
    }

    /// As [`Operator::skip`]; the rows count as passed up.
    pub fn skip(&mut self, rows: usize, cx: &mut ExecContext<'_>) -> usize {
        let skipped = self.operator.skip(rows);
        if self.counted {
            cx.metrics(self.id).rows += skipped as u64;
        }
        skipped
    }

    /// As [`Operator::rescan`].
    pub fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.fresh = true;
        self.operator.rescan(cx);
    }
}

/// One step of an input that is wanted whole (or `rows` rows of it), whatever this operator's own caller wants.
///
/// # Errors
/// As [`Operator::step`].
pub(crate) fn step_wanting(
    input: &mut Node,
    rows: usize,
    cx: &mut ExecContext<'_>,
    budget: &mut Budget,
) -> Result<Step, Error> {
    let before = budget.set_want(rows);
    let step = input.step(cx, budget);
    budget.set_want(before);
    step
}

/// Whether to return at once: the batch's owner has no more room to work.
macro_rules! pause_if_spent {
    ($budget:expr) => {
        if $budget.is_spent() {
            return Ok($crate::executor::operator::Step::Pause);
        }
    };
}
pub(crate) use pause_if_spent;

/// The next batch of an input that is wanted whole, or `rows` rows of it; pauses or ends are returned.
macro_rules! next_of_all {
    ($input:expr, $cx:expr, $budget:expr, $done:expr) => {
        next_of_all!($input, usize::MAX, $cx, $budget, $done)
    };
    ($input:expr, $rows:expr, $cx:expr, $budget:expr, $done:expr) => {
        match $crate::executor::operator::step_wanting(&mut $input, $rows, $cx, $budget)? {
            $crate::executor::operator::Step::Batch(batch) => batch,
            $crate::executor::operator::Step::Pause => {
                return Ok($crate::executor::operator::Step::Pause);
            }
            $crate::executor::operator::Step::Done => $done,
        }
    };
}
pub(crate) use next_of_all;

/// The next batch of an input; pauses or ends are returned (`done` is what an end becomes).
macro_rules! next_batch {
    ($input:expr, $cx:expr, $budget:expr, $done:expr) => {
        match $input.step($cx, $budget)? {
            $crate::executor::operator::Step::Batch(batch) => batch,
            $crate::executor::operator::Step::Pause => {
                return Ok($crate::executor::operator::Step::Pause);
            }
            $crate::executor::operator::Step::Done => $done,
        }
    };
}
pub(crate) use next_batch;
