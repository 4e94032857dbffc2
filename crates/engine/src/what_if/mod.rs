//! What if there were another index: how large it would be, what it would cost those who write, and which ones are worth asking
//! about; all from statistics alone.
//!
//! Nothing here touches a page. The planner is asked by [`database`](crate::database), with the index in its catalog.

mod candidates;
mod entry_groups;
mod entry_width;
mod index_size;
mod interest;
mod table_source;
mod write_price;

pub(crate) use candidates::{candidate_indexes, column_orders, create_statement, key_text};
pub use index_size::{IndexSizeInput, predicted_index_size};
pub use write_price::{WritePrice, write_price};

#[cfg(test)]
mod tests;
