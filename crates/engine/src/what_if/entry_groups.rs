//! How many entries share a key, for an index that keeps equal keys once with a list of rows.
//!
//! Common values of a column have the number of rows that statistics say; the others share what is left. Columns are taken to be
//! independent, and rows to fall on the combinations by chance, so that the rows of one combination are Poisson distributed.

use crate::stats::ColumnStats;
use alloc::{vec, vec::Vec};
use pages::order::sort_by;

/// Common values of a column that are told apart when there are several key columns.
const APART: usize = 12;
/// Combinations of groups that are told apart.
const COMBINATIONS: usize = 4_096;
/// Beyond this mean, rows per key are taken as even.
const EVEN_FROM: f64 = 64.0;

/// Some values of equal frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Group {
    /// How many values (or combinations).
    pub values: f64,
    /// Fraction of all entries that each of them has.
    pub share: f64,
    /// The number of values is known: each occurs.
    pub certain: bool,
}

/// The groups of one column. `distinct`: of how many values, NULL not counted.
pub(super) fn column_groups(
    stats: Option<&ColumnStats>,
    distinct: f64,
    never_null: bool,
    several: bool,
) -> Vec<Group> {
    let certain = !several;
    let mut groups = Vec::new();
    let Some(stats) = stats else {
        return vec![Group {
            values: distinct.max(1.0),
            share: 1.0 / distinct.max(1.0),
            certain,
        }];
    };
    let nulls = if never_null {
        0.0
    } else {
        f64::from(stats.null_fraction)
    };
    if nulls > 0.0 {
        groups.push(Group {
            values: 1.0,
            share: nulls,
            certain,
        });
    }
    let apart = if several { APART } else { usize::MAX };
    let scale = if never_null {
        1.0 / (1.0 - f64::from(stats.null_fraction)).max(1e-9)
    } else {
        1.0
    };
    let mut left = 1.0 - nulls;
    for (_, frequency) in stats.most_common.iter().take(apart) {
        let share = f64::from(*frequency) * scale;
        left -= share;
        groups.push(Group {
            values: 1.0,
            share,
            certain,
        });
    }
    let told = stats.most_common.len().min(apart) as f64;
    let values = (distinct - told).max(0.0);
    if values >= 0.5 && left > 1e-9 {
        groups.push(Group {
            values,
            share: left / values,
            certain,
        });
    }
    groups
}

/// Groups of the combinations of two columns.
pub(super) fn combine(left: &[Group], right: &[Group]) -> Vec<Group> {
    let mut all: Vec<Group> = left
        .iter()
        .flat_map(|a| {
            right.iter().map(|b| Group {
                values: a.values * b.values,
                share: a.share * b.share,
                certain: false,
            })
        })
        .collect();
    if all.len() > COMBINATIONS {
        // The rarest are thrown together.
        sort_by(&mut all, |a, b| {
            (b.share * b.values).total_cmp(&(a.share * a.values))
        });
        let rest = all.split_off(COMBINATIONS);
        let values: f64 = rest.iter().map(|group| group.values).sum();
        let share: f64 = rest.iter().map(|group| group.values * group.share).sum();
        all.push(Group {
            values,
            share: share / values.max(1.0),
            certain: false,
        });
    }
    all
}

/// Keys that occur among `entries` entries.
pub(super) fn keys_that_occur(groups: &[Group], entries: f64) -> f64 {
    groups
        .iter()
        .map(|group| {
            let mean = entries * group.share;
            if group.certain && mean >= 1.0 {
                group.values
            } else {
                group.values * -libm::expm1(-mean)
            }
        })
        .sum()
}

/// Sum over all keys of `cost(rows of the key)`, and the number of keys.
pub(super) fn sum_over_keys(
    groups: &[Group],
    entries: f64,
    mut cost: impl FnMut(u64) -> f64,
) -> f64 {
    let mut sum = 0.0;
    for group in groups {
        let mean = entries * group.share;
        if mean <= 0.0 {
            continue;
        }
        if group.certain && group.values <= 1.0 || mean > EVEN_FROM {
            let whole = libm::floor(mean.max(1.0));
            let part = mean.max(1.0) - whole;
            let (low, high) = (cost(whole as u64), cost(whole as u64 + 1));
            sum += group.values * (low + part * (high - low));
            continue;
        }
        // Values that are known to occur: at least one row each, with the mean kept.
        let rate = if group.certain && mean >= 1.0 {
            rate_of_truncated(mean)
        } else {
            mean
        };
        let occurs = -libm::expm1(-rate);
        let mut chance = libm::exp(-rate);
        let (mut expected, mut seen) = (0.0, 0.0);
        for rows in 1..=220_u64 {
            chance *= rate / rows as f64;
            expected += chance * cost(rows);
            seen += chance;
            if occurs - seen < 1e-9 {
                break;
            }
        }
        let keys = if group.certain && mean >= 1.0 {
            group.values / occurs.max(1e-12)
        } else {
            group.values
        };
        sum += keys * expected;
    }
    sum
}

/// The rate of a Poisson distribution that has this mean once zero is left out. Newton would do; a few bisections are plainer.
fn rate_of_truncated(mean: f64) -> f64 {
    if mean <= 1.0 + 1e-9 {
        return 1e-9;
    }
    let (mut low, mut high) = (0.0, mean);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if middle / -libm::expm1(-middle) < mean {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}
