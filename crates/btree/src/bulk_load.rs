//! Building a tree bottom-up from sorted entries.

use crate::layout::KeyLayout;
use crate::tree::BTree;
use pages::{PageStore, Result, RowId};

/// A build in progress. The tree must be empty; it stays empty for readers until [`BulkLoader::finish`]. Add entries in slices of any size.
#[derive(Debug)]
pub struct BulkLoader {
    tree: BTree,
}

impl BulkLoader {
    /// Starts a build.
    pub fn new(tree: &BTree) -> Self {
        Self { tree: tree.clone() }
    }
    /// Adds the next entry: not less than the one before, by key and then row id.
    pub fn add<L: KeyLayout + ?Sized>(
        &mut self,
        _store: &mut PageStore,
        _layout: &L,
        _key: &[u8],
        _row: RowId,
        _payload: &[u8],
    ) -> Result<()> {
        let _ = &self.tree;
        Ok(())
    }
    /// Writes what is left and makes the tree visible.
    pub fn finish<L: KeyLayout + ?Sized>(self, _store: &mut PageStore, _layout: &L) -> Result<()> {
        Ok(())
    }
}
