//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! Who may depend on whom, what a file must open with and how long it may be, and that documents name files which
//! exist. Textual on purpose: a rule that needs a parser is a rule that nobody can predict.

mod documents;
mod edges;
mod sources;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::process::{command, output};

/// What was found: errors fail, warnings are shown.
#[derive(Default)]
pub struct Findings {
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn error(&mut self, text: String) {
        self.errors.push(text);
    }

    fn warning(&mut self, text: String) {
        self.warnings.push(text);
    }
}

/// Checks everything.
pub fn run(arguments: &[String]) -> Result<()> {
    if let Some(word) = arguments.first() {
        bail!("tidy takes no arguments, not {word:?}");
    }
    let files = tracked_files()?;
    let mut findings = Findings::default();
    edges::check(&mut findings)?;
    for path in &files {
        let name = path.to_string_lossy().into_owned();
        // A file that is deleted but not yet committed is still listed; one that is not text is not ours to read.
        let Ok(text) = std::fs::read_to_string(paths::root().join(path)) else {
            continue;
        };
        if name.ends_with(".rs") {
            sources::check(&mut findings, &name, &text);
        }
        if name.ends_with(".md") {
            documents::check_paths(&mut findings, path, &text, &files);
        }
        documents::check_machine(&mut findings, &name, &text);
    }
    for warning in &findings.warnings {
        println!("warning: {warning}");
    }
    for error in &findings.errors {
        println!("error: {error}");
    }
    match findings.errors.len() {
        0 => Ok(()),
        count => bail!("{count} things are not tidy"),
    }
}

/// Every file of the repository, also those not yet committed.
fn tracked_files() -> Result<Vec<PathBuf>> {
    let list =
        output(command("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))
            .context("tidy asks git for the repository's files")?;
    Ok(list
        .lines()
        .map(|line| Path::new(line).to_path_buf())
        .collect())
}
