//! A column of values of one type, stored as one typed vector, so that loops over it are tight.

use super::{Interval, Numeric};
use alloc::vec::Vec;

/// Which rows are NULL: one bool a row (`true` = NULL); empty when no row is. Bytes, not bits: loops vectorise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NullMask(pub Vec<bool>);

/// Texts end to end: row `i` is `bytes[offsets[i]..offsets[i + 1]]`, always UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextData {
    /// One more than rows; the first is 0.
    pub offsets: Vec<u32>,
    /// UTF-8.
    pub bytes: Vec<u8>,
}

/// The values of a column by physical type. NULL rows hold a default value.
#[derive(Clone, Debug)]
pub enum ColumnData {
    /// boolean
    Bool(Vec<bool>),
    /// smallint
    Int2(Vec<i16>),
    /// integer, date
    Int4(Vec<i32>),
    /// bigint, timestamp
    Int8(Vec<i64>),
    /// real
    Float4(Vec<f32>),
    /// double precision
    Float8(Vec<f64>),
    /// numeric
    Numeric(Vec<Numeric>),
    /// text, varchar, char
    Text(TextData),
    /// interval
    Interval(Vec<Interval>),
    /// uuid
    Uuid(Vec<[u8; 16]>),
}

/// Values and their NULL mask.
#[derive(Clone, Debug)]
pub struct Column {
    /// The values.
    pub data: ColumnData,
    /// Which are NULL.
    pub nulls: NullMask,
}
