//! Inputs without coverage: random ones, and changed ones, for a bounded number of rounds. Seeded, so that a failure comes again.

use crate::Target;

struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }
}

/// Runs a target on inputs of up to `most` bytes until `done` says that it is enough. Returns the number of inputs.
pub fn search(target: Target, seed: u64, most: usize, mut done: impl FnMut(u64) -> bool) -> u64 {
    let mut dice = Dice(seed | 1);
    let mut data: Vec<u8> = Vec::new();
    let mut rounds = 0;
    while !done(rounds) {
        if data.is_empty() || dice.below(3) == 0 {
            let length = dice.below(most) + 1;
            data = (0..length).map(|_| dice.next().to_le_bytes()[3]).collect();
        } else {
            for _ in 0..=dice.below(4) {
                let at = dice.below(data.len());
                data[at] = dice.next().to_le_bytes()[3];
            }
        }
        (target.run)(&data);
        rounds += 1;
    }
    rounds
}
