//! What the command line and the tests share: data and queries through the whole engine, and answers in a form that can be
//! laid beside PostgreSQL's.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod answers;
pub mod checksum;
pub mod statistics;
