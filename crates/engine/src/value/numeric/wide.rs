//! 256-bit products and quotients, just enough for decimal multiplication, division and square roots.
//!
//! Why not a big-number crate: three functions, and the fast path (everything in 128 bits) is taken nearly always.

/// `a · b` as (high, low).
pub(super) const fn multiply_wide(a: u128, b: u128) -> (u128, u128) {
    if let Some(product) = a.checked_mul(b) {
        return (0, product);
    }
    let mask = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & mask, b >> 64, b & mask);
    let low = a0 * b0;
    let middle_a = a1 * b0;
    let middle_b = a0 * b1;
    let carry = (low >> 64) + (middle_a & mask) + (middle_b & mask);
    let high = a1 * b1 + (middle_a >> 64) + (middle_b >> 64) + (carry >> 64);
    (high, (low & mask) | (carry << 64))
}

/// Quotient and rest of a 256-bit dividend; `None` if the quotient does not fit 128 bits or the divisor is 0.
pub(super) const fn divide_wide((high, low): (u128, u128), divisor: u128) -> Option<(u128, u128)> {
    if divisor == 0 || high >= divisor {
        return None;
    }
    if high == 0 {
        return Some((low / divisor, low % divisor));
    }
    // Bit by bit: 128 steps, and only for results beyond 38 digits on the way.
    let (mut rest, mut quotient, mut bit) = (high, 0_u128, 128);
    while bit > 0 {
        bit -= 1;
        let overflowed = rest >> 127 == 1;
        rest = (rest << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if overflowed || rest >= divisor {
            rest = rest.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    Some((quotient, rest))
}

/// Largest `r` with `r² <= (high, low)`, for roots below 2^127.
pub(super) const fn sqrt_wide((high, low): (u128, u128)) -> u128 {
    let (mut root, mut bit) = (0_u128, 127);
    while bit > 0 {
        bit -= 1;
        let candidate = root | (1 << bit);
        let (square_high, square_low) = multiply_wide(candidate, candidate);
        if square_high < high || (square_high == high && square_low <= low) {
            root = candidate;
        }
    }
    root
}
