//! What INSERT … ON CONFLICT does, and did.
//!
//! Source of the method: PostgreSQL 15 `explain.c`, `show_modifytable_info`.

use super::{
    details::{index_name, line},
    expression::Writer,
    tree::{Builder, Property, PropertyValue, TextForm},
};
use crate::{
    executor::NodeMetrics,
    logical::OnConflictAction,
    physical::{PlanKind, PlanNode},
};
use alloc::{format, string::String, vec::Vec};

/// The lines of an Insert with ON CONFLICT; none of other nodes.
pub(super) fn conflict(
    builder: &Builder<'_>,
    node: &PlanNode,
    writer: Writer<'_>,
    metrics: Option<&NodeMetrics>,
) -> Vec<Property> {
    let mut lines = Vec::new();
    let PlanKind::Insert {
        on_conflict: Some(conflict),
        ..
    } = &node.kind
    else {
        return lines;
    };
    let (resolution, filter) = match &conflict.action {
        OnConflictAction::Nothing => ("NOTHING", None),
        OnConflictAction::Update { filter, .. } => ("UPDATE", Some(filter)),
    };
    let resolution = PropertyValue::Text(resolution.into());
    lines.push(line("Conflict Resolution", resolution));
    let names = conflict.arbiters.iter();
    let names: Vec<String> = names.map(|&index| index_name(builder, index)).collect();
    if !names.is_empty() {
        let key = "Conflict Arbiter Indexes";
        lines.push(Property {
            key,
            text: TextForm::As(format!("{key}: {}", names.join(", "))),
            value: PropertyValue::List(names),
        });
    }
    if let Some(filter) = filter.filter(|filter| !filter.is_empty()) {
        let text = writer.conditions(filter);
        lines.push(line("Conflict Filter", PropertyValue::Text(text)));
        if let Some(metrics) = metrics {
            let removed = metrics.rows_removed_by_filter;
            lines.push(Property {
                key: "Rows Removed by Conflict Filter",
                value: PropertyValue::Float(removed as f64, 0),
                text: if removed > 0 {
                    TextForm::Line
                } else {
                    TextForm::Hidden
                },
            });
        }
    }
    if let Some(metrics) = metrics {
        let offered = node.children.first().map_or(0, |child| {
            let measured = builder.measurements.nodes.get(child.id.0 as usize);
            measured.map_or(0, |child| child.rows)
        });
        let inserted = offered.saturating_sub(metrics.conflicting_rows);
        let conflicting = PropertyValue::Int(metrics.conflicting_rows);
        lines.push(line("Tuples Inserted", PropertyValue::Int(inserted)));
        lines.push(line("Conflicting Tuples", conflicting));
    }
    lines
}
