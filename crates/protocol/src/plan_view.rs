//! A plan as it is shown: flat nodes, every figure a number, every condition a text.

use crate::TextSpan;
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// A plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanView {
    /// Nodes in the order of EXPLAIN; the first is the root.
    pub nodes: Vec<PlanNodeView>,
    /// EXPLAIN's text, with the measured figures if it ran.
    pub text: String,
    /// EXPLAIN (FORMAT JSON).
    pub json: String,
    /// The statement's place in the text that was sent.
    pub span: TextSpan,
    /// The statement itself.
    pub sql: String,
    /// Candidates, chosen and not, if asked for.
    pub considered: Vec<ConsideredView>,
    /// What became of every index of the tables in the query.
    pub verdicts: Vec<IndexVerdictView>,
    /// Figures of the whole run, if it ran.
    pub measured: Option<MeasuredView>,
}

/// Estimated cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostView {
    /// Before the first row.
    pub startup: f64,
    /// For all rows.
    pub total: f64,
}

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanNodeView {
    /// Number, unique in the plan.
    pub id: u32,
    /// Its parent's position in `PlanView::nodes`.
    pub parent: Option<u32>,
    /// As EXPLAIN begins it: "Index Scan using orders_customer_id_idx on orders o".
    pub title: String,
    /// EXPLAIN's node type: "Index Scan".
    pub node_type: String,
    /// Table, if it reads one.
    pub relation: Option<String>,
    /// Alias, if it differs.
    pub alias: Option<String>,
    /// Index, if it reads one.
    pub index: Option<String>,
    /// The index is read from its end.
    pub backward: bool,
    /// "InitPlan 1 (returns $0)" and the like, for the root of a sub-plan.
    pub subplan: Option<String>,
    /// Estimated cost, children included.
    pub cost: CostView,
    /// Estimated cost of this node alone (never negative).
    pub own_cost: f64,
    /// Estimated rows, per loop.
    pub est_rows: f64,
    /// Estimated bytes of a row.
    pub width: u32,
    /// Conditions and keys in EXPLAIN's words: "Index Cond", "Filter", "Sort Key" …
    pub details: Vec<DetailView>,
    /// What was measured, if it ran.
    pub actual: Option<ActualView>,
}

/// A line under a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DetailView {
    /// "Index Cond"
    pub name: String,
    /// "(customer_id = 123)"
    pub value: String,
}

/// What one node did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActualView {
    /// Rows per loop, as EXPLAIN prints them.
    pub rows: f64,
    /// Rows over all loops.
    pub total_rows: f64,
    /// Loops; 0 = never executed.
    pub loops: f64,
    /// Rows removed by filters, over all loops.
    pub rows_removed: f64,
    /// Pages found in the buffer pool, children included.
    pub buffers_hit: f64,
    /// Pages fetched from the store, children included.
    pub buffers_read: f64,
    /// Pages dirtied, children included.
    pub buffers_dirtied: f64,
    /// Dirty pages written out by eviction, children included.
    pub buffers_written: f64,
    /// Pages that left the pool to make room, children included.
    pub buffers_evicted: f64,
    /// Modelled, not measured: milliseconds that the reads would take on the device that was set, children included.
    pub modelled_ms: f64,
    /// Pages hit or read by this node alone.
    pub own_pages: f64,
    /// Time in milliseconds, children included; 0 when not measured.
    pub elapsed_ms: f64,
}

/// Figures of a whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredView {
    /// Rows that came out (or were changed).
    pub rows: f64,
    /// Rows that scans read.
    pub rows_read: f64,
    /// Pages found in the buffer pool.
    pub buffers_hit: f64,
    /// Pages fetched from the store.
    pub buffers_read: f64,
    /// Pages dirtied.
    pub buffers_dirtied: f64,
    /// Dirty pages written out by eviction.
    pub buffers_written: f64,
    /// Pages that left the pool to make room.
    pub buffers_evicted: f64,
    /// The device that reads are modelled for: "memory", "nvme", "ssd", "hdd", "network".
    pub device: String,
    /// Modelled, not measured: milliseconds that the reads would take on it.
    pub modelled_ms: f64,
    /// The same on every device, fastest first.
    pub modelled: Vec<ModelledTimeView>,
    /// Time in milliseconds on this machine.
    pub elapsed_ms: f64,
}

/// What the reads of a run would take on a device: modelled, not measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelledTimeView {
    /// "memory", "nvme", "ssd", "hdd", "network".
    pub device: String,
    /// Milliseconds.
    pub ms: f64,
}

/// A candidate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConsideredView {
    /// The relations it is for, by alias.
    pub relations: Vec<String>,
    /// As EXPLAIN would begin it.
    pub title: String,
    /// Its cost; none if it cannot be used.
    pub cost: Option<CostView>,
    /// Its rows.
    pub est_rows: Option<f64>,
    /// The order in which its rows come, as far as it is of use; empty = none.
    pub order: String,
    /// It was chosen.
    pub chosen: bool,
    /// Why it lost, in words.
    pub reason: String,
}

/// What became of one index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexVerdictView {
    /// The index.
    pub index: String,
    /// The table, by the alias that the query gives it.
    pub relation: String,
    /// The plan reads it.
    pub used: bool,
    /// Why, or why not, in a word or two: "used", "too dear", "partial" …
    pub cause: String,
    /// Why, or why not, in a sentence.
    pub reason: String,
    /// Which part of the statement the sentence is about; a place in the text that was sent.
    pub span: Option<TextSpan>,
    /// The cheapest way that reads it by itself.
    pub cost: Option<CostView>,
}
