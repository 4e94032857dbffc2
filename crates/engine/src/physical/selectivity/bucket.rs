//! How evenly a hash key spreads rows over buckets.
//!
//! Method: PostgreSQL 15 `selfuncs.c`, `estimate_hash_bucket_stats`.

use super::{VariableSource, strip_relabel};
use crate::{
    logical::Expr,
    physical::{
        cost::clamp_rows,
        cost_params::{DEFAULT_BUCKET_FRACTION, MIN_BUCKET_FRACTION},
    },
};

/// See [`bucket_fraction`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BucketFraction {
    /// Fraction of rows in one bucket that a probe is likely to meet.
    pub bucket: f64,
    /// Frequency of the most common value.
    pub most_common: f64,
}

/// Fraction of the inner rows in the bucket of a hash key, 1e-6 ..= 1, and frequency of the key's most common value.
///
/// `buckets`: buckets of all batches. Assumes that common inner values are common outer values as well.
#[must_use]
pub fn bucket_fraction(source: &dyn VariableSource, key: &Expr, buckets: f64) -> BucketFraction {
    let variable = source.examine(strip_relabel(key));
    let most_common = variable
        .stats
        .as_ref()
        .and_then(|stats| stats.most_common.first())
        .map_or(0.0, |(_, frequency)| f64::from(*frequency));
    let distinct = variable.distinct();
    if distinct.is_default {
        return BucketFraction {
            bucket: DEFAULT_BUCKET_FRACTION.max(most_common),
            most_common,
        };
    }
    let average = (1.0 - variable.null_fraction()) / distinct.count;
    let present = if variable.tuples > 0.0 {
        clamp_rows(distinct.count * (variable.rows / variable.tuples))
    } else {
        distinct.count
    };
    let mut bucket = 1.0 / present.min(buckets);
    if average > 0.0 && most_common > average {
        bucket *= most_common / average;
    }
    BucketFraction {
        bucket: bucket.clamp(MIN_BUCKET_FRACTION, 1.0),
        most_common,
    }
}
