//! What every physical type of a column can do: one match each, so that the loops inside are monomorphic.

use super::{ColumnData, TextData};
use crate::value::{DataType, Interval, Numeric, Value};
use alloc::{vec, vec::Vec};
use core::ops::Range;

/// Does the same with the vector of whichever type; texts apart.
macro_rules! each {
    ($data:expr, $values:ident => $fixed:expr, $text:ident => $varying:expr) => {
        match $data {
            ColumnData::Bool($values) => $fixed,
            ColumnData::Int2($values) => $fixed,
            ColumnData::Int4($values) => $fixed,
            ColumnData::Int8($values) => $fixed,
            ColumnData::Float4($values) => $fixed,
            ColumnData::Float8($values) => $fixed,
            ColumnData::Numeric($values) => $fixed,
            ColumnData::Date($values) => $fixed,
            ColumnData::Timestamp($values) => $fixed,
            ColumnData::Interval($values) => $fixed,
            ColumnData::Uuid($values) => $fixed,
            ColumnData::Text($text) => $varying,
        }
    };
}

/// As `each`, giving data of the same type again.
macro_rules! map_each {
    ($data:expr, $values:ident => $fixed:expr, $text:ident => $varying:expr) => {
        match $data {
            ColumnData::Bool($values) => ColumnData::Bool($fixed),
            ColumnData::Int2($values) => ColumnData::Int2($fixed),
            ColumnData::Int4($values) => ColumnData::Int4($fixed),
            ColumnData::Int8($values) => ColumnData::Int8($fixed),
            ColumnData::Float4($values) => ColumnData::Float4($fixed),
            ColumnData::Float8($values) => ColumnData::Float8($fixed),
            ColumnData::Numeric($values) => ColumnData::Numeric($fixed),
            ColumnData::Date($values) => ColumnData::Date($fixed),
            ColumnData::Timestamp($values) => ColumnData::Timestamp($fixed),
            ColumnData::Interval($values) => ColumnData::Interval($fixed),
            ColumnData::Uuid($values) => ColumnData::Uuid($fixed),
            ColumnData::Text($text) => ColumnData::Text($varying),
        }
    };
}

fn gather_fixed<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|&row| values[row as usize]).collect()
}

impl ColumnData {
    /// Empty, with room for `rows`.
    #[must_use]
    pub fn with_capacity(data_type: DataType, rows: usize) -> Self {
        match data_type {
            DataType::Bool => Self::Bool(Vec::with_capacity(rows)),
            DataType::Int2 => Self::Int2(Vec::with_capacity(rows)),
            DataType::Int4 => Self::Int4(Vec::with_capacity(rows)),
            DataType::Int8 => Self::Int8(Vec::with_capacity(rows)),
            DataType::Float4 => Self::Float4(Vec::with_capacity(rows)),
            DataType::Float8 => Self::Float8(Vec::with_capacity(rows)),
            DataType::Numeric(_) => Self::Numeric(Vec::with_capacity(rows)),
            DataType::Date => Self::Date(Vec::with_capacity(rows)),
            DataType::Timestamp => Self::Timestamp(Vec::with_capacity(rows)),
            DataType::Interval => Self::Interval(Vec::with_capacity(rows)),
            DataType::Uuid => Self::Uuid(Vec::with_capacity(rows)),
            DataType::Unknown | DataType::Text | DataType::Varchar(_) | DataType::Char(_) => {
                Self::Text(TextData::with_capacity(rows))
            }
        }
    }

    /// The type without modifier; text for all texts.
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
            Self::Text(_) => DataType::Text,
            Self::Date(_) => DataType::Date,
            Self::Timestamp(_) => DataType::Timestamp,
            Self::Interval(_) => DataType::Interval,
            Self::Uuid(_) => DataType::Uuid,
        }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        each!(self, values => values.len(), text => text.len())
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn get(&self, row: usize) -> Value {
        let found = match self {
            Self::Bool(values) => values.get(row).map(|&value| Value::Bool(value)),
            Self::Int2(values) => values.get(row).map(|&value| Value::Int2(value)),
            Self::Int4(values) => values.get(row).map(|&value| Value::Int4(value)),
            Self::Int8(values) => values.get(row).map(|&value| Value::Int8(value)),
            Self::Float4(values) => values.get(row).map(|&value| Value::Float4(value)),
            Self::Float8(values) => values.get(row).map(|&value| Value::Float8(value)),
            Self::Numeric(values) => values.get(row).map(|&value| Value::Numeric(value)),
            Self::Date(values) => values.get(row).map(|&value| Value::Date(value)),
            Self::Timestamp(values) => values.get(row).map(|&value| Value::Timestamp(value)),
            Self::Interval(values) => values.get(row).map(|&value| Value::Interval(value)),
            Self::Uuid(values) => values.get(row).map(|&value| Value::Uuid(value)),
            Self::Text(text) => (row < text.len()).then(|| Value::text(text.get(row))),
        };
        found.unwrap_or(Value::Null)
    }

    /// Appends; `false` if a default stands for NULL.
    pub(super) fn push(&mut self, value: &Value) -> bool {
        match (&mut *self, value) {
            (Self::Bool(values), Value::Bool(value)) => values.push(*value),
            (Self::Int2(values), Value::Int2(value)) => values.push(*value),
            (Self::Int4(values), Value::Int4(value)) => values.push(*value),
            (Self::Int8(values), Value::Int8(value)) => values.push(*value),
            (Self::Float4(values), Value::Float4(value)) => values.push(*value),
            (Self::Float8(values), Value::Float8(value)) => values.push(*value),
            (Self::Numeric(values), Value::Numeric(value)) => values.push(*value),
            (Self::Date(values), Value::Date(value)) => values.push(*value),
            (Self::Timestamp(values), Value::Timestamp(value)) => values.push(*value),
            (Self::Interval(values), Value::Interval(value)) => values.push(*value),
            (Self::Uuid(values), Value::Uuid(value)) => values.push(*value),
            (Self::Text(text), Value::Text(value)) => text.push(value),
            _ => return self.push_converted(value),
        }
        true
    }

    #[cold]
    fn push_converted(&mut self, value: &Value) -> bool {
        let whole = value.as_i64();
        match self {
            Self::Int2(values) => {
                if let Some(value) = whole.and_then(|value| i16::try_from(value).ok()) {
                    values.push(value);
                    return true;
                }
            }
            Self::Int4(values) => {
                if let Some(value) = whole.and_then(|value| i32::try_from(value).ok()) {
                    values.push(value);
                    return true;
                }
            }
            Self::Int8(values) => {
                if let Some(value) = whole {
                    values.push(value);
                    return true;
                }
            }
            Self::Numeric(values) => {
                if let Some(value) = whole {
                    values.push(Numeric::from_i64(value));
                    return true;
                }
            }
            Self::Float8(values) => {
                if let Some(value) = value.as_f64() {
                    values.push(value);
                    return true;
                }
            }
            _ => {}
        }
        match self {
            Self::Bool(values) => values.push(false),
            Self::Int2(values) => values.push(0),
            Self::Int4(values) | Self::Date(values) => values.push(0),
            Self::Int8(values) | Self::Timestamp(values) => values.push(0),
            Self::Float4(values) => values.push(0.0),
            Self::Float8(values) => values.push(0.0),
            Self::Numeric(values) => values.push(Numeric::ZERO),
            Self::Interval(values) => values.push(Interval::default()),
            Self::Uuid(values) => values.push([0; 16]),
            Self::Text(text) => text.push(""),
        }
        false
    }

    /// Appends defaults until there are `rows`.
    pub(super) fn pad_to(&mut self, rows: usize) {
        fn pad<T: Copy + Default>(values: &mut Vec<T>, rows: usize) {
            values.resize(rows.max(values.len()), T::default());
        }
        each!(self, values => pad(values, rows), text => {
            let end = text.offsets.last().copied().unwrap_or(0);
            text.offsets.resize((rows + 1).max(text.offsets.len()), end);
        });
    }

    pub(super) fn repeat_first(&self, rows: usize) -> Self {
        map_each!(self, values => vec![values[0]; rows], text => {
            let bytes = text.bytes_at(0);
            let mut out = TextData { offsets: Vec::with_capacity(rows + 1), bytes: bytes.repeat(rows) };
            let length = u32::try_from(bytes.len()).expect("a text stays below 4 GiB");
            let count = u32::try_from(rows).expect("a batch has fewer than 2^32 rows");
            out.offsets.extend((0..=count).map(|row| row * length));
            out
        })
    }

    pub(super) fn empty_like(&self, rows: usize) -> Self {
        Self::with_capacity(self.data_type(), rows)
    }

    pub(super) fn append_range(&mut self, other: &Self, range: Range<usize>) {
        match (self, other) {
            (Self::Bool(to), Self::Bool(from)) => to.extend_from_slice(&from[range]),
            (Self::Int2(to), Self::Int2(from)) => to.extend_from_slice(&from[range]),
            (Self::Int4(to), Self::Int4(from)) | (Self::Date(to), Self::Date(from)) => {
                to.extend_from_slice(&from[range]);
            }
            (Self::Int8(to), Self::Int8(from)) | (Self::Timestamp(to), Self::Timestamp(from)) => {
                to.extend_from_slice(&from[range]);
            }
            (Self::Float4(to), Self::Float4(from)) => to.extend_from_slice(&from[range]),
            (Self::Float8(to), Self::Float8(from)) => to.extend_from_slice(&from[range]),
            (Self::Numeric(to), Self::Numeric(from)) => to.extend_from_slice(&from[range]),
            (Self::Interval(to), Self::Interval(from)) => to.extend_from_slice(&from[range]),
            (Self::Uuid(to), Self::Uuid(from)) => to.extend_from_slice(&from[range]),
            (Self::Text(to), Self::Text(from)) => to.append_range(from, range),
            (to, from) => {
                let (to, from) = (to.data_type(), from.data_type());
                unreachable!("columns of one type are appended, not {from} to {to}");
            }
        }
    }

    pub(super) fn gather(&self, rows: &[u32]) -> Self {
        map_each!(self, values => gather_fixed(values, rows), text => text.gather(rows))
    }

    pub(super) fn clear(&mut self) {
        each!(self, values => values.clear(), text => {
            text.bytes.clear();
            text.offsets.truncate(1);
        });
    }

    pub(super) fn memory_bytes(&self) -> usize {
        fn of<T>(values: &Vec<T>) -> usize {
            values.capacity() * size_of::<T>()
        }
        each!(self, values => of(values), text => of(&text.offsets) + of(&text.bytes))
    }
}
