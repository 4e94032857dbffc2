//! The front end without a browser: state, actions, layout, labels. Everything here is pure and tested natively.
//!
//! Why: views decide nothing (no sums, no thresholds, no number formatting in markup), so what they show is made here.

#![cfg_attr(test, allow(clippy::unwrap_used))]
pub mod axes;
pub mod buffer_pool;
pub mod cost_curve;
pub mod details;
pub mod estimate;
pub mod experiment;
pub mod flips;
pub mod format;
pub mod index_draft;
pub mod index_effect;
pub mod miss_curve;
pub mod order_matrix;
pub mod page_field;
pub mod page_touches;
pub mod plan_layout;
pub mod plan_map;
pub mod plan_summary;
pub mod plan_walk;
pub mod planner_settings;
mod reduce;
pub mod results;
pub mod sample;
pub mod scale;
pub mod schema_labels;
pub mod store;
pub mod text_offsets;
pub mod unfolded;
pub mod write_ledger;

pub use reduce::reduce;
pub use store::{Action, State};
