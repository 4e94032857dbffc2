//! Placeholder until expressions are compiled.

use crate::{
    Error, ErrorCode,
    logical::Expr,
    value::{Batch, Column, Value},
};
use alloc::{rc::Rc, vec::Vec};

/// A compiled expression.
pub struct Compiled;

impl Compiled {
    /// Compiles.
    pub fn compile(_expr: &Expr) -> Result<Self, Error> {
        Err(Error::new(ErrorCode::FeatureNotSupported, "expressions"))
    }
    /// Values.
    pub fn evaluate(&self, _batch: &Batch, _slots: &[Value]) -> Result<Rc<Column>, Error> {
        Err(Error::new(ErrorCode::FeatureNotSupported, "expressions"))
    }
    /// Rows for which it is true.
    pub fn filter(&self, _batch: &Batch, _slots: &[Value]) -> Result<Vec<u32>, Error> {
        Err(Error::new(ErrorCode::FeatureNotSupported, "expressions"))
    }
}
