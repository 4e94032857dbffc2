//! The binder: syntax tree → bound statement. Names become numbers, every expression gets a type.
//!
//! A room for each family of clauses; [`Binder`](state::Binder) is what they share. PostgreSQL calls this parse
//! analysis (`src/backend/parser`).

mod array;
mod bind;
mod call;
mod coerce;
mod expression;
mod from;
mod insert;
mod modify;
mod names;
mod operator;
mod order;
mod query;
mod regclass;
mod resolve;
mod scope;
mod select;
mod set_operation;
mod standalone;
mod state;
mod subquery;
mod type_name;
mod view;
mod window;
mod window_call;
mod with;

#[cfg(test)]
mod tests;

pub use bind::bind;
pub(crate) use modify::find_column;
pub(crate) use scope::Clause;
pub(crate) use select::column_name;
pub use standalone::bind_parameter;
pub(crate) use standalone::{bind_default, bind_over_table, cast_for_column};
pub use state::BindOptions;
pub use type_name::data_type;
