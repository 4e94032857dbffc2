//! Types and values: what a column may hold, one value, a column of values, a batch of columns.

mod batch;
pub mod cast;
mod column;
pub mod compare;
mod data_type;
pub mod datetime;
mod datum;
pub mod fold;
pub mod function;
pub mod geometry;
pub mod hash;
mod numeric;
pub mod text;
mod value_ref;

pub use batch::Batch;
pub use cast::{cast_allowed, cast_value};
pub use column::{Column, ColumnData, NullMask, TextData};
pub use compare::{compare, compare_sql, is_same};
pub use data_type::{DataType, TypeClass};
pub use datum::{Interval, Numeric, Value};
pub use fold::{eval_const, fold_constants};
pub use text::{parse_text, to_text};
pub(crate) use value_ref::ValueRef;
