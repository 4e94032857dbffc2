//! Names of things and of types, as written but folded to lower case.

use super::Expression;
use crate::Span;
use alloc::{boxed::Box, vec::Vec};
use core::ops::Deref;

/// One name: folded to lower case unless it was quoted, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// The name.
    pub text: Box<str>,
    /// Where it stands, quotes included.
    pub span: Span,
}

impl Deref for Identifier {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// A name with its qualifiers: `table`, `schema.table`, `table.column`, …
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectName {
    /// At least one, the outermost first.
    pub parts: Vec<Identifier>,
    /// From the first to the last part.
    pub span: Span,
}

impl ObjectName {
    /// The last part: what the thing itself is called.
    pub fn last(&self) -> &Identifier {
        self.parts
            .last()
            .expect("the parser never builds a name without parts")
    }

    /// The parts before the last one.
    pub fn qualifiers(&self) -> &[Identifier] {
        self.parts.split_last().map_or(&[], |(_, before)| before)
    }
}

/// A type as written. The SQL standard's spellings are told in PostgreSQL's internal names:
/// `int2 int4 int8 float4 float8 numeric bool bpchar varchar timestamp timestamptz time timetz
/// interval bit varbit`; other names stay as they are (`text`, `date`, `uuid`, `int4` …).
#[derive(Debug, PartialEq)]
pub struct TypeName {
    /// The name, usually one part.
    pub name: ObjectName,
    /// What stands in brackets after it: `numeric(10, 2)`. `char` without a length has `1`.
    pub modifiers: Vec<Expression>,
    /// Which fields an interval keeps: `INTERVAL '90' DAY`.
    pub interval_fields: Option<IntervalFields>,
    /// How many `[]` follow.
    pub array_dimensions: u8,
    /// The whole type.
    pub span: Span,
}

/// The fields named after `INTERVAL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own words")]
pub enum IntervalFields {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    YearToMonth,
    DayToHour,
    DayToMinute,
    DayToSecond,
    HourToMinute,
    HourToSecond,
    MinuteToSecond,
}
