//! What evaluating an expression costs: operators and functions are counted, everything else is free.
//!
//! Nothing is short-circuited: every condition is charged on every row that is tested. Source: PostgreSQL 15
//! `costsize.c`, `cost_qual_eval_walker`.

use super::QualCost;
use crate::{
    logical::{CastContext, Expr, ExprKind, Function, SubPlanId},
    physical::{PlannerSettings, cost_params::HASHED_IN_LIST},
    value::{DataType, TypeClass},
};

/// Prices the sub-plans that occur in expressions.
pub trait SubPlanCosts {
    /// What one evaluation adds, without the left sides of ANY/ALL (PostgreSQL `SubPlan.startup_cost`, `per_call_cost`).
    fn subplan_cost(&self, plan: SubPlanId) -> QualCost;
}

/// For expressions without sub-plans.
pub struct NoSubPlans;

impl SubPlanCosts for NoSubPlans {
    fn subplan_cost(&self, _plan: SubPlanId) -> QualCost {
        QualCost::default()
    }
}

/// Cost of evaluating all of `expressions`. O(nodes); cannot fail.
/// ```
/// use engine::{
///     logical::{CompareOp, Expr, ExprKind},
///     physical::{PlannerSettings, cost::{NoSubPlans, qual_cost}},
///     value::{DataType, Value},
/// };
/// let span = Default::default();
/// let one = Expr::new(ExprKind::Const(Value::Int4(1)), DataType::Int4, span);
/// let equal = ExprKind::Compare(CompareOp::Eq, Box::new(one.clone()), Box::new(one));
/// let equal = Expr::new(equal, DataType::Bool, span);
/// let cost = qual_cost(&PlannerSettings::default(), &NoSubPlans, &[equal]);
/// assert_eq!(cost.per_tuple, 0.0025);
/// ```
#[must_use]
pub fn qual_cost(
    settings: &PlannerSettings,
    subplans: &dyn SubPlanCosts,
    expressions: &[Expr],
) -> QualCost {
    let mut cost = QualCost::default();
    for expr in expressions {
        add(settings, subplans, expr, &mut cost);
    }
    cost
}

/// Cost of evaluating one expression.
#[must_use]
pub fn expression_cost(
    settings: &PlannerSettings,
    subplans: &dyn SubPlanCosts,
    expr: &Expr,
) -> QualCost {
    let mut cost = QualCost::default();
    add(settings, subplans, expr, &mut cost);
    cost
}

// Depth of the tree is limited by the parser and the binder.
fn add(settings: &PlannerSettings, subplans: &dyn SubPlanCosts, expr: &Expr, cost: &mut QualCost) {
    let operator = settings.cpu_operator_cost;
    match &expr.kind {
        // Aggregates and window calls are charged where they are computed, with their arguments.
        ExprKind::Const(_)
        | ExprKind::Column(_)
        | ExprKind::Param(_)
        | ExprKind::InitPlan(_)
        | ExprKind::Aggregate(_)
        | ExprKind::Window(_)
        | ExprKind::SubLink(_) => {}
        ExprKind::Compare(_, left, right)
        | ExprKind::IsDistinct { left, right, .. }
        | ExprKind::NullIf(left, right) => {
            cost.per_tuple += operator;
            add(settings, subplans, left, cost);
            add(settings, subplans, right, cost);
        }
        ExprKind::RowCompare { left, right, .. } => {
            // All columns, for want of knowing how far it goes.
            cost.per_tuple += operator * count(left.len());
            add_all(settings, subplans, left, cost);
            add_all(settings, subplans, right, cost);
        }
        ExprKind::Operator(_, args) => {
            cost.per_tuple += operator;
            add_all(settings, subplans, args, cost);
        }
        ExprKind::Function(function, args) => {
            cost.per_tuple += operator * function_weight(*function);
            add_all(settings, subplans, args, cost);
        }
        ExprKind::Cast(arg, context) => {
            cost.per_tuple += operator * cast_weight(arg.data_type, expr.data_type, *context);
            add(settings, subplans, arg, cost);
        }
        ExprKind::And(args) | ExprKind::Or(args) | ExprKind::Coalesce(args) => {
            add_all(settings, subplans, args, cost);
        }
        ExprKind::GreatestLeast { args, .. } => {
            cost.per_tuple += operator;
            add_all(settings, subplans, args, cost);
        }
        ExprKind::Not(arg) | ExprKind::BoolTest(_, arg) | ExprKind::IsNull { arg, .. } => {
            add(settings, subplans, arg, cost);
        }
        ExprKind::InList { arg, list, .. } => {
            add(settings, subplans, arg, cost);
            add_all(settings, subplans, list, cost);
            let constant = list
                .iter()
                .all(|item| matches!(item.kind, ExprKind::Const(_)));
            let length = count(list.len());
            if constant && list.len() >= HASHED_IN_LIST {
                cost.startup += length * operator;
                cost.per_tuple += 2.0 * operator;
            } else {
                cost.per_tuple += operator * length * 0.5;
            }
        }
        ExprKind::Case {
            branches,
            otherwise,
        } => {
            for (condition, value) in branches {
                add(settings, subplans, condition, cost);
                add(settings, subplans, value, cost);
            }
            if let Some(value) = otherwise {
                add(settings, subplans, value, cost);
            }
        }
        ExprKind::SubPlan { plan, left } => {
            let subplan = subplans.subplan_cost(*plan);
            cost.startup += subplan.startup;
            cost.per_tuple += subplan.per_tuple;
            add_all(settings, subplans, left, cost);
        }
    }
}

fn add_all(
    settings: &PlannerSettings,
    subplans: &dyn SubPlanCosts,
    args: &[Expr],
    cost: &mut QualCost,
) {
    for arg in args {
        add(settings, subplans, arg, cost);
    }
}

/// Operators' worth of a function (`procost` in `pg_proc.dat`); almost all are 1.
const fn function_weight(function: Function) -> f64 {
    match function {
        // Written in SQL words, not as a function call: free in `cost_qual_eval_walker`, or 1 as SQLValueFunction.
        Function::PgTotalRelationSize | Function::PgRelationSize | Function::PgIndexesSize => 1.0,
        _ => 1.0,
    }
}

/// Operators' worth of a cast: binary-compatible ones are free, casts through text count both conversions.
fn cast_weight(from: DataType, to: DataType, _context: CastContext) -> f64 {
    let (source, target) = (from.class(), to.class());
    if from == to || source == TypeClass::Unknown {
        return 0.0;
    }
    match (source, target) {
        (TypeClass::Text, TypeClass::Text) => match (from, to) {
            // varchar → text and back without a length are the same bytes; a length or char(n) needs a function.
            (_, DataType::Text | DataType::Varchar(None)) if !matches!(from, DataType::Char(_)) => {
                0.0
            }
            _ => 1.0,
        },
        (TypeClass::Boolean, TypeClass::Text) => 1.0,
        // Through the types' text forms (`CoerceViaIO`): an output and an input function.
        (_, TypeClass::Text) | (TypeClass::Text, _) => 2.0,
        _ => 1.0,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "lists are far shorter than 2^53"
)]
const fn count(length: usize) -> f64 {
    length as f64
}
