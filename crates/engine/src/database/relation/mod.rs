//! Tables and indexes over one page store: what the operators read and write.

mod build;
mod index;
mod index_codec;
mod row_len;
mod store;
mod table;

pub use build::{BuildProgress, IndexBuild};
pub use index::Index;
pub(crate) use index_codec::IndexCodec;
pub use store::{Savepoint, Storage};
pub use table::{Table, Wanted};
