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
    planner::Planner,
    relset::RelSet,
    set_operation::Part,
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
        conditions: &[Expr],
        (fraction, bound): (f64, f64),
    ) -> Result<Rc<Path>, Error> {
        let mut query = self.arm_query(rel)?;
        let shown: Vec<usize> = (0..query.targets.len())
            .filter(|at| query.targets.get(*at).is_some_and(|target| !target.hidden))
            .collect();
        let simple = self.is_append_member(&query);
        self.conditions_into_arm(&mut query, conditions);
        query.order_by = order
            .iter()
            .filter_map(|(column, descending, nulls_first)| {
                Some(SortKey {
                    target: *shown.get(usize::from(*column))?,
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
            Some(path) if simple => path.clone(),
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
        let charge = if simple {
            Charge::IfComplex
        } else {
            Charge::Scan
        };
        Ok(self.arm_path(rel, sub, input, charge == Charge::IfComplex))
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
        conditions: &[Expr],
        fraction: f64,
        charge: Charge,
    ) -> Result<Part, Error> {
        let mut query = self.arm_query(rel)?;
        let simple = self.is_append_member(&query);
        self.conditions_into_arm(&mut query, conditions);
        let sub = self.plan_query(query, fraction, None)?;
        let input = sub
            .final_list
            .cheapest_fractional(fraction)
            .expect("a planned level has at least one path");
        let shown: Vec<Expr> = sub
            .query
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .map(|target| target.expr.clone())
            .collect();
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
        let path = self.arm_path(rel, sub, input, free);
        Ok(Part { groups, path })
    }

    /// The scan of a planned arm; free of charge if the arm could be merged into the append.
    fn arm_path(&self, rel: RelId, sub: Level, input: Rc<Path>, free: bool) -> Rc<Path> {
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
        let shown: Vec<&Expr> = sub
            .query
            .targets
            .iter()
            .filter(|target| !target.hidden)
            .map(|target| &target.expr)
            .collect();
        let target = Rc::new(PathTarget {
            exprs: shown
                .iter()
                .zip(0..)
                .map(|(expr, column)| {
                    super::planner::column_expr(ColumnRef { rel, column }, expr.data_type)
                })
                .collect(),
            startup: 0.0,
            per_tuple: 0.0,
            width: shown.iter().map(|expr| self.expr_width(&sub, expr)).sum(),
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
