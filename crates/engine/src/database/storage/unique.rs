//! Uniqueness: what counts as a duplicate, and how it is told.

use super::{Storage, index::Index};
use crate::{
    Error, ErrorCode,
    catalog::{IndexId, IndexKey, TableId},
    error::storage_error,
    value::{Column, Value, text::write_text},
};
use alloc::{format, rc::Rc, string::String, vec::Vec};
use pages::RowId;

impl Index {
    /// Whether the row's key must differ from all others: no key with a NULL must.
    #[inline]
    pub(crate) fn must_be_unique(&self, columns: &[Rc<Column>], row: usize) -> bool {
        self.def.unique
            && (self.def.nulls_not_distinct
                || !columns
                    .iter()
                    .take(self.def.columns.len())
                    .any(|column| column.is_null(row)))
    }

    /// `(id)=(3)`
    fn key_text(&self, names: &[&str], columns: &[Rc<Column>], row: usize) -> String {
        let mut text = String::from("(");
        for (at, part) in self.def.columns.iter().enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            match &part.key {
                IndexKey::Column(column) => {
                    text.push_str(names.get(usize::from(*column)).unwrap_or(&"?"));
                }
                IndexKey::Expression(_) => text.push_str("(expression)"),
            }
        }
        text.push_str(")=(");
        for (at, (part, column)) in self.def.columns.iter().zip(columns).enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            match column.get(row) {
                Value::Null => text.push_str("null"),
                value => write_text(&value, part.data_type, &mut text),
            }
        }
        text.push(')');
        text
    }
}

impl Storage {
    /// 23505: the row's key is there already.
    #[cold]
    pub(crate) fn duplicate(&self, index: &Index, columns: &[Rc<Column>], row: usize) -> Error {
        let names = self.column_names(index);
        let message = format!(
            "duplicate key value violates unique constraint \"{}\"",
            index.def.name
        );
        Error::new(ErrorCode::UniqueViolation, message).with_detail(format!(
            "Key {} already exists.",
            index.key_text(&names, columns, row)
        ))
    }

    /// 23505: two rows of the table have the same key.
    #[cold]
    pub(crate) fn duplicated(&self, index: &Index, columns: &[Rc<Column>], row: usize) -> Error {
        let names = self.column_names(index);
        let message = format!("could not create unique index \"{}\"", index.def.name);
        Error::new(ErrorCode::UniqueViolation, message).with_detail(format!(
            "Key {} is duplicated.",
            index.key_text(&names, columns, row)
        ))
    }

    fn column_names(&self, index: &Index) -> Vec<&str> {
        self.table(index.def.table).map_or_else(
            |_| Vec::new(),
            |table| table.def.columns.iter().map(|c| &*c.name).collect(),
        )
    }

    /// The live row that stands in the way of row `row` of `columns` (all columns of the table) in one of the unique indexes
    /// `arbiters`, or in any if there is none: what ON CONFLICT asks before it inserts.
    ///
    /// # Errors
    /// A damaged page; an index expression that fails.
    pub fn conflict(
        &mut self,
        table: TableId,
        columns: &[Rc<Column>],
        row: usize,
        arbiters: &[IndexId],
    ) -> Result<Option<RowId>, Error> {
        let heap = &self.table(table)?.heap;
        let mut found = Vec::new();
        let mut key = Vec::new();
        for index in self.indexes_of(table).iter() {
            let asked = arbiters.is_empty() || arbiters.contains(&index.def.id);
            if !asked || !index.def.unique {
                continue;
            }
            let rows = row + 1;
            let entries = index.entries(columns, rows)?;
            if !entries.rows(rows).any(|at| at == row)
                || !index.must_be_unique(&entries.columns, row)
            {
                continue;
            }
            key.clear();
            index.format.write_key(&entries.columns, row, &mut key);
            found.clear();
            index
                .tree
                .get_all(&self.store, &key, &mut found)
                .map_err(storage_error)?;
            for &candidate in &found {
                let view = heap
                    .fetch_indexed(&self.store, candidate)
                    .map_err(storage_error)?;
                if let Some(view) = view {
                    return Ok(Some(view.row_id()));
                }
            }
        }
        Ok(None)
    }
}
