//! WITH RECURSIVE: a first query, and one that is run again on what it gave the time before.
//!
//! Source of the method: PostgreSQL 15 `prepunion.c` (`generate_recursion_path`).

use super::{
    cost::{
        CostBasis, InputEstimate, NoTerms, QualCost, RecursiveUnionInput, SubqueryScanInput,
        recursive_union, subquery_scan,
    },
    join_path::input_of,
    level::Level,
    path::{Path, PathKind, PathTarget},
    path_list::{PathList, no_order},
    planner::Planner,
    relset::RelSet,
};
use crate::{
    error::{Error, ErrorCode},
    logical::{ColumnRef, CteId, Query, RelId, RelationKind, SetOperation, SetOperator},
};
use alloc::rc::Rc;

impl Planner<'_> {
    /// Plans a WITH RECURSIVE query.
    pub(super) fn plan_recursion(&self, cte: CteId, query: &Query) -> Result<Level, Error> {
        let Some(SetOperation::Node {
            op: SetOperator::Union,
            all,
            left,
            right,
            types,
        }) = &query.set_operation
        else {
            return self.plan_query(query.clone(), 0.0, None);
        };
        let mut level = Level::new(query.clone());
        let (SetOperation::Leaf(left_rel), SetOperation::Leaf(right_rel)) = (&**left, &**right)
        else {
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                "a recursive query with more than one UNION is not supported",
            ));
        };
        self.plan_ctes(&mut level)?;
        let arm =
            |rel: RelId, work: Option<(CteId, f64)>| -> Result<(Rc<Level>, Rc<Path>), Error> {
                let RelationKind::Subquery(query) = &self.entry(rel).kind else {
                    return Err(Error::new(
                        ErrorCode::InternalError,
                        "an arm of a set operation is not a query",
                    ));
                };
                let sub = self.plan_query((**query).clone(), 0.0, work)?;
                let path = sub
                    .final_list
                    .cheapest()
                    .total
                    .expect("a planned level has at least one path");
                Ok((Rc::new(sub), path))
            };
        let start = arm(*left_rel, None)?;
        let step = arm(*right_rel, Some((cte, start.1.rows)))?;
        let estimate = RecursiveUnionInput {
            start: self.scanned(&start.1),
            step: self.scanned(&step.1),
        };
        let (cost, rows) = recursive_union(self.input.settings, &estimate, &mut NoTerms);
        let exprs = types
            .iter()
            .enumerate()
            .map(|(at, data_type)| {
                let column = ColumnRef {
                    rel: *left_rel,
                    column: u16::try_from(at).unwrap_or(u16::MAX),
                };
                super::planner::column_expr(column, *data_type)
            })
            .collect();
        let target = Rc::new(PathTarget {
            exprs,
            startup: 0.0,
            per_tuple: 0.0,
            width: start.1.target.width.max(step.1.target.width),
        });
        let mut list = PathList::default();
        list.add(Path {
            rels: RelSet::EMPTY,
            target,
            param: None,
            rows,
            cost,
            basis: self.basis(|| CostBasis::RecursiveUnion(estimate)),
            keys: no_order(),
            kind: PathKind::RecursiveUnion {
                cte,
                all: *all,
                left: start,
                right: step,
            },
        });
        level.final_list = list;
        self.charge_init_plans(&mut level);
        Ok(level)
    }

    /// A path as read through a scan of its sub-query, which is charged though it is left out of the plan.
    fn scanned(&self, path: &Path) -> InputEstimate {
        let input = SubqueryScanInput {
            input: input_of(path),
            rows: path.rows,
            filter: QualCost::default(),
            target: QualCost::default(),
        };
        InputEstimate {
            cost: subquery_scan(self.input.settings, &input, &mut NoTerms),
            ..input_of(path)
        }
    }
}
