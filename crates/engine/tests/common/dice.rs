//! Numbers that look thrown and come again.

/// A small generator of numbers.
pub struct Dice(pub u64);

impl Dice {
    /// The next number, below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
