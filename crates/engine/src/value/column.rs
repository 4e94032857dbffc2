//! A column of values of one type, stored as one typed vector, so that loops over it are tight.
//!
//! Why no type beside the data: each variant *is* a type (dates and timestamps have their own), so a value read from a column needs no
//! second source of truth. Only lengths (`varchar(n)`, `numeric(p,s)`) are known elsewhere.

mod bytes;
mod data;
mod text;

use super::{DataType, Interval, Numeric, Value};
use alloc::vec::Vec;
pub(super) use bytes::{write_interval, write_numeric};
pub use text::TextData;

/// Which rows are NULL: one bool a row (`true` = NULL); empty when no row is. Bytes, not bits: loops vectorise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NullMask(pub Vec<bool>);

/// The values of a column by type. NULL rows hold a default value.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnData {
    /// boolean
    Bool(Vec<bool>),
    /// smallint
    Int2(Vec<i16>),
    /// integer
    Int4(Vec<i32>),
    /// bigint
    Int8(Vec<i64>),
    /// real
    Float4(Vec<f32>),
    /// double precision
    Float8(Vec<f64>),
    /// numeric
    Numeric(Vec<Numeric>),
    /// text, varchar, char
    Text(TextData),
    /// date
    Date(Vec<i32>),
    /// timestamp
    Timestamp(Vec<i64>),
    /// interval
    Interval(Vec<Interval>),
    /// uuid
    Uuid(Vec<[u8; 16]>),
}

/// Values and their NULL mask.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The values.
    pub data: ColumnData,
    /// Which are NULL.
    pub nulls: NullMask,
}

impl NullMask {
    /// Whether row `row` is NULL.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        self.0.get(row).copied().unwrap_or(false)
    }

    /// Whether some row is NULL. O(rows) unless none was ever added.
    #[must_use]
    pub fn any(&self) -> bool {
        self.0.iter().any(|&null| null)
    }

    /// The union with another mask of the same length.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        if self.0.is_empty() {
            return other.clone();
        }
        if other.0.is_empty() {
            return self.clone();
        }
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    /// Notes that row `row`, the next one, is or is not NULL.
    fn push(&mut self, row: usize, null: bool) {
        if null || !self.0.is_empty() {
            self.0.resize(row, false);
            self.0.push(null);
        }
    }
}

impl Column {
    /// An empty column; an undecided type becomes text.
    #[must_use]
    pub fn new(data_type: DataType) -> Self {
        Self::with_capacity(data_type, 0)
    }

    /// An empty column with room for `rows`.
    #[must_use]
    pub fn with_capacity(data_type: DataType, rows: usize) -> Self {
        Self {
            data: ColumnData::with_capacity(data_type, rows),
            nulls: NullMask::default(),
        }
    }

    /// A column without NULLs.
    #[must_use]
    pub const fn from_data(data: ColumnData) -> Self {
        Self {
            data,
            nulls: NullMask(Vec::new()),
        }
    }

    /// The same value `rows` times.
    #[must_use]
    pub fn repeat(value: &Value, data_type: DataType, rows: usize) -> Self {
        let mut one = Self::with_capacity(data_type, 1);
        one.push(value);
        if rows == 1 {
            return one;
        }
        Self {
            data: one.data.repeat_first(rows),
            nulls: NullMask(if one.nulls.is_null(0) {
                alloc::vec![true; rows]
            } else {
                Vec::new()
            }),
        }
    }

    /// A column of these values.
    #[must_use]
    pub fn from_values<'a>(
        data_type: DataType,
        values: impl IntoIterator<Item = &'a Value>,
    ) -> Self {
        let mut column = Self::new(data_type);
        for value in values {
            column.push(value);
        }
        column
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether row `row` is NULL.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.is_null(row)
    }

    /// The value of a row; NULL beyond the end.
    #[must_use]
    pub fn get(&self, row: usize) -> Value {
        if self.is_null(row) {
            Value::Null
        } else {
            self.data.get(row)
        }
    }

    /// Appends a value. A value of another type than the column's is converted if that loses nothing, else it becomes NULL: the
    /// binder casts before.
    pub fn push(&mut self, value: &Value) {
        let row = self.len();
        let null = !self.data.push(value);
        self.nulls.push(row, null);
    }

    /// Appends a NULL.
    pub fn push_null(&mut self) {
        self.push(&Value::Null);
    }

    /// Appends stand-ins, not NULL, until there are `rows` rows: for rows that nobody reads.
    pub(crate) fn pad_to(&mut self, rows: usize) {
        self.data.pad_to(rows);
        if !self.nulls.0.is_empty() {
            self.nulls.0.resize(self.len(), false);
        }
    }

    /// Appends the rows `range` of another column of the same type.
    ///
    /// # Panics
    /// If the types differ or the range is beyond the other's end: both are our mistakes.
    pub fn append_range(&mut self, other: &Self, range: core::ops::Range<usize>) {
        let rows = self.len();
        self.data.append_range(&other.data, range.clone());
        if other.nulls.0.is_empty() {
            if !self.nulls.0.is_empty() {
                self.nulls.0.resize(rows + range.len(), false);
            }
        } else {
            self.nulls.0.resize(rows, false);
            self.nulls.0.extend_from_slice(&other.nulls.0[range]);
        }
    }

    /// Appends all rows of another column of the same type.
    pub fn append(&mut self, other: &Self) {
        self.append_range(other, 0..other.len());
    }

    /// Appends the rows named by `rows` of another column of the same type.
    pub fn append_rows(&mut self, other: &Self, rows: &[u32]) {
        let gathered = other.gather(rows);
        self.append(&gathered);
    }

    /// The rows `range`, copied.
    #[must_use]
    pub fn slice(&self, range: core::ops::Range<usize>) -> Self {
        let mut part = Self {
            data: self.data.empty_like(range.len()),
            nulls: NullMask::default(),
        };
        part.append_range(self, range);
        part
    }

    /// The rows that `rows` names, in that order; a row may be named often.
    #[must_use]
    pub fn gather(&self, rows: &[u32]) -> Self {
        let nulls = if self.nulls.0.is_empty() {
            Vec::new()
        } else {
            rows.iter().map(|&row| self.nulls.0[row as usize]).collect()
        };
        Self {
            data: self.data.gather(rows),
            nulls: NullMask(nulls),
        }
    }

    /// As [`Self::gather`], where `u32::MAX` stands for a row of NULL (the missing side of an outer join).
    #[must_use]
    pub fn gather_or_null(&self, rows: &[u32]) -> Self {
        if !rows.contains(&u32::MAX) {
            return self.gather(rows);
        }
        let mut padded = self.clone();
        let null_row = u32::try_from(self.len()).unwrap_or(u32::MAX);
        padded.push_null();
        let named: Vec<u32> = rows
            .iter()
            .map(|&row| if row == u32::MAX { null_row } else { row })
            .collect();
        padded.gather(&named)
    }

    /// All columns end to end; `None` if there is none.
    #[must_use]
    pub fn concat<'a>(columns: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut columns = columns.into_iter();
        let mut all = columns.next()?.clone();
        for column in columns {
            all.append(column);
        }
        Some(all)
    }

    /// Forgets all rows, keeps the memory.
    pub fn clear(&mut self) {
        self.data.clear();
        self.nulls.0.clear();
    }

    /// Bytes of memory that the values take (capacity, not length).
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.data.memory_bytes() + self.nulls.0.capacity()
    }
}

#[cfg(test)]
mod tests;
