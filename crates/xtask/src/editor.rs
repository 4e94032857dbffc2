//! The editor's bundle: CodeMirror and our class around it, one ES module, made by esbuild.

use std::fs;

use anyhow::{Context, Result};

use crate::process::{command, run};
use crate::{paths, tools};

/// Builds the bundle and returns it.
pub fn bundle() -> Result<String> {
    tools::npm_packages()?;
    let out = paths::target().join("xtask").join("editor.js");
    run(command("node")
        .arg(paths::editor().join("bundle.mjs"))
        .arg(&out))?;
    fs::read_to_string(&out).with_context(|| format!("cannot read {}", out.display()))
}
