//! A column's definition: type, NOT NULL, DEFAULT. PostgreSQL: `parse_utilcmd.c` (transformColumnDefinition).

use crate::{
    catalog::{Catalog, ColumnDef},
    error::{Error, ErrorCode},
    logical::{bind_default, data_type},
};
use alloc::{boxed::Box, format};
use parser::ast::{ColumnConstraintKind, ColumnDefinition};

/// The column without the constraints that concern the table.
pub(super) fn column(
    definition: &ColumnDefinition,
    table: &str,
    catalog: &Catalog,
) -> Result<ColumnDef, Error> {
    if matches!(
        &**definition.type_name.name.last(),
        "serial" | "bigserial" | "smallserial" | "serial4" | "serial8" | "serial2"
    ) {
        return Err(Error::unsupported(
            &format!("type \"{}\"", &**definition.type_name.name.last()),
            definition.type_name.span,
        )
        .with_hint("Use an integer column and give the numbers yourself, for example from generate_series."));
    }
    let data_type = data_type(&definition.type_name)?;
    let name: Box<str> = definition.name.text.clone();
    let (mut null, mut not_null, mut default) = (false, false, None);
    for constraint in &definition.constraints {
        match &constraint.kind {
            ColumnConstraintKind::NotNull => not_null = true,
            ColumnConstraintKind::Null => null = true,
            ColumnConstraintKind::Default(expr) => {
                if default.is_some() {
                    return Err(Error::new(
                        ErrorCode::SyntaxError,
                        format!(
                            "multiple default values specified for column \"{name}\" of table \"{table}\""
                        ),
                    )
                    .at(constraint.span));
                }
                default = Some(bind_default(expr, data_type, &name, catalog)?);
            }
            ColumnConstraintKind::Identity { .. } => {
                return Err(Error::unsupported("an identity column", constraint.span));
            }
            ColumnConstraintKind::Generated(_) => {
                return Err(Error::unsupported("a generated column", constraint.span));
            }
            ColumnConstraintKind::Check(_)
            | ColumnConstraintKind::PrimaryKey(_)
            | ColumnConstraintKind::Unique(_)
            | ColumnConstraintKind::References(_) => {}
        }
    }
    if null && not_null {
        return Err(Error::new(
            ErrorCode::SyntaxError,
            format!(
                "conflicting NULL/NOT NULL declarations for column \"{name}\" of table \"{table}\""
            ),
        )
        .at(definition.span));
    }
    Ok(ColumnDef {
        name,
        data_type,
        not_null,
        default,
        statistics_target: None,
    })
}
