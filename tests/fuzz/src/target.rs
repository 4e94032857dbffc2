//! The targets by name.

use crate::{history, page, statement};

/// A target: its name, and what takes the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// As `cargo xtask fuzz NAME` says it.
    pub name: &'static str,
    /// What must not panic.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 3] = [
    Target {
        name: "history",
        run: history::run,
    },
    Target {
        name: "page",
        run: page::run,
    },
    Target {
        name: "statement",
        run: statement::run,
    },
];

/// The target with this name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}
