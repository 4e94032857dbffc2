//! Keys for trees: two columns, each of bytes other than 0 and a 0 behind them, as texts are written.

use crate::input::Input;
use btree::{KeyLayout, KeyPrefix};
use pages::RowId;

/// The layout of such keys.
pub struct Keys {
    pub deduplicate: bool,
}

impl KeyLayout for Keys {
    fn tuple_bytes(&self, key: &[u8], payload: &[u8]) -> usize {
        (8 + key.len() + payload.len()).div_ceil(8) * 8
    }

    fn separator(&self, left: &[u8], right: &[u8]) -> Option<KeyPrefix> {
        if left == right {
            return None;
        }
        let same = left.iter().zip(right).take_while(|(a, b)| a == b).count();
        let ends = || (0..right.len()).filter(|&at| right[at] == 0);
        let columns = ends().take_while(|&at| at < same).count() + 1;
        let bytes = ends()
            .find(|&at| at >= same)
            .map_or(right.len(), |at| at + 1);
        Some(KeyPrefix { bytes, columns })
    }

    fn columns(&self) -> usize {
        2
    }

    fn deduplicate(&self) -> bool {
        self.deduplicate
    }
}

/// A key; short ones collide often.
pub fn key(input: &mut Input<'_>) -> Vec<u8> {
    let mut key = Vec::new();
    for _ in 0..2 {
        let most = if input.byte() < 200 { 2 } else { 40 };
        let part = input.bytes(most).iter();
        key.extend(part.map(|&byte| if most == 2 { byte % 3 + 1 } else { byte.max(1) }));
        key.push(0);
    }
    key
}

pub fn row(input: &mut Input<'_>) -> RowId {
    let number = input.below(500);
    RowId::new(
        u32::try_from(number / 100).unwrap(),
        u16::try_from(number % 100).unwrap(),
    )
}
