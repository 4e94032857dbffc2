//! What the inspector says of one node: in words, estimated, measured, and what it was chosen over.

use crate::{estimate, format};
use protocol::{ConsideredView, PlanNodeView, PlanView};

/// The node with the largest cost of its own.
#[must_use]
pub fn dearest(plan: &PlanView) -> Option<&PlanNodeView> {
    plan.nodes
        .iter()
        .max_by(|a, b| a.own_cost.total_cmp(&b.own_cost))
}

/// One or two sentences: what this kind of node does, with this node's names in it.
#[must_use]
pub fn in_words(node: &PlanNodeView) -> String {
    let table = node.relation.as_deref().unwrap_or("its input");
    let index = node.index.as_deref().unwrap_or("the index");
    let from_end = if node.backward { " from its end" } else { "" };
    match node.node_type.as_str() {
        "Seq Scan" => format!("Reads every page of {table} in order and tests each row."),
        "Index Scan" => format!(
            "Walks {index}{from_end} and fetches each matching row from the pages of {table}."
        ),
        "Index Only Scan" => format!(
            "Walks {index}{from_end}; every column it needs is in the index, so pages of {table} are read only where rows are not known to be visible."
        ),
        "Bitmap Index Scan" => {
            format!("Collects from {index} where the matching rows are, without reading them.")
        }
        "Bitmap Heap Scan" => {
            format!("Reads the collected pages of {table} in physical order, each once.")
        }
        "BitmapAnd" => "Keeps the rows that all bitmaps have.".to_owned(),
        "BitmapOr" => "Keeps the rows that any bitmap has.".to_owned(),
        "Nested Loop" => "For each row of the first input, runs the second.".to_owned(),
        "Hash Join" => {
            "Builds a hash table of the second input and looks each row of the first up in it."
                .to_owned()
        }
        "Merge Join" => "Walks two sorted inputs side by side.".to_owned(),
        "Hash" => "Keeps its input in a hash table.".to_owned(),
        "Sort" => "Sorts its whole input before it passes the first row on.".to_owned(),
        "Incremental Sort" => {
            "Its input is sorted by the first keys already; sorts each group by the rest."
                .to_owned()
        }
        "Limit" => "Stops its input after enough rows.".to_owned(),
        "Aggregate" => "Computes totals over all rows.".to_owned(),
        "GroupAggregate" => "Computes totals for each group of a sorted input.".to_owned(),
        "HashAggregate" => "Keeps one entry for each group in a hash table.".to_owned(),
        "Materialize" => "Keeps its input's rows, to give them again.".to_owned(),
        "Memoize" => {
            "Keeps the rows of keys seen before, so that they are not looked up again.".to_owned()
        }
        "Unique" => "Drops rows that equal the one before.".to_owned(),
        "Append" => "Passes on the rows of its inputs one after the other.".to_owned(),
        "Result" => "Computes values without reading a table.".to_owned(),
        "Insert" => format!("Adds rows to {table} and to each of its indexes."),
        "Update" => format!("Writes a new version of each row of {table}."),
        "Delete" => format!("Marks rows of {table} as dead."),
        other => format!("{other}."),
    }
}

/// Estimates, as name and value.
#[must_use]
pub fn estimated(node: &PlanNodeView) -> Vec<(String, String)> {
    let mut rows = vec![
        (
            "Cost until the first row".to_owned(),
            format::cost(node.cost.startup),
        ),
        ("Cost of all rows".to_owned(), format::cost(node.cost.total)),
        ("Of its own".to_owned(), format::cost(node.own_cost)),
        ("Rows".to_owned(), format::count(node.est_rows)),
        (
            "Bytes a row".to_owned(),
            format::count(f64::from(node.width)),
        ),
    ];
    if node.cost.startup == 0.0 {
        rows.remove(0);
    }
    rows
}

/// Measured figures, as name and value; empty if it did not run.
#[must_use]
pub fn measured(node: &PlanNodeView) -> Vec<(String, String)> {
    let Some(actual) = &node.actual else {
        return Vec::new();
    };
    if actual.loops <= 0.0 {
        return vec![("Executed".to_owned(), "never".to_owned())];
    }
    let mut rows = vec![(
        "Rows".to_owned(),
        format!(
            "{} ({})",
            format::count(actual.rows),
            estimate::compare(node.est_rows, actual.rows).label()
        ),
    )];
    let mut add = |name: &str, value: f64| {
        if value > 0.0 {
            rows.push((name.to_owned(), format::count(value)));
        }
    };
    if actual.loops > 1.0 {
        add("Loops", actual.loops);
    }
    add("Rows removed by the filter", actual.rows_removed);
    add("Pages of its own", actual.own_pages);
    add("Buffers hit, with inputs", actual.buffers_hit);
    add("Buffers read, with inputs", actual.buffers_read);
    add("Buffers dirtied, with inputs", actual.buffers_dirtied);
    if actual.elapsed_ms > 0.0 {
        rows.push((
            "Time, with inputs".to_owned(),
            format::duration(actual.elapsed_ms),
        ));
    }
    rows
}

/// A candidate that lost, ready to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsideredLine {
    /// "Seq Scan on orders"
    pub title: String,
    /// "24,441.00 · 464 ×", or "–"
    pub cost: String,
    /// Why.
    pub reason: String,
    /// It would have been cheaper (it needs something that is not there).
    pub better: bool,
}

/// Aliases of the relations that a node and the nodes below it read, each once, sorted.
fn relations_below<'a>(plan: &'a PlanView, node: &PlanNodeView) -> Vec<&'a str> {
    let mut within = vec![false; plan.nodes.len()];
    let mut names: Vec<&str> = Vec::new();
    // A parent stands before its children.
    for (at, one) in plan.nodes.iter().enumerate() {
        let below = one
            .parent
            .and_then(|parent| within.get(parent as usize).copied())
            .unwrap_or(false);
        if one.id == node.id || (below && one.subplan.is_none()) {
            within[at] = true;
            names.extend(one.alias.as_deref().or(one.relation.as_deref()));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// The candidates for the relation of a node, for the relations that a join joins, or, for the root, for what stands on top of
/// them; cheapest first, without the chosen one.
#[must_use]
pub fn considered(plan: &PlanView, node: &PlanNodeView) -> Vec<ConsideredLine> {
    let own = node.alias.as_deref().or(node.relation.as_deref());
    let joins = node.node_type.ends_with("Join") || node.node_type == "Nested Loop";
    let wanted: Vec<&str> = match own {
        Some(name) => vec![name],
        None if joins => relations_below(plan, node),
        None if node.parent.is_none() => Vec::new(),
        None => return Vec::new(),
    };
    let mut found: Vec<&ConsideredView> = plan
        .considered
        .iter()
        .filter(|candidate| {
            let mut names: Vec<&str> = candidate.relations.iter().map(String::as_str).collect();
            names.sort_unstable();
            !candidate.chosen && names == wanted
        })
        .collect();
    let total =
        |candidate: &ConsideredView| candidate.cost.map_or(f64::INFINITY, |cost| cost.total);
    found.sort_by(|a, b| total(a).total_cmp(&total(b)));
    found
        .into_iter()
        .map(|candidate| {
            let cost = candidate.cost.map_or_else(
                || "–".to_owned(),
                |cost| {
                    format!(
                        "{} · {} ×",
                        format::cost(cost.total),
                        format::factor(cost.total / node.cost.total.max(0.01))
                    )
                },
            );
            let mut title = candidate.title.clone();
            if !candidate.order.is_empty() {
                title.push_str(&format!(", by {}", candidate.order));
            }
            ConsideredLine {
                title,
                cost,
                reason: candidate.reason.clone(),
                better: total(candidate) < node.cost.total * 0.98,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{ActualView, CostView};

    #[test]
    fn candidates_of_other_relations_are_left_out_and_the_cheapest_comes_first() {
        let candidate = |relation: &str, total: f64| ConsideredView {
            relations: vec![relation.to_owned()],
            title: format!("{relation} {total}"),
            cost: Some(CostView {
                startup: 0.0,
                total,
            }),
            ..ConsideredView::default()
        };
        let node = PlanNodeView {
            relation: Some("t".to_owned()),
            cost: CostView {
                startup: 0.0,
                total: 10.0,
            },
            ..PlanNodeView::default()
        };
        let plan = PlanView {
            considered: vec![
                candidate("t", 40.0),
                candidate("u", 1.0),
                candidate("t", 20.0),
            ],
            ..PlanView::default()
        };
        let lines = considered(&plan, &node);
        assert_eq!(
            lines
                .iter()
                .map(|line| line.cost.as_str())
                .collect::<Vec<_>>(),
            ["20.00 · 2.0 ×", "40.00 · 4.0 ×"]
        );
    }

    #[test]
    fn a_join_lists_what_was_considered_for_the_relations_below_it() {
        let node = |id: u32, parent, node_type: &str, relation: Option<&str>| PlanNodeView {
            id,
            parent,
            node_type: node_type.to_owned(),
            relation: relation.map(str::to_owned),
            ..PlanNodeView::default()
        };
        let plan = PlanView {
            nodes: vec![
                node(3, None, "Hash Join", None),
                node(1, Some(0), "Seq Scan", Some("u")),
                node(2, Some(0), "Seq Scan", Some("t")),
            ],
            considered: vec![
                ConsideredView {
                    relations: vec!["t".to_owned(), "u".to_owned()],
                    title: "Merge Join".to_owned(),
                    ..ConsideredView::default()
                },
                ConsideredView {
                    relations: vec!["t".to_owned()],
                    ..ConsideredView::default()
                },
            ],
            ..PlanView::default()
        };
        let lines = considered(&plan, &plan.nodes[0]);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].title, "Merge Join");
    }

    #[test]
    fn what_is_nothing_is_not_listed() {
        let actual = ActualView {
            rows: 1.0,
            loops: 1.0,
            own_pages: 4.0,
            ..ActualView::default()
        };
        let node = PlanNodeView {
            est_rows: 1.0,
            actual: Some(actual),
            ..PlanNodeView::default()
        };
        assert_eq!(
            measured(&node),
            [
                ("Rows".to_owned(), "1 (exact)".to_owned()),
                ("Pages of its own".to_owned(), "4".to_owned())
            ]
        );
    }
}
