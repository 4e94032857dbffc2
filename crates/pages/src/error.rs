//! What can go wrong below SQL.
//!
//! Why one enum for pages, heap and tree: they fail for the same three reasons (no memory, a page that does not
//! parse, an entry too large for a page), and a caller handles each the same way. Text for people is made above.

use crate::ids::{PageId, RelationId, RowId};

/// A failure of the storage. None of them is a bug of the caller except the two "no such" variants, which
/// can also stem from a damaged page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The memory ceiling of the store, or the machine's memory, is reached (SQLSTATE 53200).
    #[error("memory limit of {limit_bytes} bytes reached")]
    OutOfMemory {
        /// The ceiling in force.
        limit_bytes: u64,
    },
    /// The store has 2^32 pages or a relation 2^32 blocks.
    #[error("no page number is left")]
    TooManyPages,
    /// Bytes of a page contradict each other (SQLSTATE XX001).
    #[error("page {page} is damaged at byte {offset}: {what}")]
    Damaged {
        /// The page.
        page: PageId,
        /// Where in the page the contradiction was seen.
        offset: u32,
        /// What was expected there.
        what: &'static str,
    },
    /// The page is not allocated.
    #[error("page {0} does not exist")]
    NoSuchPage(PageId),
    /// The relation was dropped or never created.
    #[error("relation {} does not exist", .0.0)]
    NoSuchRelation(RelationId),
    /// No row version is stored at this address.
    #[error("row {0} does not exist")]
    NoSuchRow(RowId),
    /// A row is larger than a page (SQLSTATE 54000).
    #[error("row is too big: size {row_bytes}, maximum size {limit_bytes}")]
    RowTooLarge {
        /// Bytes that the row takes.
        row_bytes: usize,
        /// Bytes that a page has for it.
        limit_bytes: usize,
    },
    /// An index entry is larger than a third of a page (SQLSTATE 54000).
    #[error("index row size {entry_bytes} exceeds maximum {limit_bytes}")]
    EntryTooLarge {
        /// Bytes that the entry takes.
        entry_bytes: usize,
        /// The maximum.
        limit_bytes: usize,
    },
    /// A savepoint that was released or rolled back already.
    #[error("savepoint does not exist")]
    NoSuchSavepoint,
}

/// The result of a storage operation.
pub type Result<T> = core::result::Result<T, StorageError>;
