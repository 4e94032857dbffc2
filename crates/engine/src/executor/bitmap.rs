//! Bitmap scans: the addresses that indexes name are collected, combined and sorted, then the heap is read page by page in order.
//!
//! Addresses are always exact here; PostgreSQL turns to whole pages when `work_mem` is short.

use super::{
    index_scan::EntryScan,
    operator::{BATCH_ROWS, Budget, ExecContext, Operator, Step},
};
use crate::{Error, catalog::TableId, database::Wanted, physical::NodeId, value::Batch};
use alloc::{boxed::Box, vec::Vec};
use pages::order::sort_numbers;

/// Something that makes a set of row addresses.
pub(crate) enum BitmapSource {
    Index {
        id: NodeId,
        scan: Box<EntryScan>,
        rows: Vec<u64>,
        started: bool,
        done: bool,
    },
    And(NodeId, Vec<BitmapSource>),
    Or(NodeId, Vec<BitmapSource>),
}

impl BitmapSource {
    /// Goes on collecting; `true` when all is there.
    fn collect(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<bool, Error> {
        match self {
            Self::Index {
                id,
                scan,
                rows,
                started,
                done,
            } => {
                let before = cx.storage.buffer_counts();
                while !*done && !budget.is_spent() {
                    match scan.next(BATCH_ROWS, cx, budget)? {
                        Some(found) => {
                            cx.memory.take(8 * found.rows.len())?;
                            rows.extend(found.rows.iter().map(|row| row.to_u64()));
                        }
                        None => {
                            sort_numbers(rows);
                            rows.dedup();
                            *done = true;
                        }
                    }
                }
                let counts = cx.storage.buffer_counts() - before;
                let metrics = cx.metrics(*id);
                metrics.loops += u64::from(!core::mem::replace(started, true));
                metrics.buffers_hit += counts.hit;
                metrics.buffers_read += counts.read;
                if *done {
                    metrics.rows += rows.len() as u64;
                }
                Ok(*done)
            }
            Self::And(id, parts) | Self::Or(id, parts) => {
                let before = cx.storage.buffer_counts();
                let mut all = true;
                for part in parts {
                    if !part.collect(cx, budget)? {
                        all = false;
                        break;
                    }
                }
                let counts = cx.storage.buffer_counts() - before;
                let metrics = cx.metrics(*id);
                metrics.loops += u64::from(all);
                metrics.buffers_hit += counts.hit;
                metrics.buffers_read += counts.read;
                Ok(all)
            }
        }
    }

    /// The set, ascending.
    fn take(&mut self) -> Vec<u64> {
        match self {
            Self::Index { rows, .. } => core::mem::take(rows),
            Self::And(_, parts) => {
                let mut sets = parts.iter_mut().map(Self::take);
                let mut kept = sets.next().unwrap_or_default();
                for set in sets {
                    kept.retain(|row| set.binary_search(row).is_ok());
                }
                kept
            }
            Self::Or(_, parts) => {
                let mut all: Vec<u64> = parts.iter_mut().flat_map(Self::take).collect();
                sort_numbers(&mut all);
                all.dedup();
                all
            }
        }
    }

    fn rescan(&mut self) {
        match self {
            Self::Index {
                scan,
                rows,
                started,
                done,
                ..
            } => {
                scan.rescan();
                rows.clear();
                *started = false;
                *done = false;
            }
            Self::And(_, parts) | Self::Or(_, parts) => parts.iter_mut().for_each(Self::rescan),
        }
    }
}

/// The BitmapHeapScan node.
pub(crate) struct BitmapHeapScan {
    pub id: NodeId,
    pub table: TableId,
    pub wanted: Vec<Wanted>,
    pub source: BitmapSource,
    pub rows: Option<Vec<u64>>,
    pub next: usize,
    /// The block read last: its page is accessed once, also when its rows go out in several batches.
    pub block: Option<u32>,
}

impl Operator for BitmapHeapScan {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        if self.rows.is_none() {
            if !self.source.collect(cx, budget)? {
                return Ok(Step::Pause);
            }
            self.rows = Some(self.source.take());
            self.next = 0;
        }
        let Some(ids) = &self.rows else {
            return Ok(Step::Done);
        };
        let table = cx.storage.table(self.table)?;
        let store = &cx.storage.store;
        let limit = budget.batch_rows();
        let mut made = table.empty_columns(&self.wanted);
        let mut rows = 0;
        let mut blocks = 0;
        while rows < limit
            && let Some(&first) = ids.get(self.next)
        {
            if budget.is_spent() {
                if rows == 0 {
                    return Ok(Step::Pause);
                }
                break;
            }
            let block = first >> 16;
            let same = ids
                .iter()
                .skip(self.next)
                .take_while(|&&id| id >> 16 == block)
                .count()
                .min(limit - rows);
            blocks += u64::from(self.block.map(u64::from) != Some(block));
            for &id in ids.iter().skip(self.next).take(same) {
                let id = pages::RowId::from_u64(id);
                let row = table.row_pinned(store, id, &self.wanted, &mut self.block)?;
                if let Some(row) = row {
                    table.read_row(&row, &self.wanted, &mut made)?;
                    rows += 1;
                }
            }
            self.next += same;
            budget.spend(same);
        }
        cx.metrics(self.id).exact_heap_blocks += blocks;
        if rows == 0 {
            return Ok(Step::Done);
        }
        Ok(Step::Batch(Batch::made(made, rows)))
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.source.rescan();
        self.rows = None;
        self.block = None;
    }
}
