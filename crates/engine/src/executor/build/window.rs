//! Building WindowAgg nodes.

use super::{Builder, Raw};
use crate::{
    Error, ErrorCode,
    executor::{
        aggregate::choose,
        columns,
        scalar::{Filter, Scalar},
        window_agg::{Bound, Frame, Reach, WindowAgg, WindowFunctionCall, WindowState},
    },
    logical::{
        AggregateCall, AggregateFunction, Expr, ExprKind, FrameBound, FrameUnits, WindowFunction,
    },
    physical::{PlanKind, PlanNode},
    value::DataType,
};
use alloc::{boxed::Box, vec::Vec};

impl Builder<'_> {
    pub(super) fn window(&mut self, node: &PlanNode) -> Result<Raw, Error> {
        let PlanKind::WindowAgg {
            partition,
            order,
            frame,
            calls,
            run_condition,
            last,
            ..
        } = &node.kind
        else {
            return Err(Error::new(ErrorCode::InternalError, "not a window"));
        };
        let inputs = Self::child_output(node, 0).to_vec();
        let mut bound = |bound: &FrameBound| -> Result<Bound, Error> {
            Ok(match bound {
                FrameBound::UnboundedPreceding | FrameBound::UnboundedFollowing => Bound::Unbounded,
                FrameBound::CurrentRow => Bound::Current,
                FrameBound::Preceding(expr) => {
                    Bound::Preceding(Scalar::new(expr, &[], &mut self.scope)?)
                }
                FrameBound::Following(expr) => {
                    Bound::Following(Scalar::new(expr, &[], &mut self.scope)?)
                }
            })
        };
        let (start, end) = (bound(&frame.start)?, bound(&frame.end)?);
        let key = order
            .first()
            .map(|key| (key.expr.data_type, key.descending));
        let by_value = frame.units == FrameUnits::Range
            && [&frame.start, &frame.end]
                .iter()
                .any(|bound| matches!(bound, FrameBound::Preceding(_) | FrameBound::Following(_)));
        let is_number = |data_type: DataType| {
            matches!(
                data_type,
                DataType::Int2
                    | DataType::Int4
                    | DataType::Int8
                    | DataType::Float4
                    | DataType::Float8
                    | DataType::Numeric(_)
            )
        };
        if by_value && !key.is_some_and(|(data_type, _)| is_number(data_type)) {
            let place = order
                .first()
                .map_or_else(Default::default, |key| key.expr.span());
            return Err(Error::unsupported(
                "RANGE with an offset over a key that is no number",
                place,
            ));
        }
        let mut made = Vec::with_capacity(calls.len());
        let mut first = inputs.len();
        for call in calls {
            let call = self.window_call(call, &inputs, first)?;
            first += call.args.len() + usize::from(call.filter.is_some());
            made.push(call);
        }
        let written = calls.iter().filter_map(|call| match &call.kind {
            ExprKind::Window(call) => Some(&**call),
            _ => None,
        });
        let reach = Reach::new(written, frame, !order.is_empty());
        let run_condition: &[Expr] = if *last { run_condition } else { &[] };
        let order: Vec<&Expr> = order.iter().map(|key| &key.expr).collect();
        let operator = WindowAgg {
            id: node.id,
            width: inputs.len(),
            partition: Scalar::all(partition, &inputs, &mut self.scope)?,
            order: Scalar::all(order, &inputs, &mut self.scope)?,
            frame: Frame {
                units: frame.units,
                start,
                end,
                key,
                distances: (0.0, 0.0),
            },
            input: self.child(node, 0)?,
            calls: made,
            reach,
            run_condition: Filter::new(run_condition, calls, &mut self.scope)?,
            state: WindowState::default(),
        };
        let mut offered = inputs;
        offered.extend(calls.iter().cloned());
        Ok((Box::new(operator), offered))
    }

    fn window_call(
        &mut self,
        expr: &Expr,
        inputs: &[Expr],
        first: usize,
    ) -> Result<WindowFunctionCall, Error> {
        let ExprKind::Window(call) = &expr.kind else {
            return Err(Error::new(
                ErrorCode::InternalError,
                "not a window function",
            ));
        };
        let args: &[Expr] = match call.function {
            WindowFunction::Aggregate(AggregateFunction::CountStar) => &[],
            _ => &call.args,
        };
        let accumulator = match call.function {
            WindowFunction::Aggregate(function) => Some(choose(&AggregateCall {
                function,
                args: args.to_vec(),
                distinct: false,
                order_by: Vec::new(),
                filter: None,
            })?),
            _ => None,
        };
        let filter = match &call.filter {
            Some(filter) => Some(Scalar::new(filter, inputs, &mut self.scope)?),
            None => None,
        };
        Ok(WindowFunctionCall {
            function: call.function,
            args: Scalar::all(args, inputs, &mut self.scope)?,
            arg_types: args.iter().map(|arg| arg.data_type).collect(),
            filter,
            first,
            accumulator,
            data_type: expr.data_type,
            made: columns::empty(expr.data_type),
            held: None,
            dense_rank: 0,
            buckets: None,
        })
    }
}
