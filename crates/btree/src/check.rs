//! The invariants of a tree, as code. Every test calls it after every change.
//!
//! Why one file: what a tree promises is written down here and nowhere else. It reads the whole tree without counting.
//!
//! 1. Levels fall by one from the root to the leaves.
//! 2. Keys ascend within a page and lie between the separators around it; the high key is the next separator.
//! 3. Sibling links agree with the order of children.
//! 4. The charge of a page is the sum of its items', and within the page.
//! 5. Row lists ascend.
//! 6. Counts in the relation are those of the pages; every block is in the tree or free.

use crate::internal::item_charge;
use crate::layout::KeyLayout;
use crate::leaf::{pivot_bytes, row_of};
use crate::node::{LINE_POINTER, Node, Pivot};
use crate::tree::BTree;
use alloc::vec::Vec;
use core::cmp::Ordering;
use pages::{PageId, PageStore, Result, RowId};

struct Walk {
    /// Per level, the pages from left to right.
    levels: Vec<Vec<PageId>>,
    entries: u64,
    leaves: u64,
    internals: u64,
}

impl BTree {
    /// Proves the invariants. O(tree).
    ///
    /// # Errors
    /// The first contradiction, with page and offset.
    pub fn check(&self, store: &PageStore, layout: &dyn KeyLayout) -> Result<()> {
        let counts = self.counts(store);
        let Some(root) = self.root(store) else {
            return Ok(());
        };
        let mut walk = Walk {
            levels: alloc::vec![Vec::new(); counts.height as usize + 1],
            entries: 0,
            leaves: 0,
            internals: 0,
        };
        self.check_page(
            store,
            layout,
            root,
            counts.height as u16,
            None,
            None,
            &mut walk,
        )?;
        let node = Node::open(store.peek(root)?, root)?;
        for level in &walk.levels {
            for (i, &page) in level.iter().enumerate() {
                let node = Node::open(store.peek(page)?, page)?;
                let left = i.checked_sub(1).and_then(|i| level.get(i)).copied();
                if node.left() != left || node.right() != level.get(i + 1).copied() {
                    return Err(node.damaged(
                        crate::node::AT_LEFT,
                        "sibling links in the order of children",
                    ));
                }
            }
        }
        if walk.entries != counts.entries
            || walk.leaves != u64::from(counts.leaf_pages)
            || walk.internals != u64::from(counts.internal_pages)
        {
            return Err(node.damaged(0, "counts that agree with the pages"));
        }
        let known = 1
            + walk.leaves as u32
            + walk.internals as u32
            + store.free_block_count(self.relation());
        if known != counts.pages {
            return Err(node.damaged(0, "every block in the tree or free"));
        }
        Ok(())
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "bounds and position of one page; a struct would be made for each call only"
    )]
    fn check_page(
        &self,
        store: &PageStore,
        layout: &dyn KeyLayout,
        page: PageId,
        level: u16,
        low: Option<Pivot<'_>>,
        high: Option<Pivot<'_>>,
        walk: &mut Walk,
    ) -> Result<()> {
        let node = Node::open(store.peek(page)?, page)?;
        if node.level() != level || node.is_leaf() != (level == 0) {
            return Err(node.damaged(crate::node::AT_LEVEL, "level one below the parent's"));
        }
        if node.high()? != high {
            return Err(node.damaged(crate::node::AT_HIGH, "high key equal to the next separator"));
        }
        if let Some(pages) = walk.levels.get_mut(level as usize) {
            pages.push(page);
        }
        let high_charge = high.map_or(0, |high| pivot_bytes(layout, &high) + LINE_POINTER);
        let charge = high_charge
            + if node.is_leaf() {
                self.check_leaf(layout, &node, low, high, walk)?
            } else {
                self.check_internal(store, layout, &node, level, low, high, walk)?
            };
        if charge != node.charge() || charge > self.usable(store).charge() {
            return Err(node.damaged(
                crate::node::AT_CHARGE,
                "charge equal to the sum of the items'",
            ));
        }
        Ok(())
    }

    fn check_leaf(
        &self,
        layout: &dyn KeyLayout,
        node: &Node<'_>,
        low: Option<Pivot<'_>>,
        high: Option<Pivot<'_>>,
        walk: &mut Walk,
    ) -> Result<usize> {
        walk.leaves += 1;
        let mut charge = 0;
        let mut last: Option<(&[u8], RowId)> = None;
        for i in 0..node.count {
            let cell = node.leaf_cell(i)?;
            let at = node.cell_at(i)?;
            charge += cell.item().tuple_bytes(layout) + LINE_POINTER;
            for r in 0..cell.row_count() {
                let row = row_of(cell.rows, r);
                if last.is_some_and(|last| last >= (cell.key, row)) {
                    return Err(node.damaged(at, "entries in ascending order"));
                }
                let below =
                    low.is_some_and(|low| low.compare(cell.key, Some(row)) == Ordering::Greater);
                let above =
                    high.is_some_and(|high| high.compare(cell.key, Some(row)) != Ordering::Greater);
                if below || above {
                    return Err(node.damaged(at, "entry between the separators around its page"));
                }
                last = Some((cell.key, row));
            }
            walk.entries += cell.row_count() as u64;
        }
        Ok(charge)
    }

    #[allow(clippy::too_many_arguments, reason = "as check_page")]
    fn check_internal(
        &self,
        store: &PageStore,
        layout: &dyn KeyLayout,
        node: &Node<'_>,
        level: u16,
        low: Option<Pivot<'_>>,
        high: Option<Pivot<'_>>,
        walk: &mut Walk,
    ) -> Result<usize> {
        walk.internals += 1;
        let mut charge = 0;
        let items = node.internal_items()?;
        if items.is_empty() {
            return Err(node.damaged(crate::node::AT_COUNT, "child of an internal page"));
        }
        for (i, item) in items.iter().enumerate() {
            charge += item_charge(layout, i, &item.pivot);
            let from = if i == 0 { low } else { Some(item.pivot) };
            let to = items.get(i + 1).map(|next| next.pivot).or(high);
            if let (Some(from), Some(to)) = (from, to)
                && from.compare(to.key, to.row) != Ordering::Less
            {
                return Err(node.damaged(node.cell_at(i)?, "separators in ascending order"));
            }
            self.check_page(store, layout, item.child, level - 1, from, to, walk)?;
        }
        Ok(charge)
    }
}
