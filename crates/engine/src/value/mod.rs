//! Types and values: what a column may hold, one value, a column of values, a batch of columns.

mod batch;
mod column;
mod data_type;
mod datum;

pub use batch::Batch;
pub use column::{Column, ColumnData, NullMask, TextData};
pub use data_type::{DataType, TypeClass};
pub use datum::{Interval, Numeric, Value};
