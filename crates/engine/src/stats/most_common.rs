//! Which values are common enough to be listed one by one.
//!
//! Method: PostgreSQL 15 `analyze.c`, the tracking loop of `compute_scalar_stats`, and `analyze_mcv_list`.

use alloc::vec::Vec;

/// A candidate: how often it occurs in the sample, where its first occurrence stands in value order, and the entry there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) count: u64,
    pub(super) first: usize,
    pub(super) entry: u64,
}

/// The most frequent values seen so far, most frequent first, earlier ones first among equals.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    pub(super) list: Vec<Candidate>,
    most: usize,
}

impl Candidates {
    pub(super) const fn new(most: usize) -> Self {
        Self {
            list: Vec::new(),
            most,
        }
    }

    /// Takes note of a value that occurs at least twice.
    pub(super) fn offer(&mut self, candidate: Candidate) {
        if self.list.len() >= self.most {
            if self
                .list
                .last()
                .is_none_or(|last| candidate.count <= last.count)
            {
                return;
            }
            self.list.pop();
        }
        let at = self
            .list
            .partition_point(|held| held.count >= candidate.count);
        self.list.insert(at, candidate);
    }
}

/// What the sample says of the whole table.
#[derive(Clone, Copy, Debug)]
pub(super) struct SampleShape {
    /// Rows of the sample.
    pub(super) sample_rows: f64,
    /// Rows of the table.
    pub(super) total_rows: f64,
    /// Fraction that is NULL.
    pub(super) null_fraction: f64,
    /// Distinct values by PostgreSQL's convention (negative: a fraction of the rows).
    pub(super) n_distinct: f64,
}

/// How many of the candidates, from the most frequent on, are significantly more common than an average other value.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn significant(candidates: &[Candidate], shape: &SampleShape) -> usize {
    let SampleShape {
        sample_rows: sample,
        total_rows: total,
        null_fraction,
        n_distinct,
    } = *shape;
    #[expect(clippy::float_cmp, reason = "both are whole numbers")]
    if sample == total || total <= 1.0 {
        return candidates.len();
    }
    let distinct = if n_distinct < 0.0 {
        -n_distinct * total
    } else {
        n_distinct
    };
    let mut kept = candidates.len();
    let mut before: f64 = candidates
        .iter()
        .take(kept.saturating_sub(1))
        .map(|held| held.count as f64)
        .sum();
    while let Some(last) = kept.checked_sub(1).and_then(|at| candidates.get(at)) {
        let mut average = (1.0 - before / sample - null_fraction).clamp(0.0, 1.0);
        let others = distinct - (kept - 1) as f64;
        if others > 1.0 {
            average /= others;
        }
        // Hypergeometric distribution: a sample without replacement.
        let count = last.count as f64;
        let expected = total * count / sample;
        let variance = sample * expected * (total - expected) * (total - sample)
            / (total * total * (total - 1.0));
        if count > average * sample + 2.0 * libm::sqrt(variance) + 0.5 {
            break;
        }
        kept -= 1;
        if let Some(next) = kept.checked_sub(1).and_then(|at| candidates.get(at)) {
            before -= next.count as f64;
        }
    }
    kept
}
