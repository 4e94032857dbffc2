//! From a statement to the room that knows its kind.

use super::{
    Change, alter_index, alter_table, create_index, create_table, create_view, drop, statistics,
};
use crate::{catalog::Catalog, error::Error};
use parser::ast::{Statement, StatementKind};

/// What a DDL statement changes. `text` is the whole text that spans refer to.
///
/// # Errors
/// PostgreSQL's, with code and place; 0A000 for statements that are not DDL of this kind.
pub fn define(statement: &Statement, text: &str, catalog: &Catalog) -> Result<Change, Error> {
    match &statement.kind {
        StatementKind::CreateTable(create) => create_table::create_table(create, text, catalog),
        StatementKind::CreateTableAs(create) => create_table::create_table_as(create, catalog),
        StatementKind::CreateIndex(create) => create_index::create_index(create, text, catalog),
        StatementKind::CreateView(create) => create_view::create_view(create, text, catalog),
        StatementKind::CreateStatistics(create) => statistics::create_statistics(create, catalog),
        StatementKind::AlterTable(alter) => alter_table::alter_table(alter, text, catalog),
        StatementKind::AlterIndex(alter) => alter_index::alter_index(alter, catalog),
        StatementKind::Drop(drop) => drop::drop_objects(drop, catalog),
        _ => Err(Error::unsupported("this statement", statement.span)),
    }
}
