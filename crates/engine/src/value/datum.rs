//! One value.

use super::{DataType, TypeClass};
use alloc::boxed::Box;

/// A decimal number: `mantissa / 10^scale`. NaN and infinities are not represented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numeric {
    /// All digits, with sign.
    pub mantissa: i128,
    /// Digits after the decimal point that are shown (PostgreSQL's display scale).
    pub scale: u16,
}

/// An interval: months, days and microseconds are kept apart, as in PostgreSQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

/// One SQL value. Equality is identity of representation, not SQL equality; comparing is in `compare`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL of any type
    Null,
    /// boolean
    Bool(bool),
    /// smallint
    Int2(i16),
    /// integer
    Int4(i32),
    /// bigint
    Int8(i64),
    /// real
    Float4(f32),
    /// double precision
    Float8(f64),
    /// numeric
    Numeric(Numeric),
    /// text, varchar, char (kept without trailing blanks, see [`DataType::Char`])
    Text(Box<str>),
    /// days since 2000-01-01
    Date(i32),
    /// microseconds since 2000-01-01
    Timestamp(i64),
    /// interval
    Interval(Interval),
    /// uuid
    Uuid([u8; 16]),
}

impl Value {
    /// Whether it is NULL.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The type whose values are kept so, of several the first; of NULL text.
    #[must_use]
    pub const fn data_type(&self) -> DataType {
        match self {
            Self::Bool(_) => DataType::Bool,
            Self::Int2(_) => DataType::Int2,
            Self::Int4(_) => DataType::Int4,
            Self::Int8(_) => DataType::Int8,
            Self::Float4(_) => DataType::Float4,
            Self::Float8(_) => DataType::Float8,
            Self::Numeric(_) => DataType::Numeric(None),
            Self::Date(_) => DataType::Date,
            Self::Timestamp(_) => DataType::Timestamp,
            Self::Interval(_) => DataType::Interval,
            Self::Uuid(_) => DataType::Uuid,
            Self::Null | Self::Text(_) => DataType::Text,
        }
    }

    /// Whether it is as values of the type are kept. `false` also where that depends on more than the kind of value.
    #[must_use]
    pub const fn is_of(&self, data_type: DataType) -> bool {
        matches!(
            (self, data_type),
            (Self::Null, _)
                | (Self::Bool(_), DataType::Bool)
                | (Self::Int2(_), DataType::Int2)
                | (Self::Int4(_), DataType::Int4)
                | (Self::Int8(_), DataType::Int8)
                | (Self::Float8(_), DataType::Float8)
                | (Self::Text(_), DataType::Text)
                | (Self::Date(_), DataType::Date)
                | (Self::Timestamp(_), DataType::Timestamp)
                | (Self::Uuid(_), DataType::Uuid)
        )
    }
}

impl Value {
    /// The boolean; `None` for NULL and for any other type.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number of any width; `None` for NULL and other types.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int2(value) => Some(i64::from(*value)),
            Self::Int4(value) => Some(i64::from(*value)),
            Self::Int8(value) => Some(*value),
            _ => None,
        }
    }

    /// Numbers, dates (days) and timestamps (microseconds) as a double, which is what statistics interpolate with;
    /// `None` for NULL and other types.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "an approximation is asked for")]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int2(value) => Some(f64::from(*value)),
            Self::Int4(value) | Self::Date(value) => Some(f64::from(*value)),
            Self::Int8(value) | Self::Timestamp(value) => Some(*value as f64),
            Self::Float4(value) => Some(f64::from(*value)),
            Self::Float8(value) => Some(*value),
            Self::Numeric(value) => Some(value.to_f64()),
            _ => None,
        }
    }

    /// The text; `None` for NULL and other types.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }

    /// A text value.
    #[must_use]
    pub fn text(value: impl Into<Box<str>>) -> Self {
        Self::Text(value.into())
    }

    /// The family; `Unknown` for NULL.
    #[must_use]
    pub const fn class(&self) -> TypeClass {
        match self {
            Self::Null => TypeClass::Unknown,
            Self::Bool(_) => TypeClass::Boolean,
            Self::Int2(_) | Self::Int4(_) | Self::Int8(_) => TypeClass::Integer,
            Self::Float4(_) | Self::Float8(_) => TypeClass::Float,
            Self::Numeric(_) => TypeClass::Numeric,
            Self::Text(_) => TypeClass::Text,
            Self::Date(_) | Self::Timestamp(_) => TypeClass::DateTime,
            Self::Interval(_) => TypeClass::Interval,
            Self::Uuid(_) => TypeClass::Uuid,
        }
    }
}
