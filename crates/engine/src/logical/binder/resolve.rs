//! Which operator, function or aggregate a name and argument types mean, and what a literal's text is worth: the
//! binder's door to `value`, which owns the tables.

use crate::{
    error::Error,
    logical::{Expr, ExprKind, Operator},
    value::{DataType, parse_text},
};
use alloc::vec::Vec;
use parser::Span;

pub(crate) use crate::value::function::{is_aggregate, resolve_aggregate, resolve_function};

/// An operator found: itself, the types its operands must take, the type it yields.
pub(crate) struct Signature {
    pub(crate) what: Operator,
    pub(crate) args: Vec<DataType>,
    pub(crate) result: DataType,
}

/// The constant that `text` is as a `to`.
pub(crate) fn literal(text: &str, to: DataType, span: Span) -> Result<Expr, Error> {
    let value = parse_text(text, to).map_err(|error| error.at(span))?;
    Ok(Expr::new(ExprKind::Const(value), to, span))
}

/// The operator of that symbol for these operands (one for a prefix operator), comparisons excepted.
pub(crate) fn operator(symbol: &str, args: &[DataType]) -> Result<Signature, Error> {
    use crate::value::function::{OperatorKind, resolve_operator};
    let (left, right) = match args {
        [left, right] => (Some(*left), *right),
        [right] => (None, *right),
        _ => (None, DataType::Unknown),
    };
    let found = resolve_operator(symbol, left, right)?;
    match found.kind {
        OperatorKind::Operator(what) => Ok(Signature {
            what,
            args: found.args,
            result: found.result,
        }),
        OperatorKind::Compare(_) => Err(Error::unsupported(
            "a comparison in this place",
            Span::default(),
        )),
    }
}
