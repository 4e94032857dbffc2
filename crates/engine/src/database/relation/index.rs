//! An index: its tree, and what is needed to make entries from a table's rows.

use super::{
    clustered::{ByteList, RowCodec, RowReader},
    index_codec::IndexCodec,
    read::Wanted,
    row_parts::RowValues,
    table::Table,
};
use crate::{
    Error, ErrorCode,
    catalog::{IndexColumn, IndexDef, IndexKey},
    error::storage_error,
    executor::{
        bind::{Scope, input_column},
        columns,
        scalar::{Filter, Scalar},
        sort_keys::encode_value,
    },
    logical::{ColumnRef, Expr, ExprKind, RelId},
    value::{Batch, Column, Value, to_text},
};
use alloc::{rc::Rc, string::String, vec::Vec};
use btree::{
    BTree, BTreeOptions, Bound, Cursor, Direction, EntryList, MergePolicy, Payload, UniqueInsert,
};
use pages::order::sort_by;
use pages::{PageStore, RowId};

/// An index with its tree. Cloning is cheap.
#[derive(Clone)]
pub struct Index {
    /// Its definition.
    pub def: Rc<IndexDef>,
    /// Its entries.
    pub tree: BTree,
    pub(crate) codec: Rc<IndexCodec>,
    maker: Rc<Maker>,
    /// Names of the key columns, for messages.
    names: Rc<[String]>,
    kind: Kind,
}

/// Whose rows the entries lead to, and how.
#[derive(Clone)]
enum Kind {
    /// To a heap's rows, by address.
    Heap,
    /// The entries are the rows of a clustered table.
    Rows(Rc<RowCodec>),
    /// To a clustered table's rows: its primary key's columns follow the index's own.
    Carries(Rc<[u16]>),
}

/// Expressions of keys, and the predicate, over the table's columns.
struct Maker {
    keys: Vec<Scalar>,
    predicate: Filter,
    /// Table columns that an entry depends on.
    depends: Vec<u16>,
}

/// Entries of a batch's rows.
pub(crate) struct Entries {
    /// Rows that have an entry, in order.
    pub rows: Vec<u32>,
    pub keys: ByteList,
    pub payloads: ByteList,
    /// Rows of `rows` whose key has a NULL (they never conflict).
    pub nulls: Vec<bool>,
    /// The key columns, for messages.
    pub columns: Vec<Rc<Column>>,
}

impl Entries {
    /// Key of entry `at`.
    pub fn key(&self, at: usize) -> &[u8] {
        self.keys.get(at)
    }

    /// Payload of entry `at`.
    pub fn payload(&self, at: usize) -> &[u8] {
        self.payloads.get(at)
    }
}

impl Index {
    /// Creates the tree; the primary key of a clustered table has one already. `primary` is the clustered table's.
    pub fn create(
        store: &mut PageStore,
        def: Rc<IndexDef>,
        owner: &Table,
        primary: Option<&IndexDef>,
    ) -> Result<Self, Error> {
        let table = &*owner.def;
        let own = owner
            .cluster
            .as_ref()
            .filter(|cluster| cluster.index == def.id);
        let carried: &[IndexColumn] = match (&owner.cluster, primary) {
            (Some(_), Some(primary)) if own.is_none() => &primary.columns,
            _ => &[],
        };
        let parts: Vec<&IndexColumn> = def.columns.iter().chain(carried).collect();
        let inputs = crate::database::table_columns(table);
        let mut scope = Scope::default();
        let mut keys = Vec::with_capacity(def.columns.len());
        let mut depends: Vec<u16> = Vec::new();
        let mut note = |expr: &Expr| {
            crate::logical::expr_walk(expr, &mut |part| {
                if let ExprKind::Column(column) = &part.kind {
                    depends.push(column.column);
                }
                true
            });
        };
        for column in &parts {
            keys.push(match &column.key {
                IndexKey::Column(at) => {
                    note(&Expr {
                        kind: ExprKind::Column(ColumnRef {
                            rel: RelId(0),
                            column: *at,
                        }),
                        ..input_column(*at as usize, column.data_type)
                    });
                    Scalar::Input(*at as usize)
                }
                IndexKey::Expression(expr) => {
                    note(expr);
                    Scalar::new(expr, &inputs, &mut scope)?
                }
            });
        }
        def.predicate.iter().for_each(&mut note);
        depends.extend(&def.include);
        sort_by(&mut depends, Ord::cmp);
        depends.dedup();
        let predicate = Filter::new(&def.predicate, &inputs, &mut scope)?;
        let codec = IndexCodec::new(parts, &def.include, table);
        let options = BTreeOptions {
            leaf_fillfactor: def.fill_factor,
            payload: if codec.has_payload() {
                Payload::Bytes
            } else {
                Payload::None
            },
            merge: match owner.cluster {
                Some(_) => MergePolicy::WhenHalfEmpty,
                None => MergePolicy::WhenEmpty,
            },
        };
        let (tree, kind) = match (own, &owner.cluster) {
            (Some(cluster), _) => (cluster.tree.clone(), Kind::Rows(Rc::clone(&cluster.codec))),
            (None, cluster) => (
                BTree::create(store, options).map_err(storage_error)?,
                cluster
                    .as_ref()
                    .map_or(Kind::Heap, |cluster| Kind::Carries(Rc::clone(&cluster.key))),
            ),
        };
        let names = def.columns.iter().map(|column| match &column.key {
            IndexKey::Column(at) => table
                .columns
                .get(*at as usize)
                .map_or_else(String::new, |column| String::from(&*column.name)),
            IndexKey::Expression(_) => String::from("expression"),
        });
        let names = names.collect();
        Ok(Self {
            def,
            tree,
            names,
            kind,
            codec: Rc::new(codec),
            maker: Rc::new(Maker {
                keys,
                predicate,
                depends,
            }),
        })
    }

    /// Whether an entry depends on a column of the table.
    pub fn depends_on(&self, column: u16) -> bool {
        self.maker.depends.contains(&column)
    }

    /// The table's columns that entries depend on, ascending.
    pub fn depends(&self) -> &[u16] {
        &self.maker.depends
    }

    /// The entries of rows, given all of the table's columns (those that the index does not read may be empty).
    pub(crate) fn entries(&self, batch: &Batch) -> Result<Entries, Error> {
        let mut rows: Vec<u32> = (0..batch.rows as u32).collect();
        let kept;
        let dense = if self.maker.predicate.is_empty() {
            batch
        } else {
            let mut passing = batch.clone();
            self.maker.predicate.apply_with(&mut passing, &[])?;
            rows = columns::selected_rows(&passing);
            let mut columns = Vec::with_capacity(batch.columns.len());
            for column in &batch.columns {
                columns.push(if column.len() == batch.rows {
                    Rc::new(columns::gather(column, &rows)?)
                } else {
                    Rc::clone(column)
                });
            }
            kept = Batch::new(columns, rows.len());
            &kept
        };
        let mut keys = Vec::with_capacity(self.maker.keys.len());
        for key in &self.maker.keys {
            keys.push(key.evaluate_with(dense, &[])?);
        }
        let mut include = Vec::new();
        for &at in &self.def.include {
            if let Some(column) = dense.columns.get(at as usize) {
                include.push(Rc::clone(column));
            }
        }
        let mut made = Entries {
            rows,
            keys: ByteList::default(),
            payloads: ByteList::default(),
            nulls: Vec::new(),
            columns: Vec::new(),
        };
        let with_payload = self.codec.has_payload() && !matches!(self.kind, Kind::Rows(_));
        let any_null = keys.iter().any(|key| !key.nulls.0.is_empty());
        self.codec.keys(&keys, dense.rows, &mut made.keys)?;
        for row in 0..dense.rows {
            if with_payload {
                self.codec
                    .payload(&keys, &include, row, &mut made.payloads.bytes);
                made.payloads.end()?;
            }
            if any_null {
                made.nulls
                    .push(keys.iter().any(|key| columns::is_null(key, row)));
            }
        }
        made.columns = keys;
        Ok(made)
    }

    /// Adds one entry.
    ///
    /// # Errors
    /// 23505 for a key that a live row has.
    pub(crate) fn insert(
        &self,
        store: &mut PageStore,
        table: &Table,
        entries: &Entries,
        at: usize,
        row: RowId,
    ) -> Result<(), Error> {
        let (key, payload) = (entries.key(at), entries.payload(at));
        let unique = self.may_conflict(entries, at);
        if self.insert_key(store, table, key, payload, row, unique)? {
            return Ok(());
        }
        Err(self.violation(entries, at))
    }

    /// Adds all entries; `ids` are the addresses of the batch's rows. Entries that ascend behind all that the index has go together.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub(crate) fn insert_all(
        &self,
        store: &mut PageStore,
        table: &Table,
        entries: &Entries,
        ids: &[RowId],
    ) -> Result<(), Error> {
        let id = |&row: &u32| ids.get(row as usize).copied().unwrap_or_default();
        let rows: Vec<RowId> = entries.rows.iter().map(id).collect();
        let list = EntryList {
            bytes: &entries.keys.bytes,
            ends: &entries.keys.ends,
            rows: &rows,
        };
        let mut at = 0;
        // Where one entry does not belong behind all others, the next seldom does.
        let mut ascends = true;
        while at < rows.len() {
            if ascends {
                let distinct = self.def.unique;
                let added = self.tree.append(store, &*self.codec, list, at, distinct);
                let added = added.map_err(storage_error)?;
                ascends = added > 0;
                at += added;
            }
            // The leaf is full, or the entry belongs elsewhere.
            if let Some(&row) = rows.get(at) {
                self.insert(store, table, entries, at, row)?;
                at += 1;
            }
        }
        Ok(())
    }

    /// Whether an entry is a key of columns alone: no expression, no predicate, no payload.
    pub(crate) fn is_plain(&self) -> bool {
        let is_column = |key: &Scalar| matches!(key, Scalar::Input(_));
        !self.codec.has_payload()
            && self.maker.predicate.is_empty()
            && self.maker.keys.iter().all(is_column)
    }

    /// Adds the entry of a row to a [plain](Self::is_plain) index; `false` if another has its key. `memory` is memory to use.
    ///
    /// # Errors
    /// Out of memory; a damaged page.
    pub(crate) fn insert_plain(
        &self,
        store: &mut PageStore,
        table: &Table,
        value: RowValues<'_, '_>,
        row: RowId,
        memory: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        memory.clear();
        let mut null = false;
        for (part, scalar) in self.codec.keys.iter().zip(&self.maker.keys) {
            if let Scalar::Input(at) = scalar {
                let value = value(*at);
                null |= value.is_none();
                encode_value(value, part.spec, memory)?;
            }
        }
        self.insert_key(store, table, memory, &[], row, self.is_unique(null))
    }

    /// Adds one entry; `false` if `unique` forbids it.
    fn insert_key(
        &self,
        store: &mut PageStore,
        table: &Table,
        key: &[u8],
        payload: &[u8],
        row: RowId,
        unique: bool,
    ) -> Result<bool, Error> {
        let carries = matches!(self.kind, Kind::Carries(_));
        // There are no dead versions in a clustered table: whoever has the key is alive.
        if unique && carries && self.holder(store, key)?.is_some() {
            return Ok(false);
        }
        if !unique || carries {
            self.tree
                .insert(store, &*self.codec, key, row, payload)
                .map_err(storage_error)?;
            return Ok(true);
        }
        let inserted = self
            .tree
            .insert_unique(store, &*self.codec, key, row, payload, &mut |store, row| {
                table.heap.is_live(store, row)
            })
            .map_err(storage_error)?;
        Ok(inserted == UniqueInsert::Inserted)
    }

    /// Whether an entry may be refused because another has its key.
    pub(crate) fn may_conflict(&self, entries: &Entries, at: usize) -> bool {
        self.is_unique(entries.nulls.get(at).copied().unwrap_or(false))
    }

    /// Whether no two entries may have the same key, given whether it has a NULL.
    fn is_unique(&self, null: bool) -> bool {
        self.def.unique && (!null || self.def.nulls_not_distinct)
    }

    /// Removes one entry of a clustered table's row.
    pub(crate) fn remove(&self, store: &mut PageStore, key: &[u8]) -> Result<bool, Error> {
        self.tree
            .remove(store, &*self.codec, key, RowId::default())
            .map_err(storage_error)
    }

    /// Key columns that come from the clustered table's primary key.
    pub(crate) fn carried(&self) -> &[u16] {
        match &self.kind {
            Kind::Carries(columns) => columns,
            _ => &[],
        }
    }

    /// Whether the entries are a clustered table's rows.
    pub(crate) fn holds_rows(&self) -> bool {
        matches!(self.kind, Kind::Rows(_))
    }

    /// The primary key of the row that an entry of a clustered table's index leads to.
    pub(crate) fn primary_key<'k>(&self, key: &'k [u8]) -> Result<&'k [u8], Error> {
        Ok(self.codec.split(key, self.def.columns.len())?.1)
    }

    /// What tells two entries apart under UNIQUE: all of a key but the columns that it carries.
    pub(crate) fn own_key<'k>(&self, key: &'k [u8]) -> Result<&'k [u8], Error> {
        match self.kind {
            Kind::Carries(_) => Ok(self.codec.split(key, self.def.columns.len())?.0),
            _ => Ok(key),
        }
    }

    /// The primary key of a clustered table's row that has the same own key as this entry.
    pub(crate) fn holder(&self, store: &PageStore, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let own = || Bound::Included(self.own_key(key).map(<[u8]>::to_vec).unwrap_or_default());
        let mut cursor = Cursor::new(&self.tree, own(), own(), Direction::Forward);
        match cursor.next(store).map_err(storage_error)? {
            Some(entry) if self.holds_rows() => Ok(Some(entry.key.to_vec())),
            Some(entry) => Ok(Some(self.primary_key(entry.key)?.to_vec())),
            None => Ok(None),
        }
    }

    /// Appends an entry's values to `to`: key columns, then INCLUDE columns; `None` = not wanted.
    pub(crate) fn decode(
        &self,
        key: &[u8],
        payload: &[u8],
        to: &mut [Option<Column>],
    ) -> Result<(), Error> {
        let Kind::Rows(codec) = &self.kind else {
            return self.codec.decode(key, payload, to);
        };
        for (part, place) in self.def.columns.iter().zip(to) {
            if let (IndexKey::Column(at), Some(column)) = (&part.key, place) {
                let reader = RowReader::new(codec, &[Wanted::Column(*at)]);
                reader.read(codec, key, payload, core::slice::from_mut(column))?;
            }
        }
        Ok(())
    }

    /// 23505 in PostgreSQL's words.
    pub(crate) fn violation(&self, entries: &Entries, at: usize) -> Error {
        Error::new(
            ErrorCode::UniqueViolation,
            alloc::format!(
                "duplicate key value violates unique constraint \"{}\"",
                self.def.name
            ),
        )
        .with_detail(alloc::format!(
            "Key {} already exists.",
            self.describe(entries, at)
        ))
    }

    /// `(a, b)=(1, x)`
    pub(crate) fn describe(&self, entries: &Entries, at: usize) -> String {
        self.describe_key(&entries.columns, at)
    }

    /// The same for row `at` of the key's columns.
    pub(crate) fn describe_key(&self, columns: &[Rc<Column>], at: usize) -> String {
        let mut names = String::new();
        let mut values = String::new();
        let own = self.codec.keys.iter().take(self.def.columns.len());
        for (position, (key, column)) in own.zip(columns).enumerate() {
            if position > 0 {
                names.push_str(", ");
                values.push_str(", ");
            }
            names.push_str(self.names.get(position).map_or("?", |name| name));
            match column.get(at) {
                Value::Null => values.push_str("null"),
                value => values.push_str(&to_text(&value, key.data_type)),
            }
        }
        alloc::format!("({names})=({values})")
    }
}
