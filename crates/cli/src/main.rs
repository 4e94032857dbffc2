//! `pagewalk`: the engine at a command line.
//!
//! It only reads arguments and files and prints; each command has its own file.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod arguments;
mod json;
mod json_lines;
mod plans;
mod script;
mod table;

use std::process::ExitCode;

const USAGE: &str = "usage: pagewalk [options] FILE.sql… | -
       pagewalk --json-lines
       pagewalk plans --schema FILE --queries FILE [--stats GOLDEN.json [--full]] [-o OUT.json]
                      [--relations OUT.json]

FILE…         run scripts, in order, in one session; - is standard input
--json-lines  read {\"sql\": \"…\"} a line, answer a JSON object a line
plans         plan every query of a file (one a line: SELECT …; -- name [category]) and write EXPLAIN (FORMAT JSON) by
              query name. With --stats from given sizes and statistics, without any rows; --full takes the statistics of
              all rows. Without --stats the schema's rows are loaded and analysed, and the queries run: checksums of
              their results stand beside the plans; --relations writes the sizes of tables and indexes

options
  --page-size BYTES     512 … 32768; 8192 if not given
  --buffer-pages PAGES  capacity of the buffer pool
  --keep-going          go on behind a statement that fails";

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    if let Some((first, rest)) = given.split_first()
        && first == "plans"
    {
        return match plans::run(rest) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                eprintln!("{message}");
                ExitCode::FAILURE
            }
        };
    }
    let arguments = match arguments::read(&given) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = if arguments.json_lines {
        json_lines::run(arguments.options)
    } else {
        script::run(&arguments)
    };
    if done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
