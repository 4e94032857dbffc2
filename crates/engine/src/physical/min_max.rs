//! `min(x)` and `max(x)` over one table: the first entry from one end of an index instead of a scan of everything.
//!
//! Source of the method: PostgreSQL 15 `planagg.c`.

use super::{
    Cost,
    cost::{CostBasis, QualCost},
    create_plan::PlanMaker,
    grouping::Upper,
    level::Level,
    path::{MinMaxAggregate, Path, PathKind},
    path_list::no_order,
    plan::{PlanKind, PlanNode, SubPlanKind},
    planner::Planner,
    relset::RelSet,
};
use crate::{
    error::Error,
    logical::{
        AggregateCall, AggregateFunction, Distinct, Expr, ExprKind, FromItem, Query, RelationKind,
        SortKey, SubPlanId, Target, contains_mutable,
    },
    value::{DataType, Value},
};
use alloc::{format, rc::Rc, vec::Vec};

impl Planner<'_> {
    /// The path that answers all aggregates by index ends, if all of them can be.
    pub(super) fn min_max_path(
        &self,
        level: &mut Level,
        upper: &Upper,
    ) -> Result<Option<Path>, Error> {
        let [FromItem::Relation(rel)] = level.query.from.as_slice() else {
            return Ok(None);
        };
        let is_table = matches!(self.entry(*rel).kind, RelationKind::Table(_));
        if !is_table || !may_read_ends(level, upper) {
            return Ok(None);
        }
        let mut found = Vec::new();
        for call in upper.calls.iter() {
            let Some(one) = self.end_of_index(level, call)? else {
                return Ok(None);
            };
            found.push((call.clone(), one));
        }
        let mut aggregates = Vec::new();
        let mut total = 0.0;
        let mut costs: Vec<f64> = Vec::new();
        for (call, (sub, path, fraction)) in found {
            let cost = path.fractional_cost(fraction);
            total += cost;
            costs.push(cost);
            aggregates.push(MinMaxAggregate {
                call,
                level: Rc::new(sub),
                path,
                fraction,
                cost,
            });
        }
        let exprs: Vec<Expr> = level
            .query
            .targets
            .iter()
            .map(|target| target.expr.clone())
            .collect();
        let target = self.make_target(level, exprs);
        let having = level.query.having.clone();
        let filter = self.exprs_cost(&having);
        let startup = total + target.startup + filter.startup;
        let basis = self.basis(|| CostBasis::MinMax {
            plans: (0..).zip(costs).collect(),
            filter,
            target: super::grouping::cost_of(&target),
        });
        Ok(Some(Path {
            rels: RelSet::EMPTY,
            param: None,
            rows: 1.0,
            cost: Cost {
                startup,
                total: startup
                    + target.per_tuple
                    + filter.per_tuple
                    + self.input.settings.cpu_tuple_cost,
            },
            target,
            basis,
            keys: no_order(),
            kind: PathKind::MinMax { aggregates, having },
        }))
    }

    /// Makes the sub-plan of a chosen path: until then it has no number.
    pub(super) fn min_max_plan(&self, one: &MinMaxAggregate) -> Result<SubPlanId, Error> {
        let node = self.limit_node(&one.level, &one.path, (one.cost, one.fraction))?;
        let number = self.next_param.get();
        self.next_param.set(number + 1);
        Ok(self.add_subplan(
            SubPlanKind::Init { exists: false },
            node,
            Vec::new(),
            QualCost {
                startup: one.cost,
                per_tuple: 0.0,
            },
            &|plan| format!("InitPlan {plan} (returns ${number})"),
        ))
    }

    /// The cheapest sorted path to the first row, with its level and the fraction of rows that one row is.
    fn end_of_index(
        &self,
        level: &Level,
        call: &AggregateCall,
    ) -> Result<Option<(Level, Rc<Path>, f64)>, Error> {
        let Some(arg) = call.args.first() else {
            return Ok(None);
        };
        let descending = call.function == AggregateFunction::Max;
        let not_null = Expr::new(
            ExprKind::IsNull {
                arg: alloc::boxed::Box::new(arg.clone()),
                negated: true,
            },
            DataType::Bool,
            arg.origin.0,
        );
        for nulls_first in [descending, !descending] {
            let mut filter = level.query.filter.clone();
            if !filter.contains(&not_null) {
                filter.insert(0, not_null.clone());
            }
            let query = Query {
                targets: alloc::vec![Target {
                    expr: arg.clone(),
                    name: "".into(),
                    hidden: false,
                }],
                from: level.query.from.clone(),
                filter,
                order_by: alloc::vec![SortKey {
                    target: 0,
                    descending,
                    nulls_first,
                }],
                limit: Some(one()),
                distinct: Distinct::None,
                ..Query::default()
            };
            let mut sub = Level::new(query);
            sub.tuple_fraction = 1.0;
            sub.limit_tuples = 1.0;
            let at = self.plan_from(&mut sub, &|planner, level| planner.set_query_keys(level))?;
            let rows = sub.rels[at].rows;
            let fraction = if rows > 1.0 { 1.0 / rows } else { 1.0 };
            let path = sub.rels[at].list.cheapest_fractional_for_keys(
                &sub.sort_keys,
                RelSet::EMPTY,
                fraction,
            );
            if let Some(path) = path {
                let target = self.make_target(&sub, alloc::vec![arg.clone()]);
                let path = self.project(path, &target);
                return Ok(Some((sub, path, fraction)));
            }
        }
        Ok(None)
    }

    fn limit_node(
        &self,
        sub: &Level,
        path: &Rc<Path>,
        part: (f64, f64),
    ) -> Result<PlanNode, Error> {
        let (cost, fraction) = part;
        let child = PlanMaker::new(self, sub).node(path)?;
        Ok(PlanNode {
            id: self.next_node_id(),
            kind: PlanKind::Limit {
                limit: Some(one()),
                offset: None,
            },
            output: child.output.clone(),
            filter: Vec::new(),
            cost: Cost {
                startup: path.cost.startup,
                total: cost,
            },
            basis: self.basis(|| CostBasis::Part {
                input: path.cost,
                fraction,
            }),
            est_rows: 1.0,
            width: child.width,
            init_plans: Vec::new(),
            children: alloc::vec![child],
        })
    }
}

fn one() -> Expr {
    Expr::constant(Value::Int8(1), DataType::Int8)
}

fn is_min_max(call: &AggregateCall) -> bool {
    matches!(
        call.function,
        AggregateFunction::Min | AggregateFunction::Max
    ) && call.filter.is_none()
        && call.order_by.is_empty()
        && call
            .args
            .first()
            .is_some_and(|arg| !contains_mutable(arg) && !matches!(arg.kind, ExprKind::Const(_)))
}

/// Whether a query over one relation asks for nothing but smallest and largest values.
pub(super) fn may_read_ends(level: &Level, upper: &Upper) -> bool {
    let query = &level.query;
    matches!(query.from.as_slice(), [FromItem::Relation(_)])
        && query.aggregates
        && query.group_by.is_empty()
        && query.windows.is_empty()
        && query.ctes.is_empty()
        && !upper.calls.is_empty()
        && upper.calls.iter().all(is_min_max)
}
