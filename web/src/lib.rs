//! The page: what is seen and clicked.
//!
//! A library beside the binary so that browser tests can mount its parts. It decides nothing that
//! `viewmodel` can decide without a browser, and it never sees the engine: [`bridge`] talks to the worker.

pub mod address;
pub mod app;
pub mod boot;
pub mod bridge;
pub mod components;
pub mod hooks;
