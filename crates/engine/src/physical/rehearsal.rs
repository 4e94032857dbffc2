//! One statement planned again and again with nothing changed but given selectivities, as a plan map does.
//!
//! Why: where conditions may be tested, which expressions are equal, what the indexes serve, and the join conditions that follow are
//! most of planning, and no given selectivity changes them. They are worked out once; each outcome begins there. It is for
//! queries that join tables and nothing else: any other is planned whole each time.

use super::{
    grouping::Upper,
    input::{ForcedSelectivity, PlannerInput},
    level::{JoinListItem, Level},
    min_max::may_read_ends,
    path::PathTarget,
    planner::Planner,
    probe::{Outcome, outcome, outcome_of},
};
use crate::{
    error::Error,
    logical::{BoundStatement, Query, RelId, RelationKind, StatementKind, query_rels},
};
use alloc::{rc::Rc, vec::Vec};

/// A statement that is planned often.
pub struct Rehearsal<'a> {
    statement: &'a BoundStatement,
    input: PlannerInput<'a>,
    stage: Option<Stage>,
}

/// A query up to where the rows that its conditions find begin to matter.
struct Stage {
    level: Level,
    upper: Upper,
    final_target: Rc<PathTarget>,
    items: Vec<JoinListItem>,
    next_clause: u32,
}

impl<'a> Rehearsal<'a> {
    /// Prepares a statement. `input`: without given selectivities.
    ///
    /// # Errors
    /// As [`plan`](super::plan).
    pub fn new(statement: &'a BoundStatement, input: PlannerInput<'a>) -> Result<Self, Error> {
        let planner = Planner::new(statement, &input);
        let stage = if joins_tables_only(statement) {
            planner.stage(statement.query().clone())?
        } else {
            None
        };
        Ok(Self {
            statement,
            input,
            stage,
        })
    }

    /// What comes of planning with these selectivities: the same as [`outcome`].
    ///
    /// # Errors
    /// As [`plan`](super::plan).
    pub fn outcome(&mut self, forced: &[ForcedSelectivity]) -> Result<Outcome, Error> {
        let input = PlannerInput {
            forced,
            ..self.input
        };
        let Some(stage) = &mut self.stage else {
            return outcome(self.statement, &input);
        };
        let planner = Planner::new(self.statement, &input);
        planner.depth.set(1);
        planner.next_clause.set(stage.next_clause);
        // No step changes the query.
        let query = core::mem::take(&mut stage.level.query);
        let mut level = stage.level.clone();
        level.query = query;
        let done = planner
            .search_from(&mut level, &stage.items)
            .and_then(|at| {
                let list = planner.take_list(&level, at);
                planner.steps_above(&mut level, &stage.upper, None, list, &stage.final_target)
            });
        stage.level.query = core::mem::take(&mut level.query);
        done?;
        let found = outcome_of(&level);
        // Clauses derived on the way are good for the next time, but for what they know of rows.
        stage.next_clause = planner.next_clause.get();
        for (kept, class) in stage.level.classes.iter_mut().zip(level.classes) {
            kept.derives = class.derives;
            for (_, _, clause) in &kept.derives {
                clause.forget_rows();
            }
        }
        for clause in stage.level.rels.iter().flat_map(|rel| &rel.join_info) {
            clause.forget_rows();
        }
        Ok(found)
    }
}

fn joins_tables_only(statement: &BoundStatement) -> bool {
    let query = statement.query();
    let is_table = |rel: &RelId| {
        let entry = statement.range_table.get(rel.0 as usize);
        entry.is_some_and(|entry| matches!(entry.kind, RelationKind::Table(_)))
    };
    matches!(statement.kind, StatementKind::Select(_))
        && query.set_operation.is_none()
        && query.ctes.is_empty()
        && !query.from.is_empty()
        && query_rels(query).iter().all(is_table)
}

impl Planner<'_> {
    fn stage(&self, query: Query) -> Result<Option<Stage>, Error> {
        self.depth.set(1);
        let mut level = self.open_level(query, 0.0, None)?;
        let upper = self.arrange(&mut level);
        let final_target = self.final_target(&level);
        let items =
            self.set_up_from(&mut level, &|planner, level| planner.set_query_keys(level))?;
        // Conditions drawn from both sides of an OR are taken or left for what they find.
        let plain = !may_read_ends(&level, &upper)
            && self.subplans.borrow().is_empty()
            && level
                .rels
                .iter()
                .all(|rel| rel.join_info.iter().all(|one| one.arms.is_none()));
        Ok(plain.then(|| Stage {
            level,
            upper,
            final_target,
            items,
            next_clause: self.next_clause.get(),
        }))
    }
}
