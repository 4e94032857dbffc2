//! Columns as bytes on a heap page: little-endian values end to end, and back.
//!
//! Fixed types take their length; a numeric takes one or two bytes of scale and only as many of its mantissa as it needs, never more
//! than PostgreSQL would; texts are their bytes. Lengths of the two varying types are kept by whoever owns the page.

use super::{Column, ColumnData, NullMask, TextData};
use crate::value::{DataType, Interval, Numeric};
use alloc::vec::Vec;
use pages::loops;

impl ColumnData {
    /// Appends the bytes of a range of rows: for fixed types a minipage, `rows · length` bytes.
    pub fn write_le(&self, range: core::ops::Range<usize>, out: &mut Vec<u8>) {
        match self {
            Self::Bool(values) => out.extend(values[range].iter().map(|&value| u8::from(value))),
            Self::Int4(values) | Self::Date(values) => {
                out.extend(values[range].iter().flat_map(|value| value.to_le_bytes()));
            }
            Self::Int8(values) | Self::Timestamp(values) => {
                out.extend(values[range].iter().flat_map(|value| value.to_le_bytes()));
            }
            Self::Float8(values) => {
                out.extend(values[range].iter().flat_map(|value| value.to_le_bytes()));
            }
            Self::Text(text) => out.extend_from_slice(
                &text.bytes[text.offsets[range.start] as usize..text.offsets[range.end] as usize],
            ),
            _ => {
                for row in range {
                    self.write_row(row, out);
                }
            }
        }
    }

    /// Appends the values of a minipage of a fixed type. Bytes that do not make a whole value are left. `false` for a varying type.
    pub fn extend_le(&mut self, bytes: &[u8]) -> bool {
        match self {
            Self::Bool(values) => loops::extend_bool(values, bytes),
            Self::Int2(values) => extend(values, bytes, i16::from_le_bytes),
            Self::Int4(values) | Self::Date(values) => loops::extend_i32(values, bytes),
            Self::Int8(values) | Self::Timestamp(values) => loops::extend_i64(values, bytes),
            Self::Float4(values) => extend(values, bytes, f32::from_le_bytes),
            Self::Float8(values) => extend(values, bytes, f64::from_le_bytes),
            Self::Interval(values) => extend(values, bytes, read_interval),
            Self::Uuid(values) => extend(values, bytes, |bytes: [u8; 16]| bytes),
            Self::Numeric(_) | Self::Text(_) => return false,
        }
        true
    }

    /// Appends one value given by its bytes. `false` (and nothing appended) if they are not of this type.
    pub fn push_le(&mut self, bytes: &[u8]) -> bool {
        match self {
            Self::Text(text) => loops::push_text(&mut text.bytes, &mut text.offsets, bytes),
            Self::Numeric(values) => read_numeric(bytes)
                .map(|value| values.push(value))
                .is_some(),
            Self::Bool(values) => push(values, bytes, |[byte]: [u8; 1]| byte != 0),
            Self::Int2(values) => push(values, bytes, i16::from_le_bytes),
            Self::Int4(values) | Self::Date(values) => push(values, bytes, i32::from_le_bytes),
            Self::Int8(values) | Self::Timestamp(values) => push(values, bytes, i64::from_le_bytes),
            Self::Float4(values) => push(values, bytes, f32::from_le_bytes),
            Self::Float8(values) => push(values, bytes, f64::from_le_bytes),
            Self::Interval(values) => push(values, bytes, read_interval),
            Self::Uuid(values) => push(values, bytes, |bytes: [u8; 16]| bytes),
        }
    }
}

impl Column {
    /// A column of a fixed type from its minipage; `None` for varying types or a wrong length.
    #[must_use]
    pub fn from_le_bytes(data_type: DataType, bytes: &[u8], nulls: NullMask) -> Option<Self> {
        let length = data_type.fixed_len()?;
        if !bytes.len().is_multiple_of(length) {
            return None;
        }
        let mut data = ColumnData::with_capacity(data_type, bytes.len() / length);
        data.extend_le(bytes).then_some(Self { data, nulls })
    }

    /// A text column from its bytes and offsets; `None` if they do not fit or are not UTF-8.
    #[must_use]
    pub fn from_text_parts(offsets: Vec<u32>, bytes: Vec<u8>, nulls: NullMask) -> Option<Self> {
        let ascending = offsets.windows(2).all(|pair| pair[0] <= pair[1]);
        let whole = offsets.first() == Some(&0)
            && offsets.last().map(|&end| end as usize) == Some(bytes.len());
        let text = core::str::from_utf8(&bytes).ok()?;
        let cut_well = offsets.iter().all(|&at| text.is_char_boundary(at as usize));
        (ascending && whole && cut_well).then_some(Self {
            data: ColumnData::Text(TextData { offsets, bytes }),
            nulls,
        })
    }
}

fn extend<T, const N: usize>(values: &mut Vec<T>, bytes: &[u8], read: impl Fn([u8; N]) -> T) {
    let (chunks, _) = bytes.as_chunks::<N>();
    values.extend(chunks.iter().map(|chunk| read(*chunk)));
}

fn push<T, const N: usize>(values: &mut Vec<T>, bytes: &[u8], read: impl Fn([u8; N]) -> T) -> bool {
    let value = bytes.try_into().map(read);
    value.map(|value| values.push(value)).is_ok()
}

pub(crate) fn write_interval(value: Interval, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.micros.to_le_bytes());
    out.extend_from_slice(&value.days.to_le_bytes());
    out.extend_from_slice(&value.months.to_le_bytes());
}

fn read_interval(bytes: [u8; 16]) -> Interval {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
    Interval {
        micros: i64::from_le_bytes([a, b, c, d, e, f, g, h]),
        days: i32::from_le_bytes([i, j, k, l]),
        months: i32::from_le_bytes([m, n, o, p]),
    }
}

/// Scale (one byte, or 255 and two more), then the mantissa's low bytes, as few as keep its sign.
pub(crate) fn write_numeric(value: Numeric, out: &mut Vec<u8>) {
    match u8::try_from(value.scale) {
        Ok(scale) if scale < u8::MAX => out.push(scale),
        _ => {
            out.push(u8::MAX);
            out.extend_from_slice(&value.scale.to_le_bytes());
        }
    }
    let bytes = value.mantissa.to_le_bytes();
    let fill = if value.mantissa < 0 { 0xff } else { 0 };
    let mut length = bytes.len();
    while length > 0
        && bytes[length - 1] == fill
        && (length == 1 && fill == 0 || length > 1 && (bytes[length - 2] ^ fill) & 0x80 == 0)
    {
        length -= 1;
    }
    out.extend_from_slice(&bytes[..length]);
}

/// The inverse of [`write_numeric`]; `None` if the bytes are none of its.
pub(crate) fn read_numeric(bytes: &[u8]) -> Option<Numeric> {
    let (&first, rest) = bytes.split_first()?;
    let (scale, digits) = if first == u8::MAX {
        let (scale, digits) = rest.split_first_chunk::<2>()?;
        (u16::from_le_bytes(*scale), digits)
    } else {
        (u16::from(first), rest)
    };
    if digits.len() > 16 {
        return None;
    }
    let fill = match digits.last() {
        Some(byte) if byte & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let mut mantissa = [fill; 16];
    mantissa[..digits.len()].copy_from_slice(digits);
    Some(Numeric {
        mantissa: i128::from_le_bytes(mantissa),
        scale,
    })
}
