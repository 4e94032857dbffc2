//! ANALYZE of one column: values in, [`ColumnStats`] out.
//!
//! Why by column and in steps: a caller feeds one column chunk by chunk and takes its statistics before the next, so that only one
//! column's values are held, and the work can be paused at any place. It does not read tables and does not choose the sample (see `sample`).
//! Method: PostgreSQL 15 `analyze.c`, `compute_scalar_stats`; the number of distinct values by Haas & Stokes, "Estimating
//! the Number of Classes in a Finite Population", 1998 (estimator Duj1).

use super::{
    ColumnStats,
    most_common::{Candidate, Candidates, SampleShape, significant},
    sorted::Sorting,
};
use crate::value::{
    Column, ColumnData, DataType, Value,
    geometry::{numeric_payload, place_payload},
};
use alloc::vec::Vec;
use pages::order::{
    pieces::STEP_ROWS,
    radix::{code_of, row_of},
    sort_by,
};

/// Longer values are counted but not examined (`WIDTH_THRESHOLD`, `analyze.c`).
const WIDEST_EXAMINED: usize = 1024;
/// Distinct values above this share of the rows are stored as a fraction (`compute_scalar_stats`).
const SCALING_SHARE: f64 = 0.1;

/// Statistics of one column being gathered.
#[derive(Clone, Debug)]
pub struct ColumnAnalysis {
    data_type: DataType,
    target: usize,
    expected_rows: u64,
    rows: u64,
    nulls: u64,
    width_sum: u64,
    too_wide: u64,
    sorting: Sorting,
    counts: Counts,
}

impl ColumnAnalysis {
    /// Nothing seen yet. `target`: most common values and bins kept at most (`default_statistics_target`); `expected_rows`: as many
    /// rows memory is taken for, 0 if nobody knows.
    #[must_use]
    pub fn new(data_type: DataType, target: usize, expected_rows: u64) -> Self {
        Self {
            data_type,
            target,
            expected_rows,
            rows: 0,
            nulls: 0,
            width_sum: 0,
            too_wide: 0,
            sorting: Sorting::new(data_type),
            counts: Counts::new(target),
        }
    }

    /// Takes the next rows, in physical order. O(rows).
    pub fn push(&mut self, column: &Column) {
        let rows = column.len();
        let is_null = |row: usize| column.nulls.is_null(row);
        let nulls = column.nulls.0.iter().filter(|&&null| null).count();
        self.rows += rows as u64;
        self.nulls += nulls as u64;
        let before = self.too_wide;
        match &column.data {
            ColumnData::Text(texts) => {
                for (row, ends) in texts.offsets.windows(2).enumerate() {
                    let length = (ends[1] - ends[0]) as usize;
                    if nulls == 0 || !is_null(row) {
                        self.width_sum += place_payload(0, length) as u64;
                        self.too_wide += u64::from(is_too_wide(length));
                    }
                }
            }
            ColumnData::Numeric(numbers) => {
                for (_, number) in numbers.iter().enumerate().filter(|(row, _)| !is_null(*row)) {
                    self.width_sum += place_payload(0, numeric_payload(*number)) as u64;
                }
            }
            _ => {}
        }
        let keep = |row: usize| match &column.data {
            ColumnData::Text(texts) => !is_null(row) && !is_too_wide(texts.bytes_at(row).len()),
            _ => !is_null(row),
        };
        let all = nulls == 0 && before == self.too_wide;
        let share = match self.expected_rows {
            0 => 0.5,
            expected => (float(self.rows) / float(expected)).min(1.0),
        };
        self.sorting
            .extend(column, share, if all { None } else { Some(&keep) });
    }

    /// Rows seen.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Works towards the statistics, for about a hundred thousand rows; `false` when [`Self::finish`] has little left to do.
    pub fn step(&mut self) -> bool {
        if self.sorting.step() {
            return true;
        }
        let from = self.counts.rank;
        while self.counts.rank - from < STEP_ROWS {
            let piece = self.counts.ends.len();
            if piece == self.sorting.pieces() {
                return false;
            }
            let counts = &mut self.counts;
            self.sorting.visit(piece, &mut |part| counts.take(part));
            counts.close();
            counts.ends.push(counts.rank);
        }
        true
    }

    /// The statistics; `total_rows` is the table's (equal to the rows seen when all were). `None` if no row was seen.
    /// O(n log n) at most.
    #[must_use]
    pub fn finish(&mut self, total_rows: f64) -> Option<ColumnStats> {
        while self.step() {}
        if self.rows == 0 {
            return None;
        }
        let mut stats = ColumnStats {
            null_fraction: narrow(float(self.nulls) / float(self.rows)),
            avg_width: self.mean_width(),
            ..ColumnStats::default()
        };
        if self.nulls == self.rows {
            stats.null_fraction = 1.0;
            return Some(stats);
        }
        let counts = core::mem::replace(&mut self.counts, Counts::new(0));
        stats.n_distinct = self.distinct(&counts, &stats, total_rows);
        if counts.distinct == 0 {
            return Some(stats);
        }
        let kept = self.common_values(&counts, &stats, total_rows);
        let common = &counts.candidates.list[..kept];
        stats.most_common = common
            .iter()
            .map(|held| {
                let frequency = narrow(float(held.count) / float(self.rows));
                (self.sorting.value(held.entry), frequency)
            })
            .collect();
        stats.histogram = self.histogram(&counts, common);
        stats.correlation = counts.correlation(self.sorting.rows());
        Some(stats)
    }

    /// Mean stored width of the values that are not NULL, cut to whole bytes.
    fn mean_width(&self) -> i32 {
        if let Some(length) = self.data_type.fixed_len() {
            return i32::try_from(length).unwrap_or(i32::MAX);
        }
        let mean = self
            .width_sum
            .checked_div(self.rows - self.nulls)
            .unwrap_or(0);
        i32::try_from(mean).unwrap_or(i32::MAX)
    }

    /// Distinct values of the whole table, by PostgreSQL's convention.
    fn distinct(&self, counts: &Counts, stats: &ColumnStats, total_rows: f64) -> f32 {
        let null_fraction = f64::from(stats.null_fraction);
        let estimate = if counts.repeated == 0 {
            // No value twice: as many as there are rows.
            return narrow(-(1.0 - null_fraction));
        } else if self.too_wide == 0 && counts.repeated == counts.distinct {
            // Every value at least twice: there are likely no others.
            float(counts.distinct)
        } else {
            let once = float(counts.distinct - counts.repeated + self.too_wide);
            let seen = once + float(counts.repeated);
            let sample = float(self.rows - self.nulls);
            let total = total_rows * (1.0 - null_fraction);
            let estimate = if total > 0.0 {
                sample * seen / ((sample - once) + once * sample / total)
            } else {
                0.0
            };
            libm::floor(estimate.max(seen).min(total) + 0.5)
        };
        let stored = narrow(estimate);
        if f64::from(stored) > SCALING_SHARE * total_rows {
            narrow(-(f64::from(stored) / total_rows))
        } else {
            stored
        }
    }

    /// How many of the candidates are kept.
    fn common_values(&self, counts: &Counts, stats: &ColumnStats, total_rows: f64) -> usize {
        let candidates = &counts.candidates.list;
        let complete = candidates.len() as u64 == counts.distinct
            && self.too_wide == 0
            && stats.n_distinct > 0.0;
        if complete {
            return candidates.len();
        }
        significant(
            candidates,
            &SampleShape {
                sample_rows: float(self.rows),
                total_rows,
                null_fraction: f64::from(stats.null_fraction),
                n_distinct: f64::from(stats.n_distinct),
            },
        )
    }

    /// Bounds of equally filled bins over the values that are not listed as common.
    fn histogram(&mut self, counts: &Counts, common: &[Candidate]) -> Vec<Value> {
        let others = usize::try_from(counts.distinct).unwrap_or(usize::MAX) - common.len();
        let bounds = others.min(self.target + 1);
        if bounds < 2 {
            return Vec::new();
        }
        let mut gaps: Vec<(usize, usize)> = common
            .iter()
            .map(|held| {
                (
                    held.first,
                    usize::try_from(held.count).unwrap_or(usize::MAX),
                )
            })
            .collect();
        sort_by(&mut gaps, Ord::cmp);
        let listed: usize = gaps.iter().map(|gap| gap.1).sum();
        let last = self.sorting.rows() - listed - 1;
        let mut gaps = gaps.into_iter().peekable();
        let mut skipped = 0;
        let places = (0..bounds).map(|bound| {
            // Place among the values that are left, then place among all: common values before it are stepped over.
            let place = mul_div(bound, last, bounds - 1);
            while let Some(&(first, count)) = gaps.peek() {
                if first > place + skipped {
                    break;
                }
                skipped += count;
                gaps.next();
            }
            place + skipped
        });
        let mut entries = Vec::with_capacity(bounds);
        let mut places = places.peekable();
        let mut start = 0;
        for (piece, &end) in counts.ends.iter().enumerate() {
            if places.peek().is_some_and(|&place| place < end) {
                self.sorting.visit(piece, &mut |part| {
                    while let Some(place) = places.next_if(|&place| place < start + part.len()) {
                        entries.extend(part.get(place - start));
                    }
                    start += part.len();
                });
            }
            start = end;
        }
        let value = |&entry: &u64| self.sorting.value(entry);
        entries.iter().map(value).collect()
    }
}

/// What one pass over the sorted values finds.
#[derive(Clone, Debug)]
struct Counts {
    distinct: u64,
    repeated: u64,
    candidates: Candidates,
    rank_position_sum: f64,
    /// Values so far.
    rank: usize,
    /// How many of the last ones are equal, and the first of those.
    run: usize,
    first: u64,
    /// By piece of the order: the values up to its end.
    ends: Vec<usize>,
}

impl Counts {
    const fn new(target: usize) -> Self {
        Self {
            distinct: 0,
            repeated: 0,
            candidates: Candidates::new(target),
            rank_position_sum: 0.0,
            rank: 0,
            run: 0,
            first: 0,
            ends: Vec::new(),
        }
    }

    /// Takes the next values of a piece.
    fn take(&mut self, entries: &[u64]) {
        for equal in entries.chunk_by(|&a, &b| code_of(a) == code_of(b)) {
            if let Some(&first) = equal.first()
                && (self.run == 0 || code_of(self.first) != code_of(first))
            {
                self.close();
                self.first = first;
            }
            let mut rank = float(self.rank as u64);
            for &entry in equal {
                self.rank_position_sum += rank * f64::from(row_of(entry));
                rank += 1.0;
            }
            self.run += equal.len();
            self.rank += equal.len();
        }
    }

    /// No more values are equal to the last ones.
    fn close(&mut self) {
        let run = core::mem::take(&mut self.run);
        self.distinct += u64::from(run > 0);
        if run > 1 {
            self.repeated += 1;
            self.candidates.offer(Candidate {
                count: run as u64,
                first: self.rank - run,
                entry: self.first,
            });
        }
    }

    /// Pearson's correlation of rank and position; both are the numbers 0 .. n, so their sums are known.
    fn correlation(&self, length: usize) -> Option<f32> {
        if length < 2 {
            return None;
        }
        let n = float(length as u64);
        let sum = (n - 1.0) * n / 2.0;
        let squares = (n - 1.0) * n * (2.0 * n - 1.0) / 6.0;
        Some(narrow(
            (n * self.rank_position_sum - sum * sum) / (n * squares - sum * sum),
        ))
    }
}

const fn is_too_wide(bytes: usize) -> bool {
    bytes + 4 > WIDEST_EXAMINED
}

/// `a · b / c` without overflow, rounded down.
fn mul_div(a: usize, b: usize, c: usize) -> usize {
    let wide = a as u128 * b as u128 / c as u128;
    usize::try_from(wide).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
const fn float(count: u64) -> f64 {
    count as f64
}

/// PostgreSQL keeps these numbers as float4.
#[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
const fn narrow(value: f64) -> f32 {
    value as f32
}

/// Statistics of a column all of whose values are at hand.
#[must_use]
pub fn analyze_column(column: &Column, data_type: DataType, target: usize) -> Option<ColumnStats> {
    let mut analysis = ColumnAnalysis::new(data_type, target, column.len() as u64);
    analysis.push(column);
    let rows = float(analysis.rows);
    analysis.finish(rows)
}

#[cfg(test)]
mod tests;
