//! Every target on a bounded number of made-up inputs; `PAGEWALK_FUZZ_SECONDS` gives each so many seconds instead.
#![allow(clippy::unwrap_used, reason = "a test stops at its own mistakes")]

use std::{env, time::Instant};

/// Inputs of a target when no time is given.
const INPUTS: u64 = 300;
/// Bytes of the longest.
const MOST: usize = 1500;

fn bounded(name: &str) {
    let target = fuzz::target(name).unwrap();
    let seconds: Option<u64> = env::var("PAGEWALK_FUZZ_SECONDS")
        .ok()
        .map(|text| text.parse().unwrap());
    let began = Instant::now();
    let inputs = fuzz::search(
        target,
        88_172_645_463_325_252,
        MOST,
        |rounds| match seconds {
            Some(seconds) => began.elapsed().as_secs() >= seconds,
            None => rounds >= INPUTS,
        },
    );
    println!(
        "{name}: {inputs} inputs in {:.0} s",
        began.elapsed().as_secs_f64()
    );
}

#[test]
fn histories_of_a_tree_match_an_ordered_set() {
    bounded("history");
}

#[test]
fn pages_with_wrong_bytes_give_errors_or_answers() {
    bounded("page");
}

#[test]
fn no_text_is_too_much_for_the_engine() {
    bounded("statement");
}
