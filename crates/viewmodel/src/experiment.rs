//! An experiment as a link: everything that makes the same tables, indexes, plan and counters again, in the URL's fragment.
//!
//! The form is that of a query string (`#rows=1000000&do=CREATE+INDEX…&q=SELECT…`), so that an author can write one by hand.
//! It is not compressed: short experiments stay readable, and browsers keep fragments of many kilobytes.

use crate::planner_settings::{FIELDS, SWITCHES};
use crate::sample::{self, Organization};

/// A whole experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experiment {
    /// Rows of the sample; `None` = start empty, `statements` make everything.
    pub rows: Option<u32>,
    /// Where the sample's rows lie.
    pub organization: Organization,
    /// Statements that were run after the sample was made, in order: indexes, settings, changes of data.
    pub statements: Vec<String>,
    /// The editor's text.
    pub query: String,
    /// Tab that is open, by its key.
    pub tab: String,
}

impl Default for Experiment {
    fn default() -> Self {
        Self {
            rows: Some(sample::DEFAULT_ROWS),
            organization: Organization::default(),
            statements: Vec::new(),
            query: sample::DEFAULT_QUERY.to_owned(),
            tab: "plan".to_owned(),
        }
    }
}

impl Experiment {
    /// The fragment, without `#`.
    #[must_use]
    pub fn to_fragment(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.append_pair("rows", &self.rows.unwrap_or(0).to_string());
        if self.organization != Organization::default() {
            pairs.append_pair("tables", self.organization.name());
        }
        for statement in &self.statements {
            pairs.append_pair("do", statement);
        }
        pairs.append_pair("q", &self.query);
        if self.tab != "plan" {
            pairs.append_pair("tab", &self.tab);
        }
        pairs.finish()
    }

    /// Reads a fragment; what is missing or unreadable keeps its default, unknown names are ignored.
    #[must_use]
    pub fn from_fragment(fragment: &str) -> Self {
        let mut experiment = Self::default();
        for (name, value) in form_urlencoded::parse(fragment.trim_start_matches('#').as_bytes()) {
            match &*name {
                "rows" => {
                    if let Ok(rows) = value.parse::<u32>() {
                        experiment.rows = (rows > 0).then(|| sample::clamp_rows(rows));
                    }
                }
                "tables" => {
                    experiment.organization = Organization::from_name(&value).unwrap_or_default();
                }
                "do" => experiment.statements.push(value.into_owned()),
                "q" | "query" => experiment.query = value.into_owned(),
                "tab" => experiment.tab = value.into_owned(),
                _ => {}
            }
        }
        experiment
    }

    /// The script that brings an empty database to this experiment's state (the query itself is not run).
    #[must_use]
    pub fn script(&self) -> String {
        let mut script = self
            .rows
            .map(|rows| sample::script(rows, self.organization))
            .unwrap_or_default();
        for statement in &self.statements {
            script.push_str(statement.trim_end().trim_end_matches(';'));
            script.push_str(";\n");
        }
        script
    }

    /// Keeps a statement that changed something. A `DROP INDEX` that undoes an earlier `CREATE INDEX` removes both, so that links stay short.
    pub fn remember(&mut self, statement: &str) {
        let statement = statement.trim().trim_end_matches(';').trim_end();
        if let Some(dropped) = dropped_index(statement)
            && let Some(position) = self
                .statements
                .iter()
                .rposition(|earlier| created_index(earlier) == Some(dropped))
        {
            self.statements.remove(position);
            self.statements
                .retain(|earlier| altered_index(earlier).is_none_or(|(name, _)| name != dropped));
            return;
        }
        if let Some((name, hidden)) = hidden_index(statement) {
            let before = self.statements.len();
            self.statements
                .retain(|earlier| hidden_index(earlier).is_none_or(|(other, _)| other != name));
            // Hidden and shown again: nothing happened.
            if !hidden && self.statements.len() < before {
                return;
            }
        }
        if let Some((name, is_set)) = free_setting(statement) {
            self.statements
                .retain(|earlier| free_setting(earlier).is_none_or(|(other, _)| other != name));
            if !is_set {
                return;
            }
        }
        if !statement.is_empty() {
            self.statements.push(statement.to_owned());
        }
    }
}

/// The setting that `SET name …` or `RESET name` is about, and whether it sets, if the setting changes nothing that is stored: of those
/// only the last counts.
fn free_setting(statement: &str) -> Option<(&'static str, bool)> {
    let rest = words(statement);
    let (verb, name) = (rest.first()?, rest.get(1)?.trim_end_matches('='));
    let is_set = verb.eq_ignore_ascii_case("set");
    if !is_set && !verb.eq_ignore_ascii_case("reset") {
        return None;
    }
    let switches = SWITCHES.iter().map(|switch| switch.setting);
    let fields = FIELDS.iter().map(|field| field.setting);
    let planner = switches
        .chain(fields)
        .filter(|&name| name != STATISTICS_TARGET);
    ["shared_buffers", "storage_device"]
        .into_iter()
        .chain(planner)
        .find(|setting| name.eq_ignore_ascii_case(setting))
        .map(|setting| (setting, is_set))
}

/// The planner's setting that counts for ANALYZE, when it is run.
const STATISTICS_TARGET: &str = "default_statistics_target";

fn words(statement: &str) -> Vec<&str> {
    statement.split_ascii_whitespace().collect()
}

/// The name of `ALTER INDEX name …`, and what follows it.
fn altered_index(statement: &str) -> Option<(&str, String)> {
    match words(statement).as_slice() {
        [alter, index, name, rest @ ..]
            if alter.eq_ignore_ascii_case("alter") && index.eq_ignore_ascii_case("index") =>
        {
            Some((name, rest.concat().to_ascii_lowercase()))
        }
        _ => None,
    }
}

/// The name of `ALTER INDEX name SET (hidden = …)`, and whether it hides.
fn hidden_index(statement: &str) -> Option<(&str, bool)> {
    let (name, rest) = altered_index(statement)?;
    match rest.as_str() {
        "set(hidden=true)" => Some((name, true)),
        "set(hidden=false)" => Some((name, false)),
        _ => None,
    }
}

fn dropped_index(statement: &str) -> Option<&str> {
    match words(statement).as_slice() {
        [drop, index, name]
            if drop.eq_ignore_ascii_case("drop") && index.eq_ignore_ascii_case("index") =>
        {
            Some(name)
        }
        _ => None,
    }
}

fn created_index(statement: &str) -> Option<&str> {
    let words = words(statement);
    let rest = match words.as_slice() {
        [create, index, rest @ ..]
            if create.eq_ignore_ascii_case("create") && index.eq_ignore_ascii_case("index") =>
        {
            rest
        }
        [create, unique, index, rest @ ..]
            if create.eq_ignore_ascii_case("create")
                && unique.eq_ignore_ascii_case("unique")
                && index.eq_ignore_ascii_case("index") =>
        {
            rest
        }
        _ => return None,
    };
    match rest {
        [name, on, ..] if on.eq_ignore_ascii_case("on") => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_gives_the_experiment_back() {
        let experiment = Experiment {
            rows: Some(10_000),
            organization: Organization::Clustered,
            statements: vec![
                "CREATE INDEX a ON orders (amount) WHERE status = 'open & shut'".to_owned(),
                "SET work_mem = '1MB'".to_owned(),
            ],
            query: "SELECT 'ä+b' -- #1\n".to_owned(),
            tab: "results".to_owned(),
        };
        assert_eq!(
            Experiment::from_fragment(&experiment.to_fragment()),
            experiment
        );
    }

    #[test]
    fn a_fragment_of_nonsense_is_the_default() {
        assert_eq!(
            Experiment::from_fragment("#%%%&rows=many&zzz=1"),
            Experiment::default()
        );
    }

    #[test]
    fn of_the_sizes_of_the_pool_only_the_last_is_in_the_link() {
        let mut experiment = Experiment::default();
        experiment.remember("SET shared_buffers = 32");
        experiment.remember("SET enable_seqscan = off");
        experiment.remember("SET storage_device = hdd");
        experiment.remember("set SHARED_BUFFERS = 2048;");
        assert_eq!(
            experiment.statements,
            [
                "SET enable_seqscan = off",
                "SET storage_device = hdd",
                "set SHARED_BUFFERS = 2048"
            ]
        );
    }

    #[test]
    fn a_setting_put_back_leaves_nothing_in_the_link() {
        let mut experiment = Experiment::default();
        let before = experiment.statements.clone();
        experiment.remember("SET enable_seqscan = 'off'");
        experiment.remember("SET random_page_cost = '1.1'");
        experiment.remember("SET random_page_cost = '2'");
        assert_eq!(experiment.statements.len(), before.len() + 2);
        experiment.remember("RESET enable_seqscan");
        experiment.remember("RESET random_page_cost");
        assert_eq!(experiment.statements, before);
        // ANALYZE may stand between: this one is kept as it was written.
        experiment.remember("SET default_statistics_target = 10");
        experiment.remember("ANALYZE");
        experiment.remember("RESET default_statistics_target");
        assert_eq!(experiment.statements.len(), before.len() + 3);
    }

    #[test]
    fn no_rows_means_an_empty_database() {
        let experiment = Experiment {
            rows: None,
            ..Experiment::default()
        };
        assert_eq!(
            Experiment::from_fragment(&experiment.to_fragment()).rows,
            None
        );
        assert_eq!(experiment.script(), "");
    }

    #[test]
    fn dropping_an_index_forgets_that_it_was_made() {
        let mut experiment = Experiment::default();
        experiment.remember("CREATE INDEX i ON orders (amount);");
        experiment.remember("SET work_mem = '1MB'");
        experiment.remember("DROP INDEX i;");
        assert_eq!(experiment.statements, ["SET work_mem = '1MB'"]);
    }

    #[test]
    fn hiding_and_showing_an_index_leaves_nothing_and_dropping_it_takes_its_changes_along() {
        let mut experiment = Experiment::default();
        let before = experiment.statements.clone();
        experiment.remember("CREATE INDEX i ON t (a)");
        experiment.remember("ALTER INDEX i SET (hidden = true)");
        experiment.remember("ALTER INDEX i SET (hidden = false)");
        assert_eq!(experiment.statements.len(), before.len() + 1);
        experiment.remember("ALTER INDEX i SET (hidden = true)");
        experiment.remember("DROP INDEX i");
        assert_eq!(experiment.statements, before);
    }
}
