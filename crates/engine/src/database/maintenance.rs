//! VACUUM, CLUSTER, REINDEX and TRUNCATE.

use super::{
    analyze::AnalyzeTask,
    define::DefineTask,
    relation::{Index, IndexBuild},
    rewrite_rows::Rewrite,
    run::{Ended, TaskStep},
    settings::parse_bool,
    state::Database,
};
use crate::{
    Error, ErrorCode,
    catalog::{IndexId, IndexState, TableId, define::Change},
    error::storage_error,
    executor::{BeforeWrites, WriteLedger},
};
use alloc::{boxed::Box, collections::VecDeque, format, vec::Vec};
use pages::{BlockNumber, PageId, RowId};
use parser::{
    Span,
    ast::{Cluster, Reindex, ReindexTarget, StatementKind, UtilityOption, Vacuum},
};

/// Whether an option of VACUUM or ANALYZE is on.
fn is_on(options: &[UtilityOption], name: &str) -> Result<bool, Error> {
    for option in options {
        if &*option.name.text == name {
            return match &option.value {
                None => Ok(true),
                Some(value) => parse_bool(&value.text).ok_or_else(|| {
                    Error::new(
                        ErrorCode::SyntaxError,
                        format!("{name} requires a Boolean value"),
                    )
                    .at(value.span)
                }),
            };
        }
    }
    Ok(false)
}

/// Pages that one step works on.
fn pages_for(units: u64) -> u32 {
    u32::try_from(units.div_ceil(100))
        .unwrap_or(u32::MAX)
        .max(1)
}

enum Phase {
    Next,
    Prune(TableId, BlockNumber, Vec<RowId>),
    Clean(TableId, Vec<RowId>, Vec<IndexId>, Option<PageId>),
    Rewrite(TableId, Box<Rewrite>),
    Define(TableId, Box<DefineTask>),
    Analyze(Box<AnalyzeTask>),
}

/// VACUUM.
pub(super) struct VacuumTask {
    tables: VecDeque<TableId>,
    full: bool,
    analyze: bool,
    /// CLUSTER: the index whose order the rows take.
    order: Option<IndexId>,
    tag: &'static str,
    phase: Phase,
    /// What was collected from the present table.
    ledger: WriteLedger,
    /// The ledger of the table that most was collected from: a statement has one.
    largest: WriteLedger,
}

impl VacuumTask {
    /// For the tables named, or all.
    pub fn new(database: &Database, vacuum: &Vacuum) -> Result<Self, Error> {
        let mut tables = VecDeque::new();
        for target in &vacuum.targets {
            tables.push_back(database.named_table(&target.table)?);
        }
        if vacuum.targets.is_empty() {
            tables.extend(database.catalog.tables.keys());
        }
        Ok(Self {
            tables,
            full: is_on(&vacuum.options, "full")?,
            analyze: is_on(&vacuum.options, "analyze")?,
            order: None,
            tag: "VACUUM",
            phase: Phase::Next,
            ledger: WriteLedger::default(),
            largest: WriteLedger::default(),
        })
    }

    /// CLUSTER: a heap is written anew in the order of an index. A table that is clustered for good has its primary key's.
    pub fn cluster(database: &Database, cluster: &Cluster, span: Span) -> Result<Self, Error> {
        let mut task = Self {
            tables: VecDeque::new(),
            full: true,
            analyze: false,
            order: None,
            tag: "CLUSTER",
            phase: Phase::Next,
            ledger: WriteLedger::default(),
            largest: WriteLedger::default(),
        };
        let Some(name) = &cluster.table else {
            // No table keeps in mind by which index it was clustered.
            return Ok(task);
        };
        let id = database.named_table(name)?;
        let table = database.storage.table(id)?;
        task.tables.push_back(id);
        let Some(index) = &cluster.index else {
            if table.cluster.is_some() {
                return Ok(task);
            }
            return Err(Error::new(
                ErrorCode::UndefinedObject,
                format!(
                    "there is no previously clustered index for table \"{}\"",
                    table.def.name
                ),
            )
            .at(name.span));
        };
        let found = database.catalog.index_by_name(index);
        let def = found.filter(|def| def.table == id).ok_or_else(|| {
            Error::new(
                ErrorCode::UndefinedObject,
                format!(
                    "index \"{}\" for table \"{}\" does not exist",
                    index.text, table.def.name
                ),
            )
            .at(index.span)
        })?;
        if !def.predicate.is_empty() {
            return Err(Error::unsupported(
                &format!("clustering on partial index \"{}\"", def.name),
                index.span,
            ));
        }
        match &table.cluster {
            Some(cluster) if cluster.index != def.id => Err(Error::unsupported(
                "another order than the primary key's for a clustered table",
                span,
            )),
            Some(_) => Ok(task),
            None => {
                task.order = Some(database.storage.index(def.id)?.def.id);
                Ok(task)
            }
        }
    }

    /// Goes on.
    pub fn step(&mut self, database: &mut Database, units: u64) -> Result<TaskStep, Error> {
        let paused = |done: u64, total: u64| {
            Ok(TaskStep::Paused {
                phase: "vacuuming",
                done,
                total,
            })
        };
        match core::mem::replace(&mut self.phase, Phase::Next) {
            Phase::Next => {
                let Some(id) = self.tables.pop_front() else {
                    return Ok(TaskStep::Ended(Ended {
                        ledger: core::mem::take(&mut self.largest),
                        ..Ended::with_tag(self.tag, true)
                    }));
                };
                let clustered = database.storage.table(id)?.cluster.is_some();
                if clustered && !self.full {
                    // Updates write in place and deletes free their bytes: there is nothing to collect.
                    self.vacuumed(database, id);
                    return paused(1, 1);
                }
                self.phase = if self.full {
                    let Some(def) = database.catalog.tables.get(&id).cloned() else {
                        return paused(0, 0);
                    };
                    let rewrite = match self.order {
                        Some(index) => Rewrite::in_order(database, def, index)?,
                        None => Rewrite::new(database, def, None)?,
                    };
                    Phase::Rewrite(id, Box::new(rewrite))
                } else {
                    let counts = database.storage.table(id)?.counts(&database.storage.store);
                    self.ledger = WriteLedger {
                        rows: counts.dead_rows,
                        ..WriteLedger::default()
                    };
                    Phase::Prune(id, BlockNumber(0), Vec::new())
                };
                paused(0, 0)
            }
            Phase::Prune(id, from, mut dead) => {
                let heap = database.storage.table(id)?.heap.clone();
                let pages = pages_for(units);
                let before = BeforeWrites::heap(&database.storage.store);
                let progress = heap
                    .vacuum_prune(&mut database.storage.store, from, pages, &mut dead)
                    .map_err(storage_error)?;
                self.ledger.heap(&before, &database.storage.store, 0);
                let total = u64::from(heap.pages(&database.storage.store));
                match progress.next {
                    Some(next) => {
                        self.phase = Phase::Prune(id, next, dead);
                        paused(u64::from(next.0), total)
                    }
                    None => {
                        let indexes = database.storage.indexes_of(id).map(|i| i.def.id).collect();
                        self.phase = Phase::Clean(id, dead, indexes, None);
                        paused(total, total)
                    }
                }
            }
            Phase::Clean(id, dead, mut indexes, from) => {
                if let (Some(index), false) = (indexes.last(), dead.is_empty()) {
                    let index = database.storage.index(*index)?.clone();
                    let store = &database.storage.store;
                    let before = BeforeWrites::index(store, &index);
                    let entries = index.tree.counts(store).entries;
                    let next = index
                        .tree
                        .remove_rows(
                            &mut database.storage.store,
                            &*index.codec,
                            from,
                            pages_for(units),
                            &mut |row| dead.binary_search(&row).is_ok(),
                        )
                        .map_err(storage_error)?;
                    let store = &database.storage.store;
                    let removed = entries.saturating_sub(index.tree.counts(store).entries);
                    self.ledger.index(&before, store, &index, 0, removed);
                    if next.is_none() {
                        indexes.pop();
                    }
                    self.phase = Phase::Clean(id, dead, indexes, next);
                    return paused(0, 0);
                }
                let heap = database.storage.table(id)?.heap.clone();
                let before = BeforeWrites::heap(&database.storage.store);
                heap.vacuum_free(&mut database.storage.store, &dead)
                    .map_err(storage_error)?;
                heap.vacuum_truncate(&mut database.storage.store)
                    .map_err(storage_error)?;
                self.ledger.heap(&before, &database.storage.store, 0);
                self.collected(database, id);
                self.vacuumed(database, id);
                paused(1, 1)
            }
            Phase::Rewrite(id, mut rewrite) => {
                if let Some((done, total)) = rewrite.step(database, units)? {
                    self.phase = Phase::Rewrite(id, rewrite);
                    return paused(done, total);
                }
                let mut work = VecDeque::new();
                database.renew_indexes(id, &mut work)?;
                let change = Change {
                    work: work.into(),
                    ..Change::default()
                };
                let task = DefineTask::new(&StatementKind::Commit, change);
                self.phase = Phase::Define(id, Box::new(task));
                paused(0, 0)
            }
            Phase::Define(id, mut task) => match task.step(database, units)? {
                TaskStep::Ended(_) => {
                    self.vacuumed(database, id);
                    paused(1, 1)
                }
                step => {
                    self.phase = Phase::Define(id, task);
                    Ok(step)
                }
            },
            Phase::Analyze(mut task) => match task.step(database, units)? {
                TaskStep::Ended(_) => paused(1, 1),
                step => {
                    self.phase = Phase::Analyze(task);
                    Ok(step)
                }
            },
        }
    }

    /// Closes the ledger of a table whose dead versions were collected.
    fn collected(&mut self, database: &Database, id: TableId) {
        let mut ledger = core::mem::take(&mut self.ledger);
        if ledger.rows > self.largest.rows {
            let indexes = database.storage.indexes_of(id);
            ledger.complete(id, indexes.map(|index| index.def.id));
            self.largest = ledger;
        }
    }

    fn vacuumed(&mut self, database: &mut Database, id: TableId) {
        let rows = database.live_rows(id) as f64;
        database.note_table_size(id, rows);
        let indexes: Vec<(IndexId, u64)> = database
            .storage
            .indexes_of(id)
            .map(|index| {
                (
                    index.def.id,
                    index.tree.counts(&database.storage.store).entries,
                )
            })
            .collect();
        for (index, entries) in indexes {
            database.note_index_size(index, entries as f64);
        }
        if self.analyze {
            self.phase = Phase::Analyze(Box::new(AnalyzeTask::by_itself(id)));
        }
    }
}

/// REINDEX.
pub(super) struct ReindexTask {
    indexes: VecDeque<IndexId>,
    build: Option<(IndexId, IndexBuild)>,
}

impl ReindexTask {
    /// For an index, a table's, or all.
    pub fn new(database: &Database, reindex: &Reindex) -> Result<Self, Error> {
        let name = reindex.name.last();
        let indexes: Vec<IndexId> = match reindex.target {
            ReindexTarget::Index => {
                let index = database.catalog.index_by_name(name).ok_or_else(|| {
                    Error::new(
                        ErrorCode::UndefinedObject,
                        format!("index \"{}\" does not exist", name.text),
                    )
                    .at(reindex.name.span)
                })?;
                Vec::from([index.id])
            }
            ReindexTarget::Table => {
                let table = database.named_table(&reindex.name)?;
                database
                    .catalog
                    .indexes_of(table)
                    .map(|def| def.id)
                    .collect()
            }
            _ => database.catalog.indexes.keys().copied().collect(),
        };
        Ok(Self {
            indexes: indexes.into(),
            build: None,
        })
    }

    /// Goes on.
    pub fn step(&mut self, database: &mut Database, units: u64) -> Result<TaskStep, Error> {
        if let Some((id, build)) = &mut self.build {
            let id = *id;
            database.within_memory(build.memory_bytes())?;
            if let Some(progress) = build.step(&mut database.storage, units)? {
                return Ok(TaskStep::Paused {
                    phase: progress.phase,
                    done: progress.done,
                    total: progress.total,
                });
            }
            let entries = build.entries();
            database.index_was_built(id, entries);
            self.build = None;
        }
        let Some(id) = self.indexes.pop_front() else {
            return Ok(TaskStep::Ended(Ended::with_tag("REINDEX", true)));
        };
        if let Some(def) = database.catalog.indexes.get(&id).cloned()
            && def.state != IndexState::Hypothetical
            && !database.storage.index(id).is_ok_and(Index::holds_rows)
        {
            let table = def.table;
            database.storage.drop_index(id)?;
            database.storage.create_index(def)?;
            self.build = Some((id, IndexBuild::new(table, id)));
        }
        Ok(TaskStep::Paused {
            phase: "scanning table",
            done: 0,
            total: 0,
        })
    }
}

impl Database {
    /// TRUNCATE of one table.
    pub(super) fn truncate(&mut self, id: TableId) -> Result<(), Error> {
        self.storage.truncate(id)?;
        self.statistics.tables.remove(&id);
        let indexes: Vec<IndexId> = self.catalog.indexes_of(id).map(|def| def.id).collect();
        for index in indexes {
            self.statistics.indexes.remove(&index);
        }
        Ok(())
    }
}
