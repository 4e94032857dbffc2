//! Takes the FROM tree apart: which relations join freely, which outer joins restrict the order, and where each condition
//! may be tested.
//!
//! Source of the method: PostgreSQL 15 `initsplan.c` (`deconstruct_jointree`, `make_outerjoininfo`,
//! `distribute_qual_to_rels`, `check_outerjoin_delay`). A condition that mentions a relation which an outer join may null
//! out has to wait for that join.

use super::{
    clause::{Clause, hashes_alike},
    level::{JoinListItem, Level},
    planner::Planner,
    rel::Needed,
    relset::RelSet,
};
use crate::{
    error::Error,
    logical::{CompareOp, Expr, ExprKind, FromItem, JoinKind, contains_volatile},
};
use alloc::{rc::Rc, vec::Vec};
use core::cell::{Cell, RefCell};

/// Where a clause may be tested.
#[derive(Clone, Copy, Debug)]
pub struct ClausePlace {
    /// Not an ON condition of the outer join that tests it.
    pub is_pushed_down: bool,
    /// Waits for a lower outer join.
    pub outerjoin_delayed: bool,
    /// No column of this level.
    pub pseudoconstant: bool,
    /// Relations needed.
    pub required: RelSet,
    /// Non-nullable side of the outer join whose ON condition it is.
    pub outer: RelSet,
    /// Relations that a lower outer join may null out.
    pub nullable: RelSet,
}

/// What a part of the FROM tree consists of.
struct Part {
    items: Vec<JoinListItem>,
    scope: RelSet,
    inner_rels: RelSet,
}

/// Where a condition stood.
#[derive(Clone, Copy)]
struct Site {
    below_outer_join: bool,
    kind: JoinKind,
    scope: RelSet,
    outer_join_scope: Option<RelSet>,
    nonnullable: RelSet,
}

impl Planner<'_> {
    /// Takes the query's FROM and WHERE apart and returns the join problem.
    pub(super) fn deconstruct(&self, level: &mut Level) -> Result<Vec<JoinListItem>, Error> {
        let from = core::mem::take(&mut level.query.from);
        let filter = core::mem::take(&mut level.query.filter);
        let limit = self.input.settings.from_collapse_limit as usize;
        let mut items: Vec<JoinListItem> = Vec::new();
        let (mut scope, mut inner_rels) = (RelSet::EMPTY, RelSet::EMPTY);
        let mut remaining = from.len();
        // WHERE holds below the joins that sub-queries in it became, as if they stood around the rest.
        let mut attached: Vec<&FromItem> = Vec::new();
        for item in &from {
            let mut item = item;
            if from.len() == 1 {
                while let FromItem::Join {
                    kind: JoinKind::Semi | JoinKind::Anti,
                    left,
                    ..
                } = item
                {
                    attached.push(item);
                    item = left;
                }
            }
            let part = self.deconstruct_item(level, item, false, 0)?;
            remaining -= 1;
            scope.add(part.scope);
            inner_rels = part.inner_rels;
            if part.items.len() <= 1 || items.len() + part.items.len() + remaining <= limit {
                items.extend(part.items);
            } else {
                items.push(JoinListItem::List(part.items));
            }
        }
        if from.len() > 1 {
            inner_rels = scope;
        }
        let site = Site {
            below_outer_join: false,
            kind: JoinKind::Inner,
            scope,
            outer_join_scope: None,
            nonnullable: RelSet::EMPTY,
        };
        for condition in filter {
            self.distribute_condition(level, condition, site);
        }
        let mut whole = Part {
            items,
            scope,
            inner_rels,
        };
        for item in attached.into_iter().rev() {
            if let FromItem::Join {
                kind, right, on, ..
            } = item
            {
                let below = *kind == JoinKind::Anti;
                let right = self.deconstruct_item(level, right, below, 0)?;
                whole = self.joined(level, (*kind, on), (whole, right), false);
            }
        }
        level.query.from = from;
        Ok(whole.items)
    }

    fn deconstruct_item(
        &self,
        level: &mut Level,
        item: &FromItem,
        below_outer_join: bool,
        depth: u32,
    ) -> Result<Part, Error> {
        super::planner::check_depth(depth)?;
        let (kind, left, right, on) = match item {
            FromItem::Relation(rel) => {
                let at = level
                    .position(*rel)
                    .expect("every relation of FROM was set up as a base relation");
                return Ok(Part {
                    items: alloc::vec![JoinListItem::Rel(at)],
                    scope: RelSet::single(at),
                    inner_rels: RelSet::EMPTY,
                });
            }
            FromItem::Join {
                kind,
                left,
                right,
                on,
            } => (*kind, left, right, on),
        };
        let (left, right, kind) = if kind == JoinKind::Right {
            (right, left, JoinKind::Left)
        } else {
            (left, right, kind)
        };
        let (left_below, right_below) = match kind {
            JoinKind::Left | JoinKind::Anti => (below_outer_join, true),
            JoinKind::Full => (true, true),
            _ => (below_outer_join, below_outer_join),
        };
        let left = self.deconstruct_item(level, left, left_below, depth + 1)?;
        let right = self.deconstruct_item(level, right, right_below, depth + 1)?;
        Ok(self.joined(level, (kind, on), (left, right), below_outer_join))
    }

    /// Joins two parts of the tree: notes what the join forbids, and gives out its conditions.
    fn joined(
        &self,
        level: &mut Level,
        (kind, on): (JoinKind, &[Expr]),
        (left, right): (Part, Part),
        below_outer_join: bool,
    ) -> Part {
        let scope = left.scope.union(right.scope);
        let (inner_rels, nonnullable) = match kind {
            JoinKind::Inner => (scope, RelSet::EMPTY),
            JoinKind::Left | JoinKind::Anti => {
                level.nullable_rels.add(right.scope);
                (left.inner_rels.union(right.inner_rels), left.scope)
            }
            JoinKind::Full => {
                level.nullable_rels.add(scope);
                (left.inner_rels.union(right.inner_rels), scope)
            }
            _ => (left.inner_rels.union(right.inner_rels), RelSet::EMPTY),
        };
        let special = (kind != JoinKind::Inner)
            .then(|| self.make_special_join(level, kind, left.scope, right.scope, inner_rels, on));
        let outer_join_scope = special
            .as_ref()
            .filter(|special| special.kind != JoinKind::Semi)
            .map(|special| special.min_left.union(special.min_right));
        let site = Site {
            below_outer_join,
            kind,
            scope,
            outer_join_scope,
            nonnullable,
        };
        for condition in on {
            self.distribute_condition(level, condition.clone(), site);
        }
        if let Some(special) = special {
            level.special.push(Rc::new(special));
        }
        let limit = self.input.settings.join_collapse_limit as usize;
        let items = if kind == JoinKind::Full {
            alloc::vec![JoinListItem::List(alloc::vec![
                as_one(left.items),
                as_one(right.items)
            ])]
        } else if left.items.len() + right.items.len() <= limit {
            let mut items = left.items;
            items.extend(right.items);
            items
        } else {
            alloc::vec![as_one(left.items), as_one(right.items)]
        };
        Part {
            items,
            scope,
            inner_rels,
        }
    }

    /// The closure of `relids` over lower outer joins: (whether it grew, the set, those that may be NULL).
    fn outer_join_delay(&self, level: &Level, relids: RelSet) -> (bool, RelSet, RelSet) {
        let (mut all, mut nullable, mut delayed) = (relids, RelSet::EMPTY, false);
        loop {
            let mut grew = false;
            for special in &level.special {
                let full = special.kind == JoinKind::Full;
                if all.overlaps(special.min_right) || (full && all.overlaps(special.min_left)) {
                    let whole = special.min_left.union(special.min_right);
                    if !whole.is_subset(all) {
                        all.add(whole);
                        delayed = true;
                        grew = true;
                    }
                    nullable.add(special.min_right);
                    if full {
                        nullable.add(special.min_left);
                    }
                }
            }
            if !grew {
                return (delayed, all, nullable.intersect(relids));
            }
        }
    }

    fn distribute_condition(&self, level: &mut Level, condition: Expr, site: Site) {
        let mut relids = self.relids_of(level, &condition);
        let mut pseudoconstant = false;
        if relids.is_empty() {
            if let Some(scope) = site.outer_join_scope {
                relids = scope;
            } else if contains_volatile(&condition) {
                relids = site.scope;
            } else {
                pseudoconstant = true;
                level.has_pseudoconstants = true;
                relids = if site.below_outer_join {
                    site.scope
                } else {
                    level.all_rels
                };
            }
            if relids.is_empty() {
                // A query without FROM: the conditions stay on the Result node.
                return;
            }
        }
        let mut below_outer_join = site.below_outer_join;
        let outer_condition = relids.overlaps(site.nonnullable);
        let (delayed, closure, nullable) = self.outer_join_delay(level, relids);
        let (maybe_equivalence, maybe_outer_join);
        if outer_condition {
            relids = site.outer_join_scope.unwrap_or(closure);
            maybe_equivalence = false;
            maybe_outer_join = true;
        } else {
            relids = closure;
            if delayed {
                maybe_equivalence = false;
            } else {
                maybe_equivalence = true;
                below_outer_join |= !site.nonnullable.is_empty();
            }
            maybe_outer_join = false;
        }
        let place = ClausePlace {
            is_pushed_down: !outer_condition,
            outerjoin_delayed: delayed,
            pseudoconstant,
            required: relids,
            outer: if outer_condition {
                site.nonnullable
            } else {
                RelSet::EMPTY
            },
            nullable,
        };
        let clause = Rc::new(self.make_clause(level, condition, place));
        if relids.len() > 1 {
            self.need_columns(level, &clause.expr, relids);
        }
        if clause.mergejoinable {
            if maybe_equivalence {
                // Operands must be computable without waiting for an outer join of their own.
                let waits = |operand: RelSet| self.outer_join_delay(level, operand).0;
                let free = level.special.is_empty()
                    || !(waits(clause.left_relids) || waits(clause.right_relids));
                if free && self.process_equivalence(level, &clause, below_outer_join) {
                    return;
                }
                self.note_classes(level, &clause);
            } else if maybe_outer_join && clause.can_join {
                self.note_classes(level, &clause);
                let outer = site.nonnullable;
                if clause.left_relids.is_subset(outer) && !clause.right_relids.overlaps(outer) {
                    level.left_clauses.push(clause);
                    return;
                }
                if clause.right_relids.is_subset(outer) && !clause.left_relids.overlaps(outer) {
                    level.right_clauses.push(clause);
                    return;
                }
                if site.kind == JoinKind::Full {
                    level.full_clauses.push(clause);
                    return;
                }
            } else {
                self.note_classes(level, &clause);
            }
        }
        self.distribute_clause(level, clause);
    }

    /// Gives a clause to the relations that it is about.
    pub(super) fn distribute_clause(&self, level: &mut Level, clause: Rc<Clause>) {
        let required = clause.required_relids;
        if let Some(at) = required.only() {
            level.rels[at].restrict.push(clause);
            return;
        }
        for at in required.iter() {
            level.rels[at].join_info.push(clause.clone());
        }
    }

    /// Outer-join conditions `outer = inner` whose outer operand is known to be constant restrict the inner side too.
    pub(super) fn reconsider_outer_clauses(&self, level: &mut Level) {
        let left = core::mem::take(&mut level.left_clauses);
        let right = core::mem::take(&mut level.right_clauses);
        let full = core::mem::take(&mut level.full_clauses);
        let all = left
            .into_iter()
            .map(|clause| (clause, true))
            .chain(right.into_iter().map(|clause| (clause, false)));
        for (clause, outer_is_left) in all {
            let (outer, inner) = if outer_is_left {
                (clause.left().clone(), clause.right().clone())
            } else {
                (clause.right().clone(), clause.left().clone())
            };
            let nullable = clause.nullable_relids;
            let constants: Vec<Expr> = level
                .classes
                .iter()
                .filter(|class| class.merged.is_none() && class.has_const)
                .filter(|class| class.members.iter().any(|member| member.expr == outer))
                .flat_map(|class| &class.members)
                .filter(|member| member.is_const)
                .map(|member| member.expr.clone())
                .collect();
            clause.known_true.set(!constants.is_empty());
            for constant in constants {
                let required = self.relids_of(level, &inner);
                let place = ClausePlace {
                    is_pushed_down: true,
                    outerjoin_delayed: false,
                    pseudoconstant: false,
                    required,
                    outer: RelSet::EMPTY,
                    nullable: nullable.intersect(required),
                };
                let expr = Expr::compare(CompareOp::Eq, inner.clone(), constant);
                let derived = Rc::new(self.make_clause(level, expr, place));
                if !self.process_equivalence(level, &derived, true) {
                    self.distribute_clause(level, derived);
                }
            }
            self.distribute_clause(level, clause);
        }
        for clause in full {
            self.distribute_clause(level, clause);
        }
    }

    /// A clause with all that is derived from its expression.
    pub(super) fn make_clause(&self, level: &Level, expr: Expr, place: ClausePlace) -> Clause {
        let clause_relids = self.relids_of(level, &expr);
        let (mut left_relids, mut right_relids) = (RelSet::EMPTY, RelSet::EMPTY);
        let (mut can_join, mut equality) = (false, false);
        if let ExprKind::Compare(op, left, right) = &expr.kind {
            left_relids = self.relids_of(level, left);
            right_relids = self.relids_of(level, right);
            can_join = !left_relids.is_empty()
                && !right_relids.is_empty()
                && !left_relids.overlaps(right_relids);
            equality = *op == CompareOp::Eq
                && left.data_type.class() == right.data_type.class()
                && !place.pseudoconstant
                && !contains_volatile(&expr);
        }
        let arms = match &expr.kind {
            ExprKind::Or(arms) => Some(
                arms.iter()
                    .map(|arm| {
                        let conditions: &[Expr] = match &arm.kind {
                            ExprKind::And(conditions) => conditions,
                            _ => core::slice::from_ref(arm),
                        };
                        conditions
                            .iter()
                            .map(|condition| {
                                let required = self.relids_of(level, condition);
                                let place = ClausePlace { required, ..place };
                                Rc::new(self.make_clause(level, condition.clone(), place))
                            })
                            .collect()
                    })
                    .collect(),
            ),
            _ => None,
        };
        Clause {
            id: self.next_clause_id(),
            is_pushed_down: place.is_pushed_down,
            outerjoin_delayed: place.outerjoin_delayed,
            pseudoconstant: place.pseudoconstant,
            can_join,
            clause_relids,
            required_relids: place.required,
            outer_relids: place.outer,
            nullable_relids: place.nullable,
            left_relids,
            right_relids,
            mergejoinable: equality,
            hashjoinable: equality && can_join && hashes_alike(&expr),
            arms,
            left_ec: Cell::new(None),
            right_ec: Cell::new(None),
            parent_ec: None,
            known_true: Cell::new(false),
            outer_is_left: Cell::new(false),
            cost: Cell::new((-1.0, -1.0)),
            left_bucket: Cell::new((-1.0, -1.0)),
            right_bucket: Cell::new((-1.0, -1.0)),
            inner_selectivity: Cell::new(-1.0),
            scan_fractions: RefCell::default(),
            expr,
        }
    }

    /// Marks the columns of `expr` as needed where `relids` are joined.
    pub(super) fn need_columns(&self, level: &mut Level, expr: &Expr, relids: RelSet) {
        self.need(level, expr, |needed| needed.joins.add(relids));
    }

    /// Marks the columns of `expr` as needed by the query's output.
    pub(super) fn need_for_output(&self, level: &mut Level, expr: &Expr) {
        self.need(level, expr, |needed| needed.output = true);
    }

    fn need(&self, level: &mut Level, expr: &Expr, mark: impl Fn(&mut Needed)) {
        self.visit_columns(expr, &mut |column| {
            let Some(at) = level.position(column.rel) else {
                return;
            };
            let needed = &mut level.rels[at].needed;
            if let Some(known) = needed.iter_mut().find(|one| one.column == column.column) {
                mark(known);
            } else {
                let mut one = Needed {
                    column: column.column,
                    joins: RelSet::EMPTY,
                    output: false,
                    left_over: false,
                };
                mark(&mut one);
                needed.push(one);
            }
        });
    }
}

fn as_one(mut items: Vec<JoinListItem>) -> JoinListItem {
    if items.len() == 1 {
        items.pop().expect("the length was just tested")
    } else {
        JoinListItem::List(items)
    }
}
