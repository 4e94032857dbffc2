//! A batch: about 1,024 rows as columns, with a selection vector.

use super::{Column, Value};
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

    /// A batch of these columns, all rows selected.
    #[must_use]
    pub const fn new(columns: Vec<Rc<Column>>, rows: usize) -> Self {
        Self {
            columns,
            rows,
            selection: None,
        }
    }

    /// A batch of columns just made, all rows selected.
    #[must_use]
    pub fn made(columns: Vec<Column>, rows: usize) -> Self {
        Self::new(columns.into_iter().map(Rc::new).collect(), rows)
    }

    /// The selected rows' numbers, ascending.
    pub fn selected_rows(&self) -> impl Iterator<Item = usize> + '_ {
        let all = self.selection.is_none().then_some(0..self.rows);
        let some = self.selection.iter().flatten().map(|&row| row as usize);
        all.into_iter().flatten().chain(some)
    }

    /// The same rows without a selection vector: unselected rows are dropped. Copies only if some are unselected.
    #[must_use]
    pub fn compact(self) -> Self {
        let Some(selection) = self.selection else {
            return self;
        };
        if selection.len() == self.rows {
            return Self::new(self.columns, self.rows);
        }
        let columns = self
            .columns
            .iter()
            .map(|column| Rc::new(column.gather(&selection)))
            .collect();
        Self::new(columns, selection.len())
    }

    /// The values of one row.
    #[must_use]
    pub fn row(&self, row: usize) -> Vec<Value> {
        self.columns.iter().map(|column| column.get(row)).collect()
    }

    /// Bytes of memory of all columns, shared ones included.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.columns
            .iter()
            .map(|column| column.memory_bytes())
            .sum()
    }
}
