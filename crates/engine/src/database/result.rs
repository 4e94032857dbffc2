//! What comes out of a run.

use super::{device::PageTimes, planning::PlannedStatement};
use crate::{
    Error,
    executor::{NodeMetrics, WriteLedger},
    value::{Batch, DataType, Value},
};
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};
use pages::{BufferCounts, Trace};
use parser::Span;

/// A column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultColumn {
    /// Name.
    pub name: Box<str>,
    /// Type.
    pub data_type: DataType,
}

/// Something happened in a run.
#[derive(Debug)]
pub enum RunEvent {
    /// The budget is spent; step again.
    Paused {
        /// What is being done: "running", "inserting", "scanning table", "loading entries", …
        phase: &'static str,
        /// Units done.
        done: u64,
        /// Of how many; 0 = not known.
        total: u64,
    },
    /// Rows of the current statement. The first of a statement may be empty: it says what the columns are.
    Rows {
        /// The columns.
        columns: Rc<[ResultColumn]>,
        /// Dense rows.
        batch: Batch,
    },
    /// Something to be told besides ("relation \"t\" already exists, skipping").
    Notice(String),
    /// One statement is done.
    StatementDone(Box<StatementDone>),
    /// All are done.
    Finished,
    /// A statement failed, and what it did is undone; the run is over. The span is in the whole text.
    Failed(Error),
}

/// One statement, done.
#[derive(Clone, Debug)]
pub struct StatementDone {
    /// Position in the script, from 0.
    pub statement: usize,
    /// Where it stands in the script.
    pub span: Span,
    /// PostgreSQL's tag: "INSERT 0 100".
    pub tag: String,
    /// Rows inserted, updated or deleted.
    pub affected: u64,
    /// Rows that came out.
    pub rows: u64,
    /// It changed data, schema or settings, so a new database must run it again to be like this one.
    pub replayable: bool,
    /// What was written.
    pub ledger: WriteLedger,
    /// Plan and counters, if it has a plan and measuring was asked for.
    pub measured: Option<Box<Measured>>,
}

/// A plan that ran.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The plan.
    pub planned: Rc<PlannedStatement>,
    /// Counters by `NodeId`.
    pub metrics: Vec<NodeMetrics>,
    /// The buffer pool's counters over the whole statement.
    pub buffers: BufferCounts,
    /// What was written.
    pub ledger: WriteLedger,
    /// What reading a page would take on the device that was set.
    pub page_times: PageTimes,
    /// The first page accesses, if a trace was asked for.
    pub trace: Option<Trace>,
    /// Nanoseconds to plan; 0 without a clock.
    pub planning_ns: u64,
    /// Nanoseconds to run; 0 without a clock.
    pub execution_ns: u64,
}

/// One statement with all of its rows.
#[derive(Clone, Debug)]
pub struct StatementResult {
    /// The columns; empty if the statement gives no rows.
    pub columns: Rc<[ResultColumn]>,
    /// Whether the statement gives rows, be it none.
    pub gives_rows: bool,
    /// The rows.
    pub batches: Vec<Batch>,
    /// Notices.
    pub notices: Vec<String>,
    /// The rest.
    pub done: StatementDone,
}

impl StatementResult {
    /// The rows as values.
    #[must_use]
    pub fn rows(&self) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        for batch in &self.batches {
            rows.extend(batch.selected_rows().map(|row| batch.row(row)));
        }
        rows
    }
}
