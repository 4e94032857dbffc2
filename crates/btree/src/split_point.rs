//! Where to split a page.
//!
//! Why so much care: the density of an index grown by inserts is decided here, and people compare it with PostgreSQL's. A split in
//! the middle is right for keys that arrive at random; keys that ascend want the left page nearly full; a page of one value
//! wants it fuller still; and among points that are nearly as good the one with the shortest separator wins.
//!
//! Method: PostgreSQL `nbtsplitloc.c`, in terms of the charge. It knows items only by their sizes.

use alloc::vec::Vec;
use pages::order::sort_by;

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

/// All legal splits, best first by `aim`.
pub(crate) fn ranked(candidates: &Candidates<'_>, aim: Aim) -> Vec<SplitPoint> {
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
    sort_by(&mut points, |a: &SplitPoint, b| a.delta.cmp(&b.delta));
    points
}

/// How many of the ranked points are about as good as the first: free space within a tolerance (5 % of the page's items in leaves,
/// 7.5 % in internal pages).
pub(crate) fn interval(points: &[SplitPoint], items_total: usize, per_mille: usize) -> usize {
    let tolerance = (items_total * per_mille / 1000) as isize;
    let Some(best) = points.first() else { return 0 };
    let near = |point: &SplitPoint| {
        (point.left_free - best.left_free).abs() <= tolerance
            && (point.right_free - best.right_free).abs() <= tolerance
    };
    points.iter().take_while(|point| near(point)).count()
}
