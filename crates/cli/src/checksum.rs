//! Checksums of a result that do not depend on how a program prints numbers.
//!
//! A row is its fields joined by TAB and ended by LF: NULL is `\N`, booleans `t` and `f`, decimals and floats nine
//! significant digits, the rest as PostgreSQL prints it. The checksum is CRC-32 as in zlib and Ethernet.

use engine::{
    database::ResultColumn,
    value::{TypeClass, Value, to_text},
};

/// One row as bytes.
#[must_use]
pub fn row_bytes(row: &[Value], columns: &[ResultColumn]) -> Vec<u8> {
    let mut line = String::new();
    for (at, (value, column)) in row.iter().zip(columns).enumerate() {
        if at > 0 {
            line.push('\t');
        }
        match (value, column.data_type.class()) {
            (Value::Null, _) => line.push_str("\\N"),
            (_, TypeClass::Float | TypeClass::Numeric) => {
                let number: f64 = to_text(value, column.data_type).parse().unwrap_or(f64::NAN);
                // Minus nought is nought.
                line.push_str(&format!("{:.8e}", number + 0.0));
            }
            _ => line.push_str(&to_text(value, column.data_type)),
        }
    }
    line.push('\n');
    line.into_bytes()
}

/// Checksum of rows one behind the other.
#[must_use]
pub fn crc32<'r>(rows: impl IntoIterator<Item = &'r Vec<u8>>) -> u32 {
    let table: Vec<u32> = (0..256_u32)
        .map(|byte| {
            (0..8).fold(byte, |sum, _| {
                (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
            })
        })
        .collect();
    let mut sum = u32::MAX;
    for &byte in rows.into_iter().flatten() {
        let at = (sum ^ u32::from(byte)) & 0xff;
        sum = (sum >> 8) ^ table.get(at as usize).copied().unwrap_or(0);
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_the_nine_digits_is_the_published_one() {
        assert_eq!(crc32(&[b"123456789".to_vec()]), 0xcbf4_3926);
    }
}
