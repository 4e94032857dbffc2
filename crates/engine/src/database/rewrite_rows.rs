//! Reading a table's rows in slices, to make them anew or to test them: what ALTER TABLE and VACUUM FULL do.

use super::{
    relation::{Table, Wanted},
    state::Database,
};
use crate::{
    Error, ErrorCode,
    catalog::TableDef,
    error::storage_error,
    executor::{bind::Scope, scalar::Scalar},
    logical::{ColumnRef, Expr, ExprKind, Origin, RelId},
    value::{Batch, ColumnData},
};
use alloc::{boxed::Box, format, rc::Rc, vec::Vec};
use pages::BlockNumber;

/// The columns of a table as `RelId(0)`, for compiling expressions over its rows.
pub(super) fn table_columns(table: &TableDef) -> Vec<Expr> {
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

/// All visible rows of a block, all columns.
pub(super) fn read_block(database: &Database, table: &Table, block: u32) -> Result<Batch, Error> {
    let wanted: Vec<Wanted> = (0..table.types.len())
        .map(|at| Wanted::Column(at as u16))
        .collect();
    let mut columns = table.empty_columns(&wanted);
    let mut visible = Vec::new();
    let block = BlockNumber(block);
    let page = table
        .heap
        .page(&database.storage.store, block)
        .map_err(storage_error)?;
    let rows = table.read_page(&page, block, &wanted, &mut columns, 0, &mut visible)?;
    Ok(Batch {
        columns: columns.into_iter().map(Rc::new).collect(),
        rows,
        selection: Some(visible),
    }
    .compact())
}

/// Copies rows from an old heap to the new one that already stands in its place.
pub(super) struct Rewrite {
    old: Table,
    /// `None`: as they are.
    values: Option<Vec<Scalar>>,
    block: u32,
}

impl Rewrite {
    /// Puts a new heap in place.
    pub fn new(
        database: &mut Database,
        def: Rc<TableDef>,
        values: Option<&[Expr]>,
    ) -> Result<Self, Error> {
        let old = database.storage.swap_table(def)?;
        let values = match values {
            Some(exprs) => Some(compile(exprs, &old.def)?),
            None => None,
        };
        Ok(Self {
            old,
            values,
            block: 0,
        })
    }

    /// Blocks done and in all; `None` when the old heap is gone.
    pub fn step(
        &mut self,
        database: &mut Database,
        units: u64,
    ) -> Result<Option<(u64, u64)>, Error> {
        let pages = self.old.heap.pages(&database.storage.store);
        let new = database.storage.table(self.old.def.id)?.clone();
        let mut left = units.max(1);
        while self.block < pages && left > 0 {
            let mut batch = read_block(database, &self.old, self.block)?;
            self.block += 1;
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
            new.append(&mut database.storage.store, &batch.columns, batch.rows)?;
        }
        if self.block < pages {
            return Ok(Some((u64::from(self.block), u64::from(pages))));
        }
        self.old
            .heap
            .drop_file(&mut database.storage.store)
            .map_err(storage_error)?;
        Ok(None)
    }
}

/// Tests all rows of a table.
pub(super) struct RowTest {
    table: Table,
    block: u32,
    test: Test,
}

enum Test {
    NotNull(u16),
    Check(Box<str>, Scalar),
}

impl RowTest {
    /// That a column holds no NULL.
    pub fn not_null(table: Table, column: u16) -> Self {
        Self {
            table,
            block: 0,
            test: Test::NotNull(column),
        }
    }

    /// That no row makes a condition false.
    pub fn check(table: Table, name: Box<str>, condition: &Expr) -> Result<Self, Error> {
        let inputs = table_columns(&table.def);
        let condition = Scalar::new(condition, &inputs, &mut Scope::default())?;
        Ok(Self {
            table,
            block: 0,
            test: Test::Check(name, condition),
        })
    }

    /// Blocks done and in all; `None` when all rows have passed.
    pub fn step(&mut self, database: &Database, units: u64) -> Result<Option<(u64, u64)>, Error> {
        let pages = self.table.heap.pages(&database.storage.store);
        let mut left = units.max(1);
        while self.block < pages && left > 0 {
            let batch = read_block(database, &self.table, self.block)?;
            self.block += 1;
            left = left.saturating_sub(batch.rows.max(1) as u64);
            self.test(&batch)?;
        }
        Ok((self.block < pages).then_some((u64::from(self.block), u64::from(pages))))
    }

    fn test(&self, batch: &Batch) -> Result<(), Error> {
        let relation = &self.table.def.name;
        match &self.test {
            Test::NotNull(at) => {
                let column = batch.columns.get(usize::from(*at));
                if column.is_some_and(|column| column.nulls.any()) {
                    let name = self.table.def.columns.get(usize::from(*at));
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
