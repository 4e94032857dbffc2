//! The bridge from the planner's relations and clauses to the formulas of `selectivity`, `cardinality` and `cost`.
//!
//! Why: the formulas see expressions and plain numbers only; here they learn what a column's statistics are (also through
//! sub-queries), and their answers are kept on the clauses.
//!
//! Source of the method: PostgreSQL 15 `selfuncs.c` (`examine_variable`), `costsize.c`
//! (`compute_semi_anti_join_factors`, `approx_tuple_count`).

use super::{
    cardinality::{Groups, estimate_num_groups},
    clause::Clause,
    cost::{MatchFactors, QualCost, SubPlanCosts, expression_cost, qual_cost},
    equivalence::strip_relabel,
    index_info::IndexInfo,
    level::{Level, SpecialJoin},
    planner::Planner,
    rel::{BaseKind, RelInfo},
    relset::RelSet,
    selectivity::{
        BucketFraction, EndpointIndex, ScanFractions, Scope, Sides, Variable, VariableSource,
        bucket_fraction, clauselist_selectivity, merge_scan_fractions,
    },
    width,
};
use crate::{
    catalog::{IndexState, TableDef, TableId},
    logical::{ColumnRef, CompareOp, Distinct, Expr, ExprKind, JoinKind, RelId, SubPlanId},
    stats::{ExtendedStats, IndexEndpoints, StatsKey},
    value::DataType,
};
use alloc::{rc::Rc, vec::Vec};

/// What the formulas may ask.
pub(super) struct Knowledge<'a, 'p> {
    planner: &'a Planner<'p>,
    level: &'a Level,
}

/// Bytes of a row's address (`ctid`).
pub(super) const ROW_ADDRESS_BYTES: u32 = 6;

impl SubPlanCosts for Planner<'_> {
    fn subplan_cost(&self, plan: SubPlanId) -> QualCost {
        self.subplan_costs
            .borrow()
            .get(plan.0 as usize)
            .copied()
            .unwrap_or_default()
    }
}

impl VariableSource for Knowledge<'_, '_> {
    fn examine(&self, expr: &Expr) -> Variable {
        let expr = strip_relabel(expr);
        if let ExprKind::Column(column) = &expr.kind {
            return self.examine_column(*column, expr);
        }
        let relids = self.planner.relids_of(self.level, expr);
        let mut variable = Variable {
            data_type: Some(expr.data_type),
            ..Variable::default()
        };
        let Some(at) = relids.only() else {
            return variable;
        };
        let info = &self.level.rels[at];
        fill(&mut variable, info);
        for index in &info.indexes {
            let Some(key) = index.keys.iter().position(|key| key == expr) else {
                continue;
            };
            if index.def.unique && index.keys.len() == 1 && index.predicate_ok {
                variable.is_unique = true;
            }
            let part = u16::try_from(key).unwrap_or(u16::MAX);
            let stats = &self.planner.input.statistics.columns;
            if let Some(stats) = stats.get(&StatsKey::Expression(index.id, part)) {
                variable.stats = Some(stats.clone());
                break;
            }
        }
        variable.endpoints = endpoints(info, expr);
        variable
    }

    fn is_local(&self, rel: RelId) -> bool {
        self.level.position(rel).is_some()
    }

    fn is_read_by(&self, plan: SubPlanId, rel: Option<RelId>) -> bool {
        let subplans = self.planner.subplans.borrow();
        let is_variable = |param: &Expr| match &param.kind {
            ExprKind::Column(column) => match rel {
                Some(rel) => column.rel == rel,
                None => self.is_local(column.rel),
            },
            _ => false,
        };
        subplans
            .get(plan.0 as usize)
            .is_some_and(|subplan| subplan.params.iter().any(is_variable))
    }

    fn index_ends(&self) -> &dyn IndexEndpoints {
        self.planner.input.endpoints
    }

    fn forced(&self, clause: &Expr) -> Option<(usize, f64)> {
        let forced = self.planner.input.forced;
        if forced.is_empty() {
            return None;
        }
        let (mut column, mut alone) = (None, true);
        self.planner.visit_columns(clause, &mut |one| {
            alone &= *column.get_or_insert(one) == one;
        });
        let column = column.filter(|_| alone)?;
        let which = forced.iter().position(|one| one.column == column)?;
        Some((which, forced.get(which)?.selectivity))
    }

    fn has_extended(&self) -> bool {
        let input = &self.planner.input;
        // Where a selectivity is given, statistics have nothing to say.
        !input.statistics.extended.is_empty() && input.forced.is_empty()
    }

    fn extended(&self, rel: RelId) -> Vec<Rc<ExtendedStats>> {
        let info = self
            .level
            .position(rel)
            .and_then(|at| self.level.rels.get(at));
        let Some(BaseKind::Table { table, .. }) = info.map(|info| &info.kind) else {
            return Vec::new();
        };
        let all = self.planner.input.statistics.extended.values();
        all.filter(|stats| stats.table == *table).cloned().collect()
    }

    fn known_equal(&self, left: &Expr, right: &Expr) -> bool {
        self.level.classes.iter().any(|class| {
            class.merged.is_none()
                && !class.below_outer_join
                && class.members.iter().any(|member| member.expr == *left)
                && class.members.iter().any(|member| member.expr == *right)
        })
    }
}

fn fill(variable: &mut Variable, info: &RelInfo) {
    variable.rel = Some(info.rel);
    variable.tuples = info.tuples;
    variable.rows = info.rows;
}

fn endpoints(info: &RelInfo, expr: &Expr) -> Option<EndpointIndex> {
    info.indexes
        .iter()
        .find(|index| {
            index.predicate.is_empty()
                && index.def.state != IndexState::Hypothetical
                && index.keys.first() == Some(expr)
        })
        .map(|index| EndpointIndex {
            index: index.id,
            descending: index
                .def
                .columns
                .first()
                .is_some_and(|part| part.descending),
        })
}

impl Knowledge<'_, '_> {
    fn examine_column(&self, column: ColumnRef, expr: &Expr) -> Variable {
        let mut variable = Variable {
            data_type: Some(expr.data_type),
            ..Variable::default()
        };
        let Some(at) = self.level.position(column.rel) else {
            return variable;
        };
        let info = &self.level.rels[at];
        fill(&mut variable, info);
        match &info.kind {
            BaseKind::Table { table, .. } => {
                variable.stats = self
                    .planner
                    .input
                    .statistics
                    .columns
                    .get(&StatsKey::Column(*table, column.column))
                    .cloned();
                variable.is_unique = info.indexes.iter().any(|index| {
                    index.def.unique
                        && index.keys.len() == 1
                        && index.predicate_ok
                        && index.keys.first() == Some(expr)
                });
                variable.endpoints = endpoints(info, expr);
            }
            BaseKind::Values => variable.is_values = true,
            BaseKind::Subquery(Some(sub)) => {
                examine_output(self.planner, sub, column.column, &mut variable);
            }
            _ => {}
        }
        variable
    }
}

/// Statistics of a sub-query's output column, if it passes a column on.
fn examine_output(planner: &Planner<'_>, sub: &Level, column: u16, variable: &mut Variable) {
    let query = &sub.query;
    if query.set_operation.is_some() || !query.group_by.is_empty() {
        return;
    }
    let mut shown = query
        .targets
        .iter()
        .enumerate()
        .filter(|(_, target)| !target.hidden);
    let Some((at, target)) = shown.nth(usize::from(column)) else {
        return;
    };
    match &query.distinct {
        Distinct::None => {}
        Distinct::All => {
            let columns = query.targets.iter().filter(|target| !target.hidden).count();
            variable.is_unique = columns == 1;
            return;
        }
        Distinct::On(keys) => {
            variable.is_unique = keys.as_slice() == [at];
            return;
        }
    }
    let inner = Knowledge {
        planner,
        level: sub,
    };
    if let ExprKind::Column(column) = strip_relabel(&target.expr).kind {
        let found = inner.examine_column(column, strip_relabel(&target.expr));
        variable.stats = found.stats;
    }
}

impl<'p> Planner<'p> {
    pub(super) fn knowledge<'a>(&'a self, level: &'a Level) -> Knowledge<'a, 'p> {
        Knowledge {
            planner: self,
            level,
        }
    }

    /// Cost of testing clauses on one row.
    pub(super) fn clauses_cost<'c>(
        &self,
        clauses: impl IntoIterator<Item = &'c Rc<Clause>>,
    ) -> QualCost {
        let mut sum = QualCost::default();
        for clause in clauses {
            sum = sum + self.clause_cost(clause);
        }
        sum
    }

    /// Cost of testing one clause; a pseudoconstant one is tested once.
    pub(super) fn clause_cost(&self, clause: &Clause) -> QualCost {
        let (startup, per_tuple) = clause.cost.get();
        if per_tuple >= 0.0 {
            return QualCost { startup, per_tuple };
        }
        let mut cost = expression_cost(self.input.settings, self, &clause.expr);
        if clause.pseudoconstant {
            cost.startup += cost.per_tuple;
            cost.per_tuple = 0.0;
        }
        clause.cost.set((cost.startup, cost.per_tuple));
        cost
    }

    /// Cost of evaluating expressions on one row.
    pub(super) fn exprs_cost(&self, exprs: &[Expr]) -> QualCost {
        qual_cost(self.input.settings, self, exprs)
    }

    /// Cost of evaluating an expression on one row.
    pub(super) fn expr_cost(&self, expr: &Expr) -> QualCost {
        expression_cost(self.input.settings, self, expr)
    }

    /// Fraction of a relation's rows that satisfy conditions on it alone.
    pub(super) fn restriction_selectivity(&self, level: &Level, clauses: &[Rc<Clause>]) -> f64 {
        clauselist_selectivity(
            &self.knowledge(level),
            clauses
                .iter()
                .filter(|clause| counts(clause))
                .map(|clause| &clause.expr),
            &Scope::Restriction(None),
        )
    }

    /// The same where columns of other relations are values not known yet.
    pub(super) fn parameterised_selectivity<'c>(
        &self,
        level: &Level,
        clauses: impl Iterator<Item = &'c Rc<Clause>>,
        at: usize,
    ) -> f64 {
        clauselist_selectivity(
            &self.knowledge(level),
            clauses
                .filter(|clause| counts(clause))
                .map(|clause| &clause.expr),
            &Scope::Restriction(Some(level.rels[at].rel)),
        )
    }

    /// The same for bare conditions.
    pub(super) fn condition_selectivity(
        &self,
        level: &Level,
        conditions: &[&Expr],
        at: usize,
    ) -> f64 {
        clauselist_selectivity(
            &self.knowledge(level),
            conditions.iter().copied(),
            &Scope::Restriction(Some(level.rels[at].rel)),
        )
    }

    /// Fraction of groups that satisfy HAVING.
    pub(super) fn having_selectivity(&self, level: &Level, conditions: &[Expr]) -> f64 {
        clauselist_selectivity(
            &self.knowledge(level),
            conditions,
            &Scope::Restriction(None),
        )
    }

    /// Fraction of pairs (SEMI, ANTI: of outer rows) that satisfy join clauses. `join`: its kind and the relations on its right.
    pub(super) fn join_selectivity<'c>(
        &self,
        level: &Level,
        clauses: impl Iterator<Item = &'c Rc<Clause>> + Clone,
        join: (JoinKind, RelSet),
        inner_rows: f64,
    ) -> f64 {
        let clauses = clauses.filter(|clause| counts(clause));
        if join.0 == JoinKind::Inner && !clauses.clone().any(|clause| is_bound(clause)) {
            return clauses
                .map(|clause| {
                    let mut known = clause.inner_selectivity.get();
                    if known < 0.0 {
                        let alone = core::iter::once(clause);
                        known = self.selectivity_together(level, alone, join, inner_rows);
                        clause.inner_selectivity.set(known);
                    }
                    known
                })
                .product();
        }
        self.selectivity_together(level, clauses, join, inner_rows)
    }

    /// Selectivity of join clauses that may form ranges.
    fn selectivity_together<'c>(
        &self,
        level: &Level,
        clauses: impl Iterator<Item = &'c Rc<Clause>>,
        join: (JoinKind, RelSet),
        inner_rows: f64,
    ) -> f64 {
        let (kind, right) = join;
        let is_inner = |rel: RelId| level.position(rel).is_some_and(|at| right.contains(at));
        let sides = Sides {
            kind,
            is_inner: &is_inner,
            inner_rows,
        };
        clauselist_selectivity(
            &self.knowledge(level),
            clauses.map(|clause| &clause.expr),
            &Scope::Join(sides),
        )
    }

    /// How often an outer row finds a match (`compute_semi_anti_join_factors`). For an ordinary join with a unique inner
    /// side the fraction is the inner-join selectivity: PostgreSQL's own quirk.
    pub(super) fn match_factors(
        &self,
        level: &Level,
        clauses: &[Rc<Clause>],
        special: &SpecialJoin,
        join: (JoinKind, RelSet),
        (right_rows, inner_rows): (f64, f64),
    ) -> MatchFactors {
        let (kind, relids) = join;
        let outer_join = is_outer(kind);
        let own = |clause: &&Rc<Clause>| !outer_join || !is_pushed_down(clause, relids);
        let weighed = |kind| {
            let own = clauses.iter().filter(own);
            self.join_selectivity(level, own, (kind, special.syn_right), right_rows)
        };
        let fraction = weighed(special.kind);
        let pairs = weighed(JoinKind::Inner);
        MatchFactors {
            outer_fraction: fraction,
            matches: if fraction > 0.0 {
                (pairs * inner_rows / fraction).max(1.0)
            } else {
                1.0
            },
        }
    }

    /// Groups that expressions make of rows.
    pub(super) fn groups(&self, level: &Level, keys: &[Expr], rows: f64) -> Groups {
        estimate_num_groups(&self.knowledge(level), keys, rows)
    }

    /// Bucket fraction of a hash key.
    pub(super) fn hash_buckets(&self, level: &Level, key: &Expr, buckets: f64) -> BucketFraction {
        bucket_fraction(&self.knowledge(level), key, buckets)
    }

    /// Parts of two sorted inputs that a merge join on the clause reads; worked out once for each order.
    pub(super) fn merge_fractions(
        &self,
        level: &Level,
        clause: &Clause,
        order: (bool, bool),
    ) -> ScanFractions {
        let mut known = clause.scan_fractions.borrow_mut();
        if let Some((_, found)) = known.iter().find(|(one, _)| *one == order) {
            return *found;
        }
        let (left, right) = (clause.left(), clause.right());
        let found = merge_scan_fractions(&self.knowledge(level), left, right, order.0, order.1);
        known.push((order, found));
        found
    }

    /// Correlation of an index's first key part with the order of rows.
    pub(super) fn index_correlation(&self, level: &Level, at: usize, index: &IndexInfo) -> f64 {
        let Some(first) = index.keys.first() else {
            return 0.0;
        };
        let BaseKind::Table { table, .. } = &level.rels[at].kind else {
            return 0.0;
        };
        let stats = &self.input.statistics.columns;
        let key = match &first.kind {
            ExprKind::Column(column) => StatsKey::Column(*table, column.column),
            _ => StatsKey::Expression(index.id, 0),
        };
        let correlation = stats
            .get(&key)
            .and_then(|stats| stats.correlation)
            .map_or(0.0, f64::from);
        let descending = index
            .def
            .columns
            .first()
            .is_some_and(|part| part.descending);
        let correlation = if descending {
            -correlation
        } else {
            correlation
        };
        if index.keys.len() > 1 {
            correlation * super::cost_params::MULTI_COLUMN_CORRELATION
        } else {
            correlation
        }
    }

    /// Bytes of a column of this level.
    pub(super) fn column_width(
        &self,
        level: &Level,
        column: ColumnRef,
        data_type: DataType,
    ) -> u32 {
        if column.column == ColumnRef::ROW_ID {
            return ROW_ADDRESS_BYTES;
        }
        let Some(at) = level.position(column.rel) else {
            return self.type_width(data_type);
        };
        match &level.rels[at].kind {
            BaseKind::Table { table, def } if !level.rels[at].unmeasured => {
                self.table_column_width(*table, column.column, def)
            }
            BaseKind::Subquery(Some(sub)) => {
                let targets = sub.query.targets.iter().filter(|target| !target.hidden);
                targets.clone().nth(usize::from(column.column)).map_or_else(
                    || self.type_width(data_type),
                    |target| self.expr_width(sub, &target.expr),
                )
            }
            _ => self.type_width(data_type),
        }
    }

    /// Bytes of a column of a table.
    pub(super) fn table_column_width(&self, table: TableId, column: u16, def: &TableDef) -> u32 {
        let stats = self
            .input
            .statistics
            .columns
            .get(&StatsKey::Column(table, column));
        match stats {
            Some(stats) if stats.avg_width > 0 => u32::try_from(stats.avg_width).unwrap_or(0),
            _ => def
                .columns
                .get(usize::from(column))
                .map_or(4, |column| self.type_width(column.data_type)),
        }
    }

    /// Bytes of a value of a type of which nothing else is known.
    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    pub(super) fn type_width(&self, data_type: DataType) -> u32 {
        width::type_width(data_type)
    }

    /// Bytes of an expression's value.
    pub(super) fn expr_width(&self, level: &Level, expr: &Expr) -> u32 {
        match &expr.kind {
            ExprKind::Column(column) => self.column_width(level, *column, expr.data_type),
            _ => self.type_width(expr.data_type),
        }
    }

    /// A target list with its cost and width.
    pub(super) fn make_target(
        &self,
        level: &Level,
        exprs: Vec<Expr>,
    ) -> Rc<super::path::PathTarget> {
        let cost = self.exprs_cost(&exprs);
        let width = exprs.iter().map(|expr| self.expr_width(level, expr)).sum();
        Rc::new(super::path::PathTarget {
            exprs,
            startup: cost.startup,
            per_tuple: cost.per_tuple,
            width,
        })
    }
}

/// Whether the clause may be one end of a range, which is weighed with the other end.
fn is_bound(clause: &Clause) -> bool {
    matches!(
        clause.comparison(),
        Some((
            CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge,
            ..
        ))
    )
}

/// Whether a clause's selectivity counts: conditions tested once do not, unless they are constants.
fn counts(clause: &Clause) -> bool {
    if clause.known_true.get() {
        return false;
    }
    !clause.pseudoconstant || matches!(clause.expr.kind, ExprKind::Const(_))
}

/// LEFT, RIGHT, FULL and ANTI joins.
pub(super) const fn is_outer(kind: JoinKind) -> bool {
    matches!(
        kind,
        JoinKind::Left | JoinKind::Right | JoinKind::Full | JoinKind::Anti
    )
}

/// Whether a clause tested at an outer join is a filter on its result, not part of its own condition.
pub(super) fn is_pushed_down(clause: &Clause, join: RelSet) -> bool {
    clause.is_pushed_down || !clause.required_relids.is_subset(join)
}
