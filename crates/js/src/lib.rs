//! The engine as an ES module: one session behind numbers and two byte buffers, which `js/database.js` turns into a `Database`.
//!
//! Why not objects across the border: a single insert or lookup must cost one call into wasm, and making JavaScript values one
//! by one from here would cost a call for each. Parameters are written into a buffer of ours and results read out of another.

#![cfg_attr(test, allow(clippy::unwrap_used))]
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
mod allocator;
mod params;
mod response;
mod session;

pub use session::{Session, last_panic};
