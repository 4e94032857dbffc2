//! Joins.

use super::{Builder, Raw, has_sub_plan, types, used};
use crate::{
    Error, ErrorCode,
    executor::{
        bind::position,
        hash_join::{HashJoin, HashJoinParts},
        join_rows::JoinColumns,
        merge_join::{MergeJoin, MergeJoinParts},
        nested_loop::{LoopState, NestedLoop},
        operator::{Node, Operator},
        scalar::{Filter, Scalar},
        simple::Pass,
        sort_keys::SortKeySpec,
    },
    logical::{AggregateCall, CastContext, Expr, ExprKind, JoinKind},
    physical::{PhysicalPlan, PlanKind, PlanNode},
    value::DataType,
};
use alloc::{boxed::Box, vec::Vec};

/// Both sides of an equality with one physical form: a date is widened to meet a timestamp, an integer to meet a wider one.
fn alike(left: &Expr, right: &Expr) -> (Expr, Expr) {
    let width = |data_type| match data_type {
        DataType::Int2 => 1,
        DataType::Int4 => 2,
        DataType::Int8 => 3,
        DataType::Date => 8,
        DataType::Timestamp => 9,
        _ => 0,
    };
    let widen = |expr: &Expr, other: &Expr| {
        let (own, wanted) = (width(expr.data_type), width(other.data_type));
        // Of one family: integers, or moments.
        if own > 0 && own < wanted && (own < 8) == (wanted < 8) {
            Expr {
                kind: ExprKind::Cast(Box::new(expr.clone()), CastContext::Implicit),
                data_type: other.data_type,
                origin: expr.origin,
            }
        } else {
            expr.clone()
        }
    };
    (widen(left, right), widen(right, left))
}

/// Conditions of a join, and those of an inner join that are looked at behind it because their sub-plans read the joined row.
fn split_filter(join: JoinKind, on: &[Expr]) -> (Vec<Expr>, Vec<Expr>) {
    on.iter()
        .cloned()
        .partition(|expr| join != JoinKind::Inner || !has_sub_plan(expr))
}

/// Whether a grouping by `keys` stands on a hash join that can say its inner row's number in their place: all keys are columns of the
/// inner side, every joined row has an inner row, and nothing else reads them.
pub(super) fn gives_row_of_keys(
    plan: &PhysicalPlan,
    grouping: &PlanNode,
    keys: &[Expr],
    calls: &[AggregateCall],
) -> bool {
    let Some(join) = grouping.children.first() else {
        return false;
    };
    let (PlanKind::HashJoin { join: kind, on, .. }, [outer, inner]) = (&join.kind, &*join.children)
    else {
        return false;
    };
    let read_by_calls = calls.iter().flat_map(|call| {
        let ordered = call.order_by.iter().map(|(key, _, _)| key);
        call.args
            .iter()
            .chain(ordered)
            .chain(call.filter.as_deref())
    });
    let computed = join.output.iter().filter(|expr| !keys.contains(expr));
    let others = computed.chain(&join.filter).chain(on).chain(read_by_calls);
    let has = |exprs: &[Expr], key: &Expr| position(exprs, key).is_some();
    *kind == JoinKind::Inner
        && !keys.is_empty()
        && keys.iter().all(|key| {
            matches!(key.kind, ExprKind::Column(_))
                && has(&inner.output, key)
                && has(&join.output, key)
                && !has(&outer.output, key)
        })
        && !used(plan, others, keys).contains(&true)
}

impl Builder<'_> {
    /// One side of a join, with a column for each sub-plan in its keys.
    fn join_side(
        &mut self,
        node: &PlanNode,
        at: usize,
        keys: &[Expr],
    ) -> Result<(Node, Vec<Expr>), Error> {
        let output = Self::child_output(node, at).to_vec();
        let child = match (&node.kind, node.children.get(at)) {
            (PlanKind::MergeJoin { .. }, Some(child))
                if matches!(child.kind, PlanKind::Materialize) =>
            {
                // The join's own buffer.
                let input = Box::new(self.child(child, 0)?);
                Node::new(child.id, Box::new(Pass { input }))
            }
            _ => self.child(node, at)?,
        };
        if !keys.iter().any(has_sub_plan) {
            return Ok((child, output));
        }
        let id = node.children.get(at).map_or(node.id, |child| child.id);
        let (operator, output) = self.add_sub_plans(Box::new(child), output, keys)?;
        Ok((Node::uncounted(id, operator), output))
    }

    /// Filters the joined rows by conditions with sub-plans.
    fn filter_behind(
        &mut self,
        node: &PlanNode,
        (operator, inputs): Raw,
        late: &[Expr],
    ) -> Result<Raw, Error> {
        if late.is_empty() {
            return Ok((operator, inputs));
        }
        let (operator, inputs) = self.add_sub_plans(operator, inputs, late)?;
        let operator = self.emit(node, operator, &inputs, late, None)?;
        Ok((operator, inputs))
    }

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
                let (on, late) = split_filter(*join, on);
                let operator = NestedLoop {
                    id: node.id,
                    outer,
                    inner,
                    join: *join,
                    on: Filter::new(&on, &inputs, &mut self.scope)?,
                    inner_unique: *inner_unique && late.is_empty(),
                    params: made,
                    inner_types: types(inner_output),
                    state: LoopState::default(),
                };
                self.filter_behind(node, (Box::new(operator), inputs), &late)
            }
            PlanKind::HashJoin { .. } | PlanKind::MergeJoin { .. } => self.keyed_join(node),
            _ => Err(Error::new(ErrorCode::InternalError, "not a join")),
        }
    }

    /// A join over equal keys, hashed or merged.
    fn keyed_join(&mut self, node: &PlanNode) -> Result<Raw, Error> {
        let (join, clauses, on, inner_unique, orders) = match &node.kind {
            PlanKind::HashJoin {
                join,
                clauses,
                on,
                inner_unique,
                ..
            } => (*join, clauses, on, *inner_unique, None),
            PlanKind::MergeJoin {
                join,
                clauses,
                on,
                inner_unique,
                orders,
                ..
            } => (*join, clauses, on, *inner_unique, Some(orders)),
            _ => return Err(Error::new(ErrorCode::InternalError, "not a join")),
        };
        let shared = self.shared.take_if(|(id, _, _)| *id == node.id);
        let (left, right): (Vec<Expr>, Vec<Expr>) = clauses
            .iter()
            .map(|(left, right)| alike(left, right))
            .unzip();
        let (outer, outer_output) = self.join_side(node, 0, &left)?;
        let (inner, inner_output) = self.join_side(node, 1, &right)?;
        let inputs: Vec<Expr> = outer_output.iter().chain(&inner_output).cloned().collect();
        let outer_keys = Scalar::all(&left, &outer_output, &mut self.scope)?;
        let inner_keys = Scalar::all(&right, &inner_output, &mut self.scope)?;
        let (on, late) = split_filter(join, on);
        let read = node
            .output
            .iter()
            .chain(&node.filter)
            .chain(&on)
            .chain(&late);
        let used = used(self.plan, read, &inputs);
        let (outer_used, inner_used) = used.split_at(outer_output.len());
        let mut columns = JoinColumns {
            outer_used: outer_used.to_vec(),
            inner_used: inner_used.to_vec(),
            outer_types: types(&outer_output),
            inner_types: types(&inner_output),
            inner_row: None,
        };
        let shared = shared.map(|(_, keys, shared)| {
            let places = keys.iter().filter_map(|key| position(&inner_output, key));
            (shared, places.collect::<Vec<usize>>())
        });
        if let Some((_, places)) = &shared {
            for &at in places {
                if let Some(used) = columns.inner_used.get_mut(at) {
                    *used = false;
                }
            }
            columns.inner_row = places.first().copied();
        }
        let on = Filter::new(&on, &inputs, &mut self.scope)?;
        let inner_unique = inner_unique && late.is_empty();
        let child = node.children.get(1);
        let operator: Box<dyn Operator> = if let Some(orders) = orders {
            let buffer = child.filter(|child| matches!(child.kind, PlanKind::Materialize));
            let parts = MergeJoinParts {
                id: node.id,
                buffer_id: buffer.map(|child| child.id),
                join,
                outer_keys: ordered(outer_keys, orders),
                inner_keys: ordered(inner_keys, orders),
                on,
                columns,
                inner_unique,
            };
            Box::new(MergeJoin::new(parts, outer, inner))
        } else {
            let parts = HashJoinParts {
                id: node.id,
                hash_id: child.map_or(node.id, |child| child.id),
                join,
                outer_keys,
                inner_keys,
                on,
                columns,
                inner_unique,
                inner_depends: child.is_some_and(|child| self.depends(child)),
                shared,
            };
            Box::new(HashJoin::new(parts, outer, inner))
        };
        self.filter_behind(node, (operator, inputs), &late)
    }
}

/// Keys with the directions in which both inputs are sorted.
fn ordered(keys: Vec<Scalar>, orders: &[(bool, bool)]) -> Vec<(Scalar, SortKeySpec)> {
    let specs = orders.iter().map(|&(descending, nulls_first)| SortKeySpec {
        descending,
        nulls_first,
    });
    keys.into_iter().zip(specs).collect()
}
