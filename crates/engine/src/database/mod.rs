//! The database: the engine's whole public face. Text in; rows, plans and counters out.

mod index;
mod index_codec;
mod row_len;
mod storage;
mod table;

pub(crate) use crate::error::storage_error;
pub use index::Index;
pub(crate) use index_codec::IndexCodec;
pub use storage::{Savepoint, Storage};
pub use table::{Table, Wanted};
