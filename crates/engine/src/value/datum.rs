//! One value.

use alloc::boxed::Box;

/// A decimal number: `mantissa / 10^scale`. NaN and infinities are not represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// text, varchar, char (blank-padded)
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
}
