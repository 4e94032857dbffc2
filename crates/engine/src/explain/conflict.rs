//! What INSERT … ON CONFLICT does, and did.
//!
//! Source of the method: PostgreSQL 15 `explain.c`, `show_modifytable_info`.

use super::{
    details::{Describer, index_name, line},
    tree::{Builder, PropertyValue},
};
use crate::{logical::OnConflictAction, physical::PlanKind};

impl Describer<'_, '_> {
    /// The lines of an Insert with ON CONFLICT; nothing for other nodes.
    pub(super) fn conflict(&mut self, builder: &Builder<'_>) {
        let PlanKind::Insert {
            on_conflict: Some(conflict),
            ..
        } = &self.node.kind
        else {
            return;
        };
        let (resolution, filter) = match &conflict.action {
            OnConflictAction::Nothing => ("NOTHING", &[][..]),
            OnConflictAction::Update { filter, .. } => ("UPDATE", filter.as_slice()),
        };
        let resolution = PropertyValue::Text(resolution.into());
        self.push(line("Conflict Resolution", resolution));
        let arbiters = conflict.arbiters.iter();
        let arbiters = arbiters.map(|&index| index_name(builder, index)).collect();
        self.list("Conflict Arbiter Indexes", arbiters);
        self.conditions("Conflict Filter", filter);
        if !filter.is_empty() {
            self.removed("Rows Removed by Conflict Filter", |metrics| {
                metrics.rows_removed_by_filter
            });
        }
        if let Some(metrics) = self.metrics {
            let offered = self.node.children.first().map_or(0, |child| {
                let measured = builder.measurements.nodes.get(child.id.0 as usize);
                measured.map_or(0, |child| child.rows)
            });
            let inserted = offered.saturating_sub(metrics.conflicting_rows);
            let conflicting = PropertyValue::Int(metrics.conflicting_rows);
            self.push(line("Tuples Inserted", PropertyValue::Int(inserted)));
            self.push(line("Conflicting Tuples", conflicting));
        }
    }
}
