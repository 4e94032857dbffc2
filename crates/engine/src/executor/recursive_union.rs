//! Recursive WITH queries: the first term's rows, then the second term over the rows that the last round added, until none are.

use super::{
    columns,
    operator::{Budget, ExecContext, Node, Operator, Step, next_batch, pause_if_spent},
    row_keys::{KeySet, RowKeys},
};
use crate::{Error, value::Batch};
use alloc::{rc::Rc, vec::Vec};

/// The RecursiveUnion node.
pub(crate) struct RecursiveUnion {
    pub first: Node,
    pub second: Node,
    /// UNION: rows that were there before are dropped.
    pub seen: Option<KeySet>,
    pub table: usize,
    pub added: Vec<Rc<Batch>>,
    pub recursing: bool,
    pub bytes: usize,
}

impl RecursiveUnion {
    fn keep(&mut self, batch: Batch, cx: &mut ExecContext<'_>) -> Result<Option<Batch>, Error> {
        let mut batch = columns::dense(batch)?;
        if let Some(seen) = &mut self.seen {
            let mut keys = RowKeys::default();
            keys.compute(batch.columns.iter(), batch.rows)?;
            let mut fresh = Vec::new();
            for row in 0..batch.rows {
                let (_, grown) = seen.insert(&keys, row)?;
                if grown > 0 {
                    cx.memory.take(grown)?;
                    fresh.push(row as u32);
                }
            }
            batch.selection = Some(fresh);
            batch = columns::dense(batch)?;
        }
        if batch.rows == 0 {
            return Ok(None);
        }
        let bytes: usize = batch.columns.iter().map(|c| columns::bytes(c)).sum();
        cx.memory.take(bytes)?;
        self.bytes += bytes;
        self.added.push(Rc::new(batch.clone()));
        Ok(Some(batch))
    }

    fn next_round(&mut self, cx: &mut ExecContext<'_>) -> bool {
        if self.added.is_empty() {
            return false;
        }
        cx.memory.give_back(self.bytes);
        self.bytes = 0;
        cx.with
            .set_working(self.table, core::mem::take(&mut self.added));
        self.second.rescan(cx);
        self.recursing = true;
        true
    }
}

impl Operator for RecursiveUnion {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        loop {
            pause_if_spent!(budget);
            let input = if self.recursing {
                &mut self.second
            } else {
                &mut self.first
            };
            let batch = next_batch!(*input, cx, budget, {
                if self.next_round(cx) {
                    continue;
                }
                return Ok(Step::Done);
            });
            budget.spend(batch.selected());
            if let Some(batch) = self.keep(batch, cx)? {
                return Ok(Step::Batch(batch));
            }
        }
    }

    fn rescan(&mut self, cx: &mut ExecContext<'_>) {
        self.added.clear();
        self.recursing = false;
        if let Some(seen) = &mut self.seen {
            seen.clear();
        }
        self.first.rescan(cx);
    }
}
