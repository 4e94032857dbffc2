//! Expressions over a table's row: CHECK, index expressions, index predicates.

use crate::{Error, ErrorCode, logical::Expr, value::Column};
use alloc::{rc::Rc, vec::Vec};

/// An expression, ready to be computed for rows given as all columns of the table.
pub(crate) struct RowExpression {
    expr: Expr,
}

impl RowExpression {
    /// Prepares an expression whose columns refer to the table as `RelId(0)`.
    pub fn new(expr: &Expr) -> Result<Self, Error> {
        Ok(Self { expr: expr.clone() })
    }

    /// Its value for each row.
    pub fn evaluate(&self, _columns: &[Rc<Column>], _rows: usize) -> Result<Rc<Column>, Error> {
        Err(not_yet(&self.expr))
    }
}

/// Conditions that must all be true.
pub(crate) struct RowFilter {
    conditions: Vec<Expr>,
}

impl RowFilter {
    /// Prepares conditions whose columns refer to the table as `RelId(0)`.
    pub fn new(conditions: &[Expr]) -> Result<Self, Error> {
        Ok(Self {
            conditions: conditions.to_vec(),
        })
    }

    /// The rows for which all are true.
    pub fn rows(&self, _columns: &[Rc<Column>], _rows: usize) -> Result<Vec<u32>, Error> {
        match self.conditions.first() {
            Some(condition) => Err(not_yet(condition)),
            None => Ok(Vec::new()),
        }
    }
}

fn not_yet(expr: &Expr) -> Error {
    Error::new(
        ErrorCode::FeatureNotSupported,
        "an expression at this place is not supported",
    )
    .at(expr.origin.0)
}
