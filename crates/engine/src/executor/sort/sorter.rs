//! Rows in the order of their keys: what Sort and Incremental Sort sort with.
//!
//! Why byte keys: every key column becomes bytes that compare alike whatever its type and direction, so there is one sort for all.
//! Few rows are sorted by quicksort. Many are sorted by the digits of their keys, [in pieces](pages::order::pieces): that can be paused,
//! and pieces that are skipped are never put into order. With a bound, and more than twice as many rows, only the best are kept in a heap, as
//! PostgreSQL's top-N heapsort (`tuplesort.c`, `puttuple_common`) does. Equal rows keep their order of arrival. Everything stays in memory.

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
use pages::order::{
    CompareRows, SortEntry, compare_ties,
    pieces::{Keys, Pieces, STEP_ROWS},
    radix::row_of,
    sort_entries,
    strings::Strings,
};

/// Columns to sort by.
type SortColumns = [(Rc<Column>, SortKeySpec)];

/// Rows that are sorted in one go.
const RUN_ROWS: usize = 8 * 1024;

/// What is sorted: its number is eight bytes of the row's key.
type Entry = SortEntry;

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
    /// By row; without prefixes if there are the bytes, or if `entries` has them.
    order: OrderKeys,
    /// The heap of a top-N sort, or few rows that are sorted at once.
    entries: Vec<Entry>,
    pieces: Pieces,
    /// Pieces in all, none if rows are few; and those that were asked for or skipped.
    count: usize,
    piece: usize,
    /// The rows of the piece under way, in order, and how many of them were given.
    sorted: Vec<u32>,
    next: usize,
    /// Rows that are still to be given.
    left: usize,
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
            pieces: Pieces::default(),
            count: 0,
            piece: 0,
            sorted: Vec::new(),
            next: 0,
            left: 0,
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
            self.order.append(&keys, batch.rows)?;
            if self.order.long {
                self.order.prefixes.clear();
            }
            grown += self.rows.append(batch)?;
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

    /// Makes the entries of all rows.
    fn make_entries(&mut self) -> Result<(), Error> {
        let (order, rows) = (&self.order, self.rows.rows);
        self.entries
            .try_reserve_exact(rows)
            .map_err(|_| out_of_memory())?;
        self.entries.extend((0..rows).map(|row| Entry {
            prefix: if order.long {
                eight_bytes(order.key(row))
            } else {
                order.prefix(row)
            },
            row: row as u32,
        }));
        self.order.prefixes.clear();
        Ok(())
    }

    /// Sorts the entries at once.
    fn sort_entries(&mut self) {
        let order = &self.order;
        let ties = |a, b| rest(order, a).cmp(rest(order, b));
        let ties: Option<CompareRows<'_>> = if order.long { Some(&ties) } else { None };
        sort_entries(&mut self.entries, ties);
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
            self.make_entries()?;
            self.sort_entries();
            self.entries.truncate(self.bound);
            self.method = Method::TopN;
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
        if self.method == Method::TopN {
            self.keep_best(cx)?;
            self.by_arrival();
            if !self.order.long {
                let prefixes = self.entries.iter().map(|entry| entry.prefix);
                self.order.prefixes.extend(prefixes);
            }
            self.entries.clear();
        }
        let rows = self.rows.rows;
        self.left = rows.min(self.bound);
        let mut more = size_of::<Entry>();
        if rows > RUN_ROWS {
            more = size_of::<u64>();
            if self.method != Method::TopN {
                self.method = Method::Radix;
            }
            if self.order.long {
                self.order.ends.insert(0, 0);
            }
        } else {
            self.make_entries()?;
        }
        self.taken += rows * more;
        cx.memory.take(rows * more)
    }

    /// Goes on sorting; whether all is sorted.
    pub fn sort(&mut self, budget: &mut Budget) -> bool {
        if self.rows.rows <= RUN_ROWS {
            self.sort_entries();
            self.sorted
                .extend(self.entries.iter().map(|entry| entry.row));
            return true;
        }
        while self.pieces.step(keys(&self.order)) {
            budget.spend(STEP_ROWS);
            if budget.is_spent() {
                return false;
            }
        }
        self.count = self.pieces.count();
        true
    }

    /// Up to `limit` of the sorted rows that were not given yet; `None` at the end.
    ///
    /// # Errors
    /// Out of memory.
    pub fn give(&mut self, limit: usize) -> Result<Option<Batch>, Error> {
        let mut rows: Vec<u32> = Vec::new();
        let limit = limit.min(self.left);
        while rows.len() < limit {
            if self.next == self.sorted.len() && !self.next_piece() {
                break;
            }
            let to = self.sorted.len().min(self.next + limit - rows.len());
            rows.extend_from_slice(self.sorted.get(self.next..to).unwrap_or_default());
            self.next = to;
        }
        self.left -= rows.len();
        if rows.is_empty() {
            return Ok(None);
        }
        self.rows.batch(&rows).map(Some)
    }

    /// Puts the next piece into order; `false` if there is none.
    fn next_piece(&mut self) -> bool {
        if self.piece >= self.count {
            return false;
        }
        self.sorted.clear();
        let sorted = &mut self.sorted;
        let mut take = |entries: &[u64]| sorted.extend(entries.iter().map(|&entry| row_of(entry)));
        self.pieces.visit(self.piece, keys(&self.order), &mut take);
        self.next = 0;
        self.piece += 1;
        true
    }

    /// Skips up to `rows` of the sorted rows; how many.
    pub fn skip(&mut self, rows: usize) -> usize {
        let skipped = rows.min(self.left);
        let mut rest = skipped;
        loop {
            let here = rest.min(self.sorted.len() - self.next);
            self.next += here;
            rest -= here;
            if rest == 0 {
                break;
            }
            // Nobody will see what a piece before that has.
            while self.piece < self.count && self.pieces.len_of(self.piece) <= rest {
                rest -= self.pieces.len_of(self.piece);
                self.piece += 1;
            }
            if rest > 0 && !self.next_piece() {
                break;
            }
        }
        self.left -= skipped;
        skipped
    }

    /// Forgets all rows.
    pub fn clear(&mut self, cx: &mut ExecContext<'_>) {
        self.method = Method::Quicksort;
        self.rows.clear();
        self.order.clear();
        self.entries.clear();
        self.pieces = Pieces::default();
        self.count = 0;
        self.piece = 0;
        self.sorted.clear();
        self.next = 0;
        self.left = 0;
        cx.memory.give_back(self.taken);
        self.taken = 0;
    }
}

/// What many rows are sorted by.
fn keys(order: &OrderKeys) -> Keys<'_> {
    if order.long {
        Keys::Strings(Strings {
            bytes: &order.bytes,
            offsets: &order.ends,
        })
    } else {
        Keys::Numbers(&order.prefixes)
    }
}

/// What a row's key has behind its prefix.
#[inline]
fn rest(order: &OrderKeys, row: u32) -> &[u8] {
    order.key(row as usize).get(8..).unwrap_or(&[])
}

/// How two entries compare whose prefixes begin their keys.
#[inline]
fn compare(order: &OrderKeys, a: &Entry, b: &Entry) -> Ordering {
    a.prefix.cmp(&b.prefix).then_with(|| {
        let ties = |a, b| rest(order, a).cmp(rest(order, b));
        compare_ties(if order.long { Some(&ties) } else { None }, a.row, b.row)
    })
}
