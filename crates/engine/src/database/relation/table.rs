//! A table: what it is, and its rows from typed columns to heap pages.
//!
//! Why between engine and heap: the heap stores bytes and knows no types. Not here: reading (`read.rs`).

use super::clustered::{Cluster, RowReader};
use super::{
    read::Wanted,
    row_parts::{RowValues, with_row},
};
use crate::{
    Error,
    catalog::{IndexDef, Organization, TableDef},
    error::storage_error,
    executor::columns,
    value::{Batch, Column, ColumnData, DataType, geometry::row_lens},
};
use alloc::{rc::Rc, vec::Vec};
use pages::{
    PageStore, RowId,
    heap::{
        ColumnKind, ColumnSlice, ColumnValues, HeapCounts, HeapFile, IndexedColumns, RowLayout,
        RowRun, Updated,
    },
};

/// A table with its heap. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its definition.
    pub def: Rc<TableDef>,
    /// Its rows; without pages if the table is clustered.
    pub heap: HeapFile,
    /// The tree that has the rows of a clustered table.
    pub cluster: Option<Cluster>,
    /// Types of its columns.
    pub types: Rc<[DataType]>,
}

/// Up to so many rows go into the heap one by one: a few bytes of a page change. More are laid out together, which writes the page anew.
const FEW_ROWS: usize = 6;

fn kind(data_type: DataType) -> ColumnKind {
    match data_type.fixed_len() {
        Some(1) => ColumnKind::Fixed1,
        Some(2) => ColumnKind::Fixed2,
        Some(4) => ColumnKind::Fixed4,
        Some(8) => ColumnKind::Fixed8,
        Some(_) => ColumnKind::Fixed16,
        None => ColumnKind::Variable,
    }
}

/// A column as the heap takes it, where the engine's vector has another form.
enum Bytes {
    Borrowed,
    One(Vec<u8>),
    Sixteen(Vec<[u8; 16]>),
    Variable(Vec<u32>, Vec<u8>),
}

impl Table {
    /// Creates an empty heap for a table, or an empty tree.
    pub fn create(
        store: &mut PageStore,
        def: Rc<TableDef>,
        primary_key: Option<&IndexDef>,
    ) -> Result<Self, Error> {
        let types: Rc<[DataType]> = def.columns.iter().map(|c| c.data_type).collect();
        let layout = RowLayout {
            columns: types.iter().map(|&t| kind(t)).collect(),
        };
        let heap = HeapFile::create(store, layout, def.fill_factor).map_err(storage_error)?;
        let cluster = match (def.organization, primary_key) {
            (Organization::Clustered, Some(key)) => {
                Some(Cluster::create(store, &def, key, &types)?)
            }
            _ => None,
        };
        Ok(Self {
            def,
            heap,
            cluster,
            types,
        })
    }

    /// Frees all pages.
    pub fn drop_rows(&self, store: &mut PageStore) -> Result<(), Error> {
        if let Some(cluster) = &self.cluster {
            cluster.tree.drop_tree(store).map_err(storage_error)?;
        }
        self.heap.drop_file(store).map_err(storage_error)
    }

    /// Pages with rows: the heap's, or the tree's leaves.
    pub fn pages(&self, store: &PageStore) -> u32 {
        self.counts(store).pages
    }

    /// Rows and pages. O(1).
    pub fn counts(&self, store: &PageStore) -> HeapCounts {
        match &self.cluster {
            None => self.heap.counts(store),
            Some(cluster) => {
                let counts = cluster.tree.counts(store);
                HeapCounts {
                    live_rows: counts.entries,
                    pages: counts.leaf_pages,
                    all_visible_pages: counts.leaf_pages,
                    ..HeapCounts::default()
                }
            }
        }
    }

    /// Stores the rows of a dense batch of all columns; `key` is the index that holds a clustered table's rows.
    pub(crate) fn store_rows(
        &self,
        store: &mut PageStore,
        key: Option<&super::Index>,
        batch: &Batch,
    ) -> Result<(), Error> {
        match (&self.cluster, key) {
            (Some(cluster), Some(key)) => {
                let lens = self.row_lengths(&batch.columns, batch.rows);
                cluster.append(store, key, batch, &lens)
            }
            _ => self.append(store, &batch.columns, batch.rows).map(drop),
        }
    }

    /// All columns of a clustered table's rows with these keys; keys whose row is gone are left out of the batch.
    pub(crate) fn fetch_keys(
        &self,
        store: &PageStore,
        keys: &super::ByteList,
        wanted: &[Wanted],
    ) -> Result<Batch, Error> {
        let mut made = self.empty_columns(wanted);
        let mut rows = 0;
        if let Some(cluster) = &self.cluster {
            let reader = RowReader::new(&cluster.codec, wanted);
            for at in 0..keys.len() {
                rows += usize::from(cluster.fetch(store, keys.get(at), &reader, &mut made)?);
            }
        }
        Ok(Batch::new(made.into_iter().map(Rc::new).collect(), rows))
    }

    /// Stores a row, and returns where it went. `memory` is memory to use.
    pub(crate) fn insert(
        &self,
        store: &mut PageStore,
        value: RowValues<'_, '_>,
        memory: &mut Vec<u8>,
    ) -> Result<RowId, Error> {
        with_row(value, &self.types, memory, |row| {
            self.heap.insert(store, row)
        })
        .map_err(storage_error)
    }

    /// Stores the rows of a batch without selection, and returns where they went.
    pub fn append(
        &self,
        store: &mut PageStore,
        columns: &[Rc<Column>],
        rows: usize,
    ) -> Result<Vec<RowRun>, Error> {
        if rows <= FEW_ROWS {
            let mut runs = Vec::with_capacity(rows);
            let mut memory = Vec::new();
            for row in 0..rows {
                let first =
                    self.insert(store, &|at| columns.get(at)?.value_ref(row), &mut memory)?;
                runs.push(RowRun { first, rows: 1 });
            }
            return Ok(runs);
        }
        let lens = row_lens(columns, &self.types, rows);
        let mut converted = Vec::with_capacity(columns.len());
        let mut bitmaps = Vec::with_capacity(columns.len());
        for column in columns {
            converted.push(convert(&column.data, rows)?);
            bitmaps.push(bitmap(column, rows));
        }
        let mut slices = Vec::with_capacity(columns.len());
        for ((column, bytes), nulls) in columns.iter().zip(&converted).zip(&bitmaps) {
            slices.push(ColumnSlice {
                values: values(&column.data, bytes),
                nulls: nulls.as_deref(),
            });
        }
        self.heap
            .append(store, &slices, &lens, 0..rows)
            .map_err(storage_error)
    }

    /// Writes a new version of `old`. `memory` is memory to use.
    pub(crate) fn update(
        &self,
        store: &mut PageStore,
        old: RowId,
        value: RowValues<'_, '_>,
        indexed: IndexedColumns,
        memory: &mut Vec<u8>,
    ) -> Result<Updated, Error> {
        with_row(value, &self.types, memory, |row| {
            self.heap
                .update(store, old, row, indexed)
                .map_err(storage_error)
        })
    }

    /// PostgreSQL's lengths of rows.
    pub fn row_lengths(&self, columns: &[Rc<Column>], rows: usize) -> Vec<u16> {
        row_lens(columns, &self.types, rows)
    }
}

fn convert(data: &ColumnData, rows: usize) -> Result<Bytes, Error> {
    Ok(match data {
        ColumnData::Bool(v) => Bytes::One(v.iter().map(|&x| u8::from(x)).collect()),
        ColumnData::Interval(_) => {
            let mut bytes = Vec::new();
            data.write_le(0..rows, &mut bytes);
            Bytes::Sixteen(bytes.as_chunks::<16>().0.to_vec())
        }
        ColumnData::Numeric(_) => {
            let mut offsets = alloc::vec![0];
            let mut bytes = Vec::new();
            for row in 0..rows {
                data.write_row(row, &mut bytes);
                offsets.push(u32::try_from(bytes.len()).map_err(|_| columns::out_of_memory())?);
            }
            Bytes::Variable(offsets, bytes)
        }
        _ => Bytes::Borrowed,
    })
}

fn values<'a>(data: &'a ColumnData, bytes: &'a Bytes) -> ColumnValues<'a> {
    match (data, bytes) {
        (_, Bytes::One(v)) => ColumnValues::Fixed1(v),
        (_, Bytes::Sixteen(v)) => ColumnValues::Fixed16(v),
        (_, Bytes::Variable(offsets, bytes)) => ColumnValues::Variable { offsets, bytes },
        (ColumnData::Int2(v), _) => ColumnValues::Fixed2(v),
        (ColumnData::Int4(v) | ColumnData::Date(v), _) => ColumnValues::Fixed4(v),
        (ColumnData::Int8(v) | ColumnData::Timestamp(v), _) => ColumnValues::Fixed8(v),
        (ColumnData::Float4(v), _) => ColumnValues::Float4(v),
        (ColumnData::Float8(v), _) => ColumnValues::Float8(v),
        (ColumnData::Uuid(v), _) => ColumnValues::Fixed16(v),
        (ColumnData::Text(texts), _) => ColumnValues::Variable {
            offsets: &texts.offsets,
            bytes: &texts.bytes,
        },
        (ColumnData::Bool(_) | ColumnData::Numeric(_) | ColumnData::Interval(_), _) => {
            ColumnValues::Fixed1(&[])
        }
    }
}

fn bitmap(column: &Column, rows: usize) -> Option<Vec<u8>> {
    if !column.nulls.0.iter().any(|&null| null) {
        return None;
    }
    let mut bits = alloc::vec![0u8; rows.div_ceil(8)];
    for (row, &null) in column.nulls.0.iter().enumerate().take(rows) {
        if null && let Some(byte) = bits.get_mut(row / 8) {
            *byte |= 1 << (row % 8);
        }
    }
    Some(bits)
}
