//! CREATE VIEW: the query must bind; its text is kept. PostgreSQL: `view.c`.

use super::{
    Change,
    create_table::duplicate_column,
    names::{already_exists, own_name},
};
use crate::{
    catalog::{Catalog, ViewDef},
    error::{Error, ErrorCode},
    logical::{BindOptions, RelationKind, StatementKind, bind},
};
use alloc::{boxed::Box, format, rc::Rc, string::String, vec::Vec};
use parser::{
    Token,
    ast::{self, CreateView, Identifier},
};

pub(super) fn create_view(
    create: &CreateView,
    text: &str,
    catalog: &Catalog,
) -> Result<Change, Error> {
    let name = own_name(&create.name)?;
    let replaces = catalog.views.contains_key(&name.text);
    if catalog.table_by_name(name).is_some() || catalog.index_by_name(name).is_some() {
        return Err(if create.or_replace {
            Error::new(
                ErrorCode::WrongObjectType,
                format!("\"{}\" is not a view", &**name),
            )
            .at(name.span)
        } else {
            already_exists(name, name.span)
        });
    }
    if replaces && !create.or_replace {
        return Err(already_exists(name, name.span));
    }
    let statement = ast::Statement {
        kind: ast::StatementKind::Query(Rc::clone(&create.query)),
        span: create.query.span,
    };
    let bound = bind(&statement, catalog, &BindOptions::default())?;
    if !bound.params.is_empty() {
        return Err(
            Error::new(ErrorCode::UndefinedParameter, "there is no parameter $1")
                .at(create.query.span),
        );
    }
    let StatementKind::Select(query) = &bound.kind else {
        return Err(Error::unsupported("this query", create.query.span));
    };
    let shown: Vec<_> = query.targets.iter().filter(|t| !t.hidden).collect();
    if create.columns.len() > shown.len() {
        return Err(Error::new(
            ErrorCode::SyntaxError,
            "CREATE VIEW specifies more column names than columns",
        )
        .at(name.span));
    }
    let mut columns: Vec<Box<str>> = Vec::with_capacity(shown.len());
    for (at, target) in shown.iter().enumerate() {
        let column: Box<str> = create
            .columns
            .get(at)
            .map_or_else(|| target.name.clone(), |written| written.text.clone());
        if columns.contains(&column) {
            return Err(duplicate_column(&Identifier {
                text: column,
                span: target.expr.span(),
            }));
        }
        columns.push(column);
    }
    let depends_on = dependencies(&bound.range_table, create.query.span.of(text), catalog);
    if replaces && depends_on.contains(&name.text) {
        return Err(Error::new(
            ErrorCode::InvalidObjectDefinition,
            format!(
                "infinite recursion detected in rules for relation \"{}\"",
                &**name
            ),
        )
        .at(name.span));
    }
    Ok(Change {
        views: Vec::from([ViewDef {
            name: name.text.clone(),
            query: String::from(create.query.span.of(text)),
            columns,
            depends_on,
            span: create.query.span,
        }]),
        ..Change::default()
    })
}

/// Tables that the bound query reads, and views whose names its text holds (their bodies are bound in place).
fn dependencies(
    tables: &[crate::logical::RangeTableEntry],
    text: &str,
    catalog: &Catalog,
) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = Vec::new();
    for entry in tables {
        if let RelationKind::Table(id) = entry.kind
            && let Some(table) = catalog.tables.get(&id)
            && !names.contains(&table.name)
        {
            names.push(table.name.clone());
        }
    }
    for token in parser::tokens(text) {
        let Token { span, .. } = token;
        let word = span.of(text);
        let folded = match word.strip_prefix('"') {
            Some(quoted) => String::from(quoted.trim_end_matches('"')),
            None => word.to_lowercase(),
        };
        if catalog.views.contains_key(folded.as_str()) && !names.iter().any(|n| **n == *folded) {
            names.push(folded.into());
        }
    }
    names
}
