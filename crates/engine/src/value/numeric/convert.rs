//! Numerics from and to integers, doubles and text.

use super::{MAX_DIGITS, Numeric, overflow, pow10};
use crate::error::{Error, ErrorCode};
use alloc::{format, string::String};
use core::fmt::Write;

/// Powers of ten that a double holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

impl Numeric {
    /// The nearest double.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "exact below 2^53, which is tested first"
    )]
    pub fn to_f64(self) -> f64 {
        if self.mantissa.unsigned_abs() < 1 << 53
            && let Some(power) = EXACT_POWERS.get(usize::from(self.scale))
        {
            return self.mantissa as f64 / power;
        }
        format!("{}e-{}", self.mantissa, self.scale)
            .parse()
            .unwrap_or(0.0)
    }

    /// From a double with 15 significant digits, as PostgreSQL casts. NaN and infinities are 22003 (0A000 in spirit).
    pub fn from_f64(value: f64) -> Result<Self, Error> {
        Self::from_float(value, 14)
    }

    /// From a real with 6 significant digits.
    pub fn from_f32(value: f32) -> Result<Self, Error> {
        Self::from_float(f64::from(value), 5)
    }

    fn from_float(value: f64, digits_after_first: usize) -> Result<Self, Error> {
        if !value.is_finite() {
            return Err(Error::new(
                ErrorCode::FeatureNotSupported,
                "NaN and infinity are not supported in numeric",
            ));
        }
        let text = format!("{value:.digits_after_first$e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().map_err(|_| overflow())?;
        let mut mantissa: i128 = 0;
        let mut scale = -exponent;
        let mut after_point = false;
        for byte in digits.bytes() {
            match byte {
                b'.' => after_point = true,
                b'0'..=b'9' => {
                    mantissa = mantissa * 10 + i128::from(byte - b'0');
                    scale += i32::from(after_point);
                }
                _ => {}
            }
        }
        while mantissa != 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        if mantissa == 0 {
            return Ok(Self::ZERO);
        }
        if scale < 0 {
            let factor = pow10(scale.unsigned_abs()).ok_or_else(overflow)?;
            mantissa = mantissa.checked_mul(factor).ok_or_else(overflow)?;
            scale = 0;
        }
        Ok(Self {
            mantissa: if value < 0.0 { -mantissa } else { mantissa },
            scale: u16::try_from(scale).map_err(|_| overflow())?,
        })
    }

    /// Rounded half away from zero; `None` if it does not fit.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        i64::try_from(self.round(0).ok()?.mantissa).ok()
    }

    /// `-12.50`; always all digits of the scale, never an exponent.
    pub fn write(self, out: &mut String) {
        let magnitude = self.mantissa.unsigned_abs();
        if self.mantissa < 0 {
            out.push('-');
        }
        let scale = usize::from(self.scale);
        // Writing to a String cannot fail.
        if scale == 0 {
            let _ = write!(out, "{magnitude}");
            return;
        }
        match u32::try_from(scale).ok().and_then(pow10) {
            Some(unit) => {
                let unit = unit.unsigned_abs();
                let _ = write!(out, "{}.{:0scale$}", magnitude / unit, magnitude % unit);
            }
            None => {
                let _ = write!(out, "0.{magnitude:0scale$}");
            }
        }
    }

    /// From trimmed text: `-12.50`, `1e3`, `.5`. `None` = not a number; an error = too large.
    pub fn parse(text: &str) -> Option<Result<Self, Error>> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (digits, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (rest.get(..at)?, rest.get(at + 1..)?.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let mut mantissa: i128 = 0;
        let mut scale: i32 = 0;
        let (mut seen, mut after_point, mut too_large) = (false, false, false);
        for byte in digits.bytes() {
            match byte {
                b'.' if !after_point => after_point = true,
                b'0'..=b'9' => {
                    seen = true;
                    let next = mantissa
                        .checked_mul(10)
                        .and_then(|m| m.checked_add(i128::from(byte - b'0')));
                    match next {
                        Some(next) if scale < 16_383 => {
                            mantissa = next;
                            scale += i32::from(after_point);
                        }
                        // Digits beyond the 38th after the point are cut; before it there is no room.
                        _ => too_large |= !after_point,
                    }
                }
                _ => return None,
            }
        }
        if !seen {
            return None;
        }
        let mantissa = if negative { -mantissa } else { mantissa };
        Some(if too_large {
            Err(overflow())
        } else {
            shift(mantissa, scale - exponent.clamp(-100_000, 100_000))
        })
    }
}

/// `mantissa / 10^scale` where the scale may be negative or too long.
fn shift(mantissa: i128, scale: i32) -> Result<Numeric, Error> {
    if scale >= 0 {
        let scale = u16::try_from(scale).map_err(|_| overflow())?;
        return Ok(Numeric { mantissa, scale });
    }
    if mantissa == 0 {
        return Ok(Numeric::ZERO);
    }
    let mantissa = (scale.unsigned_abs() <= MAX_DIGITS)
        .then(|| pow10(scale.unsigned_abs()))
        .flatten()
        .and_then(|factor| mantissa.checked_mul(factor))
        .ok_or_else(overflow)?;
    Ok(Numeric { mantissa, scale: 0 })
}
