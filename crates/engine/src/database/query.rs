//! Running a plan: SELECT, INSERT, UPDATE, DELETE, with or without EXPLAIN around it.

use super::{
    explain_options::ExplainOptions,
    planning::{PlannedStatement, Verb},
    prepared_run::tag,
    progress,
    result::{Measured, ResultColumn},
    run::{Ended, TaskStep},
    state::Database,
};
use crate::{
    Error,
    catalog::TableId,
    executor::{Budget, Execution, Outcome},
    physical::PlanKind,
    value::{Batch, Column, DataType, Value},
};
use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};
use pages::BufferCounts;

/// A plan on its way.
pub(super) struct QueryTask {
    planned: Rc<PlannedStatement>,
    execution: Execution,
    /// The columns are known to whoever listens.
    announced: bool,
    rows: u64,
    /// Rows go into a table (CREATE TABLE AS).
    pub into: Option<TableId>,
    explain: Option<ExplainOptions>,
    measure: bool,
    buffers: BufferCounts,
    planning_ns: u64,
    started_ns: u64,
}

/// What a query is run with.
pub(super) struct QueryOptions {
    pub params: Vec<Value>,
    pub explain: Option<ExplainOptions>,
    pub measure: bool,
    /// Page accesses to keep; 0 = none.
    pub trace_limit: u32,
    pub planning_ns: u64,
}

impl QueryTask {
    /// Makes ready to run.
    pub fn new(
        database: &mut Database,
        planned: Rc<PlannedStatement>,
        options: QueryOptions,
    ) -> Result<Self, Error> {
        for view in &planned.views {
            let rows = database.system_rows(view);
            database.storage.system_views.insert(view, rows);
        }
        let statement_memory = database.settings.statement_memory_bytes;
        let execution = Execution::new(
            &planned.plan,
            &database.storage,
            &options.params,
            statement_memory,
            database.settings.planner.work_mem,
        )?;
        if options.trace_limit > 0 {
            database
                .storage
                .store
                .start_trace(options.trace_limit as usize);
        }
        Ok(Self {
            planned,
            execution,
            announced: false,
            rows: 0,
            into: None,
            explain: options.explain,
            measure: options.measure,
            buffers: database.storage.buffer_counts(),
            planning_ns: options.planning_ns,
            started_ns: database.now(),
        })
    }

    /// Goes on.
    pub fn step(&mut self, database: &mut Database, units: u64) -> Result<TaskStep, Error> {
        let silent = self.explain.is_some() || self.into.is_some();
        if !self.announced && !silent && !self.planned.columns.is_empty() {
            self.announced = true;
            let empty = self
                .planned
                .columns
                .iter()
                .map(|c| Rc::new(Column::new(c.data_type)));
            return Ok(TaskStep::Rows {
                columns: Rc::clone(&self.planned.columns),
                batch: Batch::new(empty.collect(), 0),
            });
        }
        let timed = self.measure || self.explain.as_ref().is_some_and(|explain| explain.timing);
        let clock = database.clock.as_deref().filter(|_| timed);
        let mut budget = Budget::new(units);
        match self
            .execution
            .step(&mut database.storage, &mut budget, clock)?
        {
            Outcome::Pause => Ok(self.paused(database)),
            Outcome::Batch(batch) => {
                self.rows += batch.rows as u64;
                if let Some(table) = self.into {
                    let into = database.storage.table(table)?.clone();
                    into.append(&mut database.storage.store, &batch.columns, batch.rows)?;
                }
                if silent || self.planned.columns.is_empty() {
                    return Ok(self.paused(database));
                }
                Ok(TaskStep::Rows {
                    columns: Rc::clone(&self.planned.columns),
                    batch,
                })
            }
            Outcome::Done => self.end(database),
        }
    }

    fn paused(&self, database: &Database) -> TaskStep {
        TaskStep::Paused {
            phase: match self.planned.verb {
                Verb::Select => "running",
                Verb::Insert => "inserting",
                Verb::Update => "updating",
                Verb::Delete => "deleting",
            },
            done: progress::done(database, &self.planned.plan.root, self.execution.metrics()),
            total: progress::WHOLE,
        }
    }

    fn end(&mut self, database: &mut Database) -> Result<TaskStep, Error> {
        let affected = match self.planned.verb {
            Verb::Select => 0,
            _ => self.execution.affected(),
        };
        let target = target_table(&self.planned);
        if let Some(table) = target {
            *database.changed_rows.or_insert(table, 0) += affected;
        }
        let mut ledger = self.execution.take_ledger();
        if let (Some(table), false) = (target, ledger.is_empty()) {
            let indexes = database.storage.indexes_of(table);
            ledger.complete(table, indexes.map(|index| index.def.id));
        }
        let store = &database.storage.store;
        let trace = store.is_tracing().then(|| store.take_trace());
        let measured = (self.measure || self.explain.is_some()).then(|| {
            Box::new(Measured {
                ledger: ledger.clone(),
                page_times: database.page_times(),
                trace,
                planned: Rc::clone(&self.planned),
                metrics: self.execution.metrics().to_vec(),
                buffers: database.storage.buffer_counts() - self.buffers,
                planning_ns: self.planning_ns,
                execution_ns: database.now().saturating_sub(self.started_ns),
            })
        });
        database.storage.system_views.clear();
        if let (Some(explain), Some(measured)) = (self.explain.take(), &measured) {
            let text = database.explain_text(&self.planned, Some(measured), &explain);
            let (columns, batch) = text_rows(&text, &explain);
            return Ok(TaskStep::EndedWithRows {
                columns,
                batch,
                ended: Ended {
                    tag: "EXPLAIN".into(),
                    affected,
                    rows: 0,
                    replayable: affected > 0,
                    ledger,
                    measured: Some(measured.clone()),
                },
            });
        }
        let verb = match self.into {
            Some(_) => Verb::Select,
            None => self.planned.verb,
        };
        let tag = tag(verb, affected, self.rows);
        Ok(TaskStep::Ended(Ended {
            tag,
            affected: if self.into.is_some() {
                self.rows
            } else {
                affected
            },
            rows: if self.planned.columns.is_empty() || self.into.is_some() {
                0
            } else {
                self.rows
            },
            replayable: self.planned.verb != Verb::Select || self.into.is_some(),
            ledger,
            measured: if self.measure { measured } else { None },
        }))
    }
}

/// The table that a statement changes.
pub(super) fn target_table(planned: &PlannedStatement) -> Option<TableId> {
    match planned.plan.root.kind {
        PlanKind::Insert { table, .. }
        | PlanKind::Update { table, .. }
        | PlanKind::Delete { table, .. } => Some(table),
        _ => None,
    }
}

/// EXPLAIN's text as rows of one column: a line each, or the whole as one for JSON.
pub(super) fn text_rows(text: &str, explain: &ExplainOptions) -> (Rc<[ResultColumn]>, Batch) {
    let lines: Vec<&str> = if explain.json {
        Vec::from([text])
    } else {
        text.lines().collect()
    };
    let values: Vec<Value> = lines
        .iter()
        .map(|line| Value::text(String::from(*line)))
        .collect();
    let column = Column::from_values(DataType::Text, values.iter());
    let columns = Rc::from([ResultColumn {
        name: "QUERY PLAN".into(),
        data_type: DataType::Text,
    }]);
    let rows = column.len();
    (columns, Batch::new(Vec::from([Rc::new(column)]), rows))
}
