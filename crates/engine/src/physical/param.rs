//! Parameterised scans and joins: the join clauses that move into them and the rows they then give.
//!
//! Source of the method: PostgreSQL 15 `relnode.c` (`get_baserel_parampathinfo`, `get_joinrel_parampathinfo`).

use super::{clause::Clause, level::Level, path::ParamInfo, planner::Planner, relset::RelSet};
use crate::physical::cost::clamp_rows;
use alloc::{borrow::Cow, rc::Rc, vec::Vec};

impl Planner<'_> {
    /// The parameterisation of a base relation by `required_outer`; made once. `None` if nothing is required.
    pub(super) fn base_param_info(
        &self,
        level: &mut Level,
        at: usize,
        required_outer: RelSet,
    ) -> Option<Rc<ParamInfo>> {
        if required_outer.is_empty() {
            return None;
        }
        if let Some(known) = find(level, at, required_outer) {
            return Some(known);
        }
        let relids = level.rels[at].relids;
        let all = relids.union(required_outer);
        let mut clauses: Vec<Rc<Clause>> = level.rels[at]
            .join_info
            .iter()
            .filter(|clause| clause.movable_into(relids, all))
            .cloned()
            .collect();
        clauses.extend(self.implied_join_clauses(level, all, required_outer, relids));
        let rows = self.parameterised_rows(level, at, &clauses);
        let param = Rc::new(ParamInfo {
            required_outer,
            rows,
            clauses,
        });
        level.rels[at].params.push(param.clone());
        Some(param)
    }

    fn parameterised_rows(&self, level: &Level, at: usize, clauses: &[Rc<Clause>]) -> f64 {
        let info = &level.rels[at];
        let all = clauses.iter().chain(&info.restrict);
        let selectivity = self.parameterised_selectivity(level, all, at);
        clamp_rows(info.tuples * selectivity).min(info.rows)
    }

    /// The parameterisation of a join by `required_outer`, with the clauses that its inputs could not use.
    /// Adds those clauses to `clauses`.
    pub(super) fn join_param_info(
        &self,
        level: &mut Level,
        join: usize,
        inputs: (&super::path::Path, &super::path::Path),
        required_outer: RelSet,
        clauses: &mut Cow<'_, [Rc<Clause>]>,
    ) -> Option<Rc<ParamInfo>> {
        if required_outer.is_empty() {
            return None;
        }
        let (outer, inner) = inputs;
        let relids = level.rels[join].relids;
        let all = relids.union(required_outer);
        let outer_all = outer.rels.union(outer.required_outer());
        let inner_all = inner.rels.union(inner.required_outer());
        let mut moved: Vec<Rc<Clause>> = Vec::new();
        for clause in &level.rels[join].join_info {
            if clause.movable_into(relids, all)
                && !clause.movable_into(outer.rels, outer_all)
                && !clause.movable_into(inner.rels, inner_all)
            {
                moved.push(clause.clone());
            }
        }
        let implied = self.implied_join_clauses(level, all, required_outer, relids);
        for clause in implied {
            let below = clause.movable_into(outer.rels, outer_all)
                || clause.movable_into(inner.rels, inner_all);
            if !below {
                moved.push(clause);
            }
        }
        if !moved.is_empty() {
            clauses.to_mut().extend(moved);
        }
        if let Some(known) = find(level, join, required_outer) {
            return Some(known);
        }
        let rows = self.parameterised_join_rows(level, join, (outer, inner), clauses);
        let param = Rc::new(ParamInfo {
            required_outer,
            rows,
            clauses: Vec::new(),
        });
        level.rels[join].params.push(param.clone());
        Some(param)
    }
}

fn find(level: &Level, at: usize, required_outer: RelSet) -> Option<Rc<ParamInfo>> {
    level.rels[at]
        .params
        .iter()
        .find(|param| param.required_outer == required_outer)
        .cloned()
}
