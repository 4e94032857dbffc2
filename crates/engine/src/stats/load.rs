//! Statistics from outside: sizes and `pg_stats` rows by name, put where the planner finds them, without any rows.
//!
//! Why: a table of a billion rows can be planned for from another database's statistics. Names and texts come in as plain data;
//! reading JSON is the caller's business. Unknown names are answered as errors, since a misspelt table would silently be empty.

use super::{ColumnStats, RelationSize, Statistics, StatsKey};
use crate::{
    Error, ErrorCode,
    catalog::{Catalog, IndexKey},
    value::{DataType, parse_text},
};
use alloc::{format, rc::Rc, string::String, vec::Vec};

/// Size of a table or index, as PostgreSQL's `pg_class` has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadedRelation {
    /// Name of the table or index.
    pub name: String,
    /// `relpages`.
    pub analyzed_pages: u32,
    /// `reltuples`; -1 = never analysed.
    pub analyzed_rows: f64,
    /// `relallvisible`.
    pub all_visible_pages: u32,
    /// Pages now.
    pub pages: u32,
    /// For an index, levels above the leaves.
    pub tree_height: u32,
}

/// A row of `pg_stats`, values as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadedColumn {
    /// Table, or index for an expression.
    pub relation: String,
    /// Column, or name of the index's expression column.
    pub column: String,
    /// `null_frac`
    pub null_fraction: f32,
    /// `avg_width`
    pub avg_width: i32,
    /// `n_distinct`
    pub n_distinct: f32,
    /// `most_common_vals` and `most_common_freqs`
    pub most_common: Vec<(String, f32)>,
    /// `histogram_bounds`
    pub histogram: Vec<String>,
    /// `correlation`
    pub correlation: Option<f32>,
}

/// Puts a relation's size where its name says.
///
/// # Errors
/// 42P01 when the catalog has neither a table nor an index of that name.
pub fn load_relation(
    statistics: &mut Statistics,
    catalog: &Catalog,
    relation: &LoadedRelation,
) -> Result<(), Error> {
    let size = RelationSize {
        analyzed_pages: relation.analyzed_pages,
        analyzed_rows: relation.analyzed_rows,
        all_visible_pages: relation.all_visible_pages,
        pages: relation.pages,
        tree_height: relation.tree_height,
    };
    if let Some(table) = catalog.table_by_name(&relation.name) {
        statistics.tables.insert(table.id, size);
    } else if let Some(index) = catalog.index_by_name(&relation.name) {
        statistics.indexes.insert(index.id, size);
    } else {
        return Err(unknown(&relation.name));
    }
    Ok(())
}

/// Puts a column's statistics where its names say.
///
/// # Errors
/// 42P01 or 42703 for an unknown relation or column; 22P02 and kin when a value does not read as the column's type.
pub fn load_column(
    statistics: &mut Statistics,
    catalog: &Catalog,
    column: &LoadedColumn,
) -> Result<(), Error> {
    let (key, data_type) = locate(catalog, column)?;
    let value = |text: &String| parse_text(text, data_type);
    let mut most_common = Vec::with_capacity(column.most_common.len());
    for (text, frequency) in &column.most_common {
        most_common.push((value(text)?, *frequency));
    }
    let histogram = column
        .histogram
        .iter()
        .map(value)
        .collect::<Result<Vec<_>, _>>()?;
    let stats = ColumnStats {
        null_fraction: column.null_fraction,
        avg_width: column.avg_width,
        n_distinct: column.n_distinct,
        most_common,
        histogram,
        correlation: column.correlation,
    };
    statistics.columns.insert(key, Rc::new(stats));
    Ok(())
}

fn locate(catalog: &Catalog, column: &LoadedColumn) -> Result<(StatsKey, DataType), Error> {
    if let Some(table) = catalog.table_by_name(&column.relation) {
        let at = table
            .column_position(&column.column)
            .ok_or_else(|| unknown_column(column))?;
        let definition = table
            .columns
            .get(usize::from(at))
            .ok_or_else(|| unknown_column(column))?;
        return Ok((StatsKey::Column(table.id, at), definition.data_type));
    }
    let index = catalog
        .index_by_name(&column.relation)
        .ok_or_else(|| unknown(&column.relation))?;
    let mut expressions = index
        .columns
        .iter()
        .zip(0_u16..)
        .filter(|(part, _)| matches!(part.key, IndexKey::Expression(_)));
    // PostgreSQL names the columns of expressions after their function, with a number from the second on: with one
    // expression there is no doubt; with several the number at the end tells.
    let digits: String = column.column.chars().filter(char::is_ascii_digit).collect();
    let number = digits.parse::<usize>().unwrap_or(0);
    let (part, at) = expressions
        .nth(number)
        .ok_or_else(|| unknown_column(column))?;
    Ok((StatsKey::Expression(index.id, at), part.data_type))
}

fn unknown(name: &str) -> Error {
    Error::new(
        ErrorCode::UndefinedTable,
        format!("relation \"{name}\" does not exist"),
    )
}

fn unknown_column(column: &LoadedColumn) -> Error {
    Error::new(
        ErrorCode::UndefinedColumn,
        format!(
            "column \"{}\" of relation \"{}\" does not exist",
            column.column, column.relation
        ),
    )
}
