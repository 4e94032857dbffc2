//! The order in which a plan's relations choose their names.
//!
//! It is that of PostgreSQL's flattened range table: first what stands in the query itself, then each sub-query that stays one, where
//! the plan comes upon it – also when its scan is left out of the plan. Tables of a UNION ALL that are merged into the query around
//! it stand there. Source: PostgreSQL 15 `setrefs.c` (`add_rtes_to_flat_rtable`, `set_subqueryscan_references`).

use super::names::relation_of;
use crate::{
    logical::{RelId, RelationKind, query_rels},
    physical::{PhysicalPlan, PlanNode},
};
use alloc::{vec, vec::Vec};

/// Which sub-query's FROM has each relation; `None`: the statement's own, or one of an expression.
pub(super) struct Places<'p> {
    plan: &'p PhysicalPlan,
    within: Vec<Option<RelId>>,
}

impl<'p> Places<'p> {
    pub(super) fn of(plan: &'p PhysicalPlan) -> Self {
        let mut within = vec![None; plan.range_table.len()];
        for (at, entry) in (0..).zip(plan.range_table.iter()) {
            if let RelationKind::Subquery(query) = &entry.kind {
                for rel in query_rels(query) {
                    if let Some(place) = within.get_mut(rel.0 as usize) {
                        *place = Some(RelId(at));
                    }
                }
            }
        }
        Self { plan, within }
    }

    /// The relations of a tree, in order.
    pub(super) fn relations(&self, root: &PlanNode) -> Vec<RelId> {
        let mut groups = vec![None];
        let mut used = Vec::new();
        self.collect(root, &mut groups, &mut used);
        used.sort_by_key(|(group, rel)| {
            let entry = self.plan.range_table.get(rel.0 as usize);
            (*group, entry.map(|entry| entry.query), *rel)
        });
        used.dedup();
        used.into_iter().map(|(_, rel)| rel).collect()
    }

    fn collect(
        &self,
        node: &PlanNode,
        groups: &mut Vec<Option<RelId>>,
        used: &mut Vec<(usize, RelId)>,
    ) {
        if let Some(rel) = relation_of(&node.kind) {
            used.push((group_of(self, self.host(rel), groups), rel));
        }
        for child in &node.children {
            self.collect(child, groups, used);
        }
    }

    /// The sub-query with whose relations this one is planned.
    fn host(&self, rel: RelId) -> Option<RelId> {
        let place = self.within.get(rel.0 as usize).copied().flatten()?;
        let is_arm = |rel: &RelId| self.plan.merged_arms.contains(rel);
        let merged = is_arm(&place) || (is_arm(&rel) && self.is_bare(place));
        if merged {
            self.host(place)
        } else {
            Some(place)
        }
    }

    /// Whether nothing but its arms is of a set operation.
    fn is_bare(&self, rel: RelId) -> bool {
        let entry = self.plan.range_table.get(rel.0 as usize);
        entry.is_some_and(|entry| match &entry.kind {
            RelationKind::Subquery(query) => {
                query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none()
            }
            _ => false,
        })
    }
}

/// The number of a sub-query's group, behind those of the queries around it.
fn group_of(places: &Places<'_>, host: Option<RelId>, groups: &mut Vec<Option<RelId>>) -> usize {
    if let Some(known) = groups.iter().position(|group| *group == host) {
        return known;
    }
    if let Some(rel) = host {
        group_of(places, places.host(rel), groups);
    }
    groups.push(host);
    groups.len() - 1
}
