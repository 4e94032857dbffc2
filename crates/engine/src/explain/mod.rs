//! Plans as people read them: a tree of plain data, PostgreSQL's text, PostgreSQL's JSON.
//!
//! One walk makes the tree ([`explain`]); text and JSON only write it down. It runs nothing and measures nothing: a host that
//! ran the plan gives the measurements. Source of the layout: PostgreSQL 15 `explain.c`, `ruleutils.c`.

mod conflict;
mod constant;
mod details;
mod expression;
mod flat_order;
mod json;
mod measured;
mod names;
mod subplans;
mod text;
mod titles;
mod tree;
mod writes;

pub use expression::{condition_text, expression_text};
pub use json::write_json;
pub use names::quote_identifier;
pub use text::write_text;
pub use tree::{
    ExplainCatalog, ExplainNode, ExplainOptions, ExplainTree, Measurements, Property,
    PropertyValue, TextForm, explain,
};

#[cfg(test)]
mod tests;
