//! The engine: from a syntax tree to rows. AST → `logical` → `physical` → `executor` → `btree` → `pages`.
//!
//! It knows no clock, no thread, no browser; the same script gives the same pages, plans and counters everywhere.
#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]
extern crate alloc;

pub mod catalog;
pub mod collections;
pub mod database;
pub mod error;
pub mod executor;
pub mod explain;
pub mod explore;
pub mod logical;
pub mod physical;
pub mod stats;
pub mod value;
pub mod what_if;

pub use error::{Error, ErrorCode};
/// The syntax that the engine takes, for hosts that read scripts statement by statement.
pub use parser;
