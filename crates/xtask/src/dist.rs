//! `cargo xtask dist`: the static site for publishing, and what it weighs.

use anyhow::{Result, bail};

use crate::paths;
use crate::site::{self, Build};

/// Writes the site to `target/dist/`.
pub fn run(arguments: &[String]) -> Result<()> {
    if let Some(word) = arguments.first() {
        bail!("dist takes no arguments, not {word:?}");
    }
    site::build(Build::Release)?.write(&paths::dist())
}
