//! Bytes of a value as the planner expects them.
//!
//! Method: PostgreSQL 15 `lsyscache.c` (`get_typavgwidth`) and `costsize.c` (`set_rel_width`).

use crate::value::DataType;

/// Expected bytes of a value of that type when nothing else is known.
///
/// Fixed types: their length. `char(n)`: its largest length (4 bytes a character and a header). `varchar(n)` and `numeric(p, s)`:
/// the largest length m up to 32, 32 + (m − 32) / 2 above, but at most 516. Others: 32.
/// ```
/// use engine::{physical::type_width, value::DataType};
/// assert_eq!(type_width(DataType::Int8), 8);
/// assert_eq!(type_width(DataType::Text), 32);
/// ```
#[must_use]
pub fn type_width(data_type: DataType) -> u32 {
    if let Some(length) = data_type.fixed_len() {
        return u32::try_from(length).unwrap_or(u32::MAX);
    }
    let limit = match data_type {
        // At most four bytes a character in UTF-8, and the header.
        DataType::Char(length) => return length.saturating_mul(4).saturating_add(4),
        DataType::Varchar(Some(length)) => length.saturating_mul(4).saturating_add(4),
        // Two bytes for each group of four digits, and 8 of header.
        DataType::Numeric(Some((precision, _))) => 8 + 2 * ((u32::from(precision) + 6) / 4),
        _ => return 32,
    };
    if limit <= 32 {
        limit
    } else if limit < 1000 {
        32 + (limit - 32) / 2
    } else {
        32 + (1000 - 32) / 2
    }
}
