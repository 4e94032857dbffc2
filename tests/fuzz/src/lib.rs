//! Fuzz targets: functions that take any bytes and must return.
//!
//! What they do with the bytes is decided by the bytes alone, so that an input that fails is a file that fails again. They are run for
//! a bounded time by `cargo test -p fuzz` with made-up inputs, and for as long as wanted, led by coverage, by `cargo xtask fuzz`.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a target that panics has found something"
)]

mod history;
mod input;
mod keys;
mod page;
mod search;
mod statement;
mod target;

pub use search::search;
pub use target::{TARGETS, Target, target};
