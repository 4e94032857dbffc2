//! Which rows ANALYZE looks at when it does not look at all of them: random pages, then random rows of those.
//!
//! Why two stages: reading a random row costs its whole page, so pages are drawn first (Knuth's algorithm S: each set of
//! pages is equally likely), and a reservoir keeps an even share of the rows seen (Vitter's algorithm R). Seeded: the same
//! table and seed give the same sample. Method: PostgreSQL 15 `analyze.c`, `acquire_sample_rows`.

use alloc::vec::Vec;

/// Rows of a sample for each unit of the statistics target (`std_typanalyze`: bins stay within half their size with 99 %
/// probability; Chaudhuri, Motwani & Narasayya, SIGMOD 1998).
pub const SAMPLE_ROWS_PER_TARGET: usize = 300;

/// Random numbers from a seed: the 64-bit mix of Steele, Lea & Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number under `limit`, which is not 0.
    fn below(&mut self, limit: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(limit);
        u64::try_from(wide >> 64).unwrap_or(0)
    }
}

/// `wanted` of the pages 0 .. `pages`, ascending; all of them if there are no more. O(pages).
#[must_use]
pub fn sample_pages(pages: u32, wanted: usize, seed: u64) -> Vec<u32> {
    let mut random = Random(seed);
    let mut missing = (wanted as u64).min(u64::from(pages));
    let mut chosen = Vec::new();
    for page in 0..pages {
        let left = u64::from(pages - page);
        if random.below(left) < missing {
            chosen.push(page);
            missing -= 1;
        }
    }
    chosen
}

/// Keeps an even share of a stream of rows.
#[derive(Clone, Debug)]
pub struct Reservoir {
    capacity: usize,
    seen: u64,
    random: Random,
}

impl Reservoir {
    /// A reservoir for `capacity` rows.
    #[must_use]
    pub const fn new(capacity: usize, seed: u64) -> Self {
        Self {
            capacity,
            seen: 0,
            random: Random(seed),
        }
    }

    /// Takes note of one more row: where to keep it (a new slot at the end, or in place of the row there), or `None` to
    /// drop it. The rows kept must be put into physical order at the end.
    pub fn offer(&mut self) -> Option<usize> {
        let number = self.seen;
        self.seen += 1;
        if number < self.capacity as u64 {
            return usize::try_from(number).ok();
        }
        let slot = self.random.below(self.seen);
        usize::try_from(slot)
            .ok()
            .filter(|&slot| slot < self.capacity)
    }

    /// Rows offered so far.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }
}

/// Rows of the whole table, from the live rows on some of its pages (PostgreSQL writes it to `reltuples`).
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub fn estimate_total_rows(live_rows_seen: u64, pages_seen: u32, pages: u32) -> f64 {
    if pages_seen == 0 {
        return 0.0;
    }
    libm::floor(live_rows_seen as f64 / f64::from(pages_seen) * f64::from(pages) + 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_distinct_ascending_and_as_many_as_wanted() {
        let pages = sample_pages(1000, 30, 7);
        assert_eq!(pages.len(), 30);
        assert!(pages.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(pages, sample_pages(1000, 30, 7));
        assert_eq!(sample_pages(5, 30, 7), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn reservoir_keeps_later_rows_as_likely_as_earlier_ones() {
        let mut reservoir = Reservoir::new(100, 1);
        let mut kept = [0_u32; 100];
        for row in 0..10_000_u32 {
            if let Some(slot) = reservoir.offer() {
                kept[slot] = row;
            }
        }
        let late = kept.iter().filter(|&&row| row >= 5000).count();
        assert!((35..=65).contains(&late), "{late} of 100");
    }
}
