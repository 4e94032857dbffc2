//! Carrying out a change of definitions: catalog first, then pages and rows, in slices.

use super::{
    planning::{PlannedStatement, Purpose},
    query::{QueryOptions, QueryTask},
    relation::{Index, IndexBuild, TableReader},
    rewrite_rows::{Rewrite, RowTest},
    run::{Ended, TaskStep},
    state::Database,
};
use crate::{
    Error,
    catalog::{
        IndexDef, IndexId, IndexState, TableDef, TableId,
        define::{Change, Work},
    },
    physical::KeepConsidered,
};
use alloc::{boxed::Box, collections::VecDeque, format, rc::Rc, string::String, vec::Vec};
use parser::ast::{DropKind, Statement, StatementKind};

/// What is under way.
enum Now {
    Nothing,
    Build(IndexId, Box<IndexBuild>),
    Rewrite(TableId, Box<Rewrite>),
    Test(Box<RowTest>),
    Fill(Box<QueryTask>),
}

/// See the file's header.
pub(super) struct DefineTask {
    change: Change,
    applied: bool,
    work: VecDeque<Work>,
    now: Now,
    tag: String,
    /// The query of CREATE TABLE AS.
    query: Option<Statement>,
}

impl DefineTask {
    /// A change that has not begun.
    pub fn new(kind: &StatementKind, change: Change) -> Self {
        let query = match kind {
            StatementKind::CreateTableAs(create) => Some(Statement {
                kind: StatementKind::Query(Rc::clone(&create.query)),
                span: create.query.span,
            }),
            _ => None,
        };
        Self {
            work: change.work.clone().into(),
            change,
            applied: false,
            now: Now::Nothing,
            tag: tag(kind),
            query,
        }
    }

    /// Goes on.
    pub fn step(&mut self, database: &mut Database, units: u64) -> Result<TaskStep, Error> {
        if !self.applied {
            self.apply(database)?;
        }
        let paused = |phase, (done, total)| TaskStep::Paused { phase, done, total };
        match &mut self.now {
            Now::Nothing => match self.work.pop_front() {
                Some(work) => {
                    self.begin(database, work)?;
                    return Ok(paused("defining", (0, 0)));
                }
                None => return Ok(TaskStep::Ended(Ended::with_tag(&self.tag, true))),
            },
            Now::Build(index, build) => {
                let index = *index;
                database.within_memory(build.memory_bytes())?;
                if let Some(progress) = build.step(&mut database.storage, units)? {
                    return Ok(paused(progress.phase, (progress.done, progress.total)));
                }
                let entries = build.entries();
                database.index_was_built(index, entries);
            }
            Now::Rewrite(table, rewrite) => {
                let table = *table;
                if let Some(progress) = rewrite.step(database, units)? {
                    return Ok(paused("rewriting table", progress));
                }
                database.renew_indexes(table, &mut self.work)?;
            }
            Now::Test(test) => {
                if let Some(progress) = test.step(database, units)? {
                    return Ok(paused("checking rows", progress));
                }
            }
            Now::Fill(query) => match query.step(database, units)? {
                TaskStep::Ended(ended) => self.tag = ended.tag,
                step => return Ok(step),
            },
        }
        self.now = Now::Nothing;
        Ok(paused("defining", (0, 0)))
    }

    fn apply(&mut self, database: &mut Database) -> Result<(), Error> {
        self.applied = true;
        // Its query must not see the new table.
        if let (Some(query), true) = (&self.query, self.work.len() > 1) {
            let planned = database.plan(query, &[], KeepConsidered::No, Purpose::Run)?;
            let options = QueryOptions {
                params: Vec::new(),
                explain: None,
                measure: false,
                trace_limit: 0,
                planning_ns: 0,
            };
            let planned: Rc<PlannedStatement> = Rc::new(planned);
            let task = QueryTask::new(database, planned, options)?;
            self.now = Now::Fill(Box::new(task));
        }
        database.catalog.apply(&self.change);
        let rewritten: Vec<TableId> = self
            .work
            .iter()
            .filter_map(|work| match work {
                Work::RewriteTable { table, .. } => Some(*table),
                _ => None,
            })
            .collect();
        for table in &self.change.tables {
            let exists = database.storage.table(table.id).is_ok();
            if exists && !rewritten.contains(&table.id) {
                let def = database.catalog.tables.get(&table.id).cloned();
                if let Some(def) = def {
                    database.storage.redefine_table(def);
                }
            }
        }
        for index in &self.change.indexes {
            if let Some(def) = database.catalog.indexes.get(&index.id).cloned() {
                database.storage.redefine_index(def);
            }
        }
        let gone = |id: &TableId| self.change.dropped_tables.contains(id);
        database.statistics.columns.retain(|key, _| match key {
            crate::stats::StatsKey::Column(table, _) => !gone(table),
            crate::stats::StatsKey::Expression(index, _) => {
                !self.change.dropped_indexes.contains(index)
            }
        });
        let defs = &database.catalog.statistics;
        database.statistics.extended.retain(|name, known| {
            let def = defs.get(name);
            def.is_some_and(|def| def.table == known.table && def.columns == known.columns)
        });
        if let Now::Fill(query) = &mut self.now {
            // The table is made before it is filled.
            if let Some(Work::CreateTable(id)) = self.work.pop_front() {
                query.into = Some(id);
                create_table(database, id)?;
            }
            self.work.clear();
        }
        Ok(())
    }

    fn begin(&mut self, database: &mut Database, work: Work) -> Result<(), Error> {
        self.now = match work {
            Work::CreateTable(id) => {
                create_table(database, id)?;
                Now::Nothing
            }
            Work::BuildIndex(id) => {
                let Some(def) = database.catalog.indexes.get(&id).cloned() else {
                    return Ok(());
                };
                let rows = database.storage.index(id).is_ok_and(Index::holds_rows);
                if def.state == IndexState::Hypothetical || rows {
                    return Ok(());
                }
                let table = def.table;
                database.storage.create_index(def)?;
                Now::Build(id, Box::new(IndexBuild::new(table, id)))
            }
            Work::DropTable(id) => {
                database.storage.drop_table(id)?;
                database.changed_rows.remove(&id);
                Now::Nothing
            }
            Work::DropIndex(id) => {
                database.storage.drop_index(id)?;
                Now::Nothing
            }
            Work::RewriteTable { table, columns } => {
                let Some(def) = database.catalog.tables.get(&table).cloned() else {
                    return Ok(());
                };
                let rewrite = Rewrite::new(database, def, Some(&columns))?;
                Now::Rewrite(table, Box::new(rewrite))
            }
            Work::CheckNotNull { table, column } => {
                let table = database.reader(table)?;
                Now::Test(Box::new(RowTest::not_null(table, column)))
            }
            Work::CheckRows {
                table,
                name,
                condition,
            } => {
                let table = database.reader(table)?;
                Now::Test(Box::new(RowTest::check(table, name, &condition)?))
            }
            Work::CheckForeignKey { .. } | Work::FillFromQuery(_) => Now::Nothing,
        };
        Ok(())
    }
}

fn create_table(database: &mut Database, id: TableId) -> Result<(), Error> {
    match database.catalog.tables.get(&id).cloned() {
        Some(def) => {
            let key = database.primary_key(&def);
            database.storage.create_table(def, key)
        }
        None => Ok(()),
    }
}

impl Database {
    /// The definition of a table's primary key.
    pub(super) fn primary_key(&self, table: &TableDef) -> Option<Rc<IndexDef>> {
        self.catalog.indexes.get(&table.primary_key?).cloned()
    }

    fn reader(&self, table: TableId) -> Result<TableReader, Error> {
        let table = self.storage.table(table)?.clone();
        TableReader::whole(&self.storage.store, table)
    }

    /// Notes what CREATE INDEX leaves in `pg_class`; an empty table keeps its "never looked at".
    pub(super) fn index_was_built(&mut self, index: IndexId, entries: u64) {
        let Some(table) = self.catalog.indexes.get(&index).map(|def| def.table) else {
            return;
        };
        let rows = self.live_rows(table);
        if entries > 0 {
            self.note_index_size(index, entries as f64);
        }
        if rows > 0 {
            self.note_table_size(table, rows as f64);
        }
    }

    /// Drops and builds anew all indexes of a table whose rows moved: adds the builds to `work`.
    pub(super) fn renew_indexes(
        &mut self,
        table: TableId,
        work: &mut VecDeque<Work>,
    ) -> Result<(), Error> {
        let built: Vec<IndexId> = self.catalog.indexes_of(table).map(|def| def.id).collect();
        let waiting: Vec<IndexId> = work
            .iter()
            .filter_map(|work| match work {
                Work::BuildIndex(id) => Some(*id),
                _ => None,
            })
            .collect();
        for id in built.into_iter().rev() {
            let rows = self.storage.index(id).is_ok_and(Index::holds_rows);
            if !rows && !waiting.contains(&id) {
                self.storage.drop_index(id)?;
                work.push_front(Work::BuildIndex(id));
            }
        }
        Ok(())
    }
}

fn tag(kind: &StatementKind) -> String {
    let word = match kind {
        StatementKind::CreateTable(_) => "CREATE TABLE",
        StatementKind::CreateTableAs(_) => "CREATE TABLE AS",
        StatementKind::CreateIndex(_) => "CREATE INDEX",
        StatementKind::CreateView(_) => "CREATE VIEW",
        StatementKind::CreateStatistics(_) => "CREATE STATISTICS",
        StatementKind::AlterTable(_) => "ALTER TABLE",
        StatementKind::AlterIndex(_) => "ALTER INDEX",
        StatementKind::Drop(drop) => {
            let what = match drop.kind {
                DropKind::Table => "TABLE",
                DropKind::Index => "INDEX",
                DropKind::View => "VIEW",
                DropKind::Statistics => "STATISTICS",
            };
            return format!("DROP {what}");
        }
        _ => "",
    };
    word.into()
}
