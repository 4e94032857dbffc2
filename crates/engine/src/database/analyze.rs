//! ANALYZE: which rows are looked at, and where the findings go.
//!
//! Why in two passes where a sample is drawn: pages are drawn and their visible rows counted first, then only the rows that were kept
//! are read, in physical order, a batch at a time. Where all rows are looked at, one pass does both.

use super::{
    relation::{Cluster, RowReader, Table, Wanted},
    rewrite_rows::compile,
    run::{Ended, TaskStep},
    state::Database,
};
use crate::{
    Error,
    catalog::{IndexDef, IndexKey, TableId},
    error::storage_error,
    executor::{
        bind::Scope,
        scalar::{Filter, Scalar},
    },
    stats::{
        ColumnAnalysis, ColumnStats, ExtendedAnalysis, Reservoir, SAMPLE_ROWS_PER_TARGET, StatsKey,
        estimate_total_rows, sample_pages,
    },
    value::{Batch, Column, Value},
};
use alloc::{collections::VecDeque, rc::Rc, vec::Vec};
use pages::order::sort_by;
use pages::{BlockNumber, PageId, RowId, SlotId};
use parser::ast::MaintenanceTarget;

/// Rows of the sample that are worked on together.
const BATCH_ROWS: usize = 1024;

/// An index with expressions or a predicate, whose sample is taken along.
struct IndexSample {
    def: Rc<IndexDef>,
    predicate: Option<Filter>,
    expressions: Vec<(u16, Scalar, ColumnAnalysis)>,
    rows: u64,
}

/// Whether every row of a table of so many pages is looked at: if that is wanted, and values, order and positions find room
/// beside the statement's other memory.
fn looks_at_all(database: &Database, pages: u32) -> bool {
    let bytes = u64::from(pages) * database.storage.store.page_bytes() as u64;
    database.settings.analyze_all_rows && bytes <= database.settings.statement_memory_bytes / 2
}

/// One table under way.
struct TableAnalysis {
    id: TableId,
    blocks: Vec<u32>,
    /// The leaves of a clustered table: its blocks.
    leaves: Vec<PageId>,
    next_block: usize,
    /// Rows are read as their pages are: all of them are looked at.
    whole: bool,
    live: u64,
    reservoir: Reservoir,
    kept: Vec<RowId>,
    next_row: usize,
    sorted: bool,
    columns: Vec<(u16, ColumnAnalysis)>,
    indexes: Vec<IndexSample>,
    finished: VecDeque<(StatsKey, ColumnAnalysis)>,
    extended: Vec<ExtendedAnalysis>,
}

/// See the file's header.
pub(super) struct AnalyzeTask {
    /// Tables with the columns that are asked for; all if none.
    tables: VecDeque<(TableId, Vec<u16>)>,
    now: Option<TableAnalysis>,
}

impl AnalyzeTask {
    /// For the tables named, or all.
    pub fn new(database: &Database, targets: &[MaintenanceTarget]) -> Result<Self, Error> {
        let mut tables = VecDeque::new();
        for target in targets {
            let id = database.named_table(&target.table)?;
            let mut columns = Vec::new();
            if let Some(def) = database.catalog.tables.get(&id) {
                for name in &target.columns {
                    let at = def.column_position(name).ok_or_else(|| {
                        Error::new(
                            crate::ErrorCode::UndefinedColumn,
                            alloc::format!(
                                "column \"{}\" of relation \"{}\" does not exist",
                                name.text,
                                def.name
                            ),
                        )
                        .at(name.span)
                    })?;
                    columns.push(at);
                }
            }
            tables.push_back((id, columns));
        }
        if targets.is_empty() {
            tables.extend(database.catalog.tables.keys().map(|id| (*id, Vec::new())));
        }
        Ok(Self { tables, now: None })
    }

    /// For one table.
    pub fn by_itself(table: TableId) -> Self {
        Self {
            tables: VecDeque::from([(table, Vec::new())]),
            now: None,
        }
    }

    /// Goes on.
    pub fn step(&mut self, database: &mut Database, units: u64) -> Result<TaskStep, Error> {
        let Some(now) = &mut self.now else {
            let Some((id, columns)) = self.tables.pop_front() else {
                return Ok(TaskStep::Ended(Ended::with_tag("ANALYZE", true)));
            };
            self.now = TableAnalysis::new(database, id, &columns)?;
            return Ok(TaskStep::Paused {
                phase: "analyzing",
                done: 0,
                total: 0,
            });
        };
        if let Some((done, total)) = now.step(database, units)? {
            return Ok(TaskStep::Paused {
                phase: "analyzing",
                done,
                total,
            });
        }
        self.now = None;
        Ok(TaskStep::Paused {
            phase: "analyzing",
            done: 1,
            total: 1,
        })
    }
}

impl TableAnalysis {
    fn new(database: &Database, id: TableId, only: &[u16]) -> Result<Option<Self>, Error> {
        let Ok(table) = database.storage.table(id) else {
            return Ok(None);
        };
        let default = database.settings.planner.default_statistics_target;
        let mut columns = Vec::new();
        let mut largest = default;
        for (at, column) in table.def.columns.iter().enumerate() {
            let at = at as u16;
            let target = column.statistics_target.map_or(default, u32::from);
            if target == 0 || (!only.is_empty() && !only.contains(&at)) {
                continue;
            }
            largest = largest.max(target);
            columns.push((at, ColumnAnalysis::new(column.data_type, target as usize)));
        }
        let mut indexes = Vec::new();
        for index in database.storage.indexes_of(id) {
            let def = Rc::clone(&index.def);
            let mut expressions = Vec::new();
            for (at, part) in def.columns.iter().enumerate() {
                if let IndexKey::Expression(expr) = &part.key {
                    let made = compile(core::slice::from_ref(expr), &table.def)?;
                    let analysis = ColumnAnalysis::new(part.data_type, default as usize);
                    expressions.extend(
                        made.into_iter()
                            .map(|made| (at as u16, made, analysis.clone())),
                    );
                }
            }
            if expressions.is_empty() && def.predicate.is_empty() {
                continue;
            }
            let predicate = if def.predicate.is_empty() {
                None
            } else {
                let inputs = super::rewrite_rows::table_columns(&table.def);
                Some(Filter::new(&def.predicate, &inputs, &mut Scope::default())?)
            };
            indexes.push(IndexSample {
                def,
                predicate,
                expressions,
                rows: 0,
            });
        }
        let seed = u64::from(id.0);
        let extended = database.catalog.statistics.values();
        let extended = extended.filter(|def| def.table == id && only.is_empty());
        let store = &database.storage.store;
        let leaves = match &table.cluster {
            Some(cluster) => cluster.tree.leaf_pages(store).map_err(storage_error)?,
            None => Vec::new(),
        };
        let pages = table.pages(store);
        let whole = looks_at_all(database, pages);
        let wanted = if whole {
            usize::MAX
        } else {
            SAMPLE_ROWS_PER_TARGET * largest as usize
        };
        Ok(Some(Self {
            id,
            blocks: sample_pages(pages, wanted, seed),
            leaves,
            next_block: 0,
            whole,
            live: 0,
            reservoir: Reservoir::new(wanted, seed),
            kept: Vec::new(),
            next_row: 0,
            sorted: false,
            columns,
            indexes,
            finished: VecDeque::new(),
            extended: extended
                .map(|def| ExtendedAnalysis::new(Rc::clone(def), seed))
                .collect(),
        }))
    }

    /// How far it is; `None` at the end.
    fn step(&mut self, database: &mut Database, units: u64) -> Result<Option<(u64, u64)>, Error> {
        let mut left = units.max(1);
        if self.next_block < self.blocks.len() {
            if self.whole {
                self.read_all(database, left)?;
            } else {
                self.draw(database, &mut left)?;
            }
            return Ok(Some((self.next_block as u64, self.blocks.len() as u64)));
        }
        if !self.sorted {
            if !self.kept.is_sorted() {
                sort_by(&mut self.kept, Ord::cmp);
            }
            self.sorted = true;
        }
        if self.next_row < self.kept.len() {
            while self.next_row < self.kept.len() && left > 0 {
                let read = self.read(database)?;
                left = left.saturating_sub(read as u64);
            }
            if self.next_row >= self.kept.len() {
                self.columns_are_read();
            }
            return Ok(Some((self.next_row as u64, self.kept.len() as u64)));
        }
        let table = database.storage.table(self.id)?;
        let pages = table.pages(&database.storage.store);
        let total = estimate_total_rows(self.live, self.blocks.len() as u32, pages);
        if let Some((key, analysis)) = self.finished.pop_front() {
            if let Some(mut stats) = analysis.finish(total) {
                if matches!(key, StatsKey::Expression(..)) {
                    stats.avg_width += unpacked_header_bytes(&stats);
                }
                database.statistics.columns.insert(key, Rc::new(stats));
            }
            return Ok(Some((1, 2)));
        }
        if let Some(last) = self.extended.last_mut() {
            if let Some(found) = last.step(total) {
                let name = last.def.name.clone();
                let known = &mut database.statistics.extended;
                known.insert(name, Rc::new(found));
                self.extended.pop();
            }
            return Ok(Some((1, 2)));
        }
        self.note_sizes(database, total);
        Ok(None)
    }

    /// Counts the visible rows of some pages and keeps an even share of their addresses.
    fn draw(&mut self, database: &Database, left: &mut u64) -> Result<(), Error> {
        let table = database.storage.table(self.id)?;
        while let Some(&block) = self.blocks.get(self.next_block) {
            if *left == 0 {
                break;
            }
            self.next_block += 1;
            *left -= 1;
            if let Some(cluster) = &table.cluster {
                let Some(&leaf) = self.leaves.get(block as usize) else {
                    continue;
                };
                let rows = cluster.tree.leaf_len(&database.storage.store, leaf);
                for slot in 0..rows.map_err(storage_error)? {
                    self.offer(block, slot);
                }
                continue;
            }
            let page = table
                .heap
                .page(&database.storage.store, BlockNumber(block))
                .map_err(storage_error)?;
            let all = page.all_slots_visible();
            let bits = page.visible();
            for slot in 0..page.slots() {
                let visible = all
                    || bits
                        .get(slot / 8)
                        .is_some_and(|byte| byte >> (slot % 8) & 1 == 1);
                if !visible {
                    continue;
                }
                self.offer(block, slot);
            }
        }
        Ok(())
    }

    /// A visible row: perhaps one of the sample.
    fn offer(&mut self, block: u32, slot: usize) {
        self.live += 1;
        let Some(place) = self.reservoir.offer() else {
            return;
        };
        let id = RowId {
            block: BlockNumber(block),
            slot: SlotId(slot as u16),
        };
        match self.kept.get_mut(place) {
            Some(kept) => *kept = id,
            None => self.kept.push(id),
        }
    }

    /// Reads the visible rows of the next pages, a batch at a time, until `units` rows are read.
    fn read_all(&mut self, database: &Database, units: u64) -> Result<(), Error> {
        let table = database.storage.table(self.id)?;
        let store = &database.storage.store;
        let (wanted, all) = every_column(table);
        let mut left = units;
        while left > 0 && self.next_block < self.blocks.len() {
            let mut columns = table.empty_columns(&wanted);
            let mut rows = 0;
            while rows < BATCH_ROWS
                && let Some(&block) = self.blocks.get(self.next_block)
            {
                self.next_block += 1;
                if let Some(cluster) = &table.cluster {
                    let Some(&leaf) = self.leaves.get(block as usize) else {
                        continue;
                    };
                    let length = cluster.tree.leaf_len(store, leaf).map_err(storage_error)?;
                    let slots = (0..length).map(|slot| (leaf, slot));
                    rows += read_leaf(database, cluster, &wanted, &mut columns, slots)?;
                    continue;
                }
                let page = table.heap.page(store, BlockNumber(block));
                let page = page.map_err(storage_error)?;
                if page.all_slots_visible() {
                    table.read_columns(&page, &[], &wanted, &mut columns, rows)?;
                    rows += page.slots();
                } else {
                    let mut slots = Vec::new();
                    Table::visible_slots(&page, 0, &mut slots);
                    table.read_slots(&page, &all, &wanted, &mut columns, &slots, 0)?;
                    rows += slots.len();
                }
            }
            self.live += rows as u64;
            left = left.saturating_sub(rows.max(1) as u64);
            self.take(columns, rows)?;
        }
        if self.next_block >= self.blocks.len() {
            self.columns_are_read();
        }
        Ok(())
    }

    /// Reads the next thousand rows of the sample, and those that share the last page with them.
    fn read(&mut self, database: &Database) -> Result<usize, Error> {
        let table = database.storage.table(self.id)?;
        let (wanted, all) = every_column(table);
        let end = self.batch_end();
        let ids = self.kept.get(self.next_row..end).unwrap_or(&[]);
        let mut columns = table.empty_columns(&wanted);
        let mut rows = 0;
        for same_block in ids.chunk_by(|a, b| a.block == b.block) {
            let Some(first) = same_block.first() else {
                continue;
            };
            if let Some(cluster) = &table.cluster {
                let leaf = self.leaves.get(first.block.0 as usize);
                let slots = same_block
                    .iter()
                    .flat_map(|id| leaf.map(|&leaf| (leaf, usize::from(id.slot.0))));
                rows += read_leaf(database, cluster, &wanted, &mut columns, slots)?;
                continue;
            }
            let page = table
                .heap
                .peek(&database.storage.store, first.block)
                .map_err(storage_error)?;
            // Whole pages are read column by column.
            if same_block.len() == page.slots() {
                table.read_columns(&page, &[], &wanted, &mut columns, rows)?;
            } else {
                let slots: Vec<u32> = same_block.iter().map(|id| u32::from(id.slot.0)).collect();
                table.read_slots(&page, &all, &wanted, &mut columns, &slots, 0)?;
            }
            rows += same_block.len();
        }
        self.next_row = end;
        self.take(columns, rows)?;
        Ok(rows)
    }

    /// Takes rows into all that is gathered.
    fn take(&mut self, columns: Vec<Column>, rows: usize) -> Result<(), Error> {
        let batch = Batch::new(columns.into_iter().map(Rc::new).collect(), rows);
        for (at, analysis) in &mut self.columns {
            if let Some(column) = batch.columns.get(usize::from(*at)) {
                analysis.push(column);
            }
        }
        for extended in &mut self.extended {
            extended.push(&batch);
        }
        for index in &mut self.indexes {
            let mut part = batch.clone();
            if let Some(predicate) = &index.predicate {
                predicate.apply_with(&mut part, &[])?;
                part = part.compact();
            }
            index.rows += part.rows as u64;
            for (_, expression, analysis) in &mut index.expressions {
                analysis.push(&*expression.evaluate_with(&part, &[])?);
            }
        }
        Ok(())
    }

    /// About a thousand rows further on, at the end of a page.
    fn batch_end(&self) -> usize {
        let least = self.kept.len().min(self.next_row + BATCH_ROWS);
        let block = |at: usize| self.kept.get(at).map(|id| id.block);
        (least..self.kept.len())
            .find(|&at| block(at) != block(at - 1))
            .unwrap_or(self.kept.len())
    }

    fn columns_are_read(&mut self) {
        let id = self.id;
        for (at, analysis) in self.columns.drain(..) {
            self.finished
                .push_back((StatsKey::Column(id, at), analysis));
        }
        for index in &mut self.indexes {
            let id = index.def.id;
            for (at, _, analysis) in index.expressions.drain(..) {
                self.finished
                    .push_back((StatsKey::Expression(id, at), analysis));
            }
        }
    }

    fn note_sizes(&self, database: &mut Database, total: f64) {
        let kept = if self.whole {
            self.live
        } else {
            self.kept.len() as u64
        };
        database.note_table_size(self.id, total);
        let indexes: Vec<_> = database.catalog.indexes_of(self.id).cloned().collect();
        for def in indexes {
            let partial = self
                .indexes
                .iter()
                .find(|sample| sample.def.id == def.id && sample.predicate.is_some());
            let rows = match partial {
                Some(sample) if kept > 0 => libm::ceil(total * sample.rows as f64 / kept as f64),
                _ => total,
            };
            database.note_index_size(def.id, rows);
        }
        database.changed_rows.remove(&self.id);
    }
}

/// All columns of a table, and that they are all wanted.
fn every_column(table: &Table) -> (Vec<Wanted>, Vec<bool>) {
    let columns = 0..table.types.len() as u16;
    let all = alloc::vec![true; columns.len()];
    (columns.map(Wanted::Column).collect(), all)
}

/// Appends entries of a clustered table's leaves; how many there were.
fn read_leaf(
    database: &Database,
    cluster: &Cluster,
    wanted: &[Wanted],
    columns: &mut [Column],
    slots: impl Iterator<Item = (PageId, usize)>,
) -> Result<usize, Error> {
    let reader = RowReader::new(&cluster.codec, wanted);
    let mut rows = 0;
    for (leaf, slot) in slots {
        let store = &database.storage.store;
        let entry = cluster.tree.leaf_entry(store, leaf, slot);
        if let Some(entry) = entry.map_err(storage_error)? {
            reader.read(&cluster.codec, entry.key, entry.payload, columns)?;
            rows += 1;
        }
    }
    Ok(rows)
}

/// Changed rows that make a table be analysed by itself: so many, and this share of it.
const AUTO_ANALYZE_ROWS: f64 = 50.0;
const AUTO_ANALYZE_SHARE: f64 = 0.1;

impl Database {
    /// Tables that have changed enough to be analysed.
    pub(super) fn tables_to_analyze(&self) -> Vec<TableId> {
        self.changed_rows
            .iter()
            .filter(|(id, changed)| {
                let known = self
                    .statistics
                    .tables
                    .get(id)
                    .map_or(0.0, |size| size.analyzed_rows.max(0.0));
                **changed as f64 > AUTO_ANALYZE_ROWS + AUTO_ANALYZE_SHARE * known
                    && self.storage.table(**id).is_ok()
            })
            .map(|(id, _)| *id)
            .collect()
    }
}

/// What a computed text is longer than a stored one: PostgreSQL packs the four-byte header of a short text into one byte only when it
/// stores the row, and an index expression's values are measured before that (`compute_index_stats`).
fn unpacked_header_bytes(stats: &ColumnStats) -> i32 {
    let common = stats.most_common.first().map(|(value, _)| value);
    let is_text = matches!(stats.histogram.first().or(common), Some(Value::Text(_)));
    if is_text && stats.avg_width <= 127 {
        3
    } else {
        0
    }
}
