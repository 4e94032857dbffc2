//! One database with its prepared statements, driven by `js/database.js` and by nothing else.
//!
//! Every method takes numbers and gives the address of a [`Response`]. What is longer than a number (SQL, parameters) JavaScript
//! first writes where [`Session::input`] says. Rows beyond the first batch and the events of a script are asked for by
//! [`Session::next`].

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use engine::{
    Error, ErrorCode,
    database::{
        Database, DatabaseOptions, PageSize, PlannedStatement, PreparedId, Run, RunEvent,
        RunOptions,
    },
    parser::{ast::StatementKind, parse_statement},
    value::{Batch, Value},
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{
    params,
    response::{Response, RowsHead},
};

/// Room for parameters and SQL before anybody asks for more.
const INPUT_BYTES: usize = 4096;

/// Rows to work on between two looks at whether something is to be told. Nobody else gets a turn meanwhile.
const STEP_ROWS: u64 = 1 << 20;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What the engine said before it trapped; empty if it did not.
#[wasm_bindgen(js_name = lastPanic)]
#[must_use]
pub fn last_panic() -> String {
    PANIC.with_borrow(Clone::clone)
}

/// A database and everything between it and JavaScript.
#[wasm_bindgen]
pub struct Session {
    database: Database,
    input: Vec<u8>,
    values: Vec<Value>,
    response: Response,
    statements: Vec<Option<Prepared>>,
    rest: Rest,
    /// Whether the clock runs: asking the browser for the time would be a twentieth of a lookup.
    is_timed: Rc<Cell<bool>>,
}

struct Prepared {
    id: PreparedId,
    text: Box<str>,
    /// Whose columns are known to JavaScript as `shape`.
    planned: Rc<PlannedStatement>,
    shape: u32,
}

/// What the next call of [`Session::next`] goes on with.
enum Rest {
    Nothing,
    Rows {
        statement: u32,
        affected: u64,
        batches: VecDeque<Batch>,
    },
    Script {
        run: Box<Run>,
        text: Box<str>,
        /// The columns of the statement under way are told.
        announced: bool,
        /// Rows that came with the columns.
        held: Option<RunEvent>,
    },
}

#[wasm_bindgen]
impl Session {
    /// An empty database. Zero stands for the default of each.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        page_bytes: u32,
        buffer_pages: u32,
        memory_limit: f64,
        statement_memory: f64,
        auto_analyze: bool,
    ) -> Self {
        std::panic::set_hook(Box::new(|panic| {
            PANIC.with_borrow_mut(|said| *said = panic.to_string());
        }));
        let mut options = DatabaseOptions {
            auto_analyze,
            ..DatabaseOptions::default()
        };
        if let Some(page_size) = PageSize::new(page_bytes) {
            options.page_size = page_size;
        }
        if buffer_pages > 0 {
            options.buffer_pages = buffer_pages;
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, which is what a ceiling wants"
        )]
        for (ceiling, given) in [
            (&mut options.memory_limit_bytes, memory_limit),
            (&mut options.statement_memory_bytes, statement_memory),
        ] {
            if given > 0.0 {
                *ceiling = given as u64;
            }
        }
        let mut database = Database::new(options);
        let is_timed = Rc::new(Cell::new(false));
        clock(&mut database, Rc::clone(&is_timed));
        Self {
            database,
            input: vec![0; INPUT_BYTES],
            values: Vec::new(),
            response: Response::default(),
            statements: Vec::new(),
            rest: Rest::Nothing,
            is_timed,
        }
    }

    /// Where JavaScript writes, with room for `bytes`. What was written stays.
    pub fn input(&mut self, bytes: usize) -> usize {
        if self.input.len() < bytes {
            self.input.resize(bytes.next_power_of_two(), 0);
        }
        self.input.as_ptr().addr()
    }

    /// Prepares the statement whose text is the first `bytes` of the input.
    pub fn prepare(&mut self, bytes: usize) -> usize {
        self.leave();
        let text = self.text(bytes);
        match self.try_prepare(&text) {
            Ok(Some(statement)) => self.response.prepared(statement),
            Ok(None) => self.response.no_plan(),
            Err(error) => self.response.error(&error, &text),
        }
        self.response.address()
    }

    /// Runs a prepared statement with the `count` parameters in the first `bytes` of the input.
    pub fn run(&mut self, statement: u32, count: usize, bytes: usize) -> usize {
        self.leave();
        self.is_timed.set(false);
        if let Err(error) = self.try_run(statement, count, bytes) {
            let text = match self.statements.get(statement as usize) {
                Some(Some(known)) => &known.text,
                _ => "",
            };
            self.response.error(&error, text);
        }
        self.response.address()
    }

    /// Names and types of a prepared statement's columns, as they were when it last ran.
    pub fn shape(&mut self, statement: u32) -> usize {
        match self.statements.get(statement as usize) {
            Some(Some(known)) => self.response.shape(&known.planned.columns),
            _ => self.response.error(&forgotten(), ""),
        }
        self.response.address()
    }

    /// Forgets a prepared statement.
    pub fn forget(&mut self, statement: u32) {
        if let Some(place) = self.statements.get_mut(statement as usize)
            && let Some(known) = place.take()
        {
            self.database.forget(known.id);
        }
    }

    /// Begins the script in the first `bytes` of the input; [`Self::next`] goes on with it.
    pub fn execute(&mut self, bytes: usize) {
        self.leave();
        self.is_timed.set(true);
        let text = self.text(bytes);
        let run = Box::new(self.database.start(&text, RunOptions::default()));
        self.rest = Rest::Script {
            run,
            text,
            announced: false,
            held: None,
        };
    }

    /// The next response: rows of a prepared statement, or whatever happens next in a script.
    #[allow(
        clippy::should_implement_trait,
        reason = "JavaScript calls it; it is no iterator"
    )]
    pub fn next(&mut self) -> usize {
        match core::mem::replace(&mut self.rest, Rest::Nothing) {
            Rest::Nothing => self.response.finished(),
            Rest::Rows {
                statement,
                affected,
                batches,
            } => self.respond_rows(statement, affected, batches),
            Rest::Script {
                run,
                text,
                announced,
                held,
            } => self.next_of_script(run, text, announced, held),
        }
        self.response.address()
    }
}

impl Session {
    fn text(&self, bytes: usize) -> Box<str> {
        let bytes = self.input.get(..bytes).unwrap_or_default();
        String::from_utf8_lossy(bytes).into()
    }

    /// Ends what was under way: whoever began it failed to read it to its end.
    fn leave(&mut self) {
        if let Rest::Script { run, .. } = core::mem::replace(&mut self.rest, Rest::Nothing) {
            self.database.cancel(*run);
        }
    }

    /// The statement's number; `None` if it is of a kind that has no plan.
    fn try_prepare(&mut self, text: &str) -> Result<Option<u32>, Error> {
        let id = match self.database.prepare(text) {
            Ok(id) => id,
            Err(error) if error.code == ErrorCode::FeatureNotSupported && !has_plan(text) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let prepared = Prepared {
            id,
            text: text.into(),
            planned: self.database.prepared_plan(id)?,
            shape: 1,
        };
        let free = self.statements.iter().position(Option::is_none);
        let place = free.unwrap_or(self.statements.len());
        match self.statements.get_mut(place) {
            Some(free) => *free = Some(prepared),
            None => self.statements.push(Some(prepared)),
        }
        Ok(Some(u32::try_from(place).expect("each takes memory")))
    }

    fn try_run(&mut self, statement: u32, count: usize, bytes: usize) -> Result<(), Error> {
        let Some(Some(known)) = self.statements.get_mut(statement as usize) else {
            return Err(forgotten());
        };
        let bytes = self.input.get(..bytes).unwrap_or_default();
        params::read(bytes, count, &mut self.values)?;
        let (batches, done) = self.database.run_prepared(known.id, &self.values)?;
        let affected = done.affected;
        if known.planned.columns.is_empty() {
            self.response.rows(
                RowsHead {
                    more: false,
                    affected,
                    shape: known.shape,
                },
                &[],
                None,
            );
            return Ok(());
        }
        let planned = self.database.prepared_plan(known.id)?;
        if !Rc::ptr_eq(&planned, &known.planned) {
            known.planned = planned;
            known.shape += 1;
        }
        self.respond_rows(statement, affected, batches.into());
        Ok(())
    }

    fn respond_rows(&mut self, statement: u32, affected: u64, mut batches: VecDeque<Batch>) {
        let Some(Some(known)) = self.statements.get(statement as usize) else {
            return self.response.error(&forgotten(), "");
        };
        let batch = batches.pop_front().map(Batch::compact);
        let head = RowsHead {
            more: !batches.is_empty(),
            affected,
            shape: known.shape,
        };
        self.response
            .rows(head, &known.planned.columns, batch.as_ref());
        if head.more {
            self.rest = Rest::Rows {
                statement,
                affected,
                batches,
            };
        }
    }

    fn next_of_script(
        &mut self,
        mut run: Box<Run>,
        text: Box<str>,
        mut announced: bool,
        mut held: Option<RunEvent>,
    ) {
        loop {
            let event = match held.take() {
                Some(event) => event,
                None => self.database.step(&mut run, STEP_ROWS),
            };
            match event {
                RunEvent::Paused { .. } => continue,
                RunEvent::Rows { columns, batch } if !announced => {
                    self.response.shape(&columns);
                    announced = true;
                    held = Some(RunEvent::Rows { columns, batch });
                }
                RunEvent::Rows { batch, .. } if batch.selected() == 0 => continue,
                RunEvent::Rows { columns, batch } => {
                    let head = RowsHead {
                        more: true,
                        affected: 0,
                        shape: 0,
                    };
                    self.response.rows(head, &columns, Some(&batch.compact()));
                }
                RunEvent::Notice(notice) => self.response.notice(&notice),
                RunEvent::StatementDone(done) => {
                    announced = false;
                    self.response.done(done.affected, &done.tag);
                }
                RunEvent::Finished => return self.response.finished(),
                RunEvent::Failed(error) => return self.response.error(&error, &text),
            }
            break;
        }
        self.rest = Rest::Script {
            run,
            text,
            announced,
            held,
        };
    }
}

/// Whether a statement is of a kind that has a plan. Asked only of those that could not be prepared: it reads the text again.
fn has_plan(text: &str) -> bool {
    parse_statement(text).is_ok_and(|parsed| {
        matches!(
            parsed.kind,
            StatementKind::Query(_)
                | StatementKind::Insert(_)
                | StatementKind::Update(_)
                | StatementKind::Delete(_)
        )
    })
}

fn forgotten() -> Error {
    Error::new(
        ErrorCode::InvalidSqlStatementName,
        "prepared statement does not exist",
    )
}

/// In scripts EXPLAIN ANALYZE tells times, and `statement_timeout` works.
#[cfg(target_arch = "wasm32")]
fn clock(database: &mut Database, is_timed: Rc<Cell<bool>>) {
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance, js_name = now)]
        fn now_ms() -> f64;
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds since the page began: positive and small"
    )]
    database.set_clock(move || {
        if is_timed.get() {
            (now_ms() * 1e6) as u64
        } else {
            0
        }
    });
}

#[cfg(not(target_arch = "wasm32"))]
fn clock(_database: &mut Database, _is_timed: Rc<Cell<bool>>) {}
