//! Plans one query level: sub-queries in expressions first, then the joined relations, then what stands on top of them.
//!
//! Source of the method: PostgreSQL 15 `planner.c` (`subquery_planner`, `preprocess_limit`), `planmain.c`
//! (`query_planner`).

use super::{
    base_rel::setup_error,
    level::{JoinListItem, Level, SpecialJoin},
    planner::{Planner, check_depth},
    rel::{BaseKind, Needed, RelInfo},
    relset::{MAX_RELATIONS, RelSet},
};
use crate::{
    error::Error,
    logical::{
        ColumnRef, CteId, Expr, ExprKind, FromItem, JoinKind, Query, RelationKind,
        contains_aggregate, contains_volatile, expr_any, rels_in,
    },
    physical::cost_params::UNKNOWN_LIMIT_FRACTION,
    value::Value,
};
use alloc::{rc::Rc, vec::Vec};

impl Planner<'_> {
    /// Plans a query. `tuple_fraction` says how much of it the caller fetches; `work_table` is the working table of the
    /// recursion that it is a term of.
    pub(super) fn plan_query(
        &self,
        query: Query,
        tuple_fraction: f64,
        work_table: Option<(CteId, f64)>,
    ) -> Result<Level, Error> {
        let depth = self.depth.get() + 1;
        check_depth(depth)?;
        self.depth.set(depth);
        let result = self.plan_level(query, tuple_fraction, work_table);
        self.depth.set(depth - 1);
        result
    }

    fn plan_level(
        &self,
        query: Query,
        tuple_fraction: f64,
        work_table: Option<(CteId, f64)>,
    ) -> Result<Level, Error> {
        let mut level = self.open_level(query, tuple_fraction, work_table)?;
        if level.query.set_operation.is_some() {
            self.plan_set_operation(&mut level)?;
        } else {
            self.plan_grouping(&mut level)?;
        }
        self.charge_init_plans(&mut level);
        Ok(level)
    }

    /// A level with its sub-queries planned.
    pub(super) fn open_level(
        &self,
        query: Query,
        tuple_fraction: f64,
        work_table: Option<(CteId, f64)>,
    ) -> Result<Level, Error> {
        let mut level = Level::new(query);
        level.work_table = work_table;
        level.final_list.keep_losers = self.keeps_losers();
        self.plan_ctes(&mut level)?;
        self.preprocess(&mut level)?;
        level.tuple_fraction = self.limit_fraction(&mut level, tuple_fraction);
        Ok(level)
    }

    /// Whether candidates that lost are kept.
    pub(super) fn keeps_losers(&self) -> bool {
        self.input.keep_considered == super::input::KeepConsidered::Yes
    }

    /// Replaces sub-queries in expressions by sub-plans, and moves HAVING conditions without aggregates to WHERE.
    fn preprocess(&self, level: &mut Level) -> Result<(), Error> {
        let mut query = core::mem::take(&mut level.query);
        for target in &mut query.targets {
            self.replace_in(level, &mut target.expr, false)?;
        }
        for item in &mut query.from {
            self.preprocess_from(level, item, 0)?;
        }
        for condition in &mut query.filter {
            self.replace_in(level, condition, true)?;
        }
        for condition in &mut query.having {
            self.replace_in(level, condition, true)?;
        }
        for window in &mut query.windows {
            for expr in &mut window.partition_by {
                self.replace_in(level, expr, false)?;
            }
            for (expr, _, _) in &mut window.order_by {
                self.replace_in(level, expr, false)?;
            }
        }
        if let Some(limit) = &mut query.limit {
            self.replace_in(level, limit, false)?;
        }
        if let Some(offset) = &mut query.offset {
            self.replace_in(level, offset, false)?;
        }
        if !query.having.is_empty() {
            let mut kept = Vec::new();
            for condition in core::mem::take(&mut query.having) {
                let has_subplan = expr_any(&condition, &mut |part| {
                    matches!(part.kind, ExprKind::SubPlan { .. })
                });
                if contains_aggregate(&condition) || contains_volatile(&condition) || has_subplan {
                    kept.push(condition);
                } else if query.group_by.is_empty() {
                    query.filter.push(condition.clone());
                    kept.push(condition);
                } else {
                    query.filter.push(condition);
                }
            }
            query.having = kept;
        }
        level.query = query;
        Ok(())
    }

    fn preprocess_from(
        &self,
        level: &mut Level,
        item: &mut FromItem,
        depth: u32,
    ) -> Result<(), Error> {
        check_depth(depth)?;
        if let FromItem::Join {
            left, right, on, ..
        } = item
        {
            self.preprocess_from(level, left, depth + 1)?;
            self.preprocess_from(level, right, depth + 1)?;
            for condition in on {
                self.replace_in(level, condition, true)?;
            }
        }
        Ok(())
    }

    fn replace_in(&self, level: &mut Level, slot: &mut Expr, is_qual: bool) -> Result<(), Error> {
        if crate::logical::contains_sublink(slot) {
            let expr = core::mem::replace(slot, Expr::null());
            *slot = self.replace_sublinks(level, expr, is_qual)?;
        }
        Ok(())
    }

    /// How much of the level's rows will be fetched, given LIMIT and what the caller fetches (`preprocess_limit`).
    fn limit_fraction(&self, level: &mut Level, asked: f64) -> f64 {
        let known = |expr: &Option<Expr>| match expr {
            None => Some(None),
            Some(expr) => match &expr.kind {
                ExprKind::Const(Value::Null) => Some(None),
                ExprKind::Const(value) => integer(value).map(Some),
                _ => None,
            },
        };
        level.limit_tuples = -1.0;
        if level.query.limit.is_none() && level.query.offset.is_none() {
            return asked;
        }
        let limit = known(&level.query.limit);
        let offset = known(&level.query.offset);
        let count = match limit {
            None => None,
            Some(None) => Some(0.0),
            Some(Some(count)) => Some(count.max(1.0)),
        };
        let skipped = match offset {
            None => None,
            Some(None) => Some(0.0),
            Some(Some(offset)) => Some(offset.max(0.0)),
        };
        if let (Some(Some(count)), Some(skipped)) = (limit, skipped) {
            level.limit_tuples = count.max(1.0) + skipped;
        }
        if count != Some(0.0) {
            let fraction = match (count, skipped) {
                (Some(count), Some(skipped)) => count + skipped,
                _ => UNKNOWN_LIMIT_FRACTION,
            };
            combine_limit(asked, fraction)
        } else if skipped != Some(0.0) && asked > 0.0 {
            let skipped = skipped.unwrap_or(UNKNOWN_LIMIT_FRACTION);
            match (asked >= 1.0, skipped >= 1.0) {
                (true, true) => asked + skipped,
                (true, false) => skipped.max(UNKNOWN_LIMIT_FRACTION),
                (false, true) => asked,
                (false, false) => {
                    let sum = asked + skipped;
                    if sum >= 1.0 { 0.0 } else { sum }
                }
            }
        } else {
            asked
        }
    }

    /// Sets up the relations of FROM and finds the paths of their join. Returns the join's position in `level.rels`.
    pub(super) fn plan_from(
        &self,
        level: &mut Level,
        top: &dyn Fn(&Self, &mut Level),
    ) -> Result<usize, Error> {
        let items = self.set_up_from(level, top)?;
        self.search_from(level, &items)
    }

    /// The part of [`Self::plan_from`] that no selectivity changes, but for conditions drawn from both sides of an OR.
    pub(super) fn set_up_from(
        &self,
        level: &mut Level,
        top: &dyn Fn(&Self, &mut Level),
    ) -> Result<Vec<JoinListItem>, Error> {
        let mut rels = Vec::new();
        for item in &level.query.from {
            rels.extend(rels_in(item));
        }
        if rels.len() > MAX_RELATIONS {
            return Err(setup_error(rels.len()));
        }
        level.positions = alloc::vec![u8::MAX; self.range_table.len()];
        // Joins follow; of two relations there is one.
        level.rels.reserve(2 * rels.len());
        for rel in rels {
            let at = level.rels.len();
            level.positions[rel.0 as usize] = u8::try_from(at).unwrap_or(u8::MAX);
            let relids = RelSet::single(at);
            let kind = match &self.entry(rel).kind {
                RelationKind::Table(table) => BaseKind::Table {
                    table: *table,
                    def: self
                        .input
                        .catalog
                        .tables
                        .get(table)
                        .cloned()
                        .expect("a bound statement refers to tables of its catalog"),
                },
                RelationKind::System(view) => BaseKind::System(view),
                RelationKind::Subquery(_) => BaseKind::Subquery(None),
                RelationKind::Function(_) => BaseKind::Function,
                RelationKind::Values(_) => BaseKind::Values,
                RelationKind::Cte {
                    cte,
                    recursive: false,
                } => BaseKind::Cte(*cte),
                RelationKind::Cte {
                    cte,
                    recursive: true,
                } => BaseKind::WorkTable(*cte),
                RelationKind::Gone => {
                    return Err(Error::new(
                        crate::error::ErrorCode::InternalError,
                        "a relation that was merged into its parent is still in FROM",
                    ));
                }
            };
            let mut info = RelInfo::new(relids, rel, kind);
            info.list.keep_losers = self.keeps_losers();
            info.list.consider_startup = level.tuple_fraction > 0.0;
            level.rels.push(info);
            level.all_rels.add(relids);
        }
        level.base_count = level.rels.len();
        self.load_sizes(level);
        self.need_output_columns(level);
        self.need_row_addresses(level);
        self.find_lateral_references(level);
        let items = self.deconstruct(level)?;
        self.reconsider_outer_clauses(level);
        self.derive_base_equalities(level);
        top(self, level);
        let reducible = |one: &Rc<SpecialJoin>| matches!(one.kind, JoinKind::Left | JoinKind::Semi);
        let items = if level.special.iter().any(reducible) {
            for at in 0..level.base_count {
                self.load_indexes(level, at);
            }
            let items = self.remove_useless_joins(level, items);
            self.reduce_unique_semi_joins(level);
            items
        } else {
            items
        };
        for special in &level.special {
            if matches!(special.kind, JoinKind::Semi | JoinKind::Anti)
                && let Some(at) = special.syn_right.only()
            {
                level.rels[at].list.consider_param_startup = true;
            }
        }
        self.finish_lateral(level);
        self.extract_or_restrictions(level);
        self.set_up_base_rels(level);
        Ok(items)
    }

    /// The other part: rows, scans, joins.
    pub(super) fn search_from(
        &self,
        level: &mut Level,
        items: &[JoinListItem],
    ) -> Result<usize, Error> {
        self.size_base_rels(level)?;
        self.base_paths(level)?;
        self.search_joins(level, items)
    }

    /// UPDATE and DELETE read the other tables with their rows' addresses, so that a row changed meanwhile could be looked
    /// at again (PostgreSQL's row marks). Nothing uses them here, but widths and index-only scans depend on it.
    fn need_row_addresses(&self, level: &mut Level) {
        if self.modified.is_none() || self.depth.get() > 1 {
            return;
        }
        for info in &mut level.rels {
            if matches!(info.kind, BaseKind::Table { .. }) && Some(info.rel) != self.modified {
                info.needed.push(Needed {
                    column: ColumnRef::ROW_ID,
                    joins: RelSet::EMPTY,
                    output: true,
                    left_over: false,
                });
            }
        }
    }

    fn need_output_columns(&self, level: &mut Level) {
        let query = core::mem::take(&mut level.query);
        for target in &query.targets {
            self.need_for_output(level, &target.expr);
        }
        for condition in &query.having {
            self.need_for_output(level, condition);
        }
        for window in &query.windows {
            for expr in &window.partition_by {
                self.need_for_output(level, expr);
            }
            for (expr, _, _) in &window.order_by {
                self.need_for_output(level, expr);
            }
        }
        level.query = query;
    }
}

/// The smaller of what the caller asks for and what LIMIT lets through.
fn combine_limit(asked: f64, limit: f64) -> f64 {
    if asked >= 1.0 {
        if limit >= 1.0 {
            asked.min(limit)
        } else {
            asked
        }
    } else if asked > 0.0 {
        if limit >= 1.0 {
            limit
        } else {
            asked.min(limit)
        }
    } else {
        limit
    }
}

/// A whole number as a float.
#[expect(
    clippy::cast_precision_loss,
    reason = "only an estimate is made from it"
)]
pub(super) fn integer(value: &Value) -> Option<f64> {
    match value {
        Value::Int2(number) => Some(f64::from(*number)),
        Value::Int4(number) => Some(f64::from(*number)),
        Value::Int8(number) => Some(*number as f64),
        _ => None,
    }
}
