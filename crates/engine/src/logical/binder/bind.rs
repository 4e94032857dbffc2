//! The way in.

use super::state::{BindOptions, Binder};
use crate::{
    catalog::Catalog,
    error::{Error, ErrorCode},
    logical::{BoundStatement, StatementKind},
    value::DataType,
};
use alloc::format;
use parser::ast;

/// Binds a statement that reads or writes rows.
///
/// # Errors
/// What PostgreSQL's parse analysis complains of, with its codes and words and the place in the text; 0A000 for what
/// PostgreSQL has and we have not, and for statements of other kinds.
pub fn bind(
    statement: &ast::Statement,
    catalog: &Catalog,
    options: &BindOptions<'_>,
) -> Result<BoundStatement, Error> {
    let mut binder = Binder::new(catalog, options);
    let span = statement.span;
    let kind = match &statement.kind {
        ast::StatementKind::Query(query) => StatementKind::Select(binder.bind_query(query)?),
        ast::StatementKind::Insert(insert) => {
            StatementKind::Insert(binder.bind_insert(insert, span)?)
        }
        ast::StatementKind::Update(update) => {
            StatementKind::Update(binder.bind_update(update, span)?)
        }
        ast::StatementKind::Delete(delete) => {
            StatementKind::Delete(binder.bind_delete(delete, span)?)
        }
        _ => return Err(Error::unsupported("binding this statement", span)),
    };
    if let Some(at) = binder
        .params
        .iter()
        .position(|data_type| *data_type == DataType::Unknown)
    {
        return Err(Error::new(
            ErrorCode::IndeterminateDatatype,
            format!("could not determine data type of parameter ${}", at + 1),
        )
        .at(span));
    }
    Ok(BoundStatement {
        kind,
        range_table: binder.tables,
        ctes: binder.ctes,
        params: binder.params,
    })
}
