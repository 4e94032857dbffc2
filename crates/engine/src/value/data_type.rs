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
    /// `char(n)`; values are kept without their trailing blanks, which text output and row lengths add again.
    /// Length 0 = without modifier (`bpchar`).
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

impl DataType {
    /// The type without its modifier: the form in which functions and operators are looked up.
    #[must_use]
    pub const fn base(self) -> Self {
        match self {
            Self::Numeric(_) => Self::Numeric(None),
            Self::Varchar(_) => Self::Varchar(None),
            Self::Char(_) => Self::Char(0),
            other => other,
        }
    }

    /// Whether both are the same but for the modifier.
    #[must_use]
    pub fn same_base(self, other: Self) -> bool {
        self.base() == other.base()
    }

    /// PostgreSQL's name without modifier (`character varying`).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Bool => "boolean",
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Float4 => "real",
            Self::Float8 => "double precision",
            Self::Numeric(_) => "numeric",
            Self::Text => "text",
            Self::Varchar(_) => "character varying",
            Self::Char(_) => "character",
            Self::Date => "date",
            Self::Timestamp => "timestamp without time zone",
            Self::Interval => "interval",
            Self::Uuid => "uuid",
        }
    }

    /// PostgreSQL's internal name (`int4`), as the machine's shell prints it.
    #[must_use]
    pub const fn short_name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Bool => "bool",
            Self::Int2 => "int2",
            Self::Int4 => "int4",
            Self::Int8 => "int8",
            Self::Float4 => "float4",
            Self::Float8 => "float8",
            Self::Numeric(_) => "numeric",
            Self::Text => "text",
            Self::Varchar(_) => "varchar",
            Self::Char(_) => "bpchar",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Interval => "interval",
            Self::Uuid => "uuid",
        }
    }

    /// Whether it is a number.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(
            self.class(),
            TypeClass::Integer | TypeClass::Float | TypeClass::Numeric
        )
    }
}

/// The name with its modifier, as PostgreSQL's `format_type`: `numeric(10,2)`, `character varying(20)`.
impl core::fmt::Display for DataType {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Numeric(Some((precision, scale))) => write!(f, "({precision},{scale})"),
            Self::Varchar(Some(length)) => write!(f, "({length})"),
            Self::Char(length) if *length > 0 => write!(f, "({length})"),
            _ => Ok(()),
        }
    }
}
