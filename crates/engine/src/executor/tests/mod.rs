//! Operators, run through SQL on small tables.

mod bench;
mod joins;
mod labels;
mod lazy_batch;
mod rows;

use bench::{Bench, check};
