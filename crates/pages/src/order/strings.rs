//! Sorting byte strings by digits.
//!
//! Why: most columns of text, and most keys of an index, use few of the 256 bytes at each place – digits here, one of five letters
//! there, always the same mark. Counted that way a string's next dozen bytes are one number of 32 bits, and numbers are sorted
//! without comparing. Strings with the same number go round again from the first byte that it did not take in; a handful of them
//! is compared.
//!
//! ```text
//! user17@…, user4@…, user23@…    after "user":   place 0: 1 2 4    place 1: 3 7 @    place 2: @ or e …
//! code = ((rank in place 0) · 3 + rank in place 1) · …, as long as it stays below 2^32
//! ```
//!
//! Method: most significant digit first, as in McIlroy, Bostic & McIlroy, "Engineering Radix Sort", 1993, with digits of varying base.

use super::{
    SortEntry,
    radix::{code_of, packed, row_of, sort_packed},
    sort_entries,
};
use alloc::{boxed::Box, vec, vec::Vec};
use core::ops::Range;

/// Places of a string that one code looks at.
const PLACES: usize = 16;
/// Strings between two looks at how many places are left.
const SURVEYED: usize = 4096;
/// So few strings are compared: tables for their bytes would cost more.
const FEW: usize = 96;

/// Byte strings that lie end to end. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Strings<'a> {
    /// The strings.
    pub bytes: &'a [u8],
    /// Where each begins, and where the last one ends: one more than there are strings.
    pub offsets: &'a [u32],
}

impl<'a> Strings<'a> {
    /// Strings in all.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// A string from its byte `from` on; empty beyond the end.
    #[inline]
    #[must_use]
    pub fn tail(&self, at: u32, from: usize) -> &'a [u8] {
        let ends = self.offsets.get(at as usize..);
        match ends.and_then(<[u32]>::first_chunk::<2>) {
            Some(&[start, end]) => self
                .bytes
                .get(start as usize + from..end as usize)
                .unwrap_or(&[]),
            None => &[],
        }
    }
}

/// Rows in the order of their values; rows with equal values in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortedRows {
    /// The rows.
    pub rows: Vec<u32>,
    /// For each whether it is the last with its value.
    pub ends: Vec<bool>,
}

/// Strings that are equal up to some byte: places of the order, and that byte.
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
    from: usize,
}

/// Sorts strings as bytes. O(bytes that tell them apart) for many, O(n log n) for few.
#[must_use]
pub fn sort_strings(strings: Strings<'_>) -> SortedRows {
    let count = strings.count();
    let all = Group {
        start: 0,
        end: count,
        from: 0,
    };
    sort_groups(strings, (0_u32..).take(count).collect(), vec![all])
}

/// Puts the rows of each group into order; the others are each the only one with their value.
fn sort_groups(strings: Strings<'_>, rows: Vec<u32>, groups: Vec<Group>) -> SortedRows {
    let mut ends = vec![true; rows.len()];
    for group in &groups {
        ends[group.start..group.end].fill(false);
    }
    let mut sorter = Sorter {
        strings,
        sorted: SortedRows { rows, ends },
        groups,
        entries: Vec::new(),
        spare: Vec::new(),
        few: Vec::new(),
        tables: Box::new([[0; 256]; PLACES]),
    };
    while let Some(group) = sorter.groups.pop() {
        if group.end - group.start <= FEW {
            sorter.compare(group);
        } else {
            sorter.distribute(group);
        }
    }
    sorter.sorted
}

/// Codes of many strings, for [`Buckets`](super::buckets::Buckets): numbers made of the first bytes in which they differ.
#[derive(Clone, Debug)]
pub struct StringCodes {
    from: usize,
    places: Places,
    tables: Box<Tables>,
}

impl StringCodes {
    /// Looks at all strings. O(bytes that codes are made of).
    #[must_use]
    pub fn of(strings: Strings<'_>) -> Self {
        let rows: Vec<u32> = (0_u32..).take(strings.count()).collect();
        let mut tables = Box::new([[0; 256]; PLACES]);
        let from = common_prefix(strings, &rows, 0);
        let places = Places::of(strings, &rows, from, &mut tables);
        Self {
            from,
            places,
            tables,
        }
    }

    /// Whether strings with equal codes are equal.
    #[must_use]
    pub const fn tell_all(&self) -> bool {
        self.places.all
    }

    /// Appends the codes of some of the strings.
    pub fn extend(&self, codes: &mut Vec<u32>, strings: Strings<'_>, rows: Range<u32>) {
        let tables = &self.tables[..self.places.taken];
        codes.extend(rows.map(|row| code(tables, strings.tail(row, self.from))));
    }

    /// Orders entries that are in the order of these codes by their strings, and gives them codes that tell all.
    pub fn order_equal(&self, strings: Strings<'_>, entries: &mut [u64]) {
        let mut groups = Vec::new();
        let mut start = 0;
        for group in entries.chunk_by(|&a, &b| code_of(a) == code_of(b)) {
            let end = start + group.len();
            if group.len() > 1 {
                groups.push(Group {
                    start,
                    end,
                    from: self.from + self.places.taken,
                });
            }
            start = end;
        }
        let rows = entries.iter().map(|&entry| row_of(entry)).collect();
        let sorted = sort_groups(strings, rows, groups);
        let mut rank = 0;
        for ((entry, row), end) in entries.iter_mut().zip(sorted.rows).zip(sorted.ends) {
            *entry = packed(rank, row);
            rank += u32::from(end);
        }
    }
}

/// What each byte adds to a code, by place.
type Tables = [[u32; 256]; PLACES];

/// The code of a string from the first place on.
#[inline]
fn code(tables: &[[u32; 256]], tail: &[u8]) -> u32 {
    let values = tables.iter().zip(tail);
    values.map(|(table, &byte)| table[usize::from(byte)]).sum()
}

struct Sorter<'a> {
    strings: Strings<'a>,
    sorted: SortedRows,
    /// What is not in order yet.
    groups: Vec<Group>,
    entries: Vec<u64>,
    spare: Vec<u64>,
    few: Vec<SortEntry>,
    tables: Box<Tables>,
}

impl Sorter<'_> {
    /// Puts a few strings into order.
    fn compare(&mut self, group: Group) {
        let Group { start, end, from } = group;
        let strings = self.strings;
        let tail = |row: u32| strings.tail(row, from);
        let rows = &mut self.sorted.rows[start..end];
        self.few.clear();
        self.few.extend(rows.iter().map(|&row| SortEntry {
            prefix: first_eight(tail(row)),
            row,
        }));
        // Strings that end early are padded with zero bytes: only the whole ones decide then.
        sort_entries(&mut self.few, Some(&|a, b| tail(a).cmp(tail(b))));
        for (row, entry) in rows.iter_mut().zip(&self.few) {
            *row = entry.row;
        }
        let ends = &mut self.sorted.ends[start..end];
        for (end, pair) in ends.iter_mut().zip(self.few.windows(2)) {
            *end = pair[0].prefix != pair[1].prefix || tail(pair[0].row) != tail(pair[1].row);
        }
        if let Some(last) = ends.last_mut() {
            *last = true;
        }
    }

    /// Sorts many strings by the next bytes; those that these do not tell apart become groups.
    fn distribute(&mut self, group: Group) {
        let Group { start, end, from } = group;
        let strings = self.strings;
        let rows = &mut self.sorted.rows[start..end];
        let from = from + common_prefix(strings, rows, from);
        let places = Places::of(strings, rows, from, &mut self.tables);
        self.entries.clear();
        let tables = &self.tables[..places.taken];
        let packed = |&row: &u32| packed(code(tables, strings.tail(row, from)), row);
        self.entries.extend(rows.iter().map(packed));
        sort_packed(&mut self.entries, &mut self.spare, places.bits);
        for (row, &entry) in rows.iter_mut().zip(&self.entries) {
            *row = row_of(entry);
        }
        let mut first = 0;
        for at in 0..self.entries.len() {
            let code = code_of(self.entries[at]);
            let next = self.entries.get(at + 1);
            if next.is_some_and(|&next| code_of(next) == code) {
                continue;
            }
            if places.all || first == at {
                self.sorted.ends[start + at] = true;
            } else {
                self.groups.push(Group {
                    start: start + first,
                    end: start + at + 1,
                    from: from + places.taken,
                });
            }
            first = at + 1;
            // Small groups are done at once: a list of them would be as long as the column.
            while let Some(&small) = self.groups.last()
                && small.end - small.start <= FEW
                && small.start >= start
            {
                self.groups.pop();
                self.compare(small);
            }
        }
    }
}

/// What the codes of a group are made of.
#[derive(Clone, Copy, Debug)]
struct Places {
    /// Places whose bytes are part of the code.
    taken: usize,
    /// Whether equal codes mean equal strings.
    all: bool,
    /// Bits of the largest code.
    bits: u32,
}

impl Places {
    /// Finds which bytes occur at the places from `from` on, and what each adds to the code.
    fn of(strings: Strings<'_>, rows: &[u32], from: usize, tables: &mut Tables) -> Self {
        let mut seen = [[false; 256]; PLACES];
        // Whether a string ends before that place; longer ones end before `PLACES + 1`.
        let mut ended = [false; PLACES + 2];
        let (mut taken, mut codes) = (PLACES, 1);
        for some in rows.chunks(SURVEYED) {
            for &row in some {
                let tail = strings.tail(row, from);
                ended[tail.len().min(PLACES + 1)] = true;
                for (seen, &byte) in seen.iter_mut().take(taken).zip(tail) {
                    seen[usize::from(byte)] = true;
                }
            }
            // More strings only leave room for fewer places.
            (taken, codes) = places_that_fit(&seen, &ended);
        }
        // What a step in each is worth, from the last to the first.
        let mut step = 1_u64;
        for place in (0..taken).rev() {
            let mut rank = u64::from(ended[place]);
            for (value, &seen) in tables[place].iter_mut().zip(&seen[place]) {
                *value = (rank * step) as u32;
                rank += u64::from(seen);
            }
            step *= rank.max(1);
        }
        Self {
            taken,
            all: !ended.iter().skip(taken + 1).any(|&ended| ended),
            bits: u64::BITS - (codes - 1).leading_zeros(),
        }
    }
}

/// As many places as one code has room for, and how many codes those make.
fn places_that_fit(seen: &[[bool; 256]; PLACES], ended: &[bool]) -> (usize, u64) {
    let mut codes = 1_u64;
    let mut taken = 0;
    for (seen, &ended) in seen.iter().zip(ended) {
        let base = seen.iter().filter(|&&seen| seen).count() as u64 + u64::from(ended);
        let more = codes * base.max(1);
        if more > 1 << 32 {
            break;
        }
        codes = more;
        taken += 1;
    }
    (taken, codes)
}

/// How many bytes from `from` on all of these strings share.
fn common_prefix(strings: Strings<'_>, rows: &[u32], from: usize) -> usize {
    let Some((&first, others)) = rows.split_first() else {
        return 0;
    };
    let mut head = strings.tail(first, from);
    let mut number = first_eight(head);
    for &row in others {
        if head.is_empty() {
            break;
        }
        let tail = strings.tail(row, from);
        // Most beginnings are short, and these need no call.
        if let Some(eight) = tail.first_chunk::<8>()
            && head.len() <= 8
            && (u64::from_be_bytes(*eight) ^ number) >> (64 - 8 * head.len()) == 0
        {
            continue;
        }
        if !tail.starts_with(head) {
            let same = head.iter().zip(tail).take_while(|(a, b)| a == b).count();
            head = &head[..same];
            number = first_eight(head);
        }
    }
    head.len()
}

/// The first eight bytes as a number, zero bytes in place of missing ones.
fn first_eight(bytes: &[u8]) -> u64 {
    let mut head = [0; 8];
    for (place, &byte) in head.iter_mut().zip(bytes) {
        *place = byte;
    }
    u64::from_be_bytes(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::buckets::{Buckets, Reorder};

    /// Sorts by digits and by comparisons: both must agree.
    fn check(texts: &[Vec<u8>]) {
        let mut offsets = vec![0];
        let mut bytes = Vec::new();
        for text in texts {
            bytes.extend_from_slice(text);
            offsets.push(bytes.len() as u32);
        }
        let mut expected: Vec<u32> = (0..texts.len() as u32).collect();
        expected.sort_by(|&a, &b| texts[a as usize].cmp(&texts[b as usize]));
        let last = |at: usize| {
            expected
                .get(at + 1)
                .is_none_or(|&next| texts[next as usize] != texts[expected[at] as usize])
        };
        let ends: Vec<bool> = (0..expected.len()).map(last).collect();
        let strings = Strings {
            bytes: &bytes,
            offsets: &offsets,
        };
        let sorted = sort_strings(strings);
        assert_eq!(sorted.rows, expected);
        assert_eq!(sorted.ends, ends);
        assert_eq!(in_buckets(strings), sorted);
    }

    /// As [`sort_strings`], by codes in buckets.
    fn in_buckets(strings: Strings<'_>) -> SortedRows {
        let codes = StringCodes::of(strings);
        let mut list = Vec::new();
        codes.extend(&mut list, strings, 0..strings.count() as u32);
        let mut buckets = Buckets::default();
        buckets.extend(&list);
        while buckets.divide() {}
        let order = |entries: &mut [u64]| codes.order_equal(strings, entries);
        let order: Option<Reorder<'_>> = if codes.tell_all() { None } else { Some(&order) };
        let mut sorted = SortedRows::default();
        for bucket in 0..buckets.count() {
            let mut entries = Vec::new();
            buckets.visit(bucket, order, &mut |part| entries.extend_from_slice(part));
            for (at, &entry) in entries.iter().enumerate() {
                let next = entries.get(at + 1);
                sorted.rows.push(row_of(entry));
                sorted
                    .ends
                    .push(next.is_none_or(|&next| code_of(next) != code_of(entry)));
            }
        }
        sorted
    }

    /// Numbers that look random, without a source of randomness.
    fn scattered(count: u64) -> impl Iterator<Item = u64> {
        (1..=count).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 13)
    }

    #[test]
    fn few_and_no_strings_are_sorted() {
        check(&[]);
        check(&[b"b".to_vec()]);
        check(&[b"b".to_vec(), b"".to_vec(), b"a\0".to_vec(), b"a".to_vec()]);
    }

    #[test]
    fn strings_that_share_beginning_and_end_are_sorted() {
        let text = |i: u64| alloc::format!("user{}@example.com", i % 5000).into_bytes();
        check(&scattered(3000).map(text).collect::<Vec<_>>());
    }

    #[test]
    fn few_values_in_many_rows_stay_in_row_order() {
        let values = ["done", "open", "", "sent", "do"];
        let text = |i: u64| values[(i % 5) as usize].as_bytes().to_vec();
        check(&scattered(3000).map(text).collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_of_any_length_are_sorted() {
        let text = |i: u64| {
            let bytes = i.to_le_bytes();
            let wide = bytes.repeat(2 + (i % 7) as usize);
            wide[..(i % 13) as usize].to_vec()
        };
        check(&scattered(5000).map(text).collect::<Vec<_>>());
        // Ends that look like zero bytes.
        let zeros = |i: u64| vec![0; (i % 40) as usize];
        check(&scattered(2000).map(zeros).collect::<Vec<_>>());
    }

    #[test]
    fn long_strings_that_differ_late_are_sorted() {
        let text = |i: u64| {
            let mut text: Vec<u8> = (0..40).map(|k| (i % 3) as u8 * k).collect();
            text.extend(i.to_be_bytes().repeat(3));
            text.extend([(i % 2) as u8; 30]);
            text.extend((i % 11).to_be_bytes());
            text
        };
        check(&scattered(4000).map(text).collect::<Vec<_>>());
        let same = |_| vec![7_u8; 300];
        check(&(0..500).map(same).collect::<Vec<_>>());
    }
}
