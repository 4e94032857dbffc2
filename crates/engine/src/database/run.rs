//! A script on its way: one statement after the other, each whole or not at all, in steps of any size.
//!
//! Why events: whoever runs a script (worker, command line, tests) decides what to do between two steps; the engine never waits
//! and never calls back.

use super::{
    analyze::AnalyzeTask,
    define::DefineTask,
    maintenance::{ReindexTask, VacuumTask},
    options::RunOptions,
    query::QueryTask,
    result::{Measured, ResultColumn, RunEvent, StatementDone, StatementResult},
    state::{Database, Guard, Touches},
};
use crate::{Error, ErrorCode, catalog::TableId, executor::WriteLedger, value::Batch};
use alloc::{boxed::Box, collections::VecDeque, rc::Rc, string::String, vec::Vec};
use parser::{ParseError, ParsedStatement, Span, ast::StatementKind, parse_script};

/// What one step of a statement came to.
pub(super) enum TaskStep {
    Paused {
        phase: &'static str,
        done: u64,
        total: u64,
    },
    Rows {
        columns: Rc<[ResultColumn]>,
        batch: Batch,
    },
    Ended(Ended),
    EndedWithRows {
        columns: Rc<[ResultColumn]>,
        batch: Batch,
        ended: Ended,
    },
}

/// How a statement ended.
#[derive(Default)]
pub(super) struct Ended {
    pub tag: String,
    pub affected: u64,
    pub rows: u64,
    pub replayable: bool,
    pub ledger: WriteLedger,
    pub measured: Option<Box<Measured>>,
}

impl Ended {
    /// A statement that says no more than its name.
    pub fn with_tag(tag: &str, replayable: bool) -> Self {
        Self {
            tag: tag.into(),
            replayable,
            ..Self::default()
        }
    }
}

/// A statement that takes more than one step.
pub(super) enum Task {
    Query(Box<QueryTask>),
    Define(Box<DefineTask>),
    Analyze(Box<AnalyzeTask>),
    Vacuum(Box<VacuumTask>),
    Reindex(Box<ReindexTask>),
    /// Was done at once.
    Instant(Option<Box<TaskStep>>),
}

/// How a statement begins.
pub(super) struct Started {
    pub task: Task,
    pub guard: Guard,
    pub notices: Vec<String>,
}

struct Active {
    task: Task,
    guard: Guard,
    started_ns: u64,
    /// Nobody asked for it: ANALYZE after a large change.
    by_itself: bool,
}

/// A script on its way. Keep it between [`Database::step`]s, and end it with [`Database::cancel`] if it is not run to its end.
pub struct Run {
    text: Rc<str>,
    statements: Vec<ParsedStatement>,
    next: usize,
    options: RunOptions,
    active: Option<Active>,
    events: VecDeque<RunEvent>,
    to_analyze: Vec<TableId>,
    over: bool,
}

impl Run {
    /// Statements in the script.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.statements.len()
    }

    /// Where a statement ends in the text, in bytes; behind it stands its semicolon.
    #[must_use]
    pub fn end_of(&self, statement: usize) -> Option<u32> {
        self.statements.get(statement).map(|parsed| parsed.span.end)
    }

    /// Position of the statement under way, or of the next one.
    #[must_use]
    pub fn current(&self) -> usize {
        if self.active.is_some() {
            self.next.saturating_sub(1)
        } else {
            self.next
        }
    }
}

/// A mistake in the text, in the engine's terms.
pub(super) fn syntax_error(error: &ParseError) -> Error {
    let code = match error.sqlstate() {
        "0A000" => ErrorCode::FeatureNotSupported,
        "22025" => ErrorCode::InvalidEscapeSequence,
        "22003" => ErrorCode::NumericValueOutOfRange,
        "22023" => ErrorCode::InvalidParameterValue,
        "42P20" => ErrorCode::WindowingError,
        "54001" => ErrorCode::StatementTooComplex,
        "54000" => ErrorCode::ProgramLimitExceeded,
        _ => ErrorCode::SyntaxError,
    };
    let told = Error::new(code, alloc::format!("{}", error.kind)).at(error.span);
    match error.hint() {
        Some(hint) => told.with_hint(hint),
        None => told,
    }
}

impl Database {
    /// Reads a script and makes ready to run it. Nothing has happened yet.
    #[must_use]
    pub fn start(&mut self, sql: &str, options: RunOptions) -> Run {
        Run {
            text: Rc::from(sql),
            statements: parse_script(sql).statements,
            next: 0,
            options,
            active: None,
            events: VecDeque::new(),
            to_analyze: Vec::new(),
            over: false,
        }
    }

    /// Goes on for about `units` rows, or until something is to be told.
    pub fn step(&mut self, run: &mut Run, units: u64) -> RunEvent {
        if let Some(event) = run.events.pop_front() {
            return event;
        }
        if run.over {
            return RunEvent::Finished;
        }
        if run.active.is_none() {
            if let Some(table) = run.to_analyze.pop() {
                self.start_auto_analyze(run, table);
            } else if let Some(statement) = run.statements.get(run.next) {
                // Planning is part of the statement's time.
                let started_ns = self.now();
                let started = match &statement.statement {
                    Ok(parsed) => self.start_statement(parsed, &run.text, run.options),
                    Err(error) => Err(syntax_error(error)),
                };
                run.next += 1;
                match started {
                    Ok(started) => {
                        run.events
                            .extend(started.notices.into_iter().map(RunEvent::Notice));
                        run.active = Some(Active {
                            task: started.task,
                            guard: started.guard,
                            started_ns,
                            by_itself: false,
                        });
                        if let Some(event) = run.events.pop_front() {
                            return event;
                        }
                    }
                    Err(error) => return self.fail(run, error),
                }
            } else {
                run.over = true;
                return RunEvent::Finished;
            }
        }
        self.step_active(run, units)
    }

    fn step_active(&mut self, run: &mut Run, units: u64) -> RunEvent {
        let Some(active) = &mut run.active else {
            return RunEvent::Finished;
        };
        let step = match &mut active.task {
            Task::Query(task) => task.step(self, units),
            Task::Define(task) => task.step(self, units),
            Task::Analyze(task) => task.step(self, units),
            Task::Vacuum(task) => task.step(self, units),
            Task::Reindex(task) => task.step(self, units),
            Task::Instant(step) => match step.take() {
                Some(step) => Ok(*step),
                None => Ok(TaskStep::Ended(Ended::default())),
            },
        };
        let late = self.is_late(active.started_ns);
        match step {
            Ok(TaskStep::Paused { .. } | TaskStep::Rows { .. }) if late => {
                self.fail(run, Error::timed_out())
            }
            Ok(TaskStep::Paused { phase, done, total }) => RunEvent::Paused { phase, done, total },
            Ok(TaskStep::Rows { columns, batch }) => RunEvent::Rows { columns, batch },
            Ok(TaskStep::Ended(ended)) => self.finish_statement(run, ended),
            Ok(TaskStep::EndedWithRows {
                columns,
                batch,
                mut ended,
            }) => {
                if ended.rows == 0 {
                    ended.rows = batch.rows as u64;
                }
                let event = self.finish_statement(run, ended);
                run.events.push_front(event);
                RunEvent::Rows { columns, batch }
            }
            Err(error) => self.fail(run, error),
        }
    }

    fn finish_statement(&mut self, run: &mut Run, ended: Ended) -> RunEvent {
        let Some(active) = run.active.take() else {
            return RunEvent::Finished;
        };
        self.keep(active.guard);
        if active.by_itself {
            return RunEvent::Paused {
                phase: "analyzing",
                done: 1,
                total: 1,
            };
        }
        if self.options.auto_analyze && self.transaction.is_none() {
            run.to_analyze = self.tables_to_analyze();
        }
        let statement = run.next.saturating_sub(1);
        let span = run
            .statements
            .get(statement)
            .map_or_else(Span::default, |parsed| parsed.span);
        RunEvent::StatementDone(Box::new(StatementDone {
            statement,
            span,
            tag: ended.tag,
            affected: ended.affected,
            rows: ended.rows,
            replayable: ended.replayable,
            ledger: ended.ledger,
            measured: ended.measured,
        }))
    }

    fn start_auto_analyze(&mut self, run: &mut Run, table: TableId) {
        let guard = self.guard(Touches::Definitions);
        run.active = Some(Active {
            task: Task::Analyze(Box::new(AnalyzeTask::by_itself(table))),
            guard,
            started_ns: self.now(),
            by_itself: true,
        });
    }

    /// Takes back what the statement under way did, and ends the run.
    fn fail(&mut self, run: &mut Run, error: Error) -> RunEvent {
        if let Some(active) = run.active.take() {
            self.undo(active.guard);
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.failed = true;
        }
        run.over = true;
        run.events.clear();
        RunEvent::Failed(error)
    }

    /// Ends a run: what the statement under way did is taken back, those before it stay done.
    pub fn cancel(&mut self, mut run: Run) {
        if let Some(active) = run.active.take() {
            self.undo(active.guard);
            if let Some(transaction) = &mut self.transaction {
                transaction.failed = true;
            }
        }
    }

    /// Runs a script to its end.
    ///
    /// # Errors
    /// The first statement that fails; those before it stay done.
    pub fn execute(&mut self, sql: &str) -> Result<Vec<StatementResult>, Error> {
        self.execute_with(sql, RunOptions::default())
    }

    /// As [`Self::execute`], with options.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn execute_with(
        &mut self,
        sql: &str,
        options: RunOptions,
    ) -> Result<Vec<StatementResult>, Error> {
        let mut run = self.start(sql, options);
        let mut results = Vec::new();
        let (mut columns, mut batches, mut gives_rows) = (Rc::from([]), Vec::new(), false);
        let mut notices = Vec::new();
        loop {
            match self.step(&mut run, 1 << 20) {
                RunEvent::Paused { .. } => {}
                RunEvent::Rows {
                    columns: found,
                    batch,
                } => {
                    columns = found;
                    gives_rows = true;
                    if batch.rows > 0 {
                        batches.push(batch);
                    }
                }
                RunEvent::Notice(notice) => notices.push(notice),
                RunEvent::StatementDone(done) => results.push(StatementResult {
                    columns: core::mem::replace(&mut columns, Rc::from([])),
                    gives_rows: core::mem::take(&mut gives_rows),
                    batches: core::mem::take(&mut batches),
                    notices: core::mem::take(&mut notices),
                    done: *done,
                }),
                RunEvent::Finished => return Ok(results),
                RunEvent::Failed(error) => return Err(error),
            }
        }
    }
}

/// Whether a statement is let through in a transaction that has failed.
pub(super) const fn ends_transaction(kind: &StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Commit | StatementKind::Rollback | StatementKind::RollbackTo(_)
    )
}
