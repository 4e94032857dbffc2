//! Results against sqllogictest files: the same answers as PostgreSQL, for many thousands of queries.
//!
//! Our own files, one a feature, lie in `slt/` and are run whole. Those of the sqllogictest project are not ours to ship: they are
//! looked for beside the project (`../shared/sqllogictest`) or where `PAGEWALK_SLT` says. A bounded sample of each is run;
//! `PAGEWALK_SLT_ALL=1` runs all, `PAGEWALK_SLT_FILE=part-of-name` only some.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test program tells what it did and stops at its own mistakes"
)]

#[path = "slt/md5.rs"]
mod md5;
#[path = "slt/record.rs"]
mod record;
#[path = "slt/runner.rs"]
mod runner;

use runner::Organization;
use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// Records of each file that are run unless all are asked for.
const SAMPLE: usize = 400;

#[test]
fn own_answers_are_those_of_postgresql() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("slt");
    compare(&own, usize::MAX, Organization::Heap);
}

#[test]
fn answers_are_those_of_postgresql() {
    compare_others(Organization::Heap, SAMPLE);
}

#[test]
fn clustered_tables_give_the_same_answers() {
    compare_others(Organization::Clustered, SAMPLE / 4);
}

fn compare_others(organization: Organization, sample: usize) {
    let Some(folder) = folder() else {
        println!("the files of the sqllogictest project are absent: only our own are compared");
        return;
    };
    let all = env::var("PAGEWALK_SLT_ALL").is_ok_and(|value| value == "1");
    compare(&folder, if all { usize::MAX } else { sample }, organization);
}

fn compare(folder: &Path, limit: usize, organization: Organization) {
    let only = env::var("PAGEWALK_SLT_FILE").unwrap_or_default();
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    assert!(!files.is_empty(), "nothing to compare");
    let (mut run, mut failed) = (0, Vec::new());
    for file in files {
        let name = file.strip_prefix(folder).unwrap().display().to_string();
        if !name.contains(&only) {
            continue;
        }
        let started = Instant::now();
        let report = runner::run(&fs::read_to_string(&file).unwrap(), limit, organization);
        println!(
            "{name}: {} of {} records, {:.1} s",
            report.passed,
            report.run,
            started.elapsed().as_secs_f64()
        );
        run += report.run;
        failed.extend(
            report
                .failures
                .into_iter()
                .map(|failure| format!("{name}:{failure}")),
        );
    }
    for failure in failed.iter().take(60) {
        println!("{failure}\n");
    }
    assert!(
        failed.is_empty(),
        "{} of {run} records differ",
        failed.len()
    );
}

fn folder() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let given = env::var("PAGEWALK_SLT").ok().map(PathBuf::from);
    let beside = here
        .ancestors()
        .map(|above| above.join("shared/sqllogictest"));
    given
        .into_iter()
        .chain(beside)
        .find(|folder| folder.is_dir())
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path
            .extension()
            .is_some_and(|ending| ending == "test" || ending == "slt")
        {
            into.push(path);
        }
    }
}
