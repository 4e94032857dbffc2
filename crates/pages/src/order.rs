//! Sorting, once for all crates.
//!
//! Why here and not `slice::sort`: every type and every comparison makes its own copy of the standard sort, 5 to 8 KB each,
//! and there were forty. Below are two copies: numbers, and entries of a number and a row, which decide most comparisons
//! without a call. Everything else is sorted as positions whose comparison is passed as a reference. It is in the lowest
//! crate because all use it and because that crate is compiled for speed. It knows nothing of what is sorted. Many numbers and many
//! strings are sorted without comparisons: [`radix`], [`strings`], [`buckets`].

pub mod buckets;
pub mod pieces;
pub mod radix;
pub mod strings;

use alloc::vec::Vec;
use core::cmp::Ordering;

/// What is sorted: a number that stands for the beginning of a key, and whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortEntry {
    /// Decides first; where keys are bytes, the first eight of them, big-endian.
    pub prefix: u64,
    /// Position of the row; decides last, so the order is stable.
    pub row: u32,
}

/// Compares two rows, given by position.
pub type CompareRows<'c> = &'c dyn Fn(u32, u32) -> Ordering;

/// Sorts numbers. O(n log n).
pub fn sort_numbers(numbers: &mut [u64]) {
    numbers.sort_unstable();
}

/// Sorts by prefix, then by `ties` if prefixes do not say it all, then by row. O(n log n).
pub fn sort_entries(entries: &mut [SortEntry], ties: Option<CompareRows<'_>>) {
    entries.sort_unstable_by(|a, b| match a.prefix.cmp(&b.prefix) {
        Ordering::Equal => compare_ties(ties, a.row, b.row),
        decided => decided,
    });
}

/// Compares two rows whose prefixes are equal.
#[inline]
pub fn compare_ties(ties: Option<CompareRows<'_>>, a: u32, b: u32) -> Ordering {
    ties.map_or(Ordering::Equal, |compare| compare(a, b))
        .then(a.cmp(&b))
}

/// The positions 0 … `count` in the order of `compare`; equal ones as they were. O(n log n).
#[must_use]
pub fn sorted_positions(count: usize, compare: CompareRows<'_>) -> Vec<u32> {
    let mut entries: Vec<SortEntry> = (0_u32..)
        .take(count)
        .map(|row| SortEntry { prefix: 0, row })
        .collect();
    sort_entries(&mut entries, Some(compare));
    entries.iter().map(|entry| entry.row).collect()
}

/// Sorts any items; equal ones stay as they were. O(n log n), two calls a comparison: for lists that no row count decides.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    if items.is_sorted_by(|a, b| compare(a, b).is_le()) {
        return;
    }
    let mut from = sorted_positions(items.len(), &|a, b| {
        compare(&items[a as usize], &items[b as usize])
    });
    // Each cycle of the permutation by swaps; a position that is done points to itself.
    for first in 0..from.len() {
        let mut at = first;
        loop {
            let next = core::mem::replace(&mut from[at], at as u32) as usize;
            if next == first {
                break;
            }
            items.swap(at, next);
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, without a source of randomness.
    fn scattered(count: u64) -> Vec<u64> {
        (0..count).map(|i| i * 7919 % 101).collect()
    }

    #[test]
    fn items_are_sorted_like_the_standard_stable_sort() {
        for count in [0, 1, 2, 3, 20, 21, 500] {
            let mut items: Vec<(u64, u64)> = scattered(count).into_iter().zip(0..).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            sort_by(&mut items, |a, b| a.0.cmp(&b.0));
            assert_eq!(items, expected);
        }
    }

    #[test]
    fn entries_are_sorted_by_prefix_then_ties_then_row() {
        let numbers = scattered(300);
        let mut entries: Vec<SortEntry> = (0_u32..300)
            .map(|row| SortEntry {
                prefix: u64::from(row % 3),
                row,
            })
            .collect();
        let ties = |a: u32, b: u32| numbers[b as usize].cmp(&numbers[a as usize]);
        sort_entries(&mut entries, Some(&ties));
        let key = |entry: &SortEntry| {
            (
                entry.prefix,
                u64::MAX - numbers[entry.row as usize],
                entry.row,
            )
        };
        assert!(entries.is_sorted_by_key(key));
        sort_entries(&mut entries, None);
        assert!(entries.is_sorted_by_key(|entry| (entry.prefix, entry.row)));
    }
}
