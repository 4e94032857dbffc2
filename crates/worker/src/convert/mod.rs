//! The engine's types turned into the protocol's: the only place that knows both.

mod explore;
mod failure;
mod plan;
mod rows;
mod schema;
mod share;
mod trace;
mod what_if;
mod writes;

pub use explore::{curve, flips, plan_map, unfolded};
pub use failure::{diagnostic, failure};
pub use plan::{keep_considered, measured, planned, statement};
pub use rows::rows;
pub use schema::schema;
pub use trace::trace;
pub use what_if::{candidates, order_matrix, what_if};

pub(crate) use figures::{count, figure, nanoseconds};

mod figures;
