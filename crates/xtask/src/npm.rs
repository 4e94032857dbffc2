//! `cargo xtask npm`: the engine as a folder that `npm pack` takes, in `target/npm/`.
//!
//! Why one JavaScript file: glue, `Database` and loader are bundled, so that a page waits for one answer before it asks for the
//! wasm. The wasm stays a file of its own, found by `new URL("./pagewalk.wasm", import.meta.url)`, which browsers, Node.js and
//! bundlers all understand.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{cargo, command, run as execute};
use crate::site::{self, TARGET};
use crate::{paths, tools};

/// What the folder holds; `npm pack` takes nothing else.
const FILES: [&str; 6] = [
    "pagewalk.js",
    "pagewalk.wasm",
    "pagewalk.d.ts",
    "README.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
];

/// How much care to take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// As the browser tests are compiled, whose engine it shares.
    Test,
    /// What is published: compiled as the worker is, `wasm-opt` over it.
    Release,
}

/// Writes the package and says where it is.
pub fn run(arguments: &[String]) -> Result<()> {
    if let Some(word) = arguments.first() {
        bail!("npm takes no arguments, not {word:?}");
    }
    let folder = folder();
    write(Care::Release, &folder)?;
    for name in FILES {
        let bytes = fs::metadata(folder.join(name))
            .with_context(|| format!("{name} was not written"))?
            .len();
        println!("{name:<20} {bytes:>10}");
    }
    println!(
        "`npm pack {}` makes the archive",
        folder
            .strip_prefix(paths::root())
            .unwrap_or(&folder)
            .display()
    );
    Ok(())
}

/// Where the package goes.
pub fn folder() -> PathBuf {
    paths::target().join("npm")
}

/// Writes the package to `folder`.
pub fn write(care: Care, folder: &Path) -> Result<()> {
    let crate_folder = paths::root().join("crates/js");
    let scripts = bind(care)?;
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder)?;
    copy(&scripts.join("glue_bg.wasm"), &folder.join("pagewalk.wasm"))?;
    for name in ["database.js", "pagewalk.js"] {
        copy(&crate_folder.join("js").join(name), &scripts.join(name))?;
    }
    execute(
        command(tools::npm_packages()?.join(".bin/esbuild"))
            .arg(scripts.join("pagewalk.js"))
            .args([
                "--bundle",
                "--format=esm",
                "--charset=utf8",
                "--log-level=warning",
            ])
            .args(["--minify-whitespace", "--minify-syntax"])
            .arg(format!(
                "--outfile={}",
                folder.join("pagewalk.js").display()
            )),
    )?;
    copy(
        &crate_folder.join("js/pagewalk.d.ts"),
        &folder.join("pagewalk.d.ts"),
    )?;
    copy(&crate_folder.join("README.md"), &folder.join("README.md"))?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&paths::root().join(licence), &folder.join(licence))?;
    }
    fs::write(
        folder.join("package.json"),
        serde_json::to_string_pretty(&manifest())? + "\n",
    )?;
    Ok(())
}

fn manifest() -> serde_json::Value {
    json!({
        "name": "pagewalk",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "A SQL database in memory that shows its work: PostgreSQL's dialect, costs and plans, in WebAssembly",
        "keywords": ["sql", "database", "wasm", "webassembly", "postgresql", "explain"],
        "license": "MIT OR Apache-2.0",
        "type": "module",
        "main": "./pagewalk.js",
        "types": "./pagewalk.d.ts",
        "exports": {
            ".": { "types": "./pagewalk.d.ts", "default": "./pagewalk.js" },
            "./pagewalk.wasm": "./pagewalk.wasm",
            "./package.json": "./package.json",
        },
        "files": FILES,
        "sideEffects": false,
        "engines": { "node": ">=20" },
    })
}

/// Compiles the crate and binds it: a folder with `glue.js` and `glue_bg.wasm`.
fn bind(care: Care) -> Result<PathBuf> {
    tools::rust_target(TARGET)?;
    let (profile, built) = match care {
        Care::Test => ("dev", "debug"),
        Care::Release => ("worker", "worker"),
    };
    execute(
        cargo()
            .args(["build", "--package", "js", "--lib", "--target", TARGET])
            .args(["--profile", profile]),
    )?;
    let wasm = paths::target().join(TARGET).join(built).join("js.wasm");
    let scripts = paths::target()
        .join("xtask")
        .join("bindgen")
        .join(built)
        .join("npm");
    if scripts.exists() {
        fs::remove_dir_all(&scripts)
            .with_context(|| format!("cannot empty {}", scripts.display()))?;
    }
    let keep_names = site::keeps_names();
    Bindgen::new()
        .input_path(&wasm)
        .web(true)?
        // `pagewalk.js` always says where it is.
        .omit_default_module_path(true)
        .remove_name_section(!keep_names)
        .remove_producers_section(true)
        .typescript(false)
        .out_name("glue")
        .generate(&scripts)?;
    if care == Care::Release && !keep_names {
        site::optimise(&scripts.join("glue_bg.wasm"))?;
    }
    Ok(scripts)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(|_| ())
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// The package as somebody uses it, under Node.js: imported by its name, compiled against its types, bundled, packed.
pub fn test() -> Result<()> {
    let folder = paths::target().join("npm-test").join("pagewalk");
    write(Care::Test, &folder)?;
    let project = paths::root().join("tests/npm");
    let modules = tools::npm_ci(&project)?;
    execute(
        command("node")
            .args(["--test", "--test-reporter=spec"])
            .arg(project.join("package.spec.mjs"))
            .env("PAGEWALK_PACKAGE", &folder)
            .env("PAGEWALK_TYPESCRIPT", modules.join("typescript"))
            .env("PAGEWALK_TOOLS", tools::npm_packages()?),
    )
}
