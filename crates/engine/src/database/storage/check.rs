//! What a row must fulfil before it is stored: NOT NULL and CHECK.

use super::{row_expression::RowExpression, table::Table};
use crate::{
    Error, ErrorCode,
    catalog::TableDef,
    value::{Column, ColumnData, Value, text::write_text},
};
use alloc::{boxed::Box, format, rc::Rc, string::String, vec::Vec};

/// A table's conditions, compiled.
pub(crate) struct RowChecks {
    not_null: Vec<usize>,
    checks: Vec<(Box<str>, RowExpression)>,
}

impl RowChecks {
    /// The checks of a table.
    ///
    /// # Errors
    /// A CHECK that cannot be computed.
    pub fn new(def: &TableDef) -> Result<Self, Error> {
        let not_null = def
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.not_null)
            .map(|(at, _)| at)
            .collect();
        let mut checks = Vec::new();
        for check in &def.checks {
            checks.push((check.name.clone(), RowExpression::new(&check.condition)?));
        }
        // PostgreSQL tests them by name.
        checks.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Self { not_null, checks })
    }
}

impl Table {
    /// Refuses rows that break NOT NULL (23502) or CHECK (23514).
    ///
    /// # Errors
    /// The first of them, with the failing row.
    pub(crate) fn check_rows(&self, columns: &[Rc<Column>], rows: usize) -> Result<(), Error> {
        let checks = &self.checks;
        for &at in &checks.not_null {
            let Some(column) = columns.get(at) else {
                continue;
            };
            if let Some(row) = column.nulls.0.iter().take(rows).position(|&null| null) {
                return Err(self.null_violation(at, columns, row));
            }
        }
        for (name, condition) in &checks.checks {
            let result = condition.evaluate(columns, rows)?;
            let ColumnData::Bool(values) = &result.data else {
                continue;
            };
            let failing = values
                .iter()
                .take(rows)
                .enumerate()
                .position(|(row, &holds)| !holds && !result.is_null(row));
            if let Some(row) = failing {
                let message = format!(
                    "new row for relation \"{}\" violates check constraint \"{name}\"",
                    self.def.name
                );
                return Err(Error::new(ErrorCode::CheckViolation, message)
                    .with_detail(self.failing_row(columns, row)));
            }
        }
        Ok(())
    }

    #[cold]
    fn null_violation(&self, at: usize, columns: &[Rc<Column>], row: usize) -> Error {
        let name = self.def.columns.get(at).map_or("?", |column| &column.name);
        let message = format!(
            "null value in column \"{name}\" of relation \"{}\" violates not-null constraint",
            self.def.name
        );
        Error::new(ErrorCode::NotNullViolation, message).with_detail(self.failing_row(columns, row))
    }

    fn failing_row(&self, columns: &[Rc<Column>], row: usize) -> String {
        let values: Vec<Value> = columns.iter().map(|column| column.get(row)).collect();
        let mut text = String::from("Failing row contains (");
        for (at, (value, &data_type)) in values.iter().zip(self.types.iter()).enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            if value.is_null() {
                text.push_str("null");
            } else {
                write_text(value, data_type, &mut text);
            }
        }
        text.push_str(").");
        text
    }
}
