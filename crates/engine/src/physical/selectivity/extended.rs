//! Conditions on several columns of one table together, where CREATE STATISTICS knows what the columns say of each other.
//!
//! First the most common combinations, then functional dependencies; what neither covers stays independent.
//! Method: PostgreSQL 15 `extended_stats.c` (`statext_mcv_clauselist_selectivity`, `mcv_combine_selectivities`),
//! `dependencies.c` (`clauselist_apply_dependencies`).

use super::{Scope, VariableSource, clamp_fraction, clause_list::independent, strip_relabel};
use crate::{
    logical::{CompareOp, Expr, ExprKind, Quantifier, RelId},
    stats::{Dependency, ExtendedStats},
    value::{Value, compare::holds, compare_sql},
};
use alloc::{rc::Rc, vec::Vec};

/// A condition on one column that a combination's value can be tested by.
struct Simple<'e> {
    clause: &'e Expr,
    column: u16,
    done: bool,
}

/// Share of the rows for those conditions that extended statistics cover, and the conditions that are left.
pub(super) fn covered<'e>(
    source: &dyn VariableSource,
    clauses: &[&'e Expr],
    scope: &Scope<'_>,
) -> (f64, Vec<&'e Expr>) {
    let mut rel = None;
    let mut simple: Vec<Simple<'e>> = Vec::new();
    let mut left: Vec<&'e Expr> = Vec::new();
    for &clause in clauses {
        match column_of(source, clause).filter(|(of, _)| rel.is_none_or(|rel| rel == *of)) {
            Some((of, column)) => {
                rel = Some(of);
                simple.push(Simple {
                    clause,
                    column,
                    done: false,
                });
            }
            None => left.push(clause),
        }
    }
    let mut share = 1.0;
    if let Some(rel) = rel.filter(|_| simple.len() > 1) {
        let known = source.extended(rel);
        while let Some(stats) = best(&known, &simple) {
            share *= by_common_combinations(source, &stats, &mut simple, scope);
        }
        share *= by_dependencies(source, &known, &mut simple, scope);
    }
    left.extend(simple.iter().filter(|one| !one.done).map(|one| one.clause));
    (share, left)
}

/// The column of a condition `column op value`, IN, IS NULL, or a boolean column.
fn column_of(source: &dyn VariableSource, clause: &Expr) -> Option<(RelId, u16)> {
    let constant = |expr: &Expr| matches!(strip_relabel(expr).kind, ExprKind::Const(_));
    let subject = match &clause.kind {
        ExprKind::Compare(_, left, right) if constant(right) => left,
        ExprKind::Compare(_, left, right) if constant(left) => right,
        ExprKind::InList {
            arg,
            op: CompareOp::Eq,
            quantifier: Quantifier::Any,
            list,
        } if list.iter().all(constant) => arg,
        ExprKind::IsNull { arg, .. } | ExprKind::Not(arg) => arg,
        ExprKind::Column(_) => clause,
        _ => return None,
    };
    match strip_relabel(subject).kind {
        ExprKind::Column(column) if source.is_local(column.rel) => {
            Some((column.rel, column.column))
        }
        _ => None,
    }
}

/// Whether a row with that value satisfies the condition.
fn satisfied(clause: &Expr, value: &Value) -> bool {
    let compared = |op: CompareOp, other: &Expr| match &strip_relabel(other).kind {
        ExprKind::Const(other) => {
            compare_sql(value, other).is_some_and(|ordering| holds(op, ordering))
        }
        _ => false,
    };
    match &clause.kind {
        ExprKind::Compare(op, left, right) => {
            if matches!(strip_relabel(right).kind, ExprKind::Const(_)) {
                compared(*op, right)
            } else {
                compared(op.commuted(), left)
            }
        }
        ExprKind::InList { list, .. } => list.iter().any(|one| compared(CompareOp::Eq, one)),
        ExprKind::IsNull { negated, .. } => value.is_null() != *negated,
        ExprKind::Not(_) => matches!(value, Value::Bool(false)),
        _ => matches!(value, Value::Bool(true)),
    }
}

/// How many different columns of the statistics have a condition that is not done.
fn matched(columns: &[u16], simple: &[Simple<'_>]) -> usize {
    let has = |column: &&u16| simple.iter().any(|one| !one.done && one.column == **column);
    columns.iter().filter(has).count()
}

/// The statistics with common combinations that cover most conditions; of equals those with fewer columns.
fn best(known: &[Rc<ExtendedStats>], simple: &[Simple<'_>]) -> Option<Rc<ExtendedStats>> {
    let with_list = known.iter().filter(|stats| !stats.common.is_empty());
    let counted = with_list.map(|stats| (matched(&stats.columns, simple), stats));
    let (_, stats) = counted
        .filter(|(count, _)| *count > 1)
        .max_by(|(a, one), (b, other)| {
            a.cmp(b).then(other.columns.len().cmp(&one.columns.len()))
        })?;
    Some(Rc::clone(stats))
}

fn by_common_combinations(
    source: &dyn VariableSource,
    stats: &ExtendedStats,
    simple: &mut [Simple<'_>],
    scope: &Scope<'_>,
) -> f64 {
    let mut within: Vec<(usize, &Expr)> = Vec::new();
    for one in simple.iter_mut().filter(|one| !one.done) {
        let at = stats
            .columns
            .iter()
            .position(|column| *column == one.column);
        if let Some(at) = at {
            one.done = true;
            within.push((at, one.clause));
        }
    }
    let alone = independent(source, &mut within.iter().map(|(_, clause)| *clause), scope);
    let (mut found, mut base, mut total) = (0.0, 0.0, 0.0);
    for combination in &stats.common {
        total += combination.frequency;
        let all = within.iter().all(|(at, clause)| {
            let value = combination.values.get(*at);
            value.is_some_and(|value| satisfied(clause, value))
        });
        if all {
            found += combination.frequency;
            base += combination.base_frequency;
        }
    }
    // What independence says beyond the listed combinations cannot be more than what is beyond them.
    let other = clamp_fraction(alone - base).min(1.0 - total);
    clamp_fraction(found + other)
}

fn by_dependencies(
    source: &dyn VariableSource,
    known: &[Rc<ExtendedStats>],
    simple: &mut [Simple<'_>],
    scope: &Scope<'_>,
) -> f64 {
    let equalities = |one: &Simple<'_>| {
        !one.done
            && match &one.clause.kind {
                ExprKind::Compare(op, ..) => *op == CompareOp::Eq,
                ExprKind::IsNull { .. } => false,
                _ => true,
            }
    };
    let mut open: Vec<u16> = Vec::new();
    for one in simple.iter().filter(|one| equalities(one)) {
        if !open.contains(&one.column) {
            open.push(one.column);
        }
    }
    let mut chosen: Vec<&Dependency> = Vec::new();
    let mut columns: Vec<u16> = Vec::new();
    while open.len() > 1 {
        let all = known.iter().flat_map(|stats| &stats.dependencies);
        let strongest = all
            .filter(|one| open.contains(&one.decided) && one.by.iter().all(|by| open.contains(by)))
            .reduce(|best, one| {
                let better = (one.by.len(), one.degree) > (best.by.len(), best.degree);
                if better { one } else { best }
            });
        let Some(strongest) = strongest else { break };
        for column in strongest.by.iter().chain([&strongest.decided]) {
            if !columns.contains(column) {
                columns.push(*column);
            }
        }
        open.retain(|column| *column != strongest.decided);
        chosen.push(strongest);
    }
    let mut shares: Vec<(u16, f64)> = Vec::new();
    for column in columns {
        let mut of_column = simple
            .iter()
            .filter(|one| equalities(one) && one.column == column)
            .map(|one| one.clause);
        shares.push((column, independent(source, &mut of_column, scope)));
    }
    for one in simple.iter_mut() {
        one.done |= equalities(one) && shares.iter().any(|(column, _)| *column == one.column);
    }
    // A chain a → b → c has b → c before a → b, so that it is gone through from its end.
    for dependency in chosen.iter().rev() {
        let share_of = |column: u16| {
            let found = shares.iter().find(|(one, _)| *one == column);
            found.map_or(1.0, |(_, share)| *share)
        };
        let by: f64 = dependency
            .by
            .iter()
            .map(|column| share_of(*column))
            .product();
        let (own, degree) = (share_of(dependency.decided), dependency.degree);
        let given = if by <= own {
            degree + (1.0 - degree) * own
        } else {
            degree * own / by + (1.0 - degree) * own
        };
        if let Some(slot) = shares
            .iter_mut()
            .find(|(column, _)| *column == dependency.decided)
        {
            slot.1 = given;
        }
    }
    clamp_fraction(shares.iter().map(|(_, share)| *share).product())
}
