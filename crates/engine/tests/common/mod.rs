//! What tests of whole databases share.

mod dice;
mod small_database;

pub use dice::Dice;
pub use small_database::{database, run};
