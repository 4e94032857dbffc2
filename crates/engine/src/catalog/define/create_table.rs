//! CREATE TABLE and CREATE TABLE AS. PostgreSQL: `parse_utilcmd.c` (transformCreateStmt).

use super::{
    Change, Work,
    columns::column,
    constraints::{KeyKind, check, foreign_key, key_index},
    names::{Taken, own_name, relation_exists},
    parameters::Parameters,
};
use crate::{
    catalog::{Catalog, ColumnDef, IndexDef, IndexId, Organization, TableDef, TableId},
    error::{Error, ErrorCode},
    logical::{BindOptions, StatementKind, bind},
};
use alloc::{boxed::Box, format, rc::Rc, vec::Vec};
use pages::order::sort_by;
use parser::ast::{
    self, ColumnConstraintKind, CreateTable, CreateTableAs, Identifier, TableConstraintKind,
};

pub(super) fn create_table(
    create: &CreateTable,
    text: &str,
    catalog: &Catalog,
) -> Result<Change, Error> {
    let name = own_name(&create.name)?;
    if create.if_not_exists && relation_exists(catalog, name) {
        return Ok(Change::notice(format!(
            "relation \"{}\" already exists, skipping",
            &**name
        )));
    }
    let mut taken = Taken::new(catalog);
    let parameters = Parameters::read(&create.parameters)?;
    let mut table = TableDef {
        id: TableId(catalog.next_id),
        name: taken.take(name, name.span)?,
        columns: Vec::with_capacity(create.columns.len()),
        primary_key: None,
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        organization: parameters.organization.unwrap_or_default(),
        fill_factor: parameters.fill_factor.unwrap_or(100),
    };
    for definition in &create.columns {
        if table.column_position(&definition.name).is_some() {
            return Err(duplicate_column(&definition.name));
        }
        let bound = column(definition, &table.name, catalog)?;
        table.columns.push(bound);
    }
    if table.columns.len() > 1600 {
        return Err(Error::new(
            ErrorCode::TooManyColumns,
            "tables can have at most 1600 columns",
        )
        .at(name.span));
    }
    let indexes = keys(create, &mut table, &mut taken)?;
    // Checks and foreign keys last: they may name any column, and the table's own keys.
    for definition in &create.columns {
        for constraint in &definition.constraints {
            let written = constraint.name.as_ref();
            match &constraint.kind {
                ColumnConstraintKind::Check(expr) => {
                    let bound = check(&table, written, expr, text, catalog)?;
                    table.checks.push(bound);
                }
                ColumnConstraintKind::References(reference) => {
                    let columns = core::slice::from_ref(&definition.name);
                    let bound =
                        foreign_key(&table, written, (columns, reference), &indexes, catalog)?;
                    table.foreign_keys.push(bound);
                }
                _ => {}
            }
        }
    }
    for constraint in &create.constraints {
        let written = constraint.name.as_ref();
        match &constraint.kind {
            TableConstraintKind::Check(expr) => {
                let bound = check(&table, written, expr, text, catalog)?;
                table.checks.push(bound);
            }
            TableConstraintKind::ForeignKey { columns, reference } => {
                let bound = foreign_key(&table, written, (columns, reference), &indexes, catalog)?;
                table.foreign_keys.push(bound);
            }
            _ => {}
        }
    }
    if table.organization == Organization::Clustered && table.primary_key.is_none() {
        return Err(needs_key(name));
    }
    let mut work = Vec::from([Work::CreateTable(table.id)]);
    work.extend(indexes.iter().map(|index| Work::BuildIndex(index.id)));
    Ok(Change {
        tables: Vec::from([table]),
        indexes,
        work,
        ..Change::default()
    })
}

/// The primary key first, then the unique constraints in the order written, as PostgreSQL makes them.
fn keys(
    create: &CreateTable,
    table: &mut TableDef,
    taken: &mut Taken<'_>,
) -> Result<Vec<IndexDef>, Error> {
    let mut written = Vec::new();
    for definition in &create.columns {
        for constraint in &definition.constraints {
            let own = core::slice::from_ref(&definition.name);
            let name = constraint.name.as_ref();
            match &constraint.kind {
                ColumnConstraintKind::PrimaryKey(key) => {
                    written.push((KeyKind::Primary, key, own, name, constraint.span));
                }
                ColumnConstraintKind::Unique(key) => {
                    written.push((KeyKind::Unique, key, own, name, constraint.span));
                }
                _ => {}
            }
        }
    }
    for constraint in &create.constraints {
        let name = constraint.name.as_ref();
        match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) => {
                let columns = key.columns.as_slice();
                written.push((KeyKind::Primary, key, columns, name, constraint.span));
            }
            TableConstraintKind::Unique(key) => {
                let columns = key.columns.as_slice();
                written.push((KeyKind::Unique, key, columns, name, constraint.span));
            }
            _ => {}
        }
    }
    // A stable sort keeps the order of the unique ones.
    let secondary = |kind: &KeyKind| *kind != KeyKind::Primary;
    sort_by(&mut written, |a, b| secondary(&a.0).cmp(&secondary(&b.0)));
    let mut indexes: Vec<IndexDef> = Vec::with_capacity(written.len());
    let mut next = table.id.0 + 1;
    for (kind, key, columns, name, span) in written {
        let index = key_index(
            table,
            (kind, key, columns),
            name,
            IndexId(next),
            (taken, span),
        )?;
        // UNIQUE on the very columns of another key adds nothing.
        if kind == KeyKind::Unique
            && name.is_none()
            && indexes.iter().any(|known| {
                known.columns == index.columns
                    && known.include == index.include
                    && known.nulls_not_distinct == index.nulls_not_distinct
            })
        {
            continue;
        }
        next += 1;
        indexes.push(index);
    }
    Ok(indexes)
}

pub(super) fn create_table_as(create: &CreateTableAs, catalog: &Catalog) -> Result<Change, Error> {
    let name = own_name(&create.name)?;
    if create.if_not_exists && relation_exists(catalog, name) {
        return Ok(Change::notice(format!(
            "relation \"{}\" already exists, skipping",
            &**name
        )));
    }
    let statement = ast::Statement {
        kind: ast::StatementKind::Query(Rc::clone(&create.query)),
        span: create.query.span,
    };
    let bound = bind(&statement, catalog, &BindOptions::default())?;
    let StatementKind::Select(query) = bound.kind else {
        return Err(Error::unsupported("this query", create.query.span));
    };
    let parameters = Parameters::read(&create.parameters)?;
    let mut columns: Vec<ColumnDef> = Vec::new();
    let shown: Vec<_> = query.targets.iter().filter(|t| !t.hidden).collect();
    if create.columns.len() > shown.len() {
        return Err(Error::new(
            ErrorCode::SyntaxError,
            "too many column names were specified",
        )
        .at(name.span));
    }
    for (at, target) in shown.into_iter().enumerate() {
        let name: Box<str> = create
            .columns
            .get(at)
            .map_or_else(|| target.name.clone(), |written| written.text.clone());
        if columns.iter().any(|known| known.name == name) {
            return Err(duplicate_column(&Identifier {
                text: name,
                span: target.expr.span(),
            }));
        }
        columns.push(ColumnDef {
            name,
            data_type: target.expr.data_type,
            not_null: false,
            default: None,
            statistics_target: None,
        });
    }
    if parameters.organization == Some(Organization::Clustered) {
        return Err(needs_key(name));
    }
    let mut taken = Taken::new(catalog);
    let table = TableDef {
        id: TableId(catalog.next_id),
        name: taken.take(name, name.span)?,
        columns,
        primary_key: None,
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        organization: Organization::Heap,
        fill_factor: parameters.fill_factor.unwrap_or(100),
    };
    let mut work = Vec::from([Work::CreateTable(table.id)]);
    if create.with_data {
        work.push(Work::FillFromQuery(table.id));
    }
    Ok(Change {
        tables: Vec::from([table]),
        work,
        ..Change::default()
    })
}

fn needs_key(name: &Identifier) -> Error {
    Error::new(
        ErrorCode::InvalidTableDefinition,
        "a clustered table must have a primary key",
    )
    .at(name.span)
}

pub(super) fn duplicate_column(name: &Identifier) -> Error {
    Error::new(
        ErrorCode::DuplicateColumn,
        format!("column \"{}\" specified more than once", &**name),
    )
    .at(name.span)
}
