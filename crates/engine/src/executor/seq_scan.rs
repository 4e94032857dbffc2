//! Reading a whole table, page by page.
//!
//! Only the columns that somebody reads are copied, straight from the pages' minipages, and those that the filter does not read
//! only where it leaves rows over. Invisible versions are left out by the selection. Several pages make a batch; a pause does not
//! end one, so that the same pages are read in whatever steps.

use super::{
    columns,
    operator::{BATCH_ROWS, Budget, ExecContext, Operator, Step, pause_if_spent},
    scalar::Filter,
};
use crate::{
    Error,
    catalog::TableId,
    database::{Table, Wanted, storage_error},
    physical::NodeId,
    value::{Batch, Column},
};
use alloc::{rc::Rc, vec::Vec};
use pages::{BlockNumber, PageStore};

/// What a scan reads, and how it tests it.
pub(crate) struct ScanParts {
    pub id: NodeId,
    pub table: TableId,
    pub wanted: Vec<Wanted>,
    /// Conditions over the wanted columns.
    pub filter: Filter,
    /// Which of them the filter reads.
    pub tested: Vec<bool>,
    /// Which of them somebody above reads.
    pub passed: Vec<bool>,
}

/// The SeqScan node.
pub(crate) struct SeqScan {
    parts: ScanParts,
    next: u32,
    /// Blocks when the scan began: rows that the statement itself adds in new blocks are not read.
    end: Option<u32>,
    chunk: Chunk,
    /// Rows of the last chunk that were not given yet, since fewer were wanted.
    rest: Option<Batch>,
    /// Rows of the last chunk: about as many come next.
    expected: usize,
    /// Whether the filter left most rows of the last chunk: then all columns are read at once, since another visit to each page
    /// costs more than the values that turn out not to be wanted.
    keeps_most: bool,
}

/// Pages being put together.
#[derive(Default)]
struct Chunk {
    columns: Vec<Column>,
    rows: usize,
    /// The visible rows, unless all are.
    visible: Option<Vec<u32>>,
    /// Each page, and its first row here.
    blocks: Vec<(u32, usize)>,
    /// Whether columns that the filter does not read are still to come.
    lean: bool,
}

impl Chunk {
    fn visible(&self) -> usize {
        self.visible.as_ref().map_or(self.rows, Vec::len)
    }
}

impl SeqScan {
    pub fn new(parts: ScanParts) -> Self {
        Self {
            parts,
            next: 0,
            end: None,
            chunk: Chunk::default(),
            rest: None,
            expected: 0,
            keeps_most: false,
        }
    }

    /// Reads pages until there are `limit` rows or no more pages; `false` = the budget is spent before.
    fn read(
        &mut self,
        limit: usize,
        cx: &mut ExecContext<'_>,
        budget: &mut Budget,
    ) -> Result<bool, Error> {
        let table = cx.storage.table(self.parts.table)?;
        let store = &cx.storage.store;
        let end = *self.end.get_or_insert_with(|| table.heap.pages(store));
        let chunk = &mut self.chunk;
        if chunk.blocks.is_empty() {
            // Where rows are wanted one by one, a page's rows are given over several steps: it is read whole at once.
            chunk.lean = !self.parts.filter.is_empty() && limit >= BATCH_ROWS && !self.keeps_most;
            let tested = self.parts.tested.iter();
            let early = tested.map(|&tested| tested || !chunk.lean);
            chunk.columns = table.columns_for(&self.parts.wanted, early, self.expected);
        }
        while self.next < end && chunk.visible() < limit {
            if budget.is_spent() {
                return Ok(false);
            }
            let block = BlockNumber(self.next);
            let which = if chunk.lean { &*self.parts.tested } else { &[] };
            let read = self.parts.wanted.iter().enumerate();
            let read = read.filter(|(at, _)| is_in(which, *at));
            let read = read.filter_map(|(_, wanted)| wanted.column());
            let page = table.heap.page_for_columns(store, block, read, false);
            let page = page.map_err(storage_error)?;
            let base = chunk.rows;
            table.read_columns(&page, which, &self.parts.wanted, &mut chunk.columns, base)?;
            let slots = page.slots();
            chunk.rows += slots;
            if !page.all_slots_visible() {
                let visible = chunk
                    .visible
                    .get_or_insert_with(|| (0..base as u32).collect());
                Table::visible_slots(&page, base, visible);
            } else if let Some(visible) = &mut chunk.visible {
                visible.extend(base as u32..(base + slots) as u32);
            }
            chunk.blocks.push((self.next, base));
            self.next += 1;
            budget.spend(page.live_rows().max(1));
        }
        Ok(true)
    }

    /// Tests the rows of a batch, which are whole or have the columns that are tested.
    fn test(&self, batch: &mut Batch, cx: &mut ExecContext<'_>) -> Result<(), Error> {
        if self.parts.filter.is_empty() {
            return Ok(());
        }
        let before = batch.selected();
        self.parts.filter.apply(batch, cx)?;
        let removed = before - batch.selected();
        cx.metrics(self.parts.id).rows_removed_by_filter += removed as u64;
        Ok(())
    }

    /// Adds the columns that were not tested: all rows where most are left, else only those.
    fn complete(
        &self,
        batch: Batch,
        blocks: &[(u32, usize)],
        cx: &ExecContext<'_>,
    ) -> Result<Batch, Error> {
        let parts = &self.parts;
        let store = &cx.storage.store;
        let table = cx.storage.table(parts.table)?;
        let few = batch.selected() < batch.rows / 2;
        let selected = columns::selected_rows(&batch);
        let expected = if few { selected.len() } else { batch.rows };
        let late: Vec<bool> = parts
            .tested
            .iter()
            .zip(&parts.passed)
            .map(|(&tested, &passed)| passed && !tested)
            .collect();
        let mut made = table.columns_for(&parts.wanted, late.iter().copied(), expected);
        if late.contains(&true) {
            let from = if few { Some(&*selected) } else { None };
            read_late(table, store, parts, &late, blocks, from, &mut made)?;
        }
        let mut columns = Vec::with_capacity(made.len());
        for ((late, tested), passed) in made.into_iter().zip(&batch.columns).zip(&parts.passed) {
            let is_tested = parts.tested.get(columns.len()) == Some(&true);
            columns.push(match (is_tested && *passed, few) {
                (true, false) => Rc::clone(tested),
                (true, true) => Rc::new(columns::gather(tested, &selected)?),
                (false, _) => Rc::new(late),
            });
        }
        Ok(Batch {
            columns,
            rows: expected,
            selection: if few { None } else { batch.selection },
        })
    }
}

impl SeqScan {
    /// Empties the columns that only the filter read: what comes next need not copy them.
    fn leave_out_unread(&self, batch: &mut Batch) {
        for (column, &passed) in batch.columns.iter_mut().zip(&self.parts.passed) {
            if !passed && !column.is_empty() {
                *column = Rc::new(columns::empty_like(column));
            }
        }
    }
}

/// Whether a list of columns names this one; an empty list names all.
fn is_in(which: &[bool], at: usize) -> bool {
    which.get(at).copied().unwrap_or(which.is_empty())
}

/// Reads the columns `late` of a chunk's pages: all slots, or the rows `selected`. The pages were just read, and are not counted again.
fn read_late(
    table: &Table,
    store: &PageStore,
    parts: &ScanParts,
    late: &[bool],
    blocks: &[(u32, usize)],
    selected: Option<&[u32]>,
    made: &mut [Column],
) -> Result<(), Error> {
    let mut selected_from = 0;
    for (at, &(block, base)) in blocks.iter().enumerate() {
        let mut slots: &[u32] = &[];
        if let Some(rows) = selected {
            let end = blocks.get(at + 1).map_or(usize::MAX, |&(_, base)| base);
            let rows = rows.get(selected_from..).unwrap_or(&[]);
            let here = rows.partition_point(|&row| (row as usize) < end);
            selected_from += here;
            if here == 0 {
                continue;
            }
            slots = rows.get(..here).unwrap_or(&[]);
        }
        let page = table.heap.peek(store, BlockNumber(block));
        let page = page.map_err(storage_error)?;
        if selected.is_some() {
            table.read_slots(&page, late, &parts.wanted, made, slots, base)?;
        } else {
            table.read_columns(&page, late, &parts.wanted, made, base)?;
        }
    }
    Ok(())
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
        loop {
            let limit = budget.batch_rows();
            if let Some(rest) = self.rest.take() {
                let (mut batch, rest) = split(rest, limit);
                self.rest = rest;
                self.test(&mut batch, cx)?;
                if batch.selected() > 0 {
                    return Ok(Step::Batch(batch));
                }
                continue;
            }
            if !self.read(limit, cx, budget)? {
                return Ok(Step::Pause);
            }
            let chunk = core::mem::take(&mut self.chunk);
            if chunk.blocks.is_empty() {
                return Ok(Step::Done);
            }
            self.expected = chunk.rows;
            let mut batch = Batch {
                columns: chunk.columns.into_iter().map(Rc::new).collect(),
                rows: chunk.rows,
                selection: chunk.visible,
            };
            if limit < BATCH_ROWS && !chunk.lean {
                self.rest = Some(batch);
                continue;
            }
            let visible = batch.selected();
            self.test(&mut batch, cx)?;
            self.keeps_most = 2 * batch.selected() >= visible;
            if batch.selected() > 0 {
                if chunk.lean {
                    batch = self.complete(batch, &chunk.blocks, cx)?;
                } else {
                    self.leave_out_unread(&mut batch);
                }
                return Ok(Step::Batch(batch));
            }
            pause_if_spent!(budget);
        }
    }

    fn rescan(&mut self, _cx: &mut ExecContext<'_>) {
        self.next = 0;
        self.end = None;
        self.chunk = Chunk::default();
        self.rest = None;
    }
}
