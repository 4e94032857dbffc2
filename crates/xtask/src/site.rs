//! From sources to the files of the site.
//!
//! Page and worker are compiled for the browser, bound by `wasm-bindgen` (as a library, so that its version is
//! always that of Cargo.lock) and put together with the static files under hashed names. There is no inline
//! script, so that a strict Content-Security-Policy holds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::assets::{Assets, Naming};
use crate::process::{cargo, command, run};
use crate::{editor, paths, tools};

/// How much care to take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// One incremental profile for page and worker: a rebuild takes seconds, and the engine is optimised.
    Serve,
    /// What is published: the page small, the engine fast, `wasm-opt` over both.
    Release,
}

/// What runs in a browser.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Style sheets that the others build on, in this order; the rest follow by name.
const FIRST_STYLES: [&str; 2] = ["tokens.css", "base.css"];

/// Builds every file of the site.
pub fn build(build: Build) -> Result<Assets> {
    tools::rust_target(TARGET)?;
    let web = paths::root().join("web");
    let mut assets = Assets::default();
    module(&mut assets, build, "worker", "pagewalk-worker")?;
    module(&mut assets, build, "page", "pagewalk-page")?;
    for (name, text) in editor::bundle()? {
        assets.add_text(name, Naming::Hashed, &text);
    }
    assets.add_text("style.css", Naming::Hashed, &styles()?);
    for script in ["worker-boot.js", "boot.js"] {
        assets.add_text(script, Naming::Hashed, &read(&web.join(script))?);
    }
    static_files(&mut assets, &paths::root().join("static"), "")?;
    for page in ["index.html", "embed.html"] {
        assets.add_text(page, Naming::Stable, &read(&web.join(page))?);
    }
    Ok(assets)
}

/// Compiles one binary and adds its wasm and its glue as `NAME.wasm` and `NAME.js`.
fn module(assets: &mut Assets, build: Build, name: &str, binary: &str) -> Result<()> {
    let package = if name == "page" { "web" } else { name };
    let profile = match build {
        Build::Serve => "serve",
        Build::Release => name,
    };
    run(cargo().args([
        "build",
        "--package",
        package,
        "--bin",
        binary,
        "--target",
        TARGET,
        "--profile",
        profile,
    ]))?;
    let wasm = paths::target()
        .join(TARGET)
        .join(profile)
        .join(format!("{binary}.wasm"));

    let folder = paths::target()
        .join("xtask")
        .join("bindgen")
        .join(profile)
        .join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    Bindgen::new()
        .input_path(&wasm)
        .web(true)?
        // The library's default is true, and then `init()` has nothing to load.
        .omit_default_module_path(false)
        .remove_name_section(build == Build::Release && !keeps_names())
        .remove_producers_section(true)
        .typescript(false)
        .out_name(name)
        .generate(&folder)?;
    if folder.join("snippets").exists() {
        bail!(
            "a dependency of {package} brings JavaScript snippets, which the site does not carry"
        );
    }

    let bound = folder.join(format!("{name}_bg.wasm"));
    if build == Build::Release && !keeps_names() {
        optimise(&bound)?;
    }
    let bytes = fs::read(&bound).with_context(|| format!("cannot read {}", bound.display()))?;
    assets.add(&format!("{name}.wasm"), Naming::Hashed, bytes);
    let glue = read(&folder.join(format!("{name}.js")))?;
    let named = glue.replace(&format!("'{name}_bg.wasm'"), &format!("'./{name}.wasm'"));
    if named == glue {
        bail!("wasm-bindgen's glue for {name} no longer names its wasm as expected");
    }
    assets.add_text(&format!("{name}.js"), Naming::Hashed, &named);
    Ok(())
}

/// Whether functions keep their names, which say where a profile's time goes; `wasm-opt` would drop them.
pub fn keeps_names() -> bool {
    std::env::var_os("PAGEWALK_KEEP_NAMES").is_some()
}

/// Runs `wasm-opt`, 1 to 4 % for a few seconds. It is one of the npm tools, so it is there whenever the editor's
/// bundle can be built.
pub fn optimise(wasm: &Path) -> Result<()> {
    let tool = tools::npm_packages()?.join("binaryen/bin/wasm-opt");
    let level = if wasm.ends_with("page_bg.wasm") {
        "-Oz"
    } else {
        "-O3"
    };
    run(command("node")
        .arg(tool)
        .arg(level)
        .arg(wasm)
        .arg("-o")
        .arg(wasm))
}

/// All style sheets as one file: a page with twenty links would wait for twenty answers.
fn styles() -> Result<String> {
    let folder = paths::root().join("static").join("css");
    let mut names: Vec<String> = entries(&folder)?
        .into_iter()
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .filter(|name| name.ends_with(".css"))
        .collect();
    names.sort_by_key(|name| {
        let place = FIRST_STYLES
            .iter()
            .position(|first| first == name)
            .unwrap_or(FIRST_STYLES.len());
        (place, name.clone())
    });
    names.iter().map(|name| read(&folder.join(name))).collect()
}

/// Everything else under `static/`, under its own name: other sites and lessons refer to it.
fn static_files(assets: &mut Assets, folder: &Path, prefix: &str) -> Result<()> {
    for path in entries(folder)? {
        let name = format!(
            "{prefix}{}",
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        if path.is_dir() {
            if name != "css" {
                static_files(assets, &path, &format!("{name}/"))?;
            }
        } else if [".html", ".js"]
            .iter()
            .any(|extension| name.ends_with(extension))
        {
            assets.add_text(&name, Naming::Stable, &read(&path)?);
        } else {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            assets.add(&name, Naming::Stable, bytes);
        }
    }
    Ok(())
}

/// The entries of a folder by name; none when there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
