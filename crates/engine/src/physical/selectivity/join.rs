//! `a.x = b.y` between relations, for joins that keep all pairs and for SEMI and ANTI joins.
//!
//! Method: PostgreSQL 15 `selfuncs.c`, `eqjoinsel`, `eqjoinsel_inner`, `eqjoinsel_semi`, `neqjoinsel`.

use super::{
    Distinct, Sides, Variable, VariableSource, clamp_fraction, equality::count, strip_relabel,
};
use crate::collections::sort_by;
use crate::{
    logical::{Expr, ExprKind, JoinKind, expr_any},
    value::{Value, compare, is_same},
};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Selectivity of an equality between columns of two relations.
pub(super) fn join_equality(
    source: &dyn VariableSource,
    left: &Expr,
    right: &Expr,
    sides: &Sides<'_>,
) -> f64 {
    let first = source.examine(strip_relabel(left));
    let second = source.examine(strip_relabel(right));
    let pairs = all_pairs(&first, &second);
    clamp_fraction(match sides.kind {
        JoinKind::Semi | JoinKind::Anti => {
            let found = if is_reversed(left, right, sides) {
                with_match(&second, &first, sides.inner_rows)
            } else {
                with_match(&first, &second, sides.inner_rows)
            };
            // No more rows can find a match than there are pairs.
            found.min(sides.inner_rows * pairs)
        }
        _ => pairs,
    })
}

/// Selectivity of `<>` between columns of two relations.
pub(super) fn join_inequality(
    source: &dyn VariableSource,
    left: &Expr,
    right: &Expr,
    sides: &Sides<'_>,
) -> f64 {
    if matches!(sides.kind, JoinKind::Semi | JoinKind::Anti) {
        // Some inner row differs, unless the outer value is NULL.
        let outer = if is_reversed(left, right, sides) {
            right
        } else {
            left
        };
        return 1.0 - source.examine(strip_relabel(outer)).null_fraction();
    }
    1.0 - join_equality(source, left, right, sides)
}

/// Whether the left side of the clause belongs to the inner side of the join.
fn is_reversed(left: &Expr, right: &Expr, sides: &Sides<'_>) -> bool {
    let touches = |expr: &Expr, inner: bool| {
        expr_any(expr, &mut |part| match &part.kind {
            ExprKind::Column(column) => (sides.is_inner)(column.rel) == inner,
            _ => false,
        })
    };
    let inside = |expr: &Expr| touches(expr, true) && !touches(expr, false);
    let outside = |expr: &Expr| touches(expr, false) && !touches(expr, true);
    inside(left) || outside(right)
}

/// Frequencies of common values that both lists have, and those they have not.
struct Matches {
    pairs: usize,
    product: f64,
    matched: [f64; 2],
    unmatched: [f64; 2],
}

/// Matches two lists of common values. O(n log n) instead of PostgreSQL 15's O(n²), with the same sums.
fn match_common(first: &[(Value, f32)], second: &[(Value, f32)]) -> Matches {
    let mut order: Vec<usize> = (0..second.len()).collect();
    sort_by(&mut order, |&a, &b| compare(&second[a].0, &second[b].0));
    let mut partner = alloc::vec![None; second.len()];
    let mut found = alloc::vec![None; first.len()];
    for (position, (value, _)) in first.iter().enumerate() {
        let at = order.partition_point(|&other| compare(&second[other].0, value) == Ordering::Less);
        if let Some(&other) = order.get(at)
            && is_same(&second[other].0, value)
            && partner[other].is_none()
        {
            partner[other] = Some(position);
            found[position] = Some(other);
        }
    }
    let mut matches = Matches {
        pairs: 0,
        product: 0.0,
        matched: [0.0; 2],
        unmatched: [0.0; 2],
    };
    for (position, (_, frequency)) in first.iter().enumerate() {
        let frequency = f64::from(*frequency);
        if let Some(other) = found[position] {
            matches.pairs += 1;
            matches.product += frequency * f64::from(second[other].1);
            matches.matched[0] += frequency;
        } else {
            matches.unmatched[0] += frequency;
        }
    }
    for (position, (_, frequency)) in second.iter().enumerate() {
        let frequency = f64::from(*frequency);
        if partner[position].is_some() {
            matches.matched[1] += frequency;
        } else {
            matches.unmatched[1] += frequency;
        }
    }
    matches
}

type CommonValues<'v> = &'v [(Value, f32)];

/// The common values of both, if both have some.
fn common_lists<'v>(
    first: &'v Variable,
    second: &'v Variable,
) -> Option<(CommonValues<'v>, CommonValues<'v>)> {
    let list = |variable: &'v Variable| {
        variable
            .stats
            .as_ref()
            .map(|stats| stats.most_common.as_slice())
            .filter(|list| !list.is_empty())
    };
    Some((list(first)?, list(second)?))
}

/// Fraction of all pairs that are equal (`eqjoinsel_inner`).
fn all_pairs(first: &Variable, second: &Variable) -> f64 {
    let distinct = [first.distinct().count, second.distinct().count];
    let nulls = [first.null_fraction(), second.null_fraction()];
    let Some((left, right)) = common_lists(first, second) else {
        return clamp_fraction((1.0 - nulls[0]) * (1.0 - nulls[1]) / distinct[0].max(distinct[1]));
    };
    let found = match_common(left, right);
    let pairs = count(found.pairs);
    let lengths = [count(left.len()), count(right.len())];
    let matched = found.matched.map(clamp_fraction);
    let unmatched = found.unmatched.map(clamp_fraction);
    let others =
        [0, 1].map(|side| clamp_fraction(1.0 - nulls[side] - matched[side] - unmatched[side]));
    // Seen from each side: its uncommon values meet the other's, evenly spread. The lower estimate is kept.
    let seen_from = |this: usize, other: usize| {
        let mut total = clamp_fraction(found.product);
        if distinct[other] > lengths[other] {
            total += unmatched[this] * others[other] / (distinct[other] - lengths[other]);
        }
        if distinct[other] > pairs {
            total += others[this] * (others[other] + unmatched[other]) / (distinct[other] - pairs);
        }
        total
    };
    clamp_fraction(seen_from(0, 1).min(seen_from(1, 0)))
}

/// Fraction of outer rows that find a match (`eqjoinsel_semi`).
fn with_match(outer: &Variable, inner: &Variable, inner_rows: f64) -> f64 {
    let nulls = outer.null_fraction();
    let outer_distinct = outer.distinct();
    let mut inner_distinct = inner.distinct();
    let limit = |distinct: &mut Distinct, rows: f64| {
        if distinct.count >= rows {
            *distinct = Distinct {
                count: rows,
                is_default: false,
            };
        }
    };
    if inner.rel.is_some() {
        limit(&mut inner_distinct, inner.rows);
    }
    limit(&mut inner_distinct, inner_rows);
    let guessed = outer_distinct.is_default || inner_distinct.is_default;
    let share = |first: f64, second: f64| {
        if guessed {
            0.5
        } else if first <= second || second < 0.0 {
            1.0
        } else {
            second / first
        }
    };
    clamp_fraction(match common_lists(outer, inner) {
        Some((left, right)) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at most the list's length, at least 0"
            )]
            let kept = inner_distinct.count.clamp(0.0, count(right.len())) as usize;
            let found = match_common(left, &right[..kept]);
            let matched = clamp_fraction(found.matched[0]);
            let pairs = count(found.pairs);
            let uncertain = clamp_fraction(1.0 - matched - nulls);
            matched + share(outer_distinct.count - pairs, inner_distinct.count - pairs) * uncertain
        }
        None => share(outer_distinct.count, inner_distinct.count) * (1.0 - nulls),
    })
}
