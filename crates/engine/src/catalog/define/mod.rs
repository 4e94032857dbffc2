//! Statements about what exists, as pure functions: catalog and syntax tree in, the change out.
//!
//! Why pure: the same definition serves CREATE INDEX, a hypothetical index and a dry run; only
//! [`Catalog::apply`](super::Catalog::apply) changes anything. Pages are not touched here; [`Work`] says what is to be
//! done to them. PostgreSQL: `tablecmds.c`, `indexcmds.c`, `parse_utilcmd.c`.

mod alter_index;
mod alter_layout;
mod alter_table;
mod alter_type;
mod change;
mod columns;
mod constraints;
mod create_index;
mod create_table;
mod create_view;
mod drop;
mod names;
mod parameters;
mod statement;
mod statistics;

#[cfg(test)]
mod tests;

pub use change::{Change, Work};
pub use statement::define;
