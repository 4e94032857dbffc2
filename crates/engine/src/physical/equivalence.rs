//! Equivalence classes: expressions known to be equal, so that `a = b AND b = c` also joins a with c, and a constant
//! reaches every member.
//!
//! Source of the method: PostgreSQL `equivclass.c` and `optimizer/README`. Outer joins: a condition that an outer join may
//! still turn to NULL never gets here (see [`deconstruct`](super::deconstruct)).

use super::{
    clause::{Clause, EcId},
    level::Level,
    planner::Planner,
    relset::RelSet,
};
use crate::collections::sort_by;
use crate::{
    logical::{CompareOp, Expr, ExprKind, expr_any, is_strict_for, simplify},
    value::TypeClass,
};
use alloc::{rc::Rc, vec::Vec};

/// A member of a class.
#[derive(Clone, Debug)]
pub struct Member {
    /// The expression.
    pub expr: Expr,
    /// Its relations.
    pub relids: RelSet,
    /// Those of them that a lower outer join may null out.
    pub nullable: RelSet,
    /// No column of this level.
    pub is_const: bool,
}

/// Expressions known to be equal.
#[derive(Clone, Debug)]
pub struct EquivalenceClass {
    /// Family of types within which they compare.
    pub family: TypeClass,
    /// Members, in the order met.
    pub members: Vec<Member>,
    /// Conditions that said so.
    pub sources: Vec<Rc<Clause>>,
    /// Join conditions derived so far, with the member numbers of their operands.
    pub derives: Vec<(usize, usize, Rc<Clause>)>,
    /// Relations of all members but constants.
    pub relids: RelSet,
    /// Some member is a constant.
    pub has_const: bool,
    /// Equal only below some outer join, or both NULL.
    pub below_outer_join: bool,
    /// Was merged into this class.
    pub merged: Option<EcId>,
}

impl Level {
    /// The class itself, or the one that it was merged into.
    #[must_use]
    pub fn canonical(&self, mut ec: EcId) -> EcId {
        while let Some(heir) = self.classes[ec.0 as usize].merged {
            ec = heir;
        }
        ec
    }

    /// The class of that number.
    #[must_use]
    pub fn class(&self, ec: EcId) -> &EquivalenceClass {
        &self.classes[self.canonical(ec).0 as usize]
    }

    fn push_class(&mut self, class: EquivalenceClass) -> EcId {
        let ec = EcId(u32::try_from(self.classes.len()).unwrap_or(u32::MAX));
        if self.merging_done {
            for at in class.relids.iter() {
                self.rels[at].classes.push(ec);
            }
        }
        self.classes.push(class);
        ec
    }
}

/// A class's member is not changed by a cast within the texts.
#[must_use]
pub fn strip_relabel(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(inner, _)
            if inner.data_type.class() == TypeClass::Text
                && matches!(
                    expr.data_type,
                    crate::value::DataType::Text | crate::value::DataType::Varchar(None)
                ) =>
        {
            strip_relabel(inner)
        }
        _ => expr,
    }
}

/// A set operation has no relations of its own: its columns belong to none and vary all the same.
fn is_set_column(level: &Level, expr: &Expr) -> bool {
    level.query.set_operation.is_some()
        && expr_any(expr, &mut |part| matches!(part.kind, ExprKind::Column(_)))
}

impl Planner<'_> {
    /// Takes an equality into the classes. `false`: it must be treated as an ordinary condition.
    pub(super) fn process_equivalence(
        &self,
        level: &mut Level,
        clause: &Rc<Clause>,
        below_outer_join: bool,
    ) -> bool {
        let Some((CompareOp::Eq, left, right)) = clause.comparison() else {
            return false;
        };
        let (left, right) = (strip_relabel(left), strip_relabel(right));
        if left == right {
            return false;
        }
        let (left_relids, right_relids) = (clause.left_relids, clause.right_relids);
        if below_outer_join {
            for (expr, relids) in [(left, left_relids), (right, right_relids)] {
                let strict = relids
                    .iter()
                    .all(|at| is_strict_for(expr, level.rels[at].rel));
                if !relids.is_empty() && !strict && !matches!(expr.kind, ExprKind::Column(_)) {
                    return false;
                }
            }
        }
        let family = left.data_type.class();
        let left_nullable = left_relids.intersect(clause.nullable_relids);
        let right_nullable = right_relids.intersect(clause.nullable_relids);
        let find = |level: &Level, expr: &Expr, nullable: RelSet| {
            level.classes.iter().enumerate().find_map(|(at, class)| {
                if class.merged.is_some() || class.family != family {
                    return None;
                }
                class
                    .members
                    .iter()
                    .any(|member| {
                        member.nullable == nullable
                            && member.expr.data_type == expr.data_type
                            && member.expr == *expr
                            && !((below_outer_join || class.below_outer_join) && member.is_const)
                    })
                    .then_some(at)
            })
        };
        let first = find(level, left, left_nullable);
        let second = find(level, right, right_nullable);
        let member = |expr: &Expr, relids: RelSet, nullable: RelSet| Member {
            expr: expr.clone(),
            relids,
            nullable,
            is_const: relids.is_empty(),
        };
        let ec = match (first, second) {
            (Some(one), Some(two)) => {
                if one != two {
                    let other = level.classes[two].clone();
                    let heir = EcId(u32::try_from(one).unwrap_or(u32::MAX));
                    let class = &mut level.classes[one];
                    class.members.extend(other.members);
                    class.sources.extend(other.sources);
                    class.relids.add(other.relids);
                    class.has_const |= other.has_const;
                    class.below_outer_join |= other.below_outer_join;
                    level.classes[two].merged = Some(heir);
                    level.classes[two].members.clear();
                }
                one
            }
            (Some(one), None) => {
                level.classes[one].add(member(right, right_relids, right_nullable));
                one
            }
            (None, Some(two)) => {
                level.classes[two].add(member(left, left_relids, left_nullable));
                two
            }
            (None, None) => {
                let mut class = EquivalenceClass::new(family);
                class.add(member(left, left_relids, left_nullable));
                class.add(member(right, right_relids, right_nullable));
                level.push_class(class).0 as usize
            }
        };
        let class = &mut level.classes[ec];
        class.sources.push(clause.clone());
        class.below_outer_join |= below_outer_join;
        let ec = EcId(u32::try_from(ec).unwrap_or(u32::MAX));
        clause.left_ec.set(Some(ec));
        clause.right_ec.set(Some(ec));
        true
    }

    /// The class that has `expr` as a member.
    pub(super) fn known_class(level: &Level, expr: &Expr) -> Option<EcId> {
        let expr = strip_relabel(expr);
        let family = expr.data_type.class();
        let found = level.classes.iter().position(|class| {
            class.merged.is_none()
                && class.family == family
                && class.members.iter().any(|member| {
                    !(class.below_outer_join && member.is_const) && member.expr == *expr
                })
        });
        found.map(|at| EcId(u32::try_from(at).unwrap_or(u32::MAX)))
    }

    /// The class that has `expr` as a member; made if there is none.
    pub(super) fn class_of(&self, level: &mut Level, expr: &Expr, nullable: RelSet) -> EcId {
        if let Some(known) = Self::known_class(level, expr) {
            return known;
        }
        let expr = strip_relabel(expr);
        let family = expr.data_type.class();
        let relids = self.relids_of(level, expr);
        let mut class = EquivalenceClass::new(family);
        class.add(Member {
            expr: expr.clone(),
            relids,
            nullable: nullable.intersect(relids),
            is_const: relids.is_empty()
                && !super::planner::contains_aggregate_or_window(expr)
                && !is_set_column(level, expr),
        });
        level.push_class(class)
    }

    /// Gives both operands of an equality a class of their own if they have none.
    pub(super) fn note_classes(&self, level: &mut Level, clause: &Clause) {
        if clause.left_ec.get().is_none() {
            let left = self.class_of(level, clause.left(), clause.nullable_relids);
            let right = self.class_of(level, clause.right(), clause.nullable_relids);
            clause.left_ec.set(Some(left));
            clause.right_ec.set(Some(right));
        }
    }

    /// All equalities are in: derives the restrictions that follow, and tells each relation its classes.
    pub(super) fn derive_base_equalities(&self, level: &mut Level) {
        for at in 0..level.classes.len() {
            let class = level.classes[at].clone();
            if class.merged.is_some() {
                continue;
            }
            if class.members.len() > 1 {
                if class.has_const {
                    self.derive_constants(level, &class);
                } else {
                    self.derive_within_relations(level, &class);
                }
            }
            let ec = EcId(u32::try_from(at).unwrap_or(u32::MAX));
            for rel in class.relids.iter() {
                level.rels[rel].classes.push(ec);
                if class.relids.len() > 1 && class.members.len() > 1 {
                    level.rels[rel].has_ec_joins = true;
                }
            }
        }
        level.merging_done = true;
    }

    fn derive_constants(&self, level: &mut Level, class: &EquivalenceClass) {
        if class.members.len() == 2
            && let [source] = class.sources.as_slice()
        {
            self.distribute_clause(level, source.clone());
            return;
        }
        let constant = class
            .members
            .iter()
            .position(|member| matches!(member.expr.kind, ExprKind::Const(_)))
            .or_else(|| class.members.iter().position(|member| member.is_const));
        let Some(constant) = constant else { return };
        let value = class.members[constant].clone();
        for (at, member) in class.members.iter().enumerate() {
            if at == constant {
                continue;
            }
            let expr = Expr::compare(CompareOp::Eq, member.expr.clone(), value.expr.clone());
            self.distribute_implied(level, expr, class, member.nullable.union(value.nullable));
        }
    }

    fn derive_within_relations(&self, level: &mut Level, class: &EquivalenceClass) {
        let mut previous: Vec<Option<&Member>> = alloc::vec![None; level.base_count];
        for member in &class.members {
            let Some(at) = member.relids.only() else {
                continue;
            };
            if let Some(before) = previous[at] {
                let expr = Expr::compare(CompareOp::Eq, before.expr.clone(), member.expr.clone());
                let nullable = before.nullable.union(member.nullable);
                self.distribute_implied(level, expr, class, nullable);
            }
            previous[at] = Some(member);
        }
        for member in &class.members {
            self.need_columns(level, &member.expr, class.relids);
        }
    }

    fn distribute_implied(
        &self,
        level: &mut Level,
        expr: Expr,
        class: &EquivalenceClass,
        nullable: RelSet,
    ) {
        // Two constants that differ make it false.
        let expr = simplify(expr);
        let relids = self.relids_of(level, &expr);
        let pseudoconstant = relids.is_empty();
        let required = if pseudoconstant {
            level.has_pseudoconstants = true;
            class.relids
        } else {
            relids
        };
        if required.is_empty() {
            return;
        }
        let clause = self.make_clause(
            level,
            expr,
            super::deconstruct::ClausePlace {
                is_pushed_down: true,
                outerjoin_delayed: false,
                pseudoconstant,
                required,
                outer: RelSet::EMPTY,
                nullable,
            },
        );
        let clause = Rc::new(clause);
        if clause.mergejoinable {
            self.note_classes(level, &clause);
        }
        self.distribute_clause(level, clause);
    }

    /// Join conditions between two sets that follow from the classes: at most one for each class.
    pub(super) fn implied_join_clauses(
        &self,
        level: &mut Level,
        join: RelSet,
        outer: RelSet,
        inner: RelSet,
    ) -> Vec<Rc<Clause>> {
        let mut result = Vec::new();
        for ec in self.common_classes(level, outer, inner) {
            let class = level.class(ec);
            if class.has_const || class.members.len() <= 1 {
                continue;
            }
            // Members within the join: of the outer side, of the inner side, of neither alone.
            let place = |member: &Member| {
                if member.relids.is_empty() || !member.relids.is_subset(join) {
                    None
                } else if member.relids.is_subset(outer) {
                    Some(Place::Outer)
                } else if member.relids.is_subset(inner) {
                    Some(Place::Inner)
                } else {
                    Some(Place::Across)
                }
            };
            let members = |wanted: Place| {
                let all = class.members.iter().enumerate();
                all.filter(move |(_, member)| place(member) == Some(wanted))
            };
            let score_of =
                |member: &Member| usize::from(matches!(member.expr.kind, ExprKind::Column(_)));
            let mut best: Option<(usize, usize, usize)> = None;
            'pairs: for (left, one) in members(Place::Outer) {
                for (right, two) in members(Place::Inner) {
                    let score = 1 + score_of(one) + score_of(two);
                    if best.is_none_or(|(_, _, found)| score > found) {
                        best = Some((left, right, score));
                        if score == 3 {
                            break 'pairs;
                        }
                    }
                }
            }
            let mut across = Vec::new();
            let old = members(Place::Outer)
                .next()
                .or_else(|| members(Place::Inner).next());
            if let Some((old, _)) = old {
                across.extend(members(Place::Across).map(|(new, _)| (old, new)));
            }
            let best = best.map(|(left, right, _)| (left, right));
            for (left, right) in best.into_iter().chain(across) {
                result.push(self.derived_clause(level, ec, left, right));
            }
        }
        result
    }

    /// The equality of two members as a clause, made once for each order of its operands.
    pub(super) fn derived_clause(
        &self,
        level: &mut Level,
        ec: EcId,
        left: usize,
        right: usize,
    ) -> Rc<Clause> {
        let ec = level.canonical(ec);
        let class = &level.classes[ec.0 as usize];
        let known = class
            .derives
            .iter()
            .find(|(one, two, _)| (*one, *two) == (left, right));
        if let Some((_, _, clause)) = known {
            return clause.clone();
        }
        let (one, two) = (&class.members[left], &class.members[right]);
        let expr = Expr::compare(CompareOp::Eq, one.expr.clone(), two.expr.clone());
        let place = super::deconstruct::ClausePlace {
            is_pushed_down: true,
            outerjoin_delayed: false,
            pseudoconstant: false,
            required: one.relids.union(two.relids),
            outer: RelSet::EMPTY,
            nullable: one.nullable.union(two.nullable),
        };
        let mut clause = self.make_clause(level, expr, place);
        clause.parent_ec = Some(ec);
        clause.left_ec.set(Some(ec));
        clause.right_ec.set(Some(ec));
        let clause = Rc::new(clause);
        level.classes[ec.0 as usize]
            .derives
            .push((left, right, clause.clone()));
        clause
    }

    /// Classes that mention both sets, in order of creation.
    pub(super) fn common_classes(&self, level: &Level, one: RelSet, two: RelSet) -> Vec<EcId> {
        let mut result: Vec<EcId> = Vec::new();
        for at in one.iter() {
            for &ec in &level.rels[at].classes {
                let ec = level.canonical(ec);
                if level.class(ec).relids.overlaps(two) && !result.contains(&ec) {
                    result.push(ec);
                }
            }
        }
        sort_by(&mut result, Ord::cmp);
        result
    }

    /// Whether some class may join the two sets (also one with a constant: then no clause is left, but they belong together).
    pub(super) fn classes_join(&self, level: &Level, one: RelSet, two: RelSet) -> bool {
        one.iter().any(|at| {
            level.rels[at].classes.iter().any(|&ec| {
                let class = level.class(ec);
                class.members.len() > 1 && class.relids.overlaps(two)
            })
        })
    }

    /// Whether some class may join the set with anything outside.
    pub(super) fn classes_join_outside(&self, level: &Level, relids: RelSet) -> bool {
        relids.iter().any(|at| {
            level.rels[at].classes.iter().any(|&ec| {
                let class = level.class(ec);
                class.members.len() > 1 && !class.relids.is_subset(relids)
            })
        })
    }

    /// Conditions `member = other` for the first class that has a member over `at` alone that `matches`.
    pub(super) fn implied_for_column(
        &self,
        level: &mut Level,
        at: usize,
        prohibited: RelSet,
        matches: &dyn Fn(&Expr) -> bool,
    ) -> Vec<Rc<Clause>> {
        let relids = RelSet::single(at);
        for ec in level.rels[at].classes.clone() {
            let ec = level.canonical(ec);
            let class = level.class(ec);
            if class.has_const || class.members.len() <= 1 {
                continue;
            }
            let Some(mine) = class
                .members
                .iter()
                .position(|member| member.relids == relids && matches(&member.expr))
            else {
                continue;
            };
            let others: Vec<usize> = class
                .members
                .iter()
                .enumerate()
                .filter(|(other, member)| {
                    *other != mine
                        && !member.relids.overlaps(relids)
                        && !member.relids.overlaps(prohibited)
                })
                .map(|(other, _)| other)
                .collect();
            if !others.is_empty() {
                return others
                    .into_iter()
                    .map(|other| self.derived_clause(level, ec, mine, other))
                    .collect();
            }
        }
        Vec::new()
    }

    /// Whether the order of this class can serve a merge join of `relids` with something outside.
    pub(super) fn useful_for_merging(&self, level: &Level, ec: EcId, relids: RelSet) -> bool {
        let class = level.class(ec);
        !class.has_const
            && class.members.len() > 1
            && !class.relids.is_subset(relids)
            && class
                .members
                .iter()
                .any(|member| !member.relids.overlaps(relids))
    }
}

impl EquivalenceClass {
    fn new(family: TypeClass) -> Self {
        Self {
            family,
            members: Vec::new(),
            sources: Vec::new(),
            derives: Vec::new(),
            relids: RelSet::EMPTY,
            has_const: false,
            below_outer_join: false,
            merged: None,
        }
    }

    fn add(&mut self, member: Member) {
        self.has_const |= member.is_const;
        self.relids.add(member.relids);
        self.members.push(member);
    }
}

/// Where in a join a member's relations are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outer,
    Inner,
    Across,
}
