//! What the worker answers.

use crate::{
    Bytes, CandidatesView, CurveView, FlipsView, OrderMatrixView, PlanMapView, PlanView,
    SchemaView, TraceView, UnfoldedView, WhatIfView, WriteLedgerView,
};
use alloc::{boxed::Box, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// A response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// Sent once (id 0) when the worker listens.
    Ready(WorkerView),
    /// To `Ping`.
    Pong(WorkerView),
    /// A run goes on.
    Progress(ProgressView),
    /// Rows of the current statement, at most `row_limit` over all its messages.
    Rows(RowsView),
    /// One statement of a run is done.
    StatementDone(StatementView),
    /// The run is done.
    Finished(Box<FinishedView>),
    /// The run, or the request, failed; what the failing statement did is undone.
    Failed {
        /// Why.
        failure: Failure,
        /// Tables and indexes as they are now.
        schema: Option<Box<SchemaView>>,
    },
    /// The run was cancelled; what the cancelled statement did is undone.
    Cancelled {
        /// Tables and indexes as they are now.
        schema: Box<SchemaView>,
    },
    /// To `Plan`.
    Planned {
        /// The plan of the statement under the cursor, if it has one.
        plan: Option<Box<PlanView>>,
        /// What is wrong in the whole text.
        diagnostics: Vec<Diagnostic>,
        /// Time to parse, bind and plan, in microseconds.
        planning_us: f64,
    },
    /// To `WhatIf`.
    WhatIf(Box<WhatIfView>),
    /// To `Candidates`.
    Candidates(Box<CandidatesView>),
    /// To `OrderMatrix`.
    OrderMatrix(Box<OrderMatrixView>),
    /// To `Unfold`; none if there is no such node.
    Unfolded(Option<Box<UnfoldedView>>),
    /// To `Flips`.
    Flips(Box<FlipsView>),
    /// To `Curve`; none if no column has a condition of its own.
    Curve(Option<Box<CurveView>>),
    /// To `PlanMap`; none as above.
    PlanMap(Option<Box<PlanMapView>>),
    /// To `Schema` and `Reset`.
    Schema(Box<SchemaView>),
    /// To `Trace`; empty before the first measured statement.
    Trace(Box<TraceView>),
    /// The sender's version is not this side's.
    WrongVersion {
        /// This side's version.
        expected: u16,
    },
    /// The worker is about to die (panic, memory): the page restarts it.
    Trapped {
        /// What it said.
        message: String,
    },
}

/// The worker's own state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkerView {
    /// Bytes of wasm memory.
    pub wasm_bytes: f64,
    /// Longest time in milliseconds that the worker's event loop was kept since the last such message.
    pub lag_ms: f64,
    /// A script is running.
    pub busy: bool,
}

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProgressView {
    /// What is being done, in words: "inserting into orders".
    pub phase: String,
    /// Units done of this statement.
    pub done: f64,
    /// Units in all; 0 = not known.
    pub total: f64,
    /// Position of the statement in the script, from 0.
    pub statement: u32,
    /// Statements in the script.
    pub statements: u32,
    /// Milliseconds since the run began.
    pub elapsed_ms: f64,
}

/// Which way a column's cells are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alignment {
    /// Text, dates.
    Start,
    /// Numbers.
    End,
}

/// One column of rows: texts end to end in one buffer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnView {
    /// Name.
    pub name: String,
    /// PostgreSQL's type name.
    pub type_name: String,
    /// Numbers to the right.
    pub alignment: Alignment,
    /// u32 little-endian, one more than rows.
    pub offsets: Bytes,
    /// UTF-8.
    pub text: Bytes,
    /// One byte a row, 1 = NULL; empty = none.
    pub nulls: Bytes,
}

/// Rows, as columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowsView {
    /// Position of the statement in the script.
    pub statement: u32,
    /// Position of the first of these rows in the result.
    pub first: u32,
    /// Rows here.
    pub rows: u32,
    /// The columns.
    pub columns: Vec<ColumnView>,
}

/// What one statement did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementView {
    /// Position in the script, from 0.
    pub statement: u32,
    /// Where it stood in the script.
    pub span: TextSpan,
    /// PostgreSQL's tag: "INSERT 0 100".
    pub tag: String,
    /// It changed data, schema or settings, so a restarted worker must run it again.
    pub replay: bool,
    /// Rows that came out, sent or not.
    pub rows: f64,
    /// Time in milliseconds.
    pub elapsed_ms: f64,
    /// What it wrote, if it is an INSERT, UPDATE or DELETE that changed rows, or a VACUUM that collected some: of several tables the
    /// one that most was collected from.
    pub ledger: Option<Box<WriteLedgerView>>,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedView {
    /// Tables and indexes as they are now.
    pub schema: SchemaView,
    /// Plan and measured figures of the last statement that has a plan, if `measure` was asked.
    pub plan: Option<PlanView>,
    /// Time in milliseconds.
    pub elapsed_ms: f64,
}

/// A place in the text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextSpan {
    /// First byte.
    pub start: u32,
    /// After the last byte.
    pub end: u32,
}

/// Why a statement failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// SQLSTATE.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// The facts.
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Where, in the text that was sent.
    pub span: Option<TextSpan>,
}

/// Something wrong in the editor's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// What.
    pub failure: Failure,
    /// Where; never empty.
    pub span: TextSpan,
}
