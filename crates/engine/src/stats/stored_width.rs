//! Bytes that a value takes in a PostgreSQL row, header included, without alignment: what `avg_width` is the mean of.
//!
//! Source: PostgreSQL 15 `varatt.h` (short and long headers), `numeric.c` (groups of four decimal digits).

use crate::value::{Numeric, Value};

/// Longest value with a one-byte header, in bytes with it.
const SHORT_VALUE_BYTES: usize = 127;

/// Bytes of a stored value; 0 for NULL.
/// ```
/// use engine::{stats::stored_width, value::{Numeric, Value}};
/// assert_eq!(stored_width(&Value::text("abc")), 4);
/// assert_eq!(stored_width(&Value::Numeric(Numeric { mantissa: 1250, scale: 2 })), 7);
/// assert_eq!(stored_width(&Value::Numeric(Numeric { mantissa: 10000, scale: 2 })), 5);
/// ```
#[must_use]
pub fn stored_width(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int2(_) => 2,
        Value::Int4(_) | Value::Float4(_) | Value::Date(_) => 4,
        Value::Int8(_) | Value::Float8(_) | Value::Timestamp(_) => 8,
        Value::Interval(_) | Value::Uuid(_) => 16,
        Value::Text(text) => text_width(text.len()),
        Value::Numeric(number) => numeric_width(*number),
    }
}

/// Bytes of a stored text of `bytes` bytes.
pub(super) const fn text_width(bytes: usize) -> usize {
    if bytes < SHORT_VALUE_BYTES {
        bytes + 1
    } else {
        bytes + 4
    }
}

/// Bytes of a stored numeric: header, sign and scale, and two for each group of four digits between the first and the last
/// that are not zero.
pub(super) fn numeric_width(number: Numeric) -> usize {
    3 + 2 * number.stored_groups() as usize
}
