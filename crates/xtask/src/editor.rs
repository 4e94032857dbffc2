//! The editor's modules: CodeMirror and our class around it, made by esbuild.

use std::fs;

use anyhow::{Context, Result};

use crate::process::{command, run};
use crate::{paths, tools};

/// The files that esbuild makes, each after those that it names.
const FILES: [&str; 3] = ["editor-chunk.js", "editor-language.js", "editor.js"];

/// Builds the modules and returns them, name and text.
pub fn bundle() -> Result<Vec<(&'static str, String)>> {
    tools::npm_packages()?;
    let out = paths::target().join("xtask").join("editor");
    run(command("node")
        .arg(paths::editor().join("bundle.mjs"))
        .arg(&out))?;
    FILES
        .into_iter()
        .map(|name| {
            let file = out.join(name);
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            Ok((name, text))
        })
        .collect()
}
