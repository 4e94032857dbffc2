//! An index: its tree, and what is needed to make entries from a table's rows.

use super::index_codec::IndexCodec;
use crate::{
    Error, ErrorCode,
    catalog::{IndexDef, IndexKey, TableDef},
    error::storage_error,
    executor::{
        bind::{Scope, input_column},
        columns,
        scalar::{Filter, Scalar},
    },
    logical::{ColumnRef, Expr, ExprKind, Origin, RelId},
    value::{Batch, Column, Value, to_text},
};
use alloc::{rc::Rc, string::String, vec::Vec};
use btree::{BTree, BTreeOptions, MergePolicy, Payload, UniqueInsert};
use pages::{PageStore, RowId, heap::HeapFile};

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
    pub key_ends: Vec<u32>,
    pub keys: Vec<u8>,
    pub payload_ends: Vec<u32>,
    pub payloads: Vec<u8>,
    /// Rows of `rows` whose key has a NULL (they never conflict).
    pub nulls: Vec<bool>,
    /// The key columns, for messages.
    pub columns: Vec<Rc<Column>>,
}

impl Entries {
    fn part<'a>(ends: &[u32], bytes: &'a [u8], at: usize) -> &'a [u8] {
        let from = at
            .checked_sub(1)
            .and_then(|before| ends.get(before))
            .copied()
            .unwrap_or(0) as usize;
        let to = ends.get(at).copied().unwrap_or(0) as usize;
        bytes.get(from..to).unwrap_or(&[])
    }

    /// Key of entry `at`.
    pub fn key(&self, at: usize) -> &[u8] {
        Self::part(&self.key_ends, &self.keys, at)
    }

    /// Payload of entry `at`.
    pub fn payload(&self, at: usize) -> &[u8] {
        Self::part(&self.payload_ends, &self.payloads, at)
    }
}

/// The columns of a table as an index's expressions name them.
fn table_columns(table: &TableDef) -> Vec<Expr> {
    table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| Expr {
            kind: ExprKind::Column(ColumnRef {
                rel: RelId(0),
                column: at as u16,
            }),
            data_type: column.data_type,
            origin: Origin::default(),
        })
        .collect()
}

impl Index {
    /// Creates the tree.
    pub fn create(
        store: &mut PageStore,
        def: Rc<IndexDef>,
        table: &TableDef,
    ) -> Result<Self, Error> {
        let codec = IndexCodec::new(&def, table);
        let inputs = table_columns(table);
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
        for column in &def.columns {
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
        depends.sort_unstable();
        depends.dedup();
        let predicate = Filter::new(&def.predicate, &inputs, &mut scope)?;
        let options = BTreeOptions {
            leaf_fillfactor: def.fill_factor,
            payload: if codec.has_payload() {
                Payload::Bytes
            } else {
                Payload::None
            },
            merge: MergePolicy::WhenEmpty,
        };
        let tree = BTree::create(store, options).map_err(storage_error)?;
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
        let mut passing = batch.clone();
        self.maker.predicate.apply_with(&mut passing, &[])?;
        let rows = columns::selected_rows(&passing);
        let dense = if passing.selection.is_some() {
            let mut kept = Vec::with_capacity(batch.columns.len());
            for column in &batch.columns {
                kept.push(if column.len() == batch.rows {
                    Rc::new(columns::gather(column, &rows)?)
                } else {
                    Rc::clone(column)
                });
            }
            Batch {
                columns: kept,
                rows: rows.len(),
                selection: None,
            }
        } else {
            batch.clone()
        };
        let mut keys = Vec::with_capacity(self.maker.keys.len());
        for key in &self.maker.keys {
            keys.push(key.evaluate_with(&dense, &[])?);
        }
        let mut include = Vec::new();
        for &at in &self.def.include {
            if let Some(column) = dense.columns.get(at as usize) {
                include.push(Rc::clone(column));
            }
        }
        let mut made = Entries {
            rows,
            key_ends: Vec::with_capacity(dense.rows),
            keys: Vec::new(),
            payload_ends: Vec::new(),
            payloads: Vec::new(),
            nulls: Vec::new(),
            columns: Vec::new(),
        };
        let with_payload = self.codec.has_payload();
        let any_null = keys.iter().any(|key| !key.nulls.0.is_empty());
        for row in 0..dense.rows {
            self.codec.key(&keys, row, &mut made.keys)?;
            let end = u32::try_from(made.keys.len()).map_err(|_| columns::out_of_memory())?;
            made.key_ends.push(end);
            if with_payload {
                self.codec.payload(&keys, &include, row, &mut made.payloads);
                made.payload_ends.push(made.payloads.len() as u32);
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
        heap: &HeapFile,
        entries: &Entries,
        at: usize,
        row: RowId,
    ) -> Result<(), Error> {
        let (key, payload) = (entries.key(at), entries.payload(at));
        let null = entries.nulls.get(at).copied().unwrap_or(false);
        if !self.def.unique || (null && !self.def.nulls_not_distinct) {
            return self
                .tree
                .insert(store, &*self.codec, key, row, payload)
                .map_err(storage_error);
        }
        let inserted = self
            .tree
            .insert_unique(store, &*self.codec, key, row, payload, &mut |store, row| {
                heap.is_live(store, row)
            })
            .map_err(storage_error)?;
        match inserted {
            UniqueInsert::Inserted => Ok(()),
            UniqueInsert::Conflict(_) => Err(self.violation(entries, at)),
        }
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
        for (position, (key, column)) in self.codec.keys.iter().zip(columns).enumerate() {
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
