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

/// Places of a string that one code looks at.
const PLACES: usize = 16;
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
    let mut sorter = Sorter {
        strings,
        sorted: SortedRows {
            rows: (0_u32..).take(count).collect(),
            ends: vec![false; count],
        },
        groups: vec![Group {
            start: 0,
            end: count,
            from: 0,
        }],
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

struct Sorter<'a> {
    strings: Strings<'a>,
    sorted: SortedRows,
    /// What is not in order yet.
    groups: Vec<Group>,
    entries: Vec<u64>,
    spare: Vec<u64>,
    few: Vec<SortEntry>,
    tables: Box<[[u32; 256]; PLACES]>,
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
        self.entries.extend(rows.iter().map(|&row| {
            let tail = strings.tail(row, from);
            let tables = self.tables.iter().take(places.taken);
            let code = tables
                .zip(tail)
                .map(|(table, &byte)| table[usize::from(byte)])
                .sum();
            packed(code, row)
        }));
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
    fn of(
        strings: Strings<'_>,
        rows: &[u32],
        from: usize,
        tables: &mut [[u32; 256]; PLACES],
    ) -> Self {
        let mut seen = [[false; 256]; PLACES];
        // Whether a string ends before that place; longer ones end before `PLACES + 1`.
        let mut ended = [false; PLACES + 2];
        for &row in rows {
            let tail = strings.tail(row, from);
            ended[tail.len().min(PLACES + 1)] = true;
            for (seen, &byte) in seen.iter_mut().zip(tail) {
                seen[usize::from(byte)] = true;
            }
        }
        // As many places as fit, then what a step in each is worth, from the last to the first.
        let bases = seen.map(|seen| seen.iter().filter(|&&seen| seen).count() as u64);
        let mut taken = 0;
        let mut codes = 1_u64;
        for (&base, &ended) in bases.iter().zip(&ended) {
            let more = codes * (base + u64::from(ended)).max(1);
            if more > 1 << 32 {
                break;
            }
            codes = more;
            taken += 1;
        }
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

/// How many bytes from `from` on all of these strings share.
fn common_prefix(strings: Strings<'_>, rows: &[u32], from: usize) -> usize {
    let Some((&first, others)) = rows.split_first() else {
        return 0;
    };
    let mut head = strings.tail(first, from);
    for &row in others {
        let tail = strings.tail(row, from);
        if !tail.starts_with(head) {
            let same = head.iter().zip(tail).take_while(|(a, b)| a == b).count();
            head = &head[..same];
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
        let sorted = sort_strings(Strings {
            bytes: &bytes,
            offsets: &offsets,
        });
        assert_eq!(sorted.rows, expected);
        assert_eq!(sorted.ends, ends);
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
