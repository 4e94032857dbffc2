//! Flip points: the values of a dial at which another plan wins.
//!
//! Method: plan on a grid over the dial's range, then halve each interval at whose ends the plans differ until it is
//! narrower than a thousandth. Two changes that cancel out between neighbours of the grid are not seen.

use super::{bench::Bench, dial::Dial};
use alloc::{string::String, vec::Vec};

/// Values tried before halving.
const GRID: u32 = 32;
/// Halvings of one interval.
const HALVINGS: u32 = 24;
/// Most flip points of one dial.
const MOST: usize = 8;

/// Where the plan changes.
#[derive(Clone, Debug, PartialEq)]
pub struct FlipPoint {
    /// The dial there: the least value found at which the plan after it is chosen.
    pub value: f64,
    /// What the plan below has and the one above has not.
    pub before: String,
    /// The other way round.
    pub after: String,
    /// Cost of the whole plan there.
    pub cost: f64,
}

/// What turning one dial does.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// The dial.
    pub dial: Dial,
    /// The flip points, from small to large values.
    pub flips: Vec<FlipPoint>,
    /// Cost of the whole plan at both ends of the dial.
    pub ends: (f64, f64),
    /// All of the range was searched.
    pub complete: bool,
}

/// The value at `part` (0..=1) of the dial's range.
pub(super) fn value_at(dial: &Dial, part: f64) -> f64 {
    if dial.logarithmic {
        dial.low * libm::pow(dial.high / dial.low, part)
    } else {
        dial.low + (dial.high - dial.low) * part
    }
}

fn middle(dial: &Dial, low: f64, high: f64) -> f64 {
    if dial.logarithmic {
        libm::sqrt(low * high)
    } else {
        low + (high - low) / 2.0
    }
}

/// Searches a dial's whole range. O(32 + 24 · flip points) plannings.
#[must_use]
pub fn flips(bench: &mut Bench<'_>, dial: &Dial) -> Sensitivity {
    let mut found = Sensitivity {
        dial: dial.clone(),
        flips: Vec::new(),
        ends: (0.0, 0.0),
        complete: true,
    };
    // Where the dial stands is always one of the values tried.
    let mut values: Vec<f64> = (0..=GRID)
        .map(|step| value_at(dial, f64::from(step) / f64::from(GRID)))
        .collect();
    if dial.low < dial.now && dial.now < dial.high {
        values.push(dial.now);
        pages::order::sort_by(&mut values, f64::total_cmp);
    }
    let mut last: Option<(f64, crate::physical::Outcome)> = None;
    for value in values {
        if (bench.enough)() || found.flips.len() >= MOST {
            found.complete = false;
            break;
        }
        let Some(here) = bench.outcome(dial, value) else {
            continue;
        };
        match last {
            None => found.ends.0 = here.cost.total,
            Some((below, known)) if known.shape != here.shape => {
                found
                    .flips
                    .extend(narrow(bench, dial, (below, known.shape), value));
            }
            Some(_) => {}
        }
        found.ends.1 = here.cost.total;
        last = Some((value, here));
    }
    found
}

/// Halves an interval with different plans at its ends.
fn narrow(bench: &mut Bench<'_>, dial: &Dial, below: (f64, u64), above: f64) -> Option<FlipPoint> {
    let (mut low, shape) = below;
    let mut high = above;
    for _ in 0..HALVINGS {
        let value = middle(dial, low, high);
        if !(low < value && value < high) || (high - low) <= 1e-3 * libm::fabs(high) {
            break;
        }
        let Some(here) = bench.outcome(dial, value) else {
            break;
        };
        if here.shape == shape {
            low = value;
        } else {
            high = value;
        }
    }
    let (one, other) = (bench.plan(dial, low)?, bench.plan(dial, high)?);
    let (before, after) = bench.difference(&one, &other);
    Some(FlipPoint {
        value: high,
        before,
        after,
        cost: other.root.cost.total,
    })
}
