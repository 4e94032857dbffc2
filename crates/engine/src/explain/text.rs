//! The text form, line by line as psql shows it.
//!
//! Source: PostgreSQL 15 `explain.c`, format TEXT.

use super::{
    details::per_loop,
    tree::{ExplainNode, ExplainOptions, ExplainTree, PropertyValue, TextForm},
};
use alloc::{format, string::String, vec::Vec};

/// The lines, without line ends.
#[must_use]
pub fn write_text(tree: &ExplainTree) -> Vec<String> {
    let mut lines = Vec::new();
    write_node(&tree.root, &tree.options, 0, true, &mut lines);
    if tree.options.summary {
        let times = [
            ("Planning Time", tree.planning_ns),
            ("Execution Time", tree.execution_ns),
        ];
        for (key, ns) in times {
            if let Some(ns) = ns {
                lines.push(format!("{key}: {:.3} ms", milliseconds(ns)));
            }
        }
    }
    lines
}

#[expect(clippy::cast_precision_loss, reason = "times are below 2^53 ns")]
pub(super) fn milliseconds(ns: u64) -> f64 {
    ns as f64 / 1_000_000.0
}

// `indent` is the column where the node's arrow stands.
fn write_node(
    node: &ExplainNode,
    options: &ExplainOptions,
    indent: usize,
    is_root: bool,
    lines: &mut Vec<String>,
) {
    let mut indent = indent;
    if let Some(name) = &node.subplan_name {
        lines.push(format!("{:indent$}{name}", ""));
        indent += 2;
    }
    let mut head = format!("{:indent$}", "");
    if !is_root {
        head.push_str("->  ");
    }
    head.push_str(&node.title);
    if options.costs {
        head.push_str(&format!(
            "  (cost={:.2}..{:.2} rows={:.0} width={})",
            node.cost.startup, node.cost.total, node.est_rows, node.width
        ));
    }
    if let Some(metrics) = &node.metrics {
        if metrics.loops == 0 {
            head.push_str(" (never executed)");
        } else {
            let rows = per_loop(metrics.rows, metrics.loops);
            head.push_str(if options.costs {
                " (actual "
            } else {
                "  (actual "
            });
            if options.timing {
                let time = |ns| milliseconds(ns) / per_loop(metrics.loops, 1);
                let (first, all) = (time(metrics.startup_ns), time(metrics.elapsed_ns));
                head.push_str(&format!("time={first:.3}..{all:.3} "));
            }
            head.push_str(&format!("rows={rows:.0} loops={})", metrics.loops));
        }
    }
    lines.push(head);
    let inner = if is_root { indent + 2 } else { indent + 6 };
    for property in &node.details {
        let text = match &property.text {
            TextForm::Hidden => continue,
            TextForm::As(text) => text.clone(),
            TextForm::Line => format!("{}: {}", property.key, value_text(&property.value)),
        };
        lines.push(format!("{:inner$}{text}", ""));
    }
    for child in &node.children {
        write_node(child, options, inner, false, lines);
    }
}

fn value_text(value: &PropertyValue) -> String {
    match value {
        PropertyValue::Text(text) => text.clone(),
        PropertyValue::Int(number) => format!("{number}"),
        PropertyValue::Kilobytes(number) => format!("{number}kB"),
        PropertyValue::Float(number, digits) => format!("{number:.digits$}"),
        PropertyValue::Bool(value) => format!("{value}"),
        PropertyValue::List(items) => items.join(", "),
        PropertyValue::Group(facts) => {
            let facts = facts
                .iter()
                .map(|fact| format!("{}: {}", fact.key, value_text(&fact.value)));
            facts.collect::<Vec<_>>().join("  ")
        }
        PropertyValue::Groups(_) => String::new(),
    }
}
