//! The first step of every statement: what it is decides what runs it, and what it may have to take back.

use super::{
    analyze::AnalyzeTask,
    define::DefineTask,
    explain_options::ExplainOptions,
    maintenance::{ReindexTask, VacuumTask},
    options::RunOptions,
    planning::{Purpose, Verb},
    query::{QueryOptions, QueryTask, text_rows},
    result::ResultColumn,
    run::{Ended, Started, Task, TaskStep, ends_transaction},
    settings::Settings,
    state::{Database, Touches},
};
use crate::{
    Error, ErrorCode,
    catalog::define::define,
    physical::KeepConsidered,
    value::{Batch, Column, DataType, Value},
};
use alloc::{boxed::Box, format, rc::Rc, string::String, vec::Vec};
use parser::ast::{ObjectName, SetScope, SetStatement, SetValue, Statement, StatementKind};

impl Database {
    /// Begins a statement. Its guard is taken before it changes anything.
    pub(super) fn start_statement(
        &mut self,
        statement: &Statement,
        text: &Rc<str>,
        options: RunOptions,
    ) -> Result<Started, Error> {
        let (kind, span) = (&statement.kind, statement.span);
        let failed = self.transaction.as_ref().is_some_and(|open| open.failed);
        if failed && !ends_transaction(kind) {
            return Err(Error::new(
                ErrorCode::InFailedSqlTransaction,
                "current transaction is aborted, commands ignored until end of transaction block",
            )
            .at(span));
        }
        match kind {
            StatementKind::Query(_)
            | StatementKind::Insert(_)
            | StatementKind::Update(_)
            | StatementKind::Delete(_) => self.start_query(statement, Vec::new(), None, options),
            StatementKind::Explain(explain) => {
                let parsed = ExplainOptions::read(&explain.options)?;
                self.start_explain(&explain.statement, parsed, options)
            }
            StatementKind::CreateTable(_)
            | StatementKind::CreateTableAs(_)
            | StatementKind::CreateIndex(_)
            | StatementKind::CreateView(_)
            | StatementKind::CreateStatistics(_)
            | StatementKind::AlterTable(_)
            | StatementKind::AlterIndex(_)
            | StatementKind::Drop(_) => {
                let change = define(statement, text, &self.catalog)?;
                let guard = self.guard(Touches::Definitions);
                let notices = change.notices.clone();
                let task = DefineTask::new(kind, change);
                Ok(Started {
                    task: Task::Define(Box::new(task)),
                    guard,
                    notices,
                })
            }
            StatementKind::Truncate(truncate) => {
                let tables = self.named_tables(&truncate.tables)?;
                self.instantly(Touches::Definitions, |database| {
                    for id in tables {
                        database.truncate(id)?;
                    }
                    Ok(Ended::with_tag("TRUNCATE TABLE", true))
                })
            }
            StatementKind::Analyze(analyze) => {
                let task = AnalyzeTask::new(self, &analyze.targets)?;
                Ok(self.started(Touches::Definitions, Task::Analyze(Box::new(task))))
            }
            StatementKind::Vacuum(vacuum) => {
                if self.transaction.is_some() {
                    return Err(Error::new(
                        ErrorCode::ActiveSqlTransaction,
                        "VACUUM cannot run inside a transaction block",
                    ));
                }
                let task = VacuumTask::new(self, vacuum)?;
                Ok(self.started(Touches::Definitions, Task::Vacuum(Box::new(task))))
            }
            StatementKind::Reindex(reindex) => {
                let task = ReindexTask::new(self, reindex)?;
                Ok(self.started(Touches::Definitions, Task::Reindex(Box::new(task))))
            }
            StatementKind::Cluster(cluster) => {
                let task = VacuumTask::cluster(self, cluster, span)?;
                Ok(self.started(Touches::Definitions, Task::Vacuum(Box::new(task))))
            }
            StatementKind::Copy(_) => Err(Error::unsupported("COPY", span)),
            StatementKind::Prepare(prepare) => {
                self.prepare_statement(prepare)?;
                self.instantly(Touches::Nothing, |_| Ok(Ended::with_tag("PREPARE", true)))
            }
            StatementKind::Execute(execute) => {
                let (planned, params) = self.bind_execute(execute)?;
                self.start_planned(planned, params, None, options, 0)
            }
            StatementKind::Deallocate(name) => {
                self.deallocate(name.as_ref())?;
                let tag = if name.is_some() {
                    "DEALLOCATE"
                } else {
                    "DEALLOCATE ALL"
                };
                self.instantly(Touches::Nothing, |_| Ok(Ended::with_tag(tag, true)))
            }
            _ => self.start_session_statement(kind),
        }
    }

    fn start_session_statement(&mut self, kind: &StatementKind) -> Result<Started, Error> {
        let mut notice = None;
        let step = match kind {
            StatementKind::Set(set) => {
                notice = self.set(set)?;
                TaskStep::Ended(Ended::with_tag("SET", true))
            }
            StatementKind::Reset(name) => {
                match name {
                    Some(name) => self
                        .settings
                        .reset(&setting_name(name), &Settings::of(&self.options))
                        .map_err(|e| e.at(name.span))?,
                    None => self.settings = Settings::of(&self.options),
                }
                self.forget_local(name.as_ref().map(setting_name).as_deref());
                self.settings_changed();
                TaskStep::Ended(Ended::with_tag("RESET", true))
            }
            StatementKind::Show(name) => self.show(name.as_ref())?,
            StatementKind::Begin(_) => {
                notice = self.begin();
                TaskStep::Ended(Ended::with_tag("BEGIN", true))
            }
            StatementKind::Commit => {
                let (tag, told) = self.commit();
                notice = told;
                TaskStep::Ended(Ended::with_tag(tag, true))
            }
            StatementKind::Rollback => {
                notice = self.rollback();
                TaskStep::Ended(Ended::with_tag("ROLLBACK", true))
            }
            StatementKind::Savepoint(name) => {
                self.set_savepoint(name)?;
                TaskStep::Ended(Ended::with_tag("SAVEPOINT", true))
            }
            StatementKind::ReleaseSavepoint(name) => {
                self.release_savepoint(name)?;
                TaskStep::Ended(Ended::with_tag("RELEASE", true))
            }
            StatementKind::RollbackTo(name) => {
                self.rollback_to(name)?;
                TaskStep::Ended(Ended::with_tag("ROLLBACK", true))
            }
            _ => {
                return Err(Error::new(
                    ErrorCode::FeatureNotSupported,
                    "this statement is not supported",
                ));
            }
        };
        let mut started = self.started(Touches::Nothing, Task::Instant(Some(Box::new(step))));
        started.notices.extend(notice);
        Ok(started)
    }

    fn started(&mut self, touches: Touches, task: Task) -> Started {
        Started {
            task,
            guard: self.guard(touches),
            notices: Vec::new(),
        }
    }

    /// A statement that is done in one step; what it did is taken back if it fails.
    fn instantly(
        &mut self,
        touches: Touches,
        act: impl FnOnce(&mut Self) -> Result<Ended, Error>,
    ) -> Result<Started, Error> {
        let guard = self.guard(touches);
        match act(self) {
            Ok(ended) => Ok(Started {
                task: Task::Instant(Some(Box::new(TaskStep::Ended(ended)))),
                guard,
                notices: Vec::new(),
            }),
            Err(error) => {
                self.undo(guard);
                Err(error)
            }
        }
    }

    fn start_query(
        &mut self,
        statement: &Statement,
        params: Vec<Value>,
        explain: Option<ExplainOptions>,
        options: RunOptions,
    ) -> Result<Started, Error> {
        let before = self.now();
        let planned = Rc::new(self.plan(statement, &[], KeepConsidered::No, Purpose::Run)?);
        if !planned.params.is_empty() {
            return Err(
                Error::new(ErrorCode::UndefinedParameter, "there is no parameter $1")
                    .at(statement.span),
            );
        }
        let planning_ns = self.now().saturating_sub(before);
        self.start_planned(planned, params, explain, options, planning_ns)
    }

    fn start_planned(
        &mut self,
        planned: Rc<super::planning::PlannedStatement>,
        params: Vec<Value>,
        explain: Option<ExplainOptions>,
        options: RunOptions,
        planning_ns: u64,
    ) -> Result<Started, Error> {
        let touches = if planned.verb == Verb::Select {
            Touches::Nothing
        } else {
            Touches::Rows
        };
        let guard = self.guard(touches);
        let query = QueryOptions {
            params,
            explain,
            measure: options.measure,
            trace_limit: if options.measure {
                options.trace_limit
            } else {
                0
            },
            planning_ns,
        };
        match QueryTask::new(self, planned, query) {
            Ok(task) => Ok(Started {
                task: Task::Query(Box::new(task)),
                guard,
                notices: Vec::new(),
            }),
            Err(error) => {
                self.undo(guard);
                Err(error)
            }
        }
    }

    fn start_explain(
        &mut self,
        statement: &Statement,
        explain: ExplainOptions,
        options: RunOptions,
    ) -> Result<Started, Error> {
        let before = self.now();
        let purpose = if explain.analyze {
            Purpose::Run
        } else {
            Purpose::Look
        };
        let (planned, params) = match &statement.kind {
            StatementKind::Execute(execute) => self.bind_execute(execute)?,
            StatementKind::CreateTableAs(create) => {
                let query = Statement {
                    kind: StatementKind::Query(Rc::clone(&create.query)),
                    span: create.query.span,
                };
                (
                    Rc::new(self.plan(&query, &[], KeepConsidered::No, purpose)?),
                    Vec::new(),
                )
            }
            _ => (
                Rc::new(self.plan(statement, &[], KeepConsidered::No, purpose)?),
                Vec::new(),
            ),
        };
        let planning_ns = self.now().saturating_sub(before);
        if explain.analyze {
            return self.start_planned(planned, params, Some(explain), options, planning_ns);
        }
        let text = self.explain_text(&planned, None, &explain);
        let (columns, batch) = text_rows(&text, &explain);
        let step = TaskStep::EndedWithRows {
            columns,
            batch,
            ended: Ended::with_tag("EXPLAIN", false),
        };
        Ok(self.started(Touches::Nothing, Task::Instant(Some(Box::new(step)))))
    }

    fn set(&mut self, set: &SetStatement) -> Result<Option<String>, Error> {
        let name = setting_name(&set.name);
        let span = set.name.span;
        let before = self.settings.show(&name).map_err(|error| error.at(span))?;
        if name == super::settings::BLOCK_SIZE {
            let text = match &set.value {
                SetValue::Values(values) => values.first().map_or("", |value| &*value.text),
                SetValue::Default => "8192",
            };
            self.set_page_size_to(text)
                .map_err(|error| error.at(span))?;
            return Ok(None);
        }
        match &set.value {
            SetValue::Default => self.settings.reset(&name, &Settings::of(&self.options)),
            SetValue::Values(values) => {
                let texts: Vec<&str> = values.iter().map(|value| &*value.text).collect();
                self.settings.set(&name, &texts.join(", "))
            }
        }
        .map_err(|error| error.at(span))?;
        self.settings_changed();
        if set.scope != SetScope::Local {
            self.forget_local(Some(&name));
        }
        if set.scope == SetScope::Local {
            match &mut self.transaction {
                Some(transaction) => transaction.local.push((name, before)),
                None => {
                    // Outside a transaction it would end at once.
                    drop(self.settings.set(&name, &before));
                    self.settings_changed();
                    return Ok(Some(
                        "SET LOCAL can only be used in transaction blocks".into(),
                    ));
                }
            }
        }
        Ok(None)
    }

    fn show(&self, name: Option<&ObjectName>) -> Result<TaskStep, Error> {
        let (names, rows): (Vec<Box<str>>, Vec<Vec<Value>>) = match name {
            Some(name) => {
                let text = setting_name(name);
                let value = self.settings.show(&text).map_err(|e| e.at(name.span))?;
                (
                    Vec::from([text.into()]),
                    Vec::from([Vec::from([Value::text(value)])]),
                )
            }
            None => (
                Vec::from(["name".into(), "setting".into()]),
                self.settings
                    .all()
                    .into_iter()
                    .map(|(name, value)| Vec::from([Value::text(name), Value::text(value)]))
                    .collect(),
            ),
        };
        let columns = names
            .iter()
            .enumerate()
            .map(|(at, _)| {
                let values = rows.iter().filter_map(|row| row.get(at));
                Rc::new(Column::from_values(DataType::Text, values))
            })
            .collect();
        let batch = Batch::new(columns, rows.len());
        let columns = names
            .into_iter()
            .map(|name| ResultColumn {
                name,
                data_type: DataType::Text,
            })
            .collect();
        Ok(TaskStep::EndedWithRows {
            columns,
            batch,
            ended: Ended::with_tag("SHOW", false),
        })
    }

    /// The tables of these names.
    pub(super) fn named_tables(
        &self,
        names: &[ObjectName],
    ) -> Result<Vec<crate::catalog::TableId>, Error> {
        names.iter().map(|name| self.named_table(name)).collect()
    }

    /// The table of that name.
    pub(super) fn named_table(&self, name: &ObjectName) -> Result<crate::catalog::TableId, Error> {
        let last = &name.last().text;
        if let Some(table) = self.catalog.table_by_name(last) {
            return Ok(table.id);
        }
        let other =
            self.catalog.views.contains_key(last) || self.catalog.index_by_name(last).is_some();
        let (code, message) = if other {
            (
                ErrorCode::WrongObjectType,
                format!("\"{last}\" is not a table"),
            )
        } else {
            (
                ErrorCode::UndefinedTable,
                format!("relation \"{last}\" does not exist"),
            )
        };
        Err(Error::new(code, message).at(name.span))
    }
}

fn setting_name(name: &ObjectName) -> String {
    let parts: Vec<&str> = name.parts.iter().map(|part| &*part.text).collect();
    parts.join(".")
}
