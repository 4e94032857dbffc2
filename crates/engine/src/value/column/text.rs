//! The texts of a column, end to end in one buffer.

use alloc::vec::Vec;
use pages::{loops, order::strings::Strings, short};

/// Texts end to end: row `i` is `bytes[offsets[i]..offsets[i + 1]]`, always UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextData {
    /// One more than rows; the first is 0.
    pub offsets: Vec<u32>,
    /// UTF-8.
    pub bytes: Vec<u8>,
}

impl Default for TextData {
    fn default() -> Self {
        Self {
            offsets: alloc::vec![0],
            bytes: Vec::new(),
        }
    }
}

impl TextData {
    /// An empty column with room for `rows` texts of about ten bytes.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self {
            offsets,
            bytes: Vec::with_capacity(rows * 10),
        }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a row; empty beyond the end.
    #[inline]
    #[must_use]
    pub fn bytes_at(&self, row: usize) -> &[u8] {
        match self.offsets.get(row..row + 2) {
            Some(&[start, end]) => self.bytes.get(start as usize..end as usize).unwrap_or(&[]),
            _ => &[],
        }
    }

    /// The text of a row; empty beyond the end.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        core::str::from_utf8(self.bytes_at(row)).unwrap_or("")
    }

    /// Appends a text.
    ///
    /// # Panics
    /// If a column grows beyond 4 GiB, which the memory limits prevent.
    #[inline]
    pub fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Appends a text given as bytes, which the caller knows to be UTF-8.
    #[inline]
    pub fn push_bytes(&mut self, text: &[u8]) {
        short::extend(&mut self.bytes, text);
        let end = u32::try_from(self.bytes.len()).expect("a column stays below 4 GiB");
        self.offsets.push(end);
    }

    /// All rows as byte strings.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.offsets
            .windows(2)
            .map(|pair| &self.bytes[pair[0] as usize..pair[1] as usize])
    }

    pub(super) fn append_range(&mut self, other: &Self, range: core::ops::Range<usize>) {
        let (first, last) = (other.offsets[range.start], other.offsets[range.end]);
        let start = u32::try_from(self.bytes.len()).expect("a column stays below 4 GiB");
        self.bytes
            .extend_from_slice(&other.bytes[first as usize..last as usize]);
        u32::try_from(self.bytes.len()).expect("a column stays below 4 GiB");
        self.offsets.extend(
            other.offsets[range.start + 1..=range.end]
                .iter()
                .map(|offset| offset - first + start),
        );
    }

    pub(super) fn gather(&self, rows: &[u32]) -> Self {
        let total: usize = rows
            .iter()
            .map(|&row| (self.offsets[row as usize + 1] - self.offsets[row as usize]) as usize)
            .sum();
        let mut out = Self {
            offsets: Vec::with_capacity(rows.len() + 1),
            bytes: Vec::with_capacity(total),
        };
        out.offsets.push(0);
        let from = Strings {
            bytes: &self.bytes,
            offsets: &self.offsets,
        };
        loops::gather_strings(&mut out.bytes, &mut out.offsets, from, rows);
        out
    }
}
