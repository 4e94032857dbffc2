//! `cargo xtask test`: everything that is checked before a change is published, cheap checks first.
//!
//! Every step runs even when an earlier one failed, so that one run tells all. `--quick` leaves out what needs a
//! browser or the release build; `--only STEP` runs one step.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::process::{cargo, command, run as execute};
use crate::serve::{self, Site};
use crate::{dist, npm, paths, tidy, tools};

/// Crates that must build without the standard library.
const NO_STD: [&str; 5] = ["pages", "btree", "parser", "engine", "protocol"];
/// A target that has none.
const NO_STD_TARGET: &str = "wasm32v1-none";

struct Step {
    title: &'static str,
    slow: bool,
    run: fn() -> Result<()>,
}

const STEPS: [Step; 10] = [
    Step {
        title: "tidy",
        slow: false,
        run: || tidy::run(&[]),
    },
    Step {
        title: "format",
        slow: false,
        run: || execute(cargo().args(["fmt", "--all", "--check"])),
    },
    Step {
        title: "clippy",
        slow: false,
        run: clippy,
    },
    Step {
        title: "native tests",
        slow: false,
        run: || execute(cargo().args(["test", "--workspace", "--quiet"])),
    },
    Step {
        title: "plan viewer",
        slow: true,
        run: plan_viewer,
    },
    Step {
        title: "no_std",
        slow: false,
        run: no_std,
    },
    Step {
        title: "npm package",
        slow: false,
        run: npm::test,
    },
    Step {
        title: "browser tests",
        slow: true,
        run: browser,
    },
    Step {
        title: "dist",
        slow: true,
        run: || dist::run(&[]),
    },
    Step {
        title: "end to end",
        slow: true,
        run: end_to_end,
    },
];

/// Runs the steps; fails if one did.
pub fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let chosen: Vec<&Step> = match words[..] {
        [] => STEPS.iter().collect(),
        ["--quick"] => STEPS.iter().filter(|step| !step.slow).collect(),
        ["--only", title] => STEPS.iter().filter(|step| step.title == title).collect(),
        _ => bail!("test knows --quick and --only STEP, not {arguments:?}"),
    };
    if chosen.is_empty() {
        let titles: Vec<&str> = STEPS.iter().map(|step| step.title).collect();
        bail!("the steps are: {}", titles.join(", "));
    }
    let began = Instant::now();
    let mut results = Vec::new();
    for step in chosen {
        println!("\n== {} ==", step.title);
        let step_began = Instant::now();
        let result = (step.run)();
        if let Err(error) = &result {
            println!("{} failed: {error:#}", step.title);
        }
        let seconds = step_began.elapsed().as_secs_f64();
        println!(
            "-- {} {}, {seconds:.1} s",
            step.title,
            verdict(result.is_ok())
        );
        results.push((step.title, result.is_ok(), seconds));
    }
    println!("\n== summary, {:.1} s ==", began.elapsed().as_secs_f64());
    for (title, passed, seconds) in &results {
        println!("{title:<16} {} {seconds:>8.1} s", verdict(*passed));
    }
    let passed = results.iter().filter(|(_, passed, _)| *passed).count();
    let failed = results.len() - passed;
    println!("\n{passed} passed, {failed} failed");
    // The last line says it already; an error message would hide it.
    std::process::exit(i32::from(failed > 0));
}

fn verdict(passed: bool) -> &'static str {
    if passed { "passed" } else { "FAILED" }
}

/// Twice: a browser build takes other paths through the code than a native one.
fn clippy() -> Result<()> {
    execute(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))?;
    tools::rust_target("wasm32-unknown-unknown")?;
    execute(
        cargo()
            .args([
                "clippy",
                "-p",
                "web",
                "-p",
                "worker",
                "-p",
                "js",
                "--all-targets",
                "--quiet",
            ])
            .args(["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]),
    )
}

/// EXPLAIN before the parser of a plan viewer.
fn plan_viewer() -> Result<()> {
    tools::npm_packages()?;
    let spec = paths::root().join("tests/e2e/viewer.mjs");
    execute(
        command("node")
            .args(["--test", "--test-reporter=spec"])
            .arg(spec),
    )
}

fn no_std() -> Result<()> {
    tools::rust_target(NO_STD_TARGET)?;
    let mut build = cargo();
    build.args(["build", "--quiet", "--target", NO_STD_TARGET]);
    for package in NO_STD {
        build.args(["-p", package]);
    }
    execute(&mut build)
}

/// The worker, the ES module and the page in headless Chromium.
fn browser() -> Result<()> {
    tools::rust_target("wasm32-unknown-unknown")?;
    tools::browser()?;
    let path = tools::wasm_pack()?;
    for package in ["crates/worker", "crates/js", "web"] {
        execute(command("wasm-pack").env("PATH", &path).args([
            "test",
            "--headless",
            "--chrome",
            package,
        ]))?;
    }
    Ok(())
}

/// The built site in Chromium, from a sub-path and under our Content-Security-Policy.
fn end_to_end() -> Result<()> {
    tools::npm_packages()?;
    let chromium = tools::browser()?;
    if !paths::dist().join("index.html").is_file() {
        bail!("there is no site in target/dist/: `cargo xtask dist` makes it");
    }
    let address = serve::in_background(Site {
        folder: paths::dist(),
        prefix: "/some/where/".into(),
    })?;
    let pictures = paths::target().join("e2e");
    std::fs::create_dir_all(&pictures)?;
    let mut specs: Vec<_> = std::fs::read_dir(paths::root().join("tests/e2e"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".spec.mjs"))
        .collect();
    specs.sort();
    execute(
        command("node")
            // One browser at a time: specs that measure the event loop would disturb each other.
            .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
            .args(specs)
            .env("PAGEWALK_URL", address)
            .env("PAGEWALK_PICTURES", pictures)
            .env("PAGEWALK_LISTS", paths::target().join("xtask"))
            .env("CHROMIUM", chromium),
    )
}
