//! Rows in the order of their keys: what Sort and Incremental Sort sort with.
//!
//! Why byte keys: every key column becomes bytes that compare alike whatever its type and direction, so there is one sort for all.
//! Few rows are sorted by quicksort. Many are first dealt out by one byte of their keys after the other (a radix sort from the most
//! significant byte, behind what all keys begin with) until what is left is few: each deal is one pass, so the sort of a million
//! rows can be paused. With a bound, and more than twice as many rows, only the best are kept in a heap, as PostgreSQL's top-N heapsort
//! (`tuplesort.c`, `puttuple_common`) does. Equal rows keep their order of arrival. Everything stays in memory.

use super::super::{
    columns::{self, RowStore, out_of_memory},
    operator::{Budget, ExecContext},
    scalar::Scalar,
    sort_keys::{OrderKeys, SortKeySpec, eight_bytes, first_bytes},
};
use crate::{
    Error,
    value::{Batch, Column},
};
use alloc::{rc::Rc, vec::Vec};
use core::cmp::Ordering;
use pages::order::{SortEntry, compare_ties, sort_entries};

/// Columns to sort by.
type SortColumns = [(Rc<Column>, SortKeySpec)];

/// Rows that are sorted in one go.
const RUN_ROWS: usize = 8 * 1024;

/// What is sorted: its number is eight bytes of the row's key.
type Entry = SortEntry;

/// Entries `from..to`, alike in the first `depth` bytes of their keys and the first `byte` bytes of their prefixes.
#[derive(Clone, Copy, Debug)]
struct Part {
    from: usize,
    to: usize,
    depth: usize,
    byte: u32,
    /// Whether the prefixes are still those of another depth.
    stale: bool,
}

/// How the rows were sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Quicksort,
    Radix,
    TopN,
}

impl Method {
    /// As EXPLAIN prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quicksort => "quicksort",
            Self::Radix => "radix sort",
            Self::TopN => "top-N heapsort",
        }
    }
}

/// Rows being sorted.
pub(crate) struct Sorter {
    keys: Vec<(Scalar, SortKeySpec)>,
    bound: usize,
    method: Method,
    rows: RowStore,
    /// By row, except that the prefixes have gone into `entries`.
    order: OrderKeys,
    entries: Vec<Entry>,
    scratch: Vec<Entry>,
    parts: Vec<Part>,
    /// Bytes that all keys begin with.
    common: usize,
    next: usize,
    taken: usize,
}

impl Sorter {
    /// Nothing yet, to be sorted by `keys`.
    pub fn new(keys: Vec<(Scalar, SortKeySpec)>) -> Self {
        Self {
            keys,
            bound: usize::MAX,
            method: Method::Quicksort,
            rows: RowStore::default(),
            order: OrderKeys::default(),
            entries: Vec::new(),
            scratch: Vec::new(),
            parts: Vec::new(),
            common: usize::MAX,
            next: 0,
            taken: 0,
        }
    }

    /// Says that only the first `bound` rows will be asked for.
    pub fn set_bound(&mut self, bound: Option<usize>) {
        self.bound = bound.unwrap_or(usize::MAX).max(1);
    }

    /// Takes rows in; `batch` has no selection.
    ///
    /// # Errors
    /// What a key answers; out of memory.
    pub fn push(&mut self, batch: &Batch, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let mut keys = Vec::with_capacity(self.keys.len());
        for (scalar, spec) in &self.keys {
            keys.push((scalar.evaluate(batch, cx)?, *spec));
        }
        let before = self.memory();
        let mut grown = 0;
        if self.method == Method::TopN {
            grown += match self.screen(&keys, batch.rows) {
                Some(rows) if rows.is_empty() => 0,
                Some(rows) => {
                    for (column, _) in &mut keys {
                        *column = Rc::new(columns::gather(column, &rows)?);
                    }
                    let batch = columns::dense(Batch {
                        columns: batch.columns.clone(),
                        rows: batch.rows,
                        selection: Some(rows),
                    })?;
                    self.compete(&batch, &keys)?
                }
                None => self.compete(batch, &keys)?,
            };
        } else {
            let first = self.rows.rows;
            self.order.append(&keys, batch.rows)?;
            grown += self.rows.append(batch)?;
            self.entries
                .try_reserve(batch.rows)
                .map_err(|_| out_of_memory())?;
            for (row, &prefix) in (first as u32..).zip(&self.order.prefixes) {
                self.entries.push(Entry { prefix, row });
            }
            self.order.prefixes.clear();
            self.note_common(first);
        }
        grown = (grown + self.memory()).saturating_sub(before);
        self.taken += grown;
        cx.memory.take(grown)?;
        let crowded = self.rows.rows > self.bound.saturating_mul(2);
        if crowded && (self.method != Method::TopN || self.rows.rows / 2 > self.bound + RUN_ROWS) {
            self.keep_best(cx)?;
        }
        Ok(())
    }

    /// Bytes beside the rows.
    fn memory(&self) -> usize {
        self.order.memory() + self.entries.len() * core::mem::size_of::<Entry>()
    }

    /// Bytes in use.
    pub fn bytes(&self) -> u64 {
        self.taken as u64
    }

    /// How the rows were sorted.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Rows that are not given yet.
    pub fn left(&self) -> usize {
        self.entries.len() - self.next
    }

    /// Shortens what all keys have in common by the keys from row `first` on.
    fn note_common(&mut self, first: usize) {
        if !self.order.long || self.common == 0 {
            return;
        }
        let model = self.order.key(0);
        let mut common = self.common.min(model.len());
        for row in first..self.rows.rows {
            let key = self.order.key(row);
            if key.get(..common) != model.get(..common) {
                common = model.iter().zip(key).take_while(|(a, b)| a == b).count();
            }
        }
        self.common = common;
    }

    /// Top-N: the rows that can be better than the worst of those kept, by a look at their first key only; `None` if that says little.
    ///
    /// Why: long keys take a hundred times longer to make than most rows to reject.
    fn screen(&self, keys: &SortColumns, rows: usize) -> Option<Vec<u32>> {
        let worst = self.entries.first()?;
        if !self.order.long {
            return None;
        }
        let mut screens = Vec::with_capacity(rows);
        let mask = first_bytes(keys.first()?, rows, &mut screens)?;
        let limit = worst.prefix & mask;
        let passing = (0..).zip(&screens).filter(|(_, first)| **first <= limit);
        Some(passing.map(|(row, _)| row).collect())
    }

    /// Top-N: lets the rows of a batch compete with the worst of those kept.
    fn compete(&mut self, batch: &Batch, keys: &SortColumns) -> Result<usize, Error> {
        let mut fresh = OrderKeys::default();
        fresh.append(keys, batch.rows)?;
        let mut accepted: Vec<u32> = Vec::new();
        for row in 0..batch.rows {
            let Some(worst) = self.entries.first() else {
                break;
            };
            let prefix = fresh.prefix(row);
            if prefix > worst.prefix {
                continue;
            }
            if prefix == worst.prefix
                && (!fresh.long || fresh.key(row) >= self.order.key(worst.row as usize))
            {
                continue;
            }
            let number = self.rows.rows + accepted.len();
            self.order.push(&fresh, row)?;
            self.order.prefixes.clear();
            accepted.push(row as u32);
            if let Some(worst) = self.entries.first_mut() {
                *worst = Entry {
                    prefix,
                    row: u32::try_from(number).map_err(|_| out_of_memory())?,
                };
            }
            self.sift_down(0);
        }
        if accepted.is_empty() {
            return Ok(0);
        }
        self.rows.append(&Batch {
            columns: batch.columns.clone(),
            rows: batch.rows,
            selection: Some(accepted),
        })
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let child = 2 * at + 1;
            let (Some(&here), Some(&left)) = (self.entries.get(at), self.entries.get(child)) else {
                return;
            };
            let mut worse = (child, left);
            if let Some(&right) = self.entries.get(child + 1)
                && self.compare(&left, &right).is_lt()
            {
                worse = (child + 1, right);
            }
            if self.compare(&here, &worse.1).is_ge() {
                return;
            }
            self.entries.swap(at, worse.0);
            at = worse.0;
        }
    }

    fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        compare(&self.order, a, b)
    }

    /// Top-N: makes the heap, or drops the rows that have lost their place in it.
    fn keep_best(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        if self.method != Method::TopN {
            let ties = |a, b| rest(&self.order, 0, a).cmp(rest(&self.order, 0, b));
            sort_entries(
                &mut self.entries,
                if self.order.long { Some(&ties) } else { None },
            );
            self.entries.truncate(self.bound);
            self.method = Method::TopN;
            // Later rows may begin otherwise.
            self.common = 0;
        }
        // In order of arrival, so that row numbers still tell who came first.
        self.by_arrival();
        let kept: Vec<u32> = self.entries.iter().map(|entry| entry.row).collect();
        let batch = self.rows.batch(&kept)?;
        let mut order = OrderKeys::default();
        if self.order.long {
            for &row in &kept {
                order.push(&self.order, row as usize)?;
            }
            order.prefixes.clear();
        }
        self.order = order;
        self.rows.clear();
        let rows = self.rows.append(&batch)?;
        for (row, entry) in (0..).zip(&mut self.entries) {
            entry.row = row;
        }
        for at in (0..self.entries.len() / 2).rev() {
            self.sift_down(at);
        }
        cx.memory.give_back(self.taken);
        self.taken = rows + self.memory();
        cx.memory.take(self.taken)
    }

    /// Brings the entries into the order of their rows.
    fn by_arrival(&mut self) {
        let rows = |(at, entry): (usize, &Entry)| Entry {
            prefix: u64::from(entry.row),
            row: at as u32,
        };
        let mut places: Vec<Entry> = self.entries.iter().enumerate().map(rows).collect();
        sort_entries(&mut places, None);
        let entries = places
            .iter()
            .filter_map(|place| self.entries.get(place.row as usize));
        self.entries = entries.copied().collect();
    }

    /// Says that all rows are in.
    ///
    /// # Errors
    /// Out of memory.
    pub fn finish(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let rows = self.entries.len();
        if self.method == Method::TopN {
            // Dealing out keeps the order of equal rows, so it must be that of arrival.
            self.by_arrival();
        }
        let depth = if self.order.long && self.common != usize::MAX {
            self.common
        } else {
            0
        };
        let stale = depth > 0 && rows > RUN_ROWS;
        self.parts.push(Part {
            from: 0,
            to: rows,
            depth: if stale { depth } else { 0 },
            byte: 0,
            stale,
        });
        if rows > RUN_ROWS && self.method != Method::TopN {
            self.method = Method::Radix;
        }
        if rows > RUN_ROWS {
            self.scratch
                .try_reserve_exact(rows)
                .map_err(|_| out_of_memory())?;
            let bytes = rows * core::mem::size_of::<Entry>();
            self.taken += bytes;
            cx.memory.take(bytes)?;
            self.scratch.resize(rows, Entry { prefix: 0, row: 0 });
        }
        Ok(())
    }

    /// Goes on sorting; whether all is sorted.
    pub fn sort(&mut self, budget: &mut Budget) -> bool {
        while let Some(part) = self.parts.pop() {
            let rows = part.to - part.from;
            if rows > 1 {
                self.sort_part(part);
                budget.spend(rows);
            }
            if budget.is_spent() {
                break;
            }
        }
        if self.parts.is_empty() {
            self.entries.truncate(self.bound);
            self.scratch = Vec::new();
        }
        self.parts.is_empty()
    }

    fn sort_part(&mut self, part: Part) {
        let Part {
            from, to, depth, ..
        } = part;
        let (order, Some(entries)) = (&self.order, self.entries.get_mut(from..to)) else {
            return;
        };
        if part.stale {
            let mut ended = true;
            for entry in &mut *entries {
                let rest = order.key(entry.row as usize).get(depth..).unwrap_or(&[]);
                ended &= rest.is_empty();
                entry.prefix = eight_bytes(rest);
            }
            // Equal to the end: they are in order of arrival already.
            if !ended {
                self.parts.push(Part {
                    byte: 0,
                    stale: false,
                    ..part
                });
            }
            return;
        }
        if entries.len() <= RUN_ROWS {
            let ties = |a, b| rest(order, depth, a).cmp(rest(order, depth, b));
            sort_entries(entries, if order.long { Some(&ties) } else { None });
            return;
        }
        if part.byte == 8 {
            if order.long {
                self.parts.push(Part {
                    depth: depth + 8,
                    stale: true,
                    ..part
                });
            }
            return;
        }
        self.deal(part);
    }

    /// Deals the entries of a part out by one byte of their prefixes.
    fn deal(&mut self, part: Part) {
        let (Some(entries), Some(scratch)) = (
            self.entries.get_mut(part.from..part.to),
            self.scratch.get_mut(part.from..part.to),
        ) else {
            return;
        };
        let shift = 56 - 8 * part.byte;
        let digit = |entry: &Entry| (entry.prefix >> shift) as u8 as usize;
        let mut counts = [0usize; 256];
        for entry in &*entries {
            if let Some(count) = counts.get_mut(digit(entry)) {
                *count += 1;
            }
        }
        let next = Part {
            byte: part.byte + 1,
            ..part
        };
        if counts.contains(&entries.len()) {
            self.parts.push(next);
            return;
        }
        let mut at = 0;
        let mut places = [0usize; 256];
        for (place, &count) in places.iter_mut().zip(&counts) {
            *place = at;
            if count > 1 {
                self.parts.push(Part {
                    from: part.from + at,
                    to: part.from + at + count,
                    ..next
                });
            }
            at += count;
        }
        for entry in &*entries {
            if let Some(place) = places.get_mut(digit(entry)) {
                if let Some(to) = scratch.get_mut(*place) {
                    *to = *entry;
                }
                *place += 1;
            }
        }
        entries.copy_from_slice(scratch);
    }

    /// Up to `limit` of the sorted rows that were not given yet; `None` at the end.
    ///
    /// # Errors
    /// Out of memory.
    pub fn give(&mut self, limit: usize) -> Result<Option<Batch>, Error> {
        let from = self.next;
        let to = from.saturating_add(limit).min(self.entries.len());
        if from >= to {
            return Ok(None);
        }
        self.next = to;
        let given = self.entries.get(from..to).unwrap_or(&[]);
        let rows: Vec<u32> = given.iter().map(|entry| entry.row).collect();
        self.rows.batch(&rows).map(Some)
    }

    /// Skips up to `rows` of the sorted rows; how many.
    pub fn skip(&mut self, rows: usize) -> usize {
        let skipped = rows.min(self.left());
        self.next += skipped;
        skipped
    }

    /// Forgets all rows.
    pub fn clear(&mut self, cx: &mut ExecContext<'_>) {
        self.method = Method::Quicksort;
        self.rows.clear();
        self.order.clear();
        self.entries.clear();
        self.scratch = Vec::new();
        self.parts.clear();
        self.common = usize::MAX;
        self.next = 0;
        cx.memory.give_back(self.taken);
        self.taken = 0;
    }
}

/// What a row's key has behind the eight bytes that follow the first `depth`.
#[inline]
fn rest(order: &OrderKeys, depth: usize, row: u32) -> &[u8] {
    order.key(row as usize).get(depth + 8..).unwrap_or(&[])
}

/// How two entries compare whose prefixes begin their keys.
#[inline]
fn compare(order: &OrderKeys, a: &Entry, b: &Entry) -> Ordering {
    a.prefix.cmp(&b.prefix).then_with(|| {
        let ties = |a, b| rest(order, 0, a).cmp(rest(order, 0, b));
        compare_ties(if order.long { Some(&ties) } else { None }, a.row, b.row)
    })
}
