//! The page: what is seen and clicked.
//!
//! A library beside the binary so that browser tests can mount its parts. It decides nothing that
//! `viewmodel` can decide without a browser, and it never sees the engine: [`bridge`] talks to the worker.

pub mod app;
pub mod boot;
pub mod bridge;
