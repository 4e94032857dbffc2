//! The whole public face of the engine: a database takes scripts, runs them step by step, explains and describes itself.

pub mod relation;
pub mod storage;

pub(crate) use crate::error::storage_error;
pub(crate) use relation::IndexCodec;
pub use relation::{Index, Savepoint, Storage, Table, Wanted};
