//! Every statement happens whole or not at all: cancelled after each step, and with memory running out at each page write,
//! random scripts leave the store as it was, byte for byte, and go on as if nothing had happened.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at its own mistakes"
)]

#[path = "atomicity/script.rs"]
mod script;

use engine::{
    ErrorCode,
    database::{Database, DatabaseOptions, PageSize, RunEvent, RunOptions, SettingDescription},
    value::to_text,
};
use pages::faults::StoreImage;
use script::{Rng, script};

const BYTES: u16 = 1024;

fn database() -> Database {
    Database::new(DatabaseOptions {
        page_size: PageSize::new(u32::from(BYTES)).unwrap(),
        ..DatabaseOptions::default()
    })
}

/// Everything that must come back.
#[derive(PartialEq)]
struct State {
    store: StoreImage,
    catalog: String,
    statistics: String,
    settings: Vec<SettingDescription>,
}

fn state(database: &mut Database) -> State {
    // Planning notes the sizes of today; so they are noted before they are compared.
    let settings = database.describe().settings;
    State {
        store: database.storage().store.image(),
        catalog: format!("{:?}", database.catalog()),
        statistics: format!("{:?}", database.statistics()),
        settings,
    }
}

#[track_caller]
fn assert_same(before: &State, database: &mut Database, what: &str) {
    database
        .check()
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let lost = database.storage().store.lost_pages();
    assert!(lost.is_empty(), "{what}: pages {lost:?} are lost");
    let after = state(database);
    if *before == after {
        return;
    }
    assert_eq!(before.catalog, after.catalog, "{what}: catalog");
    assert_eq!(before.statistics, after.statistics, "{what}: statistics");
    assert_eq!(before.settings, after.settings, "{what}: settings");
    let (before, after) = (&before.store, &after.store);
    assert_eq!(before.savepoints, after.savepoints, "{what}: savepoints");
    for (number, page) in &before.pages {
        match after.pages.get(number) {
            None => panic!("{what}: page {number} of {:?} is gone", page.owner),
            Some(found) => {
                let at = page
                    .bytes
                    .iter()
                    .zip(&found.bytes)
                    .position(|(a, b)| a != b);
                assert!(
                    page == found,
                    "{what}: page {number} of {:?} {:?} differs at byte {at:?}; owner {:?}",
                    page.owner,
                    page.kind,
                    found.owner
                );
            }
        }
    }
    for (number, page) in &after.pages {
        assert!(
            before.pages.contains_key(number),
            "{what}: page {number} of {:?} is new",
            page.owner
        );
    }
    assert_eq!(before.relations, after.relations, "{what}: relations");
}

/// What became of a statement that was run for some steps.
enum Outcome {
    Done(Vec<String>),
    Failed(ErrorCode, String),
    /// It would go on.
    Stopped,
}

/// Runs a statement for at most `steps` steps of `units`, then cancels it.
fn run(database: &mut Database, sql: &str, units: u64, steps: usize) -> Outcome {
    let mut run = database.start(sql, RunOptions::default());
    let mut told = Vec::new();
    let mut stepped = 0;
    loop {
        if stepped >= steps {
            database.cancel(run);
            return Outcome::Stopped;
        }
        stepped += 1;
        match database.step(&mut run, units) {
            RunEvent::Paused { .. } => {}
            RunEvent::Notice(notice) => told.push(notice),
            RunEvent::Rows { columns, batch } => {
                for row in batch.selected_rows() {
                    let values = batch.row(row);
                    let texts = values.iter().zip(columns.iter()).map(|(value, column)| {
                        if matches!(value, engine::value::Value::Null) {
                            "∅".to_string()
                        } else {
                            to_text(value, column.data_type)
                        }
                    });
                    told.push(texts.collect::<Vec<_>>().join("|"));
                }
            }
            RunEvent::StatementDone(done) => {
                told.push(done.tag);
                database.cancel(run);
                return Outcome::Done(told);
            }
            RunEvent::Finished => return Outcome::Done(told),
            RunEvent::Failed(error) => {
                return Outcome::Failed(error.code, error.message);
            }
        }
    }
}

fn whole(database: &mut Database, sql: &str) -> Result<Vec<String>, (ErrorCode, String)> {
    match run(database, sql, 1 << 20, usize::MAX) {
        Outcome::Done(told) => Ok(told),
        Outcome::Failed(code, message) => Err((code, message)),
        Outcome::Stopped => unreachable!("the run had no limit"),
    }
}

/// Answers of the database that do not depend on how it came to be.
fn answers(database: &mut Database) -> Vec<String> {
    let mut answers = Vec::new();
    let names: Vec<String> = database
        .catalog()
        .tables
        .values()
        .map(|table| table.name.to_string())
        .collect();
    for name in names {
        let mut rows = whole(database, &format!("select * from {name}")).unwrap();
        rows.sort();
        answers.push(name.clone());
        answers.extend(rows);
        for (setting, other) in [("seqscan", "bitmapscan"), ("bitmapscan", "seqscan")] {
            whole(database, &format!("set enable_{setting} = off")).unwrap();
            for condition in ["id >= 0", "a > 3", "b < 'x'"] {
                let sql = format!(
                    "select count(*), {} from {name} where {condition}",
                    "sum(id)"
                );
                answers.push(format!("{other}: {:?}", whole(database, &sql)));
            }
            whole(database, &format!("reset enable_{setting}")).unwrap();
        }
    }
    answers
}

/// How a statement is disturbed before it is let through.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Disturb {
    No,
    CancelAfterEachStep,
    FailAtEachWrite,
}

/// The next thing to try; all of the first, then fewer and fewer.
fn next(at: u64) -> u64 {
    at + 1 + at / 24
}

struct Subject {
    database: Database,
    disturb: Disturb,
    transaction: bool,
    /// States that a ROLLBACK TO goes back to; the first is the transaction's start.
    savepoints: Vec<(String, State)>,
}

impl Subject {
    fn new(disturb: Disturb) -> Self {
        Self {
            database: database(),
            disturb,
            transaction: false,
            savepoints: Vec::new(),
        }
    }

    /// Prepares for a statement that may fail.
    fn before(&mut self) {
        if self.transaction {
            whole(&mut self.database, "savepoint trial").unwrap();
        }
    }

    /// Clears up after one that did.
    fn after_failure(&mut self, what: &str) {
        if self.transaction {
            let refused = whole(&mut self.database, "select 1").unwrap_err();
            assert_eq!(refused.0, ErrorCode::InFailedSqlTransaction, "{what}");
            whole(&mut self.database, "rollback to trial").unwrap();
            whole(&mut self.database, "release trial").unwrap();
        }
    }

    /// Disturbs a statement in every way, then lets it through.
    fn statement(&mut self, sql: &str, units: u64) -> Result<Vec<String>, (ErrorCode, String)> {
        let before = state(&mut self.database);
        let mut at = 1;
        loop {
            let what = format!("{:?} {at}: {sql}", self.disturb);
            let steps = if self.disturb == Disturb::CancelAfterEachStep {
                at as usize
            } else {
                usize::MAX
            };
            if self.disturb == Disturb::FailAtEachWrite {
                // What the trial's own savepoint writes is not the statement's: it writes nothing.
                self.database.storage().store.fail_at(at);
            }
            match self.attempt(sql, units, steps) {
                (Outcome::Done(told), fired) => {
                    assert!(!fired, "{what}: it went on without the memory it asked for");
                    return Ok(told);
                }
                (Outcome::Failed(code, message), fired) => {
                    assert_same(&before, &mut self.database, &what);
                    if !fired {
                        return Err((code, message));
                    }
                    assert_eq!(code, ErrorCode::OutOfMemory, "{what}: {message}");
                }
                (Outcome::Stopped, _) => assert_same(&before, &mut self.database, &what),
            }
            at = next(at);
        }
    }

    fn attempt(&mut self, sql: &str, units: u64, steps: usize) -> (Outcome, bool) {
        self.before();
        let outcome = run(&mut self.database, sql, units, steps);
        let fired = self.database.storage().store.has_failed();
        self.database.storage().store.fail_at(0);
        match &outcome {
            Outcome::Done(_) => {
                if self.transaction {
                    whole(&mut self.database, "release trial").unwrap();
                }
            }
            _ => self.after_failure(sql),
        }
        (outcome, fired)
    }

    /// BEGIN, COMMIT, savepoints: not disturbed, but what they go back to is compared.
    fn control(&mut self, sql: &str) {
        let words: Vec<&str> = sql.split(' ').collect();
        match words[..] {
            ["begin"] => {
                let before = state(&mut self.database);
                self.savepoints.push(("begin".into(), before));
                self.transaction = true;
            }
            ["savepoint", name] => {
                let before = state(&mut self.database);
                self.savepoints.push((name.into(), before));
            }
            _ => {}
        }
        whole(&mut self.database, sql).unwrap();
        match words[..] {
            ["commit"] => {
                self.transaction = false;
                self.savepoints.clear();
            }
            ["rollback"] => {
                self.transaction = false;
                let (_, before) = self.savepoints.swap_remove(0);
                self.savepoints.clear();
                assert_same(&before, &mut self.database, sql);
            }
            ["rollback", "to", name] => {
                let at = self.savepoints.iter().rposition(|(known, _)| known == name);
                self.savepoints.truncate(at.unwrap() + 1);
                let (_, mut before) = self.savepoints.pop().unwrap();
                // The savepoint itself stays.
                before.store.savepoints += 1;
                assert_same(&before, &mut self.database, sql);
                before.store.savepoints -= 1;
                self.savepoints.push((name.into(), before));
            }
            ["release", name] => {
                let at = self.savepoints.iter().rposition(|(known, _)| known == name);
                self.savepoints.truncate(at.unwrap());
            }
            _ => {}
        }
    }
}

fn is_control(sql: &str) -> bool {
    ["begin", "commit", "rollback", "savepoint", "release"]
        .iter()
        .any(|word| sql.starts_with(word))
}

/// Runs a script undisturbed and disturbed, side by side.
fn side_by_side(seed: u64, disturb: Disturb, statements: usize) {
    let mut rng = Rng::new(seed);
    let mut plain = Subject::new(Disturb::No);
    let mut disturbed = Subject::new(disturb);
    for sql in script(&mut rng, statements) {
        if is_control(&sql) {
            plain.control(&sql);
            disturbed.control(&sql);
            continue;
        }
        let units = [1, 7, 50][(rng.below(3)) as usize];
        let expected = plain.statement(&sql, units);
        let found = disturbed.statement(&sql, units);
        assert_eq!(expected, found, "seed {seed}: {sql}");
        disturbed
            .database
            .check()
            .unwrap_or_else(|error| panic!("seed {seed}: {sql}: {error}"));
    }
    assert_eq!(
        answers(&mut plain.database),
        answers(&mut disturbed.database),
        "seed {seed}"
    );
}

#[test]
fn a_statement_cancelled_after_any_step_changes_nothing() {
    for seed in 1..=seeds() {
        side_by_side(seed, Disturb::CancelAfterEachStep, 24);
    }
}

#[test]
fn a_statement_that_runs_out_of_memory_at_any_write_changes_nothing() {
    for seed in 1..=seeds() {
        side_by_side(1000 + seed, Disturb::FailAtEachWrite, 24);
    }
}

/// Scripts to run; `PAGEWALK_SEEDS` asks for more.
fn seeds() -> u64 {
    std::env::var("PAGEWALK_SEEDS").map_or(6, |text| text.parse().unwrap())
}
