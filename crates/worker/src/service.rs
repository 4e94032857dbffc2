//! Requests in, answers out: what the worker does, without the browser it does it in.
//!
//! Long work goes in slices: [`Service::receive`] answers at once what can be answered at once (planning, looking,
//! cancelling) and only notes the rest; [`Service::work`] does a bounded piece of it, and whoever owns the event loop decides how
//! many pieces to do before it lets other messages in.

use std::collections::VecDeque;

use engine::Error;
use engine::database::{Database, DatabaseOptions, Run, RunEvent, RunOptions, Trace};
use protocol::{
    FinishedView, PlanRequest, PlanView, ProgressView, Request, RequestId, Response, RunRequest,
    SchemaView, WorkerView,
};

use crate::convert;
use search::Search;

mod search;

/// Work units (rows touched, entries moved) of one slice: about a millisecond.
const SLICE_UNITS: u64 = 8_192;

/// Page accesses of a measured statement that are kept: about a mebibyte and a half.
const TRACE_LIMIT: u32 = 65_536;

/// Milliseconds between two reports of progress.
const PROGRESS_EVERY_MS: f64 = 50.0;

/// One answer, and the request that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The request that it answers.
    pub id: RequestId,
    /// What to say.
    pub response: Response,
}

/// Whether there is more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Nothing is under way; call again after the next request.
    Idle,
    /// Call [`Service::work`] again.
    More,
}

/// All that the service may know of where it runs.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Milliseconds since a fixed moment. A call costs about 150 ns in a browser and the clock steps by 0.1 ms.
    pub now_ms: fn() -> f64,
    /// Bytes that the worker's memory has grown to.
    pub memory_bytes: fn() -> f64,
}

/// A script on its way.
struct Active {
    id: RequestId,
    run: Run,
    request: RunRequest,
    began_ms: f64,
    /// When the statement on its way began.
    statement_ms: f64,
    told_ms: f64,
    statement: u32,
    statements: u32,
    /// Rows of this statement that were sent.
    sent: u32,
    plan: Option<PlanView>,
}

/// The database and what it has been asked to do.
pub struct Service {
    host: Host,
    database: Database,
    active: Option<Box<Active>>,
    /// Searches under way: for indexes that would help, and over orders of columns.
    searches: [Option<Box<Search>>; 2],
    waiting: VecDeque<(RequestId, RunRequest)>,
    answers: Vec<Answer>,
    longest_turn_ms: f64,
    /// Page accesses of the last measured statement.
    trace: Trace,
}

impl Service {
    /// A service with an empty database; its first answer is [`Response::Ready`].
    pub fn new(host: Host) -> Self {
        let mut service = Self {
            host,
            database: fresh_database(host),
            active: None,
            searches: [None, None],
            waiting: VecDeque::new(),
            answers: Vec::new(),
            longest_turn_ms: 0.0,
            trace: Trace::default(),
        };
        let ready = Response::Ready(service.state());
        service.answer(RequestId::UNSOLICITED, ready);
        service
    }

    /// Takes a request in: answers at once what can be answered at once, notes the rest for [`Self::work`].
    pub fn receive(&mut self, id: RequestId, request: Request) {
        match request {
            Request::Ping => {
                let pong = Response::Pong(self.state());
                self.answer(id, pong);
            }
            Request::Run(run) => self.waiting.push_back((id, run)),
            Request::Cancel { run } => self.cancel(RequestId(run)),
            Request::Plan(plan) => {
                let planned = self.plan(&plan);
                self.answer(id, planned);
            }
            Request::WhatIf(request) => {
                let cursor = usize::try_from(request.cursor).unwrap_or(usize::MAX);
                let found = self
                    .database
                    .what_if(&request.text, cursor, &request.definition);
                let view = convert::what_if(request.definition, found);
                self.answer(id, Response::WhatIf(Box::new(view)));
            }
            Request::Candidates(_) | Request::OrderMatrix(_) => self.look_for_indexes(id, request),
            Request::Unfold(_) | Request::Flips(_) | Request::Curve(_) | Request::PlanMap(_) => {
                let answer = explore::answer(&mut self.database, self.host, &request);
                self.answer(id, answer);
            }
            Request::Schema => {
                let schema = Response::Schema(Box::new(self.schema()));
                self.answer(id, schema);
            }
            Request::EmptyPool => {
                let pages = self.database.storage().store.buffer_pages();
                self.database.set_buffer_pages(pages);
                let schema = Response::Schema(Box::new(self.schema()));
                self.answer(id, schema);
            }
            Request::Trace => {
                let trace = convert::trace(&self.database, &self.trace);
                self.answer(id, Response::Trace(Box::new(trace)));
            }
            Request::Reset => {
                self.active = None;
                self.searches = [None, None];
                self.waiting.clear();
                self.database = fresh_database(self.host);
                self.trace = Trace::default();
                let schema = Response::Schema(Box::new(self.schema()));
                self.answer(id, schema);
            }
        }
    }

    /// Does one slice of the work under way, a millisecond or so. Looking for indexes goes before running scripts, as planning does.
    pub fn work(&mut self) -> Pending {
        for kind in 0..self.searches.len() {
            if let Some(search) = self.searches[kind].take() {
                self.searches[kind] = self.work_at_search(search);
                return Pending::More;
            }
        }
        if self.active.is_none() {
            let Some((id, request)) = self.waiting.pop_front() else {
                return Pending::Idle;
            };
            self.begin(id, request);
        }
        if let Some(mut active) = self.active.take()
            && self.step(&mut active)
        {
            self.active = Some(active);
        }
        if self.active.is_none() && self.waiting.is_empty() {
            Pending::Idle
        } else {
            Pending::More
        }
    }

    /// Takes the answers given since the last call, in order.
    pub fn take_answers(&mut self) -> Vec<Answer> {
        core::mem::take(&mut self.answers)
    }

    /// Notes how long the event loop was kept from its messages, for the next [`WorkerView`].
    pub fn turn_took(&mut self, ms: f64) {
        self.longest_turn_ms = self.longest_turn_ms.max(ms);
    }

    fn begin(&mut self, id: RequestId, request: RunRequest) {
        let options = RunOptions {
            measure: request.measure,
            trace_limit: TRACE_LIMIT,
        };
        let now = (self.host.now_ms)();
        let run = self.database.start(&request.script, options);
        self.active = Some(Box::new(Active {
            id,
            statements: convert::count(run.statements()),
            run,
            request,
            began_ms: now,
            statement_ms: now,
            told_ms: now,
            statement: 0,
            sent: 0,
            plan: None,
        }));
    }

    /// One slice; whether the run goes on.
    fn step(&mut self, active: &mut Active) -> bool {
        let event = self.database.step(&mut active.run, SLICE_UNITS);
        let now = (self.host.now_ms)();
        match event {
            RunEvent::Paused { phase, done, total } => {
                let timeout_ms = f64::from(active.request.timeout_ms);
                if timeout_ms > 0.0 && now - active.statement_ms > timeout_ms {
                    self.time_out(active);
                    return false;
                }
                if now - active.told_ms >= PROGRESS_EVERY_MS {
                    active.told_ms = now;
                    let progress = ProgressView {
                        phase: phase.into(),
                        done: convert::figure(done),
                        total: convert::figure(total),
                        statement: active.statement,
                        statements: active.statements,
                        elapsed_ms: now - active.began_ms,
                    };
                    self.answer(active.id, Response::Progress(progress));
                }
                true
            }
            RunEvent::Rows { columns, batch } => {
                let room = active.request.row_limit.saturating_sub(active.sent);
                let first = active.sent;
                if first == 0 || room > 0 {
                    let rows =
                        convert::rows(active.statement, first, &columns, &batch, room as usize);
                    active.sent += rows.rows;
                    self.answer(active.id, Response::Rows(rows));
                }
                true
            }
            RunEvent::Notice(_) => true,
            RunEvent::StatementDone(mut done) => {
                let elapsed_ms = now - active.statement_ms;
                if let Some(measured) = &mut done.measured
                    && let Some(trace) = measured.trace.take()
                {
                    self.trace = trace;
                }
                if let Some(measured) = &done.measured {
                    let plan = convert::measured(
                        &self.database,
                        measured,
                        &done,
                        &active.request.script,
                        elapsed_ms,
                    );
                    active.plan = Some(plan);
                }
                let view = convert::statement(&self.database, &done, elapsed_ms);
                self.answer(active.id, Response::StatementDone(view));
                active.statement += 1;
                active.sent = 0;
                active.statement_ms = now;
                true
            }
            RunEvent::Finished => {
                let finished = FinishedView {
                    schema: self.schema(),
                    plan: active.plan.take(),
                    elapsed_ms: now - active.began_ms,
                };
                self.answer(active.id, Response::Finished(Box::new(finished)));
                false
            }
            RunEvent::Failed(error) => {
                let failed = Response::Failed {
                    failure: convert::failure(&error),
                    schema: Some(Box::new(self.schema())),
                };
                self.answer(active.id, failed);
                false
            }
        }
    }

    /// Ends a run whose statement took too long, as PostgreSQL's `statement_timeout` does.
    fn time_out(&mut self, active: &mut Active) {
        let run = core::mem::replace(
            &mut active.run,
            self.database.start("", RunOptions::default()),
        );
        self.database.cancel(run);
        let failed = Response::Failed {
            failure: convert::failure(&Error::timed_out()),
            schema: Some(Box::new(self.schema())),
        };
        self.answer(active.id, failed);
    }

    /// Ends a run, or takes it out of the queue. What the running statement did is undone.
    fn cancel(&mut self, run: RequestId) {
        let is_it = |id: RequestId| run == RequestId::UNSOLICITED || run == id;
        if let Some(active) = self.active.take_if(|active| is_it(active.id)) {
            let id = active.id;
            self.database.cancel(active.run);
            let schema = Box::new(self.schema());
            self.answer(id, Response::Cancelled { schema });
        } else if let Some(position) = self.waiting.iter().position(|(id, _)| is_it(*id))
            && let Some((id, _)) = self.waiting.remove(position)
        {
            let schema = Box::new(self.schema());
            self.answer(id, Response::Cancelled { schema });
        }
    }

    fn plan(&mut self, request: &PlanRequest) -> Response {
        let began = (self.host.now_ms)();
        let cursor = usize::try_from(request.cursor).unwrap_or(usize::MAX);
        let keep = convert::keep_considered(request.considered);
        let look = self.database.plan_at(&request.text, cursor, keep);
        let planning_us = ((self.host.now_ms)() - began) * 1000.0;
        let diagnostics = look.diagnostics.iter().map(convert::diagnostic).collect();
        let plan = look
            .planned
            .map(|planned| Box::new(convert::planned(&self.database, &planned, &request.text)));
        Response::Planned {
            plan,
            diagnostics,
            planning_us,
        }
    }

    fn schema(&mut self) -> SchemaView {
        let mut schema = convert::schema(&mut self.database);
        schema.memory.wasm_bytes = (self.host.memory_bytes)();
        schema
    }

    fn answer(&mut self, id: RequestId, response: Response) {
        self.answers.push(Answer { id, response });
    }

    fn state(&mut self) -> WorkerView {
        WorkerView {
            wasm_bytes: (self.host.memory_bytes)(),
            lag_ms: core::mem::take(&mut self.longest_turn_ms),
            busy: self.active.is_some(),
        }
    }
}

mod explore;

fn fresh_database(host: Host) -> Database {
    let mut database = Database::new(DatabaseOptions {
        auto_analyze: true,
        ..DatabaseOptions::default()
    });
    database.set_clock(move || convert::nanoseconds((host.now_ms)()));
    database
}

#[cfg(test)]
mod tests;
