//! Tables and indexes over one page store: what the operators read and write.

mod build;
mod clustered;
mod index;
mod index_codec;
mod key_column;
mod read;
mod reader;
mod row_parts;
mod store;
mod table;

pub use build::{BuildProgress, IndexBuild};
pub use clustered::Cluster;
pub(crate) use clustered::{ByteList, RowReader};
pub use index::Index;
pub(crate) use index_codec::IndexCodec;
pub(crate) use key_column::damaged as damaged_key;
pub use read::Wanted;
pub(crate) use reader::TableReader;
pub(crate) use row_parts::RowValues;
pub use store::{Savepoint, Storage};
pub use table::Table;
