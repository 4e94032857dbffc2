//! Savepoints: a statement that fails, or a transaction rolled back, leaves every byte as it was.
//!
//! Why one stack for both: a statement's savepoint inside a transaction's is released into it, so that the
//! transaction can still take everything back. Rollback replays the [undo log](crate::undo) from its end. The buffer
//! pool and the trace are not rolled back: what was read was read.

use crate::error::{Result, StorageError};
use crate::ids::PageKind;
use crate::relation::RelationState;
use crate::short;
use crate::store::{PageEntry, PageStore};
use crate::undo::{Mark, PIECE_BYTES, Record, STATE_BYTES, UndoLog};

/// An open savepoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SavepointId(u64);

/// Above this the log's memory is given back when the outermost savepoint ends.
const KEPT_LOG_BYTES: usize = 1 << 20;

impl PageStore {
    /// Opens a savepoint. Without one, changes cannot be taken back and cost nothing extra: the mode for a single
    /// operation that is known not to fail after its first write. O(1).
    pub fn begin_savepoint(&mut self) -> SavepointId {
        if self.undo.marks.is_empty() {
            self.next_transaction();
        }
        self.undo.clock += 1;
        let id = self.undo.clock;
        self.undo.marks.push(Mark {
            id,
            records: self.undo.records.len(),
            bytes: self.undo.bytes.len(),
            start: id,
        });
        self.undo.savepoints_changed();
        SavepointId(id)
    }

    /// Savepoints that are open.
    pub fn savepoint_depth(&self) -> usize {
        self.undo.marks.len()
    }

    /// Takes back everything since the savepoint, which stays open; savepoints inside it end.
    /// Linear in what was kept.
    ///
    /// # Errors
    /// The savepoint is not open.
    pub fn rollback_to(&mut self, id: SavepointId) -> Result<()> {
        let at = self.find(id)?;
        let mark = self
            .undo
            .marks
            .get(at)
            .copied()
            .ok_or(StorageError::NoSuchSavepoint)?;
        while self.undo.records.len() > mark.records {
            if let Some(record) = self.undo.records.pop() {
                self.take_back(record);
            }
        }
        self.undo.bytes.truncate(mark.bytes);
        self.undo.marks.truncate(at + 1);
        // What was kept since then is gone from the log, so nothing counts as kept any more.
        self.undo.clock += 1;
        if let Some(mark) = self.undo.marks.last_mut() {
            mark.start = self.undo.clock;
        }
        self.undo.savepoints_changed();
        Ok(())
    }

    /// Ends the savepoint and those inside it; their changes stay, and belong to the one around it.
    /// Ending the outermost one makes them final.
    ///
    /// # Errors
    /// The savepoint is not open.
    pub fn release(&mut self, id: SavepointId) -> Result<()> {
        let at = self.find(id)?;
        let inner = self.undo.marks.get(at).copied();
        self.undo.marks.truncate(at);
        self.undo.savepoints_changed();
        if let (Some(inner), true) = (inner, self.undo.active()) {
            self.forget_kept_twice(inner);
            return Ok(());
        }
        self.undo.records.clear();
        self.undo.bytes.truncate(0);
        if self.undo.memory_bytes() > KEPT_LOG_BYTES {
            self.undo.records.shrink_to(1024);
            self.undo.bytes.shrink_to(KEPT_LOG_BYTES / 2);
        }
        if self.free.try_reserve(self.pending_free.len()).is_ok() {
            self.free.append(&mut self.pending_free);
        }
        Ok(())
    }

    /// Drops what the savepoint `inner`, which has just ended, kept of pages and relations that the one around it has whole already:
    /// a transaction of many small statements keeps each page once. Linear in what `inner` kept.
    fn forget_kept_twice(&mut self, inner: Mark) {
        let outer_start = self.undo.start;
        let log = &mut self.undo;
        let (mut to, mut bytes_to) = (inner.records, inner.bytes);
        let mut bytes_from = inner.bytes;
        for from in inner.records..log.records.len() {
            let Some(record) = log.records.get(from) else {
                break;
            };
            let len = UndoLog::bytes_of(record, self.page_bytes);
            let kept_at = match record {
                // The stamp of a page that `inner` kept whole later says nothing of the time before.
                Record::Pieces { page, .. } => self
                    .entries
                    .get(page.index())
                    .map(|entry| entry.stamp)
                    .filter(|&stamp| stamp < inner.start)
                    .unwrap_or(0),
                Record::Image { stamp, .. } | Record::State { stamp, .. } => *stamp,
                _ => 0,
            };
            if kept_at < outer_start {
                log.records.swap(from, to);
                to += 1;
                log.bytes.move_down(bytes_from, bytes_to, len);
                bytes_to += len;
            }
            bytes_from += len;
        }
        log.records.truncate(to);
        log.bytes.truncate(bytes_to);
    }

    fn find(&self, id: SavepointId) -> Result<usize> {
        let found = self.undo.marks.iter().rposition(|mark| mark.id == id.0);
        found.ok_or(StorageError::NoSuchSavepoint)
    }

    fn take_back(&mut self, record: Record) {
        match record {
            Record::Pieces { page, len } => {
                let start = self.undo.bytes.len().saturating_sub(len as usize);
                while self.undo.bytes.len() > start {
                    let words = self.undo.bytes.last(PIECE_BYTES).first_chunk();
                    let words = u32::from_le_bytes(words.copied().unwrap_or_default());
                    let (at, len) = ((words & 0xFFFF) as usize, (words >> 16) as usize);
                    let bytes = self.undo.bytes.len().saturating_sub(PIECE_BYTES);
                    self.undo.bytes.truncate(bytes);
                    self.restore(page, at..at + len);
                }
            }
            Record::Image { page, stamp } => {
                self.restore(page, 0..self.page_bytes);
                if let Some(entry) = self.entries.get_mut(page.index()) {
                    entry.stamp = stamp;
                }
            }
            Record::Allocated { page } => {
                if let Some(entry) = self.entries.get_mut(page.index()) {
                    *entry = PageEntry::default();
                }
                self.pool.forget(page.index());
                self.free.push(page);
            }
            Record::Freed { page, entry } => {
                self.pending_free.pop();
                if let Some(place) = self.entries.get_mut(page.index()) {
                    *place = *entry;
                }
            }
            Record::Note { page, old } => {
                if let Some(entry) = self.entries.get_mut(page.index()) {
                    entry.note = old;
                }
            }
            record => self.take_back_relation(record),
        }
    }

    fn take_back_relation(&mut self, record: Record) {
        let id = match &record {
            Record::State { relation, .. }
            | Record::BlockPushed { relation }
            | Record::BlockPopped { relation, .. }
            | Record::BlockSet { relation, .. }
            | Record::FreeBlockPushed { relation }
            | Record::FreeBlockPopped { relation, .. }
            | Record::Created { relation }
            | Record::Dropped { relation, .. } => *relation,
            _ => return,
        };
        let Some(place) = self.relations.get_mut(id.0 as usize) else {
            return;
        };
        match (record, place.as_mut()) {
            (Record::Created { .. }, _) => {
                self.relations.pop();
            }
            (Record::Dropped { old, .. }, _) => *place = Some(*old),
            (Record::State { stamp, .. }, Some(relation)) => {
                relation.state = decode_state(self.undo.bytes.last(STATE_BYTES));
                relation.stamp = stamp;
                let from = self.undo.bytes.len().saturating_sub(STATE_BYTES);
                self.undo.bytes.truncate(from);
            }
            (Record::BlockPushed { .. }, Some(relation)) => {
                relation.blocks.pop();
            }
            (Record::BlockPopped { old, .. }, Some(relation)) => relation.blocks.push(old),
            (Record::BlockSet { block, old, .. }, Some(relation)) => {
                if let Some(place) = relation.blocks.get_mut(block.0 as usize) {
                    *place = old;
                }
            }
            (Record::FreeBlockPushed { .. }, Some(relation)) => {
                relation.free.pop();
            }
            (Record::FreeBlockPopped { block, .. }, Some(relation)) => relation.free.push(block),
            _ => {}
        }
    }

    /// Copies the last bytes of the log back into the page.
    fn restore(&mut self, page: crate::ids::PageId, range: core::ops::Range<usize>) {
        let len = range.len();
        let from = self.undo.bytes.len().saturating_sub(len);
        let exists = self
            .entries
            .get(page.index())
            .is_some_and(|entry| entry.kind != PageKind::Free);
        if exists {
            let log = core::mem::take(&mut self.undo.bytes);
            let target = self.page_mut(page).and_then(|bytes| bytes.get_mut(range));
            if let Some(bytes) = target {
                short::copy(bytes, log.last(len));
            }
            self.undo.bytes = log;
        }
        self.undo.bytes.truncate(from);
    }
}

fn decode_state(bytes: &[u8]) -> RelationState {
    let mut state = RelationState::default();
    for (word, bytes) in state.iter_mut().zip(bytes.chunks_exact(8)) {
        let mut raw = [0; 8];
        raw.copy_from_slice(bytes);
        *word = u64::from_le_bytes(raw);
    }
    state
}
