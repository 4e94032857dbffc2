//! `cargo xtask bench`: our package beside other databases for the browser, in one run of one Chromium.
//!
//! What is measured, and how, is in `tests/bench/`; here it is only built, installed and started. It is no test: figures move with
//! the machine, and only answers that differ between engines make it fail.

use anyhow::Result;

use crate::npm::{self, Care};
use crate::process::{command, run as execute};
use crate::{paths, tools};

/// Builds the package, installs the others and measures.
pub fn run(arguments: &[String]) -> Result<()> {
    let project = paths::root().join("tests/bench");
    let kept = paths::target().join("bench");
    std::fs::create_dir_all(&kept)?;
    let only_help = arguments.iter().any(|word| word == "--help");
    // `--as-built` measures the package that lies there, for pairs of runs before and after a change.
    if !only_help && !arguments.iter().any(|word| word == "--as-built") {
        npm::write(Care::Release, &npm::folder())?;
    }
    tools::npm_ci(&project)?;
    let chromium = tools::browser()?;
    execute(
        command("node")
            .arg(project.join("bench.mjs"))
            .args(arguments)
            .env("PAGEWALK_PACKAGE", npm::folder())
            .env("PAGEWALK_BENCH", kept)
            .env("CHROMIUM", chromium),
    )
}
