//! From a bound expression to prepared steps.

use super::{
    Inputs, Source,
    node::{ConstantSet, Node},
};
use crate::{
    error::{Error, ErrorCode},
    logical::{CompareOp, Expr, ExprKind, Operator, Quantifier},
    value::{
        Value,
        function::pattern::{Case, Regex},
    },
};
use alloc::{boxed::Box, format, string::String, vec::Vec};

fn nodes(exprs: &[Expr], inputs: &dyn Inputs) -> Result<Vec<Node>, Error> {
    exprs.iter().map(|expr| node(expr, inputs)).collect()
}

fn boxed(expr: &Expr, inputs: &dyn Inputs) -> Result<Box<Node>, Error> {
    node(expr, inputs).map(Box::new)
}

fn pair(left: &Expr, right: &Expr, inputs: &dyn Inputs) -> Result<Box<[Node; 2]>, Error> {
    Ok(Box::new([node(left, inputs)?, node(right, inputs)?]))
}

fn unresolved(what: &str, expr: &Expr) -> Error {
    let which = match &expr.kind {
        ExprKind::Column(column) => format!(" {} of relation {}", column.column, column.rel.0),
        _ => String::new(),
    };
    Error::new(
        ErrorCode::InternalError,
        format!("{what}{which} is not among the operator's inputs"),
    )
    .at(expr.origin.0)
}

/// Recursion is as deep as the expression, which the parser limits.
pub(super) fn node(expr: &Expr, inputs: &dyn Inputs) -> Result<Node, Error> {
    match inputs.find(expr) {
        Some(Source::Column(at)) => return Ok(Node::Column(at)),
        Some(Source::Param(at)) => return Ok(Node::Param(at)),
        None => {}
    }
    let result = expr.data_type;
    Ok(match &expr.kind {
        ExprKind::Const(value) => Node::Const(value.clone()),
        ExprKind::Column(_) => return Err(unresolved("a column", expr)),
        ExprKind::Param(_) => return Err(unresolved("a parameter", expr)),
        ExprKind::Aggregate(_) => return Err(unresolved("an aggregate", expr)),
        ExprKind::Window(_) => return Err(unresolved("a window function", expr)),
        ExprKind::SubLink(_) | ExprKind::SubPlan { .. } | ExprKind::InitPlan(_) => {
            return Err(unresolved("a sub-query", expr));
        }
        ExprKind::Compare(op, left, right) => Node::Compare(*op, pair(left, right, inputs)?),
        ExprKind::Operator(op, args) => operator(*op, args, expr, inputs)?,
        ExprKind::Function(function, args) => Node::Function {
            function: *function,
            args: nodes(args, inputs)?,
            types: args.iter().map(|arg| arg.data_type).collect(),
            result,
        },
        ExprKind::Cast(arg, context) => Node::Cast {
            from: arg.data_type,
            arg: boxed(arg, inputs)?,
            to: result,
            context: *context,
        },
        ExprKind::And(args) => Node::And(nodes(args, inputs)?),
        ExprKind::Or(args) => Node::Or(nodes(args, inputs)?),
        ExprKind::Not(arg) => Node::Not(boxed(arg, inputs)?),
        ExprKind::IsNull { arg, negated } => Node::IsNull {
            arg: boxed(arg, inputs)?,
            negated: *negated,
        },
        ExprKind::BoolTest(test, arg) => Node::BoolTest(*test, boxed(arg, inputs)?),
        ExprKind::IsDistinct {
            left,
            right,
            negated,
        } => Node::IsDistinct {
            args: pair(left, right, inputs)?,
            negated: *negated,
        },
        ExprKind::InList {
            arg,
            op,
            quantifier,
            list,
        } => in_list(arg, *op, *quantifier, list, inputs)?,
        ExprKind::RowCompare { op, left, right } => row_compare(*op, left, right, inputs)?,
        ExprKind::Case {
            branches,
            otherwise,
        } => Node::Case {
            branches: branches
                .iter()
                .map(|(when, then)| Ok((node(when, inputs)?, node(then, inputs)?)))
                .collect::<Result<_, Error>>()?,
            otherwise: otherwise
                .as_ref()
                .map(|expr| boxed(expr, inputs))
                .transpose()?,
            result,
        },
        ExprKind::Coalesce(args) => Node::Coalesce(nodes(args, inputs)?, result),
        ExprKind::NullIf(left, right) => Node::NullIf(pair(left, right, inputs)?, result),
        ExprKind::GreatestLeast { greatest, args } => Node::GreatestLeast {
            greatest: *greatest,
            args: nodes(args, inputs)?,
            result,
        },
    })
}

fn operator(op: Operator, args: &[Expr], expr: &Expr, inputs: &dyn Inputs) -> Result<Node, Error> {
    let regex = match op {
        Operator::RegexMatch => Some((Case::Sensitive, false)),
        Operator::NotRegexMatch => Some((Case::Sensitive, true)),
        Operator::RegexIMatch => Some((Case::Insensitive, false)),
        Operator::NotRegexIMatch => Some((Case::Insensitive, true)),
        _ => None,
    };
    if let (
        Some((case, negated)),
        [
            arg,
            Expr {
                kind: ExprKind::Const(Value::Text(pattern)),
                ..
            },
        ],
    ) = (regex, args)
    {
        return Ok(Node::Matches {
            regex: Box::new(Regex::new(pattern, case)?),
            arg: boxed(arg, inputs)?,
            negated,
        });
    }
    Ok(Node::Operator {
        op,
        args: nodes(args, inputs)?,
        result: expr.data_type,
    })
}

/// (a, b) < (c, d)  =  a < c OR (a = c AND b < d), from the last field up. Also with NULLs: a field that decides decides alone.
fn row_compare(
    op: CompareOp,
    left: &[Expr],
    right: &[Expr],
    inputs: &dyn Inputs,
) -> Result<Node, Error> {
    let strict = match op {
        CompareOp::Le => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Gt,
        op => op,
    };
    let mut fields = left.iter().zip(right).rev();
    let Some((left, right)) = fields.next() else {
        return Ok(Node::Const(Value::Null));
    };
    let mut whole = Node::Compare(op, pair(left, right, inputs)?);
    for (left, right) in fields {
        let equal = Node::Compare(CompareOp::Eq, pair(left, right, inputs)?);
        let differs = Node::Compare(strict, pair(left, right, inputs)?);
        whole = Node::Or(alloc::vec![differs, Node::And(alloc::vec![equal, whole])]);
    }
    Ok(whole)
}

fn in_list(
    arg: &Expr,
    op: CompareOp,
    quantifier: Quantifier,
    list: &[Expr],
    inputs: &dyn Inputs,
) -> Result<Node, Error> {
    let negated = match (op, quantifier) {
        (CompareOp::Eq, Quantifier::Any) => Some(false),
        (CompareOp::Ne, Quantifier::All) => Some(true),
        _ => None,
    };
    let constants: Option<Vec<Value>> = list
        .iter()
        .map(|expr| match &expr.kind {
            ExprKind::Const(value) => Some(value.clone()),
            _ => None,
        })
        .collect();
    let arg = boxed(arg, inputs)?;
    Ok(match (negated, constants) {
        (Some(negated), Some(constants)) => Node::InSet {
            arg,
            set: Box::new(ConstantSet::new(&constants)),
            negated,
        },
        _ => Node::InList {
            arg,
            op,
            quantifier,
            list: nodes(list, inputs)?,
        },
    })
}
