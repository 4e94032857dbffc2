//! What one more index costs those who write: pages that keeping it up takes for each row.
//!
//! Source of the method: PostgreSQL 15 `nbtinsert.c`, `README.HOT`. An INSERT descends from the root to one leaf and dirties that
//! leaf; a leaf that is full is split, which writes its new right neighbour and the entry in the page above. In the long run a leaf
//! takes half its entries between two splits. An UPDATE pays the same, and pays it in *every* index of the table once any indexed
//! column changes, since the row can then not stay in its chain (HOT). A partial index is written only for the rows it holds.

use crate::stats::RelationSize;

/// See the file's header. Means over random keys, per row written; whole pages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WritePrice {
    /// Pages read on the way from the root to the leaf.
    pub pages_read: f64,
    /// Pages dirtied, splits included.
    pub pages_dirtied: f64,
    /// Fraction of the table's rows that the index holds.
    pub share_of_rows: f64,
    /// Bytes that an entry takes, with its part of the pages' free space.
    pub entry_bytes: f64,
}

/// The price of an index of this size on a table of so many rows. O(1).
/// ```
/// use engine::{stats::RelationSize, what_if::write_price};
/// let size = RelationSize { analyzed_pages: 2745, analyzed_rows: 1e6, all_visible_pages: 0, pages: 2745, tree_height: 2 };
/// let price = write_price(&size, 1e6, 8192);
/// assert_eq!(price.pages_read, 3.0);
/// assert!(price.pages_dirtied > 1.0 && price.pages_dirtied < 1.02);
/// ```
#[must_use]
pub fn write_price(size: &RelationSize, table_rows: f64, page_bytes: u32) -> WritePrice {
    // An index that nobody looked at since it was made is taken to hold every row.
    let entries = if size.analyzed_rows < 0.0 {
        table_rows
    } else {
        size.analyzed_rows
    };
    let share = if table_rows > 0.0 {
        (entries / table_rows).clamp(0.0, 1.0)
    } else {
        1.0
    };
    let leaves = f64::from(size.pages.saturating_sub(1)).max(1.0);
    let per_leaf = (entries / leaves).max(2.0);
    let splits = 2.0 / per_leaf;
    WritePrice {
        pages_read: share * (f64::from(size.tree_height) + 1.0),
        pages_dirtied: share * (1.0 + 2.0 * splits),
        share_of_rows: share,
        entry_bytes: leaves * f64::from(page_bytes) / entries.max(1.0),
    }
}
