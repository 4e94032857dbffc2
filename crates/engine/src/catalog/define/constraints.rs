//! PRIMARY KEY, UNIQUE, CHECK, FOREIGN KEY: what each adds to a table, with PostgreSQL's names for what was not named.

use super::{
    names::{Taken, made_up},
    parameters::Parameters,
};
use crate::{
    catalog::{
        Catalog, CheckConstraint, ForeignKey, IndexColumn, IndexDef, IndexId, IndexKey, IndexState,
        ReferentialAction, TableDef,
    },
    error::{Error, ErrorCode},
    logical::{Clause, bind_over_table, columns_of, find_column},
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use parser::{
    Span,
    ast::{self, Expression, ForeignKeyReference, Identifier, UniqueConstraint},
};

/// Which kind of key an index stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Primary,
    Unique,
}

/// The index behind PRIMARY KEY or UNIQUE; a primary key makes its columns NOT NULL.
pub(super) fn key_index(
    table: &mut TableDef,
    (kind, key, columns): (KeyKind, &UniqueConstraint, &[Identifier]),
    name: Option<&Identifier>,
    id: IndexId,
    (taken, span): (&mut Taken<'_>, Span),
) -> Result<IndexDef, Error> {
    if kind == KeyKind::Primary && table.primary_key.is_some() {
        return Err(Error::new(
            ErrorCode::InvalidTableDefinition,
            format!(
                "multiple primary keys for table \"{}\" are not allowed",
                table.name
            ),
        )
        .at(span));
    }
    let mut positions: Vec<u16> = Vec::with_capacity(columns.len());
    for column in columns {
        let position = key_column(table, column)?;
        if positions.contains(&position) {
            let what = match kind {
                KeyKind::Primary => "primary key",
                KeyKind::Unique => "unique",
            };
            return Err(Error::new(
                ErrorCode::DuplicateColumn,
                format!(
                    "column \"{}\" appears twice in {what} constraint",
                    &**column
                ),
            )
            .at(column.span));
        }
        positions.push(position);
    }
    let mut include = Vec::with_capacity(key.include.len());
    for column in &key.include {
        include.push(key_column(table, column)?);
    }
    let joined = columns
        .iter()
        .map(|column| &*column.text)
        .collect::<Vec<_>>()
        .join("_");
    let name = match (name, kind) {
        (Some(name), _) => taken.take(name, name.span)?,
        (None, KeyKind::Primary) => taken.choose(&table.name, "", "pkey"),
        (None, KeyKind::Unique) => taken.choose(&table.name, &joined, "key"),
    };
    let parameters = Parameters::of_index(&key.parameters)?;
    let mut parts = Vec::with_capacity(positions.len());
    for position in positions {
        if let Some(column) = table.columns.get_mut(usize::from(position)) {
            if kind == KeyKind::Primary {
                column.not_null = true;
            }
            parts.push(IndexColumn {
                key: IndexKey::Column(position),
                data_type: column.data_type,
                descending: false,
                nulls_first: false,
            });
        }
    }
    if kind == KeyKind::Primary {
        table.primary_key = Some(id);
    }
    Ok(IndexDef {
        id,
        name,
        table: table.id,
        columns: parts,
        include,
        predicate: Vec::new(),
        predicate_text: None,
        unique: true,
        nulls_not_distinct: key.nulls_not_distinct,
        constraint: true,
        fill_factor: parameters.fill_factor.unwrap_or(90),
        state: crate::catalog::IndexState::Real,
    })
}

fn key_column(table: &TableDef, column: &Identifier) -> Result<u16, Error> {
    table.column_position(column).ok_or_else(|| {
        Error::new(
            ErrorCode::UndefinedColumn,
            format!("column \"{}\" named in key does not exist", &**column),
        )
        .at(column.span)
    })
}

/// A CHECK constraint; without a name it is `table_column_check` or `table_check`.
pub(super) fn check(
    table: &TableDef,
    name: Option<&Identifier>,
    expr: &Expression,
    text: &str,
    catalog: &Catalog,
) -> Result<CheckConstraint, Error> {
    let condition = bind_over_table(expr, table, catalog, Clause::Check)?;
    let name = match name {
        Some(name) => {
            refuse_taken(table, name)?;
            name.text.clone()
        }
        None => {
            let used: Vec<_> = columns_of(&condition).into_iter().collect();
            let column = match used.as_slice() {
                [one] => table
                    .columns
                    .get(usize::from(one.column))
                    .map_or("", |column| &column.name),
                _ => "",
            };
            free_name(table, column, "check")
        }
    };
    Ok(CheckConstraint {
        name,
        condition,
        text: String::from(expr.span.of(text)),
    })
}

/// 42710 if a constraint of the table has that name.
fn refuse_taken(table: &TableDef, name: &Identifier) -> Result<(), Error> {
    if table.checks.iter().any(|check| check.name == name.text)
        || table.foreign_keys.iter().any(|key| key.name == name.text)
    {
        return Err(Error::new(
            ErrorCode::DuplicateObject,
            format!(
                "constraint \"{}\" for relation \"{}\" already exists",
                &**name, table.name
            ),
        )
        .at(name.span));
    }
    Ok(())
}

fn free_name(table: &TableDef, column: &str, label: &str) -> Box<str> {
    let exists = |name: &str| {
        table.checks.iter().any(|check| *check.name == *name)
            || table.foreign_keys.iter().any(|key| *key.name == *name)
    };
    let mut number = 0u32;
    loop {
        let label = if number == 0 {
            String::from(label)
        } else {
            format!("{label}{number}")
        };
        let name = made_up(&table.name, column, &label);
        if !exists(&name) {
            return name;
        }
        number += 1;
    }
}

/// A FOREIGN KEY constraint. `new_indexes` are those that the same statement makes (for a table that refers to itself).
pub(super) fn foreign_key(
    table: &TableDef,
    name: Option<&Identifier>,
    (columns, reference): (&[Identifier], &ForeignKeyReference),
    new_indexes: &[IndexDef],
    catalog: &Catalog,
) -> Result<ForeignKey, Error> {
    let span = reference.table.span;
    let own = *reference.table.last().text == *table.name;
    let there = if own {
        table
    } else {
        match catalog.table_by_name(reference.table.last()) {
            Some(there) => there,
            None => {
                return Err(Error::new(
                    ErrorCode::UndefinedTable,
                    format!("relation \"{}\" does not exist", &**reference.table.last()),
                )
                .at(span));
            }
        }
    };
    let mut here = Vec::with_capacity(columns.len());
    for column in columns {
        here.push(table.column_position(column).ok_or_else(|| {
            Error::new(
                ErrorCode::UndefinedColumn,
                format!(
                    "column \"{}\" referenced in foreign key constraint does not exist",
                    &**column
                ),
            )
            .at(column.span)
        })?);
    }
    let indexes = || {
        catalog
            .indexes_of(there.id)
            .map(|index| &**index)
            .filter(|index| index.state != IndexState::Hypothetical)
            .chain(new_indexes.iter().filter(|index| index.table == there.id))
    };
    let (referenced, index) = if reference.columns.is_empty() {
        let index = indexes().find(|index| Some(index.id) == there.primary_key);
        match index {
            Some(index) => (key_columns(index), index),
            None => {
                return Err(Error::new(
                    ErrorCode::UndefinedObject,
                    format!(
                        "there is no primary key for referenced table \"{}\"",
                        there.name
                    ),
                )
                .at(span));
            }
        }
    } else {
        let mut referenced = Vec::with_capacity(reference.columns.len());
        for column in &reference.columns {
            referenced.push(find_column(there, column).map_err(|error| Error {
                message: format!(
                    "column \"{}\" referenced in foreign key constraint does not exist",
                    &**column
                ),
                hint: None,
                ..error
            })?);
        }
        let index = indexes().find(|index| {
            let keys = key_columns(index);
            index.unique
                && index.predicate.is_empty()
                && keys.len() == referenced.len()
                && keys.len() == index.columns.len()
                && keys.iter().all(|key| referenced.contains(key))
        });
        match index {
            Some(index) => (referenced, index),
            None => {
                return Err(Error::new(
                    ErrorCode::InvalidForeignKey,
                    format!(
                        "there is no unique constraint matching given keys for referenced table \"{}\"",
                        there.name
                    ),
                )
                .at(span));
            }
        }
    };
    if referenced.len() != here.len() {
        return Err(Error::new(
            ErrorCode::InvalidForeignKey,
            "number of referencing and referenced columns for foreign key disagree",
        )
        .at(span));
    }
    if let Some(name) = name {
        refuse_taken(table, name)?;
    }
    let joined = columns
        .iter()
        .map(|column| &*column.text)
        .collect::<Vec<_>>()
        .join("_");
    let action = |action: ast::ReferentialAction| match action {
        ast::ReferentialAction::NoAction | ast::ReferentialAction::Restrict => {
            ReferentialAction::Refuse
        }
        ast::ReferentialAction::Cascade => ReferentialAction::Cascade,
        ast::ReferentialAction::SetNull => ReferentialAction::SetNull,
        ast::ReferentialAction::SetDefault => ReferentialAction::SetDefault,
    };
    Ok(ForeignKey {
        name: name.map_or_else(
            || free_name(table, &joined, "fkey"),
            |name| name.text.clone(),
        ),
        columns: here,
        table: there.id,
        referenced,
        index: index.id,
        on_delete: action(reference.on_delete),
        on_update: action(reference.on_update),
    })
}

fn key_columns(index: &IndexDef) -> Vec<u16> {
    index
        .columns
        .iter()
        .filter_map(|part| match part.key {
            IndexKey::Column(column) => Some(column),
            IndexKey::Expression(_) => None,
        })
        .collect()
}
