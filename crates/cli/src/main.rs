//! `pagewalk`: the engine at a command line.
//!
//! It only reads arguments and files and prints; each command has its own file.

mod plans;
mod statistics;

use std::process::ExitCode;

const USAGE: &str = "usage: pagewalk plans --schema FILE --queries FILE --stats GOLDEN.json [--full] [-o OUT.json]

plans   plan every query of a file (one a line: SELECT …; -- name [category]) from given sizes and statistics,
        without any rows, and write EXPLAIN (FORMAT JSON) by query name; --full takes the statistics of all rows";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let answer = match arguments.split_first() {
        Some((command, rest)) if command == "plans" => plans::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
