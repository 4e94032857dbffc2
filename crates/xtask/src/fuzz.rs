//! `cargo xtask fuzz TARGET [--seconds N]`: a target of `tests/fuzz` under libFuzzer, led by coverage.
//!
//! The compiler's own instruments are asked for by flags, as `cargo fuzz` does with its sanitizer off, so no nightly compiler is needed;
//! libFuzzer's runtime needs a C++ compiler, which is why this is no part of the tests. `cargo test -p fuzz` runs the same targets.

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::process::{cargo, command, output, run as execute};

const SECONDS: u64 = 600;

/// Counters for each edge, comparisons reported, no merging of equal code.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Ccodegen-units=1";

/// Builds and runs.
pub fn run(arguments: &[String]) -> Result<()> {
    let (name, seconds) = match arguments {
        [name] => (name, SECONDS),
        [name, option, seconds] if option == "--seconds" => (name, seconds.parse()?),
        _ => {
            bail!("cargo xtask fuzz TARGET [--seconds N]; tests/fuzz/src/target.rs has the targets")
        }
    };
    let host = host()?;
    let folder = paths::target().join("fuzz");
    let corpus = folder.join("corpus").join(name);
    std::fs::create_dir_all(&corpus)?;
    execute(
        cargo()
            .args([
                "build",
                "--package",
                "fuzz",
                "--bin",
                "fuzz",
                "--features",
                "libfuzzer",
            ])
            .args(["--config", "profile.release.lto=false", "--release"])
            // With a target named, build scripts are left without the instruments.
            .args(["--target", &host])
            .env("CARGO_TARGET_DIR", &folder)
            .env("RUSTFLAGS", FLAGS),
    )?;
    let built = folder.join(&host).join("release").join("fuzz");
    execute(
        command(&built)
            .arg(&corpus)
            .args([
                format!("-max_total_time={seconds}"),
                "-max_len=4096".to_owned(),
            ])
            .args(["-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1"])
            .arg(format!("-artifact_prefix={}/{name}-", folder.display()))
            .env("PAGEWALK_FUZZ_TARGET", name),
    )
}

/// This machine, as the compiler names it.
fn host() -> Result<String> {
    let about = output(command("rustc").arg("-vV"))?;
    let line = about.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned)
        .context("rustc does not say what it runs on")
}
