//! A condition with what join planning needs to know of it (PostgreSQL's `RestrictInfo`).
//!
//! Why beside the expression: which relations a condition needs, whether it can drive a hash or merge join, and its
//! selectivity are asked hundreds of times for each plan; they are worked out once and shared by `Rc`.

use super::{relset::RelSet, selectivity::ScanFractions};
use crate::{
    logical::{CompareOp, Expr, ExprKind},
    value::TypeClass,
};
use alloc::{borrow::Cow, rc::Rc, vec::Vec};
use core::cell::{Cell, RefCell};

/// Number of an equivalence class of a query level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EcId(pub u32);

/// One condition of an AND list.
#[derive(Debug)]
pub struct Clause {
    /// Identity: two clauses with one number are the same.
    pub id: u32,
    /// The condition.
    pub expr: Expr,
    /// Not (or no longer) an ON condition of the outer join at which it is evaluated.
    pub is_pushed_down: bool,
    /// An outer join below it may make its columns NULL, so it must wait for that join.
    pub outerjoin_delayed: bool,
    /// No column of this level, nothing volatile: can be tested once.
    pub pseudoconstant: bool,
    /// `left = right` (or another comparison) between disjoint, non-empty sets of relations.
    pub can_join: bool,
    /// Relations whose columns occur.
    pub clause_relids: RelSet,
    /// Relations that must be joined before it can be evaluated.
    pub required_relids: RelSet,
    /// For an outer join's own condition: the non-nullable side.
    pub outer_relids: RelSet,
    /// Relations that some lower outer join may null out.
    pub nullable_relids: RelSet,
    /// Relations of a comparison's left operand.
    pub left_relids: RelSet,
    /// Relations of a comparison's right operand.
    pub right_relids: RelSet,
    /// Equality whose operands sort alike: merge join and equivalence classes can use it.
    pub mergejoinable: bool,
    /// Equality whose operands hash alike.
    pub hashjoinable: bool,
    /// For an OR: each arm as an AND list of clauses.
    pub arms: Option<Vec<Vec<Rc<Clause>>>>,
    /// Class of the left operand, once known.
    pub left_ec: Cell<Option<EcId>>,
    /// Class of the right operand, once known.
    pub right_ec: Cell<Option<EcId>>,
    /// The class that this clause was derived from.
    pub parent_ec: Option<EcId>,
    /// Other clauses derived from it say all that it says: its selectivity is 1.
    pub known_true: Cell<bool>,
    /// Whether, in the join being built, the outer side is the left operand. Set before use.
    pub outer_is_left: Cell<bool>,
    /// Cached evaluation cost (startup, per tuple); negative = unknown.
    pub cost: Cell<(f64, f64)>,
    /// Cached selectivity of the clause alone in an inner join; negative = unknown. It does not depend on the pair joined.
    pub inner_selectivity: Cell<f64>,
    /// Cached hash statistics of the left operand: bucket fraction and frequency of the commonest value.
    pub left_bucket: Cell<(f64, f64)>,
    /// The same for the right operand.
    pub right_bucket: Cell<(f64, f64)>,
    /// Cached parts of both sides that a merge join reads, by order: descending, NULLS FIRST. They do not depend on the pair.
    pub scan_fractions: RefCell<Vec<((bool, bool), ScanFractions)>>,
}

impl Clause {
    /// The operands of a comparison.
    #[must_use]
    pub fn comparison(&self) -> Option<(CompareOp, &Expr, &Expr)> {
        match &self.expr.kind {
            ExprKind::Compare(op, left, right) => Some((*op, left, right)),
            _ => None,
        }
    }

    /// Forgets what depends on the rows that the relations give: the rest is true of every planning.
    pub fn forget_rows(&self) {
        self.left_bucket.set((-1.0, -1.0));
        self.right_bucket.set((-1.0, -1.0));
    }

    /// Left operand of a comparison; the clause itself otherwise.
    #[must_use]
    pub fn left(&self) -> &Expr {
        self.comparison().map_or(&self.expr, |(_, left, _)| left)
    }

    /// Right operand of a comparison; the clause itself otherwise.
    #[must_use]
    pub fn right(&self) -> &Expr {
        self.comparison().map_or(&self.expr, |(_, _, right)| right)
    }

    /// Whether one operand lies within `outer` and the other within `inner`; remembers which.
    pub fn matches_sides(&self, outer: RelSet, inner: RelSet) -> bool {
        if self.left_relids.is_subset(outer) && self.right_relids.is_subset(inner) {
            self.outer_is_left.set(true);
            true
        } else if self.left_relids.is_subset(inner) && self.right_relids.is_subset(outer) {
            self.outer_is_left.set(false);
            true
        } else {
            false
        }
    }

    /// A join clause that may be tested inside a scan of the single relation set `base`, given rows of the others
    /// (PostgreSQL's `join_clause_is_movable_to`).
    #[must_use]
    pub fn movable_to(&self, base: RelSet, lateral_referencers: RelSet) -> bool {
        self.clause_relids.overlaps(base)
            && !base.overlaps(self.outer_relids)
            && !base.overlaps(self.nullable_relids)
            && !lateral_referencers.overlaps(self.clause_relids)
    }

    /// The same for a scan that sees `current_and_outer` relations (`join_clause_is_movable_into`).
    #[must_use]
    pub fn movable_into(&self, current: RelSet, current_and_outer: RelSet) -> bool {
        self.clause_relids.is_subset(current_and_outer)
            && current.overlaps(self.clause_relids)
            && !current.overlaps(self.outer_relids)
            && !current.overlaps(self.nullable_relids)
    }
}

/// The clauses that `wanted` says yes to, which is asked once for each; all of them take no copy.
pub(super) fn those<'c>(
    clauses: &'c [Rc<Clause>],
    wanted: &dyn Fn(&Clause) -> bool,
) -> Cow<'c, [Rc<Clause>]> {
    let mut kept: Option<Vec<Rc<Clause>>> = None;
    for (at, clause) in clauses.iter().enumerate() {
        match (wanted(clause), &mut kept) {
            (true, Some(kept)) => kept.push(clause.clone()),
            (false, None) => kept = Some(clauses.get(..at).unwrap_or(&[]).to_vec()),
            _ => {}
        }
    }
    kept.map_or(Cow::Borrowed(clauses), Cow::Owned)
}

/// Whether equal values of both sides have one hash. Within a family they do, but for a date and a timestamp, which only sort alike.
pub(super) fn hashes_alike(comparison: &Expr) -> bool {
    match &comparison.kind {
        ExprKind::Compare(_, left, right) => {
            left.data_type.class() != TypeClass::DateTime || left.data_type == right.data_type
        }
        _ => false,
    }
}
