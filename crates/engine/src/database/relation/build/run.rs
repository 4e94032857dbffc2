//! Entries of an index under construction, sorted by key and then as they came.
//!
//! Why keys, payloads and addresses apart: keys are sorted as strings ([`sort_strings`]), and of entries with equal keys only the
//! addresses are looked at again. All three are then copied into their order, since a copy can fetch many places of memory at once,
//! and whoever takes entry after entry waits for each.

use super::super::clustered::ByteList;
use crate::{Error, executor::columns::out_of_memory};
use alloc::vec::Vec;
use pages::{
    loops,
    order::strings::{Strings, sort_strings},
};

/// Byte strings of entries; none at all where entries have no payload.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    /// Where each begins and the last one ends.
    offsets: Vec<u32>,
}

impl Texts {
    fn append(&mut self, list: &ByteList) -> Result<(), Error> {
        let base = u32::try_from(self.bytes.len()).map_err(|_| out_of_memory())?;
        let more = list.bytes.len();
        self.bytes.try_reserve(more).map_err(|_| out_of_memory())?;
        self.offsets
            .try_reserve(list.ends.len() + 1)
            .map_err(|_| out_of_memory())?;
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        self.bytes.extend_from_slice(&list.bytes);
        self.offsets.extend(list.ends.iter().map(|end| base + end));
        Ok(())
    }

    /// The same in another order.
    fn sorted(&self, order: &[u32]) -> Result<Self, Error> {
        let mut sorted = Self {
            bytes: reserved(self.bytes.len())?,
            offsets: reserved(self.offsets.len())?,
        };
        if !self.offsets.is_empty() {
            sorted.offsets.push(0);
            let (bytes, ends) = (&mut sorted.bytes, &mut sorted.offsets);
            loops::gather_strings(bytes, ends, self.strings(), order);
        }
        Ok(sorted)
    }

    const fn strings(&self) -> Strings<'_> {
        Strings {
            bytes: self.bytes.as_slice(),
            offsets: self.offsets.as_slice(),
        }
    }
}

/// An empty list with room for `count`, or out of memory.
fn reserved<T>(count: usize) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    list.try_reserve_exact(count).map_err(|_| out_of_memory())?;
    Ok(list)
}

/// See the file's header.
#[derive(Default)]
pub(super) struct Run {
    keys: Texts,
    payloads: Texts,
    /// Addresses; none in a clustered table.
    rows: Vec<u64>,
    /// Once the entries are in order: for each whether it is the last with its key.
    ends: Vec<bool>,
    next: usize,
}

/// The entry that is next.
pub(super) struct Entry<'r> {
    pub key: &'r [u8],
    pub payload: &'r [u8],
    pub row: u64,
    /// Whether no entry with the same key follows it in its run.
    pub is_last: bool,
}

impl Run {
    /// Adds entries, whose rows are not below those of the entries before.
    ///
    /// # Errors
    /// Out of memory.
    pub fn append(
        &mut self,
        keys: &ByteList,
        payloads: &ByteList,
        rows: impl Iterator<Item = u64>,
    ) -> Result<(), Error> {
        self.rows
            .try_reserve(keys.len())
            .map_err(|_| out_of_memory())?;
        self.keys.append(keys)?;
        if payloads.len() > 0 {
            self.payloads.append(payloads)?;
        }
        self.rows.extend(rows);
        Ok(())
    }

    /// Entries in all.
    pub fn len(&self) -> usize {
        self.keys.strings().count()
    }

    /// Bytes of keys and payloads.
    pub fn bytes(&self) -> usize {
        self.keys.bytes.len() + self.payloads.bytes.len()
    }

    /// Bytes of memory taken.
    pub fn memory_bytes(&self) -> usize {
        let texts = [&self.keys, &self.payloads];
        let texts = texts.map(|texts| texts.bytes.capacity() + 4 * texts.offsets.capacity());
        texts.iter().sum::<usize>() + 8 * self.rows.capacity() + self.ends.capacity()
    }

    /// Puts the entries into order.
    ///
    /// # Errors
    /// Out of memory.
    pub fn sort(&mut self) -> Result<(), Error> {
        let sorted = sort_strings(self.keys.strings());
        self.keys = self.keys.sorted(&sorted.rows)?;
        self.payloads = self.payloads.sorted(&sorted.rows)?;
        let mut rows = reserved(self.rows.len())?;
        let row = |&at: &u32| self.rows.get(at as usize).copied();
        rows.extend(sorted.rows.iter().filter_map(row));
        self.rows = rows;
        self.ends = sorted.ends;
        Ok(())
    }

    /// The entry that is next, in order.
    pub fn peek(&self) -> Option<Entry<'_>> {
        let row = *self.rows.get(self.next)?;
        let at = u32::try_from(self.next).ok()?;
        Some(Entry {
            key: self.keys.strings().tail(at, 0),
            payload: self.payloads.strings().tail(at, 0),
            row,
            is_last: self.ends.get(self.next).copied().unwrap_or(true),
        })
    }

    /// Goes on to the entry after that.
    pub const fn advance(&mut self) {
        self.next += 1;
    }

    /// Leaves out so many entries with the key of the one before; whether the last of them was the last with it.
    pub fn skip(&mut self, entries: usize) -> bool {
        self.next += entries;
        let before = self.next.checked_sub(1);
        before
            .and_then(|at| self.ends.get(at))
            .copied()
            .unwrap_or(true)
    }

    /// The addresses of the entries from the next one on that have the key of the one before, at most so many.
    pub fn equal_rows(&self, most: usize) -> impl Iterator<Item = u64> {
        let from = self.next;
        let ends = self.ends.get(from..).unwrap_or(&[]);
        let count = ends.iter().take(most).position(|&end| end);
        let count = count.map_or(ends.len().min(most), |last| last + 1);
        let rows = self.rows.get(from..from + count).unwrap_or(&[]);
        rows.iter().copied()
    }
}
