//! Who may import whom.
//!
//! The table is the architecture: an edge that is not here fails, whoever adds it. `cargo metadata` is asked, not
//! the manifests, so that renamed and inherited dependencies count as what they are.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Findings;
use crate::process::{cargo, output};

/// What a crate may use.
struct Rule {
    name: &'static str,
    /// Crates of ours.
    ours: &'static [&'static str],
    /// Crates from elsewhere.
    others: Others,
}

enum Others {
    Only(&'static [&'static str]),
    Any,
}

/// Free to all.
const FREE: [&str; 2] = ["thiserror", "libm"];

/// What speaks to the browser without a framework.
const BROWSER: [&str; 6] = [
    "wasm-bindgen",
    "wasm-bindgen-futures",
    "js-sys",
    "web-sys",
    "serde-wasm-bindgen",
    "gloo",
];

const RULES: &[Rule] = &[
    Rule {
        name: "pages",
        ours: &[],
        others: Others::Only(&[]),
    },
    Rule {
        name: "parser",
        ours: &[],
        others: Others::Only(&[]),
    },
    Rule {
        name: "btree",
        ours: &["pages"],
        others: Others::Only(&[]),
    },
    Rule {
        name: "engine",
        ours: &["parser", "btree", "pages"],
        others: Others::Only(&[]),
    },
    Rule {
        name: "protocol",
        ours: &[],
        others: Others::Only(&["serde", "postcard"]),
    },
    Rule {
        name: "worker",
        ours: &["engine", "protocol"],
        others: Others::Only(&["serde", "talc", "console_error_panic_hook"]),
    },
    Rule {
        name: "js",
        ours: &["engine"],
        others: Others::Only(&["serde", "talc"]),
    },
    Rule {
        name: "cli",
        ours: &["engine"],
        others: Others::Only(&["serde_json"]),
    },
    Rule {
        name: "viewmodel",
        ours: &["protocol", "parser"],
        others: Others::Only(&["serde", "form_urlencoded"]),
    },
    Rule {
        name: "web",
        ours: &["viewmodel", "protocol"],
        others: Others::Only(&["serde", "yew"]),
    },
    Rule {
        name: "xtask",
        ours: &[],
        others: Others::Any,
    },
    // Only its benches use anything.
    Rule {
        name: "bench-native",
        ours: &[],
        others: Others::Only(&[]),
    },
    Rule {
        name: "fuzz",
        ours: &["pages", "btree", "engine"],
        others: Others::Only(&["libfuzzer-sys"]),
    },
    // The cross-crate tests may see everything.
    Rule {
        name: "tests",
        ours: &[
            "pages",
            "parser",
            "btree",
            "engine",
            "protocol",
            "worker",
            "viewmodel",
            "cli",
        ],
        others: Others::Any,
    },
];

/// Crates that run in a browser and may use [`BROWSER`].
const IN_BROWSER: [&str; 3] = ["worker", "web", "js"];

/// Checks every member of the workspace. What only its tests use is its own affair.
pub fn check(findings: &mut Findings) -> Result<()> {
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value =
        serde_json::from_str(&metadata).context("cargo metadata printed no JSON")?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
            findings.error(format!(
                "crate {name} has no line in the table of crate edges"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let in_tests_only = dependency["kind"].as_str() == Some("dev");
            let is_ours = !dependency["path"].is_null();
            if !in_tests_only && !allowed(rule, used, is_ours) {
                findings.error(format!("crate {name} may not use {used}"));
            }
        }
    }
    Ok(())
}

fn allowed(rule: &Rule, used: &str, is_ours: bool) -> bool {
    if is_ours {
        return rule.ours.contains(&used);
    }
    FREE.contains(&used)
        || (IN_BROWSER.contains(&rule.name) && BROWSER.contains(&used))
        || match rule.others {
            Others::Any => true,
            Others::Only(names) => names.contains(&used),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str) -> &'static Rule {
        RULES
            .iter()
            .find(|rule| rule.name == name)
            .expect("in the table")
    }

    #[test]
    fn page_never_sees_the_engine() {
        assert!(!allowed(rule("web"), "engine", true));
        assert!(allowed(rule("web"), "yew", false));
    }

    #[test]
    fn engine_takes_no_serde_and_everyone_takes_libm() {
        assert!(!allowed(rule("engine"), "serde", false));
        assert!(allowed(rule("engine"), "libm", false));
    }
}
