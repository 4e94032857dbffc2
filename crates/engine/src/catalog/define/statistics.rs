//! CREATE STATISTICS. PostgreSQL: `statscmds.c`.

use super::{Change, create_index::table_named, names::made_up};
use crate::{
    catalog::{Catalog, StatisticsDef},
    error::{Error, ErrorCode},
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use pages::order::sort_by;
use parser::ast::{CreateStatistics, ExpressionKind};

pub(super) fn create_statistics(
    create: &CreateStatistics,
    catalog: &Catalog,
) -> Result<Change, Error> {
    let table = table_named(catalog, &create.table)?;
    let span = create.table.span;
    let mut columns = Vec::with_capacity(create.expressions.len());
    for expr in &create.expressions {
        let ExpressionKind::Column(name) = &expr.kind else {
            return Err(Error::unsupported("statistics on an expression", expr.span));
        };
        let name = name.last();
        let column = table.column_position(name).ok_or_else(|| {
            Error::new(
                ErrorCode::UndefinedColumn,
                format!("column \"{}\" does not exist", &**name),
            )
            .at(name.span)
        })?;
        if columns.contains(&column) {
            return Err(Error::new(
                ErrorCode::DuplicateColumn,
                "duplicate column name in statistics definition",
            )
            .at(name.span));
        }
        columns.push(column);
    }
    if columns.len() < 2 {
        return Err(Error::new(
            ErrorCode::InvalidObjectDefinition,
            "extended statistics require at least 2 columns",
        )
        .at(span));
    }
    if columns.len() > 8 {
        return Err(Error::new(
            ErrorCode::TooManyColumns,
            "cannot have more than 8 columns in statistics",
        )
        .at(span));
    }
    let (mut ndistinct, mut dependencies, mut mcv) = (false, false, false);
    for kind in &create.kinds {
        match &**kind {
            "ndistinct" => ndistinct = true,
            "dependencies" => dependencies = true,
            "mcv" => mcv = true,
            other => {
                return Err(Error::new(
                    ErrorCode::SyntaxError,
                    format!("unrecognized statistics kind \"{other}\""),
                )
                .at(kind.span));
            }
        }
    }
    if create.kinds.is_empty() {
        (ndistinct, dependencies, mcv) = (true, true, true);
    }
    let name: Box<str> = match &create.name {
        Some(name) => {
            let name = name.last();
            if catalog.statistics.contains_key(&name.text) {
                let message = format!("statistics object \"{}\" already exists", &**name);
                if create.if_not_exists {
                    return Ok(Change::notice(format!("{message}, skipping")));
                }
                return Err(Error::new(ErrorCode::DuplicateObject, message).at(name.span));
            }
            name.text.clone()
        }
        None => {
            let names: Vec<&str> = columns
                .iter()
                .filter_map(|column| table.columns.get(usize::from(*column)))
                .map(|column| &*column.name)
                .collect();
            let joined = names.join("_");
            let mut number = 0u32;
            loop {
                let label = if number == 0 {
                    String::from("stat")
                } else {
                    format!("stat{number}")
                };
                let name = made_up(&table.name, &joined, &label);
                if !catalog.statistics.contains_key(&name) {
                    break name;
                }
                number += 1;
            }
        }
    };
    sort_by(&mut columns, Ord::cmp);
    Ok(Change {
        statistics: Vec::from([StatisticsDef {
            name,
            table: table.id,
            columns,
            ndistinct,
            dependencies,
            mcv,
        }]),
        ..Change::default()
    })
}
