//! CREATE INDEX, hypothetical ones included. PostgreSQL: `indexcmds.c` (DefineIndex).

use super::{
    Change, Work,
    names::{Taken, relation_exists},
    parameters::Parameters,
};
use crate::{
    catalog::{Catalog, IndexColumn, IndexDef, IndexId, IndexKey, IndexState, TableDef},
    error::{Error, ErrorCode},
    logical::{Clause, bind_over_table, flatten_and},
};
use alloc::{format, rc::Rc, string::String, vec::Vec};
use parser::ast::{
    CreateIndex, Expression, ExpressionKind, Identifier, IndexElement, IndexTarget, NullsOrder,
    ObjectName, SortDirection,
};

/// Most columns that an index may have (PostgreSQL's INDEX_MAX_KEYS).
const MAX_COLUMNS: usize = 32;

pub(super) fn create_index(
    create: &CreateIndex,
    text: &str,
    catalog: &Catalog,
) -> Result<Change, Error> {
    let table = table_named(catalog, &create.table)?;
    if let Some(method) = &create.method
        && &**method != "btree"
    {
        return Err(match &**method {
            "hash" | "gin" | "gist" | "brin" | "spgist" => {
                Error::unsupported(&format!("access method \"{}\"", &**method), method.span)
            }
            other => Error::new(
                ErrorCode::UndefinedObject,
                format!("access method \"{other}\" does not exist"),
            )
            .at(method.span),
        });
    }
    if let (Some(name), true) = (&create.name, create.if_not_exists)
        && relation_exists(catalog, name)
    {
        return Ok(Change::notice(format!(
            "relation \"{}\" already exists, skipping",
            &**name
        )));
    }
    if create.elements.len() + create.include.len() > MAX_COLUMNS {
        return Err(Error::new(
            ErrorCode::TooManyColumns,
            format!("cannot use more than {MAX_COLUMNS} columns in an index"),
        )
        .at(create.table.span));
    }
    let parameters = Parameters::of_index(&create.parameters)?;
    let mut columns = Vec::with_capacity(create.elements.len());
    for element in &create.elements {
        columns.push(key_part(element, &table, catalog)?);
    }
    let mut include = Vec::with_capacity(create.include.len());
    for column in &create.include {
        include.push(existing_column(&table, column)?);
    }
    let (predicate, predicate_text) = match &create.filter {
        Some(filter) => (
            flatten_and(bind_over_table(
                filter,
                &table,
                catalog,
                Clause::IndexPredicate,
            )?),
            Some(String::from(filter.span.of(text))),
        ),
        None => (Vec::new(), None),
    };
    let mut taken = Taken::new(catalog);
    let name = match &create.name {
        Some(name) => taken.take(name, name.span)?,
        None => taken.choose(&table.name, &column_part(create), "idx"),
    };
    let state = parameters.state(IndexState::Real);
    let index = IndexDef {
        id: IndexId(catalog.next_id),
        name,
        table: table.id,
        columns,
        include,
        predicate,
        predicate_text,
        unique: create.unique,
        nulls_not_distinct: create.nulls_not_distinct,
        constraint: false,
        fill_factor: parameters.fill_factor.unwrap_or(90),
        state,
    };
    let work = if state == IndexState::Hypothetical {
        Vec::new()
    } else {
        Vec::from([Work::BuildIndex(index.id)])
    };
    Ok(Change {
        indexes: Vec::from([index]),
        work,
        ..Change::default()
    })
}

fn key_part(
    element: &IndexElement,
    table: &TableDef,
    catalog: &Catalog,
) -> Result<IndexColumn, Error> {
    if let Some(class) = &element.operator_class {
        let known = [
            "text_ops",
            "text_pattern_ops",
            "varchar_ops",
            "varchar_pattern_ops",
            "bpchar_ops",
            "bpchar_pattern_ops",
            "int2_ops",
            "int4_ops",
            "int8_ops",
            "float4_ops",
            "float8_ops",
            "numeric_ops",
            "date_ops",
            "timestamp_ops",
            "interval_ops",
            "uuid_ops",
            "bool_ops",
        ];
        // Text compares by bytes, so the pattern classes are the plain ones.
        if !known.contains(&&**class.last()) {
            return Err(Error::new(
                ErrorCode::UndefinedObject,
                format!(
                    "operator class \"{}\" does not exist for access method \"btree\"",
                    &**class.last()
                ),
            )
            .at(class.span));
        }
    }
    if let Some(collation) = &element.collation
        && !matches!(&**collation.last(), "C" | "POSIX" | "default" | "ucs_basic")
    {
        return Err(Error::new(
            ErrorCode::UndefinedObject,
            format!(
                "collation \"{}\" for encoding \"UTF8\" does not exist",
                &**collation.last()
            ),
        )
        .at(collation.span));
    }
    let (key, data_type) = match &element.target {
        IndexTarget::Column(name) => {
            let column = existing_column(table, name)?;
            let data_type = table
                .columns
                .get(usize::from(column))
                .map_or(crate::value::DataType::Unknown, |def| def.data_type);
            (IndexKey::Column(column), data_type)
        }
        IndexTarget::Expression(expr) => {
            let bound = bind_over_table(expr, table, catalog, Clause::IndexExpression)?;
            let data_type = bound.data_type;
            match bound.as_column() {
                Some(column) => (IndexKey::Column(column.column), data_type),
                None => (IndexKey::Expression(bound), data_type),
            }
        }
    };
    let descending = element.direction == SortDirection::Descending;
    Ok(IndexColumn {
        key,
        data_type,
        descending,
        nulls_first: match element.nulls {
            Some(NullsOrder::First) => true,
            Some(NullsOrder::Last) => false,
            None => descending,
        },
    })
}

/// 42703 in the words that CREATE INDEX has for it.
fn existing_column(table: &TableDef, name: &Identifier) -> Result<u16, Error> {
    table.column_position(name).ok_or_else(|| {
        Error::new(
            ErrorCode::UndefinedColumn,
            format!("column \"{}\" does not exist", &**name),
        )
        .at(name.span)
    })
}

/// The table of that name. 42P01, or 42809 if something else has it.
pub(super) fn table_named(catalog: &Catalog, name: &ObjectName) -> Result<Rc<TableDef>, Error> {
    let last = super::names::own_name(name)?;
    if let Some(table) = catalog.table_by_name(last) {
        return Ok(table.clone());
    }
    let code = if relation_exists(catalog, last) {
        return Err(Error::new(
            ErrorCode::WrongObjectType,
            format!("\"{}\" is not a table", &**last),
        )
        .at(name.span));
    } else {
        ErrorCode::UndefinedTable
    };
    Err(Error::new(code, format!("relation \"{}\" does not exist", &**last)).at(name.span))
}

/// The middle of an automatic name: columns, functions' names, `expr`; later equals get numbers.
fn column_part(create: &CreateIndex) -> String {
    let mut names: Vec<String> = Vec::new();
    let elements = create.elements.iter().map(|element| match &element.target {
        IndexTarget::Column(name) => String::from(&*name.text),
        IndexTarget::Expression(expr) => expression_name(expr),
    });
    let include = create.include.iter().map(|name| String::from(&*name.text));
    for name in elements.chain(include) {
        let mut unique = name.clone();
        let mut number = 0u32;
        while names.contains(&unique) {
            number += 1;
            unique = format!("{name}{number}");
        }
        names.push(unique);
    }
    names.join("_")
}

fn expression_name(expr: &Expression) -> String {
    match &expr.kind {
        ExpressionKind::Column(_)
        | ExpressionKind::Function(_)
        | ExpressionKind::Cast { .. }
        | ExpressionKind::Coalesce(_)
        | ExpressionKind::Case(_)
        | ExpressionKind::NullIf(..)
        | ExpressionKind::Greatest(_)
        | ExpressionKind::Least(_)
        | ExpressionKind::Collate { .. } => {
            let name = crate::logical::column_name(expr);
            if &*name == "?column?" {
                String::from("expr")
            } else {
                String::from(&*name)
            }
        }
        _ => String::from("expr"),
    }
}
