//! Unfolded costs: for every node of every golden query the lines add up to the cost that EXPLAIN prints.
//!
//! The scenarios are not part of the project: they are looked for beside it (`../shared/fidelity`) or where `PAGEWALK_FIDELITY`
//! says.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test program tells what it did and stops at its own mistakes"
)]

use cli::{
    answers,
    statistics::{self, Ends},
};
use engine::{
    catalog::{Catalog, define::define},
    logical::{BindOptions, bind, rewrite},
    parser::{ast::StatementKind, parse_script, parse_statement},
    physical::{
        KeepCosts, PhysicalPlan, PlanNode, PlannerInput, PlannerSettings,
        cost::{CostFactor, CostLine},
        plan,
    },
};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

#[test]
fn the_lines_of_each_cost_add_up_to_it() {
    let Some(folder) = folder() else {
        println!("no fidelity scenarios here: nothing unfolded");
        return;
    };
    let mut seen = Seen::default();
    for entry in fs::read_dir(folder.join("scenarios")).unwrap() {
        let scenario = entry.unwrap();
        let name = scenario.file_name().into_string().unwrap();
        let golden =
            fs::read_to_string(folder.join("golden").join(format!("{name}.json"))).unwrap();
        let golden: Value = serde_json::from_str(&golden).unwrap();
        let schema = fs::read_to_string(scenario.path().join("schema.sql")).unwrap();
        let queries = fs::read_to_string(scenario.path().join("queries.sql")).unwrap();
        let catalog = catalog_of(&schema);
        let statistics = statistics::read(&golden, "stats_full", &catalog).unwrap();
        let ends = Ends::new(&statistics, &catalog);
        let settings = PlannerSettings::default();
        for (query, sql) in answers::queries(&queries) {
            let parsed = parse_statement(sql).unwrap();
            let bound = bind(&parsed, &catalog, &BindOptions::default()).unwrap();
            let bound = rewrite(bound);
            let mut input = PlannerInput::new(&catalog, &statistics, &settings, &ends);
            let lean = plan(&bound, &input).unwrap();
            input.keep_costs = KeepCosts::Yes;
            let plan = plan(&bound, &input).unwrap();
            assert_eq!(
                costs(&lean),
                costs(&plan),
                "{query}: keeping costs changed the plan"
            );
            for node in nodes(&plan) {
                check(query, node, &settings, &mut seen);
            }
        }
    }
    println!(
        "{} nodes, {} of them to the last bit; {} lines",
        seen.nodes, seen.exact, seen.lines
    );
    assert!(seen.wrong.is_empty(), "{}", seen.wrong.join("\n"));
    assert!(seen.nodes > 500, "where are the queries?");
}

#[derive(Default)]
struct Seen {
    nodes: usize,
    exact: usize,
    lines: usize,
    wrong: Vec<String>,
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-12 * left.abs().max(right.abs())
}

fn check(query: &str, node: &PlanNode, settings: &PlannerSettings, seen: &mut Seen) {
    let kind = format!("{:?}", node.kind);
    let kind = kind.split([' ', '(']).next().unwrap().to_owned();
    let Some(basis) = &node.basis else {
        seen.wrong.push(format!("{query}: {kind} has no basis"));
        return;
    };
    let tree = basis.unfold(settings);
    let sum = tree.sum();
    seen.nodes += 1;
    seen.exact += usize::from(
        sum.startup.to_bits() == node.cost.startup.to_bits()
            && sum.total.to_bits() == node.cost.total.to_bits(),
    );
    if !near(sum.startup, node.cost.startup) || !near(sum.total, node.cost.total) {
        seen.wrong.push(format!(
            "{query}: {kind} costs {:?}, its lines add up to {sum:?}",
            node.cost
        ));
    }
    for line in &tree.lines {
        check_line(query, line, seen);
    }
}

fn check_line(query: &str, line: &CostLine, seen: &mut Seen) {
    seen.lines += 1;
    let product: f64 = line.factors.iter().map(|one| one.factor.value).product();
    if !near(product, line.value) {
        seen.wrong.push(format!(
            "{query}: {} is {}, the product of its factors {product}",
            line.name, line.value
        ));
    }
    for factor in &line.factors {
        check_parts(query, factor, seen);
    }
}

/// Parts that are not explained by a formula add up to the factor.
fn check_parts(query: &str, factor: &CostFactor, seen: &mut Seen) {
    if factor.parts.is_empty() || !factor.how.is_empty() {
        return;
    }
    let sum: f64 = factor.parts.iter().map(|part| part.value).sum();
    if !near(sum, factor.factor.value) {
        seen.wrong.push(format!(
            "{query}: {} is {}, its parts add up to {sum}",
            factor.factor.name, factor.factor.value
        ));
    }
    for part in &factor.parts {
        check_line(query, part, seen);
    }
}

fn nodes(plan: &PhysicalPlan) -> Vec<&PlanNode> {
    let mut waiting: Vec<&PlanNode> = vec![&plan.root];
    waiting.extend(plan.subplans.iter().map(|subplan| &subplan.plan));
    let mut found = Vec::new();
    while let Some(node) = waiting.pop() {
        found.push(node);
        waiting.extend(&node.children);
    }
    found
}

fn costs(plan: &PhysicalPlan) -> Vec<(u64, u64)> {
    nodes(plan)
        .iter()
        .map(|node| (node.cost.startup.to_bits(), node.cost.total.to_bits()))
        .collect()
}

fn catalog_of(schema: &str) -> Catalog {
    let mut catalog = Catalog::default();
    for parsed in parse_script(schema).statements {
        let statement = parsed.statement.unwrap();
        let is_definition = matches!(
            statement.kind,
            StatementKind::CreateTable(_)
                | StatementKind::CreateIndex(_)
                | StatementKind::CreateView(_)
        );
        if is_definition {
            let change = define(&statement, schema, &catalog).unwrap();
            catalog.apply(&change);
        }
    }
    catalog
}

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fidelity");
    let folder = env::var_os("PAGEWALK_FIDELITY").map_or(beside, PathBuf::from);
    folder.join("golden").is_dir().then_some(folder)
}
