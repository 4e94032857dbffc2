//! What each action does to the state. Pure: no worker, no clock, no storage; those are the hooks of `web`.

use crate::{
    page_touches::PageTouches,
    results::Results,
    store::{Action, Engine, Notice, Purpose, State},
    write_ledger::LastWrites,
};
use protocol::{Failure, PlanView, Response, SchemaView};
use std::rc::Rc;

/// The state after an action.
#[must_use]
pub fn reduce(state: &State, action: Action) -> State {
    let mut next = state.clone();
    match action {
        Action::Open(experiment) => {
            let kept = (
                next.theme,
                next.lag,
                next.worker.clone(),
                next.engine.clone(),
                next.generation,
                next.worker_starts,
            );
            next = State::opening(experiment);
            (
                next.theme,
                next.lag,
                next.worker,
                next.engine,
                next.generation,
                next.worker_starts,
            ) = kept;
        }
        Action::Edit { text, cursor } => {
            next.text = Rc::from(text);
            next.marked = None;
            next.cursor = cursor;
            next.generation = next.generation.wrapping_add(1);
        }
        Action::MoveCursor(cursor) => {
            if next.cursor != cursor {
                next.cursor = cursor;
                next.generation = next.generation.wrapping_add(1);
            }
        }
        Action::RunSent {
            run,
            purpose,
            script,
        } => {
            // A load may be the answer to a worker's death, which must still be read.
            if purpose != Purpose::Load {
                next.notice = None;
            }
            next.engine = Engine::Busy {
                run,
                purpose,
                progress: protocol::ProgressView::default(),
                cancelling: false,
                script,
            };
        }
        Action::CancelSent => {
            if let Engine::Busy { cancelling, .. } = &mut next.engine {
                *cancelling = true;
            }
        }
        Action::Received { id, response } => receive(&mut next, id, *response),
        Action::WorkerDied { reason } => {
            next.notice = Some(Notice {
                failure: plain(&format!(
                    "the engine stopped ({reason}) and is being started again; nothing you typed is lost"
                )),
                error: true,
            });
            next.engine = Engine::Restarting { reason };
        }
        Action::WorkerUnavailable { reason } => {
            next.notice = Some(Notice {
                failure: plain(&format!("the engine cannot be started: {reason}")),
                error: true,
            });
            next.engine = Engine::Dead { reason };
        }
        Action::OpenTab(tab) => next.tab = tab,
        Action::Select(node) => next.selected = Some(node),
        Action::ChooseCurve(choice) => next.curve_choice = choice,
        Action::ChooseMap(across, up) => next.map_axes = (across, up),
        Action::Orders(draft) => next.orders = Some(draft),
        Action::Mark(span) => next.marked = span,
        Action::Draft(draft) => {
            next.draft = draft;
            if next.draft.is_none() {
                next.what_if = None;
            }
        }
        Action::OpenCandidates(open) => {
            next.candidates_open = open;
            next.candidates = None;
        }
        Action::DismissNotice => next.notice = None,
        Action::Tell(words) => {
            next.notice = Some(Notice {
                failure: plain(&words),
                error: false,
            })
        }
        Action::PageLag(milliseconds) => next.lag.page_ms = milliseconds,
        Action::WorkerLag(milliseconds) => next.lag.worker_ms = milliseconds,
        Action::SetTheme(theme) => next.theme = theme,
    }
    next
}

fn plain(message: &str) -> Failure {
    Failure {
        code: String::new(),
        message: message.to_owned(),
        detail: None,
        hint: None,
        span: None,
    }
}

fn receive(state: &mut State, id: u32, response: Response) {
    match response {
        Response::Ready(worker) => {
            state.worker = worker;
            state.engine = Engine::Ready;
            state.worker_starts = state.worker_starts.wrapping_add(1);
        }
        Response::Pong(worker) => state.worker = worker,
        Response::Progress(view) => {
            if let Engine::Busy {
                run,
                progress,
                purpose,
                ..
            } = &mut state.engine
                && *run == id
            {
                *progress = view;
                // While tables are being filled, the plan follows them.
                if *purpose == Purpose::Load {
                    state.generation = state.generation.wrapping_add(1);
                }
            }
        }
        Response::Rows(rows) => state.results.push(rows),
        Response::StatementDone(done) => {
            if done.replay {
                remember(state, done.span);
            }
            if state.loading() {
                state.generation = state.generation.wrapping_add(1);
            }
            // What a click or the sample did is no result of the query.
            if let Engine::Busy {
                purpose: Purpose::Load | Purpose::Change(_),
                ..
            } = state.engine
            {
                return;
            }
            if done.rows > 0.0 || done.tag.starts_with("SELECT") {
                if done.statement != state.results.statement || state.results.columns.is_empty() {
                    state.results = Results::empty(done.statement);
                }
                state.results.total_rows = Some(done.rows);
            }
            state.results.elapsed_ms = Some(done.elapsed_ms);
            take_writes(state, &done);
            state.results.tag = done.tag;
        }
        Response::Finished(finished) => {
            let finished = *finished;
            settle(state, finished.schema);
            if let Some(plan) = finished.plan {
                take_measured(state, plan);
            }
        }
        Response::Failed { failure, schema } => {
            if let Some(schema) = schema {
                settle(state, *schema);
            } else {
                state.engine = Engine::Ready;
            }
            state.notice = Some(Notice {
                failure,
                error: true,
            });
        }
        Response::Cancelled { schema } => {
            settle(state, *schema);
            state.notice = Some(Notice {
                failure: plain("cancelled; the statement's changes are undone"),
                error: false,
            });
        }
        Response::Planned {
            plan,
            diagnostics,
            planning_us,
        } => {
            // Tables that are still being made are not missing.
            state.diagnostics = Rc::new(if state.loading() {
                Vec::new()
            } else {
                diagnostics
            });
            state.planning_us = planning_us;
            state.plan_number = state.plan_number.wrapping_add(1);
            take_plan(state, plan.map(|plan| *plan));
        }
        Response::WhatIf(view) => state.what_if = Some(Rc::new(*view)),
        Response::Candidates(view) => state.candidates = Some(Rc::new(*view)),
        Response::OrderMatrix(view) => state.matrix = Some(Rc::new(*view)),
        Response::Unfolded(view) => state.unfolded = view.map(|view| Rc::new(*view)),
        Response::Flips(view) => state.flips = Some(Rc::new(*view)),
        Response::Curve(view) => state.curve = view.map(|view| Rc::new(*view)),
        Response::PlanMap(view) => state.map = view.map(|view| Rc::new(*view)),
        Response::Schema(schema) => {
            state.schema = Rc::new(*schema);
            state.generation = state.generation.wrapping_add(1);
        }
        Response::Trace(view) => {
            state.touches = Some(Rc::new(PageTouches::of(&view, &state.schema)));
        }
        Response::WrongVersion { expected } => {
            state.notice = Some(Notice {
                failure: plain(&format!(
                    "page and engine are of different versions (the engine speaks {expected}); reload the page"
                )),
                error: true,
            });
        }
        Response::Trapped { message } => state.engine = Engine::Restarting { reason: message },
    }
}

/// A statement that changed something becomes part of the experiment, unless it was the experiment itself that was being loaded.
fn remember(state: &mut State, span: protocol::TextSpan) {
    if let Engine::Busy {
        purpose: Purpose::Load,
        ..
    } = state.engine
    {
        return;
    }
    if let Some(statement) = statement_at(&state.engine, span) {
        let statement = statement.to_owned();
        Rc::make_mut(&mut state.experiment).remember(&statement);
    }
}

/// The text of a statement of the run that is on its way.
fn statement_at(engine: &Engine, span: protocol::TextSpan) -> Option<&str> {
    let Engine::Busy { script, .. } = engine else {
        return None;
    };
    let start = usize::try_from(span.start).ok()?;
    script.get(start..usize::try_from(span.end).ok()?)
}

/// Keeps what an INSERT, UPDATE, DELETE or VACUUM wrote, also that it wrote nothing.
fn take_writes(state: &mut State, done: &protocol::StatementView) {
    let changes = ["INSERT", "UPDATE", "DELETE", "VACUUM"];
    if changes.iter().any(|verb| done.tag.starts_with(verb)) {
        state.writes = Some(Rc::new(LastWrites {
            sql: statement_at(&state.engine, done.span)
                .unwrap_or_default()
                .trim()
                .to_owned(),
            tag: done.tag.clone(),
            ledger: done.ledger.as_deref().cloned(),
        }));
    }
}

/// A run has ended: the schema is new, and so may be the plan.
fn settle(state: &mut State, schema: SchemaView) {
    state.schema = Rc::new(schema);
    state.engine = Engine::Ready;
    state.generation = state.generation.wrapping_add(1);
}

fn root_cost(plan: &PlanView) -> f64 {
    plan.nodes.first().map_or(0.0, |root| root.cost.total)
}

/// A new estimate. While a statement is being typed it often has no plan: the last one stays until another comes.
fn take_plan(state: &mut State, plan: Option<PlanView>) {
    let Some(plan) = plan else {
        if state.text.trim().is_empty() {
            state.plan = None;
        }
        return;
    };
    match &state.plan {
        Some(current) if current.sql.trim() == plan.sql.trim() && !state.plan_of_load => {
            if (root_cost(current) - root_cost(&plan)).abs() > 0.005 {
                state.plan_before = Some(Rc::clone(current));
            }
        }
        _ => state.plan_before = None,
    }
    state.plan_of_load = state.loading();
    state.plan = Some(Rc::new(plan));
}

fn take_measured(state: &mut State, plan: PlanView) {
    state.run_number = state.run_number.wrapping_add(1);
    let before = state
        .measured
        .take()
        .filter(|before| before.sql.trim() == plan.sql.trim());
    if let Some(before) = before {
        let same_cost = (root_cost(&before) - root_cost(&plan)).abs() < 0.005;
        if !same_cost {
            state.measured_before = Some(before);
        }
    } else {
        state.measured_before = None;
    }
    state.measured = Some(Rc::new(plan));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use protocol::{CostView, FinishedView, PlanNodeView, ProgressView};

    fn priced(sql: &str, total: f64) -> PlanView {
        let root = PlanNodeView {
            cost: CostView {
                startup: 0.0,
                total,
            },
            title: "Seq Scan".to_owned(),
            ..PlanNodeView::default()
        };
        PlanView {
            nodes: vec![root],
            sql: sql.to_owned(),
            ..PlanView::default()
        }
    }

    fn planned(sql: &str, total: f64) -> Action {
        let response = Response::Planned {
            plan: Some(Box::new(priced(sql, total))),
            diagnostics: Vec::new(),
            planning_us: 1.0,
        };
        Action::Received {
            id: 7,
            response: Box::new(response),
        }
    }

    fn finished(plan: Option<PlanView>) -> Action {
        let view = FinishedView {
            schema: SchemaView::default(),
            plan,
            elapsed_ms: 1.0,
        };
        Action::Received {
            id: 1,
            response: Box::new(Response::Finished(Box::new(view))),
        }
    }

    fn play(actions: Vec<Action>) -> State {
        actions
            .into_iter()
            .fold(State::opening(Experiment::default()), |state, action| {
                reduce(&state, action)
            })
    }

    /// After the first statement of a script, which changed something.
    fn done(purpose: Purpose, script: &str, tag: &str) -> State {
        let end = script.find(';').unwrap_or(script.len());
        let view = protocol::StatementView {
            statement: 0,
            span: protocol::TextSpan {
                start: 0,
                end: u32::try_from(end).unwrap(),
            },
            tag: tag.to_owned(),
            replay: true,
            rows: 0.0,
            elapsed_ms: 1.0,
            ledger: None,
        };
        play(vec![
            Action::RunSent {
                run: 3,
                purpose,
                script: Rc::from(script),
            },
            Action::Received {
                id: 3,
                response: Box::new(Response::StatementDone(view)),
            },
        ])
    }

    #[test]
    fn a_changed_cost_of_the_same_statement_keeps_the_plan_before() {
        let state = play(vec![
            finished(None),
            planned("select 1", 100.0),
            planned("select 1", 10.0),
        ]);
        assert_eq!(root_cost(state.plan_before.as_ref().unwrap()), 100.0);
    }

    #[test]
    fn another_statement_forgets_the_plan_before() {
        let state = play(vec![
            planned("select 1", 100.0),
            planned("select 1", 10.0),
            planned("select 2", 5.0),
        ]);
        assert!(state.plan_before.is_none());
    }

    #[test]
    fn the_plan_follows_tables_that_are_being_filled_and_nothing_was_before() {
        let sent = Action::RunSent {
            run: 3,
            purpose: Purpose::Load,
            script: Rc::from("insert into t select 1"),
        };
        let on = Action::Received {
            id: 3,
            response: Box::new(Response::Progress(ProgressView::default())),
        };
        let before = play(vec![sent.clone()]).generation;
        let state = play(vec![
            sent,
            on,
            planned("select 1", 10.0),
            planned("select 1", 100.0),
        ]);
        assert_eq!(state.generation, before + 1);
        assert_eq!(root_cost(state.plan.as_ref().unwrap()), 100.0);
        assert!(state.plan_before.is_none());
        // The first plan over the full tables is not compared with those on the way.
        let Action::Received { response, .. } = finished(None) else {
            panic!("the end of a run is an answer");
        };
        let ended = Action::Received { id: 3, response };
        let full = reduce(&reduce(&state, ended), planned("select 1", 200.0));
        assert!(full.plan_before.is_none());
        let later = reduce(&full, planned("select 1", 20.0));
        assert_eq!(root_cost(later.plan_before.as_ref().unwrap()), 200.0);
    }

    #[test]
    fn half_typed_text_keeps_the_last_plan() {
        let nothing = Response::Planned {
            plan: None,
            diagnostics: Vec::new(),
            planning_us: 0.0,
        };
        let state = play(vec![
            planned("select 1", 100.0),
            Action::Received {
                id: 8,
                response: Box::new(nothing),
            },
        ]);
        assert!(state.plan.is_some());
    }

    #[test]
    fn progress_of_another_run_is_ignored() {
        let sent = Action::RunSent {
            run: 3,
            purpose: Purpose::Query,
            script: Rc::from("select 1"),
        };
        let late = ProgressView {
            done: 5.0,
            total: 10.0,
            ..ProgressView::default()
        };
        let state = play(vec![
            sent,
            Action::Received {
                id: 2,
                response: Box::new(Response::Progress(late)),
            },
        ]);
        assert_eq!(state.progress(), None);
        assert!(state.busy());
    }

    #[test]
    fn what_a_person_changed_goes_into_the_link_and_what_was_loaded_does_not() {
        let run = |purpose| done(purpose, "create index i on t (a)", "CREATE INDEX");
        assert_eq!(
            run(Purpose::Query).experiment.statements,
            ["create index i on t (a)"]
        );
        assert!(run(Purpose::Load).experiment.statements.is_empty());
    }

    #[test]
    fn the_writes_of_a_query_are_kept_and_those_of_the_sample_are_not() {
        let run = |purpose| done(purpose, "delete from t; select 1", "DELETE 0");
        let state = run(Purpose::Query);
        let writes = state.writes.unwrap();
        assert_eq!(
            (writes.sql.as_str(), writes.tag.as_str()),
            ("delete from t", "DELETE 0")
        );
        assert_eq!(state.results.tag, "DELETE 0");
        let state = run(Purpose::Load);
        assert!(state.writes.is_none());
        assert_eq!(state.results.tag, "");
    }

    #[test]
    fn the_measured_plan_is_shown_while_it_is_the_plan_of_the_text() {
        let run = finished(Some(PlanView {
            measured: Some(protocol::MeasuredView::default()),
            ..priced("select 1", 10.0)
        }));
        let state = play(vec![planned("select 1", 10.0), run.clone()]);
        assert!(state.shown_plan().unwrap().measured.is_some());
        let state = play(vec![
            planned("select 1", 10.0),
            run,
            planned("select 1", 4.0),
        ]);
        assert!(state.shown_plan().unwrap().measured.is_none());
    }

    #[test]
    fn a_dead_worker_is_said_and_the_text_stays() {
        let state = play(vec![
            Action::Edit {
                text: "select 42".to_owned(),
                cursor: 0,
            },
            Action::WorkerDied {
                reason: "out of memory".to_owned(),
            },
        ]);
        assert_eq!(&*state.text, "select 42");
        assert!(state.notice.unwrap().error);
        assert!(matches!(state.engine, Engine::Restarting { .. }));
    }

    #[test]
    fn what_is_marked_is_forgotten_with_the_text() {
        let state = play(vec![
            Action::Mark(Some(protocol::TextSpan { start: 3, end: 5 })),
            Action::Edit {
                text: "x".to_owned(),
                cursor: 1,
            },
        ]);
        assert_eq!(state.marked, None);
    }

    #[test]
    fn the_end_of_a_run_asks_for_a_new_plan() {
        let before = play(vec![]);
        let after = play(vec![finished(None)]);
        assert_ne!(before.generation, after.generation);
        assert!(after.ready());
    }
}
