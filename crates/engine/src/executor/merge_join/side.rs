//! One input of a merge join: its rows' keys, and how far the walk has come.

use crate::{
    Error,
    executor::{
        columns,
        operator::{ExecContext, Node},
        scalar::Scalar,
        sort_keys::{OrderKeys, SortKeySpec},
    },
    value::Batch,
};
use alloc::vec::Vec;

/// A side's rows and keys.
pub(super) struct Side {
    pub node: Node,
    pub keys: OrderKeys,
    /// Rows with a NULL among their keys.
    nulls: Vec<bool>,
    /// Rows whose first key is NULL.
    first_null: Vec<bool>,
    pub at: usize,
    pub rows: usize,
    pub ended: bool,
}

impl Side {
    pub fn new(node: Node) -> Self {
        Self {
            node,
            keys: OrderKeys::default(),
            nulls: Vec::new(),
            first_null: Vec::new(),
            at: 0,
            rows: 0,
            ended: false,
        }
    }

    pub fn clear(&mut self) {
        self.keys.clear();
        self.nulls.clear();
        self.first_null.clear();
        self.at = 0;
        self.rows = 0;
        self.ended = false;
    }

    pub fn append(
        &mut self,
        batch: &Batch,
        keys: &[(Scalar, SortKeySpec)],
        cx: &ExecContext<'_>,
    ) -> Result<(), Error> {
        let mut columns = Vec::with_capacity(keys.len());
        for (scalar, spec) in keys {
            columns.push((scalar.evaluate(batch, cx)?, *spec));
        }
        self.keys.append(&columns, batch.rows)?;
        for row in 0..batch.rows {
            let mut each = columns.iter();
            let first = each
                .next()
                .is_some_and(|(column, _)| columns::is_null(column, row));
            self.first_null.push(first);
            let any = first || each.any(|(column, _)| columns::is_null(column, row));
            self.nulls.push(any);
        }
        self.rows += batch.rows;
        Ok(())
    }

    pub fn drop_first(&mut self, rows: usize) {
        self.keys.drop_first(rows);
        self.nulls.drain(..rows);
        self.first_null.drain(..rows);
        self.at -= rows;
        self.rows -= rows;
    }

    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.get(row).copied().unwrap_or(false)
    }

    /// Whether no row from here on can have a partner: NULLs come last, and here they are.
    pub fn only_nulls_left(&self, keys: &[(Scalar, SortKeySpec)]) -> bool {
        self.first_null.get(self.at).copied().unwrap_or(false)
            && keys.first().is_some_and(|(_, spec)| !spec.nulls_first)
    }
}
