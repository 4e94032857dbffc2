//! The one store, and everything that happens because of it: messages to the worker, the URL, the theme.
//!
//! `viewmodel::reduce` says what each action does to the state; here is what has an effect outside of it. Components get the
//! [`Store`] from the context and call its verbs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use protocol::{
    CandidatesRequest, CurveRequest, NodeRequest, PlanMapRequest, PlanRequest, Request, Response,
    RunRequest, WhatIfRequest,
};
use viewmodel::experiment::Experiment;
use viewmodel::store::{Engine, Purpose, Tab, Theme};
use viewmodel::{Action, State, reduce};
use yew::prelude::{
    Reducible, UseReducerDispatcher, hook, use_context, use_effect_with, use_memo, use_mut_ref,
    use_reducer,
};

use crate::address::{self, now_ms};
use crate::bridge::{Bridge, BridgeEvent};

/// Rows of a result that are sent to the page; the rest is counted.
const ROW_LIMIT: u32 = 10_000;

/// A statement that runs longer is given up, in milliseconds.
const STATEMENT_TIMEOUT_MS: u32 = 120_000;

/// How long a plan must rest until what would change it is searched, in milliseconds.
const REST_MS: u32 = 250;

/// How long the text must rest until the address bar follows, in milliseconds.
const ADDRESS_DELAY_MS: u32 = 400;

/// Cells on one side of the plan map.
const MAP_CELLS: u32 = 32;

/// How long the text must rest until indexes are looked for, in milliseconds.
const CANDIDATES_DELAY_MS: u32 = 150;

/// The state as Yew keeps it.
#[derive(PartialEq)]
pub struct Held(Rc<State>);

impl Reducible for Held {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        Rc::new(Self(Rc::new(reduce(&self.0, action))))
    }
}

/// State and verbs. Cheap to clone; two are equal when their states are the same. The state is the one of this rendering: the
/// reducer's own handle always reads the newest, so that two of them could never be told apart.
#[derive(Clone)]
pub struct Store {
    state: Rc<State>,
    dispatcher: UseReducerDispatcher<Held>,
    bridge: Rc<RefCell<Option<Bridge>>>,
    ping_sent: Rc<Cell<f64>>,
}

impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }
}

impl Store {
    /// The state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Lets something happen.
    pub fn dispatch(&self, action: Action) {
        self.dispatcher.dispatch(action);
    }

    /// Runs a script, unless one is running.
    pub fn run(&self, purpose: Purpose, script: &str) {
        if self.state().busy() || script.trim().is_empty() {
            return;
        }
        send_run(
            &self.bridge,
            |action| self.dispatcher.dispatch(action),
            purpose,
            script,
        );
    }

    /// Runs what stands in the editor.
    pub fn run_text(&self) {
        let text = Rc::clone(&self.state().text);
        self.run(Purpose::Query, &text);
    }

    /// Cancels what runs.
    pub fn cancel(&self) {
        if let Engine::Busy { run, .. } = &self.state().engine {
            self.send(&Request::Cancel { run: *run });
            self.dispatch(Action::CancelSent);
        }
    }

    /// Opens another experiment in a fresh database.
    pub fn open(&self, experiment: Experiment) {
        let script = experiment.script();
        self.dispatch(Action::Open(experiment));
        self.send(&Request::Reset);
        send_run(
            &self.bridge,
            |action| self.dispatcher.dispatch(action),
            Purpose::Load,
            &script,
        );
    }

    /// The address that gives this experiment again, in the page called `page` beside this one.
    pub fn link(&self, page: &str) -> String {
        address::link(page, &self.state().current_experiment().to_fragment())
    }

    /// Empties the buffer pool: the next run starts cold.
    pub fn empty_pool(&self) {
        self.send(&Request::EmptyPool);
    }

    /// Asks the worker for a sign of life; the time until it comes is its event loop's lag.
    pub fn ping(&self) {
        self.ping_sent.set(now_ms());
        self.send(&Request::Ping);
    }

    fn send(&self, request: &Request) {
        if let Some(bridge) = &*self.bridge.borrow() {
            bridge.send(request);
        }
    }
}

fn send_run(
    bridge: &Rc<RefCell<Option<Bridge>>>,
    dispatch: impl Fn(Action),
    purpose: Purpose,
    script: &str,
) {
    let request = Request::Run(RunRequest {
        script: script.to_owned(),
        row_limit: ROW_LIMIT,
        measure: purpose == Purpose::Query,
        timeout_ms: if purpose == Purpose::Load {
            0
        } else {
            STATEMENT_TIMEOUT_MS
        },
    });
    if let Some(bridge) = &*bridge.borrow() {
        let run = bridge.send(&request).0;
        dispatch(Action::RunSent {
            run,
            purpose,
            script: Rc::from(script),
        });
    }
}

/// The store of the component's surroundings.
#[hook]
pub fn use_store() -> Store {
    use_context::<Store>().expect("every component is mounted under the store's provider")
}

/// Makes the store: starts the worker, loads the experiment of the address, plans whenever something changed.
#[hook]
pub fn use_store_provider() -> Store {
    let held = use_reducer(|| {
        Held(Rc::new(State::opening(Experiment::from_fragment(
            &address::fragment(),
        ))))
    });
    let bridge = use_mut_ref(|| None::<Bridge>);
    let ping_sent = use_memo((), |()| Cell::new(0.0));
    let store = Store {
        state: Rc::clone(&held.0),
        dispatcher: held.dispatcher(),
        bridge: Rc::clone(&bridge),
        ping_sent: Rc::clone(&ping_sent),
    };

    // The worker, once.
    {
        let dispatcher = held.dispatcher();
        let bridge = Rc::clone(&bridge);
        use_effect_with((), move |()| {
            let on_event = {
                let dispatcher = dispatcher.clone();
                let bridge = Rc::clone(&bridge);
                move |event| match event {
                    BridgeEvent::Answer { id, response } => {
                        if matches!(response, Response::Pong(_)) {
                            dispatcher.dispatch(Action::WorkerLag(now_ms() - ping_sent.get()));
                        }
                        dispatcher.dispatch(Action::Received {
                            id: id.0,
                            response: Box::new(response),
                        });
                    }
                    BridgeEvent::Died { message } => {
                        dispatcher.dispatch(Action::WorkerDied { reason: message });
                        let bridge = Rc::clone(&bridge);
                        Timeout::new(0, move || {
                            if let Some(bridge) = &*bridge.borrow() {
                                bridge.restart();
                            }
                        })
                        .forget();
                    }
                    BridgeEvent::Unavailable { message } => {
                        dispatcher.dispatch(Action::WorkerUnavailable { reason: message })
                    }
                }
            };
            *bridge.borrow_mut() = Some(Bridge::spawn(Rc::new(on_event)));
            move || {
                if let Some(bridge) = bridge.borrow_mut().take() {
                    bridge.close();
                }
            }
        });
    }

    // An empty worker plays the experiment: at the start and after it died.
    {
        let store = store.clone();
        use_effect_with(store.state().worker_starts, move |starts| {
            if *starts > 0 {
                let script = store.state().experiment.script();
                send_run(
                    &store.bridge,
                    |action| store.dispatcher.dispatch(action),
                    Purpose::Load,
                    &script,
                );
            }
        });
    }

    // The plan follows every change of text, cursor, schema and settings.
    {
        let store = store.clone();
        use_effect_with(store.state().generation, move |_| {
            let state = store.state();
            store.send(&Request::Plan(PlanRequest {
                text: state.text.to_string(),
                cursor: state.cursor,
                considered: true,
            }));
        });
    }

    // The chosen node's cost, line by line, follows the plan at once; what would change it, when the plan rests.
    {
        let store = store.clone();
        let node = store.state().inspected().map(|node| node.id);
        use_effect_with((store.state().plan_number, node), move |(_, node)| {
            let asked = node.map(|node| NodeRequest {
                text: store.state().text.to_string(),
                cursor: store.state().cursor,
                node,
            });
            let rest = asked.map(|asked| {
                store.send(&Request::Unfold(asked.clone()));
                Timeout::new(REST_MS, move || store.send(&Request::Flips(asked)))
            });
            move || drop(rest)
        });
    }

    // The curve follows the plan while it is looked at, but not a load, whose worker has better to do.
    {
        let store = store.clone();
        let state = store.state();
        let shown = state.tab == Tab::Curve && !state.loading();
        let key = (shown, state.plan_number, state.curve_choice);
        use_effect_with(key, move |(shown, _, choice)| {
            if *shown {
                let state = store.state();
                store.send(&Request::Curve(CurveRequest {
                    text: state.text.to_string(),
                    cursor: state.cursor,
                    choice: *choice,
                }));
            }
        });
    }

    // So does the map,
    {
        let store = store.clone();
        let state = store.state();
        let shown = state.tab == Tab::Map && !state.loading();
        let key = (shown, state.plan_number, state.map_axes);
        use_effect_with(key, move |(shown, _, (x, y))| {
            if *shown {
                let state = store.state();
                store.send(&Request::PlanMap(PlanMapRequest {
                    text: state.text.to_string(),
                    cursor: state.cursor,
                    x: *x,
                    y: *y,
                    size: MAP_CELLS,
                }));
            }
        });
    }

    // and so do the orders of columns.
    {
        let store = store.clone();
        let state = store.state();
        let shown = state.tab == Tab::Orders;
        let request = shown.then(|| state.orders_request()).flatten();
        use_effect_with((request, state.plan_number), move |(request, _)| {
            let timeout = request.clone().map(|request| {
                Timeout::new(CANDIDATES_DELAY_MS, move || {
                    store.send(&Request::OrderMatrix(request));
                })
            });
            move || drop(timeout)
        });
    }

    // The pages of the last run, while they are looked at.
    {
        let store = store.clone();
        let state = store.state();
        let key = (state.tab == Tab::Pages, state.run_number);
        use_effect_with(key, move |(shown, runs)| {
            if *shown && *runs > 0 {
                store.send(&Request::Trace);
            }
        });
    }

    // What the index that is being designed would do follows the draft and the plan.
    {
        let store = store.clone();
        let state = store.state();
        let definition = state.draft_definition();
        use_effect_with((definition, state.generation), move |(definition, _)| {
            if let Some(definition) = definition {
                let state = store.state();
                store.send(&Request::WhatIf(WhatIfRequest {
                    text: state.text.to_string(),
                    cursor: state.cursor,
                    definition: definition.clone(),
                }));
            }
        });
    }

    // So do the candidates, while their list is open.
    {
        let store = store.clone();
        let state = store.state();
        use_effect_with(
            (state.candidates_open, state.generation),
            move |(open, _)| {
                let timeout = open.then(|| {
                    let state = store.state();
                    let request = Request::Candidates(CandidatesRequest {
                        text: state.text.to_string(),
                        cursor: state.cursor,
                    });
                    let store = store.clone();
                    Timeout::new(CANDIDATES_DELAY_MS, move || store.send(&request))
                });
                move || drop(timeout)
            },
        );
    }

    // The address follows the experiment, when it rests.
    {
        let state = Rc::clone(&held.0);
        use_effect_with(
            (
                Rc::clone(&state.text),
                Rc::clone(&state.experiment),
                state.tab,
            ),
            move |_| {
                let timeout = Timeout::new(ADDRESS_DELAY_MS, move || {
                    address::replace_fragment(&state.current_experiment().to_fragment())
                });
                move || drop(timeout)
            },
        );
    }

    // Colours.
    use_effect_with(store.state().theme, |theme| {
        address::set_theme(match theme {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        });
    });
    store
}
