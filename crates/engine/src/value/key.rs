//! Keys: values as bytes that sort by `memcmp` as SQL sorts the values, and that are equal when SQL holds the values equal.
//!
//! Why: the tree compares bytes and knows no types. Keys are self-delimiting and can be decoded again, so that an index-only scan
//! needs no heap row. What order leaves out (the scale of an unconstrained numeric, the fields of an interval) and the INCLUDE columns go
//! into the *payload* beside the key.
//!
//! Each column is one byte (0 = NULL that sorts first, 1 = a value, 2 = NULL that sorts last), then the value:
//!
//! | type | bytes |
//! |---|---|
//! | boolean | 1 |
//! | integers, date, timestamp | big-endian, sign bit flipped |
//! | floats | big-endian; negative ones inverted, others with the sign bit flipped; -0 as 0, one NaN above all |
//! | text | its bytes, 0 and 1 escaped as 1 1 and 1 2, then 0 |
//! | numeric | 2 bytes of sign and exponent to base 100, then digits to base 100, each doubled; all but the last plus 1 |
//! | interval | its length in microseconds, 16 |
//! | uuid | 16 |
//!
//! DESC inverts the value's bytes. Source of the digit encoding: SQLite4's key encoding (design document "Key Encoding").

mod decode;
mod encode;
mod layout;
mod number;

use super::DataType;
use alloc::vec::Vec;

pub use encode::EncodedKeys;

/// How one column of a key sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// Its type.
    pub data_type: DataType,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST.
    pub nulls_first: bool,
    /// Never NULL.
    pub not_null: bool,
}

/// The columns of a key, and of what is stored beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySchema {
    /// Columns that are sorted by.
    pub columns: Vec<KeyColumn>,
    /// Types of the INCLUDE columns.
    pub included: Vec<DataType>,
}

impl KeySchema {
    /// A schema in ascending order, NULLS LAST, of these types, without INCLUDE columns.
    #[must_use]
    pub fn ascending(types: &[DataType]) -> Self {
        let column = |&data_type| KeyColumn {
            data_type,
            descending: false,
            nulls_first: false,
            not_null: false,
        };
        Self {
            columns: types.iter().map(column).collect(),
            included: Vec::new(),
        }
    }
}

/// Above every byte with which a column starts: a key prefix followed by it is above all keys with that prefix.
pub const AFTER_PREFIX: u8 = 0xff;

const NULL_FIRST: u8 = 0;
const NOT_NULL: u8 = 1;
const NULL_LAST: u8 = 2;

impl KeyColumn {
    const fn null_byte(self) -> u8 {
        if self.nulls_first {
            NULL_FIRST
        } else {
            NULL_LAST
        }
    }

    /// All ones for DESC: what the value's bytes are exclusive-ored with.
    const fn inversion(self) -> u8 {
        if self.descending { 0xff } else { 0 }
    }
}

#[cfg(test)]
mod tests;
