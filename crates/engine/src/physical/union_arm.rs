//! The arms of set operations: each a query planned on its own and read through a scan, or a table of an append.
//!
//! Source of the method: PostgreSQL 15 `prepunion.c` (`recurse_set_operations`), `prepjointree.c`
//! (`pull_up_simple_union_all`).

use super::{
    cost::{CostBasis, NoTerms, QualCost, SubqueryScanInput, subquery_scan},
    join_path::input_of,
    level::Level,
    path::{Path, PathKind, PathTarget},
    path_list::no_order,
    pathkeys::SortSpec,
    planner::Planner,
    relset::RelSet,
    set_operation::{Arms, Part},
};
use crate::{
    error::{Error, ErrorCode},
    logical::{ColumnRef, Distinct, Expr, FromItem, Query, RelId, RelationKind, SortKey},
};
use alloc::{rc::Rc, vec::Vec};

/// Whether the scan of an arm is charged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Charge {
    /// Always.
    Scan,
    /// Only if the arm could not be merged into an append of plain relations.
    IfComplex,
}

impl Planner<'_> {
    /// Plans an arm of a UNION ALL in a wanted order: by an index if one gives it, else by a sort.
    pub(super) fn plan_arm_in_order(
        &self,
        rel: RelId,
        order: &[super::merge_append::ColumnOrder],
        of: &Arms<'_>,
        (fraction, bound): (f64, f64),
    ) -> Result<Rc<Path>, Error> {
        let mut query = self.arm_query(rel)?;
        let simple = self.is_append_member(&query);
        self.conditions_into_arm(&mut query, of.conditions);
        let numbers = keep_columns(&mut query, of.numbers, simple);
        let shown: Vec<usize> = (0..query.targets.len())
            .filter(|at| query.targets.get(*at).is_some_and(|target| !target.hidden))
            .collect();
        if !simple {
            return self.sorted_arm(rel, query, (order, &numbers), bound);
        }
        self.merged_arms.borrow_mut().push(rel);
        query.order_by = order
            .iter()
            .filter_map(|(column, descending, nulls_first)| {
                let at = of.numbers.iter().position(|number| number == column)?;
                Some(SortKey {
                    target: *shown.get(at)?,
                    descending: *descending,
                    nulls_first: *nulls_first,
                })
            })
            .collect();
        let sub = self.plan_query(query, fraction, None)?;
        let by_index = sub.final_list.paths.iter().find(|path| {
            !matches!(
                path.kind,
                PathKind::Sort { .. } | PathKind::IncrementalSort { .. }
            )
        });
        let input = match by_index {
            Some(path) => path.clone(),
            _ => sub
                .final_list
                .cheapest_fractional(fraction)
                .expect("a planned level has at least one path"),
        };
        // No arm gives more rows than the LIMIT above wants.
        let input = match &input.kind {
            PathKind::Sort { input: rows, .. } if bound > 0.0 => {
                Rc::new(self.sort_path(rows.clone(), &input.keys, Some(bound)))
            }
            _ => input,
        };
        Ok(self.arm_path(rel, sub, input, true, &numbers))
    }

    /// Plans an arm that stays a query: nothing in it knows of the order, so its rows are sorted when they come out.
    fn sorted_arm(
        &self,
        rel: RelId,
        query: Query,
        (order, numbers): (&[super::merge_append::ColumnOrder], &[u16]),
        bound: f64,
    ) -> Result<Rc<Path>, Error> {
        let mut sub = self.plan_query(query, 0.0, None)?;
        let rows = sub
            .final_list
            .cheapest()
            .total
            .expect("a planned level has at least one path");
        let shown: Vec<Expr> = shown_exprs(&sub.query);
        let specs: Vec<SortSpec> = order
            .iter()
            .filter_map(|(column, descending, nulls_first)| {
                let expr = shown.get(usize::from(*column))?.clone();
                Some((expr, *descending, *nulls_first))
            })
            .collect();
        let keys = self.keys_for(&mut sub, &specs);
        let charged = self.arm_path(rel, sub.clone(), rows.clone(), false, numbers);
        let mut scanned = (*rows).clone();
        scanned.cost = charged.cost;
        let bound = (bound > 0.0).then_some(bound);
        let mut sorted = self.sort_path(Rc::new(scanned), &keys, bound);
        // The scan is charged, but passes everything on and is left out.
        if let PathKind::Sort { input, .. } = &mut sorted.kind {
            *input = rows;
        }
        Ok(self.arm_path(rel, sub, Rc::new(sorted), true, numbers))
    }

    fn arm_query(&self, rel: RelId) -> Result<Query, Error> {
        match &self.entry(rel).kind {
            RelationKind::Subquery(query) => Ok((**query).clone()),
            _ => Err(Error::new(
                ErrorCode::InternalError,
                "an arm of a set operation is not a query",
            )),
        }
    }

    /// Plans an arm as a scan of its sub-query.
    pub(super) fn plan_arm(
        &self,
        rel: RelId,
        of: &Arms<'_>,
        fraction: f64,
        charge: Charge,
    ) -> Result<Part, Error> {
        let mut query = self.arm_query(rel)?;
        let simple = self.is_append_member(&query);
        self.conditions_into_arm(&mut query, of.conditions);
        let numbers = keep_columns(&mut query, of.numbers, simple && of.merged);
        let sub = self.plan_query(query, fraction, None)?;
        let input = sub
            .final_list
            .cheapest_fractional(fraction)
            .expect("a planned level has at least one path");
        let shown = shown_exprs(&sub.query);
        let plain = sub.query.group_by.is_empty()
            && sub.query.distinct == Distinct::None
            && !sub.query.aggregates
            && sub.query.set_operation.is_none();
        let groups = if plain {
            self.groups(&sub, &shown, input.rows).count
        } else {
            input.rows
        };
        let free = charge == Charge::IfComplex && simple;
        if free {
            self.merged_arms.borrow_mut().push(rel);
        }
        let path = self.arm_path(rel, sub, input, free, &numbers);
        Ok(Part { groups, path })
    }

    /// The scan of a planned arm; free of charge if the arm could be merged into the append.
    fn arm_path(
        &self,
        rel: RelId,
        sub: Level,
        input: Rc<Path>,
        free: bool,
        numbers: &[u16],
    ) -> Rc<Path> {
        let (cost, basis) = if free {
            (input.cost, self.basis(|| CostBasis::Passed(input.cost)))
        } else {
            let estimate = SubqueryScanInput {
                input: input_of(&input),
                rows: input.rows,
                filter: QualCost::default(),
                target: QualCost::default(),
            };
            (
                subquery_scan(self.input.settings, &estimate, &mut NoTerms),
                self.basis(|| CostBasis::SubqueryScan(estimate)),
            )
        };
        let shown = shown_exprs(&sub.query);
        let read: Vec<(u16, &Expr)> = numbers
            .iter()
            .filter_map(|number| Some((*number, shown.get(usize::from(*number))?)))
            .collect();
        let target = Rc::new(PathTarget {
            exprs: read
                .iter()
                .map(|(column, expr)| {
                    let column = ColumnRef {
                        rel,
                        column: *column,
                    };
                    super::planner::column_expr(column, expr.data_type)
                })
                .collect(),
            startup: 0.0,
            per_tuple: 0.0,
            width: read
                .iter()
                .map(|(_, expr)| self.expr_width(&sub, expr))
                .sum(),
        });
        Rc::new(Path {
            rels: RelSet::EMPTY,
            target,
            param: None,
            rows: input.rows,
            cost,
            basis,
            keys: no_order(),
            kind: PathKind::SubqueryScan {
                rel,
                level: Rc::new(sub),
                input,
                keep: false,
            },
        })
    }

    /// Whether an arm of a UNION ALL becomes a plain relation of the append.
    fn is_append_member(&self, query: &Query) -> bool {
        let [FromItem::Relation(rel)] = query.from.as_slice() else {
            return false;
        };
        is_simple(query) && !matches!(self.entry(*rel).kind, RelationKind::Subquery(_))
    }
}

fn shown_exprs(query: &Query) -> Vec<Expr> {
    query
        .targets
        .iter()
        .filter(|target| !target.hidden)
        .map(|target| target.expr.clone())
        .collect()
}

/// Leaves in an arm only the columns that are read, and answers what they are called then. One that stays a query has all its
/// columns still, but computes no others.
fn keep_columns(query: &mut Query, numbers: &[u16], merged: bool) -> Vec<u16> {
    if !merged {
        super::subquery::blank_unread(query, numbers);
        return numbers.to_vec();
    }
    query.targets = numbers
        .iter()
        .filter_map(|number| query.targets.get(usize::from(*number)).cloned())
        .collect();
    (0..).take(numbers.len()).collect()
}

/// Whether a sub-query could be merged into its parent (`is_simple_subquery`) as a table of an append, which has no place for
/// conditions of its own (`is_safe_append_member`).
fn is_simple(query: &Query) -> bool {
    query.filter.is_empty()
        && !query.aggregates
        && query.group_by.is_empty()
        && query.having.is_empty()
        && query.windows.is_empty()
        && query.distinct == Distinct::None
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.set_operation.is_none()
        && query.ctes.is_empty()
}
