//! Reading a table's rows in slices, to make them anew or to test them: what ALTER TABLE and VACUUM FULL do.

use super::{relation::TableReader, state::Database};
use crate::{
    Error, ErrorCode,
    catalog::{IndexId, TableDef},
    executor::{bind::Scope, scalar::Scalar},
    logical::{ColumnRef, Expr, ExprKind, Origin, RelId},
    value::{Batch, ColumnData},
};
use alloc::{boxed::Box, format, rc::Rc, vec::Vec};

/// The columns of a table as `RelId(0)`, for compiling expressions over its rows.
pub(crate) fn table_columns(table: &TableDef) -> Vec<Expr> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(at, column)| Expr {
            kind: ExprKind::Column(ColumnRef {
                rel: RelId(0),
                column: at as u16,
            }),
            data_type: column.data_type,
            origin: Origin::default(),
        })
        .collect()
}

/// Compiles expressions over a table's row.
pub(super) fn compile(exprs: &[Expr], table: &TableDef) -> Result<Vec<Scalar>, Error> {
    Scalar::all(exprs, &table_columns(table), &mut Scope::default())
}

/// Copies rows from an old heap, or tree, to the new one that already stands in its place.
pub(super) struct Rewrite {
    old: TableReader,
    /// `None`: as they are.
    values: Option<Vec<Scalar>>,
}

impl Rewrite {
    /// Puts a new heap in place, to be filled in the order of an index.
    pub fn in_order(
        database: &mut Database,
        def: Rc<TableDef>,
        index: IndexId,
    ) -> Result<Self, Error> {
        let index = database.storage.index(index)?.clone();
        let old = database.storage.swap_table(def, None)?;
        Ok(Self {
            old: TableReader::ordered(&database.storage.store, old, &index)?,
            values: None,
        })
    }

    /// Puts a new heap in place.
    pub fn new(
        database: &mut Database,
        def: Rc<TableDef>,
        values: Option<&[Expr]>,
    ) -> Result<Self, Error> {
        let key = database.primary_key(&def);
        let old = database.storage.swap_table(def, key)?;
        let values = match values {
            Some(exprs) => Some(compile(exprs, &old.def)?),
            None => None,
        };
        Ok(Self {
            old: TableReader::whole(&database.storage.store, old)?,
            values,
        })
    }

    /// Blocks done and in all; `None` when the old heap is gone.
    pub fn step(
        &mut self,
        database: &mut Database,
        units: u64,
    ) -> Result<Option<(u64, u64)>, Error> {
        let new = database.storage.table(self.old.table().def.id)?.clone();
        let key = database.storage.row_index(&new).cloned();
        let mut left = units.max(1);
        while left > 0 {
            let Some(mut batch) = self.old.next(&database.storage.store)? else {
                break;
            };
            left = left.saturating_sub(batch.rows.max(1) as u64);
            if batch.rows == 0 {
                continue;
            }
            if let Some(values) = &self.values {
                let mut columns = Vec::with_capacity(values.len());
                for value in values {
                    columns.push(value.evaluate_with(&batch, &[])?);
                }
                batch = Batch::new(columns, batch.rows);
            }
            new.store_rows(&mut database.storage.store, key.as_ref(), &batch)?;
        }
        if let Some(progress) = self.old.progress(&database.storage.store) {
            return Ok(Some(progress));
        }
        self.old.table().drop_rows(&mut database.storage.store)?;
        Ok(None)
    }
}

/// Tests all rows of a table.
pub(super) struct RowTest {
    table: TableReader,
    test: Test,
}

enum Test {
    NotNull(u16),
    Check(Box<str>, Scalar),
}

impl RowTest {
    /// That a column holds no NULL.
    pub fn not_null(table: TableReader, column: u16) -> Self {
        Self {
            table,
            test: Test::NotNull(column),
        }
    }

    /// That no row makes a condition false.
    pub fn check(table: TableReader, name: Box<str>, condition: &Expr) -> Result<Self, Error> {
        let inputs = table_columns(&table.table().def);
        let condition = Scalar::new(condition, &inputs, &mut Scope::default())?;
        Ok(Self {
            table,
            test: Test::Check(name, condition),
        })
    }

    /// Blocks done and in all; `None` when all rows have passed.
    pub fn step(&mut self, database: &Database, units: u64) -> Result<Option<(u64, u64)>, Error> {
        let mut left = units.max(1);
        while left > 0 {
            let Some(batch) = self.table.next(&database.storage.store)? else {
                break;
            };
            left = left.saturating_sub(batch.rows.max(1) as u64);
            self.test(&batch)?;
        }
        Ok(self.table.progress(&database.storage.store))
    }

    fn test(&self, batch: &Batch) -> Result<(), Error> {
        let table = &self.table.table().def;
        let relation = &table.name;
        match &self.test {
            Test::NotNull(at) => {
                let column = batch.columns.get(usize::from(*at));
                if column.is_some_and(|column| column.nulls.any()) {
                    let name = table.columns.get(usize::from(*at));
                    let name = name.map_or("?", |column| &*column.name);
                    return Err(Error::new(
                        ErrorCode::NotNullViolation,
                        format!(
                            "column \"{name}\" of relation \"{relation}\" contains null values"
                        ),
                    ));
                }
            }
            Test::Check(name, condition) => {
                let result = condition.evaluate_with(batch, &[])?;
                let ColumnData::Bool(values) = &result.data else {
                    return Ok(());
                };
                if (0..batch.rows)
                    .any(|row| values.get(row) == Some(&false) && !result.is_null(row))
                {
                    return Err(Error::new(
                        ErrorCode::CheckViolation,
                        format!(
                            "check constraint \"{name}\" of relation \"{relation}\" is violated by some row"
                        ),
                    ));
                }
            }
        }
        Ok(())
    }
}
