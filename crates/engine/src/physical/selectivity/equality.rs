//! `variable = value`, with a known value and with an unknown one.
//!
//! Method: PostgreSQL 15 `selfuncs.c`, `eqsel_internal`, `var_eq_const`, `var_eq_non_const`.

use super::{
    Variable, clamp_fraction,
    operand::{Other, Restriction},
};
use crate::{
    physical::cost_params::DEFAULT_EQ,
    value::{Value, is_same},
};

/// Whether `=` or `<>` is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Equality {
    Equal,
    NotEqual,
}

/// Selectivity of an equality or its negation; `None` when neither side is a lone variable.
pub(super) fn equality(restriction: Option<&Restriction<'_>>, kind: Equality) -> f64 {
    match restriction {
        None if kind == Equality::Equal => DEFAULT_EQ,
        None => 1.0 - DEFAULT_EQ,
        Some(restriction) => match restriction.other {
            Other::Known(value) => equals_value(&restriction.variable, value, kind),
            Other::Unknown => equals_unknown(&restriction.variable, kind),
        },
    }
}

/// `variable = value` for a value that is known (`var_eq_const`).
pub(super) fn equals_value(variable: &Variable, value: &Value, kind: Equality) -> f64 {
    if value.is_null() {
        return 0.0;
    }
    let fraction = if variable.is_unique && variable.rel.is_some() && variable.tuples >= 1.0 {
        1.0 / variable.tuples
    } else if let Some(stats) = &variable.stats {
        match stats
            .most_common
            .iter()
            .find(|(common, _)| is_same(common, value))
        {
            Some((_, frequency)) => f64::from(*frequency),
            None => {
                let common: f64 = stats
                    .most_common
                    .iter()
                    .map(|entry| f64::from(entry.1))
                    .sum();
                let rest = clamp_fraction(1.0 - common - f64::from(stats.null_fraction));
                let others = variable.distinct().count - count(stats.most_common.len());
                let one = if others > 1.0 { rest / others } else { rest };
                // A value that is not among the most common cannot be more frequent than the last of them.
                stats
                    .most_common
                    .last()
                    .map_or(one, |(_, least)| one.min(f64::from(*least)))
            }
        }
    } else {
        1.0 / variable.distinct().count
    };
    negated_if(variable, fraction, kind)
}

/// `variable = something` that only a run will tell (`var_eq_non_const`).
pub(super) fn equals_unknown(variable: &Variable, kind: Equality) -> f64 {
    let fraction = if variable.is_unique && variable.rel.is_some() && variable.tuples >= 1.0 {
        1.0 / variable.tuples
    } else if let Some(stats) = &variable.stats {
        let distinct = variable.distinct().count;
        let rest = 1.0 - f64::from(stats.null_fraction);
        let one = if distinct > 1.0 {
            rest / distinct
        } else {
            rest
        };
        stats
            .most_common
            .first()
            .map_or(one, |(_, most)| one.min(f64::from(*most)))
    } else {
        1.0 / variable.distinct().count
    };
    negated_if(variable, fraction, kind)
}

fn negated_if(variable: &Variable, fraction: f64, kind: Equality) -> f64 {
    clamp_fraction(match kind {
        Equality::Equal => fraction,
        Equality::NotEqual => 1.0 - fraction - variable.null_fraction(),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "lists are far shorter than 2^53"
)]
pub(super) const fn count(length: usize) -> f64 {
    length as f64
}
