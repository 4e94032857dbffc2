//! Pages and height of an index that was never built, as a build by CREATE INDEX would leave them.
//!
//! Source of the method: PostgreSQL 15 `nbtsort.c` (where a build ends a page), `nbtdedup.c` (lists of rows), `nbtutils.c`
//! (separators keep as few columns as tell neighbours apart), `itup.h` (the size of an entry); the number of keys is estimated.

use super::{
    entry_groups::{Group, column_groups, combine, keys_that_occur, sum_over_keys},
    entry_width::{StoredColumn, entry_width},
    table_source::TableSource,
};
use crate::{
    catalog::{IndexDef, IndexKey, TableDef},
    logical::{ColumnRef, Expr, ExprKind, RelId, columns_forced_non_null},
    stats::{ColumnStats, RelationSize, Statistics, StatsKey},
    value::DataType,
};
use alloc::{rc::Rc, vec::Vec};

/// Header and special space of a page, and the line pointers that a build sets aside.
const PAGE_OVERHEAD: f64 = 48.0;
/// Pointer to an item.
const LINE_POINTER: f64 = 4.0;
/// Row address in a list.
const ROW_ADDRESS: usize = 6;
/// Percent of an internal page that a build fills.
const INTERNAL_FILL: f64 = 70.0;
/// A row address that tells equal keys apart in a separator.
const TIE_BREAKER: f64 = 8.0;

/// What a prediction depends on.
#[derive(Clone, Copy)]
pub struct IndexSizeInput<'a> {
    /// The index.
    pub index: &'a IndexDef,
    /// Its table.
    pub table: &'a TableDef,
    /// What is known of the columns.
    pub statistics: &'a Statistics,
    /// Rows of the table.
    pub rows: f64,
    /// Bytes of a page.
    pub page_bytes: u32,
}

/// Predicted pages, height and entries. O(columns) plus a bounded sum over common values.
#[must_use]
pub fn predicted_index_size(input: &IndexSizeInput<'_>) -> RelationSize {
    let entries = entries(input);
    let (pages, height) = if entries < 1.0 {
        (1.0, 0)
    } else {
        shape(input, entries)
    };
    let pages = if pages < f64::from(u32::MAX) {
        pages as u32
    } else {
        u32::MAX
    };
    RelationSize {
        analyzed_pages: pages,
        analyzed_rows: entries,
        all_visible_pages: 0,
        pages,
        tree_height: height,
    }
}

fn source<'a>(input: &IndexSizeInput<'a>) -> TableSource<'a> {
    TableSource {
        statistics: input.statistics,
        table: input.table.id,
        rows: input.rows,
    }
}

/// Rows that the predicate lets in.
fn entries(input: &IndexSizeInput<'_>) -> f64 {
    if input.index.predicate.is_empty() {
        return input.rows;
    }
    libm::rint(input.rows * source(input).fraction(&input.index.predicate))
}

/// One key column as statistics know it.
struct Key<'a> {
    stored: StoredColumn,
    expr: Option<&'a Expr>,
}

fn column_stats(input: &IndexSizeInput<'_>, key: &StatsKey) -> Option<Rc<ColumnStats>> {
    input.statistics.columns.get(key).cloned()
}

fn keys<'a>(input: &IndexSizeInput<'a>) -> Vec<Key<'a>> {
    let forced: Vec<u16> = input
        .index
        .predicate
        .iter()
        .flat_map(columns_forced_non_null)
        .map(|column| column.column)
        .collect();
    input
        .index
        .columns
        .iter()
        .zip(0u16..)
        .map(|(part, position)| {
            let (stats, expr, never_null) = match &part.key {
                IndexKey::Column(at) => (
                    column_stats(input, &StatsKey::Column(input.table.id, *at)),
                    None,
                    forced.contains(at) || is_not_null(input.table, *at),
                ),
                IndexKey::Expression(expr) => (
                    column_stats(input, &StatsKey::Expression(input.index.id, position)),
                    Some(expr),
                    false,
                ),
            };
            Key {
                stored: StoredColumn {
                    data_type: part.data_type,
                    stats,
                    never_null,
                },
                expr,
            }
        })
        .collect()
}

fn is_not_null(table: &TableDef, at: u16) -> bool {
    table
        .columns
        .get(usize::from(at))
        .is_some_and(|column| column.not_null)
}

fn shape(input: &IndexSizeInput<'_>, entries: f64) -> (f64, u32) {
    let page = f64::from(input.page_bytes);
    let keys = keys(input);
    let mut stored: Vec<StoredColumn> = keys.iter().map(|key| key.stored.clone()).collect();
    let key_columns = stored.len();
    stored.extend(input.index.include.iter().map(|&at| {
        StoredColumn {
            data_type: input
                .table
                .columns
                .get(usize::from(at))
                .map_or(DataType::Unknown, |column| column.data_type),
            stats: column_stats(input, &StatsKey::Column(input.table.id, at)),
            never_null: is_not_null(input.table, at),
        }
    }));
    let prefixes = prefix_groups(input, &keys);
    let width = entry_width(&stored);
    let all_keys = prefixes
        .last()
        .map_or(entries, |groups| keys_that_occur(groups, entries))
        .min(entries);
    let listed = keeps_lists(input.index) && all_keys < 0.999 * entries;
    let fill = page * (1.0 - f64::from(input.index.fill_factor) / 100.0);
    let room = (page - PAGE_OVERHEAD - libm::floor(fill)).max(page / 8.0);
    let (items, bytes, even_bytes) = if listed {
        lists(prefixes.last(), entries, width.mean, page)
    } else {
        let each = width.mean + LINE_POINTER;
        (entries, entries * each, width.even.then_some(each))
    };
    let mean = even_bytes.unwrap_or(bytes / items.max(1.0));
    // The key that ends a page is counted without its list of rows.
    let room = room + (mean - width.mean - LINE_POINTER).max(0.0);
    let per_leaf = if even_bytes.is_some() {
        libm::floor(room / mean)
    } else {
        room / mean - 0.5
    };
    let mut level = libm::ceil(items / per_leaf.max(2.0));
    let pivot = pivot_bytes(&stored, key_columns, &prefixes, (entries, items));
    let inner_room = page - PAGE_OVERHEAD - libm::floor(page * (1.0 - INTERNAL_FILL / 100.0));
    let fanout = (libm::floor(inner_room / pivot) + 1.0).max(2.0);
    let mut pages = 1.0 + level;
    let mut height = 0;
    while level > 1.0 {
        level = libm::ceil(level / fanout);
        pages += level;
        height += 1;
    }
    (pages, height)
}

/// Whether equal keys are kept once (`_bt_allequalimage`): not with INCLUDE, nor for types whose equal values may look different.
fn keeps_lists(index: &IndexDef) -> bool {
    index.include.is_empty()
        && index.columns.iter().all(|part| {
            !matches!(
                part.data_type,
                DataType::Numeric(_) | DataType::Float4 | DataType::Float8
            )
        })
}

/// For the first one, two … key columns, how rows fall on their values.
fn prefix_groups(input: &IndexSizeInput<'_>, keys: &[Key<'_>]) -> Vec<Vec<Group>> {
    let source = source(input);
    let several = keys.len() > 1;
    let mut prefixes: Vec<Vec<Group>> = Vec::with_capacity(keys.len());
    for (key, position) in keys.iter().zip(0u16..) {
        let part = input.index.columns.get(usize::from(position));
        let distinct = match part.map(|part| &part.key) {
            Some(IndexKey::Column(at)) => {
                let column = table_column(*at, key.stored.data_type);
                source.distinct(input.index.id, u16::MAX, Some(&column))
            }
            _ => source.distinct(input.index.id, position, key.expr),
        };
        // Nothing is known: no two rows are alike, which is the largest that the index can be.
        let distinct = distinct.unwrap_or(input.rows).max(1.0);
        let own = column_groups(
            key.stored.stats.as_deref(),
            distinct,
            key.stored.never_null,
            several,
        );
        let groups = match prefixes.last() {
            Some(before) => combine(before, &own),
            None => own,
        };
        prefixes.push(groups);
    }
    if input.index.unique && !keys.iter().any(|key| may_be_null(&key.stored)) {
        let every = Group {
            values: input.rows,
            share: 1.0 / input.rows.max(1.0),
            certain: true,
        };
        if let Some(last) = prefixes.last_mut() {
            *last = Vec::from([every]);
        }
    }
    prefixes
}

/// A column of a table, as the catalog's expressions know it.
pub(super) fn table_column(at: u16, data_type: DataType) -> Expr {
    let column = ColumnRef {
        rel: RelId(0),
        column: at,
    };
    Expr::new(ExprKind::Column(column), data_type, parser::Span::default())
}

fn may_be_null(column: &StoredColumn) -> bool {
    !column.never_null
        && column
            .stats
            .as_ref()
            .is_some_and(|stats| stats.null_fraction > 0.0)
}

/// Items, their bytes, and the bytes of each if nearly all are as long as they may be, where equal keys are kept as lists of rows.
fn lists(
    groups: Option<&Vec<Group>>,
    entries: f64,
    key_bytes: f64,
    page: f64,
) -> (f64, f64, Option<f64>) {
    let longest = (libm::floor(page / 10.0 / 8.0) * 8.0 - LINE_POINTER) as usize & !7;
    let key = (key_bytes as usize).next_multiple_of(8);
    let most = (longest.saturating_sub(key) / ROW_ADDRESS).max(2) as u64;
    let item = |rows: u64| {
        let plain = if rows > 1 {
            (key + ROW_ADDRESS * rows as usize).next_multiple_of(8)
        } else {
            key
        };
        plain as f64 + LINE_POINTER
    };
    let groups = groups.map_or(&[][..], Vec::as_slice);
    let rest = |rows: u64| rows % most;
    let items = sum_over_keys(groups, entries, |rows| {
        (rows / most) as f64 + if rest(rows) > 0 { 1.0 } else { 0.0 }
    });
    let bytes = sum_over_keys(groups, entries, |rows| {
        let last = if rest(rows) > 0 {
            item(rest(rows))
        } else {
            0.0
        };
        (rows / most) as f64 * item(most) + last
    });
    // Entries whose size varies are rounded up each by itself; the mean stands for them.
    let even = (bytes > 0.9 * items * item(most)).then(|| item(most));
    (items, bytes + items * (key_bytes - key as f64), even)
}

/// Mean bytes of a separator with its line pointer: as many leading columns as tell two neighbours apart.
fn pivot_bytes(
    stored: &[StoredColumn],
    key_columns: usize,
    prefixes: &[Vec<Group>],
    counts: (f64, f64),
) -> f64 {
    let (entries, items) = counts;
    let (mut mean, mut so_far) = (0.0, 0.0);
    for at in 1..=key_columns {
        let keys = prefixes
            .get(at - 1)
            .map_or(items, |groups| keys_that_occur(groups, entries));
        let apart = (keys / items.max(1.0)).clamp(so_far, 1.0);
        let width = entry_width(stored.get(..at).unwrap_or(stored)).mean;
        mean += (apart - so_far) * width;
        so_far = apart;
    }
    let whole = entry_width(stored.get(..key_columns).unwrap_or(stored)).mean;
    mean + (1.0 - so_far) * (whole + TIE_BREAKER) + LINE_POINTER
}
