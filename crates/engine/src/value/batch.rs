//! A batch: about 1,024 rows as columns, with a selection vector.

use super::Column;
use alloc::{rc::Rc, vec::Vec};

/// Rows as columns. `rows` is the length of every column; `selection`, if present, names the rows that are
/// still in (ascending), so that a filter copies nothing.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The columns; shared, since projections often pass them on.
    pub columns: Vec<Rc<Column>>,
    /// Rows in each column.
    pub rows: usize,
    /// Row numbers that are selected, ascending; `None` = all.
    pub selection: Option<Vec<u32>>,
}

impl Batch {
    /// Rows that are in.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selection.as_ref().map_or(self.rows, Vec::len)
    }
}
