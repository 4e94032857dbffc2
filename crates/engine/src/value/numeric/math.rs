//! Powers, roots and logarithms of numerics.
//!
//! Whole powers and square roots are exact to the digits shown. Logarithms and other powers go through doubles: 15 of
//! PostgreSQL's 16 significant digits are right.

use super::{
    MAX_RESULT_SCALE, MIN_SIGNIFICANT, Numeric, multiply_wide, overflow, pow10, wide::sqrt_wide,
};
use crate::error::{Error, ErrorCode};

impl Numeric {
    /// Square root with at least 16 significant digits. Negative: 2201F.
    pub fn sqrt(self) -> Result<Self, Error> {
        if self.mantissa < 0 {
            return Err(Error::new(
                ErrorCode::InvalidArgumentForPowerFunction,
                "cannot take square root of a negative number",
            ));
        }
        let (weight, _) = self.weight();
        let half_weight = if weight >= 0 {
            (weight + 1) * 2 - 1
        } else {
            1 - (1 - weight) * 2
        };
        let mut scale = (MIN_SIGNIFICANT - half_weight)
            .max(i32::from(self.scale))
            .clamp(0, MAX_RESULT_SCALE);
        // root · 10^scale = sqrt(mantissa · 10^(2·scale - s)); one more digit decides the rounding.
        loop {
            let shift = 2 * (scale + 1) - i32::from(self.scale);
            let factor = u32::try_from(shift).ok().and_then(pow10);
            if let Some(factor) = factor {
                let product = multiply_wide(self.mantissa.unsigned_abs(), factor.unsigned_abs());
                let root = sqrt_wide(product);
                let exact = Self {
                    mantissa: i128::try_from(root).map_err(|_| overflow())?,
                    scale: u16::try_from(scale + 1).map_err(|_| overflow())?,
                };
                return exact.round(scale);
            }
            if scale <= 0 {
                return Err(overflow());
            }
            scale -= 1;
        }
    }

    /// `self ^ exponent`; at least 16 digits after the point, as PostgreSQL shows a power.
    pub fn power(self, exponent: Self) -> Result<Self, Error> {
        if self.is_zero() && exponent.mantissa < 0 {
            return Err(Error::new(
                ErrorCode::InvalidArgumentForPowerFunction,
                "zero raised to a negative power is undefined",
            ));
        }
        let scale = MIN_SIGNIFICANT.max(i32::from(self.scale));
        let whole = exponent.trunc(0)?;
        if whole.compare(exponent).is_eq()
            && let Ok(whole) = i32::try_from(whole.mantissa)
        {
            return self.whole_power(whole, scale);
        }
        if self.mantissa < 0 {
            return Err(Error::new(
                ErrorCode::InvalidArgumentForPowerFunction,
                "a negative number raised to a non-integer power yields a complex result",
            ));
        }
        from_double(
            libm::pow(self.to_f64(), exponent.to_f64()),
            self.scale.max(exponent.scale),
        )
    }

    fn whole_power(self, exponent: i32, scale: i32) -> Result<Self, Error> {
        let mut result = Self::from_i64(1);
        let mut square = self;
        let mut left = exponent.unsigned_abs();
        while left > 0 {
            if left & 1 == 1 {
                result = narrow(result.mul(square)?)?;
            }
            left >>= 1;
            if left > 0 {
                square = narrow(square.mul(square)?)?;
            }
        }
        if exponent < 0 {
            let scale = u16::try_from(scale).map_err(|_| overflow())?;
            return Self::from_i64(1).div_to_scale(result, scale);
        }
        // As many of the digits as fit.
        (0..=scale)
            .rev()
            .find_map(|places| result.round(places).ok())
            .ok_or_else(overflow)
    }

    /// e^x.
    pub fn exp(self) -> Result<Self, Error> {
        from_double(libm::exp(self.to_f64()), self.scale)
    }

    /// Natural logarithm. 2201E for zero and below.
    pub fn ln(self) -> Result<Self, Error> {
        positive(self)?;
        from_double(libm::log(self.to_f64()), self.scale)
    }

    /// Logarithm to base 10.
    pub fn log10(self) -> Result<Self, Error> {
        positive(self)?;
        from_double(libm::log10(self.to_f64()), self.scale)
    }
}

/// The argument of a logarithm. 2201E for zero and below.
fn positive(value: Numeric) -> Result<(), Error> {
    let what = match value.mantissa {
        0 => "zero",
        ..0 => "a negative number",
        _ => return Ok(()),
    };
    Err(Error::new(
        ErrorCode::InvalidArgumentForLogarithm,
        alloc::format!("cannot take logarithm of {what}"),
    ))
}

/// Keeps intermediate powers of fractions from running out of digits.
fn narrow(value: Numeric) -> Result<Numeric, Error> {
    if value.scale > 24 {
        value.round(24)
    } else {
        Ok(value)
    }
}

/// A double shown with 16 significant digits, or as many after the point as the argument had.
fn from_double(value: f64, argument_scale: u16) -> Result<Numeric, Error> {
    if !value.is_finite() {
        return Err(overflow());
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the exponent of a double fits"
    )]
    let exponent = if value == 0.0 {
        0
    } else {
        libm::trunc(libm::log10(libm::fabs(value))) as i32
    };
    let scale = (MIN_SIGNIFICANT - exponent)
        .max(i32::from(argument_scale))
        .clamp(0, 30);
    let places = usize::try_from(scale).unwrap_or(0);
    Numeric::parse(&alloc::format!("{value:.places$}")).unwrap_or_else(|| Err(overflow()))
}
