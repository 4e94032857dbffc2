//! Sorting: the rows in the order of their keys.
//!
//! Why byte keys: every key column becomes bytes that compare alike whatever its type and direction, so there is one sort
//! for all. Keys of up to eight bytes (one or two integers) are compared as one number. Why runs: the sort of a million rows
//! at once could not be paused; runs of some ten thousand are sorted as rows arrive and then merged in pairs, entry by entry.
//! Equal rows keep their order of arrival. With a bound only the best rows are kept: a heap, as PostgreSQL's top-N heapsort.

use super::{
    columns::{self, RowStore, out_of_memory},
    operator::{Budget, ExecContext, Node, Operator, Step, next_of_all, pause_if_spent},
    scalar::Scalar,
    sort_keys::{SortKeySpec, encode_keys},
};
use crate::{Error, physical::NodeId, value::Batch};
use alloc::vec::Vec;
use core::cmp::Ordering;
use pages::order::{SortEntry, compare_ties, sort_entries};

/// Rows sorted in one go.
const RUN_ROWS: usize = 16 * 1024;

/// The Sort node.
pub(crate) struct Sort {
    id: NodeId,
    input: Node,
    keys: Vec<(Scalar, SortKeySpec)>,
    bound: Option<usize>,
    state: State,
    rows: RowStore,
    entries: Vec<SortEntry>,
    /// Where each row's key bytes end, when keys are longer than a prefix.
    ends: Vec<u32>,
    key_bytes: Vec<u8>,
    /// Whether prefixes say it all.
    short: bool,
    taken: usize,
}

enum State {
    /// Rows come in; entries from here on are not sorted yet.
    Load { sorted: usize },
    /// Runs of `width` entries are merged in pairs into `target`, `from` is the first entry of the present pair.
    Merge {
        width: usize,
        target: Vec<SortEntry>,
        from: usize,
        left: usize,
        right: usize,
    },
    /// Rows go out.
    Emit { next: usize },
}

impl Sort {
    /// A sort of `input` by `keys`, of which only the first `bound` rows are asked for.
    pub fn new(
        id: NodeId,
        input: Node,
        keys: Vec<(Scalar, SortKeySpec)>,
        bound: Option<u64>,
    ) -> Self {
        Self {
            id,
            input,
            keys,
            bound: bound.and_then(|rows| usize::try_from(rows).ok()),
            state: State::Load { sorted: 0 },
            rows: RowStore::default(),
            entries: Vec::new(),
            ends: Vec::new(),
            key_bytes: Vec::new(),
            short: true,
            taken: 0,
        }
    }

    fn load(&mut self, batch: Batch, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let batch = columns::dense(batch)?;
        let mut keys = Vec::with_capacity(self.keys.len());
        for (scalar, spec) in &self.keys {
            keys.push((scalar.evaluate(&batch, cx)?, *spec));
        }
        let first = self.rows.rows;
        let key_bytes_before = self.key_bytes.len();
        self.short = encode_keys(
            &keys,
            batch.rows,
            &mut self.ends,
            &mut self.key_bytes,
            &mut |row, prefix| {
                self.entries.push(SortEntry {
                    prefix,
                    row: (first + row) as u32,
                });
            },
        )?;
        let grown = self.rows.append(&batch)?
            + batch.rows * core::mem::size_of::<SortEntry>()
            + (self.key_bytes.len() - key_bytes_before);
        self.taken += grown;
        cx.memory.take(grown)?;
        let peak = &mut cx.metrics(self.id).peak_bytes;
        *peak = (*peak).max(self.taken as u64);
        Ok(())
    }

    fn less(&self, a: &SortEntry, b: &SortEntry) -> bool {
        if a.prefix != b.prefix {
            return a.prefix < b.prefix;
        }
        if self.short {
            return a.row < b.row;
        }
        compare_ties(Some(&self.ties()), a.row, b.row).is_lt()
    }

    /// Compares two rows by their whole keys.
    fn ties(&self) -> impl Fn(u32, u32) -> Ordering {
        let (ends, bytes) = (&self.ends, &self.key_bytes);
        |a, b| key(ends, bytes, a).cmp(key(ends, bytes, b))
    }

    /// Sorts the entries that came since `from`.
    fn sort_run(&mut self, from: usize) {
        let mut entries = core::mem::take(&mut self.entries);
        if let Some(run) = entries.get_mut(from..) {
            let ties = self.ties();
            sort_entries(run, if self.short { None } else { Some(&ties) });
        }
        self.entries = entries;
    }

    /// With a bound: keeps the best rows only, once there are many more.
    fn cut(&mut self, bound: usize, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let from = 0;
        self.sort_run(from);
        self.entries.truncate(bound);
        let kept: Vec<u32> = self.entries.iter().map(|entry| entry.row).collect();
        let batch = self.rows.batch(&kept)?;
        let mut ends = Vec::new();
        let mut key_bytes = Vec::new();
        if !self.short {
            for &row in &kept {
                key_bytes.extend_from_slice(key(&self.ends, &self.key_bytes, row));
                ends.push(u32::try_from(key_bytes.len()).map_err(|_| out_of_memory())?);
            }
        }
        self.ends = ends;
        self.key_bytes = key_bytes;
        self.rows.clear();
        cx.memory.give_back(self.taken);
        self.taken = self.rows.append(&batch)?
            + self.key_bytes.len()
            + self.entries.len() * core::mem::size_of::<SortEntry>();
        cx.memory.take(self.taken)?;
        for (row, entry) in self.entries.iter_mut().enumerate() {
            entry.row = row as u32;
        }
        Ok(())
    }

    /// All rows are there: the runs are sorted, and have to be merged.
    fn begin_merge(&mut self, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        let metrics = cx.metrics(self.id);
        metrics.sort_method = Some(if self.bound.is_some() {
            "top-N heapsort"
        } else {
            "quicksort"
        });
        if self.entries.len() <= RUN_ROWS {
            self.state = State::Emit { next: 0 };
            return Ok(());
        }
        let mut target = Vec::new();
        target
            .try_reserve_exact(self.entries.len())
            .map_err(|_| out_of_memory())?;
        let bytes = self.entries.len() * core::mem::size_of::<SortEntry>();
        cx.memory.take(bytes)?;
        self.taken += bytes;
        self.state = State::Merge {
            width: RUN_ROWS,
            target,
            from: 0,
            left: 0,
            right: RUN_ROWS,
        };
        Ok(())
    }

    /// Merges up to `units` entries; `true` when all is sorted.
    fn merge(&mut self, units: usize) -> bool {
        let mut state = core::mem::replace(&mut self.state, State::Emit { next: 0 });
        let State::Merge {
            width,
            target,
            from,
            left,
            right,
        } = &mut state
        else {
            self.state = state;
            return true;
        };
        let total = self.entries.len();
        for _ in 0..units {
            if target.len() == total {
                core::mem::swap(&mut self.entries, target);
                target.clear();
                *width *= 2;
                if *width >= total {
                    return true;
                }
                (*from, *left, *right) = (0, 0, *width);
            }
            let middle = (*from + *width).min(total);
            let end = (*from + 2 * *width).min(total);
            let (a, b) = (self.entries.get(*left), self.entries.get(*right));
            let take_left = match (a, b) {
                (Some(a), Some(b)) if *left < middle && *right < end => !self.less(b, a),
                _ => *left < middle,
            };
            let taken = if take_left { a } else { b };
            if let Some(entry) = taken {
                target.push(*entry);
            }
            if take_left {
                *left += 1;
            } else {
                *right += 1;
            }
            if *left >= middle && *right >= end {
                *from = end;
                *left = end;
                *right = end + *width;
            }
        }
        self.state = state;
        false
    }
}

fn key<'k>(ends: &[u32], bytes: &'k [u8], row: u32) -> &'k [u8] {
    let row = row as usize;
    let from = match row.checked_sub(1) {
        Some(before) => ends.get(before).copied().unwrap_or(0) as usize,
        None => 0,
    };
    let to = ends.get(row).copied().unwrap_or(0) as usize;
    bytes.get(from..to).unwrap_or(&[])
}

impl Operator for Sort {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            match &mut self.state {
                State::Load { sorted } => {
                    let sorted = *sorted;
                    let batch = next_of_all!(self.input, cx, budget, {
                        self.sort_run(sorted);
                        if let Some(bound) = self.bound {
                            self.sort_run(0);
                            self.entries.truncate(bound);
                        }
                        self.begin_merge(cx)?;
                        continue;
                    });
                    budget.spend(batch.selected());
                    self.load(batch, cx)?;
                    match self.bound {
                        Some(bound) if bound <= RUN_ROWS => {
                            if self.entries.len() > (4 * bound).max(4 * 1024) {
                                self.cut(bound, cx)?;
                            }
                        }
                        _ => self.close_runs(),
                    }
                }
                State::Merge { .. } => {
                    let units = budget.left().min(16 * 1024);
                    budget.spend(units);
                    if self.merge(units) {
                        self.state = State::Emit { next: 0 };
                    }
                }
                State::Emit { next } => {
                    let from = *next;
                    let to = (from + budget.batch_rows()).min(self.entries.len());
                    if from >= to {
                        return Ok(Step::Done);
                    }
                    *next = to;
                    let rows: Vec<u32> = self
                        .entries
                        .iter()
                        .skip(from)
                        .take(to - from)
                        .map(|entry| entry.row)
                        .collect();
                    budget.spend(rows.len());
                    return Ok(Step::Batch(self.rows.batch(&rows)?));
                }
            }
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.state = State::Load { sorted: 0 };
        self.rows.clear();
        self.entries.clear();
        self.ends.clear();
        self.key_bytes.clear();
        cx.memory.give_back(self.taken);
        self.taken = 0;
        self.input.rescan(cx);
    }
}

impl Sort {
    /// Sorts each run that is full.
    fn close_runs(&mut self) {
        let State::Load { sorted } = self.state else {
            return;
        };
        let mut from = sorted;
        while self.entries.len() - from >= RUN_ROWS {
            let rest = self.entries.split_off(from + RUN_ROWS);
            self.sort_run(from);
            self.entries.extend(rest);
            from += RUN_ROWS;
        }
        self.state = State::Load { sorted: from };
    }
}
