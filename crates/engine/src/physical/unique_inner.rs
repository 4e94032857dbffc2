//! Where rows are known to be unique: the inner side of a join, the right side of a semi join made unique, joins that can be
//! left out.
//!
//! Source of the method: PostgreSQL 15 `analyzejoins.c`, `indxpath.c` (`relation_has_unique_index_for`), `pathnode.c`
//! (`create_unique_path`).

use super::{
    clause::Clause,
    cost::{
        AggregateCosts, AggregateInput, CostBasis, NoTerms, QualCost, SortInput, aggregate,
        hash_memory, sort,
    },
    equivalence::strip_relabel,
    join_path::input_of,
    level::{JoinListItem, Level, SpecialJoin},
    path::{Path, PathKind},
    path_list::no_order,
    plan::AggregateStrategy,
    planner::Planner,
    rel::BaseKind,
    relset::RelSet,
};
use crate::logical::{Distinct, Expr, ExprKind, JoinKind, Query, RelationKind};
use alloc::{rc::Rc, vec::Vec};

/// Bytes that a group takes in the hash table beside its row (PostgreSQL's guess in `create_unique_path`).
const UNIQUE_ENTRY_BYTES: f64 = 64.0;

impl Planner<'_> {
    /// Whether an outer row finds at most one match (`innerrel_is_unique`).
    pub(super) fn inner_is_unique(
        &self,
        level: &mut Level,
        outer: RelSet,
        inner: usize,
        kind: JoinKind,
        clauses: &[Rc<Clause>],
    ) -> bool {
        let info = &level.rels[inner];
        if clauses.is_empty() || !may_be_unique(level, inner) {
            return false;
        }
        if info.unique_for.iter().any(|known| known.is_subset(outer)) {
            return true;
        }
        if info
            .not_unique_for
            .iter()
            .any(|known| outer.is_subset(*known))
        {
            return false;
        }
        let relids = outer.union(info.relids);
        let inner_rels = info.relids;
        let usable: Vec<Rc<Clause>> = clauses
            .iter()
            .filter(|clause| {
                super::join_path::drives(kind, clause, relids)
                    && clause.can_join
                    && clause.mergejoinable
                    && clause.matches_sides(outer, inner_rels)
            })
            .cloned()
            .collect();
        let unique = self.is_distinct_for(level, inner, &usable);
        let info = &mut level.rels[inner];
        if unique {
            info.unique_for.push(outer);
        } else {
            info.not_unique_for.push(outer);
        }
        unique
    }

    /// Whether the inner operands of equalities are unique in a base relation (`rel_is_distinct_for`).
    fn is_distinct_for(&self, level: &Level, at: usize, clauses: &[Rc<Clause>]) -> bool {
        let mine = level.rels[at].relids;
        let operands: Vec<&Expr> = clauses
            .iter()
            .map(|clause| {
                if clause.left_relids.is_subset(mine) && !clause.left_relids.is_empty() {
                    clause.left()
                } else {
                    clause.right()
                }
            })
            .collect();
        self.operands_are_unique(level, at, &operands)
    }

    /// Whether no two rows of a base relation agree in all of `operands`.
    fn operands_are_unique(&self, level: &Level, at: usize, operands: &[&Expr]) -> bool {
        let info = &level.rels[at];
        match &info.kind {
            BaseKind::Table { .. } => {
                let fixed: Vec<&Expr> = info
                    .restrict
                    .iter()
                    .filter(|clause| clause.mergejoinable)
                    .filter_map(|clause| {
                        if clause.left_relids.is_empty() {
                            Some(clause.right())
                        } else if clause.right_relids.is_empty() {
                            Some(clause.left())
                        } else {
                            None
                        }
                    })
                    .collect();
                if operands.is_empty() && fixed.is_empty() {
                    return false;
                }
                info.indexes.iter().any(|index| {
                    index.def.unique
                        && index.predicate.is_empty()
                        && index.keys.iter().all(|key| {
                            operands
                                .iter()
                                .chain(&fixed)
                                .any(|operand| strip_relabel(operand) == key)
                        })
                })
            }
            BaseKind::Subquery(sub) => {
                let rel = info.rel;
                let query = match (sub, &self.entry(rel).kind) {
                    (Some(sub), _) => &sub.query,
                    (None, RelationKind::Subquery(query)) => query,
                    _ => return false,
                };
                let columns: Vec<usize> = operands
                    .iter()
                    .filter_map(|operand| match &operand.kind {
                        ExprKind::Column(column) if column.rel == rel => {
                            Some(usize::from(column.column))
                        }
                        _ => None,
                    })
                    .collect();
                query_is_distinct(query, &columns)
            }
            _ => false,
        }
    }

    /// The cheapest path of the relation made distinct for a semi join; `None` if that cannot be done. Worked out once.
    pub(super) fn unique_path(
        &self,
        level: &mut Level,
        at: usize,
        special: &SpecialJoin,
    ) -> Option<Rc<Path>> {
        if let Some(known) = &level.rels[at].unique_path {
            return known.clone();
        }
        let made = self.make_unique_path(level, at, special);
        level.rels[at].unique_path = Some(made.clone());
        made
    }

    fn make_unique_path(
        &self,
        level: &Level,
        at: usize,
        special: &SpecialJoin,
    ) -> Option<Rc<Path>> {
        if !special.semi_can_unique {
            return None;
        }
        let info = &level.rels[at];
        let input = info.cheapest.total.clone()?;
        let exprs = &special.semi_right;
        let operands: Vec<&Expr> = exprs.iter().collect();
        if info.is_base() && self.operands_are_unique(level, at, &operands) {
            return Some(Rc::new(Path {
                rels: info.relids,
                target: input.target.clone(),
                param: input.param.clone(),
                rows: info.rows,
                cost: input.cost,
                basis: self.basis(|| CostBasis::Passed(input.cost)),
                keys: input.keys.clone(),
                kind: PathKind::UniqueInner {
                    input,
                    hashed: false,
                    exprs: exprs.clone(),
                    noop: true,
                },
            }));
        }
        let rows = self.groups(level, exprs, info.rows).count;
        let settings = self.input.settings;
        let keys = super::base_rel::count(exprs.len());
        let whole = super::cost::InputEstimate {
            rows: info.rows,
            ..input_of(&input)
        };
        let by_sort = SortInput {
            input: super::cost::InputEstimate {
                cost: super::Cost {
                    startup: 0.0,
                    total: input.cost.total,
                },
                ..whole
            },
            limit: None,
        };
        let mut sorted = sort(settings, &by_sort, &mut NoTerms);
        sorted.total += settings.cpu_operator_cost * info.rows * keys;
        let entry = f64::from(input.target.width) + UNIQUE_ENTRY_BYTES;
        let fits = entry * rows <= hash_memory(settings);
        let by_hash = AggregateInput {
            input: whole,
            strategy: AggregateStrategy::Hashed,
            keys,
            groups: rows,
            aggregates: AggregateCosts::default(),
            filter: QualCost::default(),
            target: QualCost::default(),
            rows,
        };
        let hashed = aggregate(settings, &by_hash, &mut NoTerms);
        let use_hash = fits && hashed.total < sorted.total;
        Some(Rc::new(Path {
            rels: info.relids,
            target: input.target.clone(),
            param: input.param.clone(),
            rows,
            cost: if use_hash { hashed } else { sorted },
            basis: self.basis(|| {
                if use_hash {
                    CostBasis::Aggregate(by_hash)
                } else {
                    CostBasis::UniqueBySort {
                        sort: by_sort,
                        keys,
                    }
                }
            }),
            keys: no_order(),
            kind: PathKind::UniqueInner {
                input,
                hashed: use_hash,
                exprs: exprs.clone(),
                noop: false,
            },
        }))
    }

    /// Drops LEFT JOINs whose right side is unique and not used (`remove_useless_joins`).
    pub(super) fn remove_useless_joins(
        &self,
        level: &mut Level,
        mut items: Vec<JoinListItem>,
    ) -> Vec<JoinListItem> {
        loop {
            let found = level
                .special
                .iter()
                .position(|special| self.is_removable(level, special));
            let Some(position) = found else { return items };
            let special = level.special.remove(position);
            let gone = special.min_right;
            let join = special.min_left.union(special.min_right);
            for info in &mut level.rels {
                info.join_info.retain(|clause| {
                    !clause.required_relids.overlaps(gone) || is_filter(clause, join, gone)
                });
                for needed in &mut info.needed {
                    needed.left_over |= needed.joins.overlaps(gone);
                    needed.joins = needed.joins.minus(gone);
                }
            }
            for class in &mut level.classes {
                class.members.retain(|member| !member.relids.overlaps(gone));
                class.relids = class.relids.minus(gone);
                class
                    .sources
                    .retain(|clause| !clause.required_relids.overlaps(gone));
            }
            let classes = level.classes.clone();
            for info in &mut level.rels {
                info.has_ec_joins = info.classes.iter().any(|ec| {
                    let class = &classes[ec.0 as usize];
                    class.members.len() > 1 && class.relids.len() > 1
                });
            }
            level.all_rels = level.all_rels.minus(gone);
            level.special = level
                .special
                .iter()
                .map(|other| {
                    let mut other = (**other).clone();
                    for set in [
                        &mut other.min_left,
                        &mut other.min_right,
                        &mut other.syn_left,
                        &mut other.syn_right,
                    ] {
                        *set = set.minus(gone);
                    }
                    Rc::new(other)
                })
                .collect();
            for at in gone.iter() {
                drop_item(&mut items, at);
                level.rels[at].dummy = true;
                level.rels[at].rows = 1.0;
            }
        }
    }

    /// A semi join whose right side is unique is an ordinary join (`reduce_unique_semijoins`).
    pub(super) fn reduce_unique_semi_joins(&self, level: &mut Level) {
        let mut at = 0;
        while let Some(special) = level.special.get(at).cloned() {
            if self.is_plain_join(level, &special) {
                level.special.remove(at);
            } else {
                at += 1;
            }
        }
    }

    fn is_plain_join(&self, level: &mut Level, special: &SpecialJoin) -> bool {
        let Some(inner) = special.min_right.only() else {
            return false;
        };
        if special.kind != JoinKind::Semi || !may_be_unique(level, inner) {
            return false;
        }
        let (outer, right) = (special.min_left, special.min_right);
        let mut clauses = self.implied_join_clauses(level, outer.union(right), outer, right);
        clauses.extend(level.rels[inner].join_info.iter().cloned());
        self.inner_is_unique(level, outer, inner, JoinKind::Semi, &clauses)
    }

    fn is_removable(&self, level: &Level, special: &SpecialJoin) -> bool {
        if special.kind != JoinKind::Left {
            return false;
        }
        let Some(inner) = special.min_right.only() else {
            return false;
        };
        if special.syn_right != special.min_right || !may_be_unique(level, inner) {
            return false;
        }
        let join = special.min_left.union(special.min_right);
        let info = &level.rels[inner];
        if info
            .needed
            .iter()
            .any(|needed| needed.output || !needed.joins.is_subset(join))
            || !info.lateral_referencers.is_empty()
        {
            return false;
        }
        let mut clauses = Vec::new();
        for clause in &info.join_info {
            if super::estimate::is_pushed_down(clause, join) {
                if clause.clause_relids.contains(inner) {
                    return false;
                }
                continue;
            }
            if clause.can_join
                && clause.mergejoinable
                && clause.matches_sides(special.min_left, info.relids)
            {
                clauses.push(clause.clone());
            }
        }
        self.is_distinct_for(level, inner, &clauses)
    }
}

/// A condition above the removed join that does not read it stays.
fn is_filter(clause: &Clause, join: RelSet, gone: RelSet) -> bool {
    super::estimate::is_pushed_down(clause, join) && !clause.clause_relids.overlaps(gone)
}

fn drop_item(items: &mut Vec<JoinListItem>, gone: usize) {
    items.retain_mut(|item| match item {
        JoinListItem::Rel(at) => *at != gone,
        JoinListItem::List(inner) => {
            drop_item(inner, gone);
            !inner.is_empty()
        }
    });
}

/// Whether the relation could be proven unique at all.
fn may_be_unique(level: &Level, at: usize) -> bool {
    let info = &level.rels[at];
    match &info.kind {
        BaseKind::Table { .. } => info
            .indexes
            .iter()
            .any(|index| index.def.unique && index.predicate.is_empty()),
        BaseKind::Subquery(_) => true,
        _ => false,
    }
}

/// Whether a sub-query's rows differ in `columns` (`query_is_distinct_for`).
fn query_is_distinct(query: &Query, columns: &[usize]) -> bool {
    let shown: Vec<usize> = query
        .targets
        .iter()
        .enumerate()
        .filter(|(_, target)| !target.hidden)
        .map(|(at, _)| at)
        .collect();
    let has = |target: usize| {
        shown
            .iter()
            .position(|at| *at == target)
            .is_some_and(|column| columns.contains(&column))
    };
    match &query.distinct {
        Distinct::All => return shown.iter().all(|at| has(*at)),
        Distinct::On(keys) => return keys.iter().all(|key| has(*key)),
        Distinct::None => {}
    }
    if query.set_operation.is_some() {
        return matches!(
            &query.set_operation,
            Some(crate::logical::SetOperation::Node { all: false, .. })
        ) && shown.iter().all(|at| has(*at));
    }
    if !query.group_by.is_empty() {
        return query.group_by.iter().all(|key| has(*key));
    }
    query.aggregates && query.group_by.is_empty()
}
