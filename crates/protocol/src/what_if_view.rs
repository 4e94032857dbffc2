//! What another index would do: asked and answered without building one.

use crate::{CostView, Failure};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// Asks what one more index would do for the statement at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WhatIfRequest {
    /// The editor's whole text.
    pub text: String,
    /// Offset in bytes of the cursor.
    pub cursor: u32,
    /// CREATE INDEX.
    pub definition: String,
}

/// Asks which indexes would help the statement at the cursor. An empty text ends a search that is under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CandidatesRequest {
    /// The editor's whole text.
    pub text: String,
    /// Offset in bytes of the cursor.
    pub cursor: u32,
}

/// Asks for all orders of up to four columns beside some statements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OrderMatrixRequest {
    /// The table.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// One statement each.
    pub statements: Vec<String>,
}

/// What one more index would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WhatIfView {
    /// The definition that this is about.
    pub definition: String,
    /// Why it cannot be; then nothing else is filled in.
    pub failure: Option<Failure>,
    /// Cost of the statement now; none if the text has no plan.
    pub before: Option<CostView>,
    /// Cost of the statement with the index.
    pub after: Option<CostView>,
    /// The plan would read it.
    pub used: bool,
    /// Why, or why not, in a sentence.
    pub reason: String,
    /// Pages, predicted.
    pub pages: f64,
    /// Bytes, predicted.
    pub bytes: f64,
    /// Levels, a leaf alone is 1; predicted.
    pub height: u32,
    /// Entries, predicted.
    pub entries: f64,
    /// What each row written would cost.
    pub write_price: WritePriceView,
}

/// What keeping an index up takes for each row written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WritePriceView {
    /// Pages read.
    pub pages_read: f64,
    /// Pages dirtied, splits included.
    pub pages_dirtied: f64,
    /// Bytes.
    pub entry_bytes: f64,
}

/// Indexes that would help a statement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CandidatesView {
    /// Why there is no answer.
    pub failure: Option<Failure>,
    /// Cost of the statement now; none if the text has no plan.
    pub present: Option<CostView>,
    /// The most helpful first.
    pub candidates: Vec<CandidateView>,
    /// Indexes tried.
    pub tried: u32,
    /// All were tried; otherwise time ran out.
    pub complete: bool,
}

/// An index that would help.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CandidateView {
    /// Its table.
    pub table: String,
    /// "customer_id, order_date".
    pub key: String,
    /// "composite", "covering", "partial", "expression" or "single column".
    pub kind: String,
    /// CREATE INDEX that makes it.
    pub statement: String,
    /// CREATE INDEX that makes it hypothetically.
    pub hypothetical: String,
    /// Cost of the statement with it.
    pub cost: CostView,
    /// Pages, predicted.
    pub pages: f64,
    /// Bytes, predicted.
    pub bytes: f64,
    /// Levels, a leaf alone is 1; predicted.
    pub height: u32,
    /// What each row written would cost.
    pub write_price: WritePriceView,
}

/// All column orders beside some statements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OrderMatrixView {
    /// Why there is no answer.
    pub failure: Option<Failure>,
    /// Total cost of each statement now.
    pub present: Vec<f64>,
    /// One order each.
    pub rows: Vec<OrderRowView>,
    /// All were tried; otherwise time ran out.
    pub complete: bool,
}

/// One column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OrderRowView {
    /// "a, b, c".
    pub key: String,
    /// CREATE INDEX that makes it.
    pub statement: String,
    /// CREATE INDEX that makes it hypothetically.
    pub hypothetical: String,
    /// Total cost of each statement with it.
    pub costs: Vec<f64>,
    /// Whether the statement's plan reads it.
    pub used: Vec<bool>,
    /// Bytes, predicted.
    pub bytes: f64,
    /// What each row written would cost.
    pub write_price: WritePriceView,
}
