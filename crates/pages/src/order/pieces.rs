//! Sorting many rows by keys of any length, in pieces and in steps.
//!
//! Why: a sort of a million rows must be paused many times, take little memory besides its keys, and whoever skips half of what is sorted
//! should not wait for that half. Every key becomes a number of 32 bits that orders like it where those of two keys differ; such
//! numbers are sorted in [`buckets`](super::buckets). Keys whose numbers are equal and do not say it all are compared when their piece
//! is asked for. It knows nothing of what keys stand for.

use super::{
    SortEntry,
    buckets::Buckets,
    radix::{packed, row_of},
    sort_entries,
    strings::{StringCodes, Strings},
};
use alloc::vec::Vec;

/// Rows that a step is about.
pub const STEP_ROWS: usize = 1 << 17;

/// What is sorted by: one key a row, in the order of rows.
#[derive(Clone, Copy, Debug)]
pub enum Keys<'k> {
    /// Numbers.
    Numbers(&'k [u64]),
    /// Bytes.
    Strings(Strings<'k>),
}

/// What a key's number of 32 bits is made of.
#[derive(Clone, Debug, Default)]
enum Coding {
    /// Not known yet.
    #[default]
    Unknown,
    /// The first bits that are in use, counted from the least key.
    Numbers { least: u64, shift: u32 },
    /// The first bytes in which strings differ.
    Strings(StringCodes),
}

/// See the file's header. The keys are the caller's, and the same at every call.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    coding: Coding,
    coded: usize,
    codes: Vec<u32>,
    buckets: Buckets,
}

impl Pieces {
    /// Adds rows whose keys are numbers of 32 bits, and are kept here: all rows, or none.
    pub fn extend(&mut self, codes: &[u32]) {
        self.buckets.extend(codes);
    }

    /// Works towards the order, for at most about [`STEP_ROWS`]; `false` when there is nothing left to do.
    pub fn step(&mut self, keys: Keys<'_>) -> bool {
        let rows = match keys {
            Keys::Numbers(numbers) => numbers.len(),
            Keys::Strings(strings) => strings.count(),
        };
        if self.coded == rows {
            self.codes = Vec::new();
            return self.buckets.divide();
        }
        let end = rows.min(self.coded + STEP_ROWS);
        self.codes.clear();
        match (&self.coding, keys) {
            (Coding::Numbers { least, shift }, Keys::Numbers(numbers)) => {
                let some = numbers.get(self.coded..end).unwrap_or_default();
                let code = |&key: &u64| ((key - least) >> shift) as u32;
                self.codes.extend(some.iter().map(code));
            }
            (Coding::Strings(coding), Keys::Strings(strings)) => {
                coding.extend(&mut self.codes, strings, self.coded as u32..end as u32);
            }
            (_, Keys::Numbers(numbers)) => {
                let least = numbers.iter().copied().min().unwrap_or(0);
                let most = numbers.iter().copied().max().unwrap_or(0);
                let bits = u64::BITS - (most - least).leading_zeros();
                let shift = bits.saturating_sub(u32::BITS);
                self.coding = Coding::Numbers { least, shift };
                return true;
            }
            (_, Keys::Strings(strings)) => {
                self.coding = Coding::Strings(StringCodes::of(strings));
                return true;
            }
        }
        self.buckets.extend(&self.codes);
        self.coded = end;
        true
    }

    /// Rows in all.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.buckets.rows() as usize
    }

    /// The lowest of the keys that are kept here: entries have what theirs are above it.
    #[must_use]
    pub const fn least(&self) -> u32 {
        self.buckets.least()
    }

    /// How many pieces there are, once there is nothing left to do.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.buckets.count()
    }

    /// Rows in a piece.
    #[must_use]
    pub fn len_of(&self, piece: usize) -> usize {
        self.buckets.parts(piece).map(<[u64]>::len).sum()
    }

    /// Passes the entries of a piece in the order of their keys, equal ones in the order of rows: equal codes mean equal keys within
    /// it.
    pub fn visit(&mut self, piece: usize, keys: Keys<'_>, each: &mut dyn FnMut(&[u64])) {
        match (&self.coding, keys) {
            (Coding::Strings(coding), Keys::Strings(strings)) if !coding.tell_all() => {
                let order = |entries: &mut [u64]| coding.order_equal(strings, entries);
                self.buckets.visit(piece, Some(&order), each);
            }
            (Coding::Numbers { shift: 1.., .. }, Keys::Numbers(numbers)) => {
                let order = |entries: &mut [u64]| order_equal(numbers, entries);
                self.buckets.visit(piece, Some(&order), each);
            }
            _ => self.buckets.visit(piece, None, each),
        }
    }
}

/// Orders entries that are in the order of the first bits of their keys by all of those, and gives them codes that tell all.
fn order_equal(keys: &[u64], entries: &mut [u64]) {
    let entry = |&entry: &u64| SortEntry {
        prefix: keys.get(row_of(entry) as usize).copied().unwrap_or(0),
        row: row_of(entry),
    };
    let mut sorted: Vec<SortEntry> = entries.iter().map(entry).collect();
    sort_entries(&mut sorted, None);
    let mut entries = entries.iter_mut();
    for (rank, equal) in (0..).zip(sorted.chunk_by(|a, b| a.prefix == b.prefix)) {
        for (sorted, entry) in equal.iter().zip(entries.by_ref()) {
            *entry = packed(rank, sorted.row);
        }
    }
}
