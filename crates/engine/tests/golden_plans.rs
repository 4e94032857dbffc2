//! Plans of the golden queries under PostgreSQL's own statistics, compared with PostgreSQL's plans.
//!
//! The golden files are those of the package `tests`. `PAGEWALK_PLANS_OUT` names a file to which all plans are written;
//! `PAGEWALK_PLANS` shows the misses.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use engine::{
    catalog::{Catalog, IndexId, IndexKey, define::define},
    explain::{ExplainOptions, Measurements, explain, write_json},
    logical::{BindOptions, bind, rewrite},
    physical::{PlannerInput, PlannerSettings, plan},
    stats::{
        IndexEndpoints, Statistics, StatsKey,
        load::{LoadedColumn, LoadedRelation, load_column, load_relation},
    },
};
use parser::ast::StatementKind;
use serde_json::{Map, Value, json};
use std::{fs, path::PathBuf};

fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fidelity")
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes are small"
)]
fn load(scenario: &Value, catalog: &Catalog, columns: &str) -> Statistics {
    let mut statistics = Statistics::default();
    for relation in scenario["relations"].as_array().unwrap() {
        let number = |key: &str| relation[key].as_f64().unwrap_or(0.0);
        let loaded = LoadedRelation {
            name: text_of(&relation["name"]),
            analyzed_pages: number("relpages") as u32,
            analyzed_rows: number("reltuples"),
            all_visible_pages: number("relallvisible") as u32,
            pages: number("blocks_now") as u32,
            tree_height: relation["btree"]["level"].as_u64().unwrap_or(0) as u32,
        };
        load_relation(&mut statistics, catalog, &loaded).unwrap();
    }
    for column in scenario[columns].as_array().unwrap() {
        let texts = |key: &str| -> Vec<String> {
            column[key]
                .as_array()
                .map(|list| list.iter().map(text_of).collect())
                .unwrap_or_default()
        };
        let frequencies: Vec<f32> = column["most_common_freqs"]
            .as_array()
            .map(|list| {
                list.iter()
                    .map(|one| one.as_f64().unwrap() as f32)
                    .collect()
            })
            .unwrap_or_default();
        let loaded = LoadedColumn {
            relation: text_of(&column["tablename"]),
            column: text_of(&column["attname"]),
            null_fraction: column["null_frac"].as_f64().unwrap_or(0.0) as f32,
            avg_width: column["avg_width"].as_i64().unwrap_or(0) as i32,
            n_distinct: column["n_distinct"].as_f64().unwrap_or(0.0) as f32,
            most_common: texts("most_common_vals")
                .into_iter()
                .zip(frequencies)
                .collect(),
            histogram: texts("histogram_bounds"),
            correlation: column["correlation"].as_f64().map(|value| value as f32),
        };
        load_column(&mut statistics, catalog, &loaded).unwrap();
    }
    statistics
}

/// The ends of indexes as the data has them, known from the statistics over all rows.
struct Ends<'a> {
    catalog: &'a Catalog,
    all_rows: &'a Statistics,
}

impl IndexEndpoints for Ends<'_> {
    fn endpoint(&self, index: IndexId, largest: bool) -> Option<engine::value::Value> {
        let index = self.catalog.indexes.get(&index)?;
        let key = match index.columns.first()?.key {
            IndexKey::Column(column) => StatsKey::Column(index.table, column),
            IndexKey::Expression(_) => StatsKey::Expression(index.id, 0),
        };
        let stats = self.all_rows.columns.get(&key)?;
        let common = stats.most_common.iter().map(|(value, _)| value);
        let order = |left: &&engine::value::Value, right: &&engine::value::Value| {
            engine::value::compare(left, right)
        };
        let all = stats.histogram.iter().chain(common);
        if largest {
            all.max_by(order)
        } else {
            all.min_by(order)
        }
        .cloned()
    }
}

fn schema(text: &str) -> Catalog {
    let mut catalog = Catalog::default();
    let script = parser::parse_script(text);
    for statement in script
        .statements
        .iter()
        .filter_map(|one| one.statement.as_ref().ok())
    {
        if matches!(
            statement.kind,
            StatementKind::CreateTable(_)
                | StatementKind::CreateIndex(_)
                | StatementKind::AlterTable(_)
        ) {
            let change = define(statement, text, &catalog).unwrap();
            catalog.apply(&change);
        }
    }
    catalog
}

fn plan_of(
    sql: &str,
    catalog: &Catalog,
    statistics: &Statistics,
    ends: &Ends<'_>,
) -> Result<Value, String> {
    let statement = parser::parse_statement(sql).map_err(|error| format!("{error:?}"))?;
    let bound =
        bind(&statement, catalog, &BindOptions::default()).map_err(|error| error.to_string())?;
    let bound = rewrite(bound);
    let settings = PlannerSettings::default();
    let input = PlannerInput::new(catalog, statistics, &settings, ends);
    let planned = plan(&bound, &input).map_err(|error| error.to_string())?;
    let tree = explain(
        &planned,
        catalog,
        ExplainOptions::default(),
        Measurements::default(),
    );
    let text = write_json(&tree);
    let whole: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
    Ok(whole[0].clone())
}

fn shape(plan: &Value) -> String {
    let text = |key: &str| plan[key].as_str().unwrap_or("").to_owned();
    let mut name = text("Node Type");
    match name.as_str() {
        "Aggregate" => {
            name = match text("Strategy").as_str() {
                "Sorted" => "GroupAgg",
                "Hashed" => "HashAgg",
                _ => "Agg",
            }
            .to_owned();
        }
        "ModifyTable" => name = text("Operation"),
        "SetOp" => {
            let hash = if text("Strategy") == "Hashed" {
                "Hash"
            } else {
                ""
            };
            name = format!("{hash}SetOp{}", text("Command"));
        }
        _ => {}
    }
    let join = text("Join Type");
    if !join.is_empty() && join != "Inner" {
        name = format!("{name}/{join}");
    }
    name = name.replace(' ', "");
    let mut parts = Vec::new();
    let relation = ["Alias", "Relation Name", "CTE Name"]
        .iter()
        .map(|key| text(key))
        .find(|value| !value.is_empty());
    let kind = text("Node Type");
    if let Some(relation) = relation
        && kind != "Bitmap Index Scan"
        && kind != "ModifyTable"
    {
        parts.push(relation);
    }
    if !text("Index Name").is_empty() {
        let backward = if text("Scan Direction") == "Backward" {
            "<"
        } else {
            ""
        };
        parts.push(format!("{}{backward}", text("Index Name")));
    }
    for child in plan["Plans"].as_array().into_iter().flatten() {
        let relation = child["Parent Relationship"].as_str().unwrap_or("");
        let sub = if matches!(relation, "InitPlan" | "SubPlan") {
            "sub:"
        } else {
            ""
        };
        parts.push(format!("{sub}{}", shape(child)));
    }
    if parts.is_empty() {
        name
    } else {
        format!("{name}({})", parts.join(","))
    }
}

#[derive(Default)]
struct Score {
    queries: u32,
    shape: u32,
    cost: u32,
    rows: u32,
}

#[test]
fn plans_agree_with_the_golden_files() {
    let scenarios = scenarios();
    let show = std::env::var_os("PAGEWALK_PLANS").is_some();
    let mut files: Vec<PathBuf> = fs::read_dir(scenarios.join("golden"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let mut all = Map::new();
    let mut score = Score::default();
    for file in files {
        let scenario: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let name = file.file_stem().unwrap();
        let schema_file = scenarios.join("scenarios").join(name).join("schema.sql");
        let catalog = schema(&fs::read_to_string(schema_file).unwrap());
        let statistics = load(&scenario, &catalog, "stats");
        let all_rows = load(&scenario, &catalog, "stats_full");
        let ends = Ends {
            catalog: &catalog,
            all_rows: &all_rows,
        };
        for (name, query) in scenario["queries"].as_object().unwrap() {
            let golden = &query["plan"];
            score.queries += 1;
            match plan_of(query["sql"].as_str().unwrap(), &catalog, &statistics, &ends) {
                Ok(ours) => {
                    let plan = &ours["Plan"];
                    let number = |plan: &Value, key: &str| plan[key].as_f64().unwrap_or(0.0);
                    let ratio = |key: &str, least: f64| {
                        number(plan, key).max(least) / number(golden, key).max(least)
                    };
                    let same_shape = shape(plan) == shape(golden);
                    let cost = (ratio("Total Cost", 0.01) - 1.0).abs() <= 0.02;
                    let rows = (ratio("Plan Rows", 1.0) - 1.0).abs() <= 0.1
                        || (number(plan, "Plan Rows") - number(golden, "Plan Rows")).abs() <= 1.0;
                    score.shape += u32::from(same_shape);
                    score.cost += u32::from(cost);
                    score.rows += u32::from(rows);
                    if show && !(same_shape && cost && rows) {
                        println!(
                            "{name}: cost x{:.4} rows x{:.3}\n  ours   {}\n  theirs {}",
                            ratio("Total Cost", 0.01),
                            ratio("Plan Rows", 1.0),
                            shape(plan),
                            shape(golden)
                        );
                    }
                    all.insert(name.clone(), json!([ours]));
                }
                Err(error) => {
                    if show {
                        println!("{name}: {error}");
                    }
                }
            }
        }
    }
    println!(
        "{} queries: shape {}, cost {}, rows {}",
        score.queries, score.shape, score.cost, score.rows
    );
    assert!(score.queries > 0, "nothing was compared");
    let least = score.queries * 98 / 100;
    assert!(
        score.shape >= least && score.cost >= least && score.rows >= least,
        "fewer plans agree with PostgreSQL's than before"
    );
    if let Some(out) = std::env::var_os("PAGEWALK_PLANS_OUT") {
        fs::write(out, serde_json::to_string(&Value::Object(all)).unwrap()).unwrap();
    }
}
