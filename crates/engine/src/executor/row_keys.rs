//! Rows as keys for equality: hash joins, groupings, DISTINCT, set operations, hashed sub-plans, Memoize.
//!
//! Why not the order-preserving keys of indexes: equality needs no order, so one number column is its own key and one text column is
//! its own bytes. Equal values have equal keys whatever the width of their type (integer and bigint, 1.0 and 1.00).
//! No result depends on a hash: groups are numbered in order of arrival.

use super::columns::{self, out_of_memory, text_at};
use crate::{
    Error,
    value::{Column, ColumnData, Numeric, TextData},
};
use alloc::{rc::Rc, vec::Vec};

/// The keys of a batch's rows.
#[derive(Debug, Default)]
pub(crate) struct RowKeys {
    /// One number a row, where one column of fixed width is the key, or one of texts: then [`LONG`] stands for those that do not
    /// fit a number.
    words: Vec<u64>,
    /// The column of texts.
    texts: Option<Rc<Column>>,
    /// Otherwise where each row's bytes end.
    ends: Vec<u32>,
    bytes: Vec<u8>,
    /// Which rows have a NULL; empty when none has.
    nulls: Vec<bool>,
    hashes: Vec<u32>,
    is_words: bool,
    single: bool,
}

/// A key, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key<'k> {
    Word(u64),
    Bytes(&'k [u8]),
    /// The NULL of a single-column key.
    Null,
}

/// Stands for a text of more than seven bytes; no shorter one is this number, since its length is in the top byte.
const LONG: u64 = u64::MAX;

/// A text of up to seven bytes as a number.
fn short_text(text: &[u8]) -> u64 {
    let mut bytes = [0u8; 8];
    for (to, from) in bytes.iter_mut().zip(text) {
        *to = *from;
    }
    short_word(bytes, text.len())
}

/// The same, given eight bytes of which the first `length` are the text.
#[inline]
fn short_word(bytes: [u8; 8], length: usize) -> u64 {
    let text = u64::from_le_bytes(bytes) & ((1 << (8 * length)) - 1);
    text | (length as u64) << 56
}

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

#[inline]
fn hash_word(word: u64) -> u32 {
    let mixed = (word ^ (word >> 32)).wrapping_mul(MULTIPLIER);
    // Tables look at the lowest bits. Those of the upper half alone are the same for many neighbours.
    ((mixed >> 32) ^ (mixed >> 15)) as u32
}

fn hash_bytes(bytes: &[u8]) -> u32 {
    let mut state = (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        state = (state.rotate_left(23) ^ word).wrapping_mul(MULTIPLIER);
    }
    let mut last = 0u64;
    for &byte in chunks.remainder() {
        last = (last << 8) | u64::from(byte);
    }
    state = (state.rotate_left(23) ^ last).wrapping_mul(MULTIPLIER);
    ((state ^ (state >> 29)).wrapping_mul(MULTIPLIER) >> 32) as u32
}

fn float_bits(value: f64) -> u64 {
    if value == 0.0 {
        0
    } else if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

/// The same number without trailing zeros.
fn normal(mut number: Numeric) -> Numeric {
    if number.mantissa == 0 {
        number.scale = 0;
        return number;
    }
    while number.scale > 0 {
        // 64-bit division is several times faster, and most numbers fit.
        let shorter = match i64::try_from(number.mantissa) {
            Ok(small) if small % 10 == 0 => i128::from(small / 10),
            Ok(_) => break,
            Err(_) if number.mantissa % 10 == 0 => number.mantissa / 10,
            Err(_) => break,
        };
        number.mantissa = shorter;
        number.scale -= 1;
    }
    number
}

impl RowKeys {
    /// Computes the keys of `rows` rows of `columns`, which have no selection.
    ///
    /// # Errors
    /// Out of memory.
    pub fn compute<'c>(
        &mut self,
        columns: impl Iterator<Item = &'c Rc<Column>> + Clone,
        rows: usize,
    ) -> Result<(), Error> {
        self.words.clear();
        self.ends.clear();
        self.bytes.clear();
        self.nulls.clear();
        self.hashes.clear();
        self.texts = None;
        let mut each = columns.clone();
        let first = each.next();
        self.single = first.is_some() && each.next().is_none();
        for column in columns.clone() {
            if column.nulls.0.is_empty() {
                continue;
            }
            self.nulls.resize(rows, false);
            for (null, &found) in self.nulls.iter_mut().zip(&column.nulls.0) {
                *null |= found;
            }
        }
        self.is_words = false;
        if self.single
            && let Some(column) = first
        {
            if let ColumnData::Text(texts) = &column.data {
                self.text(texts, rows);
                self.texts = Some(Rc::clone(column));
                return Ok(());
            }
            self.is_words = self.fixed(&column.data, rows);
            if !self.is_words {
                self.one_column(column, rows)?;
            }
        } else {
            for row in 0..rows {
                for column in columns.clone() {
                    self.append(column, row)?;
                }
                self.end()?;
            }
        }
        if self.is_words {
            self.hashes.extend(self.words.iter().map(|&w| hash_word(w)));
        } else {
            let mut from = 0;
            for &end in &self.ends {
                let bytes = self.bytes.get(from..end as usize).unwrap_or(&[]);
                self.hashes.push(hash_bytes(bytes));
                from = end as usize;
            }
        }
        Ok(())
    }

    fn fixed(&mut self, data: &ColumnData, rows: usize) -> bool {
        let words = &mut self.words;
        words.reserve(rows);
        match data {
            ColumnData::Bool(v) => words.extend(v.iter().map(|&x| u64::from(x))),
            ColumnData::Int2(v) => words.extend(v.iter().map(|&x| i64::from(x) as u64)),
            ColumnData::Int4(v) | ColumnData::Date(v) => {
                words.extend(v.iter().map(|&x| i64::from(x) as u64))
            }
            ColumnData::Int8(v) | ColumnData::Timestamp(v) => {
                words.extend(v.iter().map(|&x| x as u64));
            }
            ColumnData::Float4(v) => words.extend(v.iter().map(|&x| float_bits(f64::from(x)))),
            ColumnData::Float8(v) => words.extend(v.iter().map(|&x| float_bits(x))),
            _ => return false,
        }
        true
    }

    /// Words of short texts; the hashes of all.
    fn text(&mut self, texts: &TextData, rows: usize) {
        self.words.reserve(rows);
        self.hashes.reserve(rows);
        for ends in texts.offsets.windows(2).take(rows) {
            let text = match *ends {
                [from, to] => texts.bytes.get(from as usize..to as usize).unwrap_or(&[]),
                _ => &[],
            };
            if text.len() < 8 {
                let eight = texts
                    .bytes
                    .get(ends.first().map_or(0, |&from| from as usize)..);
                let word = match eight.and_then(<[u8]>::first_chunk::<8>) {
                    Some(&eight) => short_word(eight, text.len()),
                    None => short_text(text),
                };
                self.words.push(word);
                self.hashes.push(hash_word(word));
            } else {
                self.words.push(LONG);
                self.hashes.push(hash_bytes(text));
            }
        }
    }

    fn one_column(&mut self, column: &Column, rows: usize) -> Result<(), Error> {
        for row in 0..rows {
            if !columns::is_null(column, row) {
                self.put(&column.data, row)?;
            }
            self.end()?;
        }
        Ok(())
    }

    fn append(&mut self, column: &Column, row: usize) -> Result<(), Error> {
        self.bytes.try_reserve(24).map_err(|_| out_of_memory())?;
        if columns::is_null(column, row) {
            self.bytes.push(0);
            return Ok(());
        }
        self.bytes.push(1);
        if let ColumnData::Text(texts) = &column.data {
            let len = u32::try_from(text_at(texts, row).len()).unwrap_or(u32::MAX);
            self.bytes.extend_from_slice(&len.to_le_bytes());
        }
        self.put(&column.data, row)
    }

    fn put(&mut self, data: &ColumnData, row: usize) -> Result<(), Error> {
        macro_rules! word {
            ($v:expr, $x:ident => $word:expr) => {{
                if let Some(&$x) = $v.get(row) {
                    let word: u64 = $word;
                    self.bytes.extend_from_slice(&word.to_le_bytes());
                }
            }};
        }
        match data {
            ColumnData::Bool(v) => word!(v, x => u64::from(x)),
            ColumnData::Int2(v) => word!(v, x => i64::from(x) as u64),
            ColumnData::Int4(v) | ColumnData::Date(v) => word!(v, x => i64::from(x) as u64),
            ColumnData::Int8(v) | ColumnData::Timestamp(v) => word!(v, x => x as u64),
            ColumnData::Float4(v) => word!(v, x => float_bits(f64::from(x))),
            ColumnData::Float8(v) => word!(v, x => float_bits(x)),
            ColumnData::Numeric(v) => {
                if let Some(&x) = v.get(row) {
                    let x = normal(x);
                    self.bytes.extend_from_slice(&x.mantissa.to_le_bytes());
                    self.bytes.extend_from_slice(&x.scale.to_le_bytes());
                }
            }
            ColumnData::Interval(v) => {
                if let Some(&x) = v.get(row) {
                    let micros = crate::value::compare::interval_micros(x);
                    self.bytes.extend_from_slice(&micros.to_le_bytes());
                }
            }
            ColumnData::Uuid(v) => {
                if let Some(x) = v.get(row) {
                    self.bytes.extend_from_slice(x);
                }
            }
            ColumnData::Text(texts) => {
                let text = text_at(texts, row);
                self.bytes
                    .try_reserve(text.len())
                    .map_err(|_| out_of_memory())?;
                self.bytes.extend_from_slice(text);
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        self.ends
            .push(u32::try_from(self.bytes.len()).map_err(|_| out_of_memory())?);
        Ok(())
    }

    /// Whether some column of the row is NULL.
    #[inline]
    pub fn has_null(&self, row: usize) -> bool {
        self.nulls.get(row).copied().unwrap_or(false)
    }

    /// The row's hash.
    #[inline]
    pub fn hash(&self, row: usize) -> u32 {
        self.hashes.get(row).copied().unwrap_or(0)
    }

    /// All keys and their hashes, if each key is a word: then none is NULL.
    pub fn words(&self) -> Option<(&[u64], &[u32])> {
        (self.is_words && self.nulls.is_empty()).then_some((&*self.words, &*self.hashes))
    }

    /// The row's key.
    #[inline]
    pub fn key(&self, row: usize) -> Key<'_> {
        if self.single && self.has_null(row) {
            return Key::Null;
        }
        if self.is_words {
            return Key::Word(self.words.get(row).copied().unwrap_or(0));
        }
        if let Some(column) = &self.texts
            && let ColumnData::Text(texts) = &column.data
        {
            return match self.words.get(row) {
                Some(&word) if word != LONG => Key::Word(word),
                _ => Key::Bytes(text_at(texts, row)),
            };
        }
        let from = match row.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0) as usize,
            None => 0,
        };
        let to = self.ends.get(row).copied().unwrap_or(0) as usize;
        Key::Bytes(self.bytes.get(from..to).unwrap_or(&[]))
    }

    /// Whether two rows of the batch are the same key.
    pub fn same(&self, a: usize, b: usize) -> bool {
        self.key(a) == self.key(b)
    }
}

/// Keys kept by number: words, and bytes beside them once there are some.
#[derive(Debug, Default)]
pub(crate) struct KeyStore {
    /// [`LONG`] where the key is bytes.
    words: Vec<u64>,
    /// Where the bytes of key `n` end; empty while no key has bytes.
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

impl KeyStore {
    /// Keeps a key, and returns by how many bytes the store grew.
    ///
    /// # Errors
    /// Out of memory.
    pub fn push(&mut self, key: Key<'_>) -> Result<usize, Error> {
        self.words.try_reserve(1).map_err(|_| out_of_memory())?;
        let mut grown = 8;
        if let Key::Bytes(bytes) = key {
            self.ends
                .try_reserve(self.words.len() + 1 - self.ends.len())
                .and_then(|()| self.bytes.try_reserve(bytes.len()))
                .map_err(|_| out_of_memory())?;
            self.ends.resize(self.words.len(), self.bytes.len());
            self.bytes.extend_from_slice(bytes);
            self.ends.push(self.bytes.len());
            grown += bytes.len() + 8;
        } else if !self.ends.is_empty() {
            self.ends.push(self.bytes.len());
            grown += 8;
        }
        self.words.push(match key {
            Key::Word(word) => word,
            Key::Bytes(_) => LONG,
            Key::Null => 0,
        });
        Ok(grown)
    }

    /// Whether key `number`, one of those with the hashes `hashes`, is `key`.
    #[inline]
    pub fn is(&self, number: usize, key: Key<'_>, hash: u32, hashes: &[u32]) -> bool {
        match key {
            // As quickly compared as its hash.
            Key::Word(word) => self.words.get(number) == Some(&word),
            Key::Bytes(bytes) => {
                hashes.get(number) == Some(&hash) && self.bytes_of(number) == bytes
            }
            Key::Null => false,
        }
    }

    /// The key by its number, if it is a word.
    #[inline]
    pub fn word(&self, number: usize) -> Option<u64> {
        self.words.get(number).copied()
    }

    fn bytes_of(&self, number: usize) -> &[u8] {
        let from = match number.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0),
            None => 0,
        };
        let to = self.ends.get(number).copied().unwrap_or(0);
        self.bytes.get(from..to).unwrap_or(&[])
    }

    /// Forgets all keys, keeps the memory.
    pub fn clear(&mut self) {
        self.words.clear();
        self.ends.clear();
        self.bytes.clear();
    }
}

/// A set of keys, numbered in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    /// Open addressing; 0 = empty, else number + 1. The length is a power of two.
    table: Vec<u32>,
    hashes: Vec<u32>,
    keys: KeyStore,
    null: Option<u32>,
}

impl KeySet {
    /// Keys in the set.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The number of a row's key, added if it is new, and by how many bytes the set grew.
    ///
    /// # Errors
    /// Out of memory.
    #[inline]
    pub fn insert(&mut self, keys: &RowKeys, row: usize) -> Result<(u32, usize), Error> {
        match self.find(keys, row) {
            Some(number) => Ok((number, 0)),
            None => self.add(keys.key(row), keys.hash(row)),
        }
    }

    /// As [`Self::insert`] for all rows: appends the number of each row's key to `numbers`, and the rows with a new key to `fresh`.
    ///
    /// # Errors
    /// Out of memory.
    pub fn insert_all(
        &mut self,
        keys: &RowKeys,
        rows: usize,
        numbers: &mut Vec<u32>,
        fresh: &mut Vec<u32>,
    ) -> Result<usize, Error> {
        numbers.try_reserve(rows).map_err(|_| out_of_memory())?;
        let mut grown = 0;
        // Neighbours are often alike.
        let (mut last, mut last_number) = (Key::Null, 0);
        for row in 0..rows {
            let key = keys.key(row);
            if key != last || key == Key::Null {
                let known = self.len();
                let (number, more) = self.insert(keys, row)?;
                if self.len() > known {
                    grown += more;
                    fresh.push(row as u32);
                }
                (last, last_number) = (key, number);
            }
            numbers.push(last_number);
        }
        Ok(grown)
    }

    /// The number of a row's key.
    #[inline]
    pub fn find(&self, keys: &RowKeys, row: usize) -> Option<u32> {
        let key = keys.key(row);
        if key == Key::Null {
            return self.null;
        }
        self.search(key, keys.hash(row))
    }

    #[inline]
    fn search(&self, key: Key<'_>, hash: u32) -> Option<u32> {
        let mask = self.table.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        loop {
            let entry = *self.table.get(at)?;
            let number = entry.checked_sub(1)?;
            if self.keys.is(number as usize, key, hash, &self.hashes) {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn add(&mut self, key: Key<'_>, hash: u32) -> Result<(u32, usize), Error> {
        let number = u32::try_from(self.len())
            .ok()
            .filter(|&n| n < u32::MAX - 1)
            .ok_or_else(out_of_memory)?;
        self.hashes.try_reserve(1).map_err(|_| out_of_memory())?;
        let mut grown = 8 + self.keys.push(key)?;
        if key == Key::Null {
            self.null = Some(number);
        }
        self.hashes.push(hash);
        if key == Key::Null {
            return Ok((number, grown));
        }
        if (self.len() + 1) * 2 > self.table.len() {
            grown += self.grow()?;
        } else {
            self.place(number, hash);
        }
        Ok((number, grown))
    }

    fn place(&mut self, number: u32, hash: u32) {
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        while let Some(entry) = self.table.get_mut(at) {
            if *entry == 0 {
                *entry = number + 1;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) -> Result<usize, Error> {
        let size = (self.table.len() * 2).max(64);
        let more = (size - self.table.len()) * 4;
        let mut table = Vec::new();
        table.try_reserve_exact(size).map_err(|_| out_of_memory())?;
        table.resize(size, 0);
        self.table = table;
        for number in 0..self.len() {
            if self.null != Some(number as u32) {
                let hash = self.hashes.get(number).copied().unwrap_or(0);
                self.place(number as u32, hash);
            }
        }
        Ok(more)
    }

    /// Removes all keys, keeps the memory.
    pub fn clear(&mut self) {
        self.table.fill(0);
        self.hashes.clear();
        self.keys.clear();
        self.null = None;
    }
}
