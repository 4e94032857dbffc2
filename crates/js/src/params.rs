//! Parameters as JavaScript wrote them: a tag each, then the value, little-endian and unaligned.
//!
//! The tags tell JavaScript's types apart, not SQL's: the engine casts each value to the type of its parameter.

use engine::{Error, ErrorCode, value::Value};

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
/// A whole number of 32 bits.
const INT: u8 = 3;
/// A whole number up to 2^53, as a double.
const SAFE_INT: u8 = 4;
const FLOAT: u8 = 5;
/// A `BigInt` of 64 bits.
const BIG_INT: u8 = 6;
/// Length in bytes (u32), then UTF-8.
const TEXT: u8 = 7;

/// Reads `count` values into `values`, whose memory is used again. O(bytes).
///
/// # Errors
/// XX000 if the bytes are not what `js/database.js` writes.
pub fn read(mut bytes: &[u8], count: usize, values: &mut Vec<Value>) -> Result<(), Error> {
    values.clear();
    for _ in 0..count {
        values.push(value(&mut bytes).ok_or_else(|| {
            Error::new(
                ErrorCode::InternalError,
                "parameters were not written as agreed",
            )
        })?);
    }
    Ok(())
}

fn value(bytes: &mut &[u8]) -> Option<Value> {
    let [tag] = take(bytes)?;
    Some(match tag {
        NULL => Value::Null,
        FALSE => Value::Bool(false),
        TRUE => Value::Bool(true),
        INT => Value::Int4(i32::from_le_bytes(take(bytes)?)),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole and within 2^53, says its tag"
        )]
        SAFE_INT => Value::Int8(f64::from_le_bytes(take(bytes)?) as i64),
        FLOAT => Value::Float8(f64::from_le_bytes(take(bytes)?)),
        BIG_INT => Value::Int8(i64::from_le_bytes(take(bytes)?)),
        TEXT => {
            let length = u32::from_le_bytes(take(bytes)?) as usize;
            let (text, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Value::text(core::str::from_utf8(text).ok()?)
        }
        _ => return None,
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tag_gives_its_value_and_the_next_begins_behind_it() {
        let mut bytes = vec![NULL, TRUE, INT];
        bytes.extend((-5_i32).to_le_bytes());
        bytes.push(SAFE_INT);
        bytes.extend(9_007_199_254_740_991_f64.to_le_bytes());
        bytes.push(TEXT);
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend("aß".as_bytes());
        bytes.push(FALSE);
        let mut values = vec![Value::Null; 9];
        read(&bytes, 6, &mut values).unwrap();
        assert_eq!(
            values,
            [
                Value::Null,
                Value::Bool(true),
                Value::Int4(-5),
                Value::Int8(9_007_199_254_740_991),
                Value::text("aß"),
                Value::Bool(false)
            ]
        );
    }

    #[test]
    fn bytes_that_end_too_soon_are_an_error() {
        let mut values = Vec::new();
        assert!(read(&[INT, 1, 2], 1, &mut values).is_err());
        assert!(read(&[TEXT, 9, 0, 0, 0, b'a'], 1, &mut values).is_err());
        assert!(read(&[], 1, &mut values).is_err());
    }
}
