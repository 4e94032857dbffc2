//! The miss curve: how many pages a run would have had to read, by the size of the cache.
//!
//! The figures are the engine's (one pass of LRU stack distances over the accesses of the run); here they become a line. They are
//! modelled: LRU and a cache that is empty at first, where the engine's pool is a clock sweep and may be warm.

use crate::axes::{self, Axes, Here};
use crate::format;
use protocol::MissPointView;

/// The drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct MissChart {
    /// Pages of cache from left to right, reads upwards.
    pub axes: Axes,
    /// The line, as an SVG path.
    pub path: String,
    /// The present size of the cache.
    pub here: Here,
    /// The same as a table: size of the cache, reads.
    pub rows: Vec<(String, String)>,
    /// One sentence for those who do not see it.
    pub summary: String,
}

/// Reads with a cache of `pages`.
#[must_use]
pub fn reads_at(points: &[MissPointView], pages: f64) -> Option<f64> {
    let last = points.iter().rev().find(|point| point.cache_pages <= pages);
    last.or(points.first()).map(|point| point.misses)
}

/// Lays the curve out; `None` if nothing was read or found.
#[must_use]
pub fn chart(points: &[MissPointView], cache_pages: f64, page_bytes: f64) -> Option<MissChart> {
    let (first, last) = (points.first()?, points.last()?);
    if last.misses <= 0.0 {
        return None;
    }
    let now = reads_at(points, cache_pages)?;
    let high = last.cache_pages.max(cache_pages).max(10.0);
    let x = axes::across(1.0, high);
    let y = axes::upwards(last.misses, first.misses);
    // A cache between two sizes reads as much as the smaller one.
    let mut corners = Vec::new();
    let mut before = first.misses;
    for point in points {
        corners.push((point.cache_pages, before));
        corners.push((point.cache_pages, point.misses));
        before = point.misses;
    }
    corners.push((high, before));
    let every = (points.len() / 12).max(1);
    let size = |pages: f64| {
        format!(
            "{} ({})",
            format::counted(pages, "page"),
            format::bytes(pages * page_bytes)
        )
    };
    let shown = points
        .iter()
        .enumerate()
        .filter(|(at, _)| at % every == 0 || at + 1 == points.len());
    let best = points
        .iter()
        .find(|point| point.misses <= last.misses)
        .map_or(last.cache_pages, |point| point.cache_pages);
    let same = first.misses <= last.misses;
    Some(MissChart {
        axes: Axes::of(&x, &y, format::short_count),
        path: axes::line(
            corners
                .iter()
                .map(|(pages, reads)| Some((x.at(*pages), y.at(*reads)))),
        ),
        here: Here {
            x: x.at(cache_pages),
            y: y.at(now),
            words: format!(
                "cache now: {}, {}",
                format::counted(cache_pages, "page"),
                format::counted(now, "read")
            ),
        },
        rows: shown
            .map(|(_, point)| (size(point.cache_pages), format::count(point.misses)))
            .collect(),
        summary: if same {
            format!(
                "Reads of this run by the size of the cache: {} with every size, since no page comes back after another.",
                format::count(now)
            )
        } else {
            format!(
                "Reads of this run by the size of the cache: {} with one page, {} with {} or more. The cache has {} now: {}.",
                format::counted(first.misses, "read"),
                format::count(last.misses),
                format::counted(best, "page"),
                format::counted(cache_pages, "page"),
                format::counted(now, "read")
            )
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<MissPointView> {
        [(1.0, 900.0), (4.0, 300.0), (20.0, 25.0)]
            .map(|(cache_pages, misses)| MissPointView {
                cache_pages,
                misses,
            })
            .to_vec()
    }

    #[test]
    fn a_cache_between_two_sizes_reads_as_the_smaller_one() {
        assert_eq!(reads_at(&points(), 3.0), Some(900.0));
        assert_eq!(reads_at(&points(), 4.0), Some(300.0));
        assert_eq!(reads_at(&points(), 16_384.0), Some(25.0));
        assert_eq!(reads_at(&[], 16.0), None);
    }

    #[test]
    fn the_line_falls_to_the_right_and_the_present_size_is_on_it() {
        let chart = chart(&points(), 16.0, 8192.0).unwrap();
        let (left, top, right, bottom) = chart.axes.frame;
        assert!(chart.path.starts_with(&format!("M{left:.1}")));
        assert!((left..=right).contains(&chart.here.x) && (top..=bottom).contains(&chart.here.y));
        assert_eq!(chart.here.words, "cache now: 16 pages, 300 reads");
        assert_eq!(chart.rows.len(), 3);
        assert_eq!(
            chart.rows[0],
            ("1 page (8.0 KB)".to_owned(), "900".to_owned())
        );
        assert!(
            chart.summary.contains("25 with 20 pages or more"),
            "{}",
            chart.summary
        );
    }

    #[test]
    fn a_scan_that_no_cache_helps_is_a_level_line() {
        let once = [MissPointView {
            cache_pages: 1.0,
            misses: 10_310.0,
        }];
        let chart = chart(&once, 16_384.0, 8192.0).unwrap();
        assert!(chart.summary.contains("10,310 with every size"));
    }
}
