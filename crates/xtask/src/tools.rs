//! What the commands need beside cargo: each is fetched where it is missing, or named in one line.
//!
//! Only package registries and rustup are asked; nothing comes from a source host.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::process::{command, output, run, which};

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

/// Makes sure that the npm packages are those of the lock file. Returns the folder that holds them.
pub fn npm_packages() -> Result<PathBuf> {
    let project = paths::editor();
    let modules = project.join("node_modules");
    let lock = fs::read(project.join("package-lock.json"))
        .context("cannot read web/editor/package-lock.json")?;
    // The lock file as it was when the packages were installed: same bytes, same packages.
    let stamp = modules.join(".installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(modules);
    }
    if which("npm").is_none() {
        bail!("npm is missing: install Node.js 20 or newer");
    }
    println!("installing the npm packages");
    run(command("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&project))?;
    fs::write(&stamp, lock).context("cannot note the installed npm packages")?;
    Ok(modules)
}
