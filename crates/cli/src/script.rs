//! Running scripts and printing what comes out, as psql does.

use crate::{arguments::Arguments, table};
use engine::{
    Error,
    database::{Database, ResultColumn, Run, RunEvent, RunOptions},
    value::Batch,
};
use std::{
    io::{Read, Write, stdin, stdout},
    rc::Rc,
    time::Instant,
};

/// Rows of work between two looks at what came out.
const SLICE: u64 = 1 << 16;

/// Runs the scripts; whether all statements succeeded.
pub fn run(arguments: &Arguments) -> bool {
    let mut database = Database::new(arguments.options);
    let start = Instant::now();
    database.set_clock(move || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    let mut all_well = true;
    for file in &arguments.files {
        let text = match read(file) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("pagewalk: {file}: {error}");
                return false;
            }
        };
        if !run_text(&mut database, &text, arguments.keep_going) {
            all_well = false;
            if !arguments.keep_going {
                return false;
            }
        }
    }
    all_well
}

fn read(file: &str) -> std::io::Result<String> {
    if file == "-" {
        let mut text = String::new();
        stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file)
}

fn run_text(database: &mut Database, text: &str, keep_going: bool) -> bool {
    let mut from = 0;
    let mut all_well = true;
    loop {
        let rest = text.get(from..).unwrap_or("");
        let mut run = database.start(rest, RunOptions::default());
        let Err((mut error, at)) = print_all(database, &mut run) else {
            return all_well;
        };
        let _ = stdout().flush();
        if let Some(span) = &mut error.span {
            let shift = u32::try_from(from).unwrap_or(0);
            (span.start, span.end) = (span.start + shift, span.end + shift);
        }
        eprint!("{}", describe(&error, text));
        all_well = false;
        if !keep_going {
            return false;
        }
        // Behind the statement that failed.
        match run.end_of(at) {
            Some(end) => from += end as usize,
            None => return false,
        }
    }
}

/// Prints until the end, or returns the error and the position of the statement that failed.
fn print_all(database: &mut Database, run: &mut Run) -> Result<(), (Error, usize)> {
    let mut columns: Rc<[ResultColumn]> = Rc::from([]);
    let mut batches: Vec<Batch> = Vec::new();
    let mut gives_rows = false;
    loop {
        match database.step(run, SLICE) {
            RunEvent::Paused { .. } => {}
            RunEvent::Rows {
                columns: found,
                batch,
            } => {
                columns = found;
                gives_rows = true;
                batches.push(batch);
            }
            RunEvent::Notice(notice) => eprintln!("NOTICE:  {notice}"),
            RunEvent::StatementDone(done) => {
                let mut out = stdout().lock();
                // A closed pipe ends the reader's interest, not the script.
                if gives_rows {
                    let _ = writeln!(out, "{}", table::render(&columns, &batches));
                }
                if !gives_rows || !(done.tag.starts_with("SELECT") || silent(&done.tag)) {
                    let _ = writeln!(out, "{}", done.tag);
                }
                gives_rows = false;
                batches.clear();
            }
            RunEvent::Finished => return Ok(()),
            RunEvent::Failed(error) => return Err((error, run.current().saturating_sub(1))),
        }
    }
}

fn silent(tag: &str) -> bool {
    matches!(tag, "EXPLAIN" | "SHOW")
}

/// An error as psql prints it, with SQLSTATE and position.
pub fn describe(error: &Error, text: &str) -> String {
    let mut out = format!("ERROR:  {}: {}\n", error.code.sqlstate(), error.message);
    if let Some(span) = error.span {
        let at = (span.start as usize).min(text.len());
        let before = text.get(..at).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text.get(line_start..).and_then(|rest| rest.lines().next());
        let number = before.matches('\n').count() + 1;
        let head = format!("LINE {number}: ");
        let column = text.get(line_start..at).unwrap_or("").chars().count();
        let fill = head.chars().count() + column;
        out.push_str(&format!("{head}{}\n{:fill$}^\n", line.unwrap_or(""), ""));
    }
    if let Some(detail) = &error.detail {
        out.push_str(&format!("DETAIL:  {detail}\n"));
    }
    if let Some(hint) = &error.hint {
        out.push_str(&format!("HINT:  {hint}\n"));
    }
    if let Some(span) = error.span {
        let before = text.get(..span.start as usize).unwrap_or(text);
        out.push_str(&format!("POSITION:  {}\n", before.chars().count() + 1));
    }
    out
}
