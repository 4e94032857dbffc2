//! The state of planning one query level (PostgreSQL's `PlannerInfo`): its relations, conditions, classes and orders.

use super::{
    clause::Clause,
    equivalence::EquivalenceClass,
    path::PathKeys,
    path_list::{PathList, no_order},
    rel::RelInfo,
    relset::RelSet,
};
use crate::collections::SortedMap;
use crate::logical::{CteId, Expr, JoinKind, Query, RelId, SubPlanId};
use alloc::{rc::Rc, vec::Vec};

/// A planned sub-query is its level, kept for turning its paths into plan nodes.
pub type SubLevel = Level;

/// An outer, semi or anti join and what it forbids (PostgreSQL's `SpecialJoinInfo`).
#[derive(Clone, Debug)]
pub struct SpecialJoin {
    /// Relations that must be on the left before it can be formed.
    pub min_left: RelSet,
    /// The same on the right.
    pub min_right: RelSet,
    /// Relations written on the left.
    pub syn_left: RelSet,
    /// Relations written on the right.
    pub syn_right: RelSet,
    /// LEFT, FULL, SEMI or ANTI.
    pub kind: JoinKind,
    /// The join condition is strict for some left relation.
    pub left_strict: bool,
    /// A semi join whose conditions are all equalities: right operands, so that the right side can be made unique.
    pub semi_right: Vec<Expr>,
    /// Those right operands can be sorted and hashed.
    pub semi_can_unique: bool,
}

/// A join list: what must be planned as one problem.
#[derive(Clone, Debug)]
pub enum JoinListItem {
    /// A base relation.
    Rel(usize),
    /// A problem of its own.
    List(Vec<JoinListItem>),
}

/// One query level.
#[derive(Clone, Debug)]
pub struct Level {
    /// The query, its sub-links replaced by sub-plans.
    pub query: Query,
    /// Base relations first, then joins as they are formed.
    pub rels: Vec<RelInfo>,
    /// Number of base relations.
    pub base_count: usize,
    /// Position in `rels` of each range-table entry of the statement; 255 = not of this level.
    pub positions: Vec<u8>,
    /// Position of a join in `rels`.
    pub joins: SortedMap<RelSet, usize>,
    /// Equivalence classes; merged ones point to their heir.
    pub classes: Vec<EquivalenceClass>,
    /// All merging is done: sort keys may be made.
    pub merging_done: bool,
    /// Outer, semi and anti joins, innermost first.
    pub special: Vec<Rc<SpecialJoin>>,
    /// Equalities of LEFT joins that set the class aside: outer operand is on the left.
    pub left_clauses: Vec<Rc<Clause>>,
    /// The same with the outer operand on the right.
    pub right_clauses: Vec<Rc<Clause>>,
    /// Equalities of FULL joins.
    pub full_clauses: Vec<Rc<Clause>>,
    /// All base relations.
    pub all_rels: RelSet,
    /// Relations that some outer join may null out.
    pub nullable_rels: RelSet,
    /// Fraction (below 1) or number (from 1) of rows that will be fetched; 0 = all.
    pub tuple_fraction: f64,
    /// Known bound on the rows for a sort that feeds the limit; negative = none.
    pub limit_tuples: f64,
    /// Order of most use to what stands above the joins.
    pub query_keys: PathKeys,
    /// Order for grouping.
    pub group_keys: PathKeys,
    /// Order for the first window.
    pub window_keys: PathKeys,
    /// Order for DISTINCT.
    pub distinct_keys: PathKeys,
    /// ORDER BY.
    pub sort_keys: PathKeys,
    /// Some FROM item is LATERAL.
    pub has_lateral: bool,
    /// Conditions without columns of this level.
    pub has_pseudoconstants: bool,
    /// Pages of all tables of the level.
    pub total_pages: f64,
    /// Sub-plans run once, made for this level.
    pub init_plans: Vec<SubPlanId>,
    /// The finished paths.
    pub final_list: PathList,
    /// For the recursive term: rows of the non-recursive one, and its CTE.
    pub work_table: Option<(CteId, f64)>,
    /// Group keys after arranging them for ORDER BY: positions in the targets.
    pub group_by: Vec<usize>,
}

impl Level {
    /// An empty level for a query.
    #[must_use]
    pub fn new(query: Query) -> Self {
        let group_by = query.group_by.clone();
        Self {
            query,
            rels: Vec::new(),
            base_count: 0,
            positions: Vec::new(),
            joins: SortedMap::new(),
            classes: Vec::new(),
            merging_done: false,
            special: Vec::new(),
            left_clauses: Vec::new(),
            right_clauses: Vec::new(),
            full_clauses: Vec::new(),
            all_rels: RelSet::EMPTY,
            nullable_rels: RelSet::EMPTY,
            tuple_fraction: 0.0,
            limit_tuples: -1.0,
            query_keys: no_order(),
            group_keys: no_order(),
            window_keys: no_order(),
            distinct_keys: no_order(),
            sort_keys: no_order(),
            has_lateral: false,
            has_pseudoconstants: false,
            total_pages: 0.0,
            init_plans: Vec::new(),
            final_list: PathList::default(),
            work_table: None,
            group_by,
        }
    }

    /// Position in `rels` of a range-table entry of this level.
    #[must_use]
    pub fn position(&self, rel: RelId) -> Option<usize> {
        self.positions
            .get(rel.0 as usize)
            .filter(|at| **at != u8::MAX)
            .map(|at| usize::from(*at))
    }
}
