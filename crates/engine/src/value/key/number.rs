//! Numerics as bytes that sort: sign, exponent, digits.

use crate::value::Numeric;
use alloc::vec::Vec;

const ZERO: u16 = 0x8000;
/// Header of a positive number with exponent 0.
const MIDDLE: i32 = 0xc000;

/// Appends `value`; 1.0 and 1.00 give the same bytes.
pub(super) fn encode(value: Numeric, out: &mut Vec<u8>) {
    if value.mantissa == 0 {
        out.extend_from_slice(&ZERO.to_be_bytes());
        return;
    }
    let mut magnitude = value.mantissa.unsigned_abs();
    let mut scale = i32::from(value.scale);
    // Pairs of digits must not straddle the point.
    if scale % 2 != 0 {
        if let Some(even) = magnitude.checked_mul(10) {
            magnitude = even;
            scale += 1;
        } else {
            // 39 digits: the last one stands alone, shifted into a pair of its own.
            let last = magnitude % 10;
            let mut digits = pairs(magnitude / 10);
            digits.push(u8::try_from(last * 10).unwrap_or(0));
            return finish(value.mantissa < 0, digits, scale - 1, 1, out);
        }
    }
    finish(value.mantissa < 0, pairs(magnitude), scale, 0, out);
}

/// Digits to base 100, first first.
fn pairs(mut magnitude: u128) -> Vec<u8> {
    let mut digits = Vec::with_capacity(20);
    while magnitude > 0 {
        digits.push(u8::try_from(magnitude % 100).unwrap_or(0));
        magnitude /= 100;
    }
    digits.reverse();
    digits
}

/// `after` of the digits stand behind the `scale / 2` pairs that follow the point.
fn finish(negative: bool, mut digits: Vec<u8>, scale: i32, after: i32, out: &mut Vec<u8>) {
    let count = i32::try_from(digits.len()).unwrap_or(0);
    let exponent = count - after - scale / 2;
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let header = u16::try_from(MIDDLE + exponent).unwrap_or(u16::MAX);
    let inversion = if negative { 0xff } else { 0 };
    out.extend(header.to_be_bytes().map(|byte| byte ^ inversion));
    let last = digits.len().saturating_sub(1);
    for (at, digit) in digits.into_iter().enumerate() {
        out.push((digit * 2 + u8::from(at < last)) ^ inversion);
    }
}

/// A number read back: its value without trailing zeros, bytes read, groups of four digits as PostgreSQL stores them.
pub(super) struct Decoded {
    pub value: Numeric,
    pub length: usize,
    pub groups: usize,
}

/// Reads the number at the start of `bytes`, each exclusive-ored with `inversion`; `None` if there is none.
pub(super) fn decode(bytes: &[u8], inversion: u8) -> Option<Decoded> {
    let header = u16::from_be_bytes([bytes.first()? ^ inversion, bytes.get(1)? ^ inversion]);
    if header == ZERO {
        return Some(Decoded {
            value: Numeric::ZERO,
            length: 2,
            groups: 0,
        });
    }
    let negative = header < ZERO;
    let inversion = if negative {
        inversion ^ 0xff
    } else {
        inversion
    };
    let header = if negative { !header } else { header };
    let exponent = i32::from(header) - MIDDLE;
    let mut length = 2;
    let mut mantissa: i128 = 0;
    let mut count = 0;
    let mut overflow_digit = None;
    loop {
        let byte = bytes.get(length)? ^ inversion;
        length += 1;
        count += 1;
        let digit = i128::from(byte / 2);
        match mantissa.checked_mul(100).and_then(|m| m.checked_add(digit)) {
            Some(next) => mantissa = next,
            None => overflow_digit = Some(digit),
        }
        if byte & 1 == 0 {
            break;
        }
    }
    let (first, last) = (exponent - 1, exponent - count);
    let groups = usize::try_from(first.div_euclid(2) - last.div_euclid(2) + 1).ok()?;
    let mut scale = -2 * last;
    if let Some(digit) = overflow_digit {
        mantissa = mantissa.checked_mul(10)?.checked_add(digit / 10)?;
        scale -= 1;
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    while scale < 0 {
        mantissa = mantissa.checked_mul(10)?;
        scale += 1;
    }
    let value = Numeric {
        mantissa: if negative { -mantissa } else { mantissa },
        scale: u16::try_from(scale).ok()?,
    };
    Some(Decoded {
        value,
        length,
        groups,
    })
}
