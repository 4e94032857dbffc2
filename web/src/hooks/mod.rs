//! Hooks: the store with its effects, and the clock that measures lag.

mod use_lag;
mod use_store;

pub use use_lag::use_lag;
pub use use_store::{Store, use_store, use_store_provider};
