//! Entries of an index under construction, sorted by key and then as they came.
//!
//! Why keys, payloads and addresses apart: keys are sorted as strings ([`sort_strings`]), and of entries with equal keys only the
//! addresses are looked at again. All three are then copied into their order, since a copy can fetch many places of memory at once,
//! and whoever takes entry after entry waits for each. The copy is in parts, and a part goes as soon as it has been read: the index
//! grows into the memory of its runs.

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

    /// Some of them in another order.
    fn sorted(&self, order: &[u32]) -> Result<Self, Error> {
        let mut sorted = Self::default();
        if !self.offsets.is_empty() {
            let length = |&at: &u32| self.strings().tail(at, 0).len();
            sorted.bytes = reserved(order.iter().map(length).sum())?;
            sorted.offsets = reserved(order.len() + 1)?;
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

/// Entries of a part.
const PART_ENTRIES: usize = 1 << 12;

/// Entries as they come.
#[derive(Default)]
pub(super) struct Unsorted {
    keys: Texts,
    payloads: Texts,
    /// Addresses; none in a clustered table.
    rows: Vec<u64>,
}

/// See the file's header.
pub(super) struct Run {
    /// What has not been read, the last part first.
    parts: Vec<Part>,
    next: usize,
}

/// Some entries in order.
struct Part {
    entries: Unsorted,
    /// For each whether it is the last with its key.
    ends: Vec<bool>,
}

/// The entry that is next.
pub(super) struct Entry<'r> {
    pub key: &'r [u8],
    pub payload: &'r [u8],
    pub row: u64,
}

impl Unsorted {
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
        texts.iter().sum::<usize>() + 8 * self.rows.capacity()
    }

    /// The entries in order.
    ///
    /// # Errors
    /// Out of memory.
    pub fn sort(self) -> Result<Run, Error> {
        let sorted = sort_strings(self.keys.strings());
        let mut parts = reserved(sorted.rows.len().div_ceil(PART_ENTRIES))?;
        let orders = sorted.rows.chunks(PART_ENTRIES);
        for (order, ends) in orders.zip(sorted.ends.chunks(PART_ENTRIES)).rev() {
            let mut rows = reserved(order.len())?;
            let row = |&at: &u32| self.rows.get(at as usize).copied();
            rows.extend(order.iter().filter_map(row));
            parts.push(Part {
                entries: Self {
                    keys: self.keys.sorted(order)?,
                    payloads: self.payloads.sorted(order)?,
                    rows,
                },
                ends: ends.to_vec(),
            });
        }
        Ok(Run { parts, next: 0 })
    }
}

impl Run {
    /// Bytes of memory taken.
    pub fn memory_bytes(&self) -> usize {
        let bytes = |part: &Part| part.entries.memory_bytes() + part.ends.capacity();
        self.parts.iter().map(bytes).sum()
    }

    /// The entry that is next, in order.
    pub fn peek(&self) -> Option<Entry<'_>> {
        let part = self.parts.last()?;
        let at = u32::try_from(self.next).ok()?;
        Some(Entry {
            key: part.entries.keys.strings().tail(at, 0),
            payload: part.entries.payloads.strings().tail(at, 0),
            row: *part.entries.rows.get(self.next)?,
        })
    }

    /// Goes on behind so many entries, of those that [`Self::peek`] and [`Self::equal_rows`] gave; whether the last of them is the
    /// last with its key.
    pub fn advance(&mut self, entries: usize) -> bool {
        let Some(part) = self.parts.last() else {
            return true;
        };
        self.next += entries;
        let before = self.next.checked_sub(1).and_then(|at| part.ends.get(at));
        let is_last = before.copied().unwrap_or(true);
        if self.next >= part.ends.len() {
            self.parts.pop();
            self.next = 0;
        }
        is_last
    }

    /// The addresses of the entries from the next one on that have the key of the one before, at most so many, and of one part.
    pub fn equal_rows(&self, most: usize) -> impl Iterator<Item = u64> {
        let from = self.next;
        let part = self.parts.last();
        let ends = part.and_then(|part| part.ends.get(from..)).unwrap_or(&[]);
        let count = ends.iter().take(most).position(|&end| end);
        let count = count.map_or(ends.len().min(most), |last| last + 1);
        let rows = part.and_then(|part| part.entries.rows.get(from..from + count));
        rows.unwrap_or(&[]).iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{ByteList, PART_ENTRIES, Unsorted};
    use alloc::vec::Vec;

    /// Entries of a hundred keys, so that every part ends within a key.
    fn entries() -> (Unsorted, Vec<(Vec<u8>, u64)>) {
        let (mut run, mut model) = (Unsorted::default(), Vec::new());
        let count = 3 * PART_ENTRIES as u64 + 17;
        for from in (0..count).step_by(1000) {
            let (mut keys, mut payloads) = (ByteList::default(), ByteList::default());
            let rows = from..count.min(from + 1000);
            for row in rows.clone() {
                let key = alloc::format!("key{}", row * 7919 % 100).into_bytes();
                keys.bytes.extend_from_slice(&key);
                keys.end().unwrap();
                payloads.bytes.extend_from_slice(&row.to_le_bytes());
                payloads.end().unwrap();
                model.push((key, row));
            }
            run.append(&keys, &payloads, rows).unwrap();
        }
        model.sort();
        (run, model)
    }

    #[test]
    fn entries_come_in_order_across_the_borders_of_parts() {
        let (run, model) = entries();
        let mut run = run.sort().unwrap();
        for (at, (key, row)) in model.iter().enumerate() {
            let entry = run.peek().unwrap();
            assert_eq!((entry.key, entry.row), (key.as_slice(), *row));
            assert_eq!(entry.payload, row.to_le_bytes());
            let ends = model.get(at + 1).is_none_or(|(next, _)| next != key);
            assert_eq!(run.advance(1), ends);
        }
        assert!(run.peek().is_none());
    }

    #[test]
    fn entries_of_one_key_can_be_taken_together_part_by_part() {
        let (run, model) = entries();
        let mut run = run.sort().unwrap();
        let mut found = Vec::new();
        while let Some(entry) = run.peek() {
            let key = entry.key.to_vec();
            found.push((key.clone(), entry.row));
            let mut is_last = run.advance(1);
            while !is_last {
                let rows: Vec<u64> = run.equal_rows(50).collect();
                if rows.is_empty() {
                    break;
                }
                is_last = run.advance(rows.len());
                found.extend(rows.into_iter().map(|row| (key.clone(), row)));
            }
        }
        assert!(found == model);
    }

    #[test]
    fn a_part_that_was_read_takes_no_memory() {
        let (run, model) = entries();
        let mut run = run.sort().unwrap();
        let whole = run.memory_bytes();
        for _ in 0..PART_ENTRIES {
            run.advance(1);
        }
        assert!(run.memory_bytes() < whole * 3 / 4);
        for _ in PART_ENTRIES..model.len() {
            run.advance(1);
        }
        assert_eq!(run.memory_bytes(), 0);
    }
}
