//! Memoize: the rows of an inner side, kept by the parameters that made them.
//!
//! What is kept has a limit, that of a hash table; beyond it the rows not used for longest go, and rows of one key that alone are
//! too many are not kept at all. Source of the rules: PostgreSQL 15 `nodeMemoize.c`.

use super::{
    columns,
    operator::{Budget, ExecContext, Node, Operator, Slot, Step},
    row_keys::{KeySet, RowKeys},
    scalar::Scalar,
    simple::Place,
};
use crate::{
    Error,
    physical::NodeId,
    value::{Batch, DataType, Value},
};
use alloc::{rc::Rc, vec::Vec};

/// The Memoize node.
pub(crate) struct Memoize {
    id: NodeId,
    input: Node,
    keys: Vec<(Scalar, DataType)>,
    /// Whether one row completes an entry.
    single_row: bool,
    /// Parameters beside the keys that the input reads, and their values when the first entry was made.
    others: Vec<Slot>,
    seen: Vec<Value>,
    set: KeySet,
    key_bytes: usize,
    entries: Vec<Entry>,
    /// The ends of the list of complete entries by their last use.
    newest: u32,
    oldest: u32,
    /// Bytes of kept rows.
    bytes: usize,
    state: State,
}

/// No entry.
const NONE: u32 = u32::MAX;

/// What is kept for a key; `rows` is `None` while they are not complete, or when they had to go.
struct Entry {
    rows: Option<Vec<Rc<Batch>>>,
    bytes: usize,
    older: u32,
    newer: u32,
}

/// What the present loop does.
enum State {
    Fresh,
    Hit(usize, Place),
    Fill(usize, Vec<Rc<Batch>>, usize),
    /// Too much for one key: passed on and not kept.
    Bypass,
    Done,
}

impl Memoize {
    pub fn new(
        id: NodeId,
        input: Node,
        keys: Vec<(Scalar, DataType)>,
        single_row: bool,
        others: Vec<Slot>,
    ) -> Self {
        Self {
            id,
            input,
            keys,
            single_row,
            others,
            seen: Vec::new(),
            set: KeySet::default(),
            key_bytes: 0,
            entries: Vec::new(),
            newest: NONE,
            oldest: NONE,
            bytes: 0,
            state: State::Fresh,
        }
    }

    fn look_up(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let others = self.others.iter();
        let now: Vec<Value> = others
            .map(|slot| {
                cx.slots
                    .get(slot.0 as usize)
                    .cloned()
                    .unwrap_or(Value::Null)
            })
            .collect();
        if now != self.seen || self.key_bytes as u64 > limit(cx) {
            self.purge(cx);
            self.seen = now;
        }
        let mut key_columns = Vec::with_capacity(self.keys.len());
        for (scalar, data_type) in &self.keys {
            let value = scalar.value(cx)?;
            key_columns.push(Rc::new(columns::constant(&value, *data_type, 1)?));
        }
        let mut keys = RowKeys::default();
        keys.compute(key_columns.iter(), 1)?;
        let (number, grown) = self.set.insert(&keys, 0)?;
        cx.memory.take(grown)?;
        self.key_bytes += grown;
        let at = number as usize;
        if self.entries.len() <= at {
            self.entries.resize_with(at + 1, || Entry {
                rows: None,
                bytes: 0,
                older: NONE,
                newer: NONE,
            });
        }
        let hit = self.entries.get(at).is_some_and(|e| e.rows.is_some());
        let counts = cx.metrics(self.id).memoize.get_or_insert_default();
        if hit {
            counts.hits += 1;
            self.unlink(number);
            self.link(number);
            self.state = State::Hit(at, Place::default());
        } else {
            counts.misses += 1;
            self.input.rescan(cx);
            self.state = State::Fill(at, Vec::new(), 0);
        }
        Ok(())
    }

    /// Forgets everything.
    fn purge(&mut self, cx: &mut ExecContext<'_>) {
        let kept = self.entries.iter().filter(|e| e.rows.is_some()).count();
        if kept > 0 {
            let counts = cx.metrics(self.id).memoize.get_or_insert_default();
            counts.evictions += kept as u64;
        }
        cx.memory.give_back(self.bytes + self.key_bytes);
        self.set = KeySet::default();
        self.entries.clear();
        (self.newest, self.oldest) = (NONE, NONE);
        (self.bytes, self.key_bytes) = (0, 0);
    }

    fn entry(&mut self, number: u32) -> Option<&mut Entry> {
        self.entries.get_mut(number as usize)
    }

    fn link(&mut self, number: u32) {
        let newest = core::mem::replace(&mut self.newest, number);
        if let Some(entry) = self.entry(number) {
            (entry.older, entry.newer) = (newest, NONE);
        }
        match self.entry(newest) {
            Some(before) => before.newer = number,
            None => self.oldest = number,
        }
    }

    fn unlink(&mut self, number: u32) {
        let Some(entry) = self.entry(number) else {
            return;
        };
        let (older, newer) = (entry.older, entry.newer);
        match self.entry(older) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
        match self.entry(newer) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
    }

    /// Makes room for `more` bytes; whether that could be done.
    fn make_room(&mut self, more: usize, cx: &mut ExecContext<'_>) -> bool {
        let limit = limit(cx);
        let mut evicted = 0;
        let fits = loop {
            if (self.bytes + self.key_bytes + more) as u64 <= limit {
                break true;
            }
            let oldest = self.oldest;
            let Some(entry) = self.entry(oldest) else {
                break false;
            };
            entry.rows = None;
            let bytes = entry.bytes;
            self.unlink(oldest);
            self.bytes -= bytes;
            cx.memory.give_back(bytes);
            evicted += 1;
        };
        let used = (self.bytes + self.key_bytes + if fits { more } else { 0 }) as u64;
        let metrics = cx.metrics(self.id);
        metrics.peak_bytes = metrics.peak_bytes.max(used);
        let counts = metrics.memoize.get_or_insert_default();
        counts.evictions += evicted;
        counts.overflows += u64::from(!fits);
        fits
    }

    /// The entry being filled is complete.
    fn complete(&mut self) {
        if let State::Fill(at, batches, bytes) = core::mem::replace(&mut self.state, State::Done) {
            if let Some(entry) = self.entries.get_mut(at) {
                entry.rows = Some(batches);
                entry.bytes = bytes;
            }
            self.bytes += bytes;
            self.link(at as u32);
        }
    }

    /// Gives up the entry being filled.
    fn abandon(&mut self, cx: &mut ExecContext<'_>) {
        if let State::Fill(_, _, bytes) = &self.state {
            cx.memory.give_back(*bytes);
        }
    }
}

/// Bytes that may be kept: those of a hash table, twice `work_mem`.
fn limit(cx: &ExecContext<'_>) -> u64 {
    cx.work_mem.saturating_mul(2)
}

impl Operator for Memoize {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        if matches!(self.state, State::Fresh) {
            self.look_up(cx)?;
        }
        let filling = match &mut self.state {
            State::Fresh | State::Done => return Ok(Step::Done),
            State::Hit(number, at) => {
                let rows = self.entries.get(*number).and_then(|e| e.rows.as_ref());
                let batch = rows.and_then(|batches| at.next(batches, budget));
                return Ok(batch.map_or(Step::Done, Step::Batch));
            }
            State::Fill(_, _, bytes) => Some(*bytes),
            State::Bypass => None,
        };
        let step = self.input.step(cx, budget)?;
        let Some(filled) = filling else {
            return Ok(step);
        };
        match step {
            Step::Batch(batch) => {
                let batch = columns::dense(batch)?;
                let more: usize = batch.columns.iter().map(|c| columns::bytes(c)).sum();
                if !self.make_room(filled + more, cx) {
                    self.abandon(cx);
                    self.state = State::Bypass;
                    return Ok(Step::Batch(batch));
                }
                cx.memory.take(more)?;
                if let State::Fill(_, batches, bytes) = &mut self.state {
                    batches.push(Rc::new(batch.clone()));
                    *bytes += more;
                }
                if self.single_row {
                    self.complete();
                }
                Ok(Step::Batch(batch))
            }
            Step::Done => {
                // An entry without rows takes room for its key only.
                self.make_room(filled, cx);
                self.complete();
                Ok(Step::Done)
            }
            Step::Pause => Ok(Step::Pause),
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.abandon(cx);
        self.state = State::Fresh;
    }
}
