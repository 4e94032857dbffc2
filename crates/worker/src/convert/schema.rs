//! Tables, indexes and memory as they are shown.

use engine::catalog::IndexState;
use engine::database::{
    ColumnDescription, Database, DatabaseDescription, IndexDescription, TableDescription,
};
use protocol::{
    IndexPartView, IndexStateView, IndexView, MemoryView, SchemaView, SettingView, TableColumnView,
    TableView,
};

use super::figures::figure;
use super::what_if::write_price;

/// Everything that exists.
pub fn schema(database: &mut Database) -> SchemaView {
    let DatabaseDescription {
        tables,
        page_bytes,
        pages,
        buffer_pages,
        settings,
        storage_device,
        ..
    } = database.describe();
    SchemaView {
        tables: tables.into_iter().map(table).collect(),
        memory: MemoryView {
            page_bytes,
            pages: figure(pages),
            buffer_pages: f64::from(buffer_pages),
            wasm_bytes: 0.0,
        },
        storage_device: storage_device.to_owned(),
        settings: settings
            .into_iter()
            .map(|setting| SettingView {
                name: setting.name.to_owned(),
                value: setting.value,
                default: setting.default,
            })
            .collect(),
    }
}

fn table(table: TableDescription) -> TableView {
    TableView {
        id: table.id,
        name: table.name,
        rows: figure(table.rows),
        dead_rows: figure(table.dead_rows),
        pages: f64::from(table.pages),
        bytes: figure(table.bytes),
        organization: table.organization.to_owned(),
        analyzed: table.analyzed,
        columns: table.columns.into_iter().map(column).collect(),
        indexes: table.indexes.into_iter().map(index).collect(),
    }
}

fn column(column: ColumnDescription) -> TableColumnView {
    TableColumnView {
        name: column.name,
        type_name: column.type_name,
        not_null: column.not_null,
        n_distinct: column.n_distinct,
        unique: column.unique,
        null_fraction: column.null_fraction,
        correlation: column.correlation,
        bars: column.bars,
    }
}

fn index(index: IndexDescription) -> IndexView {
    IndexView {
        id: index.id,
        name: index.name,
        parts: index
            .parts
            .into_iter()
            .map(|part| IndexPartView {
                text: part.text,
                descending: part.descending,
                nulls: part.nulls.map(str::to_owned),
            })
            .collect(),
        include: index.include,
        predicate: index.predicate,
        unique: index.unique,
        primary: index.primary,
        constraint: index.constraint,
        state: match index.state {
            IndexState::Real => IndexStateView::Real,
            IndexState::Hypothetical => IndexStateView::Hypothetical,
            IndexState::Hidden => IndexStateView::Hidden,
        },
        pages: f64::from(index.pages),
        bytes: figure(index.bytes),
        height: index.height,
        write_price: write_price(&index.write_price),
        definition: index.definition,
    }
}
