//! The JSON form, key by key in PostgreSQL's order and layout, so that plan viewers open it.
//!
//! Why an own writer: the engine knows no serde, and the layout (indentation, number of digits) is part of the format.
//! Source: PostgreSQL 15 `explain.c`, format JSON; `json.c`, `escape_json`.

use super::{
    details::per_loop,
    text::milliseconds,
    tree::{ExplainNode, ExplainOptions, ExplainTree, Property, PropertyValue},
};
use alloc::{format, string::String};

/// The whole answer: `[ { "Plan": { … } } ]`.
#[must_use]
pub fn write_json(tree: &ExplainTree) -> String {
    let mut writer = Writer {
        out: String::from("[\n  {"),
        depth: 2,
        first: true,
    };
    writer.key("Plan");
    writer.node(&tree.root, &tree.options);
    if tree.options.summary {
        for (key, ns) in [
            ("Planning Time", tree.planning_ns),
            ("Execution Time", tree.execution_ns),
        ] {
            if key == "Execution Time" && tree.options.analyze {
                writer.key("Triggers");
                writer.out.push_str("[\n    ]");
            }
            if let Some(ns) = ns {
                writer.value(key, &PropertyValue::Float(milliseconds(ns), 3));
            }
        }
    }
    writer.out.push_str("\n  }\n]");
    writer.out
}

struct Writer {
    out: String,
    depth: usize,
    first: bool,
}

impl Writer {
    fn new_line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }

    fn key(&mut self, key: &str) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.new_line();
        write_string(key, &mut self.out);
        self.out.push_str(": ");
    }

    fn value(&mut self, key: &str, value: &PropertyValue) {
        self.key(key);
        match value {
            PropertyValue::Text(text) => write_string(text, &mut self.out),
            PropertyValue::Int(number) | PropertyValue::Kilobytes(number) => {
                self.out.push_str(&format!("{number}"))
            }
            PropertyValue::Float(number, digits) => {
                self.out.push_str(&format!("{number:.digits$}"));
            }
            PropertyValue::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            PropertyValue::List(items) => {
                self.out.push('[');
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        self.out.push_str(", ");
                    }
                    write_string(item, &mut self.out);
                }
                self.out.push(']');
            }
            PropertyValue::Group(facts) => self.group(facts),
            PropertyValue::Groups(groups) => {
                self.out.push('[');
                self.depth += 1;
                for (position, facts) in groups.iter().enumerate() {
                    if position > 0 {
                        self.out.push(',');
                    }
                    self.new_line();
                    self.group(facts);
                }
                self.depth -= 1;
                self.new_line();
                self.out.push(']');
            }
        }
    }

    /// Facts hold groups three deep at most.
    fn group(&mut self, facts: &[Property]) {
        self.out.push('{');
        self.depth += 1;
        self.first = true;
        self.properties(facts);
        self.depth -= 1;
        self.new_line();
        self.out.push('}');
        self.first = false;
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        write_string(text, &mut self.out);
    }

    fn number(&mut self, key: &str, number: f64, digits: usize) {
        self.value(key, &PropertyValue::Float(number, digits));
    }

    fn properties(&mut self, properties: &[Property]) {
        for property in properties {
            self.value(property.key, &property.value);
        }
    }

    fn node(&mut self, node: &ExplainNode, options: &ExplainOptions) {
        self.out.push('{');
        self.depth += 1;
        self.first = true;
        self.text("Node Type", node.node_type);
        self.properties(&node.kind_facts);
        if let Some(relationship) = node.relationship {
            self.text("Parent Relationship", relationship);
        }
        if let Some(name) = &node.subplan_name {
            self.text("Subplan Name", name);
        }
        self.value("Parallel Aware", &PropertyValue::Bool(false));
        self.value("Async Capable", &PropertyValue::Bool(false));
        self.properties(&node.identity);
        if options.costs {
            self.number("Startup Cost", node.cost.startup, 2);
            self.number("Total Cost", node.cost.total, 2);
            self.number("Plan Rows", node.est_rows, 0);
            self.value("Plan Width", &PropertyValue::Int(u64::from(node.width)));
        }
        if let Some(metrics) = &node.metrics {
            if options.timing {
                let time = |ns| per_loop(ns, metrics.loops) / 1_000_000.0;
                self.number("Actual Startup Time", time(metrics.startup_ns), 3);
                self.number("Actual Total Time", time(metrics.elapsed_ns), 3);
            }
            self.number("Actual Rows", per_loop(metrics.rows, metrics.loops), 0);
            self.value("Actual Loops", &PropertyValue::Int(metrics.loops));
        }
        self.properties(&node.details);
        if !node.children.is_empty() {
            self.key("Plans");
            self.out.push('[');
            self.depth += 1;
            for (position, child) in node.children.iter().enumerate() {
                if position > 0 {
                    self.out.push(',');
                }
                self.new_line();
                self.node(child, options);
            }
            self.depth -= 1;
            self.new_line();
            self.out.push(']');
        }
        self.depth -= 1;
        self.new_line();
        self.out.push('}');
        self.first = false;
    }
}

/// Writes a JSON string.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if u32::from(control) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
