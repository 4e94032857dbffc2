//! INSERT, UPDATE, DELETE.

use super::{Builder, Raw};
use crate::{
    Error, ErrorCode,
    catalog::TableId,
    executor::{
        columns::RowStore,
        conflict::{Conflict, ConflictUpdate},
        constraints::table_inputs,
        modify::{Change, Insert, Modify, Target},
        scalar::{Filter, Scalar},
    },
    logical::{ColumnRef, ExprKind, OnConflict, OnConflictAction, RelId},
    physical::{NodeId, PlanKind, PlanNode},
};
use alloc::{boxed::Box, collections::BTreeSet, vec::Vec};

impl Builder<'_> {
    pub(super) fn modify(&mut self, node: &PlanNode) -> Result<Raw, Error> {
        let returning = !node.output.is_empty();
        match &node.kind {
            PlanKind::Insert {
                rel,
                table,
                on_conflict,
            } => {
                let target = Target::open(self.storage, *table, returning)?;
                let inputs = table_inputs(&target.table.def, *rel);
                let conflict = match on_conflict {
                    Some(conflict) => Some(self.conflict(conflict, (node.id, *rel), &target)?),
                    None => None,
                };
                let collect = node.children.iter().any(|child| reads(self, child, *table));
                let operator = Insert {
                    target,
                    input: self.child(node, 0)?,
                    conflict,
                    collect,
                    pending: RowStore::default(),
                    next: 0,
                    ended: false,
                    batch: None,
                };
                Ok((Box::new(operator), inputs))
            }
            PlanKind::Update { rel, table, .. } | PlanKind::Delete { rel, table } => {
                let target = Target::open(self.storage, *table, returning)?;
                let mut inputs = table_inputs(&target.table.def, *rel);
                let child = Self::child_output(node, 0);
                inputs.extend_from_slice(child);
                let key = match &target.table.cluster {
                    Some(cluster) => &*cluster.key,
                    None => &[ColumnRef::ROW_ID],
                };
                let mut address = Vec::with_capacity(key.len());
                for &part in key {
                    let place = child.iter().position(|expr| {
                        matches!(&expr.kind, ExprKind::Column(column)
                            if column.rel == *rel && column.column == part)
                    });
                    address.push(place.ok_or_else(|| {
                        Error::new(ErrorCode::InternalError, "rows to change have no address")
                    })?);
                }
                let change = match &node.kind {
                    PlanKind::Update { columns, .. } => Change::Update(columns.clone()),
                    _ => Change::Delete,
                };
                let operator = Modify {
                    target,
                    input: self.child(node, 0)?,
                    change,
                    address,
                    seen: BTreeSet::new(),
                    seen_keys: BTreeSet::new(),
                    pending: RowStore::default(),
                    next: 0,
                    ended: false,
                };
                Ok((Box::new(operator), inputs))
            }
            _ => Err(Error::new(ErrorCode::InternalError, "not a change")),
        }
    }

    fn conflict(
        &mut self,
        conflict: &OnConflict,
        (id, rel): (NodeId, RelId),
        target: &Target,
    ) -> Result<Box<Conflict>, Error> {
        let update = match &conflict.action {
            OnConflictAction::Nothing => None,
            OnConflictAction::Update {
                assignments,
                filter,
                excluded,
            } => {
                let mut inputs = table_inputs(&target.table.def, rel);
                inputs.extend(table_inputs(&target.table.def, *excluded));
                let mut made = Vec::with_capacity(assignments.len());
                for (column, expr) in assignments {
                    made.push((*column, Scalar::new(expr, &inputs, &mut self.scope)?));
                }
                Some(ConflictUpdate {
                    assignments: made,
                    filter: Filter::new(filter, &inputs, &mut self.scope)?,
                })
            }
        };
        Ok(Box::new(Conflict {
            id,
            arbiters: conflict.arbiters.clone(),
            update,
            touched: BTreeSet::new(),
        }))
    }
}

/// Whether a plan, or a sub-plan of the statement, reads a table.
fn reads(builder: &Builder<'_>, node: &PlanNode, table: TableId) -> bool {
    fn scans(node: &PlanNode, table: TableId) -> bool {
        let own = match &node.kind {
            PlanKind::SeqScan { table: t, .. }
            | PlanKind::IndexScan { table: t, .. }
            | PlanKind::IndexOnlyScan { table: t, .. }
            | PlanKind::BitmapHeapScan { table: t, .. } => *t == table,
            _ => false,
        };
        own || node.children.iter().any(|child| scans(child, table))
    }
    scans(node, table)
        || builder
            .plan
            .subplans
            .iter()
            .any(|sub_plan| scans(&sub_plan.plan, table))
}
