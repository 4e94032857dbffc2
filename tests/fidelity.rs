//! Sizes, statistics, plans and results beside PostgreSQL's, from data of our own: the figures must not fall.
//!
//! The scenarios lie in `fidelity/`: schemas and queries, and what PostgreSQL 15 answered. `PAGEWALK_FIDELITY` names another folder of
//! the same form. `PAGEWALK_FIDELITY_ONLY=part-of-name` runs only some; the shares are then asked of those.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test program tells what it did and stops at its own mistakes"
)]

#[path = "fidelity/index_sizes.rs"]
mod index_sizes;
#[path = "fidelity/plan.rs"]
mod plan;
#[path = "fidelity/sizes.rs"]
mod sizes;

use cli::{answers, statistics};
use engine::physical::KeepConsidered;
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// What must hold for this share of the queries.
const SHAPE: f64 = 0.98;
const COST: f64 = 0.98;
const ROWS: f64 = 0.98;
/// Mean error of the pages that an index is predicted to have, share of indexes whose height is right, mean error of plans' costs.
const SIZE_ERROR: f64 = 0.05;
const SAME_HEIGHT: f64 = 0.95;
const COST_ERROR: f64 = 0.01;
/// Results whose order PostgreSQL left to chance: two rows with equal keys, in the order its sort happened to leave them.
const ORDER_BY_CHANCE: &[&str] = &["bigjoin_sort_wide"];

#[derive(Default)]
struct Tally {
    queries: usize,
    shapes: usize,
    costs: usize,
    rows: usize,
    sizes: index_sizes::Errors,
    /// What must never happen.
    wrong: Vec<String>,
}

#[test]
fn data_of_our_own_gives_the_sizes_plans_and_results_of_postgresql() {
    let folder = folder();
    let only = env::var("PAGEWALK_FIDELITY_ONLY").unwrap_or_default();
    let mut tally = Tally::default();
    let mut names: Vec<String> = fs::read_dir(folder.join("scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(&only))
        .collect();
    names.sort();
    for name in names {
        compare(&folder, &name, &mut tally);
    }
    assert!(tally.queries > 0, "nothing was compared");
    let queries = tally.queries as f64;
    let (shapes, costs, rows) = (
        tally.shapes as f64 / queries,
        tally.costs as f64 / queries,
        tally.rows as f64 / queries,
    );
    println!("{queries} queries: shape {shapes:.3}, cost {costs:.3}, rows {rows:.3}");
    let (indexes, compared) = (tally.sizes.indexes as f64, tally.sizes.queries as f64);
    let pages = tally.sizes.pages / indexes;
    let heights = tally.sizes.heights as f64 / indexes;
    let difference = tally.sizes.cost / compared;
    println!(
        "{indexes} indexes as predicted and as built: mean error of pages {pages:.4}, same height {heights:.3}; mean error of {compared} plans' cost {difference:.4}"
    );
    assert!(
        pages <= SIZE_ERROR && heights >= SAME_HEIGHT && difference <= COST_ERROR,
        "predicted sizes of indexes are further from the built ones than before"
    );
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert!(
        shapes >= SHAPE && costs >= COST && rows >= ROWS,
        "fewer plans agree than before"
    );
}

fn folder() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("fidelity");
    env::var_os("PAGEWALK_FIDELITY").map_or(own, PathBuf::from)
}

fn compare(folder: &Path, name: &str, tally: &mut Tally) {
    let scenario = folder.join("scenarios").join(name);
    let golden = fs::read_to_string(folder.join("golden").join(format!("{name}.json"))).unwrap();
    let golden: Value = serde_json::from_str(&golden).unwrap();
    let schema = fs::read_to_string(scenario.join("schema.sql")).unwrap();
    let mut database = answers::load(&schema).unwrap();
    tally.wrong.extend(sizes::differences(
        &answers::relations(&database),
        &golden["relations"],
    ));
    let theirs = statistics::read(&golden, "stats_full", database.catalog()).unwrap();
    tally
        .wrong
        .extend(sizes::statistics(&database, &theirs, name));
    index_sizes::compare(&database, name, sizes::GROWN_INDEXES, &mut tally.sizes);
    let queries = fs::read_to_string(scenario.join("queries.sql")).unwrap();
    for (query, sql) in answers::queries(&queries) {
        let theirs = &golden["queries"][query];
        tally.queries += 1;
        index_sizes::compare_costs(&database, sql, &mut tally.sizes);
        let ours = match answers::answer(&mut database, sql) {
            Ok(ours) => ours,
            Err(message) => {
                tally.wrong.push(format!("{query}: {message}"));
                continue;
            }
        };
        let mut planned = |keep| {
            let found = database.plan_at(sql, 0, keep).planned;
            found.map(|one| format!("{:?} {:?}", one.plan.root, one.plan.subplans))
        };
        if planned(KeepConsidered::No) != planned(KeepConsidered::Yes) {
            let difference = "another plan where candidates that lost are kept";
            tally.wrong.push(format!("{query}: {difference}"));
        }
        if let Some(difference) = result(&ours, &theirs["result"], query) {
            tally.wrong.push(format!("{query}: {difference}"));
        }
        let (our_plan, their_plan) = (&ours["Plan"], &theirs["plan_full"]);
        let (shape, their_shape) = (plan::shape(our_plan), plan::shape(their_plan));
        if shape == their_shape {
            tally.shapes += 1;
        } else {
            println!("{query}\n  ours   {shape}\n  theirs {their_shape}");
        }
        let near = |key: &str, share: f64, slack: f64| {
            let (ours, theirs) = (
                our_plan[key].as_f64().unwrap(),
                their_plan[key].as_f64().unwrap(),
            );
            let near = (ours - theirs).abs() <= (share * theirs).max(slack);
            if !near {
                println!("{query}: {key} {ours}, theirs {theirs}");
            }
            usize::from(near)
        };
        tally.costs += near("Total Cost", 0.02, 0.01);
        tally.rows += near("Plan Rows", 0.10, 1.0);
    }
}

/// What is wrong with a result.
fn result(ours: &Value, theirs: &Value, query: &str) -> Option<String> {
    let same = |key: &str| {
        (ours[key] != theirs[key]).then(|| {
            format!(
                "{key} is {} and not {}: {}",
                ours[key], theirs[key], ours["error"]
            )
        })
    };
    let check = theirs["check"].as_str().unwrap_or_default();
    match check {
        "affected" => same("affected"),
        "ordered" if !ORDER_BY_CHANCE.contains(&query) => {
            same("rows").or_else(|| same("crc_ordered"))
        }
        "ordered" | "sorted" => same("rows").or_else(|| same("crc_sorted")),
        _ => same("rows"),
    }
}
