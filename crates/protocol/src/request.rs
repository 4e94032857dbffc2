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
    /// The cost of a node, line by line; answers `Unfolded`.
    Unfold(NodeRequest),
    /// What would change the plan, for the tables under a node; answers `Flips`.
    Flips(NodeRequest),
    /// Cost over selectivity; answers `Curve`.
    Curve(CurveRequest),
    /// Which plan wins over two selectivities; answers `PlanMap`.
    PlanMap(PlanMapRequest),
    /// Tables, indexes, sizes; answers `Schema`.
    Schema,
    /// The pages that the last measured statement touched; answers `Trace`.
    Trace,
    /// Empties the buffer pool, so that the next run starts cold; answers `Schema`.
    EmptyPool,
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

/// A node of the plan of the statement at the cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeRequest {
    /// The editor's whole text.
    pub text: String,
    /// Offset in bytes of the cursor.
    pub cursor: u32,
    /// The node.
    pub node: u32,
}

/// Curves of the statement at the cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveRequest {
    /// The editor's whole text.
    pub text: String,
    /// Offset in bytes of the cursor.
    pub cursor: u32,
    /// Which of `CurveView::choices`.
    pub choice: u32,
}

/// A plan map of the statement at the cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanMapRequest {
    /// The editor's whole text.
    pub text: String,
    /// Offset in bytes of the cursor.
    pub cursor: u32,
    /// From left to right: which of `CurveView::choices`.
    pub x: u32,
    /// From bottom to top; the same as `x` for a map of one axis.
    pub y: u32,
    /// Cells on one side.
    pub size: u32,
}
