//! Counts as the protocol carries them: JavaScript has one kind of number, exact up to 2^53.

/// A count as a JavaScript number; beyond 2^53 it is the nearest one.
#[allow(
    clippy::cast_precision_loss,
    reason = "a count beyond 2^53 is shown rounded anyway"
)]
pub fn figure(count: u64) -> f64 {
    count as f64
}

/// A count as u32, at most its largest value.
pub fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Milliseconds of a clock as nanoseconds.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a clock counts up from zero, and f64 to u64 saturates"
)]
pub fn nanoseconds(milliseconds: f64) -> u64 {
    (milliseconds * 1e6) as u64
}

/// Nanoseconds as milliseconds.
pub fn milliseconds(nanoseconds: u64) -> f64 {
    figure(nanoseconds) / 1e6
}
