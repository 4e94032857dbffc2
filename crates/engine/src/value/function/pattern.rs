//! LIKE and ILIKE, and regular expressions.

mod like;
mod regex;

pub use like::{Case, like};
pub use regex::Regex;
