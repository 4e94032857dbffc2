//! Documents: paths that exist. And in every file: nothing that holds on one machine only.

use std::path::{Path, PathBuf};

use super::Findings;

/// Ends of a path that a document may name in `code`.
const EXTENSIONS: [&str; 14] = [
    "rs", "md", "toml", "mjs", "js", "json", "html", "css", "sql", "slt", "plan", "yml", "svg",
    "png",
];

/// Checks that paths in backticks and in relative links exist: from the root or from beside the document, or, for a
/// name without a folder, anywhere.
pub fn check_paths(findings: &mut Findings, document: &Path, text: &str, files: &[PathBuf]) {
    let beside = document.parent().unwrap_or(Path::new(""));
    for (index, line) in text.lines().enumerate() {
        for word in named_paths(line) {
            let wanted = word.trim_start_matches("./").trim_end_matches('/');
            let exists = files.iter().any(|file| {
                file.starts_with(wanted)
                    || file.starts_with(beside.join(wanted))
                    || (!wanted.contains('/')
                        && file.file_name().is_some_and(|name| name == wanted))
            });
            if !exists && !wanted.starts_with("target") {
                findings.error(format!(
                    "{}:{} names {word}, which does not exist",
                    document.display(),
                    index + 1
                ));
            }
        }
    }
}

/// The words of a line that are paths of ours: in backticks with a known ending or a slash at the end, or linked.
fn named_paths(line: &str) -> Vec<&str> {
    let quoted = line.split('`').skip(1).step_by(2).filter(|word| {
        let is_plain = word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        let has_ending = word
            .rsplit_once('.')
            .is_some_and(|(stem, end)| !stem.is_empty() && EXTENSIONS.contains(&end));
        is_plain
            && !word.starts_with('/')
            && (has_ending || (word.ends_with('/') && word.len() > 1))
    });
    let linked = line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split([')', '#']).next()?;
        (!target.is_empty() && !target.contains(':')).then_some(target)
    });
    quoted.chain(linked).collect()
}

/// Starts of paths that exist on somebody's machine only. Put together here, so that this file passes.
const HOMES: [(&str, &str); 4] = [
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/Us", "ers/"),
    ("/wo", "rk/"),
];

/// Checks that nothing names a machine's folders, and that lock files name no registry's host.
pub fn check_machine(findings: &mut Findings, name: &str, text: &str) {
    for (start, end) in HOMES {
        let home = format!("{start}{end}");
        let at_word_start =
            |at: usize| at == 0 || text[..at].ends_with([' ', '"', '\'', '`', '=', '(', '\n', ':']);
        if text.match_indices(&home).any(|(at, _)| at_word_start(at)) {
            findings.error(format!("{name} names a folder of one machine ({home}…)"));
        }
    }
    if name.ends_with("package-lock.json") && text.contains("\"resolved\"") {
        findings.error(format!(
            "{name} names a registry: npm's omit-lockfile-registry-resolved leaves it out"
        ));
    }
    if name.ends_with("Cargo.lock") {
        let other = text.lines().find(|line| {
            line.starts_with("source = ")
                && !line.contains("registry+https://github.com/rust-lang/crates.io-index")
        });
        if let Some(line) = other {
            findings.error(format!(
                "{name} takes a crate from elsewhere than crates.io: {line}"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_in_backticks_must_exist() {
        let files = [
            PathBuf::from("crates/pages/src/heap.rs"),
            PathBuf::from("README.md"),
        ];
        let errors = |text: &str| {
            let mut findings = Findings::default();
            check_paths(&mut findings, Path::new("docs/a.md"), text, &files);
            findings.errors.len()
        };
        assert_eq!(
            errors("see `crates/pages/src/heap.rs`, `heap.rs` and [here](README.md#x), `a.b(c)`"),
            0
        );
        assert_eq!(errors("see `crates/pages/src/no.rs`"), 1);
        assert_eq!(errors("see [there](nowhere.md)"), 1);
    }
}
