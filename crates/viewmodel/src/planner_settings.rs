//! The planner's settings as the page shows them: which, in what order, with which words, and the statements that change them.
//!
//! Values and defaults are the engine's; a name that it does not know is not shown.

use protocol::{SchemaView, SettingView};

/// A switch: PostgreSQL's name without `enable_`, the words on it, a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// PostgreSQL's name.
    pub setting: &'static str,
    /// "index-only scan"
    pub name: &'static str,
    /// What it allows.
    pub title: &'static str,
}

/// A field: PostgreSQL's name, the words before it, a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// PostgreSQL's name.
    pub setting: &'static str,
    /// What it is.
    pub title: &'static str,
}

const fn switch(setting: &'static str, name: &'static str, title: &'static str) -> Switch {
    Switch {
        setting,
        name,
        title,
    }
}

const fn field(setting: &'static str, title: &'static str) -> Field {
    Field { setting, title }
}

/// Ways to do something, which the planner may be told to avoid.
pub const SWITCHES: [Switch; 13] = [
    switch("enable_seqscan", "seq scan", "reading whole tables"),
    switch("enable_indexscan", "index scan", "index scans"),
    switch(
        "enable_indexonlyscan",
        "index-only scan",
        "index scans that need not visit the table",
    ),
    switch("enable_bitmapscan", "bitmap scan", "bitmap scans"),
    switch("enable_nestloop", "nested loop", "nested loop joins"),
    switch("enable_hashjoin", "hash join", "hash joins"),
    switch("enable_mergejoin", "merge join", "merge joins"),
    switch("enable_sort", "sort", "sorting"),
    switch(
        "enable_incremental_sort",
        "incremental sort",
        "sorting groups of rows that are sorted by the first keys",
    ),
    switch("enable_hashagg", "hash aggregate", "groups in a hash table"),
    switch(
        "enable_material",
        "materialize",
        "keeping the rows of a join's inner side",
    ),
    switch(
        "enable_memoize",
        "memoize",
        "remembering what a join's inner side found for a key",
    ),
    switch(
        "enable_skipscan",
        "skip scan (PostgreSQL 18)",
        "skipping over the values of a leading index column without a condition: off in PostgreSQL 15",
    ),
];

/// Prices, memory and limits.
pub const FIELDS: [Field; 11] = [
    field(
        "seq_page_cost",
        "one page read in sequence: the unit of cost",
    ),
    field("random_page_cost", "one page read out of sequence"),
    field("cpu_tuple_cost", "handling one row"),
    field("cpu_index_tuple_cost", "handling one index entry"),
    field("cpu_operator_cost", "one operator or function call"),
    field(
        "effective_cache_size",
        "what caches are believed to hold; it is not allocated",
    ),
    field("work_mem", "memory for one sort"),
    field("hash_mem_multiplier", "times work_mem for one hash table"),
    field(
        "from_collapse_limit",
        "largest FROM list into which sub-queries are merged",
    ),
    field(
        "join_collapse_limit",
        "largest FROM list into which joins are merged: the order of larger ones stays as written",
    ),
    field(
        "default_statistics_target",
        "common values and histogram bins that the next ANALYZE keeps",
    ),
];

/// A setting's state; `None` if the engine does not know it (yet).
#[must_use]
pub fn find<'s>(schema: &'s SchemaView, setting: &str) -> Option<&'s SettingView> {
    schema.settings.iter().find(|known| known.name == setting)
}

/// Whether it is not at its default.
#[must_use]
pub fn is_changed(setting: &SettingView) -> bool {
    setting.value != setting.default
}

/// Names of the settings shown here that are not at their defaults.
#[must_use]
pub fn changed(schema: &SchemaView) -> Vec<&'static str> {
    let switches = SWITCHES.iter().map(|switch| switch.setting);
    let fields = FIELDS.iter().map(|field| field.setting);
    switches
        .chain(fields)
        .filter(|name| find(schema, name).is_some_and(is_changed))
        .collect()
}

/// The statement that turns a switch.
#[must_use]
pub fn turn(setting: &SettingView) -> String {
    let value = if setting.value == "on" { "off" } else { "on" };
    change(setting, value)
}

/// The statement that gives a setting a value; `RESET` for its default or for nothing.
#[must_use]
pub fn change(setting: &SettingView, value: &str) -> String {
    let value = value.trim();
    if value.is_empty() || value == setting.default {
        format!("RESET {}", setting.name)
    } else {
        format!("SET {} = '{}'", setting.name, value.replace('\'', "''"))
    }
}

/// The statements that put all settings shown here back.
#[must_use]
pub fn reset_all(schema: &SchemaView) -> String {
    let statements = changed(schema)
        .into_iter()
        .map(|name| format!("RESET {name};"));
    statements.collect::<Vec<_>>().join(" ")
}

/// "Planner settings", and how many of them were changed.
#[must_use]
pub fn changed_label(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{count} changed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, value: &str, default: &str) -> SettingView {
        SettingView {
            name: name.to_owned(),
            value: value.to_owned(),
            default: default.to_owned(),
        }
    }

    #[test]
    fn a_switch_is_turned_and_turned_back() {
        assert_eq!(
            turn(&setting("enable_sort", "on", "on")),
            "SET enable_sort = 'off'"
        );
        assert_eq!(
            turn(&setting("enable_sort", "off", "on")),
            "RESET enable_sort"
        );
        assert_eq!(
            turn(&setting("enable_skipscan", "off", "off")),
            "SET enable_skipscan = 'on'"
        );
    }

    #[test]
    fn nothing_and_the_default_put_a_setting_back() {
        let cost = setting("random_page_cost", "1.1", "4");
        assert_eq!(change(&cost, " 2 "), "SET random_page_cost = '2'");
        assert_eq!(change(&cost, "4"), "RESET random_page_cost");
        assert_eq!(change(&cost, ""), "RESET random_page_cost");
        assert_eq!(change(&cost, "it's"), "SET random_page_cost = 'it''s'");
    }

    #[test]
    fn only_what_was_changed_is_reset() {
        let schema = SchemaView {
            settings: vec![
                setting("enable_sort", "off", "on"),
                setting("storage_device", "hdd", "nvme"),
                setting("work_mem", "1MB", "4MB"),
                setting("seq_page_cost", "1", "1"),
            ],
            ..SchemaView::default()
        };
        assert_eq!(changed(&schema), ["enable_sort", "work_mem"]);
        assert_eq!(reset_all(&schema), "RESET enable_sort; RESET work_mem;");
        assert_eq!(changed_label(2).as_deref(), Some("2 changed"));
        assert_eq!(changed_label(0), None);
    }
}
