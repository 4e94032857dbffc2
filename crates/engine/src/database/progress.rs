//! How far a running plan is, told from what its leaves have read.
//!
//! Each scan that runs once counts by its estimated cost and the share of it that is done: pages read of a table's pages, else rows
//! of the estimated rows. The inner side of a nested loop starts again for every outer row and says nothing, so that only
//! the outer side counts there. It is an estimate: wrong row estimates make it jump or wait, never go back.

use super::Database;
use crate::{
    executor::NodeMetrics,
    physical::{PlanKind, PlanNode},
};

/// What "all of it" is, in the units that are reported.
pub(super) const WHOLE: u64 = 1000;

/// Thousandths done of a plan.
pub(super) fn done(database: &Database, root: &PlanNode, metrics: &[NodeMetrics]) -> u64 {
    let mut sum = Sum::default();
    sum.visit(database, root, metrics);
    if sum.weight <= 0.0 {
        return 0;
    }
    libm::floor(sum.done / sum.weight * WHOLE as f64) as u64
}

#[derive(Default)]
struct Sum {
    done: f64,
    weight: f64,
}

impl Sum {
    fn visit(&mut self, database: &Database, node: &PlanNode, metrics: &[NodeMetrics]) {
        let mut inputs = node.children.as_slice();
        if matches!(node.kind, PlanKind::NestedLoop { .. }) {
            inputs = inputs.get(..1).unwrap_or(inputs);
        }
        if inputs.is_empty() {
            let share = metrics
                .get(node.id.0 as usize)
                .map_or(0.0, |counted| share(database, node, counted));
            self.weight += node.cost.total;
            self.done += node.cost.total * share.clamp(0.0, 1.0);
        }
        // The plan's height is bounded by that of its statement.
        for input in inputs {
            self.visit(database, input, metrics);
        }
    }
}

fn share(database: &Database, node: &PlanNode, counted: &NodeMetrics) -> f64 {
    if let PlanKind::SeqScan { table, .. } = node.kind
        && let Ok(found) = database.storage.table(table)
    {
        let pages = found.heap.pages(&database.storage.store).max(1);
        return (counted.buffers_hit + counted.buffers_read) as f64 / f64::from(pages);
    }
    counted.rows as f64 / node.est_rows.max(1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::WHOLE;
    use crate::database::{Database, DatabaseOptions, RunEvent, RunOptions};
    use alloc::vec::Vec;

    fn reported(database: &mut Database, sql: &str, phase: &str) -> Vec<u64> {
        let mut run = database.start(sql, RunOptions::default());
        let mut told = Vec::new();
        loop {
            match database.step(&mut run, 2_000) {
                RunEvent::Paused {
                    phase: now,
                    done,
                    total,
                } if now == phase => {
                    assert_eq!(total, WHOLE);
                    told.push(done);
                }
                RunEvent::Finished => return told,
                RunEvent::Failed(error) => panic!("{error}"),
                _ => {}
            }
        }
    }

    #[test]
    fn progress_rises_from_little_to_nearly_all() {
        let mut database = Database::new(DatabaseOptions::default());
        database.execute("create table t (a integer)").unwrap();
        for (sql, phase) in [
            (
                "insert into t select i from generate_series(1, 50000) g(i)",
                "inserting",
            ),
            ("select count(*) from t where a % 3 = 0", "running"),
            (
                "select count(*) from t x, (select a from t limit 40) y where x.a + y.a < 0",
                "running",
            ),
        ] {
            let told = reported(&mut database, sql, phase);
            assert!(told.len() > 3, "{sql} paused {} times", told.len());
            assert!(told.is_sorted(), "{sql} went back: {told:?}");
            assert!(told[0] < WHOLE / 2, "{sql} began at {}", told[0]);
            let last = told[told.len() - 1];
            assert!((WHOLE / 2..=WHOLE).contains(&last), "{sql} ended at {last}");
        }
    }
}
