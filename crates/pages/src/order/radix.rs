//! Sorting by digits: numbers of at most 32 bits, each with its row.
//!
//! Why not by comparisons: a million entries need twenty million of those, most of them guessed wrongly by the processor; digits
//! take two or three walks. An entry is one number, the code above and the row below, so a walk moves eight bytes. It does not
//! know what the codes stand for: [`strings`](super::strings) makes some.
//!
//! Method: least significant digit first (Knuth, "The Art of Computer Programming" 3, 5.2.5); each walk is stable.

use alloc::vec::Vec;

/// Bits of one digit at most: 2,048 counters stay in the first-level cache.
const DIGIT_BITS: u32 = 11;

/// A code and its row as one number that sorts by code, then by row.
#[inline]
#[must_use]
pub const fn packed(code: u32, row: u32) -> u64 {
    (code as u64) << 32 | row as u64
}

/// The code of an entry.
#[inline]
#[must_use]
pub const fn code_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

/// The row of an entry.
#[inline]
#[must_use]
pub const fn row_of(entry: u64) -> u32 {
    entry as u32
}

/// Sorts entries by their codes, which are below `1 << bits`; equal ones stay as they were. `spare` is memory to work in.
/// O(n · bits).
pub fn sort_packed(entries: &mut Vec<u64>, spare: &mut Vec<u64>, bits: u32) {
    if bits == 0 || entries.is_sorted() {
        return;
    }
    let walks = bits.div_ceil(DIGIT_BITS);
    let digit_bits = bits.div_ceil(walks);
    let mask = (1_usize << digit_bits) - 1;
    spare.clear();
    spare.resize(entries.len(), 0);
    for walk in 0..walks {
        let shift = 32 + walk * digit_bits;
        let digit = |entry: u64| (entry >> shift) as usize & mask & ((1 << DIGIT_BITS) - 1);
        let mut places = [0_u32; 1 << DIGIT_BITS];
        for &entry in entries.iter() {
            places[digit(entry)] += 1;
        }
        let mut sum = 0;
        for place in &mut places {
            sum += core::mem::replace(place, sum);
        }
        for &entry in entries.iter() {
            let place = &mut places[digit(entry)];
            spare[*place as usize] = entry;
            *place += 1;
        }
        core::mem::swap(entries, spare);
    }
}
