//! How many bytes an entry of an index takes: the mean over a few made-up rows.
//!
//! Why made-up rows: an entry is rounded up to 8 bytes, and the mean of rounded sizes is not the rounded mean. Each column's values
//! are drawn at even steps through its statistics (NULLs, common values, bins), each column in an order of its own.

use crate::{
    stats::ColumnStats,
    value::{DataType, geometry::stored_width},
};
use alloc::{rc::Rc, vec::Vec};

/// Made-up rows.
const ROWS: usize = 128;
/// Steps with which columns walk through their values; odd, so that each is visited once.
const STEPS: [usize; 4] = [1, 37, 75, 101];
/// Bytes of a text of which nothing is known, its header included.
const UNKNOWN_BYTES: usize = 32;
/// Tuple header, and with the bitmap of NULLs.
const HEADER: usize = 8;
const HEADER_WITH_NULLS: usize = 16;

/// A column of an entry.
#[derive(Clone)]
pub(super) struct StoredColumn {
    pub data_type: DataType,
    pub stats: Option<Rc<ColumnStats>>,
    /// The index's predicate leaves no NULL.
    pub never_null: bool,
}

impl StoredColumn {
    /// Bytes of the value at a fraction of the way through all values, without alignment; `None` = NULL.
    fn bytes_at(&self, fraction: f64) -> Option<usize> {
        let Some(stats) = &self.stats else {
            return Some(self.data_type.fixed_len().unwrap_or(UNKNOWN_BYTES));
        };
        let nulls = if self.never_null {
            0.0
        } else {
            f64::from(stats.null_fraction)
        };
        if fraction < nulls {
            return None;
        }
        if let Some(fixed) = self.data_type.fixed_len() {
            return Some(fixed);
        }
        let mut below = nulls;
        for (value, frequency) in &stats.most_common {
            below += f64::from(*frequency);
            if fraction < below {
                return Some(stored_width(value));
            }
        }
        let within = (fraction - below) / (1.0 - below).max(1e-9);
        let at = (within * stats.histogram.len() as f64) as usize;
        match stats.histogram.get(at).or(stats.histogram.last()) {
            Some(value) => Some(stored_width(value)),
            None => Some(usize::try_from(stats.avg_width).unwrap_or(UNKNOWN_BYTES)),
        }
    }

    /// Where a value of that many bytes ends when the one before ends at `offset`.
    fn end(&self, offset: usize, bytes: usize) -> usize {
        let align = match self.data_type.fixed_len() {
            Some(_) => self.data_type.alignment(),
            None if bytes <= 127 => 1,
            None => 4,
        };
        offset.next_multiple_of(align) + bytes
    }
}

/// Bytes of entries, without line pointers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EntryWidth {
    pub mean: f64,
    /// All entries are of one size.
    pub even: bool,
}

/// Bytes of an entry of these columns. O(columns).
pub(super) fn entry_width(columns: &[StoredColumn]) -> EntryWidth {
    let sizes: Vec<usize> = (0..ROWS)
        .map(|row| {
            let mut offset = 0;
            let mut nulls = false;
            for (column, step) in columns.iter().zip(STEPS.iter().cycle()) {
                let at = (row * step) % ROWS;
                match column.bytes_at((at as f64 + 0.5) / ROWS as f64) {
                    Some(bytes) => offset = column.end(offset, bytes),
                    None => nulls = true,
                }
            }
            let header = if nulls { HEADER_WITH_NULLS } else { HEADER };
            header + offset.next_multiple_of(8)
        })
        .collect();
    let first = sizes.first().copied().unwrap_or(HEADER);
    EntryWidth {
        mean: sizes.iter().sum::<usize>() as f64 / ROWS as f64,
        even: sizes.iter().all(|size| *size == first),
    }
}
