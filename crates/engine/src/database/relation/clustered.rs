//! Rows in the leaves of the primary key's tree: `WITH (organization = clustered)`.
//!
//! Why beside the heap: InnoDB and SQL Server keep tables like this, and what it costs and saves shows only next to a heap with the same
//! rows. There is one version of a row: undo is by pages, so an update writes in place and a delete frees its bytes at once.
//!
//! An entry's key is the primary key, its payload the row:
//! ```text
//! | PostgreSQL's row length u16 | a bit for each stored column: NULL | values: fixed as they are; others after one or two bytes of length |
//! ```
//! Columns that the key gives back exactly are not stored again. A page is charged for a row what a heap page would be, so that leaves
//! and heap pages hold the same number of rows of the same width.

use super::{index::Index, index_codec::IndexCodec, key_column::damaged, read::Wanted};
use crate::{
    Error, ErrorCode,
    catalog::{IndexDef, IndexId, IndexKey, TableDef},
    error::storage_error,
    executor::columns,
    value::{Batch, Column, DataType, Value},
};
use alloc::{rc::Rc, vec::Vec};
use btree::{BTree, BTreeOptions, KeyLayout, KeyPrefix, MergePolicy, Payload};
use pages::{PageStore, RowId, StorageError};

/// Byte strings one after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct ByteList {
    pub ends: Vec<u32>,
    pub bytes: Vec<u8>,
}

impl ByteList {
    /// Number `at`.
    pub fn get(&self, at: usize) -> &[u8] {
        let from = at
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied()
            .unwrap_or(0) as usize;
        let to = self.ends.get(at).copied().unwrap_or(0) as usize;
        self.bytes.get(from..to).unwrap_or(&[])
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Ends the string whose bytes were appended.
    pub fn end(&mut self) -> Result<(), Error> {
        let end = u32::try_from(self.bytes.len()).map_err(|_| columns::out_of_memory())?;
        self.ends.push(end);
        Ok(())
    }
}

/// The tree of a clustered table. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The primary key.
    pub index: IndexId,
    /// Its tree, with the rows.
    pub tree: BTree,
    /// Columns of the key, in its order.
    pub(crate) key: Rc<[u16]>,
    pub(crate) codec: Rc<RowCodec>,
}

/// How rows are written as entries.
#[derive(Debug)]
pub(crate) struct RowCodec {
    key: IndexCodec,
    /// Columns in the payload, ascending.
    stored: Vec<u16>,
    types: Rc<[DataType]>,
    /// Of each column its place in the key, if the key gives it back.
    in_key: Vec<Option<usize>>,
}

/// Whether a key of this type gives back the very value.
fn exact(data_type: DataType) -> bool {
    !matches!(
        data_type,
        DataType::Numeric(_) | DataType::Float4 | DataType::Float8 | DataType::Interval
    )
}

impl Cluster {
    /// Creates the tree.
    pub fn create(
        store: &mut PageStore,
        table: &TableDef,
        key: &IndexDef,
        types: &Rc<[DataType]>,
    ) -> Result<Self, Error> {
        let fill = match table.fill_factor {
            100 => key.fill_factor,
            chosen => chosen,
        };
        let options = BTreeOptions {
            leaf_fillfactor: fill,
            payload: Payload::Bytes,
            merge: MergePolicy::WhenHalfEmpty,
        };
        let columns: Vec<u16> = key
            .columns
            .iter()
            .filter_map(|column| match column.key {
                IndexKey::Column(at) => Some(at),
                IndexKey::Expression(_) => None,
            })
            .collect();
        let in_key: Vec<Option<usize>> = (0..types.len())
            .map(|at| {
                let place = columns.iter().position(|&key| usize::from(key) == at);
                place.filter(|_| types.get(at).copied().is_some_and(exact))
            })
            .collect();
        let stored = (0..types.len())
            .filter(|&at| in_key.get(at).is_some_and(Option::is_none))
            .filter_map(|at| u16::try_from(at).ok());
        let codec = RowCodec {
            key: IndexCodec::new(key.columns.iter().collect(), &[], table),
            stored: stored.collect(),
            types: Rc::clone(types),
            in_key,
        };
        Ok(Self {
            index: key.id,
            tree: BTree::create(store, options).map_err(storage_error)?,
            key: columns.into(),
            codec: Rc::new(codec),
        })
    }

    /// Appends the key of a row, given the key columns.
    pub(crate) fn key_of(
        &self,
        key_columns: &[Rc<Column>],
        row: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        self.codec.key.key(key_columns, row, out)
    }

    /// Keys of rows, given the key columns.
    pub(crate) fn keys(&self, key_columns: &[Rc<Column>], rows: usize) -> Result<ByteList, Error> {
        let mut made = ByteList::default();
        for row in 0..rows {
            self.codec.key.key(key_columns, row, &mut made.bytes)?;
            made.end()?;
        }
        Ok(made)
    }

    /// Adds the rows of a dense batch of all columns.
    ///
    /// # Errors
    /// 23505 for a key that is there; 54000 for a row that no leaf can hold.
    pub(crate) fn append(
        &self,
        store: &mut PageStore,
        index: &Index,
        batch: &Batch,
        lens: &[u16],
    ) -> Result<(), Error> {
        let entries = index.entries(batch)?;
        let mut payload = Vec::new();
        for row in 0..batch.rows {
            payload.clear();
            let len = lens.get(row).copied().unwrap_or(u16::MAX);
            self.codec.payload(&batch.columns, row, len, &mut payload);
            if !self.insert(store, entries.key(row), &payload)? {
                return Err(index.violation(&entries, row));
            }
        }
        Ok(())
    }

    /// Adds a row; `false` when one with its key is there.
    pub(crate) fn insert(
        &self,
        store: &mut PageStore,
        key: &[u8],
        payload: &[u8],
    ) -> Result<bool, Error> {
        self.tree
            .insert_new(store, &*self.codec, key, payload)
            .map_err(|error| row_error(error, payload))
    }

    /// Writes a row of the same key anew; `false` when there is none.
    pub(crate) fn replace(
        &self,
        store: &mut PageStore,
        key: &[u8],
        payload: &[u8],
    ) -> Result<bool, Error> {
        self.tree
            .set_payload(store, &*self.codec, key, RowId::default(), payload)
            .map_err(|error| row_error(error, payload))
    }

    /// Removes a row; `false` when there is none.
    pub(crate) fn remove(&self, store: &mut PageStore, key: &[u8]) -> Result<bool, Error> {
        self.tree
            .remove(store, &*self.codec, key, RowId::default())
            .map_err(storage_error)
    }

    /// Appends the row of a key; `false` when there is none.
    pub(crate) fn fetch(
        &self,
        store: &PageStore,
        key: &[u8],
        reader: &RowReader,
        to: &mut [Column],
    ) -> Result<bool, Error> {
        match self.tree.entry(store, key).map_err(storage_error)? {
            Some(entry) => {
                reader.read(&self.codec, entry.key, entry.payload, to)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

/// A row that no leaf can hold, in the words for heaps: its tree is not what the user asked for.
fn row_error(error: StorageError, payload: &[u8]) -> Error {
    match error {
        StorageError::EntryTooLarge {
            entry_bytes,
            limit_bytes,
        } => Error::new(
            ErrorCode::ProgramLimitExceeded,
            alloc::format!(
                "row is too big: size {}, maximum size {limit_bytes}",
                entry_bytes.max(payload.len())
            ),
        )
        .with_hint("A leaf of a clustered table must find room for three rows; a heap takes rows of up to a page."),
        error => storage_error(error),
    }
}

impl RowCodec {
    /// Appends the payload of a row of the table's columns.
    pub fn payload(&self, columns: &[Rc<Column>], row: usize, row_len: u16, out: &mut Vec<u8>) {
        out.extend_from_slice(&row_len.to_le_bytes());
        let bits = out.len();
        out.resize(bits + self.stored.len().div_ceil(8), 0);
        for (place, &at) in self.stored.iter().enumerate() {
            let Some(column) = columns.get(usize::from(at)) else {
                continue;
            };
            if columns::is_null(column, row) {
                if let Some(byte) = out.get_mut(bits + place / 8) {
                    *byte |= 1 << (place % 8);
                }
                continue;
            }
            let start = out.len();
            if column.data.data_type().fixed_len().is_some() {
                column.data.write_row(row, out);
                continue;
            }
            out.push(0);
            column.data.write_row(row, out);
            let length = out.len() - start - 1;
            if length < 0x80 {
                if let Some(byte) = out.get_mut(start) {
                    *byte = length as u8;
                }
            } else {
                // Longer than 15 bits is longer than any page: the tree refuses the entry.
                let [low, high] = (length.min(0x7FFF) as u16).to_le_bytes();
                out.splice(start..=start, [0x80 | high, low]);
            }
        }
    }

    /// Of a table's column the place in the key, if the key gives it back.
    fn place_in_key(&self, column: u16) -> Option<usize> {
        self.in_key.get(usize::from(column)).copied().flatten()
    }
}

/// Which columns of each row to read, worked out once for many rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowReader {
    /// By place in the key: where the value goes.
    keys: Vec<Option<usize>>,
    /// By place in the payload: where the value goes.
    stored: Vec<Option<usize>>,
    /// Columns that get a zero: addresses, which a clustered table has not.
    addresses: Vec<usize>,
}

impl RowReader {
    /// For these columns of a table.
    pub fn new(codec: &RowCodec, wanted: &[Wanted]) -> Self {
        let mut made = Self::default();
        for (to, wanted) in wanted.iter().enumerate() {
            let Wanted::Column(column) = *wanted else {
                made.addresses.push(to);
                continue;
            };
            let (places, place) = match codec.place_in_key(column) {
                Some(place) => (&mut made.keys, Some(place)),
                None => (
                    &mut made.stored,
                    codec.stored.iter().position(|&at| at == column),
                ),
            };
            if let Some(place) = place {
                if places.len() <= place {
                    places.resize(place + 1, None);
                }
                if let Some(target) = places.get_mut(place) {
                    *target = Some(to);
                }
            }
        }
        made
    }

    /// Appends one row's values to `to`.
    pub fn read(
        &self,
        codec: &RowCodec,
        key: &[u8],
        payload: &[u8],
        to: &mut [Column],
    ) -> Result<(), Error> {
        let mut from = 0;
        for (at, target) in self.keys.iter().enumerate() {
            let end = codec.key.part_end(key, from, at)?;
            if let Some(column) = target.and_then(|target| to.get_mut(target)) {
                let bytes = key.get(from..end).ok_or_else(damaged)?;
                codec.key.decode_column(at, bytes, &[], column)?;
            }
            from = end;
        }
        let bits = 2;
        let mut from = bits + codec.stored.len().div_ceil(8);
        for (place, target) in self.stored.iter().enumerate() {
            let column = target.and_then(|target| to.get_mut(target));
            let byte = *payload.get(bits + place / 8).ok_or_else(damaged)?;
            if byte >> (place % 8) & 1 == 1 {
                if let Some(column) = column {
                    columns::push(column, &Value::Null)?;
                }
                continue;
            }
            let data_type = codec
                .stored
                .get(place)
                .and_then(|&at| codec.types.get(usize::from(at)))
                .copied()
                .unwrap_or(DataType::Unknown);
            let length = match data_type.fixed_len() {
                Some(length) => length,
                None => match *payload.get(from).ok_or_else(damaged)? {
                    short @ 0..0x80 => {
                        from += 1;
                        usize::from(short)
                    }
                    high => {
                        let low = *payload.get(from + 1).ok_or_else(damaged)?;
                        from += 2;
                        usize::from(high & 0x7F) << 8 | usize::from(low)
                    }
                },
            };
            let bytes = payload.get(from..from + length).ok_or_else(damaged)?;
            from += length;
            if let Some(column) = column {
                if !column.data.push_le(bytes) {
                    return Err(damaged());
                }
                if !column.nulls.0.is_empty() {
                    column.nulls.0.push(false);
                }
            }
        }
        for &at in &self.addresses {
            if let Some(column) = to.get_mut(at) {
                columns::push_zero(column)?;
            }
        }
        Ok(())
    }
}

impl KeyLayout for RowCodec {
    fn tuple_bytes(&self, key: &[u8], payload: &[u8]) -> usize {
        match payload.first_chunk::<2>() {
            Some(length) => usize::from(u16::from_le_bytes(*length)),
            None => self.key.tuple_bytes(key, &[]),
        }
    }

    fn separator(&self, left: &[u8], right: &[u8]) -> Option<KeyPrefix> {
        self.key.separator(left, right)
    }

    fn columns(&self) -> usize {
        KeyLayout::columns(&self.key)
    }

    fn deduplicate(&self) -> bool {
        false
    }
}
