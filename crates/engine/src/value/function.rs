//! Scalar operators and functions: which exist, how a call is resolved, what they compute.
//!
//! Resolution is data: tables of signatures, read by one chooser that follows PostgreSQL's rules. Evaluation works on single
//! [`Value`](super::Value)s; the executor's loops over columns must give the same answers and are tested against it.

mod aggregate;
mod apply;
mod call;
mod choose;
mod numbers;
mod operator;
pub mod pattern;
mod properties;
mod signatures;
mod strings;
mod times;

pub use aggregate::{
    ResolvedAggregate, ResolvedWindow, is_aggregate, resolve_aggregate, resolve_window,
};
pub use apply::{eval_operator, float_arithmetic};
pub use call::eval_function;
pub use choose::common_type;
pub use operator::{OperatorKind, ResolvedOperator, resolve_operator};
pub use properties::{function_name, is_immutable, is_strict, is_volatile, operator_symbol};
pub use signatures::{Resolved, resolve_function};

/// 22012.
#[must_use]
pub fn division_by_zero() -> crate::Error {
    crate::Error::new(crate::ErrorCode::DivisionByZero, "division by zero")
}

#[cfg(test)]
mod tests;
