//! In which order to join: dynamic programming over relation sets, and beyond 11 relations a greedy search.
//!
//! Source of the method: PostgreSQL 15 `joinrels.c` (`join_search_one_level`), `allpaths.c` (`make_rel_from_joinlist`);
//! for many relations Fegaras, "A New Heuristic for Optimizing Large Queries", 1998 (join the pair with the smallest result
//! first), where PostgreSQL draws random orders.

use super::{
    join_legal::Legal,
    level::{JoinListItem, Level},
    planner::{Planner, check_depth},
    relset::RelSet,
};
use crate::{
    collections::SortedMap,
    error::{Error, ErrorCode},
};
use alloc::vec::Vec;

/// From this many relations on, not all orders are tried (PostgreSQL `geqo_threshold`).
const GREEDY_FROM: usize = 12;

/// Rows of the joins that the greedy search looked at; `None` where the join is not legal.
type PairRows = SortedMap<(RelSet, RelSet), Option<f64>>;

impl Planner<'_> {
    /// Joins everything in the list. Returns the position of the result in `level.rels`.
    pub(super) fn search_joins(
        &self,
        level: &mut Level,
        items: &[JoinListItem],
    ) -> Result<usize, Error> {
        self.search_list(level, items, 0)
    }

    fn search_list(
        &self,
        level: &mut Level,
        items: &[JoinListItem],
        depth: u32,
    ) -> Result<usize, Error> {
        check_depth(depth)?;
        let mut initial = Vec::with_capacity(items.len());
        for item in items {
            initial.push(match item {
                JoinListItem::Rel(at) => *at,
                JoinListItem::List(inner) => self.search_list(level, inner, depth + 1)?,
            });
        }
        match initial.as_slice() {
            [only] => Ok(*only),
            _ if initial.len() >= GREEDY_FROM => self.greedy_search(level, &initial),
            _ => self.exhaustive_search(level, &initial),
        }
    }

    fn exhaustive_search(&self, level: &mut Level, initial: &[usize]) -> Result<usize, Error> {
        let count = initial.len();
        let mut by_size: Vec<Vec<usize>> = alloc::vec![Vec::new(); count + 1];
        by_size[1] = initial.to_vec();
        for size in 2..=count {
            let mut formed = self.one_size(level, initial, &by_size, size)?;
            if formed.is_empty() {
                for &old in &by_size[size - 1] {
                    self.clauseless_joins(level, initial, old, &mut formed)?;
                }
            }
            for &join in &formed {
                level.rels[join].cheapest = level.rels[join].list.cheapest();
            }
            by_size[size] = formed;
        }
        by_size[count]
            .first()
            .copied()
            .filter(|at| level.rels[*at].cheapest.total.is_some())
            .ok_or_else(no_plan)
    }

    fn one_size(
        &self,
        level: &mut Level,
        initial: &[usize],
        by_size: &[Vec<usize>],
        size: usize,
    ) -> Result<Vec<usize>, Error> {
        let mut formed = Vec::new();
        for (position, &old) in by_size[size - 1].iter().enumerate() {
            if self.joins_by_clause(level, old) {
                let first = if size == 2 { position + 1 } else { 0 };
                for &new in initial.get(first..).unwrap_or(&[]) {
                    self.join_if_related(level, initial, old, new, &mut formed)?;
                }
            } else {
                self.clauseless_joins(level, initial, old, &mut formed)?;
            }
        }
        for left_size in 2..=size / 2 {
            let right_size = size - left_size;
            for (position, &old) in by_size[left_size].iter().enumerate() {
                if !self.joins_by_clause(level, old) {
                    continue;
                }
                let first = if left_size == right_size {
                    position + 1
                } else {
                    0
                };
                for &new in by_size[right_size].get(first..).unwrap_or(&[]) {
                    self.join_if_related(level, initial, old, new, &mut formed)?;
                }
            }
        }
        Ok(formed)
    }

    fn joins_by_clause(&self, level: &Level, at: usize) -> bool {
        let info = &level.rels[at];
        !info.join_info.is_empty() || info.has_ec_joins || Self::order_restricted(level, at)
    }

    fn join_if_related(
        &self,
        level: &mut Level,
        initial: &[usize],
        old: usize,
        new: usize,
        formed: &mut Vec<usize>,
    ) -> Result<(), Error> {
        if level.rels[old].relids.overlaps(level.rels[new].relids) {
            return Ok(());
        }
        self.step()?;
        if self.clause_between(level, old, new) || self.order_forces(level, initial, old, new) {
            self.join_pair(level, old, new, formed)?;
        }
        Ok(())
    }

    fn clauseless_joins(
        &self,
        level: &mut Level,
        initial: &[usize],
        old: usize,
        formed: &mut Vec<usize>,
    ) -> Result<(), Error> {
        for &new in initial {
            if !level.rels[old].relids.overlaps(level.rels[new].relids) {
                self.step()?;
                self.join_pair(level, old, new, formed)?;
            }
        }
        Ok(())
    }

    fn join_pair(
        &self,
        level: &mut Level,
        old: usize,
        new: usize,
        formed: &mut Vec<usize>,
    ) -> Result<(), Error> {
        self.check_work()?;
        if let Some(join) = self.make_join(level, old, new)?
            && !formed.contains(&join)
        {
            formed.push(join);
        }
        Ok(())
    }

    /// Whether a join clause or class links the two.
    pub(super) fn clause_between(&self, level: &Level, one: usize, two: usize) -> bool {
        let (first, second) = (&level.rels[one], &level.rels[two]);
        let (clauses, others) = if first.join_info.len() <= second.join_info.len() {
            (&first.join_info, second.relids)
        } else {
            (&second.join_info, first.relids)
        };
        clauses
            .iter()
            .any(|clause| clause.required_relids.overlaps(others))
            || (first.has_ec_joins
                && second.has_ec_joins
                && self.classes_join(level, first.relids, second.relids))
    }

    /// Joins, again and again, the pair of clumps with the smallest result.
    fn greedy_search(&self, level: &mut Level, initial: &[usize]) -> Result<usize, Error> {
        let mut clumps = initial.to_vec();
        let mut known = PairRows::new();
        while clumps.len() > 1 {
            let mut best: Option<(f64, usize, usize)> = None;
            for linked in [true, false] {
                for left in 0..clumps.len() {
                    for right in left + 1..clumps.len() {
                        let (one, two) = (clumps[left], clumps[right]);
                        if linked
                            && !self.clause_between(level, one, two)
                            && !self.order_forces(level, initial, one, two)
                        {
                            continue;
                        }
                        let rows = self.pair_rows(level, one, two, &mut known)?;
                        let better = match (rows, &best) {
                            (None, _) => false,
                            (Some(_), None) => true,
                            (Some(rows), Some((least, _, _))) => rows < *least,
                        };
                        if let (true, Some(rows)) = (better, rows) {
                            best = Some((rows, left, right));
                        }
                    }
                }
                if best.is_some() {
                    break;
                }
            }
            let (_, left, right) = best.ok_or_else(no_plan)?;
            let (one, two) = (clumps[left], clumps[right]);
            let join = self.make_join(level, one, two)?.ok_or_else(no_plan)?;
            level.rels[join].cheapest = level.rels[join].list.cheapest();
            if level.rels[join].cheapest.total.is_none() {
                return Err(no_plan());
            }
            clumps.remove(right);
            clumps[left] = join;
        }
        Ok(clumps[0])
    }

    /// Rows of a join that is legal but not formed yet.
    fn pair_rows(
        &self,
        level: &mut Level,
        one: usize,
        two: usize,
        known: &mut PairRows,
    ) -> Result<Option<f64>, Error> {
        let (left, right) = (level.rels[one].relids, level.rels[two].relids);
        if let Some(rows) = known.get(&(left, right)) {
            return Ok(*rows);
        }
        self.step()?;
        let rows = match self.join_is_legal(level, one, two) {
            Legal::No => None,
            Legal::Yes {
                special, reversed, ..
            } => {
                let (one, two) = if reversed { (two, one) } else { (one, two) };
                let plain = Self::plain_join(level.rels[one].relids, level.rels[two].relids);
                let special = special.as_deref().unwrap_or(&plain);
                let clauses = self.join_restrictions(level, one, two);
                Some(self.join_rows(level, one, two, special, &clauses))
            }
        };
        known.insert((left, right), rows);
        Ok(rows)
    }
}

fn no_plan() -> Error {
    Error::new(
        ErrorCode::FeatureNotSupported,
        "no join method can answer this combination of join conditions",
    )
}
