//! Height, fanout and fill of a tree, and the entries of one page: for display.
//!
//! Why here: what people see of a tree is read from its pages, not remembered beside them. Nothing is counted as an access.

use crate::leaf::row_of;
use crate::node::{Node, Pivot};
use crate::tree::BTree;
use alloc::vec::Vec;
use pages::{PageId, PageStore, Result, RowId};

/// One level of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelShape {
    /// 0 for the leaves.
    pub level: u16,
    /// Pages.
    pub pages: u32,
    /// Items: keys (with their row lists) in leaves, children above.
    pub items: u64,
    /// Bytes charged as PostgreSQL would, in all pages together.
    pub charged_bytes: u64,
    /// Bytes that all pages have for items.
    pub usable_bytes: u64,
}

impl LevelShape {
    /// Mean fill in percent; 0 without pages.
    pub fn fill_percent(&self) -> f64 {
        if self.usable_bytes == 0 {
            0.0
        } else {
            100.0 * self.charged_bytes as f64 / self.usable_bytes as f64
        }
    }
}

/// A whole tree, root level first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeShape {
    /// The levels; none while the tree is empty.
    pub levels: Vec<LevelShape>,
}

/// What a page holds, for drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageView {
    /// The page.
    pub page: PageId,
    /// 0 for a leaf.
    pub level: u16,
    /// Left sibling.
    pub left: Option<PageId>,
    /// Right sibling.
    pub right: Option<PageId>,
    /// Bytes charged as PostgreSQL would.
    pub charged_bytes: u32,
    /// The upper limit of the page's keys: key bytes, and the row id that breaks ties.
    pub high_key: Option<(Vec<u8>, Option<RowId>)>,
    /// Items in key order.
    pub items: Vec<PageItem>,
}

/// One item of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageItem {
    /// Where its cell starts in the page.
    pub offset: u16,
    /// Key or separator; empty for the first child.
    pub key: Vec<u8>,
    /// The page below, in an internal page.
    pub child: Option<PageId>,
    /// The rows, in a leaf; the tie-breaker, if any, in an internal page.
    pub rows: Vec<RowId>,
    /// Bytes of payload.
    pub payload_bytes: u32,
}

impl BTree {
    /// Levels, pages and fill. O(pages).
    ///
    /// # Errors
    /// A damaged page.
    pub fn shape(&self, store: &PageStore) -> Result<TreeShape> {
        let mut shape = TreeShape::default();
        let mut first = self.root(store);
        let mut level = self.counts(store).height as u16;
        let usable = self.usable(store).charge() as u64;
        while let Some(start) = first {
            let mut sum = LevelShape {
                level,
                ..LevelShape::default()
            };
            let mut at = Some(start);
            let limit = store.block_count(self.relation());
            while let Some(page) = at.filter(|_| sum.pages <= limit) {
                let node = Node::open(store.peek(page)?, page)?;
                sum.pages += 1;
                sum.items += node.count as u64;
                sum.charged_bytes += node.charge() as u64;
                sum.usable_bytes += usable;
                at = node.right();
            }
            shape.levels.push(sum);
            let node = Node::open(store.peek(start)?, start)?;
            first = if node.is_leaf() || level == 0 {
                None
            } else {
                Some(node.child(0)?)
            };
            level = level.saturating_sub(1);
        }
        Ok(shape)
    }

    /// The entries of one leaf or internal page. Its raw bytes are `store.peek(page)`.
    ///
    /// # Errors
    /// No such page, or a damaged one.
    pub fn page_view(&self, store: &PageStore, page: PageId) -> Result<PageView> {
        let node = Node::open(store.peek(page)?, page)?;
        let mut items = Vec::with_capacity(node.count);
        for i in 0..node.count {
            let offset = node.cell_at(i)? as u16;
            items.push(if node.is_leaf() {
                let cell = node.leaf_cell(i)?;
                PageItem {
                    offset,
                    key: cell.key.to_vec(),
                    child: None,
                    rows: (0..cell.row_count())
                        .map(|r| row_of(cell.rows, r))
                        .collect(),
                    payload_bytes: cell.payload.len() as u32,
                }
            } else {
                let Pivot { key, row } = node.pivot(i)?;
                PageItem {
                    offset,
                    key: key.to_vec(),
                    child: Some(node.child(i)?),
                    rows: row.into_iter().collect(),
                    payload_bytes: 0,
                }
            });
        }
        Ok(PageView {
            page,
            level: node.level(),
            left: node.left(),
            right: node.right(),
            charged_bytes: node.charge() as u32,
            high_key: node.high()?.map(|high| (high.key.to_vec(), high.row)),
            items,
        })
    }
}
