//! Expressions, compiled once per query into loops over columns.
//!
//! Why compiled: looking up columns, choosing loops by type and preparing constants happens once, not per batch. What single values
//! give is defined in `value::function`; every loop here must agree with it.
//!
//! Only selected rows may fail: a division by zero on a row that a filter removed is never seen.

mod arithmetic;
mod branch;
mod compile;
mod convert;
mod evaluate;
mod filter;
mod kernels;
mod node;
mod texts;

use crate::{
    error::Error,
    logical::Expr,
    value::{Batch, Column, Value},
};
use alloc::{rc::Rc, vec::Vec};
use node::Node;

/// Where a value that is already computed is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A column of the batch.
    Column(usize),
    /// One of the parameters given with each batch: `$n`, a sub-plan's result, an outer row's column.
    Param(usize),
}

/// What an operator's input offers. Every sub-expression is looked up here first, from the top down, so that an aggregate's result or an
/// expression computed below is found as a column.
pub trait Inputs {
    /// Where this very expression's value is, if the input has it.
    fn find(&self, expr: &Expr) -> Option<Source>;
}

impl<F: Fn(&Expr) -> Option<Source>> Inputs for F {
    fn find(&self, expr: &Expr) -> Option<Source> {
        self(expr)
    }
}

/// An expression ready to run.
#[derive(Clone, Debug)]
pub struct Compiled {
    root: Node,
    data_type: crate::value::DataType,
}

impl Compiled {
    /// Prepares an expression. An internal error names whatever is neither in the inputs nor computable (a column, an aggregate, a
    /// sub-plan).
    pub fn compile(expr: &Expr, inputs: &dyn Inputs) -> Result<Self, Error> {
        Ok(Self {
            root: compile::node(expr, inputs)?,
            data_type: expr.data_type,
        })
    }

    /// Type of the result.
    #[must_use]
    pub const fn data_type(&self) -> crate::value::DataType {
        self.data_type
    }

    /// The input column, if the expression is nothing but one.
    #[must_use]
    pub const fn as_column(&self) -> Option<usize> {
        match self.root {
            Node::Column(at) => Some(at),
            _ => None,
        }
    }

    /// The parameter, if the expression is nothing but one.
    #[must_use]
    pub const fn as_param(&self) -> Option<usize> {
        match self.root {
            Node::Param(at) => Some(at),
            _ => None,
        }
    }

    /// The values for a batch: a column of `batch.rows` rows, of which only the selected ones mean anything.
    pub fn evaluate(&mut self, batch: &Batch, params: &[Value]) -> Result<Rc<Column>, Error> {
        let input = evaluate::Input { batch, params };
        let operand = evaluate::node(&mut self.root, &input, batch.selection.as_deref())?;
        operand.into_column(self.data_type, batch.rows)
    }

    /// The value for no row at all: constants and parameters only.
    pub fn evaluate_once(&mut self, params: &[Value]) -> Result<Value, Error> {
        let batch = Batch::new(Vec::new(), 1);
        if let Node::Const(value) = &self.root
            && value.is_of(self.data_type)
        {
            return Ok(value.clone());
        }
        Ok(self.evaluate(&batch, params)?.get(0))
    }

    /// The selected rows for which the condition is true; `None` = all of the batch.
    pub fn filter(&mut self, batch: &Batch, params: &[Value]) -> Result<Option<Vec<u32>>, Error> {
        let input = evaluate::Input { batch, params };
        let kept = filter::node(&mut self.root, &input, batch.selection.as_deref())?;
        Ok(if kept.len() == batch.rows {
            None
        } else {
            Some(kept)
        })
    }
}

#[cfg(test)]
mod tests;
