//! Running a plan: operators that pass batches, each of which can be paused.

pub mod expression;
mod metrics;

pub use metrics::NodeMetrics;
