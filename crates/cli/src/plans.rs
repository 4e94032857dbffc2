//! `pagewalk plans`: plan many queries, from statistics alone or with data of our own.
//!
//! Why also without rows: the planner is a pure function of catalog, statistics and settings, so it can be compared with
//! PostgreSQL's answers query by query, and tables of any size can be planned for.

use cli::{
    answers,
    statistics::{self, Ends},
};
use engine::{
    Error, ErrorCode,
    catalog::{Catalog, define::define},
    explain::{ExplainOptions, Measurements, explain, write_json},
    logical::{BindOptions, bind, rewrite},
    parser::{ast::StatementKind, parse_script, parse_statement},
    physical::{PlannerInput, PlannerSettings, plan},
    stats::Statistics,
};
use serde_json::{Map, Value};
use std::fs;

/// Runs the command.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || {
            rest.next()
                .cloned()
                .ok_or_else(|| format!("{argument} wants a file"))
        };
        match argument.as_str() {
            "--schema" => options.schema = value()?,
            "--queries" => options.queries = value()?,
            "--stats" => options.stats = value()?,
            "-o" => options.out = Some(value()?),
            "--relations" => options.relations = Some(value()?),
            "--full" => options.columns = "stats_full",
            other => return Err(format!("unknown argument {other}")),
        }
    }
    let queries = read(&options.queries)?;
    let answers = if options.stats.is_empty() {
        with_rows(&options, &queries)?
    } else {
        without_rows(&options, &queries)?
    };
    write(options.out.as_deref(), &answers.into())
}

/// Plans and runs.
fn with_rows(options: &Options, queries: &str) -> Result<Map<String, Value>, String> {
    let mut database = answers::load(&read(&options.schema)?)?;
    let mut answers = Map::new();
    for (name, sql) in answers::queries(queries) {
        match answers::answer(&mut database, sql) {
            Ok(answer) => {
                if let Some(error) = answer.get("error") {
                    eprintln!("{name}: {error}");
                }
                answers.insert(name.to_owned(), answer);
            }
            Err(message) => eprintln!("{name}: {message}"),
        }
    }
    if let Some(path) = &options.relations {
        write(Some(path), &answers::relations(&database))?;
    }
    Ok(answers)
}

/// Plans from what PostgreSQL knew.
fn without_rows(options: &Options, queries: &str) -> Result<Map<String, Value>, String> {
    let catalog = catalog_of(&read(&options.schema)?)?;
    let golden: Value = serde_json::from_str(&read(&options.stats)?).map_err(|e| e.to_string())?;
    let statistics = statistics::read(&golden, options.columns, &catalog)?;
    let every_row = statistics::read(&golden, "stats_full", &catalog)?;
    let ends = Ends::new(&every_row, &catalog);
    let mut answers = Map::new();
    for (name, sql) in answers::queries(queries) {
        match plan_query(sql, &catalog, &statistics, &ends) {
            Ok(answer) => {
                answers.insert(name.to_owned(), answer);
            }
            Err(error) => eprintln!("{name}: {} ({})", error.message, error.code.sqlstate()),
        }
    }
    Ok(answers)
}

fn write(path: Option<&str>, value: &Value) -> Result<(), String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    match path {
        Some(path) => fs::write(path, text).map_err(|error| format!("{path}: {error}")),
        None => {
            println!("{text}");
            Ok(())
        }
    }
}

struct Options {
    schema: String,
    queries: String,
    stats: String,
    columns: &'static str,
    out: Option<String>,
    relations: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            schema: String::new(),
            queries: String::new(),
            stats: String::new(),
            columns: "stats",
            out: None,
            relations: None,
        }
    }
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

/// Executes the definitions of a script; statements about rows are passed over.
fn catalog_of(schema: &str) -> Result<Catalog, String> {
    let mut catalog = Catalog::default();
    for parsed in parse_script(schema).statements {
        let statement = parsed.statement.map_err(|error| error.to_string())?;
        let is_definition = matches!(
            statement.kind,
            StatementKind::CreateTable(_)
                | StatementKind::CreateIndex(_)
                | StatementKind::CreateView(_)
                | StatementKind::CreateStatistics(_)
                | StatementKind::AlterTable(_)
                | StatementKind::AlterIndex(_)
                | StatementKind::Drop(_)
        );
        if is_definition {
            let change = define(&statement, schema, &catalog).map_err(|error| error.message)?;
            catalog.apply(&change);
        }
    }
    Ok(catalog)
}

fn plan_query(
    sql: &str,
    catalog: &Catalog,
    statistics: &Statistics,
    ends: &Ends,
) -> Result<Value, Error> {
    let statement = parse_statement(sql)
        .map_err(|error| Error::new(ErrorCode::SyntaxError, error.to_string()))?;
    let bound = bind(&statement, catalog, &BindOptions::default())?;
    let settings = PlannerSettings::default();
    let input = PlannerInput::new(catalog, statistics, &settings, ends);
    let planned = plan(&rewrite(bound), &input)?;
    let tree = explain(
        &planned,
        catalog,
        ExplainOptions::default(),
        Measurements::default(),
    );
    Ok(serde_json::from_str(&write_json(&tree)).unwrap_or(Value::Null))
}
