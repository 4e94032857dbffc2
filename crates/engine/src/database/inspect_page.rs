//! One page taken apart: what the page inspector draws. Everything is read from the page's bytes; nothing is counted as an access.

use super::{
    relation::{Index, RowReader, Table, Wanted},
    state::Database,
};
use crate::{
    Error, ErrorCode,
    error::storage_error,
    value::{Column, DataType, Value, to_text},
};
use alloc::{format, string::String, vec::Vec};
use btree::PageView;
use pages::{BlockNumber, PageId, PageKind, PageOwner, RowId};

/// A page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageDescription {
    /// Its number in the store.
    pub page: u32,
    /// The table or index.
    pub relation: String,
    /// Its place in the relation.
    pub block: u32,
    /// "heap", "leaf", "internal" or "meta".
    pub kind: &'static str,
    /// 0 for a leaf; `None` for pages outside a tree.
    pub level: Option<u16>,
    /// Left and right neighbour on the level.
    pub neighbours: (Option<u32>, Option<u32>),
    /// Bytes charged as PostgreSQL would charge them, in a tree.
    pub charged_bytes: Option<u32>,
    /// The limit of a tree page's keys.
    pub high_key: Option<String>,
    /// Rows of a heap page by slot, entries of a tree page by key.
    pub items: Vec<PageItemDescription>,
    /// The page as it is.
    pub bytes: Vec<u8>,
}

/// A row or an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageItemDescription {
    /// Where its cell starts, in a tree page.
    pub offset: Option<u16>,
    /// Its values: a row's, a clustered row's, or a key's, separated by commas.
    pub text: String,
    /// The page below.
    pub child: Option<u32>,
    /// Addresses of rows, as `(block,slot)`.
    pub rows: Vec<String>,
    /// Whether a scan returns it; entries always are.
    pub visible: bool,
}

fn address(row: RowId) -> String {
    format!("({},{})", row.block.0, row.slot.0)
}

/// Values of the columns' row, separated by commas.
fn row_text(columns: &[Column], types: &[DataType], row: usize) -> String {
    let mut text = String::new();
    for (at, (column, data_type)) in columns.iter().zip(types).enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        match column.get(row) {
            Value::Null => text.push_str("NULL"),
            value => text.push_str(&to_text(&value, *data_type)),
        }
    }
    text
}

impl Database {
    /// The pages of a table or an index in the order of its file; freed ones are left out. `None`: no such relation is stored.
    #[must_use]
    pub fn relation_pages(&self, name: &str) -> Option<Vec<u32>> {
        let table = self
            .catalog
            .tables
            .iter()
            .find(|(_, def)| &*def.name == name);
        let relation = match table {
            Some((id, _)) => {
                let table = self.storage.table(*id).ok()?;
                match &table.cluster {
                    Some(cluster) => cluster.tree.relation(),
                    None => table.heap.relation(),
                }
            }
            None => {
                let mut indexes = self.catalog.indexes.iter();
                let (id, _) = indexes.find(|(_, def)| &*def.name == name)?;
                self.storage.index(*id).ok()?.tree.relation()
            }
        };
        let store = &self.storage.store;
        let pages = (0..store.block_count(relation))
            .filter_map(|block| store.page_at(relation, BlockNumber(block)));
        Some(pages.map(PageId::get).collect())
    }

    /// One page, taken apart.
    ///
    /// # Errors
    /// 42704 when there is no such page; XX001 when its bytes contradict each other.
    pub fn describe_page(&self, page: u32) -> Result<PageDescription, Error> {
        let store = &self.storage.store;
        let missing = || {
            Error::new(
                ErrorCode::UndefinedObject,
                format!("page {page} does not exist"),
            )
        };
        let id = PageId::new(page).ok_or_else(missing)?;
        let owner = store.owner(id).ok_or_else(missing)?;
        let mut made = PageDescription {
            page,
            block: owner.block.0,
            kind: match owner.kind {
                PageKind::Heap => "heap",
                PageKind::Leaf => "leaf",
                PageKind::Internal => "internal",
                _ => "meta",
            },
            bytes: store.peek(id).map_err(storage_error)?.to_vec(),
            ..PageDescription::default()
        };
        for table in self.catalog.tables.keys() {
            let Ok(table) = self.storage.table(*table) else {
                continue;
            };
            if table.heap.relation() == owner.relation {
                made.relation = String::from(&*table.def.name);
                self.describe_heap_page(table, owner, &mut made)?;
            }
            for index in self.storage.indexes_of(table.def.id) {
                if index.tree.relation() == owner.relation {
                    made.relation = String::from(&*index.def.name);
                    if made.kind != "meta" {
                        let view = index.tree.page_view(store, id).map_err(storage_error)?;
                        self.describe_tree_page(table, index, &view, &mut made)?;
                    }
                }
            }
        }
        Ok(made)
    }

    fn describe_heap_page(
        &self,
        table: &Table,
        owner: PageOwner,
        made: &mut PageDescription,
    ) -> Result<(), Error> {
        let store = &self.storage.store;
        let page = table.heap.peek(store, owner.block).map_err(storage_error)?;
        let wanted = columns_of(table);
        let mut columns = table.empty_columns(&wanted);
        let mut visible = Vec::new();
        let slots = table.read_page(&page, owner.block, &wanted, &mut columns, 0, &mut visible)?;
        for slot in 0..slots {
            made.items.push(PageItemDescription {
                text: row_text(&columns, &table.types, slot),
                rows: Vec::from([address(RowId::new(owner.block.0, slot as u16))]),
                visible: visible.binary_search(&(slot as u32)).is_ok(),
                ..PageItemDescription::default()
            });
        }
        Ok(())
    }

    fn describe_tree_page(
        &self,
        table: &Table,
        index: &Index,
        view: &PageView,
        made: &mut PageDescription,
    ) -> Result<(), Error> {
        made.level = Some(view.level);
        made.neighbours = (view.left.map(PageId::get), view.right.map(PageId::get));
        made.charged_bytes = Some(view.charged_bytes);
        made.high_key = match &view.high_key {
            Some((key, _)) => Some(index.key_text(key)?),
            None => None,
        };
        let rows = table
            .cluster
            .as_ref()
            .filter(|_| index.holds_rows() && view.level == 0);
        let wanted = columns_of(table);
        for (slot, item) in view.items.iter().enumerate() {
            let text = match rows {
                None => index.key_text(&item.key)?,
                Some(cluster) => {
                    let store = &self.storage.store;
                    let reader = RowReader::new(&cluster.codec, &wanted);
                    let mut columns = table.empty_columns(&wanted);
                    let entry = cluster.tree.leaf_entry(store, view.page, slot);
                    if let Some(entry) = entry.map_err(storage_error)? {
                        reader.read(&cluster.codec, entry.key, entry.payload, &mut columns)?;
                    }
                    row_text(&columns, &table.types, 0)
                }
            };
            let addresses = if table.cluster.is_some() {
                // Entries of a clustered table's indexes have no addresses.
                Vec::new()
            } else {
                item.rows.iter().map(|row| address(*row)).collect()
            };
            made.items.push(PageItemDescription {
                offset: Some(item.offset),
                text,
                child: item.child.map(PageId::get),
                rows: addresses,
                visible: true,
            });
        }
        Ok(())
    }
}

fn columns_of(table: &Table) -> Vec<Wanted> {
    let columns = 0..table.types.len();
    columns.map(|at| Wanted::Column(at as u16)).collect()
}

impl Index {
    /// The values of a key or of a separator, which may be cut between columns; an interval, which a key alone does not give
    /// back, as `…`.
    fn key_text(&self, key: &[u8]) -> Result<String, Error> {
        let mut text = String::new();
        let mut from = 0;
        for (at, part) in self.codec.keys.iter().enumerate() {
            if from >= key.len() {
                break;
            }
            let (end, value) = self.codec.key_part(key, from, at)?;
            from = end;
            if at > 0 {
                text.push_str(", ");
            }
            match value.as_ref().map(|value| value.get(0)) {
                None => text.push('…'),
                Some(Value::Null) => text.push_str("NULL"),
                Some(value) => text.push_str(&to_text(&value, part.data_type)),
            }
        }
        Ok(text)
    }
}
