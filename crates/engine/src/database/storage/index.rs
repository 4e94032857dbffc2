//! An index: its definition, its tree, and the way from a row to an entry.

use super::{
    key_format::KeyFormat,
    row_expression::{RowExpression, RowFilter},
};
use crate::{
    Error, ErrorCode,
    catalog::{IndexDef, IndexKey, TableDef},
    error::storage_error,
    value::{Column, DataType},
};
use alloc::{rc::Rc, vec::Vec};
use btree::{BTree, BTreeOptions, MergePolicy, Payload};
use pages::{PageStore, RowId};

/// What a value of an entry is made from.
#[derive(Clone)]
pub(crate) enum Source {
    Column(usize),
    Expression(Rc<RowExpression>),
}

/// A built index. Cloning is cheap.
#[derive(Clone)]
pub struct Index {
    /// Its definition.
    pub def: Rc<IndexDef>,
    /// Its entries.
    pub tree: BTree,
    /// Form of its keys.
    pub format: Rc<KeyFormat>,
    pub(crate) sources: Rc<[Source]>,
    pub(crate) predicate: Option<Rc<RowFilter>>,
    /// Table columns that keys, payload and predicate depend on, one flag a column.
    pub(crate) depends_on: Rc<[bool]>,
}

/// The entries of a batch of rows.
#[derive(Default)]
pub(crate) struct Entries {
    /// Which rows of the batch have an entry; `None`: all.
    pub rows: Option<Vec<u32>>,
    /// Values of key parts and INCLUDE columns of all rows of the batch.
    pub columns: Vec<Rc<Column>>,
}

impl Entries {
    /// Row numbers that have an entry.
    pub fn rows(&self, all: usize) -> impl Iterator<Item = usize> + '_ {
        let every = self.rows.is_none().then_some(0..all);
        let some = self.rows.iter().flatten().map(|&row| row as usize);
        every.into_iter().flatten().chain(some)
    }
}

impl Index {
    /// Creates an empty index.
    ///
    /// # Errors
    /// Out of memory; an expression that cannot be computed.
    pub fn create(
        store: &mut PageStore,
        def: Rc<IndexDef>,
        table: &TableDef,
    ) -> Result<Self, Error> {
        let include: Vec<DataType> = def
            .include
            .iter()
            .map(|&at| column_type(table, at))
            .collect();
        let never_null = def.columns.iter().all(|part| match part.key {
            IndexKey::Column(at) => table
                .columns
                .get(usize::from(at))
                .is_some_and(|column| column.not_null),
            IndexKey::Expression(_) => false,
        }) && def.include.is_empty();
        let format = KeyFormat::new(&def, include, never_null);
        let options = BTreeOptions {
            leaf_fillfactor: def.fill_factor,
            payload: if format.has_payload() {
                Payload::Bytes
            } else {
                Payload::None
            },
            merge: MergePolicy::WhenEmpty,
        };
        let tree = BTree::create(store, options).map_err(storage_error)?;
        Self::describe(def, table, tree, format)
    }

    fn describe(
        def: Rc<IndexDef>,
        table: &TableDef,
        tree: BTree,
        format: KeyFormat,
    ) -> Result<Self, Error> {
        let mut depends_on = alloc::vec![false; table.columns.len()];
        let mut note = |at: u16| {
            if let Some(flag) = depends_on.get_mut(usize::from(at)) {
                *flag = true;
            }
        };
        let mut sources = Vec::new();
        for part in &def.columns {
            sources.push(match &part.key {
                IndexKey::Column(at) => {
                    note(*at);
                    Source::Column(usize::from(*at))
                }
                IndexKey::Expression(expr) => {
                    crate::logical::columns_of(expr)
                        .iter()
                        .for_each(|column| note(column.column));
                    Source::Expression(Rc::new(RowExpression::new(expr)?))
                }
            });
        }
        for &at in &def.include {
            note(at);
            sources.push(Source::Column(usize::from(at)));
        }
        for condition in &def.predicate {
            crate::logical::columns_of(condition)
                .iter()
                .for_each(|column| note(column.column));
        }
        let predicate = if def.predicate.is_empty() {
            None
        } else {
            Some(Rc::new(RowFilter::new(&def.predicate)?))
        };
        Ok(Self {
            def,
            tree,
            format: Rc::new(format),
            sources: sources.into(),
            predicate,
            depends_on: depends_on.into(),
        })
    }

    /// The entries of rows; `columns` are all columns of the table.
    pub(crate) fn entries(&self, columns: &[Rc<Column>], rows: usize) -> Result<Entries, Error> {
        let selected = match &self.predicate {
            Some(predicate) => Some(predicate.rows(columns, rows)?),
            None => None,
        };
        let mut values = Vec::with_capacity(self.sources.len());
        for source in self.sources.iter() {
            values.push(match source {
                Source::Column(at) => columns.get(*at).cloned().ok_or_else(missing)?,
                Source::Expression(expression) => expression.evaluate(columns, rows)?,
            });
        }
        Ok(Entries {
            rows: selected,
            columns: values,
        })
    }

    /// Whether a change of the columns marked in `changed` can change the index's entries.
    pub(crate) fn is_touched(&self, changed: &[bool]) -> bool {
        self.depends_on
            .iter()
            .zip(changed)
            .any(|(uses, changes)| *uses && *changes)
    }

    /// Empty columns for the entry's values that are wanted: positions of key parts, then INCLUDE columns.
    #[must_use]
    pub fn empty_columns(&self, wanted: &[u16]) -> Vec<Option<Column>> {
        self.format
            .types()
            .enumerate()
            .map(|(at, data_type)| {
                let is_wanted = wanted.iter().any(|&want| usize::from(want) == at);
                is_wanted.then(|| Column::new(data_type))
            })
            .collect()
    }

    /// The first row with this key that is live, if there is one, for point lookups by unique keys.
    ///
    /// # Errors
    /// A damaged page.
    pub fn get(&self, store: &PageStore, key: &[u8]) -> Result<Option<RowId>, Error> {
        self.tree.get(store, key).map_err(storage_error)
    }
}

fn column_type(table: &TableDef, at: u16) -> DataType {
    table
        .columns
        .get(usize::from(at))
        .map_or(DataType::Unknown, |column| column.data_type)
}

fn missing() -> Error {
    Error::new(ErrorCode::InternalError, "an index column is missing")
}
