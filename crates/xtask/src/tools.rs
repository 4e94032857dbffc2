//! What the commands need beside cargo: each is fetched where it is missing, or named in one line.
//!
//! Only package registries and rustup are asked; nothing comes from a source host.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::process::{cargo, command, output, run, which};

/// Makes sure that the standard library for a target is there.
pub fn rust_target(target: &str) -> Result<()> {
    let sysroot = output(command("rustc").args(["--print", "sysroot"]))?;
    if PathBuf::from(sysroot.trim())
        .join("lib/rustlib")
        .join(target)
        .join("lib")
        .is_dir()
    {
        return Ok(());
    }
    if which("rustup").is_none() {
        bail!(
            "Rust's target {target} is missing: install rustup, or the target by your system's means"
        );
    }
    println!("installing Rust's target {target}");
    run(command("rustup").args(["target", "add", target]))
}

/// Makes sure of the editor's npm packages and of the tools beside them. Returns the folder that holds them.
pub fn npm_packages() -> Result<PathBuf> {
    npm_ci(&paths::editor())
}

/// Makes sure that a project's npm packages are those of its lock file. Returns the folder that holds them.
pub fn npm_ci(project: &Path) -> Result<PathBuf> {
    let modules = project.join("node_modules");
    let lock = fs::read(project.join("package-lock.json"))
        .with_context(|| format!("cannot read the lock file of {}", project.display()))?;
    // The lock file as it was when the packages were installed: same bytes, same packages.
    let stamp = modules.join(".installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(modules);
    }
    if which("npm").is_none() {
        bail!("npm is missing: install Node.js 20 or newer");
    }
    println!("installing the npm packages of {}", project.display());
    run(command("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(project))?;
    fs::write(&stamp, lock).context("cannot note the installed npm packages")?;
    Ok(modules)
}

/// The version that a tool of ours must have, pinned by `Cargo.toml` for the library and read from there.
fn wasm_bindgen_version() -> Result<String> {
    let manifest =
        fs::read_to_string(paths::root().join("Cargo.toml")).context("cannot read Cargo.toml")?;
    let line = manifest
        .lines()
        .find_map(|line| line.strip_prefix("wasm-bindgen = \"="));
    Ok(line
        .context("Cargo.toml pins no wasm-bindgen")?
        .trim_end_matches('"')
        .to_owned())
}

const WASM_PACK_VERSION: &str = "0.15.1";

/// Makes sure of wasm-pack and of the wasm-bindgen tools that it runs. Returns the PATH that finds them.
///
/// wasm-pack takes the test runner that lies beside a `wasm-bindgen` of the right version on PATH; without one it
/// would ask a source host and then compile its own, every time the version changes.
pub fn wasm_pack() -> Result<OsString> {
    let version = wasm_bindgen_version()?;
    let ours = paths::target().join("tools");
    let mut folders = vec![ours.join("bin")];
    folders.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let path = std::env::join_paths(folders).context("PATH cannot be extended")?;

    let has = |tool: &str, version: &str| {
        command(tool)
            .env("PATH", &path)
            .arg("--version")
            .output()
            .is_ok_and(|output| {
                String::from_utf8_lossy(&output.stdout)
                    .split_whitespace()
                    .any(|word| word == version)
            })
    };
    if !has("wasm-bindgen", &version) || !has("wasm-bindgen-test-runner", &version) {
        println!("compiling wasm-bindgen {version}'s test runner, once");
        // Not --locked: the crate's own lock file wants a yanked crate. No TLS: the runner fetches nothing.
        run(cargo()
            .args([
                "install",
                &format!("wasm-bindgen-cli@={version}"),
                "--no-default-features",
                "--quiet",
            ])
            .args(["--bin", "wasm-bindgen", "--bin", "wasm-bindgen-test-runner"])
            .arg("--root")
            .arg(&ours))?;
    }
    if !has("wasm-pack", WASM_PACK_VERSION) {
        println!("compiling wasm-pack {WASM_PACK_VERSION}, once");
        run(cargo()
            .args([
                "install",
                &format!("wasm-pack@={WASM_PACK_VERSION}"),
                "--locked",
                "--quiet",
                "--root",
            ])
            .arg(&ours))?;
    }
    Ok(path)
}

/// Makes sure of Chromium and its driver. Returns the browser's file: `$CHROMIUM`, or what PATH has.
pub fn browser() -> Result<PathBuf> {
    if let (Some(browser), Some(_)) = (find_browser(), which("chromedriver")) {
        return Ok(browser);
    }
    if !(which("apt-get").is_some() && is_root()?) {
        bail!(
            "Chromium or chromedriver is missing: install both (on Debian: apt-get install chromium chromium-driver)"
        );
    }
    println!("installing Chromium and its driver");
    run(command("apt-get").args(["update", "-qq"]))?;
    run(command("apt-get")
        .args([
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
            "chromium",
            "chromium-driver",
        ])
        .env("DEBIAN_FRONTEND", "noninteractive"))?;
    find_browser().context("Chromium was installed but is not on PATH")
}

fn find_browser() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM")
        .map(PathBuf::from)
        .filter(|file| file.is_file());
    named.or_else(|| {
        ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find_map(which)
    })
}

fn is_root() -> Result<bool> {
    Ok(output(command("id").arg("-u"))?.trim() == "0")
}
