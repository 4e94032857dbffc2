//! The answers of a question's file: the engine asked as the page asks it, and its words put into lines.
//!
//! It decides nothing and computes nothing but totals for reading.

use engine::{
    database::{Database, DatabaseOptions, PlannedStatement, RunEvent, RunOptions},
    explain::{ExplainNode, ExplainOptions, ExplainTree, Measurements, explain, write_text},
    explore::{Dial, DialUnit, Knob},
    physical::{
        Considered, KeepConsidered, NodeId, VerdictCause,
        cost::{CostFactor, CostLine, Phase},
    },
    value::{DataType, Value, to_text},
};
use std::fmt::Write as _;

/// Candidates shown for one relation or one set of joined relations.
const SHOWN: usize = 5;

/// What a section asks, by the words before its query.
enum Asked<'a> {
    /// Plan, indexes, candidates.
    Everything(&'a str),
    /// `PLAN OF`: the plan alone.
    Plan(&'a str),
    /// `INDEXES OF`: the plan and what became of each index that has to do with the query.
    Indexes(&'a str),
    /// `EVERY INDEX OF`: the same for all of them.
    EveryIndex(&'a str),
    /// `JOINS OF`: the plan and the candidates for each set of joined relations.
    Joins(&'a str),
    /// `WHAT IF definition FOR`.
    WhatIf(&'a str, &'a str),
    /// `CANDIDATES FOR`: indexes that would help.
    Candidates(&'a str),
    /// `ORDERS table (a, b) FOR one | another`: all orders of some columns.
    Orders(&'a str, &'a str),
    /// `FLIPS OF node FOR`: what would change the plan, for the tables below the first node with that title.
    Flips(&'a str, &'a str),
    /// `COST OF node FOR`: its cost, line by line.
    Cost(&'a str, &'a str),
}

impl<'a> Asked<'a> {
    fn parse(text: &'a str) -> Self {
        let two = |verb: &str| {
            let rest = text.strip_prefix(verb)?.trim_start();
            let (first, second) = rest.split_once(" FOR ").or(rest.split_once(" FOR\n"))?;
            Some((first.trim(), second.trim()))
        };
        let one = |verb: &str| text.strip_prefix(verb).map(str::trim);
        if let Some((definition, query)) = two("WHAT IF ") {
            Self::WhatIf(definition, query)
        } else if let Some((table, queries)) = two("ORDERS ") {
            Self::Orders(table, queries)
        } else if let Some((node, query)) = two("FLIPS OF ") {
            Self::Flips(node, query)
        } else if let Some((node, query)) = two("COST OF ") {
            Self::Cost(node, query)
        } else if let Some(query) = one("CANDIDATES FOR") {
            Self::Candidates(query)
        } else if let Some(query) = one("PLAN OF") {
            Self::Plan(query)
        } else if let Some(query) = one("INDEXES OF") {
            Self::Indexes(query)
        } else if let Some(query) = one("EVERY INDEX OF") {
            Self::EveryIndex(query)
        } else if let Some(query) = one("JOINS OF") {
            Self::Joins(query)
        } else {
            Self::Everything(text)
        }
    }
}

/// The file with all answers as they are now. Sections begin with `## `: the first is the question and its tables, the others
/// are queries, whose answer follows a line `----`.
pub fn answer(text: &str) -> String {
    let mut database = Database::new(DatabaseOptions::default());
    let mut out = String::new();
    for (position, section) in text.split("\n## ").enumerate() {
        let asked = section
            .split("\n----\n")
            .next()
            .unwrap_or_default()
            .trim_end();
        if position == 0 {
            run(&mut database, asked.split_once('\n').unwrap().1);
            writeln!(out, "{asked}").unwrap();
            continue;
        }
        let (title, sql) = asked.split_once('\n').unwrap_or((asked, ""));
        let statements: Vec<&str> = sql
            .split(';')
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .collect();
        let (query, before) = statements.split_last().unwrap();
        for statement in before {
            run(&mut database, statement);
        }
        let described = described(&mut database, query);
        let sql = sql.trim_end();
        write!(out, "\n## {title}\n{sql}\n----\n{described}").unwrap();
    }
    out
}

fn run(database: &mut Database, script: &str) {
    let mut run = database.start(script, RunOptions::default());
    loop {
        match database.step(&mut run, u64::MAX) {
            RunEvent::Finished => return,
            RunEvent::Failed(error) => panic!("{error}\n{script}"),
            _ => {}
        }
    }
}

fn described(database: &mut Database, asked: &str) -> String {
    match Asked::parse(asked) {
        Asked::Everything(query) => planned(database, query, |database, planned, out| {
            indexes(database, planned, query, false, out);
            considered(planned, |_| true, out);
        }),
        Asked::Plan(query) => planned(database, query, |_, _, _| {}),
        Asked::Indexes(query) => planned(database, query, |database, planned, out| {
            indexes(database, planned, query, false, out);
        }),
        Asked::EveryIndex(query) => planned(database, query, |database, planned, out| {
            indexes(database, planned, query, true, out);
        }),
        Asked::Joins(query) => planned(database, query, |_, planned, out| {
            considered(planned, |one| one.rels.len() > 1, out);
        }),
        Asked::WhatIf(definition, query) => what_if(database, definition, query),
        Asked::Candidates(query) => candidates(database, query),
        Asked::Orders(table, queries) => orders(database, table, queries),
        Asked::Flips(node, query) => flips(database, node, query),
        Asked::Cost(node, query) => cost(database, node, query),
    }
}

fn planned(
    database: &mut Database,
    query: &str,
    more: impl Fn(&Database, &PlannedStatement, &mut String),
) -> String {
    let found = database.plan_at(query, 0, KeepConsidered::Yes);
    if let Some(mistake) = found.diagnostics.first() {
        return format!("{}\n", mistake.error);
    }
    let planned = found.planned.unwrap();
    let mut out = plan_text(database, &planned);
    more(database, &planned, &mut out);
    out
}

fn plan_text(database: &Database, planned: &PlannedStatement) -> String {
    write_text(&tree(database, planned)).join("\n") + "\n"
}

fn tree(database: &Database, planned: &PlannedStatement) -> ExplainTree {
    explain(
        &planned.plan,
        database.catalog(),
        ExplainOptions::default(),
        Measurements::default(),
    )
}

fn indexes(
    database: &Database,
    planned: &PlannedStatement,
    query: &str,
    every: bool,
    out: &mut String,
) {
    out.push_str("\nIndexes\n");
    for verdict in &planned.plan.verdicts {
        let index = &database.catalog().indexes[&verdict.index];
        let unrelated = verdict.cause == VerdictCause::Unrelated
            || verdict.cause == VerdictCause::Predicate && verdict.span.is_none();
        if unrelated && !every {
            continue;
        }
        writeln!(out, "  {}: {}.", index.name, verdict.reason).unwrap();
        if let Some(span) = verdict.span {
            writeln!(out, "    at {}", &query[span.range()]).unwrap();
        }
    }
}

fn considered(planned: &PlannedStatement, wanted: impl Fn(&Considered) -> bool, out: &mut String) {
    out.push_str("\nConsidered\n");
    let names = |one: &Considered| {
        let names = one.rels.iter().map(|rel| {
            let entry = &planned.plan.range_table[rel.0 as usize];
            entry.alias.to_string()
        });
        names.collect::<Vec<_>>().join(", ")
    };
    let mut sets: Vec<String> = Vec::new();
    for candidate in planned.plan.considered.iter().filter(|one| wanted(one)) {
        let set = names(candidate);
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    for set in sets {
        let whole = if set.is_empty() { "the whole" } else { &set };
        writeln!(out, "  for {whole}").unwrap();
        let mut of_set: Vec<&Considered> = planned
            .plan
            .considered
            .iter()
            .filter(|one| wanted(one) && names(one) == set)
            .collect();
        let left_out = of_set.len().saturating_sub(SHOWN);
        // The chosen one stands first, the others by their cost.
        let total = |one: &Considered| one.cost.map_or(f64::INFINITY, |cost| cost.total);
        of_set.sort_by(|a, b| {
            let by_choice = b.chosen.cmp(&a.chosen);
            by_choice.then(total(a).total_cmp(&total(b)))
        });
        for candidate in of_set.into_iter().take(SHOWN) {
            let cost = candidate.cost.map_or(String::new(), |cost| {
                format!(" {:.2}..{:.2}", cost.startup, cost.total)
            });
            let order = if candidate.order.is_empty() {
                String::new()
            } else {
                format!(", sorted by {}", candidate.order)
            };
            let rows = candidate.rows.unwrap_or_default();
            let (title, reason) = (&candidate.title, &candidate.reason);
            writeln!(out, "    {title}{cost} rows={rows:.0}{order}: {reason}.").unwrap();
        }
        if left_out > 0 {
            writeln!(out, "    and {left_out} more").unwrap();
        }
    }
}

fn what_if(database: &mut Database, definition: &str, query: &str) -> String {
    let found = match database.what_if(query, 0, definition) {
        Ok(found) => found,
        Err(error) => return format!("{error}\n"),
    };
    let before = found.before.unwrap().plan.root.cost.total;
    let after = found.after.unwrap().plan.root.cost.total;
    let (pages, levels, entries) = (
        found.size.pages,
        found.size.tree_height + 1,
        found.size.analyzed_rows,
    );
    let reason = found
        .verdict
        .map_or_else(String::new, |verdict| verdict.reason);
    let price = found.write_price;
    format!(
        "{}: predicted {pages} pages, height {levels}, {entries} entries\ncost {before:.2} now, {after:.2} with it\n{reason}.\neach row written reads {:.1} pages and dirties {:.2}\n",
        found.name, price.pages_read, price.pages_dirtied,
    )
}

fn candidates(database: &mut Database, query: &str) -> String {
    let mut search = database.search_candidates(query, 0).unwrap().unwrap();
    while database.step_candidates(&mut search, 1).unwrap() {}
    let present = search.present().unwrap().total;
    let mut out = format!(
        "cost {present:.2} now, {} indexes tried\n",
        search.progress().0
    );
    for one in database.candidates_found(&search) {
        let (cost, pages, price) = (
            one.cost.total,
            one.size.pages,
            one.write_price.pages_dirtied,
        );
        writeln!(
            out,
            "  {cost:.2}, {pages} pages, {price:.2} dirtied a row, {}: {}",
            one.kind, one.statement
        )
        .unwrap();
    }
    out
}

fn orders(database: &mut Database, table: &str, queries: &str) -> String {
    let (table, columns) = table.split_once('(').unwrap();
    let columns: Vec<&str> = columns
        .trim_end_matches(')')
        .split(',')
        .map(str::trim)
        .collect();
    let queries: Vec<&str> = queries.split(" | ").map(str::trim).collect();
    let mut search = database
        .search_orders(table.trim(), &columns, &queries)
        .unwrap();
    while database.step_candidates(&mut search, 1).unwrap() {}
    let matrix = database.orders_found(&search);
    let mut out = String::new();
    for (at, query) in queries.iter().enumerate() {
        writeln!(out, "  {}: {query}", at + 1).unwrap();
    }
    let cell = |cost: f64, used: bool| format!("{cost:>10.2}{}", if used { '*' } else { ' ' });
    let line = |name: &str, costs: &[f64], used: &[bool], pages: &str| {
        let cells: String = costs
            .iter()
            .enumerate()
            .map(|(at, cost)| cell(*cost, used.get(at) == Some(&true)))
            .collect();
        let sum: f64 = costs.iter().sum();
        format!("{name:<36}{cells}{sum:>11.2} {pages:>6}\n")
    };
    let heads: String = (1..=queries.len()).map(|at| format!("{at:>10} ")).collect();
    out.push_str(&format!(
        "{:<36}{heads}{:>11} {:>6}\n",
        "* = read", "sum", "pages"
    ));
    out.push_str(&line("as things are", &matrix.present, &[], ""));
    for row in &matrix.rows {
        let pages = row.size.pages.to_string();
        out.push_str(&line(&row.key, &row.costs, &row.used, &pages));
    }
    out
}

/// The number of the first node whose line of EXPLAIN begins so.
fn node(database: &mut Database, title: &str, query: &str) -> NodeId {
    fn find(node: &ExplainNode, title: &str) -> Option<NodeId> {
        if node.title.starts_with(title) {
            return Some(node.id);
        }
        node.children.iter().find_map(|child| find(child, title))
    }
    let found = database.plan_at(query, 0, KeepConsidered::No);
    let planned = found.planned.unwrap();
    find(&tree(database, &planned).root, title).unwrap()
}

fn flips(database: &mut Database, title: &str, query: &str) -> String {
    let node = node(database, title, query);
    let found = database.flips_at(query, 0, node, &|| false).unwrap();
    let mut out = String::new();
    let mut without = Vec::new();
    for one in &found {
        assert!(one.complete, "nothing said that it is enough");
        if one.flips.is_empty() {
            without.push(one.dial.name.clone());
            continue;
        }
        writeln!(
            out,
            "{}, now {}",
            one.dial.name,
            amount(&one.dial, one.dial.now)
        )
        .unwrap();
        for flip in &one.flips {
            let at = amount(&one.dial, flip.value);
            let (before, after, cost) = (&flip.before, &flip.after, flip.cost);
            writeln!(out, "  {at}: {before} -> {after}, cost {cost:.2}").unwrap();
        }
    }
    writeln!(out, "never: {}", without.join("; ")).unwrap();
    out
}

/// Three digits of a dial's number: where exactly a plan changes is found to a thousandth.
fn amount(dial: &Dial, value: f64) -> String {
    match dial.unit {
        DialUnit::Fraction if matches!(dial.knob, Knob::Correlation(_)) => format!("{value:.4}"),
        DialUnit::Fraction => format!("{:.4} %", 100.0 * value),
        DialUnit::Bytes => format!("{:.0} kB", value / 1024.0),
        DialUnit::Rows => format!("{value:.0} rows"),
        DialUnit::Date => to_text(&Value::Date(value as i32), DataType::Date),
        DialUnit::Number | DialUnit::Cost | DialUnit::Timestamp => {
            let text = format!("{value:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

fn cost(database: &mut Database, title: &str, query: &str) -> String {
    let node = node(database, title, query);
    let found = database.unfold_at(query, 0, node).unwrap().unwrap();
    let tree = &found.tree;
    let mut out = format!(
        "{:.2}..{:.2} by {}\n",
        tree.cost.startup, tree.cost.total, tree.source
    );
    let phases = [
        (Phase::Startup, "before the first row"),
        (Phase::Run, "from the first row to the last"),
    ];
    for (phase, words) in phases {
        let lines: Vec<&CostLine> = tree
            .lines
            .iter()
            .filter(|line| line.phase == phase)
            .collect();
        if lines.is_empty() {
            continue;
        }
        writeln!(out, "{words}").unwrap();
        for line in lines {
            cost_line(line, 1, &mut out);
        }
    }
    out
}

fn cost_line(line: &CostLine, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let factors: Vec<String> = line.factors.iter().map(factor).collect();
    if line.name.is_empty() {
        // What a factor was worked out from, as its words say.
        writeln!(out, "{indent}with {}", factors.join(", ")).unwrap();
    } else {
        let product = factors.join(" * ");
        writeln!(out, "{indent}{:.4} {} = {product}", line.value, line.name).unwrap();
    }
    for factor in &line.factors {
        if !factor.how.is_empty() {
            writeln!(out, "{indent}  {}: {}", factor.factor.name, factor.how).unwrap();
        }
        for part in &factor.parts {
            cost_line(part, depth + 2, out);
        }
    }
}

fn factor(factor: &CostFactor) -> String {
    let text = format!("{:.4}", factor.factor.value);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{} {text}", factor.factor.name)
}
