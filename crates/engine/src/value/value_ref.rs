//! A value where it lies: in a column, or by itself.
//!
//! Why: how a value is written to a page, how it sorts as bytes and how much room it takes are each said once, for a row of a batch as for
//! a parameter. It owns nothing, so that looking at a text does not copy it.

use super::{
    Column, ColumnData, Interval, Numeric, Value,
    column::{write_interval, write_numeric},
};
use alloc::vec::Vec;
use pages::short;

/// A value that is not NULL.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ValueRef<'a> {
    Bool(bool),
    Int2(i16),
    Int4(i32),
    Int8(i64),
    Float4(f32),
    Float8(f64),
    Numeric(Numeric),
    Text(&'a [u8]),
    Date(i32),
    Timestamp(i64),
    Interval(Interval),
    Uuid([u8; 16]),
}

impl ValueRef<'_> {
    /// Appends the bytes that a page holds. Complexity O(length).
    #[inline]
    pub fn write_le(self, out: &mut Vec<u8>) {
        match self {
            Self::Bool(value) => out.push(u8::from(value)),
            Self::Int2(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Int4(value) | Self::Date(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Int8(value) | Self::Timestamp(value) => {
                out.extend_from_slice(&value.to_le_bytes());
            }
            Self::Float4(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Float8(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Numeric(value) => write_numeric(value, out),
            Self::Text(text) => short::extend(out, text),
            Self::Interval(value) => write_interval(value, out),
            Self::Uuid(value) => out.extend_from_slice(&value),
        }
    }
}

impl Value {
    /// `None` for NULL.
    #[inline]
    pub(crate) fn as_value_ref(&self) -> Option<ValueRef<'_>> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(value) => ValueRef::Bool(*value),
            Self::Int2(value) => ValueRef::Int2(*value),
            Self::Int4(value) => ValueRef::Int4(*value),
            Self::Int8(value) => ValueRef::Int8(*value),
            Self::Float4(value) => ValueRef::Float4(*value),
            Self::Float8(value) => ValueRef::Float8(*value),
            Self::Numeric(value) => ValueRef::Numeric(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Date(value) => ValueRef::Date(*value),
            Self::Timestamp(value) => ValueRef::Timestamp(*value),
            Self::Interval(value) => ValueRef::Interval(*value),
            Self::Uuid(value) => ValueRef::Uuid(*value),
        })
    }
}

impl ColumnData {
    /// What lies in a row, were the row not NULL; `None` beyond the end.
    #[inline(always)]
    pub(crate) fn value_ref(&self, row: usize) -> Option<ValueRef<'_>> {
        Some(match self {
            Self::Bool(values) => ValueRef::Bool(*values.get(row)?),
            Self::Int2(values) => ValueRef::Int2(*values.get(row)?),
            Self::Int4(values) => ValueRef::Int4(*values.get(row)?),
            Self::Int8(values) => ValueRef::Int8(*values.get(row)?),
            Self::Float4(values) => ValueRef::Float4(*values.get(row)?),
            Self::Float8(values) => ValueRef::Float8(*values.get(row)?),
            Self::Numeric(values) => ValueRef::Numeric(*values.get(row)?),
            Self::Text(text) if row < text.len() => ValueRef::Text(text.bytes_at(row)),
            Self::Text(_) => return None,
            Self::Date(values) => ValueRef::Date(*values.get(row)?),
            Self::Timestamp(values) => ValueRef::Timestamp(*values.get(row)?),
            Self::Interval(values) => ValueRef::Interval(*values.get(row)?),
            Self::Uuid(values) => ValueRef::Uuid(*values.get(row)?),
        })
    }

    /// Appends the row's bytes to `out`. Complexity O(length).
    pub fn write_row(&self, row: usize, out: &mut Vec<u8>) {
        if let Some(value) = self.value_ref(row) {
            value.write_le(out);
        }
    }
}

impl Column {
    /// The value of a row; `None` for NULL.
    #[inline(always)]
    pub(crate) fn value_ref(&self, row: usize) -> Option<ValueRef<'_>> {
        if self.nulls.is_null(row) {
            return None;
        }
        self.data.value_ref(row)
    }
}
