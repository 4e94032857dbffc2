//! How many rows: joins and groups.
//!
//! Method: PostgreSQL 15 `costsize.c` (`calc_joinrel_size_estimate`) and `selfuncs.c` (`estimate_num_groups`).

use super::{
    cost::clamp_rows,
    cost_params::GROUP_COMBINATION_LIMIT,
    selectivity::{Distinct, Variable, VariableSource, strip_relabel},
};
use crate::{
    logical::{Expr, ExprKind, JoinKind, contains_volatile, expr_walk},
    stats::ExtendedStats,
    value::DataType,
};
use alloc::{rc::Rc, vec::Vec};

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

struct GroupVariable<'e> {
    expr: &'e Expr,
    variable: Variable,
    distinct: Distinct,
}

/// Groups that `keys` make of `input_rows` rows (`estimate_num_groups`). At least 1, at most `input_rows`. O(keys²).
///
/// Columns of one relation are multiplied up to a tenth of its rows; what filters leave of a relation is reduced as if its
/// rows were drawn at random; relations are multiplied.
#[must_use]
pub fn estimate_num_groups<'e>(
    source: &dyn VariableSource,
    keys: impl IntoIterator<Item = &'e Expr>,
    input_rows: f64,
) -> Groups {
    let input_rows = clamp_rows(input_rows);
    let mut count = 1.0;
    let mut used_default = false;
    let mut variables: Vec<GroupVariable<'e>> = Vec::new();
    for key in keys {
        let key = strip_relabel(key);
        if key.data_type == DataType::Bool {
            count *= 2.0;
            continue;
        }
        let variable = source.examine(key);
        if variable.stats.is_some() || variable.is_unique {
            add_variable(source, &mut variables, key, variable);
            continue;
        }
        let mut found = false;
        expr_walk(key, &mut |part| {
            if let ExprKind::Column(column) = &part.kind
                && source.is_local(column.rel)
            {
                found = true;
                add_variable(source, &mut variables, part, source.examine(part));
            }
            true
        });
        if !found && contains_volatile(key) {
            return Groups {
                count: input_rows,
                used_default: false,
            };
        }
    }
    while let Some(first) = variables.first() {
        let rel = first.variable.rel;
        let (tuples, rows) = (first.variable.tuples, first.variable.rows);
        let mut of_rel: Vec<(Option<u16>, f64)> = Vec::new();
        variables.retain(|entry| {
            if entry.variable.rel != rel {
                return true;
            }
            let column = match &entry.expr.kind {
                ExprKind::Column(column) => Some(column.column),
                _ => None,
            };
            of_rel.push((column, entry.distinct.count));
            used_default |= entry.distinct.is_default;
            false
        });
        if let Some(rel) = rel.filter(|_| of_rel.len() > 1 && source.has_extended()) {
            combine_known(&source.extended(rel), &mut of_rel);
        }
        let columns = of_rel.len();
        let product = of_rel.iter().map(|(_, count)| *count).product();
        let largest = of_rel
            .iter()
            .fold(1.0, |most: f64, (_, count)| most.max(*count));
        if tuples > 0.0 {
            count *= groups_of_relation(product, largest, columns, tuples, rows);
        }
    }
    Groups {
        count: libm::ceil(count).min(input_rows).max(1.0),
        used_default,
    }
}

/// Puts the number of combinations that extended statistics know in the place of the columns' own numbers, the largest set of
/// columns first (`estimate_multivariate_ndistinct`).
fn combine_known(known: &[Rc<ExtendedStats>], columns: &mut Vec<(Option<u16>, f64)>) {
    loop {
        let is_one_of =
            |set: &[u16], column: Option<u16>| column.is_some_and(|at| set.contains(&at));
        let sets = known.iter().flat_map(|stats| &stats.distinct);
        let best = sets
            .filter(|(set, _)| {
                let found = columns.iter().filter(|(column, _)| is_one_of(set, *column));
                found.count() == set.len()
            })
            .max_by_key(|(set, _)| set.len());
        let Some((set, count)) = best else {
            return;
        };
        columns.retain(|(column, _)| !is_one_of(set, *column));
        columns.push((None, *count));
    }
}

/// Groups that the columns of one relation make, after its filters.
fn groups_of_relation(product: f64, largest: f64, columns: usize, tuples: f64, rows: f64) -> f64 {
    let limit = if columns > 1 {
        (tuples * GROUP_COMBINATION_LIMIT).max(largest).min(tuples)
    } else {
        tuples
    };
    let mut distinct = product.min(limit);
    if distinct > 0.0 && rows < tuples {
        distinct *= 1.0 - libm::pow((tuples - rows) / tuples, tuples / distinct);
    }
    clamp_rows(distinct)
}

/// Adds a grouping column once; of columns known to be equal the one with fewer values counts.
fn add_variable<'e>(
    source: &dyn VariableSource,
    variables: &mut Vec<GroupVariable<'e>>,
    expr: &'e Expr,
    variable: Variable,
) {
    let distinct = variable.distinct();
    let mut at = 0;
    while let Some(held) = variables.get(at) {
        if held.expr == expr {
            return;
        }
        if held.variable.rel != variable.rel && source.known_equal(expr, held.expr) {
            if held.distinct.count <= distinct.count {
                return;
            }
            variables.remove(at);
        } else {
            at += 1;
        }
    }
    variables.push(GroupVariable {
        expr,
        variable,
        distinct,
    });
}
