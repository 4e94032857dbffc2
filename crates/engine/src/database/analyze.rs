//! ANALYZE: which rows are looked at, and where the findings go.
//!
//! Why in many passes: pages are drawn and their visible rows counted first. Then the rows, all or those that were kept, are read in
//! physical order once for every column, whose values are sorted, counted and forgotten before those of the next are read: a page has its
//! columns apart, so a pass touches no more than that column, and memory is taken for one. A clustered table's rows are not so, and some
//! of its columns are read at once. An access of a page is counted once.

use super::{
    relation::{RowReader, Table, Wanted},
    rewrite_rows::compile,
    run::{Ended, TaskStep},
    state::Database,
};
use crate::{
    Error,
    catalog::{ColumnDef, IndexDef, IndexId, IndexKey, TableId},
    error::storage_error,
    executor::{
        bind::Scope,
        scalar::{Filter, Scalar},
    },
    stats::{
        ColumnAnalysis, ColumnStats, ExtendedAnalysis, Reservoir, SAMPLE_ROWS_PER_TARGET,
        Statistics, StatsKey, estimate_total_rows, sample_pages,
    },
    value::{Batch, Column, Value},
};
use alloc::{collections::VecDeque, rc::Rc, vec::Vec};
use pages::order::sort_by;
use pages::{BlockNumber, PageId, RowId, SlotId};
use parser::ast::MaintenanceTarget;

/// Columns of a clustered table that are read in one pass: its rows must be taken apart for every one, which takes longer than the rest. The
/// numbers of three take no more memory than one column of short texts.
const CLUSTERED_COLUMNS: usize = 3;
/// Rows of the sample that are worked on together.
const BATCH_ROWS: usize = 1024;

/// An index with expressions or a predicate, whose sample is taken along.
struct IndexSample {
    def: Rc<IndexDef>,
    predicate: Option<Filter>,
    expressions: Vec<(u16, Scalar, ColumnAnalysis)>,
    rows: u64,
}

/// What one pass over the rows gathers.
enum Part {
    Columns(Vec<(u16, ColumnAnalysis)>),
    Index(IndexSample),
    Extended(ExtendedAnalysis),
}

impl Part {
    /// Takes rows: of a column its values, otherwise whole rows.
    fn take(&mut self, columns: Vec<Column>, rows: usize) -> Result<(), Error> {
        let mut batch = Batch::new(columns.into_iter().map(Rc::new).collect(), rows);
        match self {
            Self::Columns(columns) => {
                for ((_, analysis), column) in columns.iter_mut().zip(&batch.columns) {
                    analysis.push(column);
                }
            }
            Self::Extended(extended) => extended.push(&batch),
            Self::Index(index) => {
                if let Some(predicate) = &index.predicate {
                    predicate.apply_with(&mut batch, &[])?;
                    batch = batch.compact();
                }
                index.rows += batch.rows as u64;
                for (_, expression, analysis) in &mut index.expressions {
                    analysis.push(&*expression.evaluate_with(&batch, &[])?);
                }
            }
        }
        Ok(())
    }

    /// Works on what was gathered; `false` when nothing is left of it.
    fn step(&mut self, table: TableId, total: f64, statistics: &mut Statistics) -> bool {
        match self {
            Self::Columns(columns) => {
                let Some((at, analysis)) = columns.last_mut() else {
                    return false;
                };
                if analysis.step() {
                    return true;
                }
                if let Some(stats) = analysis.finish(total) {
                    let key = StatsKey::Column(table, *at);
                    statistics.columns.insert(key, Rc::new(stats));
                }
                columns.pop();
                true
            }
            Self::Index(index) => {
                let Some((at, _, analysis)) = index.expressions.last_mut() else {
                    return false;
                };
                if analysis.step() {
                    return true;
                }
                if let Some(mut stats) = analysis.finish(total) {
                    let key = StatsKey::Expression(index.def.id, *at);
                    stats.avg_width += unpacked_header_bytes(&stats);
                    statistics.columns.insert(key, Rc::new(stats));
                }
                index.expressions.pop();
                true
            }
            Self::Extended(extended) => {
                let Some(found) = extended.step(total) else {
                    return true;
                };
                let name = extended.def.name.clone();
                statistics.extended.insert(name, Rc::new(found));
                false
            }
        }
    }
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
    /// All rows are looked at, so none are kept.
    whole: bool,
    live: u64,
    reservoir: Reservoir,
    kept: Vec<RowId>,
    /// Whether rows are drawn and counted.
    drawn: bool,
    /// How far the pass is: blocks if all rows are looked at, otherwise rows that were kept.
    next: usize,
    parts: VecDeque<Part>,
    passes: u64,
    /// How many rows there are in indexes with a predicate.
    partial: Vec<(IndexId, u64)>,
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
        let target = |column: &ColumnDef| column.statistics_target.map_or(default, u32::from);
        let asked = |at: u16| only.is_empty() || only.contains(&at);
        let columns = (0_u16..).zip(&table.def.columns);
        let columns = columns.filter(|(at, column)| target(column) > 0 && asked(*at));
        let targets = columns.clone().map(|(_, column)| target(column));
        let largest = targets.fold(default, u32::max);
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
        let rows = table.counts(store).live_rows.min(wanted as u64);
        let mut parts: VecDeque<Part> = VecDeque::new();
        let at_once = if table.cluster.is_some() {
            CLUSTERED_COLUMNS
        } else {
            1
        };
        for (at, column) in columns {
            let target = target(column) as usize;
            let analysis = ColumnAnalysis::new(column.data_type, target, rows);
            match parts.back_mut() {
                Some(Part::Columns(columns)) if columns.len() < at_once => {
                    columns.push((at, analysis));
                }
                _ => parts.push_back(Part::Columns(alloc::vec![(at, analysis)])),
            }
        }
        for index in database.storage.indexes_of(id) {
            let def = Rc::clone(&index.def);
            let mut expressions = Vec::new();
            for (at, part) in def.columns.iter().enumerate() {
                if let IndexKey::Expression(expr) = &part.key {
                    let made = compile(core::slice::from_ref(expr), &table.def)?;
                    let analysis = ColumnAnalysis::new(part.data_type, default as usize, rows);
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
            parts.push_back(Part::Index(IndexSample {
                def,
                predicate,
                expressions,
                rows: 0,
            }));
        }
        let seed = u64::from(id.0);
        let extended = database.catalog.statistics.values();
        let extended = extended.filter(|def| def.table == id && only.is_empty());
        parts.extend(
            extended.map(|def| Part::Extended(ExtendedAnalysis::new(Rc::clone(def), seed))),
        );
        Ok(Some(Self {
            id,
            blocks: sample_pages(pages, wanted, seed),
            leaves,
            whole,
            live: 0,
            reservoir: Reservoir::new(wanted, seed),
            kept: Vec::new(),
            drawn: false,
            next: 0,
            passes: parts.len() as u64,
            parts,
            partial: Vec::new(),
        }))
    }

    /// How far it is; `None` at the end.
    fn step(&mut self, database: &mut Database, units: u64) -> Result<Option<(u64, u64)>, Error> {
        let length = if self.whole || !self.drawn {
            self.blocks.len()
        } else {
            self.kept.len()
        };
        let passed = self.passes - self.parts.len() as u64 + u64::from(self.drawn);
        let one = length as u64;
        let progress = Some((passed * one + self.next as u64, (self.passes + 1) * one));
        let mut left = units.max(1);
        if !self.drawn {
            self.draw(database, &mut left)?;
            if self.next >= length {
                if !self.kept.is_sorted() {
                    sort_by(&mut self.kept, Ord::cmp);
                }
                self.drawn = true;
                self.next = 0;
            }
            return Ok(progress);
        }
        if let Some(mut part) = self.parts.pop_front() {
            let goes_on = if self.next < length {
                while self.next < length && left > 0 {
                    let read = self.read(database, &mut part)?;
                    left = left.saturating_sub(read.max(1) as u64);
                }
                true
            } else {
                let total = self.total_rows(database)?;
                part.step(self.id, total, &mut database.statistics)
            };
            if goes_on {
                self.parts.push_front(part);
            } else {
                if let Part::Index(index) = part
                    && index.predicate.is_some()
                {
                    self.partial.push((index.def.id, index.rows));
                }
                self.next = 0;
            }
            return Ok(progress);
        }
        let total = self.total_rows(database)?;
        self.note_sizes(database, total);
        Ok(None)
    }

    /// Rows of the table, by those of the pages that were drawn.
    fn total_rows(&self, database: &Database) -> Result<f64, Error> {
        let pages = database
            .storage
            .table(self.id)?
            .pages(&database.storage.store);
        Ok(estimate_total_rows(
            self.live,
            self.blocks.len() as u32,
            pages,
        ))
    }

    /// Counts the visible rows of some pages and keeps an even share of their addresses, unless all are looked at.
    fn draw(&mut self, database: &Database, left: &mut u64) -> Result<(), Error> {
        let table = database.storage.table(self.id)?;
        let store = &database.storage.store;
        let mut visible = Vec::new();
        while let Some(&block) = self.blocks.get(self.next)
            && *left > 0
        {
            self.next += 1;
            *left -= 1;
            visible.clear();
            if let Some(cluster) = &table.cluster {
                let Some(&leaf) = self.leaves.get(block as usize) else {
                    continue;
                };
                let rows = cluster.tree.leaf_len(store, leaf).map_err(storage_error)?;
                visible.extend(0..rows as u32);
            } else {
                let page = table.heap.page(store, BlockNumber(block));
                Table::visible_slots(&page.map_err(storage_error)?, 0, &mut visible);
            }
            if self.whole {
                self.live += visible.len() as u64;
                continue;
            }
            for &slot in &visible {
                self.offer(block, slot as usize);
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

    /// Reads the next thousand rows for a part, and those that share the last page with them.
    fn read(&mut self, database: &Database, part: &mut Part) -> Result<usize, Error> {
        let table = database.storage.table(self.id)?;
        let store = &database.storage.store;
        let columns: Vec<u16> = match part {
            Part::Columns(columns) => columns.iter().map(|(at, _)| *at).collect(),
            _ => (0..table.types.len() as u16).collect(),
        };
        let wanted: Vec<Wanted> = columns.iter().copied().map(Wanted::Column).collect();
        let all = alloc::vec![true; wanted.len()];
        let mut read = table.empty_columns(&wanted);
        let mut rows = 0;
        let mut slots: Vec<u32> = Vec::new();
        while rows < BATCH_ROWS {
            slots.clear();
            let block = if self.whole {
                let Some(&block) = self.blocks.get(self.next) else {
                    break;
                };
                self.next += 1;
                BlockNumber(block)
            } else {
                let rest = self.kept.get(self.next..).unwrap_or_default();
                let Some(&RowId { block, .. }) = rest.first() else {
                    break;
                };
                let same = rest.iter().take_while(|id| id.block == block);
                slots.extend(same.map(|id| u32::from(id.slot.0)));
                self.next += slots.len();
                block
            };
            if let Some(cluster) = &table.cluster {
                let Some(&leaf) = self.leaves.get(block.0 as usize) else {
                    continue;
                };
                let reader = RowReader::new(&cluster.codec, &wanted);
                let most = if self.whole { usize::MAX } else { slots.len() };
                for at in 0..most {
                    let slot = slots.get(at).map_or(at, |&slot| slot as usize);
                    let entry = cluster.tree.leaf_entry(store, leaf, slot);
                    let Some(entry) = entry.map_err(storage_error)? else {
                        break;
                    };
                    reader.read(&cluster.codec, entry.key, entry.payload, &mut read)?;
                    rows += 1;
                }
                continue;
            }
            let page = table
                .heap
                .page_for_columns(store, block, columns.iter().map(|&at| at.into()), true)
                .map_err(storage_error)?;
            // Whole pages are read column by column.
            if slots.len() == page.slots() || self.whole && page.all_slots_visible() {
                table.read_columns(&page, &[], &wanted, &mut read, rows)?;
                rows += page.slots();
                continue;
            }
            if self.whole {
                Table::visible_slots(&page, 0, &mut slots);
            }
            table.read_slots(&page, &all, &wanted, &mut read, &slots, 0)?;
            rows += slots.len();
        }
        part.take(read, rows)?;
        Ok(rows)
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
            let partial = self.partial.iter().find(|(id, _)| *id == def.id);
            let rows = match partial {
                Some((_, rows)) if kept > 0 => libm::ceil(total * *rows as f64 / kept as f64),
                _ => total,
            };
            database.note_index_size(def.id, rows);
        }
        database.changed_rows.remove(&self.id);
    }
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
