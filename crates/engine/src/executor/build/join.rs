//! Joins.

use super::{Builder, Raw, types, used};
use crate::{
    Error, ErrorCode,
    executor::{
        hash_join::{HashJoin, HashJoinParts},
        nested_loop::{LoopState, NestedLoop},
        scalar::{Filter, Scalar},
    },
    logical::{CastContext, Expr, ExprKind, JoinKind},
    physical::{PlanKind, PlanNode},
    value::DataType,
};
use alloc::{boxed::Box, vec::Vec};

/// Both sides of an equality with one physical form: a date is widened to meet a timestamp.
fn alike(left: &Expr, right: &Expr) -> (Expr, Expr) {
    let widen = |expr: &Expr, other: &Expr| {
        if expr.data_type == DataType::Date && other.data_type == DataType::Timestamp {
            Expr {
                kind: ExprKind::Cast(Box::new(expr.clone()), CastContext::Implicit),
                data_type: DataType::Timestamp,
                origin: expr.origin,
            }
        } else {
            expr.clone()
        }
    };
    (widen(left, right), widen(right, left))
}

impl Builder<'_> {
    pub(super) fn join(&mut self, node: &PlanNode) -> Result<Raw, Error> {
        let outer_output = Self::child_output(node, 0);
        let inner_output = Self::child_output(node, 1);
        let mut inputs = outer_output.to_vec();
        inputs.extend_from_slice(inner_output);
        match &node.kind {
            PlanKind::NestedLoop {
                join,
                on,
                inner_unique,
                params,
            } => {
                if matches!(join, JoinKind::Right | JoinKind::Full) {
                    return Err(Error::new(
                        ErrorCode::FeatureNotSupported,
                        "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions",
                    ));
                }
                let outer = self.child(node, 0)?;
                let mut scalars = Vec::with_capacity(params.len());
                for param in params {
                    scalars.push(Scalar::new(param, outer_output, &mut self.scope)?);
                }
                let mark = self.scope.mark();
                let mut made = Vec::with_capacity(params.len());
                for (param, scalar) in params.iter().zip(scalars) {
                    made.push((scalar, self.scope.add(param)?, param.data_type));
                }
                let inner = self.child(node, 1)?;
                self.scope.leave(mark);
                let operator = NestedLoop {
                    id: node.id,
                    outer,
                    inner,
                    join: *join,
                    on: Filter::new(on, &inputs, &mut self.scope)?,
                    inner_unique: *inner_unique,
                    params: made,
                    inner_types: types(inner_output),
                    state: LoopState::default(),
                };
                Ok((Box::new(operator), inputs))
            }
            PlanKind::HashJoin {
                join,
                clauses,
                on,
                inner_unique,
                ..
            }
            | PlanKind::MergeJoin {
                join,
                clauses,
                on,
                inner_unique,
                ..
            } => {
                let (mut outer_keys, mut inner_keys) = (Vec::new(), Vec::new());
                for (left, right) in clauses {
                    let (left, right) = alike(left, right);
                    outer_keys.push(Scalar::new(&left, outer_output, &mut self.scope)?);
                    inner_keys.push(Scalar::new(&right, inner_output, &mut self.scope)?);
                }
                let read = node.output.iter().chain(&node.filter).chain(on);
                let used = used(self.plan, read, &inputs);
                let (outer_used, inner_used) = used.split_at(outer_output.len());
                let inner_depends = node.children.get(1).is_some_and(|c| self.depends(c));
                let parts = HashJoinParts {
                    id: node.id,
                    hash_id: node.children.get(1).map_or(node.id, |child| child.id),
                    join: *join,
                    outer_keys,
                    inner_keys,
                    on: Filter::new(on, &inputs, &mut self.scope)?,
                    outer_used: outer_used.to_vec(),
                    inner_used: inner_used.to_vec(),
                    outer_types: types(outer_output),
                    inner_types: types(inner_output),
                    inner_unique: *inner_unique,
                    inner_depends,
                };
                let outer = self.child(node, 0)?;
                let inner = self.child(node, 1)?;
                Ok((Box::new(HashJoin::new(parts, outer, inner)), inputs))
            }
            _ => Err(Error::new(ErrorCode::InternalError, "not a join")),
        }
    }
}
