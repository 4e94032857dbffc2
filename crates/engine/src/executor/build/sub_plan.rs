//! Sub-plans: which node runs them, and where their values go.

use super::{Builder, Raw, types};
use crate::{
    Error, ErrorCode,
    executor::{
        operator::Operator,
        scalar::Scalar,
        subplan::{InitPlan, RowState, SubPlanColumn, SubPlanColumns, Use},
    },
    logical::{Expr, ExprKind, SubPlanId, for_each_child},
    physical::{PlanNode, SubPlanKind},
    value::DataType,
};
use alloc::{boxed::Box, vec::Vec};

impl<'p> Builder<'p> {
    pub(super) fn init_plans(&mut self, node: &PlanNode) -> Result<Vec<InitPlan>, Error> {
        let mut made = Vec::new();
        for &id in &node.init_plans {
            let sub_plan = self.sub_plan(id)?;
            let SubPlanKind::Init { exists } = sub_plan.kind else {
                continue;
            };
            self.owned.push(id);
            let slot = self.scope.init_plan(id)?;
            let data_type = sub_plan
                .plan
                .output
                .first()
                .map_or(DataType::Unknown, |expr| expr.data_type);
            made.push(InitPlan {
                node: self.node(&sub_plan.plan)?,
                slot,
                exists,
                data_type,
                found: None,
                depends: self.depends(&sub_plan.plan),
            });
        }
        Ok(made)
    }

    pub(super) fn sub_plan(&self, id: SubPlanId) -> Result<&'p crate::physical::SubPlan, Error> {
        self.plan
            .subplans
            .get(id.0 as usize)
            .ok_or_else(|| Error::new(ErrorCode::InternalError, "a sub-plan is missing"))
    }

    /// Adds a column for each sub-plan in `exprs` that `inputs` does not offer yet.
    pub(super) fn add_sub_plans(
        &mut self,
        operator: Box<dyn Operator>,
        mut inputs: Vec<Expr>,
        exprs: &[Expr],
    ) -> Result<Raw, Error> {
        let mut found: Vec<Expr> = Vec::new();
        for expr in exprs {
            collect_sub_plans(expr, &inputs, &mut found);
        }
        if found.is_empty() {
            return Ok((operator, inputs));
        }
        let mut plans = Vec::with_capacity(found.len());
        for expr in &found {
            plans.push(self.sub_plan_column(expr, &inputs)?);
        }
        inputs.extend(found);
        Ok((Box::new(SubPlanColumns::new(operator, plans)), inputs))
    }

    fn sub_plan_column(&mut self, expr: &Expr, inputs: &[Expr]) -> Result<SubPlanColumn, Error> {
        let ExprKind::SubPlan { plan, left } = &expr.kind else {
            return Err(Error::new(ErrorCode::InternalError, "not a sub-plan"));
        };
        let sub_plan = self.sub_plan(*plan)?;
        let mut params = Vec::with_capacity(sub_plan.params.len());
        let mut scalars = Vec::with_capacity(sub_plan.params.len());
        for param in &sub_plan.params {
            scalars.push(Scalar::new(param, inputs, &mut self.scope)?);
        }
        let left_scalars = Scalar::all(left, inputs, &mut self.scope)?;
        let mark = self.scope.mark();
        for (param, scalar) in sub_plan.params.iter().zip(scalars) {
            params.push((scalar, self.scope.add(param)?, param.data_type));
        }
        let node = self.node(&sub_plan.plan)?;
        self.scope.leave(mark);
        let usage = match &sub_plan.kind {
            SubPlanKind::Exists | SubPlanKind::Init { exists: true } => Use::Exists,
            SubPlanKind::Scalar | SubPlanKind::Init { .. } => Use::Scalar,
            SubPlanKind::Quantified {
                op,
                quantifier,
                hashed,
                exists,
            } => {
                if *hashed {
                    Use::Hashed {
                        exists: *exists,
                        left_types: types(left),
                        table: None,
                    }
                } else {
                    Use::Quantified {
                        op: *op,
                        quantifier: *quantifier,
                        left_types: types(left),
                    }
                }
            }
            SubPlanKind::Array | SubPlanKind::Cte(_) => {
                return Err(Error::unsupported("an array sub-query", expr.origin.0));
            }
        };
        Ok(SubPlanColumn {
            node,
            usage,
            left: left_scalars,
            constant: params.is_empty() && left.is_empty() && !self.depends(&sub_plan.plan),
            params,
            data_type: expr.data_type,
            column_types: types(&sub_plan.plan.output),
            known: None,
            started: false,
            state: RowState::default(),
        })
    }
}

/// Sub-plans within `expr` that are not among `inputs` or `found`.
fn collect_sub_plans(expr: &Expr, inputs: &[Expr], found: &mut Vec<Expr>) {
    if crate::executor::bind::position(inputs, expr).is_some() {
        return;
    }
    if matches!(expr.kind, ExprKind::SubPlan { .. }) {
        if !found.contains(expr) {
            found.push(expr.clone());
        }
        return;
    }
    for_each_child(expr, &mut |part| collect_sub_plans(part, inputs, found));
}
