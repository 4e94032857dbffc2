//! How each kind of node is called: PostgreSQL's "Node Type", and the beginning of its line in the text form.
//!
//! Source: PostgreSQL 15 `explain.c`, the first switch of `ExplainNode`.

use crate::{
    logical::{JoinKind, SetOperator},
    physical::{AggregateStrategy, PlanKind, SetOpStrategy},
};
use alloc::{format, string::String};

/// "Node Type", and how the text form begins.
pub(super) fn titles(kind: &PlanKind) -> (&'static str, String) {
    let plain = |node_type: &'static str| (node_type, String::from(node_type));
    match kind {
        PlanKind::Result { .. } => plain("Result"),
        PlanKind::ProjectSet => plain("ProjectSet"),
        PlanKind::SeqScan { .. } | PlanKind::SystemScan { .. } => plain("Seq Scan"),
        PlanKind::IndexScan { .. } => plain("Index Scan"),
        PlanKind::IndexOnlyScan { .. } => plain("Index Only Scan"),
        PlanKind::BitmapHeapScan { .. } => plain("Bitmap Heap Scan"),
        PlanKind::BitmapIndexScan { .. } => plain("Bitmap Index Scan"),
        PlanKind::BitmapAnd => plain("BitmapAnd"),
        PlanKind::BitmapOr => plain("BitmapOr"),
        PlanKind::SubqueryScan { .. } => plain("Subquery Scan"),
        PlanKind::FunctionScan { .. } => plain("Function Scan"),
        PlanKind::ValuesScan { .. } => plain("Values Scan"),
        PlanKind::CteScan { .. } => plain("CTE Scan"),
        PlanKind::WorkTableScan { .. } => plain("WorkTable Scan"),
        PlanKind::NestedLoop { join, .. } => ("Nested Loop", join_title("Nested Loop", *join)),
        PlanKind::HashJoin { join, .. } => ("Hash Join", join_title("Hash", *join)),
        PlanKind::MergeJoin { join, .. } => ("Merge Join", join_title("Merge", *join)),
        PlanKind::Hash => plain("Hash"),
        PlanKind::Materialize => plain("Materialize"),
        PlanKind::Memoize { .. } => plain("Memoize"),
        PlanKind::Sort { .. } => plain("Sort"),
        PlanKind::IncrementalSort { .. } => plain("Incremental Sort"),
        PlanKind::Limit { .. } => plain("Limit"),
        PlanKind::Aggregate { strategy, .. } => {
            let title = match strategy {
                AggregateStrategy::Plain => "Aggregate",
                AggregateStrategy::Sorted => "GroupAggregate",
                AggregateStrategy::Hashed => "HashAggregate",
            };
            ("Aggregate", title.into())
        }
        PlanKind::Group { .. } => plain("Group"),
        PlanKind::Unique { .. } => plain("Unique"),
        PlanKind::SetOp { op, all, strategy } => {
            let begin = match strategy {
                SetOpStrategy::Sorted => "SetOp",
                SetOpStrategy::Hashed => "HashSetOp",
            };
            ("SetOp", format!("{begin} {}", set_command(*op, *all)))
        }
        PlanKind::Append => plain("Append"),
        PlanKind::MergeAppend { .. } => plain("Merge Append"),
        PlanKind::RecursiveUnion { .. } => plain("Recursive Union"),
        PlanKind::WindowAgg { .. } => plain("WindowAgg"),
        PlanKind::LockRows => plain("LockRows"),
        PlanKind::Insert { .. } => ("ModifyTable", "Insert".into()),
        PlanKind::Update { .. } => ("ModifyTable", "Update".into()),
        PlanKind::Delete { .. } => ("ModifyTable", "Delete".into()),
    }
}

pub(super) const fn join_name(join: JoinKind) -> &'static str {
    match join {
        JoinKind::Inner => "Inner",
        JoinKind::Left => "Left",
        JoinKind::Right => "Right",
        JoinKind::Full => "Full",
        JoinKind::Semi => "Semi",
        JoinKind::Anti => "Anti",
    }
}

fn join_title(method: &str, join: JoinKind) -> String {
    match (join, method) {
        (JoinKind::Inner, "Nested Loop") => method.into(),
        (JoinKind::Inner, _) => format!("{method} Join"),
        _ => format!("{method} {} Join", join_name(join)),
    }
}

pub(super) const fn set_command(op: SetOperator, all: bool) -> &'static str {
    match (op, all) {
        (SetOperator::Union, false) => "Union",
        (SetOperator::Union, true) => "Union All",
        (SetOperator::Intersect, false) => "Intersect",
        (SetOperator::Intersect, true) => "Intersect All",
        (SetOperator::Except, false) => "Except",
        (SetOperator::Except, true) => "Except All",
    }
}
