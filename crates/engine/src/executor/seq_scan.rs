//! Reading a whole table, page by page.
//!
//! Only the columns that somebody reads are copied, straight from the pages' minipages; invisible versions are left out by the
//! selection. Several pages make a batch.

use super::{
    columns,
    operator::{Budget, ExecContext, Operator, Step},
};
use crate::{
    Error,
    catalog::TableId,
    database::{Wanted, storage_error},
    value::Batch,
};
use alloc::{rc::Rc, vec::Vec};
use pages::BlockNumber;

/// The SeqScan node.
pub(crate) struct SeqScan {
    table: TableId,
    wanted: Vec<Wanted>,
    next: u32,
    /// Blocks when the scan began: rows that the statement itself adds in new blocks are not read.
    end: Option<u32>,
    /// Rows of the last page read that were not given yet, since fewer were wanted.
    rest: Option<Batch>,
}

impl SeqScan {
    pub fn new(table: TableId, wanted: Vec<Wanted>) -> Self {
        Self {
            table,
            wanted,
            next: 0,
            end: None,
            rest: None,
        }
    }
}

/// Splits off the first `rows` selected rows.
pub(crate) fn split(batch: Batch, rows: usize) -> (Batch, Option<Batch>) {
    if batch.selected() <= rows {
        return (batch, None);
    }
    let mut first = columns::selected_rows(&batch);
    let second = first.split_off(rows);
    let rest = Batch {
        columns: batch.columns.clone(),
        rows: batch.rows,
        selection: Some(second),
    };
    let batch = Batch {
        columns: batch.columns,
        rows: batch.rows,
        selection: Some(first),
    };
    (batch, Some(rest))
}

impl Operator for SeqScan {
    fn step(&mut self, cx: &mut ExecContext<'_>, budget: &mut Budget) -> Result<Step, Error> {
        let limit = budget.batch_rows();
        if let Some(rest) = self.rest.take() {
            let (batch, rest) = split(rest, limit);
            self.rest = rest;
            return Ok(Step::Batch(batch));
        }
        let table = cx.storage.table(self.table)?;
        let store = &cx.storage.store;
        let end = *self.end.get_or_insert_with(|| table.heap.pages(store));
        let mut made = table.empty_columns(&self.wanted);
        let mut visible: Vec<u32> = Vec::new();
        let mut rows = 0;
        while self.next < end && visible.len() < limit {
            if budget.is_spent() {
                if visible.is_empty() {
                    return Ok(Step::Pause);
                }
                break;
            }
            let block = BlockNumber(self.next);
            let page = table.heap.page(store, block).map_err(storage_error)?;
            rows += table.read_page(&page, block, &self.wanted, &mut made, rows, &mut visible)?;
            self.next += 1;
            budget.spend(page.live_rows().max(1));
        }
        if visible.is_empty() {
            return Ok(Step::Done);
        }
        let selection = (visible.len() < rows).then_some(visible);
        let batch = Batch {
            columns: made.into_iter().map(Rc::new).collect(),
            rows,
            selection,
        };
        let (batch, rest) = if limit < super::operator::BATCH_ROWS {
            split(batch, limit)
        } else {
            (batch, None)
        };
        self.rest = rest;
        Ok(Step::Batch(batch))
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.next = 0;
        self.end = None;
        self.rest = None;
    }
}
