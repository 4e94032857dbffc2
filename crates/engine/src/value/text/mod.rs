//! Values as text, out and in, as PostgreSQL writes and reads them.

mod input;
mod output;

pub use input::{invalid_syntax, parse_text};
pub use output::{float4_text, float8_text, to_text, write_text};

#[cfg(test)]
mod tests;
