//! Plain data between the page's thread and the worker's.
//!
//! Why a crate of its own: both sides must agree on these shapes and on nothing else. It holds data, no behaviour: the worker turns the
//! engine's types into these, the page shows them. A change of a shape raises [`PROTOCOL_VERSION`].
#![no_std]
extern crate alloc;

mod bytes;
mod envelope;
mod explore_view;
mod plan_view;
mod request;
mod response;
mod schema_view;
mod trace_view;
mod what_if_view;
mod write_view;

pub use bytes::Bytes;
pub use envelope::{Envelope, PROTOCOL_VERSION, RequestId};
pub use explore_view::{
    CostFactorView, CostLineView, CostSource, CostUnit, CurveSeriesView, CurveView, DialUnitView,
    DialView, FlipView, FlipsView, MapAxisView, PlanMapView, UnfoldedView,
};
pub use plan_view::{
    ActualView, ConsideredView, CostView, DetailView, IndexVerdictView, MeasuredView,
    ModelledTimeView, PlanNodeView, PlanView,
};
pub use request::{CurveRequest, NodeRequest, PlanMapRequest, PlanRequest, Request, RunRequest};
pub use response::{
    Alignment, ColumnView, Diagnostic, Failure, FinishedView, ProgressView, Response, RowsView,
    StatementView, TextSpan, WorkerView,
};
pub use schema_view::{
    IndexPartView, IndexStateView, IndexView, MemoryView, SchemaView, SettingView, TableColumnView,
    TableView,
};
pub use trace_view::{MissPointView, TraceRelationView, TraceView};
pub use what_if_view::{
    CandidateView, CandidatesRequest, CandidatesView, OrderMatrixRequest, OrderMatrixView,
    OrderRowView, WhatIfRequest, WhatIfView, WritePriceView,
};
pub use write_view::{IndexWritesView, WriteLedgerView};
