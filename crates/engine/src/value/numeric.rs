//! Decimal arithmetic with PostgreSQL's rules for digits after the point.
//!
//! Why 128 bits and not arbitrary length: 38 digits hold every amount, sum and average that the playground meets, the value stays
//! `Copy` and arithmetic stays one instruction or two. What needs more digits is 22003, where PostgreSQL would go on
//! to 131,072 digits; products and quotients go through 256 bits, so only the *result* must fit. NaN and infinities do not exist.
//!
//! Source of the scale rules: PostgreSQL `numeric.c`, `select_div_scale`, `sqrt_var`, `power_var`.

mod convert;
mod math;
mod wide;

use super::datum::Numeric;
use crate::error::{Error, ErrorCode};
use core::cmp::Ordering;
use wide::{divide_wide, multiply_wide};

/// Digits that a mantissa surely holds.
pub const MAX_DIGITS: u32 = 38;
/// Significant digits that a quotient or root has at least (PostgreSQL's `NUMERIC_MIN_SIG_DIGITS`).
const MIN_SIGNIFICANT: i32 = 16;
/// Most digits after the point that a computed result shows.
const MAX_RESULT_SCALE: i32 = 1000;

/// 22003 in PostgreSQL's words.
pub(super) fn overflow() -> Error {
    Error::new(
        ErrorCode::NumericValueOutOfRange,
        "value overflows numeric format",
    )
}

/// 22012.
pub(super) fn division_by_zero() -> Error {
    Error::new(ErrorCode::DivisionByZero, "division by zero")
}

/// `10^exponent` if it fits.
pub(super) const fn pow10(exponent: u32) -> Option<i128> {
    if exponent > MAX_DIGITS {
        None
    } else {
        Some(10_i128.pow(exponent))
    }
}

#[allow(
    clippy::should_implement_trait,
    reason = "these can fail, so they cannot be the operators"
)]
impl Numeric {
    /// Zero without digits after the point.
    pub const ZERO: Self = Self {
        mantissa: 0,
        scale: 0,
    };

    /// `mantissa / 10^scale`.
    #[must_use]
    pub const fn new(mantissa: i128, scale: u16) -> Self {
        Self { mantissa, scale }
    }

    /// A whole number.
    #[must_use]
    pub const fn from_i64(value: i64) -> Self {
        Self {
            mantissa: value as i128,
            scale: 0,
        }
    }

    /// Whether it is 0, of any scale.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Decimal digits of the mantissa; 0 for zero.
    #[must_use]
    pub fn digits(self) -> u32 {
        self.mantissa
            .unsigned_abs()
            .checked_ilog10()
            .map_or(0, |log| log + 1)
    }

    /// Numerical order; scales do not matter.
    #[must_use]
    pub fn compare(self, other: Self) -> Ordering {
        if self.scale == other.scale {
            return self.mantissa.cmp(&other.mantissa);
        }
        let sign = self.mantissa.signum().cmp(&other.mantissa.signum());
        if sign != Ordering::Equal || self.mantissa == 0 {
            return sign;
        }
        let up = |value: Self, by: u16| {
            pow10(u32::from(by)).and_then(|factor| value.mantissa.checked_mul(factor))
        };
        // What cannot be scaled up is the larger in magnitude.
        let larger = if self.mantissa > 0 {
            Ordering::Greater
        } else {
            Ordering::Less
        };
        if self.scale < other.scale {
            up(self, other.scale - self.scale).map_or(larger, |left| left.cmp(&other.mantissa))
        } else {
            up(other, self.scale - other.scale)
                .map_or(larger.reverse(), |right| self.mantissa.cmp(&right))
        }
    }

    /// Sum; the larger scale. 22003 on overflow.
    pub fn add(self, other: Self) -> Result<Self, Error> {
        let (a, b, scale) = align(self, other)?;
        let mantissa = a.checked_add(b).ok_or_else(overflow)?;
        Ok(Self { mantissa, scale })
    }

    /// Difference; the larger scale.
    pub fn sub(self, other: Self) -> Result<Self, Error> {
        self.add(other.negate())
    }

    /// Product; the sum of the scales, less where 38 digits do not suffice.
    pub fn mul(self, other: Self) -> Result<Self, Error> {
        let scale = self.scale.checked_add(other.scale).ok_or_else(overflow)?;
        if let Some(mantissa) = self.mantissa.checked_mul(other.mantissa) {
            return Ok(Self { mantissa, scale });
        }
        let negative = (self.mantissa < 0) != (other.mantissa < 0);
        let product = multiply_wide(self.mantissa.unsigned_abs(), other.mantissa.unsigned_abs());
        for drop in 1..=u32::from(scale).min(MAX_DIGITS) {
            let Some(divisor) = pow10(drop) else { break };
            if let Some(mantissa) = divide_rounding(product, divisor.unsigned_abs(), negative) {
                let scale = scale - u16::try_from(drop).map_err(|_| overflow())?;
                return Ok(Self { mantissa, scale });
            }
        }
        Err(overflow())
    }

    /// Quotient with PostgreSQL's number of digits: at least 16 significant ones and not fewer than either operand shows.
    ///
    /// ```
    /// use engine::value::Numeric;
    /// let third = Numeric::new(1, 0).div(Numeric::new(30, 1)).unwrap();
    /// assert_eq!(third, Numeric::new(33_333_333_333_333_333_333, 20));
    /// ```
    pub fn div(self, other: Self) -> Result<Self, Error> {
        if other.is_zero() {
            return Err(division_by_zero());
        }
        self.div_to_scale(other, division_scale(self, other))
    }

    /// Quotient with `scale` digits, rounded half away from zero; fewer where 38 digits do not suffice.
    pub fn div_to_scale(self, other: Self, scale: u16) -> Result<Self, Error> {
        if other.is_zero() {
            return Err(division_by_zero());
        }
        let negative = (self.mantissa < 0) != (other.mantissa < 0);
        let (n, d) = (self.mantissa.unsigned_abs(), other.mantissa.unsigned_abs());
        let mut scale = scale;
        loop {
            // n / 10^s1 / (d / 10^s2) · 10^scale = n · 10^(scale + s2 - s1) / d
            let shift = i32::from(scale) + i32::from(other.scale) - i32::from(self.scale);
            let quotient = if shift >= 0 {
                shifted_quotient(n, d, shift.unsigned_abs(), negative)
            } else {
                // The divisor grows instead; if it cannot, the quotient is below half a unit.
                pow10(shift.unsigned_abs())
                    .and_then(|factor| d.checked_mul(factor.unsigned_abs()))
                    .map_or(Some(0), |divisor| {
                        divide_rounding((0, n), divisor, negative)
                    })
            };
            match quotient {
                Some(mantissa) => return Ok(Self { mantissa, scale }),
                None if scale == 0 => return Err(overflow()),
                None => scale -= 1,
            }
        }
    }

    /// Remainder with the dividend's sign; the larger scale.
    pub fn rem(self, other: Self) -> Result<Self, Error> {
        if other.is_zero() {
            return Err(division_by_zero());
        }
        let (a, b, scale) = align(self, other)?;
        Ok(Self {
            mantissa: a.checked_rem(b).unwrap_or(0),
            scale,
        })
    }

    /// -x.
    #[must_use]
    pub const fn negate(self) -> Self {
        Self {
            mantissa: self.mantissa.saturating_neg(),
            scale: self.scale,
        }
    }

    /// |x|.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self {
            mantissa: self.mantissa.saturating_abs(),
            scale: self.scale,
        }
    }

    /// Rounded half away from zero to `places` digits after the point; negative places round before it. The result shows
    /// `max(places, 0)` digits.
    pub fn round(self, places: i32) -> Result<Self, Error> {
        self.rescale(places, true)
    }

    /// Cut towards zero at `places` digits.
    pub fn trunc(self, places: i32) -> Result<Self, Error> {
        self.rescale(places, false)
    }

    fn rescale(self, places: i32, nearest: bool) -> Result<Self, Error> {
        let places = places.clamp(-2000, 2000);
        let shown = u16::try_from(places.max(0)).map_err(|_| overflow())?;
        let drop = i32::from(self.scale) - places;
        if drop <= 0 {
            let factor = pow10(drop.unsigned_abs());
            let mantissa = match factor {
                _ if self.mantissa == 0 => Some(0),
                Some(factor) => self.mantissa.checked_mul(factor),
                None => None,
            };
            let mantissa = mantissa.ok_or_else(overflow)?;
            return Ok(Self {
                mantissa,
                scale: shown,
            });
        }
        let Some(divisor) = pow10(drop.unsigned_abs()) else {
            return Ok(Self {
                mantissa: 0,
                scale: shown,
            });
        };
        let mut mantissa = self.mantissa / divisor;
        let rest = (self.mantissa % divisor).unsigned_abs();
        if nearest && rest >= divisor.unsigned_abs().div_ceil(2) {
            mantissa += self.mantissa.signum();
        }
        if places < 0 {
            let factor = pow10(places.unsigned_abs()).ok_or_else(overflow)?;
            mantissa = mantissa.checked_mul(factor).ok_or_else(overflow)?;
        }
        Ok(Self {
            mantissa,
            scale: shown,
        })
    }

    /// Smallest whole number that is not below.
    pub fn ceil(self) -> Result<Self, Error> {
        let whole = self.trunc(0)?;
        if whole.compare(self) == Ordering::Less {
            whole.add(Self::from_i64(1))
        } else {
            Ok(whole)
        }
    }

    /// Largest whole number that is not above.
    pub fn floor(self) -> Result<Self, Error> {
        Ok(self.negate().ceil()?.negate())
    }

    /// Applies `numeric(precision, scale)`: rounds, then 22003 "numeric field overflow" if too many digits are left.
    pub fn with_typmod(self, precision: u16, scale: u16) -> Result<Self, Error> {
        let limit = u32::from(precision) - u32::from(scale).min(u32::from(precision));
        let fail = || {
            Error::new(ErrorCode::NumericValueOutOfRange, "numeric field overflow").with_detail(
                alloc::format!(
                    "A field with precision {precision}, scale {scale} must round to an absolute value less than {}{}.",
                    if limit == 0 { "" } else { "10^" },
                    if limit == 0 { 1 } else { limit },
                ),
            )
        };
        let rounded = self.round(i32::from(scale)).map_err(|_| fail())?;
        if rounded.digits() > u32::from(precision) {
            return Err(fail());
        }
        Ok(rounded)
    }

    /// Decimal exponent of the first digit (0 for 1..10, -1 for 0.1..1); 0 for zero.
    pub(super) fn exponent(self) -> i32 {
        self.digits()
            .checked_sub(1)
            .map_or(0, |log| log.cast_signed() - i32::from(self.scale))
    }

    /// Weight of the first digit to base 10,000, and that digit: PostgreSQL's way of storing, on which its scales depend.
    fn weight(self) -> (i32, i32) {
        if self.mantissa == 0 {
            return (0, 0);
        }
        let weight = self.exponent().div_euclid(4);
        let shift = i32::from(self.scale) + 4 * weight;
        let magnitude = self.mantissa.unsigned_abs();
        let digit = if shift >= 0 {
            pow10(shift.unsigned_abs()).map_or(0, |divisor| magnitude / divisor.unsigned_abs())
        } else {
            pow10(shift.unsigned_abs()).map_or(0, |factor| magnitude * factor.unsigned_abs())
        };
        (weight, i32::try_from(digit).unwrap_or(9999))
    }

    /// Groups of four digits that PostgreSQL stores: what its length depends on.
    #[must_use]
    pub fn stored_groups(self) -> u32 {
        if self.mantissa == 0 {
            return 0;
        }
        let weight = self.exponent().div_euclid(4);
        let mut magnitude = self.mantissa.unsigned_abs();
        let mut zeros = 0;
        while magnitude.is_multiple_of(10) {
            magnitude /= 10;
            zeros += 1;
        }
        // Position of the last digit that is not 0, in groups.
        let last = (zeros - i32::from(self.scale)).div_euclid(4);
        (weight - last + 1).unsigned_abs()
    }
}

/// Digits after the point of a quotient (PostgreSQL's `select_div_scale`).
fn division_scale(a: Numeric, b: Numeric) -> u16 {
    let ((weight_a, first_a), (weight_b, first_b)) = (a.weight(), b.weight());
    let weight = weight_a - weight_b - i32::from(first_a <= first_b);
    let scale = (MIN_SIGNIFICANT - 4 * weight)
        .max(i32::from(a.scale))
        .max(i32::from(b.scale))
        .clamp(0, MAX_RESULT_SCALE);
    u16::try_from(scale).unwrap_or(0)
}

/// Both mantissas at the larger scale.
fn align(a: Numeric, b: Numeric) -> Result<(i128, i128, u16), Error> {
    let up = |value: Numeric, by: u16| {
        if value.mantissa == 0 {
            return Ok(0);
        }
        pow10(u32::from(by))
            .and_then(|factor| value.mantissa.checked_mul(factor))
            .ok_or_else(overflow)
    };
    match a.scale.cmp(&b.scale) {
        Ordering::Equal => Ok((a.mantissa, b.mantissa, a.scale)),
        Ordering::Less => Ok((up(a, b.scale - a.scale)?, b.mantissa, b.scale)),
        Ordering::Greater => Ok((a.mantissa, up(b, a.scale - b.scale)?, a.scale)),
    }
}

/// `n · 10^shift / d`, rounded half away from zero, signed; `None` if it does not fit.
fn shifted_quotient(n: u128, d: u128, shift: u32, negative: bool) -> Option<i128> {
    if n == 0 {
        return Some(0);
    }
    if shift > 76 {
        return None;
    }
    let first = shift.min(MAX_DIGITS);
    let product = multiply_wide(n, pow10(first)?.unsigned_abs());
    if shift == first {
        return divide_rounding(product, d, negative);
    }
    // More than 256 bits would be needed; only tiny dividends get here, whose product is still narrow.
    let (0, low) = product else { return None };
    divide_rounding(
        multiply_wide(low, pow10(shift - first)?.unsigned_abs()),
        d,
        negative,
    )
}

/// `dividend / divisor` rounded half away from zero, with a sign; `None` if it does not fit.
fn divide_rounding(dividend: (u128, u128), divisor: u128, negative: bool) -> Option<i128> {
    let (mut quotient, rest) = divide_wide(dividend, divisor)?;
    if rest >= divisor - rest {
        quotient = quotient.checked_add(1)?;
    }
    let quotient = i128::try_from(quotient).ok()?;
    Some(if negative { -quotient } else { quotient })
}

#[cfg(test)]
mod tests;
