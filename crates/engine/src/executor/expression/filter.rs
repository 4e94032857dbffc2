//! Narrowing a selection to the rows for which a condition is true.
//!
//! Why not evaluate a boolean column and read it: a comparison with a constant writes row numbers directly, without a branch,
//! AND narrows step by step, OR looks only at rows not taken yet.

use super::{
    evaluate::{self, Input, Operand, Selection, each_row, passes},
    kernels,
    node::Node,
};
use crate::{error::Error, logical::CompareOp, value::Value};
use alloc::vec::Vec;

/// The rows of `selection` for which the condition is true, ascending.
pub(super) fn node(
    node: &mut Node,
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Vec<u32>, Error> {
    match node {
        Node::And(args) => {
            let mut kept: Option<Vec<u32>> = None;
            for arg in args {
                let here = kept.as_deref().or(selection);
                if here.is_some_and(<[u32]>::is_empty) {
                    break;
                }
                kept = Some(self::node(arg, input, here)?);
            }
            Ok(kept.unwrap_or_default())
        }
        Node::Or(args) => or(args, input, selection),
        Node::Compare(op, args) => {
            let op = *op;
            if let Some(kept) = compare_with_constant(op, args, input, selection)? {
                return Ok(kept);
            }
            by_value(node, input, selection)
        }
        Node::BoolTest(test, arg) => {
            let test = *test;
            let arg = evaluate::node(arg, input, selection)?;
            Ok(keep(input, selection, |row| passes(test, arg.truth(row))))
        }
        Node::IsNull { arg, negated } => {
            let negated = *negated;
            let arg = evaluate::node(arg, input, selection)?;
            Ok(keep(input, selection, |row| {
                let null = match &arg {
                    Operand::Column(column) => column.is_null(row),
                    Operand::Const(value) => value.is_null(),
                };
                null != negated
            }))
        }
        _ => by_value(node, input, selection),
    }
}

fn by_value(
    node: &mut Node,
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Vec<u32>, Error> {
    let operand = evaluate::node(node, input, selection)?;
    if let Operand::Column(column) = &operand
        && let Some(kept) = kernels::select_true(column, selection)
    {
        return Ok(kept);
    }
    Ok(keep(input, selection, |row| {
        operand.truth(row) == Some(true)
    }))
}

fn keep(input: &Input<'_>, selection: Selection<'_>, test: impl Fn(usize) -> bool) -> Vec<u32> {
    each_row(input.batch.rows, selection)
        .filter(|&row| test(row))
        .map(|row| u32::try_from(row).unwrap_or(u32::MAX))
        .collect()
}

fn or(args: &mut [Node], input: &Input<'_>, selection: Selection<'_>) -> Result<Vec<u32>, Error> {
    let mut taken: Vec<u32> = Vec::new();
    let mut open: Option<Vec<u32>> = None;
    for arg in args {
        let here = open.as_deref().or(selection);
        if here.is_some_and(<[u32]>::is_empty) {
            break;
        }
        let more = node(arg, input, here)?;
        let rest = without(input.batch.rows, here, &more);
        taken = merge(&taken, &more);
        open = Some(rest);
    }
    Ok(taken)
}

/// The rows of `selection` that are not in `taken`, which is part of it.
pub(super) fn without(rows: usize, selection: Selection<'_>, taken: &[u32]) -> Vec<u32> {
    let mut taken = taken.iter().copied().peekable();
    each_row(rows, selection)
        .map(|row| u32::try_from(row).unwrap_or(u32::MAX))
        .filter(|row| taken.next_if_eq(row).is_none())
        .collect()
}

/// Two ascending lists without common rows as one.
fn merge(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some(x), Some(y)) => out.extend(if x < y { a.next() } else { b.next() }),
            (Some(_), None) => out.extend(a.next()),
            (None, Some(_)) => out.extend(b.next()),
            (None, None) => return out,
        }
    }
}

/// Column against constant or parameter, either way round; `None` if it is not that or has no loop of its own.
fn compare_with_constant(
    op: CompareOp,
    args: &mut [Node; 2],
    input: &Input<'_>,
    selection: Selection<'_>,
) -> Result<Option<Vec<u32>>, Error> {
    let constant = |node: &Node| match node {
        Node::Const(value) => Some(value.clone()),
        Node::Param(at) => Some(input.params.get(*at).cloned().unwrap_or(Value::Null)),
        _ => None,
    };
    let [left, right] = args;
    let (column, value, op) = match (constant(left), constant(right)) {
        (None, Some(value)) => (left, value, op),
        (Some(value), None) => (right, value, swapped(op)),
        _ => return Ok(None),
    };
    if value.is_null() {
        // Evaluated for its errors only.
        evaluate::node(column, input, selection)?;
        return Ok(Some(Vec::new()));
    }
    let operand = evaluate::node(column, input, selection)?;
    let Operand::Column(column) = &operand else {
        return Ok(None);
    };
    Ok(kernels::select_compare(op, column, &value, selection))
}

/// The operator with its sides exchanged.
pub(super) const fn swapped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}
