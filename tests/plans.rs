//! Plans that answer a question: what was chosen, what became of every index and why, what else was costed, what would change it.
//!
//! Each file of `plans/` is a question: a script that makes tables, then queries, each with the text it must give. What is asked
//! of a query stands before it in capitals (see [`Asked`]); nothing means its plan, its indexes and the candidates that lost.
//! `PAGEWALK_WRITE_PLANS=1` writes the files anew; the difference is then for a person to judge.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test program tells what it did and stops at its own mistakes"
)]

#[path = "plans/answer.rs"]
mod answer;

use answer::answer;
use std::{env, fs, path::Path};

#[test]
fn every_question_has_the_answer_that_its_file_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "plan"))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no questions in {}", folder.display());
    let mut wrong = Vec::new();
    for path in names {
        let text = fs::read_to_string(&path).unwrap();
        let answered = answer(&text);
        if answered == text {
            continue;
        }
        if env::var_os("PAGEWALK_WRITE_PLANS").is_some() {
            fs::write(&path, answered).unwrap();
        } else {
            let difference = first_difference(&text, &answered);
            wrong.push(format!("{}:\n{difference}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn first_difference(expected: &str, found: &str) -> String {
    let lines = expected.lines().zip(found.lines()).enumerate();
    for (number, (left, right)) in lines {
        if left != right {
            return format!("line {}\n  expected {left}\n  found    {right}", number + 1);
        }
    }
    "one is longer than the other".to_owned()
}
