//! A table's rows: from typed columns to heap pages and back.
//!
//! Why between engine and heap: the heap stores bytes and knows no types. Scans copy a column's values straight out of the page's
//! minipage; nothing is read of the columns that nobody asked for.

use super::clustered::{Cluster, RowReader};
use super::row_parts::with_row;
use crate::{
    Error,
    catalog::{IndexDef, Organization, TableDef},
    error::storage_error,
    executor::columns,
    value::{
        Batch, Column, ColumnData, DataType,
        geometry::{row_len, row_lens},
    },
};
use alloc::{rc::Rc, vec::Vec};
use pages::{
    BlockNumber, PageStore, RowId,
    heap::{
        ColumnKind, ColumnSlice, ColumnValues, ColumnView, HeapCounts, HeapFile, HeapPage,
        IndexedColumns, RowLayout, RowRun, RowView, Updated,
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

    /// Stores row `row` of the columns, and returns where it went.
    pub fn insert(
        &self,
        store: &mut PageStore,
        columns: &[Rc<Column>],
        row: usize,
    ) -> Result<RowId, Error> {
        let len = row_len(columns, &self.types, row);
        with_row(columns, row, len, |row| self.heap.insert(store, row)).map_err(storage_error)
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
            for row in 0..rows {
                let first = self.insert(store, columns, row)?;
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

    /// Writes row `row` of the columns as a new version of `old`.
    pub fn update(
        &self,
        store: &mut PageStore,
        old: RowId,
        columns: &[Rc<Column>],
        row: usize,
        row_len: u16,
        indexed: IndexedColumns,
    ) -> Result<Updated, Error> {
        with_row(columns, row, row_len, |row| {
            self.heap
                .update(store, old, row, indexed)
                .map_err(storage_error)
        })
    }

    /// PostgreSQL's lengths of rows.
    pub fn row_lengths(&self, columns: &[Rc<Column>], rows: usize) -> Vec<u16> {
        row_lens(columns, &self.types, rows)
    }

    /// Empty columns for `wanted`.
    pub fn empty_columns(&self, wanted: &[Wanted]) -> Vec<Column> {
        wanted
            .iter()
            .map(|wanted| match wanted {
                Wanted::Column(at) => columns::empty(self.data_type(*at)),
                Wanted::RowId => columns::empty(DataType::Int8),
            })
            .collect()
    }

    /// Makes columns that were filled for `wanted` before empty again; those that somebody still has are replaced by new ones.
    pub fn clear_columns(&self, wanted: &[Wanted], columns: &mut Vec<Rc<Column>>) {
        if columns.len() != wanted.len() {
            *columns = self
                .empty_columns(wanted)
                .into_iter()
                .map(Rc::new)
                .collect();
            return;
        }
        for column in columns {
            match Rc::get_mut(column) {
                Some(column) => column.clear(),
                None => *column = Rc::new(columns::empty_like(column)),
            }
        }
    }

    /// The type of a column.
    pub fn data_type(&self, column: u16) -> DataType {
        self.types
            .get(column as usize)
            .copied()
            .unwrap_or(DataType::Unknown)
    }

    /// Columns for `wanted`, with room for `rows` where `which` says so.
    pub fn columns_for(
        &self,
        wanted: &[Wanted],
        which: impl Iterator<Item = bool>,
        rows: usize,
    ) -> Vec<Column> {
        let room = which.map(|which| if which { rows } else { 0 });
        wanted
            .iter()
            .zip(room)
            .map(|(wanted, room)| match wanted {
                Wanted::Column(at) => Column::with_capacity(self.data_type(*at), room),
                Wanted::RowId => Column::with_capacity(DataType::Int8, room),
            })
            .collect()
    }

    /// Appends all slots of a page to `to`, and the numbers of those that are visible to `visible`, counted from `base`.
    /// Returns the slots.
    pub fn read_page(
        &self,
        page: &HeapPage<'_>,
        block: BlockNumber,
        wanted: &[Wanted],
        to: &mut [Column],
        base: usize,
        visible: &mut Vec<u32>,
    ) -> Result<usize, Error> {
        debug_assert_eq!(page.block(), block);
        self.read_columns(page, &[], wanted, to, base)?;
        Self::visible_slots(page, base, visible);
        Ok(page.slots())
    }

    /// Appends all slots of a page to the columns that `which` names; an empty `which` means all.
    pub fn read_columns(
        &self,
        page: &HeapPage<'_>,
        which: &[bool],
        wanted: &[Wanted],
        to: &mut [Column],
        base: usize,
    ) -> Result<(), Error> {
        let slots = page.slots();
        for (at, (wanted, column)) in wanted.iter().zip(to).enumerate() {
            if !which.get(at).copied().unwrap_or(which.is_empty()) {
                continue;
            }
            match wanted {
                Wanted::Column(at) => {
                    let view = page.column(*at as usize);
                    read_column(view, slots, base, column, page.block())?;
                }
                Wanted::RowId => {
                    let block = page.block().0;
                    if let ColumnData::Int8(ids) = &mut column.data {
                        ids.extend(
                            (0..slots).map(|slot| RowId::new(block, slot as u16).to_u64() as i64),
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// Appends the numbers of a page's visible slots, counted from `base`.
    pub fn visible_slots(page: &HeapPage<'_>, base: usize, visible: &mut Vec<u32>) {
        let slots = page.slots();
        if page.all_slots_visible() {
            visible.extend((base..base + slots).map(|row| row as u32));
            return;
        }
        let bits = page.visible();
        visible.extend(
            (0..slots)
                .filter(|slot| bits.get(slot / 8).is_some_and(|b| b >> (slot % 8) & 1 == 1))
                .map(|slot| (base + slot) as u32),
        );
    }

    /// Appends some slots of a page, given as row numbers counted from `base`, to the columns that `which` names.
    pub fn read_slots(
        &self,
        page: &HeapPage<'_>,
        which: &[bool],
        wanted: &[Wanted],
        to: &mut [Column],
        rows: &[u32],
        base: usize,
    ) -> Result<(), Error> {
        let block = page.block();
        for (at, (wanted, column)) in wanted.iter().zip(to).enumerate() {
            if which.get(at) != Some(&true) {
                continue;
            }
            let view = match wanted {
                Wanted::Column(at) => Some(page.column(*at as usize)),
                Wanted::RowId => None,
            };
            for &row in rows {
                let slot = row as usize - base;
                let value = match &view {
                    Some(view) => view.value(slot),
                    None => {
                        if let ColumnData::Int8(ids) = &mut column.data {
                            ids.push(RowId::new(block.0, slot as u16).to_u64() as i64);
                        }
                        continue;
                    }
                };
                let Some(bytes) = value else {
                    columns::push(column, &crate::value::Value::Null)?;
                    continue;
                };
                if !column.data.push_le(bytes) {
                    return Err(damaged(block));
                }
                if !column.nulls.0.is_empty() {
                    column.nulls.0.push(false);
                }
            }
        }
        Ok(())
    }

    /// Appends one row.
    pub fn read_row(
        &self,
        row: &RowView<'_>,
        wanted: &[Wanted],
        to: &mut [Column],
    ) -> Result<(), Error> {
        for (&wanted, column) in wanted.iter().zip(to) {
            self.read_value(row, wanted, column)?;
        }
        Ok(())
    }

    /// Appends what is wanted of a row to one column.
    pub fn read_value(
        &self,
        row: &RowView<'_>,
        wanted: Wanted,
        column: &mut Column,
    ) -> Result<(), Error> {
        match wanted {
            Wanted::Column(at) => match row.value(at as usize) {
                Some(bytes) => {
                    if !column.data.push_le(bytes) {
                        return Err(damaged(row.row_id().block));
                    }
                    if !column.nulls.0.is_empty() {
                        column.nulls.0.push(false);
                    }
                }
                None => columns::push(column, &crate::value::Value::Null)?,
            },
            Wanted::RowId => {
                if let ColumnData::Int8(ids) = &mut column.data {
                    ids.push(row.row_id().to_u64() as i64);
                }
            }
        }
        Ok(())
    }

    /// The visible version of the row that an index entry means, of which only what is wanted may be read. A row of page `last` costs no
    /// access: the page is still pinned.
    pub fn row_pinned<'s>(
        &'s self,
        store: &'s PageStore,
        id: RowId,
        wanted: &[Wanted],
        last: &mut Option<u32>,
    ) -> Result<Option<RowView<'s>>, Error> {
        let read = wanted.iter().filter_map(|wanted| match wanted {
            Wanted::Column(column) => Some(*column as usize),
            Wanted::RowId => None,
        });
        let page = if *last == Some(id.block.0) {
            self.heap.peek_for_columns(store, id.block, read)
        } else {
            self.heap.page_for_columns(store, id.block, read)
        };
        *last = Some(id.block.0);
        Ok(page.map_err(storage_error)?.row(id.slot))
    }

    /// All columns of the rows at `ids`, in that order; addresses whose row is gone are left out of the batch.
    pub fn fetch(
        &self,
        store: &PageStore,
        ids: &[RowId],
        wanted: &[Wanted],
    ) -> Result<Batch, Error> {
        let mut made = self.empty_columns(wanted);
        let mut rows = 0;
        for &id in ids {
            if let Some(view) = self.heap.fetch(store, id).map_err(storage_error)? {
                self.read_row(&view, wanted, &mut made)?;
                rows += 1;
            }
        }
        Ok(Batch {
            columns: made.into_iter().map(Rc::new).collect(),
            rows,
            selection: None,
        })
    }
}

/// What a scan reads of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A column.
    Column(u16),
    /// The row's address, as a bigint.
    RowId,
}

fn damaged(block: BlockNumber) -> Error {
    Error::new(
        crate::ErrorCode::DataCorrupted,
        alloc::format!(
            "a value in block {} does not have its column's form",
            block.0
        ),
    )
}

fn read_column(
    view: ColumnView<'_>,
    slots: usize,
    base: usize,
    to: &mut Column,
    block: BlockNumber,
) -> Result<(), Error> {
    let nulls = match view {
        ColumnView::AllNull => {
            for _ in 0..slots {
                columns::push(to, &crate::value::Value::Null)?;
            }
            return Ok(());
        }
        ColumnView::Fixed { values, nulls, .. } => {
            if !to.data.extend_le(values) {
                return Err(damaged(block));
            }
            nulls
        }
        ColumnView::Variable { ends, bytes, nulls } => {
            // Room that the page keeps behind the last value is none of the column's.
            let used = ends
                .last_chunk::<2>()
                .map_or(0, |end| u16::from_le_bytes(*end));
            let bytes = bytes.get(..usize::from(used)).unwrap_or(bytes);
            let mut from = 0usize;
            if let ColumnData::Text(texts) = &mut to.data {
                if core::str::from_utf8(bytes).is_err() {
                    return Err(damaged(block));
                }
                let start = texts.bytes.len();
                texts.bytes.extend_from_slice(bytes);
                texts.offsets.extend(
                    ends.as_chunks::<2>()
                        .0
                        .iter()
                        .map(|&end| (start + usize::from(u16::from_le_bytes(end))) as u32),
                );
            } else {
                for &end in ends.as_chunks::<2>().0 {
                    let end = usize::from(u16::from_le_bytes(end));
                    match bytes.get(from..end) {
                        Some([]) => columns::push_zero(to)?,
                        Some(value) if to.data.push_le(value) => {}
                        _ => return Err(damaged(block)),
                    }
                    from = end;
                }
            }
            nulls
        }
    };
    if to.data.len() != base + slots {
        return Err(damaged(block));
    }
    if nulls.is_none() && to.nulls.0.is_empty() {
        return Ok(());
    }
    to.nulls.0.resize(base, false);
    match nulls {
        None => to.nulls.0.resize(base + slots, false),
        Some(bits) => to.nulls.0.extend(
            (0..slots).map(|slot| bits.get(slot / 8).is_some_and(|b| b >> (slot % 8) & 1 == 1)),
        ),
    }
    Ok(())
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
