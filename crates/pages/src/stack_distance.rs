//! LRU stack distances: one pass over the accesses gives the misses of every pool size.
//!
//! Why: "how large a cache does this workload need?" would otherwise take one run for each size. The distance of an
//! access is the number of distinct pages used since the page was last used; a pool of `c` pages under LRU misses
//! exactly the accesses whose distance is `c` or more, and the first access of every page.
//!
//! Method: Mattson, Gecsei, Slutz and Traiger, "Evaluation techniques for storage hierarchies", 1970; distances by a
//! Fenwick tree over access times (Bennett and Kruskal, 1975): O(log n) an access. It measures LRU, not the
//! [buffer pool](crate::buffer)'s clock, which only approximates it.

use crate::ids::PageId;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Distances of the accesses recorded so far.
#[derive(Clone, Debug, Default)]
pub struct StackDistances {
    last_use: BTreeMap<PageId, usize>,
    /// Fenwick tree; a one stands at the time of each page's last use.
    tree: Vec<i64>,
    time: usize,
    histogram: Vec<u64>,
    first_uses: u64,
}

impl StackDistances {
    /// No accesses yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records an access. O(log n).
    pub fn access(&mut self, page: PageId) {
        if self.time >= self.tree.len() {
            self.compact();
        }
        let now = self.time;
        self.time += 1;
        match self.last_use.insert(page, now) {
            None => self.first_uses += 1,
            Some(then) => {
                let distance = (self.prefix(now) - self.prefix(then + 1)) as usize;
                if self.histogram.len() <= distance {
                    self.histogram.resize(distance + 1, 0);
                }
                if let Some(count) = self.histogram.get_mut(distance) {
                    *count += 1;
                }
                self.add(then, -1);
            }
        }
        self.add(now, 1);
    }

    /// Distinct pages accessed: misses that no pool size avoids.
    pub fn distinct_pages(&self) -> u64 {
        self.first_uses
    }

    /// All accesses.
    pub fn accesses(&self) -> u64 {
        self.first_uses + self.histogram.iter().sum::<u64>()
    }

    /// Misses for pools of 0, 1, 2, … pages, down to the pool that holds all; never increasing.
    pub fn miss_curve(&self) -> Vec<u64> {
        let mut misses = self.accesses();
        let mut curve = Vec::with_capacity(self.histogram.len() + 1);
        curve.push(misses);
        for &count in &self.histogram {
            misses -= count;
            curve.push(misses);
        }
        curve
    }

    /// Renumbers times to 0 … pages and doubles the tree, so that memory follows pages and not accesses.
    fn compact(&mut self) {
        let mut used_at = alloc::vec![None; self.time];
        for (&page, &time) in &self.last_use {
            if let Some(slot) = used_at.get_mut(time) {
                *slot = Some(page);
            }
        }
        let pages = self.last_use.len();
        self.tree.clear();
        self.tree.resize((2 * pages).max(1024), 0);
        self.time = pages;
        for (time, page) in used_at.into_iter().flatten().enumerate() {
            self.last_use.insert(page, time);
            self.add(time, 1);
        }
    }

    fn add(&mut self, time: usize, change: i64) {
        let mut at = time + 1;
        while let Some(cell) = self.tree.get_mut(at - 1) {
            *cell += change;
            at += at & at.wrapping_neg();
        }
    }

    /// Ones before `time`.
    fn prefix(&self, time: usize) -> i64 {
        let mut at = time;
        let mut sum = 0;
        while at > 0 {
            sum += self.tree.get(at - 1).copied().unwrap_or(0);
            at &= at - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misses_by_simulation(accesses: &[u32], capacity: usize) -> u64 {
        let mut stack: Vec<u32> = Vec::new();
        let mut misses = 0;
        for &page in accesses {
            if let Some(at) = stack.iter().position(|&p| p == page) {
                stack.remove(at);
                misses += u64::from(at >= capacity);
            } else {
                misses += 1;
            }
            stack.insert(0, page);
        }
        misses
    }

    #[test]
    fn miss_curve_equals_a_simulated_lru_of_every_size() {
        let mut seed = 7u32;
        let accesses: Vec<u32> = (0..5000)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                1 + ((seed >> 16) % 60) * ((seed >> 8) % 3)
            })
            .collect();
        let mut distances = StackDistances::new();
        for &page in &accesses {
            distances.access(PageId::new(page).unwrap());
        }
        for (capacity, &misses) in distances.miss_curve().iter().enumerate() {
            assert_eq!(
                misses,
                misses_by_simulation(&accesses, capacity),
                "{capacity} pages"
            );
        }
    }
}
