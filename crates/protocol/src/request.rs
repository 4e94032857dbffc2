//! What the page asks.

use crate::{CandidatesRequest, OrderMatrixRequest, WhatIfRequest};
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// A request. Planning, cancelling and looking are answered at once, also while a script runs; scripts queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Answers [`Response::Pong`](crate::Response::Pong): how long the worker kept a message waiting.
    Ping,
    /// Runs a script; answers a stream that ends with `Finished`, `Failed` or `Cancelled`.
    Run(RunRequest),
    /// Ends the run with this number (or, for 0, whatever runs), and what waits behind it stays.
    Cancel {
        /// Number of the `Run` request.
        run: u32,
    },
    /// Plans without running; answers `Planned`.
    Plan(PlanRequest),
    /// What one more index would do; answers `WhatIf`.
    WhatIf(WhatIfRequest),
    /// Which indexes would help; worked at between other messages, the newest request counts. Answers `Candidates`.
    Candidates(CandidatesRequest),
    /// All orders of some columns beside some statements, worked at like `Candidates`. Answers `OrderMatrix`.
    OrderMatrix(OrderMatrixRequest),
    /// Tables, indexes, sizes; answers `Schema`.
    Schema,
    /// Throws the database away and starts an empty one.
    Reset,
}

/// A script to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    /// SQL, one or several statements.
    pub script: String,
    /// Rows of a result that are sent; the rest is counted.
    pub row_limit: u32,
    /// Measure: the last SELECT/INSERT/UPDATE/DELETE comes back with its plan and measured figures.
    pub measure: bool,
    /// Milliseconds until a statement is given up (57014); 0 = never.
    pub timeout_ms: u32,
}

/// A statement to plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanRequest {
    /// The editor's whole text.
    pub text: String,
    /// Offset in bytes of the cursor: the statement there is planned.
    pub cursor: u32,
    /// With the candidates that lost.
    pub considered: bool,
}
