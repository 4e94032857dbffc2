//! The page's whole state, and everything that can happen to it.

use crate::{
    experiment::Experiment, index_draft::IndexDraft, order_matrix::OrdersDraft,
    page_touches::PageTouches, results::Results, write_ledger::LastWrites,
};
use protocol::{
    CandidatesView, CurveView, Diagnostic, Failure, FlipsView, OrderMatrixView, PlanMapView,
    PlanView, ProgressView, Response, SchemaView, TextSpan, UnfoldedView, WhatIfView, WorkerView,
};
use std::rc::Rc;

/// Tabs of the centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The plan as a tree.
    #[default]
    Plan,
    /// The rows.
    Results,
    /// The pages that the last run touched.
    Pages,
    /// Cost over selectivity.
    Curve,
    /// What the last change wrote.
    Writes,
    /// Which plan wins over two selectivities; a part of the cost curve's tab.
    Map,
    /// All orders of an index's columns; likewise.
    Orders,
    /// EXPLAIN's text.
    Text,
}

impl Tab {
    /// Those of the tab bar, in order.
    pub const ALL: [Self; 6] = [
        Self::Plan,
        Self::Results,
        Self::Pages,
        Self::Curve,
        Self::Writes,
        Self::Text,
    ];
    /// The parts of the cost curve's tab, in order.
    pub const COSTS: [Self; 3] = [Self::Curve, Self::Map, Self::Orders];

    /// The tab of the tab bar that this one is a part of.
    #[must_use]
    pub const fn bar(self) -> Self {
        match self {
            Self::Map | Self::Orders => Self::Curve,
            other => other,
        }
    }

    /// Its visible name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "Plan",
            Self::Results => "Results",
            Self::Pages => "Pages",
            Self::Curve => "Cost curve",
            Self::Writes => "Writes",
            Self::Map => "Plan map",
            Self::Orders => "Column orders",
            Self::Text => "Text",
        }
    }

    /// Its name in a link.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Results => "results",
            Self::Pages => "pages",
            Self::Curve => "curve",
            Self::Writes => "writes",
            Self::Map => "map",
            Self::Orders => "orders",
            Self::Text => "text",
        }
    }

    /// The tab of that key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter().chain(Self::COSTS);
        all.find(|tab| tab.key() == key)
    }
}

/// Colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What the engine is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Engine {
    /// The worker is being fetched and started.
    #[default]
    Starting,
    /// Waiting.
    Ready,
    /// A run is on its way.
    Busy {
        /// Number of the run.
        run: u32,
        /// What for.
        purpose: Purpose,
        /// How far.
        progress: ProgressView,
        /// Cancel was pressed.
        cancelling: bool,
        /// Its script; places in answers refer to it.
        script: Rc<str>,
    },
    /// It died and is being started again.
    Restarting {
        /// What it said.
        reason: String,
    },
    /// It cannot be started.
    Dead {
        /// Why.
        reason: String,
    },
}

/// What a run is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Making the sample, or playing an experiment.
    Load,
    /// What stands in the editor.
    Query,
    /// A change made by clicking: shown in words.
    Change(String),
}

/// A message above the tabs.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What went wrong, or what is worth knowing.
    pub failure: Failure,
    /// An error, or only news.
    pub error: bool,
}

/// How long the two event loops were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lag {
    /// The page's, in milliseconds.
    pub page_ms: f64,
    /// The worker's, in milliseconds.
    pub worker_ms: f64,
}

/// The state. Heavy parts are shared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What makes this experiment; the link is made from it.
    pub experiment: Rc<Experiment>,
    /// The engine.
    pub engine: Engine,
    /// Tables and indexes.
    pub schema: Rc<SchemaView>,
    /// The editor's text.
    pub text: Rc<str>,
    /// The cursor, in bytes.
    pub cursor: u32,
    /// What is wrong in the text.
    pub diagnostics: Rc<Vec<Diagnostic>>,
    /// The plan of the statement under the cursor, as it would run now.
    pub plan: Option<Rc<PlanView>>,
    /// That plan was made while the experiment's tables were being filled.
    pub plan_of_load: bool,
    /// The plan that the same statement had before the last change of schema or settings.
    pub plan_before: Option<Rc<PlanView>>,
    /// The plan that ran last, with what was measured.
    pub measured: Option<Rc<PlanView>>,
    /// The run of the same statement before that.
    pub measured_before: Option<Rc<PlanView>>,
    /// Counts the runs that were measured, so that questions about the newest can follow it.
    pub run_number: u32,
    /// The pages that the last measured run touched, as they were asked for last.
    pub touches: Option<Rc<PageTouches>>,
    /// What the last INSERT, UPDATE or DELETE of the last run that had one wrote.
    pub writes: Option<Rc<LastWrites>>,
    /// Counts the plans that came, so that questions about the newest can follow it.
    pub plan_number: u32,
    /// The cost of a node, line by line, as it was asked for last.
    pub unfolded: Option<Rc<UnfoldedView>>,
    /// What would change the plan, as it was asked for last.
    pub flips: Option<Rc<FlipsView>>,
    /// Cost over selectivity, as it was asked for last; none before that, or if no column has a condition.
    pub curve: Option<Rc<CurveView>>,
    /// Which of its choices is wanted.
    pub curve_choice: u32,
    /// Which plan wins over two selectivities, as it was asked for last.
    pub map: Option<Rc<PlanMapView>>,
    /// Which of its choices are wanted: across, up.
    pub map_axes: (u32, u32),
    /// Which orders of columns are compared, once they were chosen by hand.
    pub orders: Option<OrdersDraft>,
    /// What came of them, as it was asked for last.
    pub matrix: Option<Rc<OrderMatrixView>>,
    /// Part of the text that is shaded, because something that is pointed at speaks of it.
    pub marked: Option<TextSpan>,
    /// Microseconds that the last planning took.
    pub planning_us: f64,
    /// Rows.
    pub results: Results,
    /// The open tab.
    pub tab: Tab,
    /// The chosen node of the plan.
    pub selected: Option<u32>,
    /// The index that is being designed.
    pub draft: Option<IndexDraft>,
    /// What the designed index would do for the query.
    pub what_if: Option<Rc<WhatIfView>>,
    /// The list of candidates is open.
    pub candidates_open: bool,
    /// Indexes that would help the query; none while they are being looked for.
    pub candidates: Option<Rc<CandidatesView>>,
    /// A message.
    pub notice: Option<Notice>,
    /// The worker's own figures.
    pub worker: WorkerView,
    /// Lag of both event loops.
    pub lag: Lag,
    /// Colours.
    pub theme: Theme,
    /// Counts how often a worker came up empty: each time the experiment must be played.
    pub worker_starts: u32,
    /// Counts changes after which the plan must be asked for anew.
    pub generation: u32,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// An experiment is opened (from a link, or by choosing rows).
    Open(Experiment),
    /// The editor's text changed.
    Edit {
        /// All of it.
        text: String,
        /// The cursor, in bytes.
        cursor: u32,
    },
    /// The cursor moved.
    MoveCursor(u32),
    /// A run was sent.
    RunSent {
        /// Its number.
        run: u32,
        /// What for.
        purpose: Purpose,
        /// Its script.
        script: Rc<str>,
    },
    /// Cancel was pressed.
    CancelSent,
    /// The worker answered.
    Received {
        /// Number of the request.
        id: u32,
        /// What it said.
        response: Box<Response>,
    },
    /// The worker died.
    WorkerDied {
        /// What is known.
        reason: String,
    },
    /// The worker cannot be started.
    WorkerUnavailable {
        /// What is known.
        reason: String,
    },
    /// A tab was opened.
    OpenTab(Tab),
    /// A node was chosen.
    Select(u32),
    /// The *New index* form was opened, changed or closed.
    Draft(Option<IndexDraft>),
    /// The list of candidates was opened or closed.
    OpenCandidates(bool),
    /// Another curve was chosen.
    ChooseCurve(u32),
    /// Other axes of the plan map were chosen: across, up.
    ChooseMap(u32, u32),
    /// Other orders of columns are to be compared.
    Orders(OrdersDraft),
    /// Something that speaks of a part of the text is pointed at, or no longer.
    Mark(Option<TextSpan>),
    /// A message was closed.
    DismissNotice,
    /// Something worth knowing.
    Tell(String),
    /// Lag of the page's event loop.
    PageLag(f64),
    /// Lag of the worker's event loop, as a ping found it.
    WorkerLag(f64),
    /// Colours were chosen.
    SetTheme(Theme),
}

impl State {
    /// The state when an experiment is opened, before the worker answers.
    #[must_use]
    pub fn opening(experiment: Experiment) -> Self {
        Self {
            text: Rc::from(experiment.query.as_str()),
            cursor: 0,
            map_axes: (0, 1),
            tab: Tab::from_key(&experiment.tab).unwrap_or_default(),
            experiment: Rc::new(experiment),
            ..Self::default()
        }
    }

    /// Whether a run is on its way.
    #[must_use]
    pub const fn busy(&self) -> bool {
        matches!(self.engine, Engine::Busy { .. })
    }

    /// Whether something may be run now.
    #[must_use]
    pub const fn ready(&self) -> bool {
        matches!(self.engine, Engine::Ready)
    }

    /// The table with the most rows: what a new index is most likely for.
    #[must_use]
    pub fn largest_table(&self) -> Option<&protocol::TableView> {
        self.schema
            .tables
            .iter()
            .max_by(|a, b| a.rows.total_cmp(&b.rows))
    }

    /// Names of all indexes.
    #[must_use]
    pub fn index_names(&self) -> Vec<String> {
        let indexes = self.schema.tables.iter().flat_map(|table| &table.indexes);
        indexes.map(|index| index.name.clone()).collect()
    }

    /// CREATE INDEX of the index that is being designed, once it has a key.
    #[must_use]
    pub fn draft_definition(&self) -> Option<String> {
        self.draft.as_ref()?.statement(&self.index_names())
    }

    /// The plan to draw: the measured one if it is of the same statement with the same nodes, else the estimate.
    #[must_use]
    pub fn shown_plan(&self) -> Option<&Rc<PlanView>> {
        match (&self.plan, &self.measured) {
            (Some(plan), Some(measured)) if same_plan(plan, measured) => Some(measured),
            (Some(plan), _) => Some(plan),
            (None, _) => None,
        }
    }

    /// The node that the inspector shows: the chosen one, or the dearest.
    #[must_use]
    pub fn inspected(&self) -> Option<&protocol::PlanNodeView> {
        let plan = self.shown_plan()?;
        self.selected
            .and_then(|id| plan.nodes.iter().find(|node| node.id == id))
            .or_else(|| crate::details::dearest(plan))
    }

    /// The experiment as it stands, with the present text and tab: what a link carries.
    #[must_use]
    pub fn current_experiment(&self) -> Experiment {
        Experiment {
            query: self.text.to_string(),
            tab: self.tab.key().to_owned(),
            ..Experiment::clone(&self.experiment)
        }
    }

    /// Whether an experiment's tables are still being made: until then nothing can be said of a query.
    #[must_use]
    pub fn loading(&self) -> bool {
        match &self.engine {
            Engine::Starting | Engine::Restarting { .. } => true,
            Engine::Busy { purpose, .. } => *purpose == Purpose::Load,
            Engine::Ready | Engine::Dead { .. } => false,
        }
    }

    /// What stands where a plan would be.
    #[must_use]
    pub fn no_plan_words(&self) -> &'static str {
        if self.loading() {
            "The plan appears as soon as the tables are there."
        } else {
            "Write a query: its plan and cost follow as you type."
        }
    }

    /// One line for `role="status"`.
    #[must_use]
    pub fn engine_line(&self) -> String {
        match &self.engine {
            Engine::Starting => "Engine starting".to_owned(),
            Engine::Ready => "Engine ready".to_owned(),
            Engine::Busy {
                cancelling: true, ..
            } => "Cancelling".to_owned(),
            Engine::Busy {
                progress, purpose, ..
            } => {
                let doing = match (progress.phase.as_str(), purpose) {
                    ("", Purpose::Load) => "Loading".to_owned(),
                    ("", Purpose::Query) => "Running".to_owned(),
                    ("", Purpose::Change(words)) => words.clone(),
                    (phase, Purpose::Load) => format!("Loading: {phase}"),
                    (phase, _) => phase.to_owned(),
                };
                let mut letters = doing.chars();
                letters.next().map_or(doing.clone(), |first| {
                    first.to_uppercase().collect::<String>() + letters.as_str()
                })
            }
            Engine::Restarting { .. } => "Engine restarting".to_owned(),
            Engine::Dead { .. } => "Engine stopped".to_owned(),
        }
    }

    /// Fraction done of the run, if it can be told.
    #[must_use]
    pub fn progress(&self) -> Option<f64> {
        match &self.engine {
            Engine::Busy { progress, .. } if progress.total > 0.0 => {
                let within = (progress.done / progress.total).clamp(0.0, 1.0);
                Some(within)
            }
            _ => None,
        }
    }
}

/// Whether two plans are of the same text and have the same nodes at the same estimated cost.
fn same_plan(a: &PlanView, b: &PlanView) -> bool {
    a.sql.trim() == b.sql.trim()
        && a.nodes.len() == b.nodes.len()
        && a.nodes
            .iter()
            .zip(&b.nodes)
            .all(|(a, b)| a.title == b.title && (a.cost.total - b.cost.total).abs() < 0.005)
}
