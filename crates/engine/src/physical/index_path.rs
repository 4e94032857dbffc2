//! Costing one index path: which conditions bound the scan, which only filter, which the heap must test.
//!
//! Source of the method: PostgreSQL 15 `selfuncs.c` (`btcostestimate`), `costsize.c` (`cost_index`).

use super::{
    clause::Clause,
    cost::{
        ClusteredAccess, CostBasis, IndexAccessInput, IndexScanInput, NoTerms, index_access,
        index_scan,
    },
    index_info::{ClusteredRole, IndexInfo},
    level::Level,
    path::{IndexClause, IndexPath, Path, PathKeys, PathKind},
    plan::Direction,
    planner::Planner,
    relset::RelSet,
};
use crate::logical::{CompareOp, Expr, ExprKind};
use alloc::{rc::Rc, vec::Vec};

/// Conditions that decide where the scan begins and ends.
struct Boundary<'e> {
    conditions: Vec<&'e Expr>,
    /// Every key part has an equality that is neither IN nor IS NULL.
    all_equal: bool,
}

impl Planner<'_> {
    /// An index path with its cost. `order`: what order it gives, in which direction, and whether only the index is read.
    /// `outer`: relations that supply values, and repetitions.
    pub(super) fn index_path(
        &self,
        level: &mut Level,
        at: usize,
        index: &Rc<IndexInfo>,
        clauses: Vec<IndexClause>,
        order: (PathKeys, Direction, bool),
        outer: (RelSet, f64),
    ) -> Path {
        let (keys, direction, only) = order;
        let (required_outer, loops) = outer;
        let param = self.base_param_info(level, at, required_outer);
        let info = &level.rels[at];
        let rows = param.as_ref().map_or(info.rows, |param| param.rows);
        let all = || clauses.iter().flat_map(IndexClause::conditions);
        let selective: Vec<&Expr> = clauses
            .iter()
            .filter(|clause| !clause.clause.known_true.get())
            .flat_map(IndexClause::conditions)
            .collect();
        let boundary = boundary(index, &clauses);
        let skipping = self.skip_boundary(level, at, index, &clauses);
        let (bounding, bounding_descents, all_descents) = match &skipping {
            Some(skipping) => (&skipping.conditions, skipping.descents, skipping.descents),
            None => (
                &boundary.conditions,
                descents(boundary.conditions.iter().copied()),
                descents(all()),
            ),
        };
        // Each element of a list is weighed.
        self.spend(all().map(elements).sum());
        let selectivity = self.with_predicate(level, at, index, &selective);
        let same = bounding.len() == selective.len()
            && (bounding.iter().zip(&selective)).all(|(one, two)| core::ptr::eq(*one, *two));
        let boundary_selectivity = if same {
            selectivity
        } else {
            self.with_predicate(level, at, index, bounding)
        };
        let access = IndexAccessInput {
            // A clustered table's leaves are counted as its own pages.
            index_pages: match index.clustered {
                ClusteredRole::Rows => info.pages,
                _ => index.pages,
            },
            index_tuples: index.tuples,
            tree_height: f64::from(index.tree_height),
            table_tuples: info.tuples,
            bounding_descents,
            boundary_selectivity,
            unique_match: index.def.unique && boundary.all_equal,
            descents: all_descents,
            loops,
            conditions: super::base_rel::count(all().count()),
            arguments: self.arguments_cost(all()),
            query_pages: level.total_pages,
        };
        let tested = |clause: &&Rc<Clause>| !checked(clause, &clauses);
        let further = param.iter().flat_map(|param| &param.clauses);
        let rest = index.restrict.iter().chain(further).filter(tested);
        let input = IndexScanInput {
            access,
            selectivity,
            correlation: self.index_correlation(level, at, index),
            table_pages: info.pages,
            all_visible: info.all_visible,
            index_only: only,
            clustered: match index.clustered {
                ClusteredRole::Heap => ClusteredAccess::Heap,
                ClusteredRole::Rows => ClusteredAccess::Rows,
                ClusteredRole::Secondary {
                    row_tree_height, ..
                } => ClusteredAccess::Lookup {
                    tree_height: f64::from(row_tree_height),
                },
            },
            rows,
            filter: self.clauses_cost(rest),
            target: super::cost::QualCost::default(),
        };
        let skip = skipping.map(|skipping| skipping.skip);
        let settings = self.input.settings;
        let index_total = index_access(settings, &access, &mut NoTerms).total;
        let cost = index_scan(settings, &input, &mut NoTerms);
        Path {
            kind: PathKind::Index(IndexPath {
                index: index.clone(),
                clauses,
                direction,
                only,
                index_total,
                selectivity: input.selectivity,
                skip,
            }),
            rels: info.relids,
            target: info.target.clone(),
            param,
            rows,
            cost,
            basis: self.basis(|| CostBasis::IndexScan(input)),
            keys,
        }
    }

    /// Selectivity of index conditions with the part of the predicate that they do not imply.
    pub(super) fn with_predicate(
        &self,
        level: &Level,
        at: usize,
        index: &IndexInfo,
        conditions: &[&Expr],
    ) -> f64 {
        if index.predicate.is_empty() {
            return self.condition_selectivity(level, conditions, at);
        }
        let any = |test: &dyn Fn(&Expr) -> bool| conditions.iter().any(|one| test(one));
        let all: Vec<&Expr> = index
            .predicate
            .iter()
            .filter(|predicate| {
                !super::predicate_proof::implied_by(core::slice::from_ref(*predicate), &any)
            })
            .chain(conditions.iter().copied())
            .collect();
        self.condition_selectivity(level, &all, at)
    }

    fn arguments_cost<'e>(&self, conditions: impl Iterator<Item = &'e Expr>) -> f64 {
        conditions
            .map(|condition| match &condition.kind {
                ExprKind::Compare(_, _, right) => {
                    let cost = self.expr_cost(right);
                    cost.startup + cost.per_tuple
                }
                ExprKind::InList { list: others, .. }
                | ExprKind::RowCompare { right: others, .. } => {
                    let cost = self.exprs_cost(others);
                    cost.startup + cost.per_tuple
                }
                _ => 0.0,
            })
            .sum()
    }
}

/// Whether the index makes sure of a clause, so that the heap row need not be tested.
pub(super) fn checked(clause: &Clause, clauses: &[IndexClause]) -> bool {
    if clause.pseudoconstant {
        return true;
    }
    clauses.iter().any(|one| {
        !one.lossy
            && (one.clause.id == clause.id
                || (clause.parent_ec.is_some() && one.clause.parent_ec == clause.parent_ec))
    })
}

/// What the clauses of one key part say.
#[derive(Default)]
pub(super) struct Bounds {
    /// There is an equality: =, IN or IS NULL.
    pub equal: bool,
    /// There is one with a single value.
    plain_equal: bool,
}

/// Adds to `conditions` those that select, in the form `key op value`.
pub(super) fn bounds<'e>(
    clauses: impl IntoIterator<Item = &'e IndexClause>,
    conditions: &mut Vec<&'e Expr>,
) -> Bounds {
    let mut found = Bounds::default();
    for clause in clauses {
        for condition in clause.conditions() {
            match &condition.kind {
                ExprKind::Compare(CompareOp::Eq, _, _) => {
                    found.equal = true;
                    found.plain_equal = true;
                }
                ExprKind::InList {
                    op: CompareOp::Eq, ..
                }
                | ExprKind::IsNull { negated: false, .. } => found.equal = true,
                _ => {}
            }
            // A clause that another one implies selects nothing more.
            if !clause.clause.known_true.get() {
                conditions.push(condition);
            }
        }
    }
    found
}

fn boundary<'e>(index: &IndexInfo, clauses: &'e [IndexClause]) -> Boundary<'e> {
    let mut conditions = Vec::new();
    let mut all_equal = !index.keys.is_empty();
    for key in 0..index.keys.len() {
        let clauses = clauses.iter().filter(|clause| clause.key == key);
        let here = bounds(clauses, &mut conditions);
        all_equal &= here.plain_equal;
        if !here.equal {
            break;
        }
    }
    let exact = |condition: &Expr| matches!(condition.kind, ExprKind::Compare(CompareOp::Eq, _, _));
    all_equal &= conditions.iter().all(|&condition| {
        exact(condition)
            || !matches!(
                condition.kind,
                ExprKind::InList { .. } | ExprKind::IsNull { .. }
            )
    });
    Boundary {
        conditions,
        all_equal,
    }
}

pub(super) fn descents<'e>(conditions: impl Iterator<Item = &'e Expr>) -> f64 {
    conditions.map(elements).product()
}

/// Values that a condition compares with.
fn elements(condition: &Expr) -> f64 {
    match &condition.kind {
        ExprKind::InList { list, .. } => super::base_rel::count(list.len()).max(1.0),
        _ => 1.0,
    }
}
