//! Hashes that agree with SQL equality: 1, 1::bigint, 1.0 and 1.00 hash alike, so hash joins and aggregates may mix them.
//!
//! Deterministic, without a seed: the same data gives the same buckets on every machine. Method: multiply and fold, as in
//! wyhash's finaliser; not meant to resist an attacker.

use super::compare::MICROS_PER_DAY;
use super::{Column, ColumnData, Numeric, Value, compare::interval_micros};
use alloc::vec::Vec;

const NULL_HASH: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads the bits of a number over all 64.
#[inline]
#[must_use]
pub const fn mix(value: u64) -> u64 {
    let product = (value ^ 0xa076_1d64_78bd_642f) as u128 * 0xe703_7ed1_a0b4_28db_u128;
    (product as u64) ^ (product >> 64) as u64
}

/// Joins the hash of a further column.
#[inline]
#[must_use]
pub const fn combine(hash: u64, next: u64) -> u64 {
    mix(hash.rotate_left(23) ^ next)
}

/// Hash of a byte string.
#[inline]
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = bytes.len() as u64;
    for word in words {
        hash = mix(hash ^ u64::from_le_bytes(*word));
    }
    let mut last = [0_u8; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(hash ^ u64::from_le_bytes(last))
}

#[inline]
fn hash_i64(value: i64) -> u64 {
    mix(value.cast_unsigned())
}

/// Whole doubles hash as integers, so that 1.0 and 1 agree.
#[inline]
fn hash_f64(value: f64) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "the way back is tested"
    )]
    {
        let whole = value as i64;
        if whole as f64 == value && whole != i64::MAX {
            return hash_i64(whole);
        }
    }
    if value.is_nan() {
        mix(u64::MAX)
    } else {
        mix(value.to_bits())
    }
}

fn hash_numeric(value: Numeric) -> u64 {
    let (mut mantissa, mut scale) = (value.mantissa, value.scale);
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    match i64::try_from(mantissa) {
        Ok(whole) if scale == 0 => hash_i64(whole),
        // Compared with floats as floats, so hashed as one.
        _ => hash_f64(Numeric { mantissa, scale }.to_f64()),
    }
}

/// Hash of one value; NULL has one, too.
#[must_use]
pub fn hash_value(value: &Value) -> u64 {
    match value {
        Value::Null => NULL_HASH,
        Value::Bool(value) => mix(u64::from(*value)),
        Value::Int2(value) => hash_i64(i64::from(*value)),
        Value::Int4(value) => hash_i64(i64::from(*value)),
        Value::Int8(value) | Value::Timestamp(value) => hash_i64(*value),
        Value::Float4(value) => hash_f64(f64::from(*value)),
        Value::Float8(value) => hash_f64(*value),
        Value::Numeric(value) => hash_numeric(*value),
        Value::Text(value) => hash_bytes(value.as_bytes()),
        Value::Date(days) => hash_date(*days),
        Value::Interval(value) => hash_bytes(&interval_micros(*value).to_le_bytes()),
        Value::Uuid(bytes) => hash_bytes(bytes),
    }
}

/// A date hashes as its midnight, since it may equal a timestamp.
#[inline]
fn hash_date(days: i32) -> u64 {
    hash_i64(match days {
        i32::MAX => i64::MAX,
        i32::MIN => i64::MIN,
        days => i64::from(days).wrapping_mul(MICROS_PER_DAY),
    })
}

/// Joins the hashes of a column's rows into `hashes`, one for each row (start with zeros for the first column).
///
/// # Panics
/// If the column is shorter than `hashes`: our mistake.
pub fn hash_column(column: &Column, hashes: &mut [u64]) {
    match &column.data {
        ColumnData::Bool(values) => join(values, hashes, |value| mix(u64::from(value))),
        ColumnData::Int2(values) => join(values, hashes, |value| hash_i64(i64::from(value))),
        ColumnData::Int4(values) => join(values, hashes, |value| hash_i64(i64::from(value))),
        ColumnData::Int8(values) | ColumnData::Timestamp(values) => join(values, hashes, hash_i64),
        ColumnData::Float4(values) => join(values, hashes, |value| hash_f64(f64::from(value))),
        ColumnData::Float8(values) => join(values, hashes, hash_f64),
        ColumnData::Numeric(values) => join(values, hashes, hash_numeric),
        ColumnData::Date(values) => join(values, hashes, hash_date),
        ColumnData::Text(text) => {
            for (hash, bytes) in hashes.iter_mut().zip(text.iter()) {
                *hash = combine(*hash, hash_bytes(bytes));
            }
        }
        ColumnData::Interval(_) | ColumnData::Uuid(_) => {
            let values: Vec<Value> = (0..hashes.len()).map(|row| column.get(row)).collect();
            for (hash, value) in hashes.iter_mut().zip(&values) {
                *hash = combine(*hash, hash_value(value));
            }
            return;
        }
    }
    if !column.nulls.0.is_empty() {
        // A NULL's stand-in value is a fixed default, so this stays deterministic.
        for (hash, null) in hashes.iter_mut().zip(&column.nulls.0) {
            *hash ^= if *null { NULL_HASH } else { 0 };
        }
    }
}

#[inline]
fn join<T: Copy>(values: &[T], hashes: &mut [u64], hash_one: impl Fn(T) -> u64) {
    for (hash, value) in hashes.iter_mut().zip(values) {
        *hash = combine(*hash, hash_one(*value));
    }
}

#[cfg(test)]
mod tests {
    use super::hash_value;
    use crate::value::{Numeric, Value};

    #[test]
    fn equal_values_of_several_types_hash_alike() {
        let one = hash_value(&Value::Int4(1));
        for value in [
            Value::Int2(1),
            Value::Int8(1),
            Value::Float8(1.0),
            Value::Float4(1.0),
            Value::Numeric(Numeric::new(100, 2)),
        ] {
            assert_eq!(hash_value(&value), one);
        }
        assert_eq!(
            hash_value(&Value::Float8(0.0)),
            hash_value(&Value::Float8(-0.0))
        );
        assert_eq!(
            hash_value(&Value::Float8(0.5)),
            hash_value(&Value::Numeric(Numeric::new(50, 2)))
        );
        assert_eq!(
            hash_value(&Value::Date(1)),
            hash_value(&Value::Timestamp(86_400_000_000))
        );
        assert_ne!(hash_value(&Value::text("a")), hash_value(&Value::text("b")));
    }
}
