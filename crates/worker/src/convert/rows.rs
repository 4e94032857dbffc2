//! Rows as columns of text, one buffer each.

use engine::database::ResultColumn;
use engine::value::{Batch, DataType, TypeClass, Value, to_text};
use protocol::{Alignment, Bytes, ColumnView, RowsView};

use super::figures::count;

/// The first `limit` rows of a batch.
pub fn rows(
    statement: u32,
    first: u32,
    columns: &[ResultColumn],
    batch: &Batch,
    limit: usize,
) -> RowsView {
    let rows = batch.selected().min(limit);
    let views = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let mut text = String::new();
            let mut nulls = Vec::with_capacity(rows);
            let mut offsets = Vec::with_capacity((rows + 1) * 4);
            offsets.extend_from_slice(&0u32.to_le_bytes());
            for row in batch.selected_rows().take(rows) {
                let value = batch
                    .columns
                    .get(at)
                    .map_or(Value::Null, |column| column.get(row));
                nulls.push(u8::from(value.is_null()));
                if !value.is_null() {
                    text.push_str(&to_text(&value, column.data_type));
                }
                offsets.extend_from_slice(&count(text.len()).to_le_bytes());
            }
            if !nulls.contains(&1) {
                nulls.clear();
            }
            ColumnView {
                name: column.name.to_string(),
                type_name: column.data_type.to_string(),
                alignment: alignment(column.data_type),
                offsets: Bytes(offsets),
                text: Bytes(text.into_bytes()),
                nulls: Bytes(nulls),
            }
        })
        .collect();
    RowsView {
        statement,
        first,
        rows: count(rows),
        columns: views,
    }
}

fn alignment(data_type: DataType) -> Alignment {
    match data_type.class() {
        TypeClass::Integer | TypeClass::Float | TypeClass::Numeric => Alignment::End,
        _ => Alignment::Start,
    }
}
