//! What EXPLAIN says of each kind of node: title, identity, conditions, measured facts, in PostgreSQL's order.
//!
//! Source: PostgreSQL 15 `explain.c`, `ExplainNode` and its `show_…` helpers.

use super::{
    expression::{Writer, order_suffix},
    names::{quote_identifier, relation_of},
    titles::{join_name, set_command, titles},
    tree::{Builder, Property, PropertyValue, TextForm},
    writes::{io, ledger},
};
use crate::{
    catalog::{IndexId, TableId},
    executor::NodeMetrics,
    logical::{CompareOp, Expr, ExprKind, RelId, RelationKind, TableFunction},
    physical::{
        AggregateStrategy, Direction, IndexCondition, PlanKind, PlanNode, SetOpStrategy, SkipScan,
        SortColumn,
    },
    value::{DataType, Value},
};
use alloc::{format, string::String, vec, vec::Vec};

/// See [`details`].
#[derive(Default)]
pub(super) struct Facts {
    pub(super) node_type: &'static str,
    pub(super) title: String,
    pub(super) kind_facts: Vec<Property>,
    pub(super) identity: Vec<Property>,
    pub(super) details: Vec<Property>,
}

pub(super) fn hidden(key: &'static str, value: PropertyValue) -> Property {
    Property {
        key,
        value,
        text: TextForm::Hidden,
    }
}

pub(super) fn name(key: &'static str, value: impl Into<String>) -> Property {
    hidden(key, PropertyValue::Text(value.into()))
}

pub(super) fn line(key: &'static str, value: PropertyValue) -> Property {
    Property {
        key,
        value,
        text: TextForm::Line,
    }
}

/// Gathers the facts of one node.
pub(super) fn details<'p>(
    builder: &Builder<'p>,
    node: &'p PlanNode,
    writer: Writer<'p>,
    metrics: Option<&NodeMetrics>,
) -> Facts {
    let mut facts = Facts::default();
    name_node(builder, node, &mut facts);
    if builder.options.verbose && !node.output.is_empty() {
        let output = node
            .output
            .iter()
            .map(|expr| writer.listed(expr))
            .collect::<Vec<_>>();
        facts.details.push(Property {
            key: "Output",
            text: TextForm::As(format!("Output: {}", output.join(", "))),
            value: PropertyValue::List(output),
        });
    }
    let mut describer = Describer {
        writer,
        metrics,
        facts: &mut facts,
        node,
    };
    describer.describe();
    describer.conflict(builder);
    if builder.options.buffers
        && let Some(metrics) = metrics
    {
        buffers(metrics, &mut facts);
        facts.details.extend(io(builder, metrics));
        facts.details.extend(ledger(builder, &node.kind));
    }
    facts
}

fn name_node(builder: &Builder<'_>, node: &PlanNode, facts: &mut Facts) {
    let (node_type, title) = titles(&node.kind);
    facts.node_type = node_type;
    facts.title = title;
    match &node.kind {
        PlanKind::Aggregate { strategy, .. } => {
            let strategy = match strategy {
                AggregateStrategy::Plain => "Plain",
                AggregateStrategy::Sorted => "Sorted",
                AggregateStrategy::Hashed => "Hashed",
            };
            facts.kind_facts = vec![name("Strategy", strategy), name("Partial Mode", "Simple")];
        }
        PlanKind::SetOp { strategy, op, all } => {
            let hashed = *strategy == SetOpStrategy::Hashed;
            facts.kind_facts = vec![name("Strategy", if hashed { "Hashed" } else { "Sorted" })];
            facts.identity.push(name("Command", set_command(*op, *all)));
        }
        PlanKind::Insert { .. } => facts.kind_facts = vec![name("Operation", "Insert")],
        PlanKind::Update { .. } => facts.kind_facts = vec![name("Operation", "Update")],
        PlanKind::Delete { .. } => facts.kind_facts = vec![name("Operation", "Delete")],
        PlanKind::NestedLoop { join, .. }
        | PlanKind::HashJoin { join, .. }
        | PlanKind::MergeJoin { join, .. } => {
            facts.identity.push(name("Join Type", join_name(*join)));
        }
        _ => {}
    }
    match &node.kind {
        PlanKind::IndexScan {
            index, direction, ..
        }
        | PlanKind::IndexOnlyScan {
            index, direction, ..
        } => index_target(builder, *index, *direction, facts),
        PlanKind::BitmapIndexScan { index, .. } => {
            let index = index_name(builder, *index);
            facts.title.push_str(" on ");
            facts.title.push_str(&quote_identifier(&index));
            facts.identity.push(name("Index Name", index));
        }
        _ => {}
    }
    if let Some(rel) = relation_of(&node.kind) {
        scan_target(builder, &node.kind, rel, facts);
    }
}

pub(super) fn index_name(builder: &Builder<'_>, index: IndexId) -> String {
    let found = builder.catalog.index_name(index).map(String::from);
    found.unwrap_or_else(|| format!("index {}", index.0))
}

fn index_target(builder: &Builder<'_>, index: IndexId, direction: Direction, facts: &mut Facts) {
    let index = index_name(builder, index);
    if direction == Direction::Backward {
        facts.title.push_str(" Backward");
    }
    facts.title.push_str(" using ");
    facts.title.push_str(&quote_identifier(&index));
    let direction = match direction {
        Direction::Forward => "Forward",
        Direction::Backward => "Backward",
    };
    facts.identity.push(name("Scan Direction", direction));
    facts.identity.push(name("Index Name", index));
}

fn scan_target(builder: &Builder<'_>, kind: &PlanKind, rel: RelId, facts: &mut Facts) {
    let alias = String::from(builder.names.alias(rel));
    let entry = builder.names.entry(rel);
    let table = |table: TableId| builder.catalog.table_name(table).map(String::from);
    let (key, object) = match entry.map(|entry| &entry.kind) {
        Some(RelationKind::Table(id)) => ("Relation Name", table(*id)),
        Some(RelationKind::System(view)) => ("Relation Name", Some(String::from(*view))),
        Some(RelationKind::Function(function)) => (
            "Function Name",
            Some(String::from(match function {
                TableFunction::GenerateSeries(_) => "generate_series",
                TableFunction::Unnest(_) => "unnest",
            })),
        ),
        Some(RelationKind::Cte { .. }) => {
            let name = entry.map(|entry| cte_name(builder, kind, &entry.alias));
            ("CTE Name", name)
        }
        _ => ("", None),
    };
    facts.title.push_str(" on ");
    if let Some(object) = object {
        if builder.options.verbose && key == "Relation Name" {
            facts.title.push_str("public.");
        }
        facts.title.push_str(&quote_identifier(&object));
        if object != alias {
            facts.title.push(' ');
            facts.title.push_str(&quote_identifier(&alias));
        }
        facts.identity.push(name(key, object));
        if builder.options.verbose && key == "Relation Name" {
            facts.identity.push(name("Schema", "public"));
        }
    } else {
        facts.title.push_str(&quote_identifier(&alias));
    }
    facts.identity.push(name("Alias", alias));
}

/// A WITH query's own name, which its sub-plan carries; a working table's is found at the recursion with the same number.
fn cte_name(builder: &Builder<'_>, kind: &PlanKind, alias: &str) -> String {
    use crate::physical::SubPlanKind;
    let cte = match kind {
        PlanKind::CteScan { cte, .. } | PlanKind::WorkTableScan { cte, .. } => Some(*cte),
        _ => None,
    };
    builder
        .plan
        .subplans
        .iter()
        .find(|subplan| matches!(subplan.kind, SubPlanKind::Cte(id) if Some(id) == cte))
        .and_then(|subplan| subplan.name.strip_prefix("CTE "))
        .unwrap_or(alias)
        .into()
}

pub(super) struct Describer<'p, 'f> {
    pub(super) writer: Writer<'p>,
    pub(super) metrics: Option<&'f NodeMetrics>,
    pub(super) facts: &'f mut Facts,
    pub(super) node: &'p PlanNode,
}

impl Describer<'_, '_> {
    pub(super) fn push(&mut self, property: Property) {
        self.facts.details.push(property);
    }

    pub(super) fn conditions(&mut self, key: &'static str, conditions: &[Expr]) {
        if !conditions.is_empty() {
            let text = self.writer.conditions(conditions);
            self.push(line(key, PropertyValue::Text(text)));
        }
    }

    /// Rows removed, as a mean over the loops; the text form keeps silent about none.
    pub(super) fn removed(&mut self, key: &'static str, rows: impl Fn(&NodeMetrics) -> u64) {
        if let Some(metrics) = self.metrics {
            let mean = per_loop(rows(metrics), metrics.loops);
            self.push(Property {
                key,
                value: PropertyValue::Float(mean, 0),
                text: if mean > 0.0 {
                    TextForm::Line
                } else {
                    TextForm::Hidden
                },
            });
        }
    }

    fn filter(&mut self) {
        let filter = &self.node.filter;
        self.conditions("Filter", filter);
        if !filter.is_empty() {
            self.removed("Rows Removed by Filter", |metrics| {
                metrics.rows_removed_by_filter
            });
        }
    }

    fn index_conditions(&mut self, conditions: &[IndexCondition]) {
        let conditions: Vec<Expr> = conditions
            .iter()
            .map(|condition| as_index_condition(&condition.expr))
            .collect();
        self.conditions("Index Cond", &conditions);
    }

    /// The key parts skipped over, which PostgreSQL 18 does not print, and the searches, which it does.
    fn skip_scan(&mut self, skip: Option<&SkipScan>) {
        let Some(skip) = skip else {
            return;
        };
        let keys = skip.over.iter().map(|key| self.writer.text(key)).collect();
        self.list("Skipped Key", keys);
        if let Some(metrics) = self.metrics {
            let searches = metrics.index_searches;
            self.push(line("Index Searches", PropertyValue::Int(searches)));
        }
    }

    fn index_recheck(&mut self, present: bool) {
        if present {
            self.removed("Rows Removed by Index Recheck", |metrics| {
                metrics.rows_removed_by_recheck
            });
        }
    }

    pub(super) fn list(&mut self, key: &'static str, items: Vec<String>) {
        if !items.is_empty() {
            self.push(Property {
                key,
                text: TextForm::As(format!("{key}: {}", items.join(", "))),
                value: PropertyValue::List(items),
            });
        }
    }

    fn group_keys(&mut self, keys: &[Expr]) {
        // Named as the input names them: in parentheses if it only passes them on.
        let writer = Writer {
            inputs: self
                .node
                .children
                .first()
                .map_or(&[], |input| &input.children),
            ..self.writer
        };
        self.list(
            "Group Key",
            keys.iter().map(|key| writer.text(key)).collect(),
        );
    }

    fn sort_keys(&mut self, key: &'static str, columns: &[SortColumn]) {
        let keys = columns
            .iter()
            .map(|column| {
                let mut text = self.writer.text(&column.expr);
                text.push_str(order_suffix(column.descending, column.nulls_first));
                text
            })
            .collect();
        self.list(key, keys);
    }

    fn unique_inner(&mut self, unique: bool) {
        self.push(hidden("Inner Unique", PropertyValue::Bool(unique)));
    }

    fn join_filter(&mut self, on: &[Expr]) {
        self.conditions("Join Filter", on);
        if !on.is_empty() {
            self.removed("Rows Removed by Join Filter", |metrics| {
                metrics.rows_removed_by_join_filter
            });
        }
        self.filter();
    }

    fn describe(&mut self) {
        match &self.node.kind {
            PlanKind::IndexScan {
                conditions, skip, ..
            } => {
                self.index_conditions(conditions);
                self.skip_scan(skip.as_ref());
                self.index_recheck(!conditions.is_empty());
                self.filter();
            }
            PlanKind::IndexOnlyScan {
                conditions, skip, ..
            } => {
                self.index_conditions(conditions);
                self.skip_scan(skip.as_ref());
                self.index_recheck(!conditions.is_empty());
                self.filter();
                if let Some(metrics) = self.metrics {
                    let fetches = metrics.heap_fetches;
                    self.push(line("Heap Fetches", PropertyValue::Int(fetches)));
                }
            }
            PlanKind::BitmapIndexScan {
                conditions, skip, ..
            } => {
                self.index_conditions(conditions);
                self.skip_scan(skip.as_ref());
            }
            PlanKind::BitmapHeapScan { recheck, .. } => {
                self.conditions("Recheck Cond", recheck);
                self.index_recheck(!recheck.is_empty());
                self.filter();
                self.heap_blocks();
            }
            PlanKind::NestedLoop {
                on, inner_unique, ..
            } => {
                self.unique_inner(*inner_unique);
                self.join_filter(on);
            }
            PlanKind::HashJoin {
                conditions,
                on,
                inner_unique,
                ..
            } => {
                self.unique_inner(*inner_unique);
                self.conditions("Hash Cond", conditions);
                self.join_filter(on);
            }
            PlanKind::MergeJoin {
                conditions,
                on,
                inner_unique,
                ..
            } => {
                self.unique_inner(*inner_unique);
                self.conditions("Merge Cond", conditions);
                self.join_filter(on);
            }
            PlanKind::Aggregate { keys, strategy, .. } => {
                self.group_keys(keys);
                self.conditions("Filter", &self.node.filter);
                if *strategy == AggregateStrategy::Hashed {
                    self.hash_aggregate();
                }
                if !self.node.filter.is_empty() {
                    self.removed("Rows Removed by Filter", |m| m.rows_removed_by_filter);
                }
            }
            PlanKind::Group { keys } => {
                self.group_keys(keys);
                self.filter();
            }
            PlanKind::Sort { keys, .. } => {
                self.sort_keys("Sort Key", keys);
                self.sort_method();
            }
            PlanKind::IncrementalSort {
                keys, presorted, ..
            } => {
                self.sort_keys("Sort Key", keys);
                // PostgreSQL names these without their direction.
                let presorted = keys.iter().take(*presorted);
                let keys = presorted.map(|key| self.writer.text(&key.expr)).collect();
                self.list("Presorted Key", keys);
                self.incremental_sort();
            }
            PlanKind::WindowAgg { run_condition, .. } => {
                self.filter();
                self.conditions("Run Condition", run_condition);
            }
            PlanKind::MergeAppend { keys } => self.sort_keys("Sort Key", keys),
            PlanKind::Append => {
                self.push(hidden("Subplans Removed", PropertyValue::Int(0)));
            }
            PlanKind::Result { one_time_filter } => {
                self.conditions("One-Time Filter", one_time_filter);
                self.filter();
            }
            PlanKind::Hash => self.hash_table(),
            PlanKind::Memoize { keys, .. } => self.memoize(keys),
            _ => self.filter(),
        }
    }
}

/// A boolean key used as an index condition is printed as a comparison.
fn as_index_condition(expr: &Expr) -> Expr {
    let compared = |key: &Expr, value: bool| {
        let value = Expr::new(
            ExprKind::Const(Value::Bool(value)),
            DataType::Bool,
            expr.span(),
        );
        Expr::compare(CompareOp::Eq, key.clone(), value)
    };
    match &expr.kind {
        ExprKind::Column(_) => compared(expr, true),
        ExprKind::Not(key) if matches!(key.kind, ExprKind::Column(_)) => compared(key, false),
        _ => expr.clone(),
    }
}

fn buffers(metrics: &NodeMetrics, facts: &mut Facts) {
    let figures = [
        ("Shared Hit Blocks", "hit", metrics.buffers_hit),
        ("Shared Read Blocks", "read", metrics.buffers_read),
        ("Shared Dirtied Blocks", "dirtied", metrics.buffers_dirtied),
        ("Shared Written Blocks", "written", metrics.buffers_written),
    ];
    let mut text = String::from("Buffers: shared");
    for (_, word, pages) in figures {
        if pages > 0 {
            text.push_str(&format!(" {word}={pages}"));
        }
    }
    let any = figures.iter().any(|figure| figure.2 > 0);
    for (position, (key, _, pages)) in figures.into_iter().enumerate() {
        facts.details.push(Property {
            key,
            value: PropertyValue::Int(pages),
            text: if position == 0 && any {
                TextForm::As(text.clone())
            } else {
                TextForm::Hidden
            },
        });
    }
    for key in [
        "Local Hit Blocks",
        "Local Read Blocks",
        "Local Dirtied Blocks",
        "Local Written Blocks",
        "Temp Read Blocks",
        "Temp Written Blocks",
    ] {
        facts.details.push(hidden(key, PropertyValue::Int(0)));
    }
}

/// Mean over the loops; 0 if it never ran.
#[expect(clippy::cast_precision_loss, reason = "rows are below 2^53")]
pub(super) fn per_loop(rows: u64, loops: u64) -> f64 {
    if loops == 0 {
        0.0
    } else {
        rows as f64 / loops as f64
    }
}
