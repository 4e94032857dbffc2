//! Where to split a page.
//!
//! Why so much care: the density of an index grown by inserts is decided here, and people compare it with PostgreSQL's. A split in
//! the middle is right for keys that arrive at random; keys that ascend want the left page nearly full; a page of one value
//! wants it fuller still; and among points that are nearly as good the one with the shortest separator wins.
//!
//! Method: PostgreSQL `nbtsplitloc.c`, in terms of the charge. It knows items only by their sizes.

use alloc::vec::Vec;

/// A page about to be split, the new item included.
pub(crate) struct Candidates<'c> {
    /// Charge of each item with its line pointer.
    pub charges: &'c [usize],
    /// What each item would take as the left page's high key, with its line pointer.
    pub as_high: &'c [usize],
    /// Charge available in a page.
    pub space: usize,
    /// Charge of the present high key, which stays on the right.
    pub high: usize,
    /// What the right page saves because its first item loses its key (internal pages).
    pub first_saves: FirstSaves,
    /// Bytes of each item, and of a page, for items whose bytes exceed their charge.
    pub bytes: &'c [usize],
    pub page_bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstSaves {
    Nothing,
    AllBut(usize),
}

/// Aim of the split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Aim {
    /// Equal free space on both sides.
    Even,
    /// The left page filled to this percentage.
    FillLeft(usize),
}

/// One legal split: items before `first_right` go left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SplitPoint {
    pub first_right: usize,
    left_free: isize,
    right_free: isize,
    delta: usize,
}

impl SplitPoint {
    /// How good it is for the aim; less is better, and of two alike the one further left.
    pub fn rank(&self) -> (usize, usize) {
        (self.delta, self.first_right)
    }
}

/// All legal splits, from left to right.
pub(crate) fn legal(candidates: &Candidates<'_>, aim: Aim) -> Vec<SplitPoint> {
    let total: usize = candidates.charges.iter().sum();
    let total_bytes: usize = candidates.bytes.iter().sum();
    let mut left = 0;
    let mut left_bytes = 0;
    let mut points = Vec::new();
    for (i, &charge) in candidates.charges.iter().enumerate() {
        if i > 0 {
            let as_high = candidates.as_high.get(i).copied().unwrap_or(charge);
            let saved = match candidates.first_saves {
                FirstSaves::Nothing => 0,
                FirstSaves::AllBut(kept) => charge.saturating_sub(kept),
            };
            let left_free = candidates.space as isize - (left + as_high) as isize;
            let right_free =
                candidates.space as isize - (candidates.high + total - left - saved) as isize;
            let fits_bytes = left_bytes + candidates.bytes.get(i).copied().unwrap_or(0)
                <= candidates.page_bytes
                && total_bytes - left_bytes <= candidates.page_bytes;
            if left_free >= 0 && right_free >= 0 && fits_bytes {
                let delta = match aim {
                    Aim::Even => left_free - right_free,
                    Aim::FillLeft(percent) => {
                        (percent as isize * left_free - (100 - percent as isize) * right_free) / 100
                    }
                };
                points.push(SplitPoint {
                    first_right: i,
                    left_free,
                    right_free,
                    delta: delta.unsigned_abs(),
                });
            }
        }
        left += charge;
        left_bytes += candidates.bytes.get(i).copied().unwrap_or(0);
    }
    points
}

/// The best of all.
pub(crate) fn best(points: &[SplitPoint]) -> Option<&SplitPoint> {
    points.iter().min_by_key(|point| point.rank())
}

/// Those about as good as the best: the ones that rank before the first whose free space is not within a tolerance (5 % of the
/// page's items in leaves, 7.5 % in internal pages). Two looks at each: sorting hundreds of points took a fifth of a split.
pub(crate) fn near(
    points: &[SplitPoint],
    items_total: usize,
    per_mille: usize,
) -> impl Iterator<Item = &SplitPoint> {
    let tolerance = (items_total * per_mille / 1000) as isize;
    let best = best(points);
    let is_far = |point: &&SplitPoint| {
        best.is_some_and(|best| {
            (point.left_free - best.left_free).abs() > tolerance
                || (point.right_free - best.right_free).abs() > tolerance
        })
    };
    let first_far = points.iter().filter(is_far).map(SplitPoint::rank).min();
    points
        .iter()
        .filter(move |point| first_far.is_none_or(|far| point.rank() < far))
}
