//! Rust files: header, length, what a `mod.rs` holds, and who sees whom inside the engine.

use super::Findings;

/// Code lines of a file: a warning above the first, an error above the second. Test modules are not counted.
const SOFT_LIMIT: usize = 400;
const HARD_LIMIT: usize = 600;

/// Inside `engine`: a folder, and the modules that no file in it may name.
const WALLS: [(&str, &[&str]); 3] = [
    (
        "crates/engine/src/logical/",
        &["crate::physical", "crate::executor"],
    ),
    ("crates/engine/src/physical/", &["pages::"]),
    (
        "crates/engine/src/executor/",
        &[
            "crate::physical::cost",
            "crate::physical::cardinality",
            "crate::physical::selectivity",
        ],
    ),
];

/// Checks one file.
pub fn check(findings: &mut Findings, name: &str, text: &str) {
    if !text.trim_start_matches('\u{feff}').starts_with("//!") {
        findings.error(format!("{name} does not open with //!"));
    }
    let is_test =
        name.ends_with("/tests.rs") || name.contains("/tests/") || name.starts_with("tests/");
    let code = without_test_modules(text);
    let lines = code
        .iter()
        .filter(|(_, line)| !line.trim().is_empty())
        .count();
    if !is_test {
        if lines > HARD_LIMIT {
            findings.error(format!("{name} has {lines} code lines, over {HARD_LIMIT}"));
        } else if lines > SOFT_LIMIT {
            findings.warning(format!("{name} has {lines} code lines, over {SOFT_LIMIT}"));
        }
    }
    if name.ends_with("/lib.rs") || name.ends_with("/mod.rs") {
        // One finding a file: the first line says which.
        if let Some((number, line)) = contents(&code).first() {
            findings.error(format!(
                "{name}:{number} is more than header, mod lines and re-exports: {}",
                line.trim()
            ));
        }
    }
    for (folder, hidden) in WALLS {
        if name.starts_with(folder) {
            for (number, line) in &code {
                if let Some(path) = seen(line, hidden) {
                    findings.error(format!("{name}:{number} may not see {path}"));
                }
            }
        }
    }
}

/// The lines outside comments-only lines and `#[cfg(test)]` modules, with their numbers.
fn without_test_modules(text: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if line.trim() == "#[cfg(test)]"
            && lines
                .peek()
                .is_some_and(|(_, next)| next.trim_start().starts_with("mod "))
        {
            // rustfmt closes a module with a brace at the indentation of its `mod`.
            if let Some((_, opening)) = lines.next()
                && opening.trim_end().ends_with('{')
            {
                let indent = opening.len() - opening.trim_start().len();
                let closing = format!("{}}}", " ".repeat(indent));
                for (_, inner) in lines.by_ref() {
                    if inner == closing {
                        break;
                    }
                }
            }
            continue;
        }
        if !line.trim_start().starts_with("//") {
            kept.push((index + 1, line));
        }
    }
    kept
}

/// The lines of a `lib.rs` or `mod.rs` that are neither attribute, `mod …;`, `extern crate`, nor a `use`.
fn contents<'a>(code: &[(usize, &'a str)]) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut in_statement = false;
    for &(number, line) in code {
        let text = line.trim();
        if in_statement {
            in_statement = !(text.ends_with(';') || text.ends_with(")]"));
            continue;
        }
        let bare = text
            .trim_start_matches("pub(crate) ")
            .trim_start_matches("pub ");
        let is_attribute = text.starts_with("#[") || text.starts_with("#![");
        let is_statement = ["use ", "extern crate "]
            .iter()
            .any(|start| bare.starts_with(start));
        let is_module = bare.starts_with("mod ") && bare.ends_with(';');
        if is_attribute {
            in_statement = !text.contains(']');
        } else if is_statement {
            in_statement = !text.ends_with(';');
        } else if !text.is_empty() && !is_module {
            found.push((number, line));
        }
    }
    found
}

/// The first hidden path that a line names as a path, not as the end of a longer name.
fn seen<'a>(line: &str, hidden: &[&'a str]) -> Option<&'a str> {
    hidden.iter().copied().find(|path| {
        line.match_indices(path).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + path.len()..].chars().next();
            let starts = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
            let ends =
                path.ends_with(':') || !after.is_some_and(|c| c.is_alphanumeric() || c == '_');
            starts && ends
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(name: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check(&mut findings, name, text);
        findings.errors
    }

    #[test]
    fn test_module_is_not_counted() {
        let body = "    let a = 1;\n".repeat(700);
        let text = format!("//! x\n#[cfg(test)]\nmod tests {{\n{body}}}\n");
        assert!(errors("crates/a/src/b.rs", &text).is_empty());
        assert_eq!(
            errors("crates/a/src/b.rs", &format!("//! x\n{body}")).len(),
            1
        );
    }

    #[test]
    fn lib_with_a_function_is_refused() {
        let good = "//! x\n#![no_std]\nextern crate alloc;\n\nmod a;\npub use a::{\n    B,\n    C,\n};\n#[cfg(test)]\nmod tests;\n";
        assert!(errors("crates/a/src/lib.rs", good).is_empty());
        assert_eq!(errors("crates/a/src/lib.rs", "//! x\nfn f() {}\n").len(), 1);
    }

    #[test]
    fn logical_never_sees_physical() {
        let text = "//! x\nuse crate::physical::plan::PhysicalPlan;\n";
        assert_eq!(errors("crates/engine/src/logical/plan.rs", text).len(), 1);
        assert!(errors("crates/engine/src/executor/plan.rs", text).is_empty());
        let named_alike = "//! x\nuse crate::heap_pages::x;\n";
        assert!(errors("crates/engine/src/physical/plan.rs", named_alike).is_empty());
    }
}
