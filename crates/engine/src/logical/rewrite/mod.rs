//! Rewriting before planning: the same rows asked for in a form that leaves the planner more ways.
//!
//! Rules are pure on the logical level: they see the catalog's definitions, never statistics or costs. [`rules`] holds
//! their order; each has a file that names what does the same in PostgreSQL.

mod fold;
mod having;
mod inline_ctes;
mod outer_joins;
mod push_down;
mod rules;
mod statement;
mod sublinks;
mod subqueries;

#[cfg(test)]
mod tests;

pub use fold::simplify;
pub use rules::rewrite;
pub use sublinks::simplify_exists;
