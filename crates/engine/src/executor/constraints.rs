//! What a row must satisfy before it is stored: NOT NULL and CHECK.

use super::{bind::Scope, columns, scalar::Scalar};
use crate::{
    Error, ErrorCode,
    catalog::TableDef,
    database::RowValues,
    logical::{ColumnRef, Expr, ExprKind, Origin, RelId},
    value::{Batch, ColumnData, Value, to_text},
};
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};

/// A table's constraints, compiled.
pub(crate) struct Constraints {
    table: Rc<TableDef>,
    not_null: Vec<usize>,
    checks: Vec<(Box<str>, Scalar)>,
}

impl Constraints {
    /// Compiles them.
    pub fn new(table: &Rc<TableDef>) -> Result<Self, Error> {
        let inputs = table_inputs(table, RelId(0));
        let mut checks = Vec::new();
        let mut scope = Scope::default();
        for check in &table.checks {
            checks.push((
                check.name.clone(),
                Scalar::new(&check.condition, &inputs, &mut scope)?,
            ));
        }
        let not_null = table.columns.iter().enumerate();
        let not_null = not_null.filter(|(_, column)| column.not_null);
        Ok(Self {
            not_null: not_null.map(|(at, _)| at).collect(),
            table: Rc::clone(table),
            checks,
        })
    }

    /// Tests the rows of a batch without selection that holds all of the table's columns.
    ///
    /// # Errors
    /// 23502, 23514 for the first row that fails.
    pub fn test(&self, batch: &Batch, slots: &[Value]) -> Result<(), Error> {
        for &at in &self.not_null {
            let Some(column) = batch.columns.get(at) else {
                continue;
            };
            if let Some(row) = column.nulls.0.iter().position(|&null| null) {
                let name = self.table.columns.get(at).map_or("", |c| &c.name);
                return Err(Error::new(
                    ErrorCode::NotNullViolation,
                    alloc::format!(
                        "null value in column \"{name}\" of relation \"{}\" violates not-null constraint",
                        self.table.name
                    ),
                )
                .with_detail(self.failing(batch, row)));
            }
        }
        for (name, condition) in &self.checks {
            let result = condition.evaluate_with(batch, slots)?;
            let ColumnData::Bool(values) = &result.data else {
                continue;
            };
            let failed = (0..batch.rows).find(|&row| {
                !columns::is_null(&result, row) && values.get(row).copied() == Some(false)
            });
            if let Some(row) = failed {
                return Err(Error::new(
                    ErrorCode::CheckViolation,
                    alloc::format!(
                        "new row for relation \"{}\" violates check constraint \"{name}\"",
                        self.table.name
                    ),
                )
                .with_detail(self.failing(batch, row)));
            }
        }
        Ok(())
    }

    /// Whether [`Self::test`] has nothing to say against a row: no NULL where there must be none, and no CHECK at all.
    pub fn admit(&self, value: RowValues<'_, '_>) -> bool {
        self.checks.is_empty() && self.not_null.iter().all(|&at| value(at).is_some())
    }

    fn failing(&self, batch: &Batch, row: usize) -> String {
        let mut text = String::from("Failing row contains (");
        for (at, (column, def)) in batch.columns.iter().zip(&self.table.columns).enumerate() {
            if at > 0 {
                text.push_str(", ");
            }
            match column.get(row) {
                Value::Null => text.push_str("null"),
                value => text.push_str(&to_text(&value, def.data_type)),
            }
        }
        text.push_str(").");
        text
    }
}

/// The columns of a table under a range-table number.
pub(crate) fn table_inputs(table: &TableDef, rel: RelId) -> Vec<Expr> {
    table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| Expr {
            kind: ExprKind::Column(ColumnRef {
                rel,
                column: at as u16,
            }),
            data_type: column.data_type,
            origin: Origin::default(),
        })
        .collect()
}
