//! The whole public face of the engine: a database takes scripts, runs them step by step, explains and describes itself.

pub mod storage;

pub use storage::Storage;
