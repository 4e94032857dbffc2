//! The targets under libFuzzer, which leads them by coverage: `cargo xtask fuzz TARGET` builds this with the instruments it needs.
//! `PAGEWALK_FUZZ_TARGET` says which.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("PAGEWALK_FUZZ_TARGET").unwrap_or_default();
    fuzz::target(&name).unwrap_or_else(|| {
        eprintln!(
            "PAGEWALK_FUZZ_TARGET is none of: {}",
            fuzz::TARGETS.map(|one| one.name).join(", ")
        );
        std::process::exit(2);
    })
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| (TARGET.run)(data));
