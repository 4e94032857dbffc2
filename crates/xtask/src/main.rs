//! `cargo xtask …`: builds, serves, tests and checks Pagewalk. These are our only scripts.
//!
//! Plain Rust instead of shell and make, so that the tools need nothing but cargo to start and fetch the rest
//! themselves.

mod assets;
mod bench;
mod dist;
mod editor;
mod fuzz;
mod npm;
mod paths;
mod process;
mod serve;
mod site;
mod test;
mod tidy;
mod tools;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask serve [--port N] [--release]   build the page and serve it on this machine
cargo xtask dist                           write the static site to target/dist/ and print what it weighs
cargo xtask npm                            write the npm package to target/npm/
cargo xtask bench [--help]                 measure the package beside other databases in the browser
cargo xtask fuzz TARGET [--seconds N]      search for inputs that break a target of tests/fuzz, led by coverage
cargo xtask test [--quick | --only STEP]   run everything that CI runs; --quick leaves out browser and release build
cargo xtask tidy                           check crate edges, file headers and sizes, and the paths in documents";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Err(error) = run(&arguments) {
        eprintln!("xtask: {error:#}");
        std::process::exit(1);
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    match command {
        "serve" => serve::run(rest),
        "dist" => dist::run(rest),
        "npm" => npm::run(rest),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        "test" => test::run(rest),
        "tidy" => tidy::run(rest),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("there is no command {other:?}\n{HELP}"),
    }
}
