//! Running a plan: operators that pass batches, each of which can be paused.

mod metrics;

pub use metrics::NodeMetrics;
