//! The SQL types, with what storage and planner need to know of each: length, alignment, class.

/// A SQL type with its modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// A literal whose type is not decided yet (`'x'`, NULL). Never the type of a stored column.
    Unknown,
    /// `boolean`
    Bool,
    /// `smallint`
    Int2,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `real`
    Float4,
    /// `double precision`
    Float8,
    /// `numeric`, `numeric(precision, scale)`
    Numeric(Option<(u16, u16)>),
    /// `text`
    Text,
    /// `varchar`, `varchar(n)`
    Varchar(Option<u32>),
    /// `char(n)`
    Char(u32),
    /// `date`, days since 2000-01-01 in an i32
    Date,
    /// `timestamp`, microseconds since 2000-01-01 in an i64
    Timestamp,
    /// `interval`
    Interval,
    /// `uuid`
    Uuid,
}

/// Families within which values compare without a cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeClass {
    /// unknown literal
    Unknown,
    /// boolean
    Boolean,
    /// smallint, integer, bigint
    Integer,
    /// real, double precision
    Float,
    /// numeric
    Numeric,
    /// text, varchar, char
    Text,
    /// date, timestamp
    DateTime,
    /// interval
    Interval,
    /// uuid
    Uuid,
}

impl DataType {
    /// The family.
    #[must_use]
    pub const fn class(self) -> TypeClass {
        match self {
            Self::Unknown => TypeClass::Unknown,
            Self::Bool => TypeClass::Boolean,
            Self::Int2 | Self::Int4 | Self::Int8 => TypeClass::Integer,
            Self::Float4 | Self::Float8 => TypeClass::Float,
            Self::Numeric(_) => TypeClass::Numeric,
            Self::Text | Self::Varchar(_) | Self::Char(_) => TypeClass::Text,
            Self::Date | Self::Timestamp => TypeClass::DateTime,
            Self::Interval => TypeClass::Interval,
            Self::Uuid => TypeClass::Uuid,
        }
    }

    /// Stored length in bytes of a fixed type (PostgreSQL's `typlen`); `None` for text and numeric.
    #[must_use]
    pub const fn fixed_len(self) -> Option<usize> {
        match self {
            Self::Bool => Some(1),
            Self::Int2 => Some(2),
            Self::Int4 | Self::Float4 | Self::Date => Some(4),
            Self::Int8 | Self::Float8 | Self::Timestamp => Some(8),
            Self::Interval | Self::Uuid => Some(16),
            Self::Unknown | Self::Numeric(_) | Self::Text | Self::Varchar(_) | Self::Char(_) => {
                None
            }
        }
    }

    /// Alignment in a PostgreSQL row, in bytes (`typalign`); short text and numeric are unaligned (see `geometry`).
    #[must_use]
    pub const fn alignment(self) -> usize {
        match self {
            Self::Bool | Self::Uuid => 1,
            Self::Int2 => 2,
            Self::Int8 | Self::Float8 | Self::Timestamp | Self::Interval => 8,
            _ => 4,
        }
    }
}
