//! DROP TABLE, INDEX, VIEW, STATISTICS: what exists, what stands on it. PostgreSQL: `dependency.c`.

use super::{Change, Work};
use crate::{
    catalog::{Catalog, TableDef, TableId},
    error::{Error, ErrorCode},
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use parser::ast::{Drop, DropBehavior, DropKind, Identifier};

pub(super) fn drop_objects(drop: &Drop, catalog: &Catalog) -> Result<Change, Error> {
    let mut change = Change::default();
    for name in &drop.names {
        let name = name.last();
        let found = match drop.kind {
            DropKind::Table => drop_table(drop, name, catalog, &mut change)?,
            DropKind::Index => drop_index(name, catalog, &mut change)?,
            DropKind::View => drop_view(drop, name, catalog, &mut change)?,
            DropKind::Statistics => {
                let found = catalog.statistics.contains_key(&name.text);
                if found {
                    change.dropped_statistics.push(name.text.clone());
                }
                found
            }
        };
        if found {
            continue;
        }
        let (what, code) = match drop.kind {
            DropKind::Table => ("table", ErrorCode::UndefinedTable),
            DropKind::Index => ("index", ErrorCode::UndefinedObject),
            DropKind::View => ("view", ErrorCode::UndefinedTable),
            DropKind::Statistics => ("statistics object", ErrorCode::UndefinedObject),
        };
        let message = format!("{what} \"{}\" does not exist", &**name);
        if !drop.if_exists {
            wrong_kind(drop.kind, name, catalog)?;
            return Err(Error::new(code, message).at(name.span));
        }
        change.notices.push(format!("{message}, skipping"));
    }
    Ok(change)
}

/// 42809 if the name belongs to something else.
fn wrong_kind(kind: DropKind, name: &Identifier, catalog: &Catalog) -> Result<(), Error> {
    let is = [
        (
            DropKind::Table,
            "table",
            catalog.table_by_name(name).is_some(),
        ),
        (
            DropKind::Index,
            "index",
            catalog.index_by_name(name).is_some(),
        ),
        (
            DropKind::View,
            "view",
            catalog.views.contains_key(&name.text),
        ),
    ];
    let wanted = is
        .iter()
        .find(|(of, ..)| *of == kind)
        .map_or("", |(_, w, _)| w);
    match is.iter().find(|(of, _, exists)| *of != kind && *exists) {
        Some((_, really, _)) if !wanted.is_empty() => Err(Error::new(
            ErrorCode::WrongObjectType,
            format!("\"{}\" is not {} {wanted}", &**name, article(wanted)),
        )
        .at(name.span)
        .with_hint(format!(
            "Use DROP {} to remove {} {really}.",
            really.to_uppercase(),
            article(really)
        ))),
        _ => Ok(()),
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with('i') { "an" } else { "a" }
}

fn drop_table(
    drop: &Drop,
    name: &Identifier,
    catalog: &Catalog,
    change: &mut Change,
) -> Result<bool, Error> {
    let Some(table) = catalog.table_by_name(name) else {
        return Ok(false);
    };
    let going = |other: &TableDef| drop.names.iter().any(|n| n.last().text == other.name);
    let mut dependants: Vec<String> = Vec::new();
    for other in catalog.tables.values() {
        for key in &other.foreign_keys {
            if key.table == table.id && other.id != table.id && !going(other) {
                dependants.push(format!(
                    "constraint {} on table {} depends on table {}",
                    key.name, other.name, table.name
                ));
            }
        }
    }
    let views = views_on(catalog, &table.name, change);
    dependants.extend(
        views
            .iter()
            .map(|view| format!("view {view} depends on table {}", table.name)),
    );
    if drop.behavior == DropBehavior::Restrict && !dependants.is_empty() {
        return Err(still_used("table", name, &dependants));
    }
    change.dropped_views.extend(views);
    push_table(catalog, table.id, change);
    Ok(true)
}

/// A table goes with its indexes and statistics objects.
fn push_table(catalog: &Catalog, table: TableId, change: &mut Change) {
    for index in catalog.indexes_of(table) {
        change.dropped_indexes.push(index.id);
        change.work.push(Work::DropIndex(index.id));
    }
    let statistics = catalog.statistics.values().filter(|s| s.table == table);
    change
        .dropped_statistics
        .extend(statistics.map(|s| s.name.clone()));
    change.dropped_tables.push(table);
    change.work.push(Work::DropTable(table));
}

fn drop_index(name: &Identifier, catalog: &Catalog, change: &mut Change) -> Result<bool, Error> {
    let Some(index) = catalog.index_by_name(name) else {
        return Ok(false);
    };
    if index.constraint {
        let table = catalog.tables.get(&index.table).map_or("", |t| &t.name);
        return Err(Error::new(
            ErrorCode::DependentObjectsStillExist,
            format!(
                "cannot drop index {} because constraint {} on table {table} requires it",
                index.name, index.name
            ),
        )
        .at(name.span)
        .with_hint(format!(
            "You can drop constraint {} on table {table} instead.",
            index.name
        )));
    }
    let used_by = catalog
        .tables
        .values()
        .find(|t| t.foreign_keys.iter().any(|key| key.index == index.id));
    if let Some(table) = used_by {
        return Err(still_used(
            "index",
            name,
            &[format!(
                "a foreign key of table {} depends on it",
                table.name
            )],
        ));
    }
    change.dropped_indexes.push(index.id);
    change.work.push(Work::DropIndex(index.id));
    Ok(true)
}

fn drop_view(
    drop: &Drop,
    name: &Identifier,
    catalog: &Catalog,
    change: &mut Change,
) -> Result<bool, Error> {
    if !catalog.views.contains_key(&name.text) {
        return Ok(false);
    }
    let views: Vec<Box<str>> = views_on(catalog, name, change)
        .into_iter()
        .filter(|view| !drop.names.iter().any(|n| n.last().text == *view))
        .collect();
    if drop.behavior == DropBehavior::Restrict && !views.is_empty() {
        let lines: Vec<String> = views
            .iter()
            .map(|view| format!("view {view} depends on view {}", &**name))
            .collect();
        return Err(still_used("view", name, &lines));
    }
    change.dropped_views.push(name.text.clone());
    change.dropped_views.extend(views);
    Ok(true)
}

/// The views that read a relation, themselves or through other views, except those that already go.
fn views_on(catalog: &Catalog, name: &str, change: &Change) -> Vec<Box<str>> {
    let mut found: Vec<Box<str>> = Vec::new();
    loop {
        let next = catalog.views.values().find(|view| {
            !found.contains(&view.name)
                && !change.dropped_views.contains(&view.name)
                && view
                    .depends_on
                    .iter()
                    .any(|on| **on == *name || found.contains(on))
        });
        match next {
            Some(view) => found.push(view.name.clone()),
            None => return found,
        }
    }
}

/// 2BP01
pub(super) fn still_used(kind: &str, name: &Identifier, dependants: &[String]) -> Error {
    Error::new(
        ErrorCode::DependentObjectsStillExist,
        format!(
            "cannot drop {kind} {} because other objects depend on it",
            &**name
        ),
    )
    .at(name.span)
    .with_detail(dependants.join("\n"))
    .with_hint("Use DROP ... CASCADE to drop the dependent objects too.")
}
