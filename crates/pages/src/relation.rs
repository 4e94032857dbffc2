//! A relation: one table's or one index's numbered sequence of pages.
//!
//! Why the store keeps it, and not the heap or the tree: block lists and counters must go back with a rollback
//! exactly as pages do. So a heap file and a tree are descriptions without state; all that changes is here, under
//! the same undo log. What the state words mean is the owner's business.

use crate::error::{Result, StorageError};
use crate::ids::{BlockNumber, PageId, PageKind, RelationId};
use crate::store::PageStore;
use crate::undo::Record;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;

/// Counters and hints of a relation; each owner defines its own words.
pub type RelationState = [u64; 12];

/// See the file's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Relation {
    pub blocks: Vec<Option<PageId>>,
    pub free: Vec<BlockNumber>,
    pub state: RelationState,
    /// When the state was last kept for undo.
    pub stamp: u64,
    /// The block after the one that was last read into the buffer pool.
    pub read_ahead: Cell<u32>,
}

impl PageStore {
    /// Creates an empty relation.
    ///
    /// # Errors
    /// Out of memory.
    pub fn create_relation(&mut self) -> Result<RelationId> {
        let number = u32::try_from(self.relations.len()).map_err(|_| StorageError::TooManyPages)?;
        let id = RelationId(number);
        if self.relations.try_reserve(1).is_err() {
            return Err(self.out_of_memory());
        }
        self.undo_room(1)?;
        self.keep(Record::Created { relation: id });
        self.relations.push(Some(Relation {
            stamp: self.undo.now(),
            ..Relation::default()
        }));
        Ok(id)
    }

    /// Frees all pages of the relation and forgets it.
    ///
    /// # Errors
    /// No such relation; out of memory for the undo log.
    pub fn drop_relation(&mut self, relation: RelationId) -> Result<()> {
        let pages: Vec<PageId> = self
            .relation(relation)?
            .blocks
            .iter()
            .flatten()
            .copied()
            .collect();
        for page in pages {
            self.free_page(page)?;
        }
        self.undo_room(1)?;
        let place = self
            .relations
            .get_mut(relation.0 as usize)
            .ok_or(StorageError::NoSuchRelation(relation))?;
        if let Some(old) = place.take()
            && self.undo.active()
        {
            self.keep(Record::Dropped {
                relation,
                old: Box::new(old),
            });
        }
        Ok(())
    }

    /// Whether the relation exists.
    pub fn has_relation(&self, relation: RelationId) -> bool {
        self.relation(relation).is_ok()
    }

    /// Blocks of the relation, freed ones in the middle included: PostgreSQL's file size in pages.
    pub fn block_count(&self, relation: RelationId) -> u32 {
        self.relation(relation).map_or(0, |r| r.blocks.len() as u32)
    }

    /// Blocks that are free for reuse inside the relation.
    pub fn free_block_count(&self, relation: RelationId) -> u32 {
        self.relation(relation).map_or(0, |r| r.free.len() as u32)
    }

    /// The page at a block; `None` beyond the end and for a freed block.
    #[inline]
    pub fn page_at(&self, relation: RelationId, block: BlockNumber) -> Option<PageId> {
        let relation = self.relations.get(relation.0 as usize)?.as_ref()?;
        *relation.blocks.get(block.0 as usize)?
    }

    /// The owner's counters.
    ///
    /// # Errors
    /// No such relation.
    #[inline]
    pub fn state(&self, relation: RelationId) -> Result<&RelationState> {
        Ok(&self.relation(relation)?.state)
    }

    /// The owner's counters, to change; kept for undo first.
    ///
    /// # Errors
    /// No such relation; out of memory for the undo log.
    #[inline]
    pub fn state_mut(&mut self, relation: RelationId) -> Result<&mut RelationState> {
        let limit_bytes = self.limit_bytes;
        let found = self
            .relations
            .get_mut(relation.0 as usize)
            .and_then(Option::as_mut)
            .ok_or(StorageError::NoSuchRelation(relation))?;
        if self.undo.must_keep(found.stamp) {
            if !self.undo.push_state(relation, found.stamp, &found.state) {
                return Err(StorageError::OutOfMemory { limit_bytes });
            }
            found.stamp = self.undo.now();
        }
        Ok(&mut found.state)
    }

    /// Adds a page to the relation: at a block that was freed before, else at the end. The page is zeroed.
    ///
    /// # Errors
    /// The memory ceiling, before anything has changed.
    pub fn extend(
        &mut self,
        relation: RelationId,
        kind: PageKind,
    ) -> Result<(BlockNumber, PageId)> {
        self.undo_room(3)?;
        let found = self.relation_mut(relation)?;
        if let Some(&block) = found.free.last() {
            let page = self.allocate(relation, block, kind)?;
            self.keep(Record::FreeBlockPopped { relation, block });
            self.keep(Record::BlockSet {
                relation,
                block,
                old: None,
            });
            let found = self.relation_mut(relation)?;
            found.free.pop();
            if let Some(place) = found.blocks.get_mut(block.0 as usize) {
                *place = Some(page);
            }
            return Ok((block, page));
        }
        let number = u32::try_from(found.blocks.len()).map_err(|_| StorageError::TooManyPages)?;
        if found.blocks.try_reserve(1).is_err() {
            return Err(self.out_of_memory());
        }
        let block = BlockNumber(number);
        let page = self.allocate(relation, block, kind)?;
        self.keep(Record::BlockPushed { relation });
        self.relation_mut(relation)?.blocks.push(Some(page));
        Ok((block, page))
    }

    /// Frees the page of a block in the middle; the block number is reused by [`Self::extend`].
    ///
    /// # Errors
    /// No such block; out of memory for the undo log.
    pub fn free_block(&mut self, relation: RelationId, block: BlockNumber) -> Result<()> {
        let Some(page) = self.page_at(relation, block) else {
            return Ok(());
        };
        self.undo_room(3)?;
        self.free_page(page)?;
        self.keep(Record::BlockSet {
            relation,
            block,
            old: Some(page),
        });
        self.keep(Record::FreeBlockPushed { relation });
        let found = self.relation_mut(relation)?;
        if let Some(place) = found.blocks.get_mut(block.0 as usize) {
            *place = None;
        }
        found.free.push(block);
        Ok(())
    }

    /// Cuts the relation down to `blocks` blocks.
    ///
    /// # Errors
    /// No such relation; out of memory for the undo log.
    pub fn truncate(&mut self, relation: RelationId, blocks: u32) -> Result<()> {
        while self.relation(relation)?.blocks.len() > blocks as usize {
            let old = self.relation(relation)?.blocks.last().copied().flatten();
            self.undo_room(2)?;
            if let Some(page) = old {
                self.free_page(page)?;
            }
            self.keep(Record::BlockPopped { relation, old });
            self.relation_mut(relation)?.blocks.pop();
        }
        if self
            .relation(relation)?
            .free
            .iter()
            .any(|block| block.0 >= blocks)
        {
            self.undo_room(2 * self.relation(relation)?.free.len())?;
            let all = core::mem::take(&mut self.relation_mut(relation)?.free);
            for &block in all.iter().rev() {
                self.keep(Record::FreeBlockPopped { relation, block });
            }
            for block in all.into_iter().filter(|block| block.0 < blocks) {
                self.keep(Record::FreeBlockPushed { relation });
                self.relation_mut(relation)?.free.push(block);
            }
        }
        Ok(())
    }

    pub(crate) fn relation(&self, relation: RelationId) -> Result<&Relation> {
        self.relations
            .get(relation.0 as usize)
            .and_then(Option::as_ref)
            .ok_or(StorageError::NoSuchRelation(relation))
    }

    pub(crate) fn relation_mut(&mut self, relation: RelationId) -> Result<&mut Relation> {
        self.relations
            .get_mut(relation.0 as usize)
            .and_then(Option::as_mut)
            .ok_or(StorageError::NoSuchRelation(relation))
    }
}
