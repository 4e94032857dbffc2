//! LIKE and ILIKE, and regular expressions.

mod like;
mod regex;

pub(crate) use like::like_bytes;
pub use like::{Case, like};
pub use regex::Regex;
