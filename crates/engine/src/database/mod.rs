//! The whole public face of the engine: a database takes scripts, runs them step by step, explains and describes itself.
//!
//! Nothing here knows how a row is found or what a plan costs; it carries statements from text to the layers that do, and
//! sees to it that each one happens whole or not at all.

mod analyze;
mod candidates;
mod check;
#[cfg(test)]
mod damage_tests;
mod define;
mod device;
mod endpoints;
mod explain_options;
mod explore;
mod inspect;
mod inspect_page;
mod inspect_trace;
mod maintenance;
mod options;
mod plan_at;
mod planning;
mod prepared;
mod prepared_run;
mod progress;
mod query;
pub mod relation;
mod result;
mod rewrite_rows;
mod run;
mod session;
mod settings;
mod sizes;
mod state;
mod system_columns;
mod system_views;
mod transaction;
mod what_if;

pub use pages::{AccessKind, PageKind, PageSize, Trace};

pub(crate) use crate::error::storage_error;
pub use candidates::{Candidate, CandidateSearch, OrderMatrix, OrderRow};
pub use device::{Device, PageTimes};
pub use explore::{ChosenMap, Curves, UnfoldedNode};
pub use inspect::{
    ColumnDescription, DatabaseDescription, IndexDescription, IndexPartDescription,
    TableDescription,
};
pub use inspect_page::{PageDescription, PageItemDescription};
pub use inspect_trace::{MissCurve, MissPoint, TracedRelation};
pub use options::{DatabaseOptions, RunOptions};
pub use plan_at::{PlanAt, PlanDiagnostic};
pub use planning::PlannedStatement;
pub use prepared::PreparedId;
pub(crate) use relation::{ByteList, IndexCodec, RowReader, RowValues, damaged_key};
pub use relation::{Index, Savepoint, Storage, Table, Wanted};
pub use result::{Measured, ResultColumn, RunEvent, StatementDone, StatementResult};
pub(crate) use rewrite_rows::table_columns;
pub use run::Run;
pub use settings::SettingDescription;
pub use state::Database;
pub use what_if::WhatIf;
