//! Whole-number keys that lie close together, each on one row: the key less the least is a place in a list of rows.
//!
//! Why beside the hash table: one look into a short list takes the place of hashing, of a chain's head and of comparing keys. Primary
//! keys out of a sequence are such keys. The hash table stays what the plan says and the counters show.

use crate::{
    Error,
    executor::{columns::out_of_memory, row_keys::KeyStore},
    value::{Column, ColumnData},
};
use alloc::vec::Vec;
use pages::loops::{direct_pairs_i32, direct_pairs_i64};

/// Places in the list for each row at most.
const SPARSEST: u64 = 4;

/// See the file's header.
pub(super) struct Direct {
    least: i64,
    /// Row plus one; 0 = no row has the key.
    rows: Vec<u32>,
}

/// Whether keys of this column are whole numbers.
pub(super) const fn is_whole(column: &Column) -> bool {
    matches!(
        column.data,
        ColumnData::Int4(_) | ColumnData::Int8(_) | ColumnData::Date(_) | ColumnData::Timestamp(_)
    )
}

impl Direct {
    /// The list for these keys, those of rows marked in `nulls` left out; `None` if they lie too far apart or two rows have the same.
    ///
    /// # Errors
    /// Out of memory.
    pub fn of(keys: &KeyStore, nulls: &[bool]) -> Result<Option<Self>, Error> {
        let present = || {
            let rows = nulls.iter().enumerate().filter(|&(_, &null)| !null);
            rows.filter_map(|(row, _)| Some((row, keys.word(row)? as i64)))
        };
        let (mut least, mut most) = (i64::MAX, i64::MIN);
        for (_, key) in present() {
            (least, most) = (least.min(key), most.max(key));
        }
        let span = (most as u64).wrapping_sub(least as u64);
        if least > most || span >= SPARSEST * nulls.len() as u64 {
            return Ok(None);
        }
        let mut rows: Vec<u32> = Vec::new();
        let places = span as usize + 1;
        rows.try_reserve_exact(places)
            .map_err(|_| out_of_memory())?;
        rows.resize(places, 0);
        for (row, key) in present() {
            if let Some(place) = rows.get_mut(key.wrapping_sub(least) as usize)
                && core::mem::replace(place, row as u32 + 1) != 0
            {
                return Ok(None);
            }
        }
        Ok(Some(Self { least, rows }))
    }

    /// Bytes of memory taken.
    pub fn bytes(&self) -> usize {
        4 * self.rows.capacity()
    }

    /// The partners of the rows from `from` up to `to`: appended as pairs.
    pub fn pairs(
        &self,
        keys: &Column,
        (from, to): (usize, usize),
        (left, right): (&mut Vec<u32>, &mut Vec<u32>),
    ) {
        let first = from as u32;
        let rows = &self.rows;
        match &keys.data {
            ColumnData::Int4(values) | ColumnData::Date(values) => {
                let values = values.get(from..to).unwrap_or(&[]);
                direct_pairs_i32(rows, self.least, values, first, left, right);
            }
            ColumnData::Int8(values) | ColumnData::Timestamp(values) => {
                let values = values.get(from..to).unwrap_or(&[]);
                direct_pairs_i64(rows, self.least, values, first, left, right);
            }
            _ => {}
        }
    }
}
