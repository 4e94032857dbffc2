//! Sorting many numbers of 32 bits, each with its row, in pieces.
//!
//! Why in pieces: whoever gathers a million numbers can be paused between any two of them, needs no memory for a second million, and
//! no piece leaves the processor's nearer caches. Numbers come in segments. Each segment is distributed by the first digit, which leaves
//! its buckets in row order; a bucket's parts from all segments are then put together and sorted alone. Nothing is ever in order as a whole:
//! buckets are asked for one after the other, and again if need be. A bucket that most numbers share is as large as they are.
//!
//! Method: most significant digit first (Knuth, "The Art of Computer Programming" 3, 5.2.5), one level of it, then [`radix`](super::radix).

use super::{
    radix::{code_of, packed, sort_packed},
    sort_numbers,
};
use alloc::vec::Vec;

/// Entries in a segment: 512 KiB.
const SEGMENT: usize = 1 << 16;
/// Codes of so few bits have a bucket each, if there are enough rows: nothing is left to be sorted.
const MOST_BITS: u32 = 12;
/// So many entries fill a bucket if codes are spread evenly, as a power of two.
const BUCKET_ENTRIES: u32 = 12;
/// So few entries are compared: a walk by digits looks at more counters than that.
const FEW: usize = 256;

/// See the file's header. Entries are as in [`radix`](super::radix); rows are numbered as they come.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    segments: Vec<Vec<u64>>,
    rows: u32,
    least: u32,
    most: u32,
    /// Segments that are distributed, and by segment where each of its buckets ends.
    divided: usize,
    ends: Vec<u32>,
    bucket: Vec<u64>,
    spare: Vec<u64>,
}

impl Buckets {
    /// Adds the codes of the next rows.
    pub fn extend(&mut self, mut codes: &[u32]) {
        if self.rows == 0 {
            self.least = u32::MAX;
        }
        while !codes.is_empty() {
            let full = self
                .segments
                .last()
                .is_none_or(|last| last.len() >= SEGMENT);
            if full {
                // A small table's only segment grows, later ones have their size from the beginning.
                let room = if self.segments.is_empty() { 0 } else { SEGMENT };
                self.segments.push(Vec::with_capacity(room));
            }
            let Some(segment) = self.segments.last_mut() else {
                return;
            };
            let (now, later) = codes.split_at(codes.len().min(SEGMENT - segment.len()));
            for &code in now {
                self.least = self.least.min(code);
                self.most = self.most.max(code);
            }
            let rows = self.rows..;
            segment.extend(now.iter().zip(rows).map(|(&code, row)| packed(code, row)));
            self.rows += now.len() as u32;
            codes = later;
        }
    }

    /// Rows so far.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// The lowest code: entries have what their codes are above it.
    #[must_use]
    pub const fn least(&self) -> u32 {
        self.least
    }

    /// Bits of the first digit, and of the rest.
    const fn digits(&self) -> (u32, u32) {
        let bits = u32::BITS - self.most.saturating_sub(self.least).leading_zeros();
        let rows = u32::BITS - self.rows.leading_zeros();
        let first = if bits <= MOST_BITS && rows > MOST_BITS {
            bits
        } else {
            rows.saturating_sub(BUCKET_ENTRIES)
        };
        let first = if first > MOST_BITS { MOST_BITS } else { first };
        let first = if first > bits { bits } else { first };
        (first, bits - first)
    }

    /// Buckets in all, once every segment is distributed.
    #[must_use]
    pub const fn count(&self) -> usize {
        1 << self.digits().0
    }

    /// Distributes the next segment; `false` if there is none.
    pub fn divide(&mut self) -> bool {
        let (first, rest) = self.digits();
        let Some(segment) = self.segments.get_mut(self.divided) else {
            return false;
        };
        let base = packed(self.least, 0);
        let digit = |entry: u64| {
            code_of(entry).checked_shr(rest).unwrap_or(0) as usize & ((1 << MOST_BITS) - 1)
        };
        let mut places = [0_u32; 1 << MOST_BITS];
        for &entry in segment.iter() {
            places[digit(entry - base)] += 1;
        }
        let mut sum = 0;
        for place in places.iter_mut().take(1 << first) {
            sum += core::mem::replace(place, sum);
        }
        self.spare.clear();
        self.spare.resize(segment.len(), 0);
        for &entry in segment.iter() {
            let place = &mut places[digit(entry - base)];
            self.spare[*place as usize] = entry - base;
            *place += 1;
        }
        // What was a place is now where the bucket ends.
        self.ends.extend(places.iter().take(1 << first));
        core::mem::swap(segment, &mut self.spare);
        self.divided += 1;
        true
    }

    /// The parts of a bucket, in the order of segments.
    pub fn parts(&self, bucket: usize) -> impl Iterator<Item = &[u64]> {
        let ends = self.ends.chunks(self.count());
        self.segments.iter().zip(ends).map(move |(segment, ends)| {
            let from = bucket.checked_sub(1).and_then(|before| ends.get(before));
            let from = from.copied().unwrap_or(0) as usize;
            let to = ends.get(bucket).map_or(0, |&end| end as usize);
            segment.get(from..to).unwrap_or_default()
        })
    }

    /// Passes the entries of a bucket in the order of their codes, equal ones in the order of rows; `order` may then order those.
    pub fn visit(
        &mut self,
        bucket: usize,
        order: Option<Reorder<'_>>,
        each: &mut dyn FnMut(&[u64]),
    ) {
        let (_, rest) = self.digits();
        if rest == 0 && order.is_none() {
            self.parts(bucket).for_each(each);
            return;
        }
        let mut entries = core::mem::take(&mut self.bucket);
        entries.clear();
        for part in self.parts(bucket) {
            entries.extend_from_slice(part);
        }
        if entries.len() <= FEW {
            sort_numbers(&mut entries);
        } else {
            sort_packed(&mut entries, &mut self.spare, rest);
        }
        if let Some(order) = order
            && !entries.is_sorted_by(|&a, &b| code_of(a) < code_of(b))
        {
            order(&mut entries);
        }
        each(&entries);
        self.bucket = entries;
    }
}

/// Orders entries that have the same code among each other, and gives them codes that tell them apart.
pub type Reorder<'r> = &'r dyn Fn(&mut [u64]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::radix::row_of;

    /// Sorts in pieces and at once: both must agree.
    fn check(codes: &[u32]) {
        let mut buckets = Buckets::default();
        for some in codes.chunks(1000) {
            buckets.extend(some);
        }
        assert_eq!(buckets.rows() as usize, codes.len());
        while buckets.divide() {}
        let mut expected: Vec<u64> = codes.iter().zip(0..).map(|(&c, r)| packed(c, r)).collect();
        expected.sort_unstable();
        // Twice, since a bucket may be asked for again.
        for _ in 0..2 {
            let mut found = Vec::new();
            let least = packed(buckets.least(), 0);
            for bucket in 0..buckets.count() {
                let mut take = |part: &[u64]| found.extend(part.iter().map(|part| part + least));
                buckets.visit(bucket, None, &mut take);
            }
            assert!(found == expected);
        }
    }

    /// Numbers that look random, without a source of randomness.
    fn scattered(count: u64) -> impl Iterator<Item = u32> {
        (1..=count).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 13) as u32)
    }

    #[test]
    fn no_and_few_codes_are_sorted() {
        check(&[]);
        check(&[7]);
        check(&[u32::MAX, 0, 5, 0, u32::MAX]);
    }

    #[test]
    fn codes_of_any_range_are_sorted_over_many_segments() {
        check(&scattered(200_000).collect::<Vec<_>>());
        check(
            &scattered(200_000)
                .map(|c| 5_000 + c % 4_000)
                .collect::<Vec<_>>(),
        );
        check(&scattered(90_000).map(|c| c % 100_000).collect::<Vec<_>>());
        check(&(0..150_000).collect::<Vec<_>>());
        check(&[9; 70_000]);
    }

    #[test]
    fn codes_that_nearly_all_share_are_sorted() {
        let skewed = |c: u32| if c.is_multiple_of(100) { c } else { 3 };
        check(&scattered(100_000).map(skewed).collect::<Vec<_>>());
    }

    #[test]
    fn entries_with_the_same_code_are_ordered_by_whoever_knows_more() {
        let mut buckets = Buckets::default();
        buckets.extend(&[5, 4, 5, 4]);
        while buckets.divide() {}
        let mut found = Vec::new();
        let backwards = |entries: &mut [u64]| entries.reverse();
        for bucket in 0..buckets.count() {
            let mut take = |part: &[u64]| found.extend(part.iter().map(|&entry| row_of(entry)));
            buckets.visit(bucket, Some(&backwards), &mut take);
        }
        assert_eq!(found, [2, 0, 3, 1]);
    }
}
