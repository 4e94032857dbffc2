//! A skip scan: entries of an index whose leading columns have no equality, found by going from one value of theirs to the next.
//!
//! Each key column that bounds the scan has a set of ranges; a column without a condition has one range of everything. Where an entry
//! leaves the ranges says where the next one can be, and the cursor goes there: within the present leaf, or from the root.
//! Which columns take part is the planner's choice. Source of the method: PostgreSQL 18 `nbtutils.c` (skip arrays).

use super::{
    index_bounds::{KeyBound, KeyRange, column_ranges},
    operator::{Budget, ExecContext},
};
use crate::{
    Error,
    catalog::IndexId,
    database::{IndexCodec, damaged_key, storage_error},
    physical::{Direction, NodeId},
    value::DataType,
};
use alloc::vec::Vec;
use btree::{BatchParts, Bound, Cursor, EntryBatch};
use core::cmp::Ordering;

/// What a batch of a skip scan came to.
pub(crate) enum Skipped {
    /// Entries were found.
    Found,
    /// The slice is spent; there may be more.
    Paused,
    /// There are no more.
    Done,
}

/// A skip scan over the first key columns of an index.
pub(crate) struct SkipScan {
    /// The node that counts its searches.
    pub node: NodeId,
    /// Key columns that bound it.
    pub columns: usize,
    pub direction: Direction,
    state: Option<State>,
}

/// A scan under way.
struct State {
    cursor: Cursor,
    /// For each key column, where its values may lie, in the order of bytes.
    sets: Vec<Vec<KeyRange>>,
    run: Run,
}

/// What the cursor is reading.
enum Run {
    /// The next entry says where to go.
    Probe,
    /// All entries between the bounds fit. The bytes of all columns but the last, which range of the last column this is, and whether
    /// an entry was found in it.
    Inside {
        prefix: Vec<u8>,
        range: usize,
        found: bool,
    },
}

impl SkipScan {
    pub const fn new(node: NodeId, columns: usize, direction: Direction) -> Self {
        Self {
            node,
            columns,
            direction,
            state: None,
        }
    }

    pub fn rescan(&mut self) {
        self.state = None;
    }

    /// Adds up to `limit` entries to `entries`.
    pub fn next_batch(
        &mut self,
        (index, bounds): (IndexId, &[KeyBound]),
        (limit, parts): (usize, BatchParts),
        entries: &mut EntryBatch,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<Skipped, Error> {
        let mut searches = 0;
        let index = cx.storage.index(index)?;
        let mut walk = Walk {
            codec: &index.codec,
            store: &cx.storage.store,
            direction: self.direction,
            searches: &mut searches,
        };
        let mut state = match self.state.take() {
            Some(state) => state,
            None => {
                let mut sets = Vec::with_capacity(self.columns);
                for at in 0..self.columns {
                    sets.push(column_ranges(bounds, at, &index.codec, cx)?);
                }
                if sets.iter().any(Vec::is_empty) {
                    return Ok(Skipped::Done);
                }
                let way = match self.direction {
                    Direction::Forward => btree::Direction::Forward,
                    Direction::Backward => btree::Direction::Backward,
                };
                let cursor = Cursor::new(&index.tree, Bound::Unbounded, Bound::Unbounded, way);
                let mut state = State {
                    cursor,
                    sets,
                    run: Run::Probe,
                };
                let first = walk.first(&state.sets, 0);
                walk.enter(&mut state, Vec::new(), 0, first)?;
                state
            }
        };
        let outcome = walk.next(&mut state, (limit, parts), entries, budget)?;
        self.state = Some(state);
        cx.metrics(self.node).index_searches += searches;
        Ok(outcome)
    }
}

/// What the steps of a scan need.
struct Walk<'a> {
    codec: &'a IndexCodec,
    store: &'a pages::PageStore,
    direction: Direction,
    searches: &'a mut u64,
}

impl Walk<'_> {
    fn next(
        &mut self,
        state: &mut State,
        (limit, parts): (usize, BatchParts),
        entries: &mut EntryBatch,
        budget: &mut Budget,
    ) -> Result<Skipped, Error> {
        loop {
            match &mut state.run {
                Run::Inside { found, .. } => {
                    let count = state
                        .cursor
                        .next_batch(self.store, limit, parts, entries)
                        .map_err(storage_error)?;
                    if count > 0 {
                        *found = true;
                        budget.spend(count);
                        return Ok(Skipped::Found);
                    }
                    if !self.leave(state)? {
                        return Ok(Skipped::Done);
                    }
                }
                Run::Probe => {
                    let entry = state.cursor.next(self.store).map_err(storage_error)?;
                    let Some(entry) = entry else {
                        return Ok(Skipped::Done);
                    };
                    let key = entry.key.to_vec();
                    if !self.judge(state, &key)? {
                        return Ok(Skipped::Done);
                    }
                }
            }
            budget.spend(1);
            if budget.is_spent() {
                return Ok(Skipped::Paused);
            }
        }
    }

    /// The range of a column that comes first.
    fn first(&self, sets: &[Vec<KeyRange>], at: usize) -> usize {
        match self.direction {
            Direction::Forward => 0,
            Direction::Backward => sets.get(at).map_or(0, |set| set.len() - 1),
        }
    }

    /// The range after this one.
    fn following(&self, set: &[KeyRange], range: usize) -> Option<usize> {
        match self.direction {
            Direction::Forward => Some(range + 1).filter(|&next| next < set.len()),
            Direction::Backward => range.checked_sub(1),
        }
    }

    /// Where a range begins and where it ends, in scan order.
    fn ends<'r>(&self, range: &'r KeyRange) -> (&'r Bound, &'r Bound) {
        match self.direction {
            Direction::Forward => (&range.lower, &range.upper),
            Direction::Backward => (&range.upper, &range.lower),
        }
    }

    /// Sends the cursor to a range of keys, given in scan order.
    fn go(&mut self, cursor: &mut Cursor, begin: Bound, end: Bound) -> Result<(), Error> {
        let (lower, upper) = match self.direction {
            Direction::Forward => (begin, end),
            Direction::Backward => (end, begin),
        };
        let searched = cursor.go_on(self.store, lower, upper);
        *self.searches += u64::from(searched.map_err(storage_error)?);
        Ok(())
    }

    /// Goes to the first keys with this prefix, then a value of range `range` of column `at`, then the first that fit behind it.
    fn enter(
        &mut self,
        state: &mut State,
        mut prefix: Vec<u8>,
        mut at: usize,
        mut range: usize,
    ) -> Result<(), Error> {
        loop {
            let Some(chosen) = state.sets.get(at).and_then(|set| set.get(range)) else {
                return Err(damaged_key());
            };
            let (begin, end) = self.ends(chosen);
            if at + 1 == state.sets.len() {
                let (begin, end) = (behind(&prefix, begin), behind(&prefix, end));
                self.go(&mut state.cursor, begin, end)?;
                state.run = Run::Inside {
                    prefix,
                    range,
                    found: false,
                };
                return Ok(());
            }
            if let (Bound::Included(value), Bound::Included(same)) = (begin, end)
                && value == same
            {
                prefix.extend_from_slice(value);
                at += 1;
                range = self.first(&state.sets, at);
                continue;
            }
            let begin = behind(&prefix, begin);
            self.go(&mut state.cursor, begin, Bound::Unbounded)?;
            state.run = Run::Probe;
            return Ok(());
        }
    }

    /// Goes on behind the range that was read. Returns whether there is anything left.
    fn leave(&mut self, state: &mut State) -> Result<bool, Error> {
        let Run::Inside {
            prefix,
            range,
            found,
        } = core::mem::replace(&mut state.run, Run::Probe)
        else {
            return Ok(true);
        };
        let last = state.sets.len() - 1;
        let set = state.sets.get(last).map_or(&[][..], Vec::as_slice);
        if let Some(next) = self.following(set, range) {
            self.enter(state, prefix, last, next)?;
            return Ok(true);
        }
        if found {
            return self.beyond(state, &prefix, last);
        }
        // Nothing was here: values may be rare, so the next entry shows where they go on.
        let Some(read) = set.get(range) else {
            return Err(damaged_key());
        };
        let begin = match behind(&prefix, self.ends(read).1) {
            Bound::Included(key) => Bound::Excluded(key),
            Bound::Excluded(key) => Bound::Included(key),
            // The whole tree was read.
            Bound::Unbounded => return Ok(false),
        };
        self.go(&mut state.cursor, begin, Bound::Unbounded)?;
        Ok(true)
    }

    /// Decides what an entry says: it fits, or where the next that may fit is. Returns whether there is anything left.
    fn judge(&mut self, state: &mut State, key: &[u8]) -> Result<bool, Error> {
        let mut from = 0;
        for at in 0..state.sets.len() {
            let (_, rest) = key.split_at_checked(from).ok_or_else(damaged_key)?;
            let end = self.codec.part_end(key, from, at)?;
            let part = rest.get(..end - from).ok_or_else(damaged_key)?;
            let set = state.sets.get(at).map_or(&[][..], Vec::as_slice);
            match self.locate(set, part) {
                Place::Inside(_) if at + 1 < state.sets.len() => from = end,
                Place::Inside(range) => {
                    let (prefix, _) = key.split_at_checked(from).ok_or_else(damaged_key)?;
                    let chosen = set.get(range).ok_or_else(damaged_key)?;
                    let stop = behind(prefix, self.ends(chosen).1);
                    self.go(&mut state.cursor, Bound::Included(key.to_vec()), stop)?;
                    state.run = Run::Inside {
                        prefix: prefix.to_vec(),
                        range,
                        found: false,
                    };
                    return Ok(true);
                }
                Place::Before(range) => {
                    let (prefix, _) = key.split_at_checked(from).ok_or_else(damaged_key)?;
                    self.enter(state, prefix.to_vec(), at, range)?;
                    return Ok(true);
                }
                Place::Beyond => {
                    let (prefix, _) = key.split_at_checked(from).ok_or_else(damaged_key)?;
                    return self.beyond(state, prefix, at);
                }
            }
        }
        Err(damaged_key())
    }

    /// Column `at` has no more values behind `prefix`, the columns before it: goes to the next value of those.
    fn beyond(&mut self, state: &mut State, prefix: &[u8], at: usize) -> Result<bool, Error> {
        let mut at = at;
        let mut prefix = prefix;
        loop {
            let Some(before) = at.checked_sub(1) else {
                return Ok(false);
            };
            let mut from = 0;
            for column in 0..before {
                from = self.codec.part_end(prefix, from, column)?;
            }
            let (shorter, part) = prefix.split_at_checked(from).ok_or_else(damaged_key)?;
            let set = state.sets.get(before).map_or(&[][..], Vec::as_slice);
            let Place::Inside(range) = self.locate(set, part) else {
                return Err(damaged_key());
            };
            // The last value of its range: the next range, or the column before it.
            let chosen = set.get(range).ok_or_else(damaged_key)?;
            let is_last = matches!(self.ends(chosen).1, Bound::Included(last) if last == part);
            if is_last {
                match self.following(set, range) {
                    Some(next) => {
                        self.enter(state, shorter.to_vec(), before, next)?;
                        return Ok(true);
                    }
                    None => {
                        (prefix, at) = (shorter, before);
                        continue;
                    }
                }
            }
            let neighbour = self.neighbour(part, before);
            let neighbour = neighbour.filter(
                |next| matches!(self.locate(set, next), Place::Inside(same) if same == range),
            );
            match neighbour {
                Some(next) => {
                    let mut longer = shorter.to_vec();
                    longer.extend_from_slice(&next);
                    let first = self.first(&state.sets, at);
                    self.enter(state, longer, at, first)?;
                }
                None => {
                    let begin = Bound::Excluded(prefix.to_vec());
                    self.go(&mut state.cursor, begin, Bound::Unbounded)?;
                    state.run = Run::Probe;
                }
            }
            return Ok(true);
        }
    }

    /// Where a column's bytes lie among its ranges.
    fn locate(&self, set: &[KeyRange], part: &[u8]) -> Place {
        // Ranges whose end lies before the value are passed.
        let passed = |range: &KeyRange| match (self.direction, self.ends(range).1) {
            (_, Bound::Unbounded) => false,
            (Direction::Forward, Bound::Included(end)) => part > end.as_slice(),
            (Direction::Forward, Bound::Excluded(end)) => part >= end.as_slice(),
            (Direction::Backward, Bound::Included(end)) => part < end.as_slice(),
            (Direction::Backward, Bound::Excluded(end)) => part <= end.as_slice(),
        };
        let found = match self.direction {
            Direction::Forward => {
                Some(set.partition_point(passed)).filter(|&range| range < set.len())
            }
            Direction::Backward => set.partition_point(|range| !passed(range)).checked_sub(1),
        };
        let Some((range, chosen)) = found.and_then(|range| Some((range, set.get(range)?))) else {
            return Place::Beyond;
        };
        let reached = match self.ends(chosen).0 {
            Bound::Unbounded => true,
            Bound::Included(begin) => part.cmp(begin) != self.early(),
            Bound::Excluded(begin) => part.cmp(begin) == self.early().reverse(),
        };
        if reached {
            Place::Inside(range)
        } else {
            Place::Before(range)
        }
    }

    /// How a value compares with one that comes later.
    const fn early(&self) -> Ordering {
        match self.direction {
            Direction::Forward => Ordering::Less,
            Direction::Backward => Ordering::Greater,
        }
    }

    /// The next value that a column of whole numbers can have, as bytes; `None` where values are not counted.
    fn neighbour(&self, part: &[u8], at: usize) -> Option<Vec<u8>> {
        let counted = matches!(
            self.codec.keys.get(at)?.data_type,
            DataType::Bool
                | DataType::Int2
                | DataType::Int4
                | DataType::Int8
                | DataType::Date
                | DataType::Timestamp
        );
        if !counted || part.first() != Some(&1) {
            return None;
        }
        let mut next = part.to_vec();
        let (_, digits) = next.split_first_mut()?;
        for digit in digits.iter_mut().rev() {
            let (moved, carried) = match self.direction {
                Direction::Forward => digit.overflowing_add(1),
                Direction::Backward => digit.overflowing_sub(1),
            };
            *digit = moved;
            if !carried {
                return Some(next);
            }
        }
        None
    }
}

/// Where a value lies among ranges, in scan order.
enum Place {
    Inside(usize),
    /// Before this range, and behind the one before it.
    Before(usize),
    Beyond,
}

/// A bound of one column as a bound of keys that begin with `prefix`.
fn behind(prefix: &[u8], bound: &Bound) -> Bound {
    let joined = |bytes: &[u8]| [prefix, bytes].concat();
    match bound {
        Bound::Unbounded if prefix.is_empty() => Bound::Unbounded,
        Bound::Unbounded => Bound::Included(prefix.to_vec()),
        Bound::Included(bytes) => Bound::Included(joined(bytes)),
        Bound::Excluded(bytes) => Bound::Excluded(joined(bytes)),
    }
}
