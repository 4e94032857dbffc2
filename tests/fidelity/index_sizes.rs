//! Sizes of indexes as predicted from statistics, beside those that were built; and what the difference does to plans' costs.

use engine::{
    catalog::IndexState,
    database::Database,
    logical::{BindOptions, bind, rewrite},
    physical::{PlannerInput, PlannerSettings, plan},
    stats::{NoEndpoints, Statistics},
};

/// Sums of relative errors.
#[derive(Default)]
pub struct Errors {
    pub indexes: usize,
    pub pages: f64,
    pub heights: usize,
    pub queries: usize,
    pub cost: f64,
}

/// Compares every index of a scenario that was built in one go; `grown` are those that were not.
pub fn compare(database: &Database, scenario: &str, grown: &[&str], errors: &mut Errors) {
    for (id, index) in &database.catalog().indexes {
        if index.state != IndexState::Real || grown.iter().any(|part| index.name.starts_with(part))
        {
            continue;
        }
        let built = &database.statistics().indexes[id];
        let Some(predicted) = database.predicted_index_size(*id) else {
            continue;
        };
        let error = (f64::from(predicted.pages) - f64::from(built.pages)).abs()
            / f64::from(built.pages.max(1));
        errors.indexes += 1;
        errors.pages += error;
        errors.heights += usize::from(predicted.tree_height == built.tree_height);
        if error > 0.05 || predicted.tree_height != built.tree_height {
            println!(
                "{scenario} {}: {} pages predicted, {} built; height {} and {}",
                index.name, predicted.pages, built.pages, predicted.tree_height, built.tree_height
            );
        }
    }
}

/// The costs of a query with the sizes that indexes have, and with those that were predicted.
pub fn compare_costs(database: &Database, sql: &str, errors: &mut Errors) {
    let built = database.statistics();
    let mut predicted = built.clone();
    for &id in built.indexes.keys() {
        if let Some(found) = database.predicted_index_size(id) {
            predicted.indexes.insert(id, found);
        }
    }
    if let (Some(real), Some(guess)) = (cost(database, built, sql), cost(database, &predicted, sql))
        && real > 0.0
    {
        errors.queries += 1;
        errors.cost += (guess - real).abs() / real;
    }
}

fn cost(database: &Database, statistics: &Statistics, sql: &str) -> Option<f64> {
    let statement = engine::parser::parse_statement(sql).ok()?;
    let catalog = database.catalog();
    let bound = bind(&statement, catalog, &BindOptions::default()).ok()?;
    let bound = rewrite(bound);
    let settings = PlannerSettings::default();
    let input = PlannerInput::new(catalog, statistics, &settings, &NoEndpoints);
    Some(plan(&bound, &input).ok()?.root.cost.total)
}
