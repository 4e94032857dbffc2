//! From conditions on key parts to the range of keys that can fulfil them.

use super::{
    index::Index,
    key::{self},
};
use crate::{
    Error,
    logical::CastContext,
    value::{Column, DataType, TypeClass, Value, cast_value, compare},
};
use alloc::vec::Vec;
use btree::Bound;
use core::cmp::Ordering;

/// What is known of one key part. NULL as a value fulfils nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyLimit {
    /// `key = value`
    Equal(Value),
    /// `key IS NULL`
    IsNull,
    /// `key IS NOT NULL`
    IsNotNull,
    /// `key > value` and the like: value, and whether it is itself included.
    Range {
        /// From which value on.
        lower: Option<(Value, bool)>,
        /// Up to which value.
        upper: Option<(Value, bool)>,
    },
}

/// A range of keys in the order of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// Where it begins.
    pub lower: Bound,
    /// Where it ends.
    pub upper: Bound,
}

/// A value in the type of a key part, how it compares with the value itself, or where it lies when it does not fit.
enum Fitted {
    Fits(Value, Ordering),
    Below,
    Above,
}

fn fit(value: &Value, data_type: DataType) -> Result<Fitted, Error> {
    if let Some(number) = value.as_i64() {
        let (low, high) = match data_type {
            DataType::Int2 => (i64::from(i16::MIN), i64::from(i16::MAX)),
            DataType::Int4 => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        if number < low {
            return Ok(Fitted::Below);
        }
        if number > high {
            return Ok(Fitted::Above);
        }
    }
    if data_type.class() == TypeClass::Text {
        return Ok(Fitted::Fits(value.clone(), Ordering::Equal));
    }
    let from = value_type(value);
    let fitted = cast_value(value, from, data_type.base(), CastContext::Explicit)?;
    let order = if from.same_base(data_type) {
        Ordering::Equal
    } else {
        compare(&fitted, value)
    };
    Ok(Fitted::Fits(fitted, order))
}

fn value_type(value: &Value) -> DataType {
    match value {
        Value::Null => DataType::Unknown,
        Value::Bool(_) => DataType::Bool,
        Value::Int2(_) => DataType::Int2,
        Value::Int4(_) => DataType::Int4,
        Value::Int8(_) => DataType::Int8,
        Value::Float4(_) => DataType::Float4,
        Value::Float8(_) => DataType::Float8,
        Value::Numeric(_) => DataType::Numeric(None),
        Value::Text(_) => DataType::Text,
        Value::Date(_) => DataType::Date,
        Value::Timestamp(_) => DataType::Timestamp,
        Value::Interval(_) => DataType::Interval,
        Value::Uuid(_) => DataType::Uuid,
    }
}

impl Index {
    /// The keys that fulfil `limits` of the first key parts. A limit behind a range or behind a part without limit does not
    /// narrow it: test it on the entries. `None`: no key can.
    ///
    /// # Errors
    /// A value of a type that the key's cannot be compared with.
    pub fn range(&self, limits: &[KeyLimit]) -> Result<Option<KeyRange>, Error> {
        let mut prefix = Vec::new();
        for (limit, part) in limits.iter().zip(self.format.parts()) {
            let mut encode = |value: &Value, to: &mut Vec<u8>| {
                let mut one = Column::with_capacity(part.data_type, 1);
                one.push(value);
                key::write_part(
                    &one.data,
                    0,
                    one.is_null(0),
                    part.descending,
                    part.nulls_first,
                    to,
                );
            };
            let null = key::null_marker(part.nulls_first);
            match limit {
                KeyLimit::Equal(value) => {
                    if value.is_null() {
                        return Ok(None);
                    }
                    match fit(value, part.data_type)? {
                        Fitted::Fits(value, Ordering::Equal) => encode(&value, &mut prefix),
                        _ => return Ok(None),
                    }
                }
                KeyLimit::IsNull => prefix.push(null),
                KeyLimit::IsNotNull => {
                    prefix.push(1);
                    return Ok(Some(at(prefix)));
                }
                KeyLimit::Range { lower, upper } => {
                    // NULLs are outside whichever way the range is open.
                    let mut values = prefix.clone();
                    values.push(1);
                    let mut range = at(values);
                    for (limit, is_lower) in [(lower, true), (upper, false)] {
                        let Some((value, inclusive)) = limit else {
                            continue;
                        };
                        if value.is_null() {
                            return Ok(None);
                        }
                        let (value, order) = match (fit(value, part.data_type)?, is_lower) {
                            (Fitted::Fits(value, order), _) => (value, order),
                            (Fitted::Below, true) | (Fitted::Above, false) => continue,
                            (Fitted::Below, false) | (Fitted::Above, true) => return Ok(None),
                        };
                        let mut bytes = prefix.clone();
                        encode(&value, &mut bytes);
                        // A value that had to be rounded is itself in or out, whatever the condition said of the exact one.
                        let inclusive = match order {
                            Ordering::Equal => *inclusive,
                            Ordering::Less => !is_lower,
                            Ordering::Greater => is_lower,
                        };
                        let bound = if inclusive {
                            Bound::Included(bytes)
                        } else {
                            Bound::Excluded(bytes)
                        };
                        if is_lower != part.descending {
                            range.lower = bound;
                        } else {
                            range.upper = bound;
                        }
                    }
                    return Ok(Some(range));
                }
            }
        }
        if prefix.is_empty() {
            return Ok(Some(KeyRange {
                lower: Bound::Unbounded,
                upper: Bound::Unbounded,
            }));
        }
        Ok(Some(at(prefix)))
    }
}

fn at(prefix: Vec<u8>) -> KeyRange {
    KeyRange {
        lower: Bound::Included(prefix.clone()),
        upper: Bound::Included(prefix),
    }
}
