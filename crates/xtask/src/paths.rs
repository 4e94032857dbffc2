//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

/// The repository's root. Asked of cargo at run time, because a binary may outlive the folder it was built in.
pub fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest
        .ancestors()
        .nth(2)
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Where the site for publishing goes.
pub fn dist() -> PathBuf {
    target().join("dist")
}

/// The npm project: the editor's sources and every npm tool.
pub fn editor() -> PathBuf {
    root().join("web").join("editor")
}
